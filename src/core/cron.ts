/**
 * Wall clocks and cron patterns: the one place that knows the package behind them, used for reckoning alone. A zone of
 * `null` is the script's own, which is that of JavaScript's Date. Daylight saving follows Vixie cron: a fixed time that
 * a day does not have comes at the first moment after the gap, one that it has twice comes the first time only; a pattern
 * with a wildcard or a step in its hours or minutes goes by the clock as it runs.
 */
import {Cron} from 'croner';
import {describeThrown} from '../errors';

/** The time on a wall clock. */
export interface WallTime {
  /** Days since 1970-01-01 on that clock's calendar. */
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
}

const DAY_MS = 24 * 3_600_000;

/** Patterns that were read in this execution. */
const read = new Map<string, Cron>();
const MAX_READ = 200;

function cronOf(pattern: string, timeZone: string | null): Cron {
  const key = `${timeZone ?? ''} ${pattern}`;
  const known = read.get(key);
  if (known !== undefined) return known;
  const cron = new Cron(pattern, {
    ...(timeZone === null ? {} : {timezone: timeZone}),
    // No execution comes more often than once a minute, so that seconds would promise too much.
    ...{mode: '5-part', fixedTimeRule: 'no-wildcard', paused: true},
  });
  if (read.size >= MAX_READ) read.clear();
  read.set(key, cron);
  return cron;
}

/** The first match after a time; `null` when there is none any more. Throws for a pattern or a zone that is none. */
export function nextMatchMs(pattern: string, timeZone: string | null, afterMs: number): number | null {
  return cronOf(pattern, timeZone).nextRun(new Date(afterMs))?.getTime() ?? null;
}

/** What is wrong with a pattern, in words; `null` when nothing is. */
export function patternProblem(pattern: string): string | null {
  try {
    const next = new Cron(pattern, {mode: '5-part', paused: true, timezone: 'UTC'}).nextRun();
    return next === null ? 'it never matches' : null;
  } catch (thrown) {
    return describeThrown(thrown, 'the reader of patterns').message;
  }
}

/** Whether there is a time zone of this name. */
export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en-US', {timeZone: name});
    return true;
  } catch {
    return false; // What the platform does not know, whatever it says.
  }
}

/** What a clock in a zone shows at a time. */
export function wallTime(atMs: number, timeZone: string | null): WallTime {
  const date = new Date(atMs);
  if (timeZone === null) {
    const day = Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) / DAY_MS;
    return {day, hour: date.getHours(), minute: date.getMinutes()};
  }
  const parts = new Intl.DateTimeFormat('en-US', {
    ...{timeZone, hour12: false, year: 'numeric', month: 'numeric'},
    ...{day: 'numeric', hour: 'numeric', minute: 'numeric'},
  }).formatToParts(date);
  const part = (type: string): number => Number(parts.find((entry) => entry.type === type)?.value ?? 0);
  const day = Date.UTC(part('year'), part('month') - 1, part('day')) / DAY_MS;
  // Midnight may be written as 24.
  return {day, hour: part('hour') % 24, minute: part('minute')};
}
