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

import type {JobTerms, TermsRecord} from './terms';

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
  /** Wait before the first retry, in milliseconds. @minimum 0 @maximum 2592000000 @default 30000 */
  readonly delayMs?: number;
  /** Each further wait is this many times the one before. @minimum 1 @maximum 100 @default 2 */
  readonly factor?: number;
  /** No wait is longer, in milliseconds. @minimum 0 @maximum 2592000000 @default 3600000 */
  readonly maxDelayMs?: number;
  /** Waits vary at random by this share of themselves, up and down. @minimum 0 @maximum 1 @default 0.2 */
  readonly jitter?: number;
}

/** One step of a request. */
export interface StepRequest {
  /** Unique in the job; at most 100 characters, no control characters. */
  readonly id: string;
  /** Does the step; what it returns is its result. @throws `HANDLER_NOT_FOUND` where the host has no such function */
  readonly handler: HandlerReference;
  /** Steps that must be completed first. @default [] */
  readonly dependsOn?: string | readonly string[];
  /** Handed to the handler as `context.payload`, a fresh copy for each attempt. @default null */
  readonly payload?: unknown;
  /** Overrides the job's policy, field by field. */
  readonly retry?: RetryPolicy;
  /** Kills of the execution during this step after which it fails as `STEP_KILLED`. @minimum 1 @maximum 20 @default 3 */
  readonly maxCrashes?: number;
  /**
   * An attempt that took longer, in milliseconds, has failed as `STEP_TIMEOUT`, whatever it returned. It is judged when
   * the handler returns: nothing can interrupt it. @minimum 1 @maximum 330000 @default no limit
   */
  readonly timeoutMs?: number;
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
export interface JobRequest extends JobTerms {
  /** For people; need not be unique. At most 200 characters. */
  readonly name: string;
  /** In any order, 1 to 2,000; `dependsOn` says what comes before what. */
  readonly steps: readonly StepRequest[];
  /** Each field is resolved by itself when the job is accepted, and stored with it. */
  readonly options?: JobOptions;
  /** For every step that has no policy of its own. */
  readonly retry?: RetryPolicy;
  /** For every step that says nothing else. @minimum 1 @maximum 20 @default 3 */
  readonly maxCrashes?: number;
  /** Executions that may run the job at once. @minimum 1 @maximum 10 @default 1 */
  readonly workers?: number;
}

/** Whether an orchestration helper runs its job in this execution at once or leaves it to the dispatcher. */
export type OrchestrationMode = 'run' | 'enqueue';

/** One task of a chain. */
export interface ChainTask {
  /** @default 'chain_step_1', 'chain_step_2', … */
  readonly id?: string;
  /** Does the task. @throws `HANDLER_NOT_FOUND` where the host has no such function */
  readonly handler: HandlerReference;
  /** Handed over as `context.payload`. @default null */
  readonly payload?: unknown;
  /** Overrides the job's policy, field by field. */
  readonly retry?: RetryPolicy;
  /** As in {@link StepRequest}. @minimum 1 @maximum 20 @default the job's, else 3 */
  readonly maxCrashes?: number;
  /** As in {@link StepRequest}. */
  readonly timeoutMs?: number;
}

/** Fields that every request of an orchestration helper has. */
interface OrchestrationRequest extends JobTerms {
  /** For people; need not be unique. At most 200 characters. */
  readonly name: string;
  /** @default 'run', of `enqueueMany` 'enqueue' */
  readonly mode?: OrchestrationMode;
  /** As in {@link JobRequest}. */
  readonly options?: JobOptions;
  /** For every task or item that has no policy of its own. */
  readonly retry?: RetryPolicy;
  /** As in {@link JobRequest}. @minimum 1 @maximum 20 @default 3 */
  readonly maxCrashes?: number;
  /** Executions that may run the job at once. @minimum 1 @maximum 10 @default 1 */
  readonly workers?: number;
}

/** What `chain` takes: tasks that run one after the other. @see OrchestrationMode, default `'run'` */
export interface ChainRequest extends OrchestrationRequest {
  /** In their order, 1 to 2,000. */
  readonly tasks: readonly ChainTask[];
  /** @default 'chain_step' */
  readonly stepIdPrefix?: string;
}

/**
 * Items of a map step: values, at most 100,000, which are stored with the job; or `{count: n}`, the numbers from 0 to
 * n − 1, of which none is stored. n is an integer from 1 to 2,147,483,647; or `{handler}`, items that a handler fetches page by
 * page. Anything else is refused as `INVALID_REQUEST`, values that do not fit into the store as `PLAN_TOO_LARGE` or
 * `STORE_FULL`.
 */
export type ItemsRequest = readonly unknown[] | ItemRange | ItemPages;

/**
 * Items that come in pages and are never stored, as the files of a folder or the rows of a sheet do. The handler is called
 * with `payload: {pageToken, page, shared?}`, `pageToken` being `null` for the first page, and returns
 * `{items: [...], nextPageToken?}`: JSON, without a token for the last page, which is at most 2,000 bytes long. The next
 * page is fetched when the items of those before have been taken. An execution that goes on with a page fetches it again:
 * the same token must bring the same items. At most 1,000,000 items (100,000 in `mapReduce`) in 20,000 pages. The step of
 * the source has the id `<prefix>_pages`, and the number of items as its result; `payload.total` of the items is `null`.
 */
export interface ItemPages {
  /** Returns one page each time. @throws `HANDLER_NOT_FOUND` where the host has no such function */
  readonly handler: HandlerReference;
  /** Handed to the handler as `context.payload.shared`. */
  readonly payload?: unknown;
}

/** What `enqueueMany` takes: one handler over many items. @see OrchestrationMode, default `'enqueue'` */
export interface EnqueueManyRequest extends OrchestrationRequest {
  /** Called once for each item. @throws `HANDLER_NOT_FOUND` where the host has no such function */
  readonly handler: HandlerReference;
  /** Each is handed over as `context.payload.item`. */
  readonly items: ItemsRequest;
  /** Items in work at once, when several executions share the job. @minimum 1 @maximum 1000 @default 10 */
  readonly maxConcurrency?: number;
  /** @default 'item' */
  readonly stepIdPrefix?: string;
  /** Handed to each item as `context.payload.shared`, a fresh copy each. */
  readonly sharedPayload?: unknown;
  /** An attempt of an item that took longer, in milliseconds, has failed as `STEP_TIMEOUT`. @minimum 1 @maximum 330000 @default no limit */
  readonly itemTimeoutMs?: number;
  /** What is not committed at a kill runs again; it is named in `recoveries`. With `maxCrashes: 1` each item by itself. */
  readonly checkpoint?: CheckpointOptions;
}

/** What `mapReduce` takes: one handler over many items, then one over their results. Default mode `'run'`. */
export interface MapReduceRequest extends OrchestrationRequest {
  /** Each is handed over as `context.payload.item`. A range of more than 100,000 is refused: no reduce step could be handed their ids. */
  readonly items: ItemsRequest;
  /** The map step; each field beats its short form below. */
  readonly map?: {
    /** Called once for each item. */
    readonly handler?: HandlerReference;
    /** Items have the ids `<prefix>_1`, `<prefix>_2`, … @default 'map' */
    readonly stepIdPrefix?: string;
    /** Handed to each item as `context.payload.shared`, a fresh copy each. */
    readonly payload?: unknown;
  };
  /** The reduce step; each field beats its short form below. */
  readonly reduce?: {
    /** Must be none of the ids of the items. @default 'reduce' */
    readonly id?: string;
    /** Called once, with the ids of all items as `context.payload.mapStepIds`. */
    readonly handler?: HandlerReference;
    /** Handed over as `context.payload.shared`. */
    readonly payload?: unknown;
  };
  /** Short for `map.handler`. One of both is needed. */
  readonly mapHandler?: HandlerReference;
  /** Short for `reduce.handler`. One of both is needed. It gets `payload: {mapStepIds, total, shared?}`. */
  readonly reduceHandler?: HandlerReference;
  /** Short for `map.payload`. */
  readonly mapPayload?: unknown;
  /** Short for `reduce.payload`. */
  readonly reducePayload?: unknown;
  /** @default 'map' */
  readonly mapStepIdPrefix?: string;
  /** @default 'reduce' */
  readonly reduceStepId?: string;
  /** As in {@link EnqueueManyRequest}. @minimum 1 @maximum 1000 @default 10 */
  readonly maxConcurrency?: number;
  /** As in {@link EnqueueManyRequest}. */
  readonly itemTimeoutMs?: number;
  /** As in {@link EnqueueManyRequest}. */
  readonly checkpoint?: CheckpointOptions;
}

/** What a handler gets. */
export interface StepContext<Payload = unknown> {
  /** Id of the job. */
  readonly jobId: string;
  /** Id of the step, of an item `'<prefix>_<position>'`, counted from 1. */
  readonly stepId: string;
  /** The job's name. */
  readonly name: string;
  /** 1 + failed attempts + kills. Above 1 an earlier attempt may have done part of its work. */
  readonly attempt: number;
  /** Results of completed steps by id; each access gives a fresh copy. */
  readonly results: Readonly<Record<string, unknown>>;
  /** The step's own, else the job's, else `null`; a fresh copy. Of an item `{item, index, position, total, shared?}`. */
  readonly payload: Payload;
  /** The same for every attempt of this step of this job: hand it to services that refuse doubles. */
  readonly idempotencyKey: string;
  /** The job's `environment`, and the values of its `secretEnvironment`; a fresh copy for each attempt. */
  readonly environment: Readonly<Record<string, string>>;
  /** Milliseconds until the budget of this execution ends. */
  timeLeftMs(): number;
  /** What an earlier attempt of this step saved with `checkpoint`, a fresh copy; `null` at the start. */
  readonly cursor: unknown;
  /**
   * Saves where the step is: an attempt after a kill, a failure or `yield` finds it in `cursor`. One write, without the
   * lock. Throws what ends the step when the job was canceled or the execution's time is over: do not catch it.
   * @param cursor JSON, at most 3,000 bytes: a position, not the data
   */
  checkpoint(cursor: unknown): void;
  /**
   * Calls `visit` for each item, goes on where an earlier attempt stopped, and stops by itself, to go on in the next
   * execution, before an item that would not fit into the budget by the longest one so far. What was done since the last
   * save is done again after a kill: at most `everyMs` (and one item) or `everyItems` of it. The same step must walk the same
   * lists in the same order in each attempt.
   * @returns the number of items, or with `initial` the last state: what `visit` returned last
   */
  each<Item>(items: readonly Item[], visit: (item: Item, index: number) => unknown, options?: EachOptions): number;
  /** The same with a state that goes from item to item, and is saved with the place. */
  each<Item, State>(
    items: readonly Item[],
    visit: (item: Item, index: number, state: State) => State,
    options: EachOptions & {readonly initial: State},
  ): State;
  /** The same over the numbers from 0 to `count` − 1. */
  each(items: ItemRange, visit: (item: number, index: number) => unknown, options?: EachOptions): number;
  /** The same over numbers, with a state. */
  each<State>(
    items: ItemRange,
    visit: (item: number, index: number, state: State) => State,
    options: EachOptions & {readonly initial: State},
  ): State;
  /**
   * Whether somebody canceled or stopped the job; looks into the store at most every five seconds. Once it says so the
   * step has stopped: what the handler returns is not looked at, and a stopped job goes on from `cursor` when resumed.
   */
  isCanceled(): boolean;
  /**
   * Adds a line to the job's log, which `AST.Jobs.logs` reads: texts as they are, other values as JSON, 500 characters at
   * most. The last lines are kept, some 4,000 bytes of them. Written at most every five seconds and when the run ends: a
   * kill loses the lines since then. Never throws.
   */
  log(...parts: unknown[]): void;
  /**
   * Says how far the step is, for `AST.Jobs.progress`. Written as `log` is.
   * @param done what is done, a number that is not negative
   * @param total what there is to do, where that is known
   * @param note a few words, at most 200 characters
   */
  progress(done: number, total?: number | null, note?: string | null): void;
  /** Ends the step here; its next attempt, in another execution, goes on from `cursor`. Throws: do not catch it. */
  yield(): never;
}

/** The numbers from 0 to `count` − 1. */
export interface ItemRange {
  /** An integer. */
  readonly count: number;
}

/** How often `each` saves where it is. */
export interface EachOptions {
  /** After so many milliseconds. @minimum 0 @maximum 60000 @default 2000 */
  readonly everyMs?: number;
  /** After so many items. @minimum 1 @maximum 1000000 @default 1000 */
  readonly everyItems?: number;
}

/** When the results of a map step's items are committed: whichever comes first. */
export interface CheckpointOptions {
  /** After so many milliseconds of work. @minimum 0 @maximum 60000 @default 1200 */
  readonly everyMs?: number;
  /** After so many items; 1: each item by itself. @minimum 1 @maximum 1000 @default 100 */
  readonly everyItems?: number;
}

/** An error as a record carries it. */
export interface StoredError {
  /** Name of what was thrown, at most 80 characters; of errors of this library `AstJobs…Error`. */
  readonly name: string;
  /** At most 500 characters. */
  readonly message: string;
  /** What exactly went wrong, in errors of this library: `'STEP_FAILED'`, `'STEP_KILLED'`, … */
  readonly code?: string;
  /** What `fatal` was given, or facts of the error; `{}` where there are none. */
  readonly details: Json;
}

/** One step, or one item of a map step, as a record shows it. */
export interface StepRecord {
  /** Id of the step or the item; beyond 1,000 items that of the map step. */
  readonly id: string;
  /** Name of its handler. */
  readonly handlerName: string;
  /** Ids of what must be completed first. */
  readonly dependsOn: readonly string[];
  /** What its handler is handed; of a map step in one row `{counts}`. */
  readonly payload: unknown;
  /** How far it is. */
  readonly state: StepState;
  /** Failed attempts. Kills are counted apart, in `recoveries`. */
  readonly attempts: number;
  /** Start of its first attempt, as far as that is known. */
  readonly startedAt: string | null;
  /** When it was completed; `null` for one that failed or was canceled. */
  readonly completedAt: string | null;
  /** Of its last failed attempt, until it is completed. */
  readonly lastError: StoredError | null;
}

/** A lease that was taken from an owner which did not give it back. */
export interface RecoveryRecord {
  /** When the lease was taken. */
  readonly at: string;
  /** The epoch that ended. */
  readonly epoch: number;
  /** `killed`: its owner's time was over; `canceled`: the job was canceled meanwhile; `store`: outcomes did not fit into the store. */
  readonly reason: 'killed' | 'canceled' | 'store';
  /** Ids of the steps that may have begun and are not committed: their effects may be there already. */
  readonly inDoubt: readonly string[];
}

/** How many steps are in which state. */
export interface StateCounts {
  /** All of them. */
  readonly total: number;
  /** Not begun, or waiting for another attempt. */
  readonly pending: number;
  /** In work now. */
  readonly running: number;
  /** With a result. */
  readonly completed: number;
  /** Given up. */
  readonly failed: number;
  /** Open when the job was canceled. */
  readonly canceled: number;
}

/** Summary of one stage of an orchestration helper. */
export interface StageSummary {
  /** `'queued'`, `'pending'`, `'running'`, `'paused'`, `'completed'`, `'failed'`, `'canceled'` or `'mixed'`. */
  readonly status: string;
  /** Its steps or items. */
  readonly counts: StateCounts;
  /** Of a map step, as it was asked for. */
  readonly maxConcurrency?: number;
}

/** What the orchestration helpers add to their records. */
export interface OrchestrationSummary {
  /** The method that made the job. */
  readonly helper: 'chain' | 'enqueue_many' | 'map_reduce';
  /** How it was called. */
  readonly mode: OrchestrationMode;
  /** The job itself. */
  readonly parent: {
    /** Its id. */
    readonly jobId: string;
    /** Its status. */
    readonly status: JobStatus;
  };
  /** Its tasks or items together; in a map-reduce its map items. */
  readonly children: {
    /** As in {@link StageSummary}. */
    readonly status: string;
    /** How many are in which state. */
    readonly counts: StateCounts;
  };
  /** By name: `chain`; `items`; or `map` and `reduce`. */
  readonly stages: Readonly<Record<string, StageSummary>>;
}

/** Options as they were resolved when the job was accepted. */
export type ResolvedJobOptions = Required<JobOptions>;

/** A job as every call returns it. Plain JSON. */
export interface JobRecord extends TermsRecord {
  /** `'job_…'`; ids sort by the time of acceptance. */
  readonly id: string;
  /** As it was asked for, without spaces around it. */
  readonly name: string;
  /** How it stands. */
  readonly status: JobStatus;
  /** Grows with every change of state. */
  readonly version: number;
  /** When it was accepted. */
  readonly createdAt: string;
  /** Last change of state or commit. */
  readonly updatedAt: string;
  /** When its first execution began. */
  readonly startedAt: string | null;
  /** When it was paused last. */
  readonly pausedAt: string | null;
  /**
   * When it was completed; `null` for a job that failed or was canceled, as users of the closest library know it. When a
   * job ended, in whichever way, says `AST.Jobs.get(id).status().completedAt`; `listFailed` has `failedAt`.
   */
  readonly completedAt: string | null;
  /** When it was canceled; else `null`. */
  readonly canceledAt: string | null;
  /** Random id of the execution that runs it, of the first one where there are several. */
  readonly leaseOwner: string | null;
  /** Until when that has the right to. */
  readonly leaseExpiresAt: string | null;
  /** The last commit or change of state, once it has started. */
  readonly lastHeartbeatAt: string | null;
  /** The last failure, and at which step; `stepId` is `null` where it was none of a step. */
  readonly lastError:
    | (StoredError & {
        /** The step or the item that failed. */
        readonly stepId: string | null;
      })
    | null;
  /** As they were resolved at acceptance. */
  readonly options: ResolvedJobOptions;
  /**
   * A row per step and per item up to 1,000 items of a map step; beyond, a row per node, and a step that depends on it
   * names that row and is shown without the ids of its items.
   */
  readonly steps: readonly StepRecord[];
  /** Results of completed steps by id. What lies in Drive or a sheet shows as `{archived: true, …}`: see `result`. */
  readonly results: Readonly<Record<string, unknown>>;
  /** Why it does not go on, and until when; `null` unless it is paused or stopped. */
  readonly waiting: {
    /** What it waits for. */
    readonly reason: WaitReason;
    /** Milliseconds since 1970; `null`: no known time. */
    readonly untilMs: number | null;
  } | null;
  /** The planned next execution; `problem` says why there is none. */
  readonly wakeUp: {
    /** At the latest. */
    readonly at: string | null;
    /** Why nobody comes, and what to do. */
    readonly problem?: string;
  } | null;
  /** The last eight, newest last. */
  readonly recoveries: readonly RecoveryRecord[];
  /** Random id of the user whose triggers run the job. */
  readonly owner: string;
  /** Executions that may run the job at once, where it is more than one. */
  readonly workers?: number;
  /** True when steps and results of a finished job were dropped to make room. */
  readonly folded?: boolean;
  /** Only in jobs of `chain`, `enqueueMany` and `mapReduce`. */
  readonly orchestration?: OrchestrationSummary;
}

/** A row of `list` for stored text that cannot be read. It is reported, never deleted. */
export interface DamagedRecord {
  /** As far as the key tells it. */
  readonly id: string;
  /** No status of a job. */
  readonly status: 'damaged';
  /** Tells this row from a {@link JobRecord}. */
  readonly damaged: true;
  /** What is wrong with it. */
  readonly error: {
    /** `'RECORD_CORRUPT'` or `'SCHEMA_NEWER'`. */
    readonly code: string;
    /** The same for people. */
    readonly message: string;
  };
}

/** What rows of `list` are sorted by. */
export type ListOrder = 'createdAt' | 'updatedAt' | 'name' | 'priority' | 'status';

/** What `list` takes. Rows fit all filters that are given; a field that is none of these is ignored. */
export interface ListFilters {
  /** Only jobs with this status, or one of these. @default all */
  readonly status?: JobStatus | readonly JobStatus[];
  /** Only jobs with exactly this name. @default all */
  readonly name?: string;
  /** Jobs that have all of these tags. */
  readonly tags?: string | readonly string[];
  /** Accepted then or later: ISO 8601, in the time of the script where no zone is said, or a date. */
  readonly createdAfter?: string | Date;
  /** Accepted before that. */
  readonly createdBefore?: string | Date;
  /** Id of a batch. */
  readonly batch?: string;
  /** Id of a schedule. */
  readonly schedule?: string;
  /** `updatedAt` is that of the last change of state; names and states go by their letters. @default 'createdAt' */
  readonly sortBy?: ListOrder;
  /** Of equals the newer one comes first, with `'asc'` the older one. @default 'desc' */
  readonly sortOrder?: 'asc' | 'desc';
  /** So many rows at most. @minimum 1 @maximum 1000 @default 100 */
  readonly limit?: number;
  /** Rows to pass over. @minimum 0 @default 0 */
  readonly offset?: number;
}

/** Where to look, when not in every prefix in use. */
export interface LookupOptions {
  /** @default all prefixes in use */
  readonly propertyPrefix?: string;
}

/** What `status` takes besides the id. */
export interface StatusOptions extends LookupOptions {
  /** Pages through the steps of a large map step. @default all up to 1,000 items, none beyond */
  readonly steps?: {
    /** Steps and items that are passed over. @minimum 0 @default 0 */
    readonly offset?: number;
    /** Rows at most. @minimum 1 @maximum 1000 @default 1000 */
    readonly limit?: number;
  };
}

/** What `list` takes besides the filters. */
export interface ListOptions extends LookupOptions {
  /**
   * Whether rows carry steps, results and the counts of `orchestration`. A row without them is not looked at for damage in
   * logs and results, which `status` finds. @default only for jobs of at most 100 steps and items
   */
  readonly details?: boolean;
}

/** What `resume` takes besides the id. */
export interface ResumeOptions extends LookupOptions {
  /** Budget of this execution instead of the job's, in milliseconds. @minimum 1000 @maximum 600000 (larger values are cut) */
  readonly maxRuntimeMs?: number;
}
