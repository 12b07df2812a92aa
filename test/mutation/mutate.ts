/**
 * Proof that the tests bite: `npm run mutate`. Changes the library in one place at a time and runs tests until one
 * notices; a change that none notices must be explained in `explained-*.ts`, or the exit status is 1. The last line is
 * the summary.
 *
 * `--file PATH` takes one source file, or those of a folder; `--sample N` so many mutants, which `--seed N` draws;
 * `--verbose` tells what noticed each. An explained mutant has to get past the unit tests only, with `--explained` past
 * all tests. `--built` asks the tests of the built library alone.
 *
 * Everything happens in a copy of the repository in the system's folder for temporary files, so that nothing here
 * changes, whatever is killed, and what is edited here meanwhile changes nothing there.
 */
import {spawnSync} from 'node:child_process';
import {cpSync, mkdtempSync, rmSync, symlinkSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join, resolve} from 'node:path';

const COPIED = ['src', 'test', 'tools', 'package.json'];
const SETTINGS = ['base', 'src', 'pure', 'test'].map((name) => `tsconfig.${name}.json`);

function main(args: readonly string[]): number {
  const copy = mkdtempSync(join(tmpdir(), 'ast-jobs-mutation-'));
  try {
    for (const name of [...COPIED, ...SETTINGS]) cpSync(name, join(copy, name), {recursive: true});
    symlinkSync(resolve('node_modules'), join(copy, 'node_modules'));
    run(copy, ['tools/build-worker.mjs']);
    return run(copy, ['tools/run-ts.mjs', 'test/mutation/campaign.ts', ...args]);
  } finally {
    rmSync(copy, {recursive: true, force: true});
  }
}

function run(cwd: string, args: readonly string[]): number {
  return spawnSync(process.execPath, args, {cwd, stdio: 'inherit'}).status ?? 1;
}

process.exitCode = main(process.argv.slice(2));
