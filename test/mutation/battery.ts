/**
 * The tests that a mutant has to get past: first the unit tests that contain its file, then those of the built library.
 * Of each kind the test that noticed a mutant of the same file last comes first, then the cheapest.
 */
import type {Mutant} from './mutant';
import {mutated} from './mutant';
import {RunnerProcess, type Silence} from './runner-process';
import type {Order, Reply} from './runner';
import {buildLibrary, buildUnits, RUNNER, type Change, type Script} from './workshop';

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

/** A test that takes longer is left out: a mutant that only it notices would cost too much. */
const LONGEST_MS = 2_000;
const LOAD_LIMIT_MS = 60_000;
const LEAST_LIMIT_MS = 8_000;

/** Which tests are asked. */
export interface Stages {
  readonly unit: boolean;
  readonly built: boolean;
}

export class Battery {
  private readonly runner = new RunnerProcess(RUNNER);
  private readonly scripts: readonly Script[];
  private readonly known = new Map<boolean, readonly Known[]>();
  private readonly favorites = new Map<string, Known[]>();
  private generation = 0;

  constructor(scripts: readonly Script[]) {
    this.scripts = scripts;
  }

  /** Time of this process and of the runners, in milliseconds of the processors. */
  get cpuMs(): number {
    const {user, system} = process.cpuUsage();
    return (user + system) / 1_000 + this.runner.cpuMs;
  }

  /** Runs tests on a mutant until one notices. */
  async judge(mutant: Mutant, text: string, stages: Stages): Promise<Verdict> {
    const change = {file: mutant.file, text: mutated(text, mutant)};
    return (
      (stages.unit ? await this.judgeByUnits(change) : null) ?? (stages.built ? await this.judgeBuilt(change) : null)
    );
  }

  private async judgeByUnits(change: Change): Promise<Verdict> {
    const tests = await this.testsOf(true);
    const concerned = await buildUnits(this.scripts, change);
    return this.firstToNotice(
      change.file,
      tests.filter(({script}) => concerned.includes(script)),
    );
  }

  private async judgeBuilt(change: Change): Promise<Verdict> {
    const tests = await this.testsOf(false);
    await buildLibrary(change);
    return this.firstToNotice(change.file, tests);
  }

  /** Tests are run once on the whole library before they are first needed: all must pass, and what they take is learned. */
  private async testsOf(isUnit: boolean): Promise<readonly Known[]> {
    const before = this.known.get(isUnit);
    if (before !== undefined) return before;
    const startCpuMs = this.cpuMs;
    if (!isUnit) await buildLibrary(null);
    const learned: Known[] = [];
    for (const script of this.scripts.filter((one) => one.isUnit === isUnit))
      learned.push(...(await this.learn(script)));
    const tests = learned.filter(({cpuMs}) => cpuMs <= LONGEST_MS).sort((one, other) => one.cpuMs - other.cpuMs);
    this.known.set(isUnit, tests);
    console.log(
      `${tests.length} ${isUnit ? 'unit tests' : 'tests of the built library'}, ${learned.length - tests.length} slow ` +
        `ones left out, learned in ${Math.round((this.cpuMs - startCpuMs) / 1_000)} s`,
    );
    return tests;
  }

  private async learn(script: Script): Promise<readonly Known[]> {
    const tests: Known[] = [];
    const {names} = spoken(await this.ask(script, null, LOAD_LIMIT_MS));
    for (const [number, name] of names.entries()) {
      const [startMs, startCpuMs] = [performance.now(), this.runner.cpuMs];
      const {failure} = spoken(await this.ask(script, number, LOAD_LIMIT_MS));
      if (failure !== null)
        throw new Error(`${script.source} › ${name} fails without a mutant: ${failure.slice(0, 300)}`);
      const limitMs = LEAST_LIMIT_MS + 10 * (performance.now() - startMs);
      tests.push({script, number, name, cpuMs: this.runner.cpuMs - startCpuMs, limitMs});
    }
    return tests;
  }

  private async firstToNotice(file: string, tests: readonly Known[]): Promise<Verdict> {
    this.generation++;
    const favorites = this.favorites.get(file) ?? [];
    const first = favorites.filter((test) => tests.includes(test));
    for (const test of [...first, ...tests.filter((other) => !first.includes(other))]) {
      const reply = await this.ask(test.script, test.number, test.limitMs);
      const how = typeof reply === 'string' ? reply : reply.failure;
      if (how === null) continue;
      this.favorites.set(file, [test, ...favorites.filter((other) => other !== test)]);
      return {by: `${test.script.source} › ${test.name}`, how};
    }
    return null;
  }

  close(): void {
    this.runner.end();
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
