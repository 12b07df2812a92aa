/** The state of one execution. Only executions.ts and calls.ts change it; everybody else sees it as an Execution. */
import {Counters} from './counters';
import type {QueuedEvent} from './event-queue';
import type {Thread} from './thread';
import type {AuthMode, Counts, Execution, ExecutionEnd, StartRequest, ThrownError, TriggerKind} from './types';

export class LiveExecution implements Execution {
  readonly id: number;
  readonly fn: string;
  readonly args: readonly unknown[];
  readonly user: string;
  readonly project: string;
  readonly authMode: AuthMode;
  readonly trigger: TriggerKind | null;
  readonly wallMs: number;
  readonly log: string[] = [];
  readonly counters = new Counters();
  startMs: number;
  endMs: number | null = null;
  end: ExecutionEnd = 'running';
  error: ThrownError | null = null;
  value: unknown = undefined;
  calls = 0;

  /** How far its clock is ahead of the world's. */
  skewMs = 0;
  /** Null before it starts and after it ends. */
  thread: Thread | null = null;
  wall: QueuedEvent | null = null;
  /** The event that brings it further: its start, the effect of its call, or the answer. */
  next: QueuedEvent | null = null;

  constructor(
    id: number,
    request: StartRequest & Required<Pick<StartRequest, 'user' | 'project' | 'wallMs' | 'atMs'>>,
  ) {
    this.id = id;
    this.fn = request.fn;
    this.args = request.args ?? [];
    this.user = request.user;
    this.project = request.project;
    this.authMode = request.authMode ?? 'FULL';
    this.trigger = request.trigger ?? null;
    this.wallMs = request.wallMs;
    this.startMs = request.atMs;
  }

  get isAlive(): boolean {
    return this.end === 'running';
  }

  counts(): Counts {
    return this.counters.snapshot();
  }

  /** Without what belongs to the simulator: tests print executions. */
  toJSON(): unknown {
    const {id, fn, user, project, trigger, startMs, endMs, end, error, calls, log} = this;
    return {id, fn, user, project, trigger, startMs, endMs, end, error, calls, log};
  }
}
