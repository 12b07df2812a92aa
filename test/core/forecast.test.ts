/** The arithmetic of forecasts by itself; test/jobs/plan.test.ts holds it beside what then happens. */
import {courseOf, type Course, type Stage, type Workload} from '../../src/core/forecast';
import {ENQUEUE_GRACE_MS, ONE_OFF_LAG_MS} from '../../src/core/limits';

const GROUPED = {everyMs: 1_200, everyItems: 100};
const EACH = {everyMs: 0, everyItems: 1};

const chain = (count: number, unitMs: number): readonly Stage[] =>
  Array.from({length: count}, (_none, node) => ({node, isMap: false, count: 1, unitMs, grouping: EACH}));
const map = (count: number, unitMs: number, grouping = EACH): Stage => ({
  node: 0,
  isMap: true,
  count,
  unitMs,
  grouping,
});

function course(stages: readonly Stage[], more: Partial<Workload> = {}): Course {
  return courseOf({
    ...{stages, resultBytes: 20, maxRuntimeMs: 240_000, leaseTtlMs: 390_000, isRun: false, workers: 1},
    ...{planPieces: 0, storedKeys: 10, firstWrites: 0, isInstalled: true},
    ...more,
  });
}

test('a short job takes the grace, the lag, and one execution', () => {
  const {executions, finishMs, runMs, triggerMs} = course(chain(1, 1_000));
  expect(executions).toBe(1);
  expect(finishMs - runMs).toBeGreaterThan(ENQUEUE_GRACE_MS + ONE_OFF_LAG_MS);
  expect(finishMs - runMs).toBeLessThan(ENQUEUE_GRACE_MS + ONE_OFF_LAG_MS + 2_000);
  expect(triggerMs).toBe(runMs);
  const atOnce = course(chain(1, 1_000), {isRun: true});
  expect([atOnce.executions, atOnce.triggerMs, atOnce.finishMs]).toEqual([1, 0, atOnce.runMs]);
});

test.each([
  // Of 240 s: three steps of 60 s and some service calls, one of 200 s, none of 300 s but the first.
  [60_000, 240_000, 4],
  [200_000, 240_000, 12],
  [300_000, 240_000, 12],
  [11_000, 60_000, 3],
  [50_000, 600_000, 2],
])('twelve steps of %d ms on a budget of %d ms', (unitMs, maxRuntimeMs, executions) => {
  expect(course(chain(12, unitMs), {maxRuntimeMs}).executions).toBe(executions);
});

test('each item is one write, or each group', () => {
  const single = course([map(1_000, 0)], {resultBytes: 0});
  const grouped = course([map(1_000, 0, GROUPED)], {resultBytes: 0});
  // The last outcome alone rides in the header; a group does not. What a minute used of the day is written once.
  expect(single.writes - grouped.writes).toBe(999 - 1_000 / GROUPED.everyItems + 1);
  // Items of 600 ms are committed two by two, longer ones each by itself: two of them would take too long.
  const slow = course([map(300, 700, GROUPED)]);
  expect(course([map(300, 700)]).writes).toBe(slow.writes);
  expect(course([map(300, 700)]).writes - course([map(300, 600, GROUPED)]).writes).toBeGreaterThan(140);
  expect(course([map(300, 2_000, GROUPED)]).writes).toBe(course([map(300, 2_000)]).writes);
  expect(grouped.finishMs).toBeLessThan(single.finishMs);
});

test('workers share a map step, and what follows it waits for the last of them', () => {
  const stages = [map(2_000, 1_000), {node: 1, isMap: false, count: 1, unitMs: 5_000, grouping: EACH}];
  const alone = course(stages);
  const shared = course(stages, {workers: 4});
  expect(shared.finishMs).toBeLessThan(alone.finishMs / 2.5);
  expect(shared.executions).toBeGreaterThanOrEqual(alone.executions);
  // What the handlers take is the same, whoever calls them.
  expect(shared.runMs).toBeGreaterThan(2_005_000);
  expect(shared.runMs).toBeLessThan(alone.runMs * 1.1);
  expect(course(chain(20, 30_000), {workers: 4})).toEqual(course(chain(20, 30_000)));
});

test('large results are written in pieces, and weigh what they are', () => {
  const small = course(chain(10, 0));
  const large = course(chain(10, 0), {resultBytes: 20_000});
  expect(large.writes - small.writes).toBeGreaterThanOrEqual(30);
  expect(large.resultBytes).toBeGreaterThan(200_000);
  expect(large.resultBytes).toBeLessThan(210_000);
});

test('keys that lie in the store count where all of them are read', () => {
  const few = course(chain(3, 0), {storedKeys: 0});
  const many = course(chain(3, 0), {storedKeys: 500});
  expect(many.keysRead - few.keysRead).toBe(3 * 500);
  expect(many.reads).toBe(few.reads);
});

test('a watchdog that does not stay is deleted at the end', () => {
  expect(course(chain(3, 0), {isInstalled: false}).writes).toBe(course(chain(3, 0)).writes + 1);
});
