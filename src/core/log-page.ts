/**
 * The lines of a job's log as they are told, in the order of their times, and how a reader follows them. A cursor says how
 * far each owner was read, and not a time: of two workers the one that writes later may tell of what was earlier.
 */
import type {LogPage} from '../types';
import type {Line, Notes} from './notes';
import {isoTime} from './record';

/** How many lines of each owner were read. */
export type LogCursor = ReadonlyMap<string, number>;

const CURSOR = /^\d{1,9}\.\d{1,9}-\d{1,12}(?:_\d{1,9}\.\d{1,9}-\d{1,12})*$/;
const MAX_CURSOR_CHARS = 20_000;

/** The cursor in a text; `null` for another text. */
export function logCursorOf(text: string): LogCursor | null {
  if (text.length > MAX_CURSOR_CHARS || !CURSOR.test(text)) return null;
  const cursor = new Map<string, number>();
  for (const entry of text.split('_')) {
    const [owner = '', read = ''] = entry.split('-');
    cursor.set(owner, Number(read));
  }
  return cursor;
}

function cursorText(cursor: LogCursor): string {
  return [...cursor].map(([owner, read]) => `${owner}-${read}`).join('_');
}

interface Numbered {
  readonly owner: string;
  readonly number: number;
  readonly line: Line;
}

/** So many lines behind a cursor, or from the oldest on. */
export function logPage({owners, forgotten}: Notes, after: LogCursor | null, limit: number): LogPage {
  const unread: Numbered[] = [];
  // What is known of owners that are gone is of no use any more.
  const read = new Map<string, number>();
  let dropped = after === null ? forgotten : 0;
  for (const {owner, made, lines} of owners) {
    const before = after?.get(owner) ?? 0;
    const gone = made - lines.length;
    if (before > 0) read.set(owner, before);
    dropped += Math.max(0, gone - before);
    lines.forEach((line, index) => {
      if (gone + index + 1 > before) unread.push({owner, number: gone + index + 1, line});
    });
  }
  unread.sort((one, other) => one.line.atMs - other.line.atMs);
  const entries = unread.slice(0, limit).map(({owner, number, line}) => {
    read.set(owner, number);
    const {atMs, stepId, message} = line;
    return {cursor: cursorText(read), at: isoTime(atMs), stepId, message};
  });
  const next = unread.length > entries.length ? (entries[entries.length - 1]?.cursor ?? null) : null;
  return {entries, next, dropped};
}
