/** Canceling, resuming by hand, and calling the API where it is refused. */
import type {JobRecord} from '../../src/types';
import {asLibrary, HOUR_MS, inLine, MINUTE_MS, pasted, SECOND_MS, step, useLabs, type Lab} from './lab';

const newLab = useLabs();

/** Runs until the n-th handler call has begun. */
function untilRun(lab: Lab, count: number): void {
  lab.world.runWhile(() => lab.runs().length < count, HOUR_MS);
}

describe('cancel', () => {
  test('ends a queued job, which never runs', () => {
    const lab = newLab();
    const {id} = lab.enqueue(inLine(2));
    const record = lab.call('cancel', id);
    expect(record).toMatchObject({status: 'canceled', completedAt: null, wakeUp: null, recoveries: [], results: {}});
    expect(record.canceledAt).toBe(record.updatedAt);
    expect(record.steps.map((row) => row.state)).toEqual(['canceled', 'canceled']);
    expect(lab.settle().status(id)).toEqual(record);
    expect(lab.runs()).toEqual([]);
    lab.expectTidy();
  });

  test('ends a job that waits for a retry, with what it has', () => {
    const lab = newLab();
    const {id} = lab.enqueue([step('a'), step('b', {failures: 1}), step('c', {}, {dependsOn: 'b'})]);
    lab.pass(2 * MINUTE_MS);
    expect(lab.status(id).status).toBe('paused');
    const record = lab.call('cancel', id);
    expect(record).toMatchObject({status: 'canceled', waiting: null, results: {a: 'a done'}});
    expect(record.steps.map((row) => row.state)).toEqual(['completed', 'canceled', 'canceled']);
    expect(lab.settle().status(id)).toEqual(record);
    expect(lab.runs()).toEqual(['a', 'b']);
  });

  test('ends a running job at once; its worker stops at the next step, and what it still does not count', () => {
    const lab = newLab();
    const {id} = lab.enqueue(inLine(4, {ms: 20_000}));
    untilRun(lab, 2);
    lab.pass(5 * SECOND_MS);
    const record = lab.call('cancel', id);
    expect(record).toMatchObject({status: 'canceled', leaseOwner: null, results: {s1: 's1 done'}});
    expect(record.recoveries).toMatchObject([{reason: 'canceled', inDoubt: ['s2']}]);
    expect(lab.settle().status(id)).toEqual(record);
    expect(lab.runs()).toEqual(['s1', 's2']);
    expect(lab.world.executions.find((one) => one.fn === 'astJobsWorker')?.log.join()).toMatch(/ lost, .* steps/);
    lab.expectTidy();
  });

  test('stops a worker of short steps within five seconds and a step', () => {
    const lab = newLab();
    const {id} = lab.enqueue(inLine(60, {ms: 1_000}));
    untilRun(lab, 10);
    const record = lab.call('cancel', id);
    expect(lab.settle().status(id)).toEqual(record);
    expect(Object.keys(record.results)).toHaveLength(9);
    expect(lab.runs().length).toBeLessThanOrEqual(16);
  });

  test('cuts off large results that its worker still writes', () => {
    const lab = newLab();
    const {id} = lab.enqueue(inLine(3, {ms: 20_000, chars: 9_000}));
    untilRun(lab, 2);
    const record = lab.call('cancel', id);
    lab.settle();
    expect(Object.keys(record.results)).toEqual(['s1']);
    expect(lab.status(id)).toEqual(record);
  });

  test('works inside a handler of the very job', () => {
    const lab = newLab({
      project: pasted(`function giveUp(ctx) { return AST.Jobs.cancel(ctx.jobId).status; }`),
    });
    const {id} = lab.enqueue([
      step('a'),
      {id: 'b', handler: 'giveUp', dependsOn: 'a'},
      step('c', {}, {dependsOn: 'b'}),
    ]);
    expect(lab.settle().status(id)).toMatchObject({status: 'canceled', results: {a: 'a done'}});
    lab.expectTidy();
  });
});

describe('a conflict writes nothing and shows the record', () => {
  test.each(['completed', 'failed', 'canceled'])('ALREADY_FINAL for a job that is %s', (status) => {
    const lab = newLab({project: asLibrary()});
    const failures = status === 'failed' ? 9 : 0;
    const {id} = lab.enqueue([step('a', {failures})], {options: {maxRetries: 0}});
    if (status === 'canceled') lab.call('cancel', id);
    const record = lab.settle().status(id);
    expect(record.status).toBe(status);
    const before = lab.everything();
    for (const method of ['resume', 'cancel']) {
      const refusal = lab.refusal(method, id);
      expect(refusal).toMatchObject({
        name: 'AstJobsConflictError',
        code: 'ALREADY_FINAL',
        details: {jobId: id, record},
      });
    }
    expect(lab.everything()).toEqual(before);
  });

  test('LEASE_HELD for a job that another execution runs', () => {
    const lab = newLab();
    const {id} = lab.enqueue(inLine(2, {ms: 30_000}));
    untilRun(lab, 1);
    const before = lab.everything();
    const {world} = lab;
    const refusal = lab.refusal('resume', id);
    expect(refusal).toMatchObject({name: 'AstJobsConflictError', code: 'LEASE_HELD', details: {jobId: id}});
    expect(refusal.details['record']).toMatchObject({id, status: 'running'});
    expect(world.executions.at(-1)?.counts()).toMatchObject({writes: 0, deletes: 0, triggersCreated: 0});
    expect(lab.everything()).toEqual(before);
    expect(lab.settle().runs()).toEqual(['s1', 's2']);
  });

  test('JOB_NOT_FOUND for a job that never was', () => {
    const lab = newLab();
    for (const method of ['status', 'resume', 'cancel'])
      expect(lab.refusal(method, 'job_000000000_0000000000')).toMatchObject({
        ...{name: 'AstJobsNotFoundError', code: 'JOB_NOT_FOUND'},
      });
  });
});

describe('inside a handler', () => {
  const NESTED = `
function nested(ctx) {
  const steps = [{id: 'a', handler: 'act'}];
  const other = jobsApi().list({name: 'other'})[0].id;
  const refusals = [
    api('run', [{name: 'inner', steps}]),
    api('resume', [other]),
    api('chain', [{name: 'inner', tasks: [{handler: 'act'}]}]),
    api('mapReduce', [{name: 'inner', items: [1], mapHandler: 'square', reduceHandler: 'total'}]),
    api('enqueueMany', [{name: 'inner', items: [1], handler: 'square', mode: 'run'}]),
  ].map((outcome) => [outcome.error.name, outcome.error.code]);
  return {refusals, work: jobsApi().work(), enqueued: jobsApi().enqueue({name: 'inner', steps}).status};
}`;

  test.each([
    ['run', 'by hand'],
    ['enqueue', 'by the dispatcher'],
  ])('run and resume are refused, and enqueue works (%s, %s)', (method) => {
    const lab = newLab({project: asLibrary(NESTED)});
    lab.enqueue([step('a')], {name: 'other', options: {autoResume: false}});
    const {id} = lab.call(method, {name: 'outer', steps: [{id: 'n', handler: 'nested'}]});
    lab.settle();
    expect(lab.status(id).results['n']).toEqual({
      refusals: Array.from({length: 5}, () => ['AstJobsConflictError', 'NESTED_RUN']),
      work: {jobs: [], open: 0, end: 'error', error: expect.any(String) as string},
      enqueued: 'queued',
    });
    const rows = lab.call<JobRecord[]>('list');
    expect(rows.map((row) => [row.name, row.status]).sort()).toEqual([
      ...[
        ['inner', 'completed'],
        ['other', 'queued'],
        ['outer', 'completed'],
      ],
    ]);
  });
});

describe('without autoResume', () => {
  const MANUAL = {options: {autoResume: false}};

  test('no trigger is made and nothing runs', () => {
    const lab = newLab();
    const {id} = lab.enqueue(inLine(2), MANUAL);
    lab.pass(24 * HOUR_MS);
    expect(lab.status(id)).toMatchObject({status: 'queued', wakeUp: null});
    expect([lab.world.counts().triggersCreated, lab.runs()]).toEqual([0, []]);
  });

  test('a dispatcher that other jobs brought up leaves it alone', () => {
    const lab = newLab();
    const {id} = lab.enqueue(inLine(2), MANUAL);
    lab.enqueue([step('b')], {name: 'other'});
    lab.settle();
    expect(lab.status(id).status).toBe('queued');
    expect(lab.runs()).toEqual(['b']);
    lab.expectTidy();
  });

  test('a loop of resume brings it to its end, an execution each', () => {
    const lab = newLab();
    const {id} = lab.enqueue(inLine(5, {ms: 100_000}), {options: {autoResume: false, maxRuntimeMs: 250_000}});
    const seen: string[] = [];
    for (let calls = 0; calls < 5 && seen.at(-1) !== 'completed'; calls++) {
      const record = lab.call('resume', id);
      seen.push(record.status);
      expect(record.wakeUp).toBeNull();
    }
    expect(seen).toEqual(['paused', 'paused', 'completed']);
    expect(lab.runs()).toEqual(['s1', 's2', 's3', 's4', 's5']);
    expect(lab.world.counts().triggersCreated).toBe(0);
  });

  test('a loop of resume retries a failed step at once', () => {
    const lab = newLab();
    const {id} = lab.enqueue([step('a', {failures: 2})], MANUAL);
    const outcomes = lab.callAll(['resume', id], ['resume', id], ['resume', id]);
    const records = outcomes.map((outcome) => outcome.value as JobRecord);
    expect(records.map((record) => record.status)).toEqual(['paused', 'paused', 'completed']);
    expect(records[1]).toMatchObject({waiting: {reason: 'retry'}, wakeUp: null, steps: [{attempts: 2}]});
  });

  test('a loop of resume in one execution gets on with steps longer than the budget', () => {
    const lab = newLab();
    const {id} = lab.enqueue(inLine(3, {ms: 2_000}), {options: {autoResume: false, maxRuntimeMs: 1_000}});
    lab.callAll(['resume', id], ['resume', id], ['resume', id], ['resume', id]);
    expect(lab.status(id)).toMatchObject({status: 'completed'});
  });
});

test('work that found nothing leaves the execution to a long step', () => {
  const lab = newLab();
  const {id} = lab.enqueue(inLine(3, {ms: 340_000}), {options: {autoResume: false}});
  lab.call('resume', id);
  lab.callAll(['work'], ['resume', id]);
  expect(lab.runs()).toEqual(['s1', 's2']);
});

describe('resume', () => {
  test('runs a queued job at once, and the dispatcher finds nothing to do', () => {
    const lab = newLab();
    const {id} = lab.enqueue(inLine(2));
    expect(lab.call('resume', id)).toMatchObject({status: 'completed', wakeUp: null});
    lab.settle();
    expect(lab.runs()).toEqual(['s1', 's2']);
    lab.expectTidy();
  });

  test('takes a budget of its own', () => {
    const lab = newLab();
    const {id} = lab.enqueue(inLine(3, {ms: 20_000}));
    expect(lab.call('resume', id, {maxRuntimeMs: 30_000})).toMatchObject({status: 'paused', results: {s1: 's1 done'}});
    expect(lab.refusal('resume', id, {maxRuntimeMs: 10}).code).toBe('INVALID_OPTION');
    expect(lab.settle().status(id).status).toBe('completed');
  });

  test('late in an execution changes nothing, and the next one goes on', () => {
    const lab = newLab();
    const {id} = lab.enqueue(inLine(2), {options: {autoResume: false}});
    const [, , late] = lab.callAll(['sleep', 300_000], ['sleep', 35_000], ['resume', id]);
    expect(late).toMatchObject({value: {status: 'queued', results: {}}});
    expect(lab.call('resume', id).status).toBe('completed');
  });

  test('late in an execution hands a job that waits for the user to the dispatcher', () => {
    const lab = newLab();
    const {id} = lab.enqueue(inLine(2));
    lab.call('stop');
    lab.callAll(['sleep', 300_000], ['sleep', 35_000], ['resume', id]);
    lab.pass(HOUR_MS);
    expect(lab.status(id).status).toBe('completed');
  });

  test('run late in an execution accepts the job and leaves it to the dispatcher', () => {
    const lab = newLab();
    const outcomes = lab.callAll(['sleep', 300_000], ['sleep', 35_000], ['run', {name: 'late', steps: inLine(2)}]);
    expect(outcomes[2]).toMatchObject({value: {status: 'queued', wakeUp: {at: expect.any(String) as string}}});
    lab.settle();
    expect(lab.runs()).toEqual(['s1', 's2']);
    lab.expectTidy();
  });
});
