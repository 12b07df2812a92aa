/** Ends of an epoch over a store in plain memory: a job is claimed, something comes of it, and it is settled. */
import {type Header, type Waiting} from '../../src/core/header';
import {segmentKey} from '../../src/core/keys';
import type {Outcome} from '../../src/core/outcome';
import {claimJob, type Owned} from '../../src/engine/claim';
import {withHold} from '../../src/engine/hold';
import type {Ports} from '../../src/engine/ports';
import type {RunEnd} from '../../src/engine/runner';
import {settle, type Settlement} from '../../src/engine/settle';
import {TERMS} from './claims';
import {worldOf, type Values} from './holds';
import type {MemoryWorld} from './memory-ports';
import {loosePlan} from './plans';
import {ADDRESS, jobIn, storedJob, type StoredParts} from './stored';

export const LONGEST = {jobMs: 77, nodes: []};
export const BUDGET: Waiting = {reason: 'budget', untilMs: null};
export const over = (...outcomes: readonly Outcome[]): RunEnd => ({
  ...{kind: 'over', status: 'completed', fault: null},
  rest: {outcomes, longest: LONGEST, calls: outcomes.length},
});
export const pause = (waiting: Waiting, ...outcomes: readonly Outcome[]): RunEnd => ({
  ...{kind: 'pause', waiting},
  rest: {outcomes, longest: LONGEST, calls: outcomes.length},
});

export interface Settled {
  readonly got: Settlement;
  readonly left: Values;
  readonly world: MemoryWorld;
}

/** Claims the one job of a store, knows what came of it, lets something happen and settles it. */
export function settleAfter(
  end: RunEnd,
  parts: StoredParts = {plan: loosePlan(3)},
  meanwhile: (world: MemoryWorld) => unknown = () => undefined,
  others: Values = {},
): Settled {
  const world = worldOf({...storedJob(parts), ...others});
  world.handlers.set('work', () => null);
  const got = world.execute((ports) => {
    const owned = ownedIn(ports);
    if (end.kind !== 'lost') for (const outcome of end.rest.outcomes) owned.job.ledger.apply(outcome);
    world.nowMs += 10_000;
    meanwhile(world);
    return withHold(ports, (hold) => settle(ports, hold, owned, end));
  });
  return {got, left: Object.fromEntries(world.values), world};
}

export function ownedIn(ports: Ports): Owned {
  const result = withHold(ports, (hold) => claimJob(ports, hold, jobIn(hold.snapshot), TERMS));
  if (result.kind !== 'owned') throw new Error(`Expected to own the job, got ${result.kind}`);
  return result.owned;
}

export const headerOf = ({left}: Settled): Header => jobIn(left).header;
export const completedOf = ({left}: Settled): readonly number[] => jobIn(left).ledger.completedUnits();
export const hasLog = ({left}: Settled): boolean => left[segmentKey(ADDRESS, 0, 0, 0)] !== undefined;
