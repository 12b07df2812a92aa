/** Jobs that are accepted together: all or none, by position, in whatever moment the execution dies. */
import type {BatchRecord, JobRecord} from '../../src/types';
import {emptyHost, fillUpTo, HOUR_MS, noise, step, useLabs, type Lab} from './lab';

const newLab = useLabs();

const REGIONS = ['europe', 'asia', 'americas'];

function requests(chars = 0): readonly object[] {
  const parts = REGIONS.map((region) => ({
    ...{name: `Process ${region}`, tags: ['batch', 'region']},
    steps: [step(region, chars === 0 ? {} : {blob: noise(chars)})],
  }));
  return [...parts, {name: 'Combine', steps: [step('combine')], dependencies: [0, 1, 2]}];
}

function batch(lab: Lab, list: readonly object[] = requests(), options?: object): BatchRecord {
  return lab.call<BatchRecord>('enqueueBatch', list, options);
}

const jobsOf = ({jobs}: BatchRecord): readonly JobRecord[] => jobs as readonly JobRecord[];

test('all of them are accepted, in order, and depend on each other by position', () => {
  const lab = newLab();
  const {id, jobs, status, counts} = batch(lab);
  const records = jobsOf({id, jobs, status, counts});
  expect(id).toMatch(/^batch_/);
  expect(status).toBe('open');
  expect(counts).toMatchObject({queued: 3, paused: 1});
  expect(records.map(({name}) => name)).toEqual([...REGIONS.map((region) => `Process ${region}`), 'Combine']);
  expect(records[3]?.dependencies).toEqual(records.slice(0, 3).map((record) => record.id));
  expect(records.every((record) => record.batch === id)).toBe(true);
  lab.settle();
  expect(lab.runs().at(-1)).toBe('combine');
  expect(lab.call<BatchRecord>('getBatch', id)).toMatchObject({status: 'completed', counts: {completed: 4}});
  lab.expectTidy();
  expect([...lab.world.store('script').keys()].filter((key) => key.includes('INTENT'))).toEqual([]);
});

test('with autoStart: false they wait for resume', () => {
  const lab = newLab();
  const {jobs} = batch(lab, requests(), {autoStart: false});
  lab.pass(2 * HOUR_MS);
  expect(lab.runs()).toEqual([]);
  for (const {id} of jobs) lab.call('resume', id);
  lab.settle();
  expect(lab.runs()).toHaveLength(4);
});

test('requests of all kinds may be in one', () => {
  const lab = newLab();
  const {id} = batch(lab, [
    {name: 'chain', tasks: [{handler: 'act'}, {handler: 'act'}]},
    {name: 'many', handler: 'act', items: [1, 2]},
    {name: 'sum', items: [1, 2], mapHandler: 'square', reduceHandler: 'total', dependencies: [0, 1]},
  ]);
  lab.settle();
  const sum = jobsOf(lab.call<BatchRecord>('getBatch', id))[2];
  expect(sum?.results['reduce']).toBe(5);
});

test.each([
  ['no list', {}, /list of 1 to 50/],
  ['an empty list', [], /list of 1 to 50/],
  ['no request', [null], /index 0/],
  ['a position that is none', [{name: 'a', steps: [step('a')], dependencies: [4]}], /position 4/],
  ['its own position', [{name: 'a', steps: [step('a')], dependencies: [0]}], /position 0/],
  [
    'a bad step in the last one',
    [
      {name: 'a', steps: [step('a')]},
      {name: 'b', steps: []},
    ],
    /steps/,
  ],
  ['keys that make doubles', [{name: 'a', steps: [step('a')], idempotencyKey: 'k'}], /idempotencyKey/],
  [
    'a circle',
    [
      {name: 'a', steps: [step('a')], dependencies: [1]},
      {name: 'b', steps: [step('b')], dependencies: [0]},
      {name: 'c', steps: [step('c')]},
    ],
    /\[0,1\]/,
  ],
])('%s is refused, and nothing is stored', (_what, list, message) => {
  const lab = newLab();
  expect(lab.refusal('enqueueBatch', list)).toMatchObject({
    name: 'AstJobsValidationError',
    message: expect.stringMatching(message) as string,
  });
  expect(lab.world.store('script').size).toBe(0);
});

test('one that does not fit is refused as a whole', () => {
  const lab = newLab();
  lab.enqueue([step('other')]);
  const before = lab.jobKeys();
  expect(lab.refusal('enqueueBatch', requests(250_000)).code).toBe('STORE_FULL');
  lab.pass(2 * HOUR_MS);
  const names = lab.call<JobRecord[]>('list').map(({name}) => name);
  expect(names).toEqual(['job']);
  expect(before).toHaveLength(1);
});

test.each([0, 5_000])(
  'killed before or after every call of it, there is all of it or nothing (payloads of %d)',
  (chars) => {
    const plain = newLab();
    plain.world.resetCounts();
    batch(plain, requests(chars));
    const {calls} = plain.world.counts();
    let whole = 0;
    let none = 0;
    for (let index = 0; index < calls; index++)
      for (const when of ['before', 'after'] as const) {
        const lab = newLab();
        let seen = 0;
        lab.world.onCall = () => (seen++ === index ? {kind: 'kill', when} : undefined);
        const execution = lab.world.start({fn: 'api', args: ['enqueueBatch', [requests(chars)]]});
        lab.settle(6 * HOUR_MS);
        lab.world.onCall = undefined;
        const rows = lab.call<JobRecord[]>('list');
        if (execution.end === 'done') expect(rows).toHaveLength(4);
        if (rows.length === 0) none++;
        else {
          whole++;
          expect(rows).toHaveLength(4);
          expect(new Set(rows.map((row) => row.batch)).size).toBe(1);
          expect(rows.map((row) => row.status)).toEqual(['completed', 'completed', 'completed', 'completed']);
        }
        lab.expectTidy();
        expect([...lab.world.store('script').keys()].filter((key) => key.includes('INTENT'))).toEqual([]);
        lab.world.close();
      }
    expect(whole).toBeGreaterThan(4);
    expect(none).toBeGreaterThan(4);
  },
);

test('an unknown batch is told', () => {
  const lab = newLab();
  expect(lab.refusal('getBatch', 'batch_0mk2xyz12_abcdefghij').code).toBe('BATCH_NOT_FOUND');
  expect(lab.refusal('getBatch', 'x').code).toBe('INVALID_REQUEST');
});

describe('when the execution dies and the host fills the store before all of it is written', () => {
  const DONE = Array(4).fill('completed');

  /** Killed right after the write that accepts the batch; so many bytes are free then. */
  function accepted(list: readonly object[], freeBytes: number): Lab {
    const lab = newLab();
    lab.world.onCall = ({method, args}) =>
      method === 'setProperty' && /INTENT~.*~0$/.test(String(args[0])) ? {kind: 'kill', when: 'after'} : undefined;
    const execution = lab.world.start({fn: 'api', args: ['enqueueBatch', [list]]});
    lab.pass(20_000);
    expect(execution.end).toBe('killed');
    lab.world.onCall = undefined;
    lab.world.setProperty('script', 'AST_JOBS_BALLAST', null);
    fillUpTo(lab, freeBytes);
    return lab;
  }

  test.each([0, 400, 900])('the rest of it waits for room (%d bytes), and children for parents', (freeBytes) => {
    const lab = accepted(requests(), freeBytes);
    lab.pass(3 * HOUR_MS);
    const rows = lab.call<JobRecord[]>('list');
    expect(rows.every((row) => row.lastError === null)).toBe(true);
    expect(rows.length).toBeLessThan(4);
    emptyHost(lab);
    lab.settle(6 * HOUR_MS);
    expect(lab.call<JobRecord[]>('list').map(({status}) => status)).toEqual(DONE);
    lab.expectTidy();
  });

  test('plans of what is still to be written are no left-overs', () => {
    const lab = accepted(requests(5_000), 0);
    lab.pass(3 * HOUR_MS);
    expect(lab.call<JobRecord[]>('list')).toEqual([]);
    emptyHost(lab);
    lab.settle();
    expect(lab.call<JobRecord[]>('list').map(({status}) => status)).toEqual(DONE);
    expect(lab.runs()).toHaveLength(4);
    lab.expectTidy();
  });

  test.each([
    ['removed', (lab: Lab, id: string) => expect(lab.refusal('remove', id).code).toBe('HAS_DEPENDENTS')],
    ['cleaned up', (lab: Lab) => lab.call('cleanup', {olderThanDays: 0})],
  ])('what ended meanwhile is not made again where it is %s', (_how, goes) => {
    const lab = accepted(requests(), 1_500);
    lab.pass(2 * HOUR_MS);
    const first = lab.call<JobRecord[]>('list', {status: 'completed'}).at(-1);
    expect(first?.name).toBe('Process europe');
    expect(lab.runs()).not.toContain('combine');
    goes(lab, first?.id ?? '');
    emptyHost(lab);
    lab.settle();
    expect([...lab.runs()].sort()).toEqual(['americas', 'asia', 'combine', 'europe']);
    lab.expectTidy();
  });
});
