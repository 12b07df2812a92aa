/** Claims of the one job of a store, in an execution of any age. */
import type {Header, Waiting} from '../../src/core/header';
import {claimJob, type ClaimResult, type ClaimTerms, type Owned} from '../../src/engine/claim';
import type {Hold} from '../../src/engine/hold';
import type {Ports} from '../../src/engine/ports';
import {during, type Held, type Values} from './holds';
import type {MemoryWorld} from './memory-ports';
import {AT_MS, jobIn, LEASE, storedJob, type StoredParts} from './stored';

export const TERMS: ClaimTerms = {
  by: 'xclaimer',
  budgetFromMs: AT_MS,
  maxRuntimeMs: 240_000,
  isForced: false,
  isFirstInExecution: true,
  user: 'u1',
};
/** The lease of an owner that was killed. */
export const DEAD = {...LEASE, untilMs: AT_MS - 1};
/** The fields of a job that waits. */
export const pausedFor = (waiting: Waiting): Partial<Header> => ({
  phase: {kind: 'paused', waiting},
  pausedAtMs: AT_MS - 5_000,
});

export interface Tried extends Held<ClaimResult> {
  readonly header: Header;
  readonly owned: Owned;
}

/** Tries to claim the one job of a store, in an execution that is so old. */
export function tryClaim(values: Values, terms: Partial<ClaimTerms> = {}, ageMs = 0, hasHandler = true): Tried {
  const act = (hold: Hold, ports: Ports): ClaimResult => {
    const clock = {...ports.clock, startMs: AT_MS - ageMs};
    return claimJob({...ports, clock}, hold, jobIn(values), {...TERMS, budgetFromMs: AT_MS - ageMs, ...terms});
  };
  const held = during(values, act, (world: MemoryWorld) => {
    if (hasHandler) world.handlers.set('work', () => null);
  });
  const {got} = held;
  const owned = got.kind === 'owned' ? got.owned : (undefined as never);
  return {...held, header: jobIn(held.left).header, owned};
}

export const claimOf = (parts: StoredParts, terms: Partial<ClaimTerms> = {}, ageMs = 0): Tried =>
  tryClaim(storedJob(parts), terms, ageMs);
