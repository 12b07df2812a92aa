import {planOfFanOut} from '../../src/orchestration/fan-out';
import {plainPlan} from '../support/plans';
import {frozen, HANDLERS, LIMITS, refusal, UNSTORABLE, work} from '../support/requests';

const compile = (request: Record<string, unknown>) =>
  planOfFanOut(frozen({name: 'f', items: [1, 2], handler: 'work', ...request}), LIMITS, HANDLERS);

function expectInvalid(
  request: Record<string, unknown>,
  says: readonly (string | RegExp)[],
  code = 'INVALID_REQUEST',
): void {
  const error = refusal(() => compile(request));
  expect(error).toMatchObject({name: 'AstJobsValidationError', code});
  for (const part of says) expect(error.message).toMatch(part);
}

test('many items are one map step', () => {
  expect(plainPlan(compile({}))).toEqual({
    nodes: [
      {
        kind: 'map',
        prefix: 'item',
        handler: 'work',
        deps: [],
        items: [1, 2],
        shared: undefined,
        maxConcurrency: 10,
        checkpoint: {everyMs: 1_200, everyItems: 100},
        ...LIMITS,
      },
    ],
    orchestration: {helper: 'enqueue_many', mode: 'enqueue'},
  });
});

test('everything can be chosen', () => {
  const plan = compile({
    handler: work,
    stepIdPrefix: ' row ',
    maxConcurrency: 1_000,
    sharedPayload: {sheet: 'S'},
    mode: 'run',
  });
  expect(plan).toMatchObject({
    nodes: [{prefix: 'row', handler: 'work', shared: {sheet: 'S'}, maxConcurrency: 1_000}],
    orchestration: {mode: 'run'},
  });
});

test('items and what is shared are copies', () => {
  const items = [{n: 1}];
  const sharedPayload = {list: [1]};
  const plan = planOfFanOut({items, sharedPayload, handler: 'work'}, LIMITS, HANDLERS);
  items[0] = {n: 2};
  sharedPayload.list.push(2);
  expect(plainPlan(plan)).toMatchObject({nodes: [{items: [{n: 1}], shared: {list: [1]}}]});
});

test.each([[undefined], [null], [[]], [{}], ['ab'], [{length: 2}], [5]])(
  'items must be a non-empty array, not %j',
  (items) => {
    expectInvalid({items}, ['items of enqueueMany must be a non-empty array', 'got ']);
  },
);

test('a hundred thousand items are taken, one more is refused with the number and the way out', () => {
  expect(compile({items: Array(100_000).fill(0)}).nodes).toHaveLength(1);
  expectInvalid({items: Array(100_001).fill(0)}, [
    'at most 100000 items',
    'got 100001',
    'Split them over several jobs',
  ]);
});

test.each(UNSTORABLE)('items with %s are refused', (_what, value, says) => {
  expectInvalid({items: [1, value]}, [
    'The items of enqueueMany must be JSON serializable',
    says.replace(' at ', ' at [1]'),
    'Pass plain data',
  ]);
});

test.each(UNSTORABLE)('a shared payload with %s is refused', (_what, value, says) => {
  expectInvalid({sharedPayload: value}, ['The shared payload of enqueueMany must be JSON serializable', says]);
});

test.each([0, -1, 1_001, 1.5, NaN, '10'])('maxConcurrency is an integer from 1 to 1000, not %p', (maxConcurrency) => {
  expectInvalid({maxConcurrency}, ['maxConcurrency must be an integer from 1 to 1000', 'got `'], 'INVALID_OPTION');
});

test.each(['', 5, '__proto__', 'a\u0007', '\udfff', 'x'.repeat(101)])('the prefix %j is refused', (stepIdPrefix) => {
  expectInvalid({stepIdPrefix}, ['stepIdPrefix ']);
});

test('a mode that is not known is refused', () => {
  expectInvalid({mode: 'later'}, ['Invalid orchestration mode', 'got `"later"`']);
});

test('a handler that is missing is refused', () => {
  expectInvalid({handler: undefined}, [
    'The handler of enqueueMany must be the name of a global function',
    'got nothing',
  ]);
  expectInvalid({handler: 'vanished'}, ['`"vanished"`', 'was not found', 'global function'], 'HANDLER_NOT_FOUND');
});

test.each([
  ['text', () => 'rows'],
  ['an object', () => ({rows: 1})],
  ['an empty list', () => []],
  ['too many', () => new Array(100_001).fill(0)],
])('items whose toJSON makes %s of them are refused', (_what, toJSON) => {
  expectInvalid({items: Object.assign([1], {toJSON})}, [/items of enqueueMany must be a non-empty|at most 100000/]);
});

test.each([1, 5, 100_001, 2 ** 31 - 1])('a range of %d items is a number', (count) => {
  const [node] = compile({items: {count}}).nodes;
  expect(node).toMatchObject({kind: 'map', items: {kind: 'range', count}});
});

test.each([0, -1, 1.5, 2 ** 31, Infinity, NaN, '5', null, {}, [3], true])('a range of %p items is refused', (count) => {
  expectInvalid({items: {count}}, [
    'items.count of enqueueMany must be an integer from 1 to 2147483647, got ',
    typeof count === 'number' ? `got \`${count}\`` : 'got `',
  ]);
});

test('a range with another field is refused, since nobody would look at it', () => {
  expectInvalid({items: {count: 5, start: 10}}, ['items of enqueueMany has the field `"start"` beside count']);
});
