import fc from 'fast-check';
import {utf8Bytes} from '../../src/core/bytes';
import {decodeIntent, encodeIntent, intendedJobs, intentsIn, type Write} from '../../src/core/intent';
import {MAX_VALUE_BYTES} from '../../src/core/limits';
import {anyText} from '../support/arbitraries';

const ID = 'batch_0mk2xyz12_abcdefghij';
const writes = fc.array(fc.tuple(anyText(20), anyText(40)), {minLength: 1, maxLength: 5});
const stored = (list: readonly Write[]): Record<string, string> => Object.fromEntries(list);
const LARGE: readonly Write[] = [
  ['a', 'ä'.repeat(9_000)],
  ['b', '"'.repeat(9_000)],
];

test('an intent comes back as it was', () => {
  fc.assert(
    fc.property(writes, (list) => {
      const snapshot = stored(encodeIntent(ID, list));
      expect(intentsIn(snapshot)).toEqual([ID]);
      expect(decodeIntent(snapshot, ID)?.writes).toEqual(list.map(([key, value]) => [key, value]));
    }),
  );
});

test('a large one goes in pieces that fit, the one that makes it count last; it is deleted the other way round', () => {
  const pieces = encodeIntent(ID, LARGE);
  expect(pieces.length).toBeGreaterThan(3);
  for (const [, value] of pieces) expect(utf8Bytes(value)).toBeLessThanOrEqual(MAX_VALUE_BYTES);
  expect(pieces.at(-1)?.[0]).toBe(`AST_JOBS_INTENT~${ID}~0`);
  const decoded = decodeIntent(stored(pieces), ID);
  expect(decoded?.writes).toEqual(LARGE);
  expect(decoded?.keys[0]).toBe(`AST_JOBS_INTENT~${ID}~0`);
  expect(new Set(decoded?.keys)).toEqual(new Set(pieces.map(([key]) => key)));
});

test('half an intent does not count', () => {
  const pieces = encodeIntent(ID, LARGE);
  for (let count = 0; count < pieces.length; count++) expect(intentsIn(stored(pieces.slice(0, count)))).toEqual([]);
});

test('the jobs that it makes are known by their headers', () => {
  const ids = ['job_0mk2xyz12_aaaaaaaaaa', 'job_0mk2xyz12_bbbbbbbbbb'];
  const pieces = encodeIntent(
    ID,
    ids.map((id) => [`jobs_v1~${id}~h`, '{}']),
  );
  expect(intendedJobs(stored(pieces))).toEqual(new Set(ids));
  expect(intendedJobs({...stored(pieces), [`AST_JOBS_INTENT~${ID}~0`]: 'rubbish'})).toEqual(new Set());
});

test('damage is no intent', () => {
  const pieces = encodeIntent(ID, LARGE);
  for (const [key] of pieces) expect(decodeIntent({...stored(pieces), [key]: 'rubbish'}, ID)).toBeNull();
  expect(decodeIntent({}, ID)).toBeNull();
});
