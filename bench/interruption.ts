/** One execution killed in the middle of a run: what is done twice, what is lost, and whether it ever goes on. */
import {World, type Execution} from '../test/simulator';
import type {Contender, Task} from './contender';
import {median, short, table} from './table';

const HOUR_MS = 3_600_000;
/** 400 seconds of work: more than one execution for everybody. */
const TASK: Task = {items: 2_000, itemMs: 200};
const MOMENTS_MS = Array.from({length: 20}, (_none, index) => 10_000 + index * 20_000);
/** An execution is killed when it is at least so old, which is in its work. */
const SETTLED_MS = 2_000;

interface Trial {
  /** No item was done any more within half a day, with items left. */
  readonly isStuck: boolean;
  /** From the kill to the next item; `null` when stuck, or when none was left. */
  readonly gapMs: number | null;
  /** Items done when nothing happened any more. */
  readonly doneAlone: number;
  /** After a person started it again, where there is something to start. */
  readonly repeated: number;
  readonly lost: number;
}

function killAt(contender: Contender, task: Task, momentMs: number): Trial {
  const world = new World({project: contender.project});
  const startMs = world.nowMs;
  world.start(contender.begin(task));
  world.runUntil(startMs + momentMs);
  world.runWhile(() => atWork(world) === undefined, HOUR_MS);
  const victim = atWork(world);
  if (victim === undefined) throw new Error(`${contender.label} is over before ${momentMs} ms: nothing can be killed.`);
  const killedMs = world.nowMs;
  world.kill(victim);
  world.settle({horizonMs: 12 * HOUR_MS});
  const doneAlone = distinctItems(world);
  const isStuck = doneAlone < task.items;
  const next = world.effects.find(({atMs}) => atMs > killedMs);
  if (isStuck && contender.again !== null) {
    world.start({fn: contender.again});
    world.settle({horizonMs: 12 * HOUR_MS});
  }
  const done = distinctItems(world);
  const trial: Trial = {
    ...{isStuck, doneAlone},
    gapMs: isStuck || next === undefined ? null : next.atMs - killedMs,
    repeated: world.effects.length - done,
    lost: task.items - done,
  };
  world.close();
  return trial;
}

function atWork(world: World): Execution | undefined {
  return world.executions.find(({end, startMs}) => end === 'running' && world.nowMs >= startMs + SETTLED_MS);
}

function distinctItems(world: World): number {
  return new Set(world.effects.map(({data}) => data)).size;
}

const HEADER = [
  ...['killed in the middle', 'trials', 'goes on by itself', 'stands still for ever', 'done by then, median'],
  ...['gap, median min', 'done twice, median', 'done twice, most', 'lost'],
];

/** The table of kills, at the same moments for everybody. */
export function interruptions(
  contenders: readonly Contender[],
  task: Task = TASK,
  momentsMs: readonly number[] = MOMENTS_MS,
): string {
  const rows = contenders.map((contender) => {
    if (!contender.isOffered) return HEADER.map((_title, column) => [contender.label, 'not offered'][column] ?? '');
    const trials = momentsMs.map((momentMs) => killAt(contender, task, momentMs));
    const gaps = trials.map(({gapMs}) => gapMs).filter((gapMs) => gapMs !== null);
    const stuck = trials.filter(({isStuck}) => isStuck);
    const repeated = trials.map((trial) => trial.repeated);
    return [
      contender.label,
      short(trials.length),
      short(trials.length - stuck.length),
      short(stuck.length),
      stuck.length === 0 ? 'all' : short(median(stuck.map(({doneAlone}) => doneAlone))),
      gaps.length === 0 ? '' : (median(gaps) / 60_000).toFixed(1),
      short(median(repeated)),
      short(Math.max(...repeated)),
      short(Math.max(...trials.map(({lost}) => lost))),
    ];
  });
  return table(HEADER, rows);
}
