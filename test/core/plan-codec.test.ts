import fc from 'fast-check';
import {utf8Bytes} from '../../src/core/bytes';
import {decodePlan, encodePlan} from '../../src/core/plan-codec';
import {DEFAULT_RETRY} from '../../src/core/retry';
import {anyText, mutate, mutations} from '../support/arbitraries';
import {loosePlan, mapNode, planOf, plans, reduceNode, stepNode} from '../support/plans';
import {problemsOfPlan} from '../support/validity';

test('a plan comes back as it was', () => {
  fc.assert(
    fc.property(plans, (plan) => {
      const decoded = decodePlan(encodePlan(plan));
      expect(decoded).toEqual(plan);
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
