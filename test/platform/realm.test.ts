import {globalOfRealm, hasHostFunctions, hostFunction, lexicalGlobal} from '../../src/platform/realm';
import {realmOf} from '../support/realms';

const host = realmOf(`
  var declaredVar = function () { return 'var'; };
  function declared(context) { return 'declared'; }
  const constant = (context) => 'constant';
  let changing = function () { return 'let'; };
  class Shape {}
  const bound = declared.bind(null);
  const table = {run: declared};
  var text = 'text';
`);
const other = realmOf(`function declared() { return 'other'; }`);

test.each([
  '({})',
  '[]',
  '(() => 1)',
  'new Map()',
  'new (class extends Array {})()',
  'Object.create({})',
  'new Error()',
  'Object.freeze({a: 1})',
])('%s leads to the global of the realm in which it was made', (source) => {
  expect(globalOfRealm(host.made(source))).toBe(host.scope);
  expect(globalOfRealm(other.made(source))).toBe(other.scope);
});

test('an object of this realm leads to this realm', () => {
  expect(globalOfRealm({})).toBe(globalThis);
});

test.each([
  ['a function of another realm', () => ({constructor: other.run('declared')})],
  ['another realm’s Object', () => ({constructor: other.run('Object')})],
  ['a text', () => ({constructor: 'Object'})],
  [
    'a getter that throws',
    () => ({
      get constructor() {
        throw new Error('unreadable');
      },
    }),
  ],
])('an own key constructor with %s does not mislead', (_what, fields) => {
  const request = Object.defineProperties(host.made(), Object.getOwnPropertyDescriptors(fields()));
  expect(globalOfRealm(request)).toBe(host.scope);
});

test.each([
  ['nothing', () => ({})],
  ['a function of another realm as constructor', () => ({constructor: other.run('declared')})],
  ['another realm’s Object as constructor', () => ({constructor: other.run('Object')})],
])('an object without a prototype, with %s, leads nowhere', (_what, fields) => {
  expect(globalOfRealm(Object.assign(Object.create(null) as object, fields()))).toBeNull();
});

test('a chain of prototypes that ends without Object.prototype leads nowhere', () => {
  const top = Object.assign(Object.create(null) as object, {constructor: other.run('Object')});
  expect(globalOfRealm(Object.create(top) as object)).toBeNull();
});

test('a function whose prototype was replaced does not mislead', () => {
  const top = Object.create(null) as {constructor: unknown};
  const maker = (): object => ({});
  maker.prototype = top;
  top.constructor = Object.setPrototypeOf(maker, {constructor: () => () => ({mine: true})}) as unknown;
  expect(globalOfRealm(Object.create(top) as object)).toBeNull();
});

test('an endless chain of prototypes has an end', () => {
  let asked = 0;
  const endless: object = new Proxy({}, {getPrototypeOf: () => (asked++, endless)});
  expect(globalOfRealm(endless)).not.toBe(host.scope);
  expect(asked).toBeLessThanOrEqual(101);
});

test('a realm that forbids code from text leads nowhere', () => {
  const strict = realmOf('const secret = 1;', {codeGeneration: {strings: false, wasm: false}});
  expect(globalOfRealm(strict.made())).toBeNull();
  expect(lexicalGlobal(strict.scope, 'secret')).toBeUndefined();
});

test('constants, lets and classes are found, which are no properties of the global object', () => {
  for (const name of ['constant', 'changing', 'Shape', 'table']) {
    expect(Object.keys(host.scope)).not.toContain(name);
    expect(lexicalGlobal(host.scope, name)).toBe(host.run(name));
  }
  expect(lexicalGlobal(host.scope, 'declared')).toBe(host.run('declared'));
  expect(lexicalGlobal(host.scope, 'absent')).toBeUndefined();
});

test.each(['', 'a.b', 'a b', 'a;globalThis.broken=1', 'globalThis.broken=1', "a'", '1a', 'a\n', 'ä', '(broken=1)'])(
  '%j is no name and is not run as code',
  (name) => {
    expect(lexicalGlobal(host.scope, name)).toBeUndefined();
    expect(hostFunction(host.scope, name, true)).toBeNull();
    expect(host.run('typeof broken')).toBe('undefined');
  },
);

test.each(['new', 'class', 'return', 'function', 'await', 'let'])('the reserved word %s names nothing', (name) => {
  expect(hostFunction(host.scope, name, true)).toBeNull();
});

test('a constant that is not there yet is nothing', () => {
  const early = realmOf();
  const find = (): unknown => lexicalGlobal(early.scope, 'later');
  (early.scope as Record<string, unknown>)['find'] = find;
  expect(early.run('globalThis.early = find(); const later = 5; [globalThis.early, find()]')).toEqual([undefined, 5]);
});

test('handlers may be declared in every way that makes a named function', () => {
  const results = ['declared', 'declaredVar', 'constant', 'changing'].map((name) =>
    hostFunction(host.scope, name, true)?.({}),
  );
  expect(results).toEqual(['declared', 'var', 'constant', 'let']);
});

test.each(['eval', 'Array', 'parseInt', 'toString', 'hasOwnProperty', 'constructor', 'bound'])(
  '%s, which the host did not write, is no handler',
  (name) => {
    expect(typeof host.run(name)).toBe('function');
    expect(hostFunction(host.scope, name, true)).toBeNull();
  },
);

test.each(['text', 'table', 'absent', 'undefined', 'this', 'globalThis', 'arguments'])('%s is no function', (name) => {
  expect(hostFunction(host.scope, name, true)).toBeNull();
});

test('a native function in disguise is no handler', () => {
  const realm = realmOf(
    `var proxied = new Proxy(function () {}, {}); function commented() { /* { [native code] } */ }`,
  );
  expect(hostFunction(realm.scope, 'proxied', true)).toBeNull();
  expect(hostFunction(realm.scope, 'commented', true)).toBe(realm.run('commented'));
});

test('with the look-up off only properties of the global object are found', () => {
  expect(hostFunction(host.scope, 'declared', false)).toBe(host.run('declared'));
  expect(hostFunction(host.scope, 'declaredVar', false)).toBe(host.run('declaredVar'));
  expect(['constant', 'changing'].map((name) => hostFunction(host.scope, name, false))).toEqual([null, null]);
});

test('a handler is found anew at each look', () => {
  const realm = realmOf(`function work() { return 1; }`);
  const first = hostFunction(realm.scope, 'work', true);
  realm.run(`work = function () { return 2; }`);
  expect([first?.({}), hostFunction(realm.scope, 'work', true)?.({})]).toEqual([1, 2]);
});

test('a realm belongs to a script when it has functions that are not ours', () => {
  expect(hasHostFunctions(host.scope)).toBe(true);
  const library = `var AST = function () {}; function astJobsWorker() {}`;
  expect(hasHostFunctions(realmOf(library).scope)).toBe(false);
  expect(
    hasHostFunctions(realmOf(`${library} var services = {}; var native = Array; const work = () => 1;`).scope),
  ).toBe(false);
  expect(hasHostFunctions(realmOf(`${library} function main() {}`).scope)).toBe(true);
});
