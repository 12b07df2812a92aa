import type {LockLike, LockServiceLike} from '../../src/platform/handles';
import {scriptLock} from '../../src/platform/script-lock';
import {refusal} from '../support/requests';

/** A lock that remembers what was asked of it. */
function fakeLock(isFree = true): LockLike & {readonly asked: readonly string[]} {
  const asked: string[] = [];
  return {
    asked,
    tryLock: (timeoutMs) => (asked.push(`try ${timeoutMs}`), isFree),
    releaseLock: () => void asked.push('release'),
  };
}

function fakeService(): {readonly service: LockServiceLike; readonly opened: readonly string[]} {
  const opened: string[] = [];
  const open = (kind: string) => () => (opened.push(kind), fakeLock());
  return {
    service: {getScriptLock: open('script'), getUserLock: open('user'), getDocumentLock: open('document')},
    opened,
  };
}

test.each(['script', 'user', 'document'] as const)('the %s lock is opened at the first call, and once', (kind) => {
  const {service, opened} = fakeService();
  const mutex = scriptLock(service, kind, null);
  expect(opened).toEqual([]);
  mutex.tryAcquire(5);
  mutex.release();
  mutex.tryAcquire(5);
  expect(opened).toEqual([kind]);
});

test('the time-out and the answer are passed on', () => {
  for (const isFree of [true, false]) {
    const lock = fakeLock(isFree);
    const mutex = scriptLock(undefined, 'script', lock);
    expect(mutex.tryAcquire(5_000)).toBe(isFree);
    expect(lock.asked).toEqual(['try 5000']);
  }
});

test('a lock that the host hands over is used instead of another', () => {
  const {service, opened} = fakeService();
  const lock = fakeLock();
  const mutex = scriptLock(service, 'script', lock);
  mutex.tryAcquire(1);
  mutex.release();
  expect(lock.asked).toEqual(['try 1', 'release']);
  expect(opened).toEqual([]);
});

/** A lock that knows whether it is held, as those of Apps Script do. */
function knowingLock(isHeld: boolean): LockLike & {readonly asked: readonly string[]; readonly isHeld: boolean} {
  const asked: string[] = [];
  const lock = {
    asked,
    isHeld,
    tryLock: () => (asked.push('try'), (lock.isHeld = true)),
    releaseLock: () => (asked.push('release'), void (lock.isHeld = false)),
    hasLock: () => lock.isHeld,
  };
  return lock;
}

test('a lock that the host holds during the call stays the host’s', () => {
  const lock = knowingLock(true);
  const mutex = scriptLock(undefined, 'script', lock);
  expect(mutex.tryAcquire(5)).toBe(true);
  mutex.release();
  expect(lock).toMatchObject({isHeld: true, asked: []});
});

test('a lock that was handed over free is taken and freed, each time', () => {
  const lock = knowingLock(false);
  const mutex = scriptLock(undefined, 'script', lock);
  for (const turn of [1, 2]) {
    expect(mutex.tryAcquire(5)).toBe(true);
    expect(lock.isHeld).toBe(true);
    mutex.release();
    expect([turn, lock.isHeld]).toEqual([turn, false]);
  }
  expect(lock.asked).toEqual(['try', 'release', 'try', 'release']);
});

test('M3 a lock that was handed over free is free after one release, however often it was taken', () => {
  const lock = knowingLock(false);
  const mutex = scriptLock(undefined, 'script', lock);
  expect([mutex.tryAcquire(5), mutex.tryAcquire(5)]).toEqual([true, true]);
  mutex.release();
  expect(lock.isHeld).toBe(false);
});

test('a lock that could not be freed is freed at the next time', () => {
  const lock = knowingLock(false);
  let fails = true;
  const stubborn: LockLike = {
    ...lock,
    releaseLock: () => {
      if (fails) throw new Error('busy');
      lock.releaseLock();
    },
  };
  const mutex = scriptLock(undefined, 'script', stubborn);
  mutex.tryAcquire(5);
  expect(() => mutex.release()).toThrow('busy');
  fails = false;
  expect(mutex.tryAcquire(5)).toBe(true);
  mutex.release();
  expect(lock.isHeld).toBe(false);
});

test('without a lock service there is one execution at a time', () => {
  const mutex = scriptLock(undefined, 'script', null);
  expect(mutex.tryAcquire(0)).toBe(true);
  expect(() => mutex.release()).not.toThrow();
});

test('a script that is bound to no document is told which store it can have', () => {
  const {service} = fakeService();
  const error = refusal(() => scriptLock({...service, getDocumentLock: () => null}, 'document', null).tryAcquire(1));
  expect(error).toMatchObject({name: 'AstJobsCapabilityError', code: 'NOT_SUPPORTED'});
  expect(error.message).toContain("bind with {store: 'script'}");
});
