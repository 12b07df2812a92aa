/**
 * Imports a large file in pieces, computes how late the flights of each airport were, and writes that into the sheet
 * "Delays" of the spreadsheet to which this script belongs.
 *
 * To try it: paste it into a spreadsheet's script that has AST.Jobs as its library ASTLib, and run `startImport` once.
 * Nothing else is to be done: the jobs go on by triggers until they are completed, in as many executions as it takes.
 */

const ASTX = ASTLib.AST || ASTLib;
ASTX.Jobs.bind(globalThis);

/** What the library's triggers call. */
function astJobsWorker(e) {
  return ASTX.Jobs.work(e);
}

const SOURCE = 'https://cdn.example.com/vega-datasets/';
const FLIGHTS = 'flights-20k.json';
const AIRPORTS = 'airports.csv';
const SHEET = 'Delays';
const TITLES = ['Airport', 'Name', 'City', 'State', 'Flights', 'Mean delay (min)', 'Late', 'Worst (min)'];

const PIECE_BYTES = 28000;
/** Longer than any record, so that the last one of a piece is whole. */
const OVERLAP_BYTES = 200;
/** From this delay on a flight counts as late. */
const LATE_MINUTES = 15;
const ROWS_PER_WRITE = 50;

/** The one function that a person runs. */
function startImport() {
  const size = sizeOf(FLIGHTS);
  const pieces = [];
  for (let first = 0; first < size; first += PIECE_BYTES) pieces.push({first, bytes: PIECE_BYTES});
  return ASTX.Jobs.mapReduce({
    name: 'Import flights',
    mode: 'enqueue',
    items: pieces,
    map: {handler: 'importPiece', stepIdPrefix: 'piece'},
    reduce: {handler: 'mergePieces', id: 'merge'},
    options: {maxRuntimeMs: 300000},
  }).id;
}

/** Map: one piece of the file as [flights, minutes of delay, late flights, worst delay] of each airport. */
function importPiece(ctx) {
  noteAttempt(ctx);
  const {first, bytes} = ctx.payload.item;
  const text = fetchRange(FLIGHTS, first, first + bytes + OVERLAP_BYTES - 1).getContentText();
  Utilities.sleep(18000); // Imitates work that takes its time. Leave it out of a real script.
  const airports = {};
  for (const {origin, delay} of recordsIn(text, bytes)) {
    addCounts(airports, origin, [1, delay, delay >= LATE_MINUTES ? 1 : 0, delay]);
  }
  return airports;
}

/** Reduce: all pieces together, and the start of the second job, which makes the report. */
function mergePieces(ctx) {
  noteAttempt(ctx);
  const airports = {};
  for (const id of ctx.payload.mapStepIds) {
    const piece = ctx.results[id];
    for (const code of Object.keys(piece)) addCounts(airports, code, piece[code]);
  }
  startReport(`Report of ${ctx.jobId}`, airports, ctx.idempotencyKey);
  return {airports: Object.keys(airports).length};
}

/**
 * A chain: each step begins when the one before is saved, and finds its result in ctx.results. The key is that of the step
 * that starts it, which runs again when it was killed before its result was saved: then no second report is made.
 */
function startReport(name, airports, idempotencyKey) {
  ASTX.Jobs.chain({
    name,
    idempotencyKey,
    mode: 'enqueue',
    tasks: [
      {id: 'rank', handler: 'rankAirports', payload: {airports}},
      {id: 'write', handler: 'writeSheet'},
      {id: 'format', handler: 'formatSheet'},
      {id: 'verify', handler: 'verifySheet'},
    ],
  });
}

/** The rows of the report, busiest airport first. */
function rankAirports(ctx) {
  noteAttempt(ctx);
  const {airports} = ctx.payload;
  const [, ...places] = Utilities.parseCsv(UrlFetchApp.fetch(SOURCE + AIRPORTS).getContentText());
  const rows = [];
  for (const [code, name, city, state] of places) {
    if (!airports[code]) continue;
    const [flights, minutes, late, worst] = airports[code];
    rows.push([code, name, city, state, flights, minutes / flights, late / flights, worst]);
  }
  return rows.sort((one, other) => other[4] - one[4] || (one[0] < other[0] ? -1 : 1));
}

/** Writes all rows, also those that an attempt before may have written: the sheet is the same in the end. */
function writeSheet(ctx) {
  noteAttempt(ctx);
  const book = SpreadsheetApp.getActiveSpreadsheet();
  const sheet = book.getSheetByName(SHEET) || book.insertSheet(SHEET);
  const rows = [TITLES, ...ctx.results.rank];
  sheet.clear();
  for (let from = 0; from < rows.length; from += ROWS_PER_WRITE) {
    const block = rows.slice(from, from + ROWS_PER_WRITE);
    sheet.getRange(from + 1, 1, block.length, TITLES.length).setValues(block);
    Utilities.sleep(9000); // Imitates a large sheet. Leave it out of a real script.
  }
  return {rows: ctx.results.rank.length};
}

function formatSheet(ctx) {
  noteAttempt(ctx);
  const sheet = SpreadsheetApp.getActiveSpreadsheet().getSheetByName(SHEET);
  const {rows} = ctx.results.write;
  sheet.getRange(1, 1, 1, TITLES.length).setFontWeight('bold');
  sheet.getRange(2, 6, rows, 1).setNumberFormat('0.0');
  sheet.getRange(2, 7, rows, 1).setNumberFormat('0 %');
  sheet.setFrozenRows(1);
  sheet.autoResizeColumns(1, TITLES.length);
  return null;
}

/** Reads the sheet again. What is wrong there fails this step, and the record of the job says why. */
function verifySheet(ctx) {
  noteAttempt(ctx);
  const [titles, ...rows] = SpreadsheetApp.getActiveSpreadsheet().getSheetByName(SHEET).getDataRange().getValues();
  if (titles.join() !== TITLES.join()) throw new Error(`Expected the titles in the first row, got ${titles.join()}.`);
  if (rows.length !== ctx.results.write.rows) {
    throw new Error(`Expected ${ctx.results.write.rows} rows in the sheet, got ${rows.length}.`);
  }
  return {airports: rows.length, flights: rows.reduce((sum, row) => sum + row[4], 0)};
}

/** What a menu item or a web page would show. */
function showJobs() {
  return ASTX.Jobs.list({}, {details: false});
}

function showJob(id) {
  return ASTX.Jobs.status(id);
}

function addCounts(airports, code, [flights, minutes, late, worst]) {
  const [f, m, l, w] = airports[code] || [0, 0, 0, -Infinity];
  airports[code] = [f + flights, m + minutes, l + late, Math.max(w, worst)];
}

/** The records that begin in the first so many bytes of a text that may begin and end within a record. */
function recordsIn(text, bytes) {
  const records = [];
  for (const match of text.matchAll(/\{[^{}]*\}/g)) {
    if (match.index < bytes) records.push(JSON.parse(match[0]));
  }
  return records;
}

/** Bytes of a file, both ends included. A server that knows no ranges would send the whole file for each piece. */
function fetchRange(file, first, last) {
  const response = UrlFetchApp.fetch(SOURCE + file, {headers: {Range: `bytes=${first}-${last}`}});
  if (response.getResponseCode() === 206) return response;
  throw new Error(`Expected a part of ${file} (206), got ${response.getResponseCode()}.`);
}

function sizeOf(file) {
  return Number(fetchRange(file, 0, 0).getHeaders()['Content-Range'].split('/')[1]);
}

function noteAttempt(ctx) {
  console.log(`${ctx.stepId}, attempt ${ctx.attempt}`);
}
