/**
 * What one execution uses of the day's quotas, whichever host calls: counted in memory, and taken over into the user's
 * key whenever that is written. An execution that is killed takes over nothing; whoever ends its lease counts for it.
 */
import {
  isNothing,
  NOTHING_SPENT,
  restOf,
  sumOf,
  withSpent,
  type DayUse,
  type QuotaLimits,
  type QuotaName,
  type Spent,
} from '../core/quota';
import {OWN_WRITE_OPERATIONS, OWN_WRITE_TRIGGER_MS} from '../core/limits';

/** What a run has to stay within. */
export interface Allowance {
  /** What was stored when it was last looked at or written. */
  readonly use: DayUse | null;
  readonly limits: QuotaLimits;
  readonly tickMs: number | null;
}

export class Meter {
  /** Set once a pass that a trigger called has looked; a run that a person started has no allowance. */
  allowance: Allowance | null = null;
  private readonly startMs: number;
  private counted: Spent = NOTHING_SPENT;
  /** From when on trigger time is not stored yet; `null` where no trigger called this execution. */
  private triggerFromMs: number | null = null;

  /** `startMs`: when the execution began. */
  constructor(startMs: number) {
    this.startMs = startMs;
  }

  /** A trigger called this execution, so that its run time counts. */
  noteTrigger(): void {
    this.triggerFromMs ??= this.startMs;
  }

  /** So many more of something. */
  count(more: Partial<Spent>): void {
    this.counted = sumOf(this.counted, {...NOTHING_SPENT, ...more});
  }

  /** A service said that a quota of the day is used up. */
  noteRefusal(what: QuotaName): void {
    this.count({refused: [what]});
  }

  /** Whether a refusal is not stored yet. */
  get hasRefusal(): boolean {
    return this.counted.refused.length > 0;
  }

  /** A use with what is not stored yet; `null` where there is neither. */
  total(use: DayUse | null, nowMs: number, tickMs: number | null): DayUse | null {
    const spent = this.spent(nowMs);
    if (use === null && isNothing(spent)) return null;
    return withSpent(use, spent, {fromMs: this.startMs, nowMs, tickMs});
  }

  /** What was counted and is not stored. */
  get unsaved(): Spent {
    return this.counted;
  }

  /** What was counted before a write is stored, and the time up to it; the write itself is not. */
  saved(use: DayUse | null, counted: Spent, nowMs: number): void {
    this.counted = restOf(this.counted, counted);
    if (this.triggerFromMs !== null) this.triggerFromMs = nowMs;
    if (this.allowance !== null) this.allowance = {...this.allowance, use};
  }

  /** Whether enough came together for a write of its own. */
  isFull(nowMs: number): boolean {
    const {triggerMs, operations, refused} = this.spent(nowMs);
    return triggerMs >= OWN_WRITE_TRIGGER_MS || operations >= OWN_WRITE_OPERATIONS || refused.length > 0;
  }

  private spent(nowMs: number): Spent {
    const triggerMs = this.triggerFromMs === null ? 0 : Math.max(0, nowMs - this.triggerFromMs);
    return sumOf(this.counted, {...NOTHING_SPENT, triggerMs});
  }
}
