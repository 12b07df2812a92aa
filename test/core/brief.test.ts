import type {Header} from '../../src/core/header';
import {readBrief} from '../../src/core/brief';
import {sealPageKey, planKey, segmentKey, type JobAddress} from '../../src/core/keys';
import {briefRecord} from '../../src/core/record';
import {readHeader, type Snapshot} from '../../src/core/stored-job';
import {oneUnit} from '../../src/core/units';
import {recordAt} from '../../src/engine/views';
import type {JobRecord} from '../../src/types';
import {SPECIMENS} from '../fuzz/specimens';
import {loosePlan, mapNode, planOf} from '../support/plans';
import {ADDRESS, AT_MS, done, failed, positionOf, sealOf, segment, storedJob, storedLarge} from '../support/stored';
import type {StoredParts} from '../support/stored';

function briefAt(snapshot: Snapshot, address: JobAddress = ADDRESS): JobRecord | null {
  const decoded = readHeader(snapshot, address);
  if (decoded.kind !== 'header') throw new Error(decoded.kind);
  const brief = readBrief(snapshot, address, decoded.header);
  return brief === null ? null : briefRecord(brief);
}

/** The record of everything, without what a row in brief leaves out. */
function fullAt(snapshot: Snapshot, address: JobAddress = ADDRESS): unknown {
  const {orchestration: _counts, ...record} = recordAt(snapshot, address, AT_MS, null);
  return {...record, steps: [], results: {}};
}

const COMPLETED: Partial<Header> = {phase: {kind: 'completed', atMs: AT_MS + 9_000}, updatedAtMs: AT_MS + 9_000};
const OUTCOMES = [done(0), failed(1, AT_MS + 60_000), done(2), done(1)];
const given = (header: Partial<Header> = {}, outcomes = OUTCOMES): StoredParts => ({
  plan: loosePlan(3),
  position: positionOf(outcomes),
  logs: {0: [segment(outcomes.slice(0, 2)), segment(outcomes.slice(2))]},
  header: {...COMPLETED, ...header},
});

describe('a completed job in brief is the job without steps and results', () => {
  const states: Readonly<Record<string, StoredParts>> = {
    'with a failure that was made good': given(),
    'by an outcome in its header': given(
      {last: done(2)},
      OUTCOMES.filter(({unit}) => unit !== 2),
    ),
    'with a sealed log behind it': {
      ...{plan: loosePlan(3), log: 1, epoch: 2, position: positionOf([done(1), done(2)])},
      logs: {0: [segment([done(0), failed(1, 5), done(2)])], 1: [segment([done(1), done(2)])]},
      header: {
        ...COMPLETED,
        seals: [sealOf(0, [done(0), failed(1, 5)])],
        recoveries: [{atMs: AT_MS, epoch: 1, reason: 'killed', inDoubt: [oneUnit(2)]}],
      },
    },
  };

  test.each(Object.entries(states))('%s', (_name, parts) => {
    const snapshot = storedJob(parts);
    expect(briefAt(snapshot)).toEqual(fullAt(snapshot));
  });

  test('as the engine stored it', () => {
    let compared = 0;
    for (const {header} of SPECIMENS.jobs) {
      const [prefix = '', id = ''] = header.split('~');
      const brief = briefAt(SPECIMENS.values, {prefix, id});
      if (brief === null) continue;
      compared++;
      expect(brief).toEqual(fullAt(SPECIMENS.values, {prefix, id}));
    }
    expect(compared).toBeGreaterThan(1);
  });
});

test('any other job is told by its logs', () => {
  for (const kind of ['failed', 'canceled'] as const)
    expect(briefAt(storedJob(given({phase: {kind, atMs: AT_MS + 9_000}})))).toBeNull();
  expect(briefAt(storedJob(given({phase: {kind: 'queued', dueMs: AT_MS}})))).toBeNull();
});

test('neither items nor results have to be readable', () => {
  const items = Array.from({length: 300}, (_none, index) => `row ${index}`);
  const {large} = storedLarge(0, '"x"');
  const outcomes = [{kind: 'doneLarge', unit: 0, atMs: AT_MS, durationMs: 1, large} as const, done(1)];
  const snapshot = storedJob({
    ...{plan: planOf(mapNode('row', items)), pieceBytes: 2_000, position: positionOf(outcomes)},
    ...{logs: {0: [segment(outcomes)]}, header: COMPLETED},
  });
  const whole = briefAt(snapshot);
  expect(whole).toMatchObject({status: 'completed', version: 3, steps: [], results: {}});
  expect(briefAt({...snapshot, [segmentKey(ADDRESS, 0, 0, 0)]: 'damaged'})).toEqual(whole);
});

test('a plan or a page of seals that is damaged is looked at by whoever reads all of it', () => {
  const snapshot = storedJob({...given(), pieceBytes: 100});
  expect(briefAt(snapshot)).not.toBeNull();
  expect(briefAt({...snapshot, [planKey(ADDRESS, 0)]: '{'})).toBeNull();
  const paged = storedJob(given({sealPages: 1}));
  expect(briefAt(paged)).toBeNull();
  expect(briefAt({...paged, [sealPageKey(ADDRESS, 0)]: '[]'})).not.toBeNull();
});
