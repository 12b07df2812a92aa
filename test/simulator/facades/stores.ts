/** PropertiesService, CacheService and LockService: each with its script, user and document kind. */
import type {StoreKind} from '../types';
import type {Callable, Kit} from './kit';

export function installProperties({options, ask, checked, textRecord, define}: Kit): void {
  const PREFIX = 'PropertiesService.Properties';

  const properties = (store: StoreKind) => {
    const reads = (name: string, count: number) =>
      checked(`${PREFIX}.${name}`, [count], (...args) => ask('properties', name, store, args.map(String)));
    /** A method that changes the store and returns it, for chaining. */
    const changes = (name: string, counts: readonly number[], argsOf: Callable<unknown[]>) =>
      checked(`${PREFIX}.${name}`, counts, (...args): unknown => {
        ask('properties', name, store, argsOf(...args));
        return self;
      });
    const self: Record<string, Callable> = {
      getProperty: reads('getProperty', 1),
      getProperties: reads('getProperties', 0),
      getKeys: reads('getKeys', 0),
      setProperty: changes('setProperty', [2], (key, value) => [String(key), String(value)]),
      setProperties: changes('setProperties', [1, 2], (record, deletesOthers) => [
        textRecord(record, `${PREFIX}.setProperties`),
        deletesOthers === true,
      ]),
      deleteProperty: changes('deleteProperty', [1], (key) => [String(key)]),
      deleteAllProperties: changes('deleteAllProperties', [0], () => []),
    };
    return self;
  };

  const stores = {script: properties('script'), user: properties('user'), document: properties('document')};
  const handle = (store: StoreKind) => (options.freshHandles ? properties(store) : stores[store]);
  define('PropertiesService', {
    getScriptProperties: () => handle('script'),
    getUserProperties: () => handle('user'),
    getDocumentProperties: () => (options.isBound ? handle('document') : null),
  });
}

export function installCache({options, ask, textRecord, define}: Kit): void {
  const cache = (store: StoreKind) => {
    const call = (method: string, ...args: unknown[]) => ask('cache', method, store, args);
    const texts = (keys: unknown) => (keys as unknown[]).map(String);
    return {
      get: (key: unknown) => call('get', String(key)),
      getAll: (keys: unknown) => call('getAll', texts(keys)),
      put: (key: unknown, value: unknown, seconds?: unknown) =>
        void call('put', String(key), String(value), seconds ?? null),
      putAll: (record: unknown, seconds?: unknown) =>
        void call('putAll', textRecord(record, 'CacheService.Cache.putAll'), seconds ?? null),
      remove: (key: unknown) => void call('remove', String(key)),
      removeAll: (keys: unknown) => void call('removeAll', texts(keys)),
    };
  };

  const caches = {script: cache('script'), user: cache('user'), document: cache('document')};
  define('CacheService', {
    getScriptCache: () => caches.script,
    getUserCache: () => caches.user,
    getDocumentCache: () => (options.isBound ? caches.document : null),
  });
}

export function installLocks({options, ask, checked, mismatch, define}: Kit): void {
  // To the service two Lock objects are two claimants, so each has an id that is unique in the execution.
  const owner = options.library === null ? 'host' : `library ${options.library}`;
  let made = 0;

  const lock = (store: StoreKind) => {
    const id = `${owner} ${++made}`;
    const acquires = (method: string) =>
      checked(`LockService.Lock.${method}`, [1], (ms) => {
        if (typeof ms !== 'number') throw mismatch([ms], `LockService.Lock.${method}`);
        return ask('lock', method, store, [id, ms]);
      });
    const waitLock = acquires('waitLock');
    return {
      tryLock: acquires('tryLock'),
      waitLock: (...args: unknown[]) => void waitLock(...args),
      releaseLock: () => void ask('lock', 'releaseLock', store, [id]),
      hasLock: () => ask('lock', 'hasLock', store, [id]),
    };
  };

  define('LockService', {
    getScriptLock: () => lock('script'),
    getUserLock: () => lock('user'),
    getDocumentLock: () => (options.isBound ? lock('document') : null),
  });
}
