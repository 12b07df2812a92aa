import fc from 'fast-check';
import {dayQuotaIn, MAX_TRIES, retryWaitMs, serviceErrorKind} from '../../src/core/service-error';

test.each([
  'You have exceeded the property storage quota. Please remove some properties and try again.',
  'Exception: Storage quota exceeded.',
])('a full store is told from others: %s', (message) => {
  expect(serviceErrorKind(message)).toBe('full');
});

test.each([
  'Service invoked too many times for one day: properties.',
  'Service using too much computer time for one day',
  'You do not have permission to call ScriptApp.newTrigger. Required permissions: https://www.googleapis.com/auth/script.scriptapp',
  'User does not have permission to access this.',
  'Authorization is required to perform that action.',
  'PERMISSION_DENIED',
  'Argument too large: value',
  'This script has too many triggers. Triggers must be deleted from the script before more can be added.',
  "The parameters (null) don't match the method signature for LockService.Lock.waitLock.",
  'ReferenceError: ScriptApp is not defined',
  'service.getScriptLock is not a function',
])('trying again is useless after: %s', (message) => {
  expect(serviceErrorKind(message)).toBe('permanent');
});

test.each([
  '',
  "We're sorry, a server error occurred. Please wait a bit and try again.",
  'Service Properties failed while accessing storage.',
  'There are too many LockService operations against the same script.',
  'Ein Serverfehler ist aufgetreten. Bitte versuchen Sie es später noch einmal.',
  'Lock timeout: another process was holding the lock for too long.',
])('what is not known to be permanent is tried again: %j', (message) => {
  expect(serviceErrorKind(message)).toBe('transient');
});

test.each([
  ['Service using too much computer time for one day', 'computerTime'],
  ['Service invoked too many times for one day: properties.', 'invocations'],
  ['Service called too frequently in one day: properties get', 'invocations'],
  ['Service invoked too many times in a short time: properties.', null],
  ['Argument too large: value', null],
])('%j names the quota of the day: %p', (message, quota) => {
  expect(dayQuotaIn(message)).toBe(quota);
});

test('waits double, each up to a half longer by chance', () => {
  expect([1, 2, 3, 4].map((tries) => retryWaitMs(tries, 0))).toEqual([500, 1_000, 2_000, 4_000]);
  expect([1, 2, 3, 4].map((tries) => retryWaitMs(tries, 1))).toEqual([750, 1_500, 3_000, 6_000]);
});

test('all waits of one call take less than the half minute that a lease is fenced by', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({min: 0, max: 1, noNaN: true}), {minLength: MAX_TRIES - 1, maxLength: MAX_TRIES - 1}),
      (chances) => {
        const waitMs = chances.reduce((sum, chance, index) => sum + retryWaitMs(index + 1, chance), 0);
        expect(waitMs).toBeLessThan(30_000);
      },
    ),
  );
});
