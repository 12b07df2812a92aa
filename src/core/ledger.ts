/**
 * The fold of a job's outcomes: which units are settled, what they returned, what they failed with.
 *
 * An accumulator, the one mutable thing of the core: it is built from the stored logs, or grows with the live owner's
 * commits, and never loses an outcome. A unit that is settled stays settled as its first settling outcome left it; a
 * failure that is learned of later still counts as an attempt. What it tells does not depend on the order in which
 * outcomes of different units are applied, but for `ordinal`. It holds what is settled or failed, never what is pending.
 */
import type {StoredError} from '../types';
import type {ArchivedResults, LargeResult, Outcome, Page, StoredCursor} from './outcome';
import {isPaged, type NumberedPlan} from './plan';

export type UnitState = 'pending' | 'completed' | 'failed';

/** What is known of a unit that failed at least once. */
export interface FailedAttempts {
  readonly count: number;
  readonly firstStartMs: number;
  /** When the failure ended that `error` and `retryAtMs` are of: the last one. */
  readonly atMs: number;
  /** Which outcome of the job, counted from 1 as they were applied, was the last failure. */
  readonly ordinal: number;
  readonly error: StoredError;
  /** When the next attempt is due; `null` when there will be none. */
  readonly retryAtMs: number | null;
}

/** When a unit ended, and what it returned. */
export interface Completion {
  readonly atMs: number;
  readonly durationMs: number;
  readonly result:
    | {readonly text: string}
    | {readonly large: LargeResult}
    | {readonly archived: ArchivedResults; readonly index: number};
}

/** What became of the units of a node. */
export interface NodeProgress {
  /** Neither completed nor lost. */
  readonly open: number;
  readonly lost: number;
  readonly failedAttempts: number;
}

export class Ledger {
  private readonly completions = new Map<number, Completion>();
  private readonly failures = new Map<number, FailedAttempts>();
  /** Units that are given up, and when that was. */
  private readonly lost = new Map<number, number>();
  private readonly cursors = new Map<number, StoredCursor>();
  /** Pages of a source node, by their number. */
  private readonly pages = new Map<number, Map<number, Page>>();
  private readonly progress: {open: number; lost: number; failedAttempts: number}[];
  private readonly firstOpen: number[];
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
    this.progress = plan.nodes.map((node, index) => {
      // Items of pages come with their pages.
      const units = isPaged(node) ? 0 : plan.firstUnit(index + 1) - plan.firstUnit(index);
      return {open: units, lost: 0, failedAttempts: 0};
    });
    this.openCount = this.progress.reduce((sum, {open}) => sum + open, 0);
    this.firstOpen = plan.nodes.map((_node, index) => plan.firstUnit(index));
  }

  apply(outcome: Outcome): void {
    this.count++;
    this.lastAtMs = Math.max(this.lastAtMs, outcome.atMs);
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
        if (!this.completions.has(outcome.unit)) this.giveUp(outcome);
        return;
      case 'cursor':
        this.moveCursor(outcome.unit, outcome.cursor);
        return;
      case 'void':
        this.completeAll(outcome, outcome.count, () => NOTHING);
        return;
      case 'archived': {
        const {archive} = outcome;
        this.completeAll(outcome, archive.count, (index) => ({archived: archive, index}));
        return;
      }
      case 'page':
        this.addPage(outcome);
        return;
    }
  }

  /** How many items of a node are known; all of them once its source, if it has one, is done. */
  itemCount(nodeIndex: number): number {
    const source = isPaged(this.plan.node(nodeIndex)) ? this.plan.sourceOf(nodeIndex) : null;
    if (source === null) return this.plan.itemCount(nodeIndex);
    const last = this.lastPage(source);
    return last === null ? 0 : last.first + last.count;
  }

  /** The unit behind the last known one of a node. */
  endUnit(nodeIndex: number): number {
    return this.plan.firstUnit(nodeIndex) + this.itemCount(nodeIndex);
  }

  /** The last page that a source has fetched; `null` before the first. */
  lastPage(source: number): Page | null {
    const pages = this.pages.get(source);
    return pages?.get(pages.size - 1) ?? null;
  }

  /** The page of an item, and the token that it was fetched with, as JSON text; `null` where no page has it. */
  pageOf(source: number, index: number): {readonly page: Page; readonly token: string | null} | null {
    const pages = this.pages.get(source);
    let low = 0;
    let high = (pages?.size ?? 0) - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((pages?.get(middle)?.first ?? Infinity) <= index) low = middle;
      else high = middle - 1;
    }
    const page = pages?.get(low);
    if (page === undefined || index >= page.first + page.count) return null;
    return {page, token: pages?.get(low - 1)?.next ?? null};
  }

  private addPage({unit, atMs, durationMs, page}: Extract<Outcome, {kind: 'page'}>): void {
    const source = this.plan.nodeOfUnit(unit);
    const node = this.plan.node(source);
    const pages = this.pages.get(source) ?? new Map<number, Page>();
    const fed = node.kind === 'source' ? this.progress[node.feeds] : undefined;
    if (fed === undefined || pages.has(page.number)) return;
    this.pages.set(source, pages.set(page.number, page));
    fed.open += page.count;
    this.openCount += page.count;
    if (page.next === null) this.complete(unit, {atMs, durationMs, result: {text: String(page.first + page.count)}});
  }

  /** Where the next attempt of a unit goes on; `null`: at its start. */
  cursor(unit: number): StoredCursor | null {
    return this.cursors.get(unit) ?? null;
  }

  private moveCursor(unit: number, cursor: StoredCursor): void {
    const before = this.cursors.get(unit);
    if (!this.isSettled(unit) && (before?.version ?? 0) < cursor.version) this.cursors.set(unit, cursor);
  }

  /** Units that were committed together share the time that they took. */
  private completeAll(
    {unit: first, atMs: lastMs, durationMs: allMs}: {readonly unit: number; readonly atMs: number; durationMs: number},
    count: number,
    resultOf: (index: number) => Completion['result'],
  ): void {
    const durationMs = Math.floor(allMs / count);
    for (let index = 0; index < count; index++) {
      const atMs = lastMs - (count - 1 - index) * durationMs;
      this.complete(first + index, {atMs, durationMs, result: resultOf(index)});
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

  /** Units that are completed, in the order of the plan. */
  completedUnits(): readonly number[] {
    return [...this.completions.keys()].sort((one, other) => one - other);
  }

  /** Units that are given up, in the order in which that happened; of those at one time in the order of the plan. */
  lostUnitsInOrder(): readonly number[] {
    return [...this.lost]
      .sort(([one, oneMs], [other, otherMs]) => oneMs - otherMs || one - other)
      .map(([unit]) => unit);
  }

  /** The open unit that failed last; of those at one time the last one in the plan. `null` when none has failed. */
  lastFailedOpenUnit(): number | null {
    let last: number | null = null;
    let lastMs = 0;
    for (const [unit, {atMs}] of this.failures) {
      if (this.isSettled(unit) || atMs < lastMs || (atMs === lastMs && unit < (last ?? 0))) continue;
      [last, lastMs] = [unit, atMs];
    }
    return last;
  }

  /** Counts of a node's units. */
  progressOf(nodeIndex: number): NodeProgress {
    return this.progress[nodeIndex] ?? NO_PROGRESS;
  }

  isNodeCompleted(nodeIndex: number): boolean {
    const node = this.progress[nodeIndex];
    return node?.open === 0 && node.lost === 0 && this.hasAllItems(nodeIndex);
  }

  private hasAllItems(nodeIndex: number): boolean {
    const source = isPaged(this.plan.node(nodeIndex)) ? this.plan.sourceOf(nodeIndex) : null;
    return source === null || this.completions.has(this.plan.firstUnit(source));
  }

  hasOpenUnits(nodeIndex: number): boolean {
    return this.progressOf(nodeIndex).open > 0;
  }

  /** The first node with open units: where a search for work starts. */
  firstOpenNode(): number {
    while (this.openNode < this.plan.nodes.length && this.isOver(this.openNode)) this.openNode++;
    return this.openNode;
  }

  /** Whether a node has no open units, and will have none. */
  private isOver(nodeIndex: number): boolean {
    if (this.hasOpenUnits(nodeIndex)) return false;
    const source = isPaged(this.plan.node(nodeIndex)) ? this.plan.sourceOf(nodeIndex) : null;
    return source === null || this.isSettled(this.plan.firstUnit(source));
  }

  /** The first open unit of a node: everything before it is settled. */
  firstOpenUnit(nodeIndex: number): number {
    let unit = this.firstOpen[nodeIndex] ?? 0;
    while (this.isSettled(unit)) unit++;
    this.firstOpen[nodeIndex] = unit;
    return unit;
  }

  private complete(unit: number, completion: Completion): void {
    if (this.isSettled(unit)) return;
    this.completions.set(unit, completion);
    this.close(unit);
  }

  private fail(outcome: Extract<Outcome, {kind: 'failed'}>): void {
    const {unit, atMs, durationMs, error, retryAtMs} = outcome;
    const node = this.progress[this.plan.nodeOfUnit(unit)];
    if (node !== undefined) node.failedAttempts++;
    this.note(unit, {count: 1, firstStartMs: atMs - durationMs, atMs, ordinal: this.count, error, retryAtMs});
    if (retryAtMs === null && !this.completions.has(unit)) this.lose(unit, atMs);
  }

  private giveUp({unit, atMs, crashes}: Extract<Outcome, {kind: 'killed'}>): void {
    const error = killedError(crashes);
    this.note(unit, {count: 0, firstStartMs: atMs, atMs, ordinal: this.count, error, retryAtMs: null});
    this.lose(unit, atMs);
  }

  /** The failure that ended a unit is its last one, whatever the clocks of two executions say. */
  private note(unit: number, failure: FailedAttempts): void {
    const known = this.failures.get(unit);
    if (known === undefined) {
      this.failures.set(unit, failure);
      return;
    }
    const isFinal = failure.retryAtMs === null;
    const isLast = isFinal === (known.retryAtMs === null) ? failure.atMs >= known.atMs : isFinal;
    this.failures.set(unit, {
      ...(isLast ? failure : known),
      count: known.count + failure.count,
      firstStartMs: Math.min(known.firstStartMs, failure.firstStartMs),
      ordinal: failure.ordinal,
    });
  }

  private lose(unit: number, atMs: number): void {
    const lostAtMs = this.lost.get(unit);
    this.lost.set(unit, Math.min(lostAtMs ?? atMs, atMs));
    if (lostAtMs !== undefined) return;
    const node = this.close(unit);
    if (node !== undefined) node.lost++;
  }

  private close(unit: number): {lost: number} | undefined {
    this.cursors.delete(unit);
    this.openCount--;
    const node = this.progress[this.plan.nodeOfUnit(unit)];
    if (node !== undefined) node.open--;
    return node;
  }
}

const NOTHING = {text: 'null'} as const;
const NO_PROGRESS: NodeProgress = {open: 0, lost: 0, failedAttempts: 0};

function timesOf(outcome: {readonly atMs: number; readonly durationMs: number}): {atMs: number; durationMs: number} {
  return {atMs: outcome.atMs, durationMs: outcome.durationMs};
}

/** What is told of a unit that was given up. */
export function killedError(crashes: number): StoredError {
  return {
    name: 'AstJobsStepExecutionError',
    code: 'STEP_KILLED',
    message:
      `The execution was killed ${crashes} times during this step, so it is not tried again. Make the step shorter ` +
      `than six minutes, or split it; \`maxCrashes\` sets how often it is tried.`,
    details: {crashes},
  };
}
