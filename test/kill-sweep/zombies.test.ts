/**
 * Owners that stall past their deadline and go on, and writes of dead owners that land late. Accounts with 30-minute
 * executions exist, so that a stalled owner may meet its successor.
 */
import {pointsOf} from './points';
import {SLOW_SCENARIOS} from './scenarios';
import {failuresOf, type Fault} from './trial';

const HALF_AN_HOUR_MS = 1_800_000;

describe.each(SLOW_SCENARIOS)('$name', (scenario) => {
  const {points} = pointsOf(scenario);

  test.each([
    ['before', 660_000],
    ['before', 1_000_000],
    ['after', 1_000_000],
    ['after', 1_060_000],
  ] as const)('holds when an owner stalls %s any call for %i ms', (when, ms) => {
    const failures: string[] = [];
    for (const {n} of points) {
      const fault: Fault = (call) => (call.n === n ? {kind: 'stall', ms, when} : undefined);
      failures.push(...failuresOf(scenario, fault, `stalled ${when} call ${n}`, {wallMs: HALF_AN_HOUR_MS}));
    }
    expect(failures.slice(0, 2)).toEqual([]);
  });

  test.each([100_000, 950_000, 1_000_000, 1_050_000])(
    'holds when the last write of a dead owner lands %i ms late',
    (ms) => {
      const failures: string[] = [];
      for (const {n, isUnlockedWrite} of points) {
        if (!isUnlockedWrite) continue;
        const fault: Fault = (call) => (call.n === n ? {kind: 'late', ms} : undefined);
        failures.push(...failuresOf(scenario, fault, `late write of call ${n}`));
      }
      expect(points.some((point) => point.isUnlockedWrite)).toBe(true);
      expect(failures.slice(0, 2)).toEqual([]);
    },
  );
});
