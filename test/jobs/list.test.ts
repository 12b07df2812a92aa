/** Which jobs `list` shows, in which order, and what it refuses. */
import type {DamagedRecord, JobRecord} from '../../src/types';
import {MINUTE_MS, SECOND_MS, step, useLabs, type Lab} from './lab';

const newLab = useLabs();

type Row = JobRecord | DamagedRecord;

const names = (rows: readonly Row[]): readonly string[] => rows.map((row) => ('name' in row ? row.name : row.status));

const list = (lab: Lab, filters: object): readonly string[] => names(lab.call<Row[]>('list', filters));

/** Five jobs, a minute after each other: done, failed, paused, canceled, queued. */
function labWithJobs(): {lab: Lab; startMs: number} {
  const lab = newLab();
  const startMs = lab.world.nowMs;
  const tags = [['red', 'round'], ['red'], ['round'], [], ['red', 'round', 'new']];
  const priorities = ['low', 'critical', 'medium', 'high', 'medium'];
  const requests = ['bob', 'dan', 'amy', 'eve', 'cat'].map((name, index) => ({
    ...{name, tags: tags[index], priority: priorities[index], steps: [step('a', {failures: name === 'dan' ? 1 : 0})]},
    options: {maxRetries: 0, autoResume: false},
  }));
  requests.forEach((request, index) => {
    lab.world.runUntil(startMs + index * MINUTE_MS);
    const {id} = lab.call(index < 2 ? 'run' : 'enqueue', request);
    if (index === 2) lab.call('pause', id);
    if (index === 3) lab.call('cancel', id);
  });
  return {lab, startMs};
}

describe('filters', () => {
  test.each([
    [{}, ['cat', 'eve', 'amy', 'dan', 'bob']],
    [{status: 'failed'}, ['dan']],
    [{status: ['failed', 'paused', 'queued']}, ['cat', 'amy', 'dan']],
    [{name: ' eve '}, ['eve']],
    [{tags: 'red'}, ['cat', 'dan', 'bob']],
    [{tags: ['round', 'red']}, ['cat', 'bob']],
    [{tags: []}, ['cat', 'eve', 'amy', 'dan', 'bob']],
    [{tags: 'blue'}, []],
    [{batch: 'batch_000000000_0000000000'}, []],
    [{schedule: 'none'}, []],
    [{status: ['completed', 'queued'], tags: 'red', name: 'bob'}, ['bob']],
    // What is no filter never was one.
    [{color: 7, maker: 'workflow'}, ['cat', 'eve', 'amy', 'dan', 'bob']],
    [{status: null, name: null, tags: null, createdAfter: null, sortBy: null, sortOrder: null, offset: null}, 5],
  ])('%j', (filters, expected) => {
    const {lab} = labWithJobs();
    const found = list(lab, filters);
    expect(typeof expected === 'number' ? found.length : found).toEqual(expected);
  });

  test('by time: from an instant on, and before one', () => {
    const {lab, startMs} = labWithJobs();
    // A job is accepted as of the moment just before its call reads the store.
    const created = lab.call<JobRecord[]>('list').map((row) => row.createdAt);
    const [, , amy = '', dan = ''] = created;
    expect(list(lab, {createdAfter: amy})).toEqual(['cat', 'eve', 'amy']);
    expect(list(lab, {createdBefore: amy})).toEqual(['dan', 'bob']);
    expect(list(lab, {createdAfter: dan, createdBefore: amy})).toEqual(['dan']);
    const local = new Date(startMs + 90 * SECOND_MS).toISOString().replace('Z', '+00:00');
    expect(list(lab, {createdBefore: local})).toEqual(['dan', 'bob']);
    const ofHost = lab.world.call('apiAll', [[['list', {createdAfter: new Date(startMs + 90 * SECOND_MS)}]]]);
    expect(ofHost).toMatchObject([{value: {length: 3}}]);
  });

  test('of a batch', () => {
    const {lab} = labWithJobs();
    const batch = lab.call<{id: string}>('enqueueBatch', [
      {name: 'one', steps: [step('a')]},
      {name: 'two', steps: [step('a')]},
    ]);
    expect(list(lab, {batch: batch.id, sortBy: 'name', sortOrder: 'asc'})).toEqual(['one', 'two']);
  });
});

describe('order', () => {
  test.each([
    [{sortOrder: 'asc'}, ['bob', 'dan', 'amy', 'eve', 'cat']],
    [{sortBy: 'name'}, ['eve', 'dan', 'cat', 'bob', 'amy']],
    [{sortBy: 'name', sortOrder: 'asc'}, ['amy', 'bob', 'cat', 'dan', 'eve']],
    [{sortBy: 'priority'}, ['dan', 'eve', 'cat', 'amy', 'bob']],
    [{sortBy: 'priority', sortOrder: 'asc'}, ['bob', 'amy', 'cat', 'eve', 'dan']],
    [{sortBy: 'status', sortOrder: 'asc'}, ['eve', 'bob', 'dan', 'amy', 'cat']],
    [{sortBy: 'name', limit: 2, offset: 1}, ['dan', 'cat']],
    [{limit: 2, offset: 4}, ['bob']],
    [{offset: 5}, []],
    [{status: ['queued', 'completed'], offset: 1}, ['bob']],
  ])('%j', (filters, expected) => {
    expect(list(labWithJobs().lab, filters)).toEqual(expected);
  });

  test('by the last change of state', () => {
    const {lab} = labWithJobs();
    const [, , amy] = lab.call<JobRecord[]>('list');
    lab.call('resume', amy?.id);
    expect(list(lab, {sortBy: 'updatedAt', limit: 2})).toEqual(['amy', 'cat']);
  });

  test('what cannot be read stands where it was born, and last in every other order', () => {
    const {lab} = labWithJobs();
    const key = lab.jobKeys().filter((one) => one.endsWith('~h'))[2] ?? '';
    lab.world.setProperty('script', key, 'damage');
    expect(list(lab, {})).toEqual(['cat', 'eve', 'damaged', 'dan', 'bob']);
    expect(list(lab, {sortBy: 'name'})).toEqual(['eve', 'dan', 'cat', 'bob', 'damaged']);
    expect(list(lab, {sortBy: 'name', sortOrder: 'asc'}).at(-1)).toBe('damaged');
    expect(list(lab, {tags: []})).toContain('damaged');
    expect(list(lab, {createdAfter: '2020-01-01'})).not.toContain('damaged');
  });
});

test('any list costs one call', () => {
  const {lab} = labWithJobs();
  list(lab, {status: ['queued'], tags: 'red', sortBy: 'priority', createdAfter: '2020-01-01', offset: 0});
  expect(lab.world.executions.at(-1)?.calls).toBe(1);
});

test.each([
  [{status: 'done'}, 'INVALID_REQUEST'],
  [{status: []}, 'INVALID_REQUEST'],
  [{status: ['queued', 7]}, 'INVALID_REQUEST'],
  [{name: 7}, 'INVALID_REQUEST'],
  [{tags: 7}, 'INVALID_REQUEST'],
  [{tags: ['a', null]}, 'INVALID_REQUEST'],
  [{createdAfter: 'yesterday'}, 'INVALID_REQUEST'],
  [{createdBefore: 5}, 'INVALID_REQUEST'],
  [{batch: {}}, 'INVALID_REQUEST'],
  [{schedule: 1}, 'INVALID_REQUEST'],
  [{sortBy: 'id'}, 'INVALID_REQUEST'],
  [{sortOrder: 'up'}, 'INVALID_REQUEST'],
  [{limit: 0}, 'INVALID_OPTION'],
  [{limit: 1_001}, 'INVALID_OPTION'],
  [{offset: -1}, 'INVALID_OPTION'],
  [{offset: '1'}, 'INVALID_OPTION'],
])('%j is refused before anything is read', (filters, code) => {
  const lab = newLab();
  expect(lab.refusal('list', filters).code).toBe(code);
  expect(lab.world.executions.at(-1)?.calls).toBe(0);
});
