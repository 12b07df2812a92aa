/**
 * Many sequences: `npm run model -- --sequences 5000 --from 1 --minutes 60`. Exit status 0 only without a difference; the
 * summary is the last line. `--seed N` plays one sequence, shrinks it if there is a difference and prints the timeline,
 * `--broken` shows that engines that are broken on purpose are caught.
 */
import {BUNDLE} from '../support/hosts';
import {sequenceOf} from './calls';
import {play, type Played} from './play';
import {describeCall, describeDifference, shrink} from './report';

function numberOf(name: string, fallback: number): number {
  const index = process.argv.indexOf(`--${name}`);
  const text = index < 0 ? undefined : process.argv[index + 1];
  const number = text === undefined ? fallback : Number(text);
  if (Number.isNaN(number)) throw new Error(`--${name} takes a number, got ${String(text)}.`);
  return number;
}

/** A difference with the shortest sequence that shows it and the command that plays it again. */
function show(seed: number, {difference, at}: Played): void {
  if (difference === null) return;
  console.log(`sequence ${seed}, after call ${at + 1}: ${describeDifference(difference)}`);
  const calls = shrink(seed, sequenceOf(seed), BUNDLE);
  console.log(`  shrunk to ${calls.length} calls, jobs counted from 0, the oldest first:`);
  for (const call of calls) console.log(`    ${describeCall(call)}`);
  const again = play(seed, calls).difference;
  if (again !== null) console.log(`  there: ${describeDifference(again)}`);
  console.log(`  replay: npm run model -- --seed ${seed}`);
}

function playOne(seed: number): number {
  const played = play(seed, sequenceOf(seed));
  console.log(played.timeline());
  show(seed, played);
  console.log(`sequence ${seed}: ${played.difference === null ? 'no difference' : 'a difference'}`);
  return played.difference === null ? 0 : 1;
}

function playMany(sequences: number, from: number, minutes: number): number {
  const startedAt = Date.now();
  const totals = {sequences: 0, executions: 0, comparisons: 0, jobs: 0, differences: 0};
  const calls = new Map<string, number>();
  for (let seed = from; seed < from + sequences; seed++) {
    if (Date.now() - startedAt > minutes * 60_000) break;
    const played = play(seed, sequenceOf(seed));
    totals.sequences++;
    totals.executions += played.executions;
    totals.comparisons += played.comparisons;
    totals.jobs += played.jobs;
    for (const [op, count] of played.calls) calls.set(op, (calls.get(op) ?? 0) + count);
    if (played.difference === null) continue;
    totals.differences++;
    show(seed, played);
  }
  for (const [op, count] of [...calls].sort()) console.log(`${String(count).padStart(8)}  ${op}`);
  const made = [...calls.values()].reduce((sum, count) => sum + count, 0);
  console.log(
    `${totals.sequences} sequences, ${made} calls, ${totals.jobs} jobs, ${totals.executions} executions, ` +
      `${totals.comparisons} comparisons of everything, ${Math.round((Date.now() - startedAt) / 1_000)} s, ` +
      `${totals.differences} differences`,
  );
  return totals.differences;
}

async function main(): Promise<number> {
  if (process.argv.includes('--broken')) return await (await import('./broken')).catchBroken();
  if (process.argv.includes('--seed')) return playOne(numberOf('seed', 1));
  return playMany(numberOf('sequences', 500), numberOf('from', 1), numberOf('minutes', Infinity));
}

process.exitCode = (await main()) === 0 ? 0 : 1;
