import {clipLine, printPart} from '../../src/core/print';
import {utf8Bytes} from '../../src/core/bytes';

const cyclic: Record<string, unknown> = {};
cyclic['self'] = cyclic;
const hostile = {
  get boom(): string {
    throw new Error('no entry');
  },
};

test.each([
  ['text', 'text'],
  ['', ''],
  [1.5, '1.5'],
  [NaN, 'NaN'],
  [true, 'true'],
  [null, 'null'],
  [undefined, 'undefined'],
  [12n, '12'],
  [Symbol('s'), 'Symbol(s)'],
  [() => 1, '[function]'],
  [{a: [1, 'x']}, '{"a":[1,"x"]}'],
  [{f: () => 1, s: Symbol('in'), n: 3n}, '{"f":"[function]","s":"Symbol(in)","n":"3"}'],
  [new Date(0), '"1970-01-01T00:00:00.000Z"'],
  [new TypeError('wrong'), 'TypeError: wrong'],
  [{toJSON: () => undefined}, 'undefined'],
])('%p is shown as %s', (value, shown) => {
  expect(printPart(value)).toBe(shown);
});

test('what cannot be shown is told in words', () => {
  expect(printPart(hostile)).toBe('[not shown: no entry]');
  expect(printPart(cyclic)).toMatch(/^\[not shown: Converting circular structure/);
  expect(printPart(Array.from({length: 20_000}, () => 1))).toBe('[not shown: it has more than 10000 values]');
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();
  expect(printPart(revoked.proxy)).toMatch(/^\[not shown: /);
});

test('a line is cut by characters and by the bytes that it takes in the store', () => {
  expect(clipLine('x'.repeat(600), 500)).toHaveLength(500);
  for (const char of ['\u0000', 'ä', '漢', '😀', '"']) {
    const line = clipLine(char.repeat(600), 500);
    expect(line.length).toBeLessThanOrEqual(500);
    expect(line).toMatch(/…$/);
    expect(utf8Bytes(JSON.stringify(line))).toBeLessThanOrEqual(1_500);
  }
});
