/**
 * The tests that a mutant has to get past: first the unit tests that contain its file, then those of the built library.
 * Of each kind the test that noticed a mutant of the same file last comes first, then the cheapest.
 */
import type {Mutant} from './mutant';
import {mutated} from './mutant';
import {RunnerProcess, type Silence} from './runner-process';
import type {Order, Reply} from './runner';
import {buildLibrary, buildUnits, RUNNER, type Script} from './workshop';

/** A test, with what it took when nothing was wrong. */
interface Known {
  readonly script: Script;
  readonly number: number;
  readonly name: string;
  readonly cpuMs: number;
  readonly limitMs: number;
}

/** What noticed a mutant, and how; `null` when nothing did. */
export type Verdict = {readonly by: string; readonly how: string} | null;

/** A test that takes longer than this is left out: a mutant that only it notices would cost too much. */
const LONGEST_MS = 2_000;
const LOAD_LIMIT_MS = 60_000;
const LEAST_LIMIT_MS = 8_000;

export class Battery {
  private readonly runner = new RunnerProcess(RUNNER);
  private scripts: readonly Script[] = [];
  private readonly tests: Known[] = [];
  private readonly favorites = new Map<string, Known[]>();
  private generation = 0;
  leftOut = 0;

  get size(): number {
    return this.tests.length;
  }

  /** Time of this process and of the runners, in milliseconds of the processors. */
  get cpuMs(): number {
    const {user, system} = process.cpuUsage();
    return (user + system) / 1_000 + this.runner.cpuMs;
  }

  /** Runs every test on the whole library: all must pass. */
  async learn(scripts: readonly Script[]): Promise<void> {
    this.scripts = scripts;
    for (const script of scripts) {
      const {names} = spoken(await this.ask(script, null, LOAD_LIMIT_MS));
      for (const [number, name] of names.entries()) {
        const [startMs, startCpuMs] = [performance.now(), this.runner.cpuMs];
        const {failure} = spoken(await this.ask(script, number, LOAD_LIMIT_MS));
        if (failure !== null)
          throw new Error(`${script.source} › ${name} fails without a mutant: ${failure.slice(0, 300)}`);
        const cpuMs = this.runner.cpuMs - startCpuMs;
        const limitMs = LEAST_LIMIT_MS + 10 * (performance.now() - startMs);
        if (cpuMs > LONGEST_MS) this.leftOut++;
        else this.tests.push({script, number, name, cpuMs, limitMs});
      }
    }
    this.tests.sort((one, other) => one.cpuMs - other.cpuMs);
  }

  /** Runs tests on a mutant until one notices; one that need not run the built library has only unit tests to pass. */
  async judge(mutant: Mutant, text: string, isQuick: boolean): Promise<Verdict> {
    const change = {file: mutant.file, text: mutated(text, mutant)};
    this.generation++;
    const units = await buildUnits(this.scripts, change);
    const verdict = await this.firstToNotice(mutant.file, (script) => units.includes(script));
    if (verdict !== null || isQuick) return verdict;
    await buildLibrary(change);
    return this.firstToNotice(mutant.file, (script) => !script.isUnit);
  }

  close(): void {
    this.runner.end();
  }

  private async firstToNotice(file: string, takes: (script: Script) => boolean): Promise<Verdict> {
    const favorites = this.favorites.get(file) ?? [];
    const others = this.tests.filter((test) => !favorites.includes(test));
    const tests = [...favorites, ...others].filter(({script}) => takes(script));
    for (const test of tests) {
      const reply = await this.ask(test.script, test.number, test.limitMs);
      const how = typeof reply === 'string' ? reply : reply.failure;
      if (how === null) continue;
      this.favorites.set(file, [test, ...favorites.filter((other) => other !== test)]);
      return {by: `${test.script.source} › ${test.name}`, how};
    }
    return null;
  }

  private ask({path}: Script, test: number | null, limitMs: number): Promise<Reply | Silence> {
    const order: Order = {path, generation: this.generation, test};
    return this.runner.ask(order, limitMs);
  }
}

function spoken(reply: Reply | Silence): Reply {
  if (typeof reply !== 'string') return reply;
  throw new Error(`A test of the whole library ${reply}.`);
}
