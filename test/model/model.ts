/**
 * Many sequences on all cores: `npm run model -- --sequences 5000 --from 1 --minutes 60`. Exit status 0 only without a
 * difference; the summary is the last line. `--seed N` plays one sequence, shrinks it if there is a difference and prints
 * the timeline, `--broken` shows that engines that are broken on purpose are caught.
 */
import {BUNDLE} from '../support/hosts';
import {isSet, numberOf} from '../support/options';
import {processCount, runParts} from '../support/processes';
import {sequenceOf} from './calls';
import {play, type Played} from './play';
import {describeCall, describeDifference, shrink} from './report';
import {Totals, type TotalsJson} from './totals';

/** Sequences of one process between two lines that tell how far it is. */
const PROGRESS_EVERY = 50;

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

/** The sequences of one process: every `of`-th seed. */
function playPart(sequences: number, from: number, untilMs: number, of: number): Totals {
  const totals = new Totals();
  for (let seed = from; seed < from + sequences && Date.now() <= untilMs; seed += of) {
    const played = play(seed, sequenceOf(seed));
    totals.add(played);
    show(seed, played);
    if (totals.counts.sequences % PROGRESS_EVERY === 0) console.log(`progress ${totals.counts.sequences}`);
  }
  return totals;
}

/** Plays the sequences in as many processes as there are cores. */
async function playMany(sequences: number, from: number, minutes: number): Promise<number> {
  const startedAt = Date.now();
  const processes = processCount(sequences);
  const totals = new Totals();
  const done = Array.from({length: processes}, () => 0);
  const args = ['--sequences', String(sequences), '--from', String(from), '--minutes', String(minutes)];
  await runParts('test/model/model.ts', processes, args, (line, part) => {
    if (line.startsWith('totals ')) return totals.merge(JSON.parse(line.slice(7)) as TotalsJson);
    if (!line.startsWith('progress ')) return console.log(line);
    done[part] = Number(line.slice(9));
    console.log(`  ${done.reduce((one, other) => one + other)} sequences after ${secondsSince(startedAt)} s`);
  });
  for (const line of totals.lines(secondsSince(startedAt))) console.log(line);
  // A process that died has left sequences out.
  const isWhole = totals.counts.sequences >= sequences || minutes < Infinity;
  return totals.counts.differences + (isWhole ? 0 : 1);
}

function secondsSince(startedAt: number): number {
  return Math.round((Date.now() - startedAt) / 1_000);
}

async function main(): Promise<number> {
  if (isSet('broken')) return await (await import('./broken')).catchBroken();
  if (isSet('seed')) return playOne(numberOf('seed', 1));
  const [sequences, from, minutes] = [numberOf('sequences', 500), numberOf('from', 1), numberOf('minutes', Infinity)];
  if (!isSet('part')) return await playMany(sequences, from, minutes);
  const part = numberOf('part', 0);
  const totals = playPart(sequences - part, from + part, Date.now() + minutes * 60_000, numberOf('of', 1));
  console.log(`totals ${JSON.stringify(totals)}`);
  return 0;
}

process.exitCode = (await main()) === 0 ? 0 : 1;
