import {planOfMapReduce} from '../../src/orchestration/map-reduce';
import {plainPlan} from '../support/plans';
import {frozen, HANDLERS, LIMITS, refusal, UNSTORABLE} from '../support/requests';

const LONG = {items: [1, 2], map: {handler: 'work'}, reduce: {handler: 'reduceAll'}};
const SHORT = {items: [1, 2], mapHandler: 'work', reduceHandler: 'reduceAll'};

const compile = (request: Record<string, unknown>) =>
  planOfMapReduce(frozen({name: 'm', ...request}), LIMITS, HANDLERS);

function expectInvalid(
  request: Record<string, unknown>,
  says: readonly (string | RegExp)[],
  code = 'INVALID_REQUEST',
): void {
  const error = refusal(() => compile(request));
  expect(error).toMatchObject({name: 'AstJobsValidationError', code});
  for (const part of says) expect(error.message).toMatch(part);
}

test('a map step is followed by one step over its results', () => {
  expect(plainPlan(compile(LONG))).toEqual({
    nodes: [
      {
        kind: 'map',
        prefix: 'map',
        handler: 'work',
        deps: [],
        items: [1, 2],
        shared: undefined,
        maxConcurrency: 10,
        checkpoint: {everyMs: 1_200, everyItems: 100},
        ...LIMITS,
      },
      {kind: 'reduce', id: 'reduce', handler: 'reduceAll', deps: [0], over: 0, shared: undefined, ...LIMITS},
    ],
    orchestration: {helper: 'map_reduce', mode: 'run'},
  });
});

test('long and short keys mean the same', () => {
  expect(plainPlan(compile(SHORT))).toEqual(plainPlan(compile(LONG)));
  const long = {
    ...LONG,
    map: {handler: 'work', stepIdPrefix: 'row', payload: {a: 1}},
    reduce: {handler: 'reduceAll', id: 'sum', payload: {b: 2}},
  };
  const short = {...SHORT, mapStepIdPrefix: 'row', mapPayload: {a: 1}, reduceStepId: 'sum', reducePayload: {b: 2}};
  expect(plainPlan(compile({...short, maxConcurrency: 3, mode: 'enqueue'}))).toEqual(
    plainPlan(compile({...long, maxConcurrency: 3, mode: 'enqueue'})),
  );
  expect(compile(long).nodes).toMatchObject([
    {prefix: 'row', shared: {a: 1}},
    {id: 'sum', shared: {b: 2}},
  ]);
});

test('the long form comes first where both are given', () => {
  expect(
    compile({
      ...LONG,
      ...SHORT,
      mapHandler: 'reduceAll',
      reduceStepId: 'other',
      reduce: {handler: 'reduceAll', id: 'sum'},
    }).nodes,
  ).toMatchObject([{handler: 'work'}, {id: 'sum'}]);
});

test.each(['map', 'reduce'])('%s must be an object', (key) => {
  for (const value of ['work', 5, [], () => 1])
    expectInvalid({...LONG, [key]: value}, [`${key} of mapReduce must be an object like {handler, payload}`, 'got ']);
});

test('a reduce step cannot have the id of an item', () => {
  expectInvalid({...LONG, reduce: {handler: 'reduceAll', id: 'map_2'}}, [
    '`"map_2"` must be distinct from the ids of the map steps',
    'choose another',
  ]);
  expectInvalid({...SHORT, mapStepIdPrefix: 'a_1', reduceStepId: 'a_1_1'}, ['must be distinct']);
});

test.each(['map', 'map_0', 'map_3', 'map_02', 'map_1x', 'mapx_1', 'map_'])(
  '%j is the id of no item',
  (reduceStepId) => {
    expect(compile({...SHORT, reduceStepId}).nodes[1]).toMatchObject({id: reduceStepId});
  },
);

test.each([[undefined], [null], [[]], [{}], ['ab']])('items must be a non-empty array, not %j', (items) => {
  expectInvalid({...SHORT, items}, ['items of mapReduce must be a non-empty array', 'got ']);
});

test('too many items are refused with the number', () => {
  expectInvalid({...SHORT, items: Array(100_001).fill(0)}, ['mapReduce takes at most 100000 items', 'got 100001']);
});

test.each(UNSTORABLE)('payloads with %s are refused', (_what, value, says) => {
  expectInvalid({...SHORT, mapPayload: value}, ['The shared payload of mapReduce', says]);
  expectInvalid({...SHORT, reducePayload: value}, ['The reduce payload of mapReduce', says]);
  expectInvalid({...SHORT, items: [value]}, ['The items of mapReduce']);
});

test.each([0, 1_001, 2.5, 'ten'])('maxConcurrency is an integer from 1 to 1000, not %p', (maxConcurrency) => {
  expectInvalid({...SHORT, maxConcurrency}, ['maxConcurrency must be an integer from 1 to 1000'], 'INVALID_OPTION');
});

test.each(['__proto__', 'constructor', '', 'a\u0001', '\ud800'])('the id %j is refused for either stage', (id) => {
  expectInvalid({...SHORT, mapStepIdPrefix: id}, ['mapStepIdPrefix ']);
  expectInvalid({...SHORT, reduceStepId: id}, ['reduceStepId ']);
});

test('handlers that are missing are refused by stage', () => {
  expectInvalid({...SHORT, mapHandler: undefined}, ['The handler of mapReduce must be', 'got nothing']);
  expectInvalid({...SHORT, reduceHandler: undefined}, ['The handler of the reduce step of mapReduce', 'got nothing']);
  expectInvalid(
    {...SHORT, reduceHandler: 'vanished'},
    ['`"vanished"`', 'of the reduce step of mapReduce was not found'],
    'HANDLER_NOT_FOUND',
  );
});

test('a mode that is not known is refused', () => {
  expectInvalid({...SHORT, mode: 1}, ['Invalid orchestration mode', 'got `1`']);
});

test('a range may be reduced as long as its ids can be handed over', () => {
  expect(compile({...SHORT, items: {count: 100_000}}).nodes).toMatchObject([{items: {count: 100_000}}, {over: 0}]);
  expectInvalid({...SHORT, items: {count: 100_001}}, [
    'mapReduce takes at most 100000 items, got a range of 100001',
    'would not fit into memory',
    'Use enqueueMany',
  ]);
  expectInvalid({...SHORT, items: {count: 0}}, ['items.count of mapReduce must be an integer from 1']);
});

test('a reduce step cannot have the id of an item of a range', () => {
  expectInvalid({...SHORT, items: {count: 7}, reduceStepId: 'map_7'}, ['must be distinct']);
  expect(compile({...SHORT, items: {count: 7}, reduceStepId: 'map_8'}).nodes[1]).toMatchObject({id: 'map_8'});
});
