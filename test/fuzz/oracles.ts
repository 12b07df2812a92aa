/**
 * What must hold whatever comes in: typed refusals that say what they are about, plain results, clean prototypes, and an
 * end in time. Each throws an error that says what does not hold.
 */
import {isDeepStrictEqual} from 'node:util';
import {isJobsError, type JobsError} from '../../src/errors';

/**
 * The bound for one call with an input of at most a megabyte: some twenty times what the slowest took where this was
 * written, so that a busy machine does not look like a hang.
 */
export const MOST_MS = 20_000;

/** What came of a call. */
export type Outcome<Value> = {readonly value: Value} | {readonly refusal: JobsError};

/** Calls, and lets pass nothing but a value or a refusal of the library. */
export function outcomeOf<Value>(call: () => Value): Outcome<Value> {
  const before = performance.now();
  let outcome: Outcome<Value>;
  try {
    outcome = {value: call()};
  } catch (thrown) {
    if (!isJobsError(thrown)) throw new Error(`Something foreign was thrown: ${print(thrown)}`, {cause: thrown});
    outcome = {refusal: thrown};
  }
  const tookMs = performance.now() - before;
  if (tookMs > MOST_MS) throw new Error(`The call took ${Math.round(tookMs)} ms.`);
  if ('refusal' in outcome) assertTelling(outcome.refusal);
  assertClean();
  return outcome;
}

function print(thrown: unknown): string {
  try {
    return String((thrown as {stack?: unknown} | null)?.stack ?? thrown);
  } catch {
    return 'something that cannot be printed';
  }
}

/** A refusal says in a sentence what it is about, and can be logged. */
export function assertTelling(refusal: Pick<JobsError, 'code' | 'message'> & {toJSON?: () => unknown}): void {
  const {code, message} = refusal;
  const isSentence = /^\S.{19,1199}$/s.test(message) && !/(?<!threw )\[object/.test(message);
  if (!isSentence) throw new Error(`${code} says too little: ${message}`);
  const json = JSON.stringify(refusal.toJSON?.() ?? refusal);
  if (!json.includes(code)) throw new Error(`${code} is lost in its JSON: ${json}`);
}

const SHARED: readonly (readonly [string, object])[] = [
  ['Object.prototype', Object.prototype],
  ['Array.prototype', Array.prototype],
  ['Function.prototype', Function.prototype],
  ['String.prototype', String.prototype],
  ['Error.prototype', Error.prototype],
];
const KEYS = SHARED.map(([, shared]) => Reflect.ownKeys(shared).length);

/** Nobody left anything behind in what all objects share. */
export function assertClean(): void {
  SHARED.forEach(([name, shared], index) => {
    if (Reflect.ownKeys(shared).length !== KEYS[index]) throw new Error(`${name} was polluted.`);
  });
}

/** A result is plain data: no prototypes but the usual ones, all the way down. */
export function assertPlain(value: unknown, path = 'result'): void {
  if (typeof value !== 'object' || value === null) {
    if (typeof value === 'function' || typeof value === 'symbol') throw new Error(`${path} is a ${typeof value}.`);
    return;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== (Array.isArray(value) ? Array.prototype : Object.prototype))
    throw new Error(`${path} has a prototype of its own.`);
  for (const key of Object.keys(value)) assertPlain((value as Record<string, unknown>)[key], `${path}.${key}`);
}

/** Two values are the same, all the way down. */
export function assertSame(actual: unknown, expected: unknown, what: string): void {
  if (isDeepStrictEqual(actual, expected)) return;
  throw new Error(`${what}: expected ${clip(JSON.stringify(expected))}, got ${clip(JSON.stringify(actual))}`);
}

function clip(text: string | undefined): string {
  return (text ?? 'nothing').slice(0, 1_000);
}
