/**
 * Proof that the checkers bite: engines that are broken on purpose, each in one place, must be caught within 500 worlds
 * of the same seeds that the whole engine passes. `npm run broken`.
 */
import {build} from 'esbuild';
import {readFileSync} from 'node:fs';
import path from 'node:path';
import {runWorld} from './run';

interface Broken {
  readonly name: string;
  readonly file: string;
  readonly find: string;
  readonly put: string;
}

const BROKEN: readonly Broken[] = [
  {
    name: 'no seal: a dead log goes on',
    file: 'src/core/transitions.ts',
    find: 'log: part.log + 1, position: START, lease: null',
    put: 'log: part.log, position: ending.position, lease: null',
  },
  {
    name: 'no self-fence before a handler',
    file: 'src/engine/runner.ts',
    find: 'if (this.ports.clock.nowMs() >= this.owned.budget.fenceMs) return this.pauseForBudget();\n      this.attempt',
    put: 'this.attempt',
  },
  {
    name: 'no look at the epoch when the lease is given back',
    file: 'src/engine/settle.ts',
    find: "if (part.epoch !== owned.epoch || part.lease === null) return 'lost';",
    put: '',
  },
  {
    name: 'wake-up after the header',
    file: 'src/engine/admission.ts',
    find: 'if (candidate.options.autoResume && ports.triggers.problem() === null)',
    put: 'if (candidate.name === "")',
  },
  {
    name: 'triggers deleted though jobs are open',
    file: 'src/engine/dispatcher.ts',
    find: 'if (!needsWatchdog) {',
    put: 'if (jobs.length > 0 || !needsWatchdog) {',
  },
  {
    name: 'header before plan',
    file: 'src/engine/admission.ts',
    find: 'pieces.forEach((piece, index) => {\n    hold.set(planKey(address, index), piece);\n  });',
    put: 'pieces.slice(1).forEach((piece, index) => {\n    hold.set(planKey(address, index + 1), piece);\n  });',
  },
  {
    name: 'eager purge: open jobs are taken for finished',
    file: 'src/engine/room.ts',
    find: "if (decoded.kind !== 'header' || !isFinal(decoded.header)) continue;",
    put: "if (decoded.kind !== 'header' || (!isFinal(decoded.header) && hold.nowMs - decoded.header.updatedAtMs < 600000)) continue; decoded.header.folded === null && !isFinal(decoded.header) && hold.remove(headerKey(address));",
  },
  {
    name: "dispatcher runs other users' jobs",
    file: 'src/engine/dispatcher.ts',
    find: 'decoded.header.owner !== owner || ',
    put: '',
  },
  {
    name: 'leases are taken before their deadline',
    file: 'src/core/header.ts',
    find: 'part.lease.untilMs > nowMs',
    put: 'part.lease.untilMs - 200000 > nowMs',
  },
  {
    name: 'the lock is not waited for',
    file: 'src/platform/script-lock.ts',
    find: 'isOwn = lock()?.tryLock(timeoutMs) ?? true;',
    put: 'lock()?.tryLock(0); isOwn = true;',
  },
  {
    name: 'the last outcome is dropped',
    file: 'src/core/transitions.ts',
    find: 'pausedAtMs: null, last}',
    put: 'pausedAtMs: null, last: null}',
  },
  {
    name: 'the unit in doubt is not reported',
    file: 'src/engine/claim.ts',
    find: 'const inDoubt = unit === NO_UNIT ? [] : [unit];',
    put: 'const inDoubt: number[] = unit === NO_UNIT ? [] : [];',
  },
  {
    name: 'large results are not keyed by epoch',
    file: 'src/engine/log-writer.ts',
    find: 'log: this.place.log, epoch: this.place.epoch, unit}',
    put: 'log: 0, epoch: 0, unit: 0}',
  },
  {
    name: 'transient errors are not tried again',
    file: 'src/core/service-error.ts',
    find: 'export const MAX_TRIES = 5;',
    put: 'export const MAX_TRIES = 1;',
  },
];

const MAX_WORLDS = 500;

async function bundleOf({file, find, put}: Broken): Promise<string> {
  const source = readFileSync(file, 'utf8');
  if (!source.includes(find)) throw new Error(`${file} no longer has the place that is broken: ${find}`);
  const result = await build({
    entryPoints: ['src/index.ts'],
    bundle: true,
    write: false,
    format: 'iife',
    globalName: 'AST',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    target: 'es2019',
    tsconfig: 'tsconfig.src.json',
    footer: {js: 'function astJobsWorker(e) { return AST.Jobs.work(e); }'},
    plugins: [
      {
        name: 'break',
        setup(setup) {
          setup.onLoad({filter: /\.ts$/}, (args) =>
            path.resolve(args.path) === path.resolve(file)
              ? {contents: source.replace(find, put), loader: 'ts'}
              : undefined,
          );
        },
      },
    ],
  });
  return result.outputFiles[0]?.text ?? '';
}

async function main(): Promise<void> {
  let missed = 0;
  for (const broken of BROKEN) {
    const bundle = await bundleOf(broken);
    let caught: string | null = null;
    let seed = 0;
    while (caught === null && seed < MAX_WORLDS) caught = runWorld(++seed, bundle).violations[0] ?? null;
    if (caught === null) missed++;
    const how =
      caught === null ? `NOT CAUGHT in ${MAX_WORLDS} worlds` : `caught by seed ${seed}: ${caught.slice(0, 110)}`;
    console.log(`${broken.name}: ${how}`);
  }
  console.log(`${BROKEN.length - missed} of ${BROKEN.length} broken engines caught`);
  process.exitCode = missed === 0 ? 0 : 1;
}

await main();
