/**
 * One hold of the script lock, with the store as it was read under it: the only way to a change of state.
 *
 * D1 the store is read once, right after the lock is there; every decision in the hold rests on that reading, on the
 *    time just before it, and on the hold's own writes. D2 no handler runs inside. D3 a hold is never taken inside
 *    another: Apps Script locks do not nest, a second one would wait for itself. D4 a header is written before the lock
 *    is freed.
 */
import {utf8Bytes} from '../core/bytes';
import {BALLAST_KEY, DEFAULT_PREFIX, headerKey, isPrefix, parseKey, PREFIXES_KEY, type JobAddress} from '../core/keys';
import {parseJson} from '../core/json';
import {LOCK_WAIT_MS, STORE_BYTES} from '../core/limits';
import {serviceErrorKind} from '../core/service-error';
import type {Snapshot} from '../core/stored-job';
import {describeThrown, isJobsError, jobsError} from '../errors';
import {finishIntents} from './intents';
import {patiently} from './patience';
import type {StorePorts} from './ports';
import {retentionOf, type Retention} from './retention';
import {Usage} from './usage';

/** The store under the lock. */
export class Hold {
  private readonly values: Record<string, string>;
  readonly nowMs: number;
  private readonly ports: StorePorts;
  private counted: Usage | null = null;
  /** Keys by what those of one job have in common. */
  private keysByJob: Map<string, Set<string>> | null = null;
  private kept: Retention | null = null;

  constructor(ports: StorePorts) {
    this.ports = ports;
    // Before the store is read: should the reading take minutes, a lease that ran out meanwhile must not be judged by a
    // log that its owner, then still alive, has added to since.
    this.nowMs = ports.clock.nowMs();
    this.values = {...patiently(ports, () => ports.store.readAll())};
  }

  /** The store as it is now. */
  get snapshot(): Snapshot {
    return this.values;
  }

  /** Bytes in use now. */
  get usage(): Usage {
    return (this.counted ??= new Usage(this.values, prefixesIn(this.values)));
  }

  /** How long finished jobs are kept, and how much all jobs may use. */
  get retention(): Retention {
    return (this.kept ??= retentionOf(this.ports, this.values));
  }

  /** Writes a value; throws `STORE_FULL` or `STORE_UNAVAILABLE`. */
  set(key: string, value: string): void {
    if (this.values[key] === value) return;
    writeValue(this.ports, key, value);
    this.note(key, value);
  }

  /** Writes a change of state, for which the ballast is given up when the store is full. */
  setState(key: string, value: string): void {
    try {
      this.set(key, value);
    } catch (thrown) {
      if (!isJobsError(thrown) || thrown.code !== 'STORE_FULL' || this.values[BALLAST_KEY] === undefined) throw thrown;
      this.remove(BALLAST_KEY);
      this.set(key, value);
    }
  }

  remove(key: string): void {
    if (this.values[key] === undefined) return;
    patiently(this.ports, () => {
      this.ports.store.remove(key);
    });
    this.note(key, undefined);
  }

  private note(key: string, value: string | undefined): void {
    this.counted?.change(key, this.values[key], value);
    const own = this.keysByJob?.get(startOf(key));
    if (value === undefined) own?.delete(key);
    else if (own === undefined) this.keysByJob?.set(startOf(key), new Set([key]));
    else own.add(key);
    if (value === undefined) Reflect.deleteProperty(this.values, key);
    else this.values[key] = value;
    // The registry decides which keys are own.
    if (key === PREFIXES_KEY) this.counted = null;
  }

  /** All keys of a job. */
  keysOf(address: JobAddress): readonly string[] {
    this.keysByJob ??= keysByStart(Object.keys(this.values));
    return [...(this.keysByJob.get(startOf(headerKey(address))) ?? [])];
  }

  /** Every job of the prefixes in use, by its header. */
  jobs(): readonly JobAddress[] {
    return jobsIn(this.values, prefixesIn(this.values));
  }
}

/** What the keys of one job have in common. */
function startOf(key: string): string {
  return key.slice(0, key.lastIndexOf('~') + 1);
}

function keysByStart(keys: readonly string[]): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  for (const key of keys) {
    const own = found.get(startOf(key));
    if (own === undefined) found.set(startOf(key), new Set([key]));
    else own.add(key);
  }
  return found;
}

/** Writes one value outside or inside a hold; tells a full store from an unreachable one. */
export function writeValue(ports: StorePorts, key: string, value: string): void {
  try {
    patiently(ports, () => {
      ports.store.set(key, value);
    });
  } catch (thrown) {
    throw storeError(ports, key, value, thrown);
  }
}

/** Messages are localised, so whether the store is full is measured where the text does not say it. */
function storeError(ports: StorePorts, key: string, value: string, thrown: unknown): Error {
  const {message} = describeThrown(thrown);
  const bytes = utf8Bytes(key) + utf8Bytes(value);
  const isFull = serviceErrorKind(message) === 'full' || measure(ports) + bytes > STORE_BYTES;
  return isFull
    ? storeFull(bytes, 0, thrown)
    : jobsError('STORE_UNAVAILABLE', `The property store refused a write: ${message}`, {key, bytes}, thrown);
}

/** There is no room for so many bytes. */
export function storeFull(bytes: number, free: number, cause?: unknown): Error {
  const left = Math.max(0, free);
  return jobsError(
    'STORE_FULL',
    `The property store is full: ${bytes} bytes do not fit, and jobs may use ${left} more. Delete properties of the script.`,
    {bytes, freeBytes: left},
    cause,
  );
}

function measure(ports: StorePorts): number {
  try {
    return new Usage(ports.store.readAll(), []).totalBytes;
  } catch {
    return 0; // Unreachable, then: the error at hand says so.
  }
}

/**
 * Prefixes in use: the default one, those that stand in the registry, and those of headers that are there. The registry
 * is for what has no header yet; should somebody damage it, no job is lost.
 */
export function prefixesIn(snapshot: Snapshot): readonly string[] {
  const prefixes = new Set([DEFAULT_PREFIX, ...registeredPrefixes(snapshot)]);
  for (const key of Object.keys(snapshot)) {
    const parsed = key.endsWith('~h') ? parseKey(key) : null;
    if (parsed !== null) prefixes.add(parsed.prefix);
  }
  return [...prefixes];
}

/** What stands in the registry. */
export function registeredPrefixes(snapshot: Snapshot): readonly string[] {
  const raw = parseJson(snapshot[PREFIXES_KEY] ?? '[]');
  const entries = Array.isArray(raw) ? (raw as readonly unknown[]) : [];
  return entries.filter((entry): entry is string => typeof entry === 'string' && isPrefix(entry));
}

/** The jobs of some prefixes. */
export function jobsIn(snapshot: Snapshot, prefixes: readonly string[]): readonly JobAddress[] {
  const jobs: JobAddress[] = [];
  const wanted = new Set(prefixes);
  for (const key of Object.keys(snapshot)) {
    const parsed = parseKey(key);
    if (parsed !== null && parsed.part === 'h' && wanted.has(parsed.prefix))
      jobs.push({prefix: parsed.prefix, id: parsed.id});
  }
  return jobs;
}

let isHeld = false;

/** Runs `act` under the script lock; throws `LOCK_TIMEOUT` when it cannot be had. */
export function withHold<Result>(ports: StorePorts, act: (hold: Hold) => Result, waitMs = LOCK_WAIT_MS): Result {
  if (isHeld) throw new Error('A hold of the lock was taken inside another.');
  return locked(ports, waitMs, () => {
    const hold = new Hold(ports);
    finishIntents(hold);
    return act(hold);
  });
}

/**
 * Runs `act` while nobody else has the lock, without reading the store: inside a hold of this execution at once, else in
 * one of its own.
 */
export function underLock<Result>(ports: StorePorts, act: () => Result): Result {
  return isHeld ? act() : locked(ports, LOCK_WAIT_MS, act);
}

function locked<Result>(ports: StorePorts, waitMs: number, act: () => Result): Result {
  acquire(ports, waitMs);
  isHeld = true;
  try {
    return act();
  } finally {
    isHeld = false;
    release(ports);
  }
}

function acquire(ports: StorePorts, waitMs: number): void {
  let isAcquired: boolean;
  try {
    isAcquired = patiently(ports, () => ports.mutex.tryAcquire(waitMs));
  } catch (thrown) {
    // A service that fails and a lock that is busy come to the same: no state can be changed now.
    if (isJobsError(thrown)) throw thrown;
    throw lockTimeout(waitMs, thrown);
  }
  if (!isAcquired) throw lockTimeout(waitMs);
}

/** The lock is freed at the end of the execution in any case: a failed release must not hide what was done. */
function release(ports: StorePorts): void {
  try {
    patiently(ports, () => {
      ports.mutex.release();
    });
  } catch (thrown) {
    ports.log.line(`AST.Jobs: the lock could not be released: ${describeThrown(thrown).message}`);
  }
}

function lockTimeout(waitMs: number, cause?: unknown): Error {
  return jobsError(
    'LOCK_TIMEOUT',
    `The script lock was not free within ${waitMs} ms. Another execution holds it, or this script does: locks of Apps ` +
      'Script do not nest, so release yours before the call, or hand it over with bind(globalThis, {lock}).',
    {waitMs},
    cause,
  );
}
