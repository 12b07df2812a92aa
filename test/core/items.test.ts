import {listOf, rangeOf, storedList} from '../../src/core/items';

test('a list gives its values', () => {
  const list = listOf(['a', 'b']);
  expect([list.kind, list.count, list.at(0), list.at(1), list.at(2)]).toEqual(['list', 2, 'a', 'b', undefined]);
  expect(list.all()).toEqual(['a', 'b']);
});

test('a range gives numbers from 0 on', () => {
  const range = rangeOf(2 ** 31 - 1);
  expect([range.kind, range.count, range.at(0), range.at(2 ** 31 - 2)]).toEqual(['range', 2 ** 31 - 1, 0, 2 ** 31 - 2]);
});

test('a stored list is made once, when its first item is asked for', () => {
  const make = jest.fn(() => [5, 6]);
  const list = storedList(2, make);
  expect(list.count).toBe(2);
  expect(make).not.toHaveBeenCalled();
  expect([list.at(1), list.at(0), list.all()]).toEqual([6, 5, [5, 6]]);
  expect(make).toHaveBeenCalledTimes(1);
});
