/** Retry policy: its complete form, and the wait before the next attempt. Pure arithmetic. */
import type {RetryPolicy} from '../types';

/** A policy with every field resolved. */
export type ResolvedRetry = Required<RetryPolicy>;

/** What holds where a request says nothing. */
export const DEFAULT_RETRY: ResolvedRetry = {
  maxRetries: 2,
  delayMs: 30_000,
  factor: 2,
  maxDelayMs: 3_600_000,
  jitter: 0.2,
};

/** Whether another attempt follows after so many failed ones. */
export function mayRetry(policy: ResolvedRetry, failedAttempts: number): boolean {
  return failedAttempts <= policy.maxRetries;
}

/** Milliseconds to wait after the n-th failed attempt; `random01` in [0, 1) spreads them by the jitter. */
export function retryDelayMs(policy: ResolvedRetry, failedAttempts: number, random01: number): number {
  const grown = policy.delayMs * policy.factor ** (failedAttempts - 1);
  const spread = Math.min(policy.maxDelayMs, grown) * (1 + policy.jitter * (2 * random01 - 1));
  return Math.round(Math.min(policy.maxDelayMs, spread));
}
