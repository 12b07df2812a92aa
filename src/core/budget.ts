/** The time of one execution: whether another attempt may start. Arithmetic only. */
import type {Longest} from './header';
import {EXECUTION_WALL_MS, FIRST_STEP_GRACE_MS, LEASE_MARGIN_MS, LEASE_MS, MAX_BUDGET_MS} from './limits';

/** Instants of one execution, in milliseconds. */
export interface Budget {
  /** When the execution began. */
  readonly startMs: number;
  /** No attempt is planned to go on beyond. */
  readonly endMs: number;
  /** The lease ends. */
  readonly deadlineMs: number;
  /** From here on the owner starts nothing, and writes only after it has looked at its lease under the lock. */
  readonly fenceMs: number;
}

/** What a budget follows from. */
export interface BudgetTerms {
  readonly startMs: number;
  readonly nowMs: number;
  readonly budgetFromMs: number;
  readonly maxRuntimeMs: number;
  readonly leaseTtlMs: number;
}

/** The budget of a claim. */
export function makeBudget({startMs, nowMs, budgetFromMs, maxRuntimeMs, leaseTtlMs}: BudgetTerms): Budget {
  // An execution that is older than the wall allows (an account with longer runs) gets a lease of its own.
  const leaseFromMs = nowMs - startMs > EXECUTION_WALL_MS ? nowMs : startMs;
  const deadlineMs = leaseFromMs + Math.max(LEASE_MS, leaseTtlMs);
  return {
    startMs,
    endMs: Math.min(budgetFromMs + maxRuntimeMs, startMs + MAX_BUDGET_MS),
    deadlineMs,
    fenceMs: deadlineMs - LEASE_MARGIN_MS,
  };
}

/** No attempt is planned to go on beyond, whatever the budget. */
export function latestEndMs(budget: Budget): number {
  return budget.startMs + MAX_BUDGET_MS;
}

/** Whether an attempt may start that is expected to last so long. The first of an execution nearly always may. */
export function mayStart(budget: Budget, nowMs: number, expectedMs: number, isFirst: boolean): boolean {
  if (nowMs >= budget.fenceMs) return false;
  if (isFirst && nowMs - budget.startMs < FIRST_STEP_GRACE_MS) return true;
  return nowMs < budget.endMs && nowMs + expectedMs <= budget.endMs;
}

/**
 * When this execution will have spent its budget, if its attempts last as long as they are expected to: a one-off that
 * is made early is due then, instead of a minute after the end. `null` when the open units fit, or nothing is known.
 */
export function handOverAtMs(budget: Budget, nowMs: number, expectedMs: number, openUnits: number): number | null {
  if (expectedMs <= 0) return null;
  const fitting = Math.max(1, Math.floor((budget.endMs - nowMs) / expectedMs));
  return openUnits <= fitting ? null : nowMs + fitting * expectedMs + HAND_OVER_MARGIN_MS;
}

/** When an execution that uses all of its budget is over. */
export function budgetSpentAtMs(budget: Budget): number {
  return budget.endMs + HAND_OVER_MARGIN_MS;
}

/** For commits and the return of the lease. */
const HAND_OVER_MARGIN_MS = 5_000;

/** How long an attempt is expected to last: the longest so far of its map step, else of the job. */
export function expectedMs(longest: Longest, nodeIndex: number): number {
  const own = longest.nodes.find(([index]) => index === nodeIndex);
  return own === undefined ? longest.jobMs : own[1];
}

/** How long an item of a map step takes at most, as far as is known; `null` when nothing is. */
export function usualMs(longest: Longest, nodeIndex: number): number | null {
  return longest.nodes.find(([index]) => index === nodeIndex)?.[1] ?? null;
}

/**
 * The longest attempts after one more. One item that hung for minutes would leave room for a single item in each later
 * execution: so what is known of a map step fades, slowly, while its items are quick.
 */
export function withAttempt(longest: Longest, nodeIndex: number, isMap: boolean, durationMs: number): Longest {
  const jobMs = Math.max(longest.jobMs, durationMs);
  if (!isMap) return jobMs === longest.jobMs ? longest : {...longest, jobMs};
  const [, before = -1] = longest.nodes.find(([index]) => index === nodeIndex) ?? [];
  const after = durationMs > before ? durationMs : faded(before, durationMs);
  if (after === before) return longest;
  const others = longest.nodes.filter(([index]) => index !== nodeIndex);
  return {jobMs, nodes: [...others, [nodeIndex, after]]};
}

/** An estimate below this leaves room for many items, and stays as it is. */
const FADES_ABOVE_MS = 30_000;

/** An attempt is quick that takes less than this part of what was expected, and takes a sixteenth of that away. */
const QUICK_PART = 8;

function faded(expected: number, durationMs: number): number {
  if (expected <= FADES_ABOVE_MS || durationMs * QUICK_PART >= expected) return expected;
  return Math.max(FADES_ABOVE_MS, Math.floor((expected * 15) / 16));
}

/** The longest attempts as the store knows them, after an owner that began with `known` has `learned`. */
export function longestAfter(stored: Longest, known: Longest, learned: Longest): Longest {
  const [before, own] = [new Map(known.nodes), new Map(learned.nodes)];
  const nodes = new Map(stored.nodes);
  for (const [index, ms] of own) {
    const [sinceMs, storedMs] = [before.get(index) ?? 0, nodes.get(index) ?? 0];
    if (ms > sinceMs) nodes.set(index, Math.max(storedMs, ms));
    // It was forgotten in part, unless another owner has seen a longer one since.
    else if (storedMs <= sinceMs) nodes.set(index, Math.min(storedMs, ms));
  }
  return {jobMs: Math.max(stored.jobMs, learned.jobMs), nodes: [...nodes]};
}
