/**
 * What a job costs in service calls and bytes, from the `enqueue` call until nothing is open any more, on a standing
 * watchdog. Deletes count as writes. Calls do not vary with the machine; the CPU column is a ratio within this run.
 */
import type {Counts, World} from '../test/simulator';
import {benchWorld, look} from './host';
import {short, table} from './table';

interface Cost {
  readonly label: string;
  readonly steps: number;
  readonly counts: Counts;
  readonly executions: number;
  readonly keys: number;
  readonly storedBytes: number;
  readonly virtualMs: number;
  readonly cpuMs: number;
}

const HOUR_MS = 3_600_000;

function measure(label: string, steps: number, fn: string, args: readonly unknown[], hostBytes = 0): Cost {
  const world = benchWorld();
  world.call('install');
  for (let key = 0; key * 8_000 < hostBytes; key++) world.setProperty('script', `host_${key}`, 'h'.repeat(8_000));
  world.resetCounts();
  const before = world.executions.length;
  const cpu = process.cpuUsage();
  const id = world.call(fn, args) as string;
  world.runWhile(() => !isOver(world, id), 200 * HOUR_MS);
  // The execution that ended the job also tidies up.
  world.runWhile(() => world.executions.some((execution) => execution.end === 'running'), 200 * HOUR_MS);
  const used = process.cpuUsage(cpu);
  const counts = world.counts();
  const ran = world.executions.slice(before).filter((execution) => execution.calls > 3);
  const store = [...world.store('script')].filter(([key]) => key.includes(id));
  const cost: Cost = {
    ...{label, steps, counts},
    executions: ran.length - 1,
    keys: store.length,
    storedBytes: store.reduce((sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value), 0),
    virtualMs: ran.reduce((sum, execution) => sum + (execution.endMs ?? 0) - execution.startMs, 0),
    cpuMs: (used.user + used.system) / 1_000,
  };
  const {status} = look(world, id);
  if (status !== 'completed') throw new Error(`${label} ended ${status}`);
  world.close();
  return cost;
}

function isOver(world: World, id: string): boolean {
  for (const [key, value] of world.store('script'))
    if (key.endsWith(`${id}~h`)) return value.includes('"ph":{"kind":"completed"') || value.includes('"kind":"failed"');
  return false;
}

function row(cost: Cost, base: Cost): readonly string[] {
  const {counts, steps} = cost;
  const writes = counts.writes + counts.deletes;
  return [
    cost.label,
    short(cost.executions),
    short(writes),
    short(counts.reads),
    short(counts.locks),
    short(counts.triggerCalls),
    short(counts.triggersCreated),
    short(cost.keys),
    short(cost.storedBytes),
    short(writes / steps),
    short(counts.reads / steps),
    short(counts.locks / steps),
    short(counts.bytesWritten / steps),
    short(cost.virtualMs / 1_000),
    short(cost.cpuMs / base.cpuMs),
  ];
}

const HEADER = [
  'job',
  'executions',
  'writes',
  'reads',
  'locks',
  'trigger calls',
  'triggers made',
  'keys',
  'stored bytes',
  'writes/step',
  'reads/step',
  'locks/step',
  'bytes written/step',
  'run time s',
  'CPU ratio',
];

/** The table of costs. */
export function costs(): string {
  const one = measure('one step', 1, 'one', []);
  const rows = [
    one,
    ...[10, 100, 1_000].map((n) => measure(`chain of ${n}, no work`, n, 'chain', [n, 0])),
    ...[10, 100, 1_000].map((n) => measure(`map-reduce of ${n}`, n + 1, 'map', [n])),
    measure('map-reduce of 1000, 100 KB of host keys', 1_001, 'map', [1_000], 100_000),
    measure('200 steps of 60 s', 200, 'chain', [200, 60_000]),
  ].map((cost) => row(cost, one));
  return table(HEADER, rows);
}

/** What a standing watchdog costs while nothing is open. */
export function idleDay(): string {
  const world = benchWorld();
  world.call('install');
  world.runUntil(world.nowMs + HOUR_MS);
  world.resetCounts();
  const before = world.executions.length;
  world.runUntil(world.nowMs + 24 * HOUR_MS);
  const {reads, writes, deletes, locks, triggerCalls} = world.counts();
  const ticks = world.executions.slice(before);
  const runSeconds = ticks.reduce((sum, tick) => sum + (tick.endMs ?? 0) - tick.startMs, 0) / 1_000;
  world.close();
  return table(
    ['idle day of a watchdog', 'executions', 'writes', 'reads', 'locks', 'trigger calls', 'run time s'],
    [['every 10 minutes', ...[ticks.length, writes + deletes, reads, locks, triggerCalls, runSeconds].map(short)]],
  );
}
