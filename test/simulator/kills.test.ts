import {projectOf, World} from './index';
import type {ServiceCall, Verdict} from './index';

const project = projectOf(`
  const store = () => PropertiesService.getScriptProperties();
  function write() {
    try {
      store().setProperty('a', '1');
      Sim.effect('after a');
      store().setProperty('b', '2');
    } catch (error) {
      Sim.effect('caught');
    } finally {
      store().setProperty('finally', 'ran');
      console.log('finally');
    }
  }
  function writeTwo() { store().setProperties({a: '1', b: '2', c: '3'}); }
  function writeUnderLock() {
    const lock = LockService.getScriptLock();
    lock.waitLock(1000);
    try { store().setProperty('a', '1'); } finally { lock.releaseLock(); }
  }
  function tryLock() { return LockService.getScriptLock().tryLock(0); }
  function swallow() { for (;;) { try { store().setProperty('a', '1'); } catch (error) { } } }
  function spin() { for (;;) { } }
  function chatter() { for (;;) console.log('x'); }
  function sleep() { Utilities.sleep(300000); store().setProperty('a', '1'); Utilities.sleep(300000); }
  function compute(ms) { Sim.spend(ms); Sim.effect('computed'); }
  function read() { return store().getProperty('a'); }
  async function writeLater() { await null; try { store().setProperty('a', '1'); } catch (error) { } store().setProperty('b', '2'); }
  function createTrigger() { ScriptApp.newTrigger('read').timeBased().after(1000).create(); }
`);

/** Gives the verdict for the call with this number and lets all others pass. */
const at = (n: number, verdict: Verdict) => (call: ServiceCall) => (call.n === n ? verdict : undefined);

test('a kill before a call leaves no effect of it, and no catch or finally has any', () => {
  const world = new World({project});
  world.onCall = at(1, {kind: 'kill', when: 'before'});
  expect(() => world.call('write')).toThrow('The execution of write was killed.');
  expect(world.store('script').size).toBe(0);
  expect(world.effects).toEqual([]);
  expect(world.executions[0]).toMatchObject({end: 'killed', calls: 1, log: []});
  world.close();
});

test('a kill after a call leaves its effect and nothing else', () => {
  const world = new World({project});
  world.onCall = at(1, {kind: 'kill', when: 'after'});
  expect(() => world.call('write')).toThrow('killed');
  expect([...world.store('script')]).toEqual([['a', '1']]);
  expect(world.effects).toEqual([]);
  world.close();
});

test('each call of an execution can be the one that is killed', () => {
  const stores: string[] = [];
  for (let n = 1; n <= 4; n++) {
    const world = new World({project});
    world.onCall = at(n, {kind: 'kill', when: 'before'});
    world.start({fn: 'write'});
    world.settle();
    stores.push([...world.store('script').keys()].join());
    world.close();
  }
  expect(stores).toEqual(['', 'a', 'a,b', 'a,b,finally']);
});

test('a dead execution’s lock is free at once', () => {
  const world = new World({project});
  world.onCall = at(2, {kind: 'kill', when: 'before'});
  expect(() => world.call('writeUnderLock')).toThrow('killed');
  expect(world.call('tryLock')).toBe(true);
  world.close();
});

test('an asynchronous function is dead after a kill, too', () => {
  const world = new World({project});
  world.onCall = at(1, {kind: 'kill', when: 'before'});
  expect(() => world.call('writeLater')).toThrow('killed');
  expect(world.store('script').size).toBe(0);
  world.close();
});

test('code that swallows its own death is cut off', () => {
  const world = new World({project});
  world.onCall = at(3, {kind: 'kill', when: 'before'});
  expect(() => world.call('swallow')).toThrow('killed');
  expect(world.counts().calls).toBe(3);
  world.onCall = undefined;
  expect(world.call('read')).toBe('1');
  world.close();
});

test('an execution is stopped six minutes after its start', () => {
  const world = new World({project});
  const startMs = world.nowMs;
  expect(() => world.call('sleep')).toThrow(expect.objectContaining({code: 'WALL', name: 'ExecutionKilled'}));
  expect(world.nowMs - startMs).toBe(360_000);
  expect(world.executions[0]).toMatchObject({end: 'wall', endMs: startMs + 360_000});
  world.close();
});

test('the wall can be another one for the world and for one execution', () => {
  const world = new World({project, wallMs: 100});
  expect(() => world.call('sleep')).toThrow('time limit');
  expect(world.call('sleep', [], {wallMs: 1_800_000})).toBeUndefined();
  world.close();
});

test('time that is spent computing counts against the wall and not as a call', () => {
  const world = new World({project});
  world.call('compute', [359_000]);
  expect(() => world.call('compute', [361_000])).toThrow('time limit');
  expect(world.effects).toHaveLength(1);
  expect(world.counts().calls).toBe(0);
  world.close();
});

test('an endless loop without calls ends at the wall', () => {
  const world = new World({project, hangMs: 100});
  const startMs = world.nowMs;
  const spinning = world.start({fn: 'spin'});
  world.start({fn: 'read', atMs: startMs + 1_000});
  world.settle();
  expect(spinning).toMatchObject({end: 'wall', endMs: startMs + 360_000});
  expect(world.executions[1]).toMatchObject({end: 'done'});
  world.close();
});

test('an endless loop that only logs ends at the wall', () => {
  const world = new World({project});
  expect(() => world.call('chatter')).toThrow('time limit');
  world.close();
});

test('the effect of a dead execution’s write can land late', () => {
  const world = new World({project});
  world.onCall = at(1, {kind: 'late', ms: 10_000});
  const startMs = world.nowMs;
  expect(() => world.call('write')).toThrow('killed');
  expect(world.nowMs).toBe(startMs);
  expect(world.call('read')).toBeNull();
  world.settle();
  expect(world.nowMs).toBe(startMs + 10_062);
  expect(world.call('read')).toBe('1');
  world.close();
});

test('a trigger of a dead execution can appear late, its lock never does', () => {
  const world = new World({project});
  world.onCall = at(1, {kind: 'late', ms: 1_000});
  world.start({fn: 'createTrigger'});
  world.settle();
  expect(world.triggers()).toHaveLength(1);
  world.resetCounts();
  world.start({fn: 'writeUnderLock'});
  world.settle();
  expect(world.lockHolder('script')).toBeNull();
  world.close();
});

test('setProperties can be torn', () => {
  const world = new World({project});
  world.onCall = at(1, {kind: 'tear', keys: 2});
  expect(() => world.call('writeTwo')).toThrow('killed');
  expect([...world.store('script').keys()]).toEqual(['a', 'b']);
  world.close();
});

test('a service error is thrown before or after the effect, and the execution lives on', () => {
  for (const when of ['before', 'after'] as const) {
    const world = new World({project});
    const message = 'We’re sorry, a server error occurred. Please wait a bit and try again.';
    world.onCall = at(1, {kind: 'error', message, when});
    world.call('write');
    expect(world.effects.map(({name}) => name)).toEqual(['caught']);
    expect([...world.store('script').keys()]).toEqual(when === 'before' ? ['finally'] : ['a', 'finally']);
    expect(() => {
      world.resetCounts();
      world.call('writeTwo');
    }).toThrow(expect.objectContaining({name: 'Exception', message}));
    world.close();
  }
});

test('a test can kill an execution between two calls', () => {
  const world = new World({project});
  const sleeping = world.start({fn: 'sleep'});
  world.runUntil(world.nowMs + 1_000);
  world.kill(sleeping);
  expect(sleeping.end).toBe('killed');
  expect(world.settle()).toMatchObject({isSettled: true});
  world.close();
});
