/** When schedules fire: intervals, days and weeks, what is due after an outage, and what is made up for. */
import fc from 'fast-check';
import {
  chosenFirings,
  dueFirings,
  everyDays,
  everyHours,
  everyMinutes,
  nextFiringMs,
  ON_TIME_MS,
  type Timetable,
} from '../../src/core/timetable';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const ANCHOR_MS = Date.parse('2026-01-07T10:20:30Z');
const BERLIN = 'Europe/Berlin';

/** The first firings after the anchor, as they read in UTC. */
function firings(timetable: Timetable, count: number, afterMs = ANCHOR_MS): readonly string[] {
  const found: string[] = [];
  let atMs: number | null = afterMs;
  while (found.length < count) {
    atMs = nextFiringMs(timetable, atMs);
    if (atMs === null) return found;
    found.push(new Date(atMs).toISOString().slice(0, 19));
  }
  return found;
}

test('minutes are counted from the anchor, wherever one looks from', () => {
  const timetable = everyMinutes(7, ANCHOR_MS);
  expect(firings(timetable, 2)).toEqual(['2026-01-07T10:27:30', '2026-01-07T10:34:30']);
  expect(firings(timetable, 1, ANCHOR_MS + 7 * MINUTE_MS)).toEqual(['2026-01-07T10:34:30']);
  expect(firings(timetable, 1, ANCHOR_MS + 7 * MINUTE_MS - 1)).toEqual(['2026-01-07T10:27:30']);
  expect(firings(timetable, 1, 0)).toEqual(['2026-01-07T10:27:30']);
});

test('hours begin at the minute that is named, else an interval after the anchor', () => {
  expect(firings(everyHours(6, null, null, ANCHOR_MS), 2)).toEqual(['2026-01-07T16:20:30', '2026-01-07T22:20:30']);
  expect(firings(everyHours(6, 15, 'UTC', ANCHOR_MS), 2)).toEqual(['2026-01-07T11:15:00', '2026-01-07T17:15:00']);
  expect(firings(everyHours(6, 15, 'Asia/Kolkata', ANCHOR_MS), 1)).toEqual(['2026-01-07T10:45:00']);
});

const NO_TIME = {everyDays: 1, weekDay: null, hour: null, minute: null, timeZone: BERLIN};

test('days have the anchor’s time of the day, or the one that is named', () => {
  expect(firings(everyDays(NO_TIME, ANCHOR_MS), 2)).toEqual(['2026-01-08T10:20:00', '2026-01-09T10:20:00']);
  expect(firings(everyDays({...NO_TIME, hour: 9}, ANCHOR_MS), 1)).toEqual(['2026-01-08T08:00:00']);
  expect(firings(everyDays({...NO_TIME, hour: 18, minute: 5}, ANCHOR_MS), 1)).toEqual(['2026-01-07T17:05:00']);
  expect(firings(everyDays({...NO_TIME, minute: 40}, ANCHOR_MS), 1)).toEqual(['2026-01-07T10:40:00']);
});

test('every third day stays every third day over a change of the clocks and the end of a month', () => {
  const timetable = everyDays({...NO_TIME, everyDays: 3, hour: 2, minute: 30}, Date.parse('2026-03-22T12:00:00Z'));
  expect(firings(timetable, 4, Date.parse('2026-03-22T12:00:00Z'))).toEqual([
    ...['2026-03-23T01:30:00', '2026-03-26T01:30:00', '2026-03-29T01:00:00', '2026-04-01T00:30:00'],
  ]);
});

test('every second week on a day', () => {
  const timetable = everyDays({...NO_TIME, everyDays: 14, weekDay: 1, hour: 6}, ANCHOR_MS);
  expect(firings(timetable, 3)).toEqual(['2026-01-12T05:00:00', '2026-01-26T05:00:00', '2026-02-09T05:00:00']);
  expect(firings(timetable, 1, Date.parse('2026-01-13T00:00:00Z'))).toEqual(['2026-01-26T05:00:00']);
});

test('one time is over once it is over', () => {
  const timetable: Timetable = {kind: 'once', atMs: ANCHOR_MS + 5};
  expect(nextFiringMs(timetable, ANCHOR_MS)).toBe(ANCHOR_MS + 5);
  expect(nextFiringMs(timetable, ANCHOR_MS + 5)).toBeNull();
  expect(dueFirings(timetable, ANCHOR_MS + 5, ANCHOR_MS + DAY_MS, 9)).toEqual({times: [ANCHOR_MS + 5], count: 1});
});

test('what is due is counted, and the last of it is kept', () => {
  const daily: Timetable = {kind: 'cron', pattern: '0 9 * * *', timeZone: 'UTC'};
  const first = Date.parse('2026-01-08T09:00:00Z');
  expect(dueFirings(daily, first, first - 1, 5)).toEqual({times: [], count: 0});
  expect(dueFirings(daily, first, first, 5)).toEqual({times: [first], count: 1});
  expect(dueFirings(daily, first, first + 9.5 * DAY_MS, 2)).toEqual({
    times: [first + 8 * DAY_MS, first + 9 * DAY_MS],
    count: 10,
  });
});

test('a year of every minute is caught up with in no time, and its last times are right', () => {
  const dense: Timetable = {kind: 'cron', pattern: '* * * * *', timeZone: BERLIN};
  const now = ANCHOR_MS + 365 * DAY_MS;
  const {times, count} = dueFirings(dense, ANCHOR_MS + 30_000, now, 3);
  expect(times).toEqual([now - 30_000 - 2 * MINUTE_MS, now - 30_000 - MINUTE_MS, now - 30_000]);
  expect(count).toBeGreaterThan(3_000);
  const interval = dueFirings(everyMinutes(1, ANCHOR_MS), ANCHOR_MS + MINUTE_MS, now, 1);
  expect(interval).toEqual({times: [now], count: 365 * 1_440});
});

test('a missed time is made up for as the policy says', () => {
  const now = ANCHOR_MS + 4 * HOUR_MS;
  const due = {times: [1, 2, 3, 3.9].map((hours) => ANCHOR_MS + hours * HOUR_MS), count: 9};
  const choose = (...policy: ['none' | 'one' | 'all', number]): readonly number[] =>
    chosenFirings(due, now, ...policy).map((atMs) => (atMs - ANCHOR_MS) / HOUR_MS);
  expect(choose('one', 1)).toEqual([3.9]);
  expect(choose('all', 3)).toEqual([2, 3, 3.9]);
  expect(choose('all', 10)).toEqual([1, 2, 3, 3.9]);
  expect(choose('none', 1)).toEqual([3.9]);
  expect(chosenFirings(due, now + ON_TIME_MS, 'none', 1)).toEqual([]);
  expect(chosenFirings({times: [], count: 0}, now, 'all', 5)).toEqual([]);
});

const timetables: fc.Arbitrary<Timetable> = fc.oneof(
  fc.integer({min: 1, max: 90}).map((every) => everyMinutes(every, ANCHOR_MS)),
  fc
    .record({every: fc.integer({min: 1, max: 9}), hour: fc.integer({min: 0, max: 23}), weekly: fc.boolean()})
    .map(({every, hour, weekly}) =>
      everyDays(
        {
          everyDays: weekly ? 7 * every : every,
          weekDay: weekly ? hour % 7 : null,
          hour,
          minute: null,
          timeZone: BERLIN,
        },
        ANCHOR_MS,
      ),
    ),
  fc
    .constantFrom('0 9 * * 1-5', '*/10 * * * *', '30 2 1 * *', '15,45 8-18/2 * * *')
    .map((pattern): Timetable => ({kind: 'cron', pattern, timeZone: 'America/New_York'})),
);

test('looking later never shows a time anew: what is due splits where one looks in between', () => {
  fc.assert(
    fc.property(
      timetables,
      fc.integer({min: 0, max: 20 * 1_440}),
      fc.integer({min: 0, max: 20 * 1_440}),
      (timetable, one, other) => {
        const first = nextFiringMs(timetable, ANCHOR_MS) ?? Infinity;
        const [earlyMs, lateMs] = [Math.min(one, other), Math.max(one, other)].map(
          (m) => ANCHOR_MS + m * MINUTE_MS,
        ) as [number, number];
        const early = dueFirings(timetable, first, earlyMs, 100);
        const rest = dueFirings(
          timetable,
          nextFiringMs(timetable, early.times.at(-1) ?? first - 1) ?? Infinity,
          lateMs,
          100,
        );
        const all = dueFirings(timetable, first, lateMs, 100);
        expect([...early.times, ...rest.times].slice(-100)).toEqual(all.times.slice(-100));
        expect(all.times.every((atMs, index) => index === 0 || atMs > (all.times[index - 1] ?? 0))).toBe(true);
      },
    ),
    {numRuns: 60},
  );
});
