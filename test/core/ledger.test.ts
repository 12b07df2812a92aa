import fc from 'fast-check';
import {Ledger, type FailedAttempts} from '../../src/core/ledger';
import type {Outcome} from '../../src/core/outcome';
import {NumberedPlan} from '../../src/core/plan';
import {logs} from '../support/arbitraries';
import {loosePlan, mapNode, planOf, plans, rangeNode, reduceNode} from '../support/plans';

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
    units: units.map((unit) => [
      ledger.state(unit),
      ledger.completion(unit),
      ledger.failedAttempts(unit),
      ledger.cursor(unit),
    ]),
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
      const states = (): unknown => units.map((unit) => [ledger.state(unit), ledger.completion(unit)]);
      const attempts = (): readonly number[] => units.map((unit) => ledger.failedAttempts(unit)?.count ?? 0);
      const [before, counts, open] = [states(), attempts(), ledger.openCount];
      for (const unit of units)
        for (const late of [done(unit, '"late"'), failed(unit, null), killed(unit)]) ledger.apply(late);
      expect(states()).toEqual(before);
      expect(ledger.openCount).toBe(open);
      expect(attempts()).toEqual(counts.map((count) => count + 1));
    }),
  );
});

test('states, lists and open units of nodes tell one story', () => {
  fc.assert(
    fc.property(stories, ([plan, log]) => {
      const ledger = foldOf(plan, log);
      const units = Array.from({length: plan.unitCount}, (_none, unit) => unit);
      expect(ledger.completedUnits()).toEqual(units.filter((unit) => ledger.state(unit) === 'completed'));
      expect([...ledger.lostUnitsInOrder()].sort((a, b) => a - b)).toEqual(
        units.filter((unit) => ledger.state(unit) === 'failed'),
      );
      plan.nodes.forEach((_node, index) => {
        const own = units.filter((unit) => plan.nodeOfUnit(unit) === index);
        const open = own.filter((unit) => !ledger.isSettled(unit));
        expect(ledger.hasOpenUnits(index)).toBe(open.length > 0);
        expect(ledger.isNodeCompleted(index)).toBe(own.every((unit) => ledger.state(unit) === 'completed'));
        if (open.length > 0) expect(ledger.firstOpenUnit(index)).toBe(open[0]);
        expect(ledger.progressOf(index)).toEqual({
          open: open.length,
          lost: own.filter((unit) => ledger.state(unit) === 'failed').length,
          failedAttempts: own.reduce((sum, unit) => sum + (ledger.failedAttempts(unit)?.count ?? 0), 0),
        });
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
    atMs: AT_MS,
    ordinal: 1,
    error: ERROR,
    retryAtMs: AT_MS + 30_000,
  });
  ledger.apply(failed(1, null, AT_MS + 40_000));
  expect(ledger.state(1)).toBe('failed');
  expect(ledger.failedAttempts(1)).toEqual({
    count: 2,
    firstStartMs: AT_MS - 100,
    atMs: AT_MS + 40_000,
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

test('completed units are listed in the order of the plan, lost ones in that of their times', () => {
  expect(foldOf(three, [done(2), failed(1, null), done(0)]).completedUnits()).toEqual([0, 2]);
  const lost = [failed(1, null, AT_MS + 2), failed(2, null, AT_MS + 1), failed(0, null, AT_MS + 2)];
  expect(foldOf(three, lost).lostUnitsInOrder()).toEqual([2, 0, 1]);
});

test('what is told does not depend on the order of outcomes of different units', () => {
  const withoutOrdinals = (plan: NumberedPlan, ledger: Ledger): unknown => {
    const all = told(plan, ledger) as {units: [unknown, unknown, FailedAttempts | null, unknown][]};
    const units = all.units.map(([state, completion, attempts, cursor]) => {
      return [state, completion, attempts === null ? null : {...attempts, ordinal: 0}, cursor];
    });
    return {...all, units, lastFailed: ledger.lastFailedOpenUnit()};
  };
  const shuffled = stories.chain(([plan, log]) =>
    fc.tuple(
      fc.constant(plan),
      fc.constant(log),
      fc.array(fc.nat(), {minLength: plan.unitCount, maxLength: plan.unitCount}),
    ),
  );
  fc.assert(
    fc.property(shuffled, ([plan, log, ranks]) => {
      // Outcomes of one unit stay in their order, those of different units change places.
      const single = log.map((outcome) => (outcome.kind === 'void' ? {...outcome, count: 1} : outcome));
      const moved = [...single].sort(
        (one, other) => (ranks[one.unit] ?? 0) - (ranks[other.unit] ?? 0) || one.unit - other.unit,
      );
      expect(withoutOrdinals(plan, foldOf(plan, moved))).toEqual(withoutOrdinals(plan, foldOf(plan, single)));
    }),
  );
});

const LATER = {name: 'Error', message: 'later', details: {}};

test('failures of a unit come to the same in any order: the latest says why, and when to try again', () => {
  const early = failed(0, AT_MS + 10, AT_MS);
  const late: Outcome = {
    kind: 'failed',
    unit: 0,
    atMs: AT_MS + 500,
    durationMs: 1,
    error: LATER,
    retryAtMs: AT_MS + 900,
  };
  for (const log of [
    [early, late],
    [late, early],
  ])
    expect(foldOf(three, log).failedAttempts(0)).toEqual({
      ...{count: 2, firstStartMs: AT_MS - 100, atMs: AT_MS + 500, ordinal: 2, error: LATER, retryAtMs: AT_MS + 900},
    });
});

test('a failure that is learned of after the end of its unit is an attempt of it', () => {
  const ledger = foldOf(three, [done(0), failed(0, AT_MS + 10), failed(1, null), failed(1, AT_MS + 10, AT_MS - 50)]);
  expect([ledger.state(0), ledger.failedAttempts(0)?.count]).toEqual(['completed', 1]);
  expect([ledger.state(1), ledger.failedAttempts(1)?.count, ledger.failedAttempts(1)?.retryAtMs]).toEqual([
    'failed',
    2,
    null,
  ]);
  expect(ledger.openCount).toBe(1);
  expect(ledger.progressOf(0)).toEqual({open: 0, lost: 0, failedAttempts: 1});
});

test('the failure that ended a unit says why, whatever the clocks of two executions say', () => {
  for (const log of [
    [failed(0, AT_MS + 99_000, AT_MS + 9_000), killed(0)],
    [killed(0), failed(0, AT_MS + 99_000, AT_MS + 9_000)],
  ])
    expect(foldOf(three, log).failedAttempts(0)).toMatchObject({
      ...{count: 1, retryAtMs: null, error: {code: 'STEP_KILLED'}},
    });
});

test('a kill that is learned of after the end of its unit changes nothing', () => {
  const ledger = foldOf(three, [done(0), killed(0)]);
  expect([ledger.state(0), ledger.failedAttempts(0), ledger.openCount]).toEqual(['completed', null, 2]);
});

test('the open unit that failed last is found among all', () => {
  expect(foldOf(three, [done(0)]).lastFailedOpenUnit()).toBeNull();
  const ledger = foldOf(three, [failed(2, AT_MS, AT_MS + 5), failed(0, AT_MS, AT_MS + 9), failed(1, AT_MS, AT_MS + 9)]);
  expect(ledger.lastFailedOpenUnit()).toBe(1);
  ledger.apply(done(1));
  expect(ledger.lastFailedOpenUnit()).toBe(0);
  ledger.apply(failed(0, null, AT_MS + 20));
  expect(ledger.lastFailedOpenUnit()).toBe(2);
});

test('a ledger of two thousand million units holds nothing, and tells where to begin', () => {
  const plan = new NumberedPlan(planOf(rangeNode('n', 2 ** 31 - 1)));
  const ledger = foldOf(plan, [done(0), done(2 ** 31 - 2)]);
  expect([ledger.openCount, ledger.firstOpenNode(), ledger.firstOpenUnit(0)]).toEqual([2 ** 31 - 3, 0, 1]);
  expect(ledger.completedUnits()).toEqual([0, 2 ** 31 - 2]);
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

describe('a cursor', () => {
  const cursor = (unit: number, version: number): Outcome => {
    return {kind: 'cursor', unit, atMs: AT_MS, durationMs: 5, cursor: {version, text: `[${version}]`}};
  };

  test('settles nothing, and the highest counts, in whichever order they come', () => {
    for (const log of [
      [cursor(0, 1), cursor(0, 3), cursor(0, 2)],
      [cursor(0, 3), cursor(0, 2), cursor(0, 1)],
    ]) {
      const ledger = foldOf(three, log);
      expect(ledger.cursor(0)).toEqual({version: 3, text: '[3]'});
      expect([ledger.state(0), ledger.cursor(1), ledger.openCount]).toEqual(['pending', null, 3]);
    }
  });

  test('outlives failures, and ends with its unit', () => {
    expect(foldOf(three, [cursor(0, 1), failed(0, AT_MS + 9)]).cursor(0)).toEqual({version: 1, text: '[1]'});
    expect(foldOf(three, [cursor(0, 1), done(0)]).cursor(0)).toBeNull();
    expect(foldOf(three, [cursor(0, 1), failed(0, null)]).cursor(0)).toBeNull();
    expect(foldOf(three, [done(0), cursor(0, 1)]).cursor(0)).toBeNull();
    expect(foldOf(three, [killed(0), cursor(0, 1)]).cursor(0)).toBeNull();
  });
});

describe('units that returned nothing', () => {
  const rows = new NumberedPlan(planOf(mapNode('row', [1, 2, 3, 4])));
  const group: Outcome = {kind: 'void', unit: 1, atMs: AT_MS, durationMs: 1_000, count: 3};

  test('are completed together, and share the time that they took', () => {
    const ledger = foldOf(rows, [group]);
    expect(ledger.completedUnits()).toEqual([1, 2, 3]);
    const at = (unit: number): unknown => ledger.completion(unit);
    expect(at(3)).toEqual({atMs: AT_MS, durationMs: 333, result: {text: 'null'}});
    expect(at(1)).toEqual({atMs: AT_MS - 666, durationMs: 333, result: {text: 'null'}});
    expect([ledger.count, ledger.openCount, ledger.firstOpenUnit(0)]).toEqual([1, 1, 0]);
  });

  test('change none that is settled', () => {
    const ledger = foldOf(rows, [done(2, '"kept"'), failed(3, null), group, done(0)]);
    expect(ledger.completion(2)?.result).toEqual({text: '"kept"'});
    expect([ledger.completedUnits(), ledger.lostUnitsInOrder(), ledger.openCount]).toEqual([[0, 1, 2], [3], 0]);
  });
});
