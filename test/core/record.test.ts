import fc from 'fast-check';
import {headerKey, segmentKey} from '../../src/core/keys';
import {
  countStates,
  foldedRecord,
  isJobStatus,
  isoTime,
  jobRecord,
  lastError,
  type RecordView,
} from '../../src/core/record';
import type {StoredJob} from '../../src/core/stored-job';
import {fold} from '../../src/core/transitions';
import type {JobRecord} from '../../src/types';
import {mutate, mutations} from '../support/arbitraries';
import {mapNode, planOf, rangeNode, reduceNode, stepNode} from '../support/plans';
import {
  ADDRESS,
  at,
  AT_MS,
  done,
  ERROR,
  failed,
  jobOf,
  leaseAt,
  positionOf,
  read,
  sealOf,
  segment,
  storedJob,
  storedLarge,
  type StoredParts,
} from '../support/stored';
import {problemsOfHeader} from '../support/validity';

const iso = (afterMs: number): string => new Date(AT_MS + afterMs).toISOString();

function shown(job: StoredJob, view: Partial<RecordView> = {}): JobRecord {
  const resultText = (unit: number): string | null => {
    const result = job.ledger.completion(unit)?.result;
    return result !== undefined && 'text' in result ? result.text : null;
  };
  return jobRecord(job, {wakeUp: null, resultText, page: null, ...view});
}

const show = (parts: StoredParts, view: Partial<RecordView> = {}): JobRecord => shown(jobOf(parts), view);
const given = (...outcomes: Parameters<typeof segment>[0]): StoredParts => ({
  position: positionOf(outcomes),
  logs: {0: [segment(outcomes)]},
});

test('a job that was just accepted shows what was asked for and nothing done', () => {
  const plan = planOf(stepNode('load', {payload: {from: 'A'}}), stepNode('save', {handler: 'store', deps: [0]}));
  expect(show({plan})).toEqual({
    ...{id: ADDRESS.id, name: 'Nightly', status: 'queued', version: 1, owner: 'u1'},
    ...{createdAt: iso(0), updatedAt: iso(0), startedAt: null, pausedAt: null, completedAt: null, canceledAt: null},
    ...{leaseOwner: null, leaseExpiresAt: null, lastHeartbeatAt: null, lastError: null},
    options: {
      maxRetries: 2,
      maxRuntimeMs: 240_000,
      leaseTtlMs: 390_000,
      autoResume: true,
      checkpointStore: 'properties',
      propertyPrefix: 'AST_JOBS_JOB_',
    },
    steps: [
      {
        id: 'load',
        handlerName: 'work',
        dependsOn: [],
        payload: {from: 'A'},
        state: 'pending',
        attempts: 0,
        startedAt: null,
        completedAt: null,
        lastError: null,
      },
      {
        id: 'save',
        handlerName: 'store',
        dependsOn: ['load'],
        payload: null,
        state: 'pending',
        attempts: 0,
        startedAt: null,
        completedAt: null,
        lastError: null,
      },
    ],
    ...{results: {}, waiting: null, wakeUp: null, recoveries: []},
  });
});

test('a completed step shows its times and its result', () => {
  const record = show(given(done(1, '{"rows":3}')));
  expect(record.steps[1]).toMatchObject({
    state: 'completed',
    startedAt: iso(800),
    completedAt: iso(1_000),
    attempts: 0,
  });
  expect(record.results).toEqual({s1: {rows: 3}});
});

test('a step that failed and then succeeded has begun with its first attempt and shows no error', () => {
  const record = show(given(failed(0, AT_MS + 30_000), done(0)));
  expect(record.steps[0]).toMatchObject({state: 'completed', attempts: 1, startedAt: iso(-200), lastError: null});
});

test('a step that waits for its retry is pending and shows its error', () => {
  const record = show(given(failed(0, AT_MS + 30_000)));
  expect(record.steps[0]).toMatchObject({state: 'pending', attempts: 1, lastError: ERROR});
  expect(record.lastError).toEqual({...ERROR, stepId: 's0'});
});

test('the step that is in work is running, and only that', () => {
  const record = show({lease: leaseAt(2)});
  expect(record.steps.map((step) => step.state)).toEqual(['pending', 'pending', 'running', 'pending', 'pending']);
  expect(record).toMatchObject({status: 'running', leaseOwner: 'xowner', leaseExpiresAt: iso(390_000)});
});

test('what a cancel left undone is canceled', () => {
  const parts = {...given(done(0), failed(1)), header: {phase: {kind: 'canceled', atMs: AT_MS + 9} as const}};
  const record = show(parts);
  expect(record.steps.map((step) => step.state)).toEqual(['completed', 'failed', 'canceled', 'canceled', 'canceled']);
  expect(record).toMatchObject({status: 'canceled', canceledAt: iso(9), completedAt: null});
});

test('a version grows with each outcome and each change of state', () => {
  expect(show(given(done(0), done(1))).version).toBe(3);
  expect(show({...given(done(0), done(1)), header: {revision: 9}}).version).toBe(11);
});

test('a job was updated when its latest outcome or change was', () => {
  expect(show(given(done(3))).updatedAt).toBe(iso(3_000));
  expect(show({...given(done(3)), header: {updatedAtMs: AT_MS + 9_000, startedAtMs: AT_MS}}).lastHeartbeatAt).toBe(
    iso(9_000),
  );
});

test('a paused job says what it waits for', () => {
  const waiting = {reason: 'retry', untilMs: AT_MS + 5} as const;
  const record = show({header: {phase: {kind: 'paused', waiting}, pausedAtMs: AT_MS}});
  expect(record).toMatchObject({status: 'paused', waiting, pausedAt: iso(0)});
});

test('the error of a job is that of the first step it lost, else of the latest failure that is retried', () => {
  const retried = failed(0, AT_MS + 9, {...ERROR, message: 'first'});
  const later = failed(1, AT_MS + 9, {...ERROR, message: 'later'});
  expect(lastError(jobOf(given(retried, later)))).toMatchObject({message: 'later', stepId: 's1'});
  expect(lastError(jobOf(given(retried, later, failed(3), failed(2))))).toMatchObject({message: 'no', stepId: 's2'});
  expect(lastError(jobOf(given(retried, later, done(1))))).toMatchObject({message: 'first', stepId: 's0'});
  expect(lastError(jobOf(given(retried, done(0))))).toBeNull();
});

test('kills are reported with the ids of the steps they left in doubt', () => {
  const recovery = {atMs: AT_MS, epoch: 3, reason: 'killed', inDoubt: [{first: 2, last: 2}]} as const;
  expect(show({header: {recoveries: [recovery]}}).recoveries).toEqual([
    {at: iso(0), epoch: 3, reason: 'killed', inDoubt: ['s2']},
  ]);
});

const rows = (size: number) =>
  planOf(
    mapNode(
      'row',
      Array.from({length: size}, (_none, index) => index),
    ),
    reduceNode('sum', 0),
  );

test('up to a thousand items have a row each, more than that one for all', () => {
  expect(show({plan: rows(1_000)}).steps).toHaveLength(1_001);
  const record = show({plan: rows(1_001), ...given(done(0), failed(1, AT_MS + 1))});
  expect(record.steps.map((step) => step.id)).toEqual(['row', 'sum']);
  expect(record.steps[0]).toMatchObject({
    payload: {counts: {total: 1_001, pending: 1_000, running: 0, completed: 1, failed: 0, canceled: 0}},
    state: 'pending',
    attempts: 1,
  });
  expect(record.results).toEqual({});
});

test('a page shows the units from an offset on, with their results', () => {
  const job = jobOf({plan: rows(1_500), ...given(done(701, '"x"'))});
  const page = shown(job, {page: {offset: 700, limit: 3}});
  expect(page.steps.map((step) => step.id)).toEqual(['row_701', 'row_702', 'row_703']);
  expect(page.results).toEqual({row_702: 'x'});
  expect(shown(job, {page: {offset: 1_499, limit: 10}}).steps.map((step) => step.id)).toEqual(['row_1500', 'sum']);
  expect(shown(job, {page: {offset: 9_999, limit: 10}}).steps).toEqual([]);
});

test('a result whose pieces are damaged is left out, and the record stays', () => {
  const {large} = storedLarge(0, '"x"');
  const record = show(given({kind: 'doneLarge', unit: 0, atMs: AT_MS, durationMs: 1, large}, done(1)));
  expect(record.results).toEqual({s1: 1});
  expect(record.steps[0]?.state).toBe('completed');
});

test('states are counted by node', () => {
  const job = jobOf({
    plan: rows(4),
    lease: leaseAt(3),
    position: positionOf([done(0), failed(1)]),
    logs: {0: [segment([done(0), failed(1)], {epoch: 0})]},
  });
  expect(countStates(job, [0])).toEqual({total: 4, pending: 1, running: 1, completed: 1, failed: 1, canceled: 0});
  expect(countStates(job, [0, 1]).total).toBe(5);
});

test('a range of two thousand million items is shown as counts, at once', () => {
  const size = 2 ** 31 - 1;
  const plan = planOf(rangeNode('n', size));
  const none = {total: size, pending: size, running: 0, completed: 0, failed: 0, canceled: 0};
  expect(show({plan}).steps).toMatchObject([{id: 'n', state: 'pending', payload: {counts: none}, dependsOn: []}]);
  const log = [done(0), failed(5), failed(7, AT_MS + 9_000)];
  const job = jobOf({
    plan,
    lease: leaseAt(9),
    position: positionOf(log),
    logs: {0: [segment(log, {epoch: 0})]},
  });
  expect(countStates(job, [0])).toEqual({...none, pending: size - 3, running: 1, completed: 1, failed: 1});
  expect(shown(job).lastError).toMatchObject({stepId: 'n_6'});
  expect(shown(job).steps[0]).toMatchObject({attempts: 2, state: 'running'});
  const page = shown(job, {page: {offset: size - 2, limit: 1_000}});
  expect(page.steps.map(({id, payload}) => [id, (payload as {item: number}).item])).toEqual([
    [`n_${size - 1}`, size - 2],
    [`n_${size}`, size - 1],
  ]);
});

test('what a cancel left of a range is canceled', () => {
  const plan = planOf(rangeNode('n', 5_000));
  const job = jobOf({plan, ...given(done(0)), header: {phase: {kind: 'canceled', atMs: AT_MS}}});
  expect(countStates(job, [0])).toMatchObject({pending: 0, running: 0, completed: 1, canceled: 4_999});
});

test('a reduce step over a map step in one row is shown without the ids of its items', () => {
  const record = show({plan: rows(1_001)});
  expect(record.steps[1]).toMatchObject({id: 'sum', dependsOn: ['row'], payload: {total: 1_001}});
  expect(show({plan: rows(1_000)}).steps[1_000]?.dependsOn).toHaveLength(1_000);
});

test('a folded job shows its state and its error, and no steps', () => {
  const error = {...ERROR, stepId: 's1'};
  const {header} = jobOf({header: {phase: {kind: 'failed', atMs: AT_MS}}});
  expect(foldedRecord(fold(header, error), 'p')).toMatchObject({
    status: 'failed',
    folded: true,
    lastError: error,
    steps: [],
    results: {},
  });
});

test('times are ISO 8601 in UTC, or null', () => {
  expect([isoTime(0), isoTime(null)]).toEqual(['1970-01-01T00:00:00.000Z', null]);
});

test('six texts are a status', () => {
  expect(['queued', 'running', 'paused', 'failed', 'completed', 'canceled'].every(isJobStatus)).toBe(true);
  expect(['', 'Queued', 'done', 'cancelled', 'toString'].some(isJobStatus)).toBe(false);
});

test('a record is plain JSON', () => {
  const record = show({plan: rows(3), ...given(done(0), failed(1, AT_MS + 5))});
  expect(JSON.parse(JSON.stringify(record))).toEqual(record);
});

const stored = storedJob({
  ...{
    plan: planOf(mapNode('row', [1, 2, 3]), stepNode('a'), reduceNode('sum', 0)),
    log: 1,
    epoch: 2,
    lease: leaseAt(3),
    pieceBytes: 50,
  },
  header: {
    seals: [sealOf(0, [done(0), done(1)])],
    startedAtMs: AT_MS,
    recoveries: [{atMs: AT_MS, epoch: 1, reason: 'killed', inDoubt: [{first: 2, last: 2}]}],
    suspects: [{unit: 2, crashes: 1}],
  },
  logs: {0: [segment([done(0), done(1), done(2)])], 1: [segment([failed(2, AT_MS + 5)], {epoch: 2, marker: at(4)})]},
});

test('whatever damage one value has, a job is shown whole or reported, never thrown', () => {
  fc.assert(
    fc.property(fc.constantFrom(...Object.keys(stored)), mutations, (key, changes) => {
      const reading = read({...stored, [key]: mutate(stored[key] ?? '', changes)});
      if (reading.kind !== 'job') return expect(['corrupt', 'newer', 'folded']).toContain(reading.kind);
      expect(problemsOfHeader(reading.job.header)).toEqual([]);
      const record = shown(reading.job);
      expect(record.steps).toHaveLength(5);
      expect(JSON.parse(JSON.stringify(record))).toEqual(record);
    }),
    {numRuns: 700},
  );
});

test('whatever the numbers of a header are, a job is shown or reported, never thrown', () => {
  const text = stored[headerKey(ADDRESS)] ?? '';
  const numbers = [...text.matchAll(/(?<=[[,:])\d+(?=[\],}])/g)];
  for (const {index, 0: number} of numbers)
    for (const other of ['-1', '0', '3', '7', '1.5', '1e300', '9007199254740991', '8640000000000001', 'null', '"1"']) {
      const changed = text.slice(0, index) + other + text.slice(index + number.length);
      const reading = read({...stored, [headerKey(ADDRESS)]: changed});
      if (reading.kind === 'job') expect(shown(reading.job).id).toBe(ADDRESS.id);
      else expect(['corrupt', 'newer']).toContain(reading.kind);
    }
  expect(numbers.length).toBeGreaterThan(20);
});

test('a marker of a unit that the plan has not hurts nobody', () => {
  const key = segmentKey(ADDRESS, 0, 1, 0);
  const reading = read({...stored, [key]: (stored[key] ?? '').replace('[2,2,4', '[2,2,400')});
  expect(reading.kind === 'job' && shown(reading.job).steps.map((step) => step.state)).toEqual([
    'completed',
    'completed',
    'pending',
    'pending',
    'pending',
  ]);
});

test('a stored result that is no JSON is reported, not thrown', () => {
  const job = jobOf({position: positionOf([done(0)]), logs: {0: [segment([done(0)])]}});
  const record = jobRecord(job, {wakeUp: null, page: null, resultText: () => 'x'});
  expect(record.results).toEqual({});
  expect(record.lastError).toMatchObject({code: 'RECORD_CORRUPT', stepId: 's0'});
});

test('a stored step id that every object has is a field like others', () => {
  const plan = planOf(stepNode('__proto__'));
  const log = [done(0, '{"polluted":1}')];
  const job = jobOf({plan, position: positionOf(log), logs: {0: [segment(log)]}});
  const {results} = jobRecord(job, {wakeUp: null, page: null, resultText: () => '{"polluted":1}'});
  expect(Object.getPrototypeOf(results)).toBe(Object.prototype);
  expect(Object.keys(results)).toEqual(['__proto__']);
});
