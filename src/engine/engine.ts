/**
 * What the public methods do, over ports. One engine for each host; what is true of the whole execution (whether a
 * handler runs, whether one ran) is shared by all of them.
 */
import {hasFreePart, isFinal, waitsForUser, type Header} from '../core/header';
import type {QuotaLimits} from '../core/quota';
import type {JobAddress} from '../core/keys';
import type {Snapshot, StoredJob} from '../core/stored-job';
import {cancel, handOn} from '../core/transitions';
import {describeThrown, jobsError} from '../errors';
import type {Forecast, JobRecord, WorkResult} from '../types';
import {admitJob, newJob, prepareJob, type Admitted, type Candidate} from './admission';
import {Alarm} from './alarm';
import {claimJob, wakeUpAtMs, writeHeader, type ClaimResult, type ClaimTerms, type Owned} from './claim';
import {checkRequest, type CheckedRequest, type EntryPoint} from './compile';
import type {Config} from './config';
import {Pass} from './dispatcher';
import {estimate} from './estimate';
import {hasEvents, tellEvents, withEventDue} from './events';
import {handlerNames} from './handler-names';
import {endLeases} from './give-up';
import {candidateOf} from './candidate';
import {ensureContinuation, ensureSender, ensureTeller, noteUse, planNext} from './follow-up';
import {withHold, type Hold} from './hold';
import {patiently} from './patience';
import type {Ports} from './ports';
import {runOwned} from './runner';
import {makeRoom, missingBytes} from './room';
import {holdToSettle, type Turn} from './settle';
import {callWorkers, moreWorkers, startCalled} from './workers';
import {cancelReplaced, duplicateIn, renewJob, type Duplicate} from './duplicates';
import {findJob, notFound} from './lookup';
import {openableJob, recordAt} from './views';

/** What is true of this execution, whichever host calls. */
const execution = {isRunning: false, hasRun: false};

/** A way to a job, as a call gives it. */
export interface Lookup {
  readonly id: string;
  readonly prefix: string | null;
}

/** What the first hold of `run` came to. */
interface Begun {
  readonly address: JobAddress;
  readonly claimed: ClaimResult | Duplicate;
  readonly snapshot: Snapshot;
}

/** How a job is run on that waits for nobody. */
export interface DueTerms {
  /** Nothing of it begins later. */
  readonly endMs: number;
  /** Whether what is known to last longer must not begin, even if it were the first of this execution. */
  readonly isBounded: boolean;
  readonly lockWaitMs: number;
  /** When a job may run. */
  readonly fromMs: (header: Header) => number;
}

export class Engine {
  readonly ports: Ports;
  private readonly config: Config;
  private readonly by: string;

  constructor(ports: Ports, config: Config) {
    this.ports = {...ports, settings: config};
    this.config = config;
    this.by = `x${Math.floor(ports.random.next() * 36 ** 8).toString(36)}`;
  }

  /** Accepts a request and, in mode `run`, runs it in this execution. */
  submit(entry: EntryPoint, request: unknown): JobRecord {
    const checked = checkRequest(entry, request, handlerNames(this.ports.handlers));
    return this.telling(() => (checked.mode === 'run' ? this.run(checked) : this.enqueue(checked)));
  }

  /** After a call that may have ended jobs: who listens hears of it, unless a handler made the call. */
  telling<Result>(act: () => Result): Result {
    const result = act();
    if (execution.isRunning || !hasEvents()) return result;
    execution.isRunning = true;
    try {
      tellEvents(this.ports, (hold) => {
        ensureSender(this.ports, hold);
      });
    } catch (thrown) {
      // The headers say that it is still to be told.
      this.ports.log.line(`AST.Jobs: events were not delivered: ${describeThrown(thrown).message}`);
    } finally {
      execution.isRunning = false;
    }
    return result;
  }

  private enqueue(checked: CheckedRequest): JobRecord {
    return withHold(this.ports, (hold) => {
      const same = this.duplicate(hold, checked);
      if (same !== null) return this.joined(hold, checked, same);
      const candidate = this.candidate(checked, hold);
      const admitted = prepareJob(this.ports, hold, candidate);
      this.leaveToDispatcher(hold, admitted, candidate);
      cancelReplaced(hold, checked.asked, admitted.address);
      return this.record(hold.snapshot, admitted.address);
    });
  }

  private duplicate(hold: Hold, {asked, options}: CheckedRequest): Duplicate | null {
    const prefix = asked.debounce === null ? null : this.config.resolve(options, hold.snapshot).propertyPrefix;
    return duplicateIn(this.ports, hold, {asked, prefix});
  }

  /** The job that is there stands for the one that was asked for; a debounced one becomes it. */
  private joined(hold: Hold, checked: CheckedRequest, {address, header, by}: Duplicate): JobRecord {
    if (by === 'debounce') {
      const candidate = this.candidate(checked, hold);
      // One that was queued with triggers has a one-off that comes and looks. The watchdog is there before the header asks for it.
      const isSeenTo = header.phase.kind === 'queued' && header.options.autoResume;
      if (!isSeenTo) ensureContinuation(this.ports, hold, {...header, options: candidate.options});
      renewJob(hold, {address, header}, candidate);
      if (!isSeenTo) planNext(this.ports, hold, address);
    }
    return {...this.record(hold.snapshot, address), duplicateOf: by};
  }

  /** The one-off comes before the header, so that no job exists that nothing would start. */
  private leaveToDispatcher(hold: Hold, admitted: Admitted, candidate: Candidate): void {
    const {header} = admitted;
    const dueMs = wakeUpAtMs(header, hold.nowMs);
    if (dueMs !== null && this.ports.triggers.problem() === null) {
      const alarm = new Alarm(this.ports, hold, header.owner);
      alarm.wakeAt(dueMs);
      if (this.ports.starter === null) alarm.wakeWorkers(moreWorkers(newJob(admitted, candidate)) - 1, dueMs);
    }
    admitJob(hold, admitted);
  }

  private run(checked: CheckedRequest): JobRecord {
    refuseNested();
    const {address, claimed, snapshot} = withHold(this.ports, (hold): Begun => {
      const same = this.duplicate(hold, checked);
      if (same !== null) return {address: same.address, claimed: same, snapshot: hold.snapshot};
      const candidate = this.candidate(checked, hold);
      const admitted = prepareJob(this.ports, hold, candidate);
      const result = this.claim(hold, newJob(admitted, candidate), asked(hold, candidate.options.maxRuntimeMs));
      // Too late in this execution to begin: the dispatcher does.
      if (result.kind === 'later') this.leaveToDispatcher(hold, admitted, candidate);
      if (cancelReplaced(hold, checked.asked, admitted.address) === 0 || result.kind !== 'waits')
        return {address: admitted.address, claimed: result, snapshot: hold.snapshot};
      const job = this.openJob(hold, admitted.address, 'resumable');
      const again = this.claim(hold, job, asked(hold, candidate.options.maxRuntimeMs));
      return {address: admitted.address, claimed: again, snapshot: hold.snapshot};
    });
    if ('by' in claimed) return {...this.record(snapshot, address), duplicateOf: claimed.by};
    return this.runClaimed(address, claimed, snapshot);
  }

  /** Runs a job of another execution on, in this one. */
  resume({id, prefix}: Lookup, maxRuntimeMs: number | null): JobRecord {
    refuseNested();
    return this.telling(() => this.resumeNow({id, prefix}, maxRuntimeMs));
  }

  private resumeNow({id, prefix}: Lookup, maxRuntimeMs: number | null): JobRecord {
    const {address, claimed, snapshot} = withHold(this.ports, (hold) => {
      const found = findJob(hold.snapshot, id, prefix);
      if (found === null) throw notFound(id);
      const job = this.openJob(hold, found, 'resumable');
      if (!hasFreePart(job.header, hold.nowMs)) throw this.leaseHeld(hold, found);
      ensureContinuation(this.ports, hold, job.header);
      const result = this.claim(hold, job, asked(hold, maxRuntimeMs ?? job.header.options.maxRuntimeMs));
      if (result.kind === 'busy') throw this.leaseHeld(hold, found);
      if (result.kind === 'later') this.handOn(hold, job);
      return {address: found, claimed: result, snapshot: hold.snapshot};
    });
    return this.runClaimed(address, claimed, snapshot);
  }

  /**
   * Runs an open job on in this execution if nobody else does and its time has come; `null` where nothing of it was done.
   * `'later'`: this execution has too little time for it. The dispatcher has planned for it already.
   */
  runDue(address: JobAddress, terms: DueTerms): JobRecord | 'later' | null {
    return this.telling(() => this.runDueNow(address, terms));
  }

  private runDueNow(address: JobAddress, {endMs, isBounded, lockWaitMs, fromMs}: DueTerms): JobRecord | 'later' | null {
    const begun = withHold(
      this.ports,
      (hold) => {
        const job = openableJob(hold.snapshot, address);
        if (!('ledger' in job) || isFinal(job.header) || waitsForUser(job.header)) return null;
        if (!hasFreePart(job.header, hold.nowMs) || fromMs(job.header) > hold.nowMs) return null;
        if (!makeRoom(hold, missingBytes(job.header, this.ports.archive))) return null;
        ensureContinuation(this.ports, hold, job.header);
        const time = {budgetFromMs: hold.nowMs, maxRuntimeMs: Math.max(0, endMs - hold.nowMs), isForced: false};
        const claimed = this.claim(hold, job, isBounded ? {...time, isFirstInExecution: false} : time);
        return {claimed, snapshot: hold.snapshot};
      },
      lockWaitMs,
    );
    if (begun?.claimed.kind === 'later') return 'later';
    if (begun?.claimed.kind !== 'owned' && begun?.claimed.kind !== 'ended') return null;
    return this.runClaimed(address, begun.claimed, begun.snapshot);
  }

  private leaseHeld(hold: Hold, address: JobAddress): Error {
    return jobsError(
      'LEASE_HELD',
      `Job ${address.id} is running in another execution, which holds its lease: wait for it.`,
      {jobId: address.id, record: this.record(hold.snapshot, address)},
    );
  }

  /** Too late in this execution to begin: what was waiting for this call is left to the dispatcher. */
  private handOn(hold: Hold, job: StoredJob): void {
    const {phase} = job.header;
    if (phase.kind !== 'paused' || phase.waiting.reason === 'budget') return;
    writeHeader(hold, job, handOn(job.header, hold.nowMs));
    planNext(this.ports, hold, job.address);
  }

  /** Ends an open job, running or not. */
  cancel({id, prefix}: Lookup): JobRecord {
    const canceled = (hold: Hold): JobRecord => {
      const address = findJob(hold.snapshot, id, prefix);
      if (address === null) throw notFound(id);
      const job = endLeases(hold, this.openJob(hold, address, 'cancelable'), 'canceled');
      const header = cancel(job.header, hold.nowMs);
      if (withEventDue(job.header, header).isEventDue) ensureTeller(this.ports, hold, header);
      writeHeader(hold, job, header);
      return this.record(hold.snapshot, address);
    };
    return this.telling(() => withHold(this.ports, canceled));
  }

  /** One pass of the dispatcher. */
  work(event: unknown): WorkResult {
    if (execution.isRunning) return {jobs: [], open: 0, end: 'error', error: 'work was called inside a handler.'};
    const pass = new Pass(this.ports, this.by, event, execution.hasRun, (snapshot) => this.quotaLimits(snapshot));
    execution.isRunning = true;
    try {
      return pass.run();
    } finally {
      execution.isRunning = false;
      execution.hasRun = pass.hasRun;
    }
  }

  /** What a request would cost; nothing is stored. */
  plan(request: unknown, options: unknown): Forecast {
    return estimate(this.ports, this.config, request, options, () => this.readAll());
  }

  /** Everything that is stored, in one call. */
  readAll(): Snapshot {
    return patiently(this.ports, () => this.ports.store.readAll());
  }

  /** The record of a job, as a snapshot has it. */
  record(snapshot: Snapshot, address: JobAddress): JobRecord {
    return recordAt(snapshot, address, this.ports.clock.nowMs(), this.ports.triggers.problem());
  }

  /** A checked request as a job that could be accepted now. */
  candidate(checked: CheckedRequest, hold: Hold): Candidate {
    return candidateOf(this.ports, this.config, checked, hold);
  }

  /** The job at an address, which must be open. */
  openJob(hold: Hold, address: JobAddress, what: string): StoredJob {
    const found = openableJob(hold.snapshot, address);
    const header: Header = 'ledger' in found ? found.header : found;
    if (!('ledger' in found) || isFinal(header))
      throw jobsError('ALREADY_FINAL', `Job ${header.id} is ${header.phase.kind}, a terminal state, and not ${what}.`, {
        jobId: header.id,
        status: header.phase.kind,
        record: this.record(hold.snapshot, address),
      });
    return found;
  }

  private claim(
    hold: Hold,
    job: StoredJob,
    time: Pick<ClaimTerms, 'budgetFromMs' | 'maxRuntimeMs' | 'isForced'> & Partial<ClaimTerms>,
  ): ClaimResult {
    const user = this.ports.triggers.problem() === null ? this.ports.identity.known() : null;
    const terms = {by: this.by, isFirstInExecution: !execution.hasRun, user, ...time};
    const result = claimJob(this.ports, hold, job, terms);
    if (result.kind === 'owned') callWorkers(this.ports, hold, result.owned.job, result.owned.alarmOwner);
    if (result.kind === 'waits') planNext(this.ports, hold, job.address);
    return result;
  }

  private runClaimed(address: JobAddress, claimed: ClaimResult, snapshot: Snapshot): JobRecord {
    if (claimed.kind !== 'owned') return this.record(this.readAll(), address);
    let owned: Owned | null = claimed.owned;
    let current = snapshot;
    let record: JobRecord | null = null;
    while (owned !== null) {
      startCalled(this.ports);
      const turn: Turn = this.runTurn(owned, current);
      owned = holdToSettle(this.ports, turn, (hold) => {
        const share = turn.end.kind === 'share' ? this.claimAgain(hold, address, turn.owned) : null;
        current = hold.snapshot;
        if (share !== null) return share;
        planNext(this.ports, hold, address);
        noteUse(this.ports, hold);
        record = this.record(hold.snapshot, address);
        return null;
      });
    }
    return record ?? this.record(this.readAll(), address);
  }

  /** One of several workers takes the next share, while its budget lasts. */
  private claimAgain(hold: Hold, address: JobAddress, before: Owned): Owned | null {
    const job = openableJob(hold.snapshot, address);
    if (!('ledger' in job) || isFinal(job.header) || waitsForUser(job.header)) return null;
    const result = this.claim(hold, job, {budgetFromMs: before.budget.endMs, maxRuntimeMs: 0, isForced: false});
    return result.kind === 'owned' ? result.owned : null;
  }

  /** Refuses what a handler must not call. */
  refuseNested(): void {
    refuseNested();
  }

  /** The limits of the day. */
  quotaLimits(snapshot: Snapshot): QuotaLimits {
    return this.config.quotaLimits(snapshot);
  }

  /** Settings of the day's limits that make no sense, in words. */
  quotaProblems(snapshot: Snapshot): readonly string[] {
    return this.config.quotaProblems(snapshot);
  }

  private runTurn(owned: Owned, snapshot: Snapshot): Turn {
    execution.isRunning = true;
    try {
      return {owned, end: runOwned(this.ports, owned, snapshot)};
    } finally {
      execution.isRunning = false;
      execution.hasRun = true;
    }
  }
}

function refuseNested(): void {
  if (execution.isRunning)
    throw jobsError(
      'NESTED_RUN',
      'run, resume and wait cannot be called inside a handler, whose time belongs to its own job: use enqueue.',
    );
}

/** The time of an explicit call: its budget counts from now. */
function asked(hold: Hold, maxRuntimeMs: number): Pick<ClaimTerms, 'budgetFromMs' | 'maxRuntimeMs' | 'isForced'> {
  return {budgetFromMs: hold.nowMs, maxRuntimeMs, isForced: true};
}
