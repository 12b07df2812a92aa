/** Requests of the five entry points, compiled: one table, one way in. */
import type {Plan} from '../core/plan';
import {planOfChain} from '../orchestration/chain';
import {planOfFanOut} from '../orchestration/fan-out';
import {planOfSteps, type JobLimits} from '../orchestration/job-plan';
import {planOfMapReduce} from '../orchestration/map-reduce';
import {
  attemptLimits,
  baseLimits,
  jobName,
  jobOptions,
  refuseLaterFields,
  requestObject,
  type HandlerNames,
} from '../orchestration/request';
import type {JobOptions, OrchestrationMode} from '../types';

/** The entry points that take a request. */
export type EntryPoint = 'run' | 'enqueue' | 'chain' | 'enqueueMany' | 'mapReduce';

/** A request that was checked. */
export interface CheckedRequest {
  readonly name: string;
  readonly options: JobOptions;
  readonly mode: OrchestrationMode;
  /** The plan for a default of `maxRetries`. */
  compile(maxRetries: number): Plan;
}

type Compiler = (request: Readonly<Record<string, unknown>>, limits: JobLimits, handlers: HandlerNames) => Plan;

const COMPILERS: Readonly<Record<EntryPoint, Compiler>> = {
  run: (request, limits, handlers) => planOfSteps(request['steps'], limits, handlers),
  enqueue: (request, limits, handlers) => planOfSteps(request['steps'], limits, handlers),
  chain: planOfChain,
  enqueueMany: planOfFanOut,
  mapReduce: planOfMapReduce,
};

/** Checks a request as far as the store is not needed for it. */
export function checkRequest(entry: EntryPoint, raw: unknown, handlers: HandlerNames): CheckedRequest {
  const request = requestObject(raw, entry);
  refuseLaterFields(request, `The request of ${entry}`);
  const name = jobName(request['name']);
  const options = jobOptions(request['options']);
  const compile = (maxRetries: number): Plan => {
    const limits = attemptLimits(request, baseLimits(maxRetries), 'the job');
    return COMPILERS[entry](request, limits, handlers);
  };
  const plan = compile(options.maxRetries ?? 0);
  const fallback: OrchestrationMode = entry === 'run' ? 'run' : 'enqueue';
  return {name, options, mode: plan.orchestration?.mode ?? fallback, compile};
}
