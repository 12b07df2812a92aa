import {LASTING_STORES, STORES, within, type Body} from './implementations';

type Entries = readonly (readonly [key: string, value: string])[];

const write: Body<Entries, void> = ({store}, entries) => {
  for (const [key, value] of entries) store.set(key, value);
};
const readAll: Body<null, Record<string, string>> = ({store}) => ({...store.readAll()});
const get: Body<string, string | null> = ({store}, key) => store.get(key);

describe.each(STORES)('a key-value store ($name)', (implementation) => {
  test('K1 all keys and values come in one call', () => {
    within(implementation, (world) => {
      world.execute(write, [
        ['a', '1'],
        ['b', ''],
      ] as Entries);
      const before = world.calls();
      expect(world.execute(readAll, null)).toEqual({a: '1', b: ''});
      expect(world.calls() - before).toBe(implementation.reach === 'execution' ? 0 : 1);
    });
  });

  test('K1 what was read is a copy, which later writes do not change and which changes nothing', () => {
    within(implementation, (world) => {
      const body: Body<null, unknown> = ({store}) => {
        store.set('a', '1');
        const snapshot = store.readAll() as Record<string, string>;
        store.set('a', '2');
        store.set('b', '3');
        const then = {...snapshot};
        snapshot['a'] = '4';
        return [then, store.readAll()];
      };
      expect(world.execute(body, null)).toEqual([{a: '1'}, {a: '2', b: '3'}]);
    });
  });

  test('K2 what was set is what get reads', () => {
    within(implementation, (world) => {
      world.execute(write, [
        ['a', 'before'],
        ['a', 'größer 😀 \u0000 "{}" \n'],
        ['leer', ''],
      ] as Entries);
      expect(world.execute(get, 'a')).toBe('größer 😀 \u0000 "{}" \n');
      expect(world.execute(get, 'leer')).toBe('');
    });
  });

  test('K2 a key that is missing has null, whatever it is called', () => {
    within(implementation, (world) => {
      for (const key of ['a', 'toString', '__proto__', 'constructor']) expect(world.execute(get, key)).toBeNull();
    });
  });

  test('K3 a value that is too long is refused, not truncated', () => {
    within(implementation, (world) => {
      world.execute(write, [
        ['a', 'old'],
        ['long', 'é'.repeat(4_500)],
      ] as Entries);
      expect(world.execute(get, 'long')).toHaveLength(4_500);
      expect(() => world.execute(write, [['a', 'é'.repeat(5_000)]] as Entries)).toThrow('Argument too large');
      expect(world.execute(get, 'a')).toBe('old');
    });
  });

  test('K4 a full store throws, keeps what it has, and takes what makes it no fuller', () => {
    within(implementation, (world) => {
      const fill: Body<null, unknown> = ({store}) => {
        let message = '';
        let written = 0;
        try {
          for (; written < 100; written++) store.set(`key${written}`, 'x'.repeat(8_000));
        } catch (thrown) {
          message = (thrown as Error).message;
        }
        store.set('key0', 'y'.repeat(8_000));
        return [written, message.includes('storage quota'), store.get(`key${written}`), store.get('key0')?.charAt(0)];
      };
      expect(world.execute(fill, null)).toEqual([63, true, null, 'y']);
    });
  });

  test('K5 deleting a key that is missing has no effect', () => {
    within(implementation, (world) => {
      world.execute(write, [
        ['a', '1'],
        ['b', '2'],
      ] as Entries);
      const remove: Body<null, unknown> = ({store}) => {
        store.remove('absent');
        store.remove('a');
        store.remove('a');
        return store.readAll();
      };
      expect(world.execute(remove, null)).toEqual({b: '2'});
    });
  });
});

describe.each(LASTING_STORES)('a key-value store that lasts ($name)', (implementation) => {
  test('K2 what was set is what any later execution gets, of any user where it is for all', () => {
    within(implementation, (world) => {
      const value = 'größer 😀 \u0000 "{}" \n';
      world.execute(write, [
        ['a', 'before'],
        ['a', value],
        ['leer', ''],
      ] as Entries);
      expect(world.execute(get, 'a')).toBe(value);
      expect(world.execute(get, 'a', {user: 'other@example.com'})).toBe(implementation.reach === 'user' ? null : value);
      expect(world.execute(get, 'leer')).toBe('');
    });
  });

  test('K3 an execution that dies in a write has written all or nothing', () => {
    within(implementation, (world) => {
      world.execute(write, [['a', 'old']] as Entries);
      for (const [when, expected] of [
        ['before', 'old'],
        ['after', 'new'],
      ] as const) {
        expect(() => world.execute(write, [['a', 'new']] as Entries, {death: {method: 'set', when}})).toThrow();
        expect(world.execute(get, 'a')).toBe(expected);
      }
    });
  });
});
