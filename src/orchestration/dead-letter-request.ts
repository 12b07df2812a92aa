/** What the calls about failed jobs are asked, checked. */
import {isObject, printValue} from '../core/json';
import {MAX_PURGED_LETTERS, MAX_REPLAYS} from '../core/limits';
import {given, integerIn, invalid, optionsObject, prefixOption, printableText, reading} from './request';

/** Which failed jobs to list. */
export interface FailedSelection {
  readonly name: string | null;
  readonly limit: number;
  readonly inDlq: 'any' | 'only' | 'exclude';
  readonly dlqState: 'queued' | 'replayed' | null;
  readonly withJob: boolean;
  readonly prefix: string | null;
}

const IN_DLQ = ['any', 'only', 'exclude'] as const;
const STATES = ['queued', 'replayed'] as const;

export function failedSelection(filters: unknown, options: unknown): FailedSelection {
  return reading('What listFailed is given', () => {
    const {inDlq, dlqState, includeJob, ...raw} = objectOf(filters, 'Failed-job filters');
    return {
      ...{name: nameOf(raw['name']), limit: limitOf(raw['limit'], 'limit', 1_000, 100), withJob: Boolean(includeJob)},
      inDlq: given(inDlq) ? choice(inDlq, 'inDlq filter', IN_DLQ) : 'any',
      dlqState: given(dlqState) ? choice(dlqState, 'dlqState filter', STATES) : null,
      prefix: prefixOf(optionsObject(options)),
    };
  });
}

/** Which dead letters to replay. */
export interface ReplaySelection {
  readonly name: string | null;
  readonly limit: number;
  readonly maxConcurrency: number;
  readonly key: string | null;
  readonly prefix: string | null;
}

const MAX_KEY_CHARS = 200;

export function replaySelection(request: unknown): ReplaySelection {
  return reading('The request of replayDlq', () => {
    const raw = objectOf(request, 'replayDlq request');
    const {idempotencyKey} = raw;
    return {
      name: nameOf(raw['name']),
      limit: limitOf(raw['limit'], 'limit', 500, 20),
      maxConcurrency: limitOf(raw['maxConcurrency'], 'maxConcurrency', MAX_REPLAYS, 10),
      key: given(idempotencyKey) ? printableText(idempotencyKey, 'idempotencyKey', MAX_KEY_CHARS) : null,
      prefix: prefixOf(raw),
    };
  });
}

/** Which dead letters to put away. */
export interface PurgeSelection {
  readonly name: string | null;
  readonly state: 'queued' | 'replayed' | 'all';
  readonly limit: number;
  readonly prefix: string | null;
}

export function purgeSelection(request: unknown): PurgeSelection {
  return reading('The request of purgeDlq', () => {
    const raw = objectOf(request, 'purgeDlq request');
    const {state} = raw;
    return {
      name: nameOf(raw['name']),
      state: given(state) ? choice(state, 'purgeDlq state filter', [...STATES, 'all']) : 'replayed',
      limit: limitOf(raw['limit'], 'limit', MAX_PURGED_LETTERS, 200),
      prefix: prefixOf(raw),
    };
  });
}

function objectOf(raw: unknown, what: string): Readonly<Record<string, unknown>> {
  if (raw === undefined || raw === null) return {};
  if (isObject(raw)) return raw;
  throw invalid(`${what} must be an object, got ${printValue(raw)}.`);
}

function nameOf(raw: unknown): string | null {
  if (!given(raw)) return null;
  if (typeof raw !== 'string') throw invalid(`The name filter must be text, got ${printValue(raw)}.`);
  return raw.trim() === '' ? null : raw.trim();
}

function limitOf(raw: unknown, what: string, max: number, fallback: number): number {
  return given(raw) ? integerIn(raw, what, 1, max) : fallback;
}

function prefixOf({propertyPrefix}: Readonly<Record<string, unknown>>): string | null {
  return given(propertyPrefix) ? prefixOption(propertyPrefix) : null;
}

function choice<Value extends string>(raw: unknown, what: string, values: readonly Value[]): Value {
  const value = values.find((candidate) => candidate === raw);
  if (value !== undefined) return value;
  throw invalid(`Invalid ${what}: expected one of ${values.join(', ')}, got ${printValue(raw)}.`);
}
