/** Requests of the entry points that make one job, compiled: one table, one way in. */
import {isObject} from '../core/json';
import {MAX_WORKERS} from '../core/limits';
import {NO_EXTRAS, type Plan, type PlanNode} from '../core/plan';
import type {Terms} from '../core/terms';
import {askedOf, obstacleToRun, type Asked} from '../orchestration/asked';
import {planOfChain} from '../orchestration/chain';
import {refuseForeign} from '../orchestration/fields';
import {planOfFanOut, planOfTasks} from '../orchestration/fan-out';
import {planOfSteps} from '../orchestration/job-plan';
import {planOfMapReduce} from '../orchestration/map-reduce';
import {
  attemptLimits,
  baseLimits,
  integerIn,
  jobName,
  jobOptions,
  refuseLaterFields,
  reading,
  invalid,
  requestObject,
  type AttemptLimits,
  type HandlerNames,
} from '../orchestration/request';
import {planOfWorkflow, workflowRequest} from '../orchestration/workflow';
import type {JobOptions, OrchestrationMode} from '../types';

/** The entry points that take a request. */
export type EntryPoint = 'run' | 'enqueue' | 'chain' | 'enqueueMany' | 'mapReduce' | 'runWorkflow' | 'createExecution';

/** A request that was checked. */
export interface CheckedRequest {
  readonly name: string;
  readonly options: JobOptions;
  readonly mode: OrchestrationMode;
  readonly workers: number;
  /** Which part of the API asked for it. */
  readonly maker: Terms['maker'];
  /** When the job starts, what it waits for, how it is found again. */
  readonly asked: Asked;
  /** The plan for a default of `maxRetries`. */
  compile(maxRetries: number): Plan;
}

type Compiler = (request: Readonly<Record<string, unknown>>, limits: AttemptLimits, handlers: HandlerNames) => Plan;

const COMPILERS: Readonly<Record<EntryPoint, Compiler>> = {
  run: (request, limits, handlers) => planOfSteps(request['steps'], limits, handlers),
  enqueue: (request, limits, handlers) => planOfSteps(request['steps'], limits, handlers),
  chain: planOfChain,
  enqueueMany: planOfFanOut,
  mapReduce: planOfMapReduce,
  runWorkflow: planOfWorkflow,
  createExecution: planOfTasks,
};

const WITH_ITEMS: readonly EntryPoint[] = ['enqueueMany', 'mapReduce', 'createExecution'];

/** What the jobs of an entry point say of where they come from. */
const MAKERS: Readonly<Partial<Record<EntryPoint, Terms['maker']>>> = {
  runWorkflow: 'workflow',
  createExecution: 'execution',
};

/** Checks a request as far as the store is not needed for it. Nothing of it is read later, under the lock. */
export function checkRequest(entry: EntryPoint, raw: unknown, handlers: HandlerNames): CheckedRequest {
  return reading(`The request of ${entry}`, () => {
    const given = requestObject(raw, entry);
    const request = entry === 'runWorkflow' ? workflowRequest(given) : given;
    refuseLaterFields(request, `The request of ${entry}`);
    refuseForeign(request, 'request', `The request of ${entry}`);
    if (!WITH_ITEMS.includes(entry)) refuseForeign(request, 'withoutItems', `The request of ${entry}`);
    const name = jobName(request['name']);
    const options = jobOptions(request['options']);
    const asked = askedOf(request, name);
    // The job's own timeoutMs is for all of it.
    const {retry, maxCrashes} = request;
    const limits = attemptLimits({retry, maxCrashes}, baseLimits(options.maxRetries ?? BY_DEFAULT), 'the job');
    const workers = request['workers'] === undefined ? 1 : integerIn(request['workers'], 'workers', 1, MAX_WORKERS);
    const {extras} = asked;
    const nodes = COMPILERS[entry](request, limits, handlers);
    const plan: Plan = JSON.stringify(extras) === JSON.stringify(NO_EXTRAS) ? nodes : {...nodes, extras};
    const fallback: OrchestrationMode = entry === 'run' ? 'run' : 'enqueue';
    const mode = plan.orchestration?.mode ?? fallback;
    const obstacle = mode === 'run' ? obstacleToRun(asked) : null;
    if (obstacle !== null)
      throw invalid(
        `The request of ${entry} runs at once, and has ${obstacle}: use enqueue, or mode: 'enqueue', for a job that starts later.`,
      );
    const maker = MAKERS[entry] ?? null;
    return {name, options, mode, workers, maker, asked, compile: (maxRetries) => withRetries(plan, maxRetries)};
  });
}

/** Which call a request is for, told by its fields. */
export function entryOf(request: unknown): EntryPoint {
  if (!isObject(request)) return 'enqueue';
  if (request['jobs'] !== undefined) return 'runWorkflow';
  if (request['tasks'] !== undefined) return 'chain';
  if (request['items'] === undefined) return 'enqueue';
  const isMapReduce = ['map', 'reduce', 'mapHandler', 'reduceHandler'].some((field) => request[field] !== undefined);
  return isMapReduce ? 'mapReduce' : 'enqueueMany';
}

/** Stands for retries of which the request says nothing: what they come to is known with the store. */
const BY_DEFAULT = -1;

function withRetries(plan: Plan, maxRetries: number): Plan {
  const nodes = plan.nodes.map((node): PlanNode => {
    return node.retry.maxRetries === BY_DEFAULT ? {...node, retry: {...node.retry, maxRetries}} : node;
  });
  return {...plan, nodes};
}
