/** What all backends of stored texts have in common: checks of names, sizes and locators, patience, and their errors. */
import {utf8Bytes} from '../core/bytes';
import {printValue} from '../core/json';
import {parseLocator, type Locator} from '../core/locator';
import {invalidReference} from '../core/reference';
import {isStoredName} from '../core/value-name';
import {describeThrown, isJobsError, jobsError, type JobsError} from '../errors';
import {patiently, type Patience} from './patience';
import type {BackendKind} from './ports';

/** How backends are called in sentences. */
const NOUNS: Readonly<Record<BackendKind, string>> = {
  properties: 'The properties',
  cache: 'The cache',
  drive: 'Drive',
  sheet: 'The sheet',
};

/** Refuses a name that no locator could hold, and a text that is too long. */
export function checkText(kind: BackendKind, name: string, text: string, maxBytes: number): void {
  if (!isStoredName(name))
    throw jobsError(
      'INVALID_REQUEST',
      `A stored text needs a name of letters, digits and _ . : ~ -, got ${printValue(name)}.`,
    );
  const bytes = utf8Bytes(text);
  if (bytes > maxBytes) throw tooLarge(kind, bytes, maxBytes);
}

/** The value does not fit where it should go. */
export function tooLarge(kind: BackendKind, bytes: number, maxBytes: number): JobsError {
  const wayOut =
    kind === 'drive'
      ? 'Store it in parts.'
      : "Store it in Drive: bind(globalThis, {drive: …}) with your script's Drive service, or store it in parts.";
  return jobsError(
    'VALUE_TOO_LARGE',
    `${NOUNS[kind]} can hold a value of ${maxBytes} bytes at the most, got one of ${bytes}. ${wayOut}`,
    {backend: kind, bytes, maxBytes},
  );
}

/** A locator with so many places before its name. */
export function locate(locator: string, placeCount: number): Locator {
  const parsed = parseLocator(locator, placeCount);
  if (parsed !== null) return parsed;
  throw invalidReference(`the place of a stored value, got ${printValue(locator)}`);
}

/** A reference leads elsewhere than where this script puts its values. */
export function foreign(kind: BackendKind, why: string): JobsError {
  return jobsError('REFERENCE_FOREIGN', why, {backend: kind});
}

/** A backend cannot be used. */
export function unavailable(kind: BackendKind, why: string, cause?: unknown): JobsError {
  return jobsError('BACKEND_UNAVAILABLE', `${NOUNS[kind]} cannot be used: ${why}`, {backend: kind}, cause);
}

/** Calls a service with patience; what it throws in the end becomes `BACKEND_UNAVAILABLE`. */
export function reach<Result>(kind: BackendKind, patience: Patience, call: () => Result): Result {
  try {
    return patiently(patience, call);
  } catch (thrown) {
    if (isJobsError(thrown)) throw thrown;
    throw unavailable(kind, describeThrown(thrown, 'A service').message, thrown);
  }
}
