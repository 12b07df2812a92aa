import fc from 'fast-check';
import {encodeTerms, NO_TERMS, termsOf} from '../../src/core/terms';
import {terms} from '../support/arbitraries';

test('terms come back as they were', () => {
  fc.assert(
    fc.property(terms, (some) => {
      const stored = encodeTerms(some);
      expect(termsOf(stored === null ? undefined : JSON.parse(JSON.stringify(stored)))).toEqual(some);
    }),
  );
});

test('none are stored as nothing', () => {
  expect(encodeTerms(NO_TERMS)).toBeNull();
  expect(termsOf(undefined)).toBe(NO_TERMS);
});

test('only what differs is stored', () => {
  expect(encodeTerms({...NO_TERMS, priority: 'high', tags: ['a']})).toEqual({p: 2, t: ['a']});
});

test.each([
  ['no object', []],
  ['text for a list', {t: 'a'}],
  ['a number among texts', {t: ['a', 5]}],
  ['an unknown priority', {p: 9}],
  ['an unknown maker', {m: 'nobody'}],
  ['an unknown policy', {f: 'explode'}],
  ['a time that is none', {e: -5}],
  ['a key without its time', {k: ['a']}],
  ['a key that is no pair', {u: 'a'}],
  ['a dead letter in an unknown state', {l: ['lost', 5]}],
  ['a dead letter without a time', {l: ['queued']}],
  ['a description that is no text', {d: 7}],
])('%s is damage', (_what, raw) => {
  expect(termsOf(raw)).toBeNull();
});
