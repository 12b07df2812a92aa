/** What `health` says in each state that a script may be in. */
import type {HealthRecord, JobRecord} from '../../src/types';
import {
  asLibrary,
  DAY_MS,
  HOUR_MS,
  inLine,
  MINUTE_MS,
  noise,
  pasted,
  SECOND_MS,
  step,
  useLabs,
  withoutGlue,
  type Lab,
} from './lab';

const newLab = useLabs();

const healthOf = (lab: Lab): HealthRecord => lab.call<HealthRecord>('health');
const NO_JOBS = {open: 0, running: 0, paused: 0, queued: 0, failed: 0, completed: 0, canceled: 0, damaged: 0};

test('of a script that never had a job', () => {
  const lab = newLab();
  const health = healthOf(lab);
  expect(health).toEqual({
    checkedAt: health.checkedAt,
    jobs: NO_JOBS,
    store: {ownBytes: 0, totalBytes: 0, limitBytes: 409_600, freeBytes: 407_600},
    triggers: {watchdog: {exists: false, everyMinutes: 10}, oneOffAt: null, problem: null},
    quota: {
      windowStartedAt: null,
      resetsAtEstimate: null,
      triggerMinutes: {used: 0, limit: 90},
      propertyOperations: {used: 0, usedIfBulkCountsKeys: 0, limit: 50_000},
      triggersCreated: 0,
      isNear: false,
      reason: null,
    },
    problems: [],
  });
});

test.each([
  ['pasted', undefined],
  ['as a library', asLibrary()],
])('it costs two reads, no lock and no write (%s)', (_form, project) => {
  const lab = newLab(project === undefined ? {} : {project});
  lab.enqueue([step('a')]);
  const before = lab.everything();
  healthOf(lab);
  const {reads, writes, deletes, locks, triggerCalls} = lab.world.executions.at(-1)?.counts() ?? {};
  expect([reads, writes, deletes, locks, triggerCalls]).toEqual([2, 0, 0, 0, 0]);
  expect(lab.everything()).toEqual(before);
});

test('counts jobs by status, and of all users together', () => {
  const lab = newLab();
  lab.enqueue([step('a')], {name: 'ends'});
  lab.enqueue([step('a', {failures: 9})], {name: 'fails', options: {maxRetries: 0}});
  lab.settle();
  lab.call('cancel', lab.enqueue([step('a')]).id);
  lab.enqueue([step('a')]);
  lab.callAs({user: 'other@example.com'}, 'enqueue', {name: 'long', steps: inLine(2, {ms: 150 * SECOND_MS})});
  expect(healthOf(lab).jobs).toEqual({...NO_JOBS, open: 2, queued: 2, completed: 1, failed: 1, canceled: 1});
  lab.world.runWhile(() => lab.runs('long').length < 1, HOUR_MS);
  lab.pass(MINUTE_MS);
  expect(healthOf(lab).jobs.running).toBe(1);
});

test('tells triggers and the use of the day of the current user', () => {
  const lab = newLab();
  const {id} = lab.enqueue(inLine(3, {ms: 150 * SECOND_MS}));
  const startMs = Date.parse(lab.status(id).createdAt);
  const first = healthOf(lab);
  expect(first.triggers.watchdog).toEqual({exists: true, everyMinutes: 10});
  expect(Date.parse(first.triggers.oneOffAt ?? '') - startMs).toBeLessThan(61 * SECOND_MS);
  lab.world.runWhile(() => lab.runs().length < 2, HOUR_MS);
  const {quota, problems} = healthOf(lab);
  expect(quota.triggerMinutes.used).toBeGreaterThan(2.5);
  expect(quota.triggerMinutes.used).toBeLessThan(3);
  expect(quota.triggersCreated).toBeGreaterThanOrEqual(3);
  expect(quota.propertyOperations.used).toBeGreaterThan(8);
  expect(quota.propertyOperations.usedIfBulkCountsKeys).toBeGreaterThan(quota.propertyOperations.used);
  // It begins with the first trigger: the call of a person takes none of the day's trigger time.
  const sinceMs = Date.parse(quota.windowStartedAt ?? '') - startMs;
  expect(sinceMs > 0 && sinceMs < 100_000).toBe(true);
  expect(Date.parse(quota.resetsAtEstimate ?? '') - Date.parse(quota.windowStartedAt ?? '')).toBe(DAY_MS);
  expect(problems).toEqual([]);
  const other = lab.callAs<HealthRecord>({user: 'other@example.com'}, 'health');
  expect([other.triggers.watchdog.exists, other.quota.windowStartedAt, other.jobs.open]).toEqual([false, null, 1]);
});

test('names a job that is leased and silent', () => {
  const lab = newLab();
  const {id} = lab.enqueue(inLine(3, {ms: 20 * SECOND_MS}));
  lab.world.runWhile(() => lab.runs().length < 2, HOUR_MS);
  const running = lab.world.executions.find(({end}) => end === 'running');
  if (running !== undefined) lab.world.kill(running);
  expect(healthOf(lab).problems).toEqual([]);
  lab.pass(3 * MINUTE_MS);
  expect(healthOf(lab).problems.join()).toMatch(
    RegExp(`^Job ${id} \\(job\\) is running and has shown no sign of life`),
  );
  lab.settle();
  expect(healthOf(lab).problems).toEqual([]);
});

test('names a job whose handler is gone', () => {
  const lab = newLab();
  const source = 'function soonGone() {}';
  lab.world.deploy(pasted(source));
  const {id} = lab.enqueue([{id: 'a', handler: 'soonGone'}]);
  lab.world.deploy(pasted());
  lab.pass(5 * MINUTE_MS);
  expect(healthOf(lab).problems).toEqual([
    `Job ${id} (job) waits for the handler soonGone, which the script does not have.`,
  ]);
  // It is back, and the next look takes the job up.
  lab.world.deploy(pasted(source));
  expect(healthOf(lab).problems).toEqual([]);
});

test('names damage and jobs of a newer version, and goes on', () => {
  const lab = newLab();
  const [one, two] = [lab.enqueue([step('a')]), lab.enqueue([step('a')])];
  lab.settle();
  const keyOf = (job: JobRecord): string => lab.jobKeys().find((key) => key.endsWith(`${job.id}~h`)) ?? '';
  lab.world.setProperty('script', keyOf(one), '{');
  lab.world.setProperty('script', keyOf(two), '{"v":99}');
  const {jobs, problems} = healthOf(lab);
  expect(jobs).toEqual({...NO_JOBS, damaged: 2});
  expect(problems.slice().sort()).toEqual(
    [
      `Job ${one.id} cannot be read: status says more.`,
      `Job ${two.id} was stored by a newer version of this library: status says more.`,
    ].sort(),
  );
});

test('names a store that is nearly full, and a job that waits for room', () => {
  const lab = newLab();
  for (let key = 0; key < 50; key++) lab.world.setProperty('script', `host${key}`, noise(8_000));
  const {store, problems} = healthOf(lab);
  expect(store.totalBytes).toBeGreaterThan(400_000);
  expect(store.freeBytes).toBeGreaterThan(40_960);
  expect(problems).toEqual([]);
  const {id} = lab.enqueue([step('a', {chars: 30_000})], {options: {maxRetries: 0}});
  for (let key = 50; key < 56; key++) lab.world.setProperty('script', `host${key}`, noise(7_000));
  lab.pass(5 * MINUTE_MS);
  const full = healthOf(lab);
  expect(full.store.freeBytes).toBeLessThan(40_960);
  expect(full.problems).toEqual([
    `Job ${id} (job) waits for room in the property store.`,
    `The property store is nearly full: jobs may add ${full.store.freeBytes} bytes, besides what finished ones would give up.`,
  ]);
});

test('names open jobs whose owner has no watchdog, and says why no trigger can be made', () => {
  const lab = newLab({project: withoutGlue()});
  lab.enqueue([step('a')]);
  lab.enqueue([step('a')], {options: {autoResume: false}});
  const {problems, triggers, jobs} = healthOf(lab);
  expect(jobs.open).toBe(2);
  expect(triggers.problem).toContain('has no function astJobsWorker');
  expect(problems).toHaveLength(2);
  expect(problems[0]).toMatch(/^The user \w+ has open jobs and no watchdog/);
  expect(problems[1]).toBe(triggers.problem);
});

test('names a use of the day that would be too much if bulk calls counted once for each key', () => {
  const lab = newLab();
  lab.world.setProperty('script', 'AST_JOBS_DAILY_PROPERTY_OPERATIONS', '60');
  for (let key = 0; key < 60; key++) lab.world.setProperty('script', `host${key}`, '1');
  lab.enqueue([step('a')]);
  const {quota, problems} = healthOf(lab);
  expect(quota.isNear).toBe(false);
  expect(problems.join()).toMatch(/^If reading all properties counts once for each key, .* is used up \(\d+ of 60\)/);
});
