import fc from 'fast-check';
import {utf8Bytes} from '../../src/core/bytes';
import {decodePlan, encodePlan} from '../../src/core/plan-codec';
import {pack} from '../../src/core/pack';
import type {Plan} from '../../src/core/plan';
import {DEFAULT_RETRY} from '../../src/core/retry';
import {anyText, mutate, mutations} from '../support/arbitraries';
import {loosePlan, mapNode, plainPlan, planOf, plans, rangeNode, reduceNode, stepNode} from '../support/plans';
import {problemsOfPlan} from '../support/validity';

test('a plan comes back as it was', () => {
  fc.assert(
    fc.property(plans, (plan) => {
      const decoded = decodePlan(encodePlan(plan));
      expect(decoded === null ? null : plainPlan(decoded)).toEqual(plainPlan(plan));
      // Own __proto__ keys escape toEqual; the text shows them.
      expect(decoded === null ? null : encodePlan(decoded)).toBe(encodePlan(plan));
    }),
  );
});

test('a payload with a key __proto__ comes back with it', () => {
  const payload: unknown = JSON.parse('{"__proto__":{"isAdmin":true},"a":1}');
  const decoded = decodePlan(encodePlan(planOf(stepNode('a', {payload}))));
  const node = decoded?.nodes[0];
  expect(node?.kind === 'step' && Object.keys(node.payload as object)).toEqual(['__proto__', 'a']);
});

test('what is default is not written', () => {
  expect(encodePlan(planOf(stepNode('a'), stepNode('b', {deps: [0]})))).toBe(
    '{"n":[{"i":"a","h":"work"},{"i":"b","h":"work","d":[0]}]}',
  );
});

test('a map step is one entry with its items', () => {
  const text = encodePlan(planOf(mapNode('row', [1, 2, 3]), reduceNode('sum', 0)));
  expect(text).toBe('{"n":[{"m":"row","h":"work","w":10,"x":[1,2,3]},{"i":"sum","h":"work","d":[0],"v":0}]}');
});

test('ten thousand items with a plain shape take less than a tenth of what the store holds', () => {
  const items = Array.from({length: 10_000}, (_none, index) => ({row: index + 2}));
  expect(utf8Bytes(encodePlan(planOf(mapNode('row', items))))).toBeLessThan(40_000);
});

test.each([
  ['an empty text', ''],
  ['no JSON', '{"n":['],
  ['another shape', '[]'],
  ['no nodes', '{}'],
  ['an empty list of nodes', '{"n":[]}'],
  ['a node without a handler', '{"n":[{"i":"a"}]}'],
  ['a node without an id', '{"n":[{"h":"f"}]}'],
  ['a map step without items', '{"n":[{"m":"a","h":"f","w":1}]}'],
  ['a map step over an empty range', '{"n":[{"m":"a","h":"f","w":1,"k":0}]}'],
  ['a map step over half an item', '{"n":[{"m":"a","h":"f","w":1,"k":0.5}]}'],
  ['a map step over a range that is too long', '{"n":[{"m":"a","h":"f","w":1,"k":2147483648}]}'],
  ['items on a line that is not there', '{"n":[{"m":"a","h":"f","w":1,"k":2,"y":2}]}\n[1,2]'],
  ['items on no line', '{"n":[{"m":"a","h":"f","w":1,"k":2,"y":0}]}\n[1,2]'],
  [
    'a reduce over more items than it can be handed',
    '{"n":[{"m":"a","h":"f","w":1,"k":100001},{"i":"b","h":"f","v":0}]}',
  ],
  ['a map step with no worker', '{"n":[{"m":"a","h":"f","w":0,"x":[1]}]}'],
  ['a dependency beyond the end', '{"n":[{"i":"a","h":"f","d":[1]}]}'],
  ['a dependency that is no number', '{"n":[{"i":"a","h":"f","d":["a"]}]}'],
  ['a dependency on half a node', '{"n":[{"i":"a","h":"f","d":[0.5]}]}'],
  ['a reduce over no map step', '{"n":[{"i":"a","h":"f"},{"i":"b","h":"f","v":0}]}'],
  ['a reduce over nothing', '{"n":[{"i":"b","h":"f","v":7}]}'],
  ['a policy that is too short', '{"n":[{"i":"a","h":"f","r":[1,2]}]}'],
  ['a negative wait', '{"n":[{"i":"a","h":"f","r":[1,-2,1,1,0]}]}'],
  ['a crash limit of none', '{"n":[{"i":"a","h":"f","c":0}]}'],
  ['broken packed text', 'zzzzz'],
])('a text with %s is no plan', (_what, text) => {
  expect(decodePlan(text)).toBeNull();
});

test.each(['["other","run"]', '["chain","walk"]', '[]', '"chain"'])(
  'a plan of a helper that is not known, %s, is a plan like others',
  (orchestration) => {
    expect(decodePlan(`{"n":[{"i":"a","h":"work"}],"o":${orchestration}}`)).toEqual(planOf(stepNode('a')));
  },
);

test('any text is a whole plan or none', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        anyText(60),
        fc.json(),
        fc.json().map((json) => `{"n":[${json}]}`),
      ),
      (text) => {
        const plan = decodePlan(text);
        expect(plan === null ? [] : problemsOfPlan(plan)).toEqual([]);
      },
    ),
    {numRuns: 1_000},
  );
});

test('a damaged plan is a whole plan or none', () => {
  fc.assert(
    fc.property(plans, mutations, (some, changes) => {
      const plan = decodePlan(mutate(encodePlan(some), changes));
      expect(plan === null ? [] : problemsOfPlan(plan)).toEqual([]);
    }),
    {numRuns: 1_000},
  );
});

test('two thousand steps fit into the share of the store that jobs may use', () => {
  expect(utf8Bytes(encodePlan(loosePlan(2_000)))).toBeLessThan(60_000);
});

test('a plan whose retries would wait beyond all dates is none', () => {
  const text = encodePlan(planOf(stepNode('a', {retry: {...DEFAULT_RETRY, delayMs: 5}})));
  expect(decodePlan(text)).not.toBeNull();
  expect(decodePlan(text.replace('[2,5,', '[2,1e300,'))).toBeNull();
});

test('a range is stored as a number, however long it is', () => {
  const text = encodePlan(planOf(rangeNode('n', 2 ** 31 - 1)));
  expect(text).toBe('{"n":[{"m":"n","h":"work","w":10,"k":2147483647}]}');
  expect(decodePlan(text)?.nodes).toMatchObject([{items: {kind: 'range', count: 2 ** 31 - 1}}]);
});

const rows = Array.from({length: 3_000}, (_none, index) => ({row: index + 2, name: `ä${index}`}));

test('many items stand on a line of their own, behind a plan that can be read by eye', () => {
  const [head, items, ...more] = encodePlan(planOf(mapNode('row', rows), reduceNode('sum', 0))).split('\n');
  expect(head).toBe('{"n":[{"m":"row","h":"work","w":10,"k":3000,"y":1},{"i":"sum","h":"work","d":[0],"v":0}]}');
  expect(items).toMatch(/^z[\w-]+$/);
  expect(more).toEqual([]);
});

test('two long lists have a line each', () => {
  const other = rows.map(({row}) => row);
  const plan = planOf(mapNode('a', rows), mapNode('b', [1]), mapNode('c', other));
  const text = encodePlan(plan);
  expect(text.split('\n')).toHaveLength(3);
  expect(plainPlan(decodePlan(text) as Plan)).toEqual(plainPlan(plan));
});

test('items are unpacked when the first of them is asked for, and only once', () => {
  const parse = jest.spyOn(JSON, 'parse');
  const lengths = (): readonly number[] =>
    parse.mock.calls.map(([text]) => text.length).filter((length) => length > 500);
  const text = encodePlan(planOf(mapNode('row', rows)));
  const plan = decodePlan(text);
  const node = plan?.nodes[0];
  expect(node?.kind === 'map' && node.items.count).toBe(3_000);
  expect(lengths()).toEqual([]);
  expect(node?.kind === 'map' && [node.items.at(0), node.items.at(2_999)]).toEqual([rows[0], rows[2_999]]);
  expect(lengths()).toEqual([JSON.stringify(rows).length]);
  parse.mockRestore();
});

test.each([
  ['packed text that is broken', 'z!!'],
  ['no JSON', '[1,2'],
  ['no list', '{"length":2}'],
  ['too few items', '[1]'],
  ['too many items', '[1,2,3]'],
])('a line with %s is reported when an item is asked for', (_what, line) => {
  const node = decodePlan(`{"n":[{"m":"a","h":"f","w":1,"k":2,"y":1}]}\n${line}`)?.nodes[0];
  expect(node?.kind === 'map' && node.items.count).toBe(2);
  expect(() => node?.kind === 'map' && node.items.at(0)).toThrow(/^The stored text of 2 items is damaged/);
});

test('the text of version 0.1.0, packed with its items in it, is read', () => {
  const values = Array.from({length: 300}, (_none, index) => ({index, text: 'the same for all'}));
  const text = pack(JSON.stringify({n: [{m: 'row', h: 'work', w: 10, x: values}]}));
  expect(text).toMatch(/^z/);
  expect(plainPlan(decodePlan(text) as Plan)).toEqual(plainPlan(planOf(mapNode('row', values))));
});
