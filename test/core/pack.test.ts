import vm from 'node:vm';
import {deflateRawSync} from 'node:zlib';
import {buildSync} from 'esbuild';
import fc from 'fast-check';
import {utf8Bytes} from '../../src/core/bytes';
import {pack, unpack} from '../../src/core/pack';
import {anyJson, anyText, mutate, mutations} from '../support/arbitraries';

/** JSON that is worth packing, and JSON that is not. */
const texts = fc
  .tuple(fc.array(anyJson, {maxLength: 12}), fc.integer({min: 1, max: 60}))
  .map(([values, times]) => JSON.stringify(Array.from({length: times}, () => values)));

test('a text comes back as it was', () => {
  fc.assert(
    fc.property(texts, (text) => {
      expect(unpack(pack(text))).toBe(text);
    }),
  );
});

test('a text never grows, and what is packed is plain ASCII', () => {
  fc.assert(
    fc.property(texts, (text) => {
      const packed = pack(text);
      expect(utf8Bytes(packed)).toBeLessThanOrEqual(utf8Bytes(text));
      if (packed !== text) expect(packed).toMatch(/^z[\w-]+$/);
    }),
  );
});

test('short texts stay as they are', () => {
  const text = JSON.stringify('a'.repeat(1_997));
  expect(pack(text)).toBe(text);
});

test('ten thousand items shrink to a tenth', () => {
  const items = Array.from({length: 10_000}, (_none, index) => ({
    id: `row-${index}`,
    sheet: 'Orders',
    isPaid: index % 3 === 0,
  }));
  const text = JSON.stringify(items);
  expect(utf8Bytes(pack(text)) * 10).toBeLessThan(utf8Bytes(text));
  expect(unpack(pack(text))).toBe(text);
});

test('a text that does not shrink stays as it is', () => {
  let state = 1;
  const noise = Array.from({length: 3_000}, () => {
    state = (state * 48_271) % 2_147_483_647;
    return String.fromCharCode(0x23 + (state % 0x5a)).replace('\\', ' ');
  }).join('');
  const text = JSON.stringify(noise);
  expect(pack(text)).toBe(text);
});

test('any text is unpacked to a text or to null, never thrown', () => {
  const anything = fc.oneof(
    anyText(60),
    anyText(60).map((text) => `z${text}`),
    fc.stringMatching(/^z[\w-]{0,80}$/),
  );
  fc.assert(
    fc.property(anything, (text) => {
      const unpacked = unpack(text);
      expect(unpacked === null || typeof unpacked === 'string').toBe(true);
    }),
    {numRuns: 1_000},
  );
});

test('damaged packed text is unpacked to a text or to null, never thrown', () => {
  const packed = pack(JSON.stringify(Array.from({length: 300}, (_none, index) => ({id: `row-${index}`}))));
  expect(packed).toMatch(/^z/);
  fc.assert(
    fc.property(mutations, (changes) => {
      const unpacked = unpack(mutate(packed, changes));
      expect(unpacked === null || typeof unpacked === 'string').toBe(true);
    }),
    {numRuns: 500},
  );
});

test('a realm without TextEncoder, as Apps Script is, packs and unpacks the same text', () => {
  const built = buildSync({
    entryPoints: ['src/core/pack.ts'],
    bundle: true,
    write: false,
    format: 'iife',
    globalName: 'Pack',
    target: 'es2019',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    tsconfig: 'tsconfig.src.json',
  });
  const realm = vm.createContext({});
  vm.runInContext(built.outputFiles[0]?.text ?? '', realm);
  expect(vm.runInContext('typeof TextEncoder + typeof TextDecoder', realm)).toBe('undefinedundefined');
  const text = JSON.stringify(Array.from({length: 200}, (_none, index) => `größer 😀 ${index}`));
  const packed: unknown = vm.runInContext(`Pack.pack(${JSON.stringify(text)})`, realm);
  expect(packed).toBe(pack(text));
  expect(vm.runInContext(`Pack.unpack(${JSON.stringify(packed)})`, realm)).toBe(text);
});

test('text that would unpack into half a gigabyte is damage', () => {
  const bomb = `z${deflateRawSync(Buffer.alloc(60_000_000, ' '), {level: 9}).toString('base64url')}`;
  expect(bomb.length).toBeLessThan(90_000);
  expect(unpack(bomb)).toBeNull();
});

test('text that packs a thousand to one comes back whole, up to twenty megabytes', () => {
  const text = JSON.stringify('x'.repeat(19_999_000));
  expect(pack(text).length).toBeLessThan(30_000);
  expect(unpack(pack(text)) === text).toBe(true);
  const long = JSON.stringify('x'.repeat(20_000_000));
  expect(pack(long) === long).toBe(true);
});

test('noise behind repetition comes back whole', () => {
  const noise = Array.from({length: 2_000}, (_none, index) => (index * 2_654_435_761) % 4_294_967_296);
  const text = JSON.stringify(['x'.repeat(2_000_000), ...noise]);
  expect(unpack(pack(text)) === text).toBe(true);
});
