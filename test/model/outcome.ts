/** What a call gave. */
import type {JobRecord} from '../../src/types';
import {differ} from './difference';

/** A value, or an error with its code. */
export interface Outcome {
  readonly value?: unknown;
  readonly error?: {readonly name: string; readonly code: string; readonly message: string};
}

/** The code of an error, `null` where there was none. */
export function codeOf(outcome: Outcome): string | null {
  return outcome.error === undefined ? null : outcome.error.code;
}

export function recordIn(what: string, outcome: Outcome): JobRecord {
  const {value} = outcome;
  if (typeof value === 'object' && value !== null && 'id' in value) return value as JobRecord;
  return differ(what, 'a record', outcome);
}
