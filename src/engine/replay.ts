/**
 * Replaying dead letters: the failed job itself goes on. What it had completed stays completed; what had failed is tried as
 * if for the first time.
 *
 * The log that holds what stays is written first, under a number that nobody names, then the header that names it: a kill
 * before the header leaves the job failed and queued, from the header on it is open and will be continued. So a dead
 * letter is replayed once, whoever calls how often.
 */
import {headerKey} from '../core/keys';
import {outcomesToKeep} from '../core/revival';
import {encodeHeader} from '../core/header-codec';
import {utf8Bytes} from '../core/bytes';
import {outcomeText} from '../core/outcome';
import {NO_MARKER} from '../core/segment';
import {EMPTY_TAIL, readJob, readOutcomes, type Snapshot, type StoredJob} from '../core/stored-job';
import type {Replay} from '../core/terms';
import {reopen} from '../core/transitions';
import {describeThrown, isJobsError, jobsError} from '../errors';
import {replaySelection, type ReplaySelection} from '../orchestration/dead-letter-request';
import type {ReplayItem, ReplayResult} from '../types';
import {Alarm} from './alarm';
import {readableJobs, recordOrNull, type FoundJob} from './dead-letters';
import type {Engine} from './engine';
import {isQueued, queueEnd} from './events';
import {storeFull, withHold, type Hold} from './hold';
import {LogWriter} from './log-writer';
import type {Ports} from './ports';
import {freeBytes} from './room';

/** Replays queued dead letters, those first that were put aside last, and runs each as far as this execution goes. */
export function replayDlq(engine: Engine, request: unknown): ReplayResult {
  const selection = replaySelection(request);
  const snapshot = engine.readAll();
  const jobs = readableJobs(snapshot, selection.prefix);
  const before = selection.key === null ? [] : jobs.filter((job) => replayOf(job)?.key === selection.key);
  const wanted = before.length === 0 ? Infinity : (replayOf(before[0])?.size ?? before.length);
  // A call that was killed half way is finished by the next one with its key.
  const missing = Math.max(0, wanted - before.length);
  const firstAtMs = Math.min(Infinity, ...before.map((job) => replayOf(job)?.atMs ?? Infinity));
  const left = letters(jobs, selection).filter((letter) => movedAtMs(letter) <= firstAtMs);
  const batch = parentsFirst(left.slice(0, Math.min(selection.limit, selection.maxConcurrency, missing)));
  const earlier = before.map((job) => itemOfEarlier(engine, snapshot, job));
  if (before.length > 0 && batch.length === 0) return resultOf(selection, earlier, true);
  const size = before.length + batch.filter(({header}) => header.folded === null).length;
  const call = {key: selection.key, size};
  tellUntold(engine, batch);
  const items = batch.map((letter) => replayOne(engine, letter, call));
  return resultOf(selection, [...earlier, ...items], false);
}

/** What a killed execution did not tell is told while the job is still failed: once it goes on, nobody looks for it. */
function tellUntold(engine: Engine, batch: readonly FoundJob[]): void {
  const untold = batch.filter(({address, header}) => header.isEventDue && !isQueued(address.id));
  if (untold.length === 0) return;
  engine.telling(() => {
    const snapshot = engine.readAll();
    for (const {address} of untold) {
      const reading = readJob(snapshot, address);
      if (reading.kind === 'job' && reading.job.header.isEventDue) queueEnd(reading.job, reading.job.header);
    }
  });
}

function letters(jobs: readonly FoundJob[], {name, key}: ReplaySelection): readonly FoundJob[] {
  const queued = jobs.filter((job) => {
    const {terms} = job.header;
    const isNamed = name === null || job.header.name === name;
    return isNamed && terms.deadLetter?.state === 'queued' && (key === null || replayOf(job)?.key !== key);
  });
  return [...queued].sort((one, other) => movedAtMs(other) - movedAtMs(one));
}

function movedAtMs({header}: FoundJob): number {
  return header.terms.deadLetter?.atMs ?? 0;
}

/** Jobs that others of them wait for come before those. */
function parentsFirst(batch: readonly FoundJob[]): readonly FoundJob[] {
  const seen = new Set<FoundJob>();
  const sorted: FoundJob[] = [];
  const add = (job: FoundJob): void => {
    if (seen.has(job)) return;
    seen.add(job);
    for (const parent of batch) if (job.header.terms.dependencies.includes(parent.address.id)) add(parent);
    sorted.push(job);
  };
  batch.forEach(add);
  return sorted;
}

function replayOf(job: FoundJob | undefined): Replay | undefined {
  return job?.header.terms.deadLetter?.replay;
}

function itemOfEarlier(engine: Engine, snapshot: Snapshot, {address, header}: FoundJob): ReplayItem {
  const afterState = header.terms.deadLetter?.state ?? 'replayed';
  const record = recordOrNull(engine, snapshot, address);
  return {
    ...{jobId: address.id, beforeState: 'queued', resultStatus: header.phase.kind, afterState},
    ...(record === null ? {} : {jobVersion: record.version}),
  };
}

function resultOf(selection: ReplaySelection, items: readonly ReplayItem[], idempotent: boolean): ReplayResult {
  const {name, limit, maxConcurrency, prefix: propertyPrefix} = selection;
  const isFailed = ({resultStatus}: ReplayItem): boolean => resultStatus === 'failed' || resultStatus === 'error';
  const skipped = items.filter(({resultStatus}) => resultStatus === 'skipped').length;
  const failed = items.filter(isFailed).length;
  return {
    ...{status: 'ok', idempotent, request: {name, limit, maxConcurrency, propertyPrefix}, processed: items.length},
    counts: {replayed: items.length - failed - skipped, failed, skipped},
    items,
  };
}

type Call = Pick<Replay, 'key' | 'size'>;

/** One that cannot be replayed leaves the others their turn. */
function replayOne(engine: Engine, {address}: FoundJob, call: Call): ReplayItem {
  const item = {jobId: address.id, beforeState: 'queued'} as const;
  let afterState: ReplayItem['afterState'] = 'queued';
  try {
    const reason = withHold(engine.ports, (hold) => reopenJob(engine.ports, hold, address, call));
    if (reason !== null) return {...item, resultStatus: 'skipped', afterState, reason};
    afterState = 'replayed';
    const {status, version, deadLetter} = runHere(engine, address);
    return {...item, resultStatus: status, afterState: deadLetter?.state ?? afterState, jobVersion: version};
  } catch (thrown) {
    const {name, message} = describeThrown(thrown, 'a service');
    const details = isJobsError(thrown) ? thrown.details : {};
    return {...item, resultStatus: 'error', afterState, error: {name, message, details}};
  }
}

/** Once it is open somebody runs it: whoever has taken it meanwhile, or the dispatcher. */
function runHere(engine: Engine, {id, prefix}: FoundJob['address']): ReturnType<Engine['resume']> {
  try {
    return engine.resume({id, prefix}, null);
  } catch (thrown) {
    if (!isJobsError(thrown)) throw thrown;
    return engine.record(engine.readAll(), {id, prefix});
  }
}

/** Opens a failed job again; returns why it cannot be, in words, or `null`. */
function reopenJob(ports: Ports, hold: Hold, address: FoundJob['address'], call: Call): string | null {
  const reading = readJob(hold.snapshot, address);
  if (reading.kind === 'folded')
    return 'The steps and results of the job were dropped to make room, so there is nothing to replay: enqueue it anew.';
  if (reading.kind === 'missing') return 'The job is gone.';
  if (reading.kind === 'newer') return 'The job was stored by a newer version of this library.';
  if (reading.kind === 'corrupt') return `The stored text of the job is damaged (${reading.what}).`;
  const {job} = reading;
  const {header} = job;
  if (header.phase.kind !== 'failed') return `Job is not failed (status=${header.phase.kind})`;
  const {deadLetter} = header.terms;
  if (deadLetter?.state !== 'queued') return 'The job is no queued dead letter any more.';
  secureTriggers(ports, hold, job);
  const replay: Replay = {...call, count: (deadLetter.replay?.count ?? 0) + 1, atMs: hold.nowMs};
  const {log, position, dropped} = carryOver(hold, job);
  const terms = {
    ...header.terms,
    deadLetter: {...deadLetter, state: 'replayed', replayedAs: header.id, replay},
  } as const;
  const reopened = reopen(header, {terms, log, position, dropped, nowMs: hold.nowMs});
  const old = hold.keysOf(address).filter((key) => isOldLog(key, log));
  hold.setState(headerKey(address), encodeHeader(reopened));
  for (const key of old) hold.remove(key);
  return null;
}

/** Triggers of another user cannot be seen: his watchdog, if there is one, continues his job. */
function secureTriggers({triggers, identity, ...ports}: Ports, hold: Hold, {header}: StoredJob): void {
  if (!header.options.autoResume || triggers.problem() !== null || identity.known() !== header.owner) return;
  const alarm = new Alarm({...ports, triggers, identity}, hold, header.owner);
  alarm.ensureWatchdog();
  alarm.wakeAt(hold.nowMs);
}

interface CarriedOver {
  readonly log: number;
  readonly position: LogWriter['position'];
  readonly dropped: number;
}

/** Writes what stays into a log of its own. */
function carryOver(hold: Hold, {address, header, ledger}: StoredJob): CarriedOver {
  const outcomes = readOutcomes(hold.snapshot, address, header);
  if (outcomes === null) throw jobsError('RECORD_CORRUPT', `The logs of job ${address.id} cannot be read.`);
  const kept = outcomesToKeep(outcomes, ledger);
  const [first] = header.parts;
  // A replay that was killed may have left a log behind, and its write may land late: each has its own.
  const log = Math.max((first?.log ?? 0) + 1, hold.nowMs - header.createdAtMs);
  const epoch = Math.max(...header.parts.map((part) => part.epoch)) + 1;
  const writer = new LogWriter({address, part: 0, log, epoch}, EMPTY_TAIL, null, NO_MARKER);
  const bytes = kept.reduce((sum, outcome) => sum + utf8Bytes(outcomeText(outcome)), 0);
  if (freeBytes(hold) < bytes) throw storeFull(bytes, freeBytes(hold));
  const write = (key: string, value: string): void => {
    hold.set(key, value);
  };
  if (kept.length > 0) writer.carry(write, kept);
  return {log, position: writer.position, dropped: outcomes.length - writer.position.count};
}

/** Segments of other logs, and pages of seals: nobody names them once the job is open again. */
function isOldLog(key: string, log: number): boolean {
  const part = key.slice(key.lastIndexOf('~') + 1);
  return part.startsWith('z') || (part.startsWith('s') && !part.startsWith(`s0.${log}.`));
}
