/** Workflows: one job whose steps are the workflow's jobs. */
import {readFileSync} from 'node:fs';
import type {
  Forecast,
  JobRecord,
  WorkflowJobRecord,
  WorkflowRecord,
  WorkflowRequest,
  WorkflowStatus,
} from '../../src/types';
import type {ProjectSource} from '../simulator';
import {DAY_MS, MINUTE_MS, SECOND_MS, asLibrary, pasted, step, useLabs} from './lab';

const newLab = useLabs();

const YAML_FILE = {name: 'Yaml.js', source: readFileSync('dist-extras/Yaml.js', 'utf8')};

/** Yaml.js comes last: who looks for it when it is loaded finds nothing. */
const withYaml = (project: ProjectSource): ProjectSource => ({...project, files: [...project.files, YAML_FILE]});

const DIAMOND: WorkflowRequest = {
  name: 'pipeline',
  version: '1.0',
  jobs: [
    {name: 'extract', handler: 'act', args: ['a.csv', 3]},
    {name: 'left', handler: 'act', depends_on: ['extract'], payload: {result: 'l'}},
    {name: 'right', handler: 'act', depends_on: 'extract', payload: {failures: 1, result: 'r'}},
    {name: 'load', handler: 'act', dependsOn: ['left', 'right']},
  ],
};

const DIAMOND_YAML = `
version: "1.0"
name: pipeline
jobs:
  - name: extract
    handler: act
    args: ["a.csv", 3]
  - name: left
    handler: act
    depends_on: [extract]
    payload: {result: l}
  - name: right
    handler: act
    depends_on: extract        # one name is enough
    payload:
      failures: 1
      result: r
  - name: load
    handler: act
    depends_on:
      - left
      - right
`;

const FORMS: readonly (readonly [form: string, workflow: unknown, project: () => ProjectSource])[] = [
  ['an object', DIAMOND, () => pasted()],
  ['YAML', DIAMOND_YAML, () => withYaml(pasted())],
  ['YAML in a library host that adds the file', DIAMOND_YAML, () => withYaml(asLibrary())],
];

describe.each(FORMS)('a diamond as %s', (_form, workflow, project) => {
  test('is enqueued, runs in order through a retry, and tells how it stands', () => {
    const lab = newLab({project: project()});
    const record = lab.call('runWorkflow', workflow);
    expect(record).toMatchObject({name: 'pipeline', status: 'queued'});
    expect(record.steps.map(({id, payload}) => [id, payload])).toEqual([
      ['extract', {args: ['a.csv', 3]}],
      ['left', {result: 'l'}],
      ['right', {failures: 1, result: 'r'}],
      ['load', null],
    ]);
    expect(lab.runs()).toEqual([]);
    expect(lab.call('getWorkflowStatus', record.id)).toMatchObject({
      ...{id: record.id, name: 'pipeline', status: 'queued', startedAt: null, completedAt: null, error: null},
      progress: {total: 4, completed: 0, failed: 0, pending: 4, running: 0, canceled: 0},
    });
    lab.settle();
    expect(lab.runs()).toEqual(['extract', 'left', 'right', 'right/2', 'load']);
    const status = lab.call<WorkflowStatus>('getWorkflowStatus', record.id);
    expect(status).toMatchObject({status: 'completed', progress: {total: 4, completed: 4, pending: 0}, error: null});
    expect(status.completedAt).not.toBeNull();
    expect(
      status.jobs.map(({name, status: state, dependsOn, attempts, handler}) => [
        name,
        state,
        dependsOn,
        attempts,
        handler,
      ]),
    ).toEqual([
      ['extract', 'completed', [], 0, 'act'],
      ['left', 'completed', ['extract'], 0, 'act'],
      ['right', 'completed', ['extract'], 1, 'act'],
      ['load', 'completed', ['left', 'right'], 0, 'act'],
    ]);
    expect(lab.call('getWorkflowJobs', record.id)).toEqual(status.jobs);
    expect(lab.call('result', record.id, 'right')).toBe('r');
    lab.expectTidy();
  });
});

test('while one of its jobs runs, that one is running', () => {
  const lab = newLab();
  const {id} = lab.call('runWorkflow', {
    name: 'w',
    jobs: {a: {handler: 'act', payload: {ms: 20_000}}, b: {handler: 'act', depends_on: 'a'}},
  });
  lab.world.runWhile(() => lab.runs().length < 1, 10 * MINUTE_MS);
  lab.pass(SECOND_MS);
  const {status, progress} = lab.call<WorkflowStatus>('getWorkflowStatus', id);
  expect([status, progress]).toEqual([
    'running',
    {total: 2, completed: 0, failed: 0, pending: 1, running: 1, canceled: 0},
  ]);
});

test('one that fails says in which job, and what it held up stays pending', () => {
  const lab = newLab();
  const {id} = lab.call('runWorkflow', {
    name: 'w',
    retry: {maxRetries: 0},
    jobs: [
      {name: 'bad', handler: 'act', payload: {failures: 9, message: 'no such sheet'}},
      {name: 'after', handler: 'act', depends_on: 'bad'},
      {name: 'beside', handler: 'act'},
    ],
  });
  lab.settle();
  const status = lab.call<WorkflowStatus>('getWorkflowStatus', id);
  expect(status).toMatchObject({
    ...{status: 'failed', completedAt: null, error: {job: 'bad', message: 'no such sheet'}},
    progress: {total: 3, completed: 1, failed: 1, pending: 1},
  });
  expect(status.jobs.map(({name, status: state, error}) => [name, state, error?.message ?? null])).toEqual([
    ['bad', 'failed', 'no such sheet'],
    ['after', 'pending', null],
    ['beside', 'completed', null],
  ]);
});

test('what the call says of the whole goes to the job, and the payload of the workflow to jobs without one', () => {
  const lab = newLab({
    project: pasted('function tell(ctx) { return ctx.payload; }'),
  });
  const workflow = {
    ...{name: 'w', tags: ['nightly'], payload: {shared: 1}},
    jobs: {own: {handler: 'tell', args: [1]}, none: {handler: 'tell'}},
  };
  const record = lab.call('runWorkflow', workflow, {name: 'of today', tags: ['by hand'], priority: 'high'});
  expect(record).toMatchObject({name: 'of today', tags: ['by hand'], priority: 'high'});
  expect(lab.settle().status(record.id).results).toEqual({own: {args: [1]}, none: {shared: 1}});
});

test('the list has open workflows, newest first, in pages, and ended ones only when asked', () => {
  const lab = newLab();
  const run = (name: string): string => lab.call('runWorkflow', {...DIAMOND, name}).id;
  lab.enqueue([step('a')], {name: 'no workflow'});
  const ended = run('ended');
  lab.settle();
  const [one, two, three] = ['one', 'two', 'three'].map((name) => {
    lab.pass(SECOND_MS);
    return run(name);
  });
  lab.call('cancel', one);
  const ids = (filters?: object): readonly string[] =>
    lab.call<readonly WorkflowRecord[]>('listWorkflows', filters).map(({id}) => id);
  expect(ids()).toEqual([three, two]);
  expect(ids({includeCompleted: true})).toEqual([three, two, one, ended]);
  expect(ids({includeCompleted: true, limit: 2, offset: 1})).toEqual([two, one]);
  expect(ids({offset: 5})).toEqual([]);
  const [row] = lab.call<readonly WorkflowRecord[]>('listWorkflows');
  expect(row).toMatchObject({name: 'three', progress: {total: 4, pending: 4}});
  expect(row).not.toHaveProperty('jobs');
  for (const filters of [{limit: 0}, {offset: -1}, {includeCompleted: 'yes'}])
    expect(lab.refusal('listWorkflows', filters).code).toBe('INVALID_OPTION');
});

test('one whose jobs were dropped still tells what it was', () => {
  const lab = newLab();
  const {id} = lab.call('runWorkflow', DIAMOND);
  lab.settle().pass(8 * DAY_MS);
  lab.enqueue([step('a')]);
  lab.settle();
  expect(lab.status(id).folded).toBe(true);
  expect(lab.call('getWorkflowStatus', id)).toMatchObject({status: 'completed', progress: null, jobs: []});
});

test('a job that is no workflow is told apart from one that is not there', () => {
  const lab = newLab();
  const {id} = lab.enqueue([step('a')]);
  for (const method of ['getWorkflowStatus', 'getWorkflowJobs']) {
    expect(lab.refusal(method, id)).toMatchObject({
      ...{name: 'AstJobsNotFoundError', code: 'WORKFLOW_NOT_FOUND'},
      message: `Job ${id} is no workflow, since runWorkflow did not make it: ask AST.Jobs.status for it.`,
    });
    expect(lab.refusal(method, 'job_absent')).toMatchObject({code: 'WORKFLOW_NOT_FOUND'});
  }
});

test('a workflow costs the calls of the same steps enqueued', () => {
  const calls = (method: string, request: object): number => {
    const lab = newLab();
    lab.call(method, request);
    return lab.world.counts().calls;
  };
  const plain = {name: 'pipeline', steps: [step('a'), step('b', {}, {dependsOn: 'a'})]};
  const jobs = plain.steps.map(({id, ...rest}) => ({name: id, ...rest}));
  expect(calls('runWorkflow', {name: 'pipeline', jobs})).toBe(calls('enqueue', plain));
});

test('plan estimates a workflow as it is', () => {
  const lab = newLab();
  expect(lab.call<Forecast>('plan', DIAMOND, {stepMs: 1_000})).toMatchObject({units: 4});
  expect(lab.refusal('plan', {...DIAMOND, command: 'x'}, {stepMs: 1_000}).code).toBe('NOT_SUPPORTED');
  expect(lab.jobKeys()).toEqual([]);
});

describe('YAML', () => {
  test('that nothing reads is refused with the way out, and an object needs no reader', () => {
    const lab = newLab();
    const refusal = lab.refusal('runWorkflow', DIAMOND_YAML);
    expect(refusal).toMatchObject({name: 'AstJobsCapabilityError', code: 'YAML_MISSING'});
    expect(refusal.message).toMatch(/add the file Yaml\.js.*bind\(globalThis, \{yaml: ASTYaml\}\)/);
    expect(lab.jobKeys()).toEqual([]);
  });

  test('is read by what the host hands over, and by the file in the library’s own script', () => {
    const handed = asLibrary('', 'ASTX.Jobs.bind(globalThis, {yaml: {parse: (text) => JSON.parse(text)}});');
    expect(newLab({project: handed}).call('runWorkflow', JSON.stringify(DIAMOND))).toMatchObject({status: 'queued'});
    const library = asLibrary();
    const project = {
      ...library,
      libraries: (library.libraries ?? []).map((one) => ({...one, files: [...one.files, YAML_FILE]})),
    };
    expect(newLab({project}).call('runWorkflow', DIAMOND_YAML)).toMatchObject({status: 'queued'});
  });

  test.each<[what: string, text: string, says: string]>([
    ['a tab', 'name: w\njobs:\n\t- name: a', 'Tabs are not allowed as indentation at line 3, column 1.'],
    ['a key twice', 'name: w\nname: v\njobs: []', 'Map keys must be unique at line 2, column 1.'],
    ['an unknown tag', 'name: !env W\njobs: []', 'Unresolved tag: !env at line 1, column 7.'],
    ['an open quote', 'name: "w\njobs: []', 'at line '],
    ['two documents', 'name: w\n---\nname: v', 'more than one document'],
    ['an unknown anchor', 'name: *w', 'Unresolved alias'],
    ['a bomb', bomb(), 'Excessive alias count'],
    ['plain text', 'just a name', 'expects a workflow, an object like {name, jobs'],
    ['nothing', '', 'got `null`'],
    ['a list', '- a', 'got `["a"]`'],
    ['too much', `name: ${'x'.repeat(200_000)}`, 'at most 200000 characters, got 200006'],
    [
      'a cycle',
      'name: w\njobs:\n  a: {handler: act, depends_on: b}\n  b: {handler: act, depends_on: a}',
      'dependency cycle',
    ],
    ['a circle', 'name: w\njobs:\n  a: {handler: act, args: &x [*x]}', 'The payload of job `"a"` must be JSON'],
    ['an unknown job', 'name: w\njobs:\n  a: {handler: act, depends_on: z}', '`"z"`, an unknown job'],
    ['a job twice', 'name: w\njobs:\n- {name: a, handler: act}\n- {name: a, handler: act}', '`"a"` occurs twice'],
  ])('with %s is refused in a sentence, and nothing is stored', (_what, text, says) => {
    const lab = newLab({project: withYaml(pasted())});
    const refusal = lab.refusal('runWorkflow', text);
    expect(refusal).toMatchObject({name: 'AstJobsValidationError', code: 'INVALID_REQUEST'});
    expect(refusal.message).toContain(says);
    expect(lab.jobKeys()).toEqual([]);
  });

  test('may share parts by anchors', () => {
    const lab = newLab({project: withYaml(pasted())});
    const text = `
      name: w
      jobs:
        a: {handler: act, retry: &often {maxRetries: 7}, payload: &p {result: 1}}
        b: {handler: act, retry: *often, payload: *p}
    `;
    const {id} = lab.call<JobRecord>('runWorkflow', text);
    lab.settle();
    const jobs = lab.call<readonly WorkflowJobRecord[]>('getWorkflowJobs', id);
    expect(jobs.map(({status}) => status)).toEqual(['completed', 'completed']);
    expect(lab.status(id).results).toEqual({a: 1, b: 1});
  });
});

function bomb(): string {
  const rows = ['name: &r0 [x, x, x, x, x, x, x, x, x]'];
  for (let row = 1; row < 9; row++)
    rows.push(
      `r${row}: &r${row} [${Array(9)
        .fill(`*r${row - 1}`)
        .join(', ')}]`,
    );
  return rows.join('\n');
}
