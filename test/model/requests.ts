/** Drawn jobs and settings as calls of the API. */
import type {
  ChainRequest,
  EnqueueManyRequest,
  JobOptions,
  JobRequest,
  JobTerms,
  MapReduceRequest,
  RetryPolicy,
} from '../../src/types';
import type {DrawnJob, DrawnSettings, DrawnStep, DrawnTerms} from './calls';
import type {Work} from './host';
import {configure, type Settings} from './settings';

/** A request with the method that takes it. */
export type Submission =
  | {readonly method: 'run' | 'enqueue'; readonly request: JobRequest}
  | {readonly method: 'chain'; readonly request: ChainRequest}
  | {readonly method: 'enqueueMany'; readonly request: EnqueueManyRequest}
  | {readonly method: 'mapReduce'; readonly request: MapReduceRequest};

/** `idOf`: the id of a job by its number. */
export function submissionOf(drawn: DrawnJob, idOf = (number: number): string => `job ${number}`): Submission {
  const terms = drawn.terms === null ? {} : termsOf(drawn.terms, idOf);
  const isLater = 'dependencies' in terms || 'autoStart' in terms || 'delayMs' in terms;
  const job: DrawnJob = isLater && drawn.terms?.isKept === false ? {...drawn, mode: 'enqueue'} : drawn;
  const shared = {name: job.name, options: optionsOf(job), retry: retryOf(job), ...crashesOf(job), ...terms};
  switch (job.form) {
    case 'steps':
      return {method: job.mode, request: {...shared, steps: job.steps.map((step, index) => stepOf(step, index))}};
    case 'chain': {
      const tasks = job.steps.map((step, index) => taskOf(step, index, job.isShort));
      return {
        method: 'chain',
        request: {...shared, mode: job.mode, tasks, ...(job.isShort ? {} : {stepIdPrefix: 'link'})},
      };
    }
    case 'enqueueMany': {
      const items = job.steps.map((step) => workOf(step, []));
      const request = {...shared, mode: job.mode, handler: handlerOf(job.steps[0]), items};
      if (job.isShort) return {method: 'enqueueMany', request};
      return {
        method: 'enqueueMany',
        request: {...request, maxConcurrency: 3, stepIdPrefix: 'row', sharedPayload: {of: 'all'}},
      };
    }
    case 'mapReduce': {
      const items = job.steps.map((step) => workOf(step, []));
      const base = {...shared, mode: job.mode, items};
      const handler = handlerOf(job.steps[0]);
      if (job.isShort) return {method: 'mapReduce', request: {...base, mapHandler: handler, reduceHandler: 'reduce'}};
      const map = {handler, stepIdPrefix: 'part', payload: 'shared by items'};
      const reduce = {handler: 'reduce', id: 'whole', payload: 'for the reduce step'};
      return {method: 'mapReduce', request: {...base, map, reduce, maxConcurrency: 2}};
    }
  }
}

function termsOf(drawn: DrawnTerms, idOf: (number: number) => string): JobTerms {
  const {on, policy, isStarted, startDelayMs, priority, tags, key, singleton} = drawn;
  return {
    ...(on.length === 0 ? {} : {dependencies: on.map(idOf)}),
    ...(policy === null ? {} : {onDependencyFailure: policy}),
    ...(isStarted ? {} : {autoStart: false}),
    ...(startDelayMs === null ? {} : {delayMs: startDelayMs}),
    ...(priority === null ? {} : {priority}),
    ...(tags.length === 0 ? {} : {tags}),
    ...(key === null ? {} : {idempotencyKey: key}),
    ...(singleton === null ? {} : {singleton}),
  };
}

function stepOf(drawn: DrawnStep, index: number): JobRequest['steps'][number] {
  const dependsOn = Array.from({length: index}, (_none, other) => other)
    .filter((other) => (drawn.deps >> other) % 2 === 1)
    .map((other) => `s${other}`);
  const step = {id: `s${index}`, handler: handlerOf(drawn), payload: workOf(drawn, dependsOn), ...stepRetryOf(drawn)};
  if (dependsOn.length === 0) return step;
  // One dependency may be given as a text.
  return {...step, dependsOn: dependsOn.length === 1 ? (dependsOn[0] ?? '') : dependsOn};
}

function taskOf(drawn: DrawnStep, index: number, isShort: boolean): ChainRequest['tasks'][number] {
  const plus = index === 0 || !isShort ? [] : [`chain_step_${index}`];
  const task = {handler: handlerOf(drawn), payload: workOf(drawn, plus), ...stepRetryOf(drawn)};
  return !isShort && index === 1 ? {...task, id: 'named'} : task;
}

function workOf({kind, ms, failures, deps}: DrawnStep, plus: readonly string[]): Work {
  return {n: 10 + deps, plus, ms, failures, kind};
}

function handlerOf(step: DrawnStep | undefined): string {
  return step?.isLater === true ? 'later' : 'act';
}

function stepRetryOf({maxRetries}: DrawnStep): {readonly retry?: RetryPolicy} {
  return maxRetries === null ? {} : {retry: {maxRetries}};
}

function optionsOf({maxRetries, maxRuntimeMs, leaseTtlMs, isAuto, prefix}: DrawnJob): JobOptions {
  return {
    ...(maxRetries === null ? {} : {maxRetries}),
    ...(maxRuntimeMs === null ? {} : {maxRuntimeMs}),
    ...(leaseTtlMs === null ? {} : {leaseTtlMs}),
    ...(isAuto ? {} : {autoResume: false}),
    ...(prefix === null ? {} : {propertyPrefix: prefix}),
  };
}

function retryOf({delayMs, jitter, maxDelayMs}: DrawnJob): RetryPolicy {
  return {delayMs, jitter, ...(maxDelayMs === null ? {} : {maxDelayMs})};
}

function crashesOf({maxCrashes}: DrawnJob): {readonly maxCrashes?: number} {
  return maxCrashes === null ? {} : {maxCrashes};
}

interface SettingCall {
  readonly call: readonly unknown[];
  readonly after: (before: Settings) => Settings;
}

/** The calls of `configure` and `clearConfig`, each with what it makes of the settings. */
export function settingCalls(drawn: DrawnSettings): readonly SettingCall[] {
  const {maxRetries, maxRuntimeMs, isLong, isMerged, isCleared} = drawn;
  const first = maxRetries === null ? {} : {[isLong ? 'AST_JOBS_DEFAULT_MAX_RETRIES' : 'maxRetries']: maxRetries};
  const second = maxRuntimeMs === null ? {} : {maxRuntimeMs};
  const set = (given: Readonly<Record<string, unknown>>, isMerge: boolean): SettingCall => ({
    call: ['configure', given, ...(isMerge ? [] : [{merge: false}])],
    after: (before) => configure(before, given, isMerge),
  });
  const clear: SettingCall = {call: ['clearConfig'], after: () => ({})};
  return [set(first, true), set(second, isMerged), ...(isCleared ? [clear] : [])];
}
