/** SpreadsheetApp: one spreadsheet for each project, in memory, as far as jobs and their examples need it. */
import {failure, numberArgument, textArgument, unknownMethod, value} from './service';
import type {Answer, Outcome, Service} from './service';
import type {ServiceCall} from './types';

type Cell = unknown;
type Rows = Cell[][];

export class Spreadsheets implements Service {
  private readonly spreadsheets = new Map<string, Map<string, Rows>>();

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
        return applyToSheet(call, sheets.get(textArgument(call, 0)));
    }
  }
}

function applyToSheet(call: ServiceCall, rows: Rows | undefined): Outcome {
  if (rows === undefined) return failure(`Sheet ${textArgument(call, 0)} not found`);
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
      target[column - 1 + x] = cell ?? '';
    });
  });
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
