/** Stored text that is damaged, foreign or of a newer version: reported, left as it is, and in nobody's way. */
import type {DamagedRecord, JobRecord} from '../../src/types';
import {DAY_MS, HOUR_MS, inLine, type Lab, MINUTE_MS, noise, pasted, step, useLabs} from './lab';

const newLab = useLabs();

/** A job that waits for its retry, with a plan in pieces, a log, and a large result. */
function victimOf(lab: Lab): string {
  const steps = [
    step('a', {result: 'first result'}),
    step('big', {chars: 9_000}),
    step('fails', {failures: 1, noise: noise(20_000)}, {retry: {delayMs: 5 * MINUTE_MS, maxDelayMs: 9 * HOUR_MS}}),
    step('last', {}, {dependsOn: ['fails', 'big']}),
  ];
  const {id} = lab.call('run', {name: 'victim', steps});
  expect(lab.status(id).status).toBe('paused');
  return id;
}

function keyOf(lab: Lab, pattern: RegExp): string {
  const key = lab.jobKeys().find((candidate) => pattern.test(candidate));
  if (key === undefined) throw new Error(`Expected a key like ${pattern}, got ${lab.jobKeys().join()}`);
  return key;
}

const CUTS: Readonly<Record<string, (text: string) => string | null>> = {
  'cut off': (text) => text.slice(0, -5),
  'made empty': () => '',
  'replaced by text': () => 'of somebody else',
  'replaced by other JSON': () => '{"a":[1]}',
  deleted: () => null,
};

const PLACES: readonly (readonly [what: string, key: RegExp])[] = [
  ['header', /~h$/],
  ['plan', /~p0$/],
  ['last piece of the plan', /~p[1-9]$/],
  ['log', /~s/],
];

const CASES = PLACES.flatMap(([what, key]) =>
  Object.entries(CUTS)
    .filter(([how]) => what !== 'header' || how !== 'deleted')
    .map(([how, cut]) => [what, how, key, cut] as const),
);

describe('of a job', () => {
  test.each(CASES)('the %s, %s, is reported and never deleted, and other jobs go on', (_what, _how, pattern, cut) => {
    const lab = newLab();
    const id = victimOf(lab);
    const key = keyOf(lab, pattern);
    lab.world.setProperty('script', key, cut(lab.world.store('script').get(key) ?? ''));
    const keys = lab.jobKeys();
    const damaged = lab.world.store('script').get(key);
    const rows = lab.call<(JobRecord | DamagedRecord)[]>('list');
    const message = expect.stringContaining(id) as string;
    expect(rows).toEqual([{id, status: 'damaged', damaged: true, error: {code: 'RECORD_CORRUPT', message}}]);
    for (const method of ['status', 'resume', 'cancel'])
      expect(lab.refusal(method, id)).toMatchObject({name: 'AstJobsError', code: 'RECORD_CORRUPT'});
    const other = lab.enqueue(inLine(2, {ms: 150_000}), {name: 'other'}).id;
    lab.pass(12 * MINUTE_MS);
    expect(lab.status(other).status).toBe('completed');
    expect(lab.runs('victim')).toEqual(['a', 'big', 'fails']);
    expect(lab.jobKeys()).toEqual(expect.arrayContaining([...keys]));
    expect(lab.world.store('script').get(key)).toBe(damaged);
  });

  test('is mended when the text comes back', () => {
    const lab = newLab();
    const id = victimOf(lab);
    const key = keyOf(lab, /~p0$/);
    const text = lab.world.store('script').get(key) ?? '';
    lab.world.setProperty('script', key, text.slice(1));
    lab.pass(15 * MINUTE_MS);
    lab.world.setProperty('script', key, text);
    lab.settle(6 * HOUR_MS);
    expect(lab.status(id).status).toBe('completed');
  });

  test('a result is refused to the handler that reads it', () => {
    const lab = newLab({project: pasted('function read(ctx) { return ctx.results.big.length; }')});
    const steps = [
      step('big', {chars: 9_000}),
      step('fails', {failures: 1}),
      {id: 'read', handler: 'read', dependsOn: ['big', 'fails'], retry: {maxRetries: 0}},
    ];
    const {id} = lab.call('run', {name: 'victim', steps});
    lab.world.setProperty('script', keyOf(lab, /~r/), 'x');
    lab.settle();
    const {status, lastError} = lab.status(id);
    expect([status, lastError?.stepId]).toEqual(['failed', 'read']);
    expect(lastError?.message).toMatch(/stored result of step big is damaged/);
  });

  test('a result is reported in the record', () => {
    const lab = newLab();
    const {id} = lab.call('run', {name: 'victim', steps: [step('big', {chars: 9_000})]});
    lab.world.setProperty('script', keyOf(lab, /~r/), 'x');
    const [outcome] = lab.callAll(['status', id]);
    expect(JSON.stringify(outcome)).toMatch(/damaged|RECORD_CORRUPT/);
  });

  test('is looked at by the watchdog only', () => {
    const lab = newLab();
    const {id} = lab.enqueue([step('a', {noise: noise(20_000)})]);
    lab.world.setProperty('script', keyOf(lab, /~p0$/), 'x');
    const before = lab.world.executions.length;
    lab.pass(HOUR_MS);
    expect(lab.refusal('status', id).code).toBe('RECORD_CORRUPT');
    expect(lab.world.executions.length - before).toBeLessThan(10);
  });
});

describe('text of a newer version', () => {
  /** A job as the next schema would store it, with fields that nobody knows yet. */
  function newer(lab: Lab): {id: string; key: string; text: string} {
    const {id} = lab.enqueue(inLine(2), {name: 'newer'});
    const key = keyOf(lab, /~h$/);
    const text = (lab.world.store('script').get(key) ?? '').replace('{"v":2,', '{"v":4,"new":[1],');
    lab.world.setProperty('script', key, text);
    return {id, key, text};
  }

  test('is reported, counts as open, and is not touched', () => {
    const lab = newLab();
    const {id, key, text} = newer(lab);
    expect(lab.call('list')).toMatchObject([{id, status: 'damaged', error: {code: 'SCHEMA_NEWER'}}]);
    for (const method of ['status', 'resume', 'cancel'])
      expect(lab.refusal(method, id)).toMatchObject({name: 'AstJobsCapabilityError', code: 'SCHEMA_NEWER'});
    lab.enqueue([step('b')], {name: 'other'});
    lab.pass(2 * HOUR_MS);
    expect(lab.runs()).toEqual(['b']);
    expect(lab.world.triggers().map((trigger) => trigger.kind)).toEqual(['recurring']);
    lab.pass(5 * HOUR_MS);
    expect(lab.world.store('script').get(key)).toBe(text);
  });

  test('is not purged to make room', () => {
    const lab = newLab();
    const {key, text} = newer(lab);
    for (let index = 0; index < 58; index++) lab.world.setProperty('script', `host_${index}`, 'h'.repeat(8_000));
    expect(lab.refusal('enqueue', {name: 'job', steps: [step('a', {noise: noise(30_000)})]}).code).toBe('STORE_FULL');
    expect(lab.world.store('script').get(key)).toBe(text);
  });
});

describe('foreign text', () => {
  test('under the same prefix is neither listed nor deleted', () => {
    const lab = newLab();
    const foreign = {
      AST_JOBS_JOB_: 'a',
      AST_JOBS_JOB_settings: 'b',
      'AST_JOBS_JOB_~job_000000001_0000000000~x1': 'c',
      'AST_JOBS_JOB_~job_1~h': 'd',
      'AST_JOBS_JOB_~job_000000001_0000000000~h~': 'e',
      'AST_JOBS_JOB_extra~job_000000001_0000000000~s0.0.0': 'f',
      '~job_000000001_0000000000~h': 'g',
    };
    for (const [key, text] of Object.entries(foreign)) lab.world.setProperty('script', key, text);
    expect(lab.call('list')).toEqual([]);
    lab.enqueue(inLine(2));
    lab.pass(40 * DAY_MS);
    lab.enqueue(inLine(2));
    lab.settle();
    const store = lab.world.store('script');
    for (const [key, text] of Object.entries(foreign)) expect(store.get(key)).toBe(text);
    expect(lab.call('list')).toHaveLength(1);
  });

  test('that looks like a header is listed as damaged and left alone', () => {
    const lab = newLab();
    const key = 'AST_JOBS_JOB_~job_000000001_0000000000~h';
    for (const text of ['hello', 'null', '[]', '{"v":1}', '{"v":"2"}', '{"v":-1}']) {
      lab.world.setProperty('script', key, text);
      expect(lab.call('list')).toMatchObject([{status: 'damaged', error: {code: 'RECORD_CORRUPT'}}]);
      expect(lab.call('list', {status: 'queued'})).toEqual([]);
      lab.call('work');
      expect(lab.world.store('script').get(key)).toBe(text);
    }
    lab.enqueue(inLine(2));
    lab.settle();
    lab.expectTidy();
  });

  test.each(['', 'nonsense', '[]', '{"w":5,"o":{},"a":"x"}'])(
    'in the key of a user’s triggers (%j) is made good',
    (text) => {
      const lab = newLab();
      const {id} = lab.enqueue(inLine(3, {ms: 150_000}));
      const key =
        [...lab.world.store('script').keys()].find((candidate) => candidate.startsWith('AST_JOBS_USER~')) ?? '';
      lab.world.setProperty('script', key, text);
      lab.settle(6 * HOUR_MS);
      expect(lab.status(id)).toMatchObject({status: 'completed', recoveries: []});
      lab.expectTidy();
    },
  );

  test.each([null, 'nonsense', '[]'])('in the list of prefixes (%j) loses no job', (text) => {
    const lab = newLab();
    const {id} = lab.enqueue(inLine(2), {options: {propertyPrefix: 'mine'}});
    lab.world.setProperty('script', 'AST_JOBS_PREFIXES', text);
    lab.pass(2 * HOUR_MS);
    expect(lab.call('status', id, {propertyPrefix: 'mine'}).status).toBe('completed');
  });

  test('in place of the ballast harms nobody', () => {
    const lab = newLab();
    lab.enqueue(inLine(2));
    lab.world.setProperty('script', 'AST_JOBS_BALLAST', '');
    lab.settle();
    lab.expectTidy();
    expect(lab.runs()).toEqual(['s1', 's2']);
  });
});

test.each([
  ['a period that there is none', '"m":10', '"m":7'],
  ['a time beyond all dates', '"a":', '"a":1e300,"b":'],
  ['a period beyond all dates', '"m":10', '"m":1e300'],
])('%s in the key of the user’s triggers harms no job', (_what, from, to) => {
  const lab = newLab();
  const {id} = lab.enqueue(inLine(2));
  const key = [...lab.world.store('script').keys()].find((one) => one.startsWith('AST_JOBS_USER~')) ?? '';
  const text = (lab.world.store('script').get(key) ?? '').replace(from, to);
  lab.world.setProperty('script', key, text.replace(/"w":"\d+"/, '"w":"gone"'));
  expect(lab.status(id).status).toBe('queued');
  expect(lab.enqueue([step('b')], {name: 'other'}).status).toBe('queued');
  lab.settle();
  expect(lab.status(id).status).toBe('completed');
});

test('a finished job’s header under the key of another takes nothing of it away', () => {
  const lab = newLab();
  const id = victimOf(lab);
  const finished = lab.call('run', {name: 'finished', steps: [step('a')]}).id;
  const victim = lab.jobKeys().filter((key) => key.includes(id));
  const [header = ''] = victim.filter((key) => key.endsWith('~h'));
  lab.world.setProperty('script', header, lab.world.store('script').get(header.replace(id, finished)) ?? '');
  lab.pass(40 * DAY_MS);
  lab.call('work');
  expect(lab.jobKeys().filter((key) => key.includes(id))).toEqual(victim);
  expect(lab.call('list')).toMatchObject([{id, status: 'damaged'}]);
});

test('a header that can no longer be rewritten stops no other job', () => {
  const lab = newLab();
  const {id} = lab.enqueue([step('a')], {name: 'victim'});
  const key = keyOf(lab, /~h$/);
  const text = lab.world.store('script').get(key) ?? '';
  lab.world.setProperty('script', key, text.replace('{', `{"pad":"${'x'.repeat(9_200 - text.length)}",`));
  const other = lab.enqueue([step('b')], {name: 'other'}).id;
  lab.settle();
  expect(lab.status(other).status).toBe('completed');
  expect(lab.refusal('status', id).code).toBe('RECORD_CORRUPT');
});

test('an event of a trigger that cannot be read is none', () => {
  const lab = newLab({
    project: pasted(`function odd() { return AST.Jobs.work({get triggerUid() { throw new Error('no'); }}).end; }`),
  });
  lab.enqueue([step('a')]);
  lab.pass(2 * MINUTE_MS);
  expect(lab.world.call('odd')).toBe('idle');
});

test.each([
  ['a log', /~s0\.0\.0$/],
  ['a plan', /~p0$/],
])('a finished job with %s that is damaged is kept, by age and when room is needed', (_what, pattern) => {
  const lab = newLab();
  const steps = [step('big', {chars: 60_000}), step('end', {}, {payload: {noise: noise(20_000)}})];
  const {id, status} = lab.call('run', {name: 'finished', steps});
  expect(status).toBe('completed');
  const key = keyOf(lab, pattern);
  lab.world.setProperty('script', key, (lab.world.store('script').get(key) ?? '').slice(0, -3));
  const before = lab.world.store('script');
  const own = lab.jobKeys();
  lab.pass(40 * DAY_MS);
  lab.call('work');
  // More than what is left beside it: finished jobs give way, this one does not.
  for (const name of ['one', 'two', 'three', 'four', 'five', 'six', 'seven'])
    expect(lab.call('run', {name, steps: [step('x', {chars: 60_000})]}).status).toBe('completed');
  for (const one of own) expect(lab.world.store('script').get(one)).toBe(before.get(one));
  expect(lab.call('list', {limit: 1000})).toContainEqual(expect.objectContaining({id, status: 'damaged'}));
});
