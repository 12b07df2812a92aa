/**
 * The dispatcher: what a trigger calls. Runs this user's due jobs one after the other while the execution has time,
 * and leaves the next wake-up behind. It runs no other user's jobs, throws for no failed job, and writes one line to
 * the log.
 *
 * One hold of the lock settles the job that ran and claims the next; the hold that finds none arms or disarms triggers.
 */
import {isFinal, isLeased, waitsForUser, type Header} from '../core/header';
import {parseUserKey} from '../core/keys';
import {ARCHIVE_SWEEP_UNTIL_MS, MAX_CLAIMS_PER_PASS} from '../core/limits';
import {byPriority} from '../core/priority';
import type {QuotaLimits} from '../core/quota';
import {readHeader, readJob, type Snapshot, type StoredJob} from '../core/stored-job';
import {describeThrown, isJobsError} from '../errors';
import type {WorkResult} from '../types';
import {Alarm, noteFiredTrigger} from './alarm';
import {isArchiveDue, sweepArchive} from './archive-sweep';
import {findAttention, leavesAttention, type Postponed} from './attention';
import {claimJob, deathWatchAtMs, dueAtMs, wakeUpAtMs, type ClaimResult, type Owned} from './claim';
import {quotaLimitsIn} from './config';
import {isBlocked} from './dependencies';
import {tellEvents} from './events';
import {fireDue} from './firing';
import type {Hold} from './hold';
import type {Ports} from './ports';
import {postponeJob, quotaWaitMs, saveRefusal} from './quota';
import {makeRoom, missingBytes, sweepStore} from './room';
import {runOwned, type RunEnd} from './runner';
import {watchOf} from './schedule-store';
import {holdToSettle, type Settlement, type Turn} from './settle';
import {idsOf, readUserTriggers, saveUse} from './user-key';
import {callWorkers, mayGrow, startCalled} from './workers';

type JobLine = WorkResult['jobs'][number];

/** One pass of the dispatcher. */
export class Pass {
  private readonly ports: Ports;
  private readonly by: string;
  private readonly firedUid: string | null;
  private readonly lines: JobLine[] = [];
  private readonly tried = new Set<string>();
  private readonly damaged = new Set<string>();
  /** Schedules whose firing came to nothing in this pass. */
  private readonly misfired = new Set<string>();
  private owner: string | null = null;
  private open = 0;
  private areTriggersSecured = false;
  private isArchiveDue = false;
  private postponed: Postponed | null = null;
  /** Triggers that were seen and not yet sorted. */
  private seen: readonly string[] = [];
  /** Whether a handler ran in this execution. */
  hasRun: boolean;

  private readonly limitsOf: (snapshot: Snapshot) => QuotaLimits;

  /** `hasRun`: whether a handler ran in this execution before. `limitsOf`: the day's limits. */
  constructor(ports: Ports, by: string, event: unknown, hasRun: boolean, limitsOf = quotaLimitsIn) {
    this.ports = ports;
    this.limitsOf = limitsOf;
    this.by = by;
    this.firedUid = triggerUidOf(event);
    if (this.firedUid !== null) {
      noteFiredTrigger(this.firedUid);
      ports.meter.noteTrigger();
    }
    this.hasRun = hasRun;
  }

  /** Never throws: an exception would mail the owner at every tick. */
  run(): WorkResult {
    let result: WorkResult;
    try {
      const end = this.loop();
      result = {jobs: this.lines, open: this.open, end};
    } catch (thrown) {
      result = {jobs: this.lines, open: this.open, end: 'error', error: describeThrown(thrown).message};
      saveRefusal(this.ports, this.owner);
    }
    this.ports.log.line(logLine(result));
    return result;
  }

  private findAttention(hold: Hold): boolean {
    const {owner, postponed, ports} = this;
    return findAttention(hold, {owner, startMs: ports.clock.startMs}, postponed);
  }

  private loop(): 'idle' | 'open' {
    let turn: Turn | null = null;
    let isTelling = false;
    for (let claims = 0; claims < MAX_CLAIMS_PER_PASS; claims++) {
      const before: Turn | null = turn;
      const next: {owned: Owned; snapshot: Snapshot} | null = holdToSettle(this.ports, before, (hold, settled) => {
        this.noteTurn(hold, before, settled);
        fireDue(this.ports, hold, this.owner, this.misfired);
        const owned = this.claimNext(hold);
        isTelling = owned === null && this.findAttention(hold);
        if (owned === null && !isTelling) this.windUp(hold);
        return owned === null ? null : {owned, snapshot: hold.snapshot};
      });
      startCalled(this.ports);
      if (next === null) break;
      turn = {owned: next.owned, end: runOwned(this.ports, next.owned, next.snapshot)};
      this.hasRun = true;
    }
    if (isTelling)
      tellEvents(this.ports, (hold) => {
        this.windUp(hold);
      });
    if (this.isArchiveDue) this.sweepArchive();
    return this.open === 0 ? 'idle' : 'open';
  }

  /** With the lock free: it takes as long as the archive takes, and is done when the execution has nothing else to do. */
  private sweepArchive(): void {
    try {
      sweepArchive(this.ports, this.ports.clock.startMs + ARCHIVE_SWEEP_UNTIL_MS);
    } catch (thrown) {
      this.ports.log.line(`AST.Jobs: the archive could not be swept: ${describeThrown(thrown).message}`);
    }
  }

  private noteTurn(hold: Hold, turn: Turn | null, settled: Settlement): void {
    this.owner ??= ownerOfPass(this.ports, hold.snapshot, this.firedUid);
    if (turn === null) return;
    const {owned, end} = turn;
    // One that paused for the budget has had its share; one of several workers takes the next share.
    if (end.kind === 'share') this.tried.delete(owned.job.header.id);
    const {id, name} = owned.job.header;
    const status = settled === 'lost' ? 'lost' : describeEnd(end);
    this.lines.push({id, name, status, steps: end.kind === 'lost' ? 0 : end.rest.calls});
  }

  /** The first due job of this user. */
  private claimNext(hold: Hold): Owned | null {
    // What was ended here may be what a job before it has waited for.
    for (let hasEnded = true; hasEnded;) {
      hasEnded = false;
      const result = this.claimOne(hold, () => (hasEnded = true));
      if (result !== null) return result;
    }
    return null;
  }

  private claimOne(hold: Hold, noteEnd: () => void): Owned | null {
    for (const {address, header} of openJobs(hold, this.owner)) {
      const dueMs = dueAtMs(header, hold.nowMs);
      if (dueMs === null || dueMs > hold.nowMs || this.tried.has(address.id)) continue;
      if (isBlocked(hold.snapshot, address, header)) continue;
      if (!makeRoom(hold, missingBytes(header, this.ports.archive))) continue;
      const reading = readJob(hold.snapshot, address);
      if (reading.kind !== 'job') {
        this.lines.push({id: address.id, name: header.name, status: `damaged: ${describeReading(reading)}`, steps: 0});
        this.tried.add(address.id);
        this.damaged.add(address.id);
        continue;
      }
      this.tried.add(address.id);
      this.secureTriggers(hold);
      const result = this.tryClaim(hold, reading.job);
      if (result?.kind === 'ended') noteEnd();
      if (result?.kind === 'owned') {
        callWorkers(this.ports, hold, result.owned.job, result.owned.alarmOwner);
        this.discardTriggers(hold);
        return result.owned;
      }
    }
    return null;
  }

  /** A claim that does not fit into the store leaves the other jobs their turn. */
  private tryClaim(hold: Hold, job: StoredJob): ClaimResult | null {
    const {header} = job;
    try {
      if (this.postpones(hold, job)) return null;
      return claimJob(this.ports, hold, job, {
        by: this.by,
        budgetFromMs: this.ports.clock.startMs,
        maxRuntimeMs: header.options.maxRuntimeMs,
        isForced: false,
        isFirstInExecution: !this.hasRun,
        user: this.ports.triggers.problem() === null ? this.owner : null,
      });
    } catch (thrown) {
      // A service that is gone is gone for all of them.
      if (isJobsError(thrown) && thrown.code !== 'STORE_FULL') throw thrown;
      const why = isJobsError(thrown) ? 'store' : describeThrown(thrown).message;
      this.lines.push({id: header.id, name: header.name, status: `not claimed: ${why}`, steps: 0});
      return null;
    }
  }

  /** Where a limit of the day is near, a job waits for the next one. */
  private postpones(hold: Hold, job: StoredJob): boolean {
    if (this.firedUid === null) return false;
    const untilMs = quotaWaitMs(this.ports, hold, job.header, this.limitsOf(hold.snapshot));
    if (untilMs === null) return false;
    postponeJob(this.ports, hold, job, untilMs);
    this.postponed ??= {header: job.header, untilMs};
    this.lines.push({id: job.header.id, name: job.header.name, status: 'not claimed: quota', steps: 0});
    return true;
  }

  /** Before any work: the wake-up that continues it exists, even where somebody deleted triggers by hand. */
  private secureTriggers(hold: Hold): void {
    if (this.areTriggersSecured || this.owner === null || this.ports.triggers.problem() !== null) return;
    this.areTriggersSecured = true;
    const alarm = new Alarm(this.ports, hold, this.owner);
    // A watchdog that called this execution is there, and left nothing to delete.
    if (this.firedUid === null || this.firedUid !== alarm.watchdog) this.seen = alarm.inspect();
  }

  /** After the next execution was planned, so that one write of the user's key does for both. */
  private discardTriggers(hold: Hold): void {
    if (this.owner === null || this.seen.length === 0) return;
    new Alarm(this.ports, hold, this.owner).discard(this.seen);
    this.seen = [];
  }

  /** Nothing more to run in this execution: plan the next one, or remove the last trigger. */
  private windUp(hold: Hold): void {
    const jobs = openJobs(hold, this.owner);
    this.open = jobs.length + newerJobs(hold);
    const isSwept = !sweepStore(hold);
    const isUntidy = leavesAttention(hold, this.owner) || !isSwept;
    this.isArchiveDue = isArchiveDue(this.ports, hold);
    if (this.ports.triggers.problem() !== null) return;
    if (this.owner !== null) {
      this.arrangeTriggers(hold, this.owner, jobs, isUntidy);
      saveUse(this.ports, hold, this.owner);
    } else if (this.firedUid !== null) new Alarm(this.ports, hold, '').removeAll();
  }

  private arrangeTriggers(hold: Hold, owner: string, jobs: readonly OpenJob[], isUntidy: boolean): void {
    const alarm = new Alarm(this.ports, hold, owner);
    const watch = watchOf(hold.snapshot, owner);
    const needsWatchdog =
      isUntidy || watch.isOpen || this.open > jobs.length || jobs.some(({header}) => isAutomatic(header));
    if (!needsWatchdog) {
      alarm.disarm(this.areTriggersSecured ? null : this.firedUid);
      return;
    }
    const readable = jobs.filter((job) => !this.damaged.has(job.address.id));
    const looks = [watch.nextAtMs, ...readable.map((job) => nextLookAtMs(hold, job))];
    const dues = looks.filter((dueMs) => dueMs !== null);
    for (const {address, header} of readable) {
      const reading = isAutomatic(header) && mayGrow(header, hold.nowMs) ? readJob(hold.snapshot, address) : null;
      if (reading?.kind === 'job') callWorkers(this.ports, hold, reading.job, owner);
    }
    const dueMs = dues.length === 0 ? null : Math.min(...dues);
    this.secureTriggers(hold);
    // What is due later than the watchdog's next look needs no trigger of its own.
    if (dueMs !== null && dueMs < hold.nowMs + alarm.everyMinutes * 60_000)
      new Alarm(this.ports, hold, owner).wakeAt(dueMs);
    this.discardTriggers(hold);
  }
}

/** Whether triggers have anything to do with a job. */
function isAutomatic(header: Header): boolean {
  return header.options.autoResume && !waitsForUser(header);
}

/** When the next execution should look at a job; `null` leaves it to the watchdog. */
function nextLookAtMs(hold: Hold, {address, header}: OpenJob): number | null {
  if (!isLeased(header, hold.nowMs)) return wakeUpAtMs(header, hold.nowMs);
  const reading = isAutomatic(header) ? readJob(hold.snapshot, address) : null;
  return reading?.kind === 'job' ? deathWatchAtMs(reading.job, hold.nowMs) : null;
}

interface OpenJob {
  readonly address: {readonly prefix: string; readonly id: string};
  readonly header: Header;
}

/** This user's open jobs, in the order in which they are taken. */
function openJobs(hold: Hold, owner: string | null): readonly OpenJob[] {
  const jobs: OpenJob[] = [];
  for (const address of hold.jobs()) {
    const decoded = readHeader(hold.snapshot, address);
    if (decoded.kind !== 'header' || decoded.header.owner !== owner || isFinal(decoded.header)) continue;
    jobs.push({address, header: decoded.header});
  }
  return jobs.sort((one, other) => byPriority(one.header, other.header));
}

/** Jobs of a newer version of this library count as open: their triggers must stay. */
function newerJobs(hold: Hold): number {
  return hold.jobs().filter((address) => readHeader(hold.snapshot, address).kind === 'newer').length;
}

function describeEnd(end: RunEnd): string {
  switch (end.kind) {
    case 'over':
      return end.status;
    case 'pause':
      return `paused: ${end.waiting.reason}`;
    case 'share':
      return 'share done';
    case 'full':
      return 'paused: store';
    case 'lost':
      return 'lost';
  }
}

function describeReading(reading: {readonly kind: string; readonly what?: string}): string {
  return reading.what ?? reading.kind;
}

/** The trigger's id tells whose pass it is without a look into the user's properties, unless two keys name it. */
function ownerOfPass(ports: Ports, snapshot: Snapshot, firedUid: string | null): string | null {
  const owners: string[] = [];
  for (const key of firedUid === null ? [] : Object.keys(snapshot)) {
    const owner = parseUserKey(key);
    if (owner === null) continue;
    if (firedUid !== null && idsOf(readUserTriggers(snapshot, owner)).includes(firedUid)) owners.push(owner);
  }
  const [only, ...more] = owners;
  return only !== undefined && more.length === 0 ? only : ports.identity.known();
}

function triggerUidOf(event: unknown): string | null {
  if (typeof event !== 'object' || event === null) return null;
  try {
    const {triggerUid} = event as {triggerUid?: unknown};
    return typeof triggerUid === 'string' || typeof triggerUid === 'number' ? String(triggerUid) : null;
  } catch {
    return null; // A getter that throws: no event of a trigger.
  }
}

/** One line an execution; payloads and results are never logged. */
function logLine(result: WorkResult): string {
  const jobs = result.jobs.map((job) => `${job.name} (${job.id}) ${job.status}, ${job.steps} steps`).join('; ');
  const end = result.error === undefined ? result.end : `error: ${result.error}`;
  return `AST.Jobs: ${jobs === '' ? 'nothing ran' : jobs}; ${result.open} open; ${end}`;
}
