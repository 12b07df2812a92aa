import {planOfChain} from '../../src/orchestration/chain';
import {frozen, HANDLERS, LIMITS, refusal, UNSTORABLE} from '../support/requests';

const compile = (request: Record<string, unknown>) => planOfChain(frozen({name: 'c', ...request}), LIMITS, HANDLERS);
const task = (fields: object = {}): object => ({handler: 'work', ...fields});

function expectInvalid(request: Record<string, unknown>, ...says: readonly (string | RegExp)[]): void {
  const error = refusal(() => compile(request));
  expect(error).toMatchObject({name: 'AstJobsValidationError', code: 'INVALID_REQUEST'});
  for (const part of says) expect(error.message).toMatch(part);
}

test('each task depends on the one before it', () => {
  const plan = compile({tasks: [task(), task({payload: 5}), task({id: 'last'})]});
  expect(plan).toEqual({
    nodes: [
      {kind: 'step', id: 'chain_step_1', handler: 'work', deps: [], payload: null, ...LIMITS},
      {kind: 'step', id: 'chain_step_2', handler: 'work', deps: [0], payload: 5, ...LIMITS},
      {kind: 'step', id: 'last', handler: 'work', deps: [1], payload: null, ...LIMITS},
    ],
    orchestration: {helper: 'chain', mode: 'run'},
  });
});

test('ids can have another prefix, and tasks policies of their own', () => {
  const {nodes} = compile({
    tasks: [task({retry: {maxRetries: 0}, maxCrashes: 1})],
    stepIdPrefix: 'etl',
    mode: 'ENQUEUE',
  });
  expect(nodes).toMatchObject([{id: 'etl_1', retry: {maxRetries: 0}, maxCrashes: 1}]);
});

test('a task cannot choose its dependencies: the chain does', () => {
  expect(
    compile({tasks: [task({dependsOn: ['chain_step_2']}), task({dependsOn: []})]}).nodes.map((node) => node.deps),
  ).toEqual([[], [0]]);
});

test.each([[undefined], [null], [[]], [{}], ['work']])('tasks must be a non-empty array, not %j', (tasks) => {
  expectInvalid({tasks}, 'Chain tasks must be a non-empty array', 'got ');
});

test.each([[undefined], [null], ['work'], [[]]])('a task must be an object, not %j', (raw) => {
  expectInvalid({tasks: [task(), raw]}, 'Each chain task must be an object', 'at index 1');
});

test('a hole in the list is a missing task', () => {
  const tasks = [task(), task()];
  tasks[3] = task();
  expectInvalid({tasks}, 'Each chain task must be an object, got nothing at index 2');
});

test('ids that occur twice are refused, made ones among them', () => {
  expectInvalid({tasks: [task({id: 'a'}), task({id: 'a'})]}, 'must be unique', '`"a"` occurs twice');
  expectInvalid({tasks: [task({id: 'chain_step_2'}), task()]}, 'must be unique', '`"chain_step_2"` occurs twice');
});

test.each(['', '__proto__', 'constructor', 'a\u0000b', '\ud800'])(
  'the id %j is refused with the task that has it',
  (id) => {
    expectInvalid({tasks: [task(), task({id})]}, 'Task 2 ');
  },
);

test.each(['', 5, 'a\nb', '__proto__'])('the prefix %j is refused', (stepIdPrefix) => {
  expectInvalid({tasks: [task()], stepIdPrefix}, 'stepIdPrefix ');
});

test('a mode that is not known is refused', () => {
  expectInvalid(
    {tasks: [task()], mode: 'later'},
    'Invalid orchestration mode',
    "expected 'run' or 'enqueue'",
    'got `"later"`',
  );
});

test('a handler that is missing is refused with the step that names it', () => {
  expectInvalid({tasks: [task({handler: undefined})]}, 'The handler of step `"chain_step_1"`', 'got nothing');
  expect(refusal(() => compile({tasks: [task({handler: 'vanished'})]}))).toMatchObject({
    code: 'HANDLER_NOT_FOUND',
    details: {handler: 'vanished'},
  });
});

test.each(UNSTORABLE)('a payload with %s is refused', (_what, payload, says) => {
  expectInvalid({tasks: [task(), task({payload})]}, 'The payload of step `"chain_step_2"`', says);
});

test('a hundred thousand tasks are refused with the number and the way out', () => {
  expectInvalid({tasks: Array(100_000).fill(task())}, 'at most 2000 steps', 'got 100000', 'Use enqueueMany');
});

test('a list that claims billions of tasks is refused by its length', () => {
  expectInvalid({tasks: new Array(4_294_967_295)}, 'at most 2000 steps, got 4294967295');
});

test('fields of a task that are inherited are read as those of a step are', () => {
  const {nodes} = compile({tasks: [Object.create(task({payload: 5, maxCrashes: 2}))]});
  expect(nodes[0]).toMatchObject({id: 'chain_step_1', payload: 5, maxCrashes: 2});
});
