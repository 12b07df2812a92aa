/**
 * Watches the limits of resources: no more units of a window are given out than it has, windows do not overlap, and an
 * execution begins no more attempts than it has units for, none of them behind the end of its window.
 */
import {decodeRates, endOf, type RateTable, type RateWindow} from '../../src/core/rate';
import {LEASE_MARGIN_MS} from '../../src/core/limits';
import type {Execution} from '../simulator';
import type {DrawnOperations} from './operations';
import type {Faults} from './faults';

/** What an execution has of a resource. */
interface Purse {
  units: number;
  untilMs: number;
}

/** From the use of a unit to the handler, where nothing is wrong. */
const TO_HANDLER_MS = 15_000;

export class LimitWatch {
  private readonly tables = new Map<string, RateTable>();
  /** By execution and resource. */
  private readonly purses = new Map<string, Purse>();
  private readonly begun = new Map<string, number[]>();
  private readonly faults: Faults;
  private readonly limits: DrawnOperations['limits'];
  private readonly spanMs: number;
  private readonly violations: string[];

  /** `spanMs`: in so long a time, by the world's clock, no more than two windows of a minute can lie. */
  constructor(
    faults: Faults,
    of: {readonly limits: DrawnOperations['limits']; readonly spanMs: number},
    violations: string[],
  ) {
    this.faults = faults;
    this.limits = of.limits;
    this.spanMs = of.spanMs;
    this.violations = violations;
  }

  /** The limits are written. */
  stored({id, project}: Pick<Execution, 'id' | 'project'>, text: string | null): void {
    const table = decodeRates(text ?? undefined);
    if (table === null) return this.wrong('limit: the limits cannot be read');
    const before = this.tables.get(project);
    this.tables.set(project, table);
    for (const [resource, [window]] of table) {
      const [old] = before?.get(resource) ?? [];
      if (window !== undefined) this.note(id, resource, window, old);
    }
  }

  private note(executionId: number, resource: string, window: RateWindow, old: RateWindow | undefined): void {
    if (window.used > window.limit)
      this.wrong(`limit: ${window.used} of ${window.limit} units of ${resource} are given out`);
    const isSame = old?.sinceMs === window.sinceMs;
    if (old !== undefined && !isSame && old.used > 0 && window.sinceMs < endOf(old))
      this.wrong(
        `limit: a window of ${resource} begins ${endOf(old) - window.sinceMs} ms before the end of the one before`,
      );
    const units = window.used - (isSame ? old.used : 0);
    if (units === 0) return;
    const key = `${executionId} ${resource}`;
    this.purses.set(key, {units: (this.purses.get(key)?.units ?? 0) + units, untilMs: endOf(window)});
    this.faults.count(units > 0 ? 'units reserved' : 'units given back');
    if (window.used === window.limit) this.faults.count('a limit used up');
  }

  /** An attempt of a job with resources begins. */
  begin(
    resources: readonly string[],
    {id, project}: Execution,
    {what, atMs}: {readonly what: string; readonly atMs: number},
  ): void {
    for (const resource of resources) {
      if (this.tables.get(project)?.has(resource) !== true) continue;
      const purse = this.purses.get(`${id} ${resource}`);
      if (purse === undefined || purse.units < 1) {
        this.wrong(`limit: ${what} begins in execution ${id}, which has no unit of ${resource}`);
        continue;
      }
      purse.units--;
      if (this.faults.troubled.has(id)) continue;
      if (atMs > purse.untilMs + LEASE_MARGIN_MS + TO_HANDLER_MS)
        this.wrong(`limit: ${what} uses a unit of ${resource} ${atMs - purse.untilMs} ms behind its window`);
      this.checkSpan(`${project} ${resource}`, this.limits[resource] ?? Infinity, {what, atMs});
    }
  }

  private checkSpan(key: string, limit: number, {what, atMs}: {readonly what: string; readonly atMs: number}): void {
    const times = (this.begun.get(key) ?? []).filter((other) => other > atMs - this.spanMs);
    times.push(atMs);
    this.begun.set(key, times);
    if (times.length > 2 * limit) this.wrong(`limit: ${what} is attempt ${times.length} in a minute, of ${limit}`);
  }

  private wrong(text: string): void {
    this.violations.push(text);
  }
}
