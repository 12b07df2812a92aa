/** Engines that are broken on purpose, each in one place. The whole engine with one text replaced by another. */
import type {Plugin} from 'esbuild';
import {readFileSync} from 'node:fs';
import path from 'node:path';
import {bundleLibrary} from '../../tools/bundle.cjs';
import {WITH_EXTRAS} from './engines-of-extras';
import {WITH_OPERATIONS} from './engines-of-operations';

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
    find: 'if (this.ports.clock.nowMs() >= this.owned.budget.fenceMs) return this.pauseForBudget();\n      if (!this.attempt',
    put: 'if (!this.attempt',
  },
  {
    name: 'no look at the epoch when the lease is given back',
    file: 'src/engine/settle.ts',
    find: "if (part === undefined || part.epoch !== owned.epoch || part.lease === null) return 'lost';",
    put: "if (part === undefined) return 'lost';",
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
    file: 'src/engine/finished.ts',
    find: 'if (isFinal(header)) ended.push({address, header});',
    put: 'if (!isFinal(header) && hold.nowMs - header.updatedAtMs >= 600000) hold.remove(headerKey(address)); else if (isFinal(header)) ended.push({address, header});',
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
    find: 'pausedAtMs: null, last, fault, terms}',
    put: 'pausedAtMs: null, last: null, fault, terms}',
  },
  {
    name: 'the unit in doubt is not reported',
    file: 'src/engine/give-up.ts',
    find: 'const inDoubt = unitsInDoubt(job, part);',
    put: 'const inDoubt = unitsInDoubt(job, part).slice(0, 0);',
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
    find: 'write(key, encodeSegment({epoch: this.place.epoch, marker, outcomes: kept}), this.spareBytes);',
    put: 'try { write(key, encodeSegment({epoch: this.place.epoch, marker, outcomes: kept}), this.spareBytes); } catch {}',
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
    find: "if (typeof schema === 'number' && schema > SCHEMA_OF_TERMS) return {kind: 'newer', schema};",
    put: '',
  },
  {
    name: 'shares overlap',
    file: 'src/core/share.ts',
    find: 'taken.some((range) => contains(range, unit)) ||',
    put: '',
  },
  {
    name: 'others are not asked what they have',
    file: 'src/core/schedule.ts',
    find: 'if (holder !== undefined) {',
    put: 'if (holder !== undefined && unit < 0) {',
  },
  {
    name: 'a job is ended while another worker has a lease',
    file: 'src/engine/settle.ts',
    find: "if (next.kind === 'over' && isLast) return {kind: 'over', status: next.status, fault: null, rest};",
    put: "if (next.kind === 'over' || !isLast) return {kind: 'over', status: 'completed', fault: null, rest};",
  },
  {
    name: 'a group is not marked',
    file: 'src/engine/runner.ts',
    find: 'this.committer.commit({units, cursor})',
    put: 'this.committer.commit({units: oneUnit(units.first), cursor})',
  },
  {
    name: 'the first group of a claim is not marked',
    file: 'src/engine/claim.ts',
    find: 'const lease = {untilMs: budget.deadlineMs, by: terms.by, mark, share};',
    put: 'const lease = {untilMs: budget.deadlineMs, by: terms.by, mark: mark === null ? null : {first: mark.first, last: mark.first}, share};',
  },
  {
    name: 'a cursor is not carried over a seal',
    file: 'src/engine/give-up.ts',
    find: 'if (units === null || cursor === null ||',
    put: 'if (units === null || cursor === null || cursor.version > 0 ||',
  },
  {
    name: 'the version of a cursor is ignored',
    file: 'src/core/ledger.ts',
    find: ' && (before?.version ?? 0) < cursor.version',
    put: '',
  },
  {
    name: 'a group is blamed as one unit',
    file: 'src/core/transitions.ts',
    find: 'if (more.length > 0 || sizeOf(range) > 1)',
    put: 'if (more.length > 1_000)',
  },
  {
    name: 'a committed group is counted from the wrong unit',
    file: 'src/core/ledger.ts',
    find: 'this.complete(first + index, {',
    put: 'this.complete(first + index + 1, {',
  },
  {
    name: 'a worker goes on beyond its share',
    file: 'src/core/schedule.ts',
    find: 'Math.min(ledger.endUnit(nodeIndex) - 1, now.share?.last ?? Infinity)',
    put: 'ledger.endUnit(nodeIndex) - 1',
  },
  {
    name: 'maxConcurrency is ignored',
    file: 'src/core/schedule.ts',
    find: "node.kind === 'map' && takenIn",
    put: 'plan.nodes.length === 0 && takenIn',
  },
  {
    name: 'more workers than a job may have',
    file: 'src/core/header.ts',
    find: '< header.options.workers',
    put: '< 2 * header.options.workers',
  },
  {
    name: 'a failed item is tried again before its failure is committed',
    file: 'src/engine/runner.ts',
    find: ' || this.hasFailedSince(unit)',
    put: '',
  },
  {
    name: 'triggers of workers without a bound',
    file: 'src/engine/alarm.ts',
    find: 'if (this.triggers.workers.length >= MAX_WORKERS) return false;',
    put: '',
  },
  {
    name: 'a walk does not save where it is',
    file: 'src/engine/walk.ts',
    find: 'if (unsaved < everyItems &&',
    put: 'if (unsaved < 1_000_000_000 ||',
  },
  {
    name: 'a walk saves one item too much',
    file: 'src/engine/walk.ts',
    find: 'this.saveAt(index + 1, state);',
    put: 'this.saveAt(index + 2, state);',
  },
  {
    name: 'claims that died share a log with those after them',
    file: 'src/engine/give-up.ts',
    find: 'const log = Math.max(next, hold.nowMs - ended.header.createdAtMs);',
    put: 'const log = next;',
  },
  ...WITH_EXTRAS,
  ...WITH_OPERATIONS,
];

/** Whether the place that an engine breaks is still in the source. */
export function hasPlace({file, find}: Broken): boolean {
  return readFileSync(file, 'utf8').includes(find);
}

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
