/** Everything that a seed decides before a world starts: its jobs, what users do and when, and which faults there are. */
import {seededRandom, type Random} from '../simulator';

/** What a step or item does. */
export interface Work {
  readonly n: number;
  readonly plus: readonly string[];
  readonly ms: number;
  readonly calls: number;
  /** So many first attempts fail. */
  readonly fail: number;
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
  readonly method: 'enqueue' | 'run' | 'mapReduce';
  readonly atMs: number;
  readonly steps: readonly DrawnStep[];
  readonly maxRetries: number;
  readonly maxRuntimeMs: number;
  readonly prefix: string | null;
}

/** A call that somebody makes. */
export interface DrawnAction {
  readonly fn: 'resumeJob' | 'cancelJob' | 'workByHand' | 'look';
  readonly job: string;
  readonly user: string;
  readonly atMs: number;
}

/** How often things go wrong: chances a call, or a firing. */
export interface FaultRates {
  readonly kill: number;
  readonly stall: number;
  readonly late: number;
  readonly transientBefore: number;
  readonly transientAfter: number;
  readonly lost: number;
  readonly double: number;
  readonly lateFiring: number;
  readonly disabled: number;
}

export interface Drawn {
  readonly seed: number;
  readonly isLibrary: boolean;
  readonly jobs: readonly DrawnJob[];
  readonly actions: readonly DrawnAction[];
  readonly rates: FaultRates;
  readonly wallMs: number;
  readonly jitter: number;
  readonly hostKeys: number;
}

export const USERS: readonly string[] = ['ann@example.com', 'bob@example.com'];
/** Faults happen this long; then everything must come to its end by itself. */
export const FAULTY_MS = 3 * 3_600_000;

/** The world of a seed. */
export function drawWorld(seed: number): Drawn {
  const random = seededRandom(seed * 2_654_435_761);
  const chance = (share: number): boolean => random() < share;
  const isCalm = chance(0.15);
  // Owners that stall meet their successors only where there is enough work left for both.
  const isStalling = !isCalm && chance(0.5);
  const jobs = Array.from({length: 1 + Math.floor(random() * 4)}, (_none, index) => drawJob(random, index, isStalling));
  const actions = Array.from({length: Math.floor(random() * 8)}, () => drawAction(random, jobs));
  const rate = (most: number): number => (isCalm || chance(0.4) ? 0 : random() * most);
  const rates: FaultRates = {
    kill: rate(0.06),
    stall: isStalling ? 0.02 + random() * 0.06 : 0,
    late: rate(0.05),
    transientBefore: rate(0.05),
    transientAfter: rate(0.05),
    lost: rate(0.3),
    double: rate(0.3),
    lateFiring: rate(0.3),
    disabled: rate(0.3),
  };
  return {
    ...{seed, jobs, actions, rates},
    isLibrary: chance(0.5),
    wallMs: rates.stall > 0 ? 1_800_000 : 360_000,
    jitter: chance(0.8) ? 0.5 : 0,
    hostKeys: chance(0.1) ? 40 : 1,
  };
}

function pick<Item>(random: Random, items: readonly Item[]): Item {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) throw new RangeError('nothing to pick from');
  return item;
}

function drawWork(random: Random, earlier: readonly string[], isLong: boolean): Work {
  const heavy = random() * (isLong ? 0.4 : 1);
  return {
    n: 1 + Math.floor(random() * 100),
    plus: earlier,
    ms: heavy < 0.1 ? 200_000 : heavy < 0.3 ? 40_000 : Math.floor(random() * 3_000),
    calls: Math.floor(random() * 4),
    fail: random() < 0.15 ? 1 + Math.floor(random() * 3) : 0,
    big: random() < 0.1 ? 3_000 + Math.floor(random() * 20_000) : 0,
    pad: random() < 0.1 ? padding(random, 6_000) : '',
  };
}

function padding(random: Random, chars: number): string {
  let text = '';
  while (text.length < chars) text += Math.floor(random() * 36 ** 8).toString(36);
  return text;
}

function drawJob(random: Random, index: number, isLong: boolean): DrawnJob {
  const method = pick(random, ['enqueue', 'enqueue', 'run', 'mapReduce'] as const);
  const count = 1 + Math.floor(random() * (method === 'mapReduce' ? 14 : 7));
  const steps: DrawnStep[] = [];
  for (let step = 0; step < count; step++) {
    const earlier = method === 'mapReduce' ? [] : steps.map((other) => other.id).filter(() => random() < 0.4);
    const id = method === 'mapReduce' ? `map_${step + 1}` : `s${step}`;
    const work = drawWork(random, earlier, isLong);
    // Items of long maps take less time, or a world would take days.
    steps.push({
      id,
      dependsOn: earlier,
      work: method === 'mapReduce' ? {...work, ms: Math.min(work.ms, 40_000)} : work,
    });
  }
  return {
    name: `job ${index}`,
    user: pick(random, USERS),
    method,
    atMs: Math.floor(random() * 1_200_000),
    steps,
    maxRetries: Math.floor(random() * 4),
    maxRuntimeMs: pick(random, [240_000, 240_000, 60_000, 330_000]),
    prefix: random() < 0.2 ? pick(random, ['jobs', 'jobs_v1']) : null,
  };
}

function drawAction(random: Random, jobs: readonly DrawnJob[]): DrawnAction {
  return {
    fn: pick(random, ['resumeJob', 'resumeJob', 'workByHand', 'look', 'cancelJob'] as const),
    job: pick(random, jobs).name,
    user: pick(random, USERS),
    atMs: Math.floor(random() * 3_000_000),
  };
}

/** The request of a drawn job. */
export function requestOf(job: DrawnJob): Readonly<Record<string, unknown>> {
  const options = {
    maxRetries: job.maxRetries,
    maxRuntimeMs: job.maxRuntimeMs,
    ...(job.prefix === null ? {} : {propertyPrefix: job.prefix}),
  };
  const retry = {delayMs: 20_000};
  if (job.method !== 'mapReduce') {
    const steps = job.steps.map(({id, dependsOn, work}) => ({id, dependsOn, handler: 'work', payload: work}));
    return {name: job.name, steps, options, retry};
  }
  const items = job.steps.map((step) => step.work);
  return {name: job.name, items, mapHandler: 'work', reduceHandler: 'reduceAll', mode: 'enqueue', options, retry};
}

/** What a job must come to without a kill: the sum of each step that can be completed. */
export function expectedSums(job: DrawnJob): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const step of job.steps) {
    if (step.work.fail > job.maxRetries || step.dependsOn.some((id) => !sums.has(id))) continue;
    sums.set(
      step.id,
      step.work.plus.reduce((sum, id) => sum + (sums.get(id) ?? 0), step.work.n),
    );
  }
  if (job.method === 'mapReduce' && sums.size === job.steps.length)
    sums.set(
      'reduce',
      [...sums.values()].reduce((sum, value) => sum + value, 0),
    );
  return sums;
}
