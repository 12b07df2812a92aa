import {ENQUEUE_GRACE_MS} from '../../src/core/limits';
import {NO_TERMS} from '../../src/core/terms';
import {askedOf, dueOfAsked, obstacleToRun, termsOfAsked, type Asked} from '../../src/orchestration/asked';

const NOW_MS = 1_767_603_600_000;
const ask = (request: Record<string, unknown> = {}): Asked => askedOf(request, 'nightly');

test('a request that asks for nothing has no terms and starts after the grace', () => {
  const asked = ask({priority: null, tags: null, runAt: null});
  expect(termsOfAsked(asked, NOW_MS, [], false)).toEqual(NO_TERMS);
  expect(dueOfAsked(asked, NOW_MS)).toBe(NOW_MS + ENQUEUE_GRACE_MS);
  expect(obstacleToRun(asked)).toBeNull();
});

test('spans count from acceptance', () => {
  const keyed = termsOfAsked(ask({deadlineMs: 5_000, idempotencyKey: ' k '}), NOW_MS, ['x'], true);
  expect(keyed).toMatchObject({
    ...{deadlineAtMs: NOW_MS + 5_000, dependencies: ['x'], hasPlanExtras: true},
    idempotency: {key: 'k', untilMs: NOW_MS + 86_400_000},
  });
  const debounced = termsOfAsked(ask({debounce: {waitMs: 2_000}}), NOW_MS, [], false);
  expect(debounced.debounce).toEqual({key: 'nightly', untilMs: NOW_MS + 20_000});
});

test.each([
  [{delayMs: 0}, NOW_MS],
  [{delayMs: 7_000}, NOW_MS + 7_000],
  [{runAt: new Date(NOW_MS + 9_000)}, NOW_MS + 9_000],
  [{runAt: new Date(NOW_MS - 9_000)}, NOW_MS],
  [{debounce: 3_000}, NOW_MS + 3_000],
  [{autoStart: false, delayMs: 5}, null],
])('%j starts at the right time', (request, dueMs) => {
  expect(dueOfAsked(ask(request), NOW_MS)).toBe(dueMs);
});

test.each([
  [{delayMs: 5}, 'delayMs'],
  [{runAt: '2026-01-01'}, 'runAt'],
  [{autoStart: false}, 'autoStart: false'],
  [{debounce: 5_000}, 'debounce'],
  [{dependencies: 'job_0mk2xyz12_abcdefghij'}, 'dependencies'],
])('%j keeps a job from running at once', (request, what) => {
  expect(obstacleToRun(ask(request))).toBe(what);
});

test('dependencies are ids, records or positions, each once', () => {
  const id = 'job_0mk2xyz12_abcdefghij';
  expect(ask({dependencies: [id, {id}, 0, 0, ` ${id}`]}).dependencies).toEqual([id, 0]);
});

test.each([
  [true, {key: 'nightly', policy: 'skip'}],
  ['k', {key: 'k', policy: 'skip'}],
  [{policy: 'queue'}, {key: 'nightly', policy: 'queue'}],
  [false, null],
])('singleton %j', (singleton, expected) => {
  expect(ask({singleton}).singleton).toEqual(expected);
});

test('a number is the wait of debounce, and the longest wait ten times as long', () => {
  expect(ask({debounce: 2_000}).debounce).toEqual({key: 'nightly', waitMs: 2_000, maxWaitMs: 20_000});
});

test('all of it together is bounded', () => {
  const tags = Array.from({length: 10}, (_none, index) => `${index}${'ä'.repeat(49)}`);
  expect(() => ask({tags, description: 'ä'.repeat(500), singleton: 'ä'.repeat(200)})).toThrow(/2000/);
});
