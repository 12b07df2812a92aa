/** What many sequences came to, of one process and of all together. */
import type {Played} from './play';

const COUNTS = ['sequences', 'calls', 'jobs', 'executions', 'comparisons', 'differences'] as const;
type Count = (typeof COUNTS)[number];

export interface TotalsJson {
  readonly counts: Readonly<Record<Count, number>>;
  readonly calls: readonly (readonly [string, number])[];
}

export class Totals {
  readonly counts: Record<Count, number> = {
    ...{sequences: 0, calls: 0, jobs: 0, executions: 0, comparisons: 0, differences: 0},
  };
  private readonly calls = new Map<string, number>();

  add({executions, comparisons, jobs, calls, difference}: Played): void {
    const made = [...calls.values()].reduce((sum, count) => sum + count, 0);
    const differences = difference === null ? 0 : 1;
    const counts = {sequences: 1, calls: made, jobs, executions, comparisons, differences};
    this.merge({counts, calls: [...calls]});
  }

  merge({counts, calls}: TotalsJson): void {
    for (const count of COUNTS) this.counts[count] += counts[count];
    for (const [op, made] of calls) this.calls.set(op, (this.calls.get(op) ?? 0) + made);
  }

  toJSON(): TotalsJson {
    return {counts: this.counts, calls: [...this.calls]};
  }

  /** The calls by kind, and the sum in one line. */
  lines(seconds: number): readonly string[] {
    const {sequences, calls, jobs, executions, comparisons, differences} = this.counts;
    return [
      ...[...this.calls].sort().map(([op, count]) => `${String(count).padStart(8)}  ${op}`),
      `${sequences} sequences, ${calls} calls, ${jobs} jobs, ${executions} executions, ` +
        `${comparisons} comparisons of everything, ${seconds} s, ${differences} differences`,
    ];
  }
}
