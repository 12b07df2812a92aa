import {instantOf} from '../../src/orchestration/instant';

const of = (raw: unknown): number => instantOf(raw, 'runAt');

test.each([
  ['2026-03-01T09:00Z', Date.UTC(2026, 2, 1, 9)],
  ['2026-03-01T09:00:30.5Z', Date.UTC(2026, 2, 1, 9, 0, 30, 500)],
  ['2026-03-01T09:00+02:00', Date.UTC(2026, 2, 1, 7)],
  ['2026-03-01T09:00-0330', Date.UTC(2026, 2, 1, 12, 30)],
  [' 2026-03-01T09:00Z ', Date.UTC(2026, 2, 1, 9)],
  ['2028-02-29T00:00Z', Date.UTC(2028, 1, 29)],
])('%s is read', (text, expected) => {
  expect(of(text)).toBe(expected);
});

test('without a zone it is the time of the script, a date alone its midnight', () => {
  expect(of('2026-03-01T09:00')).toBe(new Date(2026, 2, 1, 9).getTime());
  expect(of('2026-03-01 09:00')).toBe(new Date(2026, 2, 1, 9).getTime());
  expect(of('2026-03-01')).toBe(new Date(2026, 2, 1).getTime());
});

test('a date is itself', () => {
  expect(of(new Date(5_000))).toBe(5_000);
});

test.each([
  'tomorrow',
  '',
  '2026-02-30',
  '2026-13-01',
  '2026-03-01T25:00',
  '2026-3-1',
  5,
  null,
  {},
  new Date(NaN),
  new Date(-5),
])('%p is refused, and the way out is said', (raw) => {
  expect(() => of(raw)).toThrow(/ISO 8601/);
});
