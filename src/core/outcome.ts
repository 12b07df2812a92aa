/**
 * What became of one attempt: the entry of a log. A log is a sequence of outcomes; everything that is known of a job's
 * progress is the fold of its outcomes.
 */
import type {StoredError} from '../types';
import {chainSum, type Checksum} from './bytes';
import {isCount, isDuration, isInstant, isObject} from './json';
import type {ResultAddress} from './keys';
import {MAX_PAGED_ITEMS, MAX_RESULT_PIECES} from './limits';
import {rangesOf, type UnitRange} from './units';

interface OutcomeBase {
  readonly unit: number;
  readonly atMs: number;
}

/** Where a large result lies, and how to know that it is whole. */
export interface LargeResult {
  readonly address: ResultAddress;
  readonly pieces: number;
  readonly sum: Checksum;
}

export type Outcome =
  /** The handler returned; `result` is JSON text. */
  | (OutcomeBase & {readonly kind: 'done'; readonly durationMs: number; readonly result: string})
  /** The handler returned something that lies in keys of its own. */
  | (OutcomeBase & {readonly kind: 'doneLarge'; readonly durationMs: number; readonly large: LargeResult})
  /** The attempt failed; `retryAtMs` is `null` when it was the last. */
  | (OutcomeBase & {
      readonly kind: 'failed';
      readonly durationMs: number;
      readonly error: StoredError;
      readonly retryAtMs: number | null;
    })
  /** The unit killed its execution too often and is given up. */
  | (OutcomeBase & {readonly kind: 'killed'; readonly crashes: number})
  /** The step stopped at a point from which its next attempt goes on; it settles nothing. */
  | (OutcomeBase & {readonly kind: 'cursor'; readonly durationMs: number; readonly cursor: StoredCursor})
  /** Consecutive units that all returned nothing; times are those of the whole, from the first to the last. */
  | (OutcomeBase & {readonly kind: 'void'; readonly durationMs: number; readonly count: number})
  /** Consecutive units whose results lie together in the archive; times are those of the whole. */
  | (OutcomeBase & {readonly kind: 'archived'; readonly durationMs: number; readonly archive: ArchivedResults})
  /** A source has fetched a page. It is done with its last page. */
  | (OutcomeBase & {readonly kind: 'page'; readonly durationMs: number; readonly page: Page});

/** A text in the archive, and how to know that it is whole. */
export interface ArchivedResults {
  readonly count: number;
  readonly locator: string;
  readonly bytes: number;
  readonly sum: Checksum;
}

/** What is kept of a page of items. */
export interface Page {
  /** From 0. */
  readonly number: number;
  /** Index of its first item. */
  readonly first: number;
  readonly count: number;
  /** JSON text of the token of the next page; `null`: this is the last. */
  readonly next: string | null;
}

/** Where a step has come to. */
export interface StoredCursor {
  /** Grows with each that is saved for its unit: the highest counts, in whichever log it stands. */
  readonly version: number;
  /** JSON text. */
  readonly text: string;
}

/** The first unit behind those that an outcome is about. */
export function endOfOutcome(outcome: Outcome): number {
  if (outcome.kind === 'archived') return outcome.unit + outcome.archive.count;
  return outcome.unit + (outcome.kind === 'void' ? outcome.count : 1);
}

/** The units that outcomes are about, in order. */
export function unitsOfOutcomes(outcomes: readonly Outcome[]): readonly UnitRange[] {
  const units = new Set<number>();
  for (const outcome of outcomes) for (let unit = outcome.unit; unit < endOfOutcome(outcome); unit++) units.add(unit);
  return rangesOf([...units].sort((one, other) => one - other));
}

/** The tuple that stands for an outcome in stored text, its result spliced in as it is. */
export function outcomeText(outcome: Outcome): string {
  const {unit, atMs} = outcome;
  switch (outcome.kind) {
    case 'done':
      return `[0,${unit},${atMs},${outcome.durationMs},${outcome.result}]`;
    case 'doneLarge': {
      const {address, pieces, sum} = outcome.large;
      const where = [address.part, address.log, address.epoch, pieces, sum];
      return JSON.stringify([2, unit, atMs, outcome.durationMs, where]);
    }
    case 'failed':
      return JSON.stringify([3, unit, atMs, outcome.durationMs, outcome.retryAtMs, outcome.error]);
    case 'killed':
      return JSON.stringify([4, unit, atMs, outcome.crashes]);
    case 'cursor':
      return `[5,${unit},${atMs},${outcome.durationMs},${outcome.cursor.version},${outcome.cursor.text}]`;
    case 'void':
      return JSON.stringify([6, unit, atMs, outcome.durationMs, outcome.count]);
    case 'page': {
      const {number, first, count, next} = outcome.page;
      return JSON.stringify([7, unit, atMs, outcome.durationMs, [number, first, count, next]]);
    }
    case 'archived': {
      const {count, locator, bytes, sum} = outcome.archive;
      return JSON.stringify([8, unit, atMs, outcome.durationMs, [count, locator, bytes, sum]]);
    }
  }
}

/** The outcome in a parsed tuple; `null` for anything else. */
export function outcomeOfTuple(raw: unknown): Outcome | null {
  if (!Array.isArray(raw)) return null;
  const [kind, unit, atMs, fourth, fifth, sixth] = raw as readonly unknown[];
  if (!isCount(unit) || !isInstant(atMs) || !isDuration(fourth)) return null;
  switch (kind) {
    case 0:
      return fifth === undefined ? null : {kind: 'done', unit, atMs, durationMs: fourth, result: JSON.stringify(fifth)};
    case 2: {
      const large = largeOfTuple(fifth, unit);
      return large === null ? null : {kind: 'doneLarge', unit, atMs, durationMs: fourth, large};
    }
    case 3:
      if ((fifth !== null && !isInstant(fifth)) || !isStoredError(sixth)) return null;
      return {kind: 'failed', unit, atMs, durationMs: fourth, retryAtMs: fifth, error: sixth};
    case 4:
      return {kind: 'killed', unit, atMs, crashes: fourth};
    case 5: {
      if (!isCount(fifth) || sixth === undefined) return null;
      return {kind: 'cursor', unit, atMs, durationMs: fourth, cursor: {version: fifth, text: JSON.stringify(sixth)}};
    }
    case 6:
      return isCount(fifth) && fifth > 0 ? {kind: 'void', unit, atMs, durationMs: fourth, count: fifth} : null;
    case 7: {
      const page = pageOfTuple(fifth);
      return page === null ? null : {kind: 'page', unit, atMs, durationMs: fourth, page};
    }
    case 8: {
      const archive = archiveOfTuple(fifth);
      return archive === null ? null : {kind: 'archived', unit, atMs, durationMs: fourth, archive};
    }
    default:
      return null;
  }
}

function archiveOfTuple(raw: unknown): ArchivedResults | null {
  if (!Array.isArray(raw)) return null;
  const [count, locator, bytes, sum] = raw as readonly unknown[];
  if (!isCount(count) || count === 0 || !isCount(bytes)) return null;
  return typeof locator === 'string' && typeof sum === 'string' ? {count, locator, bytes, sum} : null;
}

function pageOfTuple(raw: unknown): Page | null {
  if (!Array.isArray(raw)) return null;
  const [number, first, count, next] = raw as readonly unknown[];
  if (!isCount(number) || !isCount(first) || !isCount(count) || first + count > MAX_PAGED_ITEMS) return null;
  return next === null || typeof next === 'string' ? {number, first, count, next} : null;
}

function largeOfTuple(raw: unknown, unit: number): LargeResult | null {
  if (!Array.isArray(raw)) return null;
  const [part, log, epoch, pieces, sum] = raw as readonly unknown[];
  if (!isCount(part) || !isCount(log) || !isCount(epoch) || typeof sum !== 'string') return null;
  // Each is looked for by name: a number that was damaged must not send anybody through billions of them.
  if (!isCount(pieces) || pieces === 0 || pieces > MAX_RESULT_PIECES) return null;
  return {address: {part, log, epoch, unit}, pieces, sum};
}

/** Whether a stored value is an error as outcomes carry it. */
export function isStoredError(raw: unknown): raw is StoredError {
  if (!isObject(raw)) return false;
  const {name, message, code, details} = raw;
  const hasCode = code === undefined || typeof code === 'string';
  return typeof name === 'string' && typeof message === 'string' && hasCode && details !== undefined;
}

/** How far a log goes: so many outcomes, with this fingerprint. Any prefix of a log can be checked against one. */
export interface LogPosition {
  readonly count: number;
  readonly sum: Checksum;
}

/** The position one outcome further. */
export function advance(position: LogPosition, outcome: Outcome): LogPosition {
  return {count: position.count + 1, sum: chainSum(position.sum, outcomeText(outcome))};
}
