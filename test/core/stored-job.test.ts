import fc from 'fast-check';
import {chainSum, EMPTY_SUM} from '../../src/core/bytes';
import {encodeSeal} from '../../src/core/header-codec';
import {headerKey, planKey, sealPageKey, segmentKey} from '../../src/core/keys';
import type {Outcome} from '../../src/core/outcome';
import {encodeSegment} from '../../src/core/segment';
import {readHeader, readLarge, tailAt, unitsInDoubt} from '../../src/core/stored-job';
import {fold} from '../../src/core/transitions';
import {oneUnit, unitsOf} from '../../src/core/units';
import {logs} from '../support/arbitraries';
import {loosePlan, mapNode, plainPlan, planOf, stepNode} from '../support/plans';
import * as make from '../support/stored';
import {
  at,
  done,
  failed,
  jobIn,
  jobOf,
  LEASE,
  leaseAt,
  positionOf,
  progressOf,
  read,
  sealOf,
  segment,
  storedJob,
} from '../support/stored';

const {ADDRESS, START} = make;
const without = (snapshot: Record<string, string>, key: string): Record<string, string> =>
  Object.fromEntries(Object.entries(snapshot).filter(([other]) => other !== key));

test('a job without a header does not exist, whatever else lies there', () => {
  const snapshot = storedJob({pieceBytes: 20, logs: {0: [segment([done(0)])]}});
  expect(read(without(snapshot, headerKey(ADDRESS)))).toEqual({kind: 'missing'});
});

test('a job that was just accepted has nothing done', () => {
  const job = jobOf({});
  expect(progressOf(job)).toEqual([[], []]);
  expect(tailAt(job, 0)).toEqual({position: START, index: -1, segment: null});
});

test.each([
  ['no JSON', '{'],
  ['another shape', '[]'],
  ['an old schema', '{"v":0}'],
  ['another job’s header', storedJob({header: {id: 'job_0mk2xyz12_0000000000'}})[headerKey(ADDRESS)] ?? ''],
])('a header with %s is reported as damaged', (_what, text) => {
  expect(read({...storedJob({}), [headerKey(ADDRESS)]: text})).toEqual({kind: 'corrupt', what: 'header'});
});

test('a job of a newer schema is told apart from a damaged one', () => {
  expect(read({[headerKey(ADDRESS)]: '{"v":4,"id":5}'})).toEqual({kind: 'newer', schema: 4});
});

test('a folded job is read from its header alone', () => {
  const {header} = jobOf({header: {phase: {kind: 'completed', atMs: make.AT_MS}}});
  expect(read(storedJob({header: fold(header, null)}))).toMatchObject({kind: 'folded', header: {name: 'Nightly'}});
});

test('a plan is read from the header or from its pieces', () => {
  const plan = planOf(stepNode('a', {payload: '😀'.repeat(50)}), mapNode('row', [1, 2], {deps: [0]}));
  expect(plainPlan(jobOf({plan}).plan.plan)).toEqual(plainPlan(plan));
  const pieces = storedJob({plan, pieceBytes: 40});
  expect(Object.keys(pieces).length).toBeGreaterThan(5);
  expect(plainPlan(jobIn(pieces).plan.plan)).toEqual(plainPlan(plan));
});

test.each([
  ['whose piece is gone', (s: Record<string, string>) => without(s, planKey(ADDRESS, 1))],
  [
    'whose piece was changed',
    (s: Record<string, string>) => ({...s, [planKey(ADDRESS, 0)]: `${s[planKey(ADDRESS, 0)]} `}),
  ],
  [
    'whose pieces were swapped',
    (s: Record<string, string>) => ({
      ...s,
      [planKey(ADDRESS, 1)]: s[planKey(ADDRESS, 2)] ?? '',
      [planKey(ADDRESS, 2)]: s[planKey(ADDRESS, 1)] ?? '',
    }),
  ],
])('a plan %s is reported as damaged', (_what, damage) => {
  expect(read(damage(storedJob({pieceBytes: 20})))).toEqual({kind: 'corrupt', what: 'plan'});
});

test('a plan that is not the one of the header is reported as damaged', () => {
  const {header} = jobOf({plan: loosePlan(3)});
  expect(read(storedJob({header: {plan: {...header.plan, units: 4}}}))).toEqual({kind: 'corrupt', what: 'plan'});
  expect(read(storedJob({header: {plan: {...header.plan, sum: 'abc'}}}))).toEqual({kind: 'corrupt', what: 'plan'});
  expect(read(storedJob({header: {plan: {...header.plan, inline: null}}}))).toEqual({kind: 'corrupt', what: 'plan'});
});

test('a text that is no plan is reported as damaged, though its fingerprint is right', () => {
  const inline = '{"no":"plan"}';
  const plan = {inline, pieces: 0, sum: chainSum(EMPTY_SUM, inline), units: 1};
  expect(read(storedJob({header: {plan}}))).toEqual({kind: 'corrupt', what: 'plan'});
});

const five = [done(0), done(1), failed(2), done(3), done(4)];

test('a log is read over all its segments, found by contiguity', () => {
  const segments = [segment(five.slice(0, 2)), segment(five.slice(2, 3)), segment(five.slice(3))];
  const snapshot = storedJob({position: positionOf(five), logs: {0: segments}});
  expect(progressOf(jobIn(snapshot))).toEqual([[0, 1, 3, 4], [2]]);
  expect(read(without(snapshot, segmentKey(ADDRESS, 0, 0, 1)))).toEqual({kind: 'corrupt', what: 'log 0'});
});

test('behind the position that was given back nothing exists, unless somebody holds the lease', () => {
  const logsOfFive = {0: [segment(five)]};
  expect(progressOf(jobOf({position: positionOf(five.slice(0, 2)), logs: logsOfFive}))).toEqual([[0, 1], []]);
  expect(progressOf(jobOf({position: positionOf(five.slice(0, 2)), lease: LEASE, logs: logsOfFive}))).toEqual([
    [0, 1, 3, 4],
    [2],
  ]);
});

test('what lies beyond a seal does not exist', () => {
  const header = {seals: [sealOf(0, five.slice(0, 2))]};
  const job = jobOf({log: 1, header, logs: {0: [segment(five)]}});
  expect(progressOf(job)).toEqual([[0, 1], []]);
});

test('a seal may cut a log in the middle of a map run', () => {
  const plan = planOf(mapNode('row', [1, 2, 3, 4, 5, 6]));
  const run = [0, 1, 2, 3, 4, 5].map((unit) => done(unit));
  const job = jobOf({plan, log: 1, header: {seals: [sealOf(0, run.slice(0, 4))]}, logs: {0: [segment(run)]}});
  expect(progressOf(job)).toEqual([[0, 1, 2, 3], []]);
});

test('sealed logs are read, and the live one, and the last outcome of the header', () => {
  const header = {seals: [sealOf(0, [done(2)]), sealOf(3, [done(0)])], last: done(4)};
  const job = jobOf({
    log: 5,
    header,
    position: positionOf([done(1)]),
    logs: {0: [segment([done(2), done(3)])], 3: [segment([done(0)])], 5: [segment([done(1)])]},
  });
  expect(progressOf(job)).toEqual([[0, 1, 2, 4], []]);
});

test('a log that neither a seal nor the header names is not read', () => {
  expect(progressOf(jobOf({log: 2, logs: {0: [segment([done(0)])], 1: [segment([done(1)])]}}))).toEqual([[], []]);
});

test('seals are read from their pages, too, and a page that is gone or damaged is reported', () => {
  const page = JSON.stringify([encodeSeal(sealOf(0, [done(3)])), encodeSeal(sealOf(1, [done(1)]))]);
  const parts = {
    log: 3,
    header: {sealPages: 1, seals: [sealOf(2, [done(0)])]},
    logs: {0: [segment([done(3)])], 1: [segment([done(1)])], 2: [segment([done(0)])]},
  };
  const snapshot = storedJob(parts);
  expect(progressOf(jobIn({...snapshot, [sealPageKey(ADDRESS, 0)]: page}))).toEqual([[0, 1, 3], []]);
  for (const text of [null, '', '{}', '[5]', '[[0,0,1]]'])
    expect(read(text === null ? snapshot : {...snapshot, [sealPageKey(ADDRESS, 0)]: text})).toEqual({
      kind: 'corrupt',
      what: 'seals',
    });
});

test.each([
  ['is shorter than its seal', {log: 4, header: {seals: [sealOf(3, five)]}, logs: {3: [segment(five.slice(0, 4))]}}],
  [
    'has other outcomes than its seal',
    {log: 4, header: {seals: [sealOf(3, five)]}, logs: {3: [segment([...five.slice(0, 4), done(2)])]}},
  ],
  ['is not there although it was sealed', {log: 4, header: {seals: [sealOf(3, five)]}, logs: {}}],
  [
    'has a unit that the plan has not',
    {log: 4, header: {seals: [sealOf(3, [done(9)])]}, logs: {3: [segment([done(9)])]}},
  ],
  ['is shorter than what was given back', {log: 3, position: positionOf(five), logs: {3: [segment(five.slice(1))]}}],
  [
    'is another than what was given back, under a lease',
    {log: 3, lease: LEASE, position: positionOf(five.slice(0, 1)), logs: {3: [segment([done(1), done(2)])]}},
  ],
  ['has a unit that the plan has not, under a lease', {log: 3, lease: LEASE, logs: {3: [segment([done(5)])]}}],
])('a log that %s is reported as damaged', (_what, parts) => {
  expect(read(storedJob(parts))).toEqual({kind: 'corrupt', what: 'log 3'});
});

test('a segment that cannot be read is reported with its log', () => {
  const snapshot = storedJob({log: 7, position: positionOf(five), logs: {7: [segment(five)]}});
  for (const text of ['', '[1,1]', '[3,1,-1]', '{'])
    expect(read({...snapshot, [segmentKey(ADDRESS, 0, 7, 0)]: text})).toEqual({kind: 'corrupt', what: 'log 7'});
});

test('a last outcome of a unit that the plan has not is reported as damaged', () => {
  expect(read(storedJob({header: {last: done(5)}}))).toEqual({kind: 'corrupt', what: 'last outcome'});
});

test('the tail is where the next owner goes on', () => {
  const segments = [segment(five.slice(0, 2)), segment(five.slice(2, 4), {epoch: 3, marker: at(4)})];
  const job = jobOf({lease: LEASE, logs: {0: segments}});
  expect(tailAt(job, 0)).toEqual({position: positionOf(five.slice(0, 4)), index: 1, segment: segments[1]});
});

test('the tail is cut where the log is', () => {
  const segments = [segment(five.slice(0, 2)), segment(five.slice(2, 5))];
  const job = jobOf({position: positionOf(five.slice(0, 3)), logs: {0: segments}});
  expect(tailAt(job, 0)).toEqual({
    position: positionOf(five.slice(0, 3)),
    index: 1,
    segment: segment(five.slice(2, 3)),
  });
  const between = jobOf({position: positionOf(five.slice(0, 2)), logs: {0: segments}});
  expect(tailAt(between, 0)).toEqual({position: positionOf(five.slice(0, 2)), index: 0, segment: segments[0]});
});

test('the tail is the last segment, also when that names a unit and nothing more', () => {
  const segments = [segment(five.slice(0, 2)), segment([], {marker: at(2)})];
  const job = jobOf({lease: LEASE, logs: {0: segments}});
  expect(tailAt(job, 0)).toEqual({position: positionOf(five.slice(0, 2)), index: 1, segment: segments[1]});
});

test.each([
  ['without a lease there is none', {logs: {0: [segment([], {marker: at(2)})]}}, []],
  ['before the first commit it is the one that the claim names', {lease: leaseAt(3)}, [3]],
  ['a claim may name none', {lease: LEASE}, []],
  [
    'after a commit of this epoch it is the one that the tail names',
    {lease: leaseAt(0), logs: {0: [segment([done(0)], {marker: at(1)})]}},
    [1],
  ],
  [
    'a tail of an earlier epoch says nothing',
    {
      epoch: 2,
      lease: leaseAt(4),
      position: positionOf([done(0)]),
      logs: {0: [segment([done(0)], {marker: at(1)})]},
    },
    [4],
  ],
  ['a commit may name none', {lease: leaseAt(0), logs: {0: [segment([done(0)])]}}, []],
  [
    'a unit that is settled is in doubt no more',
    {lease: leaseAt(1), header: {seals: [sealOf(0, [done(1)])]}, log: 1, logs: {0: [segment([done(1)])]}},
    [],
  ],
])('the unit in doubt: %s', (_what, parts, units) => {
  expect(unitsInDoubt(jobOf(parts), 0).flatMap(unitsOf)).toEqual(units);
});

test('a large result is read from its pieces, and damage to any of them is noticed', () => {
  const text = JSON.stringify('😀'.repeat(100));
  const {large, keys} = make.storedLarge(2, text);
  expect(readLarge(keys, ADDRESS, large)).toBe(text);
  for (const key of Object.keys(keys)) {
    expect(readLarge(without(keys, key), ADDRESS, large)).toBeNull();
    expect(readLarge({...keys, [key]: `${keys[key]}x`}, ADDRESS, large)).toBeNull();
  }
});

test('any log cut anywhere, in any segments, is the fold of what lies before the cut', () => {
  const shares = fc.array(fc.integer({min: 1, max: 4}), {minLength: 1, maxLength: 4});
  fc.assert(
    fc.property(logs(5, 5), shares, fc.nat(), (log, sizes, number) => {
      const end = number % (log.length + 1);
      const segments = chunked(log, sizes).map((outcomes) => segment(outcomes));
      const cut = jobOf({log: 1, header: {seals: [sealOf(0, log.slice(0, end))]}, logs: {0: segments}});
      const whole = jobOf({position: positionOf(log.slice(0, end)), logs: {0: [segment(log.slice(0, end))]}});
      expect(progressOf(cut)).toEqual(progressOf(whole));
      const given = jobOf({position: positionOf(log.slice(0, end)), logs: {0: segments}});
      expect(tailAt(given, 0).position).toEqual(positionOf(log.slice(0, end)));
      expect(progressOf(given)).toEqual(progressOf(whole));
    }),
    {numRuns: 60},
  );
});

function chunked(log: readonly Outcome[], sizes: readonly number[]): readonly (readonly Outcome[])[] {
  const chunks: (readonly Outcome[])[] = [];
  for (let start = 0, index = 0; start < log.length; index++) {
    const size = sizes[index % sizes.length] ?? 1;
    chunks.push(log.slice(start, start + size));
    start += size;
  }
  return chunks;
}

test('the log of another job or part is not mixed in', () => {
  const other = {...ADDRESS, id: 'job_0mk2xyz12_0000000000'};
  const foreign = encodeSegment(segment([done(0)]));
  const snapshot = {
    ...storedJob({lease: LEASE}),
    [segmentKey(other, 0, 0, 0)]: foreign,
    [segmentKey(ADDRESS, 1, 0, 0)]: foreign,
  };
  expect(progressOf(jobIn(snapshot))).toEqual([[], []]);
});

test('a header under the key of another job says nothing of that job', () => {
  const other = {...ADDRESS, id: 'job_0mk2xyz12_0000000000'};
  const snapshot = storedJob({});
  expect(readHeader(snapshot, ADDRESS).kind).toBe('header');
  expect(readHeader({[headerKey(other)]: snapshot[headerKey(ADDRESS)] ?? ''}, other)).toEqual({kind: 'corrupt'});
});

test.each([
  ['suspect', {suspects: [{unit: 5, crashes: 1}]}],
  ['unit in doubt', {recoveries: [{atMs: make.AT_MS, epoch: 1, reason: 'killed', inDoubt: [{first: 5, last: 5}]}]}],
] as const)('a header with a %s that is no unit of the plan is damaged', (_what, header) => {
  expect(read(storedJob({header}))).toEqual({kind: 'corrupt', what: 'header'});
});

test('a marker or a lease of a unit that the plan has not names nothing', () => {
  const marked = {lease: LEASE, logs: {0: [segment([done(0)], {marker: at(400)})]}};
  expect(unitsInDoubt(jobOf(marked), 0)).toEqual([]);
  expect(unitsInDoubt(jobOf({lease: leaseAt(5)}), 0)).toEqual([]);
  expect(unitsInDoubt(jobOf({lease: leaseAt(4)}), 0)).toEqual([oneUnit(4)]);
});
