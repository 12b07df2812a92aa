/**
 * Finished jobs and how they go. A finished job gives up its steps and results first (*fold*), its header last (*purge*);
 * the header is rewritten as folded before anything is deleted, so that a kill in between leaves a folded job with
 * left-overs, which the next sweep takes.
 */
import {isFinal, type Header} from '../core/header';
import {encodeHeader} from '../core/header-codec';
import {intendedJobs} from '../core/intent';
import {headerKey, type JobAddress} from '../core/keys';
import {LEASE_MS, MAX_SWEEP_DELETES, MAX_SWEEP_FOLDS} from '../core/limits';
import {lastError} from '../core/record';
import {readHeader, readJob} from '../core/stored-job';
import {fold} from '../core/transitions';
import type {Hold} from './hold';

/** A job that has ended. */
export interface Finished {
  readonly address: JobAddress;
  readonly header: Header;
  readonly endedAtMs: number;
  /** Whether its steps and results may go, to make room or with age. */
  readonly mayFold: boolean;
  /** Whether all of it may go. */
  readonly mayPurge: boolean;
}

/** Deletes and folds that may still be made: 62 ms each, under the lock. */
export interface SweepBudget {
  deletes: number;
  folds: number;
  /** Whether the lock has been held for long enough. */
  readonly isLate?: () => boolean;
}

/** What one hold may do that only tidies up. */
export function sweepBudget(): SweepBudget {
  return {deletes: MAX_SWEEP_DELETES, folds: MAX_SWEEP_FOLDS};
}

export const UNLIMITED: SweepBudget = {deletes: Infinity, folds: Infinity};

/** Whether all of it could be deleted. */
export function removeSome(hold: Hold, keys: readonly string[], budget: Omit<SweepBudget, 'folds'>): boolean {
  for (const key of keys) {
    if (budget.deletes <= 0 || budget.isLate?.() === true) return false;
    budget.deletes--;
    hold.remove(key);
  }
  return true;
}

/**
 * Jobs that have ended, those first that ended longest ago. What an open job depends on stays as it is, and so do jobs of a
 * batch that is not written as a whole yet; of one whose idempotency key is still remembered the header does.
 */
export function finishedJobs(hold: Hold): readonly Finished[] {
  const ended: {readonly address: JobAddress; readonly header: Header}[] = [];
  const needed = new Set(intendedJobs(hold.snapshot));
  for (const address of hold.jobs()) {
    const decoded = readHeader(hold.snapshot, address);
    if (decoded.kind !== 'header') continue;
    const {header} = decoded;
    if (isFinal(header)) ended.push({address, header});
    else if (header.startedAtMs === null) for (const id of header.terms.dependencies) needed.add(id);
  }
  const finished = ended.map(({address, header}): Finished => {
    const isNeeded = needed.has(address.id);
    const isRemembered = (header.terms.idempotency?.untilMs ?? 0) > hold.nowMs;
    const mayPurge = header.isRemoved ? !mayBeWritten(header, hold.nowMs) : !isNeeded && !isRemembered;
    return {address, header, endedAtMs: endOf(header), mayFold: !isNeeded && header.folded === null, mayPurge};
  });
  return finished.sort((one, other) => one.endedAtMs - other.endedAtMs);
}

/** A failed job that was put aside: age takes nothing of it, and it goes last where room must be made. */
export function isPutAside({header}: Finished): boolean {
  return header.terms.deadLetter?.state === 'queued';
}

/** Finished jobs in the order in which they make room. */
export function givingWay(finished: readonly Finished[]): readonly Finished[] {
  return [...finished.filter((job) => !isPutAside(job)), ...finished.filter(isPutAside)];
}

/** A removed job goes before all others. */
function endOf(header: Header): number {
  if (header.isRemoved) return 0;
  return 'atMs' in header.phase ? header.phase.atMs : header.updatedAtMs;
}

/** Whether an execution that was cut off may still write to a removed job. */
function mayBeWritten({updatedAtMs, options}: Header, nowMs: number): boolean {
  return nowMs - updatedAtMs < Math.max(LEASE_MS, options.leaseTtlMs);
}

/** Damage stays as it is, for somebody to look at: a job that cannot be read is neither folded nor purged. */
export function isReadable(hold: Hold, {address}: Finished): boolean {
  return readJob(hold.snapshot, address).kind !== 'corrupt';
}

/**
 * The header goes first; what cannot be deleted now lies under a fold, where the next sweep finds it. Returns whether the
 * header is folded.
 */
export function foldJob(hold: Hold, {address, header}: Finished, budget: SweepBudget): boolean {
  if (budget.folds <= 0 || budget.isLate?.() === true) return false;
  budget.folds--;
  const reading = readJob(hold.snapshot, address);
  const error = reading.kind === 'job' ? lastError(reading.job) : null;
  hold.set(headerKey(address), encodeHeader(fold(header, error)));
  removeSome(hold, keysBesideHeader(hold, address), budget);
  return true;
}

/**
 * Deletes a finished job: folded first where there is more than a header, the header last, so that it is never half there.
 * Returns whether all of it is gone.
 */
export function purgeJob(hold: Hold, job: Finished, budget: SweepBudget): boolean {
  const isLarge = keysBesideHeader(hold, job.address).length > 0;
  if (isLarge && job.header.folded === null && !foldJob(hold, job, budget)) return false;
  return removeSome(hold, [...keysBesideHeader(hold, job.address), headerKey(job.address)], budget);
}

/** Keys of a job but for its header. */
export function keysBesideHeader(hold: Hold, address: JobAddress): readonly string[] {
  return hold.keysOf(address).filter((key) => key !== headerKey(address));
}
