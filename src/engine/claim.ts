/**
 * Claiming: the start of an epoch, decided and written in one hold.
 *
 * Nobody takes a lease before its deadline. A lease that was not given back is ended first: its log is sealed where it
 * stood and the unit in doubt becomes a suspect. The header that starts the epoch names the first unit, which saves a
 * write; a suspect is not named there but marked in the log right before its handler runs, so that it is blamed only
 * for kills during it.
 */
import {
  budgetSpentAtMs,
  expectedMs,
  handOverAtMs,
  latestEndMs,
  makeBudget,
  mayStart,
  usualMs,
  type Budget,
} from '../core/budget';
import {groupFrom} from '../core/group';
import {hasFreePart, hasLease, isFinal, isLeased, isLiveAt, partAt, waitsForUser} from '../core/header';
import type {Header, Waiting} from '../core/header';
import {encodeHeader, encodeSeal} from '../core/header-codec';
import {headerKey, sealPageKey} from '../core/keys';
import type {Outcome} from '../core/outcome';
import {nextUnit, type Next} from '../core/schedule';
import {NO_MARKER} from '../core/segment';
import {shareFrom} from '../core/share';
import {isOverdue, overdueAtMs, overdueFault} from '../core/overdue';
import {tailAt, type StoredJob} from '../core/stored-job';
import {awaitJobs, claim, finish, finishAs, giveUpClaim, overflowSeals, postpone} from '../core/transitions';
import {contains, sizeOf, type Mark, type UnitRange} from '../core/units';
import type {StoredError} from '../types';
import {Alarm} from './alarm';
import {ensureArchiveKey} from './archive-sweep';
import {dependencyFault, gateIn} from './dependencies';
import {queueEnd, withEventDue} from './events';
import {deadOwnersMs, endLeases, returnOf} from './give-up';
import {storeFull, type Hold} from './hold';
import {bytesOfCommit, LogWriter} from './log-writer';
import type {Ports} from './ports';
import {purseOf, takeUnits, waitForUnits, type Wallet} from './rate-limits';
import {freeBytes} from './room';

/** A part of a job that this execution owns. */
export interface Owned {
  /** Names the execution. */
  readonly by: string;
  readonly job: StoredJob;
  readonly part: number;
  readonly epoch: number;
  readonly budget: Budget;
  readonly writer: LogWriter;
  /** The units that the owner may work on; `null`: all. */
  readonly share: UnitRange | null;
  readonly firstUnit: number;
  /** What the claim says may have begun; `null`: the first unit must be named in the log before its handler runs. */
  readonly mark: Mark;
  /** Outcomes that are decided and in no log yet: units given up at the claim. */
  readonly undelivered: readonly Outcome[];
  readonly forgivenCount: number;
  /** The units of its resources that it may use. */
  readonly wallet: Wallet;
  /** Bytes that this owner could add when it claimed. */
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
  /** Other workers have what there is to do. */
  | {readonly kind: 'busy'}
  /** It could run, in an execution with more time left. */
  | {readonly kind: 'later'}
  /** Everything was done: the job has been ended. */
  | {readonly kind: 'ended'};

/** Tries to become the owner of an open job, or of a part of it, that nobody else holds. */
export function claimJob(ports: Ports, hold: Hold, stored: StoredJob, terms: ClaimTerms): ClaimResult {
  const deadMs = terms.user === stored.header.owner ? deadOwnersMs(stored, hold.nowMs) : 0;
  const result = decide(ports, hold, stored, terms);
  if (result.kind !== 'later') ports.meter.count({triggerMs: deadMs});
  return result;
}

function decide(ports: Ports, hold: Hold, stored: StoredJob, terms: ClaimTerms): ClaimResult {
  const {nowMs} = hold;
  if (isOverdue(stored.header, nowMs)) return endAs(hold, stored, 'failed', overdueFault(stored.header));
  if (!hasFreePart(stored.header, nowMs)) return {kind: 'busy'};
  const gate = gateIn(hold.snapshot, stored.address, stored.header);
  if (gate.kind === 'ends') return endAs(hold, stored, gate.as, dependencyFault(gate));
  if (gate.kind === 'waits') return leaveWaiting(hold, stored);
  const job = endLeases(hold, stored, 'killed');
  const {header, ledger, plan, address} = job;
  const taken = takenShares(header);
  const forgivenCount = terms.isForced ? ledger.count : 0;
  const undelivered = givenUp(job, taken, nowMs);
  for (const outcome of undelivered) ledger.apply(outcome);
  const next = nextUnit(plan, ledger, {
    ...{nowMs, forgivenCount, taken, share: null},
    suspects: header.suspects,
    maySuspect: terms.isFirstInExecution,
    hasHandler: (name) => ports.handlers.find(name) !== null,
  });
  const part = freePart(header);
  if (next.kind !== 'run') return settleIdle(hold, {stored, job, part, undelivered, next});
  const budget = makeBudget({
    startMs: ports.clock.startMs,
    nowMs,
    budgetFromMs: terms.budgetFromMs,
    maxRuntimeMs: terms.maxRuntimeMs,
    leaseTtlMs: header.options.leaseTtlMs,
  });
  // A step that stops by itself at the end of the budget may begin at any time.
  const isResumable = ledger.cursor(next.unit) !== null;
  const expected = isResumable ? 0 : expectedMs(header.longest, plan.nodeOfUnit(next.unit));
  // Who calls `resume` again and again in one execution gets a step for each call, while the execution has time for it.
  const isAsked = terms.isForced && mayStart({...budget, endMs: latestEndMs(budget)}, nowMs, expected, false);
  if (!isAsked && !mayStart(budget, nowMs, expected, terms.isFirstInExecution)) return {kind: 'later'};
  const {workers} = header.options;
  const share =
    workers === 1
      ? null
      : shareFrom(plan, ledger, {unit: next.unit, taken, workers, expectedMs: expected, isAlone: next.isSuspect});
  const mark = firstMark(job, next, share, ports.archive !== null);
  const grant = takeUnits(hold, header, share === null ? ledger.openCount : sizeOf(share));
  if (grant.kind === 'waits') return leaveForUnits(hold, stored, job, grant.untilMs);
  ensureArchiveKey(ports, hold);
  const lease = {untilMs: budget.deadlineMs, by: terms.by, mark, share};
  const claimed = writeHeader(hold, job, claim(header, part, lease, nowMs));
  const {epoch, log} = partAt(claimed, part);
  const writer = new LogWriter({address, part, log, epoch}, tailAt(job, part), ports.archive, {
    units: mark,
    cursor: null,
  });
  const alarmOwner = header.options.autoResume && terms.user === header.owner ? terms.user : null;
  const owned: Owned = {
    ...{by: terms.by, job: {...job, header: claimed}, part, epoch, budget, writer, share, mark},
    ...{undelivered, forgivenCount, alarmOwner, wallet: {purse: purseOf(grant)}},
    firstUnit: next.unit,
    // Others add to the store at the same time.
    freeBytes: Math.floor(freeBytes(hold) / (taken.length + 1)),
  };
  const handOver = isResumable
    ? budgetSpentAtMs(budget)
    : handOverAtMs(budget, nowMs, expected, Math.ceil(ledger.openCount / (taken.length + 1)));
  if (alarmOwner !== null && handOver !== null) planHandOver(new Alarm(ports, hold, alarmOwner), owned, handOver);
  return {kind: 'owned', owned};
}

/** Ends a job for a reason that lies in none of its steps; owners that still run find it over. */
function endAs(hold: Hold, stored: StoredJob, kind: 'failed' | 'canceled', fault: StoredError): ClaimResult {
  const job = endLeases(hold, stored, 'canceled');
  writeHeader(hold, job, finishAs(job.header, kind, fault, hold.nowMs));
  return {kind: 'ended'};
}

/** A resource has no units: the header says so once. Whoever still has a part of the job goes on with his units. */
function leaveForUnits(hold: Hold, stored: StoredJob, job: StoredJob, untilMs: number): ClaimResult {
  if (hasLease(job.header)) return {kind: 'busy'};
  if (stored.header !== job.header || !saysAlready(stored.header, waitForUnits(untilMs)))
    writeHeader(hold, job, postpone(job.header, untilMs, hold.nowMs));
  return {kind: 'waits'};
}

/** Other jobs come first: the header says so once. */
function leaveWaiting(hold: Hold, job: StoredJob): ClaimResult {
  const {phase} = job.header;
  const saysSo = phase.kind === 'paused' && phase.waiting.reason === 'dependency';
  if (!saysSo) writeHeader(hold, job, awaitJobs(job.header, hold.nowMs));
  return {kind: 'waits'};
}

/** Plans the execution that goes on where this one ends: each worker of a job has a successor of its own. */
export function planHandOver(alarm: Alarm, {share, by}: Pick<Owned, 'share' | 'by'>, atMs: number): void {
  if (share === null) alarm.wakeAt(atMs);
  else alarm.succeedAt(atMs, by);
}

/** What the claim may say has begun. Where one kill is enough to fail a step, it must be a kill during the step. */
function firstMark(
  job: StoredJob,
  next: Extract<Next, {kind: 'run'}>,
  share: UnitRange | null,
  hasArchive: boolean,
): Mark {
  const {plan, ledger, header} = job;
  const nodeIndex = plan.nodeOfUnit(next.unit);
  if (next.isSuspect || plan.node(nodeIndex).maxCrashes === 1) return null;
  const usual = usualMs(header.longest, nodeIndex);
  return groupFrom(plan, ledger, {unit: next.unit, usualMs: usual, hasArchive, share, header});
}

/** Units that owners have, alive or not ended yet. */
export function takenShares(header: Header): readonly UnitRange[] {
  const shares: UnitRange[] = [];
  for (const {lease} of header.parts) if (lease !== null && lease.share !== null) shares.push(lease.share);
  return shares;
}

/** The first part without a lease, which may be one more than there are. */
function freePart(header: Header): number {
  const index = header.parts.findIndex((part) => part.lease === null);
  return index < 0 ? header.parts.length : index;
}

/** Units during which the execution was killed too often. */
function givenUp(job: StoredJob, taken: readonly UnitRange[], nowMs: number): readonly Outcome[] {
  const outcomes: Outcome[] = [];
  for (const {unit, crashes} of job.header.suspects) {
    if (job.ledger.isSettled(unit) || taken.some((range) => contains(range, unit))) continue;
    if (crashes >= job.plan.node(job.plan.nodeOfUnit(unit)).maxCrashes)
      outcomes.push({kind: 'killed', unit, atMs: nowMs, crashes});
  }
  return outcomes;
}

/** What a claim found that has nothing to run. */
interface Idle {
  readonly stored: StoredJob;
  readonly job: StoredJob;
  readonly part: number;
  readonly undelivered: readonly Outcome[];
  readonly next: Exclude<Next, {kind: 'run'}>;
}

/** Nothing can run: the header says so, without an epoch. */
function settleIdle(hold: Hold, {stored, job, part, undelivered, next}: Idle): ClaimResult {
  if (next.kind === 'suspect') return {kind: 'later'};
  const {header, address} = job;
  // Whoever still has a part of the job ends it, or is ended; until then it is running.
  if (hasLease(header)) return {kind: 'busy'};
  if (next.kind === 'taken') return {kind: 'busy'};
  const {log, epoch} = partAt(header, part);
  const writer = new LogWriter({address, part, log, epoch}, tailAt(job, part), null, NO_MARKER);
  const [only, ...more] = undelivered;
  const fitsHeader = next.kind === 'over' && more.length === 0;
  if (!fitsHeader && only !== undefined) commitGivenUp(hold, writer, undelivered);
  const back = returnOf(job, {part, nowMs: hold.nowMs, position: writer.position, longest: header.longest});
  if (next.kind === 'over') {
    writeHeader(hold, job, finish(header, back, next.status, fitsHeader ? (only ?? null) : null));
    return {kind: 'ended'};
  }
  const waiting = waitingOf(next);
  if (stored.header !== header || undelivered.length > 0 || !saysAlready(stored.header, waiting))
    writeHeader(hold, job, giveUpClaim(header, back, waiting));
  return {kind: 'waits'};
}

function commitGivenUp(hold: Hold, writer: LogWriter, outcomes: readonly Outcome[]): void {
  const write = (key: string, value: string): void => {
    hold.setState(key, value);
  };
  if (!writer.commit(write, outcomes, NO_MARKER).isWhole) throw storeFull(bytesOfCommit(outcomes), freeBytes(hold));
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

/** Writes a header, and before it the page of seals that no longer fits into it. */
export function writeHeader(hold: Hold, job: StoredJob, header: Header): Header {
  const due = withEventDue(job.header, header);
  const {header: small, page} = overflowSeals(due);
  if (page !== null) hold.setState(sealPageKey(job.address, small.sealPages - 1), JSON.stringify(page.map(encodeSeal)));
  hold.setState(headerKey(job.address), encodeHeader(small));
  if (due !== header) queueEnd(job, small);
  return small;
}

/**
 * From when on the dispatcher may take a job; `null` when it may not. A job whose reason to wait is not a time is due
 * always, as is one that could have another worker: whether there is something to do is cheap to see.
 */
export function dueAtMs(header: Header, nowMs: number): number | null {
  if (isFinal(header) || !hasFreePart(header, nowMs) || !header.options.autoResume || waitsForUser(header)) return null;
  return Math.min(startsAtMs(header, nowMs), overdueAtMs(header) ?? Infinity);
}

function startsAtMs({phase}: Header, nowMs: number): number {
  if (phase.kind === 'queued') return phase.dueMs;
  if (phase.kind !== 'paused') return nowMs;
  return phase.waiting.untilMs ?? nowMs;
}

/** For when a one-off is worth its cost; `null` leaves a job to the watchdog. */
export function wakeUpAtMs(header: Header, nowMs: number): number | null {
  const waiting = header.phase.kind === 'paused' ? header.phase.waiting : null;
  const waits = waiting?.reason;
  const isForJobs = waits === 'dependency' && (waiting?.untilMs ?? 0) <= nowMs;
  const isForOthers = waits === 'handler' || waits === 'store' || isForJobs;
  return isForOthers || isLeased(header, nowMs) ? null : dueAtMs(header, nowMs);
}

/**
 * When to look after a leased job whose owners seem to be dead: at the first deadline of their leases. An owner that has
 * committed within the time that its steps take is taken for alive, and costs no trigger.
 */
export function deathWatchAtMs(job: StoredJob, nowMs: number): number | null {
  const {header, ledger} = job;
  const deadlines = header.parts.filter((part) => isLiveAt(part, nowMs)).map((part) => part.lease?.untilMs ?? Infinity);
  if (deadlines.length === 0) return null;
  const lastSignMs = Math.max(header.updatedAtMs, ledger.lastAtMs);
  const isSilent = nowMs - lastSignMs > 2 * header.longest.jobMs + SILENCE_MS;
  return isSilent ? Math.min(...deadlines) : null;
}

const SILENCE_MS = 30_000;
