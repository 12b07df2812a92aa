import fc from 'fast-check';
import {Ledger} from '../../src/core/ledger';
import type {Outcome} from '../../src/core/outcome';
import {NumberedPlan, type Plan} from '../../src/core/plan';
import {atOnceIn, shareFrom, takenIn, usefulWorkers, type ShareTerms} from '../../src/core/share';
import {contains, oneUnit, overlaps, sizeOf, type UnitRange} from '../../src/core/units';
import {loosePlan, mapNode, planOf, rangeNode, reduceNode, stepNode} from '../support/plans';
import {done} from '../support/stored';

const TERMS: ShareTerms = {unit: 0, taken: [], workers: 4, expectedMs: 5_000, isAlone: false};
const WIDE = {maxConcurrency: 1_000};
const wide = (count: number): Plan => planOf(rangeNode('n', count, WIDE));

function ledgerOf(plan: NumberedPlan, outcomes: readonly Outcome[] = []): Ledger {
  const ledger = new Ledger(plan);
  for (const outcome of outcomes) ledger.apply(outcome);
  return ledger;
}

function share(plan: Plan, terms: Partial<ShareTerms> = {}, outcomes: readonly Outcome[] = []): UnitRange {
  const numbered = new NumberedPlan(plan);
  return shareFrom(numbered, ledgerOf(numbered, outcomes), {...TERMS, ...terms});
}

describe('a share', () => {
  test('is one unit as long as nobody knows how long one takes', () => {
    expect(sizeOf(share(wide(1_000), {expectedMs: 0}))).toBe(1);
    expect(sizeOf(share(wide(1_000)))).toBe(12);
    expect(sizeOf(share(wide(40)))).toBe(5);
    expect(sizeOf(share(wide(1)))).toBe(1);
  });

  test('is half of what is fair, within its time', () => {
    expect(sizeOf(share(wide(800), {expectedMs: 100}))).toBe(100);
    expect(sizeOf(share(wide(8_000), {expectedMs: 100}))).toBe(600);
    expect(sizeOf(share(wide(8_000), {expectedMs: 90_000}))).toBe(1);
  });

  test('is five seconds of work at least', () => {
    expect(sizeOf(share(wide(80), {expectedMs: 100}))).toBe(50);
    expect(sizeOf(share(wide(80), {expectedMs: 4_000}))).toBe(10);
  });

  test('of a step that few may be at is larger', () => {
    const plan = planOf(rangeNode('n', 800, {maxConcurrency: 2}));
    expect(sizeOf(share(plan, {expectedMs: 100, workers: 10}))).toBe(200);
  });

  test('ends before what another has, and begins where it is told', () => {
    expect(share(wide(100), {taken: [{first: 4, last: 50}]})).toEqual({first: 0, last: 3});
    expect(share(wide(100), {unit: 51, taken: [{first: 4, last: 50}]})).toEqual({first: 51, last: 62});
  });

  test('counts what is open only', () => {
    const outcomes = [1, 2, 3, 4, 5].map((unit) => done(unit));
    expect(share(wide(105), {}, outcomes)).toEqual({first: 0, last: 16});
  });

  test('ends with its map step, and before a step that waits', () => {
    expect(share(planOf(rangeNode('n', 3, WIDE), rangeNode('m', 50, WIDE)))).toEqual({first: 0, last: 2});
    expect(share(planOf(stepNode('a'), stepNode('b'), stepNode('c', {deps: [0]}), ...loosePlan(60).nodes))).toEqual({
      first: 0,
      last: 1,
    });
    expect(share(planOf(rangeNode('n', 3, WIDE), reduceNode('sum', 0)))).toEqual({first: 0, last: 0});
  });

  test('takes steps that wait for nothing one after the other', () => {
    expect(share(loosePlan(40))).toEqual({first: 0, last: 4});
  });

  test('is one unit for what wants an execution of its own', () => {
    expect(share(wide(100), {isAlone: true})).toEqual(oneUnit(0));
  });
});

describe('workers that would find something to do', () => {
  const useful = (plan: Plan, terms: Partial<ShareTerms> = {}, outcomes: readonly Outcome[] = []): number => {
    const numbered = new NumberedPlan(plan);
    return usefulWorkers(numbered, ledgerOf(numbered, outcomes), {...TERMS, ...terms});
  };

  test('are as many as may be, where there is enough', () => {
    expect(useful(wide(1_000))).toBe(4);
    expect(useful(wide(1_000), {taken: [{first: 0, last: 9}]})).toBe(3);
    expect(useful(wide(1_000), {workers: 1, taken: [{first: 0, last: 9}]})).toBe(0);
  });

  test('are as many as there are shares', () => {
    expect(useful(wide(2))).toBe(2);
    expect(useful(planOf(stepNode('a'), stepNode('b', {deps: [0]})))).toBe(1);
    expect(useful(loosePlan(3), {taken: [oneUnit(1)]})).toBe(2);
  });

  test('are no more than a map step may have', () => {
    expect(useful(planOf(rangeNode('n', 1_000, {maxConcurrency: 2})))).toBe(2);
    expect(useful(planOf(rangeNode('n', 1_000, {maxConcurrency: 2}), rangeNode('m', 1_000, {maxConcurrency: 1})))).toBe(
      3,
    );
  });

  test('are none where everything is done, taken or waits', () => {
    expect(useful(wide(2), {}, [done(0), done(1)])).toBe(0);
    expect(useful(wide(5), {taken: [{first: 0, last: 4}]})).toBe(0);
    expect(useful(planOf(mapNode('n', [1, 2]), reduceNode('sum', 0)), {taken: [{first: 0, last: 1}]})).toBe(0);
  });

  test('are counted at once in a range of two thousand million items', () => {
    expect(useful(wide(2 ** 31 - 1), {taken: [{first: 0, last: 2 ** 31 - 3}]})).toBe(1);
  });
});

test('a map step has as many workers as it may, any other as many as the job', () => {
  expect(atOnceIn(mapNode('n', [1], {maxConcurrency: 3}), 8)).toBe(3);
  expect(atOnceIn(mapNode('n', [1], {maxConcurrency: 30}), 8)).toBe(8);
  expect(atOnceIn(stepNode('a'), 8)).toBe(8);
});

test('shares that reach into a node are counted', () => {
  const plan = new NumberedPlan(planOf(stepNode('a'), rangeNode('n', 5), stepNode('z')));
  const taken = [oneUnit(0), {first: 2, last: 3}, {first: 5, last: 6}];
  expect([0, 1, 2].map((node) => takenIn(plan, node, taken))).toEqual([1, 2, 1]);
});

test('shares that are taken one after the other never overlap, and come to an end', () => {
  const sizes = fc.tuple(fc.integer({min: 1, max: 400}), fc.integer({min: 1, max: 10}), fc.nat({max: 20_000}));
  fc.assert(
    fc.property(sizes, ([count, workers, expectedMs]) => {
      const plan = new NumberedPlan(wide(count));
      const ledger = new Ledger(plan);
      const taken: UnitRange[] = [];
      for (let unit = 0; unit < count; unit++) {
        if (taken.some((range) => contains(range, unit))) continue;
        const next = shareFrom(plan, ledger, {unit, taken, workers, expectedMs, isAlone: false});
        expect(taken.some((range) => overlaps(range, next))).toBe(false);
        expect(next.first).toBe(unit);
        expect(next.last).toBeLessThan(count);
        taken.push(next);
      }
      expect(taken.reduce((sum, range) => sum + sizeOf(range), 0)).toBe(count);
    }),
    {numRuns: 50},
  );
});
