/** What goes wrong in the main job: kills at four kinds of moments, and a server that is busy once. All by the seed. */
import {seededRandom, type ServiceCall, type Verdict} from '../../test/simulator';

export interface Kill {
  /** For people: where it hit. */
  readonly where: string;
  readonly executionId: number;
}

interface Plan {
  readonly where: string;
  /** The step that must be running; by the start of its id. */
  readonly step: string;
  readonly method: string;
  /** Which of these calls it hits, counted from the kill before. */
  readonly nth: number;
  readonly when: 'before' | 'after';
}

export class Faults {
  /** The kills so far, in order. */
  readonly kills: Kill[] = [];
  /** The request that finds the server busy. */
  readonly busyRequest: number;
  private readonly plans: Plan[];
  private calls = 0;

  constructor(seed: number) {
    const random = seededRandom(seed);
    const between = (least: number, most: number): number => least + Math.floor(random() * (most - least + 1));
    const side = (): 'before' | 'after' => (random() < 0.5 ? 'before' : 'after');
    this.busyRequest = between(5, 40);
    this.plans = [
      {where: 'in the middle of a step', step: 'piece', method: 'sleep', nth: between(4, 20), when: 'after'},
      {where: 'in a property write', step: 'piece', method: 'setProperty', nth: between(3, 16), when: side()},
      {where: 'after it had started the report', step: 'merge', method: 'releaseLock', nth: 1, when: 'after'},
      {where: 'with the sheet half written', step: 'write', method: 'setValues', nth: between(2, 4), when: side()},
    ];
  }

  /** The world's hook. */
  readonly onCall = (call: ServiceCall): Verdict | undefined => {
    const [plan] = this.plans;
    if (plan === undefined || call.method !== plan.method) return undefined;
    if (!stepOf(call.execution.log).startsWith(plan.step)) return undefined;
    if (++this.calls < plan.nth) return undefined;
    this.plans.shift();
    this.calls = 0;
    this.kills.push({where: plan.where, executionId: call.execution.id});
    return {kind: 'kill', when: plan.when};
  };
}

/** The step that began last in an execution: its handler says so in the log. */
function stepOf(log: readonly string[]): string {
  return attemptsIn(log).at(-1)?.stepId ?? '';
}

export interface Attempt {
  readonly stepId: string;
  readonly attempt: number;
}

/** The handler calls that an execution's log tells of. */
export function attemptsIn(log: readonly string[]): readonly Attempt[] {
  return log.flatMap((line) => {
    const match = /^(\w+), attempt (\d+)$/.exec(line);
    return match === null ? [] : [{stepId: match[1] ?? '', attempt: Number(match[2])}];
  });
}
