/** One mutant: one source file with one piece of text replaced by another. */

export interface Edit {
  readonly mutator: string;
  readonly start: number;
  readonly end: number;
  readonly put: string;
}

export interface Mutant extends Edit {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly old: string;
  /** The function that it is in, and its lines before and after: what stays when lines move. */
  readonly within: string;
  readonly from: string;
  readonly to: string;
}

/** The mutant that an edit of a file makes. */
export function mutantOf(file: string, text: string, within: string, edit: Edit): Mutant {
  const before = text.slice(0, edit.start);
  const lineStart = before.lastIndexOf('\n') + 1;
  const lineEnd = text.indexOf('\n', edit.end) < 0 ? text.length : text.indexOf('\n', edit.end);
  const [head, old, tail] = [before.slice(lineStart), text.slice(edit.start, edit.end), text.slice(edit.end, lineEnd)];
  return {
    ...edit,
    ...{file, within, old},
    line: before.split('\n').length,
    column: edit.start - lineStart + 1,
    from: oneLine(head + old + tail),
    to: oneLine(head + edit.put + tail),
  };
}

/** The name of a mutant in reports. */
export function nameOf({file, line, column, mutator, old, put}: Mutant): string {
  return `${file}:${line}:${column} ${mutator}, ${oneLine(old)} → ${put === '' ? 'nothing' : oneLine(put)}`;
}

/** The name of a mutant that survives changes elsewhere in its file. */
export function keyOf({file, within, from, to}: Pick<Mutant, 'file' | 'within' | 'from' | 'to'>): string {
  return `${file} ${within}: ${from} → ${to}`;
}

/** The source text of a mutant. */
export function mutated(text: string, {start, end, put}: Edit): string {
  return text.slice(0, start) + put + text.slice(end);
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
