/** The simulated Apps Script of one sequence: how calls are made in it, and how time passes. Knows nothing of the model. */
import {World, type Execution} from '../simulator';
import {HOUR_MS} from './calls';
import {differ} from './difference';
import {hostOf} from './host';
import {lookAt, type Look} from './observer';
import type {Outcome} from './outcome';

export class Stage {
  readonly world: World;
  private readonly bundle: string;
  private readonly isLibrary: boolean;

  /** Even seeds have the library pasted, odd ones use it as a library; every third world has exact latencies. */
  constructor(seed: number, bundle: string) {
    this.bundle = bundle;
    this.isLibrary = seed % 2 === 1;
    this.world = new World({seed, jitter: seed % 3 === 0 ? 0 : 0.5, project: hostOf(bundle, this.isLibrary, true)});
  }

  /** Runs a function of the host to its end, as somebody. */
  execute(user: string, fn: string, args: readonly unknown[]): Execution {
    const execution = this.world.start({fn, args, user});
    this.world.runWhile(() => execution.end === 'running', HOUR_MS);
    if (execution.end !== 'done') differ(`${fn} ${String(args[0])} ends`, 'done', execution.error ?? execution.end);
    return execution;
  }

  /** One call of the API in an execution of its own. */
  call(
    user: string,
    method: string,
    args: readonly unknown[],
  ): {readonly execution: Execution; readonly outcome: Outcome} {
    const execution = this.execute(user, 'api', [method, args]);
    return {execution, outcome: execution.value as Outcome};
  }

  /** All jobs as they are stored now. */
  readonly look = (ids: readonly string[]): Look => lookAt(this.world, this.bundle, ids);

  pass(ms: number): void {
    this.world.runUntil(this.world.nowMs + ms);
  }

  deploy(hasLater: boolean): void {
    this.world.deploy(hostOf(this.bundle, this.isLibrary, hasLater));
  }

  isQuiet(): boolean {
    return !this.world.executions.some((execution) => execution.end === 'running');
  }
}
