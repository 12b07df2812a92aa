/**
 * Texts in the cache of a host, of the same kind as its store: one entry each, so that nothing is ever half there.
 * Google promises nothing about entries: "be prepared to get back null from all reads"
 * (https://developers.google.com/apps-script/reference/cache/cache).
 */
import {valueKey} from '../core/keys';
import {CACHE_TTL_MS, MAX_CACHE_TTL_MS, MAX_CACHE_VALUE_BYTES} from '../core/limits';
import {checkText, locate, reach, unavailable} from '../engine/backend';
import type {Patience} from '../engine/patience';
import type {Backend} from '../engine/ports';
import type {CacheLike, CacheServiceLike} from './handles';
import type {StoreKind} from './properties-store';

/** The port over a cache; opened at the first call. */
export function cacheBackend(service: CacheServiceLike, kind: StoreKind, patience: Patience): Backend {
  let opened: CacheLike | null = null;
  const use = <Result>(call: (cache: CacheLike) => Result): Result =>
    reach('cache', patience, () => call((opened ??= open(service, kind))));
  const keyAt = (locator: string): string => valueKey(locate(locator, 0).name, 0);
  return {
    kind: 'cache',
    maxBytes: MAX_CACHE_VALUE_BYTES,
    write: (name, text, ttlMs = CACHE_TTL_MS) => {
      checkText('cache', name, text, MAX_CACHE_VALUE_BYTES);
      const seconds = Math.ceil(Math.min(ttlMs, MAX_CACHE_TTL_MS) / 1_000);
      use((cache) => {
        cache.put(valueKey(name, 0), text, seconds);
      });
      return name;
    },
    read: (locator) => {
      const key = keyAt(locator);
      return use((cache) => cache.get(key));
    },
    remove: (locator) => {
      const key = keyAt(locator);
      const wasThere = use((cache) => cache.get(key)) !== null;
      if (wasThere)
        use((cache) => {
          cache.remove(key);
        });
      return wasThere;
    },
    list: () => [],
  };
}

function open(service: CacheServiceLike, kind: StoreKind): CacheLike {
  const cache =
    kind === 'script'
      ? service.getScriptCache()
      : kind === 'user'
        ? service.getUserCache()
        : service.getDocumentCache();
  if (cache !== null) return cache;
  throw unavailable('cache', `there is no ${kind} cache here.`);
}
