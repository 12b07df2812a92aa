import type {Header} from '../../src/core/header';
import {EVERYTHING, fits, isFiltered, sorted, type Selection} from '../../src/core/selection';
import {NO_TERMS} from '../../src/core/terms';
import {crowdAddress} from '../support/crowds';
import {AT_MS, jobOf} from '../support/stored';

const HEADER: Header = {
  ...jobOf({}).header,
  terms: {...NO_TERMS, tags: ['a', 'b'], batch: 'b1', schedule: 's1', maker: 'execution'},
};

test.each<[Partial<Selection>, boolean]>([
  [{}, true],
  [{statuses: ['queued']}, true],
  [{statuses: ['failed']}, false],
  [{name: 'Nightly'}, true],
  [{name: 'nightly'}, false],
  [{tags: ['b', 'a']}, true],
  [{tags: ['a', 'c']}, false],
  [{createdFromMs: AT_MS}, true],
  [{createdFromMs: AT_MS + 1}, false],
  [{createdBeforeMs: AT_MS + 1}, true],
  [{createdBeforeMs: AT_MS}, false],
  [{batch: 'b1', schedule: 's1', maker: 'execution'}, true],
  [{batch: 'b2'}, false],
  [{schedule: 's2'}, false],
  [{maker: 'workflow'}, false],
])('%j fits: %s', (filters, expected) => {
  const selection = {...EVERYTHING, ...filters};
  expect(fits(HEADER, selection)).toBe(expected);
  expect(isFiltered(selection)).toBe(Object.keys(filters).length > 0);
});

test('rows with no header come last, but by birth, and ids part equals', () => {
  const rows = [2, 0, 1].map((number) => ({address: crowdAddress(number), header: number === 1 ? null : HEADER}));
  const order = (selection: Partial<Selection>): readonly number[] =>
    sorted(rows, {...EVERYTHING, ...selection}).map(({address}) =>
      [0, 1, 2].findIndex((number) => crowdAddress(number).id === address.id),
    );
  expect(order({})).toEqual([2, 1, 0]);
  expect(order({isAscending: true})).toEqual([0, 1, 2]);
  for (const sortBy of ['updatedAt', 'name', 'priority', 'status'] as const) {
    expect(order({sortBy})).toEqual([2, 0, 1]);
    expect(order({sortBy, isAscending: true})).toEqual([0, 2, 1]);
  }
});
