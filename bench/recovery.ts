/** How jobs come through kills: how many end right by themselves, and how long they stand still. */
import type {Verdict} from '../test/simulator';
import {World} from '../test/simulator';
import {benchWorld, look} from './host';
import {median, short, table} from './table';

const HOUR_MS = 3_600_000;

interface Outcome {
  readonly isRight: boolean;
  readonly wasAccepted: boolean;
  /** Standstill after a kill, in milliseconds; `null` when no step was left to run. */
  readonly gapMs: number | null;
}

/** Time from the end of an execution to the next call of a handler. */
function standstill(world: World, endedAtMs: number): number | null {
  const next = world.effects.find((effect) => effect.name === 'run' && effect.atMs > endedAtMs);
  return next === undefined ? null : next.atMs - endedAtMs;
}

function killAt(isPoint: (n: number, atMs: number) => boolean, when: 'before' | 'after', stepMs: number): Outcome {
  const world = benchWorld();
  let killedAtMs: number | null = null;
  world.onCall = (call): Verdict | undefined => {
    if (killedAtMs !== null || !isPoint(call.n, call.atMs)) return undefined;
    killedAtMs = call.atMs;
    return {kind: 'kill', when};
  };
  const acting = world.start({fn: 'chain', args: [5, stepMs]});
  world.settle({horizonMs: 12 * HOUR_MS});
  world.onCall = undefined;
  const id = jobIn(world);
  const wasAccepted = id !== null;
  const record = id === null ? null : look(world, id);
  const isRight = record === null ? acting.end === 'killed' : record.status === 'completed';
  const gapMs = killedAtMs === null || record === null ? null : standstill(world, killedAtMs);
  world.close();
  return {isRight: isRight && world.triggers().length === 0, wasAccepted, gapMs};
}

function jobIn(world: World): string | null {
  for (const key of world.store('script').keys()) if (key.endsWith('~h')) return key.split('~')[1] ?? null;
  return null;
}

function callsOf(stepMs: number): number {
  const world = benchWorld();
  world.start({fn: 'chain', args: [5, stepMs]});
  world.settle({horizonMs: 12 * HOUR_MS});
  const {calls} = world.counts();
  world.close();
  return calls;
}

function summary(label: string, outcomes: readonly Outcome[]): readonly string[] {
  const gaps = outcomes.map((outcome) => outcome.gapMs).filter((gapMs) => gapMs !== null);
  return [
    label,
    short(outcomes.length),
    short(outcomes.filter((outcome) => outcome.isRight).length),
    short(outcomes.filter((outcome) => !outcome.isRight).length),
    short(outcomes.filter((outcome) => !outcome.wasAccepted).length),
    (median(gaps) / 60_000).toFixed(1),
    (Math.max(0, ...gaps) / 60_000).toFixed(1),
  ];
}

/** The table of kills. */
export function kills(): string {
  const rows: (readonly string[])[] = [];
  const points = Array.from({length: callsOf(1_000)}, (_none, index) => index + 1);
  const everywhere = (['before', 'after'] as const).flatMap((when) =>
    points.map((point) => killAt((n) => n === point, when, 1_000)),
  );
  rows.push(summary('one kill at every service call of 5 steps', everywhere));
  const evenTimes = Array.from({length: 100}, (_none, index) => 60_000 + index * 1_500);
  rows.push(
    summary(
      'kills at 100 even times, 5 steps of 20 s',
      evenTimes.map((afterMs) => killAt((_n, atMs) => atMs >= START_MS + afterMs, 'before', 20_000)),
    ),
  );
  return table(
    [
      'kills',
      'trials',
      'end right by themselves',
      'stuck or wrong',
      'killed before accepted',
      'median gap min',
      'longest gap min',
    ],
    rows,
  );
}

const START_MS = Date.UTC(2026, 0, 5, 9);

/** Steps that do not fit two into an execution. */
export function longSteps(): string {
  const world = benchWorld();
  const id = world.call('chain', [5, 200_000]) as string;
  world.settle({horizonMs: 12 * HOUR_MS});
  const record = look(world, id);
  const ran = world.executions.filter((execution) => (execution.endMs ?? 0) - execution.startMs > 100_000);
  const gaps = ran.slice(0, -1).map((execution) => standstill(world, execution.endMs ?? 0) ?? 0);
  const killed = world.executions.filter((execution) => execution.end !== 'done').length;
  world.close();
  return table(
    ['steps of 200 s', 'status', 'executions with work', 'killed by the wall', 'median gap after a budget end min'],
    [['chain of 5', record.status, short(ran.length), short(killed), (median(gaps) / 60_000).toFixed(1)]],
  );
}
