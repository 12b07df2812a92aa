/**
 * A stored text as the values of property keys. Piece 0 begins with `<pieces>.<fingerprint of the text>|`: a text is
 * there when it is whole, whatever was written by halves or over another.
 */
import {chainSum, EMPTY_SUM, splitByBytes} from './bytes';
import {parseValueKey, valueKey} from './keys';
import {MAX_VALUE_BYTES} from './limits';
import type {Snapshot} from './stored-job';

/** Room for the head of piece 0. */
const HEAD_BYTES = 30;
const HEAD_PATTERN = /^([1-9]\d?)\.([0-9a-z]{8,14})\|/;

/** The values of a text, piece by piece. */
export function cutIntoPieces(text: string): readonly string[] {
  const pieces = splitByBytes(text, MAX_VALUE_BYTES - HEAD_BYTES);
  return pieces.map((piece, index) => (index === 0 ? `${pieces.length}.${chainSum(EMPTY_SUM, text)}|${piece}` : piece));
}

/** How many pieces there are, as piece 0 says; none where it says nothing. */
export function pieceCount(first: string): number {
  return Number(HEAD_PATTERN.exec(first)?.[1] ?? 0);
}

/** The text of a name; `null` where it is not whole. */
export function textOfPieces(snapshot: Snapshot, name: string): string | null {
  const first = snapshot[valueKey(name, 0)] ?? '';
  const [head = '', count, sum] = HEAD_PATTERN.exec(first) ?? [];
  let text = first.slice(head.length);
  for (let index = 1; index < Number(count ?? 0); index++) text += snapshot[valueKey(name, index)] ?? '';
  return chainSum(EMPTY_SUM, text) === sum ? text : null;
}

/** Keys of pieces that no piece 0 counts. */
export function strayPieces(snapshot: Snapshot): readonly string[] {
  return Object.keys(snapshot).filter((key) => {
    const parsed = parseValueKey(key);
    return parsed !== null && parsed.piece > 0 && parsed.piece >= pieceCount(snapshot[valueKey(parsed.name, 0)] ?? '');
  });
}
