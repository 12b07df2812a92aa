/** Errors that a handler makes to say what is to become of its step. */
import {printValue} from '../core/json';
import {MAX_RETRY_DELAY_MS} from '../core/limits';
import {jobsError} from '../errors';
import {integerIn, invalid, optionsObject} from '../orchestration/request';

/** Fails a step for good. */
export function fatalError(message: unknown, details: unknown): Error {
  return jobsError('STEP_FATAL', text(message, 'fatal'), optionsObject(details));
}

/** Has a step tried again after so long. */
export function retryError(delayMs: unknown, message: unknown): Error {
  const wait = integerIn(delayMs, 'delayMs of retryAfter', 0, MAX_RETRY_DELAY_MS);
  const why = message === undefined ? `The step asked to be tried again in ${wait} ms.` : text(message, 'retryAfter');
  return jobsError('STEP_RETRY', why, {delayMs: wait});
}

function text(message: unknown, method: string): string {
  if (typeof message === 'string' && message.trim() !== '') return message;
  throw invalid(`${method} expects a message, got ${printValue(message)}.`);
}
