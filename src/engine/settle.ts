/**
 * The end of an epoch: what an owner still has is committed and its lease given back, in one hold, if the lease is
 * still its own. Under the lock a stale owner finds another epoch in the header and writes nothing.
 */
import {longestAfter} from '../core/budget';
import type {Header, Longest, Waiting} from '../core/header';
import {utf8Bytes} from '../core/bytes';
import {decodeHeader} from '../core/header-codec';
import {headerKey} from '../core/keys';
import {ARCHIVE_BYTES, INLINE_RESULT_BYTES, SHORT_LOCK_WAIT_MS} from '../core/limits';
import {outcomeText, unitsOfOutcomes, type LogPosition, type Outcome} from '../core/outcome';
import {nextUnit} from '../core/schedule';
import {NO_MARKER} from '../core/segment';
import {readJob, type StoredJob} from '../core/stored-job';
import {finish, giveBack, reportUncommitted} from '../core/transitions';
import {isJobsError} from '../errors';
import {waitingOf, writeHeader, type Owned} from './claim';
import {openSuspects, returnOf} from './give-up';
import {storeFull, withHold, writeValue, type Hold} from './hold';
import {bytesOfCommit, type Write} from './log-writer';
import type {Ports} from './ports';
import {returnUnits} from './rate-limits';
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
  // The archive takes its time, which nobody should wait for.
  const end = isForArchive(ports, turn.end) ? commitWithoutLock(ports, turn) : turn.end;
  try {
    return withHold(ports, (hold) => act(hold, settle(ports, hold, turn.owned, end)), SHORT_LOCK_WAIT_MS);
  } catch (thrown) {
    if (!isJobsError(thrown) || thrown.code !== 'LOCK_TIMEOUT') throw thrown;
    const committed = commitWithoutLock(ports, {...turn, end});
    return withHold(ports, (hold) => act(hold, settle(ports, hold, turn.owned, committed)));
  }
}

function isForArchive(ports: Ports, end: Exclude<RunEnd, {kind: 'lost'}>): boolean {
  return ports.archive !== null && bytesOfCommit(end.rest.outcomes) > ARCHIVE_BYTES;
}

/** Commits what an owner still has, before its fence. */
function commitWithoutLock(ports: Ports, {owned, end}: Turn): RunEnd {
  if (end.kind === 'lost' || end.kind === 'full' || end.rest.outcomes.length === 0) return end;
  if (ports.clock.nowMs() >= owned.budget.fenceMs) return end;
  const write: Write = (key, value) => {
    writeValue(ports, key, value);
  };
  const {left} = owned.writer.commit(write, end.rest.outcomes, NO_MARKER);
  return {...end, rest: {...end.rest, outcomes: left}};
}

/** Writes the end of an epoch. */
export function settle(ports: Ports, hold: Hold, owned: Owned, end: RunEnd): Settlement {
  if (end.kind === 'lost') return 'lost';
  const decoded = decodeHeader(hold.snapshot[headerKey(owned.job.address)] ?? '');
  if (decoded.kind !== 'header') return 'lost';
  const part = decoded.header.parts[owned.part];
  if (part === undefined || part.epoch !== owned.epoch || part.lease === null) return 'lost';
  const job = jobNow(hold, owned, decoded.header, end.rest.outcomes);
  if (job === null) return 'lost';
  if (end.kind === 'full') settleUncommitted(hold, owned, job, end);
  else settleOutcomes(hold, owned, job, seenWhole(ports, hold, job, owned, end));
  returnUnits(hold, owned.wallet.purse);
  return 'settled';
}

/**
 * The job as it is now. The header is the stored one; progress is what the owner knows, some of which is not stored yet.
 * Where there are other workers, theirs is read from their logs; `null` where that is damaged.
 */
function jobNow(hold: Hold, owned: Owned, header: Header, outcomes: readonly Outcome[]): StoredJob | null {
  if (owned.share === null) return {...owned.job, header};
  const reading = readJob(hold.snapshot, owned.job.address);
  if (reading.kind !== 'job') return null;
  for (const outcome of outcomes) reading.job.ledger.apply(outcome);
  return reading.job;
}

type Orderly = Exclude<RunEnd, {kind: 'lost' | 'full'}>;
type Whole = Exclude<Orderly, {kind: 'share'}>;

/** How the job goes on when one of several workers has ended: what its share says is not the whole. */
function seenWhole(ports: Ports, hold: Hold, job: StoredJob, owned: Owned, end: Orderly): Whole {
  const {rest} = end;
  if (owned.share === null && end.kind !== 'share') return end;
  if (end.kind === 'pause' && end.waiting.reason !== 'budget') return end;
  const isLast = job.header.parts.every((part, index) => part.lease === null || index === owned.part);
  const next = nextUnit(job.plan, job.ledger, {
    ...{nowMs: hold.nowMs, forgivenCount: 0, share: null, taken: []},
    suspects: openSuspects(job),
    maySuspect: true,
    hasHandler: (name) => ports.handlers.find(name) !== null,
  });
  if (next.kind === 'over' && isLast) return {kind: 'over', status: next.status, fault: null, rest};
  if (next.kind === 'retry' || next.kind === 'noHandler') return {kind: 'pause', waiting: waitingOf(next), rest};
  return {kind: 'pause', waiting: {reason: 'budget', untilMs: null}, rest};
}

function settleOutcomes(hold: Hold, owned: Owned, job: StoredJob, end: Whole): void {
  const {outcomes} = end.rest;
  const last = end.kind === 'over' ? inlineLast(outcomes) : null;
  try {
    if (last === null && outcomes.length > 0) commitUnderLock(hold, owned, outcomes);
    const back = returnOf(job, {...placeOf(hold, owned), longest: longestOf(owned, job, end)});
    if (end.kind === 'over') writeHeader(hold, job, finish(job.header, back, end.status, last, end.fault));
    else writeHeader(hold, job, giveBack(job.header, back, dueNow(end.waiting, hold.nowMs)));
  } catch (thrown) {
    if (!isJobsError(thrown) || thrown.code !== 'STORE_FULL') throw thrown;
    const bytes = Number(thrown.details['bytes'] ?? 0);
    settleUncommitted(hold, owned, job, {kind: 'full', units: unitsOfOutcomes(outcomes), bytes, rest: end.rest});
  }
}

/** How long attempts take, by what this owner has learned. */
function longestOf(owned: Owned, job: StoredJob, {rest}: Pick<Whole, 'rest'>): Longest {
  return longestAfter(job.header.longest, owned.job.header.longest, rest.longest);
}

/** The one outcome that the final header can carry itself, saving a write. */
function inlineLast(outcomes: readonly Outcome[]): Outcome | null {
  const [only, ...more] = outcomes;
  if (only === undefined || more.length > 0) return null;
  return utf8Bytes(outcomeText(only)) > INLINE_RESULT_BYTES ? null : only;
}

function commitUnderLock(hold: Hold, owned: Owned, outcomes: readonly Outcome[]): void {
  const needed = bytesOfCommit(outcomes);
  const first = owned.writer.commit(writeWithin(hold, freeBytes(hold)), outcomes, NO_MARKER);
  if (first.isWhole) return;
  const isThere = makeRoom(hold, needed);
  const room = Math.max(needed, freeBytes(hold));
  if (!isThere || !owned.writer.commit(writeWithin(hold, room), first.left, NO_MARKER).isWhole)
    throw storeFull(needed, freeBytes(hold));
}

/** Writes that may add so many bytes together. */
function writeWithin(hold: Hold, room: number): Write {
  let left = room;
  return (key, value, spareBytes) => {
    const before = hold.snapshot[key];
    const more = utf8Bytes(key) + utf8Bytes(value) - (before === undefined ? 0 : utf8Bytes(key) + utf8Bytes(before));
    if (more > left - spareBytes) throw storeFull(more, left);
    hold.set(key, value);
    left -= more;
  };
}

/** The store has no room for outcomes: the job waits for room, and the attempts are reported as in doubt. */
function settleUncommitted(hold: Hold, owned: Owned, job: StoredJob, end: Extract<RunEnd, {kind: 'full'}>): void {
  const {units, bytes} = end;
  const reported = units.length === 0 ? job.header : reportUncommitted(job.header, owned.part, units, hold.nowMs);
  const waiting: Waiting = {reason: 'store', untilMs: null, bytes};
  // What the ledger knows beyond the log is lost, so that no suspect is settled by it.
  const {suspects, doubts} = job.header;
  commitSaved(hold, owned);
  const back = {...placeOf(hold, owned), longest: longestOf(owned, job, end), suspects, doubts};
  try {
    writeHeader(hold, job, giveBack(reported, back, waiting));
  } catch (thrown) {
    // Not even the ballast is left: without the report the header is hardly longer than the one that is there.
    if (!isJobsError(thrown) || thrown.code !== 'STORE_FULL') throw thrown;
    writeHeader(hold, job, giveBack(job.header, back, waiting));
  }
}

/** The step goes on where it last saved itself: that takes a few bytes, for which the ballast is there. */
function commitSaved(hold: Hold, owned: Owned): void {
  try {
    owned.writer.commitSaved((key, value) => {
      hold.setState(key, value);
    }, hold.nowMs);
  } catch (thrown) {
    if (!isJobsError(thrown) || thrown.code !== 'STORE_FULL') throw thrown;
  }
}

function placeOf(hold: Hold, owned: Owned): {part: number; nowMs: number; position: LogPosition} {
  return {part: owned.part, nowMs: hold.nowMs, position: owned.writer.position};
}

function dueNow(waiting: Waiting, nowMs: number): Waiting {
  return waiting.reason === 'budget' ? {...waiting, untilMs: nowMs} : waiting;
}
