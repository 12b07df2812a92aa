/** Steps that know where they are: walks with `each`, and rounds with a cursor of their own. */
import type {Random} from '../simulator';

/** A list that a step walks with `each`. */
export interface DrawnWalk {
  readonly count: number;
  readonly ms: number;
  /** Each so many-th item takes its time in a service call, where it can be killed; 0: none does. */
  readonly callEach: number;
  readonly hasState: boolean;
  readonly isList: boolean;
  /** `null`: as the library has it. */
  readonly everyMs: number | null;
  readonly everyItems: number | null;
}

/** Rounds of a step that calls `checkpoint` after each. */
export interface DrawnRounds {
  readonly count: number;
  readonly ms: number;
  /** It ends itself after each so many rounds; 0: never. */
  readonly yieldEach: number;
  /** Whether it asks before each checkpoint if it is still wanted, and returns what it has if not. */
  readonly isLooking: boolean;
}

/** The number of the rounds among the walks of a step. */
export const ROUNDS = -1;

const EACH_MS = 2_000;
const EACH_ITEMS = 1_000;

export function drawWalks(random: Random): readonly DrawnWalk[] {
  return Array.from({length: random() < 0.8 ? 1 : 2}, () => {
    const isSlow = random() < 0.5;
    return {
      count: (isSlow ? 25 : 60) + Math.floor(random() * (isSlow ? 55 : 160)),
      ms: isSlow ? 2_000 + Math.floor(random() * 8_000) : 1 + Math.floor(random() * 500),
      callEach: random() < 0.5 ? 3 + Math.floor(random() * 20) : 0,
      hasState: random() < 0.6,
      isList: random() < 0.3,
      everyMs: random() < 0.3 ? Math.floor(random() * 60_000) : null,
      everyItems: random() < 0.3 ? 1 + Math.floor(random() * 40) : null,
    };
  });
}

export function drawRounds(random: Random): DrawnRounds {
  return {
    count: 2 + Math.floor(random() * 20),
    ms: 100 + Math.floor(random() * 20_000),
    yieldEach: random() < 0.5 ? 1 + Math.floor(random() * 6) : 0,
    isLooking: random() < 0.6,
  };
}

/** What a walk adds to the sum of its step: the last state, or how many items there are. */
export function sumOfWalk({count, hasState}: DrawnWalk): number {
  return hasState ? (count * (count + 1)) / 2 : count;
}

/** How long a step takes that nothing interrupts. */
export function sumOfMs({
  ms,
  walks,
  rounds,
}: {
  readonly ms: number;
  readonly walks: readonly DrawnWalk[];
  readonly rounds: DrawnRounds | null;
}): number {
  const walked = walks.reduce((total, walk) => total + walk.count * walk.ms, 0);
  return ms + walked + (rounds === null ? 0 : rounds.count * rounds.ms);
}

export function sumOfRounds({count}: DrawnRounds): number {
  return (count * (count + 1)) / 2;
}

/** How many items may be visited again after a kill: those since the last save, of which one is just being made. */
export function mostRepeats({everyMs, everyItems, ms}: Pick<DrawnWalk, 'everyMs' | 'everyItems' | 'ms'>): number {
  return Math.min(everyItems ?? EACH_ITEMS, Math.max(1, Math.ceil((everyMs ?? EACH_MS) / ms)));
}
