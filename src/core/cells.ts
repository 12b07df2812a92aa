/**
 * Text in the cells of a sheet and back. A cell takes what it is given for a formula, a number, a date or a yes or no
 * where it looks like one, so that each starts with a mark; what a cell might not keep is escaped.
 */

const MARK = '>';
const DELICATE =
  /[\u0000-\u0009\u000b-\u001f\u007f\\\ufeff\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
const ESCAPED = /\\([0-9a-f]{4})/g;

/** The cells of a text, each of at most `maxChars` characters; none is cut inside a character. */
export function toCells(text: string, maxChars: number): readonly string[] {
  const safe = text.replace(DELICATE, (char) => `\\${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
  const cells: string[] = [];
  for (let start = 0; start < safe.length || cells.length === 0;) {
    let end = Math.min(safe.length, start + maxChars - MARK.length);
    const last = safe.charCodeAt(end - 1);
    if (end < safe.length && last >= 0xd800 && last <= 0xdbff) end--;
    cells.push(MARK + safe.slice(start, end));
    start = end;
  }
  return cells;
}

/** The text of some cells; `null` for cells that hold something else. */
export function fromCells(cells: readonly unknown[]): string | null {
  const parts: string[] = [];
  for (const cell of cells) {
    if (typeof cell !== 'string' || !cell.startsWith(MARK)) return null;
    parts.push(cell.slice(MARK.length));
  }
  return parts.join('').replace(ESCAPED, (_match, code: string) => String.fromCharCode(parseInt(code, 16)));
}
