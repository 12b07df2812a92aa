/**
 * The current user's triggers: a watchdog while there is open work, and one one-off for speed.
 *
 * What exists stands in one key per user, written under the lock after creation. A trigger that no key names is a stray:
 * it does no harm when it fires, and the pass that it starts deletes it.
 */
import {userKey} from '../core/keys';
import {MAX_WORKERS, MIN_WAKE_UP_MS, WAKE_UP_LOST_MS} from '../core/limits';
import {describeThrown, jobsError} from '../errors';
import type {Hold} from './hold';
import {patiently} from './patience';
import type {Ports} from './ports';
import {
  dropTriggers,
  namedTriggers,
  NO_TRIGGERS,
  readUserTriggers,
  saveTriggers,
  type UserTriggers,
  type WorkerTrigger,
} from './user-key';

/** Refusals come in the user's language, so that they look as if they would pass; and the lock is held meanwhile. */
const TRIGGER_TRIES = 3;

/** Two plans for the next execution closer than this are one. */
const SAME_WAKE_UP_MS = 30_000;

/** Owners that have a watchdog have one that was seen in this execution: looking costs 300 ms, so once is enough. */
const seenWatchdogs = new Set<string>();

/** Executions that have planned a worker to go on for them. */
const succeeded = new Set<string>();

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
    const workers = stored.workers.filter(({uid, atMs}) => !firedTriggers.has(uid) && !this.isLost(atMs));
    this.triggers = {...stored, ...(hasFired ? {oneOff: null, oneOffAtMs: 0} : {}), workers};
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
    const isPending = oneOff !== null && !this.isLost(oneOffAtMs);
    if (isPending && oneOffAtMs <= dueMs + SAME_WAKE_UP_MS) return;
    const created = this.tryCreate(() => this.ports.triggers.createOneOff(dueMs - this.hold.nowMs));
    if (created === null) return;
    this.save({...this.triggers, oneOff: created, oneOffAtMs: dueMs});
    if (oneOff !== null) this.removeTriggers([oneOff]);
  }

  /** Sees to it that so many workers come about that time, beside those that are planned for later. */
  wakeWorkers(count: number, atMs: number): void {
    const dueMs = Math.max(atMs, this.hold.nowMs + MIN_WAKE_UP_MS);
    const isSoon = (worker: WorkerTrigger): boolean => worker.atMs <= dueMs + SAME_WAKE_UP_MS;
    for (let soon = this.triggers.workers.filter(isSoon).length; soon < count; soon++)
      if (!this.addWorker(dueMs)) return;
  }

  /** Plans the worker that goes on where an execution ends; once for each execution. */
  succeedAt(atMs: number, execution: string): void {
    if (succeeded.has(execution)) return;
    succeeded.add(execution);
    this.addWorker(Math.max(atMs, this.hold.nowMs + MIN_WAKE_UP_MS));
  }

  private addWorker(dueMs: number): boolean {
    // Triggers are 20 a user, and the host has some: what finds no place here is done by those that come, later.
    if (this.triggers.workers.length >= MAX_WORKERS) return false;
    const uid = this.tryCreate(() => this.ports.triggers.createOneOff(dueMs - this.hold.nowMs));
    if (uid !== null) this.save({...this.triggers, workers: [...this.triggers.workers, {uid, atMs: dueMs}]});
    return uid !== null;
  }

  private isLost(atMs: number): boolean {
    return atMs + WAKE_UP_LOST_MS <= this.hold.nowMs;
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
    if (!stored.isInstalled) {
      if (this.hold.snapshot[userKey(this.owner)] !== undefined || isStray) this.removeAll();
      return;
    }
    this.triggers = {...this.triggers, oneOff: null, oneOffAtMs: 0, workers: []};
    if (isStray || stored.oneOff !== null || stored.workers.length > 0) this.sweep();
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
    this.triggers = NO_TRIGGERS;
    dropTriggers(this.ports, this.hold, this.owner);
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
    saveTriggers(this.ports, this.hold, this.owner, triggers);
  }
}
