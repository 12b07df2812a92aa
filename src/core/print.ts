/** Values as a line of a log shows them: texts as they are, everything else as JSON; whatever it is, it never throws. */
import {clip, describeThrown} from '../errors';
import {utf8Bytes} from './bytes';
import {MAX_LINE_BYTES} from './limits';

/** A value with more of them is not shown: a line has room for a few. */
const MAX_VALUES = 10_000;

/** One argument of a call that prints. */
export function printPart(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return value;
    case 'object':
      return value === null ? 'null' : printObject(value);
    case 'function':
      return '[function]';
    default:
      // undefined, numbers, booleans, symbols and BigInts
      return String(value);
  }
}

function printObject(value: object): string {
  try {
    if (Object.prototype.toString.call(value) === '[object Error]') {
      const {name, message} = describeThrown(value);
      return `${name}: ${message}`;
    }
    let count = 0;
    const text = JSON.stringify(value, (_key, inner: unknown) => {
      if (++count > MAX_VALUES) throw new RangeError(`it has more than ${MAX_VALUES} values`);
      return isPrinted(inner) ? printPart(inner) : inner;
    }) as string | undefined;
    return text ?? 'undefined';
  } catch (thrown) {
    return `[not shown: ${describeThrown(thrown, 'it').message.split('\n')[0] ?? ''}]`;
  }
}

/** What JSON has no word for. */
function isPrinted(value: unknown): boolean {
  return typeof value === 'function' || typeof value === 'symbol' || typeof value === 'bigint';
}

/** A text cut to so many characters, and to what may be stored of a line. */
export function clipLine(text: string, maxChars: number): string {
  let clipped = clip(text, maxChars);
  while (utf8Bytes(JSON.stringify(clipped)) > MAX_LINE_BYTES) clipped = clip(clipped, Math.floor(clipped.length * 0.8));
  return clipped;
}
