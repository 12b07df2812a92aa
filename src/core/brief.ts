/**
 * A completed job as far as a row without steps tells of it: by its header and the first line of its plan. Neither logs
 * nor items are looked at, so that damage in them is found by `status`, not here.
 */
import type {Header} from './header';
import type {JobAddress} from './keys';
import {isPaged, type NumberedPlan} from './plan';
import {numberedPlan, readPlanText, readSeals, type Snapshot} from './stored-job';

/** What a row without steps is made of. */
export interface BriefJob {
  readonly address: JobAddress;
  readonly header: Header;
  readonly plan: NumberedPlan;
  /** Outcomes that it has. */
  readonly count: number;
}

/** A completed job in brief; `null` for another one, for damage, and where only its logs know how many items there were. */
export function readBrief(snapshot: Snapshot, address: JobAddress, header: Header): BriefJob | null {
  if (header.phase.kind !== 'completed' || header.folded !== null) return null;
  const text = readPlanText(snapshot, address, header);
  const plan = text === null ? null : numberedPlan(text, header);
  const seals = readSeals(snapshot, address, header);
  if (plan === null || seals === null || plan.nodes.some(isPaged)) return null;
  const ends = [...seals, ...header.parts];
  const count = ends.reduce((sum, {position}) => sum + position.count, header.last === null ? 0 : 1);
  return {address, header, plan, count};
}
