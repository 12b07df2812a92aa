/**
 * The one loop: runs the units of an owned part of a job until they end, the budget ends, or the lease is lost.
 *
 * Order within a step: handler → decide what comes next → look at the header when five seconds have passed → commit,
 * naming what may begin next → read the clock → handler. That last reading is the fence: behind it an owner that stalled
 * starts nothing, because the next owner may have committed it already. Items of a map step are committed in groups: as
 * long as the next one is among those that were named, and the group's time is not over, nothing is written. The last
 * outcomes are not committed here but handed to `settle.ts`, which writes them under the lock, where it knows whether
 * the lease is still its own.
 */
import {expectedMs, handOverAtMs, mayStart, usualMs, withAttempt} from '../core/budget';
import {groupFrom, groupingOf, type GroupTerms} from '../core/group';
import {isFinal, type Header, type Longest, type Waiting} from '../core/header';
import {decodeHeader} from '../core/header-codec';
import {headerKey} from '../core/keys';
import {LOOK_EVERY_MS, MAX_CALLS_PER_CLAIM, SHORT_LOCK_WAIT_MS} from '../core/limits';
import {unitsOfOutcomes, type Outcome, type StoredCursor} from '../core/outcome';
import {isOverdue, overdueFault} from '../core/overdue';
import {nextUnit, type Next} from '../core/schedule';
import type {Snapshot} from '../core/stored-job';
import {contains, oneUnit, type UnitRange} from '../core/units';
import {describeThrown} from '../errors';
import type {StoredError} from '../types';
import {Alarm} from './alarm';
import {Attempts} from './attempts';
import {planHandOver, takenShares, waitingOf, type Owned} from './claim';
import {Committer} from './committer';
import {ResultViews} from './context';
import {openSuspects} from './give-up';
import {withHold} from './hold';
import {Notebook} from './notebook';
import {patiently} from './patience';
import type {Ports} from './ports';
import {quotaEnd} from './quota';
import {useUnit} from './rate-limits';
import type {StepHost} from './step-control';
import {supplyUnit} from './unit-supply';

/** How a run of an owned part of a job ended. */
export type RunEnd =
  | {
      readonly kind: 'over';
      readonly status: 'completed' | 'failed';
      /** Why, where that lies in no step. */
      readonly fault: StoredError | null;
      readonly rest: Rest;
    }
  | {readonly kind: 'pause'; readonly waiting: Waiting; readonly rest: Rest}
  /** Nothing of the owner's share can run now: what becomes of the job is seen with what the other workers have done. */
  | {readonly kind: 'share'; readonly rest: Rest}
  /** Outcomes did not fit into the store and are lost. */
  | {readonly kind: 'full'; readonly units: readonly UnitRange[]; readonly bytes: number; readonly rest: Rest}
  /** Somebody canceled the job or took it over: nothing may be written. */
  | {readonly kind: 'lost'};

/** What is decided and not committed, and what was learned. */
export interface Rest {
  readonly outcomes: readonly Outcome[];
  readonly longest: Longest;
  /** Handler calls of this run. */
  readonly calls: number;
}

/** Why a run must end, found out while a step runs. */
type Stop = 'lost' | 'fence' | {readonly waiting: Waiting} | {readonly fullBytes: number};

/** Runs an owned part of a job. */
export function runOwned(ports: Ports, owned: Owned, snapshot: Snapshot): RunEnd {
  return new Run(ports, owned, snapshot).toEnd();
}

class Run {
  private readonly ports: Ports;
  private readonly owned: Owned;
  private readonly results: ResultViews;
  private readonly committer: Committer;
  private readonly attempts: Attempts;
  private readonly notebook: Notebook;
  private longest: Longest;
  /** Durations of the attempts of this run, by node. */
  private readonly usual = new Map<number, {readonly calls: number; readonly ms: number}>();
  private lookedAtMs: number;
  private calls = 0;
  private isHandedOver: boolean;
  private stop: Stop | null = null;
  /** What a service threw while a handler ran. */
  private refusal: {readonly thrown: unknown} | null = null;
  /** What was named as what may have begun, and since when it is worked on. */
  private marked: UnitRange;
  private groupSinceMs: number;

  constructor(ports: Ports, owned: Owned, snapshot: Snapshot) {
    this.ports = ports;
    this.owned = owned;
    this.results = new ResultViews(ports, owned.job, snapshot);
    this.committer = new Committer(ports, owned, snapshot);
    this.notebook = new Notebook(ports, owned, snapshot, (key, value) => this.committer.writeNotes(key, value));
    this.attempts = new Attempts(ports, owned.job, this.results, this.notebook);
    this.longest = owned.job.header.longest;
    this.isHandedOver = this.longest.jobMs > 0;
    this.lookedAtMs = ports.clock.nowMs();
    this.marked = owned.mark ?? oneUnit(owned.firstUnit);
    this.groupSinceMs = this.lookedAtMs;
  }

  toEnd(): RunEnd {
    const end = this.work();
    if (end.kind === 'lost') this.notebook.abandon();
    else this.notebook.close();
    return end;
  }

  private work(): RunEnd {
    let unit = this.owned.firstUnit;
    if (this.owned.mark === null && !this.commit(this.marked, null)) return this.endAtStop();
    while (this.calls < MAX_CALLS_PER_CLAIM) {
      if (!useUnit(this.owned.wallet.purse, this.ports.clock.nowMs()) && !this.moreUnits(unit)) return this.endAtStop();
      if (this.ports.clock.nowMs() >= this.owned.budget.fenceMs) return this.pauseForBudget();
      if (!this.attempt(unit)) return this.endAtStop();
      const next = this.next();
      if (next.kind !== 'run') return this.endAt(next);
      if (isOverdue(this.owned.job.header, this.ports.clock.nowMs())) return this.endOverdue();
      if (!this.fits(next.unit)) return this.pauseForBudget();
      if (!this.look()) return this.endAtStop();
      if (!this.isInGroup(next.unit) && !this.commit(this.groupOf(next.unit), null)) return this.endAtStop();
      this.handOver(next.unit);
      unit = next.unit;
    }
    return this.pauseForBudget();
  }

  /** False when the run must end. */
  private attempt(unit: number): boolean {
    this.calls++;
    const {outcome, kept, isResumable} = this.attempts.of(unit, this.stepHost(unit), this.committer.maxResultBytes);
    if (this.refusal !== null) throw this.refusal.thrown;
    if (kept !== null) this.add(kept);
    if (outcome !== null) {
      if (!isResumable) this.learn(outcome);
      this.add(outcome);
    }
    return outcome !== null && this.stop === null;
  }

  /** The units that were reserved are used up, or no longer good. False when the run must end. */
  private moreUnits(unit: number): boolean {
    const supply = supplyUnit(this.ports, this.owned, {
      isOwn: (text) => this.ownHeader(text) !== null,
      fits: (waitMs) => this.fits(unit, waitMs),
      commit: () => this.committer.pending.length === 0 || this.commit(this.groupOf(unit), null),
      look: () => this.look(),
    });
    if (supply !== 'supplied' && supply !== 'stopped') this.stop = supply;
    return supply === 'supplied';
  }

  private add(outcome: Outcome): void {
    this.owned.job.ledger.apply(outcome);
    this.results.add(outcome.unit);
    this.committer.add(outcome);
  }

  /** How long the units of a node take. */
  private learn(outcome: Outcome): void {
    if (!('durationMs' in outcome)) return;
    const {plan} = this.owned.job;
    const {durationMs} = outcome;
    const nodeIndex = plan.nodeOfUnit(outcome.unit);
    const before = this.usual.get(nodeIndex) ?? {calls: 0, ms: 0};
    this.usual.set(nodeIndex, {calls: before.calls + 1, ms: before.ms + durationMs});
    this.longest = withAttempt(this.longest, nodeIndex, plan.node(nodeIndex).kind === 'map', durationMs);
  }

  private stepHost(unit: number): StepHost {
    return {
      clock: this.ports.clock,
      ...this.owned.budget,
      save: (cursor) => this.isDone(() => this.look() && this.commit(oneUnit(unit), cursor)),
      isWanted: () => this.isDone(() => this.look()),
    };
  }

  /** Keeps what a service threw inside a handler from the handler: it ends the run, and not the step. */
  private isDone(act: () => boolean): boolean {
    try {
      return act();
    } catch (thrown) {
      this.refusal = {thrown};
      return false;
    }
  }

  /**
   * A look costs a read: at a step boundary or a checkpoint when five seconds have passed since the last one. False when
   * the run must end.
   */
  private look(): boolean {
    if (this.stop !== null) return false;
    const nowMs = this.ports.clock.nowMs();
    if (nowMs - this.lookedAtMs < LOOK_EVERY_MS) return true;
    this.lookedAtMs = nowMs;
    const text = patiently(this.ports, () => this.ports.store.get(headerKey(this.owned.job.address)));
    const header = this.ownHeader(text);
    if (header === null) {
      this.stop = 'lost';
      this.notebook.abandon();
    } else this.stop = stopFor(header.isHalted ? FOR_USER : quotaEnd(this.ports));
    this.notebook.flushIfDue();
    return this.stop === null;
  }

  /** The header in a stored text, while it says that the part is this owner's; `null` when it no longer is. */
  private ownHeader(text: string | null | undefined): Header | null {
    const {epoch, part} = this.owned;
    const decoded = decodeHeader(text ?? '');
    if (decoded.kind !== 'header' || isFinal(decoded.header)) return null;
    const own = decoded.header.parts[part];
    return own?.epoch === epoch && own.lease !== null ? decoded.header : null;
  }

  private next(): Next {
    const {job, forgivenCount, share} = this.owned;
    return nextUnit(job.plan, job.ledger, {
      ...{nowMs: this.ports.clock.nowMs(), forgivenCount, share, taken: []},
      suspects: openSuspects(job),
      maySuspect: false,
      hasHandler: (name) => this.ports.handlers.find(name) !== null,
    });
  }

  private fits(unit: number, waitMs = 0): boolean {
    const {budget, job} = this.owned;
    const isResumable = job.ledger.cursor(unit) !== null;
    const expected = isResumable ? 0 : expectedMs(this.longest, job.plan.nodeOfUnit(unit));
    return mayStart(budget, this.ports.clock.nowMs() + waitMs, expected, false);
  }

  /** Whether a unit may begin without a commit before it. */
  private isInGroup(unit: number): boolean {
    const {plan, ledger} = this.owned.job;
    const nodeIndex = plan.nodeOfUnit(unit);
    const grouping = groupingOf(plan, ledger, nodeIndex, this.pace(nodeIndex));
    if (grouping === null || !contains(this.marked, unit) || this.hasFailedSince(unit)) return false;
    const isTime = this.ports.clock.nowMs() - this.groupSinceMs >= grouping.everyMs;
    return !isTime && this.committer.mayGrow;
  }

  /** A failure is committed before the next attempt of its unit: no more than one is ever in doubt. */
  private hasFailedSince(unit: number): boolean {
    if (this.owned.job.ledger.failedAttempts(unit) === null) return false;
    return this.committer.pending.some((outcome) => outcome.unit === unit);
  }

  private groupOf(unit: number): UnitRange {
    const {job, share} = this.owned;
    const pace = this.pace(job.plan.nodeOfUnit(unit));
    return groupFrom(job.plan, job.ledger, {...pace, unit, share, header: job.header});
  }

  /** How long a unit of a node takes, as far as this execution or an earlier one knows, and where results may go. */
  private pace(nodeIndex: number): Pick<GroupTerms, 'usualMs' | 'hasArchive'> {
    const own = this.usual.get(nodeIndex);
    const usual = own === undefined ? usualMs(this.longest, nodeIndex) : own.ms / own.calls;
    return {usualMs: usual, hasArchive: this.ports.archive !== null};
  }

  /** Plans the next execution as soon as it is known that this one will not do. Where the claim knew it, it has. */
  private handOver(unit: number): void {
    const {budget, job, alarmOwner} = this.owned;
    if (alarmOwner === null || this.isHandedOver) return;
    const expected = expectedMs(this.longest, job.plan.nodeOfUnit(unit));
    const openUnits = Math.ceil(job.ledger.openCount / Math.max(1, takenShares(job.header).length));
    const atMs = handOverAtMs(budget, this.ports.clock.nowMs(), expected, openUnits);
    if (atMs === null) return;
    this.isHandedOver = true;
    try {
      withHold(
        this.ports,
        (hold) => {
          // Who was taken over has no successor: the job may have ended, and its user's last trigger be gone.
          if (this.ownHeader(hold.snapshot[headerKey(job.address)]) === null) return;
          planHandOver(new Alarm(this.ports, hold, alarmOwner), this.owned, atMs);
        },
        SHORT_LOCK_WAIT_MS,
      );
    } catch (thrown) {
      // It only makes things faster: the return of the lease plans the next execution in any case.
      this.ports.log.line(`AST.Jobs: the next execution was not planned early: ${describeThrown(thrown).message}`);
    }
  }

  /** Commits what is decided, naming what may begin. False when the run must end. */
  private commit(units: UnitRange, cursor: StoredCursor | null): boolean {
    if (this.ports.clock.nowMs() >= this.owned.budget.fenceMs) {
      this.stop = 'fence';
      return false;
    }
    const result = this.committer.commit({units, cursor});
    if (result.kind === 'full') this.stop = {fullBytes: result.bytes};
    else {
      this.marked = units;
      this.groupSinceMs = this.ports.clock.nowMs();
      this.notebook.flushIfDue();
    }
    return result.kind === 'committed';
  }

  private endAt(next: Exclude<Next, {kind: 'run'}>): RunEnd {
    if (this.owned.share !== null) return {kind: 'share', rest: this.rest()};
    switch (next.kind) {
      case 'over':
        return {kind: 'over', status: next.status, fault: null, rest: this.rest()};
      case 'retry':
      case 'noHandler':
        return {kind: 'pause', waiting: waitingOf(next), rest: this.rest()};
      case 'suspect':
      case 'taken':
        return this.pauseForBudget();
    }
  }

  /** The job is not over in time; where there are other workers, the next claim ends it. */
  private endOverdue(): RunEnd {
    if (this.owned.share !== null) return {kind: 'share', rest: this.rest()};
    return {kind: 'over', status: 'failed', fault: overdueFault(this.owned.job.header), rest: this.rest()};
  }

  /** The run must end: for what was found out while it ran, or because its step wants to go on in another execution. */
  private endAtStop(): RunEnd {
    const {stop} = this;
    if (stop === 'lost') return {kind: 'lost'};
    if (stop === null || stop === 'fence') return this.pauseForBudget();
    if ('waiting' in stop) return {kind: 'pause', waiting: stop.waiting, rest: this.rest()};
    return {kind: 'full', units: unitsOfOutcomes(this.committer.pending), bytes: stop.fullBytes, rest: this.rest()};
  }

  private pauseForBudget(): RunEnd {
    return {kind: 'pause', waiting: {reason: 'budget', untilMs: null}, rest: this.rest()};
  }

  private rest(): Rest {
    return {outcomes: this.committer.pending, longest: this.longest, calls: this.calls};
  }
}

const FOR_USER: Waiting = {reason: 'user', untilMs: null};

function stopFor(waiting: Waiting | null): Stop | null {
  return waiting === null ? null : {waiting};
}
