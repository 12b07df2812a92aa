/**
 * Values of users, made into text. What JSON has no word for is refused with the path to it, instead of vanishing as
 * `JSON.stringify` would let it; `NaN` and the infinities become `null`, as they do there. Works on values of any realm.
 */
import {clip, describeThrown} from '../errors';

/** A value as JSON text, or why it cannot be. */
export type JsonText = {readonly ok: true; readonly text: string} | {readonly ok: false; readonly problem: string};

const MAX_PRINTED_CHARS = 80;
/** A few lists inside each other, each of them twice, are more than any text could hold, and would never end. */
const MAX_VALUES = 2_000_000;
const TOO_MANY = `more than ${MAX_VALUES} values, counting shared ones each time`;

/** The JSON text of a value; `undefined` becomes `null`. */
export function toJsonText(value: unknown): JsonText {
  let refused = false;
  let count = 0;
  try {
    const text = JSON.stringify(value === undefined ? null : value, (_key, inner: unknown) => {
      if (++count > MAX_VALUES) throw new RangeError(TOO_MANY);
      if (isRefused(inner)) refused = true;
      return inner;
    }) as string | undefined;
    return text === undefined || refused ? {ok: false, problem: findRefused(value)} : {ok: true, text};
  } catch (thrown) {
    if (refused) return {ok: false, problem: findRefused(value)};
    return {
      ok: false,
      problem: describeThrown(thrown, 'a getter that').message.split('\n')[0] ?? 'an unreadable value',
    };
  }
}

function isRefused(value: unknown): boolean {
  const kind = typeof value;
  return kind === 'function' || kind === 'symbol' || kind === 'bigint';
}

/** The second, slow pass: only a value that was refused pays for the path. */
function findRefused(value: unknown): string {
  let found = '';
  let count = 0;
  const paths = new Map<unknown, string>();
  const note = function (this: unknown, key: string, inner: unknown): unknown {
    if (++count > MAX_VALUES) throw new RangeError(TOO_MANY);
    const above = paths.get(this);
    const path = above === undefined ? '' : `${above}${Array.isArray(this) ? `[${key}]` : `.${key}`}`;
    if (isRefused(inner)) {
      if (found === '') found = `a ${typeof inner} at ${path === '' ? 'its top' : path}`;
      return null;
    }
    if (typeof inner === 'object' && inner !== null) paths.set(inner, path);
    return inner;
  };
  try {
    JSON.stringify(value, note);
  } catch {
    // A cycle or a getter that throws lies behind what was found: one reason is enough.
  }
  return found === '' ? 'nothing that JSON can hold' : found;
}

/** A value for an error message: short, never throwing. */
export function printValue(value: unknown): string {
  if (typeof value === 'function') return `a function${printName(value)}`;
  if (value === undefined) return 'nothing';
  // JSON has no NaN and no infinity: they would read `null`.
  if (typeof value === 'number') return `\`${value}\``;
  if (typeof value === 'symbol' || typeof value === 'bigint') return `a ${typeof value}`;
  const json = toJsonText(value);
  return json.ok ? `\`${clip(json.text, MAX_PRINTED_CHARS)}\`` : `a value with ${json.problem}`;
}

/** A function's name may be anything, a getter that throws included. */
function printName(made: object): string {
  try {
    const {name} = made as {name?: unknown};
    return typeof name === 'string' && name !== '' ? ` (${clip(name, 40)})` : '';
  } catch {
    return '';
  }
}

/** Parses stored text; `undefined` when it is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined; // The caller reports damage with its own context.
  }
}

/** True for an object that is no array and no function; says nothing of its realm. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A number that nothing here counts up to, and far enough below 2^53 for what is read to be counted on. */
const MAX_COUNT = 2 ** 52;

/** A whole number that is not negative: a count, an index. */
export function isCount(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= MAX_COUNT;
}

/** What a date can show ends at 8.64e15: an instant and a duration together never go beyond. */
const MAX_INSTANT_MS = 4e15;
export const MAX_DURATION_MS = 4e15;

/** A time that a date can show, and whatever lasts a duration after it. */
export function isInstant(value: unknown): value is number {
  return isCount(value) && value <= MAX_INSTANT_MS;
}

/** Milliseconds that something lasts. */
export function isDuration(value: unknown): value is number {
  return isCount(value) && value <= MAX_DURATION_MS;
}
