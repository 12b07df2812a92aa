/** What scripts have beside their jobs, in a share of the worlds: schedules, rate limits, listeners, letters, logs. */
import {randomStream, type Random} from '../simulator';
import type {Drawn, DrawnAction, Timed} from './draw';
import {pick, type DrawnJob, type DrawnStep, type Work} from './jobs';

/** What a host declares and sets before anything else. */
export interface DrawnOperations {
  /** Whether listeners are declared. */
  readonly listens: boolean;
  /** Whether failed jobs are to be mailed. */
  readonly alerts: boolean;
  /** The limit of a minute, by resource. */
  readonly limits: Readonly<Record<string, number>>;
  /** How schedules end: they are deleted, or only paused. */
  readonly end: 'delete' | 'pause';
}

export interface DrawnSchedule {
  readonly times: Readonly<Record<string, unknown>>;
  readonly overlap: 'allow' | 'skip' | 'queue' | 'cancel';
  readonly catchUp: 'none' | 'one' | 'all';
  readonly maxCatchUp: number;
  /** Whether `run_now` runs its job at once. */
  readonly isResumed: boolean;
}

/** What a job has to do with them. */
export interface DrawnOperated {
  /** It is no job but what makes jobs. */
  readonly schedule: DrawnSchedule | null;
  readonly resources: readonly string[];
  /** Its steps are asked for as the jobs of a workflow. */
  readonly isWorkflow: boolean;
  /** A step fails until somebody has mended what it works on. */
  readonly isMended: boolean;
}

/** What somebody does with the schedule or with the failed job of a name. */
export const OPERATING = ['pauseSchedule', 'resumeSchedule', 'runSchedule', 'deleteSchedule', 'replayJob'] as const;
export type OperatingFn = (typeof OPERATING)[number];

const SHARE = 0.55;
const RESOURCES: readonly string[] = ['mail', 'sheet'];

/** The world with its operations; from a stream of its own. */
export function withOperations(drawn: Drawn): Drawn {
  const random = randomStream(drawn.seed, 'operations');
  const chance = (share: number): boolean => random() < share;
  if (drawn.quota !== null || drawn.limits !== null || drawn.archive !== null || !chance(SHARE)) return drawn;
  const [hasSchedules, hasLimits, hasLetters] = [chance(0.6), chance(0.4), chance(0.45)];
  const resources = hasLimits ? RESOURCES.slice(0, chance(0.5) ? 1 : 2) : [];
  const operations: DrawnOperations = {
    ...{listens: chance(0.5), alerts: chance(0.25), end: chance(0.5) ? 'delete' : 'pause'},
    limits: Object.fromEntries(resources.map((resource) => [resource, 2 + Math.floor(random() * 8)])),
  };
  const submitted = drawn.jobs.map((job) => operated(job, random, {resources, hasLetters}));
  const schedules = Array.from({length: hasSchedules ? (chance(0.15) ? 2 : 1) : 0}, (_none, index) =>
    drawSchedule(random, index, {drawn, resources}),
  );
  const jobs = [...submitted, ...schedules];
  return {...drawn, operations, jobs, actions: [...drawn.actions, ...operating(jobs, random)]};
}

interface Chosen {
  readonly resources: readonly string[];
  readonly hasLetters: boolean;
}

function operated(job: DrawnJob, random: Random, {resources, hasLetters}: Chosen): DrawnJob {
  const chance = (share: number): boolean => random() < share;
  // Where a unit is waited for at each item, a long list would take days.
  const isShort = job.steps.length <= 40 && !job.isTooLarge;
  const isMended = hasLetters && mayBeMended(job) && chance(0.7);
  const operatedAs: DrawnOperated = {
    ...{schedule: null, isMended},
    resources: isShort ? resources.filter(() => chance(0.7)) : [],
    isWorkflow: job.method === 'enqueue' && job.relations?.isInBatch !== true && chance(0.25),
  };
  // What items on pages do stands in their source.
  const says = chance(0.5) && job.source === null ? 0.6 : 0;
  const steps = job.steps.map((step) => talkative(step, random, says));
  return {...job, operated: operatedAs, steps: isMended ? broken(steps, random) : steps};
}

/** Steps that go on where they were have places that a replay goes on from: those are looked at elsewhere. */
function mayBeMended({steps, source, isRange, isTooLarge}: DrawnJob): boolean {
  const isPlain = ({walks, rounds}: Work): boolean => walks.length === 0 && rounds === null;
  return source === null && !isRange && !isTooLarge && steps.every(({work}) => isPlain(work));
}

function broken(steps: readonly DrawnStep[], random: Random): readonly DrawnStep[] {
  const at = Math.floor(random() * steps.length);
  return steps.map((step, index) => (index === at ? {...step, work: {...step.work, fail: 0, mends: true}} : step));
}

function talkative(step: DrawnStep, random: Random, share: number): DrawnStep {
  if (random() >= share) return step;
  return {...step, work: {...step.work, says: 1 + Math.floor(random() * 6)}};
}

const TIMES = ['minutes', 'minutes', 'minutes', 'cron', 'cron', 'hours'] as const;

function drawTimes(random: Random): Readonly<Record<string, unknown>> {
  const minute = Math.floor(random() * 60);
  switch (pick(random, TIMES)) {
    case 'minutes':
      return {type: 'every_minutes', every: 14 + Math.floor(random() * 26)};
    case 'cron':
      return {cron: random() < 0.5 ? `*/20 * * * *` : `${minute},${(minute + 25) % 60} * * * *`, timeZone: 'Etc/UTC'};
    case 'hours':
      return {type: 'every_hours', every: 1, nearMinute: minute};
  }
}

function drawSchedule(
  random: Random,
  index: number,
  {drawn, resources}: {readonly drawn: Drawn; readonly resources: readonly string[]},
): DrawnJob {
  const overlap = pick(random, ['allow', 'skip', 'queue', 'cancel'] as const);
  // So long that the next time comes while it is open.
  const isLong = overlap !== 'allow' && random() < 0.6;
  const count = isLong ? 4 : 1 + Math.floor(random() * 2);
  const steps = Array.from({length: count}, (_none, step): DrawnStep => {
    const ms = isLong ? 200_000 : Math.floor(random() * 3_000);
    const work: Work = {
      ...{n: 1 + Math.floor(random() * 100), plus: [], ms, calls: 1, fail: 0, how: 'error', isVoid: false},
      ...{big: 0, pad: '', walks: [], rounds: null},
    };
    return {id: `s${step}`, dependsOn: step === 0 ? [] : [`s${step - 1}`], work};
  });
  const schedule: DrawnSchedule = {
    ...{times: drawTimes(random), overlap, catchUp: pick(random, ['none', 'one', 'one', 'all'] as const)},
    ...{maxCatchUp: 2 + Math.floor(random() * 3), isResumed: random() < 0.3},
  };
  return {
    ...{name: `schedule ${index}`, method: 'enqueue', atMs: Math.floor(random() * 900_000), steps},
    ...{user: pick(random, ['ann@example.com', 'bob@example.com']), host: pick(random, drawn.hosts)},
    ...{maxRetries: 2, maxRuntimeMs: 240_000, prefix: random() < 0.2 ? 'jobs' : null, workers: 1},
    ...{checkpoint: null, maxConcurrency: null, isRange: false, source: null, isLimited: false, isTooLarge: false},
    relations: null,
    operated: {schedule, resources: resources.filter(() => random() < 0.3), isWorkflow: false, isMended: false},
  };
}

/** What people do with schedules and with jobs that failed. */
function operating(jobs: readonly DrawnJob[], random: Random): readonly Timed[] {
  return jobs.flatMap(({name, host, operated: own, atMs}) => {
    const timed = (fn: OperatingFn, sinceMs: number): Timed => {
      const action: DrawnAction = {kind: 'job', fn, job: name};
      return {action, host, user: pick(random, ['ann@example.com', 'bob@example.com']), atMs: atMs + sinceMs};
    };
    const some = (most: number, fns: readonly OperatingFn[]): readonly Timed[] =>
      Array.from({length: Math.floor(random() * most)}, () =>
        timed(pick(random, fns), Math.floor(random() * 5_400_000)),
      );
    if (own?.isMended === true) return [timed('replayJob', 1_200_000), ...some(3, ['replayJob'])];
    if (own?.schedule === null || own === null) return [];
    const handled = some(5, ['pauseSchedule', 'resumeSchedule', 'resumeSchedule', 'runSchedule']);
    return random() < 0.15 ? [...handled, timed('deleteSchedule', Math.floor(random() * 5_400_000))] : handled;
  });
}

/** What is asked for: the job, or the schedule or the workflow that it is. */
export function operatedRequest(
  job: DrawnJob,
  request: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const {operated: own} = job;
  if (own === null) return request;
  const withTerms = own.resources.length === 0 ? request : {...request, resources: own.resources};
  if (own.isWorkflow) return workflowOf(withTerms);
  if (own.schedule === null) return withTerms;
  const {times, overlap, catchUp, maxCatchUp, isResumed} = own.schedule;
  const policies = {overlap, catchUp, ...(catchUp === 'all' ? {maxCatchUp} : {}), autoResumeJobs: isResumed};
  return {operation: 'upsert', id: job.name.replace(' ', '_'), schedule: times, ...policies, ...withTerms};
}

function workflowOf({steps, ...whole}: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const jobs = (steps as readonly Readonly<Record<string, unknown>>[]).map(({id, dependsOn, ...step}) => ({
    ...step,
    ...{name: id, depends_on: dependsOn},
  }));
  return {...whole, jobs};
}

/** By which call of the library, or function of the host, a job is submitted. */
export function submissionOf({method, operated: own}: DrawnJob): string {
  if (own?.schedule !== null && own !== null) return 'schedule';
  return own?.isWorkflow === true ? 'runWorkflow' : method;
}
