/** The world and the model side by side: what differs is thrown. */
import type {Trigger} from '../simulator';
import {USERS} from './calls';
import {differ, expectSame} from './difference';
import type {Look} from './observer';
import type {Reference} from './reference';
import type {Stage} from './stage';
import type {Trace} from './trace';

export class Comparison {
  /** How many there were. */
  count = 0;
  /** Kills, and deleted data of other users: triggers may be left of which nothing that is stored knows. */
  hasStrays = false;

  private readonly stage: Stage;
  private readonly reference: Reference;
  private readonly trace: Trace;

  constructor(stage: Stage, reference: Reference, trace: Trace) {
    this.stage = stage;
    this.reference = reference;
    this.trace = trace;
  }

  /** Compares everything if nothing is left running, and says whether it did. */
  make(): boolean {
    if (!this.stage.isQuiet()) return false;
    const {world} = this.stage;
    const {statuses, list} = this.stage.look(this.ids());
    this.count++;
    this.reference.compare(statuses, list, world.nowMs, this.trace.handlers);
    if (this.hasStrays || world.executions.some((execution) => execution.end === 'wall')) return true;
    for (const user of USERS) {
      const {length} = world.triggers(user);
      if (length > 2) differ(`triggers of ${user}`, 'two at the most', length);
    }
    return true;
  }

  /** An execution sees what the eye of the comparison sees. */
  makeInside(): void {
    const {value} = this.stage.execute(USERS[0] ?? '', 'look', [this.ids()]);
    this.trace.drain();
    const {statuses, list} = value as Look;
    this.reference.compare(statuses, list, this.stage.world.nowMs, this.trace.handlers);
  }

  /** Nobody keeps a trigger who should have none when everything is at rest. */
  expectNoneNeedless(): void {
    expectSame('triggers that nobody needs', [], this.needless());
  }

  needless(): readonly Trigger[] {
    return this.stage.world.triggers().filter(({user}) => !this.reference.mayHaveTriggers(user));
  }

  private ids(): readonly string[] {
    return this.reference.jobs.map((job) => job.id);
  }
}
