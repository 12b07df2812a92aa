import fc from 'fast-check';
import type {Outcome} from '../../src/core/outcome';
import {decodeSegment, encodeSegment, NO_UNIT} from '../../src/core/segment';
import {anyText, mutate, mutations, segments} from '../support/arbitraries';
import {problemsOfSegment} from '../support/validity';

const AT_MS = 1_767_603_600_000;
const done = (unit: number, result = '1', atMs = AT_MS): Outcome => ({kind: 'done', unit, atMs, durationMs: 5, result});

test('a segment comes back as it was', () => {
  fc.assert(
    fc.property(segments, (segment) => {
      expect(decodeSegment(encodeSegment(segment))).toEqual(segment);
    }),
    {numRuns: 300},
  );
});

test('results of consecutive units are one run', () => {
  const outcomes = [done(3, '"a"'), done(4, '"b"', AT_MS + 40), done(5, 'null', AT_MS + 30)];
  expect(encodeSegment({epoch: 2, marker: 6, outcomes})).toBe(
    '[1,2,6,[1,3,1767603600000,[0,5,40,5,-10,5],["a","b",null]]]',
  );
});

test('a result alone is written as it is', () => {
  const outcome: Outcome = {kind: 'done', unit: 4, atMs: 1_000, durationMs: 20, result: '"a"'};
  expect(encodeSegment({epoch: 3, marker: 5, outcomes: [outcome]})).toBe('[1,3,5,[0,4,1000,20,"a"]]');
});

test('a run that lacks its times or its results is no segment', () => {
  const runs = [
    '[1,0,5]',
    '[1,0,5,null,[1]]',
    '[1,0,5,[0,1]]',
    '[1,0,5,[0,1],null]',
    '[1,0,5,[0],[1]]',
    '[1,0,5,[0,1,2],[1]]',
  ];
  for (const run of runs) expect([run, decodeSegment(`[1,1,-1,${run}]`)]).toEqual([run, null]);
});

test('a unit that is out of order starts another entry', () => {
  const outcomes = [done(3), done(4), done(9), done(8), done(9)];
  const text = encodeSegment({epoch: 0, marker: NO_UNIT, outcomes});
  expect((JSON.parse(text) as unknown[]).slice(3)).toHaveLength(3);
  expect(decodeSegment(text)?.outcomes).toEqual(outcomes);
});

test('an empty segment carries its marker', () => {
  expect(encodeSegment({epoch: 4, marker: 17, outcomes: []})).toBe('[1,4,17]');
  expect(decodeSegment('[1,4,17]')).toEqual({epoch: 4, marker: 17, outcomes: []});
});

test('a result with a key __proto__ comes back with it', () => {
  const result = '{"__proto__":{"a":1},"b":2}';
  expect(decodeSegment(encodeSegment({epoch: 0, marker: NO_UNIT, outcomes: [done(0, result)]}))?.outcomes).toEqual([
    done(0, result),
  ]);
});

test('a result that is nested three thousand levels deep comes back', () => {
  const result = '['.repeat(3_000) + ']'.repeat(3_000);
  const outcomes = [done(0, result), done(1, result)];
  expect(decodeSegment(encodeSegment({epoch: 0, marker: NO_UNIT, outcomes}))?.outcomes).toEqual(outcomes);
});

test.each([
  '',
  'null',
  '{}',
  '[]',
  '[1,4]',
  '[2,4,17]',
  '["1",4,17]',
  '[1,-4,17]',
  '[1,4,-2]',
  '[1,4,1.5]',
  '[1,4,17',
  '[1,4,17,5]',
  '[1,4,17,[1,0,5,[0,1],[]]]',
  '[1,4,17,[1,0,5,[0,1],[1,2]]]',
  '[1,4,17,[1,0,5,[0,-1],[1]]]',
  '[1,4,17,[1,0,5,[-6,1],[1]]]',
  '[1,4,17,[1,0,5,[0.5,1],[1]]]',
  '[1,4,17,[1,-1,5,[0,1],[1]]]',
  '[1,4,17,[1,"0",5,[0,1],[1]]]',
  '[1,4,17,[0,0,5,1]]',
])('%j is no segment', (text) => {
  expect(decodeSegment(text)).toBeNull();
});

test('any text is a whole segment or none', () => {
  const almost = fc.json().map((json) => `[1,0,-1,${json}]`);
  fc.assert(
    fc.property(fc.oneof(anyText(60), fc.json(), almost), (text) => {
      const segment = decodeSegment(text);
      expect(segment === null ? [] : problemsOfSegment(segment)).toEqual([]);
    }),
    {numRuns: 1_000},
  );
});

test('a damaged segment is a whole segment or none', () => {
  fc.assert(
    fc.property(segments, mutations, (some, changes) => {
      const segment = decodeSegment(mutate(encodeSegment(some), changes));
      expect(segment === null ? [] : problemsOfSegment(segment)).toEqual([]);
    }),
    {numRuns: 1_000},
  );
});
