import fc from 'fast-check';
import {
  expectedTriggerMs,
  isNothing,
  isWorthKeeping,
  NOTHING_SPENT,
  quotaVerdict,
  restOf,
  sumOf,
  useAt,
  useOfTuple,
  useTuple,
  windowEndMs,
  withSpent,
  type DayUse,
  type Need,
  type QuotaLimits,
  type QuotaName,
  type Spent,
} from '../../src/core/quota';

const NOW_MS = 1_767_603_600_000;
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const TICK_MS = 10 * MINUTE_MS;
const LIMITS: QuotaLimits = {triggerMs: 90 * MINUTE_MS, operations: 50_000};
const NEED: Need = {triggerMs: 4 * MINUTE_MS, tickMs: null};

const useOf = (fields: Partial<DayUse> = {}): DayUse => ({
  ...NOTHING_SPENT,
  sinceMs: NOW_MS,
  tickedMs: NOW_MS,
  ...fields,
});
const spentOf = (fields: Partial<Spent>): Spent => ({...NOTHING_SPENT, ...fields});

describe('a window', () => {
  test('begins with the first use, when the execution began', () => {
    const times = {fromMs: NOW_MS - 5_000, nowMs: NOW_MS, tickMs: null};
    expect(withSpent(null, spentOf({operations: 3}), times)).toEqual(
      useOf({sinceMs: NOW_MS - 5_000, operations: 3, tickedMs: NOW_MS}),
    );
  });

  test('is added to for 24 hours, and a use behind its end begins the next one', () => {
    const use = useOf({triggerMs: 1_000});
    const add = (nowMs: number) =>
      withSpent(use, spentOf({triggerMs: 500}), {fromMs: nowMs - 500, nowMs, tickMs: null});
    expect(add(NOW_MS + DAY_MS - 1)).toMatchObject({sinceMs: NOW_MS, triggerMs: 1_500});
    // The execution that goes on beyond the end counts in the next window, from its beginning on.
    expect(add(NOW_MS + DAY_MS)).toMatchObject({sinceMs: NOW_MS + DAY_MS, triggerMs: 500});
    expect(add(NOW_MS + 3 * DAY_MS)).toMatchObject({sinceMs: NOW_MS + 3 * DAY_MS - 500, triggerMs: 500});
  });

  test('begins with its first trigger where calls came before', () => {
    const later = {fromMs: NOW_MS + 8 * MINUTE_MS, nowMs: NOW_MS + 10 * MINUTE_MS, tickMs: null};
    const called = useOf({operations: 9});
    expect(withSpent(called, spentOf({operations: 2}), later)).toMatchObject({sinceMs: NOW_MS, operations: 11});
    const run = withSpent(called, spentOf({triggerMs: 120_000, operations: 2}), later);
    expect(run).toMatchObject({sinceMs: NOW_MS + 8 * MINUTE_MS, triggerMs: 120_000, operations: 11});
    const again = {...later, fromMs: NOW_MS + 20 * MINUTE_MS, nowMs: NOW_MS + 21 * MINUTE_MS};
    expect(withSpent(run, spentOf({triggerMs: 60_000}), again)).toMatchObject({sinceMs: NOW_MS + 8 * MINUTE_MS});
  });

  test('has ended when its 24 hours are over, and nothing is known of the next one', () => {
    expect(useAt(useOf(), NOW_MS + DAY_MS - 1, null)).not.toBeNull();
    expect(useAt(useOf(), NOW_MS + DAY_MS, null)).toBeNull();
    expect(useAt(null, NOW_MS, TICK_MS)).toBeNull();
  });

  test('that begins an hour ahead of the clock is damage, one that begins a little ahead is not', () => {
    expect(useAt(useOf({sinceMs: NOW_MS + 60 * MINUTE_MS + 1}), NOW_MS, null)).toBeNull();
    expect(useAt(useOf({sinceMs: NOW_MS + 30_000}), NOW_MS, null)).toMatchObject({sinceMs: NOW_MS + 30_000});
    const spent = spentOf({operations: 1});
    const times = {fromMs: NOW_MS, nowMs: NOW_MS, tickMs: null};
    expect(withSpent(useOf({sinceMs: NOW_MS + 5 * DAY_MS}), spent, times)).toMatchObject({sinceMs: NOW_MS});
  });
});

describe('ticks of the watchdog', () => {
  test('count 1.5 s and one read each, and each once', () => {
    const use = useAt(useOf(), NOW_MS + 65 * MINUTE_MS, TICK_MS);
    expect(use).toMatchObject({triggerMs: 9_000, operations: 6, keyOperations: 6, tickedMs: NOW_MS + 60 * MINUTE_MS});
    expect(useAt(use, NOW_MS + 65 * MINUTE_MS, TICK_MS)).toEqual(use);
    expect(useAt(use, NOW_MS + 70 * MINUTE_MS, TICK_MS)).toMatchObject({triggerMs: 10_500, operations: 7});
  });

  test('do not count where there is no watchdog, nor afterwards for that time', () => {
    const use = useAt(useOf(), NOW_MS + 65 * MINUTE_MS, null);
    expect(use).toMatchObject({triggerMs: 0, tickedMs: NOW_MS + 65 * MINUTE_MS});
    expect(useAt(use, NOW_MS + 66 * MINUTE_MS, TICK_MS)).toMatchObject({triggerMs: 0});
  });

  test('begin windows of their own, a period behind the end of the last one at the latest', () => {
    const old = useOf({triggerMs: 80 * MINUTE_MS, refused: ['triggerTime']});
    expect(useAt(old, NOW_MS + DAY_MS, TICK_MS)).toBeNull();
    const next = useAt(old, NOW_MS + DAY_MS + 2 * TICK_MS, TICK_MS);
    expect(next).toEqual(
      useOf({
        sinceMs: NOW_MS + DAY_MS + TICK_MS,
        triggerMs: 1_500,
        operations: 1,
        keyOperations: 1,
        tickedMs: NOW_MS + DAY_MS + 2 * TICK_MS,
      }),
    );
    expect(useAt(old, NOW_MS + 2 * DAY_MS + 3 * TICK_MS, TICK_MS)).toMatchObject({
      sinceMs: NOW_MS + 2 * (DAY_MS + TICK_MS),
    });
  });
});

describe('the verdict', () => {
  const verdictOf = (fields: Partial<DayUse>, limits = LIMITS, need = NEED) =>
    quotaVerdict(useOf(fields), limits, NOW_MS, need);

  test('is near when one more execution would not fit, and says about until when', () => {
    expect(verdictOf({triggerMs: 86 * MINUTE_MS})).toEqual({isNear: false, what: null, untilMs: null});
    expect(verdictOf({triggerMs: 86 * MINUTE_MS + 1})).toEqual({
      ...{isNear: true, what: 'triggerTime', untilMs: NOW_MS + DAY_MS},
    });
    expect(quotaVerdict(null, LIMITS, NOW_MS, NEED).isNear).toBe(false);
  });

  test('leaves the looks of the watchdog their time: 144 of 1.5 s in a whole day, none at its end', () => {
    const need = {...NEED, tickMs: TICK_MS};
    expect(verdictOf({triggerMs: 86 * MINUTE_MS - 144 * 1_500}, LIMITS, need).isNear).toBe(false);
    expect(verdictOf({triggerMs: 86 * MINUTE_MS - 144 * 1_500 + 1}, LIMITS, need).isNear).toBe(true);
    const late = quotaVerdict(useOf({triggerMs: 86 * MINUTE_MS}), LIMITS, NOW_MS + DAY_MS, need);
    expect(late.isNear).toBe(false);
  });

  test('is near when less than 1,000 operations are left, of a small limit 2 percent', () => {
    expect(verdictOf({operations: 49_000}).isNear).toBe(false);
    expect(verdictOf({operations: 49_001})).toMatchObject({isNear: true, what: 'propertyOperations'});
    expect(verdictOf({operations: 499_000}, {...LIMITS, operations: 500_000}).isNear).toBe(false);
    expect(verdictOf({operations: 490}, {...LIMITS, operations: 500}).isNear).toBe(false);
    expect(verdictOf({operations: 491}, {...LIMITS, operations: 500}).isNear).toBe(true);
  });

  test('goes by the reading that counts a bulk call once', () => {
    expect(verdictOf({operations: 10, keyOperations: 1e6}).isNear).toBe(false);
  });

  test.each<QuotaName>(['triggerTime', 'propertyOperations'])('is near where the platform refused %s', (what) => {
    expect(verdictOf({refused: [what]})).toEqual({isNear: true, what, untilMs: NOW_MS + DAY_MS});
  });

  test('is never near where the limit is 0', () => {
    const used = {triggerMs: DAY_MS, operations: 1e9, refused: ['triggerTime', 'propertyOperations'] as const};
    expect(verdictOf(used, {triggerMs: 0, operations: 0}).isNear).toBe(false);
    expect(verdictOf(used, {triggerMs: 1, operations: 0}).what).toBe('triggerTime');
    expect(verdictOf(used, {triggerMs: 0, operations: 1}).what).toBe('propertyOperations');
  });
});

test('an execution is expected to take its budget, or its longest step, and never more than six minutes', () => {
  expect(expectedTriggerMs(10_000, 0)).toBe(360_000);
  expect(expectedTriggerMs(240_000, 10_000)).toBe(240_000);
  expect(expectedTriggerMs(10_000, 200_000)).toBe(200_000);
  expect(expectedTriggerMs(600_000, 1)).toBe(360_000);
});

test.each([
  [{triggerMs: 59_999, operations: 499}, false],
  [{triggerMs: 60_000}, true],
  [{operations: 500}, true],
  [{refused: ['triggerTime'] as const}, true],
])('whether %j is worth a key of its own: %p', (fields, isWorth) => {
  expect(isWorthKeeping(useOf(fields))).toBe(isWorth);
});

test.each([
  ...[null, {}, 'text', [], [1], [-1, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0], [0, 0, 0, 0.5, 0, 0, 0]],
  ...[
    [0, 0, '0', 0, 0, 0, 0],
    [0, 0, 0, 0, null, 0, 0],
    [0, 0, 0, 0, 0, -1, 0],
    [0, 0, 0, 0, 0, 0, 0.5],
  ],
  ...[
    [5e15, 0, 0, 0, 0, 0, 0],
    [0, 5e15, 0, 0, 0, 0, 0],
    [0, 0, 5e15, 0, 0, 0, 0],
  ],
])('%j is no use', (raw) => {
  expect(useOfTuple(raw)).toBeNull();
});

const spents: fc.Arbitrary<Spent> = fc.record({
  triggerMs: fc.nat({max: DAY_MS}),
  operations: fc.nat({max: 100_000}),
  keyOperations: fc.nat({max: 10_000_000}),
  triggersCreated: fc.nat({max: 1_000}),
  refused: fc.subarray<QuotaName>(['triggerTime', 'propertyOperations']),
});
const uses: fc.Arbitrary<DayUse> = fc
  .tuple(spents, fc.nat({max: 2 * DAY_MS}), fc.nat({max: DAY_MS}))
  .map(([spent, ageMs, tickedMs]) => ({...spent, sinceMs: NOW_MS - ageMs, tickedMs: NOW_MS - ageMs + tickedMs}));
const ticks = fc.constantFrom(null, MINUTE_MS, TICK_MS, 30 * MINUTE_MS);

test('property: a use comes back from its stored text', () => {
  fc.assert(
    fc.property(uses, (use) => {
      expect(useOfTuple(JSON.parse(JSON.stringify(useTuple(use))))).toEqual(use);
    }),
  );
});

test('property: what was counted and what is left of it together are all', () => {
  fc.assert(
    fc.property(spents, spents, (one, other) => {
      const rest = restOf(sumOf(one, other), one);
      expect(rest).toEqual({...other, refused: rest.refused});
      expect(sumOf(one, rest).refused.slice().sort()).toEqual(sumOf(one, other).refused.slice().sort());
      expect(isNothing(restOf(one, one))).toBe(true);
    }),
  );
});

test('property: a window only grows, and always contains the time that is looked at', () => {
  fc.assert(
    fc.property(uses, ticks, fc.nat({max: 5 * DAY_MS}), (use, tickMs, laterMs) => {
      const nowMs = NOW_MS + laterMs;
      const now = useAt(use, nowMs, tickMs);
      if (now === null) return;
      expect(now.sinceMs).toBeLessThanOrEqual(nowMs);
      expect(windowEndMs(now)).toBeGreaterThan(nowMs);
      if (now.sinceMs !== use.sinceMs) return;
      expect(now.triggerMs).toBeGreaterThanOrEqual(use.triggerMs);
      expect(now.operations).toBeGreaterThanOrEqual(use.operations);
    }),
  );
});

test('property: looking twice is looking once', () => {
  fc.assert(
    fc.property(uses, ticks, fc.nat({max: 5 * DAY_MS}), fc.nat({max: DAY_MS}), (use, tickMs, soonMs, laterMs) => {
      const [soon, later] = [NOW_MS + soonMs, NOW_MS + soonMs + laterMs];
      const between = useAt(use, soon, tickMs);
      if (between === null) return;
      expect(useAt(between, later, tickMs)).toEqual(useAt(use, later, tickMs));
    }),
  );
});

test('property: what is spent stands in the window, which waits for no more than a day', () => {
  fc.assert(
    fc.property(fc.option(uses), spents, ticks, fc.nat({max: 360_000}), (use, spent, tickMs, ranMs) => {
      const after = withSpent(use, spent, {fromMs: NOW_MS - ranMs, nowMs: NOW_MS, tickMs});
      expect(after.operations).toBeGreaterThanOrEqual(spent.operations);
      expect(after.triggerMs).toBeGreaterThanOrEqual(spent.triggerMs);
      expect(after.sinceMs).toBeLessThanOrEqual(NOW_MS);
      const {isNear, untilMs} = quotaVerdict(after, LIMITS, NOW_MS, {...NEED, tickMs});
      if (isNear) expect(untilMs - NOW_MS).toBeLessThanOrEqual(DAY_MS);
      if (isNear) expect(untilMs).toBeGreaterThan(NOW_MS);
    }),
  );
});

test('property: whatever the limits, a window of which a quarter is used lets an execution go', () => {
  const limits = fc.record({triggerMs: fc.integer({min: 1, max: DAY_MS}), operations: fc.integer({min: 1, max: 1e7})});
  fc.assert(
    fc.property(
      limits,
      ticks,
      fc.nat({max: 360_000}),
      fc.double({min: 0, max: 0.25, noNaN: true}),
      (all, tickMs, needMs, share) => {
        const use = useOf({triggerMs: all.triggerMs * share, operations: all.operations * share});
        expect(quotaVerdict(use, all, NOW_MS, {triggerMs: needMs, tickMs}).isNear).toBe(false);
      },
    ),
  );
});
