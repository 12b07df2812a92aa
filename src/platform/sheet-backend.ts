/**
 * Texts in a hidden sheet, a row each: name, stamp, bytes, time, number of cells, then the text in cells. A row is
 * appended by one call, which Google calls atomic, so that none is half there and writers need no lock
 * (https://developers.google.com/apps-script/reference/spreadsheet/sheet#appendRow). Rows move when one is deleted:
 * that is done under the lock, and a reader makes sure that the row it got is the one it wanted.
 *
 * A locator is `<spreadsheet id>/<stamp>/<name>`; the stamp is made at random for each write.
 */
import {fromCells, toCells} from '../core/cells';
import {utf8Bytes} from '../core/bytes';
import {CELL_CHARS, MAX_SHEET_VALUE_BYTES} from '../core/limits';
import {makeLocator} from '../core/locator';
import {isStoredName} from '../core/value-name';
import {checkText, foreign, locate, reach, unavailable} from '../engine/backend';
import {underLock} from '../engine/hold';
import type {Backend, StoredText, StorePorts} from '../engine/ports';
import type {SheetLike, SheetsLike, SpreadsheetLike} from './handles';

const SHEET_NAME = 'AST.Jobs';
/** In the first cell: a sheet of this name without it is somebody else's. */
const MARKER = 'Values of AST.Jobs: do not edit, do not sort';
/** Columns before the text. */
const HEAD_COLUMNS = 5;
/** "26 columns" of a new sheet: more are added before a longer row. */
const NEW_SHEET_COLUMNS = 26;
/** A row that moved away between two reads is looked for again. */
const READ_TRIES = 5;

/** The port over a spreadsheet; opened at the first call. */
export function sheetBackend(service: SheetsLike, spreadsheetId: string | null, ports: StorePorts): Backend {
  const table = new Table(service, spreadsheetId, ports);
  const use = <Result>(call: () => Result): Result => reach('sheet', ports, call);
  return {
    kind: 'sheet',
    maxBytes: MAX_SHEET_VALUE_BYTES,
    write: (name, text) => {
      checkText('sheet', name, text, MAX_SHEET_VALUE_BYTES);
      const stamp = `s${Math.floor(ports.random.next() * 36 ** 9).toString(36)}`;
      const cells = toCells(text, CELL_CHARS);
      const row = [name, stamp, utf8Bytes(text), ports.clock.nowMs(), cells.length, ...cells];
      table.made();
      let tries = 0;
      use(() => {
        // A call that failed may have appended the row all the same.
        if (tries++ === 0 || table.indexOf(name, stamp) < 0) table.append(row);
      });
      return makeLocator([table.id(), stamp], name);
    },
    read: (locator) => {
      const {name, stamp} = use(() => table.locate(locator));
      return use(() => table.read(name, stamp));
    },
    remove: (locator) => {
      const {name, stamp} = use(() => table.locate(locator));
      if (use(() => table.indexOf(name, stamp)) < 0) return false;
      let wasThere = false;
      underLock(ports, () => {
        // Looked for anew at each try: a row that is gone already must not take the next one with it.
        use(() => {
          const index = table.indexOf(name, stamp);
          wasThere = wasThere || index >= 0;
          if (index >= 0) table.deleteAt(index);
        });
      });
      return wasThere;
    },
    list: (namePrefix) => use(() => table.texts().filter(({name}) => name.startsWith(namePrefix))),
  };
}

/** The hidden sheet. */
class Table {
  private book: SpreadsheetLike | null = null;
  private sheet: SheetLike | null = null;
  private readonly service: SheetsLike;
  private readonly bookId: string | null;
  private readonly ports: StorePorts;

  constructor(service: SheetsLike, bookId: string | null, ports: StorePorts) {
    this.service = service;
    this.bookId = bookId;
    this.ports = ports;
  }

  id(): string {
    return this.spreadsheet().getId();
  }

  locate(locator: string): {readonly name: string; readonly stamp: string} {
    const {places, name} = locate(locator, 2);
    const [id, stamp = ''] = places;
    if (id !== this.id()) throw foreign('sheet', 'The value lies in another spreadsheet than the one that is bound.');
    return {name, stamp};
  }

  /** Makes the sheet where it is not there. */
  made(): void {
    if (reach('sheet', this.ports, () => this.known()) !== null) return;
    underLock(this.ports, () => {
      this.sheet = reach('sheet', this.ports, () => this.known() ?? this.make());
    });
  }

  append(row: readonly (string | number)[]): void {
    const sheet = this.needed();
    const missing = row.length > NEW_SHEET_COLUMNS ? row.length - sheet.getMaxColumns() : 0;
    if (missing > 0) sheet.insertColumnsAfter(row.length - missing, missing);
    // A name may look like a number or a date; behind this mark it cannot.
    sheet.appendRow(row.map((cell, index) => (index === 0 ? nameCell(String(cell)) : cell)));
    this.service.flush();
  }

  /** The row of a text, counted from 0; -1 where it is gone. */
  indexOf(name: string, stamp: string): number {
    return this.heads().findIndex((head) => isRow(head, name, stamp));
  }

  read(name: string, stamp: string): string | null {
    for (let tries = 0; tries < READ_TRIES; tries++) {
      const heads = this.heads();
      const index = heads.findIndex((head) => isRow(head, name, stamp));
      const count = Number(heads[index]?.[4]);
      if (index < 0 || !(count >= 1)) return null;
      const row =
        this.needed()
          .getRange(index + 2, 1, 1, HEAD_COLUMNS + count)
          .getValues()[0] ?? [];
      if (isRow(row, name, stamp)) return fromCells(row.slice(HEAD_COLUMNS));
    }
    throw unavailable('sheet', 'its rows moved while a value was read.');
  }

  /** Only under the lock: rows behind this one move. */
  deleteAt(index: number): void {
    this.needed().deleteRow(index + 2);
    this.service.flush();
  }

  texts(): readonly StoredText[] {
    return this.heads().flatMap(([cell, stamp, bytes, atMs]) => {
      const name = typeof cell === 'string' && cell.startsWith(NAME_MARK) ? cell.slice(NAME_MARK.length) : '';
      if (!isStoredName(name) || typeof stamp !== 'string') return [];
      return [
        {
          locator: makeLocator([this.id(), stamp], name),
          name,
          bytes: typeof bytes === 'number' ? bytes : 0,
          atMs: typeof atMs === 'number' ? atMs : null,
        },
      ];
    });
  }

  private heads(): readonly (readonly unknown[])[] {
    const sheet = this.known();
    const lastRow = sheet?.getLastRow() ?? 1;
    return sheet === null || lastRow < 2 ? [] : sheet.getRange(2, 1, lastRow - 1, HEAD_COLUMNS).getValues();
  }

  private needed(): SheetLike {
    const sheet = this.known();
    if (sheet === null) throw unavailable('sheet', `the sheet ${SHEET_NAME} was deleted.`);
    return sheet;
  }

  private known(): SheetLike | null {
    if (this.sheet !== null) return this.sheet;
    const sheet = this.spreadsheet().getSheetByName(SHEET_NAME);
    if (sheet === null) return null;
    const first = sheet.getRange(1, 1, 1, 1).getValues()[0]?.[0];
    // Empty: an execution died between making and marking it.
    if (first === '' && sheet.getLastRow() === 0) return null;
    if (first !== MARKER)
      throw unavailable('sheet', `the sheet ${SHEET_NAME} holds something else: give it another name.`);
    return (this.sheet = sheet);
  }

  private make(): SheetLike {
    const book = this.spreadsheet();
    const sheet = book.getSheetByName(SHEET_NAME) ?? book.insertSheet(SHEET_NAME);
    sheet.hideSheet();
    sheet.appendRow([MARKER]);
    this.service.flush();
    return sheet;
  }

  private spreadsheet(): SpreadsheetLike {
    const book = (this.book ??=
      this.bookId === null ? this.service.getActiveSpreadsheet() : this.service.openById(this.bookId));
    if (book !== null) return book;
    throw unavailable(
      'sheet',
      "the script is bound to no spreadsheet: bind(globalThis, {sheets: …, spreadsheet: '<id>'}).",
    );
  }
}

const NAME_MARK = '>';

function nameCell(name: string): string {
  return NAME_MARK + name;
}

function isRow([cell, stamp]: readonly unknown[], name: string, wanted: string): boolean {
  return cell === nameCell(name) && stamp === wanted;
}
