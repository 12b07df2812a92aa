import {partAt, type Header, type Waiting} from '../../src/core/header';
import {headerKey, sealPageKey, segmentKey} from '../../src/core/keys';
import type {Outcome} from '../../src/core/outcome';
import {decodeSegment, NO_MARKER} from '../../src/core/segment';
import {oneUnit} from '../../src/core/units';
import {freeBytes} from '../../src/engine/room';
import {claimOf, DEAD, pausedFor, tryClaim, type Tried} from '../support/claims';
import {during, type Values} from '../support/holds';
import {loosePlan, mapNode, planOf, stepNode} from '../support/plans';
import {
  ADDRESS,
  at,
  AT_MS,
  done,
  failed,
  jobIn,
  positionOf,
  sealOf,
  segment,
  START,
  storedJob,
  type StoredParts,
} from '../support/stored';

const segmentAt = (left: Values, log: number, index = 0): unknown =>
  decodeSegment(left[segmentKey(ADDRESS, 0, log, index)] ?? '');

describe('a claim', () => {
  test('begins an epoch, takes a lease of 390 s from the start of the execution and names the first unit', () => {
    const {header, owned, left} = claimOf({}, {}, 1_000);
    expect(header.phase).toEqual({kind: 'running'});
    const lease = {untilMs: AT_MS + 389_000, by: 'xclaimer', mark: oneUnit(0), share: null};
    expect(partAt(header, 0)).toEqual({epoch: 2, log: 0, position: START, lease});
    expect(owned).toMatchObject({
      ...{epoch: 2, firstUnit: 0, mark: oneUnit(0), undelivered: [], forgivenCount: 0, alarmOwner: 'u1'},
      budget: {startMs: AT_MS - 1_000, endMs: AT_MS + 239_000},
    });
    expect(owned.job.header).toEqual(header);
    expect(owned.freeBytes).toBe(during(left, freeBytes).got);
  });

  test('goes on in the log that was given back', () => {
    const outcomes = [done(0), failed(1)];
    const {owned, left} = claimOf({position: positionOf(outcomes), logs: {0: [segment(outcomes)]}});
    expect([owned.firstUnit, partAt(owned.job.header, 0).log]).toEqual([2, 0]);
    const store = new Map(Object.entries(left));
    owned.writer.commit((key, value) => store.set(key, value), [done(2)], at(3));
    expect(segmentAt(Object.fromEntries(store), 0)).toEqual({
      epoch: 2,
      marker: at(3),
      outcomes: [...outcomes, done(2)],
    });
  });

  test('plans further executions for its owner alone, and only where triggers may continue the job', () => {
    expect(claimOf({}, {user: 'u2'}).owned.alarmOwner).toBeNull();
    expect(claimOf({}, {user: null}).owned.alarmOwner).toBeNull();
    const options = {maxRetries: 2, maxRuntimeMs: 240_000, leaseTtlMs: 390_000, autoResume: false, workers: 1};
    expect(claimOf({header: {options}}).owned.alarmOwner).toBeNull();
  });

  test('lengthens the lease as the job says', () => {
    const options = {maxRetries: 2, maxRuntimeMs: 240_000, leaseTtlMs: 900_000, autoResume: true, workers: 1};
    expect(partAt(claimOf({header: {options}}).header, 0).lease?.untilMs).toBe(AT_MS + 900_000);
  });

  test('moves seals that the header has no room for to the next page, before the header', () => {
    const seals = Array.from({length: 65}, (_none, log) => sealOf(log, [done(0)]));
    const logs = Object.fromEntries(seals.map(({log}) => [log, [segment([done(0)])]]));
    const {header, left} = claimOf({header: {seals}, log: 65, logs});
    expect(header).toMatchObject({seals: [], sealPages: 1});
    expect(JSON.parse(left[sealPageKey(ADDRESS, 0)] ?? '')).toHaveLength(65);
    expect(jobIn(left).ledger.completedUnits()).toEqual([0]);
  });
});

describe('a lease that was not given back', () => {
  const dead: StoredParts = {
    ...{epoch: 4, lease: {...DEAD, mark: oneUnit(0)}},
    logs: {0: [segment([done(0)], {epoch: 4, marker: at(1)})]},
  };

  test('is ended: its log is sealed, its unit blamed, and another log begins', () => {
    const {header, owned, left} = claimOf(dead);
    expect(header.seals).toEqual([sealOf(0, [done(0)])]);
    expect(header.suspects).toEqual([{unit: 1, crashes: 1}]);
    expect(header.recoveries).toMatchObject([{epoch: 4, reason: 'killed', inDoubt: [oneUnit(1)]}]);
    expect(partAt(header, 0)).toMatchObject({epoch: 5, log: 1, position: START});
    const store = new Map(Object.entries(left));
    owned.writer.commit((key, value) => store.set(key, value), [done(1)], at(2));
    expect(segmentAt(Object.fromEntries(store), 1)).toEqual({epoch: 5, marker: at(2), outcomes: [done(1)]});
    expect(owned.writer.position).toEqual(positionOf([done(1)]));
  });

  test('leaves a suspect, which is marked right before it runs and named by no lease', () => {
    const {header, owned} = claimOf(dead);
    expect(owned).toMatchObject({firstUnit: 1, mark: null});
    expect(partAt(header, 0).lease?.mark).toBeNull();
  });

  test('is not ended by an execution that has run something: a suspect wants one of its own', () => {
    const values = storedJob(dead);
    const {got, left} = tryClaim(values, {isFirstInExecution: false});
    expect([got.kind, left]).toEqual(['later', values]);
  });

  test('blames nobody when nothing was in doubt', () => {
    const {header} = claimOf({...dead, logs: {0: [segment([done(0)], {epoch: 4})]}});
    expect(header.suspects).toEqual([]);
    expect(header.recoveries).toMatchObject([{inDoubt: []}]);
  });
});

test('a unit that one kill fails is marked, though it is no suspect', () => {
  const plan = planOf(stepNode('a', {maxCrashes: 1}), stepNode('b'));
  const {header, owned} = claimOf({plan});
  expect([owned.mark, partAt(header, 0).lease?.mark]).toEqual([null, null]);
});

describe('a unit that was killed too often', () => {
  const suspects = (...crashes: readonly number[]): Partial<Header> => ({
    suspects: crashes.map((count, unit) => ({unit, crashes: count})),
  });
  const killed = (unit: number, crashes = 3): Outcome => ({kind: 'killed', unit, atMs: AT_MS, crashes});

  test('is given up by the claim, which runs the next one', () => {
    const {owned, header} = claimOf({header: suspects(3)});
    expect([owned.firstUnit, owned.undelivered]).toEqual([1, [killed(0)]]);
    expect(header.suspects).toEqual([{unit: 0, crashes: 3}]);
  });

  test('is not given up below its limit, nor once it is settled', () => {
    expect(claimOf({header: suspects(2)}).owned).toMatchObject({firstUnit: 0, undelivered: []});
    const settled = {header: suspects(3), position: positionOf([done(0)]), logs: {0: [segment([done(0)])]}};
    expect(claimOf(settled).owned).toMatchObject({firstUnit: 1, undelivered: []});
  });

  test('ends the job when it is the only one left, in the header alone', () => {
    const {got, header, left} = claimOf({plan: loosePlan(1), header: suspects(3)});
    expect([got.kind, header.phase, header.last]).toEqual(['ended', {kind: 'failed', atMs: AT_MS}, killed(0)]);
    expect(header.suspects).toEqual([]);
    expect(Object.keys(left)).toEqual([headerKey(ADDRESS)]);
  });

  test('ends the job together with others, which stand in the log', () => {
    const {got, header, left} = claimOf({plan: loosePlan(2), header: suspects(3, 4)});
    const outcomes = [killed(0), killed(1, 4)];
    expect([got.kind, header.phase.kind, header.last]).toEqual(['ended', 'failed', null]);
    expect(partAt(header, 0).position).toEqual(positionOf(outcomes));
    expect(segmentAt(left, 0)).toEqual({epoch: 1, marker: NO_MARKER, outcomes});
  });

  test('is remembered when nothing else can run yet', () => {
    const retry = failed(1, AT_MS + 60_000);
    const position = positionOf([retry]);
    const {got, header, left} = claimOf({
      ...{plan: loosePlan(2), header: suspects(3), position},
      logs: {0: [segment([retry])]},
    });
    expect(got.kind).toBe('waits');
    expect(header.phase).toEqual({kind: 'paused', waiting: {reason: 'retry', untilMs: AT_MS + 60_000}});
    expect(header.suspects).toEqual([]);
    expect(jobIn(left).ledger.state(0)).toBe('failed');
  });

  test('is remembered also where the header said already why the job waits', () => {
    const retry = failed(1, AT_MS + 60_000);
    const waiting = pausedFor({reason: 'retry', untilMs: AT_MS + 60_000});
    const {header} = claimOf({
      ...{plan: loosePlan(2), header: {...suspects(3), ...waiting}, position: positionOf([retry])},
      logs: {0: [segment([retry])]},
    });
    expect([header.suspects, partAt(header, 0).position.count]).toEqual([[], 2]);
  });

  test('is told of in the log of the next owner, not of the dead one', () => {
    const retry = failed(1, AT_MS + 60_000);
    const {header, left} = claimOf({
      ...{plan: loosePlan(2), header: suspects(2), epoch: 4, lease: DEAD},
      logs: {0: [segment([retry], {epoch: 4, marker: at(0)})]},
    });
    expect(partAt(header, 0)).toMatchObject({epoch: 4, log: 1, lease: null});
    expect(segmentAt(left, 1)).toEqual({epoch: 4, marker: NO_MARKER, outcomes: [killed(0)]});
  });
});

describe('a job of which nothing can run', () => {
  const retry = failed(0, AT_MS + 60_000);
  const waiting: Waiting = {reason: 'retry', untilMs: AT_MS + 60_000};
  const parts: StoredParts = {plan: loosePlan(1), position: positionOf([retry]), logs: {0: [segment([retry])]}};

  test('says until when it waits', () => {
    const {got, header} = claimOf({...parts, header: {longest: {jobMs: 7, nodes: []}}});
    expect([got.kind, header.phase]).toEqual(['waits', {kind: 'paused', waiting}]);
    expect(partAt(header, 0)).toEqual({epoch: 1, log: 0, position: positionOf([retry]), lease: null});
    expect(header.longest.jobMs).toBe(7);
  });

  test('is not written again when it says so already', () => {
    const values = storedJob({...parts, header: pausedFor(waiting)});
    expect(tryClaim(values).left).toEqual(values);
    const other = storedJob({...parts, header: pausedFor({reason: 'budget', untilMs: AT_MS + 60_000})});
    expect(tryClaim(other).header.phase).toEqual({kind: 'paused', waiting});
  });

  test('runs at once when somebody asks for it', () => {
    const {owned} = claimOf({...parts, header: pausedFor(waiting)}, {isForced: true});
    expect([owned.firstUnit, owned.forgivenCount]).toEqual([0, 1]);
  });

  test('runs when the time of the retry has come', () => {
    const due = failed(0, AT_MS);
    const {owned} = claimOf({...parts, position: positionOf([due]), logs: {0: [segment([due])]}});
    expect([owned.firstUnit, owned.forgivenCount]).toEqual([0, 0]);
  });

  test('because its handler is gone says which, and whose kill that was', () => {
    const values = storedJob({plan: loosePlan(1), epoch: 4, lease: {...DEAD, mark: oneUnit(0)}});
    const {got, header} = tryClaim(values, {}, 0, false);
    expect(got.kind).toBe('waits');
    expect(header.phase).toEqual({kind: 'paused', waiting: {reason: 'handler', untilMs: null, handler: 'work'}});
    expect(header).toMatchObject({suspects: [{unit: 0, crashes: 1}], recoveries: [{epoch: 4, inDoubt: [oneUnit(0)]}]});
  });

  test('because all is done ends, though the last owner was killed', () => {
    const {got, header, left} = claimOf({
      ...{plan: loosePlan(1), epoch: 4, lease: {...DEAD, mark: oneUnit(0)}},
      logs: {0: [segment([done(0)], {epoch: 4})]},
    });
    expect([got.kind, header.phase]).toEqual(['ended', {kind: 'completed', atMs: AT_MS}]);
    expect(header.last).toBeNull();
    expect(jobIn(left).ledger.completedUnits()).toEqual([0]);
  });
});

describe('time', () => {
  const slow = {longest: {jobMs: 340_000, nodes: []}};

  test('is enough for the first step of a young execution, whatever that lasts', () => {
    expect(claimOf({header: slow}, {}, 29_999).got.kind).toBe('owned');
    expect(claimOf({header: slow}, {}, 30_000).got.kind).toBe('later');
    expect(claimOf({header: slow}, {isFirstInExecution: false}).got.kind).toBe('later');
  });

  test('that is too short leaves the job as it is', () => {
    const values = storedJob({header: slow, epoch: 4, lease: DEAD});
    expect(tryClaim(values, {}, 30_000).left).toEqual(values);
  });

  test('of a map step is what its items took', () => {
    const plan = planOf(mapNode('row', [1, 2]), stepNode('b'));
    const header = {longest: {jobMs: 340_000, nodes: [[0, 1_000]] as const}};
    expect(claimOf({plan, header}, {isFirstInExecution: false}).got.kind).toBe('owned');
  });

  test('is left to who asks while the execution has it, though the budget is spent', () => {
    const header = {longest: {jobMs: 100_000, nodes: []}};
    const late = {isForced: true, isFirstInExecution: false, maxRuntimeMs: 1_000};
    expect(claimOf({header}, late, 230_000).got.kind).toBe('owned');
    expect(claimOf({header}, late, 230_001).got.kind).toBe('later');
    expect(claimOf({header}, {...late, isForced: false}, 0).got.kind).toBe('later');
  });

  test('is not left to who asks for a step that would be killed, where another ran before', () => {
    expect(claimOf({header: slow}, {isForced: true, isFirstInExecution: false}).got.kind).toBe('later');
    expect(claimOf({header: slow}, {isForced: true}).got.kind).toBe('owned');
  });
});

describe('the next execution', () => {
  const minute = {longest: {jobMs: 60_000, nodes: []}};
  const delaysOf = ({world}: Tried): readonly (number | null)[] =>
    world.triggers.map(({nextMs}) => (nextMs === null ? null : nextMs - AT_MS));

  test('is planned by the claim when the open steps will not fit', () => {
    expect(delaysOf(claimOf({plan: loosePlan(5), header: minute}))).toEqual([245_000]);
    expect(delaysOf(claimOf({plan: loosePlan(4), header: minute}))).toEqual([]);
  });

  test('is not planned for a job of somebody else', () => {
    expect(delaysOf(claimOf({plan: loosePlan(5), header: minute}, {user: 'u2'}))).toEqual([]);
  });
});

test('what a claim has written is what the next reader finds', () => {
  const {left, owned} = claimOf({epoch: 4, lease: {...DEAD, mark: oneUnit(2)}, logs: {0: [segment([done(0)])]}});
  expect(jobIn(left).header).toEqual(owned.job.header);
});
