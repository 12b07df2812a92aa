/** Handles: what they show of a job, what they do to it, and how they wait for it. */
import type {HandleStatus, JobRecord} from '../../src/types';
import {asLibrary, HOUR_MS, inLine, pasted, SECOND_MS, step, useLabs, type Lab, type Refusal} from './lab';

const newLab = useLabs();

const HANDLES = `
/** A method of a handle, after so much of the execution. */
function handle(id, method, args, afterMs) {
  Sim.spend(afterMs || 0);
  return outcomeOf(function () {
    var made = jobsApi().get(id);
    return made[method].apply(made, args || []);
  });
}
function fresh(id) { var made = jobsApi().get(id); return Object.keys(made).concat(made.id); }
function nestedWait(ctx) { return outcomeOf(function () { return jobsApi().get(ctx.payload.id).wait(); }).error.code; }
function locked(id) {
  var lock = LockService.getScriptLock();
  lock.waitLock(1000);
  var outcome = handle(id, 'wait');
  return {outcome: outcome, isStillHeld: lock.hasLock()};
}
/** Returns its items, so that a list of results can be told apart. */
function same(ctx) { return ctx.payload.item; }
function yielding(ctx) { Sim.effect('run', {job: ctx.name, step: ctx.stepId, attempt: ctx.attempt}); if (ctx.cursor === null) { ctx.checkpoint(1); ctx.yield(); } return 'at last'; }
`;

const handlesLab = (options: Parameters<typeof newLab>[0] = {}): Lab => newLab({project: pasted(HANDLES), ...options});

interface Outcome {
  readonly value?: unknown;
  readonly error?: Refusal;
}

const use = (lab: Lab, id: string, method: string, args: readonly unknown[] = [], afterMs = 0): Outcome =>
  lab.world.call('handle', [id, method, args, afterMs]) as Outcome;

const statusOf = (lab: Lab, id: string): HandleStatus => use(lab, id, 'status').value as HandleStatus;

/** Waits, and tells for how long. */
function timedWait(lab: Lab, id: string, timeoutMs?: number, afterMs = 0): Outcome & {readonly ms: number} {
  const startMs = lab.world.nowMs;
  const outcome = use(lab, id, 'wait', timeoutMs === undefined ? [] : [{timeoutMs}], afterMs);
  return {...outcome, ms: lab.world.nowMs - startMs - afterMs};
}

describe('a handle', () => {
  test('is made for a job that is there', () => {
    const lab = handlesLab();
    const {id} = lab.enqueue([step('a')]);
    const keys = [
      'id',
      'status',
      'wait',
      'cancel',
      'pause',
      'resume',
      'remove',
      'record',
      'result',
      'logs',
      'progress',
    ];
    expect((lab.world.call('fresh', [` ${id} `]) as string[]).sort()).toEqual([...keys, id].sort());
    expect(use(lab, 'job_000000000_0000000000', 'status').error).toMatchObject({code: 'JOB_NOT_FOUND'});
    expect(lab.refusal('get', 7)).toMatchObject({code: 'INVALID_REQUEST'});
  });

  test('reads anew with each call', () => {
    const lab = handlesLab();
    const {id} = lab.enqueue(inLine(2));
    const record = use(lab, id, 'record').value as JobRecord;
    expect(record).toEqual(lab.status(id));
    expect(use(lab, id, 'pause').value).toMatchObject({state: 'paused', result: null, startedAt: null});
    expect(use(lab, id, 'resume', [{maxRuntimeMs: 60_000}]).value).toMatchObject({
      state: 'completed',
      result: 's2 done',
    });
    expect(use(lab, id, 'result').value).toBe('s2 done');
    expect(use(lab, id, 'logs').value).toEqual({entries: [], next: null, dropped: 0});
    expect(use(lab, id, 'progress').value).toMatchObject({done: 2, total: 2});
    expect(use(lab, id, 'result', ['s1']).value).toBe('s1 done');
    expect(use(lab, id, 'remove').value).toBe(true);
    expect(use(lab, id, 'status').error).toMatchObject({code: 'JOB_NOT_FOUND'});
  });

  test('cancels what is open, and leaves alone what has ended', () => {
    const lab = handlesLab();
    const open = lab.enqueue([step('a')]);
    expect(use(lab, open.id, 'cancel').value).toMatchObject({state: 'canceled', error: null});
    const done = lab.call('run', {name: 'done', steps: [step('a')]});
    const before = lab.everything();
    expect(use(lab, done.id, 'cancel').value).toMatchObject({state: 'completed', result: 'a done'});
    expect(lab.everything()).toEqual(before);
  });

  test('its status costs one read beside the one that made it', () => {
    const lab = handlesLab();
    const {id} = lab.enqueue([step('a')]);
    statusOf(lab, id);
    expect(lab.world.executions.at(-1)?.counts()).toMatchObject({reads: 2, writes: 0, locks: 0});
  });
});

describe('the state', () => {
  test('goes from pending to completed, and is running between executions and retries', () => {
    const lab = handlesLab();
    const {id} = lab.enqueue([step('a', {ms: 200_000}), step('b', {ms: 200_000, failures: 1}, {dependsOn: 'a'})]);
    expect(statusOf(lab, id)).toMatchObject({
      id,
      state: 'pending',
      startedAt: null,
      progress: {done: 0, total: 2, units: {pending: 2}},
    });
    lab.world.runWhile(() => lab.runs('job', 'end').length < 1, HOUR_MS);
    lab.pass(20 * SECOND_MS);
    expect(lab.status(id)).toMatchObject({status: 'paused', waiting: {reason: 'budget'}});
    expect(statusOf(lab, id)).toMatchObject({state: 'running', completedAt: null, progress: {done: 1}});
    lab.world.runWhile(() => lab.runs('job', 'end').length < 2, HOUR_MS);
    lab.pass(5 * SECOND_MS);
    expect(lab.status(id)).toMatchObject({status: 'paused', waiting: {reason: 'retry'}});
    expect(statusOf(lab, id)).toMatchObject({state: 'running', error: null});
    const record = lab.settle().status(id);
    expect(statusOf(lab, id)).toEqual({
      ...{id, name: 'job', state: 'completed', result: 'b done', error: null, progress: expect.anything() as unknown},
      ...{createdAt: record.createdAt, startedAt: record.startedAt, completedAt: record.completedAt},
    });
  });

  test('is pending before the start, and paused where somebody has to do something', () => {
    const lab = handlesLab();
    const parent = lab.enqueue([step('a')], {autoStart: false});
    const child = lab.enqueue([step('b')], {dependencies: [parent.id]});
    expect([statusOf(lab, parent.id).state, statusOf(lab, child.id).state]).toEqual(['paused', 'pending']);
  });

  test('of a failed job names the error', () => {
    const lab = handlesLab();
    const {id} = lab.call('run', {name: 'job', steps: [step('a', {failures: 1})], options: {maxRetries: 0}});
    expect(statusOf(lab, id)).toMatchObject({
      state: 'failed',
      result: null,
      error: {stepId: 'a', message: 'failure 1'},
    });
  });
});

describe('the result', () => {
  test.each([
    ['of the only step', 'run', {steps: [step('a', {result: {x: 1}})]}, {x: 1}],
    ['of the last of a chain', 'chain', {tasks: [{handler: 'act'}, {handler: 'act'}]}, 'chain_step_2 done'],
    ['of the reduce step', 'mapReduce', {items: [1, 2, 3], mapHandler: 'square', reduceHandler: 'total'}, 14],
    ['of a map step, in order', 'enqueueMany', {items: [3, 1, 2], handler: 'same', mode: 'run'}, [3, 1, 2]],
    [
      'of the steps that no other needs, by id',
      'run',
      {steps: [step('a'), step('b', {}, {dependsOn: 'a'}), step('c', {result: null}, {dependsOn: 'a'})]},
      {b: 'b done', c: null},
    ],
    ['that is large', 'run', {steps: [step('a', {chars: 20_000})]}, 'x'.repeat(20_000)],
  ])('is that %s', (_what, method, request, result) => {
    const lab = handlesLab();
    const {id} = lab.call(method, {name: 'job', ...request});
    expect(statusOf(lab, id)).toMatchObject({state: 'completed', result});
    expect(use(lab, id, 'wait').value).toEqual(result);
  });
});

describe('wait', () => {
  test('runs a job that nobody runs, at once, and returns its result', () => {
    const lab = handlesLab();
    const {id} = lab.enqueue(inLine(3, {ms: 2_000}));
    const {value, ms} = timedWait(lab, id);
    expect(value).toBe('s3 done');
    expect(ms).toBeLessThan(8 * SECOND_MS);
    lab.settle().expectTidy();
    expect(lab.runs()).toEqual(['s1', 's2', 's3']);
  });

  test('sleeps for a back-off and goes on in place', () => {
    const lab = handlesLab();
    const {id} = lab.enqueue([step('a', {failures: 2}, {retry: {delayMs: 20_000, factor: 2, jitter: 0}})]);
    const {value, ms} = timedWait(lab, id);
    expect(value).toBe('a done');
    expect(lab.runs()).toEqual(['a', 'a/2', 'a/3']);
    const times = lab.world.effects.filter((effect) => effect.name === 'run').map((effect) => effect.atMs);
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(20_000);
    expect(ms).toBeGreaterThanOrEqual(60_000);
    expect(ms).toBeLessThan(64_000);
  });

  test('watches a job that another execution runs, and returns soon after its end', () => {
    const lab = handlesLab();
    const {id} = lab.enqueue(inLine(4, {ms: 15_000}));
    lab.world.runWhile(() => lab.runs().length < 1, HOUR_MS);
    const {value, ms} = timedWait(lab, id);
    expect(value).toBe('s4 done');
    expect(ms).toBeGreaterThan(55_000);
    expect(ms).toBeLessThan(76_000);
    const waiter = lab.world.executions.find((one) => one.fn === 'handle');
    const {reads, writes, locks} = waiter?.counts() ?? {};
    // One to make the handle, one to begin, one for the result; looks after 1, 2, 4, 8 s, then every 15 s.
    expect([reads, writes, locks]).toEqual([3 + 8, 0, 0]);
    expect(lab.settle().runs()).toEqual(['s1', 's2', 's3', 's4']);
  });

  test('takes over from an execution that was killed, once its lease has run out', () => {
    const lab = handlesLab();
    const {id} = lab.enqueue(inLine(2, {ms: 20_000}));
    lab.world.runWhile(() => lab.runs().length < 2, HOUR_MS);
    const victim = lab.world.executions.find((one) => one.end === 'running');
    if (victim !== undefined) lab.world.kill(victim);
    for (const {uid} of lab.world.triggers()) lab.world.deleteTrigger(uid);
    lab.pass(200 * SECOND_MS);
    const {value, ms} = timedWait(lab, id);
    expect(value).toBe('s2 done');
    expect(ms).toBeGreaterThan(100_000);
    expect(lab.runs()).toEqual(['s1', 's2', 's2/2']);
    expect(lab.status(id).recoveries).toMatchObject([{reason: 'killed', inDoubt: ['s2']}]);
  });

  test('ends at its timeout, to the moment, and leaves the job alone', () => {
    const lab = handlesLab();
    const {id} = lab.enqueue(inLine(2, {ms: 60_000}));
    lab.world.runWhile(() => lab.runs().length < 1, HOUR_MS);
    const before = lab.everything();
    const {error, ms} = timedWait(lab, id, 10_000);
    expect(error).toMatchObject({
      name: 'AstJobsTimeoutError',
      code: 'WAIT_TIMEOUT',
      details: {jobId: id, status: 'running'},
    });
    expect(ms).toBeGreaterThanOrEqual(10_000);
    expect(ms).toBeLessThan(10_500);
    expect(lab.everything()).toEqual(before);
    expect(lab.settle().runs()).toEqual(['s1', 's2']);
  });

  test('begins no step that is known to last beyond a timeout', () => {
    const lab = handlesLab();
    const {id} = lab.enqueue(inLine(3, {ms: 60_000}), {options: {maxRuntimeMs: 50_000}});
    lab.world.runWhile(() => lab.runs('job', 'end').length < 1, HOUR_MS);
    lab.pass(10 * SECOND_MS);
    expect(timedWait(lab, id, 30_000)).toMatchObject({error: {code: 'WAIT_TIMEOUT'}});
    expect(lab.runs()).toEqual(['s1']);
    expect(timedWait(lab, id).value).toBe('s3 done');
  });

  test('never lasts longer than its execution, which it leaves time to go on', () => {
    const lab = handlesLab();
    const {id} = lab.enqueue([step('a', {ms: 100_000}), step('b', {ms: 300_000}, {dependsOn: 'a'})]);
    lab.world.runWhile(() => lab.runs().length < 1, HOUR_MS);
    for (const timeoutMs of [undefined, 900_000]) {
      const {error, ms} = timedWait(lab, id, timeoutMs, 30_000);
      expect(error?.code).toBe('WAIT_TIMEOUT');
      expect([ms > 285_000, ms < 291_000]).toEqual([true, true]);
    }
  });

  test('in an execution that is old looks once, sleeps and runs nothing', () => {
    const lab = handlesLab();
    const queued = lab.enqueue([step('a')], {options: {autoResume: false}});
    const done = lab.call('run', {name: 'done', steps: [step('b')]});
    expect(timedWait(lab, queued.id, undefined, 325_000)).toMatchObject({error: {code: 'WAIT_TIMEOUT'}});
    expect(timedWait(lab, queued.id, 60_000, 325_000).ms).toBeLessThan(SECOND_MS);
    expect(timedWait(lab, done.id, undefined, 325_000).value).toBe('b done');
    expect(lab.runs('job')).toEqual([]);
  });

  test('with a timeout of 0 is a look', () => {
    const lab = handlesLab();
    const {id} = lab.enqueue([step('a')]);
    expect(timedWait(lab, id, 0)).toMatchObject({error: {code: 'WAIT_TIMEOUT'}});
    expect(lab.runs()).toEqual([]);
  });

  test('of a job that failed or was canceled throws, with the record', () => {
    const lab = handlesLab();
    const failed = lab.enqueue([step('a', {failures: 1})], {options: {maxRetries: 0}});
    const {error} = timedWait(lab, failed.id);
    expect(error).toMatchObject({
      ...{
        name: 'AstJobsStepExecutionError',
        code: 'JOB_FAILED',
        message: expect.stringContaining('failure 1') as string,
      },
      details: {jobId: failed.id, record: {status: 'failed', lastError: {stepId: 'a'}}},
    });
    const canceled = lab.enqueue([step('a')]);
    lab.call('cancel', canceled.id);
    expect(timedWait(lab, canceled.id).error).toMatchObject({
      ...{name: 'AstJobsConflictError', code: 'JOB_CANCELED', details: {record: {status: 'canceled'}}},
    });
  });

  test('of a job that somebody cancels meanwhile ends', () => {
    const lab = handlesLab();
    const {id} = lab.enqueue([step('a')], {delayMs: HOUR_MS});
    lab.world.start({fn: 'api', args: ['cancel', [id]], atMs: lab.world.nowMs + 40_000});
    const {error, ms} = timedWait(lab, id);
    expect([error?.code, ms < 60_000]).toEqual(['JOB_CANCELED', true]);
  });

  test('of a job that waits for resume says so at once', () => {
    const lab = handlesLab();
    const {id} = lab.enqueue([step('a')], {autoStart: false});
    const {error, ms} = timedWait(lab, id);
    expect(error).toMatchObject({
      code: 'WAIT_TIMEOUT',
      details: {reason: 'user'},
      message: expect.stringMatching(/resume/) as string,
    });
    expect(ms).toBeLessThan(SECOND_MS);
  });

  test('keeps to the time that a job asked for', () => {
    const lab = handlesLab();
    const startMs = lab.world.nowMs;
    const {id} = lab.enqueue([step('a')], {delayMs: 60_000});
    expect(timedWait(lab, id).value).toBe('a done');
    expect(lab.world.effects[0]?.atMs).toBeGreaterThanOrEqual(startMs + 60_000);
    expect(lab.world.effects[0]?.atMs).toBeLessThan(startMs + 64_000);
  });

  test('runs the jobs that it depends on first', () => {
    const lab = handlesLab();
    const one = lab.enqueue([step('a')], {name: 'one'});
    const two = lab.enqueue([step('b')], {name: 'two', dependencies: [one.id]});
    const three = lab.enqueue([step('c')], {name: 'three', dependencies: [two.id, one.id]});
    const {value, ms} = timedWait(lab, three.id);
    expect([value, ms < 10_000]).toEqual(['c done', true]);
    expect(lab.runs()).toEqual(['a', 'b', 'c']);
    lab.settle().expectTidy();
  });

  test('ends with a dependency that failed', () => {
    const lab = handlesLab();
    const one = lab.enqueue([step('a', {failures: 1})], {name: 'one', options: {maxRetries: 0}});
    const two = lab.enqueue([step('b')], {name: 'two', dependencies: [one.id]});
    expect(timedWait(lab, two.id).error).toMatchObject({
      ...{code: 'JOB_FAILED', details: {record: {lastError: {code: 'DEPENDENCY_FAILED'}}}},
    });
  });

  test('leaves a step that yields to another execution', () => {
    const lab = handlesLab();
    const {id} = lab.enqueue([{id: 'a', handler: 'yielding'}]);
    const {value} = timedWait(lab, id);
    expect(value).toBe('at last');
    const executions = lab.world.effects.map((effect) => effect.executionId);
    expect(new Set(executions).size).toBe(2);
  });

  test('only watches the job of another user', () => {
    const lab = handlesLab();
    const {id} = lab.callAs<JobRecord>({user: 'other@example.com'}, 'enqueue', {name: 'job', steps: [step('a')]});
    const {value, ms} = timedWait(lab, id);
    expect([value, ms > 50_000]).toEqual(['a done', true]);
    const [run] = lab.world.effects;
    expect(lab.world.executions.find((one) => one.id === run?.executionId)).toMatchObject({
      fn: 'astJobsWorker',
      user: 'other@example.com',
    });
  });

  test('is refused inside a handler', () => {
    const lab = handlesLab();
    const other = lab.enqueue([step('a')]);
    const record = lab.call('run', {
      name: 'nested',
      steps: [{id: 'n', handler: 'nestedWait', payload: {id: other.id}}],
    });
    expect(record.results).toEqual({n: 'NESTED_RUN'});
  });

  test('under the script’s own lock is told so where the lock was not handed over, and works where it was', () => {
    const lab = handlesLab();
    const {id} = lab.enqueue([step('a')], {options: {autoResume: false}});
    const before = lab.everything();
    expect(lab.world.call('locked', [id])).toMatchObject({
      outcome: {error: {code: 'LOCK_TIMEOUT', message: expect.stringContaining('bind(globalThis, {lock})') as string}},
      isStillHeld: true,
    });
    expect(lab.everything()).toEqual(before);
    const bound = newLab({
      project: asLibrary(
        HANDLES.replace('var lock = LockService.getScriptLock();', 'var lock = hostLock;'),
        'const hostLock = LockService.getScriptLock(); ASTX.Jobs.bind(globalThis, {lock: hostLock});',
      ),
    });
    const job = bound.enqueue([step('a')]);
    expect(bound.world.call('locked', [job.id])).toMatchObject({outcome: {value: 'a done'}, isStillHeld: true});
  });

  test('two waits for one job run it once, and both return', () => {
    const lab = handlesLab();
    const {id} = lab.enqueue(inLine(3, {ms: 10_000}));
    const startMs = lab.world.nowMs;
    const waits = [0, 500].map((ms) => lab.world.start({fn: 'handle', args: [id, 'wait'], atMs: startMs + ms}));
    lab.settle();
    expect(waits.map((one) => one.value)).toEqual([{value: 's3 done'}, {value: 's3 done'}]);
    expect(lab.runs()).toEqual(['s1', 's2', 's3']);
  });

  test.each([-1, 1.5, '5', true])('a timeout of %j is refused', (timeoutMs) => {
    const lab = handlesLab();
    const {id} = lab.enqueue([step('a')]);
    expect(use(lab, id, 'wait', [{timeoutMs}]).error).toMatchObject({code: 'INVALID_OPTION'});
  });

  test('ends where sleep does not sleep and no time passes', () => {
    const lab = newLab({
      project: pasted(`${HANDLES}
function frozen(id) {
  var now = Date.now();
  Date.now = function () { return now; };
  Utilities.sleep = function () {};
  return handle(id, 'wait');
}`),
    });
    const {id} = lab.enqueue([step('a')], {delayMs: HOUR_MS});
    expect(lab.world.call('frozen', [id])).toMatchObject({error: {code: 'WAIT_TIMEOUT'}});
  });

  test('of a folded job says that its results are gone', () => {
    const lab = handlesLab();
    const {id} = lab.call('run', {name: 'job', steps: [step('a', {chars: 5_000})]});
    lab.pass(8 * 24 * HOUR_MS);
    lab.enqueue([step('b')], {name: 'other'});
    lab.settle();
    expect(statusOf(lab, id)).toMatchObject({state: 'completed', folded: true, result: null, progress: {units: null}});
    expect(timedWait(lab, id).error).toMatchObject({code: 'STEP_NOT_FOUND'});
  });
});
