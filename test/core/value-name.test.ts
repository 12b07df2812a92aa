import fc from 'fast-check';
import {chainSum, EMPTY_SUM} from '../../src/core/bytes';
import {isStoredName, isValuePrefix, makeValueName, parseValueName} from '../../src/core/value-name';
import {parseValueKey, valueKey} from '../../src/core/keys';

const random01 = fc.double({min: 0, max: 1, maxExcluded: true, noNaN: true});

test('a name tells its prefix, its time and its fingerprint, and is one that backends take', () => {
  fc.assert(
    fc.property(fc.integer({min: 0, max: 4e13}), random01, random01, fc.string(), (nowMs, one, other, text) => {
      const sum = chainSum(EMPTY_SUM, text);
      const name = makeValueName('my.prefix', nowMs, [one, other], sum);
      expect(parseValueName(name)).toEqual({prefix: 'my.prefix', bornAtMs: nowMs, sum});
      expect(isStoredName(name)).toBe(true);
    }),
  );
});

test('the longest name fits into a key of the cache, whose limit is 250 characters', () => {
  const name = makeValueName('p'.repeat(60), 4e13, [0.999999, 0.999999], 'z'.repeat(14));
  expect(isStoredName(name)).toBe(true);
  expect(valueKey(name, 99).length).toBeLessThan(250);
});

test.each([
  '',
  'AST_JOBS_OWNER',
  'a~val_1_2~3',
  'a~job_0mk0xqwe1_0123456789~h',
  ' a~val_0mk0xqwe1_0123456789~abcdefgh',
])('%j is no name of a value', (name) => {
  expect(parseValueName(name)).toBeNull();
});

test('prefixes have a grammar', () => {
  expect(['a', 'A-b_c.d:9', 'p'.repeat(60)].filter((text) => !isValuePrefix(text))).toEqual([]);
  expect(['', 'a~b', 'a b', 'a/b', 'p'.repeat(61)].filter(isValuePrefix)).toEqual([]);
});

test('a key of a piece is taken apart, and no other key is', () => {
  expect(parseValueKey(valueKey('a~b.c', 12))).toEqual({name: 'a~b.c', piece: 12});
  for (const key of ['AST_JOBS_VALUE~a', 'AST_JOBS_VALUE~a~', 'AST_JOBS_VALUE~a~01', 'x~a~1', 'AST_JOBS_VALUE~a b~1'])
    expect(parseValueKey(key)).toBeNull();
});
