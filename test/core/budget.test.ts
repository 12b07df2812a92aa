import fc from 'fast-check';
import {
  expectedMs,
  handOverAtMs,
  latestEndMs,
  makeBudget,
  mayStart,
  longestAfter,
  withAttempt,
  type BudgetTerms,
} from '../../src/core/budget';
import type {Longest} from '../../src/core/header';

const START_MS = 1_767_603_600_000;

const termsOf = (terms: Partial<BudgetTerms> = {}): BudgetTerms => ({
  startMs: START_MS,
  nowMs: START_MS + 1_000,
  budgetFromMs: START_MS,
  maxRuntimeMs: 240_000,
  leaseTtlMs: 390_000,
  ...terms,
});

test('a budget ends after maxRuntimeMs, the lease 390 s after the start, the fence 30 s before', () => {
  expect(makeBudget(termsOf())).toEqual({
    startMs: START_MS,
    endMs: START_MS + 240_000,
    deadlineMs: START_MS + 390_000,
    fenceMs: START_MS + 360_000,
  });
});

test('a budget never goes beyond 330 s from the start, also for a call late in the execution', () => {
  expect(makeBudget(termsOf({maxRuntimeMs: 600_000})).endMs).toBe(START_MS + 330_000);
  expect(makeBudget(termsOf({budgetFromMs: START_MS + 200_000})).endMs).toBe(START_MS + 330_000);
  expect(makeBudget(termsOf({budgetFromMs: START_MS + 50_000})).endMs).toBe(START_MS + 290_000);
});

test('leaseTtlMs lengthens the lease and never shortens it', () => {
  expect(makeBudget(termsOf({leaseTtlMs: 1_000})).deadlineMs).toBe(START_MS + 390_000);
  expect(makeBudget(termsOf({leaseTtlMs: 900_000})).deadlineMs).toBe(START_MS + 900_000);
});

test('an execution beyond the wall gets a lease from now on', () => {
  const nowMs = START_MS + 1_000_000;
  const {deadlineMs, fenceMs} = makeBudget(termsOf({nowMs}));
  expect(deadlineMs).toBe(nowMs + 390_000);
  expect(fenceMs).toBeGreaterThan(nowMs);
  // At the wall itself it is not beyond.
  expect(makeBudget(termsOf({nowMs: START_MS + 360_000})).deadlineMs).toBe(START_MS + 390_000);
});

test('nothing is planned to go on beyond 330 s, whatever the budget', () => {
  expect(latestEndMs(makeBudget(termsOf({maxRuntimeMs: 1_000})))).toBe(START_MS + 330_000);
});

test('behind the fence nothing starts, not even what would have time and be the first', () => {
  const budget = {...makeBudget(termsOf()), fenceMs: START_MS + 10_000};
  expect(mayStart(budget, START_MS + 9_999, 0, true)).toBe(true);
  expect(mayStart(budget, START_MS + 10_000, 0, true)).toBe(false);
  expect(mayStart(budget, START_MS + 10_000, 0, false)).toBe(false);
});

const terms = fc.record({
  startMs: fc.constant(START_MS),
  nowMs: fc.nat({max: 2_000_000}).map((ageMs) => START_MS + ageMs),
  budgetFromMs: fc.nat({max: 360_000}).map((ageMs) => START_MS + ageMs),
  maxRuntimeMs: fc.integer({min: 1_000, max: 600_000}),
  leaseTtlMs: fc.integer({min: 1_000, max: 3_600_000}),
});

test('no attempt is planned into the fence, and none starts behind it', () => {
  fc.assert(
    fc.property(terms, fc.nat({max: 400_000}), fc.boolean(), (some, expected, isFirst) => {
      const budget = makeBudget(some);
      expect(budget.endMs).toBeLessThan(budget.fenceMs);
      expect(budget.fenceMs).toBeLessThan(budget.deadlineMs);
      expect(mayStart(budget, budget.fenceMs, expected, isFirst)).toBe(false);
      if (mayStart(budget, some.nowMs, expected, false))
        expect(some.nowMs + expected).toBeLessThanOrEqual(budget.endMs);
    }),
  );
});

test('an attempt starts when it is expected to end within the budget', () => {
  const budget = makeBudget(termsOf());
  expect(mayStart(budget, START_MS + 200_000, 40_000, false)).toBe(true);
  expect(mayStart(budget, START_MS + 200_000, 40_001, false)).toBe(false);
  expect(mayStart(budget, START_MS + 239_999, 0, false)).toBe(true);
  expect(mayStart(budget, START_MS + 240_000, 0, false)).toBe(false);
});

test('the first attempt of an execution starts whatever it is expected to last, in the first 30 s', () => {
  const budget = makeBudget(termsOf({maxRuntimeMs: 1_000}));
  expect(mayStart(budget, START_MS + 29_999, 350_000, true)).toBe(true);
  expect(mayStart(budget, START_MS + 30_000, 350_000, true)).toBe(false);
  expect(mayStart(budget, START_MS + 29_999, 350_000, false)).toBe(false);
});

test('the next execution begins when this one will have spent its budget', () => {
  const budget = makeBudget(termsOf());
  // Four attempts of a minute fit into the budget from its start, two and a half minutes before its end two.
  expect(handOverAtMs(budget, START_MS, 60_000, 5)).toBe(START_MS + 240_000 + 5_000);
  expect(handOverAtMs(budget, START_MS + 90_000, 60_000, 3)).toBe(START_MS + 210_000 + 5_000);
  expect(handOverAtMs(budget, START_MS + 230_000, 60_000, 2)).toBe(START_MS + 290_000 + 5_000);
});

test('there is nothing to hand over when all that is open fits, or nothing is known', () => {
  const budget = makeBudget(termsOf());
  expect(handOverAtMs(budget, START_MS, 60_000, 4)).toBeNull();
  expect(handOverAtMs(budget, START_MS + 230_000, 60_000, 1)).toBeNull();
  expect(handOverAtMs(budget, START_MS, 0, 1_000)).toBeNull();
  expect(handOverAtMs(budget, START_MS + 250_000, 0, 1_000)).toBeNull();
  expect(handOverAtMs(budget, START_MS, 1, 240_001)).toBe(START_MS + 240_000 + 5_000);
});

test('an attempt is expected to last as long as the longest of its map step, else of the job', () => {
  const longest: Longest = {jobMs: 9_000, nodes: [[2, 50]]};
  expect(expectedMs(longest, 2)).toBe(50);
  expect(expectedMs(longest, 0)).toBe(9_000);
});

test('the longest attempts grow, and map steps have their own', () => {
  let longest: Longest = {jobMs: 0, nodes: []};
  longest = withAttempt(longest, 0, false, 500);
  longest = withAttempt(longest, 1, true, 70);
  longest = withAttempt(longest, 1, true, 40);
  longest = withAttempt(longest, 2, true, 900);
  expect(longest).toEqual({
    jobMs: 900,
    nodes: [
      [1, 70],
      [2, 900],
    ],
  });
  expect(withAttempt(longest, 0, false, 10)).toBe(longest);
  expect(withAttempt(longest, 1, true, 70)).toBe(longest);
  expect(withAttempt(longest, 0, false, 901)).toEqual({...longest, jobMs: 901});
});

const slow = (ms: number, jobMs = ms): Longest => ({jobMs, nodes: [[1, ms]]});

test('quick items take a sixteenth of what is known of a long one, down to half a minute', () => {
  expect(withAttempt(slow(480_000), 1, true, 59_999)).toEqual(slow(450_000, 480_000));
  expect(withAttempt(slow(480_000), 1, true, 60_000)).toEqual(slow(480_000));
  expect(withAttempt(slow(30_001), 1, true, 10)).toEqual(slow(30_000, 30_001));
  expect(withAttempt(slow(30_000), 1, true, 10)).toEqual(slow(30_000));
  // Steps that stand alone differ from each other.
  expect(withAttempt(slow(480_000), 0, false, 10)).toEqual(slow(480_000));
  let longest = slow(700_000);
  for (let item = 0; item < 20; item++) longest = withAttempt(longest, 1, true, 1_500);
  expect(expectedMs(longest, 1)).toBeLessThan(200_000);
});

test.each([
  ['only this owner has learned', 100, 300, 100, 300],
  ['only this owner has forgotten', 300, 200, 300, 200],
  ['another has learned more', 400, 300, 100, 400],
  ['another has learned less', 200, 300, 100, 300],
  ['another has learned what this one forgets', 400, 200, 300, 400],
  ['another has forgotten more', 100, 200, 300, 100],
  ['another has forgotten less', 250, 200, 300, 200],
  ['another has forgotten, and this one has learned nothing', 200, 300, 300, 200],
  ['another has learned, and this one nothing', 400, 300, 300, 400],
])('what the store knows of a map step where %s', (_what, stored, learned, known, after) => {
  expect(longestAfter(slow(stored), slow(known), slow(learned)).nodes).toEqual([[1, after]]);
});

test('what the store knows of other map steps and of the job stays', () => {
  const stored: Longest = {jobMs: 900, nodes: [[2, 70]]};
  const known: Longest = {jobMs: 500, nodes: []};
  expect(longestAfter(stored, known, slow(800))).toEqual({
    jobMs: 900,
    nodes: [
      [2, 70],
      [1, 800],
    ],
  });
});

test('every attempt is remembered that is longer than all before it', () => {
  const attempts = fc.array(fc.tuple(fc.nat({max: 3}), fc.nat({max: 30_000})), {minLength: 1, maxLength: 12});
  fc.assert(
    fc.property(attempts, (all) => {
      const longest = all.reduce<Longest>((sofar, [node, ms]) => withAttempt(sofar, node, true, ms), {
        jobMs: 0,
        nodes: [],
      });
      expect(longest.jobMs).toBe(Math.max(...all.map(([, ms]) => ms)));
      for (const [node] of all)
        expect(expectedMs(longest, node)).toBe(
          Math.max(...all.filter(([other]) => other === node).map(([, ms]) => ms)),
        );
    }),
  );
});
