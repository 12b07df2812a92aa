/** One execution's hold on a job, from the claim to where it gives the lease back, and what its time allows. */
import type {Settings} from './settings';
import type {Unit} from './reference-unit';

/** Service calls before and after a handler take time that the model does not know. */
export const SLACK_MS = 8_000;
const MAX_BUDGET_MS = 330_000;
/** The first unit of an execution may begin in any case while the execution is younger. */
const YOUNG_MS = 30_000;

/** An execution that calls handlers. */
export interface Caller {
  readonly id: number;
  readonly user: string;
  readonly startedMs: number;
  /** The handlers of the deployment that it runs. */
  readonly handlers: ReadonlySet<string>;
  /** What `configure` set in it. */
  configured: Settings;
  /** Whether it has called a handler before. */
  hasRun: boolean;
}

export interface Turn {
  readonly caller: Caller;
  readonly budgetEndsMs: number;
  /** The unit whose handler runs. */
  unit: Unit | null;
  /** The units that ended, the last one at the end. */
  readonly ended: Ended[];
}

/** A unit that ended, and how it was before. */
export interface Ended {
  readonly unit: Unit;
  readonly before: Unit;
  readonly atMs: number;
}

export function newTurn(caller: Caller, maxRuntimeMs: number): Turn {
  return {caller, budgetEndsMs: caller.startedMs + Math.min(maxRuntimeMs, MAX_BUDGET_MS), unit: null, ended: []};
}

/** Why a unit must not begin now; `null` if it may. `estimatesMs` are what it may take, as far as that is known. */
export function reasonAgainst(
  {caller, budgetEndsMs}: Turn,
  unit: Unit,
  atMs: number,
  estimatesMs: readonly number[],
): string | null {
  if (!caller.hasRun && atMs - caller.startedMs < YOUNG_MS) return null;
  if (unit.crashes > 0) return 'was killed before, and is not the first of its execution';
  return atMs + Math.min(...estimatesMs) > budgetEndsMs + SLACK_MS ? 'will not fit' : null;
}

/** Whether an execution may stop though a unit could run. */
export function mayLeave(
  {caller, budgetEndsMs}: Turn,
  unit: Unit,
  atMs: number,
  estimatesMs: readonly number[],
): boolean {
  if (!caller.hasRun) return false;
  return unit.crashes > 0 || atMs + Math.max(...estimatesMs) > budgetEndsMs - SLACK_MS;
}
