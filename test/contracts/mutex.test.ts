import {LASTING_STORES, STORES, within, type Body} from './implementations';

interface Terms {
  readonly holdMs: number;
  readonly isReleased: boolean;
}

/** Takes the lock at once or not at all, and keeps it for a while. */
const hold: Body<Terms, boolean> = ({mutex, clock}, {holdMs, isReleased}) => {
  const isMine = mutex.tryAcquire(0);
  clock.sleep(holdMs);
  if (isReleased) mutex.release();
  return isMine;
};
const tryIt: Body<null, boolean> = ({mutex}) => mutex.tryAcquire(0);

describe.each(LASTING_STORES)('a mutex ($name)', (implementation) => {
  test('M1 there is one holder at a time, whoever else asks', () => {
    within(implementation, (world) => {
      const first = world.start(hold, {holdMs: 10_000, isReleased: true});
      const asks = [2_000, 5_000, 8_000].map((afterMs, index) =>
        // A lock of the user keeps out the same user alone.
        world.start(
          tryIt,
          null,
          implementation.reach === 'user' ? {afterMs} : {afterMs, user: `user${index}@example.com`},
        ),
      );
      const later = world.start(tryIt, null, {afterMs: 15_000});
      world.pass(60_000);
      expect([first, ...asks, later].map(({end, value}) => [end, value])).toEqual([
        ['done', true],
        ...asks.map(() => ['done', false]),
        ['done', true],
      ]);
    });
  });

  test('M1 one who asked in vain frees nothing', () => {
    within(implementation, (world) => {
      const first = world.start(hold, {holdMs: 10_000, isReleased: true});
      const greedy = world.start(hold, {holdMs: 0, isReleased: true}, {afterMs: 2_000});
      const third = world.start(tryIt, null, {afterMs: 5_000});
      world.pass(60_000);
      expect([first.value, greedy.value, third.value]).toEqual([true, false, false]);
    });
  });

  test('M2 it is free at the end of an execution that did not free it', () => {
    within(implementation, (world) => {
      expect(world.execute(tryIt, null)).toBe(true);
      expect(world.execute(tryIt, null)).toBe(true);
    });
  });

  test('M2 it is free when the execution that holds it dies', () => {
    within(implementation, (world) => {
      const dying = world.start(hold, {holdMs: 10_000, isReleased: true}, {death: {method: 'sleep', when: 'after'}});
      const early = world.start(tryIt, null, {afterMs: 5_000});
      const late = world.start(tryIt, null, {afterMs: 15_000});
      world.pass(60_000);
      expect([dying.end, early.value, late.value]).toEqual(['killed', false, true]);
    });
  });

  test('M2 it is free when an execution throws', () => {
    within(implementation, (world) => {
      const fail: Body<null, void> = ({mutex}) => {
        mutex.tryAcquire(0);
        throw new Error('on purpose');
      };
      expect(() => world.execute(fail, null)).toThrow('on purpose');
      expect(world.execute(tryIt, null)).toBe(true);
    });
  });

  test('M3 it is free after one release, however often it was taken', () => {
    within(implementation, (world) => {
      const twice: Body<null, unknown> = ({mutex, clock}) => {
        const taken = [mutex.tryAcquire(0), mutex.tryAcquire(0)];
        mutex.release();
        clock.sleep(10_000);
        return taken;
      };
      const first = world.start(twice, null);
      const other = world.start(tryIt, null, {afterMs: 5_000});
      world.pass(60_000);
      expect([first.value, other.value]).toEqual([[true, true], true]);
    });
  });
});

describe.each(STORES)('a mutex within one execution ($name)', (implementation) => {
  test('M3 another Lock object of the same execution does not get it', () => {
    within(implementation, (world) => {
      const both: Body<null, unknown> = ({mutex}, _input, again) => {
        const other = again().mutex;
        const taken = [mutex.tryAcquire(0), other.tryAcquire(1_000)];
        mutex.release();
        return [...taken, other.tryAcquire(0)];
      };
      expect(world.execute(both, null)).toEqual([true, false, true]);
    });
  });

  test('M1 what was freed can be taken again, also by another Lock object', () => {
    within(implementation, (world) => {
      const inTurn: Body<null, unknown> = ({mutex}, _input, again) => {
        const other = again().mutex;
        const taken = [mutex.tryAcquire(0)];
        mutex.release();
        taken.push(other.tryAcquire(0), mutex.tryAcquire(0));
        mutex.release();
        other.release();
        return [...taken, mutex.tryAcquire(0)];
      };
      expect(world.execute(inTurn, null)).toEqual([true, true, false, true]);
    });
  });
});
