/** Metrics: what the stored jobs tell together. */
import type {JobRecord, JobsMetrics} from '../../src/types';
import {HOUR_MS, inLine, MINUTE_MS, step, useLabs, type Lab} from './lab';

const newLab = useLabs();

const metrics = (lab: Lab, options?: object): JobsMetrics => lab.call<JobsMetrics>('metrics', options);

test('of no jobs', () => {
  expect(metrics(newLab())).toEqual({
    ...{at: expect.any(String) as string, since: null, jobs: 0, damaged: 0, byName: [], oldestOpen: null, bytes: 0},
    byStatus: {queued: 0, running: 0, paused: 0, failed: 0, completed: 0, canceled: 0},
    lastDay: {accepted: 0, completed: 0, failed: 0, canceled: 0},
    durationMs: {count: 0, median: null, p95: null, max: null},
    waitMs: {count: 0, median: null, p95: null, max: null},
    recoveries: {jobs: 0, killed: 0},
  });
});

test('of jobs that ran, failed, were killed and wait, in one read', () => {
  const lab = newLab();
  lab.call('run', {name: 'fast', steps: [step('a', {ms: 2_000})]});
  lab.call('run', {name: 'fast', steps: [step('a', {failures: 1})], options: {maxRetries: 0}});
  lab.call('cancel', lab.enqueue([step('a')], {name: 'none'}).id);
  const killed = lab.enqueue(inLine(2, {ms: 30_000}), {name: 'killed'});
  lab.world.runWhile(() => lab.runs('killed').length < 2, HOUR_MS);
  const victim = lab.world.executions.find((one) => one.end === 'running');
  if (victim !== undefined) lab.world.kill(victim);
  lab.settle();
  lab.pass(25 * HOUR_MS);
  const middle = new Date(lab.world.nowMs).toISOString();
  lab.pass(MINUTE_MS);
  const open = lab.enqueue([step('a')], {name: 'open', options: {autoResume: false}});
  lab.call('run', {name: 'fast', steps: [step('a', {ms: 4_000})]});
  lab.pass(HOUR_MS);
  const found = metrics(lab);
  expect(lab.world.executions.at(-1)?.counts()).toMatchObject({reads: 1, writes: 0, locks: 0});
  const records = lab.call<JobRecord[]>('list');
  const spanOf = (name: string, from: 'createdAt' | 'startedAt', to: 'startedAt' | 'completedAt'): number => {
    const record = records.find((one) => one.name === name);
    return Date.parse(record?.[to] ?? '') - Date.parse(record?.[from] ?? '');
  };
  expect(found).toMatchObject({
    ...{since: null, jobs: 6, damaged: 0},
    byStatus: {queued: 1, running: 0, paused: 0, failed: 1, completed: 3, canceled: 1},
    lastDay: {accepted: 2, completed: 1, failed: 0, canceled: 0},
    recoveries: {jobs: 1, killed: 1},
    oldestOpen: {id: open.id, name: 'open', status: 'queued', createdAt: open.createdAt},
    durationMs: {count: 4, max: spanOf('killed', 'startedAt', 'completedAt')},
    waitMs: {count: 4, max: spanOf('killed', 'createdAt', 'startedAt')},
  });
  expect(found.byName[0]).toMatchObject({name: 'fast', jobs: 3, completed: 2, failed: 1});
  expect(found.oldestOpen?.ageMs).toBeGreaterThanOrEqual(HOUR_MS);
  expect(killed.status).toBe('queued');
  const jobBytes = lab.jobKeys().reduce((sum, key) => {
    return sum + Buffer.byteLength(key) + Buffer.byteLength(lab.world.store('script').get(key) ?? '');
  }, 0);
  expect(found.bytes).toBe(jobBytes);
  const since = metrics(lab, {since: middle});
  expect(since).toMatchObject({since: middle, jobs: 2, byStatus: {queued: 1, completed: 1}, bytes: jobBytes});
});

test('what cannot be read is counted apart, from when it was born', () => {
  const lab = newLab();
  lab.enqueue([step('a')]);
  lab.world.setProperty('script', lab.jobKeys()[0] ?? '', 'damage');
  expect(metrics(lab)).toMatchObject({jobs: 0, damaged: 1});
  expect(metrics(lab, {since: new Date(lab.world.nowMs + 1).toISOString()})).toMatchObject({jobs: 0, damaged: 0});
});

test('a since that is no time is refused', () => {
  const lab = newLab();
  expect(lab.refusal('metrics', {since: 'yesterday'}).code).toBe('INVALID_REQUEST');
  expect(lab.refusal('metrics', 5).code).toBe('INVALID_REQUEST');
});
