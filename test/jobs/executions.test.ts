/** Executions of named jobs: made, looked at, listed, waited for. */
import type {ExecutionRecord, ExecutionSummary} from '../../src/types';
import {HOUR_MS, noise, pasted, step, useLabs, type Lab, type Refusal} from './lab';

const newLab = useLabs();

const JOBS = `
/** A method of a job, by its name. */
function ofJob(name, defaults, method, args) {
  return outcomeOf(function () {
    var made = jobsApi().job(name, defaults || undefined);
    return method === null ? [made.name].concat(Object.keys(made).sort()) : made[method].apply(made, args || []);
  });
}
/** Spends the duration of its task, and fails where that says so. */
function work(ctx) {
  var task = ctx.payload.item;
  Sim.effect('run', {job: ctx.name, step: ctx.stepId, attempt: ctx.attempt});
  Sim.spend((task.duration || 0) * 1000);
  if (task.fails) throw new Error('task failed');
  return {done: task.duration || 0, shared: ctx.payload.shared};
}
function nested() { return ofJob('other', null, 'waitForExecution', ['job_000000000_0000000000']).error.code; }
/** A status, and the bytes and calls that it took. */
function createAndAsk(name, request) {
  var made = jobsApi().job(name, {handler: 'work'});
  var id = made.createExecution(request);
  return {id: id, status: made.getExecutionStatus(id)};
}
`;

interface Outcome {
  readonly value?: unknown;
  readonly error?: Refusal;
}

const DEFAULTS = {handler: 'work', retry: {maxRetries: 0}};

const jobsLab = (): Lab => newLab({project: pasted(JOBS)});

const attempt = (
  lab: Lab,
  method: string | null,
  args: readonly unknown[] = [],
  name = 'etl',
  defaults: unknown = DEFAULTS,
): Outcome => lab.world.call('ofJob', [name, defaults, method, args]) as Outcome;

function use<Value = ExecutionRecord>(lab: Lab, method: string | null, ...args: readonly unknown[]): Value {
  const {value, error} = attempt(lab, method, args);
  if (error !== undefined) throw new Error(`${error.code}: ${error.message}`);
  return value as Value;
}

const refusal = (
  lab: Lab,
  method: string | null,
  args: readonly unknown[] = [],
  name = 'etl',
  defaults: unknown = DEFAULTS,
): Refusal => {
  const {value, error} = attempt(lab, method, args, name, defaults);
  if (error === undefined) throw new Error(`Expected a refusal, got ${JSON.stringify(value)}`);
  return error;
};

const create = (lab: Lab, tasks: readonly unknown[], more: object = {}): string =>
  use<string>(lab, 'createExecution', {tasks, ...more});

const lastCounts = (lab: Lab): Readonly<Record<string, number>> => {
  const {reads = 0, writes = 0, locks = 0, bytesRead = 0} = lab.world.executions.at(-1)?.counts() ?? {};
  return {reads, writes, locks, bytesRead};
};

test('a job is its name and five methods, and reads nothing', () => {
  const lab = jobsLab();
  const methods = [
    'createExecution',
    'getExecution',
    'getExecutionStatus',
    'listExecutions',
    'name',
    'waitForExecution',
  ];
  expect(attempt(lab, null, [], ' etl ').value).toEqual(['etl', ...methods]);
  expect(lab.world.executions.at(-1)?.calls).toBe(0);
});

test('an execution runs its tasks by the dispatcher, from pending to completed', () => {
  const lab = jobsLab();
  const id = create(lab, [{duration: 30}, {duration: 60}], {sharedPayload: {x: 1}});
  expect(use(lab, 'getExecution', id)).toMatchObject({
    ...{id, status: 'pending', metadata: {name: 'etl', startedAt: null, completedAt: null, tags: []}},
    tasks: [
      {id: 'task_1', status: 'pending', task: {duration: 30}, result: null, error: null},
      {id: 'task_2', status: 'pending', task: {duration: 60}, result: null, error: null},
    ],
  });
  lab.world.runWhile(() => lab.runs('etl').length < 2, HOUR_MS);
  expect(use(lab, 'getExecutionStatus', id)).toBe('running');
  expect(use(lab, 'getExecution', id)).toMatchObject({status: 'running', counts: {total: 2, completed: 1, running: 1}});
  lab.settle();
  const {status, metadata, tasks, counts} = use(lab, 'getExecution', id);
  expect([status, counts?.completed]).toEqual(['completed', 2]);
  expect(tasks.map((task) => task.result)).toEqual([
    {done: 30, shared: {x: 1}},
    {done: 60, shared: {x: 1}},
  ]);
  expect(metadata.completedAt).not.toBeNull();
  expect(lab.status(id)).toMatchObject({name: 'etl', orchestration: {helper: 'enqueue_many'}});
});

describe('waitForExecution', () => {
  test('runs it at once and returns it', () => {
    const lab = jobsLab();
    const id = create(lab, [{duration: 5}, {duration: 5}]);
    const startMs = lab.world.nowMs;
    expect(use(lab, 'waitForExecution', id)).toMatchObject({
      id,
      status: 'completed',
      tasks: [{status: 'completed'}, {}],
    });
    expect(lab.world.nowMs - startMs).toBeLessThan(14_000);
    lab.settle().expectTidy();
  });

  test('returns one that failed or was canceled, and does not throw', () => {
    const lab = jobsLab();
    const id = create(lab, [{fails: true}, {duration: 1}]);
    expect(use(lab, 'waitForExecution', id)).toMatchObject({
      status: 'failed',
      tasks: [
        {status: 'failed', result: null, error: {stepId: 'task_1', message: 'task failed'}},
        {status: 'completed', result: {done: 1}, error: null},
      ],
    });
    const canceled = create(lab, [{}]);
    lab.call('cancel', canceled);
    expect(use(lab, 'waitForExecution', canceled)).toMatchObject({status: 'canceled', tasks: [{status: 'canceled'}]});
  });

  test('looks at one that others run as often as it was told, and gives up in time', () => {
    const lab = jobsLab();
    const id = create(lab, [{duration: 100}]);
    lab.world.runWhile(() => lab.runs('etl').length < 1, HOUR_MS);
    const startMs = lab.world.nowMs;
    const {code, name} = refusal(lab, 'waitForExecution', [id, {maxWait: 20_000, interval: 5_000}]);
    expect([name, code]).toEqual(['AstJobsTimeoutError', 'WAIT_TIMEOUT']);
    expect(lab.world.nowMs - startMs).toBeGreaterThanOrEqual(20_000);
    expect(lab.world.nowMs - startMs).toBeLessThan(20_500);
    const waiter = lab.world.executions.findLast((one) => one.fn === 'ofJob');
    expect(waiter?.counts()).toMatchObject({reads: 2 + 4, writes: 0, locks: 0});
    const id2 = use(lab, 'waitForExecution', id, {interval: 5_000}).id;
    expect([id2, lab.runs('etl')]).toEqual([id, ['task_1']]);
  });

  test.each([{maxWait: -1}, {maxWait: '5'}, {interval: 50}, {interval: 60_001}, {interval: 2.5}])(
    'refuses %j',
    (options) => {
      const lab = jobsLab();
      expect(refusal(lab, 'waitForExecution', [create(lab, [1]), options]).code).toBe('INVALID_OPTION');
    },
  );

  test('is refused inside a handler', () => {
    const lab = jobsLab();
    const record = lab.call('run', {name: 'n', steps: [{id: 'a', handler: 'nested'}]});
    expect(record.results).toEqual({a: 'NESTED_RUN'});
  });
});

describe('getExecutionStatus', () => {
  test('reads one value, whatever else is stored', () => {
    const lab = jobsLab();
    const id = create(
      lab,
      Array.from({length: 500}, (_none, index) => ({duration: index, text: 'x'.repeat(20)})),
    );
    for (let count = 0; count < 5; count++) lab.enqueue([step('a', {text: noise(2_000 + count)})]);
    expect(use(lab, 'getExecutionStatus', id)).toBe('pending');
    const {reads, locks, bytesRead = 0} = lastCounts(lab);
    expect([reads, locks]).toEqual([1, 0]);
    expect(lab.world.executions.at(-1)?.calls).toBe(1);
    use(lab, 'getExecution', id);
    // Its header, in which a small plan lies, of a store of some 21,000 bytes.
    expect(bytesRead).toBeLessThan(2_500);
    expect(lastCounts(lab)['bytesRead']).toBeGreaterThan(15_000);
  });

  test('finds one under another prefix by a look at everything, and at once where it knows', () => {
    const lab = jobsLab();
    const options = {propertyPrefix: 'mine'};
    const id = create(lab, [1], {options});
    expect(use(lab, 'getExecutionStatus', id)).toBe('pending');
    expect(lastCounts(lab)['reads']).toBe(2);
    expect(attempt(lab, 'getExecutionStatus', [id], 'etl', {options}).value).toBe('pending');
    expect(lastCounts(lab)['reads']).toBe(1);
    const made = lab.world.call('createAndAsk', ['etl', {tasks: [1], options}]) as {status: string};
    expect(made.status).toBe('pending');
  });
});

describe('listExecutions', () => {
  test('shows those of this job, newest first, in pages', () => {
    const lab = jobsLab();
    const ids = [1, 2, 3].map((task) => create(lab, [task]));
    lab.call('enqueueMany', {name: 'etl', handler: 'work', items: [1]});
    attempt(lab, 'createExecution', [{tasks: [1]}], 'another');
    const rows = use<ExecutionSummary[]>(lab, 'listExecutions');
    expect(lastCounts(lab)).toMatchObject({reads: 1, locks: 0});
    expect(rows.map((row) => row.id)).toEqual(ids.slice().reverse());
    expect(rows[0]).toEqual({
      ...{id: ids[2], status: 'pending'},
      metadata: {
        name: 'etl',
        createdAt: lab.status(ids[2] ?? '').createdAt,
        startedAt: null,
        completedAt: null,
        tags: [],
      },
    });
    const page = use<ExecutionSummary[]>(lab, 'listExecutions', {limit: 1, offset: 1});
    expect(page.map((row) => row.id)).toEqual([ids[1]]);
    expect(refusal(lab, 'listExecutions', [{limit: 0}]).code).toBe('INVALID_OPTION');
  });
});

test('tasks come in pages', () => {
  const lab = jobsLab();
  const id = create(
    lab,
    Array.from({length: 1_200}, (_none, index) => index),
  );
  expect(use(lab, 'getExecution', id).tasks).toHaveLength(1_000);
  const page = use(lab, 'getExecution', id, {offset: 1_150, limit: 100});
  expect(page.tasks).toHaveLength(50);
  expect([page.tasks[0]?.task, page.counts?.total]).toEqual([1_150, 1_200]);
});

describe('EXECUTION_NOT_FOUND', () => {
  const METHODS = ['getExecution', 'getExecutionStatus', 'waitForExecution'];

  test.each(METHODS)('%s of what is none of this job', (method) => {
    const lab = jobsLab();
    const ofAnother = attempt(lab, 'createExecution', [{tasks: [1]}], 'another').value as string;
    const plain = lab.call('enqueueMany', {name: 'etl', handler: 'work', items: [1]}).id;
    const removed = create(lab, [1]);
    lab.call('remove', removed);
    for (const id of [ofAnother, plain, removed, 'job_000000000_0000000000', 'nonsense'])
      expect(refusal(lab, method, [id])).toMatchObject({
        ...{name: 'AstJobsNotFoundError', code: 'EXECUTION_NOT_FOUND', details: {executionId: id}},
      });
    expect(refusal(lab, method, [7]).code).toBe('INVALID_REQUEST');
  });

  test.each(METHODS)('%s tells damage as such', (method) => {
    const lab = jobsLab();
    const id = create(lab, [1]);
    lab.world.setProperty('script', lab.jobKeys().find((key) => key.endsWith('~h')) ?? '', 'damage');
    expect(refusal(lab, method, [id]).code).toBe('RECORD_CORRUPT');
  });
});

describe('what is refused, with nothing stored', () => {
  test.each([
    ['no tasks', {}],
    ['an empty list', {tasks: []}],
    ['tasks that are no list', {tasks: {count: 5}}],
    ['a name', {tasks: [1], name: 'x'}],
    ['a mode', {tasks: [1], mode: 'run'}],
    ['items', {tasks: [1], items: [1]}],
  ])('%s', (_what, request) => {
    const lab = jobsLab();
    const before = lab.everything();
    expect(refusal(lab, 'createExecution', [request]).code).toBe('INVALID_REQUEST');
    expect(lab.everything()).toEqual(before);
  });

  test('no handler, and one that is not there', () => {
    const lab = jobsLab();
    expect(refusal(lab, 'createExecution', [{tasks: [1]}], 'etl', null).code).toBe('INVALID_REQUEST');
    expect(refusal(lab, 'createExecution', [{tasks: [1], handler: 'gone'}]).code).toBe('HANDLER_NOT_FOUND');
    expect(attempt(lab, 'createExecution', [{tasks: [1], handler: 'square'}], 'etl', null).value).toEqual(
      expect.any(String),
    );
  });

  test.each([[''], [7], [null]])('a job named %j', (name) => {
    expect(refusal(jobsLab(), null, [], name as string).code).toBe('INVALID_REQUEST');
  });

  test('defaults that are none', () => {
    const lab = jobsLab();
    for (const defaults of [7, {name: 'x'}, {mode: 'run'}, {tasks: [1]}])
      expect(refusal(lab, null, [], 'etl', defaults).code).toBe('INVALID_REQUEST');
  });
});
