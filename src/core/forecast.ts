/**
 * What a job will cost and when it will end, before it is stored: the executions are gone through in thought, with the
 * rules of `budget.ts` and the calls that docs/decisions/0001-storage.md counts. Arithmetic only.
 *
 * F1 steps fail never and last as long as was said. F2 nothing else wants the lock or the user's executions. F3 one-offs
 * are late by the average lag; a watchdog that comes earlier by chance makes it a little better.
 */
import {expectedMs, handOverAtMs, makeBudget, mayStart, withAttempt, type Budget} from './budget';
import type {Longest} from './header';
import type {Checkpointing} from './plan';
import {
  ENQUEUE_GRACE_MS,
  INLINE_RESULT_BYTES,
  KEPT_TRIGGER_MS,
  LOOK_EVERY_MS,
  MAX_VALUE_BYTES,
  MIN_WAKE_UP_MS,
  ONE_OFF_LAG_MS,
  OWN_WRITE_TRIGGER_MS,
  SEGMENT_BYTES,
  SERVICE_MS,
  WATCHDOG_MINUTES,
} from './limits';

/** Steps or items that run one after the other and last equally long. */
export interface Stage {
  /** Index of its node. */
  readonly node: number;
  readonly isMap: boolean;
  readonly count: number;
  readonly unitMs: number;
  /** When its results are committed. */
  readonly grouping: Checkpointing;
}

/** A job, as far as its cost depends on it. */
export interface Workload {
  /** In the order in which they run. */
  readonly stages: readonly Stage[];
  readonly resultBytes: number;
  readonly maxRuntimeMs: number;
  readonly leaseTtlMs: number;
  /** Whether the call itself runs it. */
  readonly isRun: boolean;
  /** Executions that share a map step. */
  readonly workers: number;
  readonly planPieces: number;
  /** Keys of the store before. */
  readonly storedKeys: number;
  /** Writes of the call for what is not there yet: the user's id, his watchdog, the ballast, the prefix. */
  readonly firstWrites: number;
  /** Whether the user's watchdog stays when nothing is open. */
  readonly isInstalled: boolean;
}

/** What it comes to. */
export interface Course {
  readonly executions: number;
  readonly runMs: number;
  /** Of the executions that triggers start. */
  readonly triggerMs: number;
  readonly finishMs: number;
  readonly reads: number;
  /** Deletes among them. */
  readonly writes: number;
  /** Keys that were read by calls that read all of them. */
  readonly keysRead: number;
  readonly resultBytes: number;
}

/** Goes through the executions of a job. */
export function courseOf(work: Workload): Course {
  const units = work.stages.reduce((sum, stage) => sum + stage.count, 0);
  const tally = new Tally(work);
  let lane = new Lane(work, tally, 0, units);
  if (work.isRun) lane.beginCall();
  else {
    callToEnqueue(work, tally);
    lane.nowMs = ENQUEUE_CALL_MS + ENQUEUE_GRACE_MS + ONE_OFF_LAG_MS;
    lane.beginPass();
  }
  for (const stage of work.stages) lane = runStage(work, tally, lane, stage);
  lane.end(true);
  return tally.course(lane.nowMs);
}

/** One lane runs a stage, or several share it: then the one that ends last goes on. */
function runStage(work: Workload, tally: Tally, main: Lane, stage: Stage): Lane {
  const workers = stage.isMap ? Math.min(work.workers, stage.count) : 1;
  const share = Math.ceil(stage.count / workers);
  const startMs = main.nowMs;
  main.openUnits -= stage.count - share;
  let last = main;
  main.run(stage, share);
  for (let worker = 1, left = stage.count - share; worker < workers && left > 0; worker++, left -= share) {
    const lane = new Lane(work, tally, startMs + MIN_WAKE_UP_MS + ONE_OFF_LAG_MS, Math.min(share, left));
    lane.beginPass();
    lane.run(stage, Math.min(share, left));
    lane.end(false);
    if (lane.nowMs > last.nowMs) last = lane;
  }
  if (last === main) return main;
  // Whoever ends last finds the next step to run: it is as if the first worker had waited until then.
  main.end(false);
  main.nowMs = last.nowMs;
  main.restart();
  return main;
}

const {read, write, lock, release, trigger} = SERVICE_MS;
const HOLD_MS = lock + read;
const ENQUEUE_CALL_MS = HOLD_MS + read + 2 * trigger + 2 * write + release;

function callToEnqueue(work: Workload, tally: Tally): void {
  tally.readAll();
  tally.reads++;
  tally.writes += 2 + work.planPieces + work.firstWrites;
}

/** What has been spent. */
class Tally {
  executions = 0;
  runMs = 0;
  triggerMs = 0;
  reads = 0;
  writes = 0;
  keysRead = 0;
  /** Keys that the job has so far, and the bytes of its logs and results. */
  private jobKeys: number;
  private logBytes = 0;
  private tailBytes = 0;
  private readonly work: Workload;
  private readonly outcomeBytes: number;
  private readonly pieces: number;

  constructor(work: Workload) {
    this.work = work;
    this.jobKeys = 1 + work.planPieces;
    this.pieces = work.resultBytes > INLINE_RESULT_BYTES ? Math.ceil(work.resultBytes / MAX_VALUE_BYTES) : 0;
    this.outcomeBytes = this.pieces > 0 ? LARGE_OUTCOME_BYTES : OUTCOME_BYTES + work.resultBytes;
  }

  readAll(): void {
    this.reads++;
    this.keysRead += this.work.storedKeys + this.jobKeys;
  }

  /** Notes a result; gives the milliseconds that its pieces take to write. */
  result(unitMs: number): number {
    // Results of consecutive units are written as one run.
    const inRun = IN_RUN_BYTES + 2 * String(Math.round(unitMs)).length + this.work.resultBytes;
    const bytes = this.pieces === 0 ? inRun : this.outcomeBytes;
    this.writes += this.pieces;
    this.jobKeys += this.pieces;
    this.logBytes += bytes + (this.pieces === 0 ? 0 : this.work.resultBytes + this.pieces * KEY_BYTES);
    this.tailBytes += this.outcomeBytes;
    if (this.tailBytes > SEGMENT_BYTES) {
      this.tailBytes = this.outcomeBytes;
      this.jobKeys++;
      this.logBytes += KEY_BYTES;
    }
    return this.pieces * write;
  }

  course(finishMs: number): Course {
    const {executions, runMs, triggerMs, writes, logBytes} = this;
    // In between the watchdog looks, and finds the job in good hands.
    const looks = Math.floor(finishMs / (WATCHDOG_MINUTES * 60_000));
    const reads = this.reads + looks;
    const keysRead = this.keysRead + looks * (this.work.storedKeys + this.jobKeys);
    return {executions, runMs, triggerMs, finishMs, reads, writes, keysRead, resultBytes: logBytes + KEY_BYTES};
  }
}

/** A key of a job. */
const KEY_BYTES = 60;
/** An outcome beside its result; one within a run, beside its two times; one whose result lies in keys of its own. */
const OUTCOME_BYTES = 30;
const IN_RUN_BYTES = 4;
const LARGE_OUTCOME_BYTES = 60;

/** One execution after the other, each going on where the last has stopped. */
class Lane {
  nowMs: number;
  openUnits: number;
  private readonly work: Workload;
  private readonly tally: Tally;
  private longest: Longest = {jobMs: 0, nodes: []};
  private budget: Budget;
  private isPass = true;
  private isFresh = true;
  private isHandedOver = false;
  private lookedAtMs = 0;
  private committedAtMs = 0;
  private uncommitted = 0;
  /** When the next execution starts, if that is planned. */
  private wakeMs: number | null = null;

  constructor(work: Workload, tally: Tally, startMs: number, openUnits: number) {
    this.work = work;
    this.tally = tally;
    this.nowMs = startMs;
    this.openUnits = openUnits;
    this.budget = this.budgetFrom(startMs, startMs);
  }

  /** The call of `run` itself. */
  beginCall(): void {
    const startMs = this.nowMs;
    this.tally.readAll();
    this.tally.reads++;
    this.isPass = false;
    this.begin(startMs, startMs + lock, 1 + this.work.firstWrites + this.work.planPieces, trigger + read);
  }

  /** A pass of the dispatcher that a one-off started: it looks at the triggers and deletes the one that fired. */
  beginPass(): void {
    const startMs = this.nowMs;
    this.tally.readAll();
    this.isPass = true;
    this.begin(startMs, startMs, 1, trigger);
    const expected = this.longest.jobMs;
    const atMs = handOverAtMs(this.budget, startMs + lock, expected, this.openUnits);
    if (atMs !== null) this.wakeAt(atMs);
    this.write();
    this.nowMs += 2 * trigger;
  }

  /** Runs so many units. */
  run(stage: Stage, count: number): void {
    for (let unit = 0; unit < count; unit++) {
      if (!this.isFresh) this.next(stage);
      this.isFresh = false;
      this.nowMs += stage.unitMs;
      this.openUnits--;
      this.uncommitted++;
      this.longest = withAttempt(this.longest, stage.node, stage.isMap, stage.unitMs);
      this.nowMs += this.tally.result(stage.unitMs);
    }
  }

  /** The lease is given back, or the job ended. */
  end(isOver: boolean): void {
    this.tally.readAll();
    this.nowMs += HOLD_MS;
    const isInHeader = isOver && this.uncommitted === 1 && this.work.resultBytes <= INLINE_RESULT_BYTES;
    if (this.uncommitted > 0 && !isInHeader) this.write();
    this.write();
    this.uncommitted = 0;
    if (isOver && this.isPass && !this.work.isInstalled) {
      this.write();
      this.nowMs += 3 * trigger;
    }
    if (!isOver && (this.wakeMs === null || this.wakeMs < this.nowMs)) {
      this.wakeMs = null;
      this.wakeAt(this.nowMs + MIN_WAKE_UP_MS);
      this.write();
    }
    this.nowMs += release;
    const ranMs = this.nowMs - this.budget.startMs;
    this.tally.runMs += ranMs;
    if (!this.isPass) return;
    this.tally.triggerMs += ranMs;
    // What was used of the day: in the key of the user, and with the job that ended when that key goes.
    if (ranMs >= OWN_WRITE_TRIGGER_MS && !(isOver && !this.work.isInstalled)) this.write();
    if (isOver && !this.work.isInstalled && this.tally.triggerMs >= KEPT_TRIGGER_MS) this.write();
  }

  /** As if an execution had just begun, which was counted elsewhere. */
  restart(): void {
    this.budget = this.budgetFrom(this.nowMs, this.nowMs);
    this.isFresh = true;
  }

  /** What comes between two units: the next one fits, and what is decided is committed, or the next execution goes on. */
  private next(stage: Stage): void {
    const expected = expectedMs(this.longest, stage.node);
    if (this.nowMs >= this.budget.fenceMs || !mayStart(this.budget, this.nowMs, expected, false)) {
      this.end(false);
      this.nowMs = this.wakeMs ?? this.nowMs;
      this.beginPass();
      return;
    }
    if (this.nowMs - this.lookedAtMs >= LOOK_EVERY_MS) {
      this.lookedAtMs = this.nowMs;
      this.tally.reads++;
      this.nowMs += read;
    }
    this.commit(stage);
    this.handOver(expected);
  }

  /** A group is as long as fits into its time, by what its items take. */
  private commit({isMap, grouping, unitMs}: Stage): void {
    const {everyItems, everyMs} = grouping;
    const group = unitMs <= 0 ? everyItems : Math.min(everyItems, Math.max(1, Math.floor(everyMs / unitMs)));
    const isLarge = this.uncommitted * (OUTCOME_BYTES + this.work.resultBytes) > INLINE_RESULT_BYTES;
    const isDue = isLarge || this.uncommitted >= group || this.nowMs - this.committedAtMs >= everyMs;
    if (isMap && !isDue) return;
    this.write();
    this.committedAtMs = this.nowMs;
    this.uncommitted = 0;
  }

  private handOver(expected: number): void {
    if (this.isHandedOver) return;
    const atMs = handOverAtMs(this.budget, this.nowMs, expected, this.openUnits);
    if (atMs === null) return;
    this.isHandedOver = true;
    this.tally.readAll();
    this.nowMs += HOLD_MS;
    this.wakeAt(atMs);
    this.write();
    this.nowMs += release;
  }

  private begin(startMs: number, budgetFromMs: number, writes: number, moreMs: number): void {
    this.tally.executions++;
    this.tally.writes += writes;
    this.budget = this.budgetFrom(startMs, budgetFromMs);
    this.nowMs = startMs + HOLD_MS + moreMs + writes * write + release;
    this.lookedAtMs = this.nowMs;
    this.committedAtMs = this.nowMs;
    this.isFresh = true;
    this.isHandedOver = this.longest.jobMs > 0;
    this.wakeMs = null;
  }

  private budgetFrom(startMs: number, budgetFromMs: number): Budget {
    const {maxRuntimeMs, leaseTtlMs} = this.work;
    return makeBudget({startMs, nowMs: startMs + lock, budgetFromMs, maxRuntimeMs, leaseTtlMs});
  }

  /** Makes a one-off, whose time counts from now. */
  private wakeAt(atMs: number): void {
    this.wakeMs = Math.max(atMs, this.nowMs + MIN_WAKE_UP_MS) + trigger + ONE_OFF_LAG_MS;
    this.nowMs += trigger;
  }

  private write(): void {
    this.tally.writes++;
    this.nowMs += write;
  }
}
