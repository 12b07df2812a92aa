/**
 * CacheService: entries that end at their time-to-live, are pushed out by newer ones, and that a test may evict at any
 * time, since Google promises nothing about them.
 */
import type {EventQueue} from './event-queue';
import {failure, numberArgument, recordArgument, scopeKey, textArgument, unknownMethod, value} from './service';
import type {Answer, Outcome, Service} from './service';
import type {ServiceCall} from './types';

const MAX_KEY_CHARACTERS = 250;
const MAX_VALUE_BYTES = 102_400;
const MAX_ENTRIES = 1_000;
const DEFAULT_TTL_SECONDS = 600;
const MAX_TTL_SECONDS = 21_600;

interface Entry {
  readonly text: string;
  readonly untilMs: number;
}

export class Cache implements Service {
  private readonly stores = new Map<string, Map<string, Entry>>();
  private readonly queue: EventQueue;
  private readonly isEvicted: (key: string) => boolean;

  /** `isEvicted` is asked at each read of an entry. */
  constructor(queue: EventQueue, isEvicted: (key: string) => boolean) {
    this.queue = queue;
    this.isEvicted = isEvicted;
  }

  clear(): void {
    this.stores.clear();
  }

  perform(call: ServiceCall, answer: Answer): void {
    const scope = `${scopeKey(call)} ${call.store ?? ''}`;
    const store = this.stores.get(scope) ?? new Map<string, Entry>();
    this.stores.set(scope, store);
    answer(this.apply(call, store));
  }

  private apply(call: ServiceCall, store: Map<string, Entry>): Outcome {
    switch (call.method) {
      case 'get':
        return value(this.read(store, textArgument(call, 0)));
      case 'getAll': {
        const found = listArgument(call, 0).map((key) => [key, this.read(store, key)] as const);
        return value(Object.fromEntries(found.filter(([, text]) => text !== null)));
      }
      case 'put':
        return this.write(store, [[textArgument(call, 0), textArgument(call, 1)]], numberArgument(call, 2));
      case 'putAll': {
        const entries = Object.entries(recordArgument(call, 0)).map(([key, text]) => [key, String(text)] as const);
        return this.write(store, entries, numberArgument(call, 1));
      }
      case 'remove':
        store.delete(textArgument(call, 0));
        return value();
      case 'removeAll':
        for (const key of listArgument(call, 0)) store.delete(key);
        return value();
      default:
        return unknownMethod(call);
    }
  }

  private read(store: Map<string, Entry>, key: string): string | null {
    const entry = store.get(key);
    if (entry === undefined) return null;
    if (entry.untilMs > this.queue.nowMs && !this.isEvicted(key)) return entry.text;
    store.delete(key);
    return null;
  }

  private write(
    store: Map<string, Entry>,
    entries: readonly (readonly [string, string])[],
    ttlSeconds: number,
  ): Outcome {
    if (entries.some(([key]) => key.length > MAX_KEY_CHARACTERS)) return failure('Argument too large: key');
    if (entries.some(([, text]) => Buffer.byteLength(text) > MAX_VALUE_BYTES)) {
      return failure('Argument too large: value');
    }
    const lifeSeconds = Number.isFinite(ttlSeconds) && ttlSeconds > 0 ? ttlSeconds : DEFAULT_TTL_SECONDS;
    const untilMs = this.queue.nowMs + Math.min(lifeSeconds, MAX_TTL_SECONDS) * 1000;
    for (const [key, text] of entries) {
      store.delete(key);
      store.set(key, {text, untilMs});
    }
    if (store.size > MAX_ENTRIES) dropOldest(store);
    return value();
  }
}

/** A full cache loses a tenth of its entries, the oldest first, whether or not they were read since. */
function dropOldest(store: Map<string, Entry>): void {
  const surplus = store.size - MAX_ENTRIES * 0.9;
  for (const key of [...store.keys()].slice(0, surplus)) store.delete(key);
}

function listArgument(call: ServiceCall, index: number): readonly string[] {
  const argument = call.args[index];
  return Array.isArray(argument) ? argument.map(String) : [];
}
