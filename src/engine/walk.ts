/**
 * `ctx.each`: a step that walks many items and goes on where it stopped.
 *
 * Where it is is saved every two seconds, or as often as the caller says: what was done since the last save is done
 * again after a kill. It stops by itself before an item that, by the longest one so far, would not fit into the budget.
 */
import {isObject, printValue} from '../core/json';
import {EACH_ITEMS, EACH_MS, MAX_GROUP_MS} from '../core/limits';
import {integerIn, invalid} from '../orchestration/request';
import type {StepControl, StepHost} from './step-control';

/** What is walked, checked. */
interface Items {
  readonly count: number;
  at(index: number): unknown;
}

interface WalkOptions {
  readonly everyMs: number;
  readonly everyItems: number;
  readonly hasState: boolean;
  readonly initial: unknown;
}

/** The fold of what the items' function returned where there is an initial state, else how many items there are. */
function walkItems(
  control: StepControl,
  host: StepHost,
  call: number,
  given: {readonly items: unknown; readonly visit: unknown; readonly options: unknown},
): unknown {
  const items = checkedItems(given.items);
  const {visit} = given;
  if (typeof visit !== 'function') throw invalid(`each expects a function of an item, got ${printValue(visit)}.`);
  const options = checkedOptions(given.options);
  return new Walk(control, host, call, options).over(items, visit as Visit);
}

type Visit = (item: unknown, index: number, state: unknown) => unknown;

class Walk {
  private readonly control: StepControl;
  private readonly host: StepHost;
  private readonly call: number;
  private readonly options: WalkOptions;
  private savedAtMs: number;
  private longestMs = 0;

  constructor(control: StepControl, host: StepHost, call: number, options: WalkOptions) {
    this.control = control;
    this.host = host;
    this.call = call;
    this.options = options;
    this.savedAtMs = host.clock.nowMs();
  }

  over(items: Items, visit: Visit): unknown {
    const {everyMs, everyItems, hasState, initial} = this.options;
    const [first, kept] = this.control.walk(this.call) ?? [0, initial];
    let state = kept;
    let unsaved = 0;
    for (let index = first; index < items.count; index++) {
      if (index > first && this.host.clock.nowMs() + this.longestMs > this.host.endMs) this.stopAt(index, state);
      const returned = this.visitOne(items.at(index), index, state, visit);
      if (hasState) state = returned;
      unsaved++;
      if (unsaved < everyItems && this.host.clock.nowMs() - this.savedAtMs < everyMs) continue;
      unsaved = 0;
      this.saveAt(index + 1, state);
    }
    // A second walk of the same step begins behind this one.
    this.control.moveWalk(this.call, items.count, state);
    return hasState ? state : items.count;
  }

  private visitOne(item: unknown, index: number, state: unknown, visit: Visit): unknown {
    const startedMs = this.host.clock.nowMs();
    try {
      const returned = visit(item, index, state);
      this.longestMs = Math.max(this.longestMs, this.host.clock.nowMs() - startedMs);
      return returned;
    } catch (thrown) {
      // The items before this one are done: a retry begins with it.
      if (this.control.stopped === null) {
        this.control.moveWalk(this.call, index, state);
        this.control.keep();
      }
      throw thrown;
    }
  }

  private stopAt(index: number, state: unknown): never {
    this.control.moveWalk(this.call, index, state);
    return this.control.yieldNow();
  }

  private saveAt(index: number, state: unknown): void {
    this.control.moveWalk(this.call, index, state);
    this.control.save();
    this.savedAtMs = this.host.clock.nowMs();
  }
}

function checkedItems(raw: unknown): Items {
  if (Array.isArray(raw)) {
    const list = raw as readonly unknown[];
    return {count: list.length, at: (index) => list[index]};
  }
  if (isObject(raw) && raw['count'] !== undefined) {
    const count = integerIn(raw['count'], 'count of the items of each', 0, 2 ** 31 - 1);
    return {count, at: (index) => index};
  }
  throw invalid(`each expects an array of items or {count}, got ${printValue(raw)}.`);
}

function checkedOptions(raw: unknown): WalkOptions {
  if (raw !== undefined && raw !== null && !isObject(raw))
    throw invalid(`The options of each must be {everyMs, everyItems, initial}, got ${printValue(raw)}.`);
  const {everyMs = EACH_MS, everyItems = EACH_ITEMS, initial} = isObject(raw) ? raw : {};
  return {
    everyMs: integerIn(everyMs, 'everyMs of each', 0, MAX_GROUP_MS),
    everyItems: integerIn(everyItems, 'everyItems of each', 1, 1_000_000),
    hasState: isObject(raw) && 'initial' in raw,
    initial: initial ?? null,
  };
}

/** `each` of one attempt: walks are numbered in the order of their calls, which is the same in every attempt. */
export function walker(
  control: StepControl,
  host: StepHost,
): (items: unknown, visit: unknown, options: unknown) => unknown {
  let calls = 0;
  let isWalking = false;
  return (items, visit, options) => {
    if (isWalking)
      throw invalid('each was called inside the function of another each: walk one list of pairs instead.');
    isWalking = true;
    try {
      return walkItems(control, host, calls++, {items, visit, options});
    } finally {
      isWalking = false;
    }
  };
}
