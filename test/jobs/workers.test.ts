/** Several executions that work on one job at once: how much faster that is, and that no item is worked on twice. */
import type {JobRecord} from '../../src/types';
import type {WorldOptions} from '../simulator';
import {HOUR_MS, MINUTE_MS, pasted, SECOND_MS, step, useLabs, type Lab} from './lab';

const newLab = useLabs();

const SOURCE = `
function item(ctx) {
  var p = ctx.payload.shared;
  Sim.effect('run', {job: ctx.name, step: ctx.stepId, attempt: ctx.attempt});
  Sim.spend(p.ms);
  Sim.effect('end', {job: ctx.name, step: ctx.stepId, attempt: ctx.attempt});
  return p.isVoid ? undefined : ctx.payload.item * 2;
}
function makeTriggers(count) {
  for (var n = 0; n < count; n++) ScriptApp.newTrigger('nothing').timeBased().after(30 * 86400000).create();
}
function nothing() {}
`;
const LAG: WorldOptions = {project: pasted(SOURCE), triggerLagMs: [30_000, 90_000]};

/** Enqueues items that take so long. */
function enqueue(lab: Lab, count: number, ms: number, request: Readonly<Record<string, unknown>> = {}): string {
  const items = {count};
  const many = {name: 'many', handler: 'item', items, maxConcurrency: 100, sharedPayload: {ms}, ...request};
  return lab.call('enqueueMany', many).id;
}

/** From the start of the job to its end. */
function tookMs(record: JobRecord): number {
  return Date.parse(record.completedAt ?? '') - Date.parse(record.createdAt);
}

/** No step ran twice, and all ran. */
function expectEachOnce(lab: Lab, count: number, job?: string): void {
  const runs = lab.runs(job);
  expect(runs.filter((run) => run.includes('/'))).toEqual([]);
  expect([new Set(runs).size, runs.length]).toEqual([count, count]);
}

/** The most steps of a job that were in work at one moment. */
function mostAtOnce(lab: Lab): number {
  let now = 0;
  let most = 0;
  for (const {name} of lab.world.effects) {
    if (name === 'run') most = Math.max(most, ++now);
    else if (name === 'end') now--;
  }
  return most;
}

/** Lets time pass until so many executions are at work. */
function untilAtWork(lab: Lab, count: number): void {
  const atWork = (): number => lab.world.executions.filter(({end}) => end === 'running').length;
  expect(lab.world.runWhile(() => atWork() < count, HOUR_MS)).toBe(true);
}

test('eight workers are four and a half times as fast as one, and nothing runs twice', () => {
  const took = [1, 2, 8].map((workers) => {
    const lab = newLab(LAG);
    const id = enqueue(lab, 900, 2 * SECOND_MS, {workers});
    lab.settle(6 * HOUR_MS);
    const record = lab.status(id);
    expect(record).toMatchObject({status: 'completed', recoveries: [], ...(workers === 1 ? {} : {workers})});
    expect(record.results).toMatchObject({item_1: 0, item_900: 1_798});
    expect(Object.keys(record.results)).toHaveLength(900);
    expectEachOnce(lab, 900);
    expect(mostAtOnce(lab)).toBe(workers);
    lab.expectTidy();
    return tookMs(record);
  });
  const [one = 0, two = 0, eight = 0] = took;
  expect(one / eight).toBeGreaterThanOrEqual(4.5);
  expect(one / two).toBeGreaterThan(1.4);
});

test('a map step never has more in work than maxConcurrency says', () => {
  const lab = newLab(LAG);
  const id = enqueue(lab, 200, 2 * SECOND_MS, {workers: 8, maxConcurrency: 2});
  lab.settle(6 * HOUR_MS);
  expect(lab.status(id).status).toBe('completed');
  expectEachOnce(lab, 200);
  expect(mostAtOnce(lab)).toBe(2);
  lab.expectTidy();
});

test('steps that wait for nothing are shared, too', () => {
  const lab = newLab(LAG);
  const steps = Array.from({length: 40}, (_none, index) => step(`s${index + 1}`, {ms: 20 * SECOND_MS}));
  const last = step('last', {}, {dependsOn: steps.map(({id}) => id)});
  const {id} = lab.enqueue([...steps, last], {workers: 5});
  lab.settle(6 * HOUR_MS);
  const record = lab.status(id);
  expect(record).toMatchObject({status: 'completed', recoveries: []});
  expectEachOnce(lab, 41);
  expect(lab.runs().at(-1)).toBe('last');
  expect(mostAtOnce(lab)).toBe(5);
  expect(tookMs(record)).toBeLessThan((40 * 20 * SECOND_MS) / 2);
  lab.expectTidy();
});

test.each([[0], [11], [1_000], ['2'], [1.5], [null]])('workers: %j is refused, and nothing is stored', (workers) => {
  const lab = newLab(LAG);
  const before = lab.everything();
  const requests = [
    ['enqueue', {name: 'job', steps: [step('a')], workers}],
    ['enqueueMany', {name: 'job', handler: 'item', items: {count: 2}, workers}],
  ] as const;
  for (const [method, request] of requests) {
    const {code, message} = lab.refusal(method, request);
    expect(code).toBe('INVALID_OPTION');
    expect(message).toMatch(/workers.*1.*10/);
  }
  expect(lab.everything()).toEqual(before);
});

test('where the places for triggers are used up it goes on with fewer workers', () => {
  const lab = newLab(LAG);
  lab.world.call('makeTriggers', [17]);
  const id = enqueue(lab, 300, 2 * SECOND_MS, {workers: 8});
  // The host's own triggers never come to rest.
  lab.pass(2 * HOUR_MS);
  expect(lab.status(id)).toMatchObject({status: 'completed', recoveries: []});
  expectEachOnce(lab, 300);
  expect(lab.world.triggers().filter(({handler}) => handler === 'astJobsWorker')).toEqual([]);
});

test('without triggers the caller is the only worker', () => {
  const lab = newLab(LAG);
  const id = enqueue(lab, 60, 10 * SECOND_MS, {workers: 8, options: {autoResume: false}});
  const statuses = [1, 2, 3].map(() => lab.call('resume', id).status);
  // Ten minutes of work in executions that take four of them each.
  expect(statuses).toEqual(['paused', 'paused', 'completed']);
  expect(lab.status(id)).toMatchObject({status: 'completed', recoveries: []});
  expectEachOnce(lab, 60);
  expect(mostAtOnce(lab)).toBe(1);
  lab.expectTidy();
});

test('in mode run the caller begins, and others come to help', () => {
  const lab = newLab(LAG);
  const record = lab.call('enqueueMany', {
    ...{name: 'many', mode: 'run', handler: 'item', items: {count: 600}, maxConcurrency: 100},
    ...{workers: 4, sharedPayload: {ms: 2 * SECOND_MS}},
  });
  expect(['running', 'paused']).toContain(record.status);
  lab.settle(6 * HOUR_MS);
  expect(lab.status(record.id)).toMatchObject({status: 'completed', recoveries: []});
  expectEachOnce(lab, 600);
  expect(mostAtOnce(lab)).toBe(4);
  lab.expectTidy();
});

test('a cancel while three run ends all of them, and names what they were at', () => {
  const lab = newLab(LAG);
  const id = enqueue(lab, 900, 5 * SECOND_MS, {workers: 3});
  untilAtWork(lab, 3);
  lab.pass(20 * SECOND_MS);
  const record = lab.call('cancel', id);
  expect(record.status).toBe('canceled');
  const atCancel = new Set(lab.runs());
  lab.settle(6 * HOUR_MS);
  const after = lab.status(id);
  expect(after).toMatchObject({status: 'canceled'});
  expect(after.recoveries.map(({reason}) => reason)).toEqual(['canceled', 'canceled', 'canceled']);
  // Each finishes at most what it had begun, and what begins before its next look, which is five seconds off.
  expect(lab.runs().length - atCancel.size).toBeLessThanOrEqual(6);
  lab.expectTidy();
});

test('a stop while three run pauses the job when the last has finished, and resume goes on', () => {
  const lab = newLab(LAG);
  const id = enqueue(lab, 300, 5 * SECOND_MS, {workers: 3});
  untilAtWork(lab, 3);
  lab.pass(20 * SECOND_MS);
  expect(lab.call('stop')).toMatchObject({jobsPaused: 1});
  expect(lab.status(id).status).toBe('paused');
  lab.pass(10 * MINUTE_MS);
  const paused = lab.status(id);
  expect(paused).toMatchObject({status: 'paused', waiting: {reason: 'user'}, recoveries: [], leaseOwner: null});
  const runs = lab.runs().length;
  lab.pass(HOUR_MS);
  expect(lab.runs()).toHaveLength(runs);
  expect(lab.world.triggers()).toEqual([]);
  lab.call('resume', id);
  lab.settle(6 * HOUR_MS);
  expect(lab.status(id)).toMatchObject({status: 'completed', recoveries: []});
  expectEachOnce(lab, 300);
  lab.expectTidy();
});

test('two jobs with workers go on side by side', () => {
  const lab = newLab(LAG);
  const ids = ['one', 'two'].map((name) => enqueue(lab, 300, 2 * SECOND_MS, {name, workers: 4}));
  lab.settle(6 * HOUR_MS);
  for (const id of ids) expect(lab.status(id)).toMatchObject({status: 'completed', recoveries: []});
  for (const name of ['one', 'two']) expectEachOnce(lab, 300, name);
  lab.expectTidy();
});

test('a worker that is killed leaves its share to others, which wait for nobody', () => {
  const lab = newLab(LAG);
  const id = enqueue(lab, 300, 5 * SECOND_MS, {workers: 3});
  untilAtWork(lab, 3);
  lab.pass(20 * SECOND_MS);
  const [victim] = lab.world.executions.filter(({end}) => end === 'running');
  if (victim !== undefined) lab.world.kill(victim);
  lab.settle(6 * HOUR_MS);
  const record = lab.status(id);
  expect(record).toMatchObject({status: 'completed'});
  expect(record.recoveries).toHaveLength(1);
  const inDoubt = record.recoveries[0]?.inDoubt ?? [];
  expect(inDoubt).toHaveLength(1);
  expect(lab.runs().filter((run) => run.includes('/'))).toEqual(inDoubt.map((id) => `${id}/2`));
  expect(lab.runs()).toHaveLength(301);
  lab.expectTidy();
});
