/**
 * Watches steps that know where they are: nothing is skipped, and what is visited again after a kill lies within what
 * was done since the last save. A visit of an execution that has no lease any more counts for nothing.
 */
import type {Drawn} from './draw';
import type {Faults} from './faults';
import {stepOf, workOf} from './requests';
import {mostRepeats, ROUNDS, type DrawnWalk} from './walks';

/** One item that a step has come to. */
export interface Visit {
  /** The job's id: what is submitted twice has one name. */
  readonly job: string;
  readonly step: string;
  readonly walk: number;
  readonly index: number;
}

interface Place {
  /** The first index that was not visited. */
  next: number;
  /** The same, of visits before a deadline: whoever takes over may know of nothing later. */
  sure: number;
  /** The index that the current attempt visits next; `null`: its first visit may be earlier. */
  expected: number | null;
}

export class WalkWatch {
  private readonly places = new Map<string, Place>();
  private readonly drawn: Drawn;
  private readonly faults: Faults;
  private readonly violations: string[];

  constructor(drawn: Drawn, faults: Faults, violations: string[]) {
    this.drawn = drawn;
    this.faults = faults;
    this.violations = violations;
  }

  /** An attempt of a job's step begins. */
  begin(id: string, step: string): void {
    for (const [key, place] of this.places) if (key.startsWith(`${id} ${step} `)) place.expected = null;
  }

  /** `name`: the job's, as it was drawn; `isSure`: nobody could have taken over by then. */
  visit(name: string, {job, step, walk, index}: Visit, executionId: number, isSure: boolean): void {
    const key = `${job} ${step} ${walk}`;
    const place = this.places.get(key) ?? {next: 0, sure: 0, expected: null};
    this.places.set(key, place);
    const where = `of walk ${walk} of ${name}.${step}, in execution ${executionId}`;
    if (place.expected !== null && index !== place.expected)
      this.violations.push(`cursor: index ${index} comes after ${place.expected - 1} ${where}`);
    if (index > place.next) this.violations.push(`cursor: from ${place.next} to ${index - 1} skipped ${where}`);
    const again = place.sure - index;
    const most = this.mostRepeats(name, step, walk);
    if (place.expected === null && again > most)
      this.violations.push(`cursor: ${again} items visited again, not ${most} at the most, from ${index} on ${where}`);
    if (place.expected === null && index > 0)
      this.faults.count(again > 0 ? 'a walk goes back to its save' : 'a walk goes on');
    place.expected = index + 1;
    place.next = Math.max(place.next, index + 1);
    if (isSure) place.sure = Math.max(place.sure, index + 1);
  }

  /** How many items of a walk were visited, without a gap. */
  visited(id: string, step: string, walk: number): number {
    return this.places.get(`${id} ${step} ${walk}`)?.next ?? 0;
  }

  private mostRepeats(jobName: string, step: string, walk: number): number {
    if (walk === ROUNDS) return 1;
    const job = this.drawn.jobs.find(({name}) => name === jobName);
    const drawn = stepOf(job, step);
    const one = job === undefined || drawn === undefined ? undefined : workOf(job, drawn).walks[walk];
    return one === undefined ? 0 : mostRepeats(this.withinClocks(one));
  }

  /** A clock that jumps back makes the time between two saves longer. */
  private withinClocks(walk: DrawnWalk): Pick<DrawnWalk, 'everyMs' | 'everyItems' | 'ms'> {
    return this.drawn.rates.jump === 0 ? walk : {...walk, everyMs: Infinity};
  }
}
