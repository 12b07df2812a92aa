// The numbers are those of `Backend` in src/engine/ports.ts. B1 is held by a kill at every call and B6 by services that
// fail, in test/storage and test/platform; B7 is in test/engine/under-lock.test.ts.
import {IMPLEMENTATIONS, OTHER_STORES, STORES, within, type Body} from './implementations';

type Kind = 'properties' | 'cache' | 'drive' | 'sheet';

interface Text {
  readonly kind: Kind;
  readonly name: string;
  readonly text: string;
}

interface Place {
  readonly kind: Kind;
  readonly at: string;
}

const KINDS: readonly Kind[] = ['properties', 'cache', 'drive', 'sheet'];
const LISTED: readonly Kind[] = ['properties', 'drive', 'sheet'];

const LONGEST: readonly (readonly [kind: Kind, bytes: number])[] = [
  ['properties', 29_000],
  ['cache', 99_000],
  ['drive', 3_000_000],
  ['sheet', 1_000_000],
];

const write: Body<Text, string> = ({backends}, {kind, name, text}) => backends[kind]?.write(name, text) ?? '';
const read: Body<Place, string | null | undefined> = ({backends}, {kind, at}) => backends[kind]?.read(at);
const remove: Body<Place, boolean | undefined> = ({backends}, {kind, at}) => backends[kind]?.remove(at);
const list: Body<Place, unknown> = ({backends}, {kind, at}) =>
  backends[kind]?.list(at).map(({locator, name, bytes}) => ({locator, name, bytes}));
const refusalOf: Body<Place & {readonly method: 'read' | 'remove'}, unknown> = ({backends}, {kind, at, method}) => {
  try {
    return backends[kind]?.[method](at);
  } catch (thrown) {
    return (thrown as {code?: unknown}).code;
  }
};

/** What a cell, a property or a file might take for something else, or not keep. */
const DELICATE: readonly string[] = [
  '',
  '=1+1',
  "'quoted",
  '007',
  'TRUE',
  '2026-01-05',
  '  spaces \t and\r\nlines\n',
  '\ufeffmark \u0000 \u007f \\ \\u0041',
  'größer 😀 €',
  '{"a":["\\n"]}',
];

describe.each(STORES)('a backend ($name)', (implementation) => {
  // Of what a host may choose, only the backend of properties differs.
  const isOther = OTHER_STORES.includes(implementation);
  const kinds = KINDS.filter((kind) => !isOther || kind === 'properties');
  const listed = LISTED.filter((kind) => kinds.includes(kind));

  test.each(kinds)('B2 %s gives back the very text, to any later execution', (kind) => {
    within(implementation, (world) => {
      DELICATE.forEach((text, index) => {
        const at = world.execute(write, {kind, name: `name.${index}`, text});
        expect(world.execute(read, {kind, at})).toBe(text);
      });
    });
  });

  test.each(LONGEST.filter(([kind]) => kinds.includes(kind)))('B2 %s holds a text of %i bytes', (kind, bytes) => {
    within(implementation, (world) => {
      const text = 'é😀x\n'.repeat(bytes / 8);
      const at = world.execute(write, {kind, name: 'long', text});
      expect(world.execute(read, {kind, at}) === text).toBe(true);
    });
  });

  test.each(kinds)('B2 what %s has under a name that was written again is never a mixture', (kind) => {
    within(implementation, (world) => {
      const [long, short] = ['a'.repeat(20_000), 'b'.repeat(9_000)];
      const first = world.execute(write, {kind, name: 'twice', text: long});
      const second = world.execute(write, {kind, name: 'twice', text: short});
      expect(world.execute(read, {kind, at: second})).toBe(short);
      expect([long, short, null]).toContain(world.execute(read, {kind, at: first}));
    });
  });

  test.each(kinds)('B2 what %s has removed is gone, once and for all', (kind) => {
    within(implementation, (world) => {
      const [at, other] = ['one', 'other'].map((name) => world.execute(write, {kind, name, text: name})) as [
        string,
        string,
      ];
      expect(world.execute(remove, {kind, at})).toBe(true);
      expect(world.execute(read, {kind, at})).toBeNull();
      expect(world.execute(remove, {kind, at})).toBe(false);
      expect(world.execute(read, {kind, at: other})).toBe('other');
    });
  });

  test.each(kinds)('B3 %s refuses a locator that it could not have made', (kind) => {
    within(implementation, (world) => {
      world.execute(write, {kind, name: 'a', text: 'a'});
      for (const at of ['', '/', 'a/b/c/d', '../a', 'name with spaces', 'x/é'])
        for (const method of ['read', 'remove'] as const)
          expect(world.execute(refusalOf, {kind, at, method})).toBe('REFERENCE_INVALID');
    });
  });

  test.each(kinds)('B4 %s refuses other names and longer texts, and stores nothing', (kind) => {
    within(implementation, (world) => {
      const attempt: Body<Kind, unknown> = ({backends}, inner) => {
        const backend = backends[inner];
        const codes = [
          ['', 'x'],
          ['a/b', 'x'],
          ['n'.repeat(201), 'x'],
          ['long', 'x'.repeat((backend?.maxBytes ?? 0) + 1)],
        ].map(([name = '', text = '']) => {
          try {
            return backend?.write(name, text);
          } catch (thrown) {
            return (thrown as {code?: unknown}).code;
          }
        });
        return [codes, backend?.list('')];
      };
      expect(world.execute(attempt, kind)).toEqual([
        ['INVALID_REQUEST', 'INVALID_REQUEST', 'INVALID_REQUEST', 'VALUE_TOO_LARGE'],
        [],
      ]);
    });
  });

  test.each(listed)('B5 %s lists what begins so, with its size', (kind) => {
    within(implementation, (world) => {
      expect(world.execute(list, {kind, at: ''})).toEqual([]);
      const [one, two] = ['job_1.0.0.1', 'job_1.0.0.2'].map((name) => ({
        locator: world.execute(write, {kind, name, text: 'größe'}),
        name,
        bytes: 7,
      }));
      world.execute(write, {kind, name: 'job_2.0.0.1', text: 'x'});
      const rows = world.execute(list, {kind, at: 'job_1.'}) as readonly unknown[];
      expect(rows).toHaveLength(2);
      expect(rows).toEqual(expect.arrayContaining([one, two]));
      world.execute(remove, {kind, at: one?.locator ?? ''});
      expect(world.execute(list, {kind, at: 'job_1.'})).toEqual([two]);
    });
  });
});

describe.each(IMPLEMENTATIONS)('the cache ($name)', (implementation) => {
  test('B5 it lists nothing', () => {
    within(implementation, (world) => {
      world.execute(write, {kind: 'cache', name: 'a', text: 'a'});
      expect(world.execute(list, {kind: 'cache', at: ''})).toEqual([]);
    });
  });
});
