/**
 * Tests of the built library besides those of `test/jobs`: some kills, stalls and late writes of the sweeps, and seeded
 * worlds. Each is a test of its own, so that the one that noticed the last mutant can come first for the next.
 */
import {runWorld} from '../simulation/run';
import {FULL_STORE, SCENARIOS, SLOW_SCENARIOS} from '../kill-sweep/scenarios';
import {failuresOf, type Fault} from '../kill-sweep/trial';

const WORLDS = 48;
const HALF_AN_HOUR_MS = 1_800_000;
const POINTS = [3, 6, 8, 11, 14, 18];
const SLOW_POINTS = [4, 9, 14, 19];

const numbers = (count: number): readonly number[] => Array.from({length: count}, (_none, index) => index + 1);

describe.each([...SCENARIOS, FULL_STORE])('$name', (scenario) => {
  test('ends without a kill', () => {
    expect(failuresOf(scenario, () => undefined, 'clean')).toEqual([]);
  });

  test.each(POINTS)('ends when it is killed around call %i', (point) => {
    const fault: Fault = (call) =>
      call.n === point ? {kind: 'kill', when: point % 2 === 0 ? 'before' : 'after'} : undefined;
    expect(failuresOf(scenario, fault, `killed at ${point}`)).toEqual([]);
  });
});

describe.each(SLOW_SCENARIOS)('$name with an owner that is not dead', (scenario) => {
  test.each(SLOW_POINTS)('holds when it stalls at call %i', (point) => {
    const fault: Fault = (call) =>
      call.n === point ? {kind: 'stall', ms: 1_000_000, when: point % 2 === 0 ? 'before' : 'after'} : undefined;
    expect(failuresOf(scenario, fault, `stalled at ${point}`, {wallMs: HALF_AN_HOUR_MS})).toEqual([]);
  });

  test.each(SLOW_POINTS)('holds when its write at call %i lands late', (point) => {
    let isOver = false;
    const fault: Fault = (call) => {
      if (isOver || call.n < point || call.method !== 'setProperty' || !/~[sr][\d.]+$/.test(String(call.args[0])))
        return undefined;
      isOver = true;
      return {kind: 'late', ms: 950_000 + point * 10_000};
    };
    expect(failuresOf(scenario, fault, `late from call ${point}`)).toEqual([]);
  });
});

test.each(numbers(WORLDS))('world %i keeps every promise', (seed) => {
  expect(runWorld(seed).violations).toEqual([]);
});
