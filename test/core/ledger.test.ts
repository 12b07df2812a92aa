import fc from 'fast-check';
import {Ledger} from '../../src/core/ledger';
import type {Outcome} from '../../src/core/outcome';
import {NumberedPlan} from '../../src/core/plan';
import {logs} from '../support/arbitraries';
import {loosePlan, mapNode, planOf, plans, reduceNode} from '../support/plans';

const AT_MS = 1_767_603_600_000;
const ERROR = {name: 'Error', message: 'no', details: {}};

const done = (unit: number, result = '1'): Outcome => ({kind: 'done', unit, atMs: AT_MS, durationMs: 5, result});
const failed = (unit: number, retryAtMs: number | null, atMs = AT_MS): Outcome => {
  return {kind: 'failed', unit, atMs, durationMs: 100, error: ERROR, retryAtMs};
};
const killed = (unit: number): Outcome => ({kind: 'killed', unit, atMs: AT_MS, crashes: 3});

function foldOf(plan: NumberedPlan, outcomes: readonly Outcome[]): Ledger {
  const ledger = new Ledger(plan);
  for (const outcome of outcomes) ledger.apply(outcome);
  return ledger;
}

/** Everything that a ledger tells, cursors included. */
function told(plan: NumberedPlan, ledger: Ledger): unknown {
  const units = Array.from({length: plan.unitCount}, (_none, unit) => unit);
  const nodes = plan.nodes.map((_node, index) => index);
  return {
    count: ledger.count,
    lastAtMs: ledger.lastAtMs,
    units: units.map((unit) => [ledger.state(unit), ledger.completion(unit), ledger.failedAttempts(unit)]),
    completed: ledger.completedUnits(),
    lost: ledger.lostUnitsInOrder(),
    firstOpenNode: ledger.firstOpenNode(),
    nodes: nodes.map((node) => {
      const isOpen = ledger.hasOpenUnits(node);
      return [isOpen, ledger.isNodeCompleted(node), isOpen ? ledger.firstOpenUnit(node) : null];
    }),
  };
}

/** A plan with a log of it. */
const stories = plans
  .map((plan) => new NumberedPlan(plan))
  .chain((plan) => fc.tuple(fc.constant(plan), logs(plan.unitCount, 12)));

test('the fold of any prefix and then of the rest is the fold of all', () => {
  fc.assert(
    fc.property(stories, fc.nat(), ([plan, log], cut) => {
      const end = log.length === 0 ? 0 : cut % log.length;
      const ledger = foldOf(plan, log.slice(0, end));
      told(plan, ledger);
      for (const outcome of log.slice(end)) ledger.apply(outcome);
      expect(told(plan, ledger)).toEqual(told(plan, foldOf(plan, log)));
    }),
  );
});

test('a unit that is settled stays as its first settling outcome left it', () => {
  fc.assert(
    fc.property(stories, ([plan, log]) => {
      const ledger = foldOf(plan, log);
      const units = Array.from({length: plan.unitCount}, (_none, unit) => unit).filter((unit) =>
        ledger.isSettled(unit),
      );
      const before = units.map((unit) => [ledger.state(unit), ledger.completion(unit), ledger.failedAttempts(unit)]);
      for (const unit of units)
        for (const late of [done(unit, '"late"'), failed(unit, null), killed(unit)]) ledger.apply(late);
      expect(units.map((unit) => [ledger.state(unit), ledger.completion(unit), ledger.failedAttempts(unit)])).toEqual(
        before,
      );
    }),
  );
});

test('states, lists and open units of nodes tell one story', () => {
  fc.assert(
    fc.property(stories, ([plan, log]) => {
      const ledger = foldOf(plan, log);
      const units = Array.from({length: plan.unitCount}, (_none, unit) => unit);
      expect([...ledger.completedUnits()].sort((a, b) => a - b)).toEqual(
        units.filter((unit) => ledger.state(unit) === 'completed'),
      );
      expect([...ledger.lostUnitsInOrder()].sort((a, b) => a - b)).toEqual(
        units.filter((unit) => ledger.state(unit) === 'failed'),
      );
      plan.nodes.forEach((_node, index) => {
        const own = units.filter((unit) => plan.nodeOfUnit(unit) === index);
        const open = own.filter((unit) => !ledger.isSettled(unit));
        expect(ledger.hasOpenUnits(index)).toBe(open.length > 0);
        expect(ledger.isNodeCompleted(index)).toBe(own.every((unit) => ledger.state(unit) === 'completed'));
        if (open.length > 0) expect(ledger.firstOpenUnit(index)).toBe(open[0]);
      });
      expect(ledger.count).toBe(log.length);
      expect(ledger.lastAtMs).toBe(Math.max(0, ...log.map((outcome) => outcome.atMs)));
      expect(ledger.openCount).toBe(units.filter((unit) => !ledger.isSettled(unit)).length);
    }),
  );
});

const three = new NumberedPlan(loosePlan(3));

test('a failure is followed by another attempt until it has no time for one', () => {
  const ledger = foldOf(three, [failed(1, AT_MS + 30_000)]);
  expect(ledger.state(1)).toBe('pending');
  expect(ledger.failedAttempts(1)).toEqual({
    count: 1,
    firstStartMs: AT_MS - 100,
    ordinal: 1,
    error: ERROR,
    retryAtMs: AT_MS + 30_000,
  });
  ledger.apply(failed(1, null, AT_MS + 40_000));
  expect(ledger.state(1)).toBe('failed');
  expect(ledger.failedAttempts(1)).toEqual({
    count: 2,
    firstStartMs: AT_MS - 100,
    ordinal: 2,
    error: ERROR,
    retryAtMs: null,
  });
});

test('failures of the job are numbered through', () => {
  const ledger = foldOf(three, [failed(1, AT_MS), done(0), failed(2, AT_MS)]);
  expect([1, 2].map((unit) => ledger.failedAttempts(unit)?.ordinal)).toEqual([1, 3]);
});

test('a unit that failed and then succeeded keeps its failed attempts', () => {
  const ledger = foldOf(three, [failed(0, AT_MS), done(0, '"third"')]);
  expect(ledger.completion(0)).toEqual({atMs: AT_MS, durationMs: 5, result: {text: '"third"'}});
  expect(ledger.failedAttempts(0)?.count).toBe(1);
});

test('a unit that was given up says how often it killed its execution, and no failed attempt', () => {
  const ledger = foldOf(three, [killed(0)]);
  expect(ledger.state(0)).toBe('failed');
  expect(ledger.failedAttempts(0)).toMatchObject({
    count: 0,
    firstStartMs: AT_MS,
    retryAtMs: null,
    error: {code: 'STEP_KILLED', details: {crashes: 3}},
  });
  expect(ledger.failedAttempts(0)?.error.message).toContain('killed 3 times');
});

test('behind the last step there is none with open units', () => {
  expect(foldOf(three, []).firstOpenNode()).toBe(0);
  expect(foldOf(three, [done(0), failed(1, null), done(2)]).firstOpenNode()).toBe(3);
});

test('a large result is remembered by where it lies', () => {
  const large = {address: {part: 0, log: 0, epoch: 1, unit: 0}, pieces: 2, sum: 'abc'};
  const ledger = foldOf(three, [{kind: 'doneLarge', unit: 0, atMs: AT_MS, durationMs: 5, large}]);
  expect(ledger.completion(0)?.result).toEqual({large});
});

test('units are listed in the order in which they ended', () => {
  const ledger = foldOf(three, [done(2), failed(1, null), done(0)]);
  expect(ledger.completedUnits()).toEqual([2, 0]);
  expect(ledger.lostUnitsInOrder()).toEqual([1]);
});

test('a map step is completed when all its items are, and never when one is lost', () => {
  const plan = new NumberedPlan(planOf(mapNode('row', [1, 2]), reduceNode('sum', 0)));
  const ledger = foldOf(plan, [done(0)]);
  expect([ledger.isNodeCompleted(0), ledger.hasOpenUnits(0)]).toEqual([false, true]);
  ledger.apply(failed(1, null));
  expect([ledger.isNodeCompleted(0), ledger.hasOpenUnits(0)]).toEqual([false, false]);
  expect(foldOf(plan, [done(1), done(0)]).isNodeCompleted(0)).toBe(true);
  // A step that the plan has not.
  expect([ledger.isNodeCompleted(2), ledger.hasOpenUnits(2)]).toEqual([false, false]);
});

test('ten thousand items are folded and searched in a number of looks that grows with them', () => {
  const plan = new NumberedPlan(planOf(mapNode('row', Array(10_000).fill(0))));
  const ledger = new Ledger(plan);
  const looks = jest.spyOn(ledger, 'isSettled');
  const found = Array.from({length: 10_000}, (_none, unit) => {
    const first = ledger.firstOpenUnit(0);
    ledger.apply(done(unit));
    return first;
  });
  expect(found).toEqual(Array.from({length: 10_000}, (_none, unit) => unit));
  expect(ledger.isNodeCompleted(0)).toBe(true);
  expect(looks.mock.calls.length).toBeLessThan(50_000);
});
