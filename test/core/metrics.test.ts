import {endedAtMs, metricsOf, spreadOf} from '../../src/core/metrics';
import {AT_MS, jobOf} from '../support/stored';

test.each([
  [[], {count: 0, median: null, p95: null, max: null}],
  [[7], {count: 1, median: 7, p95: 7, max: 7}],
  [[3, null, 1, 2], {count: 3, median: 2, p95: 3, max: 3}],
  [[4, 3, 2, 1], {count: 4, median: 2, p95: 4, max: 4}],
  [Array.from({length: 100}, (_none, index) => 100 - index), {count: 100, median: 50, p95: 95, max: 100}],
])('the spread of %j', (durations, spread) => {
  expect(spreadOf(durations)).toEqual(spread);
});

test('the names with most jobs come first, and of those with as many the first of the alphabet', () => {
  const {header} = jobOf({});
  const names = ['b', 'b', 'a', 'c', 'c', 'c', ...Array.from({length: 30}, (_none, index) => `x${index}`)];
  const {byName, jobs} = metricsOf(
    names.map((name) => ({...header, name})),
    AT_MS,
  );
  expect([jobs, byName.length]).toEqual([36, 20]);
  expect(byName.slice(0, 4).map((row) => [row.name, row.jobs, row.queued])).toEqual([
    ['c', 3, 3],
    ['b', 2, 2],
    ['a', 1, 1],
    ['x0', 1, 1],
  ]);
});

test('clocks that disagree make no time that is less than none', () => {
  const {header} = jobOf({header: {phase: {kind: 'completed', atMs: AT_MS}, startedAtMs: AT_MS + 500}});
  const early = {...header, createdAtMs: AT_MS + 900};
  expect(metricsOf([early], AT_MS)).toMatchObject({durationMs: {max: 0}, waitMs: {max: 0}});
});

test('a job has ended when its phase says so', () => {
  expect(endedAtMs(jobOf({header: {phase: {kind: 'canceled', atMs: 7}}}).header)).toBe(7);
  expect(endedAtMs(jobOf({}).header)).toBeNull();
});
