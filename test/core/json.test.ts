import vm from 'node:vm';
import fc from 'fast-check';
import {isObject, parseJson, printValue, toJsonText} from '../../src/core/json';
import {anyJson, anyText} from '../support/arbitraries';

const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

const cyclic = (): object => {
  const loop: Record<string, unknown> = {};
  loop['self'] = loop;
  return loop;
};

test('any JSON value has the text that JSON.stringify gives it', () => {
  fc.assert(
    fc.property(anyJson, (value) => {
      expect(toJsonText(value)).toEqual({ok: true, text: JSON.stringify(value)});
    }),
  );
});

test('undefined becomes null, and an undefined field is left out', () => {
  expect(toJsonText(undefined)).toEqual({ok: true, text: 'null'});
  expect(toJsonText({a: undefined, b: 1})).toEqual({ok: true, text: '{"b":1}'});
});

test('values of another realm are values like others', () => {
  const value: unknown = vm.runInNewContext('({list: [1, {a: new Date(0)}]})');
  expect(toJsonText(value)).toEqual({ok: true, text: '{"list":[1,{"a":"1970-01-01T00:00:00.000Z"}]}'});
});

test.each([
  ['a function', () => 1, 'a function at its top'],
  ['a symbol', Symbol('s'), 'a symbol at its top'],
  ['a bigint', 5n, 'a bigint at its top'],
  ['a function in a list', {rows: [1, {run: () => 1}]}, 'a function at .rows[1].run'],
  ['a symbol in a list', [Symbol('s')], 'a symbol at [0]'],
  ['a bigint deep inside', {a: {b: [{c: 5n}]}}, 'a bigint at .a.b[0].c'],
])('%s is refused with the path to it', (_what, value, problem) => {
  expect(toJsonText(value)).toEqual({ok: false, problem});
});

test('the first of several refused values is named', () => {
  expect(toJsonText({one: () => 1, other: Symbol('s')})).toEqual({ok: false, problem: 'a function at .one'});
});

test.each([
  ['a cycle', cyclic()],
  [
    'a getter that throws',
    {
      get bad() {
        throw new Error('unreadable');
      },
    },
  ],
  [
    'a toJSON that throws',
    {
      toJSON: () => {
        throw new Error('unreadable');
      },
    },
  ],
  ['a cycle behind a function', {run: () => 1, loop: cyclic()}],
  [
    'a getter that throws behind a function',
    {
      run: () => 1,
      get bad() {
        throw new Error('unreadable');
      },
    },
  ],
  [
    'a getter that throws a symbol',
    {
      get bad() {
        throw Symbol('s');
      },
    },
  ],
  ['a revoked proxy', revoked()],
])('%s is refused, not thrown', (_what, value) => {
  const json = toJsonText(value);
  expect(json.ok).toBe(false);
  if (!json.ok) expect(json.problem).toMatch(/^\S.+/);
});

function revoked(): object {
  const {proxy, revoke} = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

test('a value that is nested too deep is refused, not thrown', () => {
  let deep: unknown = null;
  for (let level = 0; level < 1_000_000; level++) deep = [deep];
  expect(toJsonText(deep).ok).toBe(false);
});

test('a value is not changed by being written', () => {
  const value = Object.freeze({list: Object.freeze([1, Object.freeze({run: () => 1})])});
  expect(toJsonText(value).ok).toBe(false);
});

test.each([
  [undefined, 'nothing'],
  [null, '`null`'],
  [0, '`0`'],
  [NaN, '`NaN`'],
  [-Infinity, '`-Infinity`'],
  ['text', '`"text"`'],
  [[1, 2], '`[1,2]`'],
  [5n, 'a bigint'],
  [Symbol('s'), 'a symbol'],
  [function named() {}, 'a function (named)'],
  [
    (
      () => () =>
        1
    )(),
    'a function',
  ],
  [{run: () => 1}, 'a value with a function at .run'],
])('%p is printed as %s', (value, printed) => {
  expect(printValue(value)).toBe(printed);
});

test('whatever is printed is short and whole', () => {
  const odd = Object.assign(() => 1, {});
  Object.defineProperty(odd, 'name', {
    get: () => {
      throw new Error('unreadable');
    },
  });
  const misnamed = Object.defineProperty(() => 1, 'name', {value: 5});
  for (const value of ['x'.repeat(1_000_000), Array(10_000).fill(1), cyclic(), revoked(), odd, misnamed]) {
    expect(printValue(value).length).toBeLessThan(200);
  }
  fc.assert(
    fc.property(fc.oneof(anyJson, anyText(300)), (value) => {
      const printed = printValue(value);
      expect(printed.length).toBeLessThanOrEqual(82);
      expect(printed).not.toMatch(LONE_SURROGATE);
    }),
  );
});

test('text that is no JSON is undefined, never thrown', () => {
  expect(parseJson('{"a":[1]}')).toEqual({a: [1]});
  for (const text of ['', '{', 'undefined', "{'a':1}", 'NaN', '[1,]']) expect(parseJson(text)).toBeUndefined();
});

test('an object is neither null nor a list, of whichever realm', () => {
  const foreign = (source: string): unknown => vm.runInNewContext(source);
  for (const value of [{}, Object.create(null), foreign('({})'), foreign('new Map()')])
    expect(isObject(value)).toBe(true);
  for (const value of [null, undefined, 1, 'a', [], () => 1, foreign('[]')]) expect(isObject(value)).toBe(false);
});

test('a value that holds the same lists over and over is refused, not written out for ever', () => {
  let shared: unknown = [1];
  for (let level = 0; level < 60; level++) shared = [shared, shared];
  expect(toJsonText({shared})).toEqual({
    ok: false,
    problem: expect.stringMatching(/^more than 2000000 values/) as string,
  });
  expect(toJsonText({run: () => 1, shared})).toMatchObject({ok: false});
  expect(printValue(shared)).toMatch(/^a value with more than/);
});
