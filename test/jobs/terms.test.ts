/** What a request says of a job as a whole: when it starts and must be over, who goes first, what its steps share. */
import type {JobRecord} from '../../src/types';
import {HOUR_MS, inLine, MINUTE_MS, pasted, step, useLabs, type Lab} from './lab';

const newLab = useLabs();

function enqueue(lab: Lab, name: string, more: object): JobRecord {
  return lab.call('enqueue', {name, steps: [step(name)], ...more});
}

describe('the start', () => {
  test('is put off by delayMs, and a one-off comes for it', () => {
    const lab = newLab();
    const atMs = lab.world.nowMs;
    const {id} = enqueue(lab, 'a', {delayMs: 100 * MINUTE_MS});
    expect(lab.status(id)).toMatchObject({status: 'queued'});
    lab.world.runWhile(() => lab.runs().length === 0, 3 * HOUR_MS);
    expect(lab.world.nowMs - atMs).toBeGreaterThanOrEqual(100 * MINUTE_MS);
    expect(lab.world.nowMs - atMs).toBeLessThan(103 * MINUTE_MS);
    lab.settle().expectTidy();
  });

  test.each([
    ['with a zone', '2026-01-05T13:00:00+02:00', Date.UTC(2026, 0, 5, 11)],
    ['in UTC', '2026-01-05T11:00Z', Date.UTC(2026, 0, 5, 11)],
    ['in the script’s time', '2026-01-05T11:00', new Date(2026, 0, 5, 11).getTime()],
    ['as a date', '2026-01-06', new Date(2026, 0, 6).getTime()],
  ])('is at runAt %s', (_what, runAt, expectedMs) => {
    const lab = newLab();
    const {id} = enqueue(lab, 'a', {runAt});
    lab.settle(3 * 24 * HOUR_MS);
    const startedMs = Date.parse(lab.status(id).startedAt ?? '');
    expect(startedMs).toBeGreaterThanOrEqual(expectedMs);
    expect(startedMs - expectedMs).toBeLessThan(12 * MINUTE_MS);
  });

  test('waits for resume with autoStart: false', () => {
    const lab = newLab();
    const {id} = enqueue(lab, 'a', {autoStart: false});
    lab.pass(2 * HOUR_MS);
    expect(lab.status(id)).toMatchObject({status: 'paused', waiting: {reason: 'user'}});
    expect(lab.call('resume', id)).toMatchObject({status: 'completed'});
  });

  test.each([
    [{runAt: 'tomorrow'}],
    [{runAt: '2026-02-30T10:00'}],
    [{runAt: 5}],
    [{delayMs: -1}],
    [{delayMs: 1, runAt: '2026-01-06'}],
    [{autoStart: 'yes'}],
  ])('%j is refused', (more) => {
    const lab = newLab();
    expect(lab.refusal('enqueue', {name: 'a', steps: [step('a')], ...more}).name).toBe('AstJobsValidationError');
    expect(lab.world.store('script').size).toBe(0);
  });
});

describe('the end', () => {
  test('timeoutMs: the job fails at the next step boundary, and what it has stays', () => {
    const lab = newLab();
    const {id} = lab.call('enqueue', {name: 'slow', steps: inLine(6, {ms: 30_000}), timeoutMs: 70_000});
    expect(lab.settle().status(id)).toMatchObject({
      ...{status: 'failed', results: {s1: 's1 done', s2: 's2 done', s3: 's3 done'}},
      lastError: {name: 'AstJobsTimeoutError', code: 'JOB_TIMEOUT', stepId: null, details: {timeoutMs: 70_000}},
    });
    expect(lab.runs()).toEqual(['s1', 's2', 's3']);
    lab.expectTidy();
  });

  test('timeoutMs holds over executions, kills and waits for a retry', () => {
    const lab = newLab();
    const steps = [step('a', {failures: 5})];
    const {id} = lab.call('enqueue', {name: 'retry', steps, timeoutMs: 10 * MINUTE_MS, retry: {delayMs: HOUR_MS}});
    lab.pass(40 * MINUTE_MS);
    expect(lab.status(id)).toMatchObject({status: 'failed', lastError: {code: 'JOB_TIMEOUT'}});
    lab.settle().expectTidy();
  });

  test('timeoutMs ends a job of several workers', () => {
    const lab = newLab();
    const {id} = lab.call('enqueueMany', {
      ...{name: 'many', handler: 'act', items: Array.from({length: 200}, () => ({})), sharedPayload: {}, workers: 3},
      ...{timeoutMs: 60_000, options: {}},
    });
    lab.world.runWhile(() => lab.runs().length === 0, HOUR_MS);
    lab.settle();
    expect(['failed', 'completed']).toContain(lab.status(id).status);
  });

  test('deadlineMs ends a job that never came to run', () => {
    const lab = newLab();
    const {id} = enqueue(lab, 'late', {deadlineMs: 20 * MINUTE_MS, delayMs: 2 * HOUR_MS});
    lab.pass(HOUR_MS);
    expect(lab.status(id)).toMatchObject({status: 'failed', startedAt: null, lastError: {code: 'JOB_TIMEOUT'}});
    expect(lab.runs()).toEqual([]);
    lab.settle().expectTidy();
  });

  test('a job that is over in time is not touched', () => {
    const lab = newLab();
    const {id} = enqueue(lab, 'quick', {timeoutMs: HOUR_MS, deadlineMs: HOUR_MS});
    expect(lab.settle().status(id)).toMatchObject({status: 'completed', timeoutMs: HOUR_MS});
  });
});

describe('priority', () => {
  test('decides who is taken first of those that wait', () => {
    const lab = newLab();
    for (const priority of ['low', 'medium', 'critical', 'high'] as const) enqueue(lab, priority, {priority});
    lab.settle();
    expect(lab.runs()).toEqual(['critical', 'high', 'medium', 'low']);
  });

  test('starves none: a low job that has waited goes before a fresh high one', () => {
    const lab = newLab();
    lab.call('install');
    const low = enqueue(lab, 'low', {priority: 'low', autoStart: false});
    lab.pass(5 * HOUR_MS);
    for (let index = 0; index < 3; index++)
      enqueue(lab, `high${index}`, {priority: 'high', steps: [step(`high${index}`, {ms: 200_000})]});
    expect(lab.status(low.id).status).toBe('paused');
    const old = enqueue(lab, 'old', {priority: 'low', runAt: new Date(lab.world.nowMs).toISOString()});
    lab.pass(2 * MINUTE_MS + 6 * HOUR_MS);
    expect(lab.status(old.id).status).toBe('completed');
  });
});

describe('what steps share', () => {
  const PROJECT = pasted('function see(ctx) { return [ctx.payload, ctx.payload && ctx.payload.shared]; }');

  test('the payload of the job goes to steps without one of their own, and to items as shared', () => {
    const lab = newLab({project: PROJECT});
    const steps = [
      {id: 'own', handler: 'see', payload: {mine: 1}},
      {id: 'none', handler: 'see'},
    ];
    expect(lab.call('run', {name: 'a', steps, payload: {job: [1, 'ü']}}).results).toEqual({
      own: [{mine: 1}, null],
      none: [{job: [1, 'ü']}, null],
    });
    const many = lab.call('enqueueMany', {name: 'b', handler: 'see', items: [5], payload: 'p', mode: 'run'});
    expect(many.results['item_1']).toMatchObject([{item: 5, shared: 'p'}, 'p']);
  });
});

test('a record shows what the job was given, and nothing where nothing was', () => {
  const lab = newLab();
  const more = {description: 'Ö', tags: ['x', 'y', 'x'], priority: 'high', resources: ['mail']};
  expect(enqueue(lab, 'a', more)).toMatchObject({...more, tags: ['x', 'y']});
  const plain = enqueue(lab, 'b', {});
  for (const field of [...Object.keys(more), 'dependencies', 'batch', 'timeoutMs', 'deadline', 'singleton'])
    expect(plain).not.toHaveProperty(field);
});

test.each([
  [{description: 5}],
  [{description: 'x'.repeat(501)}],
  [{tags: 'a'}],
  [{tags: ['']}],
  [{tags: Array.from({length: 11}, (_none, k) => String(k))}],
  [{priority: 'urgent'}],
  [{timeoutMs: 0}],
  [{resources: [5]}],
  [{environment: {'a-b': '1'}}],
  [{environment: {a: {}}}],
  [{secretEnvironment: {KEY: 'AST_JOBS_X'}}],
  [{secretEnvironment: {KEY: 7}}],
])('%j is refused, and nothing is stored', (more) => {
  const lab = newLab();
  expect(lab.refusal('enqueue', {name: 'a', steps: [step('a')], ...more}).name).toBe('AstJobsValidationError');
  expect(lab.world.store('script').size).toBe(0);
});

test('a library of 0.2 leaves a job with terms alone, and counts it as open', () => {
  const lab = newLab();
  const {id} = enqueue(lab, 'a', {tags: ['x']});
  const header = lab.world.store('script').get(`AST_JOBS_JOB_~${id}~h`) ?? '';
  expect(header).toMatch(/^\{"v":3,/);
  const plain = enqueue(lab, 'b', {});
  expect(lab.world.store('script').get(`AST_JOBS_JOB_~${plain.id}~h`)).toMatch(/^\{"v":2,/);
});
