import fc from 'fast-check';
import {
  blockOf,
  decodeRates,
  encodeRates,
  giveUnitsBack,
  reserve,
  SPAN_MS,
  withLimits,
  type RateTable,
  type Reservation,
} from '../../src/core/rate';

const NOW_MS = 1_767_603_600_000;
const NONE: RateTable = new Map();
const MAIL = withLimits(NONE, 'mail', {minute: 5, hour: 20});

function reserved(table: RateTable, wanted: number, nowMs: number): {table: RateTable; reservation: Reservation} {
  const result = reserve(table, ['mail'], wanted, nowMs);
  if (result.kind !== 'reserved') throw new Error(`Expected units, got ${result.kind}.`);
  return result;
}

test('a resource without a limit is free, and costs no window', () => {
  expect(reserve(MAIL, ['sheets'], 3, NOW_MS)).toEqual({kind: 'free'});
  expect(reserve(NONE, ['mail'], 3, NOW_MS)).toEqual({kind: 'free'});
});

test('units are those of the tightest window, and are good until the first window ends', () => {
  const first = reserved(MAIL, 9, NOW_MS);
  expect(first.reservation).toMatchObject({units: 5, untilMs: NOW_MS + 60_000});
  expect(reserve(first.table, ['mail'], 1, NOW_MS + 59_999)).toEqual({
    ...{kind: 'waits', resource: 'mail', untilMs: NOW_MS + 60_000},
  });
  expect(reserved(first.table, 9, NOW_MS + 60_000).reservation.units).toBe(5);
});

test('several resources wait for the one that has none for the longest time', () => {
  const table = withLimits(MAIL, 'sheets', {day: 1});
  const after = reserve(table, ['mail', 'sheets'], 9, NOW_MS);
  if (after.kind !== 'reserved') throw new Error(after.kind);
  expect(after.reservation.units).toBe(1);
  expect(blockOf(after.table, ['mail', 'sheets'], NOW_MS)).toEqual({
    ...{resource: 'sheets', untilMs: NOW_MS + SPAN_MS.day},
  });
  expect(blockOf(after.table, ['mail'], NOW_MS)).toBeNull();
});

test('what is given back can be had again, in the same window only', () => {
  const {table, reservation} = reserved(MAIL, 5, NOW_MS);
  const back = giveUnitsBack(table, reservation, 3, NOW_MS + 1_000);
  expect(reserved(back, 9, NOW_MS + 2_000).reservation.units).toBe(3);
  const next = reserved(table, 5, NOW_MS + 60_000);
  const late = giveUnitsBack(next.table, reservation, 3, NOW_MS + 61_000);
  expect(reserve(late, ['mail'], 1, NOW_MS + 61_000).kind).toBe('waits');
});

test('a changed limit keeps what was used, and none removes the resource', () => {
  const {table} = reserved(MAIL, 4, NOW_MS);
  expect(reserved(withLimits(table, 'mail', {minute: 6}), 9, NOW_MS).reservation.units).toBe(2);
  expect(reserve(withLimits(table, 'mail', {minute: 2}), ['mail'], 1, NOW_MS).kind).toBe('waits');
  expect(withLimits(table, 'mail', {}).size).toBe(0);
});

test('the text of a table is read as it was written, and other text is damage', () => {
  const {table} = reserved(MAIL, 4, NOW_MS);
  expect(decodeRates(encodeRates(table))).toEqual(table);
  expect(decodeRates(undefined)).toEqual(NONE);
  for (const text of ['', '{}', '[["mail"]]', '[["mail",[9,5,0,0]]]', '[["mail",[0,0,0,0]]]', '[[1,[0,5,0,0]]]'])
    expect(decodeRates(text)).toBeNull();
});

test('whatever is reserved, used late, given back or lost: at most n in a window and 2n in any minute', () => {
  const move = fc.record({
    waitMs: fc.integer({min: 0, max: 40_000}),
    wanted: fc.integer({min: 1, max: 8}),
    uses: fc.array(fc.integer({min: 0, max: 30_000}), {maxLength: 8}),
    isLost: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(move, {maxLength: 40}), (moves) => {
      const limit = 5;
      let table = withLimits(NONE, 'mail', {minute: limit});
      let nowMs = NOW_MS;
      const usedAt: number[] = [];
      for (const {waitMs, wanted, uses, isLost} of moves) {
        nowMs += waitMs;
        const result = reserve(table, ['mail'], wanted, nowMs);
        if (result.kind !== 'reserved') continue;
        ({table} = result);
        const {units, untilMs} = result.reservation;
        const used = uses
          .map((delayMs) => nowMs + delayMs)
          .filter((atMs) => atMs < untilMs)
          .slice(0, units);
        usedAt.push(...used);
        const endMs = Math.max(nowMs, ...used);
        if (!isLost) table = giveUnitsBack(table, result.reservation, units - used.length, endMs);
      }
      for (const fromMs of usedAt) {
        const inMinute = usedAt.filter((atMs) => atMs >= fromMs && atMs < fromMs + 60_000).length;
        expect(inMinute).toBeLessThanOrEqual(2 * limit);
      }
    }),
  );
});
