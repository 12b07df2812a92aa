/** When a job must be over. Pure. */
import type {StoredError} from '../types';
import type {Header} from './header';

/** The earlier one of its timeout and its deadline; `null` where it has neither. */
export function overdueAtMs({terms: {timeoutMs, deadlineAtMs}, startedAtMs}: Header): number | null {
  const timeoutAtMs = timeoutMs === null || startedAtMs === null ? null : startedAtMs + timeoutMs;
  if (timeoutAtMs === null || deadlineAtMs === null) return timeoutAtMs ?? deadlineAtMs;
  return Math.min(timeoutAtMs, deadlineAtMs);
}

/** Whether that time is over. */
export function isOverdue(header: Header, nowMs: number): boolean {
  const atMs = overdueAtMs(header);
  return atMs !== null && atMs <= nowMs;
}

/** What a job fails with that is not over in time. */
export function overdueFault({terms, startedAtMs}: Header): StoredError {
  const {timeoutMs, deadlineAtMs} = terms;
  const isTimeout =
    timeoutMs !== null && startedAtMs !== null && (deadlineAtMs === null || startedAtMs + timeoutMs <= deadlineAtMs);
  return {
    name: 'AstJobsTimeoutError',
    code: 'JOB_TIMEOUT',
    message: isTimeout
      ? `The job was not over ${timeoutMs} ms after it started (timeoutMs). Steps that were completed keep their results.`
      : 'The job was not over by its deadline (deadlineMs). Steps that were completed keep their results.',
    details: isTimeout ? {timeoutMs} : {deadlineAtMs},
  };
}
