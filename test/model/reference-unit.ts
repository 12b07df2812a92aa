/** A step, or an item of a map step, as the model keeps it: which attempts there were and what became of them. */
import {outcomeOfReduce, outcomeOfWork} from './host';
import {retryWindow, type UnitPlan} from './reference-plan';

export interface Unit extends UnitPlan {
  state: 'pending' | 'completed' | 'lost';
  failures: number;
  /** Kills that it is blamed for. */
  crashes: number;
  /** Kills when it was in doubt with others, of which nobody can tell which it was. */
  doubts: number;
  /** Between these instants its wait for the next attempt ends. */
  retryMs: readonly [number, number] | null;
  result: unknown;
  error: {readonly message: string | null; readonly code: string | null} | null;
  /** When the first attempt began that was not cut off, and when the last one began and ended. */
  firstMs: number | null;
  beganMs: number | null;
  endedMs: number | null;
}

export function newUnit(plan: UnitPlan): Unit {
  return {
    ...{...plan, state: 'pending', failures: 0, crashes: 0, doubts: 0, retryMs: null},
    ...{result: null, error: null, firstMs: null, beganMs: null, endedMs: null},
  };
}

/** The number of the attempt that comes next. */
export function attemptOf(unit: Unit): number {
  return 1 + unit.failures + unit.crashes + unit.doubts;
}

/** An attempt came to its end; what comes of it follows from the payload. */
export function endAttempt(unit: Unit, atMs: number, results: Readonly<Record<string, unknown>>): void {
  const outcome =
    unit.work === null ? outcomeOfReduce(unit.deps, results) : outcomeOfWork(unit.work, attemptOf(unit), results);
  unit.firstMs ??= unit.beganMs;
  unit.endedMs = atMs;
  unit.retryMs = null;
  if (outcome.kind === 'value') {
    Object.assign(unit, {state: 'completed', result: outcome.value, error: null});
    return;
  }
  unit.failures++;
  unit.error = outcome;
  if (outcome.isForGood || unit.failures > unit.retry.maxRetries) unit.state = 'lost';
  else unit.retryMs = retryWindow(unit.retry, unit.failures, atMs);
}

/** A unit during which too many executions were killed fails. */
export function giveUp(unit: Unit, atMs: number): void {
  if (unit.state !== 'pending' || unit.crashes < unit.maxCrashes) return;
  Object.assign(unit, {state: 'lost', error: {message: null, code: 'STEP_KILLED'}, endedMs: atMs});
}
