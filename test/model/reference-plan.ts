/**
 * What a request asks for, in the words of README.md: units with ids, dependencies and policies, the options that are
 * stored with the job, and where the options come from when the request leaves them out.
 */
import type {ItemsRequest, JobOptions, OrchestrationSummary, ResolvedJobOptions, RetryPolicy} from '../../src/types';
import type {Work} from './host';
import type {Submission} from './requests';
import type {Settings} from './settings';

/** One thing that a handler is called for: a step, or an item of a map step. */
export interface UnitPlan {
  readonly id: string;
  readonly handler: string;
  /** Steps that must be completed first. */
  readonly deps: readonly string[];
  /** What the record shows as `dependsOn`, if it is not that. */
  readonly shownDeps?: readonly string[];
  readonly payload: unknown;
  /** `null` for a reduce step. */
  readonly work: Work | null;
  readonly stage: string;
  readonly retry: Required<RetryPolicy>;
  readonly maxCrashes: number;
}

export interface JobPlan {
  readonly name: string;
  readonly mode: 'run' | 'enqueue';
  readonly options: ResolvedJobOptions;
  readonly units: readonly UnitPlan[];
  readonly helper: OrchestrationSummary['helper'] | null;
  readonly maxConcurrency: number | null;
}

const DEFAULT_RETRY = {delayMs: 30_000, factor: 2, maxDelayMs: 3_600_000, jitter: 0.2};
const MAX_RUNTIME_MS = 600_000;

/** The plan of a request where `configure` set some settings and the script has some as properties. */
export function planOf(submission: Submission, configured: Settings, properties: Settings): JobPlan {
  const {request} = submission;
  const options = optionsOf(request.options ?? {}, configured, properties);
  const base = {name: request.name, options};
  const policy = (own: {retry?: RetryPolicy | undefined; maxCrashes?: number | undefined} = {}) => ({
    retry: {...DEFAULT_RETRY, maxRetries: options.maxRetries, ...request.retry, ...own.retry},
    maxCrashes: own.maxCrashes ?? request.maxCrashes ?? 3,
  });
  switch (submission.method) {
    case 'run':
    case 'enqueue': {
      const units = submission.request.steps.map((step) => ({
        ...{id: step.id, handler: String(step.handler), stage: 'steps', ...policy(step)},
        deps: typeof step.dependsOn === 'string' ? [step.dependsOn] : (step.dependsOn ?? []),
        ...{payload: step.payload, work: step.payload as Work},
      }));
      return {...base, mode: submission.method, units, helper: null, maxConcurrency: null};
    }
    case 'chain': {
      const {tasks, stepIdPrefix = 'chain_step', mode = 'run'} = submission.request;
      const ids = tasks.map((task, index) => task.id ?? `${stepIdPrefix}_${index + 1}`);
      const units = tasks.map((task, index) => ({
        ...{id: ids[index] ?? '', handler: String(task.handler), stage: 'chain', ...policy(task)},
        ...{deps: ids.slice(Math.max(0, index - 1), index), payload: task.payload, work: task.payload as Work},
      }));
      return {...base, mode, units, helper: 'chain', maxConcurrency: null};
    }
    case 'enqueueMany': {
      const {
        items,
        handler,
        stepIdPrefix = 'item',
        sharedPayload,
        mode = 'enqueue',
        maxConcurrency = 10,
      } = submission.request;
      const units = unitsOfItems(
        valuesOf(items),
        String(handler),
        stepIdPrefix,
        sharedPayload,
        'items',
        maxConcurrency,
        policy(),
      );
      return {...base, mode, units, helper: 'enqueue_many', maxConcurrency};
    }
    case 'mapReduce': {
      const {items, map = {}, reduce = {}, mode = 'run', maxConcurrency = 10, ...short} = submission.request;
      const prefix = map.stepIdPrefix ?? short.mapStepIdPrefix ?? 'map';
      const shared = map.payload ?? short.mapPayload;
      const mapped = unitsOfItems(
        valuesOf(items),
        String(map.handler ?? short.mapHandler),
        prefix,
        shared,
        'map',
        maxConcurrency,
        policy(),
      );
      const ids = mapped.map((unit) => unit.id);
      const reduceShared = reduce.payload ?? short.reducePayload;
      const last: UnitPlan = {
        ...{id: reduce.id ?? short.reduceStepId ?? 'reduce', handler: String(reduce.handler ?? short.reduceHandler)},
        payload: {mapStepIds: ids, total: ids.length, ...(reduceShared === undefined ? {} : {shared: reduceShared})},
        ...{deps: ids, work: null, stage: 'reduce', ...policy()},
      };
      return {...base, mode, units: [...mapped, last], helper: 'map_reduce', maxConcurrency};
    }
  }
}

/** A range is the numbers from 0 on. */
function valuesOf(items: ItemsRequest): readonly unknown[] {
  if (Array.isArray(items)) return items as readonly unknown[];
  if (!('count' in items)) throw new RangeError('The model knows no pages.');
  return Array.from({length: items.count}, (_none, index) => index);
}

function unitsOfItems(
  items: readonly unknown[],
  handler: string,
  prefix: string,
  shared: unknown,
  stage: string,
  maxConcurrency: number,
  policy: Pick<UnitPlan, 'retry' | 'maxCrashes'>,
): readonly UnitPlan[] {
  const more = shared === undefined ? {} : {shared};
  // The documents are silent about it: an item shows the one before it in its window, and does not wait for it.
  const window = (index: number): readonly string[] =>
    index < maxConcurrency ? [] : [`${prefix}_${index + 1 - maxConcurrency}`];
  return items.map((item, index) => ({
    ...{
      id: `${prefix}_${index + 1}`,
      handler,
      deps: [],
      shownDeps: window(index),
      stage,
      ...policy,
      work: item as Work,
    },
    payload: {item, index, position: index + 1, total: items.length, ...more},
  }));
}

/** A call beats `configure`, which beats script properties, which beat the defaults. */
function optionsOf(own: JobOptions, configured: Settings, properties: Settings): ResolvedJobOptions {
  const setting = (key: string): string | undefined => configured[key] ?? properties[key];
  const maxRuntimeMs = own.maxRuntimeMs ?? Number(setting('AST_JOBS_DEFAULT_MAX_RUNTIME_MS') ?? 240_000);
  return {
    maxRetries: own.maxRetries ?? Number(setting('AST_JOBS_DEFAULT_MAX_RETRIES') ?? 2),
    maxRuntimeMs: Math.min(maxRuntimeMs, MAX_RUNTIME_MS),
    leaseTtlMs: own.leaseTtlMs ?? Number(setting('AST_JOBS_LEASE_TTL_MS') ?? 390_000),
    checkpointStore: 'properties',
    autoResume: own.autoResume ?? true,
    propertyPrefix: own.propertyPrefix ?? setting('AST_JOBS_PROPERTY_PREFIX') ?? 'AST_JOBS_JOB_',
  };
}

/** Between which instants the wait after the n-th failure ends. */
export function retryWindow(
  policy: Required<RetryPolicy>,
  failures: number,
  failedMs: number,
): readonly [number, number] {
  const plainMs = Math.min(policy.delayMs * policy.factor ** (failures - 1), policy.maxDelayMs);
  // "No wait is longer" than maxDelayMs, chance included.
  const latestMs = Math.min(plainMs * (1 + policy.jitter), policy.maxDelayMs);
  return [Math.floor(failedMs + plainMs * (1 - policy.jitter)), Math.ceil(failedMs + latestMs)];
}
