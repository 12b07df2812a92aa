/** How time and cost grow with items and workers: tables, and the lines of the plot. */
import type {WorldOptions} from '../test/simulator';
import {
  BY_HAND,
  BY_HAND_EACH,
  savingEach,
  walking,
  withLargeResults,
  withTheirBudget,
  withWorkers,
  WORKERS,
  type Contender,
  type Task,
} from './contender';
import {measure, type Run} from './measure';
import type {Series} from './plot';
import type {Offers} from './scale-host';
import {short, table} from './table';

const HEADER = [
  ...['who', 'items', 'executions', 'time to the end min', 'of it waiting min', 'overhead %'],
  ...['writes/item', 'reads/item', 'locks/item', 'triggers made', 'peak bytes', 'CPU ratio'],
];

const MAX_SAVES = 20_000;

export interface Scaling {
  readonly table: string;
  readonly series: readonly Series[];
}

/** Everybody over each number of items, of 50 ms each. */
export function scaling(offered: Offers, sizes: readonly number[], itemMs = 50): Scaling {
  const contenders = [
    ...[BY_HAND, BY_HAND_EACH, ...WORKERS.map((workers) => withWorkers(offered, workers))],
    ...[withTheirBudget(offered), savingEach(offered)],
  ];
  const rows: (readonly string[])[] = [];
  const points = new Map(contenders.map(({label}) => [label, [] as (readonly [number, number])[]]));
  for (const items of sizes) {
    // Each save of its own is an entry of its own in the log, some 17 bytes: so many do not fit into 500 KB.
    const able = items > MAX_SAVES ? contenders.slice(0, -1) : contenders;
    for (const [contender, run, row] of compared(able, {items, itemMs})) {
      rows.push(row);
      if (run !== null && run.refusal === null) points.get(contender.label)?.push([items, run.elapsedMs / 60_000]);
    }
  }
  const drawn = [BY_HAND, BY_HAND_EACH, ...WORKERS.map((workers) => withWorkers(offered, workers))];
  return {
    table: table(HEADER, rows),
    series: drawn.map(({label}) => ({label, points: points.get(label) ?? []})),
  };
}

/** Items that take long, with triggers as late as they are reported to be. */
export function slowItems(offered: Offers, task: Task = {items: 900, itemMs: 2_000}): string {
  const contenders = [BY_HAND, ...WORKERS.map((workers) => withWorkers(offered, workers))];
  const options: WorldOptions = {triggerLagMs: [30_000, 90_000]};
  return table(
    HEADER,
    compared(contenders, task, options).map(([, , row]) => row),
  );
}

/** One step that walks over many items. */
export function longWalk(offered: Offers, task: Task = {items: 50_000, itemMs: 30}): string {
  return table(
    HEADER,
    compared([BY_HAND, walking(offered)], task).map(([, , row]) => row),
  );
}

/** Items whose results do not fit into the properties together. */
export function largeResults(offered: Offers, task: Task = {items: 100_000, itemMs: 50}): string {
  return table(
    HEADER,
    compared([withLargeResults(offered, 'DriveApp')], task).map(([, , row]) => row),
  );
}

/** The first of them is what the CPU of the others is compared with. */
function compared(
  contenders: readonly Contender[],
  task: Task,
  options: WorldOptions = {},
): readonly (readonly [Contender, Run | null, readonly string[]])[] {
  let base: Run | null = null;
  return contenders.map((contender) => {
    const run = contender.isOffered ? measure(contender, task, options) : null;
    base ??= run;
    return [contender, run, rowOf(contender, task, run, base)];
  });
}

function rowOf({label}: Contender, {items, itemMs}: Task, run: Run | null, base: Run | null): readonly string[] {
  if (run === null) return only(label, items, 'not offered');
  if (run.refusal !== null) return only(label, items, `refused: ${run.refusal}`);
  const {counts} = run;
  return [
    label,
    short(items),
    short(run.executions),
    (run.elapsedMs / 60_000).toFixed(1),
    (run.waitingMs / 60_000).toFixed(1),
    (100 * (run.runMs / (items * itemMs) - 1)).toFixed(1),
    perItem(counts.writes + counts.deletes, items),
    perItem(counts.reads, items),
    perItem(counts.locks, items),
    short(counts.triggersCreated),
    short(run.peakBytes),
    base === null ? '' : short(run.cpuMs / base.cpuMs),
  ];
}

function only(label: string, items: number, what: string): readonly string[] {
  return HEADER.map((_title, column) => [label, short(items), what][column] ?? '');
}

function perItem(count: number, items: number): string {
  const each = count / items;
  return each === 0 || each >= 0.1 ? short(each) : each.toPrecision(2);
}
