/** One kill at every service call, before and after its effect; pairs of kills by sample. */
import {seededRandom} from '../simulator';
import {pointsOf} from './points';
import type {Scenario} from './scenarios';
import {failuresOf, type Fault} from './trial';

export const killAt =
  (points: readonly number[], when: 'before' | 'after'): Fault =>
  (call) =>
    points.includes(call.n) ? {kind: 'kill', when} : undefined;

/** Declares the tests of a shape of job. */
export function sweep(scenario: Scenario): void {
  const {clean, points} = pointsOf(scenario);

  test('ends as it should without a kill', () => {
    expect(clean.problems).toEqual([]);
    expect(points.map(({n}) => n)).toEqual(Array.from({length: clean.calls}, (_none, index) => index + 1));
  });

  test.each(['before', 'after'] as const)('ends by itself when killed %s any service call', (when) => {
    const failures: string[] = [];
    for (const {n, sameAsAfter} of points) {
      // That was tried after the call before.
      if (when === 'before' && sameAsAfter !== null) continue;
      failures.push(...failuresOf(scenario, killAt([n], when), `killed ${when} call ${n}`));
    }
    expect(failures.slice(0, 3)).toEqual([]);
  });

  test('ends by itself when killed twice', () => {
    const random = seededRandom(7);
    const failures: string[] = [];
    for (let pair = 0; pair < 30; pair++) {
      const first = 1 + Math.floor(random() * clean.calls);
      const second = first + 1 + Math.floor(random() * clean.calls);
      const when = random() < 0.5 ? 'before' : 'after';
      failures.push(...failuresOf(scenario, killAt([first, second], when), `killed ${when} calls ${first}, ${second}`));
    }
    expect(failures.slice(0, 3)).toEqual([]);
  });
}
