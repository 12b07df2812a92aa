/**
 * Commits: one `setProperty` of the log's tail segment. The only writes that happen without the lock.
 *
 * G1 a commit is all of its outcomes or none. G2 large results are written before the record that names them, under
 * keys of this epoch, so that no other owner's can be mixed up with them. G3 the tail is closed before it grows beyond
 * 4 KB, so that no commit rewrites more.
 */
import {chainSum, EMPTY_SUM, splitByBytes, utf8Bytes} from '../core/bytes';
import {resultKey, segmentKey, type JobAddress} from '../core/keys';
import {INLINE_RESULT_BYTES, MAX_VALUE_BYTES, SEGMENT_BYTES} from '../core/limits';
import {advance, outcomeText, type LogPosition, type Outcome} from '../core/outcome';
import {encodeSegment} from '../core/segment';
import type {Tail} from '../core/stored-job';

/** Writes one key. */
export type Write = (key: string, value: string) => void;

/** Where a log goes on. */
export interface LogPlace {
  readonly address: JobAddress;
  readonly part: number;
  readonly log: number;
  readonly epoch: number;
}

export class LogWriter {
  position: LogPosition;
  private outcomes: readonly Outcome[];
  private index: number;
  private bytes: number;

  private readonly place: LogPlace;

  constructor(place: LogPlace, tail: Tail) {
    this.place = place;
    this.position = tail.position;
    this.outcomes = tail.segment?.outcomes ?? [];
    this.index = Math.max(0, tail.index);
    this.bytes = sizeOf(this.outcomes);
  }

  /** Commits outcomes, and says which unit may begin next. Nothing has changed here when the write throws. */
  commit(write: Write, outcomes: readonly Outcome[], marker: number): void {
    const bytes = sizeOf(outcomes);
    const isFull = this.outcomes.length > 0 && outcomes.length > 0 && this.bytes + bytes > SEGMENT_BYTES;
    const index = isFull ? this.index + 1 : this.index;
    const kept = isFull ? outcomes : [...this.outcomes, ...outcomes];
    const key = segmentKey(this.place.address, this.place.part, this.place.log, index);
    write(key, encodeSegment({epoch: this.place.epoch, marker, outcomes: kept}));
    this.index = index;
    this.outcomes = kept;
    this.bytes = isFull ? bytes : this.bytes + bytes;
    this.position = outcomes.reduce(advance, this.position);
  }

  /** Puts a large result into keys of its own; a small one is left as it is. */
  offload(write: Write, outcome: Outcome): Outcome {
    if (outcome.kind !== 'done' || utf8Bytes(outcome.result) <= INLINE_RESULT_BYTES) return outcome;
    const {unit, atMs, durationMs, result} = outcome;
    const address = {part: this.place.part, log: this.place.log, epoch: this.place.epoch, unit};
    const pieces = splitByBytes(result, MAX_VALUE_BYTES);
    pieces.forEach((piece, index) => {
      write(resultKey(this.place.address, address, index), piece);
    });
    const large = {address, pieces: pieces.length, sum: chainSum(EMPTY_SUM, result)};
    return {kind: 'doneLarge', unit, atMs, durationMs, large};
  }
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
