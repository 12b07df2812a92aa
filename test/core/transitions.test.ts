import fc from 'fast-check';
import {EMPTY_SUM, utf8Bytes} from '../../src/core/bytes';
import {isFinal, isLeased, partAt, type Header, type Lease, type Seal} from '../../src/core/header';
import {decodeHeader, encodeHeader} from '../../src/core/header-codec';
import {MAX_INLINE_SEALS, MAX_RECOVERIES, MAX_SUSPECTS, MAX_VALUE_BYTES} from '../../src/core/limits';
import type {LogPosition, Outcome} from '../../src/core/outcome';
import {NO_TERMS} from '../../src/core/terms';
import * as to from '../../src/core/transitions';
import {oneUnit, type UnitRange} from '../../src/core/units';
import {live, lives, type LifeEvent} from '../support/lives';

const NOW_MS = 1_767_603_600_000;
const START: LogPosition = {count: 0, sum: EMPTY_SUM};
const SOME: LogPosition = {count: 3, sum: 'abcdefgh'};

function accepted(fields: Partial<to.Acceptance> = {}): Header {
  return to.accept({
    id: 'job_0mk2xyz12_abcdefghij',
    name: 'Nightly',
    owner: 'u1',
    options: {maxRetries: 2, maxRuntimeMs: 240_000, leaseTtlMs: 390_000, autoResume: true, workers: 1},
    plan: {inline: '{}', pieces: 0, sum: 'abc', units: 100},
    terms: NO_TERMS,
    nowMs: NOW_MS,
    dueMs: NOW_MS + 60_000,
    ...fields,
  });
}

const lease: Lease = {untilMs: NOW_MS + 390_000, by: 'x1', mark: oneUnit(0), share: null};
const back = (position: LogPosition): to.Return => ({
  part: 0,
  nowMs: NOW_MS + 5_000,
  position,
  longest: {jobMs: 7, nodes: []},
  suspects: [],
  doubts: [],
});
const running = to.claim(accepted(), 0, lease, NOW_MS + 1_000);
const killed = (position: LogPosition, inDoubt: readonly number[] = [0]): Header =>
  to.endLease(running, {
    ...{part: 0, reason: 'killed', position, nowMs: NOW_MS + 400_000},
    inDoubt: inDoubt.map(oneUnit),
  });

test('a new job is due for the dispatcher after a minute', () => {
  const header = accepted();
  expect(header.phase).toEqual({kind: 'queued', dueMs: NOW_MS + 60_000});
  expect(header.revision).toBe(1);
  expect(header.parts).toEqual([{epoch: 0, log: 0, position: START, lease: null}]);
});

test('a claim begins an epoch and goes on with the log', () => {
  expect(running.phase).toEqual({kind: 'running'});
  expect(running.parts).toEqual([{epoch: 1, log: 0, position: START, lease}]);
  expect(running.startedAtMs).toBe(NOW_MS + 1_000);
  expect(isLeased(running, lease.untilMs - 1)).toBe(true);
  expect(isLeased(running, lease.untilMs)).toBe(false);
});

test('a job that is postponed waits for the quota until a time', () => {
  const postponed = to.postpone(killed(SOME), NOW_MS + 86_400_000, NOW_MS + 500_000);
  expect(postponed.phase).toEqual({kind: 'paused', waiting: {reason: 'quota', untilMs: NOW_MS + 86_400_000}});
  expect([postponed.pausedAtMs, postponed.updatedAtMs]).toEqual([NOW_MS + 500_000, NOW_MS + 500_000]);
  expect(postponed.revision).toBe(killed(SOME).revision + 1);
});

test('a job has started once', () => {
  const paused = to.giveBack(running, back(SOME), {reason: 'budget', untilMs: null});
  const again = to.claim(paused, 0, lease, NOW_MS + 900_000);
  expect(again.startedAtMs).toBe(NOW_MS + 1_000);
  expect(paused.pausedAtMs).toBe(NOW_MS + 5_000);
  expect(again.pausedAtMs).toBeNull();
});

test('a lease that is given back leaves the end of its log', () => {
  const waiting = {reason: 'retry', untilMs: NOW_MS + 30_000} as const;
  const paused = to.giveBack(running, back(SOME), waiting);
  expect(paused.phase).toEqual({kind: 'paused', waiting});
  expect(paused.parts).toEqual([{epoch: 1, log: 0, position: SOME, lease: null}]);
  expect(paused.seals).toEqual([]);
  expect(to.claim(paused, 0, lease, NOW_MS).parts).toEqual([{epoch: 2, log: 0, position: SOME, lease}]);
});

test('a lease that was not given back is ended by a seal, and another log begins', () => {
  const header = killed(SOME, [7]);
  expect(header.seals).toEqual([{part: 0, log: 0, position: SOME}]);
  expect(header.parts).toEqual([{epoch: 1, log: 1, position: START, lease: null}]);
  expect(header.recoveries).toEqual([{atMs: NOW_MS + 400_000, epoch: 1, reason: 'killed', inDoubt: [oneUnit(7)]}]);
});

test('an empty log needs no seal', () => {
  expect(killed(START).seals).toEqual([]);
  expect(partAt(killed(START), 0).log).toBe(1);
});

test('a kill blames the unit in doubt, a cancel does not', () => {
  expect(killed(START, [7]).suspects).toEqual([{unit: 7, crashes: 1}]);
  const twice = to.endLease(to.claim(killed(START, [7]), 0, lease, NOW_MS), {
    ...{part: 0, reason: 'killed', position: START, nowMs: NOW_MS},
    inDoubt: [oneUnit(7)],
  });
  expect(twice.suspects).toEqual([{unit: 7, crashes: 2}]);
  const ending = {part: 0, reason: 'canceled', position: START, inDoubt: [oneUnit(7)], nowMs: NOW_MS} as const;
  const canceled = to.endLease(running, ending);
  expect(canceled.suspects).toEqual([]);
  expect(killed(START, []).suspects).toEqual([]);
});

test('a job ends with its last outcome and without a lease', () => {
  const last: Outcome = {kind: 'done', unit: 0, atMs: NOW_MS, durationMs: 5, result: '1'};
  const ended = to.finish(running, back(SOME), 'completed', last);
  expect(ended.phase).toEqual({kind: 'completed', atMs: NOW_MS + 5_000});
  expect(ended.last).toEqual(last);
  expect(partAt(ended, 0).lease).toBeNull();
  expect(isFinal(ended)).toBe(true);
});

test('a cancel ends an open job, a suspend lets it wait for its user', () => {
  expect(to.cancel(accepted(), NOW_MS + 9).phase).toEqual({kind: 'canceled', atMs: NOW_MS + 9});
  const suspended = to.suspend(accepted(), NOW_MS + 9);
  expect(suspended.phase).toEqual({kind: 'paused', waiting: {reason: 'user', untilMs: null}});
  expect(suspended.pausedAtMs).toBe(NOW_MS + 9);
});

test('what an owner has learned of its job is kept', () => {
  const learned = {...back(SOME), longest: {jobMs: 9, nodes: [[1, 9]] as const}, suspects: [{unit: 3, crashes: 1}]};
  const {longest, suspects} = learned;
  expect(to.giveBack(running, learned, {reason: 'budget', untilMs: null})).toMatchObject({longest, suspects});
  expect(to.finish(running, learned, 'failed', null)).toMatchObject({longest, suspects});
});

test('every change of state tells its time', () => {
  const waiting = {reason: 'budget', untilMs: null} as const;
  expect(running.updatedAtMs).toBe(NOW_MS + 1_000);
  expect(to.giveBack(running, back(SOME), waiting).updatedAtMs).toBe(NOW_MS + 5_000);
  for (const change of [to.cancel, to.suspend, to.halt, to.handOn])
    expect(change(running, NOW_MS + 9_000).updatedAtMs).toBe(NOW_MS + 9_000);
});

test('a halt stands until the lease is given back, or until the next claim', () => {
  const halted = to.halt(running, NOW_MS + 2_000);
  expect(halted.isHalted).toBe(true);
  const waiting = {reason: 'retry', untilMs: NOW_MS} as const;
  const paused = to.giveBack(halted, back(SOME), waiting);
  expect(paused).toMatchObject({phase: {kind: 'paused', waiting: {reason: 'user', untilMs: null}}, isHalted: false});
  // Its owner died before it looked.
  const ended = to.endLease(halted, {
    ...{part: 0, reason: 'killed', position: START, inDoubt: [], nowMs: NOW_MS + 400_000},
  });
  expect(ended.isHalted).toBe(true);
  expect(to.claim(ended, 0, lease, NOW_MS + 500_000).isHalted).toBe(false);
});

test('a job that is left to the dispatcher is due at once', () => {
  const left = to.handOn(running, NOW_MS + 9);
  expect(left.phase).toEqual({kind: 'paused', waiting: {reason: 'budget', untilMs: NOW_MS + 9}});
  expect(left.pausedAtMs).toBe(NOW_MS + 9);
});

test('a job that ends is not paused any more', () => {
  const paused = {...running, pausedAtMs: NOW_MS};
  expect(to.finish(paused, back(SOME), 'failed', null).pausedAtMs).toBeNull();
});

test('a job that waits for no other any more is queued, and not paused', () => {
  const waiting = to.awaitJobs(accepted(), NOW_MS + 1_000);
  const queued = to.reschedule(waiting, NOW_MS + 60_000, NOW_MS + 2_000);
  expect([waiting.pausedAtMs, queued.pausedAtMs]).toEqual([NOW_MS + 1_000, null]);
  expect(queued.phase).toEqual({kind: 'queued', dueMs: NOW_MS + 60_000});
});

test('an attempt whose outcome found no room is reported as in doubt', () => {
  expect(to.reportUncommitted(running, 0, [oneUnit(4)], NOW_MS).recoveries).toEqual([
    {atMs: NOW_MS, epoch: 1, reason: 'store', inDoubt: [oneUnit(4)]},
  ]);
});

test('a folded job keeps its state and its error, and nothing that takes room', () => {
  const error = {name: 'Error', message: 'no', details: {}, stepId: 'a'};
  const last: Outcome = {kind: 'done', unit: 0, atMs: NOW_MS, durationMs: 5, result: '1'};
  const ended = {...killed(SOME), phase: {kind: 'failed', atMs: NOW_MS} as const};
  const full = {...ended, sealPages: 2, last, plan: {...ended.plan, pieces: 3}};
  const folded = to.fold(full, error);
  expect(folded).toMatchObject({
    phase: full.phase,
    name: 'Nightly',
    seals: [],
    sealPages: 0,
    suspects: [],
    recoveries: [],
    last: null,
  });
  expect(folded.plan).toEqual({...full.plan, inline: null, pieces: 0});
  expect(folded.folded).toEqual({error});
});

test('seals beyond the header’s share become a page', () => {
  const seals = Array.from({length: MAX_INLINE_SEALS + 1}, (_none, log): Seal => ({part: 0, log, position: SOME}));
  const few = {...accepted(), seals: seals.slice(1), sealPages: 3};
  expect(to.overflowSeals(few)).toEqual({header: few, page: null});
  const many = {...few, seals};
  expect(to.overflowSeals(many)).toEqual({header: {...many, seals: [], sealPages: 4}, page: seals});
});

test('seals become a page when the header would be too long with them', () => {
  const seals = Array.from({length: 20}, (_none, log): Seal => ({part: 0, log, position: SOME}));
  const long = {...accepted({plan: {inline: 'z'.repeat(7_600), pieces: 0, sum: 'abc', units: 1}}), seals};
  expect(to.overflowSeals(long).page).toEqual(seals);
  expect(to.overflowSeals({...long, seals: []}).page).toBeNull();
});

test('a header may be as long as a value, and not a byte longer, before its seals become a page', () => {
  const seals = [{part: 0, log: 0, position: SOME}];
  const withPlan = (chars: number): Header => ({
    ...accepted({plan: {inline: 'z'.repeat(chars), pieces: 0, sum: 'abc', units: 1}}),
    seals,
  });
  const fitting = MAX_VALUE_BYTES - utf8Bytes(encodeHeader(withPlan(0)));
  expect(utf8Bytes(encodeHeader(withPlan(fitting)))).toBe(MAX_VALUE_BYTES);
  expect(to.overflowSeals(withPlan(fitting)).page).toBeNull();
  expect(to.overflowSeals(withPlan(fitting + 1)).page).toEqual(seals);
});

const names = fc.constantFrom('n'.repeat(200), '日'.repeat(200), '😀'.repeat(100));

/** Checks every header that is written in any life of a job. */
function overLives(check: (header: Header, log: LogPosition, before: Header) => void): void {
  fc.assert(
    fc.property(names, lives, (name, events) => {
      live(name, [...events, {kind: 'claim', number: 1}, {kind: 'finish', number: 1}], check);
    }),
    // Shrinking a long life would take minutes.
    {numRuns: 40, interruptAfterTimeLimit: 20_000},
  );
}

test('H2 a job is running exactly while it has a lease', () => {
  overLives((header) => {
    expect(header.phase.kind === 'running').toBe(partAt(header, 0).lease !== null);
  });
});

test('H3 without a lease the header has the end of the log, and a log that died is sealed', () => {
  overLives((header, log, before) => {
    const [part, old] = [partAt(header, 0), partAt(before, 0)];
    if (part.lease === null) expect(part.position).toEqual(log);
    if (part.log !== old.log) expect([old.log + 1, START]).toEqual([part.log, part.position]);
    const sealed = header.seals.map((seal) => seal.log);
    expect([...new Set(sealed)].sort((one, other) => one - other)).toEqual(sealed);
    expect(sealed.every((number) => number < part.log)).toBe(true);
  });
});

test('H4 what the header remembers is bounded, and it stays below the value limit', () => {
  overLives((header) => {
    expect(header.seals.length).toBeLessThanOrEqual(MAX_INLINE_SEALS);
    expect(header.suspects.length).toBeLessThanOrEqual(MAX_SUSPECTS);
    expect(header.recoveries.length).toBeLessThanOrEqual(MAX_RECOVERIES);
    expect(utf8Bytes(encodeHeader(header))).toBeLessThanOrEqual(MAX_VALUE_BYTES);
  });
});

test('H4 holds for a job that is killed three hundred times', () => {
  const kills = Array.from({length: 300}, (_none, number): LifeEvent => ({kind: 'commitAndDie', number}));
  let longest = 0;
  live('日'.repeat(200), [{kind: 'claim', number: 1}, ...kills, {kind: 'finish', number: 1}], (header) => {
    longest = Math.max(longest, utf8Bytes(encodeHeader(header)));
  });
  expect(longest).toBeLessThanOrEqual(MAX_VALUE_BYTES);
  expect(longest).toBeGreaterThan(6_000);
});

test('every change of state is a new revision, of a time that does not go back', () => {
  overLives((header, _log, before) => {
    expect(header.revision).toBe(before.revision + 1);
    expect(header.updatedAtMs).toBeGreaterThanOrEqual(before.updatedAtMs);
    expect(partAt(header, 0).epoch).toBeGreaterThanOrEqual(partAt(before, 0).epoch);
    if (isFinal(before)) expect(header.phase).toEqual(before.phase);
  });
});

test('every header that is written can be read', () => {
  overLives((header) => {
    const decoded = decodeHeader(encodeHeader(header));
    expect(decoded.kind === 'header' ? encodeHeader(decoded.header) : decoded.kind).toBe(encodeHeader(header));
  });
});

test('what a change of state makes is what is read back, to the last field', () => {
  overLives((header) => {
    const decoded = decodeHeader(encodeHeader(header));
    expect(decoded.kind === 'header' ? decoded.header : decoded.kind).toStrictEqual(header);
  });
});

describe('several workers', () => {
  const shareOf = (first: number, last: number): Lease => ({...lease, mark: oneUnit(first), share: {first, last}});
  const one = to.claim(accepted(), 0, shareOf(0, 9), NOW_MS + 1_000);
  const two = to.claim(one, 1, shareOf(10, 19), NOW_MS + 2_000);
  const waiting = {reason: 'budget', untilMs: null} as const;

  test('have a part each, which is made when it is claimed first', () => {
    expect(two.parts).toEqual([
      {epoch: 1, log: 0, position: START, lease: shareOf(0, 9)},
      {epoch: 1, log: 0, position: START, lease: shareOf(10, 19)},
    ]);
    expect(two).toMatchObject({phase: {kind: 'running'}, startedAtMs: NOW_MS + 1_000, updatedAtMs: NOW_MS + 2_000});
  });

  test('pause their job when the last of them gives its lease back', () => {
    const first = to.giveBack(two, {...back(SOME), part: 1}, waiting);
    expect([first.phase.kind, first.pausedAtMs]).toEqual(['running', null]);
    expect(first.parts).toEqual([one.parts[0], {epoch: 1, log: 0, position: SOME, lease: null}]);
    const last = to.giveBack(first, back(SOME), waiting);
    expect([last.phase, last.pausedAtMs]).toEqual([{kind: 'paused', waiting}, NOW_MS + 5_000]);
  });

  test('stop all before the job waits for its user', () => {
    const first = to.giveBack(to.halt(two, NOW_MS + 3_000), back(SOME), waiting);
    expect([first.phase.kind, first.isHalted]).toEqual(['running', true]);
    const last = to.giveBack(first, {...back(SOME), part: 1}, waiting);
    expect([last.phase, last.isHalted]).toEqual([{kind: 'paused', waiting: {reason: 'user', untilMs: null}}, false]);
  });

  test('that die are sealed each in the log of their own part', () => {
    const ending = {part: 1, reason: 'killed', position: SOME, inDoubt: [], nowMs: NOW_MS + 400_000} as const;
    const ended = to.endLease(two, ending);
    expect(ended.seals).toEqual([{part: 1, log: 0, position: SOME}]);
    expect(ended.parts).toEqual([one.parts[0], {epoch: 1, log: 1, position: START, lease: null}]);
    const carried = to.carryOn(ended, 1, 2, {count: 1, sum: 'x'});
    expect(partAt(carried, 1)).toEqual({epoch: 1, log: 2, position: {count: 1, sum: 'x'}, lease: null});
  });
});

describe('a kill during a group', () => {
  const during = (...inDoubt: readonly UnitRange[]): Header =>
    to.endLease(running, {part: 0, reason: 'killed', position: START, inDoubt, nowMs: NOW_MS});

  test('blames no unit: each runs by itself from now on', () => {
    const header = during({first: 3, last: 8});
    expect([header.suspects, header.doubts]).toEqual([[], [{first: 3, last: 8}]]);
    expect(header.recoveries).toMatchObject([{inDoubt: [{first: 3, last: 8}]}]);
    const gaps = during(oneUnit(3), {first: 5, last: 8});
    expect([gaps.suspects, gaps.doubts]).toEqual([[], [oneUnit(3), {first: 5, last: 8}]]);
  });

  test('of which one is left blames that', () => {
    const header = during(oneUnit(8));
    expect([header.suspects, header.doubts]).toEqual([[{unit: 8, crashes: 1}], []]);
  });

  test('is remembered for the last sixteen groups', () => {
    let header = running;
    for (let first = 0; first < 100; first += 5) {
      const inDoubt = [{first, last: first + 4}];
      header = to.endLease(to.claim(header, 0, lease, NOW_MS), {
        ...{part: 0, reason: 'killed', position: START, inDoubt, nowMs: NOW_MS},
      });
    }
    expect([header.doubts.length, header.doubts[0]]).toEqual([16, {first: 20, last: 24}]);
  });

  test('that a cancel ended blames nobody, and is named', () => {
    const inDoubt = [{first: 3, last: 8}];
    const header = to.endLease(running, {part: 0, reason: 'canceled', position: START, inDoubt, nowMs: NOW_MS});
    expect([header.suspects, header.doubts, header.recoveries[0]?.inDoubt]).toEqual([[], [], inDoubt]);
  });
});
