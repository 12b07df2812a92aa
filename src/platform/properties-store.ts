/** The store of a host over its properties. */
import {patiently, type Patience} from '../engine/patience';
import type {Identity, KeyValueStore} from '../engine/ports';
import {isOwner, OWNER_KEY} from '../core/keys';
import {jobsError} from '../errors';
import type {PropertiesLike, PropertiesServiceLike} from './handles';

/** Which properties. */
export type StoreKind = 'script' | 'user' | 'document';

/** The port over the properties of a kind; opened at the first call. */
export function propertiesStore(service: PropertiesServiceLike | undefined, kind: StoreKind): KeyValueStore {
  let opened: PropertiesLike | null = null;
  const properties = (): PropertiesLike => (opened ??= open(service, kind));
  return {
    readAll: () => ({...properties().getProperties()}),
    get: (key) => properties().getProperty(key),
    set: (key, value) => {
      properties().setProperty(key, value);
    },
    remove: (key) => {
      properties().deleteProperty(key);
    },
  };
}

function open(service: PropertiesServiceLike | undefined, kind: StoreKind): PropertiesLike {
  if (service === undefined)
    throw jobsError('NOT_SUPPORTED', 'PropertiesService is not there: this is no Apps Script project.');
  const properties =
    kind === 'script'
      ? service.getScriptProperties()
      : kind === 'user'
        ? (service.getUserProperties?.() ?? null)
        : service.getDocumentProperties();
  if (properties !== null) return properties;
  throw jobsError(
    'NOT_SUPPORTED',
    kind === 'user'
      ? "There are no user properties here: bind with {store: 'script'}."
      : "There are no document properties here, since the script is bound to no document: bind with {store: 'script'}.",
  );
}

/** The current user's random id, in the user's own properties: needs no scope and tells nothing of the user. */
export function userIdentity(service: PropertiesServiceLike | undefined, patience: Patience): Identity {
  let id: string | null = null;
  // Where there are no user properties (a double of the services), there is one user.
  const properties = (): PropertiesLike | null => service?.getUserProperties?.() ?? null;
  const known = (): string | null => {
    if (id !== null) return id;
    const own = properties();
    const stored = own === null ? 'single_user' : patiently(patience, () => own.getProperty(OWNER_KEY));
    // An id is copied into keys and headers: text that is none is as good as lost.
    id = stored !== null && isOwner(stored) ? stored : null;
    return id;
  };
  return {
    known,
    ensure: () => {
      const before = known();
      if (before !== null) return before;
      const part = (): string => Math.floor(patience.random.next() * 36 ** 6).toString(36);
      const made = `u${part()}${part()}`;
      patiently(patience, () => properties()?.setProperty(OWNER_KEY, made));
      id = made;
      return made;
    },
    forget: () => {
      id = null;
      patiently(patience, () => properties()?.deleteProperty(OWNER_KEY));
    },
  };
}
