/** Stored jobs that several workers have parts of. */
import type {Header, Part} from '../../src/core/header';
import {segmentKey} from '../../src/core/keys';
import {encodeSegment, type Segment} from '../../src/core/segment';
import type {Plan} from '../../src/core/plan';
import {oneUnit} from '../../src/core/units';
import type {Values} from './holds';
import {ADDRESS, AT_MS, LEASE, START, storedJob} from './stored';

export const OPTIONS = {maxRetries: 2, maxRuntimeMs: 240_000, leaseTtlMs: 390_000, autoResume: true, workers: 3};

/** A worker that has units up to another, and is at the first of them. */
export const partAtWork = (first: number, last: number, fields: Partial<Part> = {}): Part => {
  const lease = {...LEASE, mark: oneUnit(first), share: {first, last}};
  return {epoch: 1, log: 0, position: START, lease, ...fields};
};

/** The same worker, dead: its lease has run out. */
export const deadPart = (first: number, last: number): Part => {
  const part = partAtWork(first, last);
  return {...part, lease: part.lease === null ? null : {...part.lease, untilMs: AT_MS - 1}};
};

/** The one log of a part. */
export function logOf(part: number, segment: Segment): Values {
  return {[segmentKey(ADDRESS, part, 0, 0)]: encodeSegment(segment)};
}

/** A job with these parts. */
export function jobWithParts(plan: Plan, parts: readonly Part[], header: Partial<Header> = {}): Values {
  const phase = {kind: 'running'} as const;
  return storedJob({plan, header: {phase, options: OPTIONS, parts, ...header}});
}
