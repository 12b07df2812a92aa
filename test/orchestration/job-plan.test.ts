import fc from 'fast-check';
import {planOfSteps} from '../../src/orchestration/job-plan';
import {frozen, HANDLERS, LIMITS, refusal, UNSTORABLE} from '../support/requests';

const compile = (steps: unknown) => planOfSteps(frozen(steps), LIMITS, HANDLERS);
const step = (id: unknown, fields: object = {}): object => ({id, handler: 'work', ...fields});

/** Refused with an error about the request, whose message says all of this. */
function expectInvalid(steps: unknown, ...says: readonly (string | RegExp)[]): void {
  const error = refusal(() => compile(steps));
  expect(error).toMatchObject({name: 'AstJobsValidationError', code: 'INVALID_REQUEST'});
  for (const part of says) expect(error.message).toMatch(part);
  expect(error.message.length).toBeLessThan(500);
}

test.each([[undefined], [null], [[]], [{}], ['a'], [{length: 1, 0: step('a')}]])(
  'steps must be a non-empty array, not %j',
  (steps) => {
    expectInvalid(steps, 'non-empty steps array', 'got ');
  },
);

test('a hundred thousand steps are refused at once, with the number and the way out', () => {
  const steps = Array(100_000).fill(step('a')) as unknown;
  expectInvalid(steps, 'at most 2000 steps', 'got 100000', 'Use enqueueMany or mapReduce');
});

test.each([[undefined], [null], ['a'], [5], [[]]])('a step must be an object, not %j', (raw) => {
  expectInvalid([step('a'), raw], 'Each step must be an object', 'at index 1');
});

test('a hole in the list is a missing step', () => {
  expectInvalid([step('a'), , step('b')], 'Each step must be an object, got nothing at index 1');
});

test.each([undefined, '', ' ', 5])('a step needs an id, not %j', (id) => {
  expectInvalid([step(id)], 'Step 1 requires a non-empty string id', 'got ');
});

test.each(['__proto__', 'constructor'])('a step cannot be called %s', (id) => {
  expectInvalid([step(id)], 'cannot have the id', 'choose another');
});

test('an id that occurs twice is refused, also when only spaces differ', () => {
  expectInvalid([step('a'), step('b'), step('a')], 'must be unique', '`"a"` occurs twice');
  expectInvalid([step('a'), step(' a ')], 'must be unique');
});

test('a dependency must name a step', () => {
  for (const dependsOn of [5, '', [''], [null], {}, [[]], [step('b')]])
    expectInvalid([step('a', {dependsOn})], 'dependsOn of step `"a"` must name steps', 'got ');
});

test('a dependency on a step that is not there is refused with its id', () => {
  expectInvalid([step('a'), step('b', {dependsOn: ['a', 'c']})], 'Step `"b"` depends on `"c"`, an unknown step');
  expect(refusal(() => compile([step('b', {dependsOn: 'c'})])).details).toEqual({stepId: 'b', dependencyId: 'c'});
  expectInvalid([step('a', {dependsOn: 'toString'})], 'unknown step');
});

test('a step that depends on itself is refused', () => {
  expectInvalid([step('a', {dependsOn: 'a'})], 'Step `"a"` cannot depend on itself');
});

test('a cycle is refused with its steps', () => {
  const steps = [
    step('start'),
    step('a', {dependsOn: ['start', 'c']}),
    step('b', {dependsOn: 'a'}),
    step('c', {dependsOn: 'b'}),
  ];
  expectInvalid(steps, 'dependency cycle', '["a","b","c"]');
  expect(refusal(() => compile(steps)).details).toEqual({stepIds: ['a', 'b', 'c']});
});

test('a cycle through two thousand steps is found without overflowing the stack', () => {
  const ring = Array.from({length: 2_000}, (_none, index) => step(`s${index}`, {dependsOn: `s${(index + 1) % 2_000}`}));
  expectInvalid(ring, 'dependency cycle');
  expect(compile([...ring.slice(0, -1), step('s1999')]).nodes).toHaveLength(2_000);
});

test.each<[unknown, string]>([
  [undefined, 'INVALID_REQUEST'],
  ['', 'INVALID_REQUEST'],
  [{}, 'INVALID_REQUEST'],
  [() => 1, 'INVALID_REQUEST'],
  ['later', 'INVALID_REQUEST'],
  ['vanished', 'HANDLER_NOT_FOUND'],
])('the handler %p is refused with the step that names it', (handler, code) => {
  const error = refusal(() => compile([step('a'), step('b', {handler})]));
  expect(error).toMatchObject({name: 'AstJobsValidationError', code});
  expect(error.message).toContain('step `"b"`');
});

test.each(UNSTORABLE)('a payload with %s is refused with the step that has it', (_what, payload, says) => {
  expectInvalid([step('a', {payload})], 'The payload of step `"a"` must be JSON serializable', says, 'Pass plain data');
});

test('a graph becomes a plan in the order of the request, with indices for ids', () => {
  const plan = compile([
    step(' c ', {dependsOn: ['b', 'a', 'b']}),
    step('a', {payload: {n: 1}}),
    step('b', {dependsOn: ' a ', maxCrashes: 1, retry: {delayMs: 5}}),
  ]);
  expect(plan).toEqual({
    nodes: [
      {kind: 'step', id: 'c', handler: 'work', deps: [2, 1], payload: null, ...LIMITS},
      {kind: 'step', id: 'a', handler: 'work', deps: [], payload: {n: 1}, ...LIMITS},
      {
        kind: 'step',
        id: 'b',
        handler: 'work',
        deps: [1],
        payload: null,
        maxCrashes: 1,
        timeoutMs: null,
        retry: {...LIMITS.retry, delayMs: 5},
      },
    ],
    orchestration: null,
  });
});

test('no dependencies may be written in four ways', () => {
  for (const dependsOn of [undefined, null, []]) expect(compile([step('a', {dependsOn})]).nodes[0]?.deps).toEqual([]);
  expect(compile([step('a')]).nodes[0]?.deps).toEqual([]);
});

test('any acyclic graph is accepted, and refused once an edge closes a cycle', () => {
  const graphs = fc.array(fc.array(fc.nat(), {maxLength: 4}), {minLength: 2, maxLength: 20});
  fc.assert(
    fc.property(graphs, fc.nat(), (edges, seed) => {
      // Each step depends on steps before it; then all are turned by some places, so that edges point both ways.
      const steps = edges.map((raw, index) =>
        step(`s${index}`, {dependsOn: index === 0 ? [] : [...raw, index - 1].map((edge) => `s${edge % index}`)}),
      );
      const turned = [...steps.slice(seed % steps.length), ...steps.slice(0, seed % steps.length)];
      const {nodes} = compile(turned);
      nodes.forEach((node, index) => expect(node.deps).not.toContain(index));
      // Step s1 depends on s0 in every graph.
      const closed = turned.map((one) => ((one as {id: string}).id === 's0' ? {...one, dependsOn: 's1'} : one));
      expect(refusal(() => compile(closed)).message).toContain('dependency cycle');
    }),
  );
});
