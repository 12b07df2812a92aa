import {cacheBackend} from '../../src/platform/cache-backend';
import type {CacheLike, CacheServiceLike} from '../../src/platform/handles';
import {refusal} from '../support/requests';

const patience = {clock: {nowMs: () => 0, startMs: 0, sleep: () => undefined}, random: {next: () => 0}};

function serviceOf(kinds: Readonly<Record<'script' | 'user' | 'document', CacheLike | null>>): CacheServiceLike {
  return {
    getScriptCache: () => kinds.script,
    getUserCache: () => kinds.user,
    getDocumentCache: () => kinds.document,
  };
}

function cacheOf(puts: unknown[]): CacheLike {
  const values = new Map<string, string>();
  return {
    get: (key) => values.get(key) ?? null,
    put: (key, value, seconds) => {
      puts.push([key, seconds]);
      values.set(key, value);
    },
    remove: (key) => void values.delete(key),
  };
}

test('the cache is of the same kind as the store', () => {
  for (const kind of ['script', 'user', 'document'] as const) {
    const puts: unknown[] = [];
    const caches = {script: null, user: null, document: null, [kind]: cacheOf(puts)};
    const backend = cacheBackend(serviceOf(caches), kind, patience);
    expect(backend.read(backend.write('a', 'text'))).toBe('text');
    expect(puts).toEqual([['AST_JOBS_VALUE~a~0', 600]]);
  }
});

test('times to live are whole seconds, six hours at the most', () => {
  const puts: unknown[] = [];
  const backend = cacheBackend(serviceOf({script: cacheOf(puts), user: null, document: null}), 'script', patience);
  for (const ttlMs of [1_000, 1_001, 30_000_000]) backend.write('a', 'text', ttlMs);
  expect(puts.map((put) => (put as readonly unknown[])[1])).toEqual([1, 2, 21_600]);
});

test('a cache that is not there, or fails for good, is said to be unavailable', () => {
  const none = cacheBackend(serviceOf({script: null, user: null, document: null}), 'document', patience);
  expect(refusal(() => none.read('a'))).toMatchObject({code: 'BACKEND_UNAVAILABLE', details: {backend: 'cache'}});
  expect(refusal(() => none.read('a')).message).toContain('there is no document cache here');
  let calls = 0;
  const failing = (): never => {
    calls++;
    throw new Error('server error occurred');
  };
  const broken = serviceOf({script: {get: failing, put: failing, remove: failing}, user: null, document: null});
  const error = refusal(() => cacheBackend(broken, 'script', patience).write('a', 'x'));
  expect(error).toMatchObject({code: 'BACKEND_UNAVAILABLE', cause: {message: 'server error occurred'}});
  expect(calls).toBe(5);
});
