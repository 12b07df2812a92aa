import {underLock, withHold} from '../../src/engine/hold';
import {refusal} from '../support/requests';
import {MemoryWorld} from '../support/memory-ports';

test('outside of a hold the lock is taken and freed', () => {
  const world = new MemoryWorld();
  world.execute((ports) => {
    expect(underLock(ports, () => world.lockHolder !== null)).toBe(true);
    expect(world.lockHolder).toBeNull();
    expect(() => underLock(ports, () => void JSON.parse('{'))).toThrow(SyntaxError);
    expect(world.lockHolder).toBeNull();
  });
});

test('inside of a hold it is that hold, which stays', () => {
  const world = new MemoryWorld();
  world.execute((ports) => {
    withHold(ports, (hold) => {
      expect(underLock(ports, () => 'inside')).toBe('inside');
      expect(world.lockHolder).not.toBeNull();
      hold.set('a', '1');
    });
    expect([world.lockHolder, world.values.get('a')]).toEqual([null, '1']);
  });
});

test('a lock that somebody else has is waited for and then refused', () => {
  const world = new MemoryWorld();
  world.lockHolder = {};
  world.execute((ports) => {
    expect(refusal(() => underLock(ports, () => 'never')).code).toBe('LOCK_TIMEOUT');
  });
});
