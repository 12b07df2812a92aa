/** Sizes and fingerprints of text. Pure; Apps Script has no TextEncoder. */

/** Bytes of a text in UTF-8, which is what the property store counts. A lone surrogate counts as three. */
export function utf8Bytes(text: string): number {
  let bytes = 0;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) bytes += 1;
    else if (unit < 0x800) bytes += 2;
    else if (unit >= 0xd800 && unit <= 0xdbff && isLowSurrogate(text.charCodeAt(index + 1))) {
      bytes += 4;
      index++;
    } else bytes += 3;
  }
  return bytes;
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
    const width = isLowSurrogate(text.charCodeAt(index + 1)) && isHighSurrogate(text.charCodeAt(index)) ? 2 : 1;
    const charBytes = utf8Bytes(text.slice(index, index + width));
    if (bytes + charBytes > maxBytes) {
      pieces.push(text.slice(start, index));
      start = index;
      bytes = 0;
    }
    bytes += charBytes;
    index += width;
  }
  pieces.push(text.slice(start));
  return pieces;
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
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
  let low = 0x811c9dc5;
  let high = 0x1b873593;
  // Each by itself: putting them together would copy every text, of which a job has thousands.
  for (const piece of [sum, '|', text]) {
    for (let index = 0; index < piece.length; index++) {
      const unit = piece.charCodeAt(index);
      low = Math.imul(low ^ unit, 0x01000193);
      high = Math.imul(high ^ unit, 0x5bd1e995) ^ (high >>> 13);
    }
  }
  return (low >>> 0).toString(36) + (high >>> 0).toString(36).padStart(7, '0');
}
