/**
 * Groups of items that are committed together: how many of them may begin before the next commit. Arithmetic only.
 *
 * A commit costs some 60 ms. Items that take longer than the group's time are committed one by one; of shorter ones as
 * many as fit into it. What is in a group and not committed when the execution is killed is in doubt, and runs again.
 */
import type {Header} from './header';
import type {Ledger} from './ledger';
import {ARCHIVED_GROUPS, MAX_ARCHIVED_GROUP_MS} from './limits';
import {DEFAULT_CHECKPOINTING, type Checkpointing, type NumberedPlan} from './plan';
import {contains, type UnitRange} from './units';

/** What a group follows from. */
export interface GroupTerms {
  /** The unit that begins next. */
  readonly unit: number;
  /** How long a unit of its map step takes, in milliseconds; `null`: nobody knows. */
  readonly usualMs: number | null;
  /** Whether results may go to an archive. */
  readonly hasArchive: boolean;
  /** The owner's units; `null`: all. */
  readonly share: UnitRange | null;
  readonly header: Pick<Header, 'suspects' | 'doubts' | 'recoveries'>;
}

/**
 * The units that may begin with one mark. It ends before a unit that is settled, so that what is in doubt after a kill is
 * one range, whatever has become of the items between: the header has to name it.
 */
export function groupFrom(plan: NumberedPlan, ledger: Ledger, terms: GroupTerms): UnitRange {
  const {unit: first, usualMs, share} = terms;
  const nodeIndex = plan.nodeOfUnit(first);
  const grouping = groupingOf(plan, ledger, nodeIndex, terms);
  if (grouping === null || usualMs === null || isAlone(terms, first)) return {first, last: first};
  const {everyMs, everyItems} = grouping;
  const wanted = usualMs <= 0 ? everyItems : Math.min(everyItems, Math.max(1, Math.floor(everyMs / usualMs)));
  const end = Math.min(first + wanted, ledger.endUnit(nodeIndex), (share?.last ?? Infinity) + 1);
  let last = first;
  while (last + 1 < end && !ledger.isSettled(last + 1) && !isAlone(terms, last + 1)) last++;
  return {first, last};
}

/** How a node's units are committed; `null`: each by itself, as where one kill is enough to give a unit up. */
export function groupingOf(
  plan: NumberedPlan,
  ledger: Ledger,
  nodeIndex: number,
  {usualMs, hasArchive}: Pick<GroupTerms, 'usualMs' | 'hasArchive'>,
): Checkpointing | null {
  const node = plan.node(nodeIndex);
  if (node.kind !== 'map' || node.maxCrashes <= 1) return null;
  return hasArchive ? archivedGrouping(ledger.itemCount(nodeIndex), node.checkpoint, usualMs ?? 0) : node.checkpoint;
}

/** What the request says; where it says nothing, the groups of very many items last longer. */
export function archivedGrouping(count: number, asked: Checkpointing, usualMs: number): Checkpointing {
  const {everyMs, everyItems} = asked;
  if (everyMs !== DEFAULT_CHECKPOINTING.everyMs || everyItems !== DEFAULT_CHECKPOINTING.everyItems) return asked;
  const fewMs = Math.min(MAX_ARCHIVED_GROUP_MS, Math.ceil(count / ARCHIVED_GROUPS) * usualMs);
  return fewMs <= everyMs ? asked : {everyMs: fewMs, everyItems};
}

/**
 * A unit that was in doubt has a mark of its own, so that it is known what the next kill was about. One whose outcome did
 * not fit into the store with others may fit by itself.
 */
function isAlone({header: {suspects, doubts, recoveries}}: GroupTerms, unit: number): boolean {
  const isHere = (range: UnitRange): boolean => contains(range, unit);
  const hadNoRoom = recoveries.some(({reason, inDoubt}) => reason === 'store' && inDoubt.some(isHere));
  return hadNoRoom || doubts.some(isHere) || suspects.some((suspect) => suspect.unit === unit);
}
