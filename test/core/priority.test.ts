import {byPriority} from '../../src/core/priority';
import {NO_TERMS, PRIORITIES} from '../../src/core/terms';
import type {Header} from '../../src/core/header';
import {jobOf} from '../support/stored';
import type {JobPriority} from '../../src/types';

const HOUR_MS = 3_600_000;
const {header} = jobOf({});

function waiting(hours: number, priority: JobPriority, id = header.id): Header {
  return {...header, id, updatedAtMs: header.updatedAtMs - hours * HOUR_MS, terms: {...NO_TERMS, priority}};
}

const first = (...jobs: readonly Header[]): Header | undefined => [...jobs].sort(byPriority)[0];

test('of jobs that have waited as long the higher priority goes first', () => {
  const jobs = PRIORITIES.map((priority) => waiting(1, priority));
  expect([...jobs].sort(byPriority).map((job) => job.terms.priority)).toEqual(['critical', 'high', 'medium', 'low']);
});

test('of the same priority the one that has waited longest, then the lower id', () => {
  expect(first(waiting(1, 'low'), waiting(2, 'low'))?.updatedAtMs).toBe(header.updatedAtMs - 2 * HOUR_MS);
  expect(first(waiting(1, 'low', 'b'), waiting(1, 'low', 'a'))?.id).toBe('a');
});

test('whoever waits goes before all others at some time', () => {
  const fresh = PRIORITIES.map((priority) => waiting(0, priority));
  expect(first(waiting(1, 'low'), ...fresh)?.terms.priority).toBe('critical');
  expect(first(waiting(6, 'low'), ...fresh)?.terms.priority).toBe('low');
});
