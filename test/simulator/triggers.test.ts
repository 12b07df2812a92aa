import {projectOf, World} from './index';
import type {FiringVerdict, StartRequest, WorldOptions} from './index';

const project = projectOf(`
  function createAfter(ms, handler) {
    return ScriptApp.newTrigger(handler || 'tick').timeBased().after(ms).create().getUniqueId();
  }
  function createAt(ms) { ScriptApp.newTrigger('tick').timeBased().at(new Date(ms)).create(); }
  function createEvery(minutes) { ScriptApp.newTrigger('tick').timeBased().everyMinutes(minutes).create(); }
  function createMany(count) { for (let i = 0; i < count; i++) createAfter(1000); }
  function tick(event) {
    Sim.effect('tick', {uid: event.triggerUid, mode: event.authMode, hour: event.hour});
  }
  const arrow = () => Sim.effect('arrow');
  var nested = {handler: () => Sim.effect('nested')};
  function sleep() { Utilities.sleep(300000); }
  function list() {
    return ScriptApp.getProjectTriggers().map((t) => [
      t.getUniqueId(), t.getHandlerFunction(), String(t.getEventType()), t.getTriggerSource() === ScriptApp.TriggerSource.CLOCK,
    ]);
  }
  function deleteAll() { ScriptApp.getProjectTriggers().forEach((t) => ScriptApp.deleteTrigger(t)); }
`);

/** A world that has made one one-off trigger due in 10 s, and the instant when it is due. */
function worldWithTrigger(options: WorldOptions = {}, firing?: FiringVerdict) {
  const world = new World({project, ...options});
  if (firing !== undefined) world.onFiring = () => firing;
  world.call('createAfter', [10_000]);
  return {world, dueMs: world.nowMs + 10_000};
}

test('a one-off trigger fires once, late by the lag and never early', () => {
  for (let seed = 1; seed <= 30; seed++) {
    const {world, dueMs} = worldWithTrigger({seed});
    expect(world.settle().isSettled).toBe(true);
    expect(world.effects).toHaveLength(1);
    const lagMs = (world.effects[0]?.atMs ?? 0) - dueMs;
    expect(lagMs).toBeGreaterThanOrEqual(5_000);
    expect(lagMs).toBeLessThanOrEqual(60_000);
    world.close();
  }
});

test('a trigger can be due at a date', () => {
  const world = new World({project, triggerLagMs: [0, 0]});
  const dueMs = world.nowMs + 7_200_000;
  world.call('createAt', [dueMs]);
  world.settle();
  expect(world.effects).toEqual([
    expect.objectContaining({atMs: dueMs, data: expect.objectContaining({mode: 'FULL', hour: 11}) as unknown}),
  ]);
  world.close();
});

test('a one-off trigger stays listed after it has fired, until it is deleted', () => {
  const {world} = worldWithTrigger();
  world.settle();
  const [trigger] = world.triggers();
  expect(trigger).toMatchObject({kind: 'oneOff', handler: 'tick', fired: 1});
  expect(world.call('list')).toEqual([[trigger?.uid, 'tick', 'CLOCK', true]]);
  expect(world.effects[0]?.data).toMatchObject({uid: trigger?.uid});
  world.call('deleteAll');
  expect(world.triggers()).toEqual([]);
  world.close();
});

test('a deleted trigger does not fire', () => {
  const {world} = worldWithTrigger();
  world.call('deleteAll');
  world.settle();
  expect(world.effects).toEqual([]);
  world.close();
});

test('a recurring trigger fires for the first time within its period, then every period within two seconds', () => {
  const world = new World({project});
  world.call('createEvery', [10]);
  const createdMs = world.nowMs;
  world.runUntil(createdMs + 3_600_000);
  const times = world.effects.map(({atMs}) => atMs);
  expect(times).toHaveLength(6);
  expect((times[0] ?? 0) - createdMs).toBeLessThanOrEqual(602_000);
  times.slice(1).forEach((atMs, i) => expect(Math.abs(atMs - (times[i] ?? 0) - 600_000)).toBeLessThanOrEqual(4_000));
  expect(() => world.call('createEvery', [7])).toThrow('everyMinutes');
  world.close();
});

test('a world with a recurring trigger settles only when asked to be idle', () => {
  const world = new World({project});
  world.call('createEvery', [10]);
  const startMs = world.nowMs;
  expect(world.settle({untilIdle: true})).toEqual({isSettled: true, atMs: startMs, pending: ''});
  expect(world.settle({horizonMs: 3_600_000})).toEqual({
    isSettled: false,
    atMs: startMs + 3_600_000,
    pending: '1 recurring triggers',
  });
  world.close();
});

test('the 21st trigger of a user and project is refused', () => {
  const world = new World({projects: [project, {...project, id: 'other'}]});
  world.call('createMany', [20]);
  expect(() => world.call('createAfter', [1_000])).toThrow(
    'This script has too many triggers. Triggers must be deleted from the script before more can be added.',
  );
  world.call('createAfter', [1_000], {user: 'bob@example.com'});
  world.call('createAfter', [1_000], {project: 'other'});
  expect(world.counts()).toMatchObject({triggerCalls: 23, triggersCreated: 22});
  world.close();
});

test('a user sees and deletes only his own triggers, and they run as him', () => {
  const world = new World({project});
  const bob: Omit<StartRequest, 'fn'> = {user: 'bob@example.com'};
  world.call('createAfter', [1_000]);
  expect(world.call('list', [], bob)).toEqual([]);
  world.call('deleteAll', [], bob);
  world.call('createAfter', [1_000], bob);
  world.settle();
  const runs = world.executions.filter(({trigger}) => trigger === 'oneOff');
  expect(runs.map(({user}) => user).sort()).toEqual(['bob@example.com', 'owner@example.com']);
  world.close();
});

test('a firing can be lost, doubled or late', () => {
  const lost = worldWithTrigger({}, 'lost');
  expect(lost.world.settle().isSettled).toBe(true);
  expect(lost.world.effects).toEqual([]);
  expect(lost.world.triggers()).toHaveLength(1);

  const doubled = worldWithTrigger({}, 'double');
  doubled.world.settle();
  const [first, second] = doubled.world.effects;
  expect(doubled.world.effects).toHaveLength(2);
  expect((second?.atMs ?? 0) - (first?.atMs ?? 0)).toBeLessThanOrEqual(1_000);

  const late = worldWithTrigger({triggerLagMs: [5_000, 5_000]}, {lateMs: 900_000});
  late.world.settle();
  expect(late.world.effects[0]?.atMs).toBe(late.dueMs + 905_000);
  for (const {world} of [lost, doubled, late]) world.close();
});

test('a recurring trigger goes on after a lost firing', () => {
  const world = new World({project});
  let firings = 0;
  world.onFiring = () => (++firings === 1 ? 'lost' : 'fire');
  world.call('createEvery', [10]);
  world.runUntil(world.nowMs + 3_600_000);
  expect(world.effects).toHaveLength(5);
  world.close();
});

test('a trigger can be born disabled: it is listed and never fires', () => {
  const world = new World({project});
  world.onCreation = () => 'disabled';
  world.call('createAfter', [1_000]);
  expect(world.settle().isSettled).toBe(true);
  expect(world.effects).toEqual([]);
  expect(world.triggers()).toEqual([expect.objectContaining({isDisabled: true})]);
  world.close();
});

test('the creation of a trigger can fail', () => {
  const world = new World({project});
  world.onCall = ({method}) =>
    method === 'create' ? {kind: 'error', message: 'Unable to talk to trigger service', when: 'before'} : undefined;
  expect(() => world.call('createAfter', [1_000])).toThrow('Unable to talk to trigger service');
  expect(world.triggers()).toEqual([]);
  world.close();
});

test('constants and dotted names can be handlers; a missing function ends its execution with an error', () => {
  const world = new World({project});
  for (const handler of ['arrow', 'nested.handler', 'gone', 'nested.gone']) world.call('createAfter', [1_000, handler]);
  world.settle();
  expect(world.effects.map(({name}) => name).sort()).toEqual(['arrow', 'nested']);
  const failed = world.executions.filter(({end}) => end === 'error').map(({error}) => error?.message);
  expect(failed.sort()).toEqual(['Script function not found: gone', 'Script function not found: nested.gone']);
  world.close();
});

test('a trigger runs the code that is deployed when it fires', () => {
  const {world} = worldWithTrigger();
  world.deploy(projectOf(`function tick() { Sim.effect('new'); }`));
  world.settle();
  expect(world.effects.map(({name}) => name)).toEqual(['new']);
  world.close();
});

test('a trigger beyond 30 simultaneous executions of its user is dropped with an entry', () => {
  const world = new World({project, triggerLagMs: [5_000, 5_000]});
  world.call('createAfter', [1_000]);
  for (let i = 0; i < 30; i++) world.start({fn: 'sleep'});
  world.settle();
  expect(world.effects).toEqual([]);
  expect(world.executions.at(-1)).toMatchObject({
    fn: 'tick',
    end: 'error',
    error: {message: 'There are too many scripts running simultaneously for this Google user account.'},
  });
  world.close();
});

test('limited authority forbids triggers and fetches, and ends after 30 seconds', () => {
  const world = new World({project});
  const limited = {authMode: 'LIMITED'} as const;
  const startMs = world.nowMs;
  for (const method of ['newTrigger', 'getProjectTriggers']) {
    const fn = method === 'newTrigger' ? 'createAfter' : 'list';
    expect(() => world.call(fn, [1_000], limited)).toThrow(
      `You do not have permission to call ScriptApp.${method}. Required permissions: https://www.googleapis.com/auth/script.scriptapp`,
    );
  }
  expect(() => world.call('sleep', [], limited)).toThrow('time limit');
  expect(world.nowMs - startMs).toBe(30_000);
  world.close();
});
