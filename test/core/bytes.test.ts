import fc from 'fast-check';
import {chainSum, EMPTY_SUM, splitByBytes, utf8Bytes} from '../../src/core/bytes';
import {anyText} from '../support/arbitraries';

test('a text has as many bytes as Node counts', () => {
  fc.assert(
    fc.property(anyText(60), (text) => {
      expect(utf8Bytes(text)).toBe(Buffer.byteLength(text));
    }),
    {numRuns: 500},
  );
});

test.each([
  ['', 0],
  ['a', 1],
  ['\u0000', 1],
  ['\u007f', 1],
  ['\u0080', 2],
  ['\u07ff', 2],
  ['\u0800', 3],
  ['\uffff', 3],
  ['😀', 4],
  ['\ud83d', 3],
  ['\ude00\ud83d', 6],
])('%j has %i bytes', (text, bytes) => {
  expect(utf8Bytes(text)).toBe(bytes);
});

const halvesPair = (left: string, right: string): boolean =>
  /[\ud800-\udbff]$/.test(left) && /^[\udc00-\udfff]/.test(right);

test('pieces join to the text, are within the limit and cut no character', () => {
  fc.assert(
    fc.property(anyText(80), fc.integer({min: 4, max: 40}), (text, maxBytes) => {
      const pieces = splitByBytes(text, maxBytes);
      expect(pieces.join('')).toBe(text);
      pieces.forEach((piece, index) => {
        expect(utf8Bytes(piece)).toBeLessThanOrEqual(maxBytes);
        expect(halvesPair(piece, pieces[index + 1] ?? '')).toBe(false);
      });
    }),
    {numRuns: 500},
  );
});

test('a text is split into no more pieces than needed', () => {
  expect(splitByBytes('', 10)).toEqual(['']);
  expect(splitByBytes('abcdefghij', 10)).toEqual(['abcdefghij']);
  expect(splitByBytes('abcdefghijk', 10)).toEqual(['abcdefghij', 'k']);
  expect(splitByBytes('aaa😀😀', 8)).toEqual(['aaa😀', '😀']);
});

const sumOf = (texts: readonly string[]): string => texts.reduce(chainSum, EMPTY_SUM);

test('a prefix of a sequence has the sum that a reader gets who stops there', () => {
  fc.assert(
    fc.property(fc.array(anyText(), {minLength: 1, maxLength: 6}), fc.nat(), (texts, cut) => {
      const end = cut % texts.length;
      expect(texts.slice(end).reduce(chainSum, sumOf(texts.slice(0, end)))).toBe(sumOf(texts));
    }),
  );
});

test('a sequence that was cut, changed, split or reordered has another sum', () => {
  fc.assert(
    fc.property(fc.uniqueArray(anyText(), {minLength: 2, maxLength: 6}), (texts) => {
      const sum = sumOf(texts);
      expect(sumOf(texts.slice(1))).not.toBe(sum);
      expect(sumOf(texts.slice(0, -1))).not.toBe(sum);
      expect(sumOf([...texts].reverse())).not.toBe(sum);
      expect(sumOf([texts.join('')])).not.toBe(sum);
      expect(sumOf([...texts, ''])).not.toBe(sum);
      expect(sumOf(texts.map((text, index) => (index === 1 ? `${text}x` : text)))).not.toBe(sum);
    }),
  );
});

test('twenty thousand short texts have as many sums, and either half of a sum tells nearly all of them apart', () => {
  const sums = Array.from({length: 20_000}, (_none, number) => chainSum(EMPTY_SUM, `[0,${number}]`));
  expect(new Set(sums).size).toBe(20_000);
  expect(new Set(sums.map((sum) => sum.slice(0, -7))).size).toBeGreaterThan(19_900);
  expect(new Set(sums.map((sum) => sum.slice(-7))).size).toBeGreaterThan(19_900);
});

test('a sum is short and plain', () => {
  fc.assert(
    fc.property(anyText(40), (text) => {
      expect(chainSum(EMPTY_SUM, text)).toMatch(/^[0-9a-z]{8,14}$/);
    }),
  );
});
