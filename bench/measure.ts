/** One run of one contender, without faults: what it cost and how long it took. */
import {World, type Counts, type Execution, type WorldOptions} from '../test/simulator';
import type {Contender, Task} from './contender';
import {StoreMeter} from './store-meter';

export interface Run {
  /** Why the work was not begun; `null` when it was. */
  readonly refusal: string | null;
  readonly executions: number;
  /** From the first call to the end of the last execution that did an item. */
  readonly elapsedMs: number;
  /** The part of it in which no execution was doing items. */
  readonly waitingMs: number;
  /** The time of all executions. */
  readonly runMs: number;
  readonly counts: Counts;
  readonly peakBytes: number;
  readonly cpuMs: number;
}

const WEEK_MS = 7 * 24 * 3_600_000;

/** Runs to the end; throws where not every item was done exactly once. */
export function measure(contender: Contender, task: Task, options: WorldOptions = {}): Run {
  const world = new World({...options, project: contender.project});
  const meter = new StoreMeter(world);
  const startMs = world.nowMs;
  const cpu = process.cpuUsage();
  const first = world.start(contender.begin(task));
  world.settle({horizonMs: WEEK_MS});
  const used = process.cpuUsage(cpu);
  const refusal = first.end === 'error' && world.effects.length === 0 ? String(first.error?.code) : null;
  if (refusal === null) expectAllDone(world, contender, task);
  const working = workingExecutions(world);
  const endMs = Math.max(startMs, ...working.map(({endMs: at}) => at ?? 0));
  const run: Run = {
    refusal,
    executions: world.executions.length,
    elapsedMs: endMs - startMs,
    waitingMs: endMs - startMs - coveredMs(working),
    runMs: world.executions.reduce((sum, {startMs: from, endMs: to}) => sum + (to ?? from) - from, 0),
    counts: world.counts(),
    peakBytes: meter.peakBytes,
    cpuMs: (used.user + used.system) / 1_000,
  };
  world.close();
  return run;
}

function expectAllDone(world: World, {label}: Contender, {items}: Task): void {
  const done = world.effects.filter(({name}) => name === 'item');
  const distinct = new Set(done.map(({data}) => data)).size;
  if (done.length === items && distinct === items) return;
  throw new Error(`${label}: ${distinct} of ${items} items were done, ${done.length - distinct} of them again.`);
}

function workingExecutions(world: World): readonly Execution[] {
  const ids = new Set(world.effects.map(({executionId}) => executionId));
  return world.executions.filter(({id}) => ids.has(id));
}

/** The time in which at least one of them ran. */
function coveredMs(executions: readonly Execution[]): number {
  const spans = executions.map(({startMs, endMs}) => [startMs, endMs ?? startMs] as const);
  let covered = 0;
  let reachedMs = -Infinity;
  for (const [fromMs, toMs] of [...spans].sort(([one], [other]) => one - other)) {
    covered += Math.max(0, toMs - Math.max(fromMs, reachedMs));
    reachedMs = Math.max(reachedMs, toMs);
  }
  return covered;
}
