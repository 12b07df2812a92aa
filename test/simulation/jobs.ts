/** The jobs of a world: how they are drawn, how they are asked for, and what they must come to. */
import type {Random} from '../simulator';

/** What a step or item does. */
export interface Work {
  readonly n: number;
  readonly plus: readonly string[];
  readonly ms: number;
  /** Service calls that the time is spent in; 0: computing. */
  readonly calls: number;
  /** So many first attempts fail. */
  readonly fail: number;
  /** Characters of the result's padding. */
  readonly big: number;
  /** Text that makes the plan large, and does not shrink when it is packed. */
  readonly pad: string;
}

export interface DrawnStep {
  readonly id: string;
  readonly dependsOn: readonly string[];
  readonly work: Work;
}

/** A job that somebody submits. */
export interface DrawnJob {
  readonly name: string;
  readonly user: string;
  /** Which host submits it. */
  readonly host: string;
  readonly method: 'enqueue' | 'run' | 'mapReduce';
  readonly atMs: number;
  readonly steps: readonly DrawnStep[];
  readonly maxRetries: number;
  readonly maxRuntimeMs: number;
  readonly prefix: string | null;
  /** Submitted where triggers may not be made, as in `onEdit`. */
  readonly isLimited: boolean;
  /** Larger than the store: must be refused. */
  readonly isTooLarge: boolean;
}

/** What a world lets its jobs be. */
export interface JobTaste {
  readonly users: readonly string[];
  readonly hosts: readonly string[];
  /** Steps long enough for a successor to meet a stalled owner. */
  readonly isLong: boolean;
  /** Large plans and results among them. */
  readonly isBulky: boolean;
}

/** More than the whole store, in characters. */
const TOO_LARGE = 600_000;
/** More than a result may have in bytes. */
export const HUGE_RESULT = 450_000;

export function pick<Item>(random: Random, items: readonly Item[]): Item {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) throw new RangeError('nothing to pick from');
  return item;
}

export function drawJob(random: Random, index: number, taste: JobTaste): DrawnJob {
  const method = pick(random, ['enqueue', 'enqueue', 'run', 'mapReduce'] as const);
  const isMap = method === 'mapReduce';
  const count = 1 + Math.floor(random() * (isMap ? 14 : 7));
  const isTooLarge = taste.isBulky && random() < 0.04;
  const steps: DrawnStep[] = [];
  for (let step = 0; step < count; step++) {
    const earlier = isMap ? [] : steps.map((other) => other.id).filter(() => random() < 0.4);
    const work = drawWork(random, earlier, taste);
    steps.push({
      id: isMap ? `map_${step + 1}` : `s${step}`,
      dependsOn: earlier,
      // Items of long maps take less time, or a world would take days.
      work: isMap ? {...work, ms: Math.min(work.ms, 40_000)} : work,
    });
  }
  return {
    name: `job ${index}`,
    user: pick(random, taste.users),
    host: pick(random, taste.hosts),
    method,
    atMs: Math.floor(random() * 1_200_000),
    steps,
    maxRetries: Math.floor(random() * 4),
    maxRuntimeMs: pick(random, [240_000, 240_000, 60_000, 330_000]),
    prefix: random() < 0.2 ? pick(random, ['jobs', 'jobs_v1']) : null,
    isLimited: random() < 0.04,
    isTooLarge,
  };
}

function drawWork(random: Random, earlier: readonly string[], {isLong, isBulky}: JobTaste): Work {
  const heavy = random() * (isLong ? 0.4 : 1);
  const bulk = isBulky ? random() : 1;
  return {
    n: 1 + Math.floor(random() * 100),
    plus: earlier,
    ms: heavy < 0.1 ? 200_000 : heavy < 0.3 ? 40_000 : Math.floor(random() * 3_000),
    calls: Math.floor(random() * 4),
    fail: random() < 0.15 ? 1 + Math.floor(random() * 3) : 0,
    big: bulk < 0.01 ? HUGE_RESULT : bulk < 0.2 ? 3_000 + Math.floor(random() * 20_000) : 0,
    pad: bulk > 0.2 && bulk < 0.4 ? padding(random, 6_000) : '',
  };
}

function padding(random: Random, chars: number): string {
  let text = '';
  while (text.length < chars) text += Math.floor(random() * 36 ** 8).toString(36);
  return text;
}

/** The request of a drawn job. */
export function requestOf(job: DrawnJob, random: Random): Readonly<Record<string, unknown>> {
  const options = {
    maxRetries: job.maxRetries,
    maxRuntimeMs: job.maxRuntimeMs,
    ...(job.prefix === null ? {} : {propertyPrefix: job.prefix}),
  };
  const retry = {delayMs: 20_000};
  const works = job.steps.map(({work}, index) =>
    job.isTooLarge && index === 0 ? {...work, pad: padding(random, TOO_LARGE)} : work,
  );
  if (job.method === 'mapReduce')
    return {
      ...{name: job.name, items: works, mapHandler: 'work', reduceHandler: 'reduceAll'},
      ...{mode: 'enqueue', options, retry},
    };
  const steps = job.steps.map(({id, dependsOn}, index) => ({id, dependsOn, handler: 'work', payload: works[index]}));
  return {name: job.name, steps, options, retry};
}

/** What a job must come to without a kill: the sum of each step that can be completed. */
export function expectedSums(job: DrawnJob): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const {id, dependsOn, work} of job.steps) {
    if (work.fail > job.maxRetries || work.big === HUGE_RESULT || dependsOn.some((step) => !sums.has(step))) continue;
    sums.set(
      id,
      work.plus.reduce((sum, step) => sum + (sums.get(step) ?? 0), work.n),
    );
  }
  if (job.method === 'mapReduce' && sums.size === job.steps.length)
    sums.set(
      'reduce',
      [...sums.values()].reduce((sum, value) => sum + value, 0),
    );
  return sums;
}
