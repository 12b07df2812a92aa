/** Runs the main job in a simulated Apps Script, from the one call of a person until nothing is left to come. */
import {readFileSync} from 'node:fs';
import {World, type Execution, type ProjectSource} from '../../test/simulator';
import {makeCdn} from './cdn';
import type {Row} from './direct';
import {attemptsIn, Faults, type Attempt, type Kill} from './faults';

const HOUR_MS = 3_600_000;
const SHEET = 'Delays';

interface Counts {
  readonly total: number;
  readonly completed: number;
}

/** What is used here of a job's record. */
export interface Job {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly leaseExpiresAt: string | null;
  readonly waiting: {readonly reason: string} | null;
  readonly orchestration: {readonly stages: Readonly<Record<string, {readonly counts: Counts}>>};
  readonly recoveries: readonly {
    readonly epoch: number;
    readonly reason: string;
    readonly inDoubt: readonly string[];
  }[];
  readonly steps: readonly {readonly id: string; readonly attempts: number}[];
  readonly results: Readonly<Record<string, unknown>>;
}

/** One execution that has ended, and how the jobs stand after it. */
export interface Ended {
  readonly execution: Execution;
  readonly kill: Kill | null;
  readonly jobs: readonly Job[];
  /** Steps that it saved, by job. */
  readonly saved: readonly {readonly job: Job; readonly steps: number}[];
}

export interface Outcome {
  /** Oldest first, with steps and results. */
  readonly jobs: readonly Job[];
  readonly titles: Row;
  readonly rows: readonly Row[];
  readonly attempts: readonly Attempt[];
  readonly kills: readonly Kill[];
  readonly executions: number;
  readonly startMs: number;
  readonly endMs: number;
  /** Property operations of all executions, not counting looks from outside. */
  readonly reads: number;
  readonly writes: number;
  /** What is left behind: keys of the host's stores and of the library's own, and triggers. */
  readonly left: {
    readonly script: readonly string[];
    readonly user: readonly string[];
    readonly library: readonly string[];
    readonly triggers: number;
  };
}

function project(): ProjectSource {
  const file = (name: string, path: string) => ({name, source: readFileSync(path, 'utf8')});
  return {
    files: [file('Code.js', 'examples/main-job/host/Code.js')],
    libraries: [{symbol: 'ASTLib', files: [file('Code.js', 'dist/Code.js')]}],
  };
}

/** Runs it; `onEnd` is told of each execution as it ends. */
export function runMainJob(seed: number, onEnd: (ended: Ended) => void = () => undefined): Outcome {
  const faults = new Faults(seed);
  const world = new World({seed, jitter: 0.3, project: project(), fetch: makeCdn(faults.busyRequest)});
  world.onCall = faults.onCall;
  try {
    return follow(world, faults, onEnd);
  } finally {
    world.close();
  }
}

function follow(world: World, faults: Faults, onEnd: (ended: Ended) => void): Outcome {
  const startMs = world.nowMs;
  const executions: Execution[] = [];
  const looks = new Set<Execution>();
  let before: readonly Job[] = [];
  /** Asks the host, in an execution that is no part of the story. */
  const look = (fn: string, ...args: unknown[]): unknown => {
    const value = world.call(fn, args);
    const execution = world.executions.at(-1);
    if (execution !== undefined) looks.add(execution);
    return value;
  };
  /** In the order of their starts; a short one may end before one that started earlier. */
  const next = (): Execution | undefined =>
    world.executions.find((execution) => !looks.has(execution) && !executions.includes(execution));
  world.start({fn: 'startImport'});
  while (world.runWhile(() => (next()?.end ?? 'running') === 'running', 24 * HOUR_MS)) {
    const execution = next();
    if (execution === undefined) break;
    executions.push(execution);
    const jobs = (look('showJobs') as readonly Job[]).toReversed();
    const kill = faults.kills.find(({executionId}) => executionId === execution.id) ?? null;
    // What is saved meanwhile is not the merit of one that called no handler.
    const hasWorked = attemptsIn(execution.log).length > 0;
    onEnd({execution, kill, jobs, saved: hasWorked ? savedSince(before, jobs) : []});
    if (hasWorked) before = jobs;
  }
  const jobs = before.map(({id}) => look('showJob', id) as Job);
  const endMs = executions.at(-1)?.endMs ?? world.nowMs;
  return {...outcomeOf(world, executions), jobs, kills: faults.kills, startMs, endMs};
}

function savedSince(before: readonly Job[], jobs: readonly Job[]): Ended['saved'] {
  return jobs
    .map((job) => ({job, steps: countsOf(job).completed - countsOf(before.find(({id}) => id === job.id)).completed}))
    .filter(({steps}) => steps > 0);
}

/** How many steps and items a job has, and how many of them are saved. */
export function countsOf(job: Job | undefined): Counts {
  const stages = Object.values(job?.orchestration.stages ?? {}).map(({counts}) => counts);
  return {
    total: stages.reduce((sum, {total}) => sum + total, 0),
    completed: stages.reduce((sum, {completed}) => sum + completed, 0),
  };
}

function outcomeOf(
  world: World,
  executions: readonly Execution[],
): Omit<Outcome, 'jobs' | 'kills' | 'startMs' | 'endMs'> {
  const [titles = [], ...rows] = world.sheet(SHEET) as Row[];
  const counts = executions.map((execution) => execution.counts());
  return {
    titles,
    rows,
    attempts: executions.flatMap(({log}) => attemptsIn(log)),
    executions: executions.length,
    reads: counts.reduce((sum, {reads}) => sum + reads, 0),
    writes: counts.reduce((sum, {writes, deletes}) => sum + writes + deletes, 0),
    left: {
      script: [...world.store('script').keys()],
      user: [...world.store('user').keys()],
      library: [...world.store('script', {library: 'ASTLib'}).keys()],
      triggers: world.triggers().length,
    },
  };
}
