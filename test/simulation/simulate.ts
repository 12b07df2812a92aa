/**
 * Many worlds: `npm run simulate -- --seeds 1000 --from 1 --minutes 30`. Exit status 0 only without a violation; the
 * summary is the last line. `--seed N` runs one world and prints its timeline.
 */
import {runWorld, type WorldReport} from './run';

interface Options {
  readonly seeds: number;
  readonly from: number;
  readonly minutes: number;
  readonly only: number | null;
}

function optionsOf(args: readonly string[]): Options {
  const value = (name: string, fallback: number): number => {
    const index = args.indexOf(`--${name}`);
    const text = index < 0 ? undefined : args[index + 1];
    const number = text === undefined ? fallback : Number(text);
    if (Number.isNaN(number)) throw new Error(`--${name} takes a number, got ${text ?? 'nothing'}.`);
    return number;
  };
  const only = args.includes('--seed') ? value('seed', 1) : null;
  return {seeds: value('seeds', 500), from: value('from', 1), minutes: value('minutes', Infinity), only};
}

function showOne(seed: number): number {
  const report = runWorld(seed);
  console.log(report.timeline());
  for (const violation of report.violations) console.log(`VIOLATION ${violation}`);
  console.log(`seed ${seed}: ${report.violations.length} violations`);
  return report.violations.length;
}

function simulate(options: Options): number {
  const startedAt = Date.now();
  const totals = {worlds: 0, executions: 0, kills: 0, takeOvers: 0, violations: 0};
  const faults = new Map<string, number>();
  for (let seed = options.from; seed < options.from + options.seeds; seed++) {
    if (Date.now() - startedAt > options.minutes * 60_000) break;
    const report = runWorld(seed);
    add(totals, faults, report);
    for (const violation of report.violations) console.log(`seed ${seed}: ${violation}`);
    if (report.violations.length > 0) console.log(`  replay: npm run simulate -- --seed ${seed}`);
  }
  for (const [kind, count] of [...faults].sort()) console.log(`${String(count).padStart(8)}  ${kind}`);
  const share = totals.worlds === 0 ? 0 : Math.round((100 * totals.takeOvers) / totals.worlds);
  console.log(
    `${totals.worlds} worlds, ${totals.executions} executions, ${totals.kills} killed, ${share} % with a take-over ` +
      `while the old owner lived, ${Math.round((Date.now() - startedAt) / 1_000)} s, ${totals.violations} violations`,
  );
  return totals.violations;
}

function add(
  totals: {worlds: number; executions: number; kills: number; takeOvers: number; violations: number},
  faults: Map<string, number>,
  report: WorldReport,
): void {
  totals.worlds++;
  totals.executions += report.executions;
  totals.kills += report.kills;
  totals.takeOvers += report.hasTakeOver ? 1 : 0;
  totals.violations += report.violations.length;
  for (const [kind, count] of report.faults) faults.set(kind, (faults.get(kind) ?? 0) + count);
}

const options = optionsOf(process.argv.slice(2));
const violations = options.only === null ? simulate(options) : showOne(options.only);
process.exitCode = violations === 0 ? 0 : 1;
