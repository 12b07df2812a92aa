/**
 * Finishes what was accepted together: every hold begins with it, so that nobody decides anything while half of it is
 * there. A kill at any write leaves an intent that the next hold finds; writing what is there already changes nothing,
 * since no job of it can have moved before.
 */
import {decodeIntent, intentsIn, type Write} from '../core/intent';
import {isJobsError} from '../errors';

/** The store as far as this needs it. */
interface Store {
  readonly snapshot: Readonly<Record<string, string>>;
  setState(key: string, value: string): void;
  remove(key: string): void;
}

/**
 * Writes what intents want written, and deletes them. One that is damaged is left as it is; one that finds no room, since
 * somebody filled the store after a kill, waits for the next hold, and holds up no other job.
 */
export function finishIntents(store: Store): void {
  for (const id of intentsIn(store.snapshot)) {
    const intent = decodeIntent(store.snapshot, id);
    if (intent === null || !areWritten(store, intent.writes)) continue;
    for (const key of intent.keys) store.remove(key);
  }
}

function areWritten(store: Store, writes: readonly Write[]): boolean {
  try {
    for (const [key, value] of writes) if (store.snapshot[key] === undefined) store.setState(key, value);
    return true;
  } catch (thrown) {
    if (!isJobsError(thrown) || thrown.code !== 'STORE_FULL') throw thrown;
    return false;
  }
}
