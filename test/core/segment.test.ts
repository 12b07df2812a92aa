import fc from 'fast-check';
import type {Outcome} from '../../src/core/outcome';
import {decodeSegment, encodeSegment, NO_MARKER, type Marker} from '../../src/core/segment';
import {anyText, mutate, mutations, segments} from '../support/arbitraries';
import {problemsOfSegment} from '../support/validity';

const at = (first: number, last = first): Marker => ({units: {first, last}, cursor: null});
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
  expect(encodeSegment({epoch: 2, marker: at(6), outcomes})).toBe(
    '[2,2,6,[1,3,1767603600000,[0,5,40,5,-10,5],["a","b",null]]]',
  );
});

test('failures with one message name it once', () => {
  const failed = (unit: number, message: string): Outcome => {
    const error = {name: 'Error', message, details: {}};
    return {kind: 'failed', unit, atMs: AT_MS, durationMs: 5, retryAtMs: unit === 5 ? null : AT_MS + 9, error};
  };
  const outcomes = [failed(3, 'out'), done(4), failed(5, 'out'), failed(6, 'other'), failed(7, 'out')];
  const text = encodeSegment({epoch: 2, marker: at(8), outcomes});
  expect(text).toContain(',[9,5,1767603600000,5,null],');
  expect(text.split('"out"')).toHaveLength(3);
  expect(decodeSegment(text)).toEqual({epoch: 2, marker: at(8), outcomes});
  expect(decodeSegment('[2,2,8,[9,5,1767603600000,5,null]]')).toBeNull();
});

test('a result alone is written as it is', () => {
  const outcome: Outcome = {kind: 'done', unit: 4, atMs: 1_000, durationMs: 20, result: '"a"'};
  expect(encodeSegment({epoch: 3, marker: at(5), outcomes: [outcome]})).toBe('[2,3,5,[0,4,1000,20,"a"]]');
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
  const text = encodeSegment({epoch: 0, marker: NO_MARKER, outcomes});
  expect((JSON.parse(text) as unknown[]).slice(3)).toHaveLength(3);
  expect(decodeSegment(text)?.outcomes).toEqual(outcomes);
});

test('an empty segment carries its marker', () => {
  expect(encodeSegment({epoch: 4, marker: at(17), outcomes: []})).toBe('[2,4,17]');
  expect(decodeSegment('[1,4,17]')).toEqual({epoch: 4, marker: at(17), outcomes: []});
});

test('a result with a key __proto__ comes back with it', () => {
  const result = '{"__proto__":{"a":1},"b":2}';
  expect(decodeSegment(encodeSegment({epoch: 0, marker: NO_MARKER, outcomes: [done(0, result)]}))?.outcomes).toEqual([
    done(0, result),
  ]);
});

test('a result that is nested three thousand levels deep comes back', () => {
  const result = '['.repeat(3_000) + ']'.repeat(3_000);
  const outcomes = [done(0, result), done(1, result)];
  expect(decodeSegment(encodeSegment({epoch: 0, marker: NO_MARKER, outcomes}))?.outcomes).toEqual(outcomes);
});

test.each([
  '',
  'null',
  '{}',
  '[]',
  '[1,4]',
  '[3,4,17]',
  '[0,4,17]',
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

test('a marker names none, one unit, a group, or a unit that has come somewhere', () => {
  const text = (marker: Marker): string => encodeSegment({epoch: 4, marker, outcomes: []});
  const cursor = {version: 3, text: '["row",[[7,null]]]'};
  expect(text(NO_MARKER)).toBe('[2,4,-1]');
  expect(text(at(5))).toBe('[2,4,5]');
  expect(text(at(5, 9))).toBe('[2,4,[5,9]]');
  expect(text({...at(5), cursor})).toBe('[2,4,[5,5,3,["row",[[7,null]]]]]');
  for (const marker of [NO_MARKER, at(5), at(5, 9), {...at(5), cursor}])
    expect(decodeSegment(text(marker))).toEqual({epoch: 4, marker, outcomes: []});
});

test.each([
  '[5,9,1,[null]]',
  '[5,5,-1,[null]]',
  '[5,5,"1",[null]]',
  '[5,5,1]',
  '[9,5]',
  '[0,1000]',
  '[]',
  'null',
  '{}',
])('a segment with the marker %s is none', (marker) => {
  expect(decodeSegment(`[2,4,${marker}]`)).toBeNull();
});

test('a segment of the schema before is read', () => {
  expect(decodeSegment('[1,4,17,[0,0,5000,1,"a"]]')).toEqual({
    ...{epoch: 4, marker: at(17)},
    outcomes: [{kind: 'done', unit: 0, atMs: 5_000, durationMs: 1, result: '"a"'}],
  });
  expect(decodeSegment('[1,4,-1]')).toEqual({epoch: 4, marker: NO_MARKER, outcomes: []});
});
