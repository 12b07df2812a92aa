/** Failed attempts: how they are repeated, counted and reported. */
import type {JobRecord} from '../../src/types';
import {HOUR_MS, MINUTE_MS, pasted, SECOND_MS, step, useLabs, type Lab} from './lab';

const newLab = useLabs();

/** Runs to the next pause; `null` when the job ends before. */
function nextPause(lab: Lab, id: string): JobRecord | null {
  const {world} = lab;
  const passes = () => world.executions.filter((one) => one.fn === 'astJobsWorker' && one.end !== 'running').length;
  for (;;) {
    const before = passes();
    const runs = lab.runs().length;
    if (!world.runWhile(() => passes() === before, 3 * HOUR_MS)) return null;
    const record = lab.status(id);
    if (record.status === 'failed' || record.status === 'completed') return null;
    if (record.status === 'paused' && lab.runs().length > runs) return record;
  }
}

/** Times of the attempts of a step: when each began and ended. */
function attemptsOf(lab: Lab, name: 'run' | 'end'): readonly number[] {
  return lab.world.effects.filter((effect) => effect.name === name).map((effect) => effect.atMs);
}

describe('back-off', () => {
  test.each([1, 2, 3, 4])('doubles from 30 s, 20 %% up or down, over executions (seed %i)', (seed) => {
    const lab = newLab({seed});
    const {id} = lab.enqueue([step('a', {failures: 9, ms: 1_000})], {options: {maxRetries: 4}});
    for (let attempt = 1; attempt <= 4; attempt++) {
      const record = nextPause(lab, id);
      const endedMs = attemptsOf(lab, 'end')[attempt - 1] ?? 0;
      const waitMs = (record?.waiting?.untilMs ?? 0) - endedMs;
      const plainMs = 30_000 * 2 ** (attempt - 1);
      expect(record?.waiting?.reason).toBe('retry');
      expect(waitMs).toBeGreaterThanOrEqual(0.8 * plainMs);
      expect(waitMs).toBeLessThanOrEqual(1.2 * plainMs);
      expect(record?.steps[0]).toMatchObject({state: 'pending', attempts: attempt, completedAt: null});
      expect(record?.lastError).toMatchObject({stepId: 'a', name: 'Error', message: `failure ${attempt}`});
    }
    expect(nextPause(lab, id)).toBeNull();
    expect(lab.status(id)).toMatchObject({status: 'failed', steps: [{state: 'failed', attempts: 5}]});
    const [starts, ends] = [attemptsOf(lab, 'run'), attemptsOf(lab, 'end')];
    for (let attempt = 1; attempt <= 4; attempt++)
      expect((starts[attempt] ?? 0) - (ends[attempt - 1] ?? 0)).toBeGreaterThanOrEqual(24_000 * 2 ** (attempt - 1));
    lab.settle().expectTidy();
  });

  test('spreads by chance and not by rule', () => {
    const waits = [1, 2, 3, 4, 5, 6].map((seed) => {
      const lab = newLab({seed});
      const {id} = lab.enqueue([step('a', {failures: 9})]);
      return (nextPause(lab, id)?.waiting?.untilMs ?? 0) - (attemptsOf(lab, 'end')[0] ?? 0);
    });
    expect(new Set(waits).size).toBeGreaterThan(3);
  });

  test('grows no longer than maxDelayMs', () => {
    const lab = newLab();
    const retry = {maxRetries: 6, delayMs: 60_000, factor: 10, maxDelayMs: 120_000};
    const {id} = lab.enqueue([step('a', {failures: 6}, {retry})]);
    lab.settle();
    expect(lab.status(id)).toMatchObject({
      status: 'completed',
      lastError: null,
      steps: [{attempts: 6, lastError: null}],
    });
    const starts = attemptsOf(lab, 'run');
    const gaps = starts.slice(1).map((startMs, index) => startMs - (starts[index] ?? 0));
    expect(Math.max(...gaps)).toBeLessThan(120_000 + 3 * MINUTE_MS);
  });

  test('is over within the execution where other branches take as long', () => {
    const lab = newLab();
    const flaky = step('flaky', {failures: 1}, {retry: {delayMs: 1_000, jitter: 0}});
    const {id} = lab.enqueue([flaky, step('b', {ms: 2_000}), step('c', {ms: 2_000})]);
    lab.settle();
    expect(lab.runs()).toEqual(['flaky', 'b', 'flaky/2', 'c']);
    expect(lab.status(id).status).toBe('completed');
  });

  test('of nothing retries at once, and not without end', () => {
    const lab = newLab();
    const {id} = lab.enqueue([step('a', {failures: 99}, {retry: {delayMs: 0, maxRetries: 20}})]);
    lab.settle();
    expect(lab.runs()).toHaveLength(21);
    expect(lab.status(id)).toMatchObject({status: 'failed', steps: [{attempts: 21}]});
  });
});

test('without retries a step fails at its first failure', () => {
  const lab = newLab();
  const {id} = lab.enqueue([step('a', {failures: 1})], {options: {maxRetries: 0}});
  expect(lab.settle().status(id)).toMatchObject({
    ...{status: 'failed', completedAt: null, waiting: null, wakeUp: null},
    lastError: {stepId: 'a', name: 'Error', message: 'failure 1', details: {}},
  });
  expect(lab.runs()).toEqual(['a']);
  lab.expectTidy();
});

describe('when a step fails for good', () => {
  test('other branches go on first, what depends on it never runs, and the job tells its error', () => {
    const lab = newLab();
    const steps = [
      step('bad', {failures: 9, message: 'no luck'}),
      step('after bad', {}, {dependsOn: 'bad'}),
      step('good', {ms: 150_000}),
      step('after good', {ms: 150_000}, {dependsOn: 'good'}),
      step('both', {}, {dependsOn: ['bad', 'good']}),
    ];
    const {id} = lab.enqueue(steps, {options: {maxRetries: 0}});
    const record = lab.settle().status(id);
    expect(lab.runs()).toEqual(['bad', 'good', 'after good']);
    expect(record.status).toBe('failed');
    expect(record.results).toEqual({good: 'good done', 'after good': 'after good done'});
    expect(record.lastError).toMatchObject({stepId: 'bad', message: 'no luck'});
    expect(record.steps.map((row) => row.state)).toEqual(['failed', 'pending', 'completed', 'completed', 'pending']);
    lab.expectTidy();
  });

  test('the first failure is told, not the last', () => {
    const lab = newLab();
    const steps = ['one', 'two', 'three'].map((message) => step(message, {failures: 9, message}));
    const {id} = lab.enqueue(steps, {options: {maxRetries: 0}});
    expect(lab.settle().status(id).lastError).toMatchObject({stepId: 'one', message: 'one'});
  });

  test('an item of a map fails its job after the other items, and the reduce step does not run', () => {
    const lab = newLab();
    const items = [{failures: 9}, {result: 2}, {result: 3}];
    const request = {name: 'map', items, mapHandler: 'actItem', reduceHandler: 'total', mode: 'enqueue'};
    lab.world.deploy(withItems());
    const {id} = lab.call('mapReduce', {...request, options: {maxRetries: 1}});
    const record = lab.settle().status(id);
    expect(record).toMatchObject({status: 'failed', results: {map_2: 2, map_3: 3}, lastError: {stepId: 'map_1'}});
    expect(record.orchestration).toMatchObject({
      children: {counts: {total: 3, completed: 2, failed: 1, pending: 0}},
      stages: {reduce: {counts: {total: 1, pending: 1}}},
    });
    expect(lab.runs()).toEqual(['map_1', 'map_2', 'map_3', 'map_1/2']);
  });
});

describe('an explicit resume', () => {
  test('retries at once and does not reset the attempts', () => {
    const lab = newLab();
    const {id} = lab.enqueue([step('a', {failures: 9})]);
    const records = [1, 2, 3].map(() => lab.call('resume', id));
    expect(records.map(({status, steps}) => [status, steps[0]?.attempts])).toEqual([
      ['paused', 1],
      ['paused', 2],
      ['failed', 3],
    ]);
    expect(lab.runs()).toEqual(['a', 'a/2', 'a/3']);
    expect(lab.refusal('resume', id).code).toBe('ALREADY_FINAL');
  });

  test('leaves the wake-up of its own failure', () => {
    const lab = newLab();
    const {id} = lab.enqueue([step('a', {failures: 1})]);
    const record = lab.call('resume', id);
    expect(record).toMatchObject({
      status: 'paused',
      waiting: {reason: 'retry'},
      wakeUp: {at: expect.any(String) as string},
    });
    expect(Date.parse(record.wakeUp?.at ?? '')).toBeGreaterThanOrEqual(record.waiting?.untilMs ?? Infinity);
    lab.settle();
    expect(lab.status(id).status).toBe('completed');
    const [first = 0, second = 0] = attemptsOf(lab, 'run');
    expect(second - first).toBeGreaterThanOrEqual(24 * SECOND_MS);
    expect(second - first).toBeLessThan(3 * MINUTE_MS);
  });
});

test('attempts count failures, kills are counted apart, and a handler is told of both', () => {
  const lab = newLab();
  const {id} = lab.enqueue([step('a', {ms: 10_000, failures: 1}, {retry: {delayMs: 1_000}})]);
  lab.world.runWhile(() => lab.runs().length < 1);
  const [, worker] = lab.world.executions;
  if (worker !== undefined) lab.world.kill(worker);
  lab.settle();
  expect(lab.runs()).toEqual(['a', 'a/2']);
  const failed = newLab();
  const other = failed.enqueue([step('a', {ms: 10_000, failures: 2}, {retry: {delayMs: 1_000}})]).id;
  failed.world.runWhile(() => failed.runs().length < 2);
  const victim = failed.world.executions.find((execution) => execution.end === 'running');
  if (victim !== undefined) failed.world.kill(victim);
  failed.settle();
  expect(failed.runs()).toEqual(['a', 'a/2', 'a/3']);
  for (const record of [lab.status(id), failed.status(other)]) {
    expect(record).toMatchObject({status: 'completed', recoveries: [{reason: 'killed', inDoubt: ['a']}]});
  }
  expect(lab.status(id).steps[0]?.attempts).toBe(0);
  expect(failed.status(other).steps[0]?.attempts).toBe(1);
});

function withItems(): ReturnType<typeof pasted> {
  return pasted(`function actItem(ctx) {
    Sim.effect('run', {job: ctx.name, step: ctx.stepId, attempt: ctx.attempt});
    if (ctx.attempt <= (ctx.payload.item.failures || 0)) throw new Error('item');
    return ctx.payload.item.result;
  }`);
}
