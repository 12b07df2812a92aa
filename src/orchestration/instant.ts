/** Points in time as people write them. */
import {isInstant, printValue} from '../core/json';
import {invalid} from './request';

const ISO = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)?(Z|[+-]\d{2}:?\d{2})?$/;

/**
 * Milliseconds of an ISO 8601 text, or of a date. Without a zone the text means the time of the script, which is that of
 * `Date` in Apps Script; a date alone means its midnight there.
 */
export function instantOf(raw: unknown, what: string): number {
  const ms = typeof raw === 'string' ? parsed(raw.trim()) : timeOfDate(raw);
  if (ms !== null && isInstant(ms)) return ms;
  throw invalid(
    `${what} must be an ISO 8601 time like '2026-03-01T09:00' (time of the script), '2026-03-01T09:00Z' or a date, got ` +
      `${printValue(raw)}.`,
  );
}

function parsed(text: string): number | null {
  const match = ISO.exec(text);
  if (match === null) return null;
  // By itself a date alone would be midnight in UTC.
  const time = text.length === 10 ? `${text}T00:00` : text.replace(' ', 'T');
  const ms = Date.parse(time.replace(/([+-]\d{2})(\d{2})$/, '$1:$2'));
  return Number.isNaN(ms) || !isOnCalendar(text) ? null : ms;
}

/** `Date` takes 30 February for 2 March. */
function isOnCalendar(text: string): boolean {
  const [year = 0, month = 0, day = 0] = text.slice(0, 10).split('-').map(Number);
  return new Date(Date.UTC(year, month - 1, day)).getUTCDate() === day;
}

/** A date may be of another realm. */
function timeOfDate(raw: unknown): number | null {
  if (Object.prototype.toString.call(raw) !== '[object Date]') return null;
  const ms = (raw as Date).getTime();
  return Number.isNaN(ms) ? null : ms;
}
