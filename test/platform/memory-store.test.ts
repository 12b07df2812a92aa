import {utf8Bytes} from '../../src/core/bytes';
import {
  emptyMemory,
  memoryIdentity,
  memoryMutex,
  memoryStore,
  memoryTriggers,
  type Memory,
} from '../../src/platform/memory-store';
import {refusal} from '../support/requests';

// What the ports have in common with those of properties is in test/contracts.

function bytesOf({values}: Memory): number {
  return [...values].reduce((sum, [key, value]) => sum + utf8Bytes(key) + utf8Bytes(value), 0);
}

test('the bytes are those of all keys and values, whatever was written over, deleted and refused', () => {
  const memory = emptyMemory();
  const store = memoryStore(memory);
  store.set('schlüssel', 'größe 😀');
  store.set('a', 'x'.repeat(5_000));
  store.set('a', 'x');
  store.remove('absent');
  expect(() => store.set('a', 'é'.repeat(5_000))).toThrow('Argument too large');
  expect(memory.bytes).toBe(bytesOf(memory));
  store.remove('schlüssel');
  expect(memory.bytes).toBe(2);
});

test('the store takes 500 KB to the byte, and in a full one what makes it no fuller', () => {
  const memory = emptyMemory();
  const store = memoryStore(memory);
  for (let index = 0; index < 55; index++) store.set(`k${String(index).padStart(2, '0')}`, 'x'.repeat(9_216));
  const rest = 500 * 1024 - memory.bytes;
  expect(() => store.set('last', 'x'.repeat(rest - 3))).toThrow('storage quota');
  store.set('last', 'x'.repeat(rest - 4));
  expect(memory.bytes).toBe(500 * 1024);
  expect(() => store.set('more', '')).toThrow('storage quota');
  store.set('k00', 'y'.repeat(9_216));
  store.set('k00', 'short');
  expect(store.get('k00')).toBe('short');
});

test('a value that is no text becomes one, as in properties', () => {
  const store = memoryStore(emptyMemory());
  store.set('a', 5 as unknown as string);
  expect(store.get('a')).toBe('5');
  expect(store.readAll()).toEqual({a: '5'});
});

test('a lock that another holds is refused at once, and is not freed by others', () => {
  const memory = emptyMemory();
  const [one, other] = [memoryMutex(memory), memoryMutex(memory)];
  expect([one.tryAcquire(30_000), other.tryAcquire(30_000)]).toEqual([true, false]);
  other.release();
  expect(other.tryAcquire(0)).toBe(false);
  one.release();
  expect(other.tryAcquire(0)).toBe(true);
});

test('two memories know nothing of each other', () => {
  const [one, other] = [emptyMemory(), emptyMemory()];
  memoryStore(one).set('a', '1');
  memoryIdentity(one, {next: () => 0.5}).ensure();
  expect([memoryStore(other).get('a'), memoryIdentity(other, {next: () => 0.5}).known()]).toEqual([null, null]);
});

test('no trigger can be made, and why is said in plain words', () => {
  const triggers = memoryTriggers();
  expect(triggers.problem()).toContain('Jobs in memory end with this execution');
  for (const create of [() => triggers.createRecurring(10), () => triggers.createOneOff(1_000)])
    expect(refusal(() => create())).toMatchObject({
      name: 'AstJobsCapabilityError',
      code: 'TRIGGERS_UNAVAILABLE',
      message: triggers.problem(),
    });
  expect(triggers.list()).toEqual([]);
});
