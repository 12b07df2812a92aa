/**
 * One attempt: calls a handler and says what became of it. The only place where something that a handler threw or
 * returned is looked at.
 */
import {mayRetry, retryDelayMs} from '../core/retry';
import {parseJson, toJsonText} from '../core/json';
import {utf8Bytes} from '../core/bytes';
import type {Outcome} from '../core/outcome';
import type {PlanNode} from '../core/plan';
import type {JobsErrorCode} from '../errors';
import {describeThrown, isJobsError} from '../errors';
import type {Json, StepContext, StoredError} from '../types';
import type {Clock, Random} from './ports';

/** What an attempt needs. */
export interface Attempt {
  readonly unit: number;
  readonly node: PlanNode;
  readonly handler: (context: unknown) => unknown;
  readonly context: StepContext;
  /** Failed attempts before this one. */
  readonly failedBefore: number;
  /** Results beyond this can never be stored. */
  readonly maxResultBytes: number;
}

/** Calls the handler. */
export function attemptStep(attempt: Attempt, clock: Clock, random: Random): Outcome {
  const startedAtMs = clock.nowMs();
  let returned: unknown;
  try {
    const {handler} = attempt; // Called on its own, `this` is what it is anywhere in the host's script.
    returned = handler(attempt.context);
  } catch (thrown) {
    return failure(attempt, clock, startedAtMs, thrownError(thrown), random);
  }
  const verdict = judge(attempt, returned);
  if (verdict.kind === 'error')
    return failure(attempt, clock, startedAtMs, verdict.error, verdict.mayRetry ? random : null);
  const atMs = clock.nowMs();
  return {kind: 'done', unit: attempt.unit, atMs, durationMs: Math.max(0, atMs - startedAtMs), result: verdict.text};
}

type Verdict =
  | {readonly kind: 'text'; readonly text: string}
  | {readonly kind: 'error'; readonly error: StoredError; readonly mayRetry: boolean};

function judge(attempt: Attempt, returned: unknown): Verdict {
  if (isThenable(returned)) {
    const message =
      'Async step handlers are not supported: the handler returned a promise, which Apps Script would not wait for. ' +
      'Its effects are in doubt. Make the handler synchronous.';
    return {kind: 'error', error: ownError('ASYNC_HANDLER', message, {}), mayRetry: false};
  }
  const json = toJsonText(returned);
  if (!json.ok) {
    const message = `Step handler output must be JSON serializable, and has ${json.problem}.`;
    return {kind: 'error', error: ownError('RESULT_NOT_JSON', message, {}), mayRetry: true};
  }
  const bytes = utf8Bytes(json.text);
  if (bytes <= attempt.maxResultBytes) return {kind: 'text', text: json.text};
  const message =
    `The result has ${bytes} bytes, and at most ${attempt.maxResultBytes} can be stored for this job. Return a ` +
    'reference to where the data lies.';
  const details = {resultBytes: bytes, limitBytes: attempt.maxResultBytes};
  return {kind: 'error', error: ownError('RESULT_TOO_LARGE', message, details), mayRetry: false};
}

function isThenable(value: unknown): boolean {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false;
  try {
    return typeof (value as {then?: unknown}).then === 'function';
  } catch {
    return false; // A getter that throws is no promise; JSON will say what it is.
  }
}

function ownError(code: JobsErrorCode, message: string, details: Json): StoredError {
  return {name: 'AstJobsStepExecutionError', code, message, details};
}

const MAX_DETAILS_BYTES = 500;

function thrownError(thrown: unknown): StoredError {
  const {name, message} = describeThrown(thrown);
  return {name, message, ...(isJobsError(thrown) ? {code: thrown.code} : {}), details: detailsOf(thrown)};
}

/** What an error says beyond its message, when it is small and plain. */
function detailsOf(thrown: unknown): Json {
  if (typeof thrown !== 'object' || thrown === null) return {};
  try {
    const {details} = thrown as {details?: unknown};
    const json = details === undefined ? null : toJsonText(details);
    if (json === null || !json.ok || utf8Bytes(json.text) > MAX_DETAILS_BYTES) return {};
    const parsed = parseJson(json.text);
    return typeof parsed === 'object' && parsed !== null ? (parsed as Json) : {};
  } catch {
    return {}; // A getter that throws has nothing to tell.
  }
}

/** A failed attempt; without `random` it was the last, whatever the policy says. */
function failure(
  attempt: Attempt,
  clock: Clock,
  startedAtMs: number,
  error: StoredError,
  random: Random | null,
): Outcome {
  const atMs = clock.nowMs();
  const failed = attempt.failedBefore + 1;
  const {retry} = attempt.node;
  const retryAtMs =
    random !== null && mayRetry(retry, failed) ? atMs + retryDelayMs(retry, failed, random.next()) : null;
  return {kind: 'failed', unit: attempt.unit, atMs, durationMs: Math.max(0, atMs - startedAtMs), error, retryAtMs};
}
