/**
 * Deletes finished jobs by hand, in several short holds of the lock, so that nobody waits for long. The order of writes
 * is that of `finished.ts`: a kill in between leaves nothing by halves. Open jobs and damaged ones stay.
 */
import {statusOf} from '../core/header';
import {headerKey} from '../core/keys';
import {LOCK_WAIT_MS, MAX_BUDGET_MS} from '../core/limits';
import {printValue} from '../core/json';
import {readHeader} from '../core/stored-job';
import {isJobsError, jobsError} from '../errors';
import {booleanOption, integerIn, optionsObject, reading} from '../orchestration/request';
import type {CleanupResult, JobStatus} from '../types';
import {
  finishedJobs,
  foldJob,
  isPutAside,
  isReadable,
  keysBesideHeader,
  purgeJob,
  sweepBudget,
  type Finished,
  type SweepBudget,
} from './finished';
import {withHold, type Hold} from './hold';
import type {Clock, Ports} from './ports';
import {deleteOrphans, orphans, sizeOf} from './room';

/** What a call asks for, checked. */
interface Wish {
  /** `null`: as the retention says. */
  readonly olderThanMs: number | null;
  readonly statuses: readonly JobStatus[];
  readonly name: string | null;
  readonly limit: number;
  readonly isDryRun: boolean;
  readonly prefix: string | null;
}

/** What was done so far. */
interface Tally {
  readonly purged: string[];
  readonly folded: Set<string>;
  orphansDeleted: number;
  freedBytes: number;
  left: number;
}

const DAY_MS = 24 * 3_600_000;
const FINAL: readonly JobStatus[] = ['completed', 'failed', 'canceled'];
const OPTIONS: readonly string[] = ['olderThanDays', 'status', 'name', 'limit', 'dryRun', 'propertyPrefix'];

/** Deletes the finished jobs that fit; stops in good time before the execution ends. */
export function cleanUp(ports: Ports, rawOptions: unknown, prefix: string | null): CleanupResult {
  const wish = reading('The options of cleanup', () => wishOf(rawOptions, prefix));
  const tally: Tally = {purged: [], folded: new Set(), orphansDeleted: 0, freedBytes: 0, left: 0};
  let isFirst = true;
  for (let isMore = true; isMore; isFirst = false) {
    const sliceEndMs = ports.clock.startMs + MAX_BUDGET_MS - LOCK_WAIT_MS;
    if (!isFirst && ports.clock.nowMs() > sliceEndMs) break;
    try {
      isMore = withHold(ports, (hold) =>
        wish.isDryRun ? foresee(hold, wish, tally) : deleteSome(ports.clock, hold, wish, tally),
      );
    } catch (thrown) {
      // What was done stays done, and is told: a second call does the rest.
      if (isFirst || !isJobsError(thrown) || thrown.code !== 'LOCK_TIMEOUT') throw thrown;
      break;
    }
  }
  const {purged, folded, orphansDeleted, freedBytes, left} = tally;
  return {purged, folded: folded.size, orphansDeleted, freedBytes, left};
}

function wishOf(raw: unknown, prefix: string | null): Wish {
  const options = optionsObject(raw);
  const unknown = Object.keys(options).find((key) => !OPTIONS.includes(key));
  // A misspelt filter must not delete what it was meant to spare.
  if (unknown !== undefined)
    throw jobsError('INVALID_OPTION', `cleanup does not know ${printValue(unknown)}; it knows ${OPTIONS.join(', ')}.`);
  const {olderThanDays, status, name, limit, dryRun} = options;
  if (name !== undefined && typeof name !== 'string')
    throw jobsError('INVALID_OPTION', `name of cleanup must be text, got ${printValue(name)}.`);
  return {
    olderThanMs: olderThanDays === undefined ? null : daysOf(olderThanDays) * DAY_MS,
    statuses: status === undefined ? FINAL : statusesOf(status),
    name: name === undefined ? null : name.trim(),
    limit: limit === undefined ? Infinity : integerIn(limit, 'limit of cleanup', 1, 100_000),
    isDryRun: booleanOption(dryRun ?? false, 'dryRun'),
    prefix,
  };
}

const MAX_DAYS = 3_650;

function daysOf(raw: unknown): number {
  if (typeof raw === 'number' && raw >= 0 && raw <= MAX_DAYS) return raw;
  throw jobsError('INVALID_OPTION', `olderThanDays must be a number from 0 to ${MAX_DAYS}, got ${printValue(raw)}.`);
}

function statusesOf(raw: unknown): readonly JobStatus[] {
  const given: readonly unknown[] = Array.isArray(raw) ? (raw as readonly unknown[]) : [raw];
  const statuses = FINAL.filter((status) => given.includes(status));
  const other = given.find((entry) => !(FINAL as readonly unknown[]).includes(entry));
  if (other === undefined && statuses.length > 0) return statuses;
  throw jobsError(
    'INVALID_OPTION',
    `status of cleanup must be ${FINAL.join(', ')}, or a list of them, got ${printValue(raw)}. Open jobs are never deleted.`,
  );
}

/** Jobs to delete, and jobs that only lose steps and results, oldest first. */
function chosen(hold: Hold, wish: Wish): {readonly purge: readonly Finished[]; readonly fold: readonly Finished[]} {
  const {foldAfterMs, purgeAfterMs} = hold.retention;
  const olderThanMs = wish.olderThanMs ?? purgeAfterMs;
  const purge: Finished[] = [];
  const fold: Finished[] = [];
  for (const job of finishedJobs(hold)) {
    const {header, address, endedAtMs} = job;
    if (!wish.statuses.includes(statusOf(header)) || (wish.name !== null && header.name !== wish.name)) continue;
    if (wish.prefix !== null && address.prefix !== wish.prefix) continue;
    // Dead letters are for those who name an age.
    if (wish.olderThanMs === null && isPutAside(job)) continue;
    const ageMs = hold.nowMs - endedAtMs;
    // Days that are asked for include the day: 0 is everything.
    const isOld = wish.olderThanMs === null ? ageMs > olderThanMs : ageMs >= olderThanMs;
    const isPurged = isOld && job.mayPurge;
    const isFolded = !isPurged && ageMs > foldAfterMs && job.mayFold && !isPutAside(job);
    if ((isPurged || isFolded) && isReadable(hold, job)) (isPurged ? purge : fold).push(job);
  }
  return {purge, fold};
}

/** The lock is free again after so long, however slow the store is. */
const SLICE_MS = 4_000;

/** One slice: returns whether another one should follow. */
function deleteSome(clock: Clock, hold: Hold, wish: Wish, tally: Tally): boolean {
  const {purge, fold} = chosen(hold, wish);
  const budget: SweepBudget = {...sweepBudget(), isLate: () => clock.nowMs() > hold.nowMs + SLICE_MS};
  const before = {bytes: hold.usage.totalBytes, done: tally.purged.length + tally.orphansDeleted + tally.folded.size};
  const allowed = wish.limit - tally.purged.length;
  let purged = 0;
  let folds = 0;
  for (const job of purge.slice(0, allowed)) {
    if (!purgeJob(hold, job, budget)) {
      noteFolded(hold, job, tally);
      break;
    }
    purged++;
    tally.purged.push(job.address.id);
    tally.folded.delete(job.address.id);
  }
  for (const job of fold) {
    if (!foldJob(hold, job, budget)) break;
    folds++;
    tally.folded.add(job.address.id);
  }
  const found = orphans(hold);
  const deleted = deleteOrphans(hold, found, budget);
  tally.orphansDeleted += deleted;
  tally.freedBytes += before.bytes - hold.usage.totalBytes;
  const ripe = found.filter((orphan) => orphan.isRipe).length - deleted;
  tally.left = purge.length - purged + (fold.length - folds) + ripe;
  const isAtLimit = purged >= allowed && fold.length === folds && ripe === 0;
  const done = tally.purged.length + tally.orphansDeleted + tally.folded.size;
  const hasSpent = budget.deletes <= 0 || budget.folds <= 0;
  return tally.left > 0 && !isAtLimit && (hasSpent || done > before.done);
}

/** A job that could not be deleted in one slice is folded meanwhile. */
function noteFolded(hold: Hold, {address, header}: Finished, tally: Tally): void {
  const decoded = readHeader(hold.snapshot, address);
  if (header.folded === null && decoded.kind === 'header' && decoded.header.folded !== null)
    tally.folded.add(address.id);
}

/** What a call would do, and nothing done. */
function foresee(hold: Hold, wish: Wish, tally: Tally): false {
  const {purge, fold} = chosen(hold, wish);
  const stray = orphans(hold).filter((orphan) => orphan.isRipe);
  const going = purge.slice(0, wish.limit);
  const keys = new Set(stray.map((orphan) => orphan.key));
  for (const {address} of going) for (const key of keysBesideHeader(hold, address)) keys.add(key);
  for (const {address} of going) keys.add(headerKey(address));
  for (const {address} of fold) for (const key of keysBesideHeader(hold, address)) keys.add(key);
  tally.purged.push(...going.map((job) => job.address.id));
  for (const job of fold) tally.folded.add(job.address.id);
  tally.orphansDeleted = stray.length;
  tally.freedBytes = sizeOf(hold, [...keys]);
  tally.left = purge.length - going.length;
  return false;
}
