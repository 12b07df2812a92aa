/** Bytes as text and back: base64 with the alphabet that is safe in addresses, without padding. Pure. */

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** The text of some bytes. */
export function encodeBase64(bytes: Uint8Array): string {
  let text = '';
  for (let index = 0; index < bytes.length; index += 3) {
    const [a = 0, b, c] = [bytes[index], bytes[index + 1], bytes[index + 2]];
    text += digit(a >> 2) + digit((a << 4) | ((b ?? 0) >> 4));
    if (b !== undefined) text += digit((b << 2) | ((c ?? 0) >> 6));
    if (c !== undefined) text += digit(c);
  }
  return text;
}

function digit(bits: number): string {
  return ALPHABET.charAt(bits & 63);
}

/** The bytes of a text; `null` for a text with another character. */
export function decodeBase64(text: string): Uint8Array | null {
  const values = valuesByCode();
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4));
  let bits = 0;
  let width = 0;
  let length = 0;
  for (let index = 0; index < text.length; index++) {
    const value = values[text.charCodeAt(index)] ?? -1;
    if (value < 0) return null;
    bits = ((bits << 6) | value) & 0xffffff;
    width += 6;
    if (width >= 8) {
      width -= 8;
      bytes[length++] = (bits >> width) & 0xff;
    }
  }
  return bytes.subarray(0, length);
}

/** What a character stands for, by its code; -1 for those that stand for nothing. */
function valuesByCode(): Int8Array {
  const values = new Int8Array(128).fill(-1);
  for (let value = 0; value < ALPHABET.length; value++) values[ALPHABET.charCodeAt(value)] = value;
  return values;
}
