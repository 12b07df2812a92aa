/** How drawn jobs are asked for, and what they must come to. */
import type {Random} from '../simulator';
import {HUGE_RESULT, padding, type DrawnJob, type DrawnStep, type Work} from './jobs';
import {operatedRequest} from './operations';
import {termsOf} from './relations';
import type {DrawnSource} from './sources';
import {sumOfRounds, sumOfWalk} from './walks';

/** More than the whole store, in characters. */
const TOO_LARGE = 600_000;

/** The request of a drawn job. */
export function requestOf(job: DrawnJob, random: Random): Readonly<Record<string, unknown>> {
  return operatedRequest(job, plainRequest(job, random));
}

function plainRequest(job: DrawnJob, random: Random): Readonly<Record<string, unknown>> {
  const options = {
    maxRetries: job.maxRetries,
    maxRuntimeMs: job.maxRuntimeMs,
    ...(job.prefix === null ? {} : {propertyPrefix: job.prefix}),
  };
  const common = {
    name: job.name,
    options,
    retry: {delayMs: 20_000},
    ...termsOf(job),
    ...(job.workers === 1 ? {} : {workers: job.workers}),
  };
  const works = job.steps.map(({work}, index) =>
    payloadOf(job.isTooLarge && index === 0 ? {...work, pad: padding(random, TOO_LARGE)} : work),
  );
  const map = {
    ...(job.checkpoint === null ? {} : {checkpoint: job.checkpoint}),
    ...(job.maxConcurrency === null ? {} : {maxConcurrency: job.maxConcurrency}),
  };
  const pages = job.source === null ? null : {handler: 'fetchPage', payload: sourceOf(job.source)};
  if (job.method === 'mapReduce')
    return {...common, ...map, items: pages ?? works, mapHandler: 'work', reduceHandler: 'reduceAll', mode: 'enqueue'};
  if (job.method === 'enqueueMany') {
    if (pages !== null) return {...common, ...map, items: pages, handler: 'work'};
    const items = job.isRange ? {items: {count: works.length}, sharedPayload: works[0]} : {items: works};
    return {...common, ...map, ...items, handler: 'work'};
  }
  const steps = job.steps.map(({id, dependsOn}, index) => ({id, dependsOn, handler: 'work', payload: works[index]}));
  return {...common, steps};
}

/** What the handler of a source is told. */
function sourceOf({base, ...more}: DrawnSource): Readonly<Record<string, unknown>> {
  return {...more, base: {...payloadOf(base), isVoid: base.isVoid}};
}

/** What the handler is told; it knows what holds where it is told nothing. */
function payloadOf({n, ms, calls, how, ...more}: Work): Readonly<Record<string, unknown>> {
  const said = Object.entries(more).filter(([, value]) => (Array.isArray(value) ? value.length > 0 : Boolean(value)));
  return {n, ms, calls, ...(more.fail > 0 ? {how} : {}), ...Object.fromEntries(said)};
}

/** What a step does; the items of a range all do what the first one is drawn to do. */
export function workOf(job: DrawnJob, step: DrawnStep): Work {
  return (job.isRange ? job.steps[0]?.work : undefined) ?? step.work;
}

/** The step of a drawn job by its id. */
export function stepOf(job: DrawnJob | undefined, id: string): DrawnStep | undefined {
  return job?.steps.find((step) => step.id === id);
}

/** Attempts of a work that fail by themselves, if none is killed. */
export function failuresOf({maxRetries}: DrawnJob, {big, fail, how}: Work): number {
  if (fail > 0 && how === 'fatal') return 1;
  // Whether its result would fit is not tried again.
  return Math.min(fail, maxRetries + 1) + (big === HUGE_RESULT ? 1 : 0);
}

/** What a job must come to without a kill: the sum of each step that can be completed, `null` where it returns nothing. */
export function expectedSums(job: DrawnJob): ReadonlyMap<string, number | null> {
  const sums = new Map<string, number | null>();
  for (const step of job.steps) {
    const {id, dependsOn} = step;
    const work = workOf(job, step);
    const isLost = work.fail > 0 && (work.how === 'fatal' || work.fail > job.maxRetries);
    if (isLost || work.big === HUGE_RESULT || dependsOn.some((dep) => !sums.has(dep))) continue;
    sums.set(id, work.isVoid ? null : sumOf(work, sums));
  }
  if (job.method === 'mapReduce' && sums.size === job.steps.length)
    sums.set(
      'reduce',
      [...sums.values()].reduce((total: number, value) => total + (value ?? 0), 0),
    );
  return sums;
}

function sumOf({n, plus, walks, rounds}: Work, sums: ReadonlyMap<string, number | null>): number {
  const walked = walks.reduce((total, walk) => total + sumOfWalk(walk), rounds === null ? 0 : sumOfRounds(rounds));
  return plus.reduce((total, step) => total + (sums.get(step) ?? 0), n + walked);
}
