/** The mutex of a host over its lock: the one that it hands over, or that of the same kind as its store. */
import type {Mutex} from '../engine/ports';
import {jobsError} from '../errors';
import type {LockLike, LockServiceLike} from './handles';
import type {StoreKind} from './properties-store';

/** The port over a lock; opened at the first call. */
export function scriptLock(service: LockServiceLike | undefined, kind: StoreKind, given: LockLike | null): Mutex {
  let opened: LockLike | null = given;
  let isOwn = false;
  let isBorrowed = false;
  const lock = (): LockLike | null => (opened ??= open(service, kind));
  return {
    tryAcquire: (timeoutMs) => {
      // A host that holds its lock during the call keeps it: what it took is not ours to free.
      isBorrowed = !isOwn && given?.hasLock?.() === true;
      if (isBorrowed) return true;
      // Without a lock service (a double of the services) there is one execution at a time.
      isOwn = lock()?.tryLock(timeoutMs) ?? true;
      return isOwn;
    },
    release: () => {
      if (isBorrowed) return;
      lock()?.releaseLock();
      isOwn = false;
    },
  };
}

function open(service: LockServiceLike | undefined, kind: StoreKind): LockLike | null {
  if (service === undefined) return null;
  if (kind === 'user') return service.getUserLock();
  if (kind === 'script') return service.getScriptLock();
  const lock = service.getDocumentLock();
  if (lock !== null) return lock;
  throw jobsError(
    'NOT_SUPPORTED',
    "There is no document lock here, since the script is bound to no document: bind with {store: 'script'}.",
  );
}
