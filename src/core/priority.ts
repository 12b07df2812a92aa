/** Which of several due jobs is taken first. Pure. */
import type {JobPriority} from '../types';
import type {Header} from './header';

const HOUR_MS = 3_600_000;

/**
 * A job of higher priority goes before one that has waited so much longer. As it is a head start and no rank, every job
 * that waits is first some time: none starves.
 */
const HEAD_START_MS: Readonly<Record<JobPriority, number>> = {
  low: -HOUR_MS,
  medium: 0,
  high: HOUR_MS,
  critical: 4 * HOUR_MS,
};

/** Orders jobs: those first that were touched longest ago, each with the head start of its priority. */
export function byPriority(one: Header, other: Header): number {
  return since(one) - since(other) || (one.id < other.id ? -1 : 1);
}

function since({updatedAtMs, terms: {priority}}: Header): number {
  return updatedAtMs - HEAD_START_MS[priority];
}
