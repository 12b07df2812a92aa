import fc from 'fast-check';
import {utf8Bytes} from '../../src/core/bytes';
import {valueKey} from '../../src/core/keys';
import {cutIntoPieces, pieceCount, strayPieces, textOfPieces} from '../../src/core/value-pieces';

const stored = (name: string, text: string): Record<string, string> =>
  Object.fromEntries(cutIntoPieces(text).map((piece, index) => [valueKey(name, index), piece]));

test('any text comes back from its pieces, each of which fits into a property', () => {
  fc.assert(
    fc.property(fc.string({unit: 'grapheme', maxLength: 20}), fc.integer({min: 1, max: 600}), (part, times) => {
      const text = part.repeat(times);
      const snapshot = stored('n', text);
      expect(textOfPieces(snapshot, 'n')).toBe(text);
      for (const piece of Object.values(snapshot)) expect(utf8Bytes(piece)).toBeLessThanOrEqual(8_000);
      expect(strayPieces(snapshot)).toEqual([]);
    }),
  );
});

test('a text of which a piece is missing, or is another’s, is not there', () => {
  const whole = stored('n', 'a'.repeat(20_000));
  for (const key of Object.keys(whole)) {
    const {[key]: _lost, ...rest} = whole;
    expect(textOfPieces(rest, 'n')).toBeNull();
    expect(textOfPieces({...whole, [key]: stored('n', 'b'.repeat(20_000))[key] ?? ''}, 'n')).toBeNull();
  }
  expect(textOfPieces({}, 'n')).toBeNull();
  expect(textOfPieces({[valueKey('n', 0)]: 'x|y'}, 'n')).toBeNull();
});

test('pieces that no first piece counts are strays, and nothing else is', () => {
  const long = stored('n', 'a'.repeat(30_000));
  const short = stored('n', 'b'.repeat(9_000));
  expect(pieceCount(short[valueKey('n', 0)] ?? '')).toBe(2);
  expect(strayPieces({...long, ...short, other: 'x', [valueKey('m', 0)]: 'damaged'})).toEqual([
    valueKey('n', 2),
    valueKey('n', 3),
  ]);
  const {[valueKey('n', 0)]: _first, ...rest} = short;
  expect(strayPieces(rest)).toEqual([valueKey('n', 1)]);
});
