import {IMPLEMENTATIONS, within, type Body} from './implementations';

const times: Body<number, readonly number[]> = ({clock}, sleepMs) => {
  const seen = [clock.startMs, clock.nowMs()];
  for (let turn = 0; turn < 3; turn++) {
    clock.sleep(sleepMs);
    seen.push(clock.nowMs());
  }
  return [...seen, clock.startMs];
};

const draw: Body<number, readonly number[]> = ({random}, count) => Array.from({length: count}, () => random.next());

describe.each(IMPLEMENTATIONS)('a clock ($name)', (implementation) => {
  test('C1 time does not go back within an execution, and passes while it sleeps', () => {
    within(implementation, (world) => {
      const [, first = 0, second = 0, third = 0, fourth = 0] = world.execute(times, 1_500);
      expect([second - first, third - second, fourth - third].every((ms) => ms >= 1_500)).toBe(true);
    });
  });

  test('C2 the start is when the execution began, and stays', () => {
    within(implementation, (world) => {
      const seen = world.execute(times, 1_500);
      expect(seen[0]).toBe(seen[seen.length - 1]);
      expect(seen[0]).toBeLessThanOrEqual(seen[1] ?? 0);
      expect((seen[1] ?? 0) - (seen[0] ?? 0)).toBeLessThan(1_000);
    });
  });

  test('C2 each execution has a start of its own', () => {
    within(implementation, (world) => {
      const [before = 0] = world.execute(times, 1);
      world.pass(60_000);
      const [after = 0] = world.execute(times, 1);
      expect(after - before).toBeGreaterThanOrEqual(60_000);
    });
  });
});

describe.each(IMPLEMENTATIONS)('chance ($name)', (implementation) => {
  test('R1 numbers are in [0, 1) and spread over it', () => {
    within(implementation, (world) => {
      const numbers = world.execute(draw, 2_000);
      expect(numbers.every((number) => number >= 0 && number < 1)).toBe(true);
      const tenths = Array.from(
        {length: 10},
        (_none, tenth) => numbers.filter((n) => Math.floor(n * 10) === tenth).length,
      );
      expect(Math.min(...tenths)).toBeGreaterThan(100);
    });
  });

  test('R1 executions draw different numbers', () => {
    within(implementation, (world) => {
      const numbers = Array.from({length: 20}, () => world.execute(draw, 5)).flat();
      expect(new Set(numbers).size).toBe(100);
    });
  });
});
