/**
 * SpreadsheetApp: one spreadsheet for each project, in memory, as far as jobs and their examples need it.
 *
 * S1 text that looks like a formula, a number or a yes or no becomes one, and an apostrophe before it is lost. S2 a refused
 * write changes nothing.
 */
import {failure, numberArgument, textArgument, unknownMethod, value} from './service';
import type {Answer, Outcome, Service} from './service';
import type {ServiceCall} from './types';

type Cell = unknown;
type Rows = Cell[][];

const MAX_CELL_CHARACTERS = 50_000;
/** Of a new sheet. */
const GRID_ROWS = 1_000;
const GRID_COLUMNS = 26;

export class Spreadsheets implements Service {
  private readonly spreadsheets = new Map<string, Map<string, Rows>>();
  private readonly hidden = new WeakSet<Rows>();
  private readonly widths = new WeakMap<Rows, number>();
  private readonly maxCells: number;

  constructor(maxCells: number) {
    this.maxCells = maxCells;
  }

  perform(call: ServiceCall, answer: Answer): void {
    answer(this.apply(call, this.sheets(call.execution.project)));
  }

  sheets(project: string): Map<string, Rows> {
    const existing = this.spreadsheets.get(project);
    if (existing !== undefined) return existing;
    const created = new Map<string, Rows>([['Sheet1', []]]);
    this.spreadsheets.set(project, created);
    return created;
  }

  private apply(call: ServiceCall, sheets: Map<string, Rows>): Outcome {
    switch (call.method) {
      case 'flush':
        return value();
      case 'getSheets':
        return value([...sheets.keys()]);
      case 'getSheetByName':
        return value(sheets.has(textArgument(call, 0)));
      case 'insertSheet': {
        const name = call.args[0] === null ? `Sheet${sheets.size + 1}` : textArgument(call, 0);
        if (sheets.has(name))
          return failure(`A sheet with the name "${name}" already exists. Please enter another name.`);
        sheets.set(name, []);
        return value(name);
      }
      case 'deleteSheet':
        return value(sheets.delete(textArgument(call, 0)));
      default:
        return this.applyToKnown(call, sheets, sheets.get(textArgument(call, 0)));
    }
  }

  private applyToKnown(call: ServiceCall, sheets: Map<string, Rows>, rows: Rows | undefined): Outcome {
    if (rows === undefined) return failure(`Sheet ${textArgument(call, 0)} not found`);
    switch (call.method) {
      case 'hideSheet':
        if ([...sheets.values()].every((other) => other === rows || this.hidden.has(other)))
          return failure("You can't hide all the sheets in a document.");
        this.hidden.add(rows);
        return value();
      case 'isSheetHidden':
        return value(this.hidden.has(rows));
      case 'getMaxColumns':
        return value(this.columnsOf(rows));
      case 'insertColumnsAfter':
        this.widths.set(rows, this.columnsOf(rows) + numberArgument(call, 2));
        return value();
      default:
        return this.refusal(call, sheets, rows) ?? applyToSheet(call, rows);
    }
  }

  private columnsOf(rows: Rows): number {
    return Math.max(this.widths.get(rows) ?? GRID_COLUMNS, lastColumn(rows));
  }

  private refusal(call: ServiceCall, sheets: Map<string, Rows>, rows: Rows): Outcome | null {
    const written = writtenCells(call);
    if (written.flat().some((cell) => typeof cell === 'string' && cell.length > MAX_CELL_CHARACTERS))
      return failure(
        `Your input contains more than the maximum of ${MAX_CELL_CHARACTERS} characters in a single cell.`,
      );
    const added = call.method === 'appendRow' && lastRow(rows) >= GRID_ROWS ? this.columnsOf(rows) : 0;
    const cells = [...sheets.values()].reduce(
      (sum, one) => sum + Math.max(GRID_ROWS, lastRow(one)) * this.columnsOf(one),
      added,
    );
    if (written.length > 0 && cells > this.maxCells)
      return failure(
        `This action would increase the number of cells in the workbook above the limit of ${this.maxCells} cells.`,
      );
    return null;
  }
}

function writtenCells(call: ServiceCall): readonly (readonly unknown[])[] {
  if (call.method === 'appendRow') return [listOf(call.args[1])];
  return call.method === 'setValues' ? listOf(call.args[3]).map(listOf) : [];
}

function applyToSheet(call: ServiceCall, rows: Rows): Outcome {
  switch (call.method) {
    case 'getLastRow':
      return value(lastRow(rows));
    case 'getLastColumn':
      return value(lastColumn(rows));
    case 'getSize':
      return value([lastRow(rows), lastColumn(rows)]);
    case 'appendRow':
      writeCells(rows, lastRow(rows) + 1, 1, [listOf(call.args[1])]);
      return value();
    case 'deleteRow':
      rows.splice(numberArgument(call, 1) - 1, 1);
      return value();
    case 'format':
      return value();
    case 'clear':
      rows.length = 0;
      return value();
    case 'getValues':
      return value(readCells(rows, call));
    case 'setValues':
      writeCells(rows, numberArgument(call, 1), numberArgument(call, 2), listOf(call.args[3]).map(listOf));
      return value();
    default:
      return unknownMethod(call);
  }
}

function readCells(rows: Rows, call: ServiceCall): Rows {
  const [row, column, height, width] = [1, 2, 3, 4].map((index) => numberArgument(call, index)) as [
    number,
    number,
    number,
    number,
  ];
  return Array.from({length: height}, (_, y) =>
    Array.from({length: width}, (__, x) => rows[row - 1 + y]?.[column - 1 + x] ?? ''),
  );
}

function writeCells(rows: Rows, row: number, column: number, cells: readonly (readonly Cell[])[]): void {
  cells.forEach((line, y) => {
    while (rows.length < row + y) rows.push([]);
    const target = rows[row - 1 + y] ?? [];
    line.forEach((cell, x) => {
      while (target.length < column + x) target.push('');
      target[column - 1 + x] = typeof cell === 'string' ? understood(cell) : (cell ?? '');
    });
  });
}

/** What a cell makes of a text. */
function understood(text: string): Cell {
  if (text.startsWith("'")) return text.slice(1);
  if (/^[=+]./.test(text)) return '#ERROR!';
  if (/^(?:true|false)$/i.test(text)) return /^t/i.test(text);
  return /^-?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i.test(text) ? Number(text) : text;
}

function lastRow(rows: Rows): number {
  return rows.findLastIndex((row) => row.some(isFilled)) + 1;
}

function lastColumn(rows: Rows): number {
  return Math.max(0, ...rows.map((row) => row.findLastIndex(isFilled) + 1));
}

function isFilled(cell: Cell): boolean {
  return cell !== '' && cell !== null && cell !== undefined;
}

function listOf(argument: unknown): readonly unknown[] {
  return Array.isArray(argument) ? argument : [];
}
