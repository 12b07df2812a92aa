/** Types of handles, of executions of named jobs, and of metrics. No code. */
import type {LogPage, LogsOptions, ProgressRecord} from './notes';
import type {JobRecord} from './jobs';
import type {HandlerReference, EnqueueManyRequest} from './requests';
import type {JobStatus, StateCounts} from './states';

/** State of a job as a handle tells it. */
export type JobState =
  /** Has not begun. */
  | 'pending'
  /** Runs, or goes on by itself: between two executions, or before a retry. */
  | 'running'
  /** Has begun and waits for somebody, for room, for a handler, or for the day's quota: `explain` says for what. */
  | 'paused'
  | 'completed'
  | 'failed'
  | 'canceled';

/** What `status()` of a handle returns. Plain JSON. */
export interface HandleStatus {
  /** Of the job. */
  readonly id: string;
  /** Of the job. */
  readonly name: string;
  /** Where it stands. */
  readonly state: JobState;
  /**
   * Of a completed job, else `null`: the result of the step that no other depends on. Where there are several, an object by
   * step id; of a map step, the list of its items' results in their order. `null` also where results were dropped.
   */
  readonly result: unknown;
  /** Why the job failed, or was canceled by a job it depends on; else `null`. */
  readonly error: JobRecord['lastError'];
  /** When it was accepted. */
  readonly createdAt: string;
  /** When it first ran. */
  readonly startedAt: string | null;
  /** When it ended, in whichever way. */
  readonly completedAt: string | null;
  /** How far it is, as `AST.Jobs.progress` says. */
  readonly progress: ProgressRecord;
  /** True when steps and results of a finished job were dropped to make room. */
  readonly folded?: boolean;
}

/** What `wait` takes. */
export interface WaitOptions {
  /**
   * How long to wait, in milliseconds; never longer than this execution has. @minimum 0 @default what is left of the
   * execution: it ends 320 s after the script was loaded
   */
  readonly timeoutMs?: number;
}

/** One job, to be looked at and waited for. Each method reads anew. */
export interface JobHandle {
  /** Of the job. */
  readonly id: string;
  /** One read. @throws AstJobsNotFoundError when it was removed */
  status(): HandleStatus;
  /**
   * Waits for the end of the job and returns its result, as in {@link HandleStatus}. A job of the current user that nobody
   * runs is run here meanwhile, as `resume` would, but after its back-off and its time to start; so are jobs that it depends
   * on. Jobs of other users, and those that another execution runs, are looked at every 1 to 15 s. A step that has begun
   * here is not interrupted, however long it lasts.
   * @throws AstJobsTimeoutError `WAIT_TIMEOUT`: nothing happened to the job; at once where it waits for somebody to call
   *   `resume`. AstJobsStepExecutionError `JOB_FAILED`, AstJobsConflictError `JOB_CANCELED`, both with `details.record`.
   *   AstJobsConflictError `NESTED_RUN` inside a handler. AstJobsNotFoundError `STEP_NOT_FOUND` where the results are gone.
   */
  wait(options?: WaitOptions): unknown;
  /** Ends the job, if it is open. */
  cancel(): HandleStatus;
  /** As `AST.Jobs.pause`. */
  pause(): HandleStatus;
  /** As `AST.Jobs.resume`. */
  resume(options?: {readonly maxRuntimeMs?: number}): HandleStatus;
  /** As `AST.Jobs.logs`. */
  logs(options?: LogsOptions): LogPage;
  /** As `AST.Jobs.progress`. */
  progress(): ProgressRecord;
  /** As `AST.Jobs.remove`. */
  remove(): boolean;
  /** As `AST.Jobs.status`. */
  record(): JobRecord;
  /** The result of one step or item, as `AST.Jobs.result`; without an id that of the job, as in {@link HandleStatus}. */
  result(stepId?: string): unknown;
}

/** State of an execution of a named job, or of one of its tasks. */
export type TaskStatus = 'pending' | 'running' | 'completed' | 'failed' | 'canceled';

/** What executions of a named job have in common: the handler of its tasks, and any field of `enqueueMany`. */
export type NamedJobDefaults = Partial<Omit<EnqueueManyRequest, 'name' | 'items' | 'mode'>>;

/** What `createExecution` takes: tasks, and what differs from the defaults of the job. */
export interface ExecutionRequest extends NamedJobDefaults {
  /** What runs each task. @default the one of the job */
  readonly handler?: HandlerReference;
  /** Each is handed to the handler as `context.payload.item`; 1 to 100,000 values. */
  readonly tasks: readonly unknown[];
}

/** One task of an execution. */
export interface TaskRecord {
  /** Of the step that it is: `'task_1'`, `'task_2'`, … */
  readonly id: string;
  /** Where it stands. */
  readonly status: TaskStatus;
  /** As it was given. */
  readonly task: unknown;
  /** Of a completed task; of one in Drive or a sheet its place, from where `AST.Jobs.result` fetches it. */
  readonly result: unknown;
  /** Of a failed task. */
  readonly error: JobRecord['lastError'];
}

/** An execution without its tasks, as a list shows it. */
export interface ExecutionSummary {
  /** That of its job, so that all methods of `AST.Jobs` take it. */
  readonly id: string;
  /** Where it stands; one that is paused in the middle is running. */
  readonly status: TaskStatus;
  /** What is known without its tasks. */
  readonly metadata: {
    /** The name of the job. */
    readonly name: string;
    /** When it was made. */
    readonly createdAt: string;
    /** When its first task began. */
    readonly startedAt: string | null;
    /** When it ended, in whichever way. */
    readonly completedAt: string | null;
    /** As it was asked for. */
    readonly tags: readonly string[];
  };
}

/** One execution of a named job. Plain JSON. */
export interface ExecutionRecord extends ExecutionSummary {
  /** In the order in which they were given; of large executions a page. */
  readonly tasks: readonly TaskRecord[];
  /** Of all tasks; `null` where they were dropped to make room. */
  readonly counts: StateCounts | null;
}

/** A page of something. */
export interface PageOptions {
  /** So many at most. @minimum 1 @maximum 1000 */
  readonly limit?: number;
  /** How many to pass over. @minimum 0 @default 0 */
  readonly offset?: number;
}

/** What `waitForExecution` takes. */
export interface WaitForExecutionOptions {
  /** In milliseconds; never longer than this execution has. @minimum 0 @default what is left of it, as in {@link WaitOptions} */
  readonly maxWait?: number;
  /** How often to look while others run it, in milliseconds. @minimum 100 @maximum 60000 @default 2000 */
  readonly interval?: number;
}

/** A job by its name, whose executions run one handler over tasks. */
export interface NamedJob {
  /** As it was given. */
  readonly name: string;
  /** Accepts an execution and returns its id. The dispatcher starts it in 60 s or later, `waitForExecution` at once. */
  createExecution(request: ExecutionRequest): string;
  /** One read. @param page tasks to show; limit 1 to 1,000, default 1,000. @throws AstJobsNotFoundError `EXECUTION_NOT_FOUND` */
  getExecution(executionId: string, page?: PageOptions): ExecutionRecord;
  /** Its status alone: a read of one value, not of the store. @throws AstJobsNotFoundError `EXECUTION_NOT_FOUND` */
  getExecutionStatus(executionId: string): TaskStatus;
  /** Executions of this job, newest first. One read. @param page limit 1 to 1,000, default 100 */
  listExecutions(page?: PageOptions): readonly ExecutionSummary[];
  /**
   * Waits for the end of an execution, as `wait` of a handle does, and returns it, also where it failed or was canceled.
   * @throws AstJobsTimeoutError `WAIT_TIMEOUT`; AstJobsConflictError `NESTED_RUN`; AstJobsNotFoundError `EXECUTION_NOT_FOUND`
   */
  waitForExecution(executionId: string, options?: WaitForExecutionOptions): ExecutionRecord;
}

/** What `metrics` takes. */
export interface MetricsOptions {
  /** Only jobs that were accepted then or later: ISO 8601 or a date. @default all that are stored */
  readonly since?: string | Date;
}

/** Times of several jobs in milliseconds; of none all are `null`. */
export interface Spread {
  /** How many were measured. */
  readonly count: number;
  /** Half of them took no longer. */
  readonly median: number | null;
  /** No more than one in twenty took longer. */
  readonly p95: number | null;
  /** The longest. */
  readonly max: number | null;
}

/** How many jobs of a name there are, by status. */
export type NameMetrics = Readonly<Record<JobStatus, number>> & {
  /** Of the jobs. */
  readonly name: string;
  /** All of them together. */
  readonly jobs: number;
};

/**
 * What the stored jobs tell together, by their headers. Jobs that were purged or removed are not counted, nor are retries,
 * which stand in logs.
 */
export interface JobsMetrics {
  /** When the store was read. */
  readonly at: string;
  /** As it was asked. */
  readonly since: string | null;
  /** Jobs that could be read. */
  readonly jobs: number;
  /** Jobs that could not. */
  readonly damaged: number;
  /** How many there are by status. */
  readonly byStatus: Readonly<Record<JobStatus, number>>;
  /** The twenty names with most jobs. */
  readonly byName: readonly NameMetrics[];
  /** What happened in the 24 hours before. */
  readonly lastDay: {
    /** Jobs that were accepted. */
    readonly accepted: number;
    /** Jobs that ended so. */
    readonly completed: number;
    /** Jobs that ended so. */
    readonly failed: number;
    /** Jobs that ended so. */
    readonly canceled: number;
  };
  /** From the first start to the end of completed and failed jobs, pauses included. */
  readonly durationMs: Spread;
  /** From acceptance to the first start, which a request may have put off. */
  readonly waitMs: Spread;
  /** Executions that died while they ran a job; of one job the last eight at most are known. */
  readonly recoveries: {
    /** Jobs with recoveries. */ readonly jobs: number;
    /** Leases that ended with a kill. */ readonly killed: number;
  };
  /** The open job that was accepted first. */
  readonly oldestOpen: {
    /** Of the job. */
    readonly id: string;
    /** Of the job. */
    readonly name: string;
    /** Where it stands. */
    readonly status: JobStatus;
    /** When it was accepted. */
    readonly createdAt: string;
    /** Since then. */
    readonly ageMs: number;
  } | null;
  /** What all jobs take in the store, whatever `since` says. */
  readonly bytes: number;
}
