/** The sums of many worlds. */
import type {WorldReport} from './run';

export class Totals {
  worlds = 0;
  executions = 0;
  kills = 0;
  takeOvers = 0;
  violations = 0;
  readonly faults = new Map<string, number>();

  add(report: WorldReport): void {
    this.worlds++;
    this.executions += report.executions;
    this.kills += report.kills;
    this.takeOvers += report.hasTakeOver ? 1 : 0;
    this.violations += report.violations.length;
    for (const [kind, count] of report.faults) this.faults.set(kind, (this.faults.get(kind) ?? 0) + count);
  }

  /** Adds the sums of another process. */
  merge(other: TotalsJson): void {
    this.worlds += other.worlds;
    this.executions += other.executions;
    this.kills += other.kills;
    this.takeOvers += other.takeOvers;
    this.violations += other.violations;
    for (const [kind, count] of other.faults) this.faults.set(kind, (this.faults.get(kind) ?? 0) + count);
  }

  toJSON(): TotalsJson {
    const {worlds, executions, kills, takeOvers, violations} = this;
    return {worlds, executions, kills, takeOvers, violations, faults: [...this.faults]};
  }
}

export interface TotalsJson {
  readonly worlds: number;
  readonly executions: number;
  readonly kills: number;
  readonly takeOvers: number;
  readonly violations: number;
  readonly faults: readonly (readonly [string, number])[];
}
