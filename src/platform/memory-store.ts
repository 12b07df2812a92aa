/**
 * A store in memory, for tests and dry runs: `bind(globalThis, {store: 'memory'})`. Jobs live as long as the execution;
 * no service is called. Values are held to the limits of properties, so that a job which fits here fits there
 * (https://developers.google.com/apps-script/guides/services/quotas).
 */
import {utf8Bytes} from '../core/bytes';
import {STORE_BYTES} from '../core/limits';
import {jobsError} from '../errors';
import type {Identity, KeyValueStore, Mutex, Random, Triggers} from '../engine/ports';

/** What one bound host holds in memory; every set of its ports works on the same. */
export interface Memory {
  readonly values: Map<string, string>;
  /** Of keys and values. */
  bytes: number;
  lockHolder: object | null;
  owner: string | null;
}

const VALUE_BYTES = 9 * 1024;

/** An empty memory. */
export function emptyMemory(): Memory {
  return {values: new Map(), bytes: 0, lockHolder: null, owner: null};
}

/** The port over a memory. The messages are those of the service: what is done about them is told by their text. */
export function memoryStore(memory: Memory): KeyValueStore {
  const {values} = memory;
  const sizeOf = (key: string): number => {
    const value = values.get(key);
    return value === undefined ? 0 : utf8Bytes(key) + utf8Bytes(value);
  };
  return {
    readAll: () => Object.fromEntries(values),
    get: (key) => values.get(key) ?? null,
    set: (key, value) => {
      // Properties make text of whatever they are given.
      const text = String(value);
      const [keyBytes, textBytes] = [utf8Bytes(key), utf8Bytes(text)];
      if (textBytes > VALUE_BYTES) throw new Error('Argument too large: value');
      const bytes = memory.bytes - sizeOf(key) + keyBytes + textBytes;
      if (bytes > STORE_BYTES && bytes > memory.bytes)
        throw new Error('You have exceeded the property storage quota. Please remove some properties and try again.');
      values.set(key, text);
      memory.bytes = bytes;
    },
    remove: (key) => {
      memory.bytes -= sizeOf(key);
      values.delete(key);
    },
  };
}

/** An execution is alone with its memory, so that nobody waits: a lock that is held is refused at once. */
export function memoryMutex(memory: Memory): Mutex {
  const lock = {};
  return {
    tryAcquire: () => {
      memory.lockHolder ??= lock;
      return memory.lockHolder === lock;
    },
    release: () => {
      if (memory.lockHolder === lock) memory.lockHolder = null;
    },
  };
}

/** One user, as long as the execution lasts. */
export function memoryIdentity(memory: Memory, random: Random): Identity {
  const part = (): string => Math.floor(random.next() * 36 ** 6).toString(36);
  return {
    known: () => memory.owner,
    ensure: () => (memory.owner ??= `u${part()}${part()}`),
    forget: () => {
      memory.owner = null;
    },
  };
}

const PROBLEM =
  'Jobs in memory end with this execution, so no trigger was made and nothing continues the job by itself: call resume ' +
  'until it has ended.';

/** None: a trigger would start an execution that knows nothing of this one's memory. */
export function memoryTriggers(): Triggers {
  const refuse = (): never => {
    throw jobsError('TRIGGERS_UNAVAILABLE', PROBLEM);
  };
  return {
    problem: () => PROBLEM,
    createRecurring: refuse,
    createOneOff: refuse,
    list: () => [],
    remove: () => undefined,
  };
}
