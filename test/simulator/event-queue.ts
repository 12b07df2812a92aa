/**
 * The virtual clock and what is due on it. Owns time: nothing else moves `nowMs`.
 *
 * I1 time never goes back. I2 events run in the order of their time, those of one instant in an order that the seed
 * draws.
 */
import type {Random} from './prng';

export interface QueuedEvent {
  readonly atMs: number;
  isCancelled: boolean;
}

interface Entry extends QueuedEvent {
  readonly tie: number;
  readonly run: () => void;
}

/** More events than this in one instant mean a loop that takes no time (a latency configured as 0). */
const MAX_EVENTS_PER_INSTANT = 1_000_000;

export class EventQueue {
  nowMs: number;
  private readonly ties: Random;
  private readonly heap: Entry[] = [];
  private eventsAtThisInstant = 0;

  constructor(startMs: number, ties: Random) {
    this.nowMs = startMs;
    this.ties = ties;
  }

  at(atMs: number, run: () => void): QueuedEvent {
    const entry: Entry = {atMs: Math.max(atMs, this.nowMs), tie: this.ties(), run, isCancelled: false};
    this.heap.push(entry);
    this.siftUp(this.heap.length - 1);
    return entry;
  }

  /** The time of the next event, or null when nothing is due any more. */
  nextAtMs(): number | null {
    this.dropCancelled();
    return this.heap[0]?.atMs ?? null;
  }

  /** Runs the next event; false if there is none. */
  step(): boolean {
    this.dropCancelled();
    const entry = this.removeFirst();
    if (entry === undefined) return false;
    this.moveTo(entry.atMs);
    if (++this.eventsAtThisInstant > MAX_EVENTS_PER_INSTANT) {
      throw new Error(`Expected virtual time to pass, got ${MAX_EVENTS_PER_INSTANT} events at ${this.nowMs}.`);
    }
    entry.run();
    return true;
  }

  moveTo(atMs: number): void {
    if (atMs <= this.nowMs) return;
    this.nowMs = atMs;
    this.eventsAtThisInstant = 0;
  }

  private dropCancelled(): void {
    while (this.heap[0]?.isCancelled === true) this.removeFirst();
  }

  private removeFirst(): Entry | undefined {
    const first = this.heap[0];
    const last = this.heap.pop();
    if (first !== undefined && last !== undefined && this.heap.length > 0) {
      this.heap[0] = last;
      this.siftDown(0);
    }
    return first;
  }

  private siftUp(start: number): void {
    let child = start;
    while (child > 0) {
      const parent = (child - 1) >> 1;
      if (!this.swapIfBefore(child, parent)) return;
      child = parent;
    }
  }

  private siftDown(start: number): void {
    let parent = start;
    while (2 * parent + 1 < this.heap.length) {
      const left = 2 * parent + 1;
      const right = left + 1;
      const smaller = right < this.heap.length && isBefore(this.heap[right], this.heap[left]) ? right : left;
      if (!this.swapIfBefore(smaller, parent)) return;
      parent = smaller;
    }
  }

  private swapIfBefore(child: number, parent: number): boolean {
    const below = this.heap[child];
    const above = this.heap[parent];
    if (below === undefined || above === undefined || !isBefore(below, above)) return false;
    this.heap[child] = above;
    this.heap[parent] = below;
    return true;
  }
}

function isBefore(one: Entry | undefined, other: Entry | undefined): boolean {
  if (one === undefined || other === undefined) return false;
  return one.atMs < other.atMs || (one.atMs === other.atMs && one.tie < other.tie);
}
