/** What stays of jobs: folds after seven days, nothing after thirty, and headers that do not grow. */
import type {JobRecord} from '../../src/types';
import {DAY_MS, HOUR_MS, inLine, MINUTE_MS, SECOND_MS, step, useLabs, type Lab} from './lab';

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
