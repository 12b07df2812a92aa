/**
 * How much one worker takes: a range of units from the first free one on. Long, so that a hold of the lock is rare; short
 * towards the end, so that no worker is left alone with the rest. Arithmetic only.
 */
import {FIRST_SHARE_UNITS, MAX_SHARE_MS, MIN_SHARE_MS} from './limits';
import type {Ledger} from './ledger';
import type {NumberedPlan, PlanNode} from './plan';
import {contains, overlaps, type UnitRange} from './units';

/** What a share follows from. */
export interface ShareTerms {
  /** The first free unit. */
  readonly unit: number;
  /** Units that other workers have. */
  readonly taken: readonly UnitRange[];
  readonly workers: number;
  /** How long a unit is expected to take, in milliseconds; 0: nobody knows. */
  readonly expectedMs: number;
  /** A unit that wants an execution of its own. */
  readonly isAlone: boolean;
}

/** The share of a worker. */
export function shareFrom(plan: NumberedPlan, ledger: Ledger, terms: ShareTerms): UnitRange {
  const {unit: first, taken} = terms;
  const wanted = terms.isAlone ? 1 : wantedUnits(plan, ledger, terms);
  let last = first;
  let count = 1;
  for (let unit = first + 1; count < wanted && unit < plan.unitCount; unit++) {
    if (
      unit >= ledger.endUnit(plan.nodeOfUnit(unit)) ||
      taken.some((range) => contains(range, unit)) ||
      !mayRun(plan, ledger, unit)
    )
      break;
    if (ledger.isSettled(unit)) continue;
    last = unit;
    count++;
  }
  return {first, last};
}

/** A share ends where the next unit waits for others, and with its map step, whose units may not run all at once. */
function mayRun(plan: NumberedPlan, ledger: Ledger, unit: number): boolean {
  const node = plan.nodeOfUnit(unit);
  if (plan.firstUnit(node) !== unit) return true;
  return plan.node(node).kind !== 'map' && plan.node(node).deps.every((dep) => ledger.isNodeCompleted(dep));
}

function wantedUnits(plan: NumberedPlan, ledger: Ledger, terms: ShareTerms): number {
  const {unit, workers, expectedMs} = terms;
  const atOnce = atOnceIn(plan.node(plan.nodeOfUnit(unit)), workers);
  // Half of what would be fair: the rest evens out what takes longer.
  const fair = Math.ceil(ledger.openCount / (2 * atOnce));
  if (expectedMs <= 0) return Math.min(fair, FIRST_SHARE_UNITS);
  const within = (ms: number): number => Math.max(1, Math.floor(ms / expectedMs));
  return Math.max(within(MIN_SHARE_MS), Math.min(fair, within(MAX_SHARE_MS)));
}

/** How many more workers would find something to do, besides those that have a share. */
export function usefulWorkers(plan: NumberedPlan, ledger: Ledger, terms: Omit<ShareTerms, 'unit' | 'isAlone'>): number {
  let taken = terms.taken;
  for (let node = ledger.firstOpenNode(); node < plan.nodes.length; node++) {
    if (!ledger.hasOpenUnits(node) || !plan.node(node).deps.every((dep) => ledger.isNodeCompleted(dep))) continue;
    const atOnce = atOnceIn(plan.node(node), terms.workers);
    for (let unit = ledger.firstOpenUnit(node); unit < ledger.endUnit(node); unit++) {
      if (taken.length >= terms.workers || takenIn(plan, node, taken) >= atOnce) break;
      const holder = taken.find((range) => contains(range, unit));
      if (holder === undefined && ledger.isSettled(unit)) continue;
      const range = holder ?? shareFrom(plan, ledger, {...terms, taken, unit, isAlone: false});
      if (holder === undefined) taken = [...taken, range];
      unit = range.last;
    }
  }
  return taken.length - terms.taken.length;
}

/** How many workers a node may have. */
export function atOnceIn(node: PlanNode, workers: number): number {
  return node.kind === 'map' ? Math.min(workers, node.maxConcurrency) : workers;
}

/** How many shares reach into a node. */
export function takenIn(plan: NumberedPlan, nodeIndex: number, taken: readonly UnitRange[]): number {
  const units = {first: plan.firstUnit(nodeIndex), last: plan.firstUnit(nodeIndex + 1) - 1};
  return taken.filter((range) => overlaps(range, units)).length;
}
