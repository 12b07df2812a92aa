/**
 * What became of one attempt: the entry of a log. A log is a sequence of outcomes; everything that is known of a job's
 * progress is the fold of its outcomes.
 */
import type {StoredError} from '../types';
import {chainSum, type Checksum} from './bytes';
import {isCount, isDuration, isInstant, isObject} from './json';
import type {ResultAddress} from './keys';
import {MAX_RESULT_PIECES} from './limits';

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
  | (OutcomeBase & {readonly kind: 'killed'; readonly crashes: number});

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
    default:
      return null;
  }
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
