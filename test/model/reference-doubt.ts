/**
 * What is in doubt when an owner was killed or lost its job. Short items are saved in groups, about a second's work at a
 * time: nothing of a group is saved before all of it, so that what items of it came to in that turn is lost. How far a
 * group reaches is a matter of how long things took; the model believes the library, and says whether it may be so.
 */
import {differ} from './difference';
import type {Ended} from './reference-turn';
import type {Unit} from './reference-unit';

/** An owner that was killed in the middle of a unit, until somebody takes over. */
export interface Death {
  readonly unit: Unit;
  readonly untilMs: number;
  /** What it had done. */
  readonly ended: readonly Ended[];
}

/** Whoever was killed or canceled, in the middle of a unit or between two. */
type Lost = Pick<Death, 'ended'> & {readonly unit: Unit | null};

/** Puts back what units in doubt had come to; ends the sequence if they cannot be one group. */
export function undo(units: readonly Unit[], ids: readonly string[], {unit, ended}: Lost): void {
  const group = ids.map((id) => units.find((other) => other.id === id) ?? differ('a unit in doubt', null, id));
  const at = unit === null ? Infinity : units.indexOf(unit);
  const before = group.filter((other) => units.indexOf(other) < at);
  const ends = before.flatMap((other) => ended.filter((end) => end.unit === other).slice(-1));
  const isKnown = unit === null || group.includes(unit);
  // Behind the unit that runs some are named that had not begun; before it all have ended.
  const isDone = unit === null || ends.length === before.length;
  const isOne = group.length === 1 || isGroup(units, group);
  if (!isKnown || !isDone || !isOne) differ('what is in doubt', unit?.id ?? ended.at(-1)?.unit.id ?? null, ids);
  for (const end of ends) Object.assign(end.unit, end.before);
}

/** Items that follow one another, of which none was in doubt before and none is given up after one kill. */
function isGroup(units: readonly Unit[], group: readonly Unit[]): boolean {
  const [first] = group;
  if (first === undefined || (first.stage !== 'items' && first.stage !== 'map')) return false;
  const from = units.indexOf(first);
  return group.every(
    (unit, index) =>
      units[from + index] === unit &&
      unit.stage === first.stage &&
      unit.maxCrashes > 1 &&
      unit.crashes === 0 &&
      unit.doubts === 0,
  );
}
