import type {StoredCursor} from '../../src/core/outcome';
import {StepControl, type StepHost} from '../../src/engine/step-control';
import {walker} from '../../src/engine/walk';
import {thrownBy} from '../support/walks';

const NONE: readonly number[] = [];

/** One attempt of a step that walks, over a clock that stands still unless it is moved. */
class Stroll {
  nowMs = 0;
  readonly saves: StoredCursor[] = [];
  readonly visits: unknown[] = [];
  readonly control: StepControl;
  readonly each: ReturnType<typeof walker>;
  /** How many saves the run takes. */
  takes = Infinity;

  constructor(saved: StoredCursor | null = null, endMs = 240_000) {
    const clock = {startMs: 0, nowMs: () => this.nowMs, sleep: () => undefined};
    const host: StepHost = {
      ...{clock, endMs, fenceMs: 360_000, isWanted: () => true},
      save: (cursor) => {
        this.saves.push(cursor);
        return this.saves.length <= this.takes;
      },
    };
    this.control = new StepControl(host, saved);
    this.each = walker(this.control, host);
  }

  /** A visit that takes so long. */
  visit(ms = 0): (item: unknown, index: number, state: unknown) => unknown {
    return (item, index, state) => {
      this.visits.push([item, index]);
      this.nowMs += ms;
      return typeof state === 'number' ? state + Number(item) : undefined;
    };
  }
}

describe('each', () => {
  test('visits a list, or the numbers below a count, in their order', () => {
    const list = new Stroll();
    expect(list.each(['a', 'b'], list.visit(), undefined)).toBe(2);
    expect(list.visits).toEqual([
      ['a', 0],
      ['b', 1],
    ]);
    const range = new Stroll();
    expect(range.each({count: 3}, range.visit(), null)).toBe(3);
    expect(range.visits).toEqual([
      [0, 0],
      [1, 1],
      [2, 2],
    ]);
    expect(range.each(NONE, range.visit(), {})).toBe(0);
  });

  test('hands each the state that the one before left, and returns the last', () => {
    const stroll = new Stroll();
    expect(stroll.each([1, 2, 3], stroll.visit(), {initial: 10})).toBe(16);
    expect(stroll.each(NONE, stroll.visit(), {initial: 'none'})).toBe('none');
  });

  test('saves every two seconds, or every thousand items', () => {
    const slow = new Stroll();
    slow.each({count: 100}, slow.visit(500), undefined);
    expect(slow.saves).toHaveLength(25);
    const quick = new Stroll();
    quick.each({count: 2_500}, quick.visit(), undefined);
    expect(quick.saves.map(({text}) => text)).toEqual(['[null,[[1000,null]]]', '[null,[[2000,null]]]']);
  });

  test('saves as often as it is told', () => {
    const stroll = new Stroll();
    stroll.each({count: 10}, stroll.visit(100), {everyItems: 4, everyMs: 60_000});
    expect(stroll.saves.map(({text}) => text)).toEqual(['[null,[[4,null]]]', '[null,[[8,null]]]']);
    const each = new Stroll();
    each.each({count: 3}, each.visit(), {everyMs: 0, initial: 0});
    expect(each.saves.map(({text}) => text)).toEqual(['[null,[[1,0]]]', '[null,[[2,1]]]', '[null,[[3,3]]]']);
  });

  test('goes on where an attempt before it came to, with its state', () => {
    const stroll = new Stroll({version: 4, text: '[null,[[2,30]]]'});
    expect(stroll.each([10, 20, 30], stroll.visit(), {initial: 0})).toBe(60);
    expect(stroll.visits).toEqual([[30, 2]]);
    // The second walk of the step has no place yet.
    expect(stroll.each([5], stroll.visit(), {initial: 0})).toBe(5);
  });

  test('does not walk again what is behind it, in the same attempt or a later one', () => {
    const first = new Stroll();
    first.each([1, 2], first.visit(), {initial: 0});
    thrownBy(() => first.each([1, 2, 3], first.visit(100_000), {initial: 0}));
    const second = new Stroll(first.control.saved);
    expect(second.each([1, 2], second.visit(), {initial: 0})).toBe(3);
    expect(second.visits).toEqual([]);
    expect(second.each([1, 2, 3], second.visit(), {initial: 0})).toBe(6);
    expect(second.visits).toEqual([[3, 2]]);
  });
});

describe('a walk stops by itself', () => {
  test('before an item that would not fit by the longest so far', () => {
    const stroll = new Stroll(null, 10_000);
    thrownBy(() => stroll.each({count: 10}, stroll.visit(3_000), {everyMs: 60_000}));
    expect([stroll.visits.length, stroll.control.stopped, stroll.saves]).toEqual([3, 'yield', []]);
    expect(stroll.control.saved?.text).toBe('[null,[[3,null]]]');
  });

  test('but not before its first item, or it would never get on', () => {
    const stroll = new Stroll(null, 10_000);
    stroll.nowMs = 20_000;
    thrownBy(() => stroll.each({count: 10}, stroll.visit(3_000), {}));
    expect(stroll.visits).toHaveLength(1);
  });

  test('where its run takes no more saves', () => {
    const stroll = new Stroll();
    stroll.takes = 1;
    thrownBy(() => stroll.each({count: 10}, stroll.visit(3_000), {}));
    expect([stroll.visits.length, stroll.control.stopped]).toEqual([2, 'run']);
  });
});

test('an item that fails is the first of the next attempt', () => {
  const stroll = new Stroll();
  const error = new Error('no');
  const visit = (item: unknown, index: number, state: unknown): unknown => {
    if (index === 2) throw error;
    return Number(state) + Number(item);
  };
  expect(thrownBy(() => stroll.each([10, 20, 30], visit, {initial: 0}))).toBe(error);
  expect([stroll.saves, stroll.control.stopped]).toEqual([[], null]);
  expect(stroll.control.saved?.text).toBe('[null,[[2,30]]]');
});

test('a walk inside a walk is refused, and another one after it is not', () => {
  const stroll = new Stroll();
  const inner = (): unknown => stroll.each([1], stroll.visit(), {});
  expect(thrownBy(() => stroll.each([1], inner, {}))).toMatchObject({code: 'INVALID_REQUEST'});
  expect(stroll.each([1], stroll.visit(), {})).toBe(1);
});

test.each<[unknown, unknown, unknown]>([
  [5, () => null, {}],
  ['ab', () => null, {}],
  [{}, () => null, {}],
  [{count: -1}, () => null, {}],
  [{count: 1.5}, () => null, {}],
  [{count: 2 ** 31}, () => null, {}],
  [[1], null, {}],
  [[1], 'visit', {}],
  [[1], () => null, 5],
  [[1], () => null, {everyMs: -1}],
  [[1], () => null, {everyMs: 60_001}],
  [[1], () => null, {everyItems: 0}],
  [[1], () => null, {everyItems: '5'}],
])('each(%j, %p, %j) is refused', (items, visit, options) => {
  const stroll = new Stroll();
  expect(thrownBy(() => stroll.each(items, visit, options))).toMatchObject({name: 'AstJobsValidationError'});
  expect(stroll.saves).toEqual([]);
});
