/** Why a job does not move: each reason as it comes about, with who looks at it next and what to do. */
import type {Explanation, JobRecord} from '../../src/types';
import {asLibrary, HOUR_MS, inLine, MINUTE_MS, pasted, SECOND_MS, step, useLabs, withoutGlue, type Lab} from './lab';

const newLab = useLabs();

function explain(lab: Lab, id: string, user?: string): Explanation {
  return user === undefined ? lab.call<Explanation>('explain', id) : lab.callAs<Explanation>({user}, 'explain', id);
}

const msUntil = (lab: Lab, time: string | null): number => Date.parse(time ?? '') - lab.world.nowMs;

/** Lets time pass until a step has begun. */
function untilStep(lab: Lab, name: string): void {
  lab.world.runWhile(() => !lab.runs().includes(name), HOUR_MS);
}

test('a job that waits for its first execution says when that is, and what starts it', () => {
  const lab = newLab();
  const {id, createdAt} = lab.enqueue([step('a')]);
  const told = explain(lab, id);
  expect(lab.world.executions.at(-1)?.counts()).toMatchObject({calls: 2, reads: 2});
  expect(told).toEqual({
    ...{id, status: 'queued', reason: 'queued', since: createdAt, advice: null},
    until: new Date(Date.parse(createdAt) + 60_000).toISOString(),
    sentence: expect.stringMatching(/^It waits for its first execution and is due at 2026-\S+Z\.$/) as unknown,
    next: {at: expect.stringMatching(/^2026/) as unknown, by: 'one-off'},
    data: {units: 1, open: 1},
  });
  expect(msUntil(lab, told.next.at)).toBeLessThanOrEqual(61 * SECOND_MS);
});

test('a one-off that is lost leaves the job to the watchdog', () => {
  const lab = newLab();
  const {id} = lab.enqueue([step('a')]);
  lab.world.onFiring = () => 'lost';
  lab.pass(5 * MINUTE_MS);
  expect(explain(lab, id)).toMatchObject({
    ...{reason: 'queued', sentence: 'It waits for its first execution and is due now.'},
    next: {by: 'watchdog'},
  });
});

test('a job whose user has no trigger is told to be installed', () => {
  const lab = newLab({project: withoutGlue()});
  const {id} = lab.enqueue([step('a')]);
  const told = explain(lab, id);
  expect(told).toMatchObject({reason: 'noTrigger', next: {at: null, by: 'nobody'}, data: {waitsFor: 'queued'}});
  expect(told.sentence).toMatch(
    /^It waits for its first execution.*No trigger starts it: Your script has no function astJobsWorker/,
  );
  expect(told.advice).toMatch(/^Call AST\.Jobs\.install\(\)/);
  const other = newLab();
  const job = other.enqueue([step('a')]);
  for (const key of other.world.store('script').keys())
    if (key.startsWith('AST_JOBS_USER~')) other.world.setProperty('script', key, 'damaged');
  expect(explain(other, job.id)).toMatchObject({
    reason: 'noTrigger',
    sentence: expect.stringMatching(/No trigger starts it: you have no watchdog\.$/) as unknown,
  });
  expect(explain(other, job.id, 'guest@example.com')).toMatchObject({
    reason: 'noTrigger',
    advice: expect.stringMatching(/^Let its user call AST\.Jobs\.install\(\)/) as unknown,
  });
});

test('a step that failed is named with its error and the time of its next attempt', () => {
  const lab = newLab();
  const retry = {delayMs: HOUR_MS, jitter: 0};
  const {id} = lab.call('run', {
    name: 'job',
    steps: [step('a'), step('b', {failures: 1, message: 'no luck'}, {retry})],
  });
  const told = explain(lab, id);
  expect(told).toMatchObject({status: 'paused', reason: 'retry', next: {by: 'watchdog'}, advice: null});
  expect(told.sentence).toBe(`Step \`"b"\` failed with \`"no luck"\` and is tried again at ${told.until ?? ''}.`);
  expect(told.data).toMatchObject({error: {stepId: 'b', message: 'no luck'}, retryAt: told.until, units: 2, open: 1});
  expect(Math.round(msUntil(lab, told.until) / MINUTE_MS)).toBe(60);
});

test('a job that has used up its budget says when the next execution comes', () => {
  const lab = newLab();
  const {id} = lab.call('run', {name: 'job', steps: inLine(5, {ms: 100_000})});
  const told = explain(lab, id);
  expect(told).toMatchObject({status: 'paused', reason: 'budget', next: {by: 'one-off'}, advice: null});
  expect(msUntil(lab, told.next.at)).toBeLessThanOrEqual(MINUTE_MS);
});

test('a job that was stopped waits for resume, and one that runs on says so', () => {
  const lab = newLab();
  const idle = lab.enqueue(inLine(2), {options: {autoResume: false}}).id;
  const {id} = lab.enqueue(inLine(3, {ms: 50_000}), {name: 'busy'});
  untilStep(lab, 's1');
  lab.call('stop');
  expect(explain(lab, id)).toMatchObject({status: 'paused', reason: 'stopping', next: {by: 'owner'}});
  lab.pass(2 * MINUTE_MS);
  for (const stopped of [id, idle])
    expect(explain(lab, stopped)).toMatchObject({
      ...{status: 'paused', reason: 'user', next: {at: null, by: 'nobody'}, until: null},
      advice: 'Call AST.Jobs.resume(id), or cancel.',
    });
});

test('a job without autoResume waits for resume, whatever else it waits for', () => {
  const lab = newLab();
  const {id} = lab.enqueue([step('a')], {options: {autoResume: false}});
  expect(explain(lab, id)).toMatchObject({
    ...{reason: 'manual', next: {at: null, by: 'nobody'}, advice: 'Call AST.Jobs.resume(id).'},
    data: {waitsFor: 'queued'},
  });
});

test('a handler that is gone is named', () => {
  const lab = newLab({project: asLibrary('function later(ctx) { return 1; }')});
  const {id} = lab.enqueue([{id: 'a', handler: 'later'}]);
  lab.world.deploy(asLibrary());
  lab.pass(5 * MINUTE_MS);
  expect(explain(lab, id)).toMatchObject({
    ...{status: 'paused', reason: 'handler', data: {handler: 'later'}, next: {by: 'watchdog'}},
    sentence: 'The script has no function `"later"`, which the next step needs.',
    advice: expect.stringMatching(/^Add the function later/) as unknown,
  });
});

test('a full store is told with the bytes that are missing and those that are free', () => {
  const lab = newLab();
  for (let index = 0; index < 55; index++) lab.world.setProperty('script', `host_${index}`, 'h'.repeat(8_000));
  const {id} = lab.call('run', {name: 'job', steps: inLine(2, {chars: 60_000})});
  const told = explain(lab, id);
  expect(told).toMatchObject({status: 'paused', reason: 'store'});
  const {missingBytes, freeBytes} = told.data as {missingBytes: number; freeBytes: number};
  expect(missingBytes).toBeGreaterThan(60_000);
  expect(freeBytes).toBeLessThan(missingBytes);
  expect(told.sentence).toContain(`${missingBytes} bytes are missing`);
  expect(told.advice).toMatch(/^Call AST\.Jobs\.cleanup/);
});

test('a job that runs names its execution, and one whose execution was killed the time of its recovery', () => {
  const lab = newLab();
  const {id} = lab.enqueue(inLine(3, {ms: 20_000}));
  untilStep(lab, 's2');
  const running = explain(lab, id);
  const {leaseExpiresAt, leaseOwner} = lab.status(id);
  expect(running).toMatchObject({
    ...{status: 'running', reason: 'running', until: leaseExpiresAt, next: {at: leaseExpiresAt, by: 'owner'}},
    data: {execution: leaseOwner, stepId: 's2', leaseUntil: leaseExpiresAt, units: 3, open: 2},
  });
  const execution = lab.world.executions.find(({end}) => end === 'running');
  if (execution === undefined) throw new Error('Nothing runs.');
  lab.world.kill(execution);
  lab.pass(2 * MINUTE_MS);
  const silent = explain(lab, id);
  expect(silent).toMatchObject({reason: 'silent', until: leaseExpiresAt, data: {stepId: 's2'}});
  expect(silent.next.by).not.toBe('nobody');
  expect(Date.parse(silent.next.at ?? '')).toBeGreaterThanOrEqual(Date.parse(leaseExpiresAt ?? ''));
  lab.world.onFiring = () => 'lost';
  lab.pass(10 * MINUTE_MS);
  expect(explain(lab, id)).toMatchObject({
    ...{status: 'running', reason: 'silent', next: {by: 'watchdog'}},
    sentence: expect.stringMatching(/^Its execution was killed; the lease ran out at/) as unknown,
  });
  lab.world.onFiring = () => undefined;
  expect(lab.settle().status(id).status).toBe('completed');
});

test("another user's job is left to that user's triggers", () => {
  const lab = newLab();
  const {id, owner} = lab.enqueue([step('a')]);
  expect(explain(lab, id, 'guest@example.com')).toMatchObject({
    ...{reason: 'otherUser', next: {by: 'one-off'}, data: {owner, waitsFor: 'queued'}},
    advice: expect.stringMatching(/^Wait, or call AST\.Jobs\.resume/) as unknown,
  });
});

describe('a job that has ended', () => {
  test('says how, and with which error', () => {
    const lab = newLab();
    const done = lab.call('run', {name: 'job', steps: [step('a')]});
    const failed = lab.call('run', {
      ...{name: 'job', steps: [step('a', {failures: 1, message: 'why'})]},
      options: {maxRetries: 0},
    });
    const canceled = lab.call('cancel', lab.enqueue([step('a')]).id);
    expect(explain(lab, done.id)).toEqual({
      ...{id: done.id, status: 'completed', reason: 'completed', since: done.completedAt, until: null, advice: null},
      ...{sentence: `It is completed since ${done.completedAt ?? ''}.`, next: {at: null, by: 'nobody'}},
      data: {ended: 'completed'},
    });
    expect(explain(lab, failed.id)).toMatchObject({
      ...{status: 'failed', reason: 'failed', advice: 'Correct the cause and start a new job.'},
      data: {error: {stepId: 'a', message: 'why'}},
    });
    expect(explain(lab, canceled.id)).toMatchObject({reason: 'canceled', since: canceled.canceledAt});
  });

  test('and was folded keeps its error', () => {
    const lab = newLab();
    const {id} = lab.call<JobRecord>('run', {
      ...{name: 'job', steps: [step('a', {failures: 1, message: 'why'})]},
      options: {maxRetries: 0},
    });
    lab.pass(8 * 24 * HOUR_MS);
    lab.call('cleanup');
    expect(explain(lab, id)).toMatchObject({
      ...{status: 'failed', reason: 'folded', data: {ended: 'failed', error: {message: 'why'}}},
      sentence: expect.stringMatching(/Its steps and results were dropped to make room\.$/) as unknown,
    });
  });
});

test('damage and newer schemas are told, not thrown; an unknown id is refused', () => {
  const lab = newLab();
  const {id} = lab.enqueue([step('a')]);
  const key = `AST_JOBS_JOB_~${id}~h`;
  const header = lab.world.store('script').get(key) ?? '';
  lab.world.setProperty('script', key, header.replace('{"v":2', '{"v":4'));
  expect(explain(lab, id)).toMatchObject({status: 'damaged', reason: 'newer', data: {schema: 4}});
  for (const text of ['', '{', header.replace('"pl":[0,"', '"pl":[0,"x')]) {
    lab.world.setProperty('script', key, text);
    expect(explain(lab, id)).toMatchObject({status: 'damaged', reason: 'damaged', next: {by: 'nobody'}});
  }
  expect(lab.world.executions.at(-1)?.counts()).toMatchObject({calls: 2, reads: 2});
  expect(lab.refusal('explain', 'job_000000000_aaaaaaaaaa').code).toBe('JOB_NOT_FOUND');
  expect(lab.refusal('explain', 7).code).toBe('INVALID_REQUEST');
});

test('reasons that a later version writes are explained, too', () => {
  const lab = newLab();
  const {id} = lab.call('run', {name: 'job', steps: inLine(5, {ms: 100_000})});
  const key = `AST_JOBS_JOB_~${id}~h`;
  const header = lab.world.store('script').get(key) ?? '';
  for (const reason of ['quota', 'dependency', 'event']) {
    lab.world.setProperty('script', key, header.replace('"reason":"budget"', `"reason":"${reason}"`));
    expect(explain(lab, id)).toMatchObject({reason, until: expect.stringMatching(/^2026/) as unknown});
  }
});

test('what is said in the form of a library is the same', () => {
  const labs = [newLab({project: pasted()}), newLab({project: asLibrary()})];
  const [one, other] = labs.map((lab) => explain(lab, lab.enqueue([step('a')]).id));
  expect({...one, id: ''}).toEqual({
    ...other,
    id: '',
    next: one?.next,
    since: one?.since,
    until: one?.until,
    sentence: one?.sentence,
  });
});
