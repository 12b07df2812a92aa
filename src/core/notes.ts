/**
 * What steps said while they ran: the last lines of their log and where they are. Notes are bounded by their bytes in the
 * store, the oldest lines go first, and what went is counted.
 *
 * Lines belong to the owner that wrote them, which is a part of the job and an epoch, and are numbered there from 1 on;
 * of an owner the last lines are there, without a gap. So the same lines may stand in two values, as after a kill between a
 * write and the delete that follows it, and count once.
 */
import {utf8Bytes} from './bytes';
import {isCount, isInstant, isObject, parseJson} from './json';
import {MAX_NOTES_OWNERS, NOTES_BYTES} from './limits';

/** A line of a log. */
export interface Line {
  readonly atMs: number;
  readonly stepId: string;
  readonly message: string;
}

/** The lines of one owner. */
export interface OwnerLines {
  /** `<part>.<epoch>` */
  readonly owner: string;
  /** How many it wrote; those that are here are the last of them. */
  readonly made: number;
  readonly lines: readonly Line[];
}

/** Where a step said that it is, and where it was when it first said so. */
export interface StepProgress {
  readonly stepId: string;
  readonly atMs: number;
  readonly done: number;
  readonly total: number | null;
  readonly note: string | null;
  readonly sinceMs: number;
  readonly sinceDone: number;
}

export interface Notes {
  /** Those first that are older. */
  readonly owners: readonly OwnerLines[];
  /** What was said last. */
  readonly progress: StepProgress | null;
  /** Lines of owners of which nothing is known any more. */
  readonly forgotten: number;
}

export const NO_NOTES: Notes = {owners: [], progress: null, forgotten: 0};

/** Notes with one more line of an owner. */
export function withLine(notes: Notes, owner: string, line: Line): Notes {
  const before = notes.owners.find((other) => other.owner === owner) ?? {owner, made: 0, lines: []};
  const atMs = Math.max(line.atMs, before.lines[before.lines.length - 1]?.atMs ?? 0);
  const own = {owner, made: before.made + 1, lines: [...before.lines, {...line, atMs}]};
  return trimmed({...notes, owners: [...notes.owners.filter((other) => other.owner !== owner), own]});
}

/** Notes with a newer progress; of the same step it goes on from where that began. */
export function withProgress(notes: Notes, said: Omit<StepProgress, 'sinceMs' | 'sinceDone'>): Notes {
  const {progress} = notes;
  const isSame = progress?.stepId === said.stepId && progress.done <= said.done;
  const since = isSame
    ? {sinceMs: progress.sinceMs, sinceDone: progress.sinceDone}
    : {sinceMs: said.atMs, sinceDone: said.done};
  return trimmed({...notes, progress: {...said, ...since}});
}

/** Two notes of a job in one; the first is the older one. */
export function joinNotes(older: Notes, newer: Notes): Notes {
  const owners = new Map(older.owners.map((lines) => [lines.owner, lines]));
  for (const lines of newer.owners) {
    const known = owners.get(lines.owner);
    owners.set(lines.owner, known === undefined ? lines : joinLines(known, lines));
  }
  return {
    owners: [...owners.values()],
    progress: laterProgress(older.progress, newer.progress),
    forgotten: older.forgotten + newer.forgotten,
  };
}

function joinLines(one: OwnerLines, other: OwnerLines): OwnerLines {
  const [less, more] = one.made < other.made ? [one, other] : [other, one];
  const gone = more.made - more.lines.length;
  // Lines behind a gap are given up, or their numbers would not be known.
  const missing = less.made < gone ? 0 : Math.max(0, gone - (less.made - less.lines.length));
  return {...more, lines: [...less.lines.slice(0, missing), ...more.lines]};
}

function laterProgress(one: StepProgress | null, other: StepProgress | null): StepProgress | null {
  return (one?.atMs ?? 0) > (other?.atMs ?? 0) ? one : other;
}

/** When the last of it was said; 0 where nothing was. */
export function lastNoteMs({owners, progress}: Notes): number {
  const times = owners.map(({lines}) => lines[lines.length - 1]?.atMs ?? 0);
  return Math.max(0, progress?.atMs ?? 0, ...times);
}

/** Notes that fit into one value; the last line always stays. */
export function trimmed(notes: Notes): Notes {
  const owners = [...notes.owners];
  let {forgotten} = notes;
  const forget = (): void => {
    forgotten += owners.shift()?.made ?? 0;
  };
  while (owners.length > MAX_NOTES_OWNERS) forget();
  const shares = owners.map(bytesOfLines);
  let bytes = shares.reduce((sum, size) => sum + size, bytesOfProgress(notes.progress) + FRAME_BYTES);
  let first = 0;
  while (bytes > NOTES_BYTES && first < owners.length) {
    const oldest = owners[first];
    const isLast = first === owners.length - 1;
    if (oldest === undefined || oldest.lines.length <= (isLast ? 1 : 0)) {
      first++;
      continue;
    }
    const rest = {...oldest, lines: oldest.lines.slice(1)};
    bytes += bytesOfLines(rest) - (shares[first] ?? 0);
    owners[first] = rest;
    shares[first] = bytesOfLines(rest);
  }
  return {owners, progress: notes.progress, forgotten};
}

/** Braces, names and the count of what is forgotten. */
const FRAME_BYTES = 40;
/** Brackets, commas and three numbers of an owner; those of a line. */
const OWNER_BYTES = 50;
const LINE_BYTES = 12;

function bytesOfLines({lines}: OwnerLines): number {
  return lines.reduce((sum, {message, stepId}, index) => {
    const ofStep = lines[index - 1]?.stepId === stepId ? 0 : textBytes(stepId) + 1;
    return sum + LINE_BYTES + textBytes(message) + ofStep;
  }, OWNER_BYTES);
}

function bytesOfProgress(progress: StepProgress | null): number {
  return progress === null ? 0 : utf8Bytes(JSON.stringify(encodeProgress(progress)));
}

function textBytes(text: string): number {
  const known = sizes.get(text);
  if (known !== undefined) return known;
  const bytes = utf8Bytes(JSON.stringify(text));
  if (sizes.size >= MAX_SIZES_KEPT) sizes.clear();
  sizes.set(text, bytes);
  return bytes;
}

/** Sizes of texts that were measured in this execution: with each new line all of them are summed up. */
const sizes = new Map<string, number>();
const MAX_SIZES_KEPT = 1_000;

/** The stored text of notes. */
export function encodeNotes({owners, progress, forgotten}: Notes): string {
  return JSON.stringify({
    ...{o: owners.map(encodeLines)},
    ...(progress === null ? {} : {p: encodeProgress(progress)}),
    ...(forgotten === 0 ? {} : {f: forgotten}),
  });
}

function encodeLines({owner, made, lines}: OwnerLines): unknown {
  const firstMs = lines[0]?.atMs ?? 0;
  let before: Line | undefined;
  const encoded = lines.map((line) => {
    const sinceMs = line.atMs - (before?.atMs ?? firstMs);
    const isSame = before?.stepId === line.stepId;
    before = line;
    return isSame ? [sinceMs, line.message] : [sinceMs, line.message, line.stepId];
  });
  return [owner, made, firstMs, encoded];
}

function encodeProgress({stepId, atMs, done, total, note, sinceMs, sinceDone}: StepProgress): unknown {
  return [stepId, atMs, done, total, note, sinceMs, sinceDone];
}

/** The notes in a stored text; `null` for damage. */
export function decodeNotes(text: string): Notes | null {
  const raw = parseJson(text);
  if (!isObject(raw)) return null;
  const {o, p = null, f: forgotten = 0} = raw;
  if (!Array.isArray(o) || !isCount(forgotten)) return null;
  const owners: OwnerLines[] = [];
  for (const entry of o as readonly unknown[]) {
    const lines = linesOf(entry);
    if (lines === null) return null;
    owners.push(lines);
  }
  const progress = p === null ? null : progressIn(p);
  return progress === undefined ? null : {owners, progress, forgotten};
}

const OWNER = /^\d{1,9}\.\d{1,9}$/;

function linesOf(raw: unknown): OwnerLines | null {
  if (!Array.isArray(raw)) return null;
  const [owner, made, firstMs, encoded] = raw as readonly unknown[];
  if (typeof owner !== 'string' || !OWNER.test(owner)) return null;
  if (!isCount(made) || !isInstant(firstMs) || !Array.isArray(encoded) || encoded.length > made) return null;
  const lines: Line[] = [];
  let [atMs, stepId]: [number, unknown] = [firstMs, null];
  for (const entry of encoded as readonly unknown[]) {
    if (!Array.isArray(entry)) return null;
    const [sinceMs, message, step = stepId] = entry as readonly unknown[];
    if (!isCount(sinceMs) || !isInstant(atMs + sinceMs)) return null;
    if (typeof message !== 'string' || typeof step !== 'string') return null;
    [atMs, stepId] = [atMs + sinceMs, step];
    lines.push({atMs, stepId: step, message});
  }
  return {owner, made, lines};
}

function progressIn(raw: unknown): StepProgress | undefined {
  if (!Array.isArray(raw)) return undefined;
  const [stepId, atMs, done, total, note, sinceMs, sinceDone] = raw as readonly unknown[];
  if (typeof stepId !== 'string' || !isInstant(atMs) || !isInstant(sinceMs)) return undefined;
  if (!isAmount(done) || !isAmount(sinceDone) || (total !== null && !isAmount(total))) return undefined;
  if (note !== null && typeof note !== 'string') return undefined;
  return {stepId, atMs, done, total, note, sinceMs, sinceDone};
}

/** A number of things that a step counts, which need not be whole. */
export function isAmount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}
