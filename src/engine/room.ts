/**
 * Room in the store: what jobs use, what finished jobs give up (`finished.ts`), what is nobody's any more. Open jobs are
 * never touched.
 */
import {utf8Bytes} from '../core/bytes';
import {hasLease, type Header} from '../core/header';
import {
  BALLAST_KEY,
  bornAtMs,
  headerKey,
  intentKey,
  parseIntentKey,
  parseKey,
  parseNotesKey,
  resultKey,
  type JobAddress,
} from '../core/keys';
import {ARCHIVE_BYTES, BALLAST_BYTES, HOST_BYTES, ORPHAN_AFTER_MS, STORE_BYTES} from '../core/limits';
import {intendedJobs} from '../core/intent';
import {readHeader, readJob} from '../core/stored-job';
import {strayPieces} from '../core/value-pieces';
import {
  finishedJobs,
  givingWay,
  foldJob,
  isPutAside,
  isReadable,
  keysBesideHeader,
  purgeJob,
  removeSome,
  sweepBudget,
  type Finished,
  type SweepBudget,
  UNLIMITED,
} from './finished';
import {prefixesIn, type Hold} from './hold';
import type {Backend} from './ports';
import type {Usage} from './usage';

/** Bytes that could be added now without touching what belongs to the host; headers may still grow a little. */
export function freeBytes({usage, retention}: Pick<Hold, 'usage' | 'retention'>): number {
  return freeOf(usage, retention.maxBytes);
}

/** The same of a store that is only read. */
export function freeOf({ownBytes, totalBytes}: Pick<Usage, 'ownBytes' | 'totalBytes'>, maxBytes: number): number {
  return Math.min(maxBytes - ownBytes, STORE_BYTES - HOST_BYTES - totalBytes) - HEADER_GROWTH_BYTES;
}

const HEADER_GROWTH_BYTES = 2_000;

/**
 * Makes room for so many bytes out of what nobody needs: pieces of lost results first, then what steps have said, then
 * finished jobs, oldest first;
 * false, and nothing deleted, when all of it would not be enough. Folding pays where there is more than a header: a small
 * job keeps its results until it goes as a whole. Where the host itself has taken its share and more, a job may still
 * have what is given up for it.
 */
export function makeRoom(hold: Hold, bytes: number): boolean {
  if (freeBytes(hold) >= bytes) return true;
  const finished = givingWay(finishedJobs(hold)).filter((job) => isReadable(hold, job));
  const stray = orphans(hold).filter((orphan) => orphan.isRipe);
  const notes = noteKeys(hold);
  const keys = [...stray.map((orphan) => orphan.key), ...notes];
  for (const job of finished) keys.push(...keysToGive(hold, job));
  const evictable = sizeOf(hold, keys);
  const before = hold.usage.totalBytes;
  const fits = (freed: number): boolean =>
    freeBytes(hold) + (freed - givenUp()) >= bytes || (freed >= bytes && before - freed + bytes <= STORE_BYTES);
  const givenUp = (): number => before - hold.usage.totalBytes;
  if (!fits(evictable)) return false;
  const isEnough = (): boolean => fits(givenUp());
  for (const {key} of stray) hold.remove(key);
  for (const key of notes) {
    if (isEnough()) return true;
    hold.remove(key);
  }
  for (const job of finished) {
    if (isEnough()) return true;
    if (job.mayFold && keysBesideHeader(hold, job.address).length > 0) foldJob(hold, job, UNLIMITED);
  }
  for (const job of finished) {
    if (isEnough()) return true;
    if (job.mayPurge) purgeJob(hold, job, UNLIMITED);
  }
  return isEnough();
}

/** What a finished job can give up. */
function keysToGive(hold: Hold, {address, mayFold, mayPurge}: Finished): readonly string[] {
  const beside = mayFold || mayPurge ? keysBesideHeader(hold, address) : [];
  return mayPurge ? [headerKey(address), ...beside] : beside;
}

/** What steps have said: an owner at work writes it again once there is room. */
function noteKeys(hold: Hold): readonly string[] {
  const prefixes = new Set(prefixesIn(hold.snapshot));
  return Object.keys(hold.snapshot).filter((key) => prefixes.has(parseNotesKey(key)?.prefix ?? ''));
}

/**
 * Bytes that must be free before a job goes on that found the store full; 0 for any other. What is larger than this goes
 * to the archive, which may have been out of reach when the job found no room.
 */
export function missingBytes({phase}: Header, archive: Backend | null): number {
  if (phase.kind !== 'paused' || phase.waiting.reason !== 'store') return 0;
  const {bytes = 0} = phase.waiting;
  return archive === null ? bytes : Math.min(bytes, ARCHIVE_BYTES);
}

/** Bytes of some keys with their values. */
export function sizeOf(hold: Hold, keys: readonly string[]): number {
  return [...new Set(keys)].reduce((sum, key) => sum + utf8Bytes(key) + utf8Bytes(hold.snapshot[key] ?? ''), 0);
}

/**
 * Tidies up with what time is left: folds and purges by age, and by the bytes that all jobs may use should somebody have
 * lowered them, deletes what is left of jobs without a header and of folded ones and pieces of lost results, and puts
 * the ballast back. At most forty folds and forty deletes; the next pass goes on. Returns whether there is something
 * that a later pass must do.
 */
export function sweepStore(hold: Hold): boolean {
  const budget = sweepBudget();
  const {foldAfterMs, purgeAfterMs, maxBytes} = hold.retention;
  const finished = finishedJobs(hold);
  let isDone = true;
  for (const job of finished) {
    const ageMs = hold.nowMs - job.endedAtMs;
    if (job.header.isRemoved && !job.mayPurge) isDone = false;
    if (ageMs <= foldAfterMs || isPutAside(job) || !isReadable(hold, job)) continue;
    if (ageMs > purgeAfterMs && job.mayPurge) isDone = purgeJob(hold, job, budget) && isDone;
    else if (job.mayFold) isDone = foldJob(hold, job, budget) && isDone;
  }
  for (const job of givingWay(finished)) {
    if (budget.deletes <= 0 || hold.usage.ownBytes <= maxBytes) break;
    const isThere = hold.snapshot[headerKey(job.address)] !== undefined;
    if (isThere && job.mayPurge && isReadable(hold, job)) purgeJob(hold, job, budget);
  }
  const left = orphans(hold);
  deleteOrphans(hold, left, budget);
  ensureBallast(hold);
  return !isDone || intendedJobs(hold.snapshot).size > 0 || left.some(({key}) => hold.snapshot[key] !== undefined);
}

/** Deletes those that are ripe; returns how many. */
export function deleteOrphans(hold: Hold, found: readonly Orphan[], budget: Omit<SweepBudget, 'folds'>): number {
  const before = budget.deletes;
  removeSome(
    hold,
    found.filter((orphan) => orphan.isRipe).map((orphan) => orphan.key),
    budget,
  );
  return before - budget.deletes;
}

/** A key that belongs to nothing. */
export interface Orphan {
  readonly key: string;
  /** Old enough not to be of a job that is just being written. */
  readonly isRipe: boolean;
}

/** Keys of jobs that do not exist, half an intent, those under folds, pieces of results that no record names and of half a stored value. */
export function orphans(hold: Hold): readonly Orphan[] {
  const prefixes = new Set(prefixesIn(hold.snapshot));
  const intended = intendedJobs(hold.snapshot);
  const owners = new Map<string, JobKeys>();
  const found: Orphan[] = strayPieces(hold.snapshot).map((key) => ({key, isRipe: true}));
  for (const key of Object.keys(hold.snapshot)) {
    const intent = parseIntentKey(key);
    if (intent !== null && hold.snapshot[intentKey(intent.id, 0)] === undefined)
      found.push({key, isRipe: hold.nowMs - intent.bornAtMs > ORPHAN_AFTER_MS});
    const parsed = parseKey(key);
    if (parsed === null || parsed.part === 'h' || !prefixes.has(parsed.prefix)) continue;
    const header = headerKey(parsed);
    const owner = owners.get(header) ?? jobKeysOf(hold, parsed);
    owners.set(header, owner);
    if (owner.kind === 'none' && !intended.has(parsed.id)) {
      const ageMs = hold.nowMs - (bornAtMs(parsed.id) ?? hold.nowMs);
      found.push({key, isRipe: ageMs > ORPHAN_AFTER_MS});
    } else if (owner.kind === 'folded') found.push({key, isRipe: true});
    else if (owner.kind === 'job' && parsed.part.startsWith('r') && !owner.named().has(key))
      found.push({key, isRipe: true});
  }
  return found;
}

/** What a job's header says of its other keys. */
type JobKeys =
  | {readonly kind: 'none'}
  | {readonly kind: 'folded'}
  /** An owner may be writing, or nobody can tell. */
  | {readonly kind: 'untouchable'}
  | {readonly kind: 'job'; named(): ReadonlySet<string>};

function jobKeysOf(hold: Hold, address: JobAddress): JobKeys {
  if (hold.snapshot[headerKey(address)] === undefined) return {kind: 'none'};
  const decoded = readHeader(hold.snapshot, address);
  if (decoded.kind !== 'header') return {kind: 'untouchable'};
  if (decoded.header.folded !== null) return {kind: 'folded'};
  // A lease that was not given back, even if it ran out, may have named pieces in a log that is not sealed yet.
  if (hasLease(decoded.header)) return {kind: 'untouchable'};
  let named: ReadonlySet<string> | null = null;
  return {kind: 'job', named: () => (named ??= namedPieces(hold, address))};
}

/** Keys of the results that a job's records name; everything that is there, when the job cannot be read. */
function namedPieces(hold: Hold, address: JobAddress): ReadonlySet<string> {
  const reading = readJob(hold.snapshot, address);
  if (reading.kind !== 'job') return new Set(keysBesideHeader(hold, address));
  const named = new Set<string>();
  for (const unit of reading.job.ledger.completedUnits()) {
    const result = reading.job.ledger.completion(unit)?.result;
    if (result === undefined || !('large' in result)) continue;
    for (let piece = 0; piece < result.large.pieces; piece++)
      named.add(resultKey(address, result.large.address, piece));
  }
  return named;
}

/** Room that a state change may take when the host has filled the store. */
export function ensureBallast(hold: Hold): void {
  if (hold.snapshot[BALLAST_KEY] !== undefined) return;
  if (hold.usage.totalBytes + BALLAST_BYTES > STORE_BYTES - HOST_BYTES) return;
  hold.set(BALLAST_KEY, '.'.repeat(BALLAST_BYTES));
}
