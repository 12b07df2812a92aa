/**
 * Many worlds: `npm run simulate -- --seeds 20000 --from 1 --minutes 60`. Uses all cores. Exit status 0 only without a
 * violation and with the coverage that so many worlds have to reach; the summary is the last line. A failing seed prints
 * the shortest history that still fails and the command that replays it. `--seed N [--keep PARTS]` runs one world and
 * prints its timeline, with `--calls` that of the service calls too.
 */
import {isSet, numberOf, optionOf} from '../support/options';
import {processCount, runParts} from '../support/processes';
import {gaps, rarest} from './coverage';
import {drawWorld} from './draw';
import {describeFault} from './fault-events';
import {WHOLE} from './host';
import {runScript, runWorld, type WorldReport} from './run';
import {everything, keptOf, keptText, scriptOf, shrink} from './shrink';
import {Totals, type TotalsJson} from './totals';

const PROGRESS_EVERY_MS = 60_000;

/** One world with all it printed, whole or with the kept parts only. */
function showOne(seed: number, keep: string | null): number {
  const showsCalls = isSet('calls');
  let report = runScript({drawn: drawWorld(seed), showsCalls});
  if (keep !== null) {
    const kept = keptOf(keep);
    const script = scriptOf(report.drawn, report.events, kept);
    console.log(JSON.stringify({...script.drawn, actions: script.drawn.actions}, null, 1));
    for (const fault of script.faults ?? []) console.log(describeFault(fault));
    report = runScript({...script, showsCalls});
  }
  console.log(report.timeline());
  for (const violation of report.violations) console.log(`VIOLATION ${violation}`);
  console.log(`seed ${seed}: ${report.violations.length} violations`);
  return report.violations.length;
}

function tell(seed: number, report: WorldReport): void {
  for (const violation of report.violations) console.log(`seed ${seed}: ${violation}`);
  const kept = shrink(report, WHOLE);
  const {jobs, actions, faults} = kept;
  const whole = everything(report);
  console.log(
    `  shrunk from ${whole.jobs.length} jobs, ${whole.actions.length} actions, ${whole.faults.length} faults ` +
      `to ${jobs.length}, ${actions.length}, ${faults.length}; replay: npm run simulate -- --seed ${seed} --keep ${keptText(kept)}`,
  );
}

/** The worlds of one process: every `of`-th seed. */
function work(seeds: number, from: number, untilMs: number, of: number): Totals {
  const totals = new Totals();
  for (let seed = from; seed < from + seeds; seed += of) {
    if (Date.now() > untilMs) break;
    const report = runWorld(seed);
    totals.add(report);
    if (report.violations.length > 0) tell(seed, report);
    if (totals.worlds % 50 === 0) console.log(`progress ${totals.worlds}`);
  }
  return totals;
}

/** Runs the worlds in as many processes as there are cores. */
async function simulate(seeds: number, from: number, minutes: number): Promise<number> {
  const startedAt = Date.now();
  const processes = processCount(seeds);
  const totals = new Totals();
  const done = Array.from({length: processes}, () => 0);
  let shownAt = startedAt;
  const options = ['--seeds', String(seeds), '--from', String(from), '--minutes', String(minutes)];
  await runParts('test/simulation/simulate.ts', processes, options, (line, part) => {
    if (line.startsWith('totals ')) totals.merge(JSON.parse(line.slice(7)) as TotalsJson);
    else if (line.startsWith('progress ')) done[part] = Number(line.slice(9));
    else console.log(line);
    if (Date.now() - shownAt < PROGRESS_EVERY_MS) return;
    shownAt = Date.now();
    console.log(`  ${done.reduce((a, b) => a + b)} worlds after ${Math.round((shownAt - startedAt) / 1_000)} s`);
  });
  for (const [kind, count] of [...totals.faults].sort()) console.log(`${String(count).padStart(8)}  ${kind}`);
  const missing = gaps(totals.faults, totals.worlds, totals.takeOvers);
  for (const gap of missing) console.log(gap);
  const share = totals.worlds === 0 ? 0 : Math.round((100 * totals.takeOvers) / totals.worlds);
  console.log(
    `${totals.worlds} worlds, ${totals.executions} executions, ${totals.kills} killed, ${rarest(totals.faults)}, ` +
      `${share} % with a take-over while the old owner lived, ${Math.round((Date.now() - startedAt) / 1_000)} s, ` +
      `${missing.length} gaps, ${totals.violations} violations`,
  );
  // A process that died has left worlds out.
  const isWhole = totals.worlds >= seeds || minutes < Infinity;
  return totals.violations + missing.length + (isWhole ? 0 : 1);
}

async function main(): Promise<number> {
  if (isSet('seed')) return showOne(numberOf('seed', 1), optionOf('keep'));
  const [seeds, from, minutes] = [numberOf('seeds', 500), numberOf('from', 1), numberOf('minutes', Infinity)];
  if (!isSet('part')) return simulate(seeds, from, minutes);
  const part = numberOf('part', 0);
  const totals = work(seeds - part, from + part, Date.now() + minutes * 60_000, numberOf('of', 1));
  console.log(`totals ${JSON.stringify(totals)}`);
  return 0;
}

process.exitCode = (await main()) === 0 ? 0 : 1;
