/**
 * Results that lie outside the job store: one text, a JSON list, for the results of one unit or of consecutive ones that
 * were committed together. Its name is keyed by epoch, so that no two owners ever mean the same text.
 *
 *     <prefix>~<job id>~a<part>.<log>.<epoch>.<first unit>
 */
import {isPrefix, type JobAddress, type ResultAddress} from './keys';
import {parseJson} from './json';
import type {Outcome} from './outcome';

type Done = Extract<Outcome, {kind: 'done'}>;

const NAME_PATTERN = /^([\w.:-]{1,100})~(job_[0-9a-z]{9}_[0-9a-z]{10})~a\d+\.\d+\.\d+\.\d+$/;

/** The name of the text that begins with the result of a unit. */
export function archiveName({prefix, id}: JobAddress, {part, log, epoch, unit}: ResultAddress): string {
  return `${prefix}~${id}~a${part}.${log}.${epoch}.${unit}`;
}

/** The job that a text belongs to; `null` for a name that is not of a result. */
export function jobOfArchiveName(name: string): JobAddress | null {
  const [, prefix, id] = NAME_PATTERN.exec(name) ?? [];
  return prefix === undefined || id === undefined || !isPrefix(prefix) ? null : {prefix, id};
}

/** The text of some results. */
export function archiveText(results: readonly Done[]): string {
  return `[${results.map((outcome) => outcome.result).join(',')}]`;
}

/** The results in a text; `null` for text that is none. */
export function archivedResults(text: string, count: number): readonly unknown[] | null {
  const raw = parseJson(text);
  return Array.isArray(raw) && raw.length === count ? (raw as readonly unknown[]) : null;
}

/** Outcomes in their order, with results of consecutive units together: what may share a text. */
export function runsOf(outcomes: readonly Outcome[]): readonly (readonly Outcome[])[] {
  const runs: Outcome[][] = [];
  for (const outcome of outcomes) {
    const run = runs[runs.length - 1];
    const before = run?.[run.length - 1];
    const isNext = before?.kind === 'done' && outcome.kind === 'done' && outcome.unit === before.unit + 1;
    if (run !== undefined && isNext) run.push(outcome);
    else runs.push([outcome]);
  }
  return runs;
}
