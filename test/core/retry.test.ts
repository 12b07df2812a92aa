import fc from 'fast-check';
import {DEFAULT_RETRY, mayRetry, retryDelayMs} from '../../src/core/retry';

test('so many retries follow as the policy says', () => {
  for (const maxRetries of [0, 1, 2, 20]) {
    const policy = {...DEFAULT_RETRY, maxRetries};
    const attempts = Array.from({length: 25}, (_none, index) => index + 1);
    expect(attempts.filter((failed) => mayRetry(policy, failed))).toHaveLength(maxRetries);
  }
});

test('without jitter waits grow by the factor up to the maximum', () => {
  const policy = {...DEFAULT_RETRY, delayMs: 1_000, factor: 3, maxDelayMs: 20_000, jitter: 0};
  expect([1, 2, 3, 4, 5].map((failed) => retryDelayMs(policy, failed, 0.5))).toEqual([
    1_000, 3_000, 9_000, 20_000, 20_000,
  ]);
});

test('a factor of 1 waits the same each time', () => {
  const policy = {...DEFAULT_RETRY, factor: 1, jitter: 0};
  expect([1, 10, 20].map((failed) => retryDelayMs(policy, failed, 0.9))).toEqual([30_000, 30_000, 30_000]);
});

test('jitter spreads a wait up and down by its share', () => {
  expect([0, 0.5, 1].map((chance) => retryDelayMs(DEFAULT_RETRY, 1, chance))).toEqual([24_000, 30_000, 36_000]);
});

const policies = fc.record({
  maxRetries: fc.nat({max: 20}),
  delayMs: fc.nat({max: 30 * 24 * 3_600_000}),
  factor: fc.double({min: 1, max: 100, noNaN: true}),
  maxDelayMs: fc.nat({max: 30 * 24 * 3_600_000}),
  jitter: fc.double({min: 0, max: 1, noNaN: true}),
});

test('every wait is a whole number of milliseconds, never negative and never above the maximum', () => {
  fc.assert(
    fc.property(
      policies,
      fc.integer({min: 1, max: 21}),
      fc.double({min: 0, max: 1, noNaN: true}),
      (policy, failed, chance) => {
        const delayMs = retryDelayMs(policy, failed, chance);
        expect(Number.isSafeInteger(delayMs)).toBe(true);
        expect(delayMs).toBeGreaterThanOrEqual(0);
        expect(delayMs).toBeLessThanOrEqual(policy.maxDelayMs);
      },
    ),
  );
});
