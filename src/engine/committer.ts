/**
 * What an owner has decided and not committed yet, and the room that its commits may take. A commit is one write, without
 * the lock, and keeps to the share of the store that jobs may use.
 */
import {utf8Bytes} from '../core/bytes';
import {headerKey, parseNotesKey} from '../core/keys';
import {INLINE_RESULT_BYTES, MAX_ARCHIVE_GROUP_BYTES, NOTES_SPARE_BYTES} from '../core/limits';
import {outcomeText, type Outcome} from '../core/outcome';
import type {Marker} from '../core/segment';
import type {Snapshot} from '../core/stored-job';
import type {Owned} from './claim';
import {storeFull, withHold, writeValue} from './hold';
import {bytesOfCommit, type Write} from './log-writer';
import {patiently} from './patience';
import type {Ports} from './ports';
import {retentionOf} from './retention';
import {freeBytes, makeRoom} from './room';

/** What became of a commit. */
export type CommitResult = {readonly kind: 'committed'} | {readonly kind: 'full'; readonly bytes: number};

const COMMITTED: CommitResult = {kind: 'committed'};

export class Committer {
  /** Outcomes that are decided and not committed, in their order. */
  pending: readonly Outcome[];
  private pendingBytes = 0;
  /** Bytes of the job, and bytes that it may still add before somebody has to look at the whole store again. */
  private jobBytes: number;
  private room: number;
  /** Bytes that all jobs may use together. */
  private readonly maxBytes: number;
  private readonly sizes: Map<string, number>;
  private readonly ports: Ports;
  private readonly owned: Owned;
  private readonly write: Write;

  constructor(ports: Ports, owned: Owned, snapshot: Snapshot) {
    this.ports = ports;
    this.owned = owned;
    this.pending = owned.undelivered;
    this.sizes = sizesOfJob(owned, snapshot);
    // Notes give way to results.
    this.jobBytes = [...this.sizes].reduce((sum, [key, bytes]) => sum + (parseNotesKey(key) === null ? bytes : 0), 0);
    this.room = owned.freeBytes;
    this.maxBytes = retentionOf(ports, snapshot).maxBytes;
    this.write = (key, value, spareBytes) => {
      this.writeWithin(key, value, spareBytes);
    };
  }

  add(outcome: Outcome): void {
    this.pending = [...this.pending, outcome];
    this.pendingBytes += utf8Bytes(outcomeText(outcome));
  }

  /** Whether what is pending may wait for more: it has to fit into few writes, or into one text of the archive. */
  get mayGrow(): boolean {
    return this.pendingBytes <= (this.ports.archive === null ? INLINE_RESULT_BYTES : MAX_ARCHIVE_GROUP_BYTES);
  }

  /** A result beyond this can never be stored, whatever gives way. */
  get maxResultBytes(): number {
    const {archive} = this.ports;
    // With the brackets of its list.
    if (archive !== null) return archive.maxBytes - 2;
    return this.maxBytes - reserve(this.owned.job.ledger.openCount) - this.jobBytes;
  }

  /** Commits what is decided, naming what may begin. Finished jobs give way to a result of a job that runs. */
  commit(marker: Marker): CommitResult {
    if (this.tryCommit(marker)) return COMMITTED;
    const bytes = bytesOfCommit(this.pending);
    return this.findRoom(bytes) && this.tryCommit(marker) ? COMMITTED : {kind: 'full', bytes};
  }

  /**
   * Writes what steps have said, where that leaves room for results; false where it was not written. It is worth neither
   * waiting nor the end of a run.
   */
  writeNotes(key: string, value: string): boolean {
    const bytes = utf8Bytes(key) + utf8Bytes(value);
    const more = bytes - (this.sizes.get(key) ?? 0);
    if (more > this.room - NOTES_SPARE_BYTES) return false;
    try {
      patiently(
        this.ports,
        () => {
          this.ports.store.set(key, value);
        },
        NOTES_TRIES,
      );
    } catch {
      return false; // A store that is full or gone is found so by the next commit, which can do something about it.
    }
    this.sizes.set(key, bytes);
    this.room -= more;
    return true;
  }

  private tryCommit(marker: Marker): boolean {
    const {isWhole, left} = this.owned.writer.commit(this.write, this.pending, marker);
    this.pending = left;
    if (isWhole) this.pendingBytes = 0;
    return isWhole;
  }

  private findRoom(bytes: number): boolean {
    return withHold(this.ports, (hold) => {
      const isThere = makeRoom(hold, bytes);
      this.room = isThere ? Math.max(bytes, freeBytes(hold)) : freeBytes(hold);
      for (const key of this.sizes.keys())
        if (parseNotesKey(key) !== null && hold.snapshot[key] === undefined) this.sizes.delete(key);
      return isThere;
    });
  }

  /** Jobs leave the host its share: a write that would take it is refused as if the store were full. */
  private writeWithin(key: string, value: string, spareBytes: number): void {
    const bytes = utf8Bytes(key) + utf8Bytes(value);
    const more = bytes - (this.sizes.get(key) ?? 0);
    if (more > this.room - spareBytes) throw storeFull(bytes, this.room);
    writeValue(this.ports, key, value);
    this.sizes.set(key, bytes);
    this.room -= more;
    this.jobBytes += more;
  }
}

const NOTES_TRIES = 2;

/** Kept for the header, and for outcomes that say why a step failed. */
function reserve(openUnits: number): number {
  return Math.min(40_000, 8_000 + 400 * openUnits);
}

/** Sizes of a job's keys as they are stored. */
function sizesOfJob(owned: Owned, snapshot: Snapshot): Map<string, number> {
  const start = headerKey(owned.job.address).slice(0, -1);
  const sizes = new Map<string, number>();
  for (const key of Object.keys(snapshot))
    if (key.startsWith(start)) sizes.set(key, utf8Bytes(key) + utf8Bytes(snapshot[key] ?? ''));
  return sizes;
}
