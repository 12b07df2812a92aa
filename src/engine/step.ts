/**
 * One attempt: calls a handler and says what became of it. The only place where something that a handler threw or
 * returned is looked at.
 */
import {mayRetry, retryDelayMs} from '../core/retry';
import {isDuration, parseJson, toJsonText} from '../core/json';
import {MAX_RETRY_DELAY_MS} from '../core/limits';
import {utf8Bytes} from '../core/bytes';
import type {Mask} from '../core/mask';
import type {Outcome} from '../core/outcome';
import type {PlanNode} from '../core/plan';
import type {JobsErrorCode} from '../errors';
import {clip, describeThrown, isJobsError} from '../errors';
import type {Json, StepContext, StoredError} from '../types';
import type {Clock, Random} from './ports';
import type {StepControl} from './step-control';

/** What an attempt needs. */
export interface Attempt {
  readonly unit: number;
  readonly node: PlanNode;
  readonly handler: (context: unknown) => unknown;
  /** Makes what the handler is given: an item may have to be fetched for it, by another handler. */
  context(): StepContext;
  readonly control: StepControl;
  /** Failed attempts before this one. */
  readonly failedBefore: number;
  /** Results beyond this can never be stored. */
  readonly maxResultBytes: number;
  /** Hides the secrets that the handler was given in whatever is stored of the attempt. */
  readonly mask: Mask;
}

/** Calls the handler; `null` when the step was stopped and goes on later, whatever the handler made of that. */
export function attemptStep(attempt: Attempt, clock: Clock, random: Random): Outcome | null {
  const startedAtMs = clock.nowMs();
  let calledAtMs = startedAtMs;
  let returned: unknown;
  try {
    const {handler} = attempt; // Called on its own, `this` is what it is anywhere in the host's script.
    const context = attempt.context();
    // A page may have been fetched for it, which is no time of this step.
    if (attempt.node.timeoutMs !== null) calledAtMs = clock.nowMs();
    returned = handler(context);
  } catch (thrown) {
    if (attempt.control.stopped !== null) return null;
    const error = thrownError(thrown);
    // What the handler says about its own retries holds, however long it took to say so.
    const late = saysWhatNext(thrown) ? null : timeoutError(attempt, clock.nowMs() - calledAtMs, error);
    return failure(attempt, clock, startedAtMs, late ?? error, isFatal(thrown) ? null : random, delayOf(thrown));
  }
  if (attempt.control.stopped !== null) return null;
  const verdict = judge(attempt, returned);
  if (verdict.kind === 'error')
    return failure(attempt, clock, startedAtMs, verdict.error, verdict.mayRetry ? random : null);
  const atMs = clock.nowMs();
  const late = timeoutError(attempt, atMs - calledAtMs, null);
  if (late !== null) return failure(attempt, clock, startedAtMs, late, random);
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
    const problem = attempt.mask.text(json.problem);
    const message = `Step handler output must be JSON serializable, and has ${problem}.`;
    return {kind: 'error', error: ownError('RESULT_NOT_JSON', message, {}), mayRetry: true};
  }
  const text = attempt.mask.json(json.text);
  const bytes = utf8Bytes(text);
  if (bytes <= attempt.maxResultBytes) return {kind: 'text', text};
  const limitBytes = Math.max(0, attempt.maxResultBytes);
  const message =
    `The result has ${bytes} bytes, and at most ${limitBytes} can be stored beside what this job has stored so far. ` +
    'Return a reference to where the data lies, or nothing, or split the work over several jobs.';
  const details = {resultBytes: bytes, limitBytes};
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
const MAX_MESSAGE_CHARS = 500;

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

/** An attempt that took longer than its step may; `null` for any other. */
function timeoutError({node}: Attempt, durationMs: number, thrown: StoredError | null): StoredError | null {
  const {timeoutMs} = node;
  if (timeoutMs === null || durationMs <= timeoutMs) return null;
  const what = thrown === null ? 'What it returned was not kept.' : `It threw ${thrown.name}: ${thrown.message}`;
  const message = `The attempt took ${durationMs} ms, and its timeoutMs is ${timeoutMs}. ${what}`;
  return ownError('STEP_TIMEOUT', clip(message, MAX_MESSAGE_CHARS), {durationMs, timeoutMs});
}

function saysWhatNext(thrown: unknown): boolean {
  return isFatal(thrown) || delayOf(thrown) !== null;
}

/** What `AST.Jobs.fatal` made is not tried again. */
function isFatal(thrown: unknown): boolean {
  return isJobsError(thrown) && thrown.code === 'STEP_FATAL';
}

/** What `AST.Jobs.retryAfter` made says when. */
function delayOf(thrown: unknown): number | null {
  if (!isJobsError(thrown) || thrown.code !== 'STEP_RETRY') return null;
  const {delayMs} = thrown.details;
  return isDuration(delayMs) ? Math.min(delayMs, MAX_RETRY_DELAY_MS) : null;
}

/** A failed attempt; without `random` it was the last, whatever the policy says. */
function failure(
  attempt: Attempt,
  clock: Clock,
  startedAtMs: number,
  error: StoredError,
  random: Random | null,
  delayMs: number | null = null,
): Outcome {
  const atMs = clock.nowMs();
  const failed = attempt.failedBefore + 1;
  const {retry} = attempt.node;
  const retryAtMs =
    random !== null && mayRetry(retry, failed) ? atMs + (delayMs ?? retryDelayMs(retry, failed, random.next())) : null;
  const masked = attempt.mask.error(error);
  const durationMs = Math.max(0, atMs - startedAtMs);
  return {kind: 'failed', unit: attempt.unit, atMs, durationMs, error: masked, retryAtMs};
}
