/**
 * Throws inputs at every target: `npm run fuzz -- --minutes 10 --seed 1`. Prints counts by target; the summary is the
 * last line. Exit status 0 only without a violation. `--target NAME` takes one target, with `--path P` one input of it.
 */
import {Worker} from 'node:worker_threads';
import {numberOf, optionOf} from '../support/options';
import {MOST_MS} from './oracles';
import {pulse, reportOf, type Target} from './target';
import {TARGETS} from './targets';

interface Options {
  readonly minutes: number;
  readonly seed: number;
  readonly target: string | null;
  readonly path: string | null;
}

/** Ends the process when an input does not: an endless loop can be seen from another thread only. */
const WATCHER = `
const {workerData} = require('node:worker_threads');
const {slice, patienceMs, names} = workerData;
for (let seen = -1; ; ) {
  seen = Atomics.load(slice, 2);
  if (Atomics.wait(slice, 2, seen, patienceMs) !== 'timed-out') continue;
  const [number, seed] = slice;
  require('node:fs').writeSync(1, 'VIOLATION ' + names[number % names.length] + ' does not end: --seed ' + seed + '\\n');
  process.kill(process.pid);
}`;

/** What a target came to. */
interface Tally {
  runs: number;
  ms: number;
  violations: number;
}

class Fuzz {
  private readonly tallies = new Map<string, Tally>();
  private readonly slice = new Int32Array(new SharedArrayBuffer(12));
  private readonly options: Options;
  private readonly targets: readonly Target[];

  constructor(options: Options, targets: readonly Target[]) {
    this.options = options;
    this.targets = targets;
    const workerData = {slice: this.slice, patienceMs: 6 * MOST_MS, names: targets.map(({name}) => name)};
    pulse.beat = () => {
      Atomics.add(this.slice, 2, 1);
      Atomics.notify(this.slice, 2);
    };
    new Worker(WATCHER, {eval: true, workerData}).unref();
  }

  /** Takes the targets in turn, each with as many inputs as a test run has, until the time is over. */
  run(): number {
    const endMs = Date.now() + this.options.minutes * 60_000;
    for (let number = 0; ; number++) {
      const target = this.targets[number % this.targets.length];
      // Each target at least once.
      if (target === undefined || (number >= this.targets.length && Date.now() >= endMs)) break;
      this.take(target, number);
    }
    return this.summarize();
  }

  private take(target: Target, number: number): void {
    const seed = this.options.seed + Math.floor(number / this.targets.length);
    [this.slice[1], this.slice[0]] = [seed, number];
    const startMs = performance.now();
    const {path} = this.options;
    const details = target.check({seed, numRuns: target.quickRuns, ...(path === null ? {} : {path})});
    const tally = this.tallies.get(target.name) ?? {runs: 0, ms: 0, violations: 0};
    tally.runs += details.numRuns;
    tally.ms += performance.now() - startMs;
    tally.violations += details.failed ? 1 : 0;
    this.tallies.set(target.name, tally);
    if (details.failed) console.log(reportOf(target.name, details));
  }

  private summarize(): number {
    const all = {runs: 0, ms: 0, violations: 0};
    for (const [name, {runs, ms, violations}] of this.tallies) {
      const rate = Math.round((1_000 * runs) / ms);
      console.log(
        `${name.padEnd(16)} ${String(runs).padStart(8)} inputs ${String(rate).padStart(6)}/s ${violations} violations`,
      );
      all.runs += runs;
      all.ms += ms;
      all.violations += violations;
    }
    console.log(
      `${all.runs} inputs, ${Math.round(all.ms / 1_000)} s, seed ${this.options.seed}, ${all.violations} violations`,
    );
    return all.violations;
  }
}

const options: Options = {
  minutes: numberOf('minutes', 5),
  seed: numberOf('seed', 1),
  target: optionOf('target'),
  path: optionOf('path'),
};
const chosen = TARGETS.filter(({name}) => options.target === null || options.target === name);
if (chosen.length === 0) throw new Error(`Targets are ${TARGETS.map(({name}) => name).join(', ')}.`);
// One input is looked at once.
const terms = options.path === null ? options : {...options, minutes: 0};
process.exitCode = new Fuzz(terms, chosen).run() === 0 ? 0 : 1;
