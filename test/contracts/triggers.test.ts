import {IMPLEMENTATIONS, within, type Body} from './implementations';

const MINUTE_MS = 60_000;

const create: Body<number | null, string> = ({triggers}, delayMs) =>
  delayMs === null ? triggers.createRecurring(10) : triggers.createOneOff(delayMs);
const list: Body<null, readonly string[]> = ({triggers}) => triggers.list();
const remove: Body<readonly string[], void> = ({triggers}, ids) => triggers.remove(ids);
const problem: Body<null, string | null> = ({triggers}) => triggers.problem();

describe.each(IMPLEMENTATIONS)('triggers ($name)', (implementation) => {
  test('T1 triggers of other functions and of other users are neither listed nor removed', () => {
    within(implementation, (world) => {
      const planted = world.plantTrigger('one@example.com');
      const mine = world.execute(create, null, {user: 'one@example.com'});
      const theirs = world.execute(create, null, {user: 'two@example.com'});
      expect(world.execute(list, null, {user: 'one@example.com'})).toEqual([mine]);
      world.execute(remove, [planted, theirs, mine], {user: 'one@example.com'});
      expect([...world.triggerIds()].sort()).toEqual([planted, theirs].sort());
    });
  });

  test('T2 where one can be tried there is no problem', () => {
    within(implementation, (world) => {
      expect(world.execute(problem, null)).toBeNull();
    });
  });

  test('T2 why none can be made is said in plain words, and none is made', () => {
    const world = implementation.make({hasDispatcher: false});
    expect(world.execute(problem, null)).toMatch(/no function astJobsWorker/);
    expect(world.triggerIds()).toEqual([]);
    world.close();
  });

  test('T3 a trigger that was made exists from then on, under its id', () => {
    within(implementation, (world) => {
      const both: Body<null, readonly (readonly string[])[]> = ({triggers}) => {
        const ids = [triggers.createRecurring(5), triggers.createOneOff(90_000)];
        return [ids, triggers.list()];
      };
      const [ids = [], listed = []] = world.execute(both, null);
      expect(new Set(ids).size).toBe(2);
      expect([...listed].sort()).toEqual([...ids].sort());
      expect([...world.execute(list, null)].sort()).toEqual([...ids].sort());
    });
  });

  test('T3 a one-off calls the dispatcher once, and not before its time', () => {
    within(implementation, (world) => {
      world.execute(create, 5 * MINUTE_MS);
      world.pass(5 * MINUTE_MS - 10_000);
      expect(world.firings()).toBe(0);
      world.pass(MINUTE_MS);
      expect(world.firings()).toBe(1);
      world.pass(60 * MINUTE_MS);
      expect(world.firings()).toBe(1);
    });
  });

  test('T3 a recurring one calls the dispatcher again and again', () => {
    within(implementation, (world) => {
      world.execute(create, null);
      world.pass(61 * MINUTE_MS);
      expect(world.firings()).toBeGreaterThanOrEqual(5);
      expect(world.firings()).toBeLessThanOrEqual(7);
    });
  });

  test('T4 a one-off that has fired is listed until it is removed', () => {
    within(implementation, (world) => {
      const uid = world.execute(create, MINUTE_MS);
      world.pass(10 * MINUTE_MS);
      expect(world.firings()).toBe(1);
      expect(world.execute(list, null)).toEqual([uid]);
      world.execute(remove, [uid]);
      expect(world.execute(list, null)).toEqual([]);
    });
  });

  test('T5 ids that no longer exist have no effect', () => {
    within(implementation, (world) => {
      const [gone, kept] = [world.execute(create, MINUTE_MS), world.execute(create, MINUTE_MS)];
      world.execute(remove, [gone]);
      world.execute(remove, [gone, 'never', '']);
      world.execute(remove, []);
      expect(world.execute(list, null)).toEqual([kept]);
      world.pass(10 * MINUTE_MS);
      expect(world.firings()).toBe(1);
    });
  });
});
