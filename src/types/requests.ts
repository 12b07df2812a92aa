/** Types of what is asked for: steps, tasks, items, and how they are to be run. No code. */
import type {JobTerms} from './terms';

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
 * Items of a map step: values, 1 to 100,000, which are stored with the job; or `{count: n}`, the numbers from 0 to
 * n − 1, of which none is stored. n is an integer from 1 to 2,147,483,647; or `{handler}`, items that a handler fetches page by
 * page. Anything else is refused as `INVALID_REQUEST`, values that do not fit into the store as `PLAN_TOO_LARGE` or
 * `STORE_FULL`.
 */
export type ItemsRequest = readonly unknown[] | ItemRange | ItemPages;

/** The numbers from 0 to `count` − 1. */
export interface ItemRange {
  /** An integer. @minimum 1 @maximum 2147483647, in `mapReduce` 100000 */
  readonly count: number;
}

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

/** When the results of a map step's items are committed: whichever comes first. */
export interface CheckpointOptions {
  /**
   * After so many milliseconds of work. @minimum 0 @maximum 60000 @default 1200; where Drive is bound, as long as it takes to
   * have some 1,500 groups, up to 20,000
   */
  readonly everyMs?: number;
  /** After so many items; 1: each item by itself. @minimum 1 @maximum 1000 @default 100 */
  readonly everyItems?: number;
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
