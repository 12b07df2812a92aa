/** Patterns on wall clocks: over both changes of the clocks in two zones, and what is refused. */
import fc from 'fast-check';
import {isTimeZone, nextMatchMs, patternProblem, wallTime} from '../../src/core/cron';

const BERLIN = 'Europe/Berlin';
const NEW_YORK = 'America/New_York';

/** The first matches after a time, as they read in UTC. */
function matches(pattern: string, zone: string, after: string, count: number): readonly string[] {
  const found: string[] = [];
  let atMs: number | null = Date.parse(after);
  while (found.length < count) {
    atMs = nextMatchMs(pattern, zone, atMs);
    if (atMs === null) return found;
    found.push(new Date(atMs).toISOString().slice(0, 16));
  }
  return found;
}

test('a time that the day does not have comes once, at the first moment after the gap', () => {
  expect(matches('30 2 * * *', BERLIN, '2026-03-28T00:00Z', 3)).toEqual([
    ...['2026-03-28T01:30', '2026-03-29T01:00', '2026-03-30T00:30'],
  ]);
  expect(matches('30 2 * * *', NEW_YORK, '2026-03-07T00:00Z', 3)).toEqual([
    ...['2026-03-07T07:30', '2026-03-08T07:00', '2026-03-09T06:30'],
  ]);
});

test('a time that the day has twice comes once, the first time', () => {
  expect(matches('30 2 * * *', BERLIN, '2026-10-24T00:00Z', 3)).toEqual([
    ...['2026-10-24T00:30', '2026-10-25T00:30', '2026-10-26T01:30'],
  ]);
  expect(matches('30 1 * * *', NEW_YORK, '2026-10-31T00:00Z', 3)).toEqual([
    ...['2026-10-31T05:30', '2026-11-01T05:30', '2026-11-02T06:30'],
  ]);
});

test('one of several fixed times is as fixed as one alone', () => {
  expect(matches('30 2,14 * * *', BERLIN, '2026-03-29T00:00Z', 2)).toEqual(['2026-03-29T01:00', '2026-03-29T12:30']);
  expect(matches('30 2,14 * * *', BERLIN, '2026-10-24T22:00Z', 2)).toEqual(['2026-10-25T00:30', '2026-10-25T13:30']);
});

test('every hour means every hour that passes', () => {
  expect(matches('0 * * * *', BERLIN, '2026-10-24T23:30Z', 3)).toEqual([
    ...['2026-10-25T00:00', '2026-10-25T01:00', '2026-10-25T02:00'],
  ]);
  expect(matches('0 * * * *', BERLIN, '2026-03-28T23:30Z', 3)).toEqual([
    ...['2026-03-29T00:00', '2026-03-29T01:00', '2026-03-29T02:00'],
  ]);
});

test('a step within the hour that is missing comes not at all, within the hour that comes twice both times', () => {
  expect(matches('*/30 2 * * *', BERLIN, '2026-03-29T00:00Z', 2)).toEqual(['2026-03-30T00:00', '2026-03-30T00:30']);
  expect(matches('*/30 2 * * *', BERLIN, '2026-10-24T22:00Z', 5)).toEqual([
    ...['2026-10-25T00:00', '2026-10-25T00:30', '2026-10-25T01:00', '2026-10-25T01:30', '2026-10-26T01:00'],
  ]);
});

test('working days, nicknames and last days are understood', () => {
  expect(matches('0 9 * * 1-5', BERLIN, '2026-01-02T12:00Z', 2)).toEqual(['2026-01-05T08:00', '2026-01-06T08:00']);
  expect(matches('@daily', NEW_YORK, '2026-01-02T12:00Z', 1)).toEqual(['2026-01-03T05:00']);
  expect(matches('0 0 L * *', 'UTC', '2026-02-02T12:00Z', 1)).toEqual(['2026-02-28T00:00']);
});

test.each(['61 * * * *', '* * * *', 'tomorrow', '* * * * * *', ''])(
  '%j is no pattern, and the reason is told',
  (pattern) => {
    expect(patternProblem(pattern)).toMatch(/\w+/);
  },
);

test('a day that no year has is told as well', () => {
  expect(patternProblem('0 0 31 2 *')).toBe('it never matches');
  expect(patternProblem('0 0 29 2 *')).toBeNull();
});

test('zones are known by their names', () => {
  expect([BERLIN, 'UTC', 'Nowhere/Here', ''].map(isTimeZone)).toEqual([true, true, false, false]);
});

test('a wall clock shows its own day', () => {
  expect(wallTime(Date.parse('2026-01-01T23:30:00Z'), BERLIN)).toEqual({day: 20_455, hour: 0, minute: 30});
  expect(wallTime(Date.parse('2026-01-01T23:30:00Z'), NEW_YORK)).toEqual({day: 20_454, hour: 18, minute: 30});
});

test('without a zone it is the clock of Date', () => {
  fc.assert(
    fc.property(fc.integer({min: 0, max: 4_000_000_000_000}), (atMs) => {
      const date = new Date(atMs);
      expect(wallTime(atMs, null)).toMatchObject({hour: date.getHours(), minute: date.getMinutes()});
    }),
  );
});

test('every day has its fixed time exactly once, in whichever zone and year', () => {
  const zones = [BERLIN, NEW_YORK, 'Australia/Lord_Howe', 'Africa/Cairo', 'America/Sao_Paulo', 'Asia/Kolkata', 'UTC'];
  fc.assert(
    fc.property(
      fc.constantFrom(...zones),
      fc.integer({min: 0, max: 23}),
      fc.integer({min: 0, max: 59}),
      fc.integer({min: 2015, max: 2035}),
      (zone, hour, minute, year) => {
        const days: number[] = [];
        let atMs: number | null = Date.UTC(year, 0, 2);
        for (let count = 0; count < 366 && atMs !== null; count++) {
          atMs = nextMatchMs(`${minute} ${hour} * * *`, zone, atMs);
          if (atMs !== null) days.push(wallTime(atMs, zone).day);
        }
        expect(days).toEqual(days.map((_day, index) => (days[0] ?? 0) + index));
        expect(days).toHaveLength(366);
      },
    ),
    {numRuns: 20},
  );
});
