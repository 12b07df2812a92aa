import {IMPLEMENTATIONS, STORES, within, type Body} from './implementations';

const callIt: Body<string, unknown> = ({handlers}, name) => {
  const found = handlers.find(name);
  return found === null ? null : found('Ada');
};
const known: Body<null, string | null> = ({identity}) => identity.known();
const ensure: Body<null, string> = ({identity}) => identity.ensure();

describe.each(STORES)('handlers ($name)', (implementation) => {
  test('H1 a function of the host is found by its name', () => {
    within(implementation, (world) => {
      expect(world.execute(callIt, 'greet')).toBe('hello Ada');
      expect(world.execute(callIt, 'wave')).toBe('bye Ada');
    });
  });

  test('H1 what the host has not is null', () => {
    within(implementation, (world) => {
      for (const name of ['absent', '', 'toString', 'greet()', '__proto__'])
        expect(world.execute(callIt, name)).toBeNull();
    });
  });

  test('H1 the same function is found again', () => {
    within(implementation, (world) => {
      const twice: Body<null, boolean> = ({handlers}) => handlers.find('greet') === handlers.find('greet');
      expect(world.execute(twice, null)).toBe(true);
    });
  });
});

describe.each(IMPLEMENTATIONS)('an identity ($name)', (implementation) => {
  test('U1 a user has the same id at every execution', () => {
    within(implementation, (world) => {
      const id = world.execute(ensure, null);
      expect(id).toMatch(/^u[0-9a-z]+$/);
      expect([world.execute(ensure, null), world.execute(known, null), world.execute(ensure, null)]).toEqual([
        id,
        id,
        id,
      ]);
    });
  });

  test('U1 different users have different ids', () => {
    within(implementation, (world) => {
      const ids = ['a', 'b', 'c', 'd'].map((name) => world.execute(ensure, null, {user: `${name}@example.com`}));
      expect(new Set(ids).size).toBe(4);
    });
  });

  test('U1 a user who never had an id is not given one by a look', () => {
    within(implementation, (world) => {
      world.execute(ensure, null, {user: 'a@example.com'});
      expect(world.execute(known, null, {user: 'b@example.com'})).toBeNull();
      expect(world.execute(known, null, {user: 'b@example.com'})).toBeNull();
    });
  });

  test('U1 a user who is forgotten is a new one at the next time, others stay', () => {
    within(implementation, (world) => {
      const [user, other] = ['a@example.com', 'b@example.com'];
      const before = world.execute(ensure, null, {user});
      const kept = world.execute(ensure, null, {user: other});
      const forget: Body<null, string | null> = ({identity}) => {
        identity.ensure();
        identity.forget();
        return identity.known();
      };
      expect(world.execute(forget, null, {user})).toBeNull();
      expect(world.execute(known, null, {user})).toBeNull();
      expect(world.execute(ensure, null, {user})).not.toBe(before);
      expect(world.execute(known, null, {user: other})).toBe(kept);
    });
  });

  test('U1 an id is kept from the store of jobs', () => {
    within(implementation, (world) => {
      const id = world.execute(ensure, null);
      const readAll: Body<null, unknown> = ({store}) => store.readAll();
      expect(JSON.stringify(world.execute(readAll, null))).not.toContain(id);
    });
  });
});

describe.each(STORES)('an identity within one execution ($name)', (implementation) => {
  test('U1 it is there once it was made, also for further ports, until it is forgotten', () => {
    within(implementation, (world) => {
      const body: Body<null, readonly (string | null)[]> = ({identity}, _input, again) => {
        const never = identity.known();
        const made = identity.ensure();
        const seen = [made, identity.ensure(), identity.known(), again().identity.known()];
        identity.forget();
        return [never, identity.known(), identity.ensure(), ...seen];
      };
      const [never, forgotten, next, made, ...seen] = world.execute(body, null);
      expect([never, forgotten]).toEqual([null, null]);
      expect(made).toMatch(/^u[0-9a-z]+$/);
      expect(seen).toEqual([made, made, made]);
      expect(next).toMatch(/^u[0-9a-z]+$/);
      expect(next).not.toBe(made);
    });
  });
});
