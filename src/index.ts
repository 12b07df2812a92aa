/**
 * The public surface, `AST.Jobs`, and the composition root: each call finds its host, then the engine of that host.
 * Read on in this order: types → core/header → core/transitions → engine/claim → engine/runner → engine/settle.
 */
import {printValue} from './core/json';
import {enqueueBatch, showBatch} from './engine/batch';
import {declareAlert} from './engine/alerts';
import {cleanUp} from './engine/cleanup';
import {Config} from './engine/config';
import {adoptJob, changeDependency, linksOf, pauseJob, removeJob} from './engine/control';
import {listFailed, moveToDlq, purgeDlq} from './engine/dead-letters';
import {Engine, type Lookup} from './engine/engine';
import {listen} from './engine/events';
import {namedJob} from './engine/executions';
import {explainJob} from './engine/explain';
import {handleOf} from './engine/handle';
import {healthOf} from './engine/health';
import {showMetrics} from './engine/metrics';
import {showLogs, showProgress} from './engine/notes-views';
import {install, lookupPrefix, resumeJob, showJob, showJobs, showResult, stop} from './engine/operations';
import {setLimit, showLimits} from './engine/rate-limits';
import {replayDlq} from './engine/replay';
import {schedule} from './engine/schedules';
import {fatalError, retryError} from './engine/step-errors';
import {ValueStorage} from './engine/storage';
import {runWorkflow, showWorkflow, showWorkflows} from './engine/workflows';
import {jobsError} from './errors';
import {booleanOption, optionsObject, reading} from './orchestration/request';
import {Hosts, type Host} from './platform/host';
import {portsOf} from './platform/runtime';
import {answerPost} from './platform/worker-post';
import type {
  AlertRequest,
  BatchOptions,
  BatchRecord,
  BindOptions,
  ChainRequest,
  CleanupOptions,
  CleanupResult,
  DamagedRecord,
  DeadLetterRecord,
  EnqueueManyRequest,
  Explanation,
  FailedFilters,
  FailedJob,
  Forecast,
  HealthRecord,
  InstallOptions,
  InstallResult,
  JobHandle,
  JobEventFilter,
  JobEventHandler,
  JobEventName,
  JobLink,
  JobRecord,
  JobRequest,
  JobsConfig,
  JobsMetrics,
  ListFilters,
  ListOptions,
  LogPage,
  LogsOptions,
  LookupOptions,
  MapReduceRequest,
  MetricsOptions,
  NamedJob,
  NamedJobDefaults,
  PlanOptions,
  ProgressRecord,
  RateLimit,
  RateLimitRecord,
  PurgeRequest,
  PurgeResult,
  ReplayRequest,
  ReplayResult,
  ResumeOptions,
  ScheduleRequest,
  ScheduleResponse,
  StatusOptions,
  StopOptions,
  StopResult,
  StorageFilters,
  StorageLookup,
  StorageOptions,
  StorageReference,
  StorageUsage,
  StoredValue,
  WorkflowFilters,
  WorkflowJobRecord,
  WorkflowOptions,
  WorkflowRecord,
  WorkflowRequest,
  WorkflowStatus,
  WorkResult,
} from './types';

const hosts = new Hosts(globalThis);
const config = new Config();
const engines = new Map<Host, Engine>();

function engineFor(request: unknown): Engine {
  const host = hosts.of(request);
  const known = engines.get(host);
  if (known !== undefined) return known;
  const engine = new Engine(portsOf(host), config);
  engines.set(host, engine);
  return engine;
}

function lookupOf(jobId: unknown, options: unknown): Lookup {
  if (typeof jobId === 'string' && jobId.trim() !== '') return {id: jobId.trim(), prefix: lookupPrefix(options)};
  throw jobsError('INVALID_REQUEST', `Expected the id of a job, got ${printValue(jobId)}.`);
}

function storageFor(request: unknown): ValueStorage {
  return new ValueStorage(engineFor(request).ports);
}

/** Checkpointed, resumable jobs. All methods are synchronous and return plain JSON-able objects. @namespace */
export const Jobs = {
  /** Accepts a job and runs it in this execution, as far as its budget goes; the dispatcher does the rest. */
  run: (request: JobRequest): JobRecord => engineFor(request).submit('run', request),

  /** Accepts a job. The dispatcher starts it in 60 s or later, unless `resume` does before. */
  enqueue: (request: JobRequest): JobRecord => engineFor(request).submit('enqueue', request),

  /** Accepts tasks that run one after the other; default mode `'run'`. @throws as `enqueue` or `run` */
  chain: (request: ChainRequest): JobRecord => engineFor(request).submit('chain', request),

  /** Accepts one handler over many items; default mode `'enqueue'`. @throws as `enqueue` or `run` */
  enqueueMany: (request: EnqueueManyRequest): JobRecord => engineFor(request).submit('enqueueMany', request),

  /** Accepts one handler over many items and one over their results; default mode `'run'`. @throws as `enqueue` or `run` */
  mapReduce: (request: MapReduceRequest): JobRecord => engineFor(request).submit('mapReduce', request),

  /**
   * Accepts jobs that depend on each other as one job, whose steps they are: an object, or the same as YAML. Enqueued: the
   * dispatcher starts it. `resume`, `cancel`, `explain` and all that takes the id of a job take that of a workflow.
   * @throws AstJobsCapabilityError `NOT_SUPPORTED` for fields that it does not know, `YAML_MISSING` for a text where nothing reads YAML
   */
  runWorkflow: (workflow: WorkflowRequest | string, options?: WorkflowOptions): JobRecord =>
    runWorkflow(engineFor(typeof workflow === 'string' ? options : workflow), workflow, options),

  /** A workflow and its jobs. One read. @throws AstJobsNotFoundError `WORKFLOW_NOT_FOUND` */
  getWorkflowStatus: (workflowId: string, options?: LookupOptions): WorkflowStatus =>
    showWorkflow(engineFor(options), lookupOf(workflowId, options)),

  /** The jobs of a workflow, in its order. One read. @throws AstJobsNotFoundError `WORKFLOW_NOT_FOUND` */
  getWorkflowJobs: (workflowId: string, options?: LookupOptions): readonly WorkflowJobRecord[] =>
    showWorkflow(engineFor(options), lookupOf(workflowId, options)).jobs,

  /** Workflows, newest first; those that have ended only with `includeCompleted`. One read. */
  listWorkflows: (filters?: WorkflowFilters): readonly (WorkflowRecord | DamagedRecord)[] =>
    showWorkflows(engineFor(filters), filters),

  /**
   * What a request would cost in executions, time, storage and quota, and when its job would end. Checks the request as
   * the call itself does, with the same errors, and stores nothing. Two reads.
   */
  plan: (
    request: JobRequest | ChainRequest | EnqueueManyRequest | MapReduceRequest | WorkflowRequest,
    options: PlanOptions,
  ): Forecast => engineFor(request).plan(request, options),

  /**
   * Runs an open job on in this execution, without waiting for its back-off.
   * @throws AstJobsConflictError `ALREADY_FINAL` or `LEASE_HELD`, with `details.record`; `NESTED_RUN` inside a handler.
   */
  resume: (jobId: string, options?: ResumeOptions): JobRecord =>
    resumeJob(engineFor(options), lookupOf(jobId, options), options),

  /** The record of a job. One read. @throws AstJobsNotFoundError */
  status: (jobId: string, options?: StatusOptions): JobRecord =>
    showJob(engineFor(options), lookupOf(jobId, options), options),

  /**
   * The result of one completed step or item (`'map_17'`), also where it lies in Drive or a sheet, of which records show
   * only the place. One read, and one of the archive. @throws AstJobsNotFoundError `JOB_NOT_FOUND`, `STEP_NOT_FOUND`
   */
  result: (jobId: string, stepId: string, options?: LookupOptions): unknown =>
    showResult(engineFor(options), lookupOf(jobId, options), stepId),

  /**
   * What `context.log` said, oldest first: the last lines of a job, some 4,000 bytes for each of its last three executions.
   * `after` goes on behind an entry that was read. One read. @throws AstJobsNotFoundError
   */
  logs: (jobId: string, options?: LogsOptions): LogPage =>
    showLogs(engineFor(options), lookupOf(jobId, options), options),

  /**
   * How far a job is: as its running step says with `context.progress`, else by the steps and items that are completed. One
   * read. @throws AstJobsNotFoundError
   */
  progress: (jobId: string, options?: LookupOptions): ProgressRecord =>
    showProgress(engineFor(options), lookupOf(jobId, options)),

  /**
   * One job as an object: `status()`, `wait()` for its result, `cancel()`, `pause()`, `resume()`, `remove()`, `record()`,
   * `result()`, `logs()`, `progress()`. One read. @throws AstJobsNotFoundError
   */
  get: (jobId: string, options?: LookupOptions): JobHandle => handleOf(engineFor(options), lookupOf(jobId, options)),

  /**
   * A job by its name, with what its executions have in common: `createExecution({tasks})` makes one of a handler over tasks.
   * Reads nothing.
   */
  job: (name: string, defaults?: NamedJobDefaults): NamedJob => namedJob(name, defaults, engineFor),

  /** Records of all jobs that fit, newest first unless the filters say otherwise. One read. */
  list: (filters?: ListFilters, options?: ListOptions): readonly (JobRecord | DamagedRecord)[] =>
    showJobs(engineFor(filters ?? options), filters, options),

  /**
   * Why a job does not move, as a sentence and as data, and who looks at it next. Two reads and no lock. Damage is told,
   * not thrown. @throws AstJobsNotFoundError
   */
  explain: (jobId: string, options?: LookupOptions): Explanation =>
    explainJob(engineFor(options), lookupOf(jobId, options)),

  /** Ends an open job, also while it runs: its worker stops at the next step. @throws AstJobsConflictError `ALREADY_FINAL` */
  cancel: (jobId: string, options?: LookupOptions): JobRecord => engineFor(options).cancel(lookupOf(jobId, options)),

  /**
   * Lets an open job wait until somebody calls `resume`. One that runs stops at its next step boundary, within five seconds and a
   * step, and keeps what it has done. @throws AstJobsConflictError `ALREADY_FINAL`
   */
  pause: (jobId: string, options?: LookupOptions): JobRecord => pauseJob(engineFor(options), lookupOf(jobId, options)),

  /**
   * Deletes a job with everything that is stored of it, in whatever state; an open one is canceled first. False where there
   * is none. @throws AstJobsConflictError `HAS_DEPENDENTS` while others wait for it, or while the rest of its batch waits for room
   */
  remove: (jobId: string, options?: LookupOptions): boolean => removeJob(engineFor(options), lookupOf(jobId, options)),

  /**
   * Makes an open job the current user's: his triggers run it from now on, as him. @throws AstJobsConflictError
   * `ALREADY_FINAL`; AstJobsCapabilityError `TRIGGERS_UNAVAILABLE`
   */
  adopt: (jobId: string, options?: LookupOptions): JobRecord => adoptJob(engineFor(options), lookupOf(jobId, options)),

  /**
   * Lets a job that has not started wait for another one, too. @throws AstJobsValidationError for a cycle, with the path
   * in `details`; AstJobsConflictError `ALREADY_STARTED`, `ALREADY_FINAL`; AstJobsNotFoundError
   */
  addDependency: (jobId: string, dependsOnId: string, options?: LookupOptions): JobRecord =>
    changeDependency(engineFor(options), lookupOf(jobId, options), lookupOf(dependsOnId, options).id, 'add'),

  /** Lets a job that has not started no longer wait for another one. @throws AstJobsConflictError `ALREADY_STARTED` */
  removeDependency: (jobId: string, dependsOnId: string, options?: LookupOptions): JobRecord =>
    changeDependency(engineFor(options), lookupOf(jobId, options), lookupOf(dependsOnId, options).id, 'remove'),

  /** The jobs that a job depends on, with their states. One read. */
  getDependencies: (jobId: string, options?: LookupOptions): readonly JobLink[] =>
    linksOf(engineFor(options), lookupOf(jobId, options), 'up'),

  /** The jobs that depend on a job, with their states. One read. */
  getDependents: (jobId: string, options?: LookupOptions): readonly JobLink[] =>
    linksOf(engineFor(options), lookupOf(jobId, options), 'down'),

  /**
   * Accepts up to 50 jobs together, all of them or none, whatever is killed on the way. Requests are those of `enqueue`,
   * `chain`, `enqueueMany` or `mapReduce`; `dependencies` may name others of the batch by their positions, as in `[0, 1]`.
   * @throws as `enqueue`
   */
  enqueueBatch: (
    requests: readonly (JobRequest | ChainRequest | EnqueueManyRequest | MapReduceRequest)[],
    options?: BatchOptions,
  ): BatchRecord => enqueueBatch(engineFor(requests), requests, options),

  /** The jobs of a batch. One read. @throws AstJobsNotFoundError `BATCH_NOT_FOUND`; `INVALID_REQUEST` for what is no id of a batch */
  getBatch: (batchId: string, options?: LookupOptions): BatchRecord => showBatch(engineFor(options), batchId),

  /**
   * Stores how many attempts of steps may use a named resource, of all jobs with `resources: [name]` together: at most so
   * many in each window of a minute, an hour or a day, which begins with the first use in it; `null` removes the limit.
   * Jobs that find no units left wait with the reason `quota`. Returns all limits. @throws `INVALID_REQUEST`, `INVALID_OPTION`,
   * `STORE_FULL`
   */
  limit: (resource: string, limits: RateLimit | null, options?: object): readonly RateLimitRecord[] =>
    setLimit(engineFor(options ?? limits).ports, resource, limits),

  /** All rate limits with what is used of them. One read. */
  limits: (options?: object): readonly RateLimitRecord[] => showLimits(engineFor(options).ports),

  /**
   * Declares a listener, at the top level of the script, where every execution declares it anew: nothing is stored and no
   * service called. It is called with a `JobEvent` by the execution that ended the job, after that is stored and without
   * the lock: at least once, where triggers can be made; twice only where an execution was killed meanwhile.
   */
  on: (event: JobEventName, handler: JobEventHandler, options?: JobEventFilter): void => {
    listen(event, handler, options);
  },

  /**
   * Declares mails or posts about events, at the top level of the script. At most one message in `everyMinutes`; what happens
   * meanwhile is collected for the next one. Needs `bind(globalThis, {mail, fetch})`.
   */
  alert: (request: AlertRequest): void => {
    declareAlert(request);
  },

  /**
   * Jobs that are made at their times: `upsert` makes or changes a schedule, `list`, `delete`, `run_now`, `pause` and
   * `resume` are for those that are there. The dispatcher fires them, each time exactly once; see docs/schedules.md.
   * @throws `INVALID_REQUEST`, `INVALID_OPTION`, `HANDLER_NOT_FOUND`, `PLAN_TOO_LARGE`, `TRIGGERS_UNAVAILABLE`,
   *   `SCHEDULE_NOT_FOUND`, `STORE_FULL`
   */
  schedule: (request: ScheduleRequest): ScheduleResponse => schedule(engineFor(request), request),

  /** Failed jobs that fit, newest first, and whether they were put aside. One read. */
  listFailed: (filters?: FailedFilters, options?: LookupOptions): readonly FailedJob[] =>
    listFailed(engineFor(filters ?? options), filters, options),

  /**
   * Puts a failed job aside as a dead letter: retention leaves it alone until it is replayed or purged.
   * @throws AstJobsConflictError `NOT_FAILED`
   */
  moveToDlq: (jobId: string, options?: LookupOptions): DeadLetterRecord =>
    moveToDlq(engineFor(options), lookupOf(jobId, options)),

  /**
   * Lets dead letters go on, and runs them as far as this execution goes; the dispatcher does the rest. What a job had completed
   * is not run again.
   */
  replayDlq: (request?: ReplayRequest): ReplayResult => replayDlq(engineFor(request), request),

  /** Makes dead letters common jobs again, which retention deletes in time. */
  purgeDlq: (request?: PurgeRequest): PurgeResult => purgeDlq(engineFor(request), request),

  /**
   * Sets defaults for this execution; what they come to is stored with each job. `null` takes one away, and keys that nobody knows are
   * passed over, so that `getProperties()` of a store may be handed over as it is. Returns all settings as strings by canonical key.
   * @throws `INVALID_OPTION`; `NOT_SUPPORTED` for a key as other systems write it
   */
  configure: (
    settings?: JobsConfig | Readonly<Record<string, string>> | null,
    options?: {readonly merge?: boolean} | null,
  ): Readonly<Record<string, string>> => config.configure(settings, options),

  /** What `configure` set, as strings by canonical key. */
  getConfig: (): Readonly<Record<string, string>> => config.get(),

  /** Forgets what `configure` set. */
  clearConfig: (): Readonly<Record<string, string>> => config.clear(),

  /** Hands the host over: `bind(globalThis)` at the top level of a script that uses this as a library. Calls no service. */
  bind: (scope: object, options?: BindOptions): void => {
    hosts.bind(scope, options);
  },

  /** The dispatcher: what a trigger calls. Runs this user's due jobs; never throws because a job failed. */
  work: (event?: unknown): WorkResult => engineFor(event).work(event),

  /**
   * What the script's web app calls: `function doPost(e) { return ASTX.Jobs.doPost(e); }`. Runs one pass of the dispatcher
   * as the user whom the web app executes as, if the posted token is the one of the script property
   * `AST_JOBS_WORKER_TOKEN`; without that property nobody is let in. Answers a short JSON text.
   */
  doPost: (event?: unknown): unknown => answerPost(hosts.of(event), event, () => engineFor(event).work(undefined)),

  /** Makes the standing watchdog, so that `enqueue` works where no trigger can be made, as in `onEdit`. Run it once. @throws `INVALID_OPTION`, `TRIGGERS_UNAVAILABLE` */
  install: (options?: InstallOptions): InstallResult => {
    const engine = engineFor(options);
    const everyMinutes = install(
      engine,
      reading('The options of install', () => optionsObject(options)['everyMinutes']),
    );
    return {watchdog: {everyMinutes, triggerHandler: hosts.of(options).triggerHandler}};
  },

  /**
   * What a handler throws to fail its step for good, whatever its retry policy: `throw AST.Jobs.fatal('no such sheet')`.
   * @param details plain data of at most 500 bytes, kept in the step's `lastError`
   */
  fatal: (message: string, details?: Readonly<Record<string, unknown>>): Error => fatalError(message, details),

  /**
   * What a handler throws to have its step tried again in so many milliseconds instead of after its back-off. It counts
   * as a failed attempt. @param delayMs 0 to 30 days
   */
  retryAfter: (delayMs: number, message?: string): Error => retryError(delayMs, message),

  /**
   * How things stand: jobs, room, this user's triggers and what was used of the day's quotas. Two reads, of the store
   * and of the user's id; no lock. Writes nothing.
   */
  health: (options?: object): HealthRecord => healthOf(engineFor(options)),

  /**
   * What the stored jobs tell together: how many there are by status and name, how long they wait and run, kills, room. One
   * read.
   */
  metrics: (options?: MetricsOptions & LookupOptions): JobsMetrics =>
    showMetrics(engineFor(options), options, lookupPrefix(options)),

  /**
   * Deletes finished jobs by hand: those that the options name, or those that the retention gives up. Open jobs and
   * damaged ones stay. Holds the lock for a few seconds at a time, and stops 60 s before the execution would end.
   */
  cleanup: (options?: CleanupOptions): CleanupResult =>
    cleanUp(engineFor(options).ports, options, lookupPrefix(options)),

  /**
   * Deletes this user's triggers and pauses open jobs and schedules until `resume`; with `{data: true}` deletes all stored
   * jobs, schedules, rate limits and waiting alerts. What `AST.Storage` has stays.
   */
  stop: (options?: StopOptions): StopResult =>
    stop(
      engineFor(options),
      reading('The options of stop', () => booleanOption(optionsObject(options)['data'] ?? false, 'data')),
    ),
};

/**
 * Values that are too large for payloads and results: they lie in Drive, a sheet, properties or the cache, and what
 * travels is a small reference. Methods are synchronous; which backends there are is said in `Jobs.bind`.
 * @namespace
 */
export const Storage = {
  /**
   * Stores text, anything that JSON can hold, or a blob, and returns the reference to it. It stays until it is removed,
   * except in the cache. Up to 10,000,000 bytes in Drive, 2,000,000 in a sheet, 30,000 in properties (together 102,400),
   * 100,000 in the cache; base64 makes blobs a third longer.
   * @throws `INVALID_REQUEST`, `INVALID_OPTION`, `VALUE_TOO_LARGE`, `BACKEND_UNAVAILABLE`; in properties `STORE_FULL`,
   *   `STORE_UNAVAILABLE`, `LOCK_TIMEOUT`
   */
  put: (value: unknown, options?: StorageOptions): StorageReference => storageFor(options ?? value).put(value, options),

  /**
   * The value of a reference, as it was put: a fresh copy each time; a blob as a Blob again, where the host has
   * `Utilities.newBlob`, else as `StoredBlob`.
   * @throws `REFERENCE_INVALID`, `REFERENCE_FOREIGN`, `REFERENCE_GONE`, `BACKEND_UNAVAILABLE`; `RECORD_CORRUPT` where
   *   somebody changed what was stored
   */
  get: (reference: StorageReference, options?: StorageLookup): unknown =>
    storageFor(options ?? reference).get(reference, options),

  /**
   * Deletes the value of a reference; false where it is gone already. In Drive its file goes to the trash.
   * @throws `REFERENCE_INVALID`, `REFERENCE_FOREIGN`, `BACKEND_UNAVAILABLE`
   */
  remove: (reference: StorageReference, options?: StorageLookup): boolean =>
    storageFor(options ?? reference).remove(reference, options),

  /**
   * Values that are there, newest first, each with a reference: also those of executions that died before they could
   * pass theirs on. Not those in the cache. Looks at up to 10,000 files in Drive. @throws `BACKEND_UNAVAILABLE`
   */
  list: (filters?: StorageFilters): readonly StoredValue[] => storageFor(filters).list(filters),

  /** How many values and bytes are where. Costs as much as `list`. @throws `BACKEND_UNAVAILABLE` */
  usage: (): StorageUsage => storageFor(undefined).usage(),
};
