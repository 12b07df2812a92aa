/** Why a job does not move: each reason as it comes about, with who looks at it next and what to do. */
import type {Explanation, JobRecord, ScheduleRecord, ScheduleResponse} from '../../src/types';
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

describe('a job that waits for others', () => {
  test('names those that are not over, and whom to ask about them', () => {
    const lab = newLab();
    const [one, two, three, four, five] = ['a', 'b', 'c', 'd', 'e'].map((name) => lab.enqueue(inLine(1), {name}).id);
    const {id} = lab.enqueue(inLine(1), {dependencies: [one, two, three, four, five] as string[]});
    lab.call('pause', two);
    lab.call('resume', one);
    expect(explain(lab, id)).toMatchObject({
      reason: 'dependency',
      sentence: `It waits for ${two} (\`"b"\`, paused), ${three} (\`"c"\`, queued), ${four} (\`"d"\`, queued) and 1 more.`,
      advice: `Ask AST.Jobs.explain('${two}') what that one waits for.`,
      data: {waitsFor: [two, three, four, five], dependencies: [{id: two, name: 'b', status: 'paused'}, {}, {}, {}]},
    });
    expect(explain(lab, id, 'guest@example.com').data).toMatchObject({
      ...{waitsFor: 'dependency', dependencies: [{id: two}, {}, {}, {}]},
    });
  });

  test('is told of one that will never be completed', () => {
    const lab = newLab();
    const failing = {steps: [step('a', {failures: 9})], options: {maxRetries: 0}};
    const failed = lab.call('run', {name: 'first', ...failing}).id;
    const {id} = lab.enqueue(inLine(1), {dependencies: [failed], onDependencyFailure: 'wait'});
    expect(explain(lab, id)).toMatchObject({
      sentence: `It waits for ${failed} (\`"first"\`, failed).`,
      advice: `${failed} is failed, and onDependencyFailure is 'wait': call AST.Jobs.removeDependency(id, '${failed}'), or let that job go on with moveToDlq and replayDlq.`,
    });
    lab.call('removeDependency', id, failed);
    expect(lab.settle().status(id).status).toBe('completed');
  });

  test('of its singleton key names the earlier one', () => {
    const lab = newLab();
    const singleton = {key: 'k', policy: 'queue'} as const;
    const first = lab.enqueue(inLine(1), {name: 'first', singleton}).id;
    const {id} = lab.enqueue(inLine(1), {singleton});
    lab.pass(2 * SECOND_MS);
    lab.call('pause', first);
    lab.pass(5 * MINUTE_MS);
    expect(explain(lab, id)).toMatchObject({
      ...{reason: 'dependency', data: {waitsFor: [first]}},
      sentence: `It waits for ${first} (\`"first"\`, paused), an earlier job of its singleton key \`"k"\`.`,
    });
  });
});

test('a job whose resource has no units left says until when, also before its first execution', () => {
  const lab = newLab();
  lab.call('limit', 'mail', {perHour: 1});
  lab.call('run', {name: 'first', steps: inLine(1), resources: ['mail']});
  const {id} = lab.enqueue(inLine(1), {resources: ['mail']});
  const says = expect.stringMatching(
    /The rate limit of the resource `"mail"` is used up until 2026-\S+Z\.$/,
  ) as unknown;
  expect(explain(lab, id)).toMatchObject({reason: 'queued', sentence: says, data: {resource: 'mail'}});
  lab.pass(5 * MINUTE_MS);
  expect(explain(lab, id)).toMatchObject({reason: 'quota', sentence: says, data: {resource: 'mail'}});
  lab.pass(2 * HOUR_MS);
  expect(lab.status(id).status).toBe('completed');
});

describe('a job that a schedule made', () => {
  const MADE = 'It was made by the schedule `"report"`, which ';

  function fired(overlap: string, payload = {}): {readonly lab: Lab; readonly id: string; readonly next: string} {
    const lab = newLab();
    const schedule = {type: 'every_hours', every: 1};
    lab.call('schedule', {
      id: 'report',
      schedule,
      overlap,
      name: 'report',
      retry: {delayMs: HOUR_MS},
      steps: [step('a', payload)],
    });
    lab.pass(65 * MINUTE_MS);
    const [job] = lab.call<readonly JobRecord[]>('list', {schedule: 'report'});
    const {result} = lab.call<ScheduleResponse>('schedule', {operation: 'list'});
    const [row] = (result.items ?? []) as readonly ScheduleRecord[];
    const next = row?.nextFireAt ?? null;
    if (job === undefined || next === null) throw new Error('It did not fire.');
    return {lab, id: job.id, next};
  }

  test('and that is over says when the next one is made', () => {
    const {lab, id, next} = fired('allow');
    const told = explain(lab, id);
    expect(lab.world.executions.at(-1)?.counts()).toMatchObject({calls: 1, reads: 1});
    expect(told.sentence).toMatch(/^It is completed since /);
    expect(told.sentence.endsWith(` ${MADE}makes the next job at ${next}.`)).toBe(true);
    expect(told).toMatchObject({advice: null, data: {schedule: {id: 'report', state: 'fires', nextFireAt: next}}});
    lab.call('schedule', {operation: 'pause', id: 'report'});
    expect(explain(lab, id)).toMatchObject({
      sentence: expect.stringContaining(`${MADE}is paused and makes no job.`) as unknown,
      advice: "Call AST.Jobs.schedule({operation: 'resume', id: 'report'}).",
      data: {schedule: {state: 'paused', nextFireAt: null}},
    });
    const {message, details} = lab.refusal('explain', 'report');
    expect([message, details]).toEqual([
      expect.stringContaining('There is no job `"report"`, but a schedule of that id, which is paused'),
      {jobId: 'report', schedule: {id: 'report', state: 'paused', nextFireAt: null}},
    ]);
    const key = [...lab.world.store('script').keys()].find((one) => one.includes('SCHEDULE')) ?? '';
    lab.world.setProperty('script', key, '{');
    expect(explain(lab, id).sentence).toContain(`${MADE}cannot be read and makes no job.`);
    lab.call('schedule', {operation: 'delete', id: 'report'});
    expect(explain(lab, id).sentence).toContain(`${MADE}was deleted.`);
    expect(lab.refusal('explain', 'report').message).not.toContain('schedule');
  });

  test.each([
    ['skip', 'makes no other job while this one is open.'],
    ['queue', 'lets its next time, NEXT, wait for the end of this one.'],
    ['cancel', 'cancels it for the next job at NEXT.'],
    ['allow', 'makes the next job at NEXT.'],
  ])('and that is open says what the next time does to it (%s)', (overlap, says) => {
    const {lab, id, next} = fired(overlap, {failures: 9});
    const told = explain(lab, id);
    expect(told).toMatchObject({status: 'paused', reason: 'retry', data: {schedule: {nextFireAt: next}}});
    expect(told.sentence).toContain(` ${MADE}${says.replace('NEXT', next)}`);
  });

  test('once says that there are no more times', () => {
    const lab = newLab();
    const at = new Date(lab.world.nowMs + 5 * MINUTE_MS).toISOString();
    lab.call('schedule', {id: 'once', schedule: {at}, name: 'once', steps: [step('a')]});
    lab.pass(HOUR_MS);
    const [job] = lab.call<readonly JobRecord[]>('list', {schedule: 'once'});
    expect(explain(lab, job?.id ?? '').sentence).toMatch(/the schedule `"once"`, which has no more times\.$/);
  });

  test('or could not make says why', () => {
    const {lab, id} = fired('allow');
    for (let index = 0; index < 55; index++) lab.world.setProperty('script', `host_${index}`, 'h'.repeat(9_000));
    lab.pass(70 * MINUTE_MS);
    expect(explain(lab, id)).toMatchObject({
      sentence: expect.stringMatching(/which could make no job \(.+\) and tries again at each pass\.$/) as unknown,
      data: {schedule: {state: 'failing'}},
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
