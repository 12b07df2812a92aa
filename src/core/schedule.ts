/** Which unit may run now, and if none, why. Pure; the ledger's cursors make it cheap. */
import type {Suspect} from './header';
import type {Ledger} from './ledger';
import {isPaged, type NumberedPlan} from './plan';
import {takenIn} from './share';
import {contains, type UnitRange} from './units';

/** What the search must respect. */
export interface Circumstances {
  readonly nowMs: number;
  /** Failures among so many first outcomes do not wait for their back-off: an explicit `resume` retries at once. */
  readonly forgivenCount: number;
  readonly suspects: readonly Suspect[];
  /** Whether a unit that killed an execution may run: only as the first of an execution. */
  readonly maySuspect: boolean;
  /** The units of the owner that asks; `null`: all. */
  readonly share: UnitRange | null;
  /** Units that other workers have. */
  readonly taken: readonly UnitRange[];
  /** Whether the host has the handler. */
  hasHandler(name: string): boolean;
}

/** What can be done next. */
export type Next =
  | {readonly kind: 'run'; readonly unit: number; readonly isSuspect: boolean}
  /** The next unit killed an execution and wants one of its own. */
  | {readonly kind: 'suspect'}
  /** What could run is in the hands of other workers. */
  | {readonly kind: 'taken'}
  /** Every unit that could run waits for its retry. */
  | {readonly kind: 'retry'; readonly untilMs: number}
  /** The host no longer has this function. */
  | {readonly kind: 'noHandler'; readonly handler: string}
  | {readonly kind: 'over'; readonly status: 'completed' | 'failed'};

interface Obstacles {
  retryAtMs: number | null;
  handler: string | null;
  hasSuspect: boolean;
  isTaken: boolean;
}

/**
 * The next unit of a job in plan order. A suspect keeps its place: where it may not run, nothing behind it does, so that
 * a job with kills completes its steps in the same order as one without. With several workers there is no such order,
 * and others go on behind it.
 */
export function nextUnit(plan: NumberedPlan, ledger: Ledger, now: Circumstances): Next {
  const obstacles: Obstacles = {retryAtMs: null, handler: null, hasSuspect: false, isTaken: false};
  const suspects = new Set(now.suspects.map((suspect) => suspect.unit));
  const isOrdered = now.share === null && now.taken.length === 0;
  for (let index = firstNode(plan, ledger, now.share); index < plan.nodes.length; index++) {
    if (now.share !== null && plan.firstUnit(index) > now.share.last) break;
    if (!isReady(plan, ledger, index)) continue;
    const missing = handlersOf(plan, index).find((name) => !now.hasHandler(name));
    if (missing !== undefined) {
      obstacles.handler ??= missing;
      continue;
    }
    if (isFull(plan, index, now.taken)) {
      obstacles.isTaken = true;
      continue;
    }
    const unit = firstFreeUnit(ledger, index, {now, obstacles, passable: isOrdered ? NONE : suspects});
    if (unit === null) continue;
    const isSuspect = suspects.has(unit);
    return isSuspect && !now.maySuspect ? {kind: 'suspect'} : {kind: 'run', unit, isSuspect};
  }
  return verdict(plan, ledger, obstacles);
}

const NONE: ReadonlySet<number> = new Set();

function firstNode(plan: NumberedPlan, ledger: Ledger, share: UnitRange | null): number {
  return share === null ? ledger.firstOpenNode() : plan.nodeOfUnit(share.first);
}

/** The handlers that a node cannot do without: its own, and that of the pages of its items. */
function handlersOf(plan: NumberedPlan, nodeIndex: number): readonly string[] {
  const {handler} = plan.node(nodeIndex);
  const source = isPaged(plan.node(nodeIndex)) ? plan.sourceOf(nodeIndex) : null;
  return source === null ? [handler] : [handler, plan.node(source).handler];
}

/** Whether a node has open units and everything before them is completed. */
function isReady(plan: NumberedPlan, ledger: Ledger, nodeIndex: number): boolean {
  return ledger.hasOpenUnits(nodeIndex) && plan.node(nodeIndex).deps.every((dep) => ledger.isNodeCompleted(dep));
}

/** Whether as many workers are at a map step as it may have. */
function isFull(plan: NumberedPlan, nodeIndex: number, taken: readonly UnitRange[]): boolean {
  const node = plan.node(nodeIndex);
  return node.kind === 'map' && takenIn(plan, nodeIndex, taken) >= node.maxConcurrency;
}

interface Search {
  readonly now: Circumstances;
  readonly obstacles: Obstacles;
  /** Suspects behind which the search goes on where they may not run. */
  readonly passable: ReadonlySet<number>;
}

function firstFreeUnit(ledger: Ledger, nodeIndex: number, search: Search): number | null {
  const {now, obstacles, passable} = search;
  const end = Math.min(ledger.endUnit(nodeIndex) - 1, now.share?.last ?? Infinity);
  for (let unit = Math.max(ledger.firstOpenUnit(nodeIndex), now.share?.first ?? 0); unit <= end; unit++) {
    if (ledger.isSettled(unit)) continue;
    const holder = now.taken.find((range) => contains(range, unit));
    if (holder !== undefined) {
      obstacles.isTaken = true;
      unit = holder.last;
      continue;
    }
    if (!now.maySuspect && passable.has(unit)) {
      obstacles.hasSuspect = true;
      continue;
    }
    const failed = ledger.failedAttempts(unit);
    const waits = failed !== null && failed.ordinal > now.forgivenCount && (failed.retryAtMs ?? 0) > now.nowMs;
    if (!waits) return unit;
    obstacles.retryAtMs = Math.min(obstacles.retryAtMs ?? Infinity, failed.retryAtMs ?? 0);
  }
  return null;
}

function verdict(plan: NumberedPlan, ledger: Ledger, obstacles: Obstacles): Next {
  if (obstacles.hasSuspect) return {kind: 'suspect'};
  if (obstacles.isTaken) return {kind: 'taken'};
  if (obstacles.retryAtMs !== null) return {kind: 'retry', untilMs: obstacles.retryAtMs};
  if (obstacles.handler !== null) return {kind: 'noHandler', handler: obstacles.handler};
  const isCompleted = plan.nodes.every((_node, index) => ledger.isNodeCompleted(index));
  return {kind: 'over', status: isCompleted ? 'completed' : 'failed'};
}
