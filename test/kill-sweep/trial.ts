/** One trial: a scenario in a fresh world with faults, run until nothing is left to happen, then checked. */
import type {Effect, Execution, ServiceCall, Verdict} from '../simulator';
import {World} from '../simulator';
import {pastedHost} from '../support/hosts';
import {HOST, type Scenario} from './scenarios';

export type Fault = (call: ServiceCall) => Verdict | undefined;

/** What a trial showed. */
export interface Trial {
  /** Counted calls after `before`. */
  readonly calls: number;
  readonly faults: number;
  /** What is wrong, in words; empty when nothing is. */
  readonly problems: readonly string[];
  /** Virtual time from each kill to the next execution that ran a step, in milliseconds. */
  readonly describe: () => string;
  readonly world: World;
}

interface JobRow {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly results: Readonly<Record<string, unknown>>;
  readonly recoveries: readonly {readonly reason: string; readonly inDoubt: readonly string[]}[];
  readonly folded?: boolean;
}

const HORIZON_MS = 6 * 3_600_000;
const PROJECT = pastedHost(HOST);

export interface TrialOptions {
  /** @default 1 */
  readonly seed?: number;
  /** Lengthens the acting executions for stalls. */
  readonly wallMs?: number;
  /** Told of the world before anybody acts, to set hooks of its own; it sees no fault then. */
  readonly watch?: (world: World) => void;
}

/** Runs a scenario under a fault. */
export function runTrial(scenario: Scenario, fault: Fault, {seed = 1, wallMs, watch}: TrialOptions = {}): Trial {
  const world = new World({seed, project: PROJECT, ...(wallMs === undefined ? {} : {wallMs})});
  if (scenario.before !== undefined) {
    world.call(scenario.before.fn);
    world.runUntil(world.nowMs + (scenario.before.thenMs ?? 0));
  }
  for (let key = 0; key < (scenario.hostKeys ?? 0); key++)
    world.setProperty('script', `host_${key}`, 'h'.repeat(8_000));
  let faults = 0;
  world.resetCounts();
  world.onCall = (call) => {
    const verdict = fault(call);
    if (verdict !== undefined) faults++;
    return verdict;
  };
  watch?.(world);
  const acting = world.start({fn: scenario.act, ...(scenario.user === undefined ? {} : {user: scenario.user})});
  const {isSettled, pending} = world.settle({horizonMs: HORIZON_MS});
  const {calls} = world.counts();
  world.onCall = undefined;
  world.onLanded = undefined;
  const problems = isSettled ? [] : [`not settled: ${pending}`];
  problems.push(...check(world, scenario, acting, faults));
  return {calls, faults, problems, describe: () => world.describe(), world};
}

function check(world: World, scenario: Scenario, acting: Execution, faults: number): readonly string[] {
  const effects = [...world.effects];
  const leftovers = leftOver(world);
  const rows = world.call('listJobs') as readonly JobRow[];
  const job = rows.find((row) => row.name === scenario.job);
  const problems = [...leftovers];
  // Killed before it was accepted, a request leaves nothing; an answer that arrived must be true for ever.
  const members = rows.filter(({name}) => scenario.together?.includes(name) === true);
  if (members.length > 0 && members.length < (scenario.together?.length ?? 0))
    problems.push(`${members.length} jobs of a batch are there`);
  if (members.some(({status}) => status !== 'completed')) problems.push('a job of a batch is not completed');
  if (job === undefined && scenario.mayBeGone === true) return problems;
  if (scenario.mayBeGone === true && acting.end === 'done') problems.push('a removed job is there');
  if (job === undefined) {
    if (acting.end === 'done') problems.push('an accepted job is lost');
    return problems;
  }
  // A cancel or stop that was killed before its write has not happened: the job goes on and is completed.
  const mayComplete = scenario.status !== 'completed' && acting.end !== 'done';
  const mayRest = acting.end !== 'done' && job.status === scenario.orElse;
  const isRight = job.status === scenario.status || mayRest || (mayComplete && job.status === 'completed');
  if (!isRight) problems.push(`status ${job.status} instead of ${scenario.status}`);
  if (job.status === 'completed' && scenario.results !== null) {
    const got = JSON.stringify(sorted(job.results));
    const expected = JSON.stringify(sorted(scenario.results));
    if (got !== expected) problems.push(`results ${got.slice(0, 300)} instead of ${expected.slice(0, 300)}`);
  }
  // Steps of several jobs have ids of their own.
  const recoveries = rows.flatMap((row) => row.recoveries);
  problems.push(...repeated({...job, recoveries}, effects, scenario, faults));
  return problems;
}

/**
 * A step runs once, once more for each failure of its own, and once more for each time it was reported as in doubt. Each
 * attempt that comes after such a report knows that it is not the first.
 */
function repeated(job: JobRow, effects: readonly Effect[], scenario: Scenario, faults: number): readonly string[] {
  const runs = new Map<string, number>();
  for (const effect of effects) {
    if (effect.name !== 'run') continue;
    const {step} = effect.data as {step: string};
    runs.set(step, (runs.get(step) ?? 0) + 1);
  }
  const inDoubt = new Map<string, number>();
  let reported = 0;
  for (const recovery of job.recoveries) {
    // Items of a group are in doubt together.
    if (recovery.inDoubt.length > 0) reported++;
    for (const step of recovery.inDoubt) inDoubt.set(step, (inDoubt.get(step) ?? 0) + 1);
  }
  const problems: string[] = [];
  if (reported > faults) problems.push(`${reported} times something was in doubt after ${faults} faults`);
  for (const [step, count] of runs) {
    const allowed = 1 + (inDoubt.get(step) ?? 0) + (scenario.failures?.[step] ?? 0);
    if (count > allowed) problems.push(`step ${step} ran ${count} times, ${allowed} are explained`);
  }
  return problems;
}

/** Nothing stays but retained jobs, the prefix registry, the ballast, the user's id and use, and the host's own keys. */
function leftOver(world: World): readonly string[] {
  const store = world.store('script');
  const headers = new Set([...store.keys()].filter((key) => key.endsWith('~h')).map((key) => key.slice(0, -1)));
  const problems = [...store.keys()]
    .filter((key) => !['AST_JOBS_BALLAST', 'AST_JOBS_PREFIXES', 'failures'].includes(key) && !key.startsWith('host_'))
    .filter((key) => ![...headers].some((start) => key.startsWith(start)))
    .map((key) => `left over in the store: ${key}`);
  for (const trigger of world.triggers()) problems.push(`left over trigger ${trigger.kind} ${trigger.uid}`);
  for (const key of world.store('user').keys())
    if (key !== 'AST_JOBS_OWNER') problems.push(`left over in user properties: ${key}`);
  return problems;
}

function sorted(results: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(results).sort(([one], [other]) => (one < other ? -1 : 1)));
}

/** What went wrong in a trial, with its timeline; nothing when all is well. */
export function failuresOf(
  scenario: Scenario,
  fault: Fault,
  label: string,
  options: TrialOptions = {},
): readonly string[] {
  const trial = runTrial(scenario, fault, options);
  const found = trial.problems.length === 0 ? [] : [`${label}: ${trial.problems.join('; ')}\n${trial.describe()}`];
  trial.world.close();
  return found;
}
