/**
 * The one loop: runs the units of an owned job until they end, the budget ends, or the lease is lost.
 *
 * Order within a step: handler → decide what comes next → look at the header when five seconds have passed → commit,
 * naming the next unit → read the clock → handler. That last reading is the fence: behind it an owner that stalled
 * starts nothing, because the next owner may have committed it already. The last outcome is not committed here but
 * handed to `settle.ts`, which writes it under the lock, where it knows whether the lease is still its own.
 */
import {utf8Bytes} from '../core/bytes';
import {expectedMs, handOverAtMs, mayStart, withAttempt} from '../core/budget';
import {isFinal, onlyPart, type Longest, type Waiting} from '../core/header';
import {decodeHeader} from '../core/header-codec';
import {headerKey} from '../core/keys';
import {LOOK_EVERY_MS, MAX_CALLS_PER_CLAIM, OWN_BYTES, SHORT_LOCK_WAIT_MS} from '../core/limits';
import type {Outcome} from '../core/outcome';
import {nextUnit, type Next} from '../core/schedule';
import {NO_UNIT} from '../core/segment';
import type {Snapshot} from '../core/stored-job';
import {describeThrown, isJobsError} from '../errors';
import {Alarm} from './alarm';
import {openSuspects, waitingOf, type Owned} from './claim';
import {makeContext, ResultViews} from './context';
import {storeFull, withHold, writeValue} from './hold';
import {bytesOfCommit, type Write} from './log-writer';
import {patiently} from './patience';
import type {Ports} from './ports';
import {freeBytes, makeRoom} from './room';
import {attemptStep} from './step';

/** How a run of an owned job ended. */
export type RunEnd =
  | {readonly kind: 'over'; readonly status: 'completed' | 'failed'; readonly rest: Rest}
  | {readonly kind: 'pause'; readonly waiting: Waiting; readonly rest: Rest}
  /** An outcome did not fit into the store and is lost. */
  | {readonly kind: 'full'; readonly unit: number; readonly bytes: number; readonly rest: Rest}
  /** Somebody canceled the job or took it over: nothing may be written. */
  | {readonly kind: 'lost'};

/** What is decided and not committed, and what was learned. */
export interface Rest {
  readonly outcomes: readonly Outcome[];
  readonly longest: Longest;
  /** Handler calls of this run. */
  readonly calls: number;
}

/** Runs an owned job. */
export function runOwned(ports: Ports, owned: Owned, snapshot: Snapshot): RunEnd {
  return new Run(ports, owned, snapshot).toEnd();
}

class Run {
  private readonly ports: Ports;
  private readonly owned: Owned;
  private readonly results: ResultViews;
  private readonly write: Write;
  /** Bytes of the job, and bytes that it may still add before somebody has to look at the whole store again. */
  private jobBytes: number;
  private room: number;
  private readonly sizes: Map<string, number>;
  private longest: Longest;
  private lookedAtMs: number;
  private calls = 0;
  private isHandedOver: boolean;
  private outcomes: readonly Outcome[];

  constructor(ports: Ports, owned: Owned, snapshot: Snapshot) {
    this.ports = ports;
    this.owned = owned;
    this.results = new ResultViews(ports, owned.job, snapshot);
    this.write = (key, value) => {
      this.writeWithin(key, value);
    };
    this.sizes = sizesOfJob(owned, snapshot);
    this.jobBytes = [...this.sizes.values()].reduce((sum, bytes) => sum + bytes, 0);
    this.room = owned.freeBytes;
    this.longest = owned.job.header.longest;
    this.isHandedOver = this.longest.jobMs > 0;
    this.lookedAtMs = ports.clock.nowMs();
    this.outcomes = owned.undelivered;
  }

  toEnd(): RunEnd {
    let unit = this.owned.firstUnit;
    if (this.owned.mustMark) {
      const full = this.commit(unit);
      if (full !== null) return full;
    }
    while (this.calls < MAX_CALLS_PER_CLAIM) {
      if (this.ports.clock.nowMs() >= this.owned.budget.fenceMs) return this.pauseForBudget();
      this.attempt(unit);
      const next = this.next();
      if (next.kind !== 'run') return this.endAt(next);
      if (!this.fits(next.unit)) return this.pauseForBudget();
      const stopped = this.look();
      if (stopped !== null) return stopped;
      const full = this.commit(next.unit);
      if (full !== null) return full;
      this.handOver(next.unit);
      unit = next.unit;
    }
    return this.pauseForBudget();
  }

  private attempt(unit: number): void {
    const {job, budget} = this.owned;
    const nodeIndex = job.plan.nodeOfUnit(unit);
    const node = job.plan.node(nodeIndex);
    const handler = this.ports.handlers.find(node.handler);
    if (handler === null) throw new Error(`The handler ${node.handler} vanished within an execution.`);
    this.calls++;
    const outcome = attemptStep(
      {
        ...{unit, node, handler, maxResultBytes: OWN_BYTES - reserve(job.ledger.openCount) - this.jobBytes},
        context: makeContext(this.ports, job, budget, unit, this.results),
        failedBefore: job.ledger.failedAttempts(unit)?.count ?? 0,
      },
      this.ports.clock,
      this.ports.random,
    );
    if ('durationMs' in outcome)
      this.longest = withAttempt(this.longest, nodeIndex, node.kind === 'map', outcome.durationMs);
    job.ledger.apply(outcome);
    this.results.add(unit);
    this.outcomes = [...this.outcomes, outcome];
  }

  /**
   * A look costs a read: at a step boundary when five seconds have passed since the last one. `null`, or how the run ends.
   */
  private look(): RunEnd | null {
    const nowMs = this.ports.clock.nowMs();
    if (nowMs - this.lookedAtMs < LOOK_EVERY_MS) return null;
    this.lookedAtMs = nowMs;
    const {job, epoch} = this.owned;
    const text = patiently(this.ports, () => this.ports.store.get(headerKey(job.address)));
    const decoded = decodeHeader(text ?? '');
    if (decoded.kind !== 'header' || isFinal(decoded.header)) return {kind: 'lost'};
    const part = onlyPart(decoded.header);
    if (part.epoch !== epoch || part.lease === null) return {kind: 'lost'};
    return decoded.header.isHalted
      ? {kind: 'pause', waiting: {reason: 'user', untilMs: null}, rest: this.rest()}
      : null;
  }

  private next(): Next {
    const {job, forgivenCount} = this.owned;
    return nextUnit(job.plan, job.ledger, {
      nowMs: this.ports.clock.nowMs(),
      forgivenCount,
      suspects: openSuspects(job),
      maySuspect: false,
      hasHandler: (name) => this.ports.handlers.find(name) !== null,
    });
  }

  private fits(unit: number): boolean {
    const {budget, job} = this.owned;
    const expected = expectedMs(this.longest, job.plan.nodeOfUnit(unit));
    return mayStart(budget, this.ports.clock.nowMs(), expected, false);
  }

  /** Plans the next execution as soon as it is known that this one will not do. Where the claim knew it, it has. */
  private handOver(unit: number): void {
    const {budget, job, alarmOwner} = this.owned;
    if (alarmOwner === null || this.isHandedOver) return;
    const expected = expectedMs(this.longest, job.plan.nodeOfUnit(unit));
    const atMs = handOverAtMs(budget, this.ports.clock.nowMs(), expected, job.ledger.openCount);
    if (atMs === null) return;
    this.isHandedOver = true;
    try {
      withHold(
        this.ports,
        (hold) => {
          new Alarm(this.ports, hold, alarmOwner).wakeAt(atMs);
        },
        SHORT_LOCK_WAIT_MS,
      );
    } catch (thrown) {
      // It only makes things faster: the return of the lease plans the next execution in any case.
      this.ports.log.line(`AST.Jobs: the next execution was not planned early: ${describeThrown(thrown).message}`);
    }
  }

  /** Commits what is decided, naming the unit that may begin; `null`, or the end when the store is full. */
  private commit(marker: number): RunEnd | null {
    if (this.ports.clock.nowMs() >= this.owned.budget.fenceMs) return this.pauseForBudget();
    try {
      this.commitOnce(marker);
      return null;
    } catch (thrown) {
      if (!isJobsError(thrown) || thrown.code !== 'STORE_FULL') throw thrown;
      const bytes = bytesOfCommit(this.outcomes);
      // Finished jobs give way to a result of a job that runs.
      if (this.findRoom(bytes)) {
        try {
          this.commitOnce(marker);
          return null;
        } catch (again) {
          if (!isJobsError(again) || again.code !== 'STORE_FULL') throw again;
        }
      }
      return {kind: 'full', unit: this.outcomes[this.outcomes.length - 1]?.unit ?? NO_UNIT, bytes, rest: this.rest()};
    }
  }

  private findRoom(bytes: number): boolean {
    return withHold(this.ports, (hold) => {
      const isThere = makeRoom(hold, bytes);
      this.room = isThere ? Math.max(bytes, freeBytes(hold)) : freeBytes(hold);
      return isThere;
    });
  }

  /** Jobs leave the host its share: a write that would take it is refused as if the store were full. */
  private writeWithin(key: string, value: string): void {
    const bytes = utf8Bytes(key) + utf8Bytes(value);
    const more = bytes - (this.sizes.get(key) ?? 0);
    if (more > this.room) throw storeFull(bytes, this.room);
    writeValue(this.ports, key, value);
    this.sizes.set(key, bytes);
    this.room -= more;
    this.jobBytes += more;
  }

  private commitOnce(marker: number): void {
    const {writer} = this.owned;
    const small = this.outcomes.map((outcome) => writer.offload(this.write, outcome));
    writer.commit(this.write, small, marker);
    this.outcomes = [];
  }

  private endAt(next: Exclude<Next, {kind: 'run'}>): RunEnd {
    switch (next.kind) {
      case 'over':
        return {kind: 'over', status: next.status, rest: this.rest()};
      case 'suspect':
        return this.pauseForBudget();
      default:
        return {kind: 'pause', waiting: waitingOf(next), rest: this.rest()};
    }
  }

  private pauseForBudget(): RunEnd {
    return {kind: 'pause', waiting: {reason: 'budget', untilMs: null}, rest: this.rest()};
  }

  private rest(): Rest {
    return {outcomes: this.outcomes, longest: this.longest, calls: this.calls};
  }
}

/** Kept for the header, and for outcomes that say why a step failed. */
function reserve(openUnits: number): number {
  return Math.min(40_000, 8_000 + 400 * openUnits);
}

/** Sizes of a job's keys as they are stored. */
function sizesOfJob(owned: Owned, snapshot: Snapshot): Map<string, number> {
  const start = headerKey(owned.job.address).slice(0, -1);
  const sizes = new Map<string, number>();
  for (const key of Object.keys(snapshot))
    if (key.startsWith(start)) sizes.set(key, utf8Bytes(key) + utf8Bytes(snapshot[key] ?? ''));
  return sizes;
}
