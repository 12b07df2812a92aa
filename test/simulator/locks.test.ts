import {projectOf, World} from './index';

const project = projectOf(`
  function twice(ms) {
    const first = LockService.getScriptLock();
    const second = LockService.getScriptLock();
    first.waitLock(1000);
    const before = Date.now();
    const got = second.tryLock(ms);
    return {got, waitedMs: Date.now() - before, hasFirst: first.hasLock(), hasSecond: second.hasLock()};
  }
  function again() {
    const lock = LockService.getScriptLock();
    lock.waitLock(1000);
    return [lock.tryLock(5000), lock.hasLock(), Date.now()];
  }
  function waitTwice() {
    LockService.getScriptLock().waitLock(1000);
    LockService.getScriptLock().waitLock(1000);
  }
  function hold(ms, kind) {
    const lock = kind === 'user' ? LockService.getUserLock() : LockService.getScriptLock();
    lock.waitLock(600000);
    Sim.effect('got');
    Utilities.sleep(ms);
    if (ms < 1000) lock.releaseLock();
  }
  function releaseForeign() {
    LockService.getScriptLock().waitLock(1000);
    const other = LockService.getScriptLock();
    other.releaseLock();
    return LockService.getScriptLock().tryLock(0);
  }
  function wrong() { LockService.getScriptLock().waitLock(null); }
  function documentLock() { return LockService.getDocumentLock() === null; }
`);

test('a second Lock object of the same execution waits until its time-out', () => {
  const world = new World({project});
  expect(world.call('twice', [5_000])).toEqual({got: false, waitedMs: 5_060, hasFirst: true, hasSecond: false});
  expect(() => world.call('waitTwice')).toThrow('Lock timeout: another process was holding the lock for too long.');
  world.close();
});

test('the same Lock object again has no effect and says true', () => {
  const world = new World({project});
  const startMs = world.nowMs;
  expect(world.call('again')).toEqual([true, true, startMs + 140]);
  world.close();
});

test('a Lock object does not release what another one holds', () => {
  const world = new World({project});
  expect(world.call('releaseForeign')).toBe(false);
  world.close();
});

test('a lock is handed on at its release and at the end of its holder', () => {
  for (const ms of [500, 2_000]) {
    const world = new World({project});
    world.start({fn: 'hold', args: [ms]});
    world.start({fn: 'hold', args: [ms]});
    world.settle();
    const [first, second] = world.effects;
    expect((second?.atMs ?? 0) - (first?.atMs ?? 0)).toBe(ms < 1_000 ? ms + 20 : ms);
    world.close();
  }
});

test('the seed chooses who of the waiting gets the lock', () => {
  const orders = new Set<string>();
  for (let seed = 1; seed <= 20; seed++) {
    const world = new World({project, seed});
    for (let i = 0; i < 3; i++) world.start({fn: 'hold', args: [500], atMs: world.nowMs + i});
    world.settle();
    orders.add(world.effects.map(({executionId}) => executionId).join());
    world.close();
  }
  expect([...orders].sort()).toEqual(['1,2,3', '1,3,2']);
});

test('a user lock excludes the same user only', () => {
  const world = new World({project});
  const startMs = world.nowMs;
  world.start({fn: 'hold', args: [2_000, 'user'], user: 'a@example.com'});
  world.start({fn: 'hold', args: [2_000, 'user'], user: 'b@example.com'});
  world.settle();
  expect(world.effects.map(({atMs}) => atMs - startMs)).toEqual([60, 60]);
  world.close();
});

test('locks can be rate-limited by the fault hook, also at the release', () => {
  for (const method of ['waitLock', 'releaseLock']) {
    const world = new World({project});
    const message = 'There are too many LockService operations against the same script.';
    world.onCall = (call) => (call.method === method ? {kind: 'error', message, when: 'before'} : undefined);
    expect(() => world.call('hold', [500])).toThrow(message);
    world.close();
  }
});

test('a wrong argument is refused with the message of Google', () => {
  const world = new World({project});
  expect(() => world.call('wrong')).toThrow(
    "The parameters (null) don't match the method signature for LockService.Lock.waitLock.",
  );
  world.close();
});

test('the document lock is null in a script without a document', () => {
  const world = new World({projects: [project, {...project, id: 'standalone', isBound: false}]});
  expect(world.call('documentLock')).toBe(false);
  expect(world.call('documentLock', [], {project: 'standalone'})).toBe(true);
  world.close();
});
