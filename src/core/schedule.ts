/** Which unit may run now, and if none, why. Pure; the ledger's cursors make it cheap. */
import type {Suspect} from './header';
import type {Ledger} from './ledger';
import type {NumberedPlan} from './plan';

/** What the search must respect. */
export interface Circumstances {
  readonly nowMs: number;
  /** Failures among so many first outcomes do not wait for their back-off: an explicit `resume` retries at once. */
  readonly forgivenCount: number;
  readonly suspects: readonly Suspect[];
  /** Whether a unit that killed an execution may run: only as the first of an execution. */
  readonly maySuspect: boolean;
  /** Whether the host has the handler. */
  hasHandler(name: string): boolean;
}

/** What can be done next. */
export type Next =
  | {readonly kind: 'run'; readonly unit: number; readonly isSuspect: boolean}
  /** The next unit killed an execution and wants one of its own. */
  | {readonly kind: 'suspect'}
  /** Every unit that could run waits for its retry. */
  | {readonly kind: 'retry'; readonly untilMs: number}
  /** The host no longer has this function. */
  | {readonly kind: 'noHandler'; readonly handler: string}
  | {readonly kind: 'over'; readonly status: 'completed' | 'failed'};

interface Obstacles {
  retryAtMs: number | null;
  handler: string | null;
}

/**
 * The next unit of a job in plan order. A suspect keeps its place: where it may not run, nothing behind it does, so that
 * a job with kills completes its steps in the same order as one without.
 */
export function nextUnit(plan: NumberedPlan, ledger: Ledger, now: Circumstances): Next {
  const obstacles: Obstacles = {retryAtMs: null, handler: null};
  const suspects = new Set(now.suspects.map((suspect) => suspect.unit));
  for (let index = ledger.firstOpenNode(); index < plan.nodes.length; index++) {
    const node = plan.node(index);
    if (!ledger.hasOpenUnits(index) || !node.deps.every((dep) => ledger.isNodeCompleted(dep))) continue;
    if (!now.hasHandler(node.handler)) {
      obstacles.handler ??= node.handler;
      continue;
    }
    const unit = firstFreeUnit(plan, ledger, index, now, obstacles);
    if (unit === null) continue;
    const isSuspect = suspects.has(unit);
    return isSuspect && !now.maySuspect ? {kind: 'suspect'} : {kind: 'run', unit, isSuspect};
  }
  return verdict(plan, ledger, obstacles);
}

function firstFreeUnit(
  plan: NumberedPlan,
  ledger: Ledger,
  nodeIndex: number,
  now: Circumstances,
  obstacles: Obstacles,
): number | null {
  for (let unit = ledger.firstOpenUnit(nodeIndex); unit < plan.firstUnit(nodeIndex + 1); unit++) {
    if (ledger.isSettled(unit)) continue;
    const failed = ledger.failedAttempts(unit);
    const waits = failed !== null && failed.ordinal > now.forgivenCount && (failed.retryAtMs ?? 0) > now.nowMs;
    if (!waits) return unit;
    obstacles.retryAtMs = Math.min(obstacles.retryAtMs ?? Infinity, failed.retryAtMs ?? 0);
  }
  return null;
}

function verdict(plan: NumberedPlan, ledger: Ledger, obstacles: Obstacles): Next {
  if (obstacles.retryAtMs !== null) return {kind: 'retry', untilMs: obstacles.retryAtMs};
  if (obstacles.handler !== null) return {kind: 'noHandler', handler: obstacles.handler};
  const isCompleted = plan.nodes.every((_node, index) => ledger.isNodeCompleted(index));
  return {kind: 'over', status: isCompleted ? 'completed' : 'failed'};
}
