/** One sequence of calls in a simulated Apps Script, with the model beside it: every answer and every rest is compared. */
import type {JobRecord} from '../../src/types';
import {BUNDLE} from '../support/hosts';
import {Caller} from './caller';
import {MINUTE_MS, type DrawnCall} from './calls';
import {Comparison} from './comparison';
import {differenceOf, expectSame, type Difference} from './difference';
import {Reference} from './reference';
import type {ReferenceJob} from './reference-job';
import {Stage} from './stage';
import {Trace} from './trace';

export interface Played {
  readonly difference: Difference | null;
  /** Which call showed it: 0 for the first, the length of the sequence for the rest at the end. */
  readonly at: number;
  readonly executions: number;
  readonly comparisons: number;
  readonly jobs: number;
  /** How many calls of each kind did something. */
  readonly calls: ReadonlyMap<string, number>;
  readonly timeline: () => string;
}

/** The time limit of an execution and somewhat more: whoever still winds up at the end of a sequence is through. */
const HOLD_MS = 7 * MINUTE_MS;
/** Half hours that the jobs at the end of a sequence may take to come to rest. */
const REST_ROUNDS = 60;

/** Plays a sequence in the world of a seed; `bundle` may be a broken one. */
export function play(seed: number, sequence: readonly DrawnCall[], bundle = BUNDLE): Played {
  const player = new Player(new Stage(seed, bundle));
  let at = 0;
  let difference: Difference | null = null;
  try {
    for (; at < sequence.length; at++) player.next(sequence[at]);
    player.finish();
  } catch (thrown) {
    difference = differenceOf(thrown);
  }
  return {...player.end(), difference, at};
}

class Player {
  private readonly stage: Stage;
  private readonly reference: Reference;
  private readonly trace: Trace;
  private readonly comparison: Comparison;
  private readonly caller: Caller;
  private readonly calls = new Map<string, number>();

  constructor(stage: Stage) {
    this.stage = stage;
    this.reference = new Reference((id) => (stage.look([id]).statuses[0]?.value ?? null) as JobRecord | null);
    this.trace = new Trace(stage, this.reference);
    this.comparison = new Comparison(stage, this.reference, this.trace);
    this.caller = new Caller(stage, this.reference, this.trace, this.comparison);
  }

  /** Makes a call, and compares everything if nothing is left running. */
  next(call: DrawnCall | undefined): void {
    if (call === undefined) return;
    if (this.caller.make(call) === 'done') this.calls.set(call.op, (this.calls.get(call.op) ?? 0) + 1);
    this.trace.drain();
    this.comparison.make();
  }

  /** Lets everything come to rest: what can end has ended, and no trigger is left that nobody needs. */
  finish(): void {
    const {stage, reference, caller, comparison} = this;
    caller.deploy(true);
    const isGoing = (job: ReferenceJob): boolean => reference.isGoing(job);
    for (let round = 0; round < REST_ROUNDS && (!stage.isQuiet() || reference.jobs.some(isGoing)); round++) {
      caller.pass(30 * MINUTE_MS);
      comparison.make();
    }
    const left = reference.jobs.filter(isGoing).map((job) => [job.id, job.status, [...job.waits]]);
    expectSame('open jobs after a day of rest', [], left);
    caller.pass(HOLD_MS);
    for (let round = 0; round < 6 && comparison.needless().length > 0; round++) caller.pass(10 * MINUTE_MS);
    comparison.expectNoneNeedless();
    comparison.make();
    comparison.makeInside();
  }

  end(): Omit<Played, 'difference' | 'at'> {
    const {world} = this.stage;
    world.close();
    return {
      executions: world.executions.length,
      comparisons: this.comparison.count,
      jobs: this.caller.jobs,
      calls: this.calls,
      timeline: () => world.describe(),
    };
  }
}
