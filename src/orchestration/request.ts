/**
 * What all requests have in common: checks of names, ids, handlers, payloads and options, each with what was expected,
 * what came, and the way out. Pure; whether the host has a handler is asked through {@link HandlerNames}.
 */
import {describeThrown, isJobsError, jobsError, type JobsError, type JobsErrorDetails} from '../errors';
import {isPrefix} from '../core/keys';
import {isObject, printValue, toJsonText} from '../core/json';
import {MAX_BUDGET_MS, MAX_NAME_CHARS, MAX_RETRY_DELAY_MS, MAX_STEP_ID_CHARS} from '../core/limits';
import {DEFAULT_MAX_CRASHES} from '../core/plan-codec';
import {DEFAULT_RETRY, type ResolvedRetry} from '../core/retry';
import type {JobOptions, OrchestrationMode} from '../types';
import {refuseForeign} from './fields';

/** Checks a handler against the host and gives its name; throws `HANDLER_NOT_FOUND`. */
export interface HandlerNames {
  nameOf(handler: unknown, where: string): string;
}

/** An error about a request. */
export function invalid(message: string, details: JobsErrorDetails = {}): JobsError {
  return jobsError('INVALID_REQUEST', message, details);
}

/** Reads what a caller passed: a getter or a proxy that throws is refused as any other value is. */
export function reading<Value>(what: string, read: () => Value): Value {
  try {
    return read();
  } catch (thrown) {
    if (isJobsError(thrown)) throw thrown;
    throw invalid(`${what} must be plain data, and cannot be read: ${describeThrown(thrown, 'a getter').message}`);
  }
}

/** Whether a field says anything: `null` is nothing. */
export function given(raw: unknown): boolean {
  return raw !== undefined && raw !== null;
}

/** The request as an object. */
export function requestObject(request: unknown, method: string): Readonly<Record<string, unknown>> {
  if (isObject(request)) return request;
  throw invalid(`${method} expects a request object, got ${printValue(request)}.`);
}

/** Fields that later versions will know: a job that asks for them must not run as if it had not. */
const LATER_FIELDS: readonly string[] = ['when', 'runIf', 'compensate', 'onFailure'];

/** Refuses what this version would silently leave undone. */
export function refuseLaterFields(raw: Readonly<Record<string, unknown>>, what: string): void {
  const field = LATER_FIELDS.find((name) => raw[name] !== undefined);
  if (field !== undefined)
    throw jobsError('NOT_SUPPORTED', `${what} has the field ${printValue(field)}, which this version does not offer.`, {
      field,
    });
}

/** The name of a job. */
export function jobName(raw: unknown): string {
  const name = typeof raw === 'string' ? raw.trim() : '';
  if (name === '' || name.length > MAX_NAME_CHARS)
    throw invalid(`A job requires a non-empty name of at most ${MAX_NAME_CHARS} characters, got ${printValue(raw)}.`);
  if (CONTROL_OR_SURROGATE.test(name))
    throw invalid(`A job requires a name without control characters and lone surrogates, got ${printValue(name)}.`);
  return name;
}

const CONTROL_OR_SURROGATE =
  /[\u0000-\u001f\u007f-\u009f]|[\ud800-\udbff](?![\udc00-\udfff])|(?:^|[^\ud800-\udbff])[\udc00-\udfff]/;
const POISONOUS_IDS: readonly string[] = ['__proto__', 'constructor', 'prototype'];

/** Text for people and for filters, without what a line cannot show. */
export function printableText(raw: unknown, what: string, maxChars: number): string {
  const text = typeof raw === 'string' ? raw.trim() : '';
  if (text !== '' && text.length <= maxChars && !CONTROL_OR_SURROGATE.test(text)) return text;
  throw invalid(
    `${what} must be a non-empty text of at most ${maxChars} characters without control characters, got ${printValue(raw)}.`,
  );
}

/** The id of a step, or the prefix of the ids of a map step. */
export function stepId(raw: unknown, what: string, noun = 'id'): string {
  const id = typeof raw === 'string' ? raw.trim() : '';
  if (id === '') throw invalid(`${what} requires a non-empty string ${noun}, got ${printValue(raw)}.`);
  if (id.length > MAX_STEP_ID_CHARS)
    throw invalid(
      `${what} requires ${article(noun)} of at most ${MAX_STEP_ID_CHARS} characters, got one of ${id.length}.`,
    );
  if (CONTROL_OR_SURROGATE.test(id))
    throw invalid(
      `${what} requires ${article(noun)} without control characters and lone surrogates, got ${printValue(id)}.`,
    );
  if (POISONOUS_IDS.includes(id))
    throw invalid(`${what} cannot have the ${noun} ${printValue(id)}, which every object has already: choose another.`);
  return id;
}

function article(noun: string): string {
  return noun === 'id' ? 'an id' : `a ${noun}`;
}

/** A payload as JSON-able value, a copy that nobody else holds. */
export function payload(raw: unknown, what: string): unknown {
  if (raw === undefined || raw === null) return null;
  const json = toJsonText(raw);
  if (!json.ok)
    throw invalid(
      `${what} must be JSON serializable, and has ${json.problem}. Pass plain data, or a reference to where it lies.`,
    );
  return JSON.parse(json.text) as unknown;
}

/** As {@link payload}, for something that may be absent. */
export function optionalPayload(raw: unknown, what: string): unknown {
  return raw === undefined || raw === null ? undefined : payload(raw, what);
}

/** The mode of an orchestration helper. */
export function orchestrationMode(raw: unknown, fallback: OrchestrationMode): OrchestrationMode {
  if (raw === undefined || raw === null || raw === '') return fallback;
  const mode = typeof raw === 'string' ? raw.trim().toLowerCase() : raw;
  if (mode === 'run' || mode === 'enqueue') return mode;
  throw invalid(`Invalid orchestration mode: expected 'run' or 'enqueue', got ${printValue(raw)}.`);
}

/** An integer in a range. */
export function integerIn(raw: unknown, what: string, min: number, max: number): number {
  if (typeof raw === 'number' && Number.isInteger(raw) && raw >= min && raw <= max) return raw;
  throw jobsError('INVALID_OPTION', `${what} must be an integer from ${min} to ${max}, got ${printValue(raw)}.`);
}

/** What holds for the attempts of a step. */
export interface AttemptLimits {
  readonly retry: ResolvedRetry;
  readonly maxCrashes: number;
  readonly timeoutMs: number | null;
}

/** Limits of a step over those of its job. A job's `timeoutMs` is another thing: it is for the whole of it. */
export function attemptLimits(
  raw: {readonly retry?: unknown; readonly maxCrashes?: unknown; readonly timeoutMs?: unknown},
  base: AttemptLimits,
  what: string,
): AttemptLimits {
  const maxCrashes =
    raw.maxCrashes === undefined ? base.maxCrashes : integerIn(raw.maxCrashes, `maxCrashes of ${what}`, 1, 20);
  const timeoutMs =
    raw.timeoutMs === undefined || raw.timeoutMs === null
      ? base.timeoutMs
      : integerIn(raw.timeoutMs, `timeoutMs of ${what}`, 1, MAX_BUDGET_MS);
  return {retry: retryPolicy(raw.retry, base.retry, what), maxCrashes, timeoutMs};
}

const RETRY_RANGES: Readonly<Record<keyof ResolvedRetry, readonly [min: number, max: number]>> = {
  maxRetries: [0, 20],
  delayMs: [0, MAX_RETRY_DELAY_MS],
  factor: [1, 100],
  maxDelayMs: [0, MAX_RETRY_DELAY_MS],
  jitter: [0, 1],
};

const RETRY_FIELDS: readonly string[] = Object.keys(RETRY_RANGES);

function retryPolicy(raw: unknown, base: ResolvedRetry, what: string): ResolvedRetry {
  if (raw === undefined || raw === null) return base;
  if (!isObject(raw)) throw jobsError('INVALID_OPTION', `retry of ${what} must be an object, got ${printValue(raw)}.`);
  const policy: Record<keyof ResolvedRetry, number> = {...base};
  for (const key of Object.keys(raw)) {
    if (!RETRY_FIELDS.includes(key)) {
      const known = RETRY_FIELDS.join(', ');
      throw jobsError('INVALID_OPTION', `retry of ${what} has the unknown field ${printValue(key)}; known: ${known}.`);
    }
    const field = key as keyof ResolvedRetry;
    const [min, max] = RETRY_RANGES[field];
    const value = raw[key];
    if (value === undefined) continue;
    if (typeof value !== 'number' || !(value >= min && value <= max))
      throw jobsError(
        'INVALID_OPTION',
        `retry.${field} of ${what} must be a number from ${min} to ${max}, got ${printValue(value)}.`,
      );
    policy[field] = field === 'maxRetries' ? integerIn(value, `retry.maxRetries of ${what}`, min, max) : value;
  }
  return policy;
}

/** The limits that a job starts from. */
export function baseLimits(maxRetries: number): AttemptLimits {
  return {retry: {...DEFAULT_RETRY, maxRetries}, maxCrashes: DEFAULT_MAX_CRASHES, timeoutMs: null};
}

/** The options of a call, each checked; what is absent stays absent. */
export function jobOptions(raw: unknown): JobOptions {
  if (raw === undefined || raw === null) return {};
  if (!isObject(raw)) throw jobsError('INVALID_OPTION', `Job options must be an object, got ${printValue(raw)}.`);
  refuseForeign(raw, 'options', 'The options object of the job');
  const {maxRetries, maxRuntimeMs, leaseTtlMs, checkpointStore, autoResume, propertyPrefix} = raw;
  return {
    ...(given(maxRetries) ? {maxRetries: numberOption(maxRetries, 'maxRetries')} : {}),
    ...(given(maxRuntimeMs) ? {maxRuntimeMs: numberOption(maxRuntimeMs, 'maxRuntimeMs')} : {}),
    ...(given(leaseTtlMs) ? {leaseTtlMs: numberOption(leaseTtlMs, 'leaseTtlMs')} : {}),
    ...(given(checkpointStore) ? {checkpointStore: storeOption(checkpointStore)} : {}),
    ...(given(autoResume) ? {autoResume: booleanOption(autoResume, 'autoResume')} : {}),
    ...(given(propertyPrefix) ? {propertyPrefix: prefixOption(propertyPrefix)} : {}),
  };
}

type NumberOption = 'maxRetries' | 'maxRuntimeMs' | 'leaseTtlMs';

const NUMBER_OPTIONS: Readonly<Record<NumberOption, readonly [min: number, max: number]>> = {
  maxRetries: [0, 20],
  maxRuntimeMs: [1_000, 600_000],
  leaseTtlMs: [1_000, 3_600_000],
};

/** A number option; `maxRuntimeMs` is cut at its maximum, as users of the API are used to. */
export function numberOption(raw: unknown, name: NumberOption, what = `options.${name}`): number {
  const [min, max] = NUMBER_OPTIONS[name];
  if (name === 'maxRuntimeMs' && typeof raw === 'number' && raw > max) return max;
  return integerIn(raw, what, min, max);
}

/** The one store that there is. */
export function storeOption(raw: unknown, what = 'options.checkpointStore'): 'properties' {
  if (typeof raw === 'string' && raw.trim().toLowerCase() === 'properties') return 'properties';
  if (typeof raw !== 'string')
    throw jobsError('INVALID_OPTION', `${what} must be 'properties', got ${printValue(raw)}.`);
  throw jobsError(
    'NOT_SUPPORTED',
    `Only checkpointStore 'properties' is supported, got ${printValue(raw)} in ${what}.`,
  );
}

/** A yes or no. */
export function booleanOption(raw: unknown, name: string, what = `options.${name}`): boolean {
  if (typeof raw === 'boolean') return raw;
  throw jobsError('INVALID_OPTION', `${what} must be true or false, got ${printValue(raw)}.`);
}

/** The options of a call; no options are none. */
export function optionsObject(raw: unknown): Readonly<Record<string, unknown>> {
  if (raw === undefined || raw === null) return {};
  if (isObject(raw)) return raw;
  throw invalid(`Options must be an object, got ${printValue(raw)}.`);
}

/** A property prefix. */
export function prefixOption(raw: unknown, what = 'propertyPrefix'): string {
  const prefix = typeof raw === 'string' ? raw.trim() : '';
  if (isPrefix(prefix)) return prefix;
  throw jobsError(
    'INVALID_OPTION',
    `${what} must have 1 to 100 letters, digits or _ . : - only, got ${printValue(raw)}.`,
  );
}
