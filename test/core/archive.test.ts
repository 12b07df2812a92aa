import {archivedResults, archiveName, archiveText, jobOfArchiveName, runsOf} from '../../src/core/archive';
import type {Outcome} from '../../src/core/outcome';
import {isStoredName} from '../../src/core/value-name';
import {ADDRESS, done, failed} from '../support/stored';

test('a name leads back to its job, and is one that every backend takes', () => {
  const name = archiveName(ADDRESS, {part: 1, log: 2, epoch: 3, unit: 40});
  expect(name).toBe(`${ADDRESS.prefix}~${ADDRESS.id}~a1.2.3.40`);
  expect(isStoredName(name)).toBe(true);
  expect(jobOfArchiveName(name)).toEqual(ADDRESS);
});

test.each(['', 'a', `${ADDRESS.prefix}~${ADDRESS.id}~h`, `${ADDRESS.id}~a1.2.3.4`, `p~job_1_2~a1.2.3.4`])(
  '%j is no name of results',
  (name) => {
    expect(jobOfArchiveName(name)).toBeNull();
  },
);

test('what is written is read back, and only as many as were written', () => {
  const outcomes = [done(0, '{"a":1}'), done(1, 'null'), done(2, '"x"')] as Extract<Outcome, {kind: 'done'}>[];
  const text = archiveText(outcomes);
  expect(archivedResults(text, 3)).toEqual([{a: 1}, null, 'x']);
  for (const damaged of ['', '{}', '[1,2]', '[1,2,3', 'null']) expect(archivedResults(damaged, 3)).toBeNull();
});

test('results of consecutive units go together; anything else stands alone and in its place', () => {
  const outcomes = [done(3), done(4), failed(5), done(6), done(8), done(9), done(2)];
  expect(runsOf(outcomes).map((run) => run.map(({unit}) => unit))).toEqual([[3, 4], [5], [6], [8, 9], [2]]);
  expect(runsOf([])).toEqual([]);
});
