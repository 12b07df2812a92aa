import {projectOf, World} from './index';
import type {WorldOptions} from './index';

const project = projectOf(`
  function increment(times) {
    const properties = PropertiesService.getScriptProperties();
    for (let i = 0; i < times; i++) properties.setProperty('n', Number(properties.getProperty('n')) + 1);
  }
  function incrementLocked(times) {
    for (let i = 0; i < times; i++) {
      const lock = LockService.getScriptLock();
      lock.waitLock(60000);
      increment(1);
      lock.releaseLock();
    }
  }
  function random() { return [Math.random(), Utilities.getUuid(), Date.now()]; }
  function slow() {
    Sim.effect('begin');
    PropertiesService.getScriptProperties().setProperty('slow', 'done');
    Sim.effect('end');
  }
  function quick() { Sim.effect('quick', PropertiesService.getScriptProperties().getProperty('slow')); }
`);

/** The number that three executions of five increments each leave behind. */
function countAfter(fn: string, seed: number): string | undefined {
  const world = new World({seed, project, jitter: 0.5});
  for (let i = 0; i < 3; i++) world.start({fn, args: [5]});
  world.settle();
  const count = world.store('script').get('n');
  world.close();
  return count;
}

function timeline(options: WorldOptions): string {
  const world = new World({project, jitter: 0.5, history: true, ...options});
  for (const fn of ['incrementLocked', 'increment', 'random']) world.start({fn, args: [3]});
  world.settle();
  const text = JSON.stringify([world.history, world.executions.map(({value}) => value)]);
  world.close();
  return text;
}

test('every seed shows the lost update of a counter without a lock', () => {
  for (let seed = 1; seed <= 50; seed++) expect(Number(countAfter('increment', seed))).toBeLessThan(15);
});

test('no seed loses an update of a counter under a lock', () => {
  for (let seed = 1; seed <= 50; seed++) expect(countAfter('incrementLocked', seed)).toBe('15');
});

test('the same seed gives the same history to the byte', () => {
  for (let seed = 1; seed <= 10; seed++) expect(timeline({seed})).toBe(timeline({seed}));
});

test('other seeds give other histories', () => {
  const timelines = new Set(Array.from({length: 20}, (_, seed) => timeline({seed})));
  expect(timelines.size).toBe(20);
});

test('without jitter the seed still chooses who goes first at one instant', () => {
  const orders = new Set<string>();
  for (let seed = 1; seed <= 30; seed++) {
    const world = new World({seed, project});
    for (let i = 0; i < 3; i++) world.start({fn: 'slow'});
    world.settle();
    orders.add(JSON.stringify(world.effects.filter(({name}) => name === 'end').map(({executionId}) => executionId)));
    world.close();
  }
  expect(orders.size).toBe(6);
});

test('a stalled execution lets a second one overlap it', () => {
  const world = new World({project, wallMs: 1_800_000});
  world.onCall = ({method}) => (method === 'setProperty' ? {kind: 'stall', ms: 600_000} : undefined);
  const startMs = world.nowMs;
  world.start({fn: 'slow'});
  world.start({fn: 'quick', atMs: startMs + 300_000});
  world.settle();
  expect(world.effects.map(({name, data, atMs}) => [name, data ?? null, atMs - startMs])).toEqual([
    ['begin', null, 0],
    ['quick', null, 300_030],
    ['end', null, 600_062],
  ]);
  world.close();
});

test('a stall after the effect shows the effect to others before the caller goes on', () => {
  const world = new World({project});
  world.onCall = ({method}) => (method === 'setProperty' ? {kind: 'stall', ms: 5_000, when: 'after'} : undefined);
  world.start({fn: 'slow'});
  world.start({fn: 'quick', atMs: world.nowMs + 1_000});
  world.settle();
  expect(world.effects.map(({name, data}) => [name, data ?? null])).toEqual([
    ['begin', null],
    ['quick', 'done'],
    ['end', null],
  ]);
  world.close();
});

test('a hook may start an execution, and may not run the world', () => {
  const world = new World({project});
  world.onCall = ({n}) => {
    if (n === 1) world.start({fn: 'quick'});
    return undefined;
  };
  world.call('slow');
  expect(world.executions.map(({fn, end}) => [fn, end])).toEqual([
    ['slow', 'done'],
    ['quick', 'done'],
  ]);
  world.onCall = () => void world.call('quick');
  expect(() => world.call('slow')).toThrow('nested run');
  world.close();
});

test('forty executions can be alive at once', () => {
  const world = new World({project});
  for (let i = 0; i < 40; i++) world.start({fn: 'slow'});
  expect(world.settle().isSettled).toBe(true);
  expect(world.effects.slice(0, 40).every(({name}) => name === 'begin')).toBe(true);
  world.close();
});
