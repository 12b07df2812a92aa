/**
 * Text made smaller where that pays: DEFLATE and base64, behind the letter `z`. Plans are repetitive, so that 10,000
 * items shrink to a tenth; short texts stay as they are and can be read in the property store by eye.
 */
import {deflateSync, inflateSync, strFromU8} from 'fflate';
import {decodeBase64, encodeBase64} from './base64';
import {utf8Bytes} from './bytes';
import {MAX_UNPACKED_BYTES} from './limits';

const PACKED = 'z';
/** Below this, packing saves no write and costs legibility. */
const WORTH_PACKING_BYTES = 2_000;

/**
 * The smaller of a JSON text and its packed form. A text that is too long to be unpacked stays as it is, and fits into no
 * store.
 */
export function pack(json: string): string {
  const bytes = utf8Bytes(json);
  if (bytes < WORTH_PACKING_BYTES || bytes > MAX_UNPACKED_BYTES) return json;
  const packed = PACKED + encodeBase64(deflateSync(encodeUtf8(json), {level: 6}));
  return packed.length < bytes ? packed : json;
}

/** The JSON text that was packed; `null` for damaged text. */
export function unpack(text: string): string | null {
  if (!text.startsWith(PACKED)) return text;
  const packed = decodeBase64(text.slice(PACKED.length));
  const bytes = packed === null ? null : inflate(packed);
  return bytes === null ? null : strFromU8(bytes);
}

/** DEFLATE makes at most some thousand bytes of one; plans mostly less than a tenth of that. */
const GUESSES = [16, 1_040] as const;

/** Inflates into buffers of a known size: half a megabyte of store could become half a gigabyte, which ends no step. */
function inflate(packed: Uint8Array): Uint8Array | null {
  for (const factor of GUESSES) {
    const size = Math.min(factor * packed.length + 1_000, MAX_UNPACKED_BYTES + 1);
    const bytes = inflateInto(packed, size);
    // What is beyond the end of the buffer was dropped.
    if (bytes !== null && bytes.length < size) return bytes;
  }
  return null;
}

function inflateInto(packed: Uint8Array, size: number): Uint8Array | null {
  try {
    return inflateSync(packed, {out: new Uint8Array(size)});
  } catch {
    return null; // Damage, or a buffer that is too small: the caller tries another, and reports it with the key.
  }
}

const UTF8_HEADS = [0, 0xc0, 0xe0, 0xf0] as const;

/** Where there is no TextEncoder, as in Apps Script, fflate's `strToU8` breaks characters beyond U+FFFF. */
function encodeUtf8(text: string): Uint8Array {
  const bytes = new Uint8Array(utf8Bytes(text));
  let length = 0;
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0;
    const more = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    bytes[length++] = UTF8_HEADS[more] | (code >> (6 * more));
    for (let shift = 6 * (more - 1); shift >= 0; shift -= 6) bytes[length++] = 0x80 | ((code >> shift) & 63);
  }
  return bytes;
}
