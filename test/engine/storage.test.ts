import {ValueStorage} from '../../src/engine/storage';
import type {Backend, Ports} from '../../src/engine/ports';
import {memoryBackends} from '../support/memory-backends';
import {MemoryWorld} from '../support/memory-ports';
import {refusal} from '../support/requests';

function inWorld(check: (storage: ValueStorage, world: MemoryWorld, ports: Ports) => void): void {
  const world = new MemoryWorld();
  world.execute((ports) => {
    check(new ValueStorage(ports), world, ports);
  });
}

/** What a script of Apps Script hands over as a blob. */
const blob = (bytes: unknown, type: unknown = 'text/csv', name: unknown = 'a.csv'): unknown => ({
  getBytes: () => bytes,
  getContentType: () => type,
  getName: () => name,
});

test('without an archive values go to the properties, with one there', () => {
  const world = new MemoryWorld();
  world.execute((ports) => {
    expect(new ValueStorage(ports).put('x', {}).in).toBe('properties');
  });
  world.archive = world.backends.sheet as Backend;
  world.execute((ports) => {
    const storage = new ValueStorage(ports);
    expect([storage.put('x', {}).in, storage.usage().default]).toEqual(['sheet', 'sheet']);
    expect(storage.put('x', {backend: 'properties'}).in).toBe('properties');
  });
});

test('names of values differ, also of the same value in the same millisecond', () => {
  inWorld((storage) => {
    const places = Array.from({length: 50}, () => storage.put('same', {backend: 'drive'}).at.replace(/^.*\//, ''));
    expect(new Set(places).size).toBe(50);
  });
});

test('a blob comes back as the host makes it, with its own name unless it was given another', () => {
  inWorld((storage) => {
    const own = storage.put(blob([1, -1, 255]), {});
    expect(own).toMatchObject({type: 'blob', mime: 'text/csv', name: 'a.csv'});
    expect(storage.get(own, {})).toEqual({bytes: [1, -1, -1], mime: 'text/csv', name: 'a.csv'});
    expect(storage.put(blob([]), {name: 'b'})).toMatchObject({name: 'b'});
    const bare = storage.put(blob([7], null, null), {});
    expect(bare).not.toHaveProperty('mime');
    expect(storage.get(bare, {})).toEqual({bytes: [7], mime: null, name: null});
    expect(storage.get(storage.put({getBytes: 'no function'}, {}), {})).toEqual({getBytes: 'no function'});
  });
});

test.each([[null], ['text'], [['a']], [[1.5]]])('a blob with the bytes %j is refused', (bytes) => {
  inWorld((storage) => {
    const error = refusal(() => storage.put(blob(bytes), {}));
    expect(error.code).toBe('INVALID_REQUEST');
    expect(error.message).toContain('getBytes() of a blob must give a list of numbers');
  });
});

test('a blob that throws is refused as any other value is', () => {
  inWorld((storage) => {
    const throwing = {
      getBytes: () => {
        throw new Error('not loaded');
      },
    };
    expect(refusal(() => storage.put(throwing, {})).message).toContain('not loaded');
  });
});

test('a value is a copy, each time it is got', () => {
  inWorld((storage) => {
    const value = {rows: [1]};
    const reference = storage.put(value, {});
    value.rows.push(2);
    const got = storage.get(reference, {}) as {rows: number[]};
    got.rows.push(3);
    expect(storage.get(reference, {})).toEqual({rows: [1]});
  });
});

test('a text of the right name and another content is damage', () => {
  inWorld((storage, world) => {
    const drive = memoryBackends(() => 0).drive;
    world.backends = {...world.backends, drive};
    world.execute((ports) => {
      const reference = new ValueStorage(ports).put('value', {backend: 'drive'});
      const entry = drive.entries.get(reference.at);
      if (entry !== undefined) drive.entries.set(reference.at, {...entry, text: '["text",null,null]\nother'});
      const error = refusal(() => new ValueStorage(ports).get(reference, {}));
      expect(error).toMatchObject({code: 'RECORD_CORRUPT', details: {reference}});
    });
    expect(storage.list({backend: 'drive'})).toEqual([]);
  });
});

test('values are listed across backends by their time of birth', () => {
  inWorld((storage, world) => {
    const places = (['sheet', 'drive', 'properties'] as const).map((backend) => {
      world.pass(1_000);
      return storage.put(backend, {backend}).at;
    });
    expect(storage.list({}).map(({reference}) => reference.at)).toEqual([...places].reverse());
    expect(storage.list({olderThanMs: 1_000}).map(({reference}) => reference.at)).toEqual(places.slice(0, 2).reverse());
    expect(storage.list(undefined)).toHaveLength(3);
  });
});
