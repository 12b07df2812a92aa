import {utf8Bytes} from '../../src/core/bytes';
import {partAt, type Header, type Waiting} from '../../src/core/header';
import {decodeHeader, encodeHeader} from '../../src/core/header-codec';
import {BALLAST_KEY, headerKey, planKey, segmentKey} from '../../src/core/keys';
import {BALLAST_BYTES, HOST_BYTES, INLINE_RESULT_BYTES, STORE_BYTES} from '../../src/core/limits';
import {outcomeText, type Outcome} from '../../src/core/outcome';
import {MAX_TRIES} from '../../src/core/service-error';
import {readLarge} from '../../src/core/stored-job';
import {claim, halt} from '../../src/core/transitions';
import {oneUnit} from '../../src/core/units';
import type {RunEnd} from '../../src/engine/runner';
import {addressOf, hostOf, jobAt, sizeOf, type Values} from '../support/holds';
import type {MemoryWorld} from '../support/memory-ports';
import {loosePlan} from '../support/plans';
import {BUDGET, completedOf, hasLog, headerOf, LONGEST, over, pause, settleAfter} from '../support/settlements';
import {ADDRESS, AT_MS, done, jobIn, positionOf, segment, storedJob} from '../support/stored';

/** Rewrites the header as somebody else would. */
const rewritten =
  (change: (header: Header) => Header) =>
  (world: MemoryWorld): void => {
    const decoded = decodeHeader(world.values.get(headerKey(ADDRESS)) ?? '');
    if (decoded.kind === 'header') world.values.set(headerKey(ADDRESS), encodeHeader(change(decoded.header)));
  };

/** A result that stands in the log no more. */
const large = (unit: number, chars = 20_000): Outcome => done(unit, `"${'x'.repeat(chars)}"`);

describe('the end of a job', () => {
  test('carries its last outcome, which saves a write', () => {
    const settled = settleAfter(over(done(0)), {plan: loosePlan(1)});
    expect([settled.got, hasLog(settled), completedOf(settled)]).toEqual(['settled', false, [0]]);
    expect(headerOf(settled)).toMatchObject({
      ...{phase: {kind: 'completed', atMs: AT_MS + 10_000}, last: done(0), longest: LONGEST},
      parts: [{epoch: 2, lease: null}],
    });
  });

  test('leaves several outcomes to the log', () => {
    const settled = settleAfter(over(done(0), done(1)), {plan: loosePlan(2)});
    expect([headerOf(settled).last, completedOf(settled)]).toEqual([null, [0, 1]]);
    expect(partAt(headerOf(settled), 0).position).toEqual(positionOf([done(0), done(1)]));
  });

  test('may come without an outcome, and then the log is not touched', () => {
    const outcomes = [done(0)];
    const parts = {plan: loosePlan(2), position: positionOf(outcomes), logs: {0: [segment(outcomes)]}};
    const settled = settleAfter({...over(), status: 'failed'} as RunEnd, parts);
    expect([headerOf(settled).phase.kind, headerOf(settled).last]).toEqual(['failed', null]);
    expect(settled.left[segmentKey(ADDRESS, 0, 0, 0)]).toBe(storedJob(parts)[segmentKey(ADDRESS, 0, 0, 0)]);
  });

  test('carries an outcome up to the size of a result in the log', () => {
    const around = utf8Bytes(outcomeText(large(0, 0)));
    const most = settleAfter(over(large(0, INLINE_RESULT_BYTES - around)), {plan: loosePlan(1)});
    expect([headerOf(most).last?.kind, hasLog(most)]).toEqual(['done', false]);
    const more = settleAfter(over(large(0, INLINE_RESULT_BYTES - around + 1)), {plan: loosePlan(1)});
    expect([headerOf(more).last, hasLog(more), completedOf(more)]).toEqual([null, true, [0]]);
  });

  test('leaves a large result in keys of its own', () => {
    const settled = settleAfter(over(large(0)), {plan: loosePlan(1)});
    const result = jobIn(settled.left).ledger.completion(0)?.result;
    if (result === undefined || !('large' in result)) throw new Error('Expected a large result.');
    expect(readLarge(settled.left, ADDRESS, result.large)).toHaveLength(20_002);
  });

  test('forgets suspects that are settled, and keeps the others', () => {
    const suspects = [0, 1].map((unit) => ({unit, crashes: 1}));
    const settled = settleAfter(pause(BUDGET, done(0)), {header: {suspects}});
    expect(headerOf(settled).suspects).toEqual([{unit: 1, crashes: 1}]);
  });
});

describe('a pause', () => {
  test('for the budget is due at once', () => {
    const settled = settleAfter(pause(BUDGET, done(0)));
    const waiting = {reason: 'budget', untilMs: AT_MS + 10_000};
    expect(headerOf(settled)).toMatchObject({phase: {kind: 'paused', waiting}, last: null, longest: LONGEST});
    expect([completedOf(settled), partAt(headerOf(settled), 0).lease]).toEqual([[0], null]);
  });

  test('for anything else is as long as it says', () => {
    const waiting: Waiting = {reason: 'retry', untilMs: AT_MS + 60_000};
    expect(headerOf(settleAfter(pause(waiting))).phase).toEqual({kind: 'paused', waiting});
  });

  test('without an outcome writes no log', () => {
    expect(hasLog(settleAfter(pause(BUDGET)))).toBe(false);
  });

  test('of a job that somebody stopped waits for its user', () => {
    const settled = settleAfter(
      pause(BUDGET, done(0)),
      {},
      rewritten((header) => halt(header, AT_MS)),
    );
    expect(headerOf(settled).phase).toMatchObject({kind: 'paused', waiting: {reason: 'user'}});
  });
});

describe('a lease that is not the owner’s any more is not touched', () => {
  const lease = {untilMs: AT_MS + 900_000, by: 'xother', mark: oneUnit(0), share: null};
  const withoutLease = (header: Header): Header => ({...header, parts: [{...partAt(header, 0), lease: null}]});

  test.each([
    ['taken over', rewritten((header) => claim(header, 0, lease, AT_MS))],
    ['ended', rewritten((header) => ({...withoutLease(header), phase: {kind: 'canceled', atMs: AT_MS}}))],
    ['gone', (world: MemoryWorld) => void world.values.delete(headerKey(ADDRESS))],
    ['damaged', (world: MemoryWorld) => void world.values.set(headerKey(ADDRESS), '{')],
  ])('when the job was %s', (_what, meanwhile) => {
    let before: Values = {};
    const end = over(done(0), done(1));
    const settled = settleAfter(end, {}, (world) => {
      meanwhile(world);
      before = Object.fromEntries(world.values);
    });
    expect([settled.got, settled.left]).toEqual(['lost', before]);
  });

  test('when its owner knows that himself', () => {
    const settled = settleAfter({kind: 'lost'});
    expect([settled.got, headerOf(settled).phase.kind]).toEqual(['lost', 'running']);
  });
});

describe('a store without room', () => {
  const crowd = (leftBytes: number) => (world: MemoryWorld) => {
    const used = sizeOf(Object.fromEntries(world.values));
    for (const [key, value] of Object.entries(hostOf(STORE_BYTES - used - leftBytes))) world.values.set(key, value);
  };
  const full: Extract<RunEnd, {kind: 'full'}> = {
    ...{kind: 'full', units: [oneUnit(1)], bytes: 5_000},
    rest: {outcomes: [done(1)], longest: LONGEST, calls: 1},
  };
  const waiting = {reason: 'store', untilMs: null};

  test('for an outcome makes the job wait, and the attempt is reported as in doubt', () => {
    const settled = settleAfter(full, {header: {suspects: [{unit: 1, crashes: 1}]}});
    expect(headerOf(settled)).toMatchObject({
      ...{phase: {kind: 'paused', waiting: {...waiting, bytes: 5_000}}, longest: LONGEST},
      recoveries: [{atMs: AT_MS + 10_000, reason: 'store', inDoubt: [oneUnit(1)]}],
      suspects: [{unit: 1, crashes: 1}],
    });
    expect([settled.got, completedOf(settled)]).toEqual(['settled', []]);
  });

  test('for a marker makes the job wait, and nothing is in doubt', () => {
    expect(headerOf(settleAfter({...full, units: []})).recoveries).toEqual([]);
  });

  test('for the last outcomes does so, too, with all of them in doubt', () => {
    const settled = settleAfter(over(done(0), large(1)), {plan: loosePlan(2)}, crowd(12_000));
    expect(headerOf(settled)).toMatchObject({
      phase: {kind: 'paused', waiting},
      recoveries: [{reason: 'store', inDoubt: [{first: 0, last: 1}]}],
    });
    const {phase} = headerOf(settled);
    const bytes = phase.kind === 'paused' ? (phase.waiting.bytes ?? 0) : 0;
    expect(bytes).toBeGreaterThan(20_000);
    expect(bytes).toBeLessThan(22_000);
    expect(completedOf(settled)).toEqual([]);
  });

  test('takes the share of the host from nobody, though the store itself has room', () => {
    const settled = settleAfter(over(done(0), large(1)), {plan: loosePlan(2)}, crowd(HOST_BYTES + 10_000));
    expect(headerOf(settled).phase).toMatchObject({kind: 'paused', waiting});
  });

  test('is made out of finished jobs', () => {
    const finished = jobAt(addressOf(1), {header: {phase: {kind: 'completed', atMs: AT_MS}}});
    const others = {
      ...finished,
      ...Object.fromEntries([0, 1, 2, 3].map((n) => [planKey(addressOf(1), n), '.'.repeat(7_000)])),
    };
    const settled = settleAfter(over(done(0), large(1)), {plan: loosePlan(2)}, crowd(HOST_BYTES + 5_000), others);
    expect([headerOf(settled).phase.kind, completedOf(settled)]).toEqual(['completed', [0, 1]]);
    expect(settled.left[planKey(addressOf(1), 0)]).toBeUndefined();
    // Where the host has taken too much, an outcome still gets what was given up for it.
    const crowded = settleAfter(over(done(0), large(1)), {plan: loosePlan(2)}, crowd(5_000), others);
    expect(headerOf(crowded).phase.kind).toBe('completed');
  });

  test('is made out of the ballast for the header', () => {
    const ballast = {[BALLAST_KEY]: '.'.repeat(BALLAST_BYTES)};
    const settled = settleAfter(over(done(0)), {plan: loosePlan(1)}, crowd(5), ballast);
    expect([headerOf(settled).phase.kind, settled.left[BALLAST_KEY]]).toEqual(['completed', undefined]);
  });

  test('for the report of a lost attempt lets the job wait without it', () => {
    const bytesOf = (values: ReadonlyMap<string, string>): number => values.get(headerKey(ADDRESS))?.length ?? 0;
    let claimedBytes = 0;
    const reported = settleAfter(full, {}, ({values}) => (claimedBytes = bytesOf(values)));
    const growthBytes = bytesOf(reported.world.values) - claimedBytes;
    const settled = settleAfter(full, {}, crowd(growthBytes - 1));
    expect(headerOf(settled)).toMatchObject({phase: {kind: 'paused', waiting: {reason: 'store'}}, recoveries: []});
  });

  test('for any header at all is an error, and the lease runs out', () => {
    expect(() => settleAfter(full, {}, crowd(0))).toThrow(/full/);
  });

  test('is counted to the byte, what an outcome replaces included', () => {
    const before = [done(0)];
    const parts = {plan: loosePlan(3), position: positionOf(before), logs: {0: [segment(before)]}};
    // A segment that grows; keys that are new, of which each alone would fit.
    const cases = [
      {end: over(done(1), done(2)), parts},
      {end: over(done(0), large(1)), parts: {plan: loosePlan(2)}},
    ];
    for (const {end, parts: from} of cases) {
      let usedBytes = 0;
      const bytesOf = (values: Values): number =>
        sizeOf(Object.fromEntries(Object.entries(values).filter(([key]) => key !== headerKey(ADDRESS))));
      const roomy = settleAfter(end, from, ({values}) => (usedBytes = bytesOf(Object.fromEntries(values))));
      const moreBytes = bytesOf(roomy.left) - usedBytes;
      const spareBytes = HOST_BYTES + 2_000 + moreBytes;
      expect(headerOf(settleAfter(end, from, crowd(spareBytes))).phase.kind).toBe('completed');
      expect(headerOf(settleAfter(end, from, crowd(spareBytes - 1))).phase).toMatchObject({waiting});
    }
  });

  test('for the header of a pause reports no attempt', () => {
    const end = pause({reason: 'handler', untilMs: null, handler: 'h'.repeat(200)});
    let claimedBytes = 0;
    const bytesOf = (values: ReadonlyMap<string, string>): number => values.get(headerKey(ADDRESS))?.length ?? 0;
    const roomy = settleAfter(end, {}, ({values}) => (claimedBytes = bytesOf(values)));
    const settled = settleAfter(end, {}, crowd(bytesOf(roomy.world.values) - claimedBytes - 1));
    expect(headerOf(settled)).toMatchObject({phase: {kind: 'paused', waiting}, recoveries: []});
  });

  test('is not what a write means that fails for another reason: it is tried as often as any, and no more', () => {
    const cases = [
      {end: over(done(0), done(1)), isConcerned: (key: string) => !key.endsWith('~h')},
      {end: full, isConcerned: (key: string) => key.endsWith('~h')},
    ];
    for (const {end, isConcerned} of cases) {
      const tried: string[] = [];
      const refuse = ({values}: MemoryWorld): void => {
        const set = values.set.bind(values);
        values.set = (key, value) => {
          if (!isConcerned(key)) return set(key, value);
          tried.push(key);
          throw new Error('no such thing');
        };
      };
      expect(() => settleAfter(end, {plan: loosePlan(2)}, refuse)).toThrow(/no such thing/);
      expect(tried).toHaveLength(MAX_TRIES);
    }
  });
});
