/**
 * Commits: one `setProperty` of the log's tail segment. The only writes that happen without the lock.
 *
 * G1 a commit is all of its outcomes or the first of them. G2 large results are written before the record that names them, under
 * keys of this epoch, so that no other owner's can be mixed up with them. G3 the tail is closed before it grows beyond
 * 4 KB, so that no commit rewrites more.
 */
import {archiveName, archiveText, runsOf} from '../core/archive';
import {chainSum, EMPTY_SUM, splitByBytes, utf8Bytes} from '../core/bytes';
import {resultKey, segmentKey, type JobAddress} from '../core/keys';
import {ARCHIVE_BYTES, ARCHIVE_SPARE_BYTES, INLINE_RESULT_BYTES, MAX_VALUE_BYTES, SEGMENT_BYTES} from '../core/limits';
import {advance, endOfOutcome, outcomeText, type LogPosition, type Outcome} from '../core/outcome';
import {encodeSegment, type Marker} from '../core/segment';
import type {Tail} from '../core/stored-job';
import {isJobsError} from '../errors';

/** Writes one key; not where fewer than `spareBytes` would be left of what jobs may use. */
export type Write = (key: string, value: string, spareBytes: number) => void;

/** Where a log goes on. */
export interface LogPlace {
  readonly address: JobAddress;
  readonly part: number;
  readonly log: number;
  readonly epoch: number;
}

/** What became of a commit. */
export interface Committed {
  /** False where there was no room for all of it. */
  readonly isWhole: boolean;
  /** What is not committed. */
  readonly left: readonly Outcome[];
}

/** Where results go that would fill the store. */
export interface Archive {
  readonly maxBytes: number;
  write(name: string, text: string): string;
}

export class LogWriter {
  position: LogPosition;
  private outcomes: readonly Outcome[];
  private index: number;
  private bytes: number;
  /** What may have begun, as the log or the claim says. */
  private marker: Marker;
  /** What this commit must leave free. */
  private spareBytes = 0;

  private readonly place: LogPlace;
  private readonly archive: Archive | null;

  constructor(place: LogPlace, tail: Tail, archive: Archive | null, marker: Marker) {
    this.place = place;
    this.archive = archive;
    this.marker = marker;
    this.position = tail.position;
    this.outcomes = tail.segment?.outcomes ?? [];
    this.index = Math.max(0, tail.index);
    this.bytes = sizeOf(this.outcomes);
  }

  /**
   * Commits outcomes, and says what may begin next. What does not fit into one value goes in several writes, each of which
   * leaves the log valid: until the last, what was said to have begun stays said.
   */
  commit(write: Write, decided: readonly Outcome[], marker: Marker): Committed {
    let left = decided;
    this.spareBytes = 0;
    try {
      left = mergeVoid(this.offload(write, decided));
      for (const chunk of chunksOf(left)) {
        const isLast = chunk.length === left.length;
        this.append(write, chunk, isLast ? marker : this.marker);
        left = left.slice(chunk.length);
      }
      return {isWhole: true, left};
    } catch (thrown) {
      if (!isJobsError(thrown) || thrown.code !== 'STORE_FULL') throw thrown;
      return {isWhole: false, left};
    }
  }

  /** Commits what was committed elsewhere before, as it was. @throws AstJobsCapabilityError `STORE_FULL` */
  carry(write: Write, committed: readonly Outcome[]): void {
    for (const chunk of chunksOf(committed)) this.append(write, chunk, this.marker);
  }

  /**
   * Commits the cursor that the log says was saved last: a marker means nothing once the lease is given back. Until it is,
   * the step stays named: what it did beyond the cursor is in doubt should the owner be killed here.
   */
  commitSaved(write: Write, atMs: number): void {
    const {units, cursor} = this.marker;
    if (units === null || cursor === null) return;
    this.spareBytes = 0;
    this.append(write, [{kind: 'cursor', unit: units.first, atMs, durationMs: 0, cursor}], {units, cursor: null});
  }

  private append(write: Write, outcomes: readonly Outcome[], marker: Marker): void {
    const bytes = sizeOf(outcomes);
    const isFull = this.outcomes.length > 0 && outcomes.length > 0 && this.bytes + bytes > SEGMENT_BYTES;
    const index = isFull ? this.index + 1 : this.index;
    const kept = isFull ? outcomes : [...this.outcomes, ...outcomes];
    const key = segmentKey(this.place.address, this.place.part, this.place.log, index);
    write(key, encodeSegment({epoch: this.place.epoch, marker, outcomes: kept}), this.spareBytes);
    this.index = index;
    this.outcomes = kept;
    this.bytes = isFull ? bytes : this.bytes + bytes;
    this.position = outcomes.reduce(advance, this.position);
    this.marker = marker;
  }

  /** Puts large results where they do not fill the log; small ones are left as they are. */
  private offload(write: Write, outcomes: readonly Outcome[]): readonly Outcome[] {
    const {archive} = this;
    const runs = archive === null ? outcomes.map((outcome) => [outcome]) : runsOf(outcomes);
    return runs.flatMap((run) => {
      const done = run.filter((outcome) => outcome.kind === 'done');
      const bytes = done.reduce((sum, outcome) => sum + utf8Bytes(outcome.result) + 1, 1);
      const isLarge = archive !== null && bytes > ARCHIVE_BYTES && bytes <= archive.maxBytes;
      const archived = isLarge ? this.toArchive(archive, done, bytes) : null;
      return archived === null ? run.map((outcome) => this.toPieces(write, outcome)) : [archived];
    });
  }

  /**
   * `null` where the archive cannot be reached: the store takes what it can then, but for what the job needs to go on with
   * the archive when that is back.
   */
  private toArchive(archive: Archive, done: readonly Done[], bytes: number): Outcome | null {
    const [first] = done;
    const last = done[done.length - 1];
    const {address, part, log, epoch} = this.place;
    const text = archiveText(done);
    const locator =
      first === undefined ? null : writtenTo(archive, archiveName(address, {part, log, epoch, unit: first.unit}), text);
    if (first === undefined || last === undefined) return null;
    if (locator === null) {
      this.spareBytes = ARCHIVE_SPARE_BYTES;
      return null;
    }
    const sum = chainSum(EMPTY_SUM, text);
    const durationMs = Math.max(0, last.atMs - first.atMs + first.durationMs);
    const archived = {count: done.length, locator, bytes, sum};
    return {kind: 'archived', unit: first.unit, atMs: last.atMs, durationMs, archive: archived};
  }

  private toPieces(write: Write, outcome: Outcome): Outcome {
    if (outcome.kind !== 'done' || utf8Bytes(outcome.result) <= INLINE_RESULT_BYTES) return outcome;
    const {unit, atMs, durationMs, result} = outcome;
    const address = {part: this.place.part, log: this.place.log, epoch: this.place.epoch, unit};
    const pieces = splitByBytes(result, MAX_VALUE_BYTES);
    pieces.forEach((piece, index) => {
      write(resultKey(this.place.address, address, index), piece, this.spareBytes);
    });
    const large = {address, pieces: pieces.length, sum: chainSum(EMPTY_SUM, result)};
    return {kind: 'doneLarge', unit, atMs, durationMs, large};
  }
}

type Done = Extract<Outcome, {kind: 'done'}>;

function writtenTo(archive: Archive, name: string, text: string): string | null {
  try {
    return archive.write(name, text);
  } catch (thrown) {
    if (!isJobsError(thrown)) throw thrown;
    return null;
  }
}

/** Outcomes in parts that a segment can hold; nothing decided is one part that only says what may begin. */
function chunksOf(outcomes: readonly Outcome[]): readonly (readonly Outcome[])[] {
  const chunks: Outcome[][] = [[]];
  let bytes = 0;
  for (const outcome of outcomes) {
    const more = sizeOf([outcome]);
    if (bytes > 0 && bytes + more > SEGMENT_BYTES) {
      chunks.push([]);
      bytes = 0;
    }
    chunks[chunks.length - 1]?.push(outcome);
    bytes += more;
  }
  return chunks;
}

/** Neighbours that were committed together and returned nothing take the room of one. */
function mergeVoid(outcomes: readonly Outcome[]): readonly Outcome[] {
  const merged: Outcome[] = [];
  for (const outcome of outcomes) {
    const before = merged[merged.length - 1];
    const both = before === undefined ? null : voidOf(before, outcome);
    if (both === null) merged.push(outcome);
    else merged[merged.length - 1] = both;
  }
  return merged;
}

function voidOf(before: Outcome, outcome: Outcome): Outcome | null {
  if (outcome.kind !== 'done' || outcome.result !== 'null' || endOfOutcome(before) !== outcome.unit) return null;
  if (before.kind !== 'void' && (before.kind !== 'done' || before.result !== 'null')) return null;
  const count = before.kind === 'void' ? before.count + 1 : 2;
  return {
    ...{kind: 'void', unit: before.unit, count, atMs: outcome.atMs},
    durationMs: Math.max(0, before.durationMs + outcome.atMs - before.atMs),
  };
}

/** Bytes that a commit of some outcomes may add, keys and pieces included. */
export function bytesOfCommit(outcomes: readonly Outcome[]): number {
  return outcomes.reduce((sum, outcome) => sum + Math.ceil(utf8Bytes(outcomeText(outcome)) * KEY_SHARE) + 300, 0);
}

/** Keys of pieces beside their 8,000 bytes. */
const KEY_SHARE = 1.02;

function sizeOf(outcomes: readonly Outcome[]): number {
  return outcomes.reduce((sum, outcome) => sum + utf8Bytes(outcomeText(outcome)) + 1, 0);
}
