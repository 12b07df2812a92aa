/**
 * What the steps of a run say: kept in memory, and written to a key of the run's own epoch, without the lock.
 *
 * N1 a write is one value with all that is kept; at most one in five seconds, and one at the end of the run. N2 nothing is
 * written behind the fence, or once the run was found lost. N3 no failure of a write reaches a step: what was not written
 * goes with the next write. N4 of owners that are gone the last two values stay; older ones are taken over into the first
 * one that this run writes, and deleted after it, so that a kill in between leaves lines twice, which count once.
 */
import {partAt} from '../core/header';
import {invalid} from '../orchestration/request';
import {headerKey, notesKey, parseNotesKey} from '../core/keys';
import {printValue} from '../core/json';
import {MAX_LINE_CHARS, MAX_NOTE_CHARS, MAX_NOTES_KEYS, NOTES_EVERY_MS} from '../core/limits';
import type {Mask} from '../core/mask';
import {
  decodeNotes,
  encodeNotes,
  isAmount,
  joinNotes,
  lastNoteMs,
  NO_NOTES,
  trimmed,
  withLine,
  withProgress,
  type Notes,
} from '../core/notes';
import {clipLine, printPart} from '../core/print';
import type {Snapshot} from '../core/stored-job';
import type {Owned} from './claim';
import {patiently} from './patience';
import type {Ports} from './ports';

/** Writes a value where there is room; false where it was not written. Never throws. */
export type WriteNotes = (key: string, value: string) => boolean;

/** A value of an owner that is gone. */
interface OldNotes {
  readonly key: string;
  readonly notes: Notes;
}

export class Notebook {
  private notes: Notes = NO_NOTES;
  private isWritten = true;
  private isOpen = true;
  private flushedAtMs: number;
  /** Values to take over; `null` once they were. */
  private old: readonly OldNotes[] | null = null;
  private hasTakenOver = false;
  private readonly ports: Ports;
  private readonly owned: Owned;
  private readonly snapshot: Snapshot;
  private readonly write: WriteNotes;
  private readonly owner: string;

  constructor(ports: Ports, owned: Owned, snapshot: Snapshot, write: WriteNotes) {
    this.ports = ports;
    this.owned = owned;
    this.snapshot = snapshot;
    this.write = write;
    this.owner = `${owned.part}.${owned.epoch}`;
    this.flushedAtMs = ports.clock.nowMs();
  }

  /** Adds a line, whatever it is made of. */
  log(stepId: string, parts: readonly unknown[], mask: Mask): void {
    // What is cut off could leave half a secret.
    const text = mask.text(parts.map(printPart).join(' '));
    const message = clipLine(text, MAX_LINE_CHARS);
    this.keep(withLine(this.notes, this.owner, {atMs: this.ports.clock.nowMs(), stepId, message}));
  }

  /** Notes how far a step is. */
  progress(stepId: string, [done, total, note]: readonly unknown[], mask: Mask): void {
    if (!isAmount(done))
      throw invalid(`progress expects how much is done, a number from 0 on, got ${printValue(done)}.`);
    const known = total ?? null;
    if (known !== null && !isAmount(known))
      throw invalid(`progress expects how much there is in all, a number from 0 on, got ${printValue(total)}.`);
    const words = note === undefined || note === null ? null : clipLine(mask.text(printPart(note)), MAX_NOTE_CHARS);
    const atMs = this.ports.clock.nowMs();
    this.keep(withProgress(this.notes, {stepId, atMs, done, total: known, note: words}));
  }

  private keep(notes: Notes): void {
    this.notes = notes;
    this.isWritten = false;
    this.flushIfDue();
  }

  /** Writes what is new, if the last write is long enough ago. */
  flushIfDue(): void {
    if (!this.isWritten && this.ports.clock.nowMs() - this.flushedAtMs >= NOTES_EVERY_MS) this.flush();
  }

  /** The end of the run: writes what is new. */
  close(): void {
    this.flush();
    this.isOpen = false;
  }

  /** The run was found lost: nothing is written any more. */
  abandon(): void {
    this.isOpen = false;
  }

  private flush(): void {
    const nowMs = this.ports.clock.nowMs();
    if (this.isWritten || !this.isOpen || nowMs >= this.owned.budget.fenceMs) return;
    this.flushedAtMs = nowMs;
    this.takeOver();
    const key = notesKey(this.owned.job.address, this.owned.part, this.owned.epoch);
    this.isWritten = this.write(key, encodeNotes(this.notes));
    if (this.isWritten) this.deleteOld();
  }

  /** Once, before the first write: most runs say nothing. */
  private takeOver(): void {
    if (this.hasTakenOver) return;
    this.hasTakenOver = true;
    this.old = oldNotes(this.snapshot, this.owned);
    const before = this.old.reduce((joined, {notes}) => joinNotes(joined, notes), NO_NOTES);
    this.notes = trimmed(joinNotes(before, this.notes));
  }

  private deleteOld(): void {
    const old = this.old ?? [];
    this.old = null;
    try {
      for (const {key} of old)
        patiently(this.ports, () => {
          this.ports.store.remove(key);
        });
    } catch {
      // Whoever writes next sees them again.
    }
  }
}

/** Values of owners that are gone but for the last two, those first that are older. */
function oldNotes(snapshot: Snapshot, {job, part, epoch}: Owned): readonly OldNotes[] {
  const alive = new Set([`${part}.${epoch}`]);
  job.header.parts.forEach(({lease}, index) => {
    if (lease !== null) alive.add(`${index}.${partAt(job.header, index).epoch}`);
  });
  const old: OldNotes[] = [];
  const start = headerKey(job.address).slice(0, -1);
  for (const key of Object.keys(snapshot)) {
    const parsed = key.startsWith(start) ? parseNotesKey(key) : null;
    if (parsed === null || alive.has(parsed.owner)) continue;
    // What cannot be read any more goes first.
    old.push({key, notes: decodeNotes(snapshot[key] ?? '') ?? NO_NOTES});
  }
  old.sort((one, other) => lastNoteMs(one.notes) - lastNoteMs(other.notes));
  return old.slice(0, Math.max(0, old.length - (MAX_NOTES_KEYS - 1)));
}
