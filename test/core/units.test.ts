import fc from 'fast-check';
import * as units from '../../src/core/units';

const {oneUnit} = units;

test('a range knows its units, and what it shares with another', () => {
  const range = {first: 3, last: 5};
  expect(units.unitsOf(range)).toEqual([3, 4, 5]);
  expect(units.sizeOf(range)).toBe(3);
  expect([2, 3, 5, 6].map((unit) => units.contains(range, unit))).toEqual([false, true, true, false]);
  const others = [{first: 0, last: 2}, {first: 0, last: 3}, oneUnit(4), {first: 5, last: 9}, {first: 6, last: 9}];
  expect(others.map((other) => units.overlaps(range, other))).toEqual([false, true, true, true, false]);
  expect(others.map((other) => units.overlaps(other, range))).toEqual([false, true, true, true, false]);
});

test('the stored form is −1 for none, a number for one unit, a pair for more', () => {
  expect([null, oneUnit(7), {first: 7, last: 9}].map(units.encodeMark)).toEqual([-1, 7, [7, 9]]);
});

test('a mark comes back as it was', () => {
  const mark = fc.tuple(fc.nat(), fc.nat({max: 999})).map(([first, more]) => ({first, last: first + more}));
  fc.assert(
    fc.property(fc.option(mark), (some) => {
      expect(units.markOf(units.encodeMark(some))).toEqual(some);
    }),
  );
});

test('a mark of more units than a group may have was damaged', () => {
  expect(units.markOf([0, 999])).toEqual({first: 0, last: 999});
  expect(units.markOf([0, 1_000])).toBeUndefined();
  expect(units.rangeOf([0, 2_000_000_000])).toEqual({first: 0, last: 2_000_000_000});
});

test.each([
  [-2],
  [1.5],
  ['1'],
  [[]],
  [[1]],
  [[2, 1]],
  [[1, 2, 3]],
  [[-1, 2]],
  [[1, 2.5]],
  [['1', 2]],
  [{}],
  [undefined],
])('%j is neither a mark nor a range', (raw) => {
  expect([units.markOf(raw), units.rangeOf(raw)]).toEqual([undefined, null]);
});

test('nothing is no range', () => {
  expect([units.rangeOf(-1), units.rangeOf(null)]).toEqual([null, null]);
});

test('units in ascending order are ranges without gaps', () => {
  expect(units.rangesOf([])).toEqual([]);
  expect(units.rangesOf([1, 2, 3, 5, 7, 8])).toEqual([{first: 1, last: 3}, oneUnit(5), {first: 7, last: 8}]);
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat({max: 60})), (some) => {
      const sorted = [...some].sort((one, other) => one - other);
      const ranges = units.rangesOf(sorted);
      expect(ranges.flatMap(units.unitsOf)).toEqual(sorted);
      ranges.slice(1).forEach(({first}, index) => expect(first).toBeGreaterThan((ranges[index]?.last ?? 0) + 1));
    }),
  );
});
