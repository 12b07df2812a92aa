/** The jobs of a world: how they are drawn. What they are asked for with, and what they must come to, is in requests.ts. */
import type {Random} from '../simulator';
import type {DrawnOperated} from './operations';
import type {DrawnRelations} from './relations';
import type {DrawnSource} from './sources';
import {drawRounds, drawWalks, type DrawnRounds, type DrawnWalk} from './walks';

/** What a step or item does. */
export interface Work {
  readonly n: number;
  readonly plus: readonly string[];
  readonly ms: number;
  /** Service calls that the time is spent in; 0: computing. */
  readonly calls: number;
  /** So many first attempts fail. */
  readonly fail: number;
  /** How they fail: with an error, with one that is not tried again, or with the wait until the next attempt. */
  readonly how: 'error' | 'fatal' | number;
  /** Returns nothing; only where nobody asks for its result. */
  readonly isVoid: boolean;
  /** Characters of the result's padding. */
  readonly big: number;
  /** Text that makes the plan large, and does not shrink when it is packed. */
  readonly pad: string;
  /** Lists that it walks with `each`. */
  readonly walks: readonly DrawnWalk[];
  /** A cursor of its own. */
  readonly rounds: DrawnRounds | null;
  /** Where it puts a value that it gets back. */
  readonly keeps?: 'properties' | 'drive';
  /** So many lines that it logs. */
  readonly says?: number;
  /** Fails for good until somebody has mended what it works on. */
  readonly mends?: boolean;
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
  readonly method: 'enqueue' | 'run' | 'mapReduce' | 'enqueueMany';
  readonly atMs: number;
  readonly steps: readonly DrawnStep[];
  readonly maxRetries: number;
  readonly maxRuntimeMs: number;
  readonly prefix: string | null;
  /** Executions that may run it at once. */
  readonly workers: number;
  /** Of a map step; `null`: as the library has it. */
  readonly checkpoint: {readonly everyMs?: number; readonly everyItems?: number} | null;
  readonly maxConcurrency: number | null;
  /** The items are numbers, and all do the same. */
  readonly isRange: boolean;
  /** The items come in pages; `null`: they do not. */
  readonly source: DrawnSource | null;
  /** Submitted where triggers may not be made, as in `onEdit`. */
  readonly isLimited: boolean;
  /** Larger than the store: must be refused. */
  readonly isTooLarge: boolean;
  /** What it has to do with other jobs. */
  readonly relations: DrawnRelations | null;
  /** What it has to do with schedules, limits and the like. */
  readonly operated: DrawnOperated | null;
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

/** More than a result may have in bytes. */
export const HUGE_RESULT = 450_000;

export function pick<Item>(random: Random, items: readonly Item[]): Item {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) throw new RangeError('nothing to pick from');
  return item;
}

const METHODS = ['enqueue', 'enqueue', 'run', 'mapReduce', 'enqueueMany', 'enqueueMany'] as const;

export function drawJob(random: Random, index: number, taste: JobTaste): DrawnJob {
  const method = pick(random, METHODS);
  const workers = random() < 0.45 ? 2 + Math.floor(random() * 4) : 1;
  const steps =
    method === 'enqueueMany' ? drawItems(random, workers, taste) : drawSteps(random, {method, workers}, taste);
  const isMap = method === 'mapReduce' || method === 'enqueueMany';
  return {
    name: `job ${index}`,
    user: pick(random, taste.users),
    host: pick(random, taste.hosts),
    method,
    atMs: Math.floor(random() * 1_200_000),
    ...{steps, workers},
    maxRetries: Math.floor(random() * 4),
    maxRuntimeMs: pick(random, [240_000, 240_000, 60_000, 330_000]),
    prefix: random() < 0.2 ? pick(random, ['jobs', 'jobs_v1']) : null,
    checkpoint: isMap && random() < 0.6 ? drawCheckpoint(random) : null,
    maxConcurrency: isMap && random() < 0.5 ? 1 + Math.floor(random() * 3) : null,
    isRange: method === 'enqueueMany' && random() < 0.4,
    source: null,
    isLimited: random() < 0.04,
    isTooLarge: method !== 'enqueueMany' && taste.isBulky && random() < 0.04,
    relations: null,
    operated: null,
  };
}

function drawCheckpoint(random: Random): {readonly everyMs?: number; readonly everyItems?: number} {
  return {
    ...(random() < 0.7 ? {everyMs: pick(random, [0, 300, 5_000, 30_000, 60_000, 60_000])} : {}),
    ...(random() < 0.5 ? {everyItems: pick(random, [1, 3, 10, 50])} : {}),
  };
}

function drawSteps(
  random: Random,
  {method, workers}: Pick<DrawnJob, 'method' | 'workers'>,
  taste: JobTaste,
): readonly DrawnStep[] {
  // Several steps that stop and go on, in whichever worker comes next.
  const long = workers > 1 ? 0.35 : 0.15;
  const isMap = method === 'mapReduce';
  const count = 1 + Math.floor(random() * (isMap ? 14 : 7));
  const steps: DrawnStep[] = [];
  for (let step = 0; step < count; step++) {
    const earlier = isMap ? [] : steps.map((other) => other.id).filter(() => random() < 0.4);
    const work = drawWork(random, earlier, taste);
    const more = isMap || random() >= long ? {} : drawLong(random);
    steps.push({
      id: isMap ? `map_${step + 1}` : `s${step}`,
      dependsOn: earlier,
      // Items of long maps take less time, or a world would take days.
      work: isMap ? {...work, ms: Math.min(work.ms, 40_000)} : {...work, ...more},
    });
  }
  return steps;
}

/** A step that takes several executions and knows where it is. */
function drawLong(random: Random): Partial<Work> {
  const ms = Math.floor(random() * 1_000);
  return random() < 0.65 ? {walks: drawWalks(random), ms} : {rounds: drawRounds(random), ms};
}

/** Many items that take little time, or not so many that take several workers a while. */
function drawItems(random: Random, workers: number, {isBulky}: JobTaste): readonly DrawnStep[] {
  const isShort = random() < (workers > 1 ? 0.2 : 0.6);
  const count = isShort ? 20 + Math.floor(random() * 60) : 15 + Math.floor(random() * 35);
  const most = isShort ? 80 : pick(random, [2_000, 8_000, 16_000]);
  const failing = random() < 0.5 ? 0 : random() * 0.2;
  const isVoid = random() < 0.3;
  return Array.from({length: count}, (_none, index) => {
    const work: Work = {
      ...{n: 1 + Math.floor(random() * 100), plus: [], ms: 5 + Math.floor(random() * most), isVoid},
      calls: random() < (isShort ? 0.1 : 0.3) ? 1 : 0,
      ...drawFailures(random, failing),
      big: isBulky && random() < 0.2 ? 200 + Math.floor(random() * 4_000) : 0,
      ...{pad: '', walks: [], rounds: null},
    };
    return {id: `item_${index + 1}`, dependsOn: [], work};
  });
}

function drawWork(random: Random, earlier: readonly string[], {isLong, isBulky}: JobTaste): Work {
  const heavy = random() * (isLong ? 0.4 : 1);
  const bulk = isBulky ? random() : 1;
  return {
    n: 1 + Math.floor(random() * 100),
    plus: earlier,
    ms: heavy < 0.1 ? 200_000 : heavy < 0.3 ? 40_000 : Math.floor(random() * 3_000),
    calls: Math.floor(random() * 4),
    ...drawFailures(random, 0.15),
    isVoid: false,
    big: bulk < 0.01 ? HUGE_RESULT : bulk < 0.2 ? 3_000 + Math.floor(random() * 20_000) : 0,
    pad: bulk > 0.2 && bulk < 0.4 ? padding(random, 6_000) : '',
    ...{walks: [], rounds: null},
  };
}

function drawFailures(random: Random, share: number): Pick<Work, 'fail' | 'how'> {
  if (random() >= share) return {fail: 0, how: 'error'};
  const how = pick(random, ['error', 'error', 0, 10, 5_000, 90_000] as const);
  return {fail: 1 + Math.floor(random() * 3), how: random() < 0.1 ? 'fatal' : how};
}

export function padding(random: Random, chars: number): string {
  let text = '';
  while (text.length < chars) text += Math.floor(random() * 36 ** 8).toString(36);
  return text;
}
