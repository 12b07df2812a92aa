/**
 * One property value of a log: `[schema, epoch, marker, entries…]`.
 *
 * The tail segment is rewritten whole with each commit. Its *marker* names the units that may have begun after the last
 * entry, `-1` for none, a number for one, `[first, last]` for a group of items, and `[unit, unit, version, cursor]` for a
 * step that has saved where it is; its *epoch* is the owner that wrote it last. Consecutive results of one map step are
 * written as one run, `[1, firstUnit, firstAtMs, [delta, duration, …], [result, …]]`, which counts as so many outcomes.
 * A failure with the error of the failure before it is `[9, unit, atMs, duration, retryAtMs]`: where a service is out,
 * thousands of items fail with one message, which would fill the store.
 */
import {isCount, isDuration, isInstant, parseJson} from './json';
import {SCHEMA} from './limits';
import {outcomeOfTuple, outcomeText, type Outcome, type StoredCursor} from './outcome';
import {encodeMark, markOf, type Mark} from './units';

/** What may have begun, and how far it has come. */
export interface Marker {
  readonly units: Mark;
  /** Of the one unit that is marked. */
  readonly cursor: StoredCursor | null;
}

/** Nothing may have begun. */
export const NO_MARKER: Marker = {units: null, cursor: null};

export interface Segment {
  readonly epoch: number;
  readonly marker: Marker;
  readonly outcomes: readonly Outcome[];
}

type Done = Extract<Outcome, {kind: 'done'}>;

/** The stored text of a segment. */
export function encodeSegment(segment: Segment): string {
  const entries: string[] = [];
  let lastError: string | null = null;
  for (let index = 0; index < segment.outcomes.length;) {
    const run = runAt(segment.outcomes, index);
    if (run.length > 1) entries.push(encodeRun(run));
    else {
      const outcome = segment.outcomes[index];
      if (outcome === undefined) break;
      const error = outcome.kind === 'failed' ? JSON.stringify(outcome.error) : null;
      entries.push(outcome.kind === 'failed' && error === lastError ? encodeSame(outcome) : outcomeText(outcome));
      lastError = error ?? lastError;
    }
    index += Math.max(1, run.length);
  }
  return `[${[SCHEMA, segment.epoch, encodeMarker(segment.marker), ...entries].join(',')}]`;
}

function encodeMarker({units, cursor}: Marker): string {
  if (units === null || cursor === null) return JSON.stringify(encodeMark(units));
  return `[${units.first},${units.last},${cursor.version},${cursor.text}]`;
}

function markerOf(raw: unknown): Marker | null {
  if (!Array.isArray(raw) || raw.length <= 2) {
    const units = markOf(raw);
    return units === undefined ? null : {units, cursor: null};
  }
  const [first, last, version, cursor] = raw as readonly unknown[];
  const units = markOf([first, last]);
  if (units === undefined || units === null || first !== last || !isCount(version) || cursor === undefined) return null;
  return {units, cursor: {version, text: JSON.stringify(cursor)}};
}

/** The results of consecutive units that start at an index. */
function runAt(outcomes: readonly Outcome[], start: number): readonly Done[] {
  const run: Done[] = [];
  for (let index = start; index < outcomes.length; index++) {
    const outcome = outcomes[index];
    if (outcome === undefined || outcome.kind !== 'done') break;
    const last = run[run.length - 1];
    if (last !== undefined && outcome.unit !== last.unit + 1) break;
    run.push(outcome);
  }
  return run;
}

function encodeRun(run: readonly Done[]): string {
  const first = run[0];
  if (first === undefined) return '';
  let previousMs = first.atMs;
  const times = run.map((outcome) => {
    const delta = outcome.atMs - previousMs;
    previousMs = outcome.atMs;
    return `${delta},${outcome.durationMs}`;
  });
  const results = run.map((outcome) => outcome.result);
  return `[1,${first.unit},${first.atMs},[${times.join(',')}],[${results.join(',')}]]`;
}

type Failed = Extract<Outcome, {kind: 'failed'}>;

function encodeSame({unit, atMs, durationMs, retryAtMs}: Failed): string {
  return JSON.stringify([SAME_ERROR, unit, atMs, durationMs, retryAtMs]);
}

const SAME_ERROR = 9;

/** The segment in a stored text; `null` for text that is none. */
export function decodeSegment(text: string): Segment | null {
  const raw = parseJson(text);
  if (!Array.isArray(raw)) return null;
  const [schema, epoch, rawMarker, ...entries] = raw as readonly unknown[];
  const marker = markerOf(rawMarker);
  if (!isCount(schema) || schema === 0 || schema > SCHEMA || !isCount(epoch) || marker === null) return null;
  const outcomes: Outcome[] = [];
  let lastFailed: Failed | null = null;
  for (const entry of entries) {
    for (const outcome of decodeEntry(entry, lastFailed)) {
      if (outcome === null) return null;
      outcomes.push(outcome);
      if (outcome.kind === 'failed') lastFailed = outcome;
    }
  }
  return {epoch, marker, outcomes};
}

function decodeEntry(entry: unknown, lastFailed: Failed | null): readonly (Outcome | null)[] {
  if (!Array.isArray(entry)) return [null];
  const [kind, ...rest] = entry as readonly unknown[];
  if (kind === 1) return decodeRun(entry);
  if (kind !== SAME_ERROR) return [outcomeOfTuple(entry)];
  return [lastFailed === null ? null : outcomeOfTuple([3, ...rest.slice(0, 4), lastFailed.error])];
}

function decodeRun(entry: readonly unknown[]): readonly (Outcome | null)[] {
  const [, firstUnit, firstAtMs, times, results] = entry;
  if (!isCount(firstUnit) || !isInstant(firstAtMs)) return [null];
  if (!Array.isArray(times) || !Array.isArray(results) || times.length !== 2 * results.length) return [null];
  let atMs = firstAtMs;
  return results.map((result: unknown, index): Outcome | null => {
    const [delta, durationMs] = [times[2 * index] as unknown, times[2 * index + 1] as unknown];
    if (typeof delta !== 'number' || !isDuration(durationMs)) return null;
    atMs += delta;
    if (!isInstant(atMs)) return null;
    return {kind: 'done', unit: firstUnit + index, atMs, durationMs, result: JSON.stringify(result)};
  });
}
