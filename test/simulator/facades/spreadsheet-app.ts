/** SpreadsheetApp: one spreadsheet, its sheets and ranges. Dates cross to the scheduler and come back as dates. */
import type {Kit} from './kit';

type Area = readonly [row: number, column: number, height: number, width: number];

export function installSpreadsheetApp(kit: Kit): void {
  const {options} = kit;
  const call = (method: string, ...args: unknown[]) => kit.ask('sheet', method, null, args);
  const sheetOf = (name: string) => makeSheet(kit, name);
  const spreadsheet: Record<string, unknown> = {
    getId: () => `spreadsheet-of-${options.project}`,
    getName: () => options.project,
    getSheetByName: (name: string) => (call('getSheetByName', name) === true ? sheetOf(name) : null),
    getSheets: () => (call('getSheets') as string[]).map(sheetOf),
    getActiveSheet: () => sheetOf((call('getSheets') as string[])[0] ?? ''),
    insertSheet: (name: string | null = null) => sheetOf(call('insertSheet', name) as string),
    deleteSheet: (sheet: {getName(): string}) => void call('deleteSheet', sheet.getName()),
    toast: () => spreadsheet,
  };
  const active = () => (options.isBound ? spreadsheet : null);
  kit.define('SpreadsheetApp', {
    getActiveSpreadsheet: active,
    getActive: active,
    openById: (id: string) => {
      if (id === `spreadsheet-of-${options.project}`) return spreadsheet;
      throw kit.exception('Unexpected error while getting the method or property openById on object SpreadsheetApp.');
    },
    flush: () => void call('flush'),
  });
}

export function makeSheet(kit: Kit, name: string): unknown {
  const call = (method: string, ...args: unknown[]) => kit.ask('sheet', method, null, [name, ...args]);
  const sheet: Record<string, unknown> = {
    getName: () => name,
    getRange: (first: number | string, column = 1, height = 1, width = 1) =>
      makeRange(kit, name, typeof first === 'string' ? areaOf(kit, first) : [first, column, height, width]),
    getDataRange: () => {
      const [rows = 0, columns = 0] = call('getSize') as number[];
      return makeRange(kit, name, [1, 1, Math.max(1, rows), Math.max(1, columns)]);
    },
    getLastRow: () => call('getLastRow'),
    getLastColumn: () => call('getLastColumn'),
    appendRow: (cells: unknown[]) => {
      call('appendRow', cells.map(packCell));
      return sheet;
    },
    clear: () => {
      call('clear');
      return sheet;
    },
    setFrozenRows: () => void call('format'),
    deleteRow: (row: number) => {
      call('deleteRow', row);
      return sheet;
    },
    hideSheet: () => {
      call('hideSheet');
      return sheet;
    },
    isSheetHidden: () => call('isSheetHidden'),
    getMaxColumns: () => call('getMaxColumns'),
    insertColumnsAfter: (column: number, count: number) => {
      call('insertColumnsAfter', column, count);
      return sheet;
    },
    autoResizeColumns: () => {
      call('format');
      return sheet;
    },
  };
  return sheet;
}

export function makeRange(kit: Kit, sheet: string, area: Area): unknown {
  const [row, column, height, width] = area;
  if (!(row >= 1 && column >= 1 && height >= 1 && width >= 1)) {
    throw kit.exception('The starting row and the number of rows and columns must be at least 1.');
  }
  const getValues = () => {
    const cells = kit.ask('sheet', 'getValues', null, [sheet, ...area]) as unknown[][];
    return cells.map((line) => line.map(unpackCell));
  };
  const setValues = (cells: unknown[][]): unknown => {
    if (cells.length !== height || cells.some((line) => line.length !== width)) {
      const got = `${cells.length} rows, ${cells[0]?.length ?? 0} columns`;
      throw kit.exception(`The data does not match the range: it has ${got}, the range ${height} and ${width}.`);
    }
    kit.ask('sheet', 'setValues', null, [sheet, row, column, cells.map((line) => line.map(packCell))]);
    return range;
  };
  /** Formats take their time and are forgotten: nothing here reads them. */
  const format = (): unknown => {
    kit.ask('sheet', 'format', null, [sheet, ...area]);
    return range;
  };
  const range: Record<string, unknown> = {
    getRow: () => row,
    getColumn: () => column,
    getNumRows: () => height,
    getNumColumns: () => width,
    getValues,
    getValue: () => getValues()[0]?.[0],
    setValues,
    setFontWeight: format,
    setNumberFormat: format,
    setValue: (cell: unknown) => setValues(Array.from({length: height}, () => Array.from({length: width}, () => cell))),
  };
  return range;
}

/** The area that a text like B2 or A1:C3 names. */
export function areaOf({exception}: Kit, notation: string): Area {
  const match = /^([A-Z]+)(\d+)(?::([A-Z]+)(\d+))?$/.exec(notation.toUpperCase());
  if (match === null) throw exception('Range not found');
  const columnOf = (letters: string) => [...letters].reduce((sum, c) => sum * 26 + c.charCodeAt(0) - 64, 0);
  const [, fromColumn = '', fromRow = '', toColumn = fromColumn, toRow = fromRow] = match;
  const [row, column] = [Number(fromRow), columnOf(fromColumn)];
  return [row, column, Number(toRow) - row + 1, columnOf(toColumn) - column + 1];
}

export function packCell(cell: unknown): unknown {
  // By tag, not by instanceof: a date may come from a library's realm.
  const isDate = Object.prototype.toString.call(cell) === '[object Date]';
  return isDate ? {dateMs: Number(cell)} : cell;
}

export function unpackCell(cell: unknown): unknown {
  const isPacked = typeof cell === 'object' && cell !== null && 'dateMs' in cell;
  return isPacked ? new Date(cell.dateMs as number) : cell;
}
