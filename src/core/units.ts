/**
 * Ranges of units: what a group of items, a worker's share and what is in doubt have in common. Stored as a number where
 * it is one unit, as `[first, last]` where it is more, and as `-1` where it is none.
 */
import {isCount} from './json';
import {MAX_GROUP_ITEMS} from './limits';

/** Units from the first to the last, both included. */
export interface UnitRange {
  readonly first: number;
  readonly last: number;
}

/** Units that may have begun; `null`: none. */
export type Mark = UnitRange | null;

const NO_UNIT = -1;

/** The range of one unit. */
export function oneUnit(unit: number): UnitRange {
  return {first: unit, last: unit};
}

export function contains(range: UnitRange, unit: number): boolean {
  return range.first <= unit && unit <= range.last;
}

export function overlaps(one: UnitRange, other: UnitRange): boolean {
  return one.first <= other.last && other.first <= one.last;
}

/** Each of them. */
export function unitsOf(range: UnitRange): readonly number[] {
  return Array.from({length: sizeOf(range)}, (_none, index) => range.first + index);
}

/** How many units a range has. */
export function sizeOf(range: UnitRange): number {
  return range.last - range.first + 1;
}

/** The stored form. */
export function encodeMark(mark: Mark): number | readonly [number, number] {
  if (mark === null) return NO_UNIT;
  return mark.first === mark.last ? mark.first : [mark.first, mark.last];
}

/** The mark in a stored form; `undefined` for anything else. */
export function markOf(raw: unknown): Mark | undefined {
  if (raw === NO_UNIT) return null;
  if (isCount(raw)) return oneUnit(raw);
  const range = rangeOf(raw);
  // Each is looked at: a number that was damaged must not send anybody through billions of them.
  return range === null || sizeOf(range) > MAX_GROUP_ITEMS ? undefined : range;
}

/** The range in a stored number or pair; `null` for anything else. */
export function rangeOf(raw: unknown): UnitRange | null {
  if (isCount(raw)) return oneUnit(raw);
  if (!Array.isArray(raw) || raw.length !== 2) return null;
  const [first, last] = raw as readonly unknown[];
  return isCount(first) && isCount(last) && first <= last ? {first, last} : null;
}

/** Units in ascending order as ranges without gaps. */
export function rangesOf(units: readonly number[]): readonly UnitRange[] {
  const ranges: UnitRange[] = [];
  for (const unit of units) {
    const before = ranges[ranges.length - 1];
    if (before !== undefined && unit === before.last + 1) ranges[ranges.length - 1] = {first: before.first, last: unit};
    else ranges.push(oneUnit(unit));
  }
  return ranges;
}
