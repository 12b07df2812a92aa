import {planOfFanOut} from '../../src/orchestration/fan-out';
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
  expect(compile({})).toEqual({
    nodes: [
      {
        kind: 'map',
        prefix: 'item',
        handler: 'work',
        deps: [],
        items: [1, 2],
        shared: undefined,
        maxConcurrency: 10,
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
  expect(plan.nodes).toMatchObject([{items: [{n: 1}], shared: {list: [1]}}]);
});

test.each([[undefined], [null], [[]], [{}], ['ab'], [{length: 2}], [5]])(
  'items must be a non-empty array, not %j',
  (items) => {
    expectInvalid({items}, ['items of enqueueMany must be a non-empty array', 'got ']);
  },
);

test('twenty thousand items are taken, one more is refused with the number and the way out', () => {
  expect(compile({items: Array(20_000).fill(0)}).nodes).toHaveLength(1);
  expectInvalid({items: Array(20_001).fill(0)}, ['at most 20000 items', 'got 20001', 'Split them over several jobs']);
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

test.each([0, -1, 1_001, 1.5, NaN, '10', null])(
  'maxConcurrency is an integer from 1 to 1000, not %p',
  (maxConcurrency) => {
    expectInvalid({maxConcurrency}, ['maxConcurrency must be an integer from 1 to 1000', 'got `'], 'INVALID_OPTION');
  },
);

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
  ['too many', () => new Array(20_001).fill(0)],
])('items whose toJSON makes %s of them are refused', (_what, toJSON) => {
  expectInvalid({items: Object.assign([1], {toJSON})}, [/items of enqueueMany must be a non-empty|at most 20000/]);
});
