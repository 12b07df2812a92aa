/**
 * Failed jobs that are put aside, to be looked at and replayed. A dead letter is no copy: it is the failed job itself, whose
 * terms say so. It is queued while the job is failed, and replayed once the job goes on.
 */
import type {Header} from '../core/header';
import type {JobAddress} from '../core/keys';
import {encodeHeader} from '../core/header-codec';
import {headerKey} from '../core/keys';
import {isoTime} from '../core/record';
import {readHeader, type Snapshot} from '../core/stored-job';
import type {DeadLetter, Replay} from '../core/terms';
import {amend} from '../core/transitions';
import {jobsError} from '../errors';
import {failedSelection, purgeSelection, type FailedSelection} from '../orchestration/dead-letter-request';
import type {DeadLetterRecord, FailedJob, JobRecord, PurgeResult, ReplayRecord} from '../types';
import type {Engine, Lookup} from './engine';
import {jobsIn, prefixesIn, withHold, type Hold} from './hold';
import {findJob, notFound} from './lookup';
import {openableJob, recordAt} from './views';

/** A job that can be read, with its header. */
export interface FoundJob {
  readonly address: JobAddress;
  readonly header: Header;
}

/** Jobs of a prefix, or of all that are in use, newest first; those whose headers cannot be read are not among them. */
export function readableJobs(snapshot: Snapshot, prefix: string | null): readonly FoundJob[] {
  const found: FoundJob[] = [];
  for (const address of jobsIn(snapshot, prefix === null ? prefixesIn(snapshot) : [prefix])) {
    const decoded = readHeader(snapshot, address);
    if (decoded.kind === 'header' && !decoded.header.isRemoved) found.push({address, header: decoded.header});
  }
  return found.sort((one, other) => (one.address.id < other.address.id ? 1 : -1));
}

/** Failed jobs that fit, newest first. */
export function listFailed(engine: Engine, filters: unknown, options: unknown): readonly FailedJob[] {
  const selection = failedSelection(filters, options);
  const snapshot = engine.readAll();
  const failed = readableJobs(snapshot, selection.prefix).filter(({header}) => isSelected(header, selection));
  return failed.slice(0, selection.limit).flatMap(({address, header}) => {
    const record = recordOrNull(engine, snapshot, address);
    return record === null ? [] : [failedJob(header, record, selection.withJob)];
  });
}

function isSelected({phase, name, terms}: Header, selection: FailedSelection): boolean {
  const {deadLetter} = terms;
  if (phase.kind !== 'failed' || (selection.name !== null && name !== selection.name)) return false;
  if (selection.inDlq !== 'any' && (deadLetter !== null) !== (selection.inDlq === 'only')) return false;
  return selection.dlqState === null || deadLetter?.state === selection.dlqState;
}

/** A damaged job is for `list` and `status` to tell. */
export function recordOrNull(engine: Engine, snapshot: Snapshot, address: JobAddress): JobRecord | null {
  try {
    return recordAt(snapshot, address, engine.ports.clock.nowMs(), engine.ports.triggers.problem());
  } catch {
    return null;
  }
}

/** When a job failed: it may have been put aside since. */
function failureOf({phase, updatedAtMs}: Header): string {
  return isoTime(phase.kind === 'failed' ? phase.atMs : updatedAtMs);
}

function failedJob(header: Header, record: JobRecord, withJob: boolean): FailedJob {
  const {deadLetter} = header.terms;
  const {id: jobId, name, lastError} = record;
  const failedAt = failureOf(header);
  return {
    ...{jobId, name, status: 'failed', failedAt, lastError, inDlq: deadLetter !== null},
    dlq:
      deadLetter === null
        ? null
        : {state: deadLetter.state, movedAt: isoTime(deadLetter.atMs), replay: replayRecord(deadLetter.replay, record)},
    ...(withJob ? {job: record} : {}),
  };
}

/** What came of the last replay is what the job is now. */
function replayRecord(replay: Replay | undefined, {status, lastError}: JobRecord): ReplayRecord {
  if (replay === undefined)
    return {count: 0, lastReplayAt: null, lastReplayStatus: null, lastReplayError: null, lastIdempotencyKey: null};
  const {count, atMs, key} = replay;
  const lastReplayError = status === 'failed' ? lastError : null;
  return {count, lastReplayAt: isoTime(atMs), lastReplayStatus: status, lastReplayError, lastIdempotencyKey: key};
}

/** Puts a failed job aside; one that is aside already stays as it is. One write. */
export function moveToDlq(engine: Engine, {id, prefix}: Lookup): DeadLetterRecord {
  return withHold(engine.ports, (hold) => {
    const address = findJob(hold.snapshot, id, prefix);
    if (address === null) throw notFound(id);
    const found = openableJob(hold.snapshot, address);
    const header = 'ledger' in found ? found.header : found;
    if (header.phase.kind !== 'failed')
      throw jobsError('NOT_FAILED', `Only failed jobs can be moved to DLQ, and job ${id} is ${header.phase.kind}.`, {
        jobId: id,
        status: header.phase.kind,
        record: engine.record(hold.snapshot, address),
      });
    const record = engine.record(hold.snapshot, address);
    const letter = header.terms.deadLetter ?? {state: 'queued', atMs: hold.nowMs, replayedAs: null};
    if (header.terms.deadLetter === null) writeLetter(hold, {address, header}, letter);
    return letterRecord(header, record, letter);
  });
}

function letterRecord(header: Header, record: JobRecord, letter: DeadLetter): DeadLetterRecord {
  const {id: jobId, name, lastError, options, steps} = record;
  const failedAt = failureOf(header);
  const tried = steps.filter(({attempts}) => attempts > 0);
  return {
    ...{jobId, name, propertyPrefix: options.propertyPrefix, sourceStatus: 'failed', failedAt},
    ...{movedAt: isoTime(letter.atMs), state: 'queued', lastError},
    retry: {
      maxRetries: options.maxRetries,
      totalAttempts: tried.reduce((sum, {attempts}) => sum + attempts, 0),
      failedStepIds: steps.filter(({state}) => state === 'failed').map((step) => step.id),
      attemptsByStep: Object.fromEntries(steps.map((step) => [step.id, step.attempts])),
    },
    replay: replayRecord(letter.replay, record),
  };
}

/** Changes what a job's header says of it as a dead letter, and nothing else. */
function writeLetter(hold: Hold, {address, header}: FoundJob, deadLetter: DeadLetter | null): void {
  const amended = amend(header, {...header.terms, deadLetter}, hold.nowMs);
  hold.setState(headerKey(address), encodeHeader(amended));
}

/** Header writes that one hold of the lock may make: 62 ms each. */
const LETTERS_PER_HOLD = 40;

/** Makes dead letters common jobs again, some forty with each hold of the lock. */
export function purgeDlq(engine: Engine, request: unknown): PurgeResult {
  const {name, state, limit, prefix} = purgeSelection(request);
  const deletedJobIds: string[] = [];
  const isWanted = ({header}: FoundJob): boolean => {
    const {deadLetter} = header.terms;
    if (deadLetter === null || (name !== null && header.name !== name)) return false;
    return state === 'all' || deadLetter.state === state;
  };
  for (let isMore = true; isMore;) {
    isMore = withHold(engine.ports, (hold) => {
      const letters = readableJobs(hold.snapshot, prefix).filter(isWanted);
      const some = letters.slice(0, Math.min(LETTERS_PER_HOLD, limit - deletedJobIds.length));
      for (const letter of some) {
        writeLetter(hold, letter, null);
        deletedJobIds.push(letter.address.id);
      }
      return some.length === LETTERS_PER_HOLD && deletedJobIds.length < limit;
    });
  }
  return {status: 'ok', deletedCount: deletedJobIds.length, deletedJobIds};
}
