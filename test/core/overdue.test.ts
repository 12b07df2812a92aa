import type {Header} from '../../src/core/header';
import {isOverdue, overdueAtMs, overdueFault} from '../../src/core/overdue';
import {NO_TERMS, type Terms} from '../../src/core/terms';
import {jobOf} from '../support/stored';

const {header} = jobOf({});
const job = (terms: Partial<Terms>, startedAtMs: number | null = 1_000): Header => ({
  ...header,
  startedAtMs,
  terms: {...NO_TERMS, ...terms},
});

test('a job without limits is never overdue', () => {
  expect(overdueAtMs(job({}))).toBeNull();
  expect(isOverdue(job({}), Number.MAX_SAFE_INTEGER)).toBe(false);
});

test('a timeout counts from the first start, a deadline from acceptance; the earlier one holds', () => {
  expect(overdueAtMs(job({timeoutMs: 500}, null))).toBeNull();
  expect(overdueAtMs(job({timeoutMs: 500}))).toBe(1_500);
  expect(overdueAtMs(job({deadlineAtMs: 1_200}, null))).toBe(1_200);
  expect(overdueAtMs(job({timeoutMs: 500, deadlineAtMs: 1_200}))).toBe(1_200);
  expect(overdueAtMs(job({timeoutMs: 100, deadlineAtMs: 1_200}))).toBe(1_100);
});

test('the moment itself is too late', () => {
  expect([1_499, 1_500, 1_501].map((nowMs) => isOverdue(job({timeoutMs: 500}), nowMs))).toEqual([false, true, true]);
});

test('the error says which of the two it was', () => {
  expect(overdueFault(job({timeoutMs: 500}))).toMatchObject({code: 'JOB_TIMEOUT', details: {timeoutMs: 500}});
  expect(overdueFault(job({deadlineAtMs: 1_200}))).toMatchObject({details: {deadlineAtMs: 1_200}});
  expect(overdueFault(job({timeoutMs: 500, deadlineAtMs: 1_200})).message).toMatch(/deadline/);
  expect(overdueFault(job({timeoutMs: 100, deadlineAtMs: 1_200})).message).toMatch(/timeoutMs/);
});
