/**
 * Deletes from the archive what no job names any more: texts of attempts that were lost, of jobs that were folded or
 * purged, of jobs that are gone.
 *
 * The texts are listed before the store is read. Whoever owned a job then has named its texts since or still has its
 * lease, in which case nothing of that job is touched. Never under the lock: Drive takes its time.
 */
import {jobOfArchiveName} from '../core/archive';
import {hasLease} from '../core/header';
import {ARCHIVE_KEY, bornAtMs, headerKey, type JobAddress} from '../core/keys';
import {ARCHIVE_SWEEP_MS, ORPHAN_AFTER_MS} from '../core/limits';
import {readHeader, readJob, type Snapshot, type StoredJob} from '../core/stored-job';
import {prefixesIn, writeValue, type Hold} from './hold';
import {patiently} from './patience';
import type {Ports, StoredText} from './ports';

/** Notes that there is something to sweep from now on. */
export function ensureArchiveKey({archive}: Ports, hold: Hold): void {
  if (archive !== null && hold.snapshot[ARCHIVE_KEY] === undefined) hold.set(ARCHIVE_KEY, String(hold.nowMs));
}

/** Whether a sweep is due. */
export function isArchiveDue({archive}: Ports, hold: Hold): boolean {
  const sweptAtMs = Number(hold.snapshot[ARCHIVE_KEY] ?? hold.nowMs);
  return archive !== null && hold.nowMs - sweptAtMs > ARCHIVE_SWEEP_MS;
}

/** Deletes what is left over until a time; returns how many texts. Throws what the archive throws. */
export function sweepArchive(ports: Ports, untilMs: number): number {
  const {archive, clock} = ports;
  if (archive === null) return 0;
  const texts = archive.list('');
  const snapshot = patiently(ports, () => ports.store.readAll());
  const jobs = new NamedTexts(snapshot, clock.nowMs());
  let removed = 0;
  for (const text of texts) {
    if (clock.nowMs() >= untilMs) return removed;
    const address = jobOfArchiveName(text.name);
    if (address !== null && jobs.isLeftOver(address, text) && archive.remove(text.locator)) removed++;
  }
  writeValue(ports, ARCHIVE_KEY, String(clock.nowMs()));
  return removed;
}

/** What jobs say of their texts; each job is read once. */
class NamedTexts {
  private readonly snapshot: Snapshot;
  private readonly nowMs: number;
  private readonly prefixes: ReadonlySet<string>;
  private readonly named = new Map<string, ReadonlySet<string> | 'all' | 'none'>();

  constructor(snapshot: Snapshot, nowMs: number) {
    this.snapshot = snapshot;
    this.nowMs = nowMs;
    this.prefixes = new Set(prefixesIn(snapshot));
  }

  isLeftOver(address: JobAddress, {locator}: StoredText): boolean {
    const key = headerKey(address);
    const named = this.named.get(key) ?? this.read(address);
    this.named.set(key, named);
    if (named === 'all') return false;
    return named === 'none' || !named.has(locator);
  }

  private read(address: JobAddress): ReadonlySet<string> | 'all' | 'none' {
    if (this.snapshot[headerKey(address)] === undefined) {
      // One that is just being accepted has not run yet; a prefix that nobody knows may be another store's.
      const ageMs = this.nowMs - (bornAtMs(address.id) ?? this.nowMs);
      return ageMs > ORPHAN_AFTER_MS && this.prefixes.has(address.prefix) ? 'none' : 'all';
    }
    const decoded = readHeader(this.snapshot, address);
    if (decoded.kind !== 'header' || hasLease(decoded.header)) return 'all';
    if (decoded.header.folded !== null) return 'none';
    const reading = readJob(this.snapshot, address);
    return reading.kind === 'job' ? locatorsOf(reading.job) : 'all';
  }
}

function locatorsOf({ledger}: StoredJob): ReadonlySet<string> {
  const locators = new Set<string>();
  for (const unit of ledger.completedUnits()) {
    const result = ledger.completion(unit)?.result;
    if (result !== undefined && 'archived' in result) locators.add(result.archived.locator);
  }
  return locators;
}
