/** Accepting a job: what the record says, when the job starts, and what a handler is given. */
import type {JobRecord} from '../../src/types';
import {pastedHost} from '../support/hosts';
import {asLibrary, inLine, MINUTE_MS, pasted, SECOND_MS, step, useLabs} from './lab';

const newLab = useLabs();

const ISO: unknown = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
const TEXT: unknown = expect.any(String);

const PENDING = {state: 'pending', attempts: 0, startedAt: null, completedAt: null, lastError: null};

describe.each([
  ['pasted', pasted()],
  ['a library', asLibrary()],
])('%s', (_form, project) => {
  test('a new job has the record of the closest system, and ours', () => {
    const lab = newLab({project});
    const record = lab.enqueue([step('a', {n: 1}), step('b', {}, {dependsOn: 'a'})], {name: ' report '});
    expect(record).toEqual({
      ...{id: expect.stringMatching(/^job_/) as unknown, name: 'report', status: 'queued', version: 1},
      ...{createdAt: ISO, updatedAt: record.createdAt, startedAt: null, pausedAt: null, completedAt: null},
      ...{canceledAt: null, leaseOwner: null, leaseExpiresAt: null, lastHeartbeatAt: null, lastError: null},
      options: {
        ...{maxRetries: 2, maxRuntimeMs: 240_000, leaseTtlMs: 390_000, checkpointStore: 'properties'},
        ...{autoResume: true, propertyPrefix: 'AST_JOBS_JOB_'},
      },
      steps: [
        {id: 'a', handlerName: 'act', dependsOn: [], payload: {n: 1}, ...PENDING},
        {id: 'b', handlerName: 'act', dependsOn: ['a'], payload: {}, ...PENDING},
      ],
      ...{results: {}, waiting: null, wakeUp: {at: ISO}, recoveries: [], owner: TEXT},
    });
    expect(lab.status(record.id)).toEqual(record);
    expect(lab.call('list')).toEqual([record]);
  });

  test('a job that ran has the same fields, filled in', () => {
    const lab = newLab({project});
    const {id, ...queued} = lab.enqueue(inLine(2, {ms: 1_500}));
    const done = lab.settle().status(id);
    expect(Object.keys(done).sort()).toEqual(Object.keys({id, ...queued}).sort());
    expect(done).toMatchObject({status: 'completed', startedAt: ISO, completedAt: ISO, waiting: null, wakeUp: null});
    expect(done).toMatchObject({leaseOwner: null, leaseExpiresAt: null, pausedAt: null, lastError: null});
    expect(done.results).toEqual({s1: 's1 done', s2: 's2 done'});
    const [first] = done.steps;
    expect(first).toMatchObject({state: 'completed', attempts: 0, startedAt: ISO, completedAt: ISO, lastError: null});
    expect(Date.parse(first?.completedAt ?? '') - Date.parse(first?.startedAt ?? '')).toBe(1_500);
    expect(done.version).toBeGreaterThan(queued.version);
  });
});

test('a job that runs shows its lease', () => {
  const lab = newLab();
  const {id} = lab.enqueue(inLine(3, {ms: 20_000}));
  lab.world.runWhile(() => lab.runs().length < 2);
  const record = lab.status(id);
  expect(record).toMatchObject({status: 'running', leaseOwner: TEXT, leaseExpiresAt: ISO, lastHeartbeatAt: ISO});
  expect(record.steps.map((row) => row.state)).toEqual(['completed', 'running', 'pending']);
});

describe('the dispatcher', () => {
  test.each([1, 2, 3, 4, 5])(
    'starts a job no sooner than 60 s after enqueue, however early it comes (seed %i)',
    (seed) => {
      const lab = newLab({seed, jitter: 0.5, triggerLagMs: [0, 0]});
      lab.call('install', {everyMinutes: 1});
      lab.pass(seed * 7_000);
      const {createdAt} = lab.enqueue([step('a')]);
      lab.pass(5 * MINUTE_MS);
      const [started] = lab.world.effects;
      expect(started?.atMs).toBeGreaterThanOrEqual(Date.parse(createdAt) + 60 * SECOND_MS);
      expect(started?.atMs).toBeLessThan(Date.parse(createdAt) + 130 * SECOND_MS);
    },
  );

  test.each([1, 2, 3, 4, 5, 6, 7, 8])('never races enqueue and resume in one function (seed %i)', (seed) => {
    const lab = newLab({seed, jitter: 0.5, triggerLagMs: [0, 0]});
    lab.call('install', {everyMinutes: 1});
    // Another job, so that one-off triggers are about as well.
    lab.enqueue([step('other', {failures: 1}, {retry: {delayMs: 20_000}})], {name: 'other'});
    lab.pass(seed * 7_500);
    const request = {name: 'mine', steps: inLine(4, {ms: 10_000})};
    const [, , resumed] = lab.callAll(['enqueue', request], ['sleep', 5_000 * seed], ['resume', 'id']);
    expect(resumed).toMatchObject({value: {status: 'completed'}});
    lab.pass(5 * MINUTE_MS);
    expect(lab.runs('mine')).toEqual(['s1', 's2', 's3', 's4']);
  });
});

describe('a handler', () => {
  const WITNESS = `
const arrow = (ctx) => 'arrow';
function witness(ctx) {
  Sim.effect('context', {keys: Object.keys(ctx).sort(), ctx: JSON.parse(JSON.stringify(ctx)), left: ctx.timeLeftMs()});
  return {list: [1, 2]};
}
function spoil(ctx) {
  Sim.effect('payload', JSON.parse(JSON.stringify(ctx.payload)));
  ctx.payload.list.push('spoiled');
  if (ctx.payload.shared) ctx.payload.shared.push('spoiled');
  if (ctx.attempt === 1) throw new Error('again');
}
function spoilResults(ctx) {
  ctx.results.first.list.push(3);
  return [ctx.results.first.list.length, ctx.results.first === ctx.results.first];
}
function lookAround(ctx) { return [Object.keys(ctx.results), JSON.stringify(ctx.results), ctx.results.third]; }
function nothing() {}
function self() { return this === globalThis; }
function meddle(ctx) {
  ctx.results.added = 1;
  delete ctx.results.first;
  return Object.keys(ctx.results).length;
}
function changeAfter() {
  const request = {name: 'changed', steps: [{id: 'a', handler: 'act', payload: {result: 'before'}}]};
  const id = jobsApi().enqueue(request).id;
  request.steps[0].payload.result = 'after';
  return jobsApi().resume(id).results;
}
function byReference() {
  return jobsApi().run({name: 'refs', steps: [{id: 'a', handler: act}, {id: 'b', handler: arrow}]}).results;
}
`;

  test('gets a context with the documented fields', () => {
    const lab = newLab({project: asLibrary(WITNESS)});
    const {id} = lab.enqueue([{id: 'a', handler: 'witness', payload: {n: 1}}]);
    lab.settle();
    const {keys, ctx, left} = lab.world.effects[0]?.data as {keys: string[]; ctx: object; left: number};
    expect(keys).toEqual(
      [
        ...['jobId', 'stepId', 'name', 'attempt', 'results', 'payload', 'idempotencyKey', 'timeLeftMs'],
        ...['cursor', 'checkpoint', 'each', 'isCanceled', 'yield', 'environment', 'log', 'progress'],
      ].sort(),
    );
    const idempotencyKey = `${id}/a`;
    expect(ctx).toEqual({
      jobId: id,
      stepId: 'a',
      name: 'job',
      attempt: 1,
      results: {},
      payload: {n: 1},
      idempotencyKey,
      cursor: null,
      environment: {},
    });
    expect(left).toBeGreaterThan(235_000);
    expect(left).toBeLessThanOrEqual(240_000);
  });

  test('cannot spoil the payload of another attempt or item', () => {
    const lab = newLab({project: pasted(WITNESS)});
    const request = {name: 'spoil', handler: 'spoil', items: [1, 2], sharedPayload: ['shared']};
    const {id} = lab.call('enqueueMany', {...request, retry: {delayMs: 0}, items: [[1], [2]]});
    lab.settle();
    expect(lab.status(id).status).toBe('failed');
    const single = lab.enqueue([{id: 'a', handler: 'spoil', payload: {list: [1]}}], {retry: {delayMs: 0}});
    lab.settle();
    expect(lab.status(single.id).steps[0]?.payload).toEqual({list: [1]});
    const seen = lab.world.effects.filter((effect) => effect.name === 'payload').map((effect) => effect.data);
    expect(seen.slice(-2)).toEqual([{list: [1]}, {list: [1]}]);
    expect(JSON.stringify(seen)).not.toContain('spoiled');
  });

  test('sees results of completed steps: enumerable, and fresh copies at each access', () => {
    const lab = newLab({project: asLibrary(WITNESS)});
    const steps = ['witness', 'spoilResults', 'lookAround', 'nothing'].map((handler, index) => ({
      ...{id: ['first', 'second', 'third', 'fourth'][index] ?? '', handler},
    }));
    const {id} = lab.call<JobRecord>('chain', {name: 'results', mode: 'enqueue', tasks: steps});
    const {results} = lab.settle().status(id);
    expect(results).toEqual({
      first: {list: [1, 2]},
      second: [2, false],
      third: [['first', 'second'], '{"first":{"list":[1,2]},"second":[2,false]}', null],
      fourth: null,
    });
  });

  test('cannot spoil the results that the next handler sees', () => {
    const lab = newLab({project: asLibrary(WITNESS)});
    const tasks = [
      {id: 'first', handler: 'witness'},
      {id: 'second', handler: 'meddle'},
      {id: 'third', handler: 'lookAround'},
    ];
    const {results} = lab.call('chain', {name: 'results', tasks});
    expect(results['third']).toEqual([['first', 'second'], expect.any(String), null]);
  });

  test('is called as a function, so that `this` is what it is anywhere in the script', () => {
    const lab = newLab({project: pasted(WITNESS)});
    expect(lab.call('run', {name: 'self', steps: [{id: 'a', handler: 'self'}]}).results).toEqual({a: true});
  });

  test('may be given by reference, and may be a const', () => {
    const lab = newLab({project: asLibrary(WITNESS)});
    expect(lab.world.call('byReference')).toEqual({a: 'a done', b: 'arrow'});
  });

  // `const` functions are no properties of the global object, by which a pasted file is told from a library.
  test('may be a const in a script that has nothing but consts, if it binds itself', () => {
    const source = `AST.Jobs.bind(globalThis); const handler = () => 5; const main = () => AST.Jobs.run({name: 'x', steps: [{id: 'a', handler: 'handler'}]}).results;`;
    const lab = newLab({project: pastedHost(source)});
    expect(lab.world.call('main')).toEqual({a: 5});
  });

  test('works with the request as it was at the call', () => {
    expect(newLab({project: pasted(WITNESS)}).world.call('changeAfter')).toEqual({a: 'before'});
  });

  test('pays for no result that it does not look at', () => {
    const lab = newLab();
    const last = step('last', {}, {dependsOn: ['big', 'fails']});
    const {id} = lab.enqueue([step('big', {chars: 20_000}), step('fails', {failures: 1}), last]);
    lab.world.runWhile(() => lab.world.executions[1]?.end !== 'done');
    expect(lab.status(id).status).toBe('paused');
    for (const key of lab.jobKeys()) if (/~r/.test(key)) lab.world.setProperty('script', key, 'damaged');
    expect(lab.settle().status(id)).toMatchObject({status: 'completed', results: {last: 'last done'}});
  });
});
