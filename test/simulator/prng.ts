/**
 * Seeded random numbers. Each purpose (ties, latency, triggers, ids, locks) draws from a stream of its own,
 * so that one more draw for one purpose leaves the others as they were.
 */

export type Random = () => number;

/** mulberry32: small, fast, and good enough to choose schedules. Returns numbers in [0, 1). */
export function seededRandom(seed: number): Random {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** FNV-1a over the text and the seed: nearby seeds and names give unrelated streams. */
export function deriveSeed(seed: number, purpose: string): number {
  let hash = (0x811c9dc5 ^ seed) | 0;
  for (let i = 0; i < purpose.length; i++) {
    hash = Math.imul(hash ^ purpose.charCodeAt(i), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return (hash ^ (hash >>> 13)) >>> 0;
}

export function randomStream(seed: number, purpose: string): Random {
  return seededRandom(deriveSeed(seed, purpose));
}

export function uniform(random: Random, from: number, to: number): number {
  return from + random() * (to - from);
}

/** A random UUID of version 4 as Utilities.getUuid gives it. */
export function randomUuid(random: Random): string {
  return 'xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx'.replace(/[xy]/g, (letter) => {
    const nibble = Math.floor(random() * 16);
    return (letter === 'x' ? nibble : (nibble & 3) | 8).toString(16);
  });
}
