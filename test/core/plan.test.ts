import fc from 'fast-check';
import {NumberedPlan} from '../../src/core/plan';
import {mapNode, planOf, plans, rangeNode, reduceNode, stepNode} from '../support/plans';

const mapReduce = new NumberedPlan(
  planOf(
    stepNode('load', {payload: {from: 'sheet'}}),
    mapNode('row', ['a', 'b', 'c'], {maxConcurrency: 2}),
    reduceNode('sum', 1),
  ),
);

test('units are numbered through the whole plan', () => {
  expect(mapReduce.unitCount).toBe(5);
  expect([0, 1, 2].map((node) => mapReduce.firstUnit(node))).toEqual([0, 1, 4]);
  expect([0, 1, 2, 3, 4].map((unit) => mapReduce.nodeOfUnit(unit))).toEqual([0, 1, 1, 1, 2]);
  expect([0, 1, 2, 3, 4].map((unit) => mapReduce.stepId(unit))).toEqual(['load', 'row_1', 'row_2', 'row_3', 'sum']);
});

test('every unit of any plan belongs to the node whose range it lies in', () => {
  fc.assert(
    fc.property(plans, (plan) => {
      const numbered = new NumberedPlan(plan);
      const ids = Array.from({length: numbered.unitCount}, (_none, unit) => numbered.stepId(unit));
      expect(new Set(ids).size).toBe(ids.length);
      plan.nodes.forEach((_node, index) => {
        for (let unit = numbered.firstUnit(index); unit < numbered.firstUnit(index + 1); unit++) {
          expect(numbered.nodeOfUnit(unit)).toBe(index);
        }
      });
    }),
  );
});

test('an item gets itself, its place and what is shared', () => {
  const plan = new NumberedPlan(planOf(mapNode('row', ['a', {b: 1}], {shared: {sheet: 'S'}})));
  expect(plan.payload(0)).toEqual({item: 'a', index: 0, position: 1, total: 2, shared: {sheet: 'S'}});
  expect(plan.payload(1)).toEqual({item: {b: 1}, index: 1, position: 2, total: 2, shared: {sheet: 'S'}});
});

test('where nothing is shared there is no such field', () => {
  expect(mapReduce.payload(1)).toEqual({item: 'a', index: 0, position: 1, total: 3});
  expect(Object.keys(mapReduce.payload(1) as object)).not.toContain('shared');
});

test('a reduce step gets the ids of the items, a step its payload', () => {
  expect(mapReduce.payload(4)).toEqual({mapStepIds: ['row_1', 'row_2', 'row_3'], total: 3});
  expect(mapReduce.payload(0)).toEqual({from: 'sheet'});
  expect(new NumberedPlan(planOf(stepNode('a'))).payload(0)).toBeNull();
});

test('each payload is a copy of its own', () => {
  const shared = {list: [1]};
  const plan = new NumberedPlan(planOf(mapNode('row', [{n: 1}], {shared})));
  const first = plan.payload(0) as {item: {n: number}; shared: {list: number[]}};
  first.item.n = 99;
  first.shared.list.push(99);
  expect(plan.payload(0)).toEqual({item: {n: 1}, index: 0, position: 1, total: 1, shared: {list: [1]}});
  expect(shared).toEqual({list: [1]});
});

test('any payload arrives as it was given', () => {
  fc.assert(
    fc.property(plans, (plan) => {
      const numbered = new NumberedPlan(plan);
      plan.nodes.forEach((node, index) => {
        const payload = numbered.payload(numbered.firstUnit(index));
        if (node.kind === 'step')
          expect(JSON.stringify(payload)).toBe(JSON.stringify(node.payload ?? numbered.extras.payload));
        if (node.kind === 'map')
          expect(JSON.stringify((payload as {item: unknown}).item)).toBe(JSON.stringify(node.items.at(0)));
      });
    }),
  );
});

test('users read the window of maxConcurrency as dependencies of items', () => {
  expect([1, 2, 3].map((unit) => mapReduce.dependsOn(unit))).toEqual([[], [], ['row_1']]);
  expect(mapReduce.dependsOn(4)).toEqual(['row_1', 'row_2', 'row_3']);
  expect(mapReduce.dependsOn(0)).toEqual([]);
});

test('a step depends on every unit of the nodes it names', () => {
  const plan = new NumberedPlan(planOf(stepNode('last', {deps: [1, 2]}), stepNode('one'), mapNode('row', [1, 2])));
  expect(plan.dependsOn(0)).toEqual(['one', 'row_1', 'row_2']);
});

test('a node that is not there is an error', () => {
  expect(() => mapReduce.node(3)).toThrow(RangeError);
});

const MOST = 2 ** 31 - 1;

test('a range of two thousand million items is numbered without looking at any', () => {
  const plan = new NumberedPlan(planOf(rangeNode('n', MOST, {shared: 's'}), stepNode('last', {deps: [0]})));
  expect([plan.unitCount, plan.firstUnit(1), plan.nodeOfUnit(MOST - 1), plan.nodeOfUnit(MOST)]).toEqual([
    MOST + 1,
    MOST,
    0,
    1,
  ]);
  expect(plan.stepId(MOST - 1)).toBe(`n_${MOST}`);
  const index = MOST - 1;
  expect(plan.payload(index)).toEqual({item: index, index, position: MOST, total: MOST, shared: 's'});
  expect(plan.dependsOn(index)).toEqual([`n_${MOST - 10}`]);
  expect(plan.dependsOn(MOST)).toEqual(['n']);
});

test('records name a map step with a row of its own, and show a reduce step over it without its ids', () => {
  const over = (count: number) => new NumberedPlan(planOf(rangeNode('n', count), reduceNode('sum', 0, {shared: 1})));
  const few = over(1_000);
  expect(few.dependsOn(1_000)).toHaveLength(1_000);
  expect(few.shownPayload(1_000, few)).toEqual(few.payload(1_000));
  const many = over(1_001);
  expect(many.dependsOn(1_001)).toEqual(['n']);
  expect(many.shownPayload(1_001, many)).toEqual({total: 1_001, shared: 1});
  expect(many.payload(1_001)).toMatchObject({total: 1_001, shared: 1});
  expect((many.payload(1_001) as {mapStepIds: string[]}).mapStepIds).toHaveLength(1_001);
  expect(many.shownPayload(7, many)).toEqual(many.payload(7));
});
