/**
 * Room in the store: what jobs use, what finished jobs give up, what is nobody's any more.
 *
 * A finished job gives up its steps and results first (*fold*), its header last (*purge*); the header is rewritten as
 * folded before anything is deleted, so that a kill in between leaves a folded job with left-overs, which the next
 * sweep takes. Open jobs are never touched.
 */
import {utf8Bytes} from '../core/bytes';
import {isFinal, onlyPart, type Header} from '../core/header';
import {encodeHeader} from '../core/header-codec';
import {BALLAST_KEY, bornAtMs, headerKey, parseKey, resultKey, type JobAddress} from '../core/keys';
import {
  BALLAST_BYTES,
  FOLD_AFTER_MS,
  HOST_BYTES,
  MAX_SWEEP_DELETES,
  ORPHAN_AFTER_MS,
  OWN_BYTES,
  PURGE_AFTER_MS,
  STORE_BYTES,
} from '../core/limits';
import {lastError} from '../core/record';
import {readHeader, readJob} from '../core/stored-job';
import {fold} from '../core/transitions';
import {prefixesIn, type Hold} from './hold';

/** Bytes that could be added now without touching what belongs to the host; headers may still grow a little. */
export function freeBytes(hold: Hold): number {
  const {ownBytes, totalBytes} = hold.usage;
  return Math.min(OWN_BYTES - ownBytes, STORE_BYTES - HOST_BYTES - totalBytes) - HEADER_GROWTH_BYTES;
}

const HEADER_GROWTH_BYTES = 2_000;

interface Finished {
  readonly address: JobAddress;
  readonly header: Header;
  readonly endedAtMs: number;
}

/**
 * Makes room for so many bytes out of what nobody needs: pieces of lost results first, then finished jobs, oldest first;
 * false, and nothing deleted, when all of it would not be enough. Folding pays where there is more than a header: a small
 * job keeps its results until it goes as a whole. Where the host itself has taken its share and more, a job may still
 * have what is given up for it.
 */
export function makeRoom(hold: Hold, bytes: number): boolean {
  if (freeBytes(hold) >= bytes) return true;
  const finished = finishedJobs(hold).filter((job) => isReadable(hold, job));
  const stray = orphans(hold).filter((orphan) => orphan.isRipe);
  const keys = stray.map((orphan) => orphan.key);
  for (const {address} of finished) keys.push(headerKey(address), ...keysBesideHeader(hold, address));
  const evictable = sizeOf(hold, keys);
  const before = hold.usage.totalBytes;
  const fits = (freed: number): boolean =>
    freeBytes(hold) + (freed - givenUp()) >= bytes || (freed >= bytes && before - freed + bytes <= STORE_BYTES);
  const givenUp = (): number => before - hold.usage.totalBytes;
  if (!fits(evictable)) return false;
  const isEnough = (): boolean => fits(givenUp());
  for (const {key} of stray) hold.remove(key);
  for (const job of finished) {
    if (isEnough()) return true;
    if (job.header.folded === null && keysBesideHeader(hold, job.address).length > 0) foldJob(hold, job, UNLIMITED);
  }
  for (const job of finished) {
    if (isEnough()) return true;
    purgeJob(hold, job, UNLIMITED);
  }
  return isEnough();
}

function sizeOf(hold: Hold, keys: readonly string[]): number {
  return [...new Set(keys)].reduce((sum, key) => sum + utf8Bytes(key) + utf8Bytes(hold.snapshot[key] ?? ''), 0);
}

/** Deletes that may still be made: 62 ms each, under the lock. */
interface DeleteBudget {
  left: number;
}

const UNLIMITED: DeleteBudget = {left: Infinity};

/** Whether all of it could be deleted. */
function removeSome(hold: Hold, keys: readonly string[], budget: DeleteBudget): boolean {
  for (const key of keys) {
    if (budget.left <= 0) return false;
    budget.left--;
    hold.remove(key);
  }
  return true;
}

function finishedJobs(hold: Hold): readonly Finished[] {
  const finished: Finished[] = [];
  for (const address of hold.jobs()) {
    const decoded = readHeader(hold.snapshot, address);
    if (decoded.kind !== 'header' || !isFinal(decoded.header)) continue;
    finished.push({address, header: decoded.header, endedAtMs: endOf(decoded.header)});
  }
  return finished.sort((one, other) => one.endedAtMs - other.endedAtMs);
}

function endOf(header: Header): number {
  return 'atMs' in header.phase ? header.phase.atMs : header.updatedAtMs;
}

/** Damage stays as it is, for somebody to look at: a job that cannot be read is neither folded nor purged. */
function isReadable(hold: Hold, {address}: Finished): boolean {
  return readJob(hold.snapshot, address).kind !== 'corrupt';
}

/** The header goes first; what cannot be deleted now lies under a fold, where the next sweep finds it. */
function foldJob(hold: Hold, {address, header}: Finished, budget: DeleteBudget): void {
  const reading = readJob(hold.snapshot, address);
  const error = reading.kind === 'job' ? lastError(reading.job) : null;
  hold.set(headerKey(address), encodeHeader(fold(header, error)));
  removeSome(hold, keysBesideHeader(hold, address), budget);
}

/** Deletes a finished job: folded first where there is more than a header, the header last, so that it is never half there. */
function purgeJob(hold: Hold, job: Finished, budget: DeleteBudget): void {
  const isLarge = keysBesideHeader(hold, job.address).length > 0;
  if (isLarge && job.header.folded === null) foldJob(hold, job, budget);
  if (removeSome(hold, keysBesideHeader(hold, job.address), budget)) removeSome(hold, [headerKey(job.address)], budget);
}

function keysBesideHeader(hold: Hold, address: JobAddress): readonly string[] {
  const start = headerKey(address).slice(0, -1);
  return Object.keys(hold.snapshot).filter((key) => key.startsWith(start) && key !== headerKey(address));
}

/**
 * Tidies up with what time is left: folds and purges by age, deletes what is left of jobs without a header and of
 * folded ones and pieces of lost results, and puts the ballast back. At most forty deletes; the next pass goes on.
 * Returns whether there is something that a later pass must delete.
 */
export function sweepStore(hold: Hold): boolean {
  const budget: DeleteBudget = {left: MAX_SWEEP_DELETES};
  for (const job of finishedJobs(hold)) {
    const ageMs = hold.nowMs - job.endedAtMs;
    if (ageMs <= FOLD_AFTER_MS || !isReadable(hold, job)) continue;
    if (ageMs > PURGE_AFTER_MS) purgeJob(hold, job, budget);
    else if (job.header.folded === null) foldJob(hold, job, budget);
  }
  const left = orphans(hold);
  const ripe = left.filter((orphan) => orphan.isRipe);
  removeSome(
    hold,
    ripe.map((orphan) => orphan.key),
    budget,
  );
  ensureBallast(hold);
  return left.some(({key}) => hold.snapshot[key] !== undefined);
}

interface Orphan {
  readonly key: string;
  /** Old enough not to be of a job that is just being written. */
  readonly isRipe: boolean;
}

/** Keys of jobs that do not exist, those under folds, and pieces of results that no record names. */
function orphans(hold: Hold): readonly Orphan[] {
  const prefixes = new Set(prefixesIn(hold.snapshot));
  const owners = new Map<string, JobKeys>();
  const found: Orphan[] = [];
  for (const key of Object.keys(hold.snapshot)) {
    const parsed = parseKey(key);
    if (parsed === null || parsed.part === 'h' || !prefixes.has(parsed.prefix)) continue;
    const header = headerKey(parsed);
    const owner = owners.get(header) ?? jobKeysOf(hold, parsed);
    owners.set(header, owner);
    if (owner.kind === 'none') {
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
  if (onlyPart(decoded.header).lease !== null) return {kind: 'untouchable'};
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
    if (result === undefined || 'text' in result) continue;
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
