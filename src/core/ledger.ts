/**
 * The fold of a job's outcomes: which units are settled, what they returned, what they failed with.
 *
 * An accumulator, the one mutable thing of the core: it is built from the stored logs, or grows with the live owner's
 * commits, and never loses an outcome. A unit that is settled stays as its first settling outcome left it.
 */
import type {StoredError} from '../types';
import type {LargeResult, Outcome} from './outcome';
import type {NumberedPlan} from './plan';

export type UnitState = 'pending' | 'completed' | 'failed';

/** What is known of a unit that failed at least once. */
export interface FailedAttempts {
  readonly count: number;
  readonly firstStartMs: number;
  /** Which outcome of the job, counted from 1, was the last failure. */
  readonly ordinal: number;
  readonly error: StoredError;
  /** When the next attempt is due; `null` when there will be none. */
  readonly retryAtMs: number | null;
}

/** When a unit ended, and what it returned. */
export interface Completion {
  readonly atMs: number;
  readonly durationMs: number;
  readonly result: {readonly text: string} | {readonly large: LargeResult};
}

export class Ledger {
  private readonly completions = new Map<number, Completion>();
  private readonly failures = new Map<number, FailedAttempts>();
  private readonly lost = new Set<number>();
  private readonly openUnits: number[];
  private readonly lostUnits: number[];
  private readonly cursors: number[];
  private openNode = 0;
  /** Units that are not settled. */
  openCount: number;
  /** Outcomes applied so far. */
  count = 0;
  /** When the latest outcome was committed; 0 before the first. */
  lastAtMs = 0;

  private readonly plan: NumberedPlan;

  constructor(plan: NumberedPlan) {
    this.plan = plan;
    this.openCount = plan.unitCount;
    this.openUnits = plan.nodes.map((_node, index) => plan.firstUnit(index + 1) - plan.firstUnit(index));
    this.lostUnits = plan.nodes.map(() => 0);
    this.cursors = plan.nodes.map((_node, index) => plan.firstUnit(index));
  }

  apply(outcome: Outcome): void {
    this.count++;
    this.lastAtMs = Math.max(this.lastAtMs, outcome.atMs);
    if (this.isSettled(outcome.unit)) return;
    switch (outcome.kind) {
      case 'done':
        this.complete(outcome.unit, {...timesOf(outcome), result: {text: outcome.result}});
        return;
      case 'doneLarge':
        this.complete(outcome.unit, {...timesOf(outcome), result: {large: outcome.large}});
        return;
      case 'failed':
        this.fail(outcome);
        return;
      case 'killed':
        this.give(outcome.unit, outcome.atMs, killedError(outcome.crashes));
        return;
    }
  }

  state(unit: number): UnitState {
    if (this.completions.has(unit)) return 'completed';
    return this.lost.has(unit) ? 'failed' : 'pending';
  }

  isSettled(unit: number): boolean {
    return this.completions.has(unit) || this.lost.has(unit);
  }

  completion(unit: number): Completion | null {
    return this.completions.get(unit) ?? null;
  }

  failedAttempts(unit: number): FailedAttempts | null {
    return this.failures.get(unit) ?? null;
  }

  /** Units that are completed, in the order of their completion. */
  completedUnits(): readonly number[] {
    return [...this.completions.keys()];
  }

  /** Units that are given up, in the order in which that happened. */
  lostUnitsInOrder(): readonly number[] {
    return [...this.lost];
  }

  isNodeCompleted(nodeIndex: number): boolean {
    return this.openUnits[nodeIndex] === 0 && this.lostUnits[nodeIndex] === 0;
  }

  hasOpenUnits(nodeIndex: number): boolean {
    return (this.openUnits[nodeIndex] ?? 0) > 0;
  }

  /** The first node with open units: where a search for work starts. */
  firstOpenNode(): number {
    while (this.openNode < this.plan.nodes.length && !this.hasOpenUnits(this.openNode)) this.openNode++;
    return this.openNode;
  }

  /** The first open unit of a node: everything before it is settled. */
  firstOpenUnit(nodeIndex: number): number {
    let cursor = this.cursors[nodeIndex] ?? 0;
    while (this.isSettled(cursor)) cursor++;
    this.cursors[nodeIndex] = cursor;
    return cursor;
  }

  private complete(unit: number, completion: Completion): void {
    this.completions.set(unit, completion);
    this.openCount--;
    this.settle(unit, this.openUnits, -1);
  }

  private fail(outcome: Extract<Outcome, {kind: 'failed'}>): void {
    const before = this.failures.get(outcome.unit);
    this.failures.set(outcome.unit, {
      count: (before?.count ?? 0) + 1,
      firstStartMs: before?.firstStartMs ?? outcome.atMs - outcome.durationMs,
      ordinal: this.count,
      error: outcome.error,
      retryAtMs: outcome.retryAtMs,
    });
    if (outcome.retryAtMs === null) this.lose(outcome.unit);
  }

  private give(unit: number, atMs: number, error: StoredError): void {
    const before = this.failures.get(unit);
    const count = before?.count ?? 0;
    const firstStartMs = before?.firstStartMs ?? atMs;
    this.failures.set(unit, {count, firstStartMs, ordinal: this.count, error, retryAtMs: null});
    this.lose(unit);
  }

  private lose(unit: number): void {
    this.lost.add(unit);
    this.openCount--;
    this.settle(unit, this.openUnits, -1);
    this.settle(unit, this.lostUnits, 1);
  }

  private settle(unit: number, counts: number[], by: number): void {
    const node = this.plan.nodeOfUnit(unit);
    counts[node] = (counts[node] ?? 0) + by;
  }
}

function timesOf(outcome: {readonly atMs: number; readonly durationMs: number}): {atMs: number; durationMs: number} {
  return {atMs: outcome.atMs, durationMs: outcome.durationMs};
}

function killedError(crashes: number): StoredError {
  return {
    name: 'AstJobsStepExecutionError',
    code: 'STEP_KILLED',
    message:
      `The execution was killed ${crashes} times during this step, so it is not tried again. Make the step shorter ` +
      `than six minutes, or split it; \`maxCrashes\` sets how often it is tried.`,
    details: {crashes},
  };
}
