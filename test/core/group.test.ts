import {groupFrom, groupingOf, archivedGrouping, type GroupTerms} from '../../src/core/group';
import {Ledger} from '../../src/core/ledger';
import {NumberedPlan, type MapNode} from '../../src/core/plan';
import {oneUnit, type UnitRange} from '../../src/core/units';
import {mapNode, planOf, rangeNode, stepNode} from '../support/plans';

const QUIET: GroupTerms['header'] = {suspects: [], doubts: [], recoveries: []};
const TERMS: GroupTerms = {unit: 1, usualMs: 50, hasArchive: false, share: null, header: QUIET};

/** A step, and a map step of 300 items behind it. */
function group(terms: Partial<GroupTerms> = {}, fields: Partial<MapNode> = {}): UnitRange {
  const plan = new NumberedPlan(planOf(stepNode('a'), rangeNode('n', 300, fields), stepNode('z')));
  return groupFrom(plan, new Ledger(plan), {...TERMS, ...terms});
}

describe('a group', () => {
  test('has as many items as fit into its time', () => {
    expect(group()).toEqual({first: 1, last: 24});
    expect(group({usualMs: 400})).toEqual({first: 1, last: 3});
    expect(group({usualMs: 1_199})).toEqual(oneUnit(1));
    expect(group({usualMs: 1_201})).toEqual(oneUnit(1));
    expect(group({usualMs: 300_000})).toEqual(oneUnit(1));
  });

  test('has no more items than it may have, however short they are', () => {
    expect(group({usualMs: 1})).toEqual({first: 1, last: 100});
    expect(group({usualMs: 0})).toEqual({first: 1, last: 100});
    expect(group({usualMs: 1}, {checkpoint: {everyMs: 60_000, everyItems: 7}})).toEqual({first: 1, last: 7});
    expect(group({usualMs: 50}, {checkpoint: {everyMs: 0, everyItems: 100}})).toEqual(oneUnit(1));
  });

  test('is one item as long as nobody knows how long one takes', () => {
    expect(group({usualMs: null})).toEqual(oneUnit(1));
  });

  test('ends with its map step, and with the share of its owner', () => {
    expect(group({unit: 290})).toEqual({first: 290, last: 300});
    expect(group({share: {first: 1, last: 5}})).toEqual({first: 1, last: 5});
    expect(group({share: {first: 1, last: 500}})).toEqual({first: 1, last: 24});
  });

  test('is one unit of a step that is no map step', () => {
    expect(group({unit: 0})).toEqual(oneUnit(0));
    expect(group({unit: 301})).toEqual(oneUnit(301));
  });

  test('leaves alone what was in doubt before, and ends before it', () => {
    expect(group({header: {...QUIET, suspects: [{unit: 1, crashes: 1}]}})).toEqual(oneUnit(1));
    expect(group({header: {...QUIET, suspects: [{unit: 9, crashes: 1}]}})).toEqual({first: 1, last: 8});
    expect(group({header: {...QUIET, doubts: [{first: 4, last: 40}]}})).toEqual({first: 1, last: 3});
    expect(group({unit: 20, header: {...QUIET, doubts: [{first: 4, last: 40}]}})).toEqual(oneUnit(20));
    expect(group({unit: 41, header: {...QUIET, doubts: [{first: 4, last: 40}]}})).toEqual({first: 41, last: 64});
  });

  test('leaves alone what found no room in the store', () => {
    const inDoubt = [{first: 4, last: 40}];
    const recovery = {atMs: 0, epoch: 1, reason: 'store' as const, inDoubt};
    expect(group({header: {...QUIET, recoveries: [recovery]}})).toEqual({first: 1, last: 3});
    expect(group({unit: 20, header: {...QUIET, recoveries: [recovery]}})).toEqual(oneUnit(20));
    expect(group({header: {...QUIET, recoveries: [{...recovery, reason: 'canceled'}]}})).toEqual({first: 1, last: 24});
  });

  test('is one unit where one kill is enough to give it up', () => {
    expect(group({}, {maxCrashes: 1})).toEqual(oneUnit(1));
    expect(group({}, {maxCrashes: 2})).toEqual({first: 1, last: 24});
  });
});

test('only map steps whose items may be killed more than once are committed in groups', () => {
  const plan = new NumberedPlan(planOf(stepNode('a'), mapNode('b', [1]), mapNode('c', [1], {maxCrashes: 1})));
  const ledger = new Ledger(plan);
  const groupings = [0, 1, 2].map((node) => groupingOf(plan, ledger, node, {usualMs: 50, hasArchive: true}));
  expect(groupings).toEqual([null, {everyMs: 1_200, everyItems: 100}, null]);
});

describe('groups of very many items', () => {
  const groupOf = (count: number, usualMs: number, fields: Partial<MapNode> = {}, hasArchive = true): number => {
    const plan = new NumberedPlan(planOf(rangeNode('n', count, fields)));
    const {first, last} = groupFrom(plan, new Ledger(plan), {...TERMS, unit: 0, usualMs, hasArchive});
    return last - first + 1;
  };

  test('last longer where there is an archive, so that the store can name all of its texts', () => {
    expect(groupOf(36_000, 50)).toBe(24);
    expect(groupOf(37_501, 50)).toBe(26);
    expect(groupOf(100_000, 50)).toBe(67);
    expect(groupOf(100_000, 0)).toBe(100);
    expect(groupOf(10_000, 2_000)).toBe(7);
    expect(groupOf(100_000, 50, {}, false)).toBe(24);
  });

  test('do not last longer than twenty seconds, nor have more than a hundred items', () => {
    expect(groupOf(100_000, 1_000)).toBe(20);
    expect(groupOf(1_000_000, 50)).toBe(100);
    expect(groupOf(1_000_000, 20_001)).toBe(1);
  });

  test('are as the request says, where it says something', () => {
    expect(groupOf(100_000, 50, {checkpoint: {everyMs: 1_200, everyItems: 1}})).toBe(1);
    expect(groupOf(100_000, 50, {checkpoint: {everyMs: 1_000, everyItems: 100}})).toBe(20);
  });

  test('are those of a plan in thought', () => {
    const asked = {everyMs: 1_200, everyItems: 100};
    expect(archivedGrouping(100_000, asked, 50)).toEqual({everyMs: 3_350, everyItems: 100});
    expect(archivedGrouping(30_000, asked, 50)).toBe(asked);
  });
});
