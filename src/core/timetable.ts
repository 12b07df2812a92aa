/**
 * When a schedule fires: the next time, the times that are due, and which of those that were missed are made up for.
 * Pure. A timetable is what a schedule says of its times, with every default filled in; its anchor is when that was said.
 *
 * Intervals of minutes and hours are counted from the anchor, whatever wall clocks do. Days, weeks and patterns go by
 * the wall clock of their zone.
 */
import {nextMatchMs, wallTime} from './cron';

/** What is stored of a schedule's times. */
export type Timetable =
  | {readonly kind: 'interval'; readonly everyMs: number; readonly firstMs: number}
  /** At a time of the day, every so many days, counted from the first day. */
  | {
      readonly kind: 'days';
      readonly everyDays: number;
      readonly firstDay: number;
      readonly pattern: string;
      readonly timeZone: string | null;
    }
  | {readonly kind: 'cron'; readonly pattern: string; readonly timeZone: string | null}
  | {readonly kind: 'once'; readonly atMs: number};

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

/** Every so many minutes, the first time after as many. */
export function everyMinutes(every: number, anchorMs: number): Timetable {
  return {kind: 'interval', everyMs: every * MINUTE_MS, firstMs: anchorMs + every * MINUTE_MS};
}

/** Every so many hours; with a minute, the first time when the clock next shows it. */
export function everyHours(every: number, minute: number | null, timeZone: string | null, anchorMs: number): Timetable {
  const everyMs = every * HOUR_MS;
  const firstMs = minute === null ? null : nextMatchMs(`${minute} * * * *`, timeZone, anchorMs);
  return {kind: 'interval', everyMs, firstMs: firstMs ?? anchorMs + everyMs};
}

/** What every so many days or weeks is made of. */
export interface DayTerms {
  readonly everyDays: number;
  /** 0 is Sunday; `null`: any day. */
  readonly weekDay: number | null;
  /** `null`: as the anchor's. */
  readonly hour: number | null;
  /** `null`: 0 where an hour is given, else the anchor's. */
  readonly minute: number | null;
  readonly timeZone: string | null;
}

/** Every so many days, at a time of the day. */
export function everyDays(terms: DayTerms, anchorMs: number): Timetable {
  const {timeZone, weekDay} = terms;
  const anchor = wallTime(anchorMs, timeZone);
  const minute = terms.minute ?? (terms.hour === null ? anchor.minute : 0);
  const pattern = `${minute} ${terms.hour ?? anchor.hour} * * ${weekDay ?? '*'}`;
  const firstMs = nextMatchMs(pattern, timeZone, anchorMs) ?? anchorMs;
  return {kind: 'days', everyDays: terms.everyDays, firstDay: wallTime(firstMs, timeZone).day, pattern, timeZone};
}

/** The first time after another at which a schedule fires; `null` when it never fires again. */
export function nextFiringMs(timetable: Timetable, afterMs: number): number | null {
  switch (timetable.kind) {
    case 'once':
      return timetable.atMs > afterMs ? timetable.atMs : null;
    case 'cron':
      return nextMatchMs(timetable.pattern, timetable.timeZone, afterMs);
    case 'interval': {
      const {everyMs, firstMs} = timetable;
      return afterMs < firstMs ? firstMs : firstMs + (Math.floor((afterMs - firstMs) / everyMs) + 1) * everyMs;
    }
    case 'days':
      return nextDayMs(timetable, afterMs);
  }
}

function nextDayMs(timetable: Extract<Timetable, {kind: 'days'}>, afterMs: number): number | null {
  const {pattern, timeZone, everyDays: period, firstDay} = timetable;
  let atMs = nextMatchMs(pattern, timeZone, afterMs);
  for (let looks = 0; atMs !== null && looks <= period; looks++) {
    if (modulo(wallTime(atMs, timeZone).day - firstDay, period) === 0) return atMs;
    atMs = nextMatchMs(pattern, timeZone, atMs);
  }
  return atMs;
}

function modulo(value: number, by: number): number {
  return ((value % by) + by) % by;
}

/** The times that are due. */
export interface DueFirings {
  /** The last ones of them, oldest first. */
  readonly times: readonly number[];
  /** How many there are, those before included; a long outage of a dense pattern is counted only so far. */
  readonly count: number;
}

/** So many are looked at one by one; of what lies before only the count suffers. */
const MAX_LOOKS = 2_000;

/** The times from the first that is due, which is given, up to now; at most so many of them. */
export function dueFirings(timetable: Timetable, firstDueMs: number, nowMs: number, keep: number): DueFirings {
  if (timetable.kind === 'interval') return dueOfInterval(timetable.everyMs, firstDueMs, nowMs, keep);
  const times: number[] = [];
  let count = 0;
  let dueMs: number | null = firstDueMs;
  while (dueMs !== null && dueMs <= nowMs) {
    count++;
    times.push(dueMs);
    if (times.length > keep) times.shift();
    // A pattern fires once a minute at the most: from here on there are no more than can be looked at.
    const fromMs: number = count === MAX_LOOKS ? Math.max(dueMs, nowMs - MAX_LOOKS * MINUTE_MS) : dueMs;
    dueMs = nextFiringMs(timetable, fromMs);
  }
  return {times, count};
}

function dueOfInterval(everyMs: number, firstDueMs: number, nowMs: number, keep: number): DueFirings {
  if (firstDueMs > nowMs) return {times: [], count: 0};
  const count = Math.floor((nowMs - firstDueMs) / everyMs) + 1;
  const kept = Math.min(count, keep);
  const times = Array.from({length: kept}, (_none, index) => firstDueMs + (count - kept + index) * everyMs);
  return {times, count};
}

/** What is done about times that were missed. */
export type CatchUp = 'none' | 'one' | 'all';

/** A firing that is later than this was missed: the watchdog looks twice in it, and the longest execution ends. */
export const ON_TIME_MS = 30 * MINUTE_MS;

/** Which of the due times are fired, oldest first: the rest is skipped. */
export function chosenFirings(due: DueFirings, nowMs: number, catchUp: CatchUp, maxCatchUp: number): readonly number[] {
  switch (catchUp) {
    case 'all':
      return due.times.slice(-maxCatchUp);
    case 'one':
      return due.times.slice(-1);
    case 'none':
      return due.times.slice(-1).filter((atMs) => nowMs - atMs <= ON_TIME_MS);
  }
}
