import {projectOf, World} from './index';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

const project = projectOf(`
  function createEvery(minutes) { ScriptApp.newTrigger('tick').timeBased().everyMinutes(minutes).create(); }
  function tick() { Sim.spend(${5 * MINUTE_MS}); }
  function byHand() { Sim.spend(${5 * MINUTE_MS}); }
`);

function worldWithTriggers(users: readonly string[], dailyTriggerMs?: number): World {
  const world = new World({project, quirks: {recurringJitterMs: 0}, ...(dailyTriggerMs ? {dailyTriggerMs} : {})});
  for (const user of users) world.call('createEvery', [30], {user});
  return world;
}

/** How many firings of a user ended in which way, from some time on. */
function endsOf(world: World, user: string, fromMs: number, untilMs: number): readonly [done: number, failed: number] {
  const fired = world.executions.filter(
    (one) => one.user === user && one.trigger !== null && one.startMs >= fromMs && one.startMs < untilMs,
  );
  return [fired.filter(({end}) => end === 'done').length, fired.filter(({end}) => end === 'error').length];
}

test('firings fail once a user has used the time of the day, until 24 hours after the first one', () => {
  const world = worldWithTriggers(['a', 'b'], 12 * MINUTE_MS);
  const startMs = world.nowMs;
  world.call('byHand', [], {user: 'a'});
  world.runUntil(startMs + 30 * HOUR_MS);
  const first = world.executions.find((one) => one.user === 'a' && one.trigger !== null)?.startMs ?? 0;
  // Three times five minutes: what has begun is not stopped.
  expect(endsOf(world, 'a', first, first + 24 * HOUR_MS)).toEqual([3, 45]);
  expect(endsOf(world, 'a', first + 24 * HOUR_MS, startMs + 30 * HOUR_MS)[0]).toBe(3);
  const failed = world.executions.find(({end}) => end === 'error');
  expect(failed?.error?.message).toBe('Service using too much computer time for one day');
  const otherMs = world.executions.find((one) => one.user === 'b' && one.trigger !== null)?.startMs ?? 0;
  expect(endsOf(world, 'b', otherMs, otherMs + 24 * HOUR_MS)).toEqual([3, 45]);
  world.close();
});

test('without the option no firing fails', () => {
  const world = worldWithTriggers(['a']);
  const startMs = world.nowMs;
  world.runUntil(startMs + 10 * HOUR_MS);
  expect(endsOf(world, 'a', startMs, world.nowMs)).toEqual([20, 0]);
  world.close();
});
