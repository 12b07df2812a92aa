/** Deleting finished jobs by hand: what goes, what stays, how long the lock is held, and kills in between. */
import type {CleanupResult, JobRecord} from '../../src/types';
import {DAY_MS, inLine, MINUTE_MS, noise, SECOND_MS, step, useLabs, type Lab} from './lab';

const newLab = useLabs();

const cleanup = (lab: Lab, options?: unknown): CleanupResult => lab.call<CleanupResult>('cleanup', options);
const run = (lab: Lab, request: object = {}): string =>
  lab.call<JobRecord>('run', {name: 'job', steps: [step('a')], ...request}).id;
const failing = {steps: [step('a', {failures: 1})], options: {maxRetries: 0}};
const bytesOf = (lab: Lab): number =>
  [...lab.world.store('script')].reduce(
    (sum, [key, text]) => sum + Buffer.byteLength(key) + Buffer.byteLength(text),
    0,
  );
const idsLeft = (lab: Lab): readonly string[] =>
  lab
    .call<JobRecord[]>('list', {limit: 1_000})
    .map((row) => row.id)
    .reverse();

describe('cleanup', () => {
  test('does what the retention says where nothing else is said', () => {
    const lab = newLab();
    const [old, week] = [run(lab), (lab.pass(25 * DAY_MS), run(lab, {steps: inLine(3, {chars: 4_000})}))];
    const young = (lab.pass(8 * DAY_MS), run(lab));
    expect(cleanup(lab)).toMatchObject({purged: [old], folded: 1, left: 0});
    expect(idsLeft(lab)).toEqual([week, young]);
    expect([lab.status(week).folded, lab.status(young).folded]).toEqual([true, undefined]);
    expect(cleanup(lab)).toEqual({purged: [], folded: 0, orphansDeleted: 0, freedBytes: 0, left: 0});
  });

  test('deletes what is asked for, oldest first, and says how many bytes that was', () => {
    const lab = newLab();
    const [a, failed, c] = [run(lab, {name: 'a'}), run(lab, {name: 'b', ...failing}), run(lab, {name: 'a'})];
    const canceled = lab.call('cancel', lab.enqueue([step('a')]).id).id;
    const open = lab.enqueue([step('a')], {options: {autoResume: false}}).id;
    const step1 = cleanup(lab, {olderThanDays: 0, status: 'failed'});
    expect(step1.purged).toEqual([failed]);
    const before = bytesOf(lab);
    const step2 = cleanup(lab, {olderThanDays: 0, name: ' a ', limit: 1});
    expect(step2).toEqual({purged: [a], folded: 0, orphansDeleted: 0, freedBytes: before - bytesOf(lab), left: 1});
    expect(cleanup(lab, {olderThanDays: 0, status: ['canceled', 'completed']}).purged).toEqual([c, canceled]);
    expect(idsLeft(lab)).toEqual([open]);
    expect(cleanup(lab, {olderThanDays: 0}).purged).toEqual([]);
    expect(lab.call('resume', open).status).toBe('completed');
  });

  test('counts days from the end of a job', () => {
    const lab = newLab();
    const id = run(lab);
    lab.pass(2 * DAY_MS - MINUTE_MS);
    expect(cleanup(lab, {olderThanDays: 2}).purged).toEqual([]);
    lab.pass(2 * MINUTE_MS);
    expect(cleanup(lab, {olderThanDays: 2}).purged).toEqual([id]);
  });

  test('keeps to a prefix if it is told to', () => {
    const lab = newLab();
    const [one, other] = ['jobs', 'jobs_v1'].map((propertyPrefix) => run(lab, {options: {propertyPrefix}}));
    expect(cleanup(lab, {olderThanDays: 0, propertyPrefix: 'jobs'}).purged).toEqual([one]);
    expect(idsLeft(lab)).toEqual([other]);
  });

  test('tells what it would do, and does nothing', () => {
    const lab = newLab();
    const ids = [run(lab), run(lab, {steps: inLine(2, {chars: 9_000})}), run(lab)];
    const before = lab.everything();
    const told = cleanup(lab, {olderThanDays: 0, dryRun: true, limit: 2});
    expect(lab.everything()).toEqual(before);
    const done = cleanup(lab, {olderThanDays: 0, limit: 2});
    expect(told).toEqual(done);
    expect(done).toMatchObject({purged: ids.slice(0, 2), left: 1});
  });

  test('deletes left-overs of jobs that are gone, and counts them', () => {
    const lab = newLab();
    const id = run(lab, {steps: inLine(3, {chars: 9_000})});
    lab.world.setProperty('script', `AST_JOBS_JOB_~${id}~h`, null);
    const keys = lab.jobKeys().length;
    expect(cleanup(lab).orphansDeleted).toBe(0);
    // No trigger of the dispatcher, whose sweep would do it.
    lab.call('stop');
    lab.pass(2 * 60 * MINUTE_MS);
    expect(cleanup(lab, {dryRun: true}).orphansDeleted).toBe(keys);
    expect(cleanup(lab)).toMatchObject({orphansDeleted: keys, left: 0});
    expect(lab.jobKeys()).toEqual([]);
  });

  test('leaves open jobs and damaged ones, and what is left of their text', () => {
    const lab = newLab();
    const damaged = run(lab, {steps: inLine(2, {chars: 5_000})});
    lab.world.setProperty('script', `AST_JOBS_JOB_~${damaged}~s0.0.0`, 'damaged');
    const open = lab.enqueue(inLine(2), {options: {autoResume: false}}).id;
    lab.pass(100 * DAY_MS);
    const keys = lab.jobKeys();
    expect(cleanup(lab, {olderThanDays: 0})).toEqual({
      ...{purged: [], folded: 0, orphansDeleted: 0, freedBytes: 0, left: 0},
    });
    expect(lab.jobKeys()).toEqual(keys);
    expect(lab.status(open).status).toBe('queued');
  });

  test('may be called inside a handler, and by anybody', () => {
    const lab = newLab();
    const id = run(lab);
    expect(lab.callAs<CleanupResult>({user: 'guest@example.com'}, 'cleanup', {olderThanDays: 0}).purged).toEqual([id]);
  });

  test.each([
    [7, 'INVALID_REQUEST', /^Options must be an object, got `7`/],
    [{olderThan: 3}, 'INVALID_OPTION', /does not know `"olderThan"`; it knows olderThanDays, /],
    [{olderThanDays: -1}, 'INVALID_OPTION', /from 0 to 3650, got `-1`/],
    [{olderThanDays: '3'}, 'INVALID_OPTION', /got `"3"`/],
    [{olderThanDays: NaN}, 'INVALID_OPTION', /olderThanDays/],
    [{status: 'queued'}, 'INVALID_OPTION', /Open jobs are never deleted/],
    [{status: []}, 'INVALID_OPTION', /must be completed, failed, canceled/],
    [{name: 5}, 'INVALID_OPTION', /^name of cleanup/],
    [{limit: 0}, 'INVALID_OPTION', /^limit of cleanup/],
    [{dryRun: 'yes'}, 'INVALID_OPTION', /dryRun/],
    [{propertyPrefix: 'a b'}, 'INVALID_OPTION', /propertyPrefix/],
  ])('refuses %j', (options, code, message) => {
    const lab = newLab();
    const refusal = lab.refusal('cleanup', options);
    expect(refusal).toMatchObject({code, message: expect.stringMatching(message) as unknown});
    expect(lab.world.store('script').size).toBe(0);
  });
});

describe('a cleanup of many jobs', () => {
  /** Executions that run a hundred small jobs each. */
  function fill(lab: Lab, count: number): void {
    for (let index = 0; index < count; index += 100)
      lab.world.call('apiAll', [Array.from({length: 100}, () => ['run', {name: 'job', steps: [step('a')]}])], {
        wallMs: 3_600_000,
      });
  }

  test('frees the lock every few seconds, and stops before the execution ends', () => {
    const lab = newLab({latency: {read: 5, write: 5}});
    fill(lab, 300);
    let heldSinceMs = 0;
    let longestMs = 0;
    lab.world.onCall = ({service, method, atMs}) => {
      if (service === 'lock' && method === 'tryLock') heldSinceMs = atMs;
      if (service === 'lock' && method === 'releaseLock') longestMs = Math.max(longestMs, atMs - heldSinceMs);
      return undefined;
    };
    const {purged, left} = cleanup(lab, {olderThanDays: 0});
    expect([purged.length, new Set(purged).size, left]).toEqual([300, 300, 0]);
    expect(longestMs).toBeLessThan(5 * SECOND_MS);
    expect(idsLeft(lab)).toEqual([]);
  });

  test('that takes longer than an execution says what is left', () => {
    const lab = newLab({latency: {read: 5, write: 5}});
    fill(lab, 100);
    // Deletes that take ages.
    lab.world.onCall = ({method}) => (method === 'deleteProperty' ? {kind: 'stall', ms: 7 * SECOND_MS} : undefined);
    const {purged, left} = cleanup(lab, {olderThanDays: 0});
    const execution = lab.world.executions.at(-1);
    expect(execution?.end).toBe('done');
    expect(purged.length + left).toBe(100);
    expect(left).toBeGreaterThan(0);
    lab.world.onCall = () => undefined;
    expect(cleanup(lab, {olderThanDays: 0})).toMatchObject({left: 0});
    expect(idsLeft(lab)).toEqual([]);
  });

  test('with a job of many keys folds it first, and counts it once it is gone', () => {
    const lab = newLab();
    const steps = Array.from({length: 12}, (_none, index) => step(`s${index}`, {chars: 26_000}));
    const id = run(lab, {steps});
    expect(lab.jobKeys().length).toBeGreaterThan(45);
    expect(cleanup(lab, {olderThanDays: 0})).toMatchObject({purged: [id], folded: 0, left: 0});
    expect(lab.jobKeys()).toEqual([]);
  });

  test('killed at any call leaves nothing by halves, and the next one does the rest', () => {
    for (let n = 1; n <= 14; n++) {
      for (const when of ['before', 'after'] as const) {
        const lab = newLab();
        const large = run(lab, {steps: inLine(3, {chars: 9_000, text: noise(50)})});
        const small = run(lab);
        lab.world.onCall = (call) =>
          call.index === n && call.execution.fn === 'api' ? {kind: 'kill', when} : undefined;
        const execution = lab.world.start({fn: 'api', args: ['cleanup', [{olderThanDays: 0}]]});
        lab.world.runWhile(() => execution.end === 'running');
        lab.world.onCall = () => undefined;
        for (const row of lab.call<JobRecord[]>('list', {}, {details: true})) {
          expect([large, small]).toContain(row.id);
          expect(row.status).toBe('completed');
          if (row.id === large && row.folded !== true) expect(Object.keys(row.results)).toHaveLength(3);
        }
        cleanup(lab, {olderThanDays: 0});
        expect([n, when, lab.jobKeys()]).toEqual([n, when, []]);
      }
    }
  });
});
