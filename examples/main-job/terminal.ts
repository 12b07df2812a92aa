/** How text gets its colours and bars, where the terminal shows them. */

export interface Style {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly red: (text: string) => string;
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Colours on a terminal, unless NO_COLOR (https://no-color.org) or a terminal of type `dumb` forbids them. */
export function styleFor(isTerminal: boolean, environment: Environment): Style {
  const isColored = isTerminal && (environment['NO_COLOR'] ?? '') === '' && environment['TERM'] !== 'dumb';
  const paint = (on: number, off: number) => (text: string) => (isColored ? `\x1b[${on}m${text}\x1b[${off}m` : text);
  return {bold: paint(1, 22), dim: paint(2, 22), red: paint(31, 39), green: paint(32, 39), yellow: paint(33, 39)};
}

/** A bar of so many characters; full only when all is done. */
export function bar(done: number, total: number, width: number): string {
  const filled = total === 0 ? 0 : Math.floor((done / total) * width);
  return '█'.repeat(filled) + '░'.repeat(width - filled);
}

/** Minutes and seconds, such as 4:07. */
export function duration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

/** The time of day in UTC, such as 09:01:30. */
export function timeOfDay(ms: number): string {
  return new Date(ms).toISOString().slice(11, 19);
}

const NUMBER = /^-?[\d.]+(?: %)?$/;

/** Rows as lines, with two spaces between columns; a column whose second row is a number goes to the right. */
export function columns(rows: readonly (readonly (string | number)[])[]): readonly string[] {
  const texts = rows.map((row) => row.map(String));
  const layout = (texts[0] ?? []).map((_title, column) => ({
    width: Math.max(...texts.map((row) => (row[column] ?? '').length)),
    isNumeric: NUMBER.test(texts[1]?.[column] ?? ''),
  }));
  const cell = (text: string, {width, isNumeric}: (typeof layout)[number]): string =>
    isNumeric ? text.padStart(width) : text.padEnd(width);
  return texts.map((row) =>
    layout
      .map((column, index) => cell(row[index] ?? '', column))
      .join('  ')
      .trimEnd(),
  );
}
