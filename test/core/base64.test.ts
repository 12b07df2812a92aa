import fc from 'fast-check';
import {decodeBase64, encodeBase64} from '../../src/core/base64';

test('bytes become text as Node has it, and come back', () => {
  fc.assert(
    fc.property(fc.uint8Array({maxLength: 50}), (bytes) => {
      const text = encodeBase64(bytes);
      expect(text).toBe(Buffer.from(bytes).toString('base64url'));
      expect(decodeBase64(text)).toEqual(bytes);
    }),
  );
});

test('a text with another character is no base64', () => {
  for (const text of ['a+b/', 'abc=', 'a b', 'é']) expect(decodeBase64(text)).toBeNull();
});
