/** The quotas of the day: jobs wait for the next one instead of failing. */
import type {HealthRecord, JobRecord} from '../../src/types';
import {DAY_MS, HOUR_MS, inLine, MINUTE_MS, pasted, SECOND_MS, useLabs, type Lab} from './lab';

const newLab = useLabs();

const USED_UP = 'Service using too much computer time for one day';
const THREE_MINUTES = {ms: 3 * MINUTE_MS};

/** What a stored header says why the job waits, without a call of the library. */
function waitingOf(lab: Lab, id: string): {readonly reason: string; readonly untilMs: number | null} | null {
  const text = [...lab.world.store('script')].find(([key]) => key.endsWith(`${id}~h`))?.[1] ?? '{}';
  const {ph} = JSON.parse(text) as {ph: {waiting?: {reason: string; untilMs: number | null}}};
  return ph.waiting ?? null;
}

/** Minutes of trigger time that a user spent in a time. */
function triggerMinutes(lab: Lab, fromMs: number, untilMs: number, user = 'owner@example.com'): number {
  const spent = lab.world.executions
    .filter((one) => one.trigger !== null && one.user === user && one.startMs >= fromMs && one.startMs < untilMs)
    .reduce((sum, {startMs, endMs}) => sum + (endMs ?? startMs) - startMs, 0);
  return spent / MINUTE_MS;
}

/** Runs of triggers that did not end well. */
const failedTriggers = (lab: Lab): readonly string[] =>
  lab.world.executions
    .filter(({trigger, end, log}) => trigger !== null && (end !== 'done' || log.join().includes('error:')))
    .map(({startMs, error, log}) => `${new Date(startMs).toISOString()} ${error?.message ?? log.join()}`);

function userKey(lab: Lab): readonly [key: string, fields: Record<string, unknown>] {
  const [key, text] = [...lab.world.store('script')].find(([one]) => one.startsWith('AST_JOBS_USER~')) ?? ['', '{}'];
  return [key, JSON.parse(text) as Record<string, unknown>];
}

const healthOf = (lab: Lab): HealthRecord => lab.call<HealthRecord>('health');

/** Lets time pass until a job waits for the quota. */
function untilQuota(lab: Lab, id: string, horizonMs = DAY_MS): void {
  const found = lab.world.runWhile(() => waitingOf(lab, id)?.reason !== 'quota', horizonMs);
  if (!found) throw new Error(`Expected the job to wait for the quota.\n${lab.world.describe().slice(-3_000)}`);
}

test('a job of 200 trigger minutes ends by itself over three days, with no trigger that fails', () => {
  const lab = newLab({dailyTriggerMs: 90 * MINUTE_MS});
  const startMs = lab.world.nowMs;
  const {id} = lab.enqueue(inLine(67, THREE_MINUTES));
  untilQuota(lab, id);
  const {waiting, wakeUp} = lab.status(id);
  // 24 hours after the first use, and no one-off for before.
  expect(waiting?.reason).toBe('quota');
  expect(Math.abs((waiting?.untilMs ?? 0) - startMs - DAY_MS)).toBeLessThan(5 * MINUTE_MS);
  expect(wakeUp?.at).toBe(new Date((waiting?.untilMs ?? 0) + 10 * MINUTE_MS).toISOString());
  lab.pass(HOUR_MS);
  expect(lab.world.triggers().map(({kind}) => kind)).toEqual(['recurring']);
  expect(healthOf(lab).quota).toMatchObject({isNear: true, triggerMinutes: {limit: 90}});
  lab.settle(4 * DAY_MS);
  const record = lab.status(id);
  expect(record).toMatchObject({status: 'completed', recoveries: [], lastError: null});
  expect(lab.runs()).toEqual(inLine(67).map((step) => step.id));
  expect(failedTriggers(lab)).toEqual([]);
  const days = (Date.parse(record.completedAt ?? '') - startMs) / DAY_MS;
  expect(days).toBeGreaterThan(2);
  expect(days).toBeLessThan(3);
  // What is left unused of a day is less than a budget and the looks of the watchdog.
  for (const day of [0, 1]) {
    const spent = triggerMinutes(lab, startMs + day * DAY_MS, startMs + (day + 1) * DAY_MS);
    expect(spent).toBeGreaterThan(80);
    expect(spent).toBeLessThan(90);
  }
  lab.expectTidy();
});

test('a look at a job that waits for the quota costs what an idle look costs', () => {
  const lab = newLab({dailyTriggerMs: 90 * MINUTE_MS});
  const {id} = lab.enqueue(inLine(40, THREE_MINUTES));
  untilQuota(lab, id);
  lab.pass(10 * MINUTE_MS + 10 * SECOND_MS);
  const from = lab.world.executions.length;
  lab.pass(HOUR_MS);
  const looks = lab.world.executions.slice(from).map((one) => one.counts());
  expect(looks.length).toBeGreaterThanOrEqual(5);
  for (const {reads, writes, deletes, locks, triggerCalls} of looks)
    expect([reads, writes, deletes, locks, triggerCalls]).toEqual([1, 0, 0, 1, 0]);
});

test('without the governor the same day has triggers that fail', () => {
  const lab = newLab({dailyTriggerMs: 90 * MINUTE_MS});
  lab.world.setProperty('script', 'AST_JOBS_DAILY_TRIGGER_MINUTES', '0');
  lab.enqueue(inLine(40, THREE_MINUTES));
  lab.pass(DAY_MS);
  expect(failedTriggers(lab)[0]).toContain(USED_UP);
});

test('property operations: a job that needs more than a day has is spread over days, and nothing is refused', () => {
  const operations = 800;
  const lab = newLab({dailyQuota: {propertyOperations: operations, bulk: 'one'}});
  lab.world.setProperty('script', 'AST_JOBS_DAILY_PROPERTY_OPERATIONS', String(operations));
  const refused: string[] = [];
  lab.world.onLanded = (call, error) => {
    if (error !== null && call.service === 'properties') refused.push(error);
  };
  const startMs = lab.world.nowMs;
  const {id} = lab.enqueue(inLine(1_000, {ms: SECOND_MS}));
  untilQuota(lab, id);
  const {u} = userKey(lab)[1] as {u: readonly number[]};
  expect(u[3]).toBeGreaterThan(500);
  expect(u[4]).toBeGreaterThan(Number(u[3]));
  lab.settle(5 * DAY_MS);
  expect(refused).toEqual([]);
  lab.world.onLanded = undefined;
  lab.pass(25 * HOUR_MS);
  expect(lab.status(id)).toMatchObject({status: 'completed', recoveries: [], lastError: null});
  const days = (Date.parse(lab.status(id).completedAt ?? '') - startMs) / DAY_MS;
  expect(days).toBeGreaterThan(1);
  expect(days).toBeLessThan(3);
});

test('where reading everything counts for each key, refusals cost no result', () => {
  const lab = newLab({dailyQuota: {propertyOperations: 400, bulk: 'each'}});
  lab.world.setProperty('script', 'AST_JOBS_DAILY_PROPERTY_OPERATIONS', '400');
  const {id} = lab.enqueue(inLine(60, {ms: 20 * SECOND_MS}));
  lab.world.settle({horizonMs: 5 * DAY_MS});
  lab.pass(25 * HOUR_MS);
  expect(lab.status(id)).toMatchObject({status: 'completed', lastError: null});
});

test('a refusal by the platform itself makes the job wait until the window ends', () => {
  const lab = newLab();
  const startMs = lab.world.nowMs;
  const {id} = lab.enqueue(inLine(3, {ms: 150 * SECOND_MS}));
  let refused = 0;
  lab.world.onCall = (call) => {
    if (call.method !== 'create' || call.atMs > startMs + HOUR_MS) return undefined;
    refused++;
    return {kind: 'error', message: USED_UP, when: 'before'};
  };
  untilQuota(lab, id, HOUR_MS);
  expect(refused).toBeGreaterThan(0);
  expect(healthOf(lab).quota).toMatchObject({isNear: true, triggerMinutes: {limit: 90}});
  expect(healthOf(lab).quota.reason).toContain('was refused by Apps Script itself');
  expect(healthOf(lab).quota.triggerMinutes.used).toBeLessThan(10);
  lab.pass(20 * HOUR_MS);
  expect(lab.runs()).toHaveLength(1);
  lab.settle(DAY_MS);
  expect(lab.status(id)).toMatchObject({status: 'completed', recoveries: []});
  lab.expectTidy();
});

test('two users have two budgets', () => {
  const lab = newLab({dailyTriggerMs: 90 * MINUTE_MS});
  const startMs = lab.world.nowMs;
  const users = ['one@example.com', 'two@example.com'];
  const jobs = users.map((user) =>
    lab.callAs<JobRecord>({user}, 'enqueue', {name: user, steps: inLine(40, THREE_MINUTES)}),
  );
  lab.pass(23 * HOUR_MS);
  users.forEach((user, index) => {
    expect(waitingOf(lab, jobs[index]?.id ?? '')?.reason).toBe('quota');
    expect(triggerMinutes(lab, startMs, lab.world.nowMs, user)).toBeGreaterThan(80);
    expect(lab.callAs<HealthRecord>({user}, 'health').quota.triggerMinutes.used).toBeGreaterThan(80);
  });
  expect(lab.callAs<HealthRecord>({user: 'three@example.com'}, 'health').quota).toMatchObject({
    ...{windowStartedAt: null, resetsAtEstimate: null, isNear: false, reason: null},
    triggerMinutes: {used: 0, limit: 90},
  });
  lab.settle(3 * DAY_MS);
  expect(jobs.map(({id}) => lab.status(id).status)).toEqual(['completed', 'completed']);
  expect(failedTriggers(lab)).toEqual([]);
});

test.each([
  ['the limit of Workspace', '360'],
  ['no limit', '0'],
])('%s by script property lets the same job end in one day', (_what, minutes) => {
  const lab = newLab({dailyTriggerMs: 6 * HOUR_MS});
  lab.world.setProperty('script', 'AST_JOBS_DAILY_TRIGGER_MINUTES', minutes);
  const {id} = lab.enqueue(inLine(67, THREE_MINUTES));
  lab.settle(DAY_MS);
  expect(lab.status(id).status).toBe('completed');
  expect(failedTriggers(lab)).toEqual([]);
});

test('the limit that configure set at the top level of the script counts in passes too', () => {
  const lab = newLab({
    dailyTriggerMs: 90 * MINUTE_MS,
    project: pasted('AST.Jobs.configure({dailyTriggerMinutes: 30});'),
  });
  const {id} = lab.enqueue(inLine(20, THREE_MINUTES));
  untilQuota(lab, id);
  expect(triggerMinutes(lab, 0, lab.world.nowMs)).toBeLessThan(30);
});

test('an explicit resume runs a job that waits for the quota at once', () => {
  const lab = newLab({dailyTriggerMs: 90 * MINUTE_MS});
  const {id} = lab.enqueue(inLine(40, THREE_MINUTES));
  untilQuota(lab, id);
  const before = lab.runs().length;
  expect(lab.call('resume', id).status).toBe('paused');
  expect(lab.runs().length).toBeGreaterThan(before);
  untilQuota(lab, id);
  lab.settle(3 * DAY_MS);
  expect(lab.status(id).status).toBe('completed');
  expect(failedTriggers(lab)).toEqual([]);
});

test('time that a person runs a job does not count as time of triggers', () => {
  const lab = newLab();
  lab.call('run', {name: 'job', steps: inLine(1, {ms: 200 * SECOND_MS}), options: {maxRuntimeMs: 230_000}});
  lab.call('enqueue', {name: 'next', steps: inLine(1)});
  expect(healthOf(lab).quota.triggerMinutes.used).toBe(0);
  expect(healthOf(lab).quota.propertyOperations.used).toBeGreaterThan(0);
});

test('an execution that was killed counts when its lease is ended', () => {
  const lab = newLab();
  const {id} = lab.enqueue(inLine(3, {ms: 100 * SECOND_MS}));
  let kills = 0;
  lab.world.runWhile(() => lab.runs().length < 2, HOUR_MS);
  const running = lab.world.executions.find(({end}) => end === 'running');
  if (running !== undefined) {
    kills++;
    lab.world.kill(running);
  }
  expect(kills).toBe(1);
  const before = healthOf(lab).quota.triggerMinutes.used;
  lab.world.runWhile(() => lab.runs().length < 3, HOUR_MS);
  lab.world.runWhile(() => lab.world.executions.some(({end}) => end === 'running'), HOUR_MS);
  lab.pass(MINUTE_MS);
  const {used} = healthOf(lab).quota.triggerMinutes;
  // The one step that the dead one committed took 100 s; then came one execution of 200 s, and looks of 1.5 s each.
  expect(used - before).toBeGreaterThan(4.9);
  expect(used - before).toBeLessThan(6);
  lab.settle();
  expect(lab.status(id).status).toBe('completed');
});

test('a key of an earlier version, without the use, is nothing used; what a later one added stays', () => {
  const lab = newLab();
  const {id} = lab.enqueue(inLine(6, THREE_MINUTES));
  const [key, {u, ...old}] = userKey(lab);
  expect(u).toBeDefined();
  lab.world.setProperty('script', key, JSON.stringify({...old, z: ['later']}));
  expect(healthOf(lab).quota).toMatchObject({windowStartedAt: null, propertyOperations: {used: 0, limit: 50_000}});
  lab.pass(15 * MINUTE_MS);
  expect(userKey(lab)[1]['z']).toEqual(['later']);
  expect(healthOf(lab).quota.triggerMinutes.used).toBeGreaterThan(5);
  lab.settle();
  expect(lab.status(id).status).toBe('completed');
});

test.each(['lots', '-1', '1441', '1.5'])('a script property %p is named by health and counts as none', (text) => {
  const lab = newLab();
  lab.world.setProperty('script', 'AST_JOBS_DAILY_TRIGGER_MINUTES', text);
  const {quota, problems} = healthOf(lab);
  expect(quota.triggerMinutes.limit).toBe(90);
  expect(problems.join()).toContain('AST_JOBS_DAILY_TRIGGER_MINUTES must be an integer from 0 to 1440');
  const {id} = lab.enqueue(inLine(2));
  lab.settle();
  expect(lab.status(id).status).toBe('completed');
});

test('a day so short that no budget fits into it still lets a job go on, a little each day', () => {
  const lab = newLab();
  lab.world.setProperty('script', 'AST_JOBS_DAILY_TRIGGER_MINUTES', '3');
  const {id} = lab.enqueue(inLine(3, THREE_MINUTES));
  lab.settle(5 * DAY_MS);
  expect(lab.status(id).status).toBe('completed');
  expect(lab.world.nowMs - Date.parse(lab.status(id).createdAt)).toBeGreaterThan(DAY_MS);
});

test('what a finished job used of the day counts for the next one', () => {
  const lab = newLab({dailyTriggerMs: 90 * MINUTE_MS});
  lab.enqueue(inLine(20, THREE_MINUTES));
  lab.settle();
  lab.expectTidy();
  expect(healthOf(lab).quota.triggerMinutes.used).toBeGreaterThan(59);
  const {id} = lab.enqueue(inLine(20, THREE_MINUTES));
  untilQuota(lab, id, 12 * HOUR_MS);
  lab.settle(3 * DAY_MS);
  expect(failedTriggers(lab)).toEqual([]);
});
