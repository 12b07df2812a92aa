import fc from 'fast-check';
import {fromCells, toCells} from '../../src/core/cells';

/** What a cell may change: formulas, numbers, control characters but the line feed, halves of characters, marks. */
const SAFE =
  /^>(?:[^\u0000-\u0009\u000b-\u001f\u007f\ufeff\ufffe\uffff\ud800-\udfff]|[\ud800-\udbff][\udc00-\udfff])*$/;

test('any text comes back from its cells, each short and without anything that a cell might change', () => {
  fc.assert(
    fc.property(fc.string({unit: 'binary', maxLength: 60}), fc.integer({min: 3, max: 20}), (text, maxChars) => {
      const cells = toCells(text, maxChars);
      expect(fromCells(cells)).toBe(text);
      for (const cell of cells) {
        expect(cell.length).toBeLessThanOrEqual(maxChars);
        expect(cell).toMatch(SAFE);
      }
    }),
  );
});

test('halves of characters and backslashes come back', () => {
  for (const text of ['\ud83d', '\ude00\ud83d', '\\0041', '\\', '😀'.repeat(9), '\ud83d\ud83d\ude00'])
    expect(fromCells(toCells(text, 4))).toBe(text);
});

test('an empty text has one cell, and no character is cut', () => {
  expect(toCells('', 10)).toEqual(['>']);
  expect(toCells('a😀b😀', 3)).toEqual(['>a', '>😀', '>b', '>😀']);
});

test('cells that hold something else are no text', () => {
  for (const cells of [[5], ['text'], ['>a', ''], [null], [true]]) expect(fromCells(cells)).toBeNull();
});
