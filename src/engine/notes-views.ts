/** What `AST.Jobs.logs` and `AST.Jobs.progress` answer: one read each, whatever the state of the job. */
import {isObject, printValue} from '../core/json';
import {headerKey, parseNotesKey, type JobAddress} from '../core/keys';
import {MAX_LOG_LINES} from '../core/limits';
import {logCursorOf, logPage, type LogCursor} from '../core/log-page';
import {decodeNotes, joinNotes, lastNoteMs, NO_NOTES, type Notes} from '../core/notes';
import {foldedProgress, progressRecord} from '../core/progress';
import type {Snapshot, StoredJob} from '../core/stored-job';
import type {Header} from '../core/header';
import {integerIn, invalid, reading} from '../orchestration/request';
import type {LogPage, ProgressRecord} from '../types';
import type {Engine, Lookup} from './engine';
import {findJob, notFound} from './lookup';
import {openableJob} from './views';

/** The lines of a job's log behind a cursor. */
export function showLogs(engine: Engine, lookup: Lookup, rawOptions: unknown): LogPage {
  const {after, limit} = reading('The options of logs', () => pageOptions(rawOptions));
  const snapshot = engine.readAll();
  const address = addressOf(snapshot, lookup);
  return logPage(notesOf(snapshot, address), after, limit);
}

/** How far a job is. */
export function showProgress(engine: Engine, lookup: Lookup): ProgressRecord {
  const snapshot = engine.readAll();
  const address = addressOf(snapshot, lookup);
  return progressIn(snapshot, address, openableJob(snapshot, address), engine.ports.clock.nowMs());
}

/** How far a job is that was read. */
export function progressIn(
  snapshot: Snapshot,
  address: JobAddress,
  job: StoredJob | Header,
  nowMs: number,
): ProgressRecord {
  return 'ledger' in job ? progressRecord(job, notesOf(snapshot, address).progress, nowMs) : foldedProgress(job);
}

function addressOf(snapshot: Snapshot, {id, prefix}: Lookup): JobAddress {
  const address = findJob(snapshot, id, prefix);
  if (address === null) throw notFound(id);
  return address;
}

function pageOptions(raw: unknown): {readonly after: LogCursor | null; readonly limit: number} {
  if (raw !== undefined && raw !== null && !isObject(raw))
    throw invalid(`logs expects {after, limit}, got ${printValue(raw)}.`);
  const {after = null, limit} = isObject(raw) ? raw : {};
  const cursor = typeof after === 'string' ? logCursorOf(after) : null;
  if (after !== null && cursor === null)
    throw invalid(`after must be the cursor of an entry that logs returned, got ${printValue(after)}.`);
  return {after: cursor, limit: limit === undefined ? 100 : integerIn(limit, 'limit', 1, MAX_LOG_LINES)};
}

/** All that the owners of a job wrote, as far as it can be read. */
function notesOf(snapshot: Snapshot, address: JobAddress): Notes {
  const start = headerKey(address).slice(0, -1);
  const found: Notes[] = [];
  for (const key of Object.keys(snapshot)) {
    if (!key.startsWith(start) || parseNotesKey(key) === null) continue;
    const notes = decodeNotes(snapshot[key] ?? '');
    if (notes !== null) found.push(notes);
  }
  found.sort((one, other) => lastNoteMs(one) - lastNoteMs(other));
  return found.reduce(joinNotes, NO_NOTES);
}
