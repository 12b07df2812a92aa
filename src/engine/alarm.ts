/**
 * The current user's triggers: a watchdog while there is open work, and one one-off for speed.
 *
 * What exists stands in one key per user, written under the lock after creation. A trigger that no key names is a stray:
 * it does no harm when it fires, and the pass that it starts deletes it.
 */
import {isInstant, isObject, parseJson} from '../core/json';
import {parseUserKey, userKey} from '../core/keys';
import {MIN_WAKE_UP_MS, WAKE_UP_LOST_MS, WATCHDOG_MINUTES, WATCHDOG_PERIODS} from '../core/limits';
import type {Snapshot} from '../core/stored-job';
import {describeThrown, jobsError} from '../errors';
import type {Hold} from './hold';
import {patiently} from './patience';
import type {Ports} from './ports';

/** What a user's key holds. */
export interface UserTriggers {
  readonly watchdog: string | null;
  readonly everyMinutes: number;
  /** Made by `install`: stays when nothing is open. */
  readonly isInstalled: boolean;
  readonly oneOff: string | null;
  readonly oneOffAtMs: number;
}

const NONE: UserTriggers = {
  watchdog: null,
  everyMinutes: WATCHDOG_MINUTES,
  isInstalled: false,
  oneOff: null,
  oneOffAtMs: 0,
};

/** Refusals come in the user's language, so that they look as if they would pass; and the lock is held meanwhile. */
const TRIGGER_TRIES = 3;

/** Two plans for the next execution closer than this are one. */
const SAME_WAKE_UP_MS = 30_000;

/** The triggers of an owner, as a snapshot tells them. */
export function readUserTriggers(snapshot: Snapshot, owner: string): UserTriggers {
  const raw = parseJson(snapshot[userKey(owner)] ?? '');
  if (!isObject(raw)) return NONE;
  const {w, m, i, o, a} = raw;
  return {
    watchdog: typeof w === 'string' ? w : null,
    everyMinutes: typeof m === 'number' && WATCHDOG_PERIODS.includes(m) ? m : WATCHDOG_MINUTES,
    isInstalled: i === 1,
    oneOff: typeof o === 'string' ? o : null,
    oneOffAtMs: isInstant(a) ? a : 0,
  };
}

/**
 * Triggers that some user's key names, but one. Only this user's are visible to him; he may have two keys, if a script
 * cleared his properties and he became somebody else.
 */
function namedTriggers(snapshot: Snapshot, exceptOwner: string | null = null): ReadonlySet<string> {
  const named = new Set<string>();
  for (const key of Object.keys(snapshot)) {
    const owner = parseUserKey(key);
    if (owner === null || owner === exceptOwner) continue;
    const {watchdog, oneOff} = readUserTriggers(snapshot, owner);
    if (watchdog !== null) named.add(watchdog);
    if (oneOff !== null) named.add(oneOff);
  }
  return named;
}

/** Owners that have a watchdog have one that was seen in this execution: looking costs 300 ms, so once is enough. */
const seenWatchdogs = new Set<string>();

/** Triggers that called this execution: a one-off among them plans nothing any more. */
const firedTriggers = new Set<string>();

/** This execution was called by the trigger of that id. */
export function noteFiredTrigger(uid: string): void {
  firedTriggers.add(uid);
  seenWatchdogs.add(uid);
}

export class Alarm {
  private triggers: UserTriggers;
  private readonly ports: Ports;
  private readonly hold: Hold;
  private readonly owner: string;

  constructor(ports: Ports, hold: Hold, owner: string) {
    this.ports = ports;
    this.hold = hold;
    this.owner = owner;
    const stored = readUserTriggers(hold.snapshot, owner);
    const hasFired = stored.oneOff !== null && firedTriggers.has(stored.oneOff);
    this.triggers = hasFired ? {...stored, oneOff: null, oneOffAtMs: 0} : stored;
  }

  /** Sees to it that the watchdog exists; before work starts or a job is accepted. */
  ensureWatchdog(everyMinutes = this.triggers.everyMinutes, isInstalled = this.triggers.isInstalled): void {
    const {watchdog} = this.triggers;
    if (watchdog !== null && everyMinutes === this.triggers.everyMinutes && this.exists(watchdog)) {
      if (isInstalled !== this.triggers.isInstalled) this.save({...this.triggers, isInstalled});
      return;
    }
    const created = this.create(() => this.ports.triggers.createRecurring(everyMinutes));
    seenWatchdogs.add(created);
    this.save({...this.triggers, watchdog: created, everyMinutes, isInstalled});
    if (watchdog !== null) this.removeTriggers([watchdog]);
  }

  /** Sees to it that an execution is planned for about that time, where one can be planned. */
  wakeAt(atMs: number): void {
    const dueMs = Math.max(atMs, this.hold.nowMs + MIN_WAKE_UP_MS);
    const {oneOff, oneOffAtMs} = this.triggers;
    const isPending = oneOff !== null && oneOffAtMs + WAKE_UP_LOST_MS > this.hold.nowMs;
    if (isPending && oneOffAtMs <= dueMs + SAME_WAKE_UP_MS) return;
    const created = this.tryCreate(() => this.ports.triggers.createOneOff(dueMs - this.hold.nowMs));
    if (created === null) return;
    this.save({...this.triggers, oneOff: created, oneOffAtMs: dueMs});
    if (oneOff !== null) this.removeTriggers([oneOff]);
  }

  get watchdog(): string | null {
    return this.triggers.watchdog;
  }

  get everyMinutes(): number {
    return this.triggers.everyMinutes;
  }

  /** Deletes fired one-offs and strays, and makes the watchdog anew where somebody deleted it. */
  sweep(): void {
    this.discard(this.inspect());
  }

  /** The triggers that exist, the watchdog among them: it is made anew where somebody deleted it. */
  inspect(): readonly string[] {
    const existing = this.list();
    const {watchdog} = this.triggers;
    if (watchdog === null || !existing.includes(watchdog)) {
      this.replaceWatchdog();
      this.save(this.triggers);
    }
    return existing;
  }

  /** Deletes those of some triggers that no key names, fired one-offs among them. */
  discard(existing: readonly string[]): void {
    this.save(this.triggers);
    const named = namedTriggers(this.hold.snapshot);
    this.removeTriggers(existing.filter((uid) => !named.has(uid)));
  }

  /**
   * Nothing is open. Looks at the triggers only where there is something to delete: a one-off, a stray that called this
   * execution, or the watchdog, if it was not installed.
   */
  disarm(firedUid: string | null): void {
    const stored = readUserTriggers(this.hold.snapshot, this.owner);
    const isStray = firedUid !== null && firedUid !== stored.watchdog;
    const hasKey = this.hold.snapshot[userKey(this.owner)] !== undefined;
    if (!stored.isInstalled) {
      if (hasKey || isStray) this.removeAll();
      return;
    }
    this.triggers = {...this.triggers, oneOff: null, oneOffAtMs: 0};
    if (isStray || stored.oneOff !== null) this.sweep();
  }

  /**
   * Deletes every trigger of the dispatcher; returns how many there were. One-offs go first, then the key, the watchdog
   * last, so that a kill in between leaves a stray that tidies up.
   */
  removeAll(): number {
    const existing = this.list();
    const {watchdog} = this.triggers;
    const others = namedTriggers(this.hold.snapshot, this.owner);
    const own = existing.filter((uid) => !others.has(uid));
    // What cannot be deleted now is deleted by a later tick: so the watchdog stays until everything else is gone.
    if (!this.removeTriggers(own.filter((uid) => uid !== watchdog))) return 0;
    this.triggers = NONE;
    this.hold.remove(userKey(this.owner));
    if (watchdog !== null && existing.includes(watchdog)) this.removeTriggers([watchdog]);
    return own.length;
  }

  private replaceWatchdog(): void {
    const created = this.tryCreate(() => this.ports.triggers.createRecurring(this.triggers.everyMinutes));
    this.triggers = {...this.triggers, watchdog: created};
    if (created !== null) seenWatchdogs.add(created);
  }

  private exists(watchdog: string): boolean {
    if (seenWatchdogs.has(watchdog)) return true;
    try {
      const existing = patiently(this.ports, () => this.ports.triggers.list(), TRIGGER_TRIES);
      if (existing.includes(watchdog)) seenWatchdogs.add(watchdog);
      return existing.includes(watchdog);
    } catch {
      return true; // Not allowed to look, as in onEdit: the key is the best knowledge there is.
    }
  }

  private create(make: () => string): string {
    try {
      return patiently(this.ports, make, TRIGGER_TRIES);
    } catch (thrown) {
      const {message} = describeThrown(thrown);
      throw jobsError(
        'TRIGGERS_UNAVAILABLE',
        `No trigger could be made, so nothing would continue the job: ${message} Call AST.Jobs.install() once from the ` +
          'editor, which asks for the scope https://www.googleapis.com/auth/script.scriptapp; delete triggers where 20 ' +
          'are used up; or pass options.autoResume: false and call resume yourself.',
        {scope: 'https://www.googleapis.com/auth/script.scriptapp'},
        thrown,
      );
    }
  }

  /** For what only makes things faster: without it the watchdog does the work, later. */
  private tryCreate(make: () => string): string | null {
    try {
      return patiently(this.ports, make, TRIGGER_TRIES);
    } catch (thrown) {
      this.ports.log.line(`AST.Jobs: no trigger could be made: ${describeThrown(thrown).message}`);
      return null;
    }
  }

  private list(): readonly string[] {
    return patiently(this.ports, () => this.ports.triggers.list(), TRIGGER_TRIES);
  }

  private removeTriggers(ids: readonly string[]): boolean {
    if (ids.length === 0) return true;
    try {
      patiently(
        this.ports,
        () => {
          this.ports.triggers.remove(ids);
        },
        TRIGGER_TRIES,
      );
      return true;
    } catch (thrown) {
      this.ports.log.line(`AST.Jobs: a trigger could not be deleted: ${describeThrown(thrown).message}`);
      return false;
    }
  }

  private save(triggers: UserTriggers): void {
    this.triggers = triggers;
    const {watchdog, everyMinutes, isInstalled, oneOff, oneOffAtMs} = triggers;
    const fields = {w: watchdog, m: everyMinutes, i: isInstalled ? 1 : 0, o: oneOff, a: oneOffAtMs};
    this.hold.setState(userKey(this.owner), JSON.stringify(fields));
  }
}
