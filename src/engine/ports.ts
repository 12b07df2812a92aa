/**
 * What the engine needs from the world, and nothing more. `platform/` implements these over Apps Script; the contract
 * of each is numbered, and each number is a test in `test/contracts`.
 *
 * Every method may throw what the platform throws; the engine retries what is transient (`patience.ts`).
 */
import type {Snapshot} from '../core/stored-job';
import type {StorageBackend} from '../types';
import type {Meter} from './meter';

/** C1 `nowMs` never goes back within an execution by more than the clocks' error. C2 `startMs` is when it began. */
export interface Clock {
  nowMs(): number;
  readonly startMs: number;
  sleep(ms: number): void;
}

/** R1 numbers are in [0, 1) and independent between executions. */
export interface Random {
  next(): number;
}

/** The property store that holds the jobs. */
export interface KeyValueStore {
  /** K1 all keys and values at one moment, in one call; a copy, which later writes do not change. */
  readAll(): Snapshot;
  /** K2 what `set` returned from is what `get` reads, in this and in any later execution; `null` for a missing key. */
  get(key: string): string | null;
  /** K3 all of the value is stored or nothing of it; it never truncates. K4 throws when the store is full. */
  set(key: string, value: string): void;
  /** K5 deleting a missing key has no effect. */
  remove(key: string): void;
}

/** M1 one holder at a time in the whole world. M2 freed at the end or death of the execution. M3 does not nest. */
export interface Mutex {
  tryAcquire(timeoutMs: number): boolean;
  release(): void;
}

/** The current user's triggers of the dispatcher. T1 touches no other trigger. */
export interface Triggers {
  /** T2 why no trigger can be made here, in plain words; `null` when one can be tried. */
  problem(): string | null;
  /** T3 returns the unique id of a trigger that exists from then on. */
  createRecurring(everyMinutes: number): string;
  createOneOff(delayMs: number): string;
  /** T4 ids of those that exist, fired one-offs among them. */
  list(): readonly string[];
  /** T5 ids that no longer exist have no effect. */
  remove(ids: readonly string[]): void;
}

/** The host's functions. */
export interface Handlers {
  /** H1 the function of that name, or `null`. */
  find(name: string): ((context: unknown) => unknown) | null;
}

/** The reader of YAML, which a host adds or not. */
export interface Yaml {
  /** Y1 what reads a text, and throws an error with the place where it cannot; `null` where the host has none. */
  find(): ((text: string) => unknown) | null;
}

/** U1 the same random id for a user at every execution; different users have different ones. */
export interface Identity {
  /** `null` when this user never had one. */
  known(): string | null;
  /** Makes one where there is none; only under the lock, so that it is made once. */
  ensure(): string;
  /** Deletes it. */
  forget(): void;
}

/** More executions that work at once, beside this one. */
export interface Starter {
  /**
   * Asks for so many executions of the dispatcher, and returns how many are known to have begun: from 0 to `count`.
   * X1 never throws. X2 the caller goes on within seconds; it never waits for the work of those it started.
   */
  start(count: number): number;
}

/** Ways to people. W1 returns once the service has taken the message, throws where it did not, or where there is no service. */
export interface Messenger {
  mail(to: string, subject: string, body: string): void;
  /** W2 a JSON text; an answer of 400 or above throws. */
  post(url: string, json: string): void;
}

/** L1 never throws. */
export interface Log {
  line(text: string): void;
}

/** A text that a backend has. */
export interface StoredText {
  readonly locator: string;
  readonly name: string;
  /** In UTF-8. */
  readonly bytes: number;
  /** When it was written; `null` where nobody knows. */
  readonly atMs: number | null;
}

export type BackendKind = StorageBackend;

/**
 * Where texts lie that outlive an execution. B1 all of a text is stored or nothing of it can be read, wherever its
 * writer dies. B2 `read` gives the very text of the `write` that returned the locator, in any later execution, or `null`
 * where it is gone; where a name is written again, what the older locator reads is its own text, the newer one, or
 * nothing. B3 a locator that this backend could not have made throws `REFERENCE_INVALID`, one of another place
 * `REFERENCE_FOREIGN`, and neither reads nor deletes anything. B4 names have 1 to 200 letters, digits and `_ . : ~ -`,
 * others are refused. B5 `list` has all texts whose name begins so, except in the cache, which cannot be listed. B6 what
 * fails for a moment is tried again here; what cannot be reached throws `BACKEND_UNAVAILABLE`. B7 may be called inside a
 * hold and outside, except properties, which takes a hold for `write` and `remove`.
 */
export interface Backend {
  readonly kind: BackendKind;
  /** The longest text, in UTF-8 bytes; a longer one throws `VALUE_TOO_LARGE`. */
  readonly maxBytes: number;
  /** Returns the locator. `ttlMs` is for the cache alone. */
  write(name: string, text: string, ttlMs?: number): string;
  read(locator: string): string | null;
  /** Whether there was something. */
  remove(locator: string): boolean;
  list(namePrefix: string): readonly StoredText[];
}

/** The backends that the host handed over; properties are there always. */
export type Backends = {readonly [Kind in BackendKind]?: Backend} & {readonly properties: Backend};

/** F1 the host's own object for a file's bytes, where it has one; else a plain object with the same. */
export interface Blobs {
  make(bytes: readonly number[], mime: string | null, name: string | null): unknown;
}

/** What is needed to change the store. */
export type StorePorts = Pick<Ports, 'clock' | 'random' | 'store' | 'mutex' | 'log' | 'settings'>;

/** What `configure` set in this execution, by canonical key: no port of the platform, the engine brings it along. */
export interface Settings {
  text(key: string): string | undefined;
}

/** All of them. */
export interface Ports {
  readonly clock: Clock;
  readonly random: Random;
  readonly store: KeyValueStore;
  readonly mutex: Mutex;
  readonly triggers: Triggers;
  readonly handlers: Handlers;
  readonly yaml: Yaml;
  readonly messenger: Messenger;
  readonly identity: Identity;
  readonly log: Log;
  /** `null` where the host handed no way over: only triggers start executions then. */
  readonly starter: Starter | null;
  readonly blobs: Blobs;
  readonly backends: Backends;
  /** The lasting backend for what is too large for properties: Drive before the sheet, `null` where neither is there. */
  readonly archive: Backend | null;
  /** What this execution uses of the day's quotas: one for all hosts of the execution. */
  readonly meter: Meter;
  /** Without it nothing was configured. */
  readonly settings?: Settings;
}
