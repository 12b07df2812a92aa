/**
 * The threads of this process, shared by all worlds: booting one takes far longer than a small world does. It grows
 * with the number of executions that are alive at once; idle threads stay for the next world.
 */
import {Thread} from './thread';

const MAX_IDLE = 32;
const idle: Thread[] = [];
const all = new Set<Thread>();

export function acquireThread(): Thread {
  // The one that has been idle for longest has had time to prepare itself.
  const known = idle.shift();
  if (known !== undefined) return known;
  const created = new Thread();
  all.add(created);
  return created;
}

export function releaseThread(thread: Thread): void {
  if (thread.isUsable && idle.length < MAX_IDLE) {
    idle.push(thread);
    return;
  }
  thread.terminate();
  all.delete(thread);
}

/** Ends all threads, busy ones too. Worlds made afterwards boot new ones. */
export function closeThreads(): void {
  for (const thread of all) thread.terminate();
  all.clear();
  idle.length = 0;
}
