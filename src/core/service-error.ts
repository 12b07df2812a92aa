/**
 * What to do about an error that a service threw. Messages are localised to the user's language, so English text can
 * only prove that trying again is useless, never that it helps: what is not known to be permanent is tried again.
 */

export type ServiceErrorKind = 'full' | 'permanent' | 'transient';

const FULL = /exceeded the property storage quota|storage quota/i;
/** Day quotas, missing authority, arguments that will not change. */
const PERMANENT =
  /too many times for one day|too frequently in one day|too much computer time|do(?:es)? not have permission|permission_denied|authorization is required|argument too large|too many triggers|match the method signature|not defined|is not a function|no item with the given id|number of cells in the workbook/i;

/** Sorts a service's error message. */
export function serviceErrorKind(message: string): ServiceErrorKind {
  if (FULL.test(message)) return 'full';
  return PERMANENT.test(message) ? 'permanent' : 'transient';
}

/** Which quota of the day a service says is used up; `null` for another message. Only the English texts are known. */
export function dayQuotaIn(message: string): 'computerTime' | 'invocations' | null {
  if (/too much computer time/i.test(message)) return 'computerTime';
  return /too many times for one day|too frequently in one day/i.test(message) ? 'invocations' : null;
}

/** Tries of one call, and the waits between them: 0.5 s, 1 s, 2 s, 4 s, each up to a half longer. */
export const MAX_TRIES = 5;

/** Milliseconds before the n-th further try. */
export function retryWaitMs(tries: number, random01: number): number {
  return Math.round(500 * 2 ** (tries - 1) * (1 + random01 / 2));
}
