import fc from 'fast-check';
import {chainSum, EMPTY_SUM} from '../../src/core/bytes';
import {
  advance,
  endOfOutcome,
  outcomeOfTuple,
  outcomeText,
  type LogPosition,
  type Outcome,
} from '../../src/core/outcome';
import {anyJson, logs, outcomes} from '../support/arbitraries';
import {problemsOfOutcome} from '../support/validity';

const AT_MS = 1_767_603_600_000;
const START: LogPosition = {count: 0, sum: EMPTY_SUM};

test('an outcome comes back from its text as it was', () => {
  fc.assert(
    fc.property(outcomes(500), (outcome) => {
      expect(outcomeOfTuple(JSON.parse(outcomeText(outcome)))).toEqual(outcome);
    }),
    {numRuns: 500},
  );
});

test('the text of an outcome is the same after it was stored and read, so that its sum is', () => {
  fc.assert(
    fc.property(outcomes(500), (outcome) => {
      const read = outcomeOfTuple(JSON.parse(outcomeText(outcome)));
      expect(read === null ? null : outcomeText(read)).toBe(outcomeText(outcome));
    }),
    {numRuns: 500},
  );
});

test.each<[string, Outcome]>([
  ['[0,7,1767603600000,250,{"rows":3}]', {kind: 'done', unit: 7, atMs: AT_MS, durationMs: 250, result: '{"rows":3}'}],
  [
    '[2,7,1767603600000,250,[0,4,9,3,"abc"]]',
    {
      kind: 'doneLarge',
      unit: 7,
      atMs: AT_MS,
      durationMs: 250,
      large: {address: {part: 0, log: 4, epoch: 9, unit: 7}, pieces: 3, sum: 'abc'},
    },
  ],
  [
    '[3,7,1767603600000,250,null,{"name":"Error","message":"no","details":{}}]',
    {
      kind: 'failed',
      unit: 7,
      atMs: AT_MS,
      durationMs: 250,
      retryAtMs: null,
      error: {name: 'Error', message: 'no', details: {}},
    },
  ],
  ['[4,7,1767603600000,3]', {kind: 'killed', unit: 7, atMs: AT_MS, crashes: 3}],
])('the stored form is fixed: %s', (text, outcome) => {
  expect(outcomeText(outcome)).toBe(text);
});

test.each([
  'null',
  '5',
  '{}',
  '[]',
  '[9,1,2,3,4]',
  '[0,1,2,3]',
  '[0,-1,2,3,null]',
  '[0,1.5,2,3,null]',
  '[0,1,-2,3,null]',
  '[0,1,8640000000000001,3,null]',
  '[0,1,2,-3,null]',
  '[0,"1",2,3,null]',
  '[2,1,2,3,[0,0,0,0.5,"abc"]]',
  '[2,1,2,3,[0,0,0,1]]',
  '[2,1,2,3,"abc"]',
  '[3,1,2,3,null]',
  '[3,1,2,3,"soon",{"name":"E","message":"m","details":{}}]',
  '[3,1,2,3,1e300,{"name":"E","message":"m","details":{}}]',
  '[3,1,2,3,null,{}]',
  '[3,1,2,3,null,[]]',
  '[3,1,2,3,null,{"name":"E","message":5,"details":{}}]',
  '[3,1,2,3,null,{"name":"E","message":"m","code":5,"details":{}}]',
  '[4,1,2,"3"]',
])('%s is no outcome', (text) => {
  expect(outcomeOfTuple(JSON.parse(text))).toBeNull();
});

test('any value is a whole outcome or none', () => {
  const almost = fc.tuple(fc.integer({min: 0, max: 5}), anyJson, anyJson, anyJson, anyJson, anyJson);
  fc.assert(
    fc.property(fc.oneof(anyJson, almost), (value) => {
      const outcome = outcomeOfTuple(value);
      expect(outcome === null ? [] : problemsOfOutcome(outcome)).toEqual([]);
    }),
    {numRuns: 1_000},
  );
});

test('a position counts outcomes and sums their texts', () => {
  fc.assert(
    fc.property(logs(100), (log) => {
      const position = log.reduce(advance, START);
      expect(position).toEqual({count: log.length, sum: log.map(outcomeText).reduce(chainSum, EMPTY_SUM)});
    }),
  );
});

test('any prefix of a log can be checked, and then the rest', () => {
  fc.assert(
    fc.property(logs(100), fc.nat(), (log, cut) => {
      const end = log.length === 0 ? 0 : cut % log.length;
      expect(log.slice(end).reduce(advance, log.slice(0, end).reduce(advance, START))).toEqual(
        log.reduce(advance, START),
      );
    }),
  );
});

test.each([
  ['no pieces', [2, 0, AT_MS, 5, [0, 0, 1, 0, 'abc']]],
  ['more pieces than a store holds', [2, 0, AT_MS, 5, [0, 0, 1, 1e15, 'abc']]],
  ['a duration that leads beyond all dates', [0, 0, AT_MS, 9e15, 1]],
])('a tuple with %s is no outcome', (_what, tuple) => {
  expect(outcomeOfTuple(tuple)).toBeNull();
});

test('the stored forms of a cursor and of units that returned nothing are fixed', () => {
  const cursor: Outcome = {
    ...{kind: 'cursor', unit: 7, atMs: AT_MS, durationMs: 250},
    cursor: {version: 2, text: '["row 5",[[9,{"__proto__":1}]]]'},
  };
  expect(outcomeText(cursor)).toBe('[5,7,1767603600000,250,2,["row 5",[[9,{"__proto__":1}]]]]');
  expect(outcomeOfTuple(JSON.parse(outcomeText(cursor)))).toEqual(cursor);
  const group: Outcome = {kind: 'void', unit: 7, atMs: AT_MS, durationMs: 250, count: 40};
  expect(outcomeText(group)).toBe('[6,7,1767603600000,250,40]');
  expect([endOfOutcome(group), endOfOutcome(cursor)]).toEqual([47, 8]);
});

test.each([
  '[5,7,5,1]',
  '[5,7,5,1,2]',
  '[5,7,5,1,-2,[]]',
  '[5,7,5,1,"2",[]]',
  '[5,7,5,null,2,[]]',
  '[6,7,5,1]',
  '[6,7,5,1,0]',
  '[6,7,5,1,1.5]',
  '[6,7,5,-1,1]',
])('%s is neither a cursor nor a group', (text) => {
  expect(outcomeOfTuple(JSON.parse(text))).toBeNull();
});
