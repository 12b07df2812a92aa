/** The same report computed at once and in another way, to check the jobs against. */
import {dataFile} from './cdn';

interface Flight {
  readonly origin: string;
  readonly delay: number;
}

export type Row = readonly (string | number)[];

const LATE_MINUTES = 15;

/** The rows that the sheet must hold below its titles. */
export function directRows(): readonly Row[] {
  const flights = JSON.parse(dataFile('flights-20k.json')) as readonly Flight[];
  const places = new Map(
    dataFile('airports.csv')
      .split('\n')
      .map((line) => cellsOf(line.trimEnd()))
      .map((cells) => [cells[0] ?? '', cells.slice(1, 4)]),
  );
  const codes = [...new Set(flights.map(({origin}) => origin))];
  const rows = codes.map((code) => {
    const delays = flights.filter(({origin}) => origin === code).map(({delay}) => delay);
    const total = delays.reduce((sum, delay) => sum + delay, 0);
    const late = delays.filter((delay) => delay >= LATE_MINUTES);
    const count = delays.length;
    return [code, ...(places.get(code) ?? []), count, total / count, late.length / count, Math.max(...delays)];
  });
  return rows.sort((one, other) => Number(other[4]) - Number(one[4]) || (String(one[0]) < String(other[0]) ? -1 : 1));
}

/** The cells of a line of airports.csv, where quotation marks only wrap a cell with a comma in it. */
function cellsOf(line: string): readonly string[] {
  return (line.match(/"[^"]*"|[^,]+/g) ?? []).map((cell) => cell.replaceAll('"', ''));
}
