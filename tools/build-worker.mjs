// Bundles the simulator's thread: a worker_threads worker is started from a file that Node can read, and Node 20 reads
// no TypeScript. The simulator loads the result by this path, relative to the repository.
import {existsSync} from 'node:fs';
import {build} from 'esbuild';
import {writeFileWhole} from './write-file.mjs';

const ENTRY = 'test/simulator/worker.ts';
const OUTPUT = '.tsbuild/simulator-worker.cjs';

if (existsSync(ENTRY)) {
  const result = await build({
    entryPoints: [ENTRY],
    outfile: OUTPUT,
    write: false,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    packages: 'external',
    tsconfig: 'tsconfig.test.json',
    sourcemap: 'inline',
  });
  writeFileWhole(OUTPUT, result.outputFiles[0].text);
}
