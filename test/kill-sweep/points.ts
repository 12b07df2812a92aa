/**
 * The points at which a scenario can be killed: its service calls when nothing goes wrong.
 *
 * Code takes no virtual time. So where an execution makes a call in the very instant in which its last one took effect,
 * with nothing noted in between, a kill after the one and a kill before the other leave the same world, and one trial
 * is enough for both. `points.test.ts` runs both, and finds nothing that differs.
 */
import type {ServiceCall, World} from '../simulator';
import type {Scenario} from './scenarios';
import {runTrial, type Trial} from './trial';

/** A service call. */
export interface Point {
  readonly n: number;
  readonly executionId: number;
  /** A log or a piece of a result: what an owner writes without the lock. */
  readonly isUnlockedWrite: boolean;
  /** The call before: to be killed after it is the same as to be killed before this one. Null where it is not. */
  readonly sameAsAfter: number | null;
}

/** A scenario without a fault, and the points in it. Its world is closed. */
export function pointsOf(scenario: Scenario): {readonly clean: Trial; readonly points: readonly Point[]} {
  const points: Point[] = [];
  let last = {n: 0, scene: ''};
  const clean = runTrial(scenario, () => undefined, {
    watch: (world) => {
      world.onLanded = (call) => (last = {n: call.n, scene: sceneOf(world, call)});
      world.onCall = (call) => {
        points.push({
          n: call.n,
          executionId: call.execution.id,
          isUnlockedWrite: call.method === 'setProperty' && /~[sr][\d.]+$/.test(String(call.args[0])),
          sameAsAfter: last.scene === sceneOf(world, call) ? last.n : null,
        });
        // Whoever comes now has seen this call.
        last = {n: 0, scene: ''};
        return undefined;
      };
    },
  });
  clean.world.close();
  return {clean, points};
}

/** Whose turn it is, when, and how much was noted so far. */
function sceneOf({nowMs, effects}: World, {execution}: ServiceCall): string {
  return [execution.id, nowMs, effects.length, execution.log.length].join(' ');
}
