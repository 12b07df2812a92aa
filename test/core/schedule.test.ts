import fc from 'fast-check';
import {Ledger} from '../../src/core/ledger';
import type {Outcome} from '../../src/core/outcome';
import {NumberedPlan, type Plan} from '../../src/core/plan';
import {nextUnit, type Circumstances, type Next} from '../../src/core/schedule';
import {loosePlan, mapNode, planOf, plans, rangeNode, reduceNode, stepNode} from '../support/plans';

const NOW_MS = 1_767_603_600_000;
const ERROR = {name: 'Error', message: 'no', details: {}};

const calm: Circumstances = {
  ...{nowMs: NOW_MS, forgivenCount: 0, suspects: [], maySuspect: true, share: null, taken: []},
  hasHandler: () => true,
};
const done = (unit: number): Outcome => ({kind: 'done', unit, atMs: NOW_MS, durationMs: 5, result: '1'});
const failed = (unit: number, retryAtMs: number | null): Outcome => {
  return {kind: 'failed', unit, atMs: NOW_MS, durationMs: 5, error: ERROR, retryAtMs};
};
const suspicious = (...units: readonly number[]): Circumstances['suspects'] =>
  units.map((unit) => ({unit, crashes: 1}));

/** What may run next after some outcomes. */
function nextAfter(plan: Plan, outcomes: readonly Outcome[], now: Partial<Circumstances> = {}): Next {
  const numbered = new NumberedPlan(plan);
  const ledger = new Ledger(numbered);
  for (const outcome of outcomes) ledger.apply(outcome);
  return nextUnit(numbered, ledger, {...calm, ...now});
}

test('units run in the order of the plan', () => {
  const plan = loosePlan(3);
  expect(nextAfter(plan, [])).toEqual({kind: 'run', unit: 0, isSuspect: false});
  expect(nextAfter(plan, [done(0)])).toEqual({kind: 'run', unit: 1, isSuspect: false});
  expect(nextAfter(plan, [done(1)])).toEqual({kind: 'run', unit: 0, isSuspect: false});
  expect(nextAfter(plan, [done(0), done(1), done(2)])).toEqual({kind: 'over', status: 'completed'});
});

test('a step waits for all it depends on, wherever that stands in the request', () => {
  const plan = planOf(stepNode('last', {deps: [1, 2]}), stepNode('one'), stepNode('other'));
  expect(nextAfter(plan, [])).toMatchObject({unit: 1});
  expect(nextAfter(plan, [done(1)])).toMatchObject({unit: 2});
  expect(nextAfter(plan, [done(1), done(2)])).toMatchObject({unit: 0});
});

test('a reduce step waits for every item', () => {
  const plan = planOf(mapNode('row', [1, 2]), reduceNode('sum', 0));
  expect(nextAfter(plan, [done(1)])).toMatchObject({unit: 0});
  expect(nextAfter(plan, [done(1), done(0)])).toMatchObject({unit: 2});
  expect(nextAfter(plan, [done(1), failed(0, null)])).toEqual({kind: 'over', status: 'failed'});
});

test('a unit that waits for its retry lets others go first', () => {
  const plan = loosePlan(2);
  const soon = failed(0, NOW_MS + 10);
  expect(nextAfter(plan, [soon])).toMatchObject({unit: 1});
  expect(nextAfter(plan, [soon, failed(1, NOW_MS + 5)])).toEqual({kind: 'retry', untilMs: NOW_MS + 5});
  expect(nextAfter(plan, [soon], {nowMs: NOW_MS + 10})).toMatchObject({unit: 0});
});

test('items are retried in their order, too', () => {
  const plan = planOf(mapNode('row', [1, 2, 3]));
  const log = [failed(0, NOW_MS + 10), done(1)];
  expect(nextAfter(plan, log)).toMatchObject({unit: 2});
  expect(nextAfter(plan, [...log, done(2)])).toEqual({kind: 'retry', untilMs: NOW_MS + 10});
  expect(nextAfter(plan, [...log, done(2)], {nowMs: NOW_MS + 11})).toMatchObject({unit: 0});
});

test('an explicit resume forgives the failures before it, and no later one', () => {
  const plan = loosePlan(2);
  const log = [failed(0, NOW_MS + 10), failed(1, NOW_MS + 20)];
  expect(nextAfter(plan, log, {forgivenCount: 2})).toMatchObject({unit: 0});
  expect(nextAfter(plan, [...log, failed(0, NOW_MS + 30)], {forgivenCount: 2})).toMatchObject({unit: 1});
});

test('a handler that the host no longer has makes its steps wait and no others', () => {
  const plan = planOf(stepNode('a', {handler: 'gone'}), stepNode('b'), stepNode('c', {deps: [0]}));
  const hasHandler = (name: string): boolean => name !== 'gone';
  expect(nextAfter(plan, [], {hasHandler})).toMatchObject({unit: 1});
  expect(nextAfter(plan, [done(1)], {hasHandler})).toEqual({kind: 'noHandler', handler: 'gone'});
  expect(nextAfter(plan, [failed(1, NOW_MS + 9)], {hasHandler})).toEqual({kind: 'retry', untilMs: NOW_MS + 9});
});

test('when a branch fails, the others go on first', () => {
  const plan = planOf(stepNode('a'), stepNode('b', {deps: [0]}), stepNode('c'), stepNode('d', {deps: [2]}));
  const log = [failed(0, null)];
  expect(nextAfter(plan, log)).toMatchObject({unit: 2});
  expect(nextAfter(plan, [...log, done(2)])).toMatchObject({unit: 3});
  expect(nextAfter(plan, [...log, done(2), done(3)])).toEqual({kind: 'over', status: 'failed'});
});

test('a suspect keeps its place, and runs only where it may', () => {
  const now = {suspects: suspicious(1)};
  expect(nextAfter(loosePlan(3), [], {...now, maySuspect: false})).toEqual({kind: 'run', unit: 0, isSuspect: false});
  expect(nextAfter(loosePlan(3), [done(0)], {...now, maySuspect: false})).toEqual({kind: 'suspect'});
  expect(nextAfter(loosePlan(3), [done(0)], now)).toEqual({kind: 'run', unit: 1, isSuspect: true});
});

/** One run of a plan: what each call comes to, and where executions are killed, is drawn from a list of numbers. */
interface Story {
  readonly plan: NumberedPlan;
  readonly ledger: Ledger;
  readonly ran: readonly number[];
  readonly status: 'completed' | 'failed';
}

type Look = (now: Circumstances, next: Next, ledger: Ledger) => void;

function play(plan: NumberedPlan, chances: readonly number[], look: Look): Story {
  const ledger = new Ledger(plan);
  const crashes = new Map<number, number>();
  const ran: number[] = [];
  let [nowMs, calls, isFirst] = [NOW_MS, 0, true];
  for (let turns = 0; turns < 5_000; turns++) {
    const suspects = [...crashes].map(([unit, count]) => ({unit, crashes: count}));
    const now: Circumstances = {...calm, nowMs, suspects, maySuspect: isFirst};
    const next = nextUnit(plan, ledger, now);
    look(now, next, ledger);
    if (next.kind === 'over') return {plan, ledger, ran, status: next.status};
    if (next.kind === 'retry') nowMs = next.untilMs;
    if (next.kind === 'suspect' || next.kind === 'retry') isFirst = true;
    if (next.kind !== 'run') continue;
    const chance = chances[calls++ % chances.length] ?? 0;
    const count = ledger.failedAttempts(next.unit)?.count ?? 0;
    isFirst = false;
    if (chance === 3 && (crashes.get(next.unit) ?? 0) < 2) {
      crashes.set(next.unit, (crashes.get(next.unit) ?? 0) + 1);
      isFirst = true;
      continue;
    }
    ran.push(next.unit);
    crashes.delete(next.unit);
    if (chance === 1) ledger.apply(failed(next.unit, count < 2 ? nowMs + 1_000 : null));
    else ledger.apply(chance === 2 ? failed(next.unit, null) : done(next.unit));
  }
  throw new Error('The plan did not come to an end.');
}

const numbered = plans.map((plan) => new NumberedPlan(plan));
/** 0 succeeds, 1 fails and may be retried, 2 fails for good, 3 kills the execution. */
const chances = fc.array(fc.constantFrom(0, 0, 0, 1, 2, 3), {minLength: 1, maxLength: 12});

test('a unit runs only when all it depends on is completed, and never after it is settled', () => {
  fc.assert(
    fc.property(numbered, chances, (plan, script) => {
      play(plan, script, (_now, next, ledger) => {
        if (next.kind !== 'run') return;
        const node = plan.node(plan.nodeOfUnit(next.unit));
        expect(node.deps.every((dep) => ledger.isNodeCompleted(dep))).toBe(true);
        expect(ledger.isSettled(next.unit)).toBe(false);
      });
    }),
  );
});

test('a job is completed exactly when no unit was lost', () => {
  fc.assert(
    fc.property(numbered, chances, (plan, script) => {
      const {ledger, status} = play(plan, script, () => undefined);
      expect(status === 'completed').toBe(ledger.lostUnitsInOrder().length === 0);
      if (status === 'completed') expect(ledger.completedUnits()).toHaveLength(plan.unitCount);
    }),
  );
});

test('a unit is left undone only when something it depends on was not completed', () => {
  fc.assert(
    fc.property(numbered, chances, (plan, script) => {
      const {ledger} = play(plan, script, () => undefined);
      for (let unit = 0; unit < plan.unitCount; unit++) {
        if (ledger.isSettled(unit)) continue;
        const node = plan.node(plan.nodeOfUnit(unit));
        expect(node.deps.some((dep) => !ledger.isNodeCompleted(dep))).toBe(true);
      }
    }),
  );
});

test('kills change nothing of the order in which units run', () => {
  fc.assert(
    fc.property(numbered, chances, (plan, script) => {
      const peaceful = script.filter((chance) => chance !== 3 && chance !== 1);
      const withKills = peaceful.flatMap((chance, index) => (index % 2 === 0 ? [3, chance] : [chance]));
      fc.pre(peaceful.length > 0 && !peaceful.includes(2));
      expect(play(plan, withKills, () => undefined).ran).toEqual(play(plan, peaceful, () => undefined).ran);
    }),
  );
});

test('a suspect runs only where it may, and nothing takes its place', () => {
  fc.assert(
    fc.property(numbered, chances, (plan, script) => {
      play(plan, script, (now, next, ledger) => {
        const natural = nextUnit(plan, ledger, {...now, suspects: []});
        const isSuspect = natural.kind === 'run' && now.suspects.some(({unit}) => unit === natural.unit);
        if (!isSuspect) expect(next).toEqual(natural);
        else expect(next).toEqual(now.maySuspect ? {...natural, isSuspect: true} : {kind: 'suspect'});
      });
    }),
  );
});

describe('several workers', () => {
  const ten = planOf(rangeNode('n', 10));

  test('take the first unit that nobody has', () => {
    expect(nextAfter(ten, [], {taken: [{first: 0, last: 3}]})).toEqual({kind: 'run', unit: 4, isSuspect: false});
    expect(nextAfter(ten, [done(5)], {taken: [{first: 0, last: 4}]})).toMatchObject({unit: 6});
    expect(nextAfter(ten, [], {taken: [{first: 2, last: 3}]})).toMatchObject({unit: 0});
  });

  test('find everything taken where others have the rest', () => {
    expect(nextAfter(ten, [], {taken: [{first: 0, last: 9}]})).toEqual({kind: 'taken'});
    expect(nextAfter(ten, [failed(3, NOW_MS + 10)], {taken: [{first: 4, last: 9}]})).toMatchObject({unit: 0});
    const rest = [done(0), done(1), done(2), failed(3, NOW_MS + 10)];
    expect(nextAfter(ten, rest, {taken: [{first: 4, last: 9}]})).toEqual({kind: 'taken'});
  });

  test('keep to their share', () => {
    const share = {first: 4, last: 6};
    expect(nextAfter(ten, [], {share})).toMatchObject({unit: 4});
    expect(nextAfter(ten, [done(4), done(5)], {share})).toMatchObject({unit: 6});
    expect(nextAfter(ten, [done(4), done(5), done(6)], {share}).kind).toBe('over');
    const loose = loosePlan(5);
    expect(nextAfter(loose, [done(1)], {share: {first: 1, last: 2}})).toMatchObject({unit: 2});
    expect(nextAfter(loose, [done(1), done(2)], {share: {first: 1, last: 2}}).kind).toBe('over');
  });

  test('are no more at a map step than may be', () => {
    const narrow = planOf(rangeNode('n', 10, {maxConcurrency: 2}), stepNode('b'));
    const two = [
      {first: 0, last: 1},
      {first: 2, last: 3},
    ];
    expect(nextAfter(narrow, [], {taken: two.slice(0, 1)})).toMatchObject({unit: 2});
    expect(nextAfter(narrow, [], {taken: two})).toMatchObject({unit: 10});
    expect(nextAfter(narrow, [done(10)], {taken: two})).toEqual({kind: 'taken'});
  });

  test('go on behind a suspect that may not run now', () => {
    const now = {suspects: suspicious(0), maySuspect: false};
    expect(nextAfter(ten, [], now)).toEqual({kind: 'suspect'});
    expect(nextAfter(ten, [], {...now, taken: [{first: 1, last: 3}]})).toEqual({
      kind: 'run',
      unit: 4,
      isSuspect: false,
    });
    expect(nextAfter(ten, [], {...now, share: {first: 0, last: 1}})).toMatchObject({unit: 1});
    expect(nextAfter(ten, [done(1)], {...now, share: {first: 0, last: 1}})).toEqual({kind: 'suspect'});
    expect(nextAfter(ten, [], {...now, maySuspect: true, taken: [{first: 1, last: 3}]})).toMatchObject({
      ...{unit: 0, isSuspect: true},
    });
  });
});
