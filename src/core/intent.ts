/**
 * An intent: headers that are to be written together, as one text in pieces. Once its first piece is there, which is
 * written last, the jobs are accepted, and whoever has the lock next writes what is missing. Pure.
 *
 *     <intent> = <number of pieces>:<fingerprint>:<JSON of [[key, header text], …]>
 */
import {chainSum, EMPTY_SUM, splitByBytes} from './bytes';
import {isCount, parseJson} from './json';
import {intentKey, parseIntentKey, parseKey} from './keys';
import {MAX_VALUE_BYTES} from './limits';

/** A key and the value that it is to have. */
export type Write = readonly [key: string, value: string];

/** The keys and values of an intent, in the order in which they are written: the one that makes it count comes last. */
export function encodeIntent(id: string, writes: readonly Write[]): readonly Write[] {
  const text = JSON.stringify(writes);
  const [first = '', ...more] = splitByBytes(text, MAX_VALUE_BYTES - 100);
  const head = `${more.length + 1}:${chainSum(EMPTY_SUM, text)}:${first}`;
  const rest = more.map((piece, index): Write => [intentKey(id, index + 1), piece]);
  return [...rest, [intentKey(id, 0), head]];
}

/** Ids of the intents whose first piece is there. */
export function intentsIn(snapshot: Readonly<Record<string, string>>): readonly string[] {
  const ids: string[] = [];
  for (const key of Object.keys(snapshot)) {
    const parsed = parseIntentKey(key);
    if (parsed?.piece === 0) ids.push(parsed.id);
  }
  return ids;
}

/** What an intent wants written, and its keys, the one that makes it count first; `null` for damage. */
export function decodeIntent(
  snapshot: Readonly<Record<string, string>>,
  id: string,
): {readonly writes: readonly Write[]; readonly keys: readonly string[]} | null {
  const head = /^(\d{1,4}):([^:]+):([^]*)$/.exec(snapshot[intentKey(id, 0)] ?? '');
  if (head === null) return null;
  const [, countText = '', sum = '', first = ''] = head;
  const keys = Array.from({length: Number(countText)}, (_none, piece) => intentKey(id, piece));
  const pieces = keys.slice(1).map((key) => snapshot[key]);
  if (!isCount(keys.length) || pieces.includes(undefined)) return null;
  const text = first + pieces.join('');
  if (chainSum(EMPTY_SUM, text) !== sum) return null;
  const raw = parseJson(text);
  return Array.isArray(raw) && raw.every(isWrite) ? {writes: raw, keys} : null;
}

/** Ids of the jobs of batches of which not all is written yet. What there is of them must stay: it would be made again. */
export function intendedJobs(snapshot: Readonly<Record<string, string>>): ReadonlySet<string> {
  const ids = new Set<string>();
  for (const id of intentsIn(snapshot))
    for (const [key] of decodeIntent(snapshot, id)?.writes ?? []) ids.add(parseKey(key)?.id ?? '');
  return ids;
}

function isWrite(raw: unknown): raw is Write {
  return Array.isArray(raw) && raw.length === 2 && typeof raw[0] === 'string' && typeof raw[1] === 'string';
}
