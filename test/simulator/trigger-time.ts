/**
 * The day's run time of triggers, by user.
 *
 * D1 a user's day begins with the first use and lasts 24 hours. D2 an execution counts in the day in which it ends.
 */
const DAY_MS = 86_400_000;

interface Day {
  readonly sinceMs: number;
  readonly usedMs: number;
}

export class TriggerTime {
  private readonly days = new Map<string, Day>();
  private readonly limitMs: number;

  constructor(limitMs: number) {
    this.limitMs = limitMs;
  }

  isUsedUp(user: string, nowMs: number): boolean {
    return this.dayOf(user, nowMs, nowMs).usedMs >= this.limitMs;
  }

  add(user: string, fromMs: number, nowMs: number): void {
    const day = this.dayOf(user, fromMs, nowMs);
    this.days.set(user, {...day, usedMs: day.usedMs + nowMs - fromMs});
  }

  private dayOf(user: string, fromMs: number, nowMs: number): Day {
    const day = this.days.get(user);
    return day !== undefined && nowMs < day.sinceMs + DAY_MS ? day : {sinceMs: fromMs, usedMs: 0};
  }
}
