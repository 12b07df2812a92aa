/**
 * Texts in the property store, in pieces (`core/value-pieces.ts`). Piece 0 is written last and deleted first. Whoever
 * writes has the lock, so that pieces which no piece 0 counts belong to nobody: the next write or removal deletes them,
 * or the next pass of the dispatcher.
 */
import {utf8Bytes} from '../core/bytes';
import {parseValueKey, valueKey} from '../core/keys';
import {MAX_PROPERTIES_VALUE_BYTES, VALUES_BYTES} from '../core/limits';
import type {Snapshot} from '../core/stored-job';
import {parseValueName} from '../core/value-name';
import {cutIntoPieces, pieceCount, strayPieces, textOfPieces} from '../core/value-pieces';
import {checkText, locate, reach} from './backend';
import {storeFull, withHold, type Hold} from './hold';
import type {Backend, StoredText, StorePorts} from './ports';
import {freeBytes, makeRoom} from './room';

/** The port over the store that holds the jobs. */
export function propertiesBackend(ports: StorePorts): Backend {
  const readAll = (): Snapshot => reach('properties', ports, () => ports.store.readAll());
  return {
    kind: 'properties',
    maxBytes: MAX_PROPERTIES_VALUE_BYTES,
    write: (name, text) => {
      checkText('properties', name, text, MAX_PROPERTIES_VALUE_BYTES);
      withHold(ports, (hold) => {
        removeStrays(hold);
        writePieces(hold, name, text);
      });
      return name;
    },
    read: (locator) => {
      const {name} = locate(locator, 0);
      const first = reach('properties', ports, () => ports.store.get(valueKey(name, 0)));
      if (first === null) return null;
      // One call for all pieces, as of one moment: a removal in between must not look like damage.
      const hasMore = pieceCount(first) > 1;
      const snapshot = hasMore ? readAll() : {[valueKey(name, 0)]: first};
      return textOfPieces(snapshot, name);
    },
    remove: (locator) => {
      const {name} = locate(locator, 0);
      return withHold(ports, (hold) => {
        const wasThere = hold.snapshot[valueKey(name, 0)] !== undefined;
        hold.remove(valueKey(name, 0));
        removeStrays(hold);
        return wasThere;
      });
    },
    list: (namePrefix) => {
      return textsIn(readAll()).filter(({name}) => name.startsWith(namePrefix));
    },
  };
}

function writePieces(hold: Hold, name: string, text: string): void {
  const values = cutIntoPieces(text);
  makeRoomFor(hold, name, values);
  try {
    for (let index = values.length - 1; index >= 0; index--) hold.set(valueKey(name, index), values[index] ?? '');
  } catch (thrown) {
    removeStrays(hold);
    throw thrown;
  }
}

function makeRoomFor(hold: Hold, name: string, values: readonly string[]): void {
  const needed = values.reduce((sum, value, index) => sum + utf8Bytes(valueKey(name, index)) + utf8Bytes(value), 0);
  const free = VALUES_BYTES - valueBytes(hold.snapshot);
  if (needed > free) throw storeFull(needed, free);
  if (!makeRoom(hold, needed)) throw storeFull(needed, freeBytes(hold));
}

function valueBytes(snapshot: Snapshot): number {
  return Object.keys(snapshot).reduce(
    (sum, key) => (parseValueKey(key) === null ? sum : sum + utf8Bytes(key) + utf8Bytes(snapshot[key] ?? '')),
    0,
  );
}

function textsIn(snapshot: Snapshot): readonly StoredText[] {
  return Object.keys(snapshot).flatMap((key) => {
    const parsed = parseValueKey(key);
    const text = parsed?.piece === 0 ? textOfPieces(snapshot, parsed.name) : null;
    if (parsed === null || text === null) return [];
    const atMs = parseValueName(parsed.name)?.bornAtMs ?? null;
    return [{locator: parsed.name, name: parsed.name, bytes: utf8Bytes(text), atMs}];
  });
}

/** Under the lock nobody else is writing: what is left over was left by an execution that was killed. */
function removeStrays(hold: Hold): void {
  for (const key of strayPieces(hold.snapshot)) hold.remove(key);
}
