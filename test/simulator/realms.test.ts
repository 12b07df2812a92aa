import {projectOf, World} from './index';
import type {LibrarySource} from './index';

const library: LibrarySource = {
  symbol: 'Lib',
  files: [
    {name: 'First.js', source: `var shared = {loads: 1}; const hidden = 1; class Hidden {} let alsoHidden = 2;`},
    {
      name: 'Second.js',
      source: `
        shared.loads++;
        var counter = 0;
        function own_() { return 'private'; }
        function write(key, value) { PropertiesService.getScriptProperties().setProperty(key, value); counter++; }
        function writeUser(key, value) { PropertiesService.getUserProperties().setProperty(key, value); }
        function writeDocument(key, value) { PropertiesService.getDocumentProperties().setProperty(key, value); }
        function writeTo(properties, key, value) { properties.setProperty(key, value); }
        function lock() { LockService.getScriptLock().waitLock(1000); }
        function cache(key, value) { CacheService.getScriptCache().put(key, value); }
        function isArray(value) { return [value instanceof Array, value instanceof Object, Array.isArray(value)]; }
        function makeError() { throw Object.assign(new TypeError('from the library'), {code: 'LIB'}); }
        function createTrigger() { ScriptApp.newTrigger('hostTick').timeBased().after(1000).create(); }
        function libTick() { console.log('tick in the library'); }
        function hostGlobal(request) { return Object.getPrototypeOf(request).constructor.constructor('return this')(); }
        function hasSim() { return typeof Sim; }
        function scriptId() { return ScriptApp.getScriptId(); }
      `,
    },
  ],
};
const project = projectOf(
  `
  var secret = 'of the host';
  function call(name, ...args) { return Lib[name](...args); }
  function callBack() { return Lib.hostGlobal({}).secret; }
  function names() { return [Object.keys(Lib), typeof Lib.own_, typeof Lib.hidden, Lib.shared.loads, Lib.counter]; }
  function afterWrite() { Lib.write('a', 1); return Lib.counter; }
  function passStore() { Lib.writeTo(PropertiesService.getScriptProperties(), 'passed', 'x'); }
  function catchError() { try { Lib.makeError(); } catch (e) { return [e instanceof Error, e.name, e.message, e.code]; } }
  function hostLock() { return LockService.getScriptLock().tryLock(0); }
  function both() { Lib.lock(); return hostLock(); }
  function cached(key) { return CacheService.getScriptCache().get(key); }
  function hostTick() { Sim.effect('host tick'); }
  function createDotted() { ScriptApp.newTrigger('Lib.libTick').timeBased().after(1000).create(); }
  function remember() { globalThis.memory = (globalThis.memory || 0) + 1; return memory; }
  function absent() {
    return ['setTimeout', 'setInterval', 'URL', 'TextEncoder', 'structuredClone', 'queueMicrotask', 'process', 'require',
      'module', 'Buffer', 'fetch', 'crypto', 'performance', 'atob', 'window', 'global'].filter((name) => {
        try { return eval('typeof ' + name) !== 'undefined'; } catch (e) { return true; }
      });
  }
  function escape() {
    return [PropertiesService, ScriptApp, Utilities, console, Sim, Date].map((service) =>
      [service, ...Object.values(service)].map((value) => Object(value).constructor.constructor('return typeof process')()));
  }
  function clock() {
    const before = Date.now();
    Utilities.sleep(1500);
    const after = new Date();
    return [after - before, after instanceof Date, after.constructor === Date, Date().slice(0, 3), new Date(2020, 1, 29).getMonth(),
      Date.UTC(2020, 0), JSON.stringify(new Date(0)), class extends Date {}.name, Date.name];
  }
  function randoms() { return [Math.random(), Math.random()]; }
  async function later() {
    await null;
    PropertiesService.getScriptProperties().setProperty('later', '1');
    return new Promise((resolve) => resolve(5));
  }
  async function fail() { await null; throw new RangeError('later'); }
  function never() { return new Promise(() => {}); }
  function floating() { Promise.resolve().then(() => Sim.effect('floated')); Promise.reject(new Error('unseen')); return 1; }
  function throwAnything(kind) { throw {text: 'a text', nothing: null, object: {}}[kind]; }
  function cyclic() { const a = {}; a.a = a; return a; }
  function talk() { console.log('%s of %d', 'one', 2, {three: 3}); console.warn('careful'); Logger.log('old'); console.error(new Error('bad')); }
`,
  {libraries: [library]},
);

/** Calls a function in a world of its own. */
function once(fn: string, ...args: unknown[]): unknown {
  const world = new World({project});
  try {
    return world.call(fn, args);
  } finally {
    world.close();
  }
}

test('the host sees only the enumerable globals of a library that do not end in an underscore', () => {
  const [visible, ...rest] = once('names') as [string[], ...unknown[]];
  expect(visible.sort()).toEqual([
    ...['cache', 'counter', 'createTrigger', 'hasSim', 'hostGlobal', 'isArray', 'libTick', 'lock', 'makeError'],
    ...['scriptId', 'shared', 'write', 'writeDocument', 'writeTo', 'writeUser'],
  ]);
  expect(rest).toEqual(['undefined', 'undefined', 2, 0]);
  expect(once('afterWrite')).toBe(1);
});

test('a library has its own realm', () => {
  expect(once('call', 'isArray', [1])).toEqual([false, false, true]);
  expect(once('catchError')).toEqual([false, 'TypeError', 'from the library', 'LIB']);
  expect(once('callBack')).toBe('of the host');
  expect(once('call', 'hasSim')).toBe('undefined');
});

test('a library has its own script and document properties, and its host’s user properties', () => {
  const world = new World({project});
  for (const method of ['write', 'writeUser', 'writeDocument']) world.call('call', [method, 'key', method]);
  expect(world.store('script').size + world.store('document').size).toBe(0);
  expect(world.store('script', {library: 'Lib'}).get('key')).toBe('write');
  expect(world.store('document', {library: 'Lib'}).get('key')).toBe('writeDocument');
  expect(world.store('user').get('key')).toBe('writeUser');
  world.call('passStore');
  expect([...world.store('script').keys()]).toEqual(['passed']);
  world.close();
});

test('two hosts share the script properties of a library and see nothing of each other', () => {
  const world = new World({projects: [project, {...project, id: 'other'}]});
  world.call('call', ['write', 'key', 'main']);
  world.call('call', ['write', 'other', 'other'], {project: 'other'});
  expect([...world.store('script', {library: 'Lib', project: 'other'}).keys()]).toEqual(['key', 'other']);
  expect(world.store('script', {project: 'other'}).size).toBe(0);
  world.close();
});

test('the lock and the cache of a library are its own', () => {
  const world = new World({project});
  expect(world.call('both')).toBe(true);
  world.call('call', ['cache', 'key', 'x']);
  expect(world.call('cached', ['key'])).toBeNull();
  world.close();
});

test('a library makes triggers of its host, and a trigger can name a function of a library', () => {
  const world = new World({project});
  world.call('call', ['createTrigger']);
  world.call('createDotted');
  world.settle();
  expect(world.effects.map(({name}) => name)).toEqual(['host tick']);
  expect(world.executions.flatMap(({log}) => log)).toEqual(['tick in the library']);
  expect(world.call('call', ['scriptId'])).toBe('main');
  world.close();
});

test('a realm has nothing that Apps Script lacks, and no way out to Node', () => {
  expect(once('absent')).toEqual([]);
  expect(new Set((once('escape') as string[][]).flat())).toEqual(new Set(['undefined']));
});

test('nothing in memory survives an execution', () => {
  const world = new World({project});
  expect([world.call('remember'), world.call('remember')]).toEqual([1, 1]);
  world.close();
});

test('dates read the virtual clock', () => {
  expect(once('clock')).toEqual([
    1_500,
    true,
    true,
    'Mon',
    1,
    1_577_836_800_000,
    '"1970-01-01T00:00:00.000Z"',
    '',
    'Date',
  ]);
});

test('random numbers come from the seed and differ between executions', () => {
  const draws = (seed: number) => {
    const world = new World({project, seed});
    const numbers = [world.call('randoms'), world.call('randoms')].flat();
    world.close();
    return numbers;
  };
  expect(draws(1)).toEqual(draws(1));
  expect(new Set([...draws(1), ...draws(2)]).size).toBe(8);
});

test('promises go on when the stack is empty', () => {
  const world = new World({project});
  expect(world.call('later')).toBe(5);
  expect(world.store('script').get('later')).toBe('1');
  expect(() => world.call('fail')).toThrow(expect.objectContaining({name: 'RangeError', message: 'later'}));
  expect(world.call('never')).toBeUndefined();
  expect(world.call('floating')).toBe(1);
  expect(world.effects).toHaveLength(1);
  world.close();
});

test('anything can be thrown, and a result that is no JSON gets lost', () => {
  expect(() => once('throwAnything', 'text')).toThrow('a text');
  expect(() => once('throwAnything', 'nothing')).toThrow('null');
  expect(() => once('throwAnything', 'object')).toThrow('[object Object]');
  expect(once('cyclic')).toBeUndefined();
});

test('what is logged is kept with the execution', () => {
  const world = new World({project});
  world.call('talk');
  expect(world.executions[0]?.log).toEqual(['one of 2 {"three":3}', 'warn: careful', 'old', 'error: Error: bad']);
  world.close();
});

test('promises of an execution that failed to load do not reach into the next one', () => {
  const world = new World({
    project: projectOf(`Promise.resolve().then(() => Sim.effect('late')); if (!globalThis.ok) throw new Error('top');`),
  });
  expect(() => world.call('f')).toThrow('top');
  expect(world.effects.map(({executionId}) => executionId)).toEqual([1]);
  world.deploy(projectOf(`function f() {}`));
  world.call('f');
  expect(world.effects).toHaveLength(1);
  world.close();
});

test('an error that the simulator itself makes belongs to the realm, too', () => {
  const source = `
    function errorOf(run) { try { run(); } catch (e) { return [e.name, e instanceof Error, e.constructor.constructor('return typeof process')()]; } }
    function junk() { return errorOf(() => Utilities.ungzip(Utilities.newBlob('no gzip'))); }
    function tooLong() { return errorOf(() => PropertiesService.getScriptProperties().setProperty('a', 'x'.repeat(2e7))); }
  `;
  const world = new World({project: projectOf(source)});
  expect(world.call('junk')).toEqual(['Exception', true, 'undefined']);
  expect(world.call('tooLong')).toEqual(['Exception', true, 'undefined']);
  world.close();
});

test('a syntax error in a file is the error of the execution', () => {
  const world = new World({project: projectOf('function broken( {')});
  expect(() => world.call('broken')).toThrow(expect.objectContaining({name: 'SyntaxError'}));
  expect(() => world.call('broken')).toThrow(expect.objectContaining({name: 'SyntaxError'}));
  world.close();
});

test('top-level code can call services, and can be killed there', () => {
  const world = new World({
    project: projectOf(`PropertiesService.getScriptProperties().setProperty('top', '1'); function f() {}`),
  });
  world.call('f');
  expect(world.store('script').get('top')).toBe('1');
  world.onCall = () => ({kind: 'kill', when: 'before'});
  expect(() => world.call('f')).toThrow('killed');
  world.close();
});

test('a message of four megabytes passes, and one that is too long is refused in words', () => {
  const world = new World({project: projectOf(`function echo(n) { return 'é'.repeat(n); }`)});
  expect(String(world.call('echo', [4_000_000]))).toHaveLength(4_000_000);
  expect(() => world.call('echo', [9_000_000])).toThrow('expected a message of at most 16777216 bytes');
  world.close();
});
