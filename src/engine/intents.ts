/**
 * Finishes what was accepted together: every hold begins with it, so that nobody decides anything while half of it is
 * there. A kill at any write leaves an intent that the next hold finds; writing what is there already changes nothing,
 * since no job of it can have moved before.
 */
import {decodeIntent, intentsIn} from '../core/intent';

/** The store as far as this needs it. */
interface Store {
  readonly snapshot: Readonly<Record<string, string>>;
  set(key: string, value: string): void;
  remove(key: string): void;
}

/** Writes what intents want written, and deletes them; one that is damaged is left as it is. */
export function finishIntents(store: Store): void {
  for (const id of intentsIn(store.snapshot)) {
    const intent = decodeIntent(store.snapshot, id);
    if (intent === null) continue;
    for (const [key, value] of intent.writes) if (store.snapshot[key] === undefined) store.set(key, value);
    for (const key of intent.keys) store.remove(key);
  }
}
