/** Types of what a handler gets. No code. */
import type {ItemRange} from './requests';

/** What a handler gets. */
export interface StepContext<Payload = unknown> {
  /** Id of the job. */
  readonly jobId: string;
  /** Id of the step, of an item `'<prefix>_<position>'`, counted from 1. */
  readonly stepId: string;
  /** The job's name. */
  readonly name: string;
  /** 1 + failed attempts + kills. Above 1 an earlier attempt may have done part of its work. */
  readonly attempt: number;
  /** Results of completed steps by id; each access gives a fresh copy. */
  readonly results: Readonly<Record<string, unknown>>;
  /** The step's own, else the job's, else `null`; a fresh copy. Of an item `{item, index, position, total, shared?}`. */
  readonly payload: Payload;
  /** The same for every attempt of this step of this job: hand it to services that refuse doubles. */
  readonly idempotencyKey: string;
  /** The job's `environment`, and the values of its `secretEnvironment`; a fresh copy for each attempt. */
  readonly environment: Readonly<Record<string, string>>;
  /** Milliseconds until the budget of this execution ends. */
  timeLeftMs(): number;
  /** What an earlier attempt of this step saved with `checkpoint`, a fresh copy; `null` at the start. */
  readonly cursor: unknown;
  /**
   * Saves where the step is: an attempt after a kill, a failure or `yield` finds it in `cursor`. One write, without the
   * lock. Throws what ends the step when the job was canceled or the execution's time is over: do not catch it.
   * @param cursor JSON, at most 3,000 bytes: a position, not the data
   */
  checkpoint(cursor: unknown): void;
  /**
   * Calls `visit` for each item, goes on where an earlier attempt stopped, and stops by itself, to go on in the next
   * execution, before an item that would not fit into the budget by the longest one so far. What was done since the last
   * save is done again after a kill: at most `everyMs` (and one item) or `everyItems` of it. The same step must walk the same
   * lists in the same order in each attempt.
   * @returns the number of items, or with `initial` the last state: what `visit` returned last
   */
  each<Item>(items: readonly Item[], visit: (item: Item, index: number) => unknown, options?: EachOptions): number;
  /** The same with a state that goes from item to item, and is saved with the place. */
  each<Item, State>(
    items: readonly Item[],
    visit: (item: Item, index: number, state: State) => State,
    options: EachOptions & {readonly initial: State},
  ): State;
  /** The same over the numbers from 0 to `count` − 1. */
  each(items: ItemRange, visit: (item: number, index: number) => unknown, options?: EachOptions): number;
  /** The same over numbers, with a state. */
  each<State>(
    items: ItemRange,
    visit: (item: number, index: number, state: State) => State,
    options: EachOptions & {readonly initial: State},
  ): State;
  /**
   * Whether somebody canceled or stopped the job; looks into the store at most every five seconds. Once it says so the
   * step has stopped: what the handler returns is not looked at, and a stopped job goes on from `cursor` when resumed.
   */
  isCanceled(): boolean;
  /**
   * Adds a line to the job's log, which `AST.Jobs.logs` reads: texts as they are, other values as JSON, 500 characters at
   * most. The last lines are kept, some 4,000 bytes of them. Written at most every five seconds and when the run ends: a
   * kill loses the lines since then. Never throws.
   */
  log(...parts: unknown[]): void;
  /**
   * Says how far the step is, for `AST.Jobs.progress`. Written as `log` is.
   * @param done what is done, a number that is not negative
   * @param total what there is to do, where that is known
   * @param note a few words, at most 200 characters
   */
  progress(done: number, total?: number | null, note?: string | null): void;
  /** Ends the step here; its next attempt, in another execution, goes on from `cursor`. Throws: do not catch it. */
  yield(): never;
}

/** How often `each` saves where it is. */
export interface EachOptions {
  /** After so many milliseconds. @minimum 0 @maximum 60000 @default 2000 */
  readonly everyMs?: number;
  /** After so many items. @minimum 1 @maximum 1000000 @default 1000 */
  readonly everyItems?: number;
}
