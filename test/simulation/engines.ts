/** Engines that are broken on purpose, each in one place. The whole engine with one text replaced by another. */
import type {Plugin} from 'esbuild';
import {readFileSync} from 'node:fs';
import path from 'node:path';
import {bundleLibrary} from '../../tools/bundle.cjs';

export interface Broken {
  readonly name: string;
  readonly file: string;
  readonly find: string;
  readonly put: string;
}

export const BROKEN: readonly Broken[] = [
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
  {
    name: 'a commit that failed is taken for done',
    file: 'src/engine/log-writer.ts',
    find: 'write(key, encodeSegment({epoch: this.place.epoch, marker, outcomes: kept}));',
    put: 'try { write(key, encodeSegment({epoch: this.place.epoch, marker, outcomes: kept})); } catch {}',
  },
  {
    name: 'a commit is not idempotent: it adds to what is there',
    file: 'src/engine/hold.ts',
    find: '      ports.store.set(key, value);',
    put: "      const there = /~s[\\d.]+$/.test(key) ? ports.store.get(key) : null;\n      ports.store.set(key, there === value ? value.slice(0, -1) + ',' + JSON.stringify(JSON.parse(value)[3] ?? 0) + ']' : value);",
  },
  {
    name: 'readers do not cut logs at their seals',
    file: 'src/core/stored-job.ts',
    find: 'cutAt(log.outcomes, seal.position)',
    put: 'log.outcomes',
  },
  {
    name: 'no prefix but the default one is served',
    file: 'src/engine/hold.ts',
    find: 'return [...prefixes];',
    put: 'return [...prefixes].slice(0, 1);',
  },
  {
    name: "the library's own store is used",
    file: 'src/platform/properties-store.ts',
    find: '? service.getScriptProperties()',
    put: '? (PropertiesService as typeof service).getScriptProperties()',
  },
  {
    name: 'the lock is not freed',
    file: 'src/platform/script-lock.ts',
    find: 'lock()?.releaseLock();',
    put: '',
  },
  {
    name: 'the size of a plan is not looked at',
    file: 'src/core/limits.ts',
    find: 'export const OWN_BYTES = 400 * 1024;',
    put: 'export const OWN_BYTES = 40000 * 1024;',
  },
  {
    name: 'fields of a later version are dropped',
    file: 'src/core/header-codec.ts',
    find: '    ...header.unknown,',
    put: '',
  },
  {
    name: 'all triggers are taken for own ones',
    file: 'src/platform/clock-triggers.ts',
    find: '.filter((trigger) => trigger.getHandlerFunction() === handlerName)',
    put: '',
  },
  {
    name: 'jobs of a newer version are taken for damage and swept',
    file: 'src/core/header-codec.ts',
    find: "if (typeof schema === 'number' && schema > SCHEMA) return {kind: 'newer', schema};",
    put: '',
  },
];

/** The bundle of a broken engine. */
export async function bundleOf({file, find, put}: Broken): Promise<string> {
  const source = readFileSync(file, 'utf8');
  if (!source.includes(find)) throw new Error(`${file} no longer has the place that is broken: ${find}`);
  const change: Plugin = {
    name: 'break',
    setup(setup) {
      setup.onLoad({filter: /\.ts$/}, (args) =>
        path.resolve(args.path) === path.resolve(file)
          ? {contents: source.replace(find, put), loader: 'ts'}
          : undefined,
      );
    },
  };
  const result = await bundleLibrary({plugins: [change]});
  return result.outputFiles[0]?.text ?? '';
}

/** The engine of this name. */
export function engineOf(name: string): Broken {
  const engine = BROKEN.find((broken) => broken.name === name);
  if (engine === undefined) throw new RangeError(`no broken engine is called ${name}`);
  return engine;
}
