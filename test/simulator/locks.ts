/**
 * LockService: one lock for each scope.
 *
 * L1 at most one Lock object holds a lock. L2 another Lock object waits until its time-out, also one of the same
 * execution: locks are not re-entrant. L3 a dead execution neither holds nor waits. The quirks of a world may bend L2 and
 * L3: `locksNest`, `killedLockMs`.
 */
import type {EventQueue, QueuedEvent} from './event-queue';
import type {Random} from './prng';
import {failure, numberArgument, scopeKey, textArgument, unknownMethod, value} from './service';
import type {Answer, Outcome, Service} from './service';
import type {Execution, Quirks, ServiceCall} from './types';

/** One Lock object of one execution. */
interface Claimant {
  readonly execution: Execution;
  readonly lockId: string;
}

interface Waiter extends Claimant {
  readonly grant: () => void;
  readonly timeout: QueuedEvent;
}

interface Lock {
  holder: Claimant | null;
  waiters: Waiter[];
}

export class Locks implements Service {
  private readonly locks = new Map<string, Lock>();
  private readonly quirks: Pick<Quirks, 'killedLockMs' | 'locksNest'>;
  private readonly queue: EventQueue;
  private readonly random: Random;

  constructor(quirks: Pick<Quirks, 'killedLockMs' | 'locksNest'>, queue: EventQueue, random: Random) {
    this.quirks = quirks;
    this.queue = queue;
    this.random = random;
  }

  perform(call: ServiceCall, answer: Answer): void {
    if (call.execution.end !== 'running') return answer(value(false));
    const lock = this.lock(scopeKey(call));
    const claimant: Claimant = {execution: call.execution, lockId: textArgument(call, 0)};
    switch (call.method) {
      case 'tryLock':
      case 'waitLock':
        return this.acquire(lock, claimant, call, answer);
      case 'releaseLock':
        if (this.isSame(lock.holder, claimant)) this.handOn(lock);
        return answer(value());
      case 'hasLock':
        return answer(value(this.isSame(lock.holder, claimant)));
      default:
        return answer(unknownMethod(call));
    }
  }

  /** Frees what the execution holds and takes it out of every line. */
  forget(execution: Execution): void {
    this.leaveLines(execution);
    const isKilled = execution.end === 'killed' || execution.end === 'wall';
    const heldMs = isKilled ? this.quirks.killedLockMs : 0;
    for (const lock of this.locks.values()) {
      if (lock.holder?.execution !== execution) continue;
      if (heldMs === 0) this.handOn(lock);
      else if (Number.isFinite(heldMs)) this.queue.at(this.queue.nowMs + heldMs, () => this.handOn(lock));
    }
  }

  /** Takes the execution out of every line; what it holds, it keeps. */
  leaveLines(execution: Execution): void {
    for (const lock of this.locks.values()) {
      for (const waiter of lock.waiters) if (waiter.execution === execution) waiter.timeout.isCancelled = true;
      lock.waiters = lock.waiters.filter((waiter) => waiter.execution !== execution);
    }
  }

  /** The execution that holds the lock of this scope. */
  holder(scope: string): Execution | null {
    return this.locks.get(scope)?.holder?.execution ?? null;
  }

  private lock(scope: string): Lock {
    const existing = this.locks.get(scope);
    if (existing !== undefined) return existing;
    const created: Lock = {holder: null, waiters: []};
    this.locks.set(scope, created);
    return created;
  }

  private acquire(lock: Lock, claimant: Claimant, call: ServiceCall, answer: Answer): void {
    const acquired = value(call.method === 'waitLock' ? null : true);
    if (lock.holder === null || this.isSame(lock.holder, claimant)) {
      lock.holder = claimant;
      return answer(acquired);
    }
    const timeoutMs = numberArgument(call, 1);
    if (timeoutMs <= 0) return answer(refused(call));
    const timeout = this.queue.at(this.queue.nowMs + timeoutMs, () => {
      lock.waiters = lock.waiters.filter((other) => other !== waiter);
      answer(refused(call));
    });
    const waiter: Waiter = {...claimant, timeout, grant: () => answer(acquired)};
    lock.waiters.push(waiter);
  }

  /** Google promises no order among those who wait, so the seed chooses. */
  private handOn(lock: Lock): void {
    lock.holder = null;
    const chosen = lock.waiters[Math.floor(this.random() * lock.waiters.length)];
    if (chosen === undefined) return;
    lock.waiters = lock.waiters.filter((other) => other !== chosen);
    chosen.timeout.isCancelled = true;
    lock.holder = {execution: chosen.execution, lockId: chosen.lockId};
    // As an event of its own: the one who releases goes on first, within the same instant.
    this.queue.at(this.queue.nowMs, chosen.grant);
  }

  private isSame(one: Claimant | null, other: Claimant): boolean {
    return one?.execution === other.execution && (this.quirks.locksNest || one.lockId === other.lockId);
  }
}

function refused(call: ServiceCall): Outcome {
  if (call.method === 'tryLock') return value(false);
  return failure('Lock timeout: another process was holding the lock for too long.');
}
