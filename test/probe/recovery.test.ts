/**
 * What becomes of the probe when its own executions are killed, fail, or come twice, and when its user is impatient: it
 * goes on by itself, says what was killed, and leaves nothing behind.
 */
import type {ServiceCall, World} from '../simulator';
import {answersOf, expectNothingLeft, ownKeys, ownTriggers, runProbe, untilOver, worldWithProbe} from './lab';

/** Kills at the n-th call of the first execution that `isMeant` means. */
function killAt(world: World, n: number, isMeant: (call: ServiceCall) => boolean): void {
  let victimId = 0;
  let calls = 0;
  world.onCall = (call) => {
    if (victimId === 0 && isMeant(call)) victimId = call.execution.id;
    if (call.execution.id !== victimId) return undefined;
    return ++calls === n ? {kind: 'kill', when: n % 2 === 0 ? 'after' : 'before'} : undefined;
  };
}

test('a part that is killed counts as an answer, and the parts after it are measured all the same', () => {
  const world = worldWithProbe({
    prepare: (made) => killAt(made, 90, ({execution}) => execution.fn === 'probe'),
  });
  expect(() => world.call('probe')).toThrow('killed');
  untilOver(world);
  const {table} = answersOf(world);
  expect(table.get('part properties')).toBe('killed');
  expect(table.get('ms of getProperty')).toBeUndefined();
  expect(table.get('ms of tryLock')).toMatch(/^60, /);
  expect(table.get('finally runs at the kill')).toBe('no');
  expectNothingLeft({world});
});

test('killed at any call of its beginning by hand, it either has not begun or goes on to its end', () => {
  let endings = 0;
  for (let n = 1; n <= 40; n += 5) {
    const world = worldWithProbe({
      options: {seed: n},
      prepare: (made) => killAt(made, n, ({execution}) => execution.fn === 'probe'),
    });
    expect(() => world.call('probe')).toThrow('killed');
    if (ownTriggers(world).length > 0) {
      untilOver(world);
      expect(answersOf(world).table.get('lock excludes other executions')).toBe('yes');
      endings++;
    } else {
      world.call('probeCleanUp');
    }
    expectNothingLeft({world});
    world.close();
  }
  expect(endings).toBeGreaterThan(4);
});

test('killed while it ends, it is printed once at the least and cleaned up by a later execution', () => {
  for (let n = 1; n <= 120; n += 17) {
    const world = worldWithProbe({
      options: {seed: n},
      prepare: (made) =>
        killAt(
          made,
          n,
          ({execution, method, args}) =>
            execution.fn === 'astProbeBeat' && method === 'setProperty' && args[0] === 'AST_PROBE_END',
        ),
    });
    world.call('probe');
    untilOver(world);
    expect(answersOf(world).table.get('finally runs at the kill')).toBe('no');
    expectNothingLeft({world});
    world.close();
  }
});

test('with two beats within a fifth of a second each time, there is one victim, and the answers are printed once', () => {
  for (let seed = 1; seed <= 6; seed++) {
    const {world, table, logs} = runProbe({
      options: {seed, jitter: 0.5},
      prepare: (made) => {
        made.onFiring = ({handler: fn}) => {
          const atMs = made.nowMs + ((seed * 37) % 200);
          if (fn === 'astProbeBeat') made.start({fn, args: [{}], trigger: 'recurring', atMs});
          return 'fire';
        };
      },
    });
    expect(world.executions.filter(({end}) => end === 'wall')).toHaveLength(1);
    expect(logs.filter((text) => text.startsWith('{'))).toHaveLength(1);
    expect(table.get('lock is freed after the kill')).toMatch(/^yes, /);
    expectNothingLeft({world});
    world.close();
  }
});

test('with service errors all along, it comes to its end', () => {
  let calls = 0;
  const {world} = runProbe({
    prepare: (made) =>
      (made.onCall = ({execution, method}) =>
        execution.trigger !== null && method !== 'sleep' && ++calls % 37 === 0
          ? {kind: 'error', message: 'A server error occurred.', when: 'before'}
          : undefined),
  });
  world.onCall = undefined;
  untilOver(world);
  expect(ownKeys(world)).toEqual([]);
});

test('a victim that errors end before its time has a successor', () => {
  let victimId = 0;
  const {world, table} = runProbe({
    prepare: (made) => {
      made.onCall = ({execution, method, atMs}) => {
        if (victimId === 0 && execution.fn === 'astProbeBeat' && atMs - execution.startMs > 90_000)
          victimId = execution.id;
        return execution.id === victimId && method === 'setProperty' && atMs - execution.startMs < 100_000
          ? {kind: 'error', message: 'A server error occurred.', when: 'before'}
          : undefined;
      };
    },
  });
  expect(world.executions[victimId - 1]?.end).toBe('error');
  expect(world.executions.filter(({end}) => end === 'wall')).toHaveLength(1);
  expect(table.get('time limit')).toMatch(/^35\d\.\d s to 36\d\.\d s$/);
  expect(table.get('catch runs at the kill')).toBe('no');
  expect(table.get('lock excludes other executions')).toBe('yes');
  expectNothingLeft({world});
});

test('run again, it tells how far it is and begins nothing anew', () => {
  const world = worldWithProbe({});
  world.call('probe');
  world.runUntil(world.nowMs + 240_000);
  const triggers = ownTriggers(world);
  world.call('probe');
  const {table, logs} = answersOf(world);
  expect(table.get('lock excludes other executions')).toBe('yes');
  expect(table.get('finally runs at the kill')).toBeUndefined();
  expect(table.get('time limit')).toBe('not known');
  expect(table.get('those made by a trigger are born disabled')).toBe('no');
  expect(logs.at(-1)).toContain('not finished');
  expect(ownTriggers(world)).toEqual(triggers);
  untilOver(world);
  expect(answersOf(world).table.get('finally runs at the kill')).toBe('no');
});

test('probeCleanUp ends it at any time', () => {
  for (let minute = 0; minute <= 10; minute += 2) {
    const world = worldWithProbe({options: {seed: minute}});
    world.call('probe');
    world.runUntil(world.nowMs + minute * 60_000);
    world.call('probeCleanUp');
    expect(ownTriggers(world)).toEqual([]);
    world.settle({untilIdle: true});
    expect(ownKeys(world)).toEqual([]);
    world.close();
  }
});

test('without room for its trigger, it says so and leaves nothing', () => {
  const world = worldWithProbe({options: {limits: {triggersPerUser: 1}}});
  expect(() => world.call('probe')).toThrow('too many triggers');
  expect(ownKeys(world)).toEqual([]);
});
