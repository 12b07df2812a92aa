/**
 * Every public type. No code.
 *
 * Terminology. *Job*: one accepted request and its state. *Plan*: the compiled, immutable graph of steps. *Step*: one
 * node; a *map step* is one node over many items. *Handler*: a function of the *host*, which is the user's script.
 * *Execution*: one run of Apps Script, six minutes at most. *Attempt*: one call of a handler. *Checkpoint*: what is
 * saved. *In doubt*: may have begun, is not committed. *Lease*: the right to run a job, with a deadline and a growing
 * *epoch*. *Seal*: the recorded end of a dead epoch's log. *Budget*: the time an execution gives itself. *Wake-up*: a
 * planned next execution. *Dispatcher*: the function that a trigger calls. *Watchdog*: the standing recurring trigger.
 *
 * Units: times are ISO 8601 in UTC or `null`; durations are milliseconds and say so in their names.
 */

/** Anything that JSON can hold. */
export type Json = null | boolean | number | string | readonly Json[] | {readonly [key: string]: Json | undefined};

/** State of a job. */
export type JobStatus = 'queued' | 'running' | 'paused' | 'failed' | 'completed' | 'canceled';

/** State of a step or of one item of a map step. */
export type StepState = 'pending' | 'running' | 'completed' | 'failed' | 'canceled';

/** Why a job that could go on does not. The dispatcher never resumes `user`; an explicit `resume` does. */
export type WaitReason = 'budget' | 'retry' | 'user' | 'quota' | 'store' | 'handler' | 'dependency' | 'event';

/**
 * A handler by name, or as a named function whose name resolves to that very function in the host.
 * A handler is called at least once and may be called again after a kill: see `context.attempt`.
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a handler may narrow its context and return anything
export type HandlerReference = string | ((context: any) => unknown);

/** How failed attempts are repeated. */
export interface RetryPolicy {
  /** Failed attempts that are followed by another. @minimum 0 @maximum 20 @default 2 */
  readonly maxRetries?: number;
  /** Wait before the first retry, in milliseconds. @minimum 0 @default 30000 */
  readonly delayMs?: number;
  /** Each further wait is this many times the one before. @minimum 1 @default 2 */
  readonly factor?: number;
  /** No wait is longer, in milliseconds. @minimum 0 @default 3600000 */
  readonly maxDelayMs?: number;
  /** Waits vary at random by this share of themselves, up and down. @minimum 0 @maximum 1 @default 0.2 */
  readonly jitter?: number;
}

/** One step of a request. */
export interface StepRequest {
  /** Unique in the job; at most 100 characters, no control characters. */
  readonly id: string;
  readonly handler: HandlerReference;
  /** Steps that must be completed first. @default [] */
  readonly dependsOn?: string | readonly string[];
  /** Handed to the handler as `context.payload`, a fresh copy for each attempt. @default null */
  readonly payload?: unknown;
  /** Overrides the job's policy, field by field. */
  readonly retry?: RetryPolicy;
  /** Kills of the execution during this step after which it fails as `STEP_KILLED`. @minimum 1 @maximum 20 @default 3 */
  readonly maxCrashes?: number;
}

/** Options of one job. A value given here beats `configure`, which beats script properties, which beat the default. */
export interface JobOptions {
  /** @minimum 0 @maximum 20 @default 2 */
  readonly maxRetries?: number;
  /**
   * Time budget of one execution in milliseconds. Never more than 330,000 from the execution's start are used, because
   * Apps Script ends an execution at 360,000 (https://developers.google.com/apps-script/guides/services/quotas).
   * @minimum 1000 @maximum 600000 (larger values are cut) @default 240000
   */
  readonly maxRuntimeMs?: number;
  /** Lengthens the lease, which is never shorter than 390,000 ms. @minimum 1000 @maximum 3600000 @default 390000 */
  readonly leaseTtlMs?: number;
  /** @default 'properties', the only store */
  readonly checkpointStore?: string;
  /** `false`: no trigger is made, and nothing runs unless `resume` is called. @default true */
  readonly autoResume?: boolean;
  /** Prefix of the job's property keys; letters, digits and `_ . : -`, at most 100. @default 'AST_JOBS_JOB_' */
  readonly propertyPrefix?: string;
}

/** What `run` and `enqueue` take. */
export interface JobRequest {
  /** For people; need not be unique. At most 200 characters. */
  readonly name: string;
  readonly steps: readonly StepRequest[];
  readonly options?: JobOptions;
  readonly retry?: RetryPolicy;
  readonly maxCrashes?: number;
}

/** Whether an orchestration helper runs its job in this execution at once or leaves it to the dispatcher. */
export type OrchestrationMode = 'run' | 'enqueue';

/** One task of a chain. */
export interface ChainTask {
  /** @default 'chain_step_1', 'chain_step_2', … */
  readonly id?: string;
  readonly handler: HandlerReference;
  readonly payload?: unknown;
  readonly retry?: RetryPolicy;
  readonly maxCrashes?: number;
}

/** Fields that every request of an orchestration helper has. */
interface OrchestrationRequest {
  readonly name: string;
  readonly mode?: OrchestrationMode;
  readonly options?: JobOptions;
  readonly retry?: RetryPolicy;
  readonly maxCrashes?: number;
}

/** What `chain` takes: tasks that run one after the other. @see OrchestrationMode, default `'run'` */
export interface ChainRequest extends OrchestrationRequest {
  readonly tasks: readonly ChainTask[];
  /** @default 'chain_step' */
  readonly stepIdPrefix?: string;
}

/** What `enqueueMany` takes: one handler over many items. @see OrchestrationMode, default `'enqueue'` */
export interface EnqueueManyRequest extends OrchestrationRequest {
  readonly handler: HandlerReference;
  /** At most 20,000; each is handed over as `context.payload.item`. */
  readonly items: readonly unknown[];
  /** Items in work at once, when several executions share the job. @minimum 1 @maximum 1000 @default 10 */
  readonly maxConcurrency?: number;
  /** @default 'item' */
  readonly stepIdPrefix?: string;
  /** Handed to each item as `context.payload.shared`, a fresh copy each. */
  readonly sharedPayload?: unknown;
}

/** What `mapReduce` takes: one handler over many items, then one over their results. Default mode `'run'`. */
export interface MapReduceRequest extends OrchestrationRequest {
  readonly items: readonly unknown[];
  readonly map?: {readonly handler?: HandlerReference; readonly stepIdPrefix?: string; readonly payload?: unknown};
  readonly reduce?: {readonly id?: string; readonly handler?: HandlerReference; readonly payload?: unknown};
  readonly mapHandler?: HandlerReference;
  readonly reduceHandler?: HandlerReference;
  readonly mapPayload?: unknown;
  readonly reducePayload?: unknown;
  /** @default 'map' */
  readonly mapStepIdPrefix?: string;
  /** @default 'reduce' */
  readonly reduceStepId?: string;
  readonly maxConcurrency?: number;
}

/** What a handler gets. */
export interface StepContext<Payload = unknown> {
  readonly jobId: string;
  readonly stepId: string;
  /** The job's name. */
  readonly name: string;
  /** 1 + failed attempts + kills. Above 1 an earlier attempt may have done part of its work. */
  readonly attempt: number;
  /** Results of completed steps by id; each access gives a fresh copy. */
  readonly results: Readonly<Record<string, unknown>>;
  readonly payload: Payload;
  /** The same for every attempt of this step of this job: hand it to services that refuse doubles. */
  readonly idempotencyKey: string;
  /** Milliseconds until the budget of this execution ends. */
  timeLeftMs(): number;
}

/** An error as a record carries it. */
export interface StoredError {
  readonly name: string;
  /** At most 500 characters. */
  readonly message: string;
  readonly code?: string;
  readonly details: Json;
}

/** One step, or one item of a map step, as a record shows it. */
export interface StepRecord {
  readonly id: string;
  readonly handlerName: string;
  readonly dependsOn: readonly string[];
  readonly payload: unknown;
  readonly state: StepState;
  /** Failed attempts. Kills are counted apart, in `recoveries`. */
  readonly attempts: number;
  readonly startedAt: string | null;
  readonly completedAt: string | null;
  readonly lastError: StoredError | null;
}

/** A lease that was taken from an owner which did not give it back. */
export interface RecoveryRecord {
  readonly at: string;
  /** The epoch that ended. */
  readonly epoch: number;
  readonly reason: 'killed' | 'canceled' | 'store';
  /** Ids of the steps that may have begun and are not committed: their effects may be there already. */
  readonly inDoubt: readonly string[];
}

/** How many steps are in which state. */
export interface StateCounts {
  readonly total: number;
  readonly pending: number;
  readonly running: number;
  readonly completed: number;
  readonly failed: number;
  readonly canceled: number;
}

/** Summary of one stage of an orchestration helper. */
export interface StageSummary {
  readonly status: string;
  readonly counts: StateCounts;
  readonly maxConcurrency?: number;
}

/** What the orchestration helpers add to their records. */
export interface OrchestrationSummary {
  readonly helper: 'chain' | 'enqueue_many' | 'map_reduce';
  readonly mode: OrchestrationMode;
  readonly parent: {readonly jobId: string; readonly status: JobStatus};
  readonly children: {readonly status: string; readonly counts: StateCounts};
  readonly stages: Readonly<Record<string, StageSummary>>;
}

/** Options as they were resolved when the job was accepted. */
export type ResolvedJobOptions = Required<JobOptions>;

/** A job as every call returns it. Plain JSON. */
export interface JobRecord {
  readonly id: string;
  readonly name: string;
  readonly status: JobStatus;
  /** Grows with every change of state. */
  readonly version: number;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly startedAt: string | null;
  readonly pausedAt: string | null;
  readonly completedAt: string | null;
  readonly canceledAt: string | null;
  readonly leaseOwner: string | null;
  readonly leaseExpiresAt: string | null;
  readonly lastHeartbeatAt: string | null;
  readonly lastError: (StoredError & {readonly stepId: string | null}) | null;
  readonly options: ResolvedJobOptions;
  /** A row per step and per item up to 1,000 items of a map step; beyond, a row per node. */
  readonly steps: readonly StepRecord[];
  readonly results: Readonly<Record<string, unknown>>;
  readonly waiting: {readonly reason: WaitReason; readonly untilMs: number | null} | null;
  /** The planned next execution; `problem` says why there is none. */
  readonly wakeUp: {readonly at: string | null; readonly problem?: string} | null;
  /** The last eight, newest last. */
  readonly recoveries: readonly RecoveryRecord[];
  /** Random id of the user whose triggers run the job. */
  readonly owner: string;
  /** True when steps and results of a finished job were dropped to make room. */
  readonly folded?: boolean;
  readonly orchestration?: OrchestrationSummary;
}

/** A row of `list` for stored text that cannot be read. It is reported, never deleted. */
export interface DamagedRecord {
  readonly id: string;
  readonly status: 'damaged';
  readonly damaged: true;
  readonly error: {readonly code: string; readonly message: string};
}

/** What `list` takes. */
export interface ListFilters {
  readonly status?: JobStatus;
  readonly name?: string;
  /** @minimum 1 @maximum 1000 @default 100 */
  readonly limit?: number;
}

/** Where to look, when not in every prefix in use. */
export interface LookupOptions {
  readonly propertyPrefix?: string;
}

/** What `status` takes besides the id. */
export interface StatusOptions extends LookupOptions {
  /** Pages through the steps of a large map step. @default all up to 1,000 items, none beyond */
  readonly steps?: {readonly offset?: number; readonly limit?: number};
}

/** What `list` takes besides the filters. */
export interface ListOptions extends LookupOptions {
  /** Whether rows carry steps and results. @default only for jobs of at most 100 steps and items */
  readonly details?: boolean;
}

/** What `resume` takes besides the id. */
export interface ResumeOptions extends LookupOptions {
  readonly maxRuntimeMs?: number;
}

/** How a host hands itself over. */
export interface BindOptions {
  /** Name of the host's function that triggers call; may be dotted, as in `'ASTLib.astJobsWorker'`. @default 'astJobsWorker' */
  readonly triggerHandler?: string;
  /** Which properties hold the jobs; the lock is of the same kind. @default 'script' */
  readonly store?: 'script' | 'user' | 'document';
  /** The host's own Lock object, for hosts that hold it while they call this library: Apps Script locks do not nest. */
  readonly lock?: {tryLock(timeoutMs: number): boolean; releaseLock(): void; hasLock?(): boolean};
  /** Allow-list of handlers; turns the look-up by global name off. */
  readonly handlers?: Readonly<Record<string, (context: never) => unknown>>;
  /** `false` turns off the look-up of `const` handlers, which needs a `Function` made from constant text. @default true */
  readonly dynamicLookup?: boolean;
}

/** What `install` takes. */
export interface InstallOptions {
  /** How often the watchdog looks. More often eats the day's 90 minutes of trigger time. @default 10 */
  readonly everyMinutes?: 1 | 5 | 10 | 15 | 30;
}

/** What `install` returns. */
export interface InstallResult {
  readonly watchdog: {readonly everyMinutes: number; readonly triggerHandler: string};
}

/** What `stop` takes. */
export interface StopOptions {
  /** `true` also deletes every stored job of the prefixes in use. @default false */
  readonly data?: boolean;
}

/** What `stop` returns. */
export interface StopResult {
  readonly triggersDeleted: number;
  /** Open jobs that now wait for an explicit `resume`. */
  readonly jobsPaused: number;
  readonly jobsDeleted: number;
}

/** What `work` returns: what this pass of the dispatcher did. */
export interface WorkResult {
  /** Jobs that were claimed, in order, with their status afterwards. */
  readonly jobs: readonly {
    readonly id: string;
    readonly name: string;
    readonly status: string;
    readonly steps: number;
  }[];
  /** Open jobs of this user that are left. */
  readonly open: number;
  /** `idle`: nothing is left open; `open`: the rest waits for its time or for another execution. */
  readonly end: 'idle' | 'open' | 'error';
  readonly error?: string;
}

/** Keys that `configure` takes, long or short; values may be strings. */
export type JobsConfig = Readonly<Record<string, unknown>>;
