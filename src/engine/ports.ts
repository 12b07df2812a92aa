/**
 * What the engine needs from the world, and nothing more. `platform/` implements these over Apps Script; the contract
 * of each is numbered, and each number is a test in `test/contracts`.
 *
 * Every method may throw what the platform throws; the engine retries what is transient (`patience.ts`).
 */
import type {Snapshot} from '../core/stored-job';

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

/** U1 the same random id for a user at every execution; different users have different ones. */
export interface Identity {
  /** `null` when this user never had one. */
  known(): string | null;
  /** Makes one where there is none; only under the lock, so that it is made once. */
  ensure(): string;
  /** Deletes it. */
  forget(): void;
}

/** L1 never throws. */
export interface Log {
  line(text: string): void;
}

/** All of them. */
export interface Ports {
  readonly clock: Clock;
  readonly random: Random;
  readonly store: KeyValueStore;
  readonly mutex: Mutex;
  readonly triggers: Triggers;
  readonly handlers: Handlers;
  readonly identity: Identity;
  readonly log: Log;
}
