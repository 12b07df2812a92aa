/**
 * What a user has used of the day's quotas, and whether more fits. Pure arithmetic.
 *
 * Q1 a window starts with the first use, or with the first trigger in it, and lasts 24 hours; what was used in it only
 *    grows. Q2 what is not measured is estimated from above: idle ticks of the watchdog, and the start of a window that
 *    began with one. Q3 a window in which little was used lets an execution go whatever the limit is, so that no limit
 *    stops a job for good.
 * https://developers.google.com/apps-script/guides/services/quotas
 */
import {isCount, isDuration, isInstant} from './json';
import {
  EXECUTION_WALL_MS,
  IDLE_TICK_MS,
  KEPT_OPERATIONS,
  KEPT_TRIGGER_MS,
  QUOTA_WINDOW_MS,
  SPARE_OPERATIONS,
  SPARE_SHARE,
} from './limits';

/** What the governor looks after. */
export type QuotaName = 'triggerTime' | 'propertyOperations';

/** What something has used. */
export interface Spent {
  /** Run time of executions that a trigger called. */
  readonly triggerMs: number;
  /** Reads and writes of properties; reading everything counts once. */
  readonly operations: number;
  /** The same, where reading everything counts once for each key: which of the two is true is documented nowhere. */
  readonly keyOperations: number;
  readonly triggersCreated: number;
  /** Quotas that the platform itself said are used up. */
  readonly refused: readonly QuotaName[];
}

/** What a user has used in one window. */
export interface DayUse extends Spent {
  /** When the window began. */
  readonly sinceMs: number;
  /** Up to when ticks of the watchdog are counted. */
  readonly tickedMs: number;
}

/** Limits of a day; 0 is none. */
export interface QuotaLimits {
  readonly triggerMs: number;
  readonly operations: number;
}

/** What comes next. */
export interface Need {
  /** Trigger time that has to fit. */
  readonly triggerMs: number;
  /** How often the watchdog looks; `null` where there is none. */
  readonly tickMs: number | null;
}

/** Whether a limit is near. */
export type QuotaVerdict =
  | {readonly isNear: false; readonly what: null; readonly untilMs: null}
  /** `untilMs`: about when the window ends. */
  | {readonly isNear: true; readonly what: QuotaName; readonly untilMs: number};

export const NOTHING_SPENT: Spent = {triggerMs: 0, operations: 0, keyOperations: 0, triggersCreated: 0, refused: []};

const FAR: QuotaVerdict = {isNear: false, what: null, untilMs: null};

/** A window that begins later than clocks differ was damaged, and would stop jobs for as long. */
const CLOCKS_DIFFER_MS = 3_600_000;

/** When the window of a use ends. */
export function windowEndMs(use: DayUse): number {
  return use.sinceMs + QUOTA_WINDOW_MS;
}

/** The use as of now, idle ticks counted; `null` where the next use begins a window. */
export function useAt(use: DayUse | null, nowMs: number, tickMs: number | null): DayUse | null {
  if (use === null || use.sinceMs > nowMs + CLOCKS_DIFFER_MS) return null;
  if (nowMs < windowEndMs(use)) return withTicks(use, nowMs, tickMs);
  if (tickMs === null) return null;
  // The first tick behind the end of a window begins the next one: at the latest a period of the watchdog later.
  const periodMs = QUOTA_WINDOW_MS + tickMs;
  const sinceMs = use.sinceMs + periodMs * Math.floor((nowMs - use.sinceMs) / periodMs);
  if (sinceMs === use.sinceMs || nowMs >= sinceMs + QUOTA_WINDOW_MS) return null;
  return withTicks({...NOTHING_SPENT, sinceMs, tickedMs: sinceMs}, nowMs, tickMs);
}

function withTicks(use: DayUse, nowMs: number, tickMs: number | null): DayUse {
  if (tickMs === null) return {...use, tickedMs: Math.max(use.tickedMs, nowMs)};
  const ticks = Math.max(0, Math.floor((nowMs - use.tickedMs) / tickMs));
  const more = {...NOTHING_SPENT, triggerMs: ticks * IDLE_TICK_MS, operations: ticks, keyOperations: ticks};
  return {...use, ...sumOf(use, more), tickedMs: use.tickedMs + ticks * tickMs};
}

/** The use after some more, which began at `fromMs`. */
export function withSpent(
  use: DayUse | null,
  spent: Spent,
  {fromMs, nowMs, tickMs}: {readonly fromMs: number; readonly nowMs: number; readonly tickMs: number | null},
): DayUse {
  const known = useAt(use, nowMs, tickMs);
  if (known !== null) {
    // The day of the trigger time begins with the first trigger, be it after the call that made the job.
    const isFirst = known.triggerMs === 0 && spent.triggerMs > 0;
    const sinceMs = isFirst ? Math.min(nowMs, Math.max(known.sinceMs, fromMs)) : known.sinceMs;
    return {...known, ...sumOf(known, spent), sinceMs};
  }
  const endMs = use === null || use.sinceMs > nowMs ? 0 : windowEndMs(use);
  return {...spent, sinceMs: Math.min(nowMs, Math.max(fromMs, endMs)), tickedMs: nowMs};
}

/** Two spent together. */
export function sumOf(one: Spent, other: Spent): Spent {
  return {
    triggerMs: one.triggerMs + other.triggerMs,
    operations: one.operations + other.operations,
    keyOperations: one.keyOperations + other.keyOperations,
    triggersCreated: one.triggersCreated + other.triggersCreated,
    refused: [...new Set([...one.refused, ...other.refused])],
  };
}

/** What came together after some of it. */
export function restOf(all: Spent, before: Spent): Spent {
  return {
    triggerMs: all.triggerMs - before.triggerMs,
    operations: all.operations - before.operations,
    keyOperations: all.keyOperations - before.keyOperations,
    triggersCreated: all.triggersCreated - before.triggersCreated,
    refused: all.refused.filter((what) => !before.refused.includes(what)),
  };
}

/** True where nothing was used. */
export function isNothing(spent: Spent): boolean {
  const {triggerMs, operations, keyOperations, triggersCreated, refused} = spent;
  return triggerMs + operations + keyOperations + triggersCreated + refused.length === 0;
}

/** Whether a use is remembered also where it is the only thing that there is to remember. */
export function isWorthKeeping(use: DayUse): boolean {
  return use.triggerMs >= KEPT_TRIGGER_MS || use.operations >= KEPT_OPERATIONS || use.refused.length > 0;
}

/**
 * How much trigger time an execution may take that runs a job: its budget, or its longest step so far; all that the
 * platform allows where no step has ended yet (0).
 */
export function expectedTriggerMs(maxRuntimeMs: number, longestMs: number): number {
  if (longestMs === 0) return EXECUTION_WALL_MS;
  return Math.min(EXECUTION_WALL_MS, Math.max(maxRuntimeMs, longestMs));
}

/** Whether what comes next might not fit into the window, the watchdog's ticks up to its end included. */
export function quotaVerdict(use: DayUse | null, limits: QuotaLimits, nowMs: number, need: Need): QuotaVerdict {
  if (use === null) return FAR;
  const untilMs = windowEndMs(use);
  const ticks = need.tickMs === null ? 0 : Math.max(0, Math.ceil((untilMs - nowMs) / need.tickMs));
  if (limits.triggerMs > 0) {
    const reserveMs =
      Math.min(need.triggerMs, limits.triggerMs / 2) + Math.min(ticks * IDLE_TICK_MS, limits.triggerMs / 4);
    const isNear = use.refused.includes('triggerTime') || use.triggerMs + reserveMs > limits.triggerMs;
    if (isNear) return {isNear, what: 'triggerTime', untilMs};
  }
  if (limits.operations > 0) {
    const spare = Math.min(SPARE_OPERATIONS, limits.operations * SPARE_SHARE);
    const reserve = spare + Math.min(ticks, limits.operations / 4);
    const isNear = use.refused.includes('propertyOperations') || use.operations + reserve > limits.operations;
    if (isNear) return {isNear, what: 'propertyOperations', untilMs};
  }
  return FAR;
}

/** The tuple that stands for a use in stored text. */
export function useTuple(use: DayUse): readonly number[] {
  const {sinceMs, tickedMs, triggerMs, operations, keyOperations, triggersCreated, refused} = use;
  const bits = (refused.includes('triggerTime') ? 1 : 0) + (refused.includes('propertyOperations') ? 2 : 0);
  return [sinceMs, tickedMs, triggerMs, operations, keyOperations, triggersCreated, bits];
}

/** The use in a parsed tuple; `null` for anything else: what cannot be read counts as nothing used. */
export function useOfTuple(raw: unknown): DayUse | null {
  if (!Array.isArray(raw)) return null;
  const [sinceMs, tickedMs, triggerMs, operations, keyOperations, triggersCreated, bits] = raw as readonly unknown[];
  if (!isInstant(sinceMs) || !isInstant(tickedMs) || !isDuration(triggerMs) || !isCount(operations)) return null;
  if (!isCount(keyOperations) || !isCount(triggersCreated) || !isCount(bits)) return null;
  const refused: QuotaName[] = [];
  if (bits % 2 === 1) refused.push('triggerTime');
  if (Math.floor(bits / 2) % 2 === 1) refused.push('propertyOperations');
  return {sinceMs, tickedMs, triggerMs, operations, keyOperations, triggersCreated, refused};
}
