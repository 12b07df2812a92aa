/** Sizes and fingerprints of text. Pure; Apps Script has no TextEncoder. */

const BEYOND_ASCII = /[^\0-\x7f]/;

/** Bytes of a text in UTF-8, which is what the property store counts. A lone surrogate counts as three. */
export function utf8Bytes(text: string): number {
  // Nearly all texts are of one byte a character, which an expression finds out without a step of the interpreter each.
  if (!BEYOND_ASCII.test(text)) return text.length;
  let bytes = 0;
  for (let index = 0; index < text.length;) {
    const charBytes = bytesOfChar(text, index);
    bytes += charBytes;
    index += unitsOfChar(charBytes);
  }
  return bytes;
}

/** Bytes of the character that starts there. */
function bytesOfChar(text: string, index: number): number {
  const unit = text.charCodeAt(index);
  if (unit < 0x80) return 1;
  if (unit < 0x800) return 2;
  const isPair = unit >= 0xd800 && unit <= 0xdbff && isLowSurrogate(text.charCodeAt(index + 1));
  return isPair ? 4 : 3;
}

/** Only characters of four bytes are two units of a text. */
function unitsOfChar(charBytes: number): number {
  return charBytes === 4 ? 2 : 1;
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}

/** Splits text into pieces of at most `maxBytes` each, never inside a character. An empty text is one empty piece. */
export function splitByBytes(text: string, maxBytes: number): readonly string[] {
  const pieces: string[] = [];
  let start = 0;
  let bytes = 0;
  for (let index = 0; index < text.length;) {
    const charBytes = bytesOfChar(text, index);
    if (bytes + charBytes > maxBytes) {
      pieces.push(text.slice(start, index));
      start = index;
      bytes = 0;
    }
    bytes += charBytes;
    index += unitsOfChar(charBytes);
  }
  pieces.push(text.slice(start));
  return pieces;
}

/**
 * A running fingerprint: `chain(chain(EMPTY_SUM, a), b)` identifies the sequence a, b. Two lanes of FNV-1a, 64 bits; it
 * finds damage and mix-ups, it is no defence against an attacker.
 */
export type Checksum = string;

/** The fingerprint of nothing. */
export const EMPTY_SUM: Checksum = '';

/** The fingerprint of what `sum` stands for, followed by `text`. */
export function chainSum(sum: Checksum, text: string): Checksum {
  // Looked up once: an execution is over before its loops are compiled, so each step in them counts.
  const {imul} = Math;
  let low = 0x811c9dc5;
  let high = 0x1b873593;
  // Each by itself: putting them together would copy every text, of which a job has thousands.
  for (const piece of [sum, '|', text]) {
    for (let index = 0; index < piece.length; index++) {
      const unit = piece.charCodeAt(index);
      low = imul(low ^ unit, 0x01000193);
      high = imul(high ^ unit, 0x5bd1e995) ^ (high >>> 13);
    }
  }
  return (low >>> 0).toString(36) + (high >>> 0).toString(36).padStart(7, '0');
}
