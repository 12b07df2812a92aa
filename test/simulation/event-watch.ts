/** Watches what is told: each end of a job to its listeners and, where it failed, by mail; once where nothing went wrong. */
import {isFinal, type Header} from '../../src/core/header';
import type {Execution, World} from '../simulator';
import type {DrawnOperations} from './operations';
import type {Faults} from './faults';

interface Ended {
  readonly project: string;
  readonly kind: string;
  /** The execution that ended it. */
  readonly endedIn: number;
  /** Executions that told it. */
  readonly heardIn: number[];
}

export class EventWatch {
  /** The last end of each job. */
  private readonly ended = new Map<string, Ended>();
  private mails = '';
  private readonly world: World;
  private readonly faults: Faults;
  private readonly operations: DrawnOperations;
  private readonly violations: string[];

  constructor(world: World, faults: Faults, operations: DrawnOperations, violations: string[]) {
    this.world = world;
    this.faults = faults;
    this.operations = operations;
    this.violations = violations;
  }

  noteHeader({id: endedIn, project}: Pick<Execution, 'id' | 'project'>, header: Header): void {
    const {id, phase, isRemoved, folded} = header;
    const before = this.ended.get(id);
    const isUntold = before?.heardIn.length === 0 && this.operations.listens && !this.faults.troubled.has(endedIn);
    if (!isFinal(header) && isUntold)
      this.wrong(`event: ${id} goes on, and nobody was told that it was ${before.kind}`);
    // Of a job that is removed or folded nobody has to tell.
    if (!isFinal(header) || isRemoved || folded !== null) this.ended.delete(id);
    else if (before?.kind !== phase.kind) this.ended.set(id, {project, kind: phase.kind, endedIn, heardIn: []});
  }

  gone(id: string): void {
    this.ended.delete(id);
  }

  /** A listener is called. */
  heard({id: executionId, project}: Execution, {job, event}: {readonly job: string; readonly event: string}): void {
    const isHeld = this.world.lockHolder('script', {project})?.id === executionId;
    if (isHeld && !this.faults.lockFailures.has(executionId))
      this.wrong(`event: ${event} of ${job} is told under the lock`);
    const ended = this.ended.get(job);
    if (ended === undefined) return;
    if (ended.kind !== event) return this.wrong(`event: ${job} is ${ended.kind}, and ${event} is told`);
    const before = ended.heardIn.map((id) => this.world.executions[id - 1]).filter((one) => one !== undefined);
    const isAgain = before.some(({id, end}) => end === 'done' && !this.faults.troubled.has(id));
    if (isAgain && !this.faults.lockFailures.has(executionId) && !this.faults.troubled.has(executionId))
      this.wrong(`event: ${event} of ${job} is told again, in execution ${executionId}`);
    this.faults.count(before.length > 0 ? 'an event told again' : 'an event told');
    if (ended.endedIn !== executionId) this.faults.count('an event told by another execution');
    ended.heardIn.push(executionId);
  }

  mailed(body: string): void {
    this.mails += body;
    this.faults.count('a mail sent');
  }

  /** At the end. `isTold`: whether the passes of the job's user are there to tell what a killed execution did not. */
  check(project: string, isTold: (id: string) => boolean): void {
    for (const [id, ended] of this.ended) {
      if (ended.project !== project || !isTold(id)) continue;
      if (this.operations.listens && ended.heardIn.length === 0)
        this.wrong(`event: nobody was told that ${id} is ${ended.kind}`);
      const isMailed = !this.operations.alerts || ended.kind !== 'failed' || this.mails.includes(id);
      if (!isMailed && !this.faults.counts.has('store full')) this.wrong(`event: no mail tells that ${id} failed`);
    }
  }

  private wrong(text: string): void {
    this.violations.push(text);
  }
}
