/** One world of a seed: drawn, run with faults, run on without them, checked. */
import {World, type Execution} from '../simulator';
import {BUNDLE, libraryHost, pastedHost} from '../support/hosts';
import {Checkers} from './checkers';
import {drawWorld, FAULTY_MS, requestOf, USERS, type Drawn} from './draw';
import {Faults} from './faults';
import {HOST} from './host';

/** What a world came to. */
export interface WorldReport {
  readonly seed: number;
  readonly violations: readonly string[];
  readonly executions: number;
  readonly kills: number;
  readonly faults: ReadonlyMap<string, number>;
  /** Whether a job was taken over while its old owner still lived. */
  readonly hasTakeOver: boolean;
  readonly timeline: () => string;
}

const BIND = 'ASTX.Jobs.bind(globalThis);';
const HORIZON_MS = 12 * 3_600_000;

/** Runs the world of a seed; `bundle` may be a broken one. */
export function runWorld(seed: number, bundle = BUNDLE): WorldReport {
  const drawn = drawWorld(seed);
  const world = new World({
    seed,
    project: drawn.isLibrary ? libraryHost(HOST, BIND, bundle) : pastedHost(HOST, bundle),
    wallMs: drawn.wallMs,
    jitter: drawn.jitter,
  });
  for (let key = 0; key < drawn.hostKeys; key++) world.setProperty('script', `host_${key}`, 'h'.repeat(2_000));
  world.call('ownTrigger', [], {user: USERS[0] ?? ''});
  const checkers = new Checkers(world, drawn);
  const faults = new Faults();
  const submissions = play(world, drawn, checkers, faults);
  world.runUntil(world.nowMs + FAULTY_MS);
  faults.disarm(world);
  watch(world, checkers);
  const isOver = world.runWhile(() => isBusy(world), HORIZON_MS);
  world.onCall = undefined;
  const accepted = new Set(submissions.filter(([, run]) => run.end === 'done').map(([name]) => name));
  checkers.atEnd(
    accepted,
    isOver,
    world
      .triggers()
      .map((trigger) => trigger.handler)
      .join(),
  );
  const report: WorldReport = {
    seed,
    violations: [...checkers.violations],
    executions: world.executions.length,
    kills: world.executions.filter((execution) => execution.end === 'killed' || execution.end === 'wall').length,
    faults: faults.counts,
    hasTakeOver: hasTakeOver(world),
    timeline: () => world.describe(),
  };
  world.close();
  return report;
}

/** Starts what users do, with faults. */
function play(
  world: World,
  drawn: Drawn,
  checkers: Checkers,
  faults: Faults,
): readonly (readonly [string, Execution])[] {
  const startMs = world.nowMs;
  faults.arm(world, drawn);
  watch(world, checkers);
  for (const {fn, job, user, atMs} of drawn.actions)
    world.start({fn, args: fn === 'workByHand' || fn === 'look' ? [] : [job], user, atMs: startMs + atMs});
  return drawn.jobs.map((job) => {
    const args = [job.method, requestOf(job)];
    return [job.name, world.start({fn: 'submit', args, user: job.user, atMs: startMs + job.atMs})] as const;
  });
}

/** Lets the checkers look before every call, whatever the fault hook says of it. */
function watch(world: World, checkers: Checkers): void {
  const inner = world.onCall;
  world.onCall = (call) => {
    checkers.look();
    if (call.method === 'setProperty' && String(call.args[0]).endsWith('~h')) checkers.noteHeader(String(call.args[1]));
    return inner?.(call);
  };
}

/** Something is still to happen: an execution lives, or a trigger of the dispatcher exists. */
function isBusy(world: World): boolean {
  return (
    world.executions.some((execution) => execution.end === 'running') ||
    world.triggers().some((trigger) => trigger.handler === 'astJobsWorker')
  );
}

/** Two executions ran steps of one job at the same time. */
function hasTakeOver(world: World): boolean {
  const last = new Map<string, number>();
  const ends = new Map(world.executions.map((execution) => [execution.id, execution.endMs ?? Infinity]));
  for (const effect of world.effects) {
    if (effect.name !== 'begin') continue;
    const {job} = effect.data as {job: string};
    const before = last.get(job);
    if (before !== undefined && before !== effect.executionId && (ends.get(before) ?? 0) > effect.atMs) return true;
    last.set(job, effect.executionId);
  }
  return false;
}
