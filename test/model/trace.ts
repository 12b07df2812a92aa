/** What happened in the world, told to the model in the order of time: handlers that began and ended, executions that ended. */
import type {JobRecord, JobRequest} from '../../src/types';
import type {Effect, Execution, World} from '../simulator';
import {handlersOf} from './host';
import type {Outcome} from './outcome';
import type {Reference} from './reference';
import type {Begin} from './reference-begin';
import type {ReferenceJob} from './reference-job';
import type {Caller} from './reference-turn';
import {Reports} from './reports';
import type {Stage} from './stage';

interface Happening {
  readonly atMs: number;
  readonly tell: () => void;
}

export class Trace {
  /** Those of the latest deployment. */
  handlers = handlersOf(true);
  private readonly world: World;
  private readonly reference: Reference;
  private readonly callers = new Map<number, Caller>();
  /** From which execution on a deployment runs. */
  private readonly deployments: {readonly afterId: number; readonly handlers: ReadonlySet<string>}[] = [];
  private readonly ended = new Set<number>();
  private toldEffects = 0;

  private readonly reports: Reports;

  constructor({world, look}: Pick<Stage, 'world' | 'look'>, reference: Reference) {
    this.world = world;
    this.reference = reference;
    this.reports = new Reports(world, look);
  }

  /** Tells the model what happened up to an instant. */
  drain(untilMs = this.world.nowMs): void {
    const effects = this.world.effects.slice(this.toldEffects).filter((effect) => effect.atMs <= untilMs);
    this.toldEffects += effects.length;
    const happenings: Happening[] = [
      ...this.reports.take(untilMs).map(({atMs, job, inDoubt}) => ({
        atMs,
        tell: () => this.reference.find(job)?.report(inDoubt, atMs),
      })),
      ...effects.map((effect) => ({atMs: effect.atMs, tell: () => this.tell(effect)})),
    ];
    for (const execution of this.world.executions) {
      if (execution.endMs === null || execution.endMs > untilMs || this.ended.has(execution.id)) continue;
      this.ended.add(execution.id);
      happenings.push({
        atMs: execution.endMs,
        tell: () => this.reference.executionEnded(execution.id, execution.end !== 'done'),
      });
    }
    // The sort is stable: what a handler did comes after the report of whoever called it, and before the end of its execution.
    for (const {tell} of happenings.sort((one, other) => one.atMs - other.atMs)) tell();
  }

  /** When an execution called its first handler, or its end. */
  firstMs(execution: Execution): number {
    const first = this.world.effects.find((effect) => effect.executionId === execution.id);
    return first?.atMs ?? execution.endMs ?? this.world.nowMs;
  }

  deployed(handlers: ReadonlySet<string>): void {
    this.handlers = handlers;
    this.deployments.push({afterId: this.world.executions.length, handlers});
  }

  caller(execution: Execution): Caller {
    const known = this.callers.get(execution.id);
    if (known !== undefined) return known;
    const deployment = this.deployments.filter(({afterId}) => execution.id > afterId).at(-1);
    const {id, user, startMs} = execution;
    const handlers = deployment?.handlers ?? handlersOf(true);
    const caller = {id, user, startedMs: startMs, handlers, configured: {}, hasRun: false};
    this.callers.set(id, caller);
    return caller;
  }

  /** The jobs that an execution worked on, in order, and how many handlers came to their end. */
  ranIn(executionId: number): readonly {readonly job: ReferenceJob; readonly steps: number}[] {
    const steps = new Map<string, number>();
    for (const effect of this.world.effects) {
      const {job} = effect.data as {readonly job?: string};
      if (effect.executionId === executionId && effect.name === 'end' && job !== undefined)
        steps.set(job, (steps.get(job) ?? 0) + 1);
    }
    return [...steps].flatMap(([id, count]) => {
      const job = this.reference.find(id);
      return job === null ? [] : [{job, steps: count}];
    });
  }

  private tell({name, data, atMs, executionId}: Effect): void {
    const execution = this.world.executions[executionId - 1];
    if (execution === undefined) return;
    const caller = this.caller(execution);
    switch (name) {
      case 'begin': {
        const {job, ...begin} = data as Omit<Begin, 'atMs'> & {readonly job: string};
        return this.reference.begin(job, {...begin, atMs}, caller);
      }
      case 'end': {
        const {job, step} = data as {readonly job: string; readonly step: string};
        return this.reference.end(job, step, atMs, caller);
      }
      case 'canceled': {
        const {job, outcome} = data as {readonly job: string; readonly outcome: Outcome};
        return this.reference.cancel(job, outcome, atMs);
      }
      case 'spawned': {
        const {record, request} = data as {readonly record: JobRecord; readonly request: JobRequest};
        this.reference.submit({method: 'enqueue', request}, caller, {value: record});
      }
    }
  }
}
