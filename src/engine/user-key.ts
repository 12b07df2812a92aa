/**
 * The key of a user: which triggers he has, and what he used of the day's quotas. Written under the lock.
 *
 * The use never causes a write by itself here: it goes along when the triggers change. So it costs a job no call.
 */
import {isInstant, isObject, parseJson} from '../core/json';
import {isFinal, type Header} from '../core/header';
import {encodeHeader} from '../core/header-codec';
import {headerKey, parseKey, parseUserKey, userKey, type JobAddress} from '../core/keys';
import {WATCHDOG_MINUTES, WATCHDOG_PERIODS} from '../core/limits';
import {isWorthKeeping, useOfTuple, useTuple, type DayUse} from '../core/quota';
import {readHeader, readJob, type Snapshot} from '../core/stored-job';
import {remember} from '../core/transitions';
import type {Hold} from './hold';
import type {Ports} from './ports';

/** A one-off that brings another worker. */
export interface WorkerTrigger {
  readonly uid: string;
  readonly atMs: number;
}

/** The triggers of a user. */
export interface UserTriggers {
  readonly watchdog: string | null;
  readonly everyMinutes: number;
  /** Made by `install`: stays when nothing is open. */
  readonly isInstalled: boolean;
  readonly oneOff: string | null;
  readonly oneOffAtMs: number;
  readonly workers: readonly WorkerTrigger[];
}

/** All that a user's key holds. */
export interface UserEntry {
  readonly triggers: UserTriggers;
  readonly use: DayUse | null;
  /** Fields that a later version added: carried along, so that versions can alternate on one store. */
  readonly unknown: Readonly<Record<string, unknown>>;
}

export const NO_TRIGGERS: UserTriggers = {
  watchdog: null,
  everyMinutes: WATCHDOG_MINUTES,
  isInstalled: false,
  oneOff: null,
  oneOffAtMs: 0,
  workers: [],
};

const KNOWN = new Set(['w', 'm', 'i', 'o', 'a', 'k', 'u']);

/** The entry of an owner, as a snapshot tells it. */
export function readUserEntry(snapshot: Snapshot, owner: string): UserEntry {
  const raw = parseJson(snapshot[userKey(owner)] ?? '');
  if (!isObject(raw)) return {triggers: NO_TRIGGERS, use: rememberedUse(snapshot, owner), unknown: {}};
  const {w, m, i, o, a, k, u} = raw;
  return {
    triggers: {
      watchdog: typeof w === 'string' ? w : null,
      everyMinutes: typeof m === 'number' && WATCHDOG_PERIODS.includes(m) ? m : WATCHDOG_MINUTES,
      isInstalled: i === 1,
      oneOff: typeof o === 'string' ? o : null,
      oneOffAtMs: isInstant(a) ? a : 0,
      workers: Array.isArray(k) ? (k as readonly unknown[]).flatMap(workerOf) : [],
    },
    use: useOfTuple(u),
    unknown: Object.fromEntries(Object.entries(raw).filter(([field]) => !KNOWN.has(field))),
  };
}

function workerOf(raw: unknown): readonly WorkerTrigger[] {
  if (!Array.isArray(raw)) return [];
  const [uid, atMs] = raw as readonly unknown[];
  return typeof uid === 'string' && isInstant(atMs) ? [{uid, atMs}] : [];
}

/** Every trigger that a user's key names. */
export function idsOf({watchdog, oneOff, workers}: UserTriggers): readonly string[] {
  const standing = [watchdog, oneOff].filter((uid) => uid !== null);
  return [...standing, ...workers.map((worker) => worker.uid)];
}

/** The triggers of an owner, as a snapshot tells them. */
export function readUserTriggers(snapshot: Snapshot, owner: string): UserTriggers {
  return readUserEntry(snapshot, owner).triggers;
}

/**
 * Triggers that some user's key names, but one. Only this user's are visible to him; he may have two keys, if a script
 * cleared his properties and he became somebody else.
 */
export function namedTriggers(snapshot: Snapshot, exceptOwner: string | null = null): ReadonlySet<string> {
  const named = new Set<string>();
  for (const key of Object.keys(snapshot)) {
    const owner = parseUserKey(key);
    if (owner === null || owner === exceptOwner) continue;
    for (const uid of idsOf(readUserTriggers(snapshot, owner))) named.add(uid);
  }
  return named;
}

/** The stored text of an entry. */
export function encodeUserEntry({triggers, use, unknown}: UserEntry): string {
  const {watchdog, everyMinutes, isInstalled, oneOff, oneOffAtMs, workers} = triggers;
  const named = workers.length === 0 ? {} : {k: workers.map(({uid, atMs}) => [uid, atMs])};
  const fields = {w: watchdog, m: everyMinutes, i: isInstalled ? 1 : 0, o: oneOff, a: oneOffAtMs, ...named};
  return JSON.stringify({...fields, ...(use === null ? {} : {u: useTuple(use)}), ...unknown});
}

/** How often a user's watchdog looks, in milliseconds; `null` where there is none. */
export function tickMsOf({watchdog, everyMinutes}: UserTriggers): number | null {
  return watchdog === null ? null : everyMinutes * 60_000;
}

/** Writes a user's triggers, if they changed, and then the use with them. */
export function saveTriggers(ports: Ports, hold: Hold, owner: string, triggers: UserTriggers): void {
  const stored = readUserEntry(hold.snapshot, owner);
  if (hold.snapshot[userKey(owner)] === encodeUserEntry({...stored, triggers})) return;
  writeEntry(ports, hold, owner, {...stored, triggers});
}

/** Stores what came together since the key was last written, if that is much. A user without a key has none. */
export function saveUse(ports: Ports, hold: Hold, owner: string): void {
  if (hold.snapshot[userKey(owner)] === undefined || !ports.meter.isFull(ports.clock.nowMs())) return;
  writeEntry(ports, hold, owner, readUserEntry(hold.snapshot, owner));
}

/**
 * A user has no trigger any more: his key goes. What he used of the day is remembered with the job of his that ended
 * last, so that nothing stays that retention does not keep.
 */
export function dropTriggers(ports: Ports, hold: Hold, owner: string): void {
  if (hold.snapshot[userKey(owner)] === undefined) return;
  const stored = readUserEntry(hold.snapshot, owner);
  const use = ports.meter.total(stored.use, ports.clock.nowMs(), tickMsOf(stored.triggers));
  const last = use !== null && isWorthKeeping(use) ? lastEnded(hold.snapshot, owner) : null;
  if (use !== null && last !== null) hold.setState(headerKey(last.address), encodeHeader(remember(last.header, use)));
  hold.remove(userKey(owner));
}

interface OwnJob {
  readonly address: JobAddress;
  readonly header: Header;
}

function ownJobs(snapshot: Snapshot, owner: string): readonly OwnJob[] {
  const jobs: OwnJob[] = [];
  for (const key of Object.keys(snapshot)) {
    const address = key.endsWith('~h') ? parseKey(key) : null;
    const decoded = address === null ? null : readHeader(snapshot, address);
    if (address !== null && decoded?.kind === 'header' && decoded.header.owner === owner)
      jobs.push({address, header: decoded.header});
  }
  return jobs;
}

function lastEnded(snapshot: Snapshot, owner: string): OwnJob | null {
  const ended = ownJobs(snapshot, owner).filter(({header}) => isFinal(header));
  ended.sort((one, other) => other.header.updatedAtMs - one.header.updatedAtMs);
  // Damage stays as it is.
  return ended.find(({address}) => readJob(snapshot, address).kind !== 'corrupt') ?? null;
}

/** What a user without a key had used when his last one went. */
function rememberedUse(snapshot: Snapshot, owner: string): DayUse | null {
  return ownJobs(snapshot, owner).reduce<DayUse | null>(
    (latest, {header: {use}}) => (use !== null && use.tickedMs > (latest?.tickedMs ?? 0) ? use : latest),
    null,
  );
}

/** The use as of now is added to what is stored, whose ticks are those of the triggers that were there until now. */
function writeEntry(ports: Ports, hold: Hold, owner: string, entry: UserEntry): void {
  const {triggers} = readUserEntry(hold.snapshot, owner);
  const nowMs = ports.clock.nowMs();
  const {unsaved} = ports.meter;
  const use = ports.meter.total(entry.use, nowMs, tickMsOf(triggers));
  hold.setState(userKey(owner), encodeUserEntry({...entry, use}));
  ports.meter.saved(use, unsaved, nowMs);
}
