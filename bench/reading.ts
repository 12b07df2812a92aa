/** What reading a job costs in CPU, by how many of its items are settled: each execution and each `status` reads it whole. */
import {LogWriter} from '../src/engine/log-writer';
import {encodeHeader} from '../src/core/header-codec';
import {headerKey} from '../src/core/keys';
import type {Outcome} from '../src/core/outcome';
import {NO_MARKER} from '../src/core/segment';
import {readJob, type Snapshot} from '../src/core/stored-job';
import {mapNode, planOf} from '../test/support/plans';
import {ADDRESS, AT_MS, jobIn, START, storedJob} from '../test/support/stored';
import {median, short, table} from './table';

const SIZES = [1_000, 10_000] as const;
const ROUNDS = 31;

/** The table of reading: CPU milliseconds of this machine, and how they grow. */
export function reading(): string {
  const times = SIZES.map((settled) => median(timesOf(snapshotOf(settled))));
  const [small = 0, large = 0] = times;
  return table(
    ['settled items', 'CPU ms to read the job'],
    [
      ...SIZES.map((settled, index) => [short(settled), short(times[index] ?? 0)]),
      [`ratio (${short(SIZES[1] / SIZES[0])} is linear)`, short(large / small)],
    ],
  );
}

/** A job with so many items, all settled, whose owner gave its lease back. */
function snapshotOf(settled: number): Snapshot {
  const items = Array.from({length: settled}, (_none, index) => ({row: index + 2}));
  const snapshot = storedJob({plan: planOf(mapNode('row', items)), pieceBytes: 8_000});
  const writer = new LogWriter(
    {address: ADDRESS, part: 0, log: 0, epoch: 1},
    {position: START, index: -1, segment: null},
    null,
    NO_MARKER,
  );
  for (let unit = 0; unit < settled; unit += 50)
    writer.commit(
      (key, value) => {
        snapshot[key] = value;
      },
      Array.from({length: Math.min(50, settled - unit)}, (_none, index) => outcomeOf(unit + index)),
      NO_MARKER,
    );
  const {header} = jobIn({[headerKey(ADDRESS)]: snapshot[headerKey(ADDRESS)] ?? '', ...snapshot});
  const parts = [{epoch: 1, log: 0, position: writer.position, lease: null}];
  snapshot[headerKey(ADDRESS)] = encodeHeader({...header, parts});
  return snapshot;
}

function outcomeOf(unit: number): Outcome {
  return {kind: 'done', unit, atMs: AT_MS + 300 * unit, durationMs: 200, result: JSON.stringify({row: unit, ok: true})};
}

function timesOf(snapshot: Snapshot): readonly number[] {
  return Array.from({length: ROUNDS}, () => {
    const before = process.cpuUsage();
    if (readJob(snapshot, ADDRESS).kind !== 'job') throw new Error('the job cannot be read');
    const {user, system} = process.cpuUsage(before);
    return (user + system) / 1_000;
  });
}
