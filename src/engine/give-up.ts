/**
 * Leases that were not given back, and what an owner leaves when it gives one back.
 *
 * The log of a lease that ran out is sealed where it stands. A step of it that had saved a cursor goes on there: the
 * cursor stood in the marker, beyond the seal, so it is written into the next log before the header that names that log.
 */
import {partAt, type Longest, type Header} from '../core/header';
import {segmentKey} from '../core/keys';
import {EXECUTION_WALL_MS} from '../core/limits';
import {advance, type LogPosition, type Outcome} from '../core/outcome';
import {encodeSegment, NO_MARKER} from '../core/segment';
import {EMPTY_TAIL, markerOf, tailAt, unitsInDoubt, type StoredJob} from '../core/stored-job';
import {carryOn, endLease, type Ending, type Return} from '../core/transitions';
import {unitsOf} from '../core/units';
import type {Hold} from './hold';

/** Ends leases that were not given back: those whose deadline is over, or all where the job itself is ended. */
export function endLeases(hold: Hold, stored: StoredJob, reason: Ending['reason']): StoredJob {
  let job = stored;
  stored.header.parts.forEach(({lease}, part) => {
    if (lease === null || (reason === 'killed' && lease.untilMs > hold.nowMs)) return;
    job = reason === 'killed' ? carryCursor(hold, job, part) : withLeaseEnded(job, part, hold.nowMs, reason);
  });
  return job;
}

function withLeaseEnded(job: StoredJob, part: number, nowMs: number, reason: Ending['reason']): StoredJob {
  const {position} = tailAt(job, part);
  const inDoubt = unitsInDoubt(job, part);
  const header = endLease(job.header, {part, reason, position, inDoubt, nowMs});
  return {...job, header, tails: job.tails.map((tail, index) => (index === part ? EMPTY_TAIL : tail))};
}

function carryCursor(hold: Hold, job: StoredJob, part: number): StoredJob {
  const {units, cursor} = markerOf(job, part);
  const ended = withLeaseEnded(job, part, hold.nowMs, 'killed');
  if (units === null || cursor === null || job.ledger.isSettled(units.first)) return ended;
  const outcome: Outcome = {kind: 'cursor', unit: units.first, atMs: hold.nowMs, durationMs: 0, cursor};
  const {log: next, epoch, position} = partAt(ended.header, part);
  // A claim that is killed here may have its write land late, in the log of whoever claims after it: each has its own.
  const log = Math.max(next, hold.nowMs - ended.header.createdAtMs);
  const segment = {epoch, marker: NO_MARKER, outcomes: [outcome]};
  hold.setState(segmentKey(job.address, part, log, 0), encodeSegment(segment));
  job.ledger.apply(outcome);
  const carried = advance(position, outcome);
  const tail = {position: carried, index: 0, segment};
  return {
    ...ended,
    header: carryOn(ended.header, part, log, carried),
    tails: ended.tails.map((other, index) => (index === part ? tail : other)),
  };
}

/** Run time that dead owners stored nowhere: to their last sign of life, or all that they may have had. */
export function deadOwnersMs({header, ledger}: StoredJob, nowMs: number): number {
  const aliveMs = ledger.lastAtMs - header.updatedAtMs;
  const each = aliveMs > 0 ? Math.min(aliveMs, EXECUTION_WALL_MS) : EXECUTION_WALL_MS;
  return each * header.parts.filter(({lease}) => lease !== null && lease.untilMs <= nowMs).length;
}

/** What an owner gives back, as far as it does not depend on how it ended. */
export function returnOf(
  job: StoredJob,
  terms: {readonly part: number; readonly nowMs: number; readonly position: LogPosition; readonly longest: Longest},
): Return {
  return {...terms, suspects: openSuspects(job), doubts: openDoubts(job)};
}

/** Suspects that are not settled. */
export function openSuspects(job: StoredJob): Header['suspects'] {
  return job.header.suspects.filter((suspect) => !job.ledger.isSettled(suspect.unit));
}

/** Groups in doubt that are not settled. */
function openDoubts(job: StoredJob): Header['doubts'] {
  return job.header.doubts.filter((range) => unitsOf(range).some((unit) => !job.ledger.isSettled(unit)));
}
