import {EVERYTHING} from '../../src/core/selection';
import {selectionOf} from '../../src/orchestration/selecting';

test('nothing is everything, and what is no filter is ignored', () => {
  for (const raw of [
    undefined,
    null,
    {},
    {color: 1},
    {status: null, tags: null, batch: null, offset: null, limit: null},
    {status: '', name: '', batch: ' '},
  ])
    expect(selectionOf(raw)).toEqual(EVERYTHING);
});

test('one value is a list of one, and texts are trimmed', () => {
  expect(selectionOf({status: 'failed', tags: ' a ', name: ' n ', batch: ' b '})).toEqual({
    ...{...EVERYTHING, statuses: ['failed'], tags: ['a'], name: 'n', batch: 'b'},
  });
});

test('times are instants, and orders are named', () => {
  const selection = selectionOf({
    ...{
      createdAfter: '2026-01-01T00:00Z',
      createdBefore: new Date(7),
      sortBy: 'name',
      sortOrder: 'asc',
      limit: 5,
      offset: 2,
    },
  });
  expect(selection).toMatchObject({createdFromMs: Date.UTC(2026, 0, 1), createdBeforeMs: 7, sortBy: 'name'});
  expect(selection).toMatchObject({isAscending: true, limit: 5, offset: 2});
});

test.each([7, [], 'x', {status: ['x']}, {status: []}, {tags: [[]]}, {sortBy: 'x'}, {sortOrder: 1}, {createdAfter: {}}])(
  '%j is refused',
  (raw) => {
    expect(() => selectionOf(raw)).toThrow(expect.objectContaining({code: 'INVALID_REQUEST'}) as Error);
  },
);
