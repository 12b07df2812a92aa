import {partAt, type Header} from '../../src/core/header';
import {segmentKey} from '../../src/core/keys';
import type {Outcome} from '../../src/core/outcome';
import {decodeSegment, NO_MARKER} from '../../src/core/segment';
import {oneUnit} from '../../src/core/units';
import {endLeases, openSuspects, returnOf} from '../../src/engine/give-up';
import {claimOf, DEAD} from '../support/claims';
import {during, type Values} from '../support/holds';
import {deadPart, jobWithParts, logOf, partAtWork} from '../support/parts';
import {loosePlan, rangeNode, planOf} from '../support/plans';
import {ADDRESS, at, AT_MS, done, jobIn, jobOf, positionOf, sealOf, segment, START, storedJob} from '../support/stored';

const CURSOR = {version: 3, text: '["row 5"]'};
const CARRIED: Outcome = {kind: 'cursor', unit: 1, atMs: AT_MS, durationMs: 0, cursor: CURSOR};

function ended(
  values: Values,
  reason: 'killed' | 'canceled' = 'killed',
): {readonly header: Header; readonly left: Values} {
  const {got, left} = during(values, (hold) => endLeases(hold, jobIn(values), reason).header);
  return {header: got, left};
}

describe('a step that had saved where it is', () => {
  const dead = {
    ...{epoch: 4, lease: DEAD, plan: loosePlan(3)},
    logs: {0: [segment([done(0)], {epoch: 4, marker: {...at(1), cursor: CURSOR}})]},
  };

  test('goes on there: the place is the first entry of the next log', () => {
    const {header, left} = ended(storedJob(dead));
    expect(partAt(header, 0)).toEqual({epoch: 4, log: 1, position: positionOf([CARRIED]), lease: null});
    expect(header.seals).toEqual([sealOf(0, [done(0)])]);
    expect(header.suspects).toEqual([{unit: 1, crashes: 1}]);
    expect(decodeSegment(left[segmentKey(ADDRESS, 0, 1, 0)] ?? '')).toEqual({
      ...{epoch: 4, marker: NO_MARKER, outcomes: [CARRIED]},
    });
  });

  test('goes on there also when the header was not written: it is carried again', () => {
    const {left} = ended(storedJob(dead));
    expect(ended(left)).toEqual(ended(storedJob(dead)));
  });

  test('is claimed with it, and the log goes on behind it', () => {
    const {owned, left} = claimOf(dead);
    expect([owned.firstUnit, owned.job.ledger.cursor(1)]).toEqual([1, CURSOR]);
    const store = new Map(Object.entries(left));
    owned.writer.commit((key, value) => store.set(key, value), [done(1)], at(2));
    const job = jobIn(Object.fromEntries(store));
    expect([job.ledger.completedUnits(), job.ledger.cursor(1)]).toEqual([[0, 1], null]);
    expect(owned.writer.position).toEqual(positionOf([CARRIED, done(1)]));
  });

  test('goes nowhere when its job is canceled, or when another log has settled it', () => {
    const canceled = ended(storedJob(dead), 'canceled');
    expect(canceled.left[segmentKey(ADDRESS, 0, 1, 0)]).toBeUndefined();
    expect(canceled.header.recoveries).toMatchObject([{reason: 'canceled', inDoubt: [oneUnit(1)]}]);
    const settled = ended(storedJob({...dead, header: {last: done(1)}}));
    expect(settled.left[segmentKey(ADDRESS, 0, 1, 0)]).toBeUndefined();
    expect(settled.header.suspects).toEqual([]);
  });
});

describe('several workers', () => {
  const plan = planOf(rangeNode('n', 30));

  test('are ended one by one: who lives keeps its lease', () => {
    const values = {
      ...jobWithParts(plan, [partAtWork(0, 9), deadPart(10, 19)]),
      ...logOf(1, segment([done(10)], {marker: at(11, 14)})),
    };
    const {header} = ended(values);
    expect(partAt(header, 0)).toEqual(partAtWork(0, 9));
    expect(partAt(header, 1)).toEqual({epoch: 1, log: 1, position: START, lease: null});
    expect(header.seals).toEqual([{part: 1, log: 0, position: positionOf([done(10)])}]);
    expect([header.suspects, header.doubts]).toEqual([[], [{first: 11, last: 14}]]);
  });

  test('are ended all when their job is', () => {
    const {header} = ended(jobWithParts(plan, [partAtWork(0, 9), deadPart(10, 19)]), 'canceled');
    expect(header.parts.map(({lease}) => lease)).toEqual([null, null]);
    expect(header.recoveries.map(({inDoubt}) => inDoubt)).toEqual([[oneUnit(0)], [oneUnit(10)]]);
  });
});

test('a lease that has not run out is ended by nobody but a cancel', () => {
  const values = storedJob({lease: {...DEAD, untilMs: AT_MS + 1, mark: oneUnit(0)}});
  expect(ended(values).header).toEqual(jobIn(values).header);
  expect(partAt(ended(values, 'canceled').header, 0).lease).toBeNull();
});

test('what is given back are suspects and groups in doubt that are not settled', () => {
  const header = {
    suspects: [
      {unit: 0, crashes: 1},
      {unit: 1, crashes: 2},
    ],
    doubts: [{first: 0, last: 1}, oneUnit(0), oneUnit(2)],
  };
  const job = jobOf({header, position: positionOf([done(0)]), logs: {0: [segment([done(0)])]}});
  expect(openSuspects(job)).toEqual([{unit: 1, crashes: 2}]);
  const terms = {part: 0, nowMs: AT_MS, position: START, longest: {jobMs: 0, nodes: []}};
  expect(returnOf(job, terms)).toEqual({
    ...{...terms, suspects: [{unit: 1, crashes: 2}]},
    doubts: [{first: 0, last: 1}, oneUnit(2)],
  });
});
