import {projectOf, World} from './index';

const project = projectOf(`
  const store = (kind) => PropertiesService['get' + (kind || 'Script') + 'Properties']();
  function set(key, value, kind) { store(kind).setProperty(key, value); }
  function get(key, kind) { return store(kind).getProperty(key); }
  function setMany(count, prefix, bytes) {
    const all = {};
    for (let i = 0; i < count; i++) all[prefix + i] = 'x'.repeat(bytes);
    store().setProperties(all);
  }
  function replace(record) { store().setProperties(record, true); }
  function all() { return [store().getProperties(), store().getKeys()]; }
  function remove(key) { store().deleteProperty(key).deleteProperty('never there'); }
  function clear() { store().deleteAllProperties(); }
  function coerce() {
    store().setProperty('number', 1).setProperty('null', null).setProperty('object', {}).setProperty('list', [1, 2]);
  }
  function missing() { store().setProperty('key'); }
  function documentIsNull() { return PropertiesService.getDocumentProperties() === null; }
`);

test('values become strings and a missing key is null', () => {
  const world = new World({project});
  world.call('coerce');
  expect(Object.fromEntries(world.store('script'))).toEqual({
    number: '1',
    null: 'null',
    object: '[object Object]',
    list: '1,2',
  });
  expect(world.call('get', ['unknown'])).toBeNull();
  expect(() => world.call('missing')).toThrow("The parameters (String) don't match the method signature");
  world.close();
});

test('a value may have 9 KB in UTF-8 and not a byte more', () => {
  const world = new World({project});
  world.call('set', ['fits', 'é'.repeat(4_608)]);
  expect(() => world.call('set', ['large', 'é'.repeat(4_608) + 'x'])).toThrow('Argument too large: value');
  expect([...world.store('script').keys()]).toEqual(['fits']);
  world.close();
});

test('an empty key is refused', () => {
  const world = new World({project});
  expect(() => world.call('set', ['', 'x'])).toThrow('Invalid argument: key');
  world.close();
});

test('keys and values of a store have 500 KB together, and a refused bulk write changes nothing', () => {
  const world = new World({project});
  world.call('setMany', [56, 'a', 9_000]);
  expect(() => world.call('setMany', [2, 'b', 7_000])).toThrow(
    'You have exceeded the property storage quota. Please remove some properties and try again.',
  );
  expect(world.store('script').size).toBe(56);
  world.call('setMany', [1, 'b', 7_000]);
  world.call('set', ['a0', 'shorter']);
  world.close();
});

test('setProperties can delete all others', () => {
  const world = new World({project});
  world.call('set', ['old', '1']);
  world.call('replace', [{fresh: 2}]);
  expect(world.call('all')).toEqual([{fresh: '2'}, ['fresh']]);
  world.call('remove', ['fresh']);
  world.call('set', ['other', '1']);
  world.call('clear');
  expect(world.store('script').size).toBe(0);
  world.close();
});

test('script properties are everybody’s, user properties one user’s, document properties the document’s', () => {
  const world = new World({projects: [project, {...project, id: 'standalone', isBound: false}]});
  const [ada, bob] = [{user: 'ada@example.com'}, {user: 'bob@example.com'}];
  for (const kind of ['Script', 'User', 'Document']) world.call('set', ['key', kind, kind], ada);
  expect(['Script', 'User', 'Document'].map((kind) => world.call('get', ['key', kind], bob))).toEqual([
    'Script',
    null,
    'Document',
  ]);
  expect(world.store('user', ada).get('key')).toBe('User');
  expect(world.call('get', ['key', 'Script'], {project: 'standalone'})).toBeNull();
  expect(world.call('documentIsNull', [], {project: 'standalone'})).toBe(true);
  world.close();
});

test('a test can plant and take out what no code would write', () => {
  const world = new World({project});
  world.setProperty('script', 'huge', 'x'.repeat(600_000));
  expect(String(world.call('get', ['huge']))).toHaveLength(600_000);
  world.setProperty('script', 'huge', null);
  expect(world.call('get', ['huge'])).toBeNull();
  world.close();
});

test('the daily quota counts a bulk call once or by its keys, and starts again after a day', () => {
  const countdown = (bulk: 'one' | 'each') => {
    const world = new World({project, dailyQuota: {propertyOperations: 5, bulk}});
    world.call('setMany', [4, 'a', 1]);
    let calls = 0;
    try {
      for (; calls < 10; calls++) world.call('get', ['a0']);
    } catch (error) {
      expect(String(error)).toContain('Service invoked too many times for one day: properties.');
    }
    world.runUntil(world.nowMs + 86_400_000);
    world.call('get', ['a0']);
    world.close();
    return calls;
  };
  expect(countdown('one')).toBe(4);
  expect(countdown('each')).toBe(1);
});

test('calls cost their latency and are counted for the world and for the execution', () => {
  const world = new World({project});
  const startMs = world.nowMs;
  world.call('set', ['key', 'value']);
  expect(world.nowMs - startMs).toBe(62);
  world.call('get', ['key']);
  expect(world.nowMs - startMs).toBe(92);
  world.call('remove', ['key']);
  expect(world.counts()).toEqual({
    reads: 1,
    writes: 1,
    deletes: 2,
    bytesWritten: 8,
    bytesRead: 5,
    locks: 0,
    triggerCalls: 0,
    triggersCreated: 0,
    calls: 4,
    byMethod: {'properties.deleteProperty': 2, 'properties.getProperty': 1, 'properties.setProperty': 1},
  });
  expect(world.executions[1]?.counts()).toMatchObject({reads: 1, writes: 0, calls: 1});
  world.resetCounts();
  expect(world.counts().calls).toBe(0);
  world.close();
});
