/**
 * PropertiesService: the stores of all scopes, their limits and the daily quota.
 *
 * P1 keys and values are strings. P2 a refused write changes nothing, a bulk write neither.
 */
import type {Counters} from './counters';
import type {EventQueue} from './event-queue';
import {PropertyStore} from './property-store';
import {failure, recordArgument, scopeKey, textArgument, unknownMethod, value} from './service';
import type {Answer, Outcome, Service} from './service';
import type {DailyQuota, Limits, ServiceCall} from './types';

const DAY_MS = 86_400_000;

export interface PropertiesSettings {
  readonly limits: Limits;
  readonly dailyQuota: DailyQuota | null;
}

export class Properties implements Service {
  private readonly stores = new Map<string, PropertyStore>();
  private readonly usedToday = new Map<string, {sinceMs: number; operations: number}>();
  private readonly settings: PropertiesSettings;
  private readonly queue: EventQueue;
  private readonly countersOf: (call: ServiceCall) => readonly Counters[];

  constructor(settings: PropertiesSettings, queue: EventQueue, countersOf: (call: ServiceCall) => readonly Counters[]) {
    this.settings = settings;
    this.queue = queue;
    this.countersOf = countersOf;
  }

  store(scope: string): PropertyStore {
    const existing = this.stores.get(scope);
    if (existing !== undefined) return existing;
    const created = new PropertyStore();
    this.stores.set(scope, created);
    return created;
  }

  perform(call: ServiceCall, answer: Answer): void {
    const store = this.store(scopeKey(call));
    answer(this.quotaError(call, store) ?? this.apply(call, store));
  }

  private apply(call: ServiceCall, store: PropertyStore): Outcome {
    switch (call.method) {
      case 'getProperty': {
        const found = store.get(textArgument(call, 0));
        this.countBytes(call, found === null ? 0 : Buffer.byteLength(found), 0);
        return value(found);
      }
      case 'getProperties':
        this.countBytes(call, store.bytes, 0);
        return value(Object.fromEntries(store.copy()));
      case 'getKeys': {
        const keys = store.keys();
        this.countBytes(call, bytesOf(keys), 0);
        return value(keys);
      }
      case 'setProperty':
        return this.write(call, store, [[textArgument(call, 0), textArgument(call, 1)]]);
      case 'setProperties':
        return this.writeAll(call, store);
      case 'deleteProperty':
        store.delete(textArgument(call, 0));
        return value();
      case 'deleteAllProperties':
        store.clear();
        return value();
      default:
        return unknownMethod(call);
    }
  }

  private writeAll(call: ServiceCall, store: PropertyStore): Outcome {
    const entries = Object.entries(recordArgument(call, 0)).map(([key, text]) => [key, String(text)] as const);
    if (call.args[1] !== true) return this.write(call, store, entries);
    const outcome = this.write(call, new PropertyStore(), entries);
    if (outcome.kind === 'value') {
      store.clear();
      for (const [key, text] of entries) store.set(key, text);
    }
    return outcome;
  }

  private write(call: ServiceCall, store: PropertyStore, entries: readonly (readonly [string, string])[]): Outcome {
    const {valueBytes, storeBytes} = this.settings.limits;
    let growth = 0;
    for (const [key, text] of entries) {
      if (key === '') return failure('Invalid argument: key');
      if (Buffer.byteLength(text) > valueBytes) return failure('Argument too large: value');
      growth += store.growthBy(key, text);
    }
    // A store that is over its limit already (a test can plant that) still takes writes that make it no larger.
    if (growth > 0 && store.bytes + growth > storeBytes) {
      return failure('You have exceeded the property storage quota. Please remove some properties and try again.');
    }
    for (const [key, text] of entries) store.set(key, text);
    this.countBytes(call, 0, bytesOf(entries.flat()));
    return value();
  }

  private quotaError(call: ServiceCall, store: PropertyStore): Outcome | null {
    const quota = this.settings.dailyQuota;
    if (quota === null) return null;
    const {user} = call.execution;
    const nowMs = this.queue.nowMs;
    const known = this.usedToday.get(user);
    const used = known !== undefined && nowMs < known.sinceMs + DAY_MS ? known : {sinceMs: nowMs, operations: 0};
    this.usedToday.set(user, used);
    const operations = quota.bulk === 'one' ? 1 : operationsOf(call, store);
    if (used.operations + operations > quota.propertyOperations) {
      return failure('Service invoked too many times for one day: properties.');
    }
    used.operations += operations;
    return null;
  }

  private countBytes(call: ServiceCall, read: number, written: number): void {
    for (const counters of this.countersOf(call)) counters.countBytes(read, written);
  }
}

function operationsOf(call: ServiceCall, store: PropertyStore): number {
  switch (call.method) {
    case 'setProperties':
      return Math.max(1, Object.keys(recordArgument(call, 0)).length);
    case 'getProperties':
    case 'getKeys':
    case 'deleteAllProperties':
      return Math.max(1, store.count);
    default:
      return 1;
  }
}

function bytesOf(texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
}
