/** `timeoutMs` of a step: an attempt that took longer has failed, whatever came of it. */
import {HOUR_MS, MINUTE_MS, pasted, step, useLabs, type Lab} from './lab';

const newLab = useLabs();

const HOST = `
/** Takes as long as its payload says for this attempt, then does what its payload says. */
function slow(ctx) {
  var p = ctx.payload.shared || ctx.payload, item = ctx.payload.item;
  Sim.effect('run', {job: ctx.name, step: ctx.stepId, attempt: ctx.attempt});
  Sim.spend(typeof item === 'number' ? item : p.ms[ctx.attempt - 1] || 0);
  if (p.fatal) throw jobsApi().fatal('no way');
  if (p.later) throw jobsApi().retryAfter(p.later, 'come back');
  if (p.message) throw new Error(p.message);
  if (p.bad) return function () {};
  return ctx.stepId + ' done';
}
function walk(ctx) { return ctx.each({count: 20}, function () { Sim.spend(30000); }); }
function pages() { Sim.spend(8000); return {items: [100, 9000]}; }
`;

const newTimeout = (): Lab => newLab({project: pasted(HOST)});
const slow = (id: string, payload: object, timeoutMs: number, more = {}): ReturnType<typeof step> => ({
  ...{id, handler: 'slow', payload, timeoutMs},
  ...more,
});

test('an attempt that took longer fails, is tried again by the policy, and its result is not kept', () => {
  const lab = newTimeout();
  const {id} = lab.enqueue([slow('s', {ms: [5_001, 4_000]}, 5_000)]);
  lab.world.runWhile(() => lab.runs().length === 0, HOUR_MS);
  lab.pass(20_000);
  const waiting = lab.status(id);
  expect(waiting).toMatchObject({status: 'paused', results: {}, steps: [{state: 'pending', attempts: 1}]});
  expect(waiting.lastError).toMatchObject({
    ...{stepId: 's', name: 'AstJobsStepExecutionError', code: 'STEP_TIMEOUT'},
    details: {timeoutMs: 5_000, durationMs: 5_001},
  });
  expect(waiting.lastError?.message).toBe(
    'The attempt took 5001 ms, and its timeoutMs is 5000. What it returned was not kept.',
  );
  expect(lab.settle().status(id)).toMatchObject({status: 'completed', results: {s: 's done'}});
  expect(lab.runs()).toEqual(['s', 's/2']);
});

test('an attempt that took exactly as long is in time', () => {
  const lab = newTimeout();
  const {status} = lab.call('run', {name: 'job', steps: [slow('s', {ms: [5_000]}, 5_000)]});
  expect(status).toBe('completed');
});

test('a step that is always too slow fails its job, and what depends on it does not run', () => {
  const lab = newTimeout();
  const {id} = lab.enqueue([slow('s', {ms: [9_000, 9_000, 9_000]}, 1_000), step('after', {}, {dependsOn: 's'})]);
  expect(lab.settle().status(id)).toMatchObject({status: 'failed', results: {}, lastError: {code: 'STEP_TIMEOUT'}});
  expect(lab.runs()).toEqual(['s', 's/2', 's/3']);
});

test('what a slow attempt threw is told, and what it says of its retries holds', () => {
  const lab = newTimeout();
  const options = {maxRetries: 0};
  const run = (payload: object): unknown =>
    lab.call('run', {name: 'job', steps: [slow('s', {ms: [2_000], ...payload}, 1_000)], options}).lastError;
  expect(run({message: 'disk on fire'})).toMatchObject({
    code: 'STEP_TIMEOUT',
    message: 'The attempt took 2000 ms, and its timeoutMs is 1000. It threw Error: disk on fire',
  });
  expect(run({message: 'm'.repeat(600)})).toMatchObject({message: expect.stringMatching(/^.{499}…$/) as string});
  expect(run({fatal: true})).toMatchObject({code: 'STEP_FATAL', message: 'no way'});
  expect(run({later: 1_000})).toMatchObject({code: 'STEP_RETRY'});
  expect(run({bad: true})).toMatchObject({code: 'RESULT_NOT_JSON'});
});

test('each item of a map step is judged by itself', () => {
  const lab = newTimeout();
  const {id} = lab.call('enqueueMany', {
    ...{name: 'many', handler: 'slow', items: [100, 3_000, 200, 4_000], retry: {maxRetries: 0}},
    ...{sharedPayload: {ms: []}},
    timeoutMs: 60_000,
  });
  // A job's own timeoutMs is for all of it, and judges no item.
  expect(lab.settle().status(id)).toMatchObject({status: 'completed'});
  const chain = lab.call('chain', {
    name: 'chain',
    tasks: [{handler: 'slow', payload: {ms: [3_000]}, timeoutMs: 1_000, retry: {maxRetries: 0}}],
  });
  expect(chain).toMatchObject({status: 'failed', lastError: {code: 'STEP_TIMEOUT'}});
});

test('a step that the budget stopped is not judged, and goes on', () => {
  const lab = newTimeout();
  const {id} = lab.enqueue([{id: 'w', handler: 'walk', timeoutMs: 300_000}]);
  expect(lab.settle().status(id)).toMatchObject({status: 'completed', results: {w: 20}, recoveries: []});
  const strict = newTimeout();
  const late = strict.enqueue([{id: 'w', handler: 'walk', timeoutMs: 60_000, retry: {maxRetries: 0}}]).id;
  // Its last attempt is judged, by what that one took.
  const record = strict.settle().status(late);
  expect(record).toMatchObject({status: 'failed', lastError: {code: 'STEP_TIMEOUT'}});
});

test('a kill during an attempt leaves the judgement to the next one', () => {
  const lab = newTimeout();
  const {id} = lab.enqueue([slow('s', {ms: [400_000, 100]}, 1_000)]);
  expect(lab.settle().status(id)).toMatchObject({status: 'completed', results: {s: 's done'}});
  expect(lab.status(id).recoveries).toHaveLength(1);
});

test.each([0, 330_001, 1.5, '5', -1])('timeoutMs %p of a step is refused', (timeoutMs) => {
  const lab = newTimeout();
  const refusal = lab.refusal('enqueue', {name: 'job', steps: [{id: 's', handler: 'slow', timeoutMs}]});
  expect(refusal.code).toMatch(/^INVALID_/);
  expect(lab.jobKeys()).toEqual([]);
});

test('a step with a limit costs no call more', () => {
  const counts = [null, MINUTE_MS].map((timeoutMs) => {
    const lab = newTimeout();
    lab.call('run', {
      name: 'job',
      steps: [{...slow('s', {ms: [1_000]}, 1), ...(timeoutMs === null ? {timeoutMs: undefined} : {timeoutMs})}],
    });
    return lab.world.executions.at(-1)?.counts().byMethod;
  });
  expect(counts[1]).toEqual(counts[0]);
});

test('itemTimeoutMs is for each item, and neither for the job nor for its sources and sums', () => {
  const lab = newTimeout();
  const many = {name: 'many', handler: 'slow', items: [1_000, 9_000, 2_000], sharedPayload: {}, itemTimeoutMs: 5_000};
  const {id} = lab.call('enqueueMany', {...many, retry: {maxRetries: 0}});
  expect(lab.settle().status(id)).toMatchObject({
    ...{status: 'failed', lastError: {stepId: 'item_2', code: 'STEP_TIMEOUT'}},
    results: {item_1: 'item_1 done', item_3: 'item_3 done'},
  });
  const paged = lab.call('enqueueMany', {...many, items: {handler: 'pages'}, retry: {maxRetries: 0}});
  expect(
    lab
      .settle()
      .status(paged.id)
      .steps.map(({id: step, state}) => [step, state]),
  ).toEqual([
    ['item_1', 'completed'],
    ['item_2', 'failed'],
    ['item_pages', 'completed'],
  ]);
  expect(lab.refusal('enqueueMany', {...many, itemTimeoutMs: 0}).code).toBe('INVALID_OPTION');
});

test('a record shows the variables of a job, and where its secrets lie', () => {
  const lab = newTimeout();
  const environment = {MODE: 'test'};
  const {id} = lab.enqueue([step('a')], {environment, secretEnvironment: {KEY: 'mail_key'}});
  lab.world.setProperty('script', 'mail_key', 'hidden-value');
  const record = lab.settle().status(id);
  expect(record).toMatchObject({status: 'completed', environment, secretEnvironment: {KEY: 'mail_key'}});
  expect(JSON.stringify(record)).not.toContain('hidden-value');
});
