import fc from 'fast-check';
import {gateOf, pathBetween, type ParentState} from '../../src/core/dependencies';

const gate = (
  states: Readonly<Record<string, ParentState>>,
  onDependencyFailure: 'fail' | 'cancel' | 'wait' | 'run' = 'fail',
) => gateOf({dependencies: Object.keys(states), onDependencyFailure}, (id) => states[id] ?? 'missing');

test('a job starts when all are completed', () => {
  expect(gate({})).toEqual({kind: 'open'});
  expect(gate({a: 'completed', b: 'completed'})).toEqual({kind: 'open'});
  expect(gate({a: 'completed', b: 'open', c: 'open'})).toEqual({kind: 'waits', on: ['b', 'c']});
});

test.each(['failed', 'canceled', 'missing'] as const)('one that is %s decides by the policy', (state) => {
  expect(gate({a: 'open', b: state})).toEqual({kind: 'ends', as: 'failed', because: 'b', state});
  expect(gate({b: state}, 'cancel')).toEqual({kind: 'ends', as: 'canceled', because: 'b', state});
  expect(gate({b: state}, 'wait')).toEqual({kind: 'waits', on: ['b']});
  expect(gate({b: state}, 'run')).toEqual({kind: 'open'});
  expect(gate({a: 'open', b: state}, 'run')).toEqual({kind: 'waits', on: ['a']});
});

test('a path is found where there is one, however long, and circles do not hold the search', () => {
  const graph: Readonly<Record<string, readonly string[]>> = {a: ['b', 'c'], b: ['d'], c: ['a'], d: [], e: ['a']};
  const of = (id: string): readonly string[] => graph[id] ?? [];
  expect(pathBetween('a', 'd', of)).toEqual(['a', 'b', 'd']);
  expect(pathBetween('d', 'a', of)).toBeNull();
  expect(pathBetween('a', 'a', of)).toEqual(['a']);
  expect(pathBetween('e', 'd', of)).toEqual(['e', 'a', 'b', 'd']);
  const chain = (id: string): readonly string[] => [String(Number(id) + 1)].filter((next) => Number(next) <= 20_000);
  expect(pathBetween('0', '20000', chain)).toHaveLength(20_001);
});

test('what is found is a way along dependencies', () => {
  const node = fc.nat({max: 7}).map(String);
  fc.assert(
    fc.property(fc.dictionary(node, fc.array(node, {maxLength: 3})), node, node, (graph, from, to) => {
      const path = pathBetween(from, to, (id) => graph[id] ?? []);
      if (path === null) return;
      expect([path[0], path.at(-1)]).toEqual([from, to]);
      path.slice(1).forEach((id, index) => {
        expect(graph[path[index] ?? '']).toContain(id);
      });
    }),
  );
});
