// What Google documents nowhere, each way that a world can be set. The defaults are tested where the service is.
import {projectOf, World} from './index';
import type {Quirks} from './index';

const project = projectOf(`
  function live(holdsLock) {
    if (holdsLock) LockService.getScriptLock().tryLock(0);
    try {
      for (;;) Utilities.sleep(1000);
    } catch (error) {
      Sim.effect('caught', error.message);
      for (let i = 0; i < 10; i++) {
        PropertiesService.getScriptProperties().setProperty('after', String(i));
        Utilities.sleep(1000);
      }
    } finally {
      PropertiesService.getScriptProperties().setProperty('final', 'yes');
    }
  }
  function waitForLock() {
    try {
      LockService.getScriptLock().tryLock(600000);
    } finally {
      Utilities.sleep(5000);
    }
  }
  function take(ms) { return LockService.getScriptLock().tryLock(ms); }
  function takeTwice() {
    const one = LockService.getScriptLock();
    const other = LockService.getScriptLock();
    const got = [one.tryLock(0), other.tryLock(0), other.hasLock()];
    one.releaseLock();
    return got;
  }
  function createAfter(ms, handler) { ScriptApp.newTrigger(handler).timeBased().after(ms).create(); }
  function nest(event) { createAfter(30000, 'tick'); createAfter(60000, 'tick'); }
  function every() { ScriptApp.newTrigger('tick').timeBased().everyMinutes(1).create(); }
  function tick() { Sim.effect('tick'); }
  function areSame() {
    return [
      PropertiesService.getScriptProperties() === PropertiesService.getScriptProperties(),
      PropertiesService.getUserProperties() === PropertiesService.getUserProperties(),
      PropertiesService.getDocumentProperties() === PropertiesService.getDocumentProperties(),
    ];
  }
`);

const worldWith = (quirks: Partial<Quirks>): World => new World({project, quirks, triggerLagMs: [0, 0]});

test('catch and finally may go on for a while after the time limit', () => {
  const world = worldWith({wallGraceMs: 20_000});
  const execution = world.start({fn: 'live'});
  world.settle();
  expect(world.effects.map(({name, data}) => [name, data])).toEqual([['caught', 'Exceeded maximum execution time']]);
  expect([...world.store('script')]).toEqual([
    ['after', '9'],
    ['final', 'yes'],
  ]);
  expect(execution).toMatchObject({end: 'done'});
  world.close();
});

test('what has not ended then is killed for good', () => {
  const world = worldWith({wallGraceMs: 3_000});
  const execution = world.start({fn: 'live'});
  world.settle();
  expect(execution).toMatchObject({end: 'wall', endMs: execution.startMs + 363_000});
  expect([...world.store('script')]).toEqual([['after', '2']]);
  world.close();
});

test('an execution that meets its time limit in the line for a lock does not get it any more', () => {
  const world = worldWith({wallGraceMs: 60_000});
  const holder = world.start({fn: 'live', args: [true], wallMs: 400_000});
  const waiter = world.start({fn: 'waitForLock', atMs: world.nowMs + 1_000, wallMs: 10_000});
  world.settle();
  expect(waiter).toMatchObject({end: 'error', endMs: waiter.startMs + 15_000});
  expect(world.lockHolder('script')).toBeNull();
  expect(holder.end).toBe('done');
  world.close();
});

test('the lock of a killed execution may stay held for a while, or for ever', () => {
  const world = worldWith({killedLockMs: 30_000});
  world.start({fn: 'live', args: [true]});
  world.runUntil(world.nowMs + 360_000);
  expect(world.call('take', [20_000])).toBe(false);
  expect(world.call('take', [20_000])).toBe(true);
  expect(world.call('take', [0])).toBe(true); // who ends in good order frees it
  world.close();

  const other = worldWith({killedLockMs: Infinity});
  other.start({fn: 'live', args: [true]});
  other.runUntil(other.nowMs + 86_400_000);
  expect(other.call('take', [300_000])).toBe(false);
  other.close();
});

test('the Lock objects of one execution may be one lock', () => {
  const world = worldWith({locksNest: true});
  expect(world.call('takeTwice')).toEqual([true, true, true]);
  expect(world.lockHolder('script')).toBeNull();
  world.close();
});

test.each(['refused', 'disabled'] as const)('one-offs of a trigger that are due too soon are %s', (sooner) => {
  const world = worldWith({nestedOneOffs: {leastMs: 60_000, sooner}});
  world.call('createAfter', [10, 'nest']); // not by a trigger
  world.settle();
  const nested = world.triggers().filter(({handler}) => handler === 'tick');
  if (sooner === 'refused') {
    expect(world.executions.find(({fn}) => fn === 'nest')?.error?.message).toContain('cannot be created');
    expect(nested).toEqual([]);
  } else {
    expect(nested.map(({isDisabled, fired}) => [isDisabled, fired])).toEqual([
      [true, 0],
      [false, 1],
    ]);
  }
  world.close();
});

test('one-offs may leave the list when they fire', () => {
  const world = worldWith({oneOffsStay: false});
  world.call('createAfter', [10, 'tick']);
  world.settle();
  expect(world.effects).toHaveLength(1);
  expect(world.triggers()).toEqual([]);
  world.close();
});

test('recurring triggers may be as uneven as one likes', () => {
  const world = worldWith({recurringJitterMs: 0});
  world.call('every');
  world.runUntil(world.nowMs + 600_000);
  const times = world.effects.map(({atMs}) => atMs);
  expect(times.length).toBeGreaterThan(8);
  expect(new Set(times.slice(1).map((atMs, i) => atMs - (times[i] ?? 0)))).toEqual(new Set([60_000]));
  world.close();
});

test('property handles may be new at each call', () => {
  const one = worldWith({});
  expect(one.call('areSame')).toEqual([true, true, true]);
  one.close();
  const fresh = worldWith({freshHandles: true});
  expect(fresh.call('areSame')).toEqual([false, false, false]);
  fresh.close();
});
