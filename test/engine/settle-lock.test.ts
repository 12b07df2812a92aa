/** An owner that has to wait for the lock commits what it has before. */
import {partAt} from '../../src/core/header';
import type {RunEnd} from '../../src/engine/runner';
import type {Ports} from '../../src/engine/ports';
import {holdToSettle, type Turn} from '../../src/engine/settle';
import {jobsError} from '../../src/errors';
import {worldOf, type Values} from '../support/holds';
import {loosePlan} from '../support/plans';
import {BUDGET, completedOf, hasLog, headerOf, over, ownedIn, pause, type Settled} from '../support/settlements';
import {AT_MS, done, jobIn, storedJob} from '../support/stored';

describe('the lock', () => {
  /** Settles while somebody else holds the lock for so long. */
  function settleBehind(end: RunEnd, heldMs: number, ageMs = 0): Settled & {readonly atRelease: Values} {
    const world = worldOf(storedJob({plan: loosePlan(2)}));
    world.handlers.set('work', () => null);
    let atRelease: Values = {};
    const got = world.execute((ports) => {
      const owned = ownedIn(ports);
      world.nowMs += ageMs;
      world.lockHolder = {};
      world.planAt(world.nowMs + heldMs, () => {
        world.lockHolder = null;
        atRelease = Object.fromEntries(world.values);
      });
      return holdToSettle(ports, {owned, end}, (_hold, settled) => settled);
    });
    return {got, left: Object.fromEntries(world.values), world, atRelease};
  }
  const completedAtRelease = (settled: {readonly atRelease: Values}): readonly number[] =>
    jobIn(settled.atRelease).ledger.completedUnits();

  test('that is busy for long is not waited for before the outcome is committed', () => {
    const settled = settleBehind(over(done(0), done(1)), 20_000);
    expect(completedAtRelease(settled)).toEqual([0, 1]);
    expect([settled.got, headerOf(settled).phase.kind, completedOf(settled)]).toEqual(['settled', 'completed', [0, 1]]);
    // Committed once: the header ends the log behind it.
    expect(partAt(headerOf(settled), 0).position.count).toBe(2);
  });

  test('that is busy for a moment is waited for', () => {
    const settled = settleBehind(over(done(0)), 4_000);
    expect([completedAtRelease(settled), headerOf(settled).last]).toEqual([[], done(0)]);
  });

  test('that is busy lets nothing be committed behind the fence', () => {
    const settled = settleBehind(over(done(0)), 20_000, 355_000);
    expect(completedAtRelease(settled)).toEqual([]);
    expect(headerOf(settled).last).toEqual(done(0));
    expect(completedAtRelease(settleBehind(over(done(0)), 20_000, 354_999))).toEqual([0]);
  });

  test('that is busy makes no difference where nothing is left to commit', () => {
    const settled = settleBehind(pause(BUDGET), 20_000);
    expect([hasLog(settled), headerOf(settled).phase.kind]).toEqual([false, 'paused']);
  });

  test('that nobody frees is an error, with the outcome committed', () => {
    expect(() => settleBehind(over(done(0)), 60_000)).toThrow(/lock/);
  });

  test('is not taken again after an error that has nothing to do with it', () => {
    for (const error of [new Error('a mistake'), jobsError('STORE_FULL', 'There is no room.')]) {
      const world = worldOf(storedJob({plan: loosePlan(2)}));
      world.handlers.set('work', () => null);
      const act = jest.fn(() => {
        throw error;
      });
      const turn = (ports: Ports): Turn => ({owned: ownedIn(ports), end: over(done(0))});
      expect(() => world.execute((ports) => holdToSettle(ports, turn(ports), act))).toThrow(error.message);
      expect(act).toHaveBeenCalledTimes(1);
    }
  });

  test('is taken for the rest where there is nothing to settle', () => {
    const values = storedJob({});
    const world = worldOf(values);
    const noTurn = world.execute((ports) => holdToSettle(ports, null, (hold, settled) => [hold.nowMs, settled]));
    expect(noTurn).toEqual([AT_MS, 'lost']);
    expect(settleBehind({kind: 'lost'}, 20_000).got).toBe('lost');
    expect(Object.fromEntries(world.values)).toEqual(values);
  });
});
