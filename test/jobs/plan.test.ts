/** What `plan` says, beside what then happens: executions, property calls, bytes and the time of the end. */
import {ONE_OFF_LAG_MS} from '../../src/core/limits';
import type {Forecast, PlanOptions} from '../../src/types';
import {HOUR_MS, inLine, pasted, SECOND_MS, step, useLabs, type Lab} from './lab';

const newLab = useLabs();

/** Triggers are as late as `plan` takes them to be: how late they will be, nobody can tell. */
const PUNCTUAL = {triggerLagMs: [ONE_OFF_LAG_MS, ONE_OFF_LAG_MS] as const};
/** The share of itself by which an estimate may be wrong. */
const TOLERANCE = 0.1;

const SPEND = `
function spend(ctx) {
  Sim.effect('run', {job: ctx.name, step: ctx.stepId, attempt: ctx.attempt});
  Sim.spend(ctx.payload.item.ms);
  return 'some thirty bytes of a result';
}
function count(ctx) {
  Sim.effect('run', {job: ctx.name, step: ctx.stepId, attempt: ctx.attempt});
  Sim.spend(5000);
  return ctx.payload.total;
}
`;

interface Shape {
  readonly method: NonNullable<PlanOptions['helper']>;
  readonly request: Readonly<Record<string, unknown>>;
  readonly stepMs: PlanOptions['stepMs'];
  readonly resultBytes: number;
}

const named = (fields: Readonly<Record<string, unknown>>): Shape['request'] => ({name: 'job', ...fields});
const itemsOf = (count: number, ms: number): readonly unknown[] => Array.from({length: count}, () => ({ms}));

/** Steps one after the other. */
function line(count: number, ms: number, more: Readonly<Record<string, unknown>> = {}): Shape {
  return {method: 'enqueue', request: named({steps: inLine(count, {ms}), ...more}), stepMs: ms, resultBytes: 9};
}

function fanOut(count: number, ms: number): Shape {
  return {
    method: 'enqueueMany',
    request: named({handler: 'spend', items: itemsOf(count, ms)}),
    stepMs: ms,
    resultBytes: 31,
  };
}

const SHAPES: Readonly<Record<string, Shape>> = {
  'one short step': line(1, 500),
  'ten short steps': line(10, 2_000),
  'ten short steps, run at once': {...line(10, 2_000), method: 'run'},
  'twenty steps of 60 s': line(20, 60_000),
  'twenty steps of 60 s, run at once': {...line(20, 60_000), method: 'run'},
  'six steps of 200 s': line(6, 200_000),
  'three steps of 300 s': line(3, 300_000),
  'steps on a budget of 60 s': line(30, 11_000, {options: {maxRuntimeMs: 60_000}}),
  'steps on a budget of 330 s': line(30, 50_000, {options: {maxRuntimeMs: 330_000}}),
  'a chain of 100': {
    method: 'chain',
    request: named({
      mode: 'enqueue',
      tasks: Array.from({length: 100}, () => ({handler: 'act', payload: {ms: 8_000}})),
    }),
    stepMs: 8_000,
    resultBytes: 20,
  },
  'steps of which each is known': {
    method: 'enqueue',
    request: named({
      steps: [step('b', {ms: 90_000}, {dependsOn: 'a'}), step('a', {ms: 150_000}), step('c', {ms: 10_000})],
    }),
    stepMs: {a: 150_000, b: 90_000, c: 10_000},
    resultBytes: 8,
  },
  'a map of 1,000': fanOut(1_000, 700),
  'a map of 1,000 without work': fanOut(1_000, 0),
  'a map of 200 and a reduction': {
    method: 'mapReduce',
    request: named({mode: 'enqueue', items: itemsOf(200, 3_000), mapHandler: 'spend', reduceHandler: 'count'}),
    stepMs: {map: 3_000, reduce: 5_000},
    resultBytes: 31,
  },
  'large results': {
    ...line(10, 1_000),
    request: named({steps: inLine(10, {ms: 1_000, chars: 20_000})}),
    resultBytes: 20_002,
  },
};

interface Reality {
  readonly executions: number;
  readonly calls: number;
  readonly finishInMs: number;
  readonly bytes: number;
}

/** Makes the call and lets time pass until the execution that ends the job is over. */
function realityOf(lab: Lab, {method, request}: Shape): Reality {
  const {world} = lab;
  world.resetCounts();
  const before = world.executions.length;
  const startMs = world.nowMs;
  const {id} = lab.call(method, request);
  const isOpen = (): boolean => !/"kind":"completed"/.test(world.store('script').get(`AST_JOBS_JOB_~${id}~h`) ?? '');
  world.runWhile(isOpen, 200 * HOUR_MS);
  world.runWhile(() => world.executions.some(({end}) => end === 'running'), HOUR_MS);
  const {reads, writes, deletes} = world.counts();
  const made = world.executions.slice(before);
  const began = world.effects.filter(({name}) => name === 'run').map(({atMs}) => atMs);
  const worked = made.filter((one) => began.some((atMs) => atMs >= one.startMs && atMs <= (one.endMs ?? 0)));
  const stored = [...world.store('script')].filter(([key]) => key.includes(id));
  expect(lab.status(id).status).toBe('completed');
  return {
    executions: worked.length,
    calls: reads + writes + deletes,
    finishInMs: Math.max(...made.map(({endMs}) => endMs ?? 0)) - startMs,
    bytes: stored.reduce((sum, [key, text]) => sum + Buffer.byteLength(key) + Buffer.byteLength(text), 0),
  };
}

function told(lab: Lab, {request, stepMs, method, resultBytes}: Shape): Forecast {
  return lab.call<Forecast>('plan', request, {stepMs, helper: method, resultBytes});
}

describe.each(Object.entries(SHAPES))('%s', (_name, shape) => {
  test('comes as it was told', () => {
    const lab = newLab({...PUNCTUAL, project: pasted(SPEND)});
    const forecast = told(lab, shape);
    const real = realityOf(lab, shape);
    expect(forecast.executions).toBe(real.executions);
    const pairs: Readonly<Record<string, readonly [told: number, real: number]>> = {
      calls: [forecast.propertyOperations.calls, real.calls],
      finish: [forecast.finishInMs, real.finishInMs],
      bytes: [forecast.storeBytes.total, real.bytes],
    };
    for (const [what, [is, was]] of Object.entries(pairs)) {
      // A header varies by some hundred bytes, which is much of a small job.
      const limit = what === 'bytes' ? Math.max(500, 2 * TOLERANCE * was) : TOLERANCE * was;
      expect({what, is, was, isNear: Math.abs(is - was) <= limit}).toEqual({what, is, was, isNear: true});
    }
    expect(Math.abs(forecast.runMs + forecast.waitMs - forecast.finishInMs)).toBeLessThanOrEqual(1);
  });
});

test('with triggers as late as they like, many executions come within 15 percent', () => {
  for (const seed of [1, 2, 3]) {
    const lab = newLab({seed, triggerLagMs: [10 * SECOND_MS, 90 * SECOND_MS], project: pasted(SPEND)});
    const shape = line(40, 60_000);
    const forecast = told(lab, shape);
    const real = realityOf(lab, shape);
    expect(Math.abs(forecast.executions / real.executions - 1)).toBeLessThanOrEqual(0.15);
    expect(Math.abs(forecast.propertyOperations.calls / real.calls - 1)).toBeLessThanOrEqual(0.15);
    expect(Math.abs(forecast.finishInMs / real.finishInMs - 1)).toBeLessThanOrEqual(0.15);
  }
});

describe('plan', () => {
  test('stores nothing, runs nothing, and takes two reads', () => {
    const lab = newLab();
    const before = lab.everything();
    const forecast = lab.call<Forecast>('plan', {name: 'job', steps: [step('a')]}, {stepMs: 1_000});
    expect(lab.world.executions.at(-1)?.counts()).toMatchObject({calls: 2, reads: 2});
    expect([lab.everything(), lab.runs()]).toEqual([before, []]);
    expect(forecast).toMatchObject({units: 1, executions: 1, triggerMinutes: {limitPerDay: 90, days: 1}});
    expect(Date.parse(forecast.finishAt)).toBeGreaterThan(lab.world.nowMs + forecast.finishInMs - 1_000);
  });

  test('tells the helper by the fields of the request', () => {
    const lab = newLab({project: pasted(SPEND)});
    const plan = (request: object, stepMs: PlanOptions['stepMs'] = 0): Forecast =>
      lab.call<Forecast>('plan', named({mode: 'enqueue', ...request}), {stepMs});
    const items = itemsOf(4, 0);
    expect(plan({steps: [step('a')]}).units).toBe(1);
    expect(plan({tasks: [{handler: 'act'}, {handler: 'act'}]}, {chain_step_1: 1, chain_step_2: 2}).units).toBe(2);
    expect(plan({items, handler: 'spend'}, {map: 5}).units).toBe(4);
    expect(plan({items, map: {handler: 'spend'}, reduce: {handler: 'count'}}, {map: 1, reduce: 2}).units).toBe(5);
    expect(lab.refusal('plan', {name: 'job'}, {stepMs: 1}).message).toMatch(/^A job requires a non-empty steps array/);
  });

  test.each([
    ['enqueue', {name: 'job', steps: [{id: 'a', handler: 'nobody'}]}],
    ['run', {name: '', steps: [step('a')]}],
    ['chain', {name: 'job', tasks: []}],
    ['enqueueMany', {name: 'job', handler: 'act', items: []}],
    ['mapReduce', {name: 'job', mapHandler: 'act', items: [1]}],
    ['enqueue', {name: 'job', steps: [step('a')], options: {maxRuntimeMs: 5}}],
    ['enqueue', {name: 'job', steps: [step('a', {}, {dependsOn: 'b'})]}],
  ])('refuses for %s what the call refuses: %j', (helper, request) => {
    const lab = newLab();
    const plan = lab.refusal('plan', request, {stepMs: 1, helper});
    const {code, message, details} = lab.refusal(helper, request);
    expect({code: plan.code, message: plan.message, details: plan.details}).toEqual({code, message, details});
  });

  test.each([
    [undefined, 'INVALID_REQUEST', /stepMs/],
    [{}, 'INVALID_OPTION', /^stepMs must be milliseconds from 0 to 3600000, got nothing/],
    [{stepMs: -1}, 'INVALID_OPTION', /got `-1`/],
    [{stepMs: {a: 'long'}}, 'INVALID_OPTION', /^stepMs of `"a"` must be/],
    [{stepMs: {b: 1}}, 'INVALID_OPTION', /names `"b"`, which is no step/],
    [{stepMs: {}}, 'INVALID_OPTION', /says nothing of `"a"`/],
    [{stepMs: 1, resultBytes: -1}, 'INVALID_OPTION', /^resultBytes/],
    [{stepMs: 1, workers: 0}, 'INVALID_OPTION', /^workers/],
    [{stepMs: 1, helper: 'all'}, 'INVALID_OPTION', /^helper must be one of run, /],
  ])('refuses the options %j', (options, code, message) => {
    const refusal = newLab().refusal('plan', {name: 'job', steps: [step('a')]}, options);
    expect(refusal).toMatchObject({code, message: expect.stringMatching(message) as unknown});
  });

  test('says what does not fit, takes days, or would be killed', () => {
    const lab = newLab({project: pasted(SPEND)});
    const notes = (shape: Shape, more: object = {}): string =>
      lab
        .call<Forecast>('plan', shape.request, {...shape, helper: shape.method, ...more, method: undefined})
        .notes.join('\n');
    expect(notes(line(1, 1_000))).toBe('Failed attempts, kills and other work of the script come on top.');
    expect(notes(line(3, 340_000))).toMatch(/would be killed again and again/);
    expect(notes(line(150, 60_000))).toMatch(/it takes 2 days/);
    expect(notes(line(100, 10), {resultBytes: 5_000})).toMatch(
      /does not fit: it takes 5\d{5} bytes, and of 409600 open jobs have 0/,
    );
    expect(notes(fanOut(20_000, 0))).not.toMatch(/more property calls/);
    expect(notes(line(1, 1_000, {options: {autoResume: false}}))).toMatch(/only resume does/);
    expect(notes(fanOut(100, 1_000), {workers: 3})).toMatch(/with 3 executions at once/);
  });

  test('counts what open jobs hold, and what all jobs may use', () => {
    const lab = newLab();
    lab.world.setProperty('script', 'AST_JOBS_MAX_BYTES', '60000');
    const options = {stepMs: 0, resultBytes: 2_900};
    const request = named({steps: inLine(10)});
    expect(lab.call<Forecast>('plan', request, options).storeBytes).toMatchObject({limit: 60_000, fits: true});
    lab.enqueue([
      step('a', {text: 'x'.repeat(20)}),
      step('b', {noise: Array.from({length: 9_000}, (_n, i) => i * 7_919)}),
    ]);
    expect(lab.call<Forecast>('plan', request, options).storeBytes.fits).toBe(false);
  });
});
