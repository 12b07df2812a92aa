/**
 * Secrets in text: every occurrence of a value becomes `***`, also where it is written as JSON writes it, and what is
 * left of it where a text was cut. Values of fewer than four characters are left: they would be found everywhere.
 */
import type {StoredError} from '../types';
import {parseJson} from './json';
import {MIN_SECRET_CHARS} from './limits';

/** What hides the secrets of a job. */
export interface Mask {
  /** A text without them. */
  text(text: string): string;
  /** JSON text, as `JSON.stringify` makes it, without them in its texts; it stays JSON. */
  json(text: string): string;
  error(error: StoredError): StoredError;
  /** Whether they are in the texts of JSON text. */
  isIn(json: string): boolean;
}

/** Hides nothing. */
export const NO_MASK: Mask = {
  text: (text) => text,
  json: (text) => text,
  error: (error) => error,
  isIn: () => false,
};

const HIDDEN = '***';
/** What `clip` puts where it cut. */
const CUT = '…';

/** Hides these values. */
export function maskOf(secrets: readonly string[]): Mask {
  const plain = secrets.filter((secret) => secret.length >= MIN_SECRET_CHARS);
  if (plain.length === 0) return NO_MASK;
  const values = [...new Set(plain.flatMap(formsOf))];
  const traces = [...new Set(values.map(escaped))];
  const text = (given: string): string => withoutRanges(given, rangesIn(given, values));
  const json = (given: string): string =>
    traces.some((trace) => given.includes(trace)) ? eachLiteral(given, (literal) => maskLiteral(literal, text)) : given;
  return {
    text,
    json,
    error: ({name, message, details, ...rest}) => ({
      ...rest,
      name: text(name),
      message: text(message),
      details: parseJson(json(JSON.stringify(details))) as StoredError['details'],
    }),
    isIn: (given) => json(given) !== given,
  };
}

/** JSON text is printed into texts of JSON, and that again: so deep a secret is found. */
const JSON_DEPTH = 3;

function formsOf(secret: string): readonly string[] {
  const forms = [secret];
  for (let depth = 0, form = secret; depth < JSON_DEPTH; depth++) forms.push((form = escaped(form)));
  return forms;
}

/** As it stands inside a literal of JSON. */
function escaped(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/** From where to where a text must not be shown. */
type Range = readonly [start: number, end: number];

/** Occurrences may overlap: what is left of one beside the other would tell. */
function rangesIn(text: string, values: readonly string[]): readonly Range[] {
  const ranges: Range[] = [];
  for (const value of values) {
    for (let at = text.indexOf(value); at >= 0; at = text.indexOf(value, at + 1)) ranges.push([at, at + value.length]);
    for (let at = text.indexOf(CUT); at >= 0; at = text.indexOf(CUT, at + 1)) {
      const length = begunBefore(text, at, value, () => true);
      if (length > 0) ranges.push([at - length, at]);
    }
    // Messages of errors are cut at the end of a line.
    const length = begunBefore(text, text.length, value, (next) => next === '\n');
    if (length > 0) ranges.push([text.length - length, text.length]);
  }
  return ranges.sort(([one], [other]) => one - other);
}

/** How much of the beginning of a value stands right before a place; 0 where it is too short to tell. */
function begunBefore(text: string, end: number, value: string, mayCut: (next: string) => boolean): number {
  for (let length = Math.min(end, value.length - 1); length >= MIN_SECRET_CHARS; length--)
    if (mayCut(value.charAt(length)) && text.startsWith(value.slice(0, length), end - length)) return length;
  return 0;
}

function withoutRanges(text: string, ranges: readonly Range[]): string {
  if (ranges.length === 0) return text;
  let shown = '';
  let place = 0;
  let hiddenTo = -1;
  for (const [start, end] of ranges) {
    if (start >= hiddenTo) {
      shown += text.slice(place, start) + HIDDEN;
      hiddenTo = end;
    } else hiddenTo = Math.max(hiddenTo, end);
    place = hiddenTo;
  }
  return shown + text.slice(place);
}

function maskLiteral(literal: string, text: (given: string) => string): string {
  const given = parseJson(literal);
  if (typeof given !== 'string') return literal;
  const masked = text(given);
  return masked === given ? literal : JSON.stringify(masked);
}

/** JSON text with each of its literals, keys among them, replaced. */
function eachLiteral(json: string, replace: (literal: string) => string): string {
  let made = '';
  let place = 0;
  for (let open = json.indexOf('"'); open >= 0; open = json.indexOf('"', place)) {
    const end = endOfLiteral(json, open);
    made += json.slice(place, open) + replace(json.slice(open, end));
    place = end;
  }
  return made + json.slice(place);
}

function endOfLiteral(json: string, open: number): number {
  for (let quote = json.indexOf('"', open + 1); quote >= 0; quote = json.indexOf('"', quote + 1)) {
    let slashes = 0;
    while (json.charAt(quote - 1 - slashes) === '\\') slashes++;
    if (slashes % 2 === 0) return quote + 1;
  }
  return json.length;
}
