/** What stays of jobs: folds after seven days, nothing after thirty, and headers that do not grow. */
import type {JobRecord} from '../../src/types';
import {DAY_MS, HOUR_MS, inLine, MINUTE_MS, noise, SECOND_MS, step, useLabs, type Lab} from './lab';

const newLab = useLabs();

/** A short job, whose pass tidies up. */
function tick(lab: Lab): void {
  lab.enqueue([step('tick')], {name: 'tick'});
  lab.settle();
}

function headerBytes(lab: Lab, id: string): number {
  return Buffer.byteLength(lab.world.store('script').get(`AST_JOBS_JOB_~${id}~h`) ?? '');
}

describe('a finished job', () => {
  test('keeps steps and results for seven days, then its summary, and is gone after thirty', () => {
    const lab = newLab();
    const {id} = lab.enqueue(inLine(3, {chars: 5_000}));
    const full = lab.settle().status(id);
    lab.pass(6.9 * DAY_MS);
    tick(lab);
    expect(lab.status(id)).toEqual(full);
    lab.pass(0.2 * DAY_MS);
    tick(lab);
    const folded = lab.status(id);
    expect(Object.keys(folded).sort()).toEqual([...Object.keys(full), 'folded'].sort());
    expect(folded).toMatchObject({
      folded: true,
      status: 'completed',
      name: 'job',
      steps: [],
      results: {},
      lastError: null,
    });
    expect(folded.completedAt).toBe(full.completedAt);
    expect(lab.jobKeys().filter((key) => key.includes(id))).toEqual([`AST_JOBS_JOB_~${id}~h`]);
    for (const method of ['resume', 'cancel']) expect(lab.refusal(method, id).code).toBe('ALREADY_FINAL');
    lab.pass(23 * DAY_MS);
    tick(lab);
    expect(lab.refusal('status', id).code).toBe('JOB_NOT_FOUND');
    expect(lab.jobKeys().filter((key) => key.includes(id))).toEqual([]);
  });

  test('that failed keeps its error, and one that was canceled its time', () => {
    const lab = newLab();
    const failed = lab.enqueue([step('a', {failures: 1, message: 'why'})], {options: {maxRetries: 0}}).id;
    const canceled = lab.enqueue(inLine(2)).id;
    const {canceledAt} = lab.call('cancel', canceled);
    lab.settle();
    lab.pass(8 * DAY_MS);
    tick(lab);
    expect(lab.status(failed)).toMatchObject({folded: true, lastError: {stepId: 'a', message: 'why'}});
    expect(lab.status(canceled)).toMatchObject({folded: true, status: 'canceled', canceledAt});
  });

  // A pass makes forty deletes: a job with more keys goes in several.
  test('of many keys is folded, too, and does not stop others from being folded', () => {
    const lab = newLab();
    const large = lab.enqueue(Array.from({length: 45}, (_none, index) => step(`s${index}`, {chars: 4_000}))).id;
    lab.settle();
    const small = lab.enqueue(inLine(2)).id;
    lab.settle();
    lab.pass(8 * DAY_MS);
    for (let ticks = 0; ticks < 3; ticks++) tick(lab);
    expect(lab.status(small).folded).toBe(true);
    expect(lab.status(large).folded).toBe(true);
  });
});

test('open jobs are kept however long they wait', () => {
  const lab = newLab();
  const manual = lab.enqueue(inLine(2), {options: {autoResume: false}}).id;
  const later = lab.enqueue([
    step('a', {failures: 1}, {retry: {delayMs: 29 * DAY_MS, maxDelayMs: 30 * DAY_MS, jitter: 0}}),
  ]).id;
  lab.call('resume', later);
  lab.call('stop');
  lab.pass(60 * DAY_MS);
  lab.enqueue([step('tick')], {name: 'tick'});
  lab.pass(20 * MINUTE_MS);
  expect(lab.runs('tick')).toEqual(['tick']);
  expect(lab.call('resume', manual).status).toBe('completed');
  expect(lab.call('resume', later).status).toBe('completed');
});

describe('prefixes that begin alike', () => {
  test('do not mix: what happens to one leaves the other as it is', () => {
    const lab = newLab();
    const [short, long] = ['jobs', 'jobs_v1'].map((propertyPrefix) =>
      lab.call('run', {name: propertyPrefix, steps: inLine(2, {chars: 4_000}), options: {propertyPrefix}}),
    );
    const ofLong = () => [...lab.world.store('script')].filter(([key]) => key.startsWith('jobs_v1~'));
    const before = ofLong();
    expect(lab.call<JobRecord[]>('list', {}, {propertyPrefix: 'jobs'}).map((row) => row.id)).toEqual([short?.id]);
    // Pressure takes the oldest first.
    for (let index = 0; index < 55; index++) lab.world.setProperty('script', `host_${index}`, 'h'.repeat(8_000));
    lab.enqueue([step('a')], {options: {propertyPrefix: 'jobs'}});
    expect(ofLong()).toEqual(before);
    expect(lab.status(long?.id ?? '')).toMatchObject({status: 'completed', options: {propertyPrefix: 'jobs_v1'}});
  });

  test('are all served by one dispatcher', () => {
    const lab = newLab();
    for (const propertyPrefix of ['jobs', 'jobs_v1', 'jobs.v1', 'j', 'jobs_v1_'])
      lab.enqueue(inLine(2), {name: propertyPrefix, options: {propertyPrefix}});
    lab.settle();
    const rows = lab.call<JobRecord[]>('list');
    expect(rows.map((row) => row.status)).toEqual(Array.from({length: 5}, () => 'completed'));
    lab.expectTidy();
  });
});

describe('the header', () => {
  test('does not grow with executions that pause', () => {
    const lab = newLab();
    const options = {autoResume: false, maxRuntimeMs: 1_000};
    const {id} = lab.enqueue(inLine(81, {ms: 2_000}), {options});
    const sizes: number[] = [];
    for (let pauses = 0; pauses < 80; pauses++) {
      expect(lab.call('resume', id).status).toBe('paused');
      sizes.push(headerBytes(lab, id));
    }
    expect((sizes[79] ?? 0) - (sizes[19] ?? 0)).toBeLessThan(20);
    expect(lab.call('resume', id).status).toBe('completed');
    expect(lab.runs()).toHaveLength(81);
    expect(new Set(lab.runs()).size).toBe(81);
  });

  test('stays small through ninety kills, and nothing that was committed is lost', () => {
    const lab = newLab();
    const name = '漢'.repeat(200);
    const {id} = lab.enqueue(inLine(90, {ms: 10_000, quotes: '"'.repeat(10)}), {name, options: {autoResume: false}});
    let largest = 0;
    for (let kills = 0; kills < 90; kills++) {
      const {world} = lab;
      const execution = world.start({fn: 'api', args: ['resume', [id]]});
      const wanted = `s${kills + 1}`;
      world.runWhile(() => lab.runs().at(-1) !== wanted && execution.end === 'running');
      world.kill(execution);
      lab.pass(400 * SECOND_MS);
      largest = Math.max(largest, headerBytes(lab, id));
    }
    expect(largest).toBeLessThan(8_000);
    const record = lab.call('resume', id);
    expect(record.status).toBe('completed');
    expect(Object.keys(record.results)).toHaveLength(90);
    expect(record.recoveries).toHaveLength(8);
    expect(new Set(lab.runs()).size).toBe(lab.runs().length);
    expect(lab.jobKeys().some((key) => /~z\d+$/.test(key))).toBe(true);
  });
});

test('what was left by a killed request is swept after an hour, and the triggers go with it', () => {
  const lab = newLab();
  let isKilled = false;
  lab.world.onCall = (call) => {
    if (isKilled || !/~p1$/.test(String(call.args[0]))) return undefined;
    isKilled = true;
    return {kind: 'kill', when: 'after'};
  };
  const noise = Array.from({length: 3_000}, (_none, index) => ((index * 2_654_435_761) % 4_294_967_296).toString(36));
  lab.world.start({fn: 'api', args: ['enqueue', [{name: 'job', steps: [step('a', {noise})]}]]});
  lab.pass(20 * MINUTE_MS);
  expect(lab.jobKeys().length).toBeGreaterThan(0);
  lab.settle(3 * HOUR_MS);
  expect(lab.jobKeys()).toEqual([]);
  lab.expectTidy();
});

describe('retention by configuration', () => {
  test('of fewer days folds and purges sooner, and folds no later than it purges', () => {
    const lab = newLab();
    lab.world.setProperty('script', 'AST_JOBS_RETENTION_DAYS', '3');
    const {id} = lab.enqueue(inLine(3, {chars: 5_000}));
    lab.settle();
    lab.pass(2.9 * DAY_MS);
    tick(lab);
    expect(lab.status(id).folded).toBeUndefined();
    lab.pass(0.2 * DAY_MS);
    tick(lab);
    expect(lab.refusal('status', id).code).toBe('JOB_NOT_FOUND');
  });

  test('of more days keeps the summary longer', () => {
    const lab = newLab();
    lab.world.setProperty('script', 'AST_JOBS_RETENTION_DAYS', '90');
    const {id} = lab.enqueue(inLine(3));
    lab.settle();
    lab.pass(80 * DAY_MS);
    tick(lab);
    expect(lab.status(id)).toMatchObject({status: 'completed', folded: true});
    lab.pass(11 * DAY_MS);
    tick(lab);
    expect(lab.refusal('status', id).code).toBe('JOB_NOT_FOUND');
  });

  test('of fewer bytes makes room sooner, refuses what cannot fit, and bounds results', () => {
    const lab = newLab();
    lab.world.setProperty('script', 'AST_JOBS_MAX_BYTES', '50000');
    const first = lab.call('run', {name: 'one', steps: inLine(1, {chars: 30_000})}).id;
    const second = lab.call('run', {name: 'two', steps: inLine(1, {chars: 30_000})}).id;
    expect([lab.status(first).folded, lab.status(second).folded]).toEqual([true, undefined]);
    const refusal = lab.refusal('enqueue', {name: 'job', steps: [step('a', {text: noise(90_000)})]});
    expect(refusal).toMatchObject({code: 'PLAN_TOO_LARGE', details: {limitBytes: 50_000}});
    const {id} = lab.call('run', {name: 'job', steps: [step('a', {chars: 60_000})]});
    expect(lab.status(id).lastError).toMatchObject({code: 'RESULT_TOO_LARGE'});
    expect(ownBytes(lab)).toBeLessThanOrEqual(50_000);
  });

  test('that was lowered is reached by and by, without a new job that would need the room', () => {
    const lab = newLab();
    for (let jobs = 0; jobs < 8; jobs++) lab.call('run', {name: 'job', steps: inLine(1, {chars: 20_000})});
    expect(ownBytes(lab)).toBeGreaterThan(160_000);
    lab.world.setProperty('script', 'AST_JOBS_MAX_BYTES', '100000');
    for (let passes = 0; passes < 3; passes++) lab.world.call('astJobsWorker');
    expect(ownBytes(lab)).toBeLessThanOrEqual(100_000);
  });

  test('beats a script property where it is configured for this execution', () => {
    const lab = newLab();
    lab.world.setProperty('script', 'AST_JOBS_MAX_BYTES', '400000');
    const outcomes = lab.callAll(
      ['configure', {maxBytes: '60000', retentionDays: 1}],
      ['enqueue', {name: 'job', steps: [step('a', {text: noise(150_000)})]}],
    );
    expect(outcomes[0]?.value).toEqual({AST_JOBS_MAX_BYTES: '60000', AST_JOBS_RETENTION_DAYS: '1'});
    expect(outcomes[1]?.error).toMatchObject({code: 'PLAN_TOO_LARGE', details: {limitBytes: 60_000}});
  });

  test.each([
    [{retentionDays: 0}, /^retentionDays must be an integer from 1 to 3650, got `0`/],
    [{retentionDays: 'a week'}, /got `"a week"`/],
    [{AST_JOBS_MAX_BYTES: 49_999}, /^AST_JOBS_MAX_BYTES must be an integer from 50000 to 450000/],
    [{maxBytes: 450_001}, /^maxBytes must be/],
  ])('refuses %j', (settings, message) => {
    const refusal = newLab().refusal('configure', settings);
    expect(refusal).toMatchObject({code: 'INVALID_OPTION', message: expect.stringMatching(message) as unknown});
  });

  test('that makes no sense stops nothing: the default holds, and one line says so', () => {
    const lab = newLab();
    lab.world.setProperty('script', 'AST_JOBS_RETENTION_DAYS', 'for ever');
    lab.world.setProperty('script', 'AST_JOBS_MAX_BYTES', ' 12 ');
    const {id} = lab.enqueue(inLine(3));
    lab.settle();
    expect(lab.status(id).status).toBe('completed');
    const passes = lab.world.executions.filter(({trigger, calls}) => trigger !== null && calls > 5);
    expect(passes.length).toBeGreaterThan(0);
    for (const {log} of passes) {
      const lines = log.filter((line) => line.includes('The default'));
      expect(lines).toEqual([
        'AST.Jobs: Script property AST_JOBS_RETENTION_DAYS must be an integer from 1 to 3650, got `"for ever"`. The default 30 is used.',
        'AST.Jobs: Script property AST_JOBS_MAX_BYTES must be an integer from 50000 to 450000, got `12`. The default 409600 is used.',
      ]);
    }
  });
});

/** Bytes that the jobs of a lab use. */
function ownBytes(lab: Lab): number {
  const store = lab.world.store('script');
  return lab.jobKeys().reduce((sum, key) => sum + Buffer.byteLength(key) + Buffer.byteLength(store.get(key) ?? ''), 0);
}

test('hundreds of jobs in a row leave the store no fuller than the retention says', () => {
  const lab = newLab({latency: {read: 1, write: 1, lock: 1, release: 1, trigger: 1}});
  lab.world.setProperty('script', 'AST_JOBS_MAX_BYTES', '60000');
  lab.world.setProperty('script', 'AST_JOBS_RETENTION_DAYS', '2');
  let most = 0;
  const runMany = (count: number): void => {
    lab.world.call(
      'apiAll',
      [Array.from({length: count}, () => ['run', {name: 'job', steps: [step('a', {chars: 1_000})]}])],
      {
        wallMs: 3_600_000,
      },
    );
    most = Math.max(most, ownBytes(lab));
  };
  for (let round = 0; round < 10; round++) runMany(30);
  expect(most).toBeLessThanOrEqual(60_000);
  expect(most).toBeGreaterThan(50_000);
  // By age they go, too: some forty with a pass, and passes come until all are gone.
  lab.pass(2.1 * DAY_MS);
  runMany(1);
  tick(lab);
  lab.pass(2 * HOUR_MS);
  expect(lab.call<JobRecord[]>('list', {limit: 1_000})).toHaveLength(2);
  lab.expectTidy();
});
