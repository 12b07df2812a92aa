/**
 * The public surface, `AST.Jobs`, and the composition root: each call finds its host, then the engine of that host.
 * Read on in this order: types → core/header → core/transitions → engine/claim → engine/runner → engine/settle.
 */
import {printValue} from './core/json';
import {Config} from './engine/config';
import {Engine, type Lookup} from './engine/engine';
import {install, lookupPrefix, showJob, showJobs, stop} from './engine/operations';
import {jobsError} from './errors';
import {booleanOption, numberOption, optionsObject, reading} from './orchestration/request';
import {Hosts, type Host} from './platform/host';
import {portsOf} from './platform/runtime';
import type {
  BindOptions,
  ChainRequest,
  DamagedRecord,
  EnqueueManyRequest,
  InstallOptions,
  InstallResult,
  JobRecord,
  JobRequest,
  JobsConfig,
  ListFilters,
  ListOptions,
  LookupOptions,
  MapReduceRequest,
  ResumeOptions,
  StatusOptions,
  StopOptions,
  StopResult,
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

/** Checkpointed, resumable jobs. All methods are synchronous and return plain JSON-able objects. */
export const Jobs = {
  /** Accepts a job and runs it in this execution, as far as its budget goes; the dispatcher does the rest. */
  run: (request: JobRequest): JobRecord => engineFor(request).submit('run', request),

  /** Accepts a job. The dispatcher starts it in 60 s or later, unless `resume` does before. */
  enqueue: (request: JobRequest): JobRecord => engineFor(request).submit('enqueue', request),

  /** Accepts tasks that run one after the other; default mode `'run'`. */
  chain: (request: ChainRequest): JobRecord => engineFor(request).submit('chain', request),

  /** Accepts one handler over many items; default mode `'enqueue'`. */
  enqueueMany: (request: EnqueueManyRequest): JobRecord => engineFor(request).submit('enqueueMany', request),

  /** Accepts one handler over many items and one over their results; default mode `'run'`. */
  mapReduce: (request: MapReduceRequest): JobRecord => engineFor(request).submit('mapReduce', request),

  /**
   * Runs an open job on in this execution, without waiting for its back-off.
   * @throws AstJobsConflictError `ALREADY_FINAL` or `LEASE_HELD`, with `details.record`; `NESTED_RUN` inside a handler.
   */
  resume: (jobId: string, options?: ResumeOptions): JobRecord => {
    const lookup = lookupOf(jobId, options);
    const given = reading('The options of resume', () => optionsObject(options)['maxRuntimeMs']);
    return engineFor(options).resume(lookup, given === undefined ? null : numberOption(given, 'maxRuntimeMs'));
  },

  /** The record of a job. One read. @throws AstJobsNotFoundError */
  status: (jobId: string, options?: StatusOptions): JobRecord =>
    showJob(engineFor(options), lookupOf(jobId, options), options),

  /** Records of all jobs that fit, newest first. One read. */
  list: (filters?: ListFilters, options?: ListOptions): readonly (JobRecord | DamagedRecord)[] =>
    showJobs(engineFor(filters ?? options), filters, options),

  /** Ends an open job, also while it runs: its worker stops at the next step. @throws AstJobsConflictError `ALREADY_FINAL` */
  cancel: (jobId: string, options?: LookupOptions): JobRecord => engineFor(options).cancel(lookupOf(jobId, options)),

  /** Sets defaults for this execution; they are stored with each job. Returns all as strings by canonical key. */
  configure: (settings: JobsConfig, options?: {readonly merge?: boolean}): Readonly<Record<string, string>> =>
    config.configure(settings, options),

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

  /** Makes the standing watchdog, so that `enqueue` works where no trigger can be made, as in `onEdit`. Run it once. */
  install: (options?: InstallOptions): InstallResult => {
    const engine = engineFor(options);
    const everyMinutes = install(
      engine,
      reading('The options of install', () => optionsObject(options)['everyMinutes']),
    );
    return {watchdog: {everyMinutes, triggerHandler: hosts.of(options).triggerHandler}};
  },

  /** Deletes this user's triggers and pauses open jobs until `resume`; with `{data: true}` deletes all stored jobs. */
  stop: (options?: StopOptions): StopResult =>
    stop(
      engineFor(options),
      reading('The options of stop', () => booleanOption(optionsObject(options)['data'] ?? false, 'data')),
    ),
};
