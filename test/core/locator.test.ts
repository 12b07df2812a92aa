import {makeLocator, nameIn, parseLocator} from '../../src/core/locator';

test('a locator is taken apart as it was put together', () => {
  for (const places of [[], ['file-1_x'], ['book', 's0']]) {
    const locator = makeLocator(places, 'job_1.0~a:b');
    expect(parseLocator(locator, places.length)).toEqual({places, name: 'job_1.0~a:b'});
    expect(parseLocator(locator, places.length + 1)).toBeNull();
    expect(nameIn(locator)).toBe('job_1.0~a:b');
  }
});

test.each([
  ['', 0],
  ['a b', 0],
  ['a/', 1],
  ['/a', 1],
  ['../a', 1],
  ['x.y/a', 1],
  [`${'x'.repeat(101)}/a`, 1],
  ['n'.repeat(201), 0],
] as const)('%j is no locator with %i places', (text, count) => {
  expect(parseLocator(text, count)).toBeNull();
});
