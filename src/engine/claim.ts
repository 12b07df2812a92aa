/**
 * Claiming: the start of an epoch, decided and written in one hold.
 *
 * Nobody takes a lease before its deadline. A lease that was not given back is ended first: its log is sealed where it
 * stood and the unit in doubt becomes a suspect. The header that starts the epoch names the first unit, which saves a
 * write; a suspect is not named there but marked in the log right before its handler runs, so that it is blamed only
 * for kills during it.
 */
import {expectedMs, handOverAtMs, latestEndMs, makeBudget, mayStart, type Budget} from '../core/budget';
import {isFinal, isLeased, onlyPart, waitsForUser, type Header, type Waiting} from '../core/header';
import {encodeHeader, encodeSeal} from '../core/header-codec';
import {headerKey, sealPageKey} from '../core/keys';
import {EMPTY_SUM} from '../core/bytes';
import type {Outcome} from '../core/outcome';
import {nextUnit, type Next} from '../core/schedule';
import {NO_UNIT} from '../core/segment';
import {unitInDoubt, type StoredJob, type Tail} from '../core/stored-job';
import {claim, endLease, finish, giveBack, overflowSeals, type Ending, type Return} from '../core/transitions';
import {Alarm} from './alarm';
import type {Hold} from './hold';
import {LogWriter} from './log-writer';
import type {Ports} from './ports';
import {freeBytes} from './room';

/** A job that this execution owns. */
export interface Owned {
  readonly job: StoredJob;
  readonly epoch: number;
  readonly budget: Budget;
  readonly writer: LogWriter;
  readonly firstUnit: number;
  /** Whether the first unit must be named in the log before its handler runs. */
  readonly mustMark: boolean;
  /** Outcomes that are decided and in no log yet: units given up at the claim. */
  readonly undelivered: readonly Outcome[];
  readonly forgivenCount: number;
  /** Bytes that jobs could add when this one was claimed. */
  readonly freeBytes: number;
  /** Whose triggers continue the job: `null` when they are not this user's, or there are none. */
  readonly alarmOwner: string | null;
}

/** Circumstances of a claim. */
export interface ClaimTerms {
  /** Names the execution. */
  readonly by: string;
  /** From when on the budget counts: the start of the execution, or an explicit call in it. */
  readonly budgetFromMs: number;
  readonly maxRuntimeMs: number;
  /** An explicit `resume` does not wait for back-off. */
  readonly isForced: boolean;
  /** Whether no handler ran in this execution yet. */
  readonly isFirstInExecution: boolean;
  /** The current user, where triggers can be made for him. */
  readonly user: string | null;
}

/** What came of trying to claim. */
export type ClaimResult =
  | {readonly kind: 'owned'; readonly owned: Owned}
  /** Nothing can run now; the header says why and when. */
  | {readonly kind: 'waits'}
  /** It could run, in an execution with more time left. */
  | {readonly kind: 'later'}
  /** Everything was done: the job has been ended. */
  | {readonly kind: 'ended'};

/** Ends a lease that was not given back, in memory. */
export function withLeaseEnded(job: StoredJob, nowMs: number, reason: Ending['reason']): StoredJob {
  if (onlyPart(job.header).lease === null) return job;
  const unit = unitInDoubt(job);
  const inDoubt = unit === NO_UNIT ? [] : [unit];
  const header = endLease(job.header, {reason, position: job.tail.position, inDoubt, nowMs});
  return {...job, header, tail: EMPTY_TAIL};
}

const EMPTY_TAIL: Tail = {position: {count: 0, sum: EMPTY_SUM}, index: -1, segment: null};

/** Tries to become the owner of an open job that nobody else holds. */
export function claimJob(ports: Ports, hold: Hold, stored: StoredJob, terms: ClaimTerms): ClaimResult {
  const {nowMs} = hold;
  const job = withLeaseEnded(stored, nowMs, 'killed');
  const {header, ledger, plan, address} = job;
  const forgivenCount = terms.isForced ? ledger.count : 0;
  const undelivered = givenUp(job, nowMs);
  for (const outcome of undelivered) ledger.apply(outcome);
  const next = nextUnit(plan, ledger, {
    nowMs,
    forgivenCount,
    suspects: header.suspects,
    maySuspect: terms.isFirstInExecution,
    hasHandler: (name) => ports.handlers.find(name) !== null,
  });
  if (next.kind !== 'run') return settleIdle(hold, stored, job, undelivered, next);
  const budget = makeBudget({
    startMs: ports.clock.startMs,
    nowMs,
    budgetFromMs: terms.budgetFromMs,
    maxRuntimeMs: terms.maxRuntimeMs,
    leaseTtlMs: header.options.leaseTtlMs,
  });
  const expected = expectedMs(header.longest, plan.nodeOfUnit(next.unit));
  // Who calls `resume` again and again in one execution gets a step for each call, while the execution has time for it.
  const isAsked = terms.isForced && mayStart({...budget, endMs: latestEndMs(budget)}, nowMs, expected, false);
  if (!isAsked && !mayStart(budget, nowMs, expected, terms.isFirstInExecution)) return {kind: 'later'};
  // Where one kill is enough to fail a step, it must be a kill during the step.
  const mustMark = next.isSuspect || plan.node(plan.nodeOfUnit(next.unit)).maxCrashes === 1;
  const lease = {untilMs: budget.deadlineMs, by: terms.by, unit: mustMark ? NO_UNIT : next.unit};
  const claimed = writeHeader(hold, job, claim(header, lease, nowMs));
  const part = onlyPart(claimed);
  const writer = new LogWriter({address, part: 0, log: part.log, epoch: part.epoch}, job.tail);
  const alarmOwner = header.options.autoResume && terms.user === header.owner ? terms.user : null;
  const owned: Owned = {
    ...{job: {...job, header: claimed}, epoch: part.epoch, budget, writer, undelivered, forgivenCount, alarmOwner},
    firstUnit: next.unit,
    mustMark,
    freeBytes: freeBytes(hold),
  };
  const handOver = handOverAtMs(budget, nowMs, expected, ledger.openCount);
  if (alarmOwner !== null && handOver !== null) new Alarm(ports, hold, alarmOwner).wakeAt(handOver);
  return {kind: 'owned', owned};
}

/** Units during which the execution was killed too often. */
function givenUp(job: StoredJob, nowMs: number): readonly Outcome[] {
  const outcomes: Outcome[] = [];
  for (const {unit, crashes} of job.header.suspects) {
    if (job.ledger.isSettled(unit)) continue;
    if (crashes >= job.plan.node(job.plan.nodeOfUnit(unit)).maxCrashes)
      outcomes.push({kind: 'killed', unit, atMs: nowMs, crashes});
  }
  return outcomes;
}

/** Nothing can run: the header says so, without an epoch. */
function settleIdle(
  hold: Hold,
  stored: StoredJob,
  job: StoredJob,
  undelivered: readonly Outcome[],
  next: Exclude<Next, {kind: 'run'}>,
): ClaimResult {
  if (next.kind === 'suspect') return {kind: 'later'};
  const {header, address} = job;
  const writer = new LogWriter({address, part: 0, log: onlyPart(header).log, epoch: onlyPart(header).epoch}, job.tail);
  const [only, ...more] = undelivered;
  const fitsHeader = next.kind === 'over' && more.length === 0;
  if (!fitsHeader && only !== undefined)
    writer.commit(
      (key, value) => {
        hold.setState(key, value);
      },
      undelivered,
      NO_UNIT,
    );
  const back: Return = {
    nowMs: hold.nowMs,
    position: writer.position,
    longest: header.longest,
    suspects: openSuspects(job),
  };
  if (next.kind === 'over') {
    writeHeader(hold, job, finish(header, back, next.status, fitsHeader ? (only ?? null) : null));
    return {kind: 'ended'};
  }
  const waiting = waitingOf(next);
  if (stored.header !== header || undelivered.length > 0 || !saysAlready(stored.header, waiting))
    writeHeader(hold, job, giveBack(header, back, waiting));
  return {kind: 'waits'};
}

/** Why a job waits when nothing can run. */
export function waitingOf(next: Extract<Next, {kind: 'retry' | 'noHandler'}>): Waiting {
  return next.kind === 'retry'
    ? {reason: 'retry', untilMs: next.untilMs}
    : {reason: 'handler', untilMs: null, handler: next.handler};
}

function saysAlready(header: Header, waiting: Waiting): boolean {
  return header.phase.kind === 'paused' && JSON.stringify(header.phase.waiting) === JSON.stringify(waiting);
}

/** Suspects that are not settled. */
export function openSuspects(job: StoredJob): Header['suspects'] {
  return job.header.suspects.filter((suspect) => !job.ledger.isSettled(suspect.unit));
}

/** Writes a header, and before it the page of seals that no longer fits into it. */
export function writeHeader(hold: Hold, job: StoredJob, header: Header): Header {
  const {header: small, page} = overflowSeals(header);
  if (page !== null) hold.setState(sealPageKey(job.address, small.sealPages - 1), JSON.stringify(page.map(encodeSeal)));
  hold.setState(headerKey(job.address), encodeHeader(small));
  return small;
}

/**
 * From when on the dispatcher may take a job; `null` when it may not. A job whose reason to wait is not a time is due
 * always: whether the reason is gone is cheap to see.
 */
export function dueAtMs(header: Header, nowMs: number): number | null {
  if (isFinal(header) || isLeased(header, nowMs) || !header.options.autoResume || waitsForUser(header)) return null;
  const {phase} = header;
  if (phase.kind === 'queued') return phase.dueMs;
  if (phase.kind !== 'paused') return nowMs;
  return phase.waiting.untilMs ?? nowMs;
}

/** For when a one-off is worth its cost; `null` leaves a job to the watchdog. */
export function wakeUpAtMs(header: Header, nowMs: number): number | null {
  const waits = header.phase.kind === 'paused' ? header.phase.waiting.reason : null;
  return waits === 'handler' || waits === 'store' ? null : dueAtMs(header, nowMs);
}

/**
 * When to look after a leased job whose owner seems to be dead: at the lease's deadline. An owner that has committed
 * within the time that its steps take is taken for alive, and costs no trigger.
 */
export function deathWatchAtMs(job: StoredJob, nowMs: number): number | null {
  const {lease} = onlyPart(job.header);
  if (lease === null) return null;
  const lastSignMs = Math.max(job.header.updatedAtMs, job.ledger.lastAtMs);
  const isSilent = nowMs - lastSignMs > 2 * job.header.longest.jobMs + SILENCE_MS;
  return isSilent ? lease.untilMs : null;
}

const SILENCE_MS = 30_000;
