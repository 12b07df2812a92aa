import type {StepNode} from '../../src/core/plan';
import {planOfWorkflow, workflowRequest, workflowWith} from '../../src/orchestration/workflow';
import {frozen, HANDLERS, LIMITS, refusal} from '../support/requests';

type Fields = Readonly<Record<string, unknown>>;

const compile = (jobs: unknown) => planOfWorkflow(frozen({name: 'w', jobs}), LIMITS, HANDLERS);
const job = (name: unknown, fields: object = {}): object => ({name, handler: 'work', ...fields});

function expectInvalid(jobs: unknown, ...says: readonly string[]): void {
  const error = refusal(() => compile(jobs));
  expect(error).toMatchObject({name: 'AstJobsValidationError', code: 'INVALID_REQUEST'});
  for (const part of says) expect(error.message).toContain(part);
  // The user wrote jobs with names.
  expect(error.message).not.toMatch(/\bsteps?\b|\bids?\b|^dependsOn/i);
}

test('a list and jobs by name make the same plan', () => {
  const listed = compile([
    job('extract'),
    job('left', {depends_on: 'extract', args: ['l', 1]}),
    job('right', {dependsOn: ['extract'], payload: {side: 'r'}}),
    job('load', {depends_on: ['left', 'right'], retry: {maxRetries: 5}, timeoutMs: 1_000, maxCrashes: 1}),
  ]);
  expect((listed.nodes as readonly StepNode[]).map(({id, deps, payload}) => [id, deps, payload])).toEqual([
    ['extract', [], null],
    ['left', [0], {args: ['l', 1]}],
    ['right', [0], {side: 'r'}],
    ['load', [1, 2], null],
  ]);
  expect(listed.nodes[3]).toMatchObject({retry: {maxRetries: 5}, timeoutMs: 1_000, maxCrashes: 1, handler: 'work'});
  expect(listed.orchestration).toBeNull();
  expect(
    compile({
      extract: {handler: 'work'},
      left: {handler: 'work', depends_on: ['extract'], args: ['l', 1]},
      right: {handler: 'work', dependsOn: 'extract', payload: {side: 'r'}},
      load: job('load', {dependsOn: ['left', 'right'], retry: {maxRetries: 5}, timeoutMs: 1_000, maxCrashes: 1}),
    }),
  ).toEqual(listed);
});

test.each<[jobs: unknown, says: readonly string[]]>([
  [undefined, ['A workflow requires jobs', 'got nothing']],
  [[], ['non-empty list', 'got `[]`']],
  [{}, ['by name', 'got `{}`']],
  ['extract', ['got `"extract"`']],
  [
    [job('a'), null],
    ['Each job of a workflow must be an object', 'got `null` at place 2'],
  ],
  [[job('a'), , job('b')], ['got nothing at place 2']],
  [{a: null}, ['got `null` as job `"a"`']],
  [[job(undefined)], ['Job 1 of the workflow requires a non-empty string name']],
  [[job('n'.repeat(101))], ['requires a name of at most 100 characters']],
  [{'': {handler: 'work'}}, ['requires a non-empty string name']],
  [{a: job('b')}, ['Job `"a"` of the workflow calls itself `"b"`']],
  [[job('a'), job('a')], ['Job names must be unique, and `"a"` occurs twice']],
  [[job('a', {depends_on: 'b'})], ['Job `"a"` depends on `"b"`, an unknown job']],
  [[job('a', {depends_on: 'a'})], ['Job `"a"` cannot depend on itself']],
  [[job('a', {depends_on: [5]})], ['depends_on of job `"a"` must name jobs, got `5`']],
  [
    [job('a', {depends_on: 'b'}), job('b', {depends_on: 'a'}), job('c', {depends_on: 'b'})],
    ['The jobs `["a","b","c"]` form a dependency cycle'],
  ],
  [[job('a', {depends_on: [], dependsOn: []})], ['has depends_on and dependsOn']],
  [[job('a', {args: [], payload: {}})], ['Job `"a"` of the workflow has args and a payload']],
  [[job('a', {args: 'x'})], ['args of job `"a"` must be a list, got `"x"`']],
  [[job('a', {handler: undefined})], ['The handler of job `"a"` must be the name']],
  [[job('a', {payload: {f: () => 1}})], ['The payload of job `"a"` must be JSON', 'a function at .f']],
])('%j is refused in words of the workflow', (jobs, says) => {
  expectInvalid(jobs, ...says);
});

test('more jobs than a plan holds are refused by their number', () => {
  const error = refusal(() => compile(Array(2_001).fill(job('a'))));
  expect(error.message).toContain('A workflow may have at most 2000 jobs, got 2001');
});

test.each<[field: string, says: string]>([
  ['command', 'write handler'],
  ['runtime', 'no choice of machines'],
  ['max_cpu', 'no choice of machines'],
  ['network', 'no choice of machines'],
  ['volumes', 'AST.Storage.put'],
  ['uploads', 'AST.Storage.put'],
  ['secret_environment', 'whole workflow'],
  ['environment', 'whole workflow'],
  ['requires', 'write depends_on'],
  ['timeout_ms', 'write timeoutMs'],
  ['max_crashes', 'write maxCrashes'],
  ['<<', 'merge keys'],
  ['toString', 'it is not known here; known are name, handler, args'],
  ['colour', 'it is not known here; known are name, handler, args'],
])('a job with %s is refused with what to do instead', (field, says) => {
  const error = refusal(() => compile([job('extract', {[field]: 1})]));
  expect(error).toMatchObject({
    ...{name: 'AstJobsCapabilityError', code: 'NOT_SUPPORTED'},
    details: {job: 'extract', field},
  });
  expect(error.message).toContain(`Job \`"extract"\` of the workflow has the field \`"${field}"\`: `);
  expect(error.message).toContain(says);
});

test.each<[workflow: Fields, says: string]>([
  [{steps: []}, 'a workflow has jobs'],
  [{mode: 'run'}, 'AST.Jobs.resume(id) starts it at once'],
  [{yamlContent: 'jobs: []'}, 'pass the YAML text itself'],
  [{workflow: 'name'}, 'its name as name'],
  [{secret_environment: {}}, 'write secretEnvironment'],
  [{run_at: 'x'}, 'write runAt'],
  [{volumes: []}, 'AST.Storage.put'],
  [{version: '2.0'}, 'version "1.0", got `"2.0"`'],
  [{version: 1.1}, 'version "1.0", got `1.1`'],
])('a workflow with %j is refused', (fields, says) => {
  const error = refusal(() => workflowRequest({name: 'w', jobs: [job('a')], ...fields}));
  expect(error.code).toBe('NOT_SUPPORTED');
  expect(error.message).toContain(says);
});

test.each([undefined, null, 1, '1', '1.0'])('version %j is this one', (version) => {
  const workflow = {name: 'w', version, jobs: [job('a')]};
  expect(workflowRequest(workflow)).toBe(workflow);
});

test('what the call says goes before what the workflow says, and may not be the jobs themselves', () => {
  const workflow = frozen({name: 'w', tags: ['a'], jobs: [job('a')]});
  expect(workflowWith(workflow, {name: 'today', priority: 'high'})).toEqual({
    ...workflow,
    ...{name: 'today', priority: 'high'},
  });
  expect(refusal(() => workflowWith(workflow, {jobs: []})).code).toBe('NOT_SUPPORTED');
});
