/**
 * The end of an epoch: what an owner still has is committed and its lease given back, in one hold, if the lease is
 * still its own. Under the lock a stale owner finds another epoch in the header and writes nothing.
 */
import {onlyPart, type Waiting} from '../core/header';
import {utf8Bytes} from '../core/bytes';
import {decodeHeader} from '../core/header-codec';
import {headerKey} from '../core/keys';
import {INLINE_RESULT_BYTES, SHORT_LOCK_WAIT_MS} from '../core/limits';
import {outcomeText, type Outcome} from '../core/outcome';
import {NO_UNIT} from '../core/segment';
import type {StoredJob} from '../core/stored-job';
import {finish, giveBack, reportUncommitted, type Return} from '../core/transitions';
import {isJobsError} from '../errors';
import {openSuspects, writeHeader, type Owned} from './claim';
import {storeFull, withHold, writeValue, type Hold} from './hold';
import {bytesOfCommit, type Write} from './log-writer';
import type {Ports} from './ports';
import {freeBytes, makeRoom} from './room';
import type {RunEnd} from './runner';

/** Whether the lease was still the owner's. */
export type Settlement = 'settled' | 'lost';

/** An epoch that has run. */
export interface Turn {
  readonly owned: Owned;
  readonly end: RunEnd;
}

/**
 * Takes the lock, settles the epoch that has run, and goes on in the same hold. The first wait is short, because the
 * last outcome is in no log yet. When the lock is busy the outcome is
 * committed to the log without it, before the long wait; should the header stay as it is, a later claim finds nothing
 * to do and ends the job.
 */
export function holdToSettle<Result>(
  ports: Ports,
  turn: Turn | null,
  act: (hold: Hold, settled: Settlement) => Result,
): Result {
  if (turn === null || turn.end.kind === 'lost') return withHold(ports, (hold) => act(hold, 'lost'));
  try {
    return withHold(ports, (hold) => act(hold, settle(hold, turn.owned, turn.end)), SHORT_LOCK_WAIT_MS);
  } catch (thrown) {
    if (!isJobsError(thrown) || thrown.code !== 'LOCK_TIMEOUT') throw thrown;
    const end = commitWithoutLock(ports, turn);
    return withHold(ports, (hold) => act(hold, settle(hold, turn.owned, end)));
  }
}

function commitWithoutLock(ports: Ports, {owned, end}: Turn): RunEnd {
  if (end.kind === 'lost' || end.rest.outcomes.length === 0) return end;
  if (ports.clock.nowMs() >= owned.budget.fenceMs) return end;
  commit(owned, end.rest.outcomes, (key, value) => {
    writeValue(ports, key, value);
  });
  return {...end, rest: {...end.rest, outcomes: []}};
}

/** Writes the end of an epoch. */
export function settle(hold: Hold, owned: Owned, end: RunEnd): Settlement {
  if (end.kind === 'lost') return 'lost';
  const decoded = decodeHeader(hold.snapshot[headerKey(owned.job.address)] ?? '');
  if (decoded.kind !== 'header') return 'lost';
  const part = onlyPart(decoded.header);
  if (part.epoch !== owned.epoch || part.lease === null) return 'lost';
  // The header is the stored one; progress is what the owner knows, some of which is not stored yet.
  const job: StoredJob = {...owned.job, header: decoded.header};
  if (end.kind === 'full') settleUncommitted(hold, owned, job, end.unit, end.bytes, end.rest.longest);
  else settleOutcomes(hold, owned, job, end);
  return 'settled';
}

type Orderly = Exclude<RunEnd, {kind: 'lost' | 'full'}>;

function settleOutcomes(hold: Hold, owned: Owned, job: StoredJob, end: Orderly): void {
  const {outcomes, longest} = end.rest;
  const last = end.kind === 'over' ? inlineLast(outcomes) : null;
  try {
    if (last === null && outcomes.length > 0) commitUnderLock(hold, owned, outcomes);
    const back = returnOf(hold, owned, job, longest);
    if (end.kind === 'over') writeHeader(hold, job, finish(job.header, back, end.status, last));
    else writeHeader(hold, job, giveBack(job.header, back, dueNow(end.waiting, hold.nowMs)));
  } catch (thrown) {
    if (!isJobsError(thrown) || thrown.code !== 'STORE_FULL') throw thrown;
    const unit = outcomes[outcomes.length - 1]?.unit ?? NO_UNIT;
    settleUncommitted(hold, owned, job, unit, Number(thrown.details['bytes'] ?? 0), longest);
  }
}

/** The one outcome that the final header can carry itself, saving a write. */
function inlineLast(outcomes: readonly Outcome[]): Outcome | null {
  const [only, ...more] = outcomes;
  if (only === undefined || more.length > 0) return null;
  return utf8Bytes(outcomeText(only)) > INLINE_RESULT_BYTES ? null : only;
}

function commitUnderLock(hold: Hold, owned: Owned, outcomes: readonly Outcome[]): void {
  const needed = bytesOfCommit(outcomes);
  const tryWithin = (room: number): void => {
    let left = room;
    commit(owned, outcomes, (key, value) => {
      const before = hold.snapshot[key];
      const more = utf8Bytes(key) + utf8Bytes(value) - (before === undefined ? 0 : utf8Bytes(key) + utf8Bytes(before));
      if (more > left) throw storeFull(needed, left);
      hold.set(key, value);
      left -= more;
    });
  };
  try {
    tryWithin(freeBytes(hold));
  } catch (thrown) {
    if (!isJobsError(thrown) || thrown.code !== 'STORE_FULL' || !makeRoom(hold, needed)) throw thrown;
    tryWithin(Math.max(needed, freeBytes(hold)));
  }
}

function commit(owned: Owned, outcomes: readonly Outcome[], write: Write): void {
  const small = outcomes.map((outcome) => owned.writer.offload(write, outcome));
  owned.writer.commit(write, small, NO_UNIT);
}

/** The store has no room for an outcome: the job waits for room, and the attempt is reported as in doubt. */
function settleUncommitted(
  hold: Hold,
  owned: Owned,
  job: StoredJob,
  unit: number,
  bytes: number,
  longest: Return['longest'],
): void {
  const reported = unit === NO_UNIT ? job.header : reportUncommitted(job.header, unit, hold.nowMs);
  const waiting: Waiting = {reason: 'store', untilMs: null, bytes};
  // What the ledger knows beyond the log is lost, so that no suspect is settled by it.
  const back = {...returnOf(hold, owned, job, longest), suspects: job.header.suspects};
  try {
    writeHeader(hold, job, giveBack(reported, back, waiting));
  } catch (thrown) {
    // Not even the ballast is left: without the report the header is hardly longer than the one that is there.
    if (!isJobsError(thrown) || thrown.code !== 'STORE_FULL') throw thrown;
    writeHeader(hold, job, giveBack(job.header, back, waiting));
  }
}

function returnOf(hold: Hold, owned: Owned, job: StoredJob, longest: Return['longest']): Return {
  return {nowMs: hold.nowMs, position: owned.writer.position, longest, suspects: openSuspects(job)};
}

function dueNow(waiting: Waiting, nowMs: number): Waiting {
  return waiting.reason === 'budget' ? {...waiting, untilMs: nowMs} : waiting;
}
