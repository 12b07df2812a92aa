/**
 * One property value of a log: `[schema, epoch, marker, entries…]`.
 *
 * The tail segment is rewritten whole with each commit. Its *marker* names the unit that may have begun after the last
 * entry (`-1`: none), its *epoch* the owner that wrote it last. Consecutive results of one map step are written as one
 * run, `[1, firstUnit, firstAtMs, [delta, duration, …], [result, …]]`, which counts as so many outcomes.
 */
import {isCount, isDuration, isInstant, parseJson} from './json';
import {SCHEMA} from './limits';
import {outcomeOfTuple, outcomeText, type Outcome} from './outcome';

export const NO_UNIT = -1;

export interface Segment {
  readonly epoch: number;
  readonly marker: number;
  readonly outcomes: readonly Outcome[];
}

type Done = Extract<Outcome, {kind: 'done'}>;

/** The stored text of a segment. */
export function encodeSegment(segment: Segment): string {
  const entries: string[] = [];
  for (let index = 0; index < segment.outcomes.length;) {
    const run = runAt(segment.outcomes, index);
    if (run.length > 1) entries.push(encodeRun(run));
    else {
      const outcome = segment.outcomes[index];
      if (outcome !== undefined) entries.push(outcomeText(outcome));
    }
    index += Math.max(1, run.length);
  }
  return `[${[SCHEMA, segment.epoch, segment.marker, ...entries].join(',')}]`;
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

/** The segment in a stored text; `null` for text that is none. */
export function decodeSegment(text: string): Segment | null {
  const raw = parseJson(text);
  if (!Array.isArray(raw)) return null;
  const [schema, epoch, marker, ...entries] = raw as readonly unknown[];
  if (schema !== SCHEMA || !isCount(epoch) || !(isCount(marker) || marker === NO_UNIT)) return null;
  const outcomes: Outcome[] = [];
  for (const entry of entries) {
    const decoded = Array.isArray(entry) && entry[0] === 1 ? decodeRun(entry) : [outcomeOfTuple(entry)];
    for (const outcome of decoded) {
      if (outcome === null) return null;
      outcomes.push(outcome);
    }
  }
  return {epoch, marker, outcomes};
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
