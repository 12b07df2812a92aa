import fc from 'fast-check';
import type {Header} from '../../src/core/header';
import {decodeHeader, encodeHeader, encodeSeal, sealOf} from '../../src/core/header-codec';
import {foldedRecord} from '../../src/core/record';
import {accept} from '../../src/core/transitions';
import {NO_TERMS} from '../../src/core/terms';
import {anyJson, anyText, headers, mutate, mutations} from '../support/arbitraries';
import {problemsOfHeader} from '../support/validity';

const fresh: Header = accept({
  id: 'job_0mk2xyz12_abcdefghij',
  name: 'Nightly',
  owner: 'u1',
  options: {maxRetries: 2, maxRuntimeMs: 240_000, leaseTtlMs: 390_000, autoResume: true, workers: 1},
  plan: {inline: '{"n":[]}', pieces: 0, sum: 'abc', units: 1},
  terms: NO_TERMS,
  nowMs: 1_767_603_600_000,
  dueMs: 1_767_603_660_000,
});

const read = (text: string): Header | null => {
  const decoded = decodeHeader(text);
  return decoded.kind === 'header' ? decoded.header : null;
};

test('a header comes back as it was', () => {
  fc.assert(
    fc.property(headers, (header) => {
      expect(decodeHeader(encodeHeader(header))).toEqual({kind: 'header', header});
    }),
    {numRuns: 250},
  );
});

test('the stored form is fixed, and what is empty is not written', () => {
  expect(encodeHeader(fresh)).toBe(
    '{"v":2,"id":"job_0mk2xyz12_abcdefghij","n":"Nightly","ow":"u1","rv":1,"ph":{"kind":"queued","dueMs":1767603660000},' +
      '"t":[1767603600000,1767603600000,null,null],"o":[2,240000,390000,1],"pl":[0,"abc",1,"{\\"n\\":[]}"],"pt":[[0,0,0,"",null]]}',
  );
});

test('fields of a later version are carried along', () => {
  const later = JSON.parse(encodeHeader(fresh).replace('{"v"', '{"dl":[5],"v"')) as {dl: unknown};
  const header = read(JSON.stringify(later));
  expect(header?.unknown).toEqual({dl: [5]});
  expect(JSON.parse(encodeHeader({...fresh, ...header, revision: 2}))).toEqual({...later, rv: 2});
});

test('the last outcome is spliced in as it stands in logs', () => {
  const last = {kind: 'done', unit: 0, atMs: 1_767_603_600_000, durationMs: 5, result: '{"__proto__":1}'} as const;
  const text = encodeHeader({...fresh, last});
  expect(text).toMatch(/,"z":\[0,0,1767603600000,5,\{"__proto__":1\}\]\}$/);
  expect(read(text)?.last).toEqual(last);
});

test.each([4, 5, 1_000, 3.5])('text of the newer schema %d is told apart from damage', (schema) => {
  expect(decodeHeader(`{"v":${schema},"anything":[]}`)).toEqual({kind: 'newer', schema});
});

const without = (key: string): string =>
  JSON.stringify({...(JSON.parse(encodeHeader(fresh)) as object), [key]: undefined});
const withField = (key: string, json: string): string =>
  JSON.stringify({...(JSON.parse(encodeHeader(fresh)) as object), [key]: JSON.parse(json) as unknown});

test.each(['v', 'id', 'n', 'ow', 'rv', 'ph', 't', 'o', 'pl', 'pt'])(
  'a header without its field %s is damaged',
  (key) => {
    expect(decodeHeader(without(key))).toEqual({kind: 'corrupt'});
  },
);

test.each([
  ['v', '0'],
  ['v', '"1"'],
  ['id', '5'],
  ['rv', '-1'],
  ['ph', '{"kind":"asleep"}'],
  ['ph', '{"kind":"queued"}'],
  ['ph', '{"kind":"queued","dueMs":1e300}'],
  ['ph', '{"kind":"paused"}'],
  ['ph', '{"kind":"paused","waiting":{}}'],
  ['ph', '{"kind":"paused","waiting":{"reason":"tired","untilMs":null}}'],
  ['ph', '{"kind":"paused","waiting":{"reason":"retry"}}'],
  ['ph', '{"kind":"paused","waiting":{"reason":"handler","untilMs":null,"handler":5}}'],
  ['ph', '{"kind":"completed","atMs":"now"}'],
  ['t', '[1,2,3]'],
  ['t', '[null,2,3,4]'],
  ['t', '[1,1e300,3,4]'],
  ['t', '[1,2,1e300,4]'],
  ['t', '[1,2,3,-4]'],
  ['o', '[2,240000,null,1]'],
  ['pl', '[0,"abc"]'],
  ['pl', '[0.5,"abc",1,null]'],
  ['pl', '[0,"abc",1,5]'],
  ['pt', '[]'],
  ['pt', '[[0,0,0,""]]'],
  ['pt', '[[0,0,0,"",[1e300,"x",-1]]]'],
  ['pt', '[[0,0,0,"",[5,"x",-2]]]'],
  ['s', '[[0,1,2]]'],
  ['s', '{}'],
  ['sp', '-1'],
  ['c', '[[1]]'],
  ['c', '[[1,null]]'],
  ['r', '[[1,2,"bored",[]]]'],
  ['r', '[[1e300,2,"killed",[]]]'],
  ['r', '[[1,2,"killed",[null]]]'],
  ['l', '[5]'],
  ['l', '[5,[[1]]]'],
  ['l', '[5,["x"]]'],
  ['z', '[0,0]'],
  ['f', '{"error":5}'],
  ['f', '5'],
])('a header whose field %s is %s is damaged', (key, json) => {
  expect(decodeHeader(withField(key, json))).toEqual({kind: 'corrupt'});
});

test('any text is a whole header, a newer one or damage', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        anyText(60),
        fc.json(),
        fc.json().map((json) => `{"v":1,"id":"a","pt":${json}}`),
      ),
      (text) => {
        const header = read(text);
        expect(header === null ? [] : problemsOfHeader(header)).toEqual([]);
      },
    ),
    {numRuns: 250},
  );
});

test('a header of which a field was replaced is a whole header or damage', () => {
  const keys = ['id', 'n', 'ow', 'rv', 'ph', 't', 'o', 'pl', 'pt', 's', 'sp', 'c', 'r', 'l', 'z', 'f'];
  fc.assert(
    fc.property(headers, fc.constantFrom(...keys), anyJson, (some, key, value) => {
      const fields = JSON.parse(encodeHeader(some)) as object;
      const header = read(JSON.stringify({...fields, [key]: value}));
      expect(header === null ? [] : problemsOfHeader(header)).toEqual([]);
    }),
    {numRuns: 250},
  );
});

test('a damaged header is a whole header, a newer one or damage', () => {
  fc.assert(
    fc.property(headers, mutations, (some, changes) => {
      const header = read(mutate(encodeHeader(some), changes));
      expect(header === null ? [] : problemsOfHeader(header)).toEqual([]);
    }),
    {numRuns: 250},
  );
});

test('whatever header is read can be shown', () => {
  fc.assert(
    fc.property(headers, mutations, (some, changes) => {
      const header = read(mutate(encodeHeader(some), changes));
      if (header !== null) expect(foldedRecord(header, 'p').createdAt).toMatch(/Z$/);
    }),
    {numRuns: 250},
  );
});

test('a seal comes back as it was, and nothing else is one', () => {
  const seal = {part: 0, log: 3, position: {count: 5, sum: 'abc'}};
  expect(sealOf(encodeSeal(seal))).toEqual(seal);
  for (const raw of [null, 5, [], [0, 3, 5], [0, 3, '5', 'abc'], [0, 3, 5, 7], [0, -3, 5, 'abc'], [0, 3, 0.5, 'abc']])
    expect(sealOf(raw)).toBeNull();
});

test('a header that could not be rewritten, because it fills its value, is damaged', () => {
  const padded = (bytes: number): string => encodeHeader({...fresh, unknown: {pad: 'x'.repeat(bytes)}});
  const room = 9_000 - padded(0).length;
  expect(read(padded(room))).not.toBeNull();
  expect(read(padded(room + 1))).toBeNull();
});

test.each([
  ['o', '[2,240000,9e15,1]'],
  ['o', '[2,9e15,390000,1]'],
  ['l', '[9e15,[]]'],
  ['ph', '{"kind":"queued","dueMs":8.64e15}'],
  ['rv', '9007199254740991'],
])('a header whose field %s is %s cannot be counted on, and is damaged', (key, json) => {
  expect(decodeHeader(withField(key, json))).toEqual({kind: 'corrupt'});
});

describe('several workers', () => {
  const lease = {untilMs: 1_767_603_990_000, by: 'x1', mark: {first: 3, last: 9}, share: {first: 0, last: 20}};
  const part = {epoch: 4, log: 2, position: {count: 5, sum: 'abc'}, lease};
  const shared: Header = {
    ...fresh,
    phase: {kind: 'running'},
    options: {...fresh.options, workers: 3},
    parts: [part, {...part, lease: {...lease, mark: null, share: {first: 21, last: 21}}}, {...part, lease: null}],
    doubts: [
      {first: 4, last: 8},
      {first: 30, last: 30},
    ],
    recoveries: [{atMs: 1_767_603_600_000, epoch: 3, reason: 'killed', inDoubt: [{first: 4, last: 8}]}],
  };

  test('have a part each, and stand among the options', () => {
    const fields = JSON.parse(encodeHeader(shared)) as Record<string, unknown>;
    expect(fields).toMatchObject({
      o: [2, 240_000, 390_000, 1, 3],
      pt: [
        [4, 2, 5, 'abc', [lease.untilMs, 'x1', [3, 9], [0, 20]]],
        [4, 2, 5, 'abc', [lease.untilMs, 'x1', -1, [21, 21]]],
        [4, 2, 5, 'abc', null],
      ],
      d: [[4, 8], 30],
      r: [[1_767_603_600_000, 3, 'killed', [[4, 8]]]],
    });
    expect(read(encodeHeader(shared))).toEqual(shared);
  });

  test('are one where the header does not say', () => {
    expect(read(encodeHeader(fresh))?.options.workers).toBe(1);
  });

  test.each([
    ['o', '[2,240000,390000,1,0]'],
    ['o', '[2,240000,390000,1,1.5]'],
    ['o', '[2,240000,390000,1,"3"]'],
    ['pt', '[[4,2,5,"abc",[5,"x",[3,2]]]]'],
    ['pt', '[[4,2,5,"abc",[5,"x",[0,1000]]]]'],
    ['pt', '[[4,2,5,"abc",[5,"x",3,[2,1]]]]'],
    ['pt', '[[4,2,5,"abc",[5,"x",3,"all"]]]'],
    ['d', '[[2,1]]'],
    ['d', '[-1]'],
    ['d', '5'],
    ['r', '[[1,2,"killed",[[2,1]]]]'],
  ])('a header whose field %s is %s is damaged', (key, json) => {
    expect(decodeHeader(withField(key, json))).toEqual({kind: 'corrupt'});
  });
});

test('a header of the schema before is read', () => {
  const old =
    '{"v":1,"id":"job_0mk2xyz12_abcdefghij","n":"Nightly","ow":"u1","rv":3,"ph":{"kind":"running"},' +
    '"t":[1767603600000,1767603600000,1767603600000,null],"o":[2,240000,390000,1],"pl":[0,"abc",5,"{}"],' +
    '"pt":[[2,1,0,"",[1767603990000,"x1",4]]],"s":[[0,0,3,"abc"]],"c":[[4,1]],' +
    '"r":[[1767603600000,1,"killed",[4]]]}';
  expect(read(old)).toMatchObject({
    options: {workers: 1},
    parts: [{epoch: 2, log: 1, lease: {by: 'x1', mark: {first: 4, last: 4}, share: null}}],
    suspects: [{unit: 4, crashes: 1}],
    doubts: [],
    recoveries: [{inDoubt: [{first: 4, last: 4}]}],
  });
});
