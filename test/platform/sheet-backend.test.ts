import {asLibrary, pasted, useLabs} from '../storage/lab';

const newLab = useLabs();
const SHEET = {backend: 'sheet'} as const;
const SOURCE = `
function book() { return SpreadsheetApp.openById('spreadsheet-of-main'); }
function sheets() { return book().getSheets().map(function (s) { return [s.getName(), s.isSheetHidden()]; }); }
function plant(text) { book().insertSheet('AST.Jobs').appendRow([text]); }
function plantEmpty() { book().insertSheet('AST.Jobs'); }
`;

test('binding and what is not about the sheet call no spreadsheet', () => {
  const lab = newLab();
  lab.put('x', {backend: 'cache'});
  expect([lab.callsOf('sheet'), lab.list({backend: 'sheet'})]).toEqual([0, []]);
});

test('the sheet is made once, hidden, and looks like one that nobody should edit', () => {
  const lab = newLab({project: pasted(undefined, SOURCE)});
  expect(lab.list()).toEqual([]);
  expect(lab.world.call('sheets')).toEqual([['Sheet1', false]]);
  const references = [lab.put('one', SHEET), lab.put('two', SHEET)];
  expect(lab.world.call('sheets')).toEqual([
    ['Sheet1', false],
    ['AST.Jobs', true],
  ]);
  expect(lab.world.sheet('AST.Jobs')[0]).toEqual(['Values of AST.Jobs: do not edit, do not sort']);
  expect(references.map((reference) => lab.get(reference))).toEqual(['one', 'two']);
});

test('two executions that need the sheet at the same time make one and lose nothing', () => {
  const lab = newLab();
  for (const value of ['one', 'two']) lab.world.start({fn: 'api', args: ['put', [value, SHEET]]});
  lab.world.settle();
  expect(lab.world.sheet('AST.Jobs')).toHaveLength(3);
  expect(lab.list()).toHaveLength(2);
});

test('a sheet of that name that holds something else is left alone', () => {
  const lab = newLab({project: pasted(undefined, SOURCE)});
  lab.world.call('plant', ['my own table']);
  const error = lab.refusal('put', ['x', SHEET]);
  expect(error.code).toBe('BACKEND_UNAVAILABLE');
  expect(error.message).toContain('holds something else');
  expect(lab.refusal('list', [{backend: 'sheet'}]).code).toBe('BACKEND_UNAVAILABLE');
  expect(lab.world.sheet('AST.Jobs')).toEqual([['my own table']]);
});

test('a sheet that an execution made and had no time to mark is taken', () => {
  const lab = newLab({project: pasted(undefined, SOURCE)});
  lab.world.call('plantEmpty');
  expect(lab.list()).toEqual([]);
  expect(lab.get(lab.put('x', SHEET))).toBe('x');
  expect(lab.world.call('sheets')).toContainEqual(['AST.Jobs', true]);
});

test('a script that is bound to no spreadsheet needs an id', () => {
  const lab = newLab({project: {...pasted(), isBound: false}});
  const error = lab.refusal('put', ['x', SHEET]);
  expect(error.code).toBe('BACKEND_UNAVAILABLE');
  expect(error.message).toContain("spreadsheet: '<id>'");
  const options = "{sheets: SpreadsheetApp, spreadsheet: 'spreadsheet-of-main'}";
  for (const project of [pasted(options), asLibrary(options)]) {
    lab.world.deploy({...project, isBound: false});
    expect(lab.get(lab.put('x'))).toBe('x');
  }
});

test('a value is one row, of as many cells as it needs, and its removal moves the others up', () => {
  const lab = newLab();
  const values = ['a', 'b'.repeat(1_500_000), 'c'];
  const [first, long, last] = values.map((value) => lab.put(value, SHEET));
  const rows = lab.world.sheet('AST.Jobs');
  expect(rows.map((row) => row.length)).toEqual([1, 6, 39, 6]);
  expect(Math.max(...rows.flat().map((cell) => String(cell).length))).toBeLessThanOrEqual(45_000);
  lab.remove(first);
  expect(rows).toHaveLength(3);
  expect([lab.get(long) === values[1], lab.get(last)]).toEqual([true, 'c']);
});

test('a reader whose row moves away finds it again', () => {
  const lab = newLab();
  const [first, second] = [lab.put('first', SHEET), lab.put('second', SHEET)];
  let reads = 0;
  lab.world.onCall = ({method}) => {
    // Between the reading of the heads and that of the row somebody else removes the row before.
    if (method === 'getValues' && ++reads === 3) lab.world.sheet('AST.Jobs').splice(1, 1);
    return undefined;
  };
  expect(lab.get(second)).toBe('second');
  lab.world.onCall = undefined;
  expect(reads).toBeGreaterThan(3);
  expect(lab.refusal('get', [first]).code).toBe('REFERENCE_GONE');
});

test('two executions that remove at the same time remove their own rows only', () => {
  const lab = newLab();
  const references = ['a', 'b', 'c', 'd'].map((value) => lab.put(value, SHEET));
  for (const reference of [references[0], references[2], references[0]])
    lab.world.start({fn: 'api', args: ['remove', [reference]]});
  lab.world.settle();
  expect(lab.list().map(({reference}) => lab.get(reference))).toEqual(['d', 'b']);
});

test('a spreadsheet that is full says so at once', () => {
  const lab = newLab({limits: {cells: 30_000}});
  const error = lab.refusal('put', ['x', SHEET]);
  expect(error.code).toBe('BACKEND_UNAVAILABLE');
  expect(error.message).toContain('above the limit of 30000 cells');
});

test('rows that somebody wrote by hand are no values', () => {
  const lab = newLab();
  const reference = lab.put('x', SHEET);
  lab.world.sheet('AST.Jobs').push(['note', 'to myself'], ['>note', 5, 'x', 'y', 1], ['', '', '']);
  expect(lab.list().map((row) => row.reference.at)).toEqual([reference.at]);
});
