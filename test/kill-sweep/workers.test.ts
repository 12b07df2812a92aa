/**
 * One of two workers on a job is killed, stalls, or writes late, at every service call that it makes while both are at
 * work: the other does not notice, and the job ends by itself.
 */
import {pointsOf} from './points';
import {SHARING} from './scenarios';
import {failuresOf, type Fault} from './trial';

const HALF_AN_HOUR_MS = 1_800_000;

const {clean, points} = pointsOf(SHARING);
const ids = [...new Set(points.map(({executionId}) => executionId))];
const runners = new Set(clean.world.effects.map(({executionId}) => executionId));
const [, second = 0] = [...runners];
/** Calls of the second worker: the third execution, behind the one that enqueues and the one that begins. */
const own = points.filter(({executionId}) => executionId === second);

const sweep = (
  chosen: readonly {readonly n: number}[],
  label: string,
  faultAt: (n: number) => Fault,
  wallMs?: number,
): void => {
  const failures: string[] = [];
  for (const {n} of chosen)
    failures.push(...failuresOf(SHARING, faultAt(n), `${label} call ${n}`, wallMs === undefined ? {} : {wallMs}));
  expect(failures.slice(0, 2)).toEqual([]);
};

test('two executions share the items, and it ends as it should without a fault', () => {
  expect(clean.problems).toEqual([]);
  expect(runners.size).toBe(2);
  expect(ids.length).toBeGreaterThan(2);
  expect(own.length).toBeGreaterThan(20);
});

test.each(['before', 'after'] as const)('ends by itself when one of two is killed %s any service call', (when) => {
  const chosen = own.filter(({sameAsAfter}) => when === 'after' || sameAsAfter === null);
  sweep(chosen, `killed ${when}`, (n) => (call) => (call.n === n ? {kind: 'kill', when} : undefined));
});

test.each(['before', 'after'] as const)(
  'ends by itself when both are killed, %s a call of the one and a later one',
  (when) => {
    const pairs = own.filter((_point, index) => index % 3 === 0);
    sweep(pairs, `killed twice ${when}`, (n) => (call) => {
      return call.n === n || call.n === n + 5 ? {kind: 'kill', when} : undefined;
    });
  },
);

test.each([
  ['before', 460_000],
  ['after', 700_000],
] as const)('holds when one of two stalls %s any call for %i ms', (when, ms) => {
  const every = own.filter((_point, index) => index % 2 === 0);
  sweep(
    every,
    `stalled ${when}`,
    (n) => (call) => (call.n === n ? {kind: 'stall', ms, when} : undefined),
    HALF_AN_HOUR_MS,
  );
});

test.each([100_000, 450_000, 700_000])('holds when the last write of one of two lands %i ms late', (ms) => {
  const writes = own.filter(({isUnlockedWrite}) => isUnlockedWrite);
  expect(writes.length).toBeGreaterThan(2);
  sweep(writes, 'late write of', (n) => (call) => (call.n === n ? {kind: 'late', ms} : undefined));
});
