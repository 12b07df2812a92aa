/** Schedules in a simulated Apps Script: firing once, overlap, catching up, users, and what is refused. */
import type {JobRecord, ScheduleRecord, ScheduleResponse, StopResult} from '../../src/types';
import type {ServiceCall, Verdict} from '../simulator';
import {
  DAY_MS,
  emptyHost,
  fillUpTo,
  HOUR_MS,
  MINUTE_MS,
  noise,
  SECOND_MS,
  step,
  useLabs,
  withoutGlue,
  type Lab,
} from './lab';

const newLab = useLabs();

const FULL = 'You have exceeded the property storage quota. Please remove some properties and try again.';
const EVERY_HOUR = {type: 'every_hours', every: 1};

function upsert(lab: Lab, request: Readonly<Record<string, unknown>> = {}): ScheduleResponse {
  return lab.call<ScheduleResponse>('schedule', {
    ...{operation: 'upsert', id: 'report', schedule: EVERY_HOUR, name: 'report', steps: [step('a')]},
    ...request,
  });
}

function command(lab: Lab, operation: string, id = 'report'): ScheduleResponse {
  return lab.call<ScheduleResponse>('schedule', {operation, id});
}

function row(lab: Lab, id = 'report'): ScheduleRecord {
  const {items = []} = command(lab, 'list', id).result;
  return items[0] as ScheduleRecord;
}

function jobs(lab: Lab): readonly JobRecord[] {
  return lab.call<JobRecord[]>('list', {limit: 500});
}

/** An hour of the simulated day, as milliseconds. */
function at(lab: Lab, ms: number): string {
  return new Date(lab.world.nowMs + ms).toISOString();
}

describe('a schedule', () => {
  test('makes a job at each of its times, and the job runs at once', () => {
    const lab = newLab();
    const {triggerId, result} = upsert(lab, {schedule: {type: 'every_minutes', every: 20}});
    expect(triggerId).toBe('report');
    expect(result).toMatchObject({status: 'ok', operation: 'upsert', created: true, updated: false, noop: false});
    lab.pass(HOUR_MS + 3 * MINUTE_MS);
    expect(jobs(lab).map(({name, status}) => `${name} ${status}`)).toEqual(Array(3).fill('report completed'));
    const [last] = jobs(lab);
    expect(row(lab)).toMatchObject({
      runs: 3,
      skipped: 0,
      lastJobId: last?.id,
      enabled: true,
      waiting: [],
      lastError: null,
    });
    expect(last).toMatchObject({schedule: 'report', owner: row(lab).owner});
    // A trigger may be some 90 seconds late.
    const lateMs = jobs(lab).map(({createdAt, id}) => Date.parse(createdAt) - parseInt(id.slice(4, 13), 36));
    expect(Math.max(...lateMs)).toBeLessThan(2 * MINUTE_MS);
    expect(Math.min(...lateMs)).toBeGreaterThanOrEqual(0);
  });

  test('keeps two triggers at the most, and none of its own', () => {
    const lab = newLab();
    for (const id of ['one', 'two', 'three', 'four'])
      upsert(lab, {id, name: id, schedule: {type: 'every_minutes', every: 7}});
    let most = 0;
    for (let minute = 0; minute < 60; minute++) {
      lab.pass(MINUTE_MS);
      most = Math.max(most, lab.world.triggers().length);
    }
    // One that has fired is deleted by the pass that it started.
    expect(most).toBeLessThanOrEqual(3);
    expect(jobs(lab)).toHaveLength(32);
  });

  test('by a pattern fires on the wall clock of its zone', () => {
    const lab = newLab();
    upsert(lab, {schedule: {cron: '30 6 * * *', timeZone: 'America/New_York'}});
    lab.pass(3 * DAY_MS);
    const times = jobs(lab).map(({id}) =>
      new Date(parseInt(id.slice(4, 13), 36)).toLocaleTimeString('en-GB', {timeZone: 'America/New_York'}),
    );
    expect(times).toEqual(['06:30:00', '06:30:00', '06:30:00']);
  });

  test('for one time fires once, and leaves no trigger', () => {
    const lab = newLab();
    upsert(lab, {schedule: {at: at(lab, 3 * HOUR_MS)}});
    lab.settle();
    expect(lab.runs()).toEqual(['a']);
    expect(row(lab)).toMatchObject({runs: 1, nextFireAt: null});
    // The same request again changes nothing, though its time is over.
    expect(upsert(lab, {schedule: row(lab).schedule}).result).toMatchObject({noop: true});
    lab.settle();
    expect(lab.world.triggers()).toEqual([]);
    command(lab, 'delete');
    lab.expectTidy();
  });

  test('costs nothing while nothing is due but the look of the watchdog', () => {
    const lab = newLab();
    upsert(lab, {schedule: {cron: '0 0 1 1 *'}});
    lab.pass(HOUR_MS);
    const before = lab.everything();
    lab.world.resetCounts();
    lab.pass(30 * MINUTE_MS);
    expect(lab.world.counts().byMethod).toEqual({
      ...{'lock.tryLock': 3, 'lock.releaseLock': 3, 'properties.getProperties': 3},
    });
    expect(lab.everything()).toEqual(before);
  });

  test('has as many jobs as chain, fan-out and map-reduce can be', () => {
    const lab = newLab();
    const job = {name: 'squares', items: [1, 2, 3], mapHandler: 'square', reduceHandler: 'total'};
    upsert(lab, {job, schedule: {at: at(lab, HOUR_MS)}});
    lab.settle();
    expect(jobs(lab)[0]).toMatchObject({name: 'squares', status: 'completed', results: {reduce: 14}});
  });

  test('hands payload, priority, tags and a deadline to its jobs', () => {
    const lab = newLab();
    const terms = {priority: 'high', tags: ['nightly'], payload: {result: 'of the job'}, deadlineMs: 2 * HOUR_MS};
    upsert(lab, {steps: [{id: 'a', handler: 'act'}], schedule: {at: at(lab, HOUR_MS)}, ...terms});
    lab.settle();
    const [job] = jobs(lab);
    expect(job).toMatchObject({priority: 'high', tags: ['nightly'], results: {a: 'of the job'}});
    expect(Date.parse(job?.deadline ?? '') - Date.parse(job?.createdAt ?? '')).toBe(2 * HOUR_MS);
  });
});

describe('an upsert', () => {
  test('of the same changes nothing; the id follows from what is asked', () => {
    const lab = newLab();
    const first = upsert(lab, {id: undefined});
    expect(first.triggerId).toMatch(/^jobs_schedule_\w{14}$/);
    const {world} = lab;
    const before = [...world.store('script')];
    const again = upsert(lab, {id: undefined});
    expect(again).toMatchObject({triggerId: first.triggerId, result: {noop: true, created: false, updated: false}});
    expect([...world.store('script')]).toEqual(before);
    expect(upsert(lab, {id: undefined, steps: [step('b')]}).triggerId).not.toBe(first.triggerId);
  });

  test('of another job keeps the times, of other times begins anew', () => {
    const lab = newLab();
    upsert(lab);
    const {nextFireAt} = row(lab);
    lab.pass(20 * MINUTE_MS);
    expect(upsert(lab, {steps: [step('b')]}).result).toMatchObject({updated: true, created: false});
    expect(row(lab).nextFireAt).toBe(nextFireAt);
    upsert(lab, {schedule: {...EVERY_HOUR, every: 2}});
    expect(Date.parse(row(lab).nextFireAt ?? '') - lab.world.nowMs).toBeGreaterThan(118 * MINUTE_MS);
    lab.pass(3 * HOUR_MS);
    expect(lab.runs()).toEqual(['a']);
  });

  test('that is a dry run, and a request that is wrong, store nothing', () => {
    const lab = newLab();
    const before = lab.everything();
    expect(upsert(lab, {dryRun: true}).result).toMatchObject({dryRun: true, created: true, noop: false});
    const refused: readonly (readonly [Readonly<Record<string, unknown>>, string, RegExp])[] = [
      [{schedule: undefined}, 'INVALID_REQUEST', /requires a schedule object/],
      [{schedule: {type: 'sometimes'}}, 'INVALID_REQUEST', /Unsupported schedule\.type/],
      [{schedule: {cron: '61 * * * *'}}, 'INVALID_REQUEST', /minute: 61/],
      [{schedule: {cron: '0 0 31 2 *'}}, 'INVALID_REQUEST', /never matches/],
      [{schedule: {cron: '* * * * * *'}}, 'INVALID_REQUEST', /five fields/],
      [{schedule: {cron: '0 9 * * *', timeZone: 'Nowhere'}}, 'INVALID_REQUEST', /name of a time zone/],
      [{schedule: {cron: '0 9 * * *', timezone: 'UTC'}}, 'INVALID_OPTION', /does not know `"timezone"`/],
      [{schedule: {type: 'every_minutes', every: 0}}, 'INVALID_OPTION', /schedule\.every/],
      [{schedule: {type: 'every_weeks'}}, 'INVALID_REQUEST', /onWeekDay is required/],
      [{schedule: {at: '2020-01-01T00:00Z'}}, 'INVALID_REQUEST', /lies in the past/],
      [{schedule: {at: 'soon'}}, 'INVALID_REQUEST', /ISO 8601/],
      [{operation: 'upset'}, 'INVALID_REQUEST', /Invalid schedule operation/],
      [{overlap: 'never'}, 'INVALID_OPTION', /overlap must be one of/],
      [{catchUp: true}, 'INVALID_OPTION', /catchUp must be one of/],
      [{maxCatchUp: 1_000}, 'INVALID_OPTION', /maxCatchUp/],
      [{id: 'a~b'}, 'INVALID_REQUEST', /may not have a ~/],
      [{steps: [{id: 'a', handler: 'nobody'}]}, 'HANDLER_NOT_FOUND', /nobody/],
      [{runAt: '2030-01-01T00:00Z'}, 'INVALID_REQUEST', /cannot have runAt/],
      [{idempotencyKey: 'k'}, 'INVALID_REQUEST', /idempotencyKey/],
      [{singleton: true}, 'INVALID_REQUEST', /overlap/],
      [{steps: [step('a', {text: noise(9_000)})]}, 'PLAN_TOO_LARGE', /references of AST\.Storage/],
      [{name: ''}, 'INVALID_REQUEST', /non-empty name/],
    ];
    for (const [request, code, message] of refused) {
      const refusal = lab.refusal('schedule', {
        ...{operation: 'upsert', schedule: EVERY_HOUR, name: 'report', steps: [step('a')], ...request},
      });
      expect([request, refusal.code, refusal.message]).toEqual([request, code, expect.stringMatching(message)]);
    }
    for (const operation of ['delete', 'run_now', 'pause', 'resume'])
      expect(lab.refusal('schedule', {operation}).message).toMatch(/requires id or triggerUid/);
    expect(lab.refusal('schedule', 'daily').message).toMatch(/schedule request must be an object/);
    const missing = lab.refusal('schedule', {operation: 'run_now', id: 'gone'});
    expect(missing).toMatchObject({name: 'AstJobsNotFoundError', code: 'SCHEDULE_NOT_FOUND'});
    // Finding out who calls may make him an id.
    expect(lab.world.store('script').size).toBe(0);
    expect(lab.world.triggers()).toEqual([]);
    expect(before).toMatchObject({triggers: []});
  });

  test('where no trigger can be made is refused, unless nothing is to run by itself', () => {
    const lab = newLab({project: withoutGlue()});
    const request = {id: 'report', schedule: EVERY_HOUR, name: 'report', steps: [step('a')]};
    expect(lab.refusal('schedule', request)).toMatchObject({code: 'TRIGGERS_UNAVAILABLE'});
    expect(lab.world.store('script').size).toBe(0);
    lab.call('schedule', {...request, options: {autoResume: false}});
    lab.pass(90 * MINUTE_MS);
    expect(jobs(lab)).toEqual([]);
    // Whoever calls `work` fires what is due; the job waits for `resume`, as autoResume says.
    lab.call('work');
    const [job] = jobs(lab);
    expect(job).toMatchObject({status: 'queued', schedule: 'report'});
    expect(lab.call('resume', job?.id).status).toBe('completed');
  });

  test('answers in the shape that its callers know', () => {
    const lab = newLab();
    const {status, operation, request, result} = upsert(lab, {autoResumeJobs: true, metadata: {team: 'x'}});
    expect({status, operation}).toEqual({status: 'ok', operation: 'upsert'});
    expect(request).toEqual({
      ...{operation: 'upsert', id: 'report', enabled: true, schedule: EVERY_HOUR},
      metadata: {team: 'x', astJobs: {bridge: 'schedule', jobName: 'report'}},
      dispatch: {
        ...{mode: 'jobs', autoResumeJobs: true},
        job: {name: 'report', steps: [{id: 'a', handler: 'act', dependsOn: [], payload: {}}], options: {}},
      },
      options: {dryRun: false},
    });
    expect(typeof result.triggerUid).toBe('string');
    const listed = lab.call<ScheduleResponse>('schedule', {operation: 'list', limit: 20, includeOrphans: false});
    expect(listed.request).toEqual({operation: 'list', limit: 20, includeOrphans: false});
    expect(listed.result.page).toEqual({limit: 20, offset: 0, returned: 1, total: 1, hasMore: false});
    expect(listed.result.items).toMatchObject([
      {
        ...{id: 'report', enabled: true, triggerUid: result.triggerUid, triggerExists: true, dispatchMode: 'jobs'},
        schedule: {type: 'every_hours', every: 1, atHour: null, nearMinute: null, onWeekDay: null, timeZone: null},
      },
    ]);
    const ran = command(lab, 'run_now');
    expect(ran.result).toMatchObject({status: 'ok', operation: 'run_now', id: 'report', dispatchMode: 'jobs'});
    expect(ran.result.result?.resumed).toMatchObject({status: 'completed', results: {a: 'a done'}});
    expect(command(lab, 'delete').result).toEqual({
      ...{status: 'ok', operation: 'delete', deleted: 1, dryRun: false},
      items: [{id: 'report', triggerUid: result.triggerUid, deletedProjectTrigger: false}],
    });
    expect(command(lab, 'delete').result).toMatchObject({deleted: 0, items: []});
    lab.settle();
    lab.expectTidy();
  });
});

describe('while a job of the schedule is open', () => {
  /** Jobs of 25 minutes, every 20 minutes. */
  function crowded(overlap: string): Lab {
    const lab = newLab();
    const steps = Array.from({length: 8}, (_none, index) => step(`s${index}`, {ms: 200_000}));
    upsert(lab, {overlap, steps, schedule: {type: 'every_minutes', every: 20}});
    lab.pass(2 * HOUR_MS + 10 * MINUTE_MS);
    return lab;
  }

  test('skip makes no other', () => {
    const lab = crowded('skip');
    const {runs, skipped} = row(lab);
    expect(runs).toBe(3);
    expect(runs + skipped).toBe(6);
    expect(jobs(lab)).toHaveLength(runs);
  });

  test('queue lets one wait, which starts when the open one has ended', () => {
    const lab = crowded('queue');
    expect(jobs(lab).length).toBeGreaterThanOrEqual(3);
    const {runs, skipped, waiting} = row(lab);
    expect(waiting.length).toBeLessThanOrEqual(1);
    expect(runs + skipped + waiting.length).toBe(6);
    // Another one waits whenever one ends, and is made in the same pass.
    const [first, ...later] = [...jobs(lab)].reverse();
    let before = first?.completedAt ?? '';
    for (const {createdAt, completedAt} of later) {
      expect(Date.parse(createdAt) - Date.parse(before)).toBeGreaterThanOrEqual(0);
      expect(Date.parse(createdAt) - Date.parse(before)).toBeLessThan(SECOND_MS);
      before = completedAt ?? '';
    }
  });

  test('cancel ends it for the new one', () => {
    const lab = crowded('cancel');
    expect(row(lab)).toMatchObject({runs: 6, skipped: 0});
    const states = jobs(lab).map(({status}) => status);
    expect(states.slice(1)).toEqual(Array(5).fill('canceled'));
    expect(states[0]).not.toBe('canceled');
  });

  test('allow, which is the default, makes them all', () => {
    const lab = newLab();
    upsert(lab, {
      steps: [step('a', {ms: 300_000}), step('b', {ms: 300_000})],
      schedule: {type: 'every_minutes', every: 8},
    });
    lab.pass(HOUR_MS);
    expect(row(lab)).toMatchObject({overlap: 'allow', runs: 7, skipped: 0});
  });

  test('run_now makes another in any case, and counts', () => {
    const lab = newLab();
    upsert(lab, {overlap: 'skip', steps: [step('a', {ms: 100_000})]});
    const {enqueued, resumed} = command(lab, 'run_now').result.result ?? {};
    expect([enqueued?.status, resumed]).toEqual(['queued', null]);
    command(lab, 'run_now');
    lab.pass(10 * MINUTE_MS);
    expect(lab.runs()).toEqual(['a', 'a']);
    expect(row(lab)).toMatchObject({runs: 2});
  });
});

describe('after an outage', () => {
  /** No trigger fires for ten hours and some. */
  function outage(request: Readonly<Record<string, unknown>>): Lab {
    const lab = newLab();
    upsert(lab, request);
    lab.pass(90 * MINUTE_MS);
    for (const {uid} of lab.world.triggers()) lab.world.deleteTrigger(uid);
    lab.pass(10 * HOUR_MS + 10 * MINUTE_MS);
    expect(jobs(lab)).toHaveLength(1);
    lab.call('work');
    lab.pass(5 * MINUTE_MS);
    return lab;
  }

  test('one, the default, makes up for the last time', () => {
    expect(row(outage({}))).toMatchObject({runs: 2, skipped: 9});
  });

  test('all makes up for as many as it may', () => {
    const lab = outage({catchUp: 'all', maxCatchUp: 4});
    expect(row(lab)).toMatchObject({runs: 5, skipped: 6});
    expect(lab.runs()).toHaveLength(5);
  });

  test('none makes up for none, and goes on with the next', () => {
    const lab = outage({catchUp: 'none'});
    expect(row(lab)).toMatchObject({runs: 1, skipped: 10});
    lab.pass(HOUR_MS);
    expect(row(lab)).toMatchObject({runs: 2, skipped: 10});
  });
});

describe('pause and resume', () => {
  test('a paused schedule fires nothing, keeps no trigger, and makes up for nothing', () => {
    const lab = newLab();
    upsert(lab, {catchUp: 'all'});
    expect(command(lab, 'pause').result).toMatchObject({
      operation: 'pause',
      schedule: {enabled: false, nextFireAt: null},
    });
    lab.settle();
    lab.expectTidy();
    lab.pass(10 * HOUR_MS);
    expect(command(lab, 'resume').result).toMatchObject({schedule: {enabled: true}});
    lab.pass(61 * MINUTE_MS);
    expect(row(lab)).toMatchObject({runs: 1, skipped: 0});
  });

  test('stop pauses all of them, with data it deletes them', () => {
    const lab = newLab();
    upsert(lab);
    upsert(lab, {id: 'other'});
    expect(lab.call<StopResult>('stop')).toMatchObject({schedulesPaused: 2});
    lab.pass(5 * HOUR_MS);
    expect(jobs(lab)).toEqual([]);
    upsert(lab);
    lab.pass(61 * MINUTE_MS);
    expect(jobs(lab)).toHaveLength(1);
    expect(lab.call<StopResult>('stop', {data: true})).toMatchObject({schedulesDeleted: 2, jobsDeleted: 1});
    expect(lab.world.store('script').size).toBe(0);
  });
});

describe('two users', () => {
  const A = {user: 'a@example.com'};
  const B = {user: 'b@example.com'};
  const request = (name: string): object => ({
    ...{id: name, name, schedule: {type: 'every_minutes', every: 30}, steps: [step('a')]},
  });

  test('fire each their own, by their own triggers', () => {
    const lab = newLab();
    lab.callAs(A, 'schedule', request('of A'));
    lab.callAs(B, 'schedule', request('of B'));
    lab.pass(95 * MINUTE_MS);
    const runners = lab.world.effects
      .filter(({name}) => name === 'run')
      .map(({executionId, data}) => [lab.world.executions[executionId - 1]?.user, (data as {job: string}).job]);
    expect(new Set(runners.map((pair) => pair.join()))).toEqual(new Set(['a@example.com,of A', 'b@example.com,of B']));
    expect(runners).toHaveLength(6);
  });

  test('whoever upserts becomes the owner, anybody may pause', () => {
    const lab = newLab();
    lab.callAs(A, 'schedule', request('shared'));
    const owner = row(lab, 'shared').owner;
    expect(lab.callAs<ScheduleResponse>(B, 'schedule', request('shared')).result).toMatchObject({updated: true});
    expect(row(lab, 'shared').owner).not.toBe(owner);
    lab.pass(65 * MINUTE_MS);
    expect(jobs(lab).map((job) => job.owner)).toEqual(Array(2).fill(row(lab, 'shared').owner));
    lab.callAs(A, 'schedule', {operation: 'pause', id: 'shared'});
    lab.settle();
    expect(lab.world.triggers()).toEqual([]);
  });
});

describe('a firing is one job', () => {
  const isFiringWrite = ({method, args, execution}: ServiceCall): boolean =>
    method === 'setProperty' && execution.fn === 'astJobsWorker' && !String(args[0]).startsWith('AST_JOBS_USER~');

  /** A schedule of one time, whose plan takes keys of its own, killed at the n-th write of a pass; how many there were. */
  function killedAt(point: number, when: 'before' | 'after', overlap: string): number {
    const lab = newLab();
    const steps = [step('a', {text: noise(4_500)})];
    upsert(lab, {overlap, steps, schedule: {at: at(lab, 2 * HOUR_MS)}});
    let writes = 0;
    lab.world.onCall = (call): Verdict | undefined => {
      if (!isFiringWrite(call)) return undefined;
      return ++writes === point ? {kind: 'kill', when} : undefined;
    };
    lab.settle();
    expect([point, jobs(lab).map(({status}) => status)]).toEqual([point, ['completed']]);
    expect(row(lab)).toMatchObject({runs: 1, skipped: 0, waiting: [], nextFireAt: null, lastJobId: jobs(lab)[0]?.id});
    command(lab, 'delete');
    lab.expectTidy();
    return writes;
  }

  test.each([
    ['before', 'allow'],
    ['after', 'allow'],
    ['before', 'skip'],
    ['after', 'skip'],
    ['after', 'cancel'],
    ['after', 'queue'],
  ] as const)('when its execution is killed %s any write, with overlap %s', (when, overlap) => {
    const clean = killedAt(0, when, overlap);
    expect(clean).toBeGreaterThanOrEqual(5);
    for (let point = 1; point <= clean; point++) killedAt(point, when, overlap);
  });

  test('when two executions come at once', () => {
    const lab = newLab();
    upsert(lab, {schedule: {at: at(lab, 2 * HOUR_MS)}});
    const atMs = lab.world.nowMs + 2 * HOUR_MS + SECOND_MS;
    for (const delay of [0, 1, 30]) lab.world.start({fn: 'api', args: ['work', []], atMs: atMs + delay});
    lab.settle();
    expect(lab.runs()).toEqual(['a']);
    expect(row(lab)).toMatchObject({runs: 1, skipped: 0});
  });

  test('also of each time that is made up for, though killed between them', () => {
    for (let point = 1; point <= 6; point++) {
      const lab = newLab();
      upsert(lab, {catchUp: 'all', maxCatchUp: 3});
      for (const {uid} of lab.world.triggers()) lab.world.deleteTrigger(uid);
      lab.pass(3 * HOUR_MS + MINUTE_MS);
      let writes = 0;
      lab.world.onCall = ({method, args}): Verdict | undefined => {
        const isHeader = method === 'setProperty' && /~h$|SCHEDULE~/.test(String(args[0]));
        return isHeader && ++writes === point ? {kind: 'kill', when: point % 2 === 0 ? 'before' : 'after'} : undefined;
      };
      lab.world.start({fn: 'api', args: ['work', []]});
      lab.pass(20 * MINUTE_MS);
      lab.world.onCall = undefined;
      lab.call('work');
      expect([point, row(lab).runs, row(lab).skipped]).toEqual([point, 3, 0]);
      expect(new Set(jobs(lab).map(({id}) => id)).size).toBe(3);
      expect(jobs(lab)).toHaveLength(3);
    }
  });
});

describe('a firing that can make no job', () => {
  test('is kept, told, and made good when there is room; others fire meanwhile', () => {
    const lab = newLab();
    const steps = [step('a', {text: noise(4_500)})];
    upsert(lab, {steps, schedule: {at: at(lab, HOUR_MS)}});
    upsert(lab, {id: 'small', name: 'small', schedule: {at: at(lab, HOUR_MS)}});
    // As it is where the store is full: of what the larger job writes nothing is taken.
    lab.world.onCall = ({method, args}): Verdict | undefined =>
      method === 'setProperty' && String(args[0]).endsWith('~p0')
        ? {kind: 'error', message: FULL, when: 'before'}
        : undefined;
    lab.pass(80 * MINUTE_MS);
    expect(lab.runs('small')).toEqual(['a']);
    expect(lab.runs('report')).toEqual([]);
    expect(row(lab)).toMatchObject({runs: 0, skipped: 0, lastError: {code: 'STORE_FULL'}});
    expect(row(lab).waiting).toHaveLength(1);
    expect(lab.call<{problems: string[]}>('health').problems.join()).toMatch(/Schedule report can make no job/);
    lab.world.onCall = undefined;
    lab.settle();
    expect(lab.runs('report')).toEqual(['a']);
    expect(row(lab)).toMatchObject({runs: 1, skipped: 0, lastError: null, waiting: []});
  });

  test('for damage of its schedule is in nobody’s way', () => {
    const lab = newLab();
    upsert(lab);
    upsert(lab, {id: 'other', name: 'other'});
    lab.world.setProperty('script', 'AST_JOBS_SCHEDULE~report', '{"v":1,"id":"report"}');
    lab.world.setProperty('script', 'AST_JOBS_SCHEDULE~later', '{"v":9}');
    lab.pass(61 * MINUTE_MS);
    expect(lab.runs()).toEqual(['a']);
    const {items} = lab.call<ScheduleResponse>('schedule', {operation: 'list'}).result;
    expect(items).toMatchObject([
      {id: 'later', damaged: true, error: {code: 'SCHEMA_NEWER'}},
      {id: 'other', runs: 1},
      {id: 'report', damaged: true, error: {code: 'RECORD_CORRUPT'}},
    ]);
    expect(lab.refusal('schedule', {operation: 'run_now', id: 'report'}).code).toBe('RECORD_CORRUPT');
    upsert(lab);
    expect(row(lab)).toMatchObject({enabled: true, runs: 0});
  });
});

test("a job that finds no room ends no other: overlap 'cancel'", () => {
  const lab = newLab();
  const retry = {delayMs: 5 * HOUR_MS, maxDelayMs: DAY_MS, jitter: 0};
  upsert(lab, {overlap: 'cancel', steps: [step('a', {failures: 1, blob: noise(2_000)}, {retry})]});
  lab.pass(HOUR_MS + 10 * MINUTE_MS);
  fillUpTo(lab, 9_000);
  lab.pass(HOUR_MS);
  expect(jobs(lab).map(({status}) => status)).toEqual(['paused']);
  expect(row(lab)).toMatchObject({runs: 1, lastError: {code: 'STORE_FULL'}});
  emptyHost(lab);
  lab.pass(20 * MINUTE_MS);
  expect(jobs(lab).map(({status}) => status)).toEqual(['paused', 'canceled']);
});
