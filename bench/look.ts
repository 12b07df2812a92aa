/** What looking at jobs takes: CPU, as ratios within one run, on a store of five hundred jobs, one of ten thousand items. */
import {EVERYTHING} from '../src/core/selection';
import {listJobs, recordAt} from '../src/engine/views';
import {crowdAddress, mapJob, smallJobs} from '../test/support/crowds';
import type {Values} from '../test/support/holds';
import {AT_MS} from '../test/support/stored';
import {median, short, table} from './table';

const ROUNDS = 15;
const ALL = {selection: {...EVERYTHING, limit: 1_000}, prefix: null};

/** The table of looking. */
export function looking(): string {
  const large = mapJob(10_000);
  const small = smallJobs(499);
  const list = (values: Values, details: boolean | null) => () => listJobs(values, {...ALL, details}, AT_MS, null);
  const baseMs = cpuMs(list(small, null));
  const rows: readonly (readonly [what: string, act: () => unknown])[] = [
    ['`list` of 500, one of 10,000 items', list({...large, ...small}, null)],
    ['the same with details of all', list({...large, ...small}, true)],
    ['`list` of the job of 10,000 items alone', list(large, null)],
    ['`status` of the job of 10,000 items', () => recordAt(large, crowdAddress(0), AT_MS, null)],
  ];
  return table(
    ['what, in times of `list` of 499 jobs of two steps', 'result'],
    rows.map(([what, act]) => [what, short(cpuMs(act) / baseMs)]),
  );
}

function cpuMs(act: () => unknown): number {
  return median(
    Array.from({length: ROUNDS}, () => {
      const startMs = performance.now();
      act();
      return performance.now() - startMs;
    }),
  );
}
