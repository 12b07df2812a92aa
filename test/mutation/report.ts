/** What a campaign came to, by file. */
import type {Verdict} from './battery';
import type {Explanation} from './explanation';
import {nameOf, type Mutant} from './mutant';

export interface Judged {
  readonly mutant: Mutant;
  readonly verdict: Verdict;
  readonly explanation: Explanation | null;
}

interface Tally {
  mutants: number;
  run: number;
  killed: number;
  ended: number;
  explained: number;
  survived: number;
}

/** A mutant that survived and is not explained, or is explained and did not survive. */
export function isWrong({verdict, explanation}: Judged): boolean {
  return (verdict === null) === (explanation === null);
}

/** The table by file, the mutants that are wrong, and the summary as the last line. */
export function reportOf(all: readonly Mutant[], judged: readonly Judged[], seconds: number): readonly string[] {
  const lines = [`${'file'.padEnd(28)} mutants    run killed time-out explained survived`];
  const total = emptyTally();
  for (const file of new Set(all.map((mutant) => mutant.file))) {
    const tally = tallyOf(
      all.filter((mutant) => mutant.file === file).length,
      judged.filter(({mutant}) => mutant.file === file),
    );
    for (const key of Object.keys(tally) as (keyof Tally)[]) total[key] += tally[key];
    lines.push(rowOf(file, tally));
  }
  lines.push(rowOf('all', total));
  lines.push(...judged.filter(isWrong).flatMap(describe));
  const {mutants, run, killed, ended, explained, survived} = total;
  lines.push(
    `${run} of ${mutants} mutants (${Math.round((100 * run) / mutants)} %), ${killed} killed (${ended} of them by their ` +
      `time limit), ${explained} explained, ${survived} survived, ${seconds} s of processor time`,
  );
  return lines;
}

function describe({mutant, verdict}: Judged): readonly string[] {
  const {within, from, to} = mutant;
  if (verdict !== null) return [`EXPLAINED IN VAIN ${nameOf(mutant)}, noticed by ${verdict.by}`];
  return [`SURVIVED ${nameOf(mutant)}`, `  in ${within}: ${from}`, `  → ${to}`];
}

function emptyTally(): Tally {
  return {mutants: 0, run: 0, killed: 0, ended: 0, explained: 0, survived: 0};
}

function tallyOf(mutants: number, judged: readonly Judged[]): Tally {
  const tally = {...emptyTally(), mutants, run: judged.length};
  for (const {verdict, explanation} of judged) {
    if (verdict === null) tally[explanation === null ? 'survived' : 'explained']++;
    else tally.killed++;
    if (verdict?.how === 'does not end') tally.ended++;
  }
  return tally;
}

function rowOf(name: string, {mutants, run, killed, ended, explained, survived}: Tally): string {
  const numbers = [mutants, run, killed, ended, explained, survived];
  const widths = [7, 6, 6, 8, 9, 8];
  return [name.padEnd(28), ...numbers.map((number, index) => String(number).padStart(widths[index] ?? 0))].join(' ');
}
