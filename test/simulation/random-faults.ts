/** Faults by chance, from a stream of their own. */
import {randomStream, type FiringVerdict, type Random, type ServiceCall, type Verdict} from '../simulator';
import {MOST_SPREAD_MS, type Drawn} from './draw';
import {isPossible, type FaultSource} from './fault-events';

const MESSAGES: readonly string[] = [
  "We're sorry, a server error occurred. Please wait a bit and try again.",
  'Unable to talk to trigger service',
  'There are too many LockService operations against the same script.',
  'Ein Serverfehler ist aufgetreten. Bitte versuchen Sie es später noch einmal.',
];

export class RandomFaults implements FaultSource {
  private readonly random: Random;
  private readonly clocks: Random;
  /** At which of its calls an execution stalls; 0: at none. */
  private readonly stallAt = new Map<number, number>();
  private readonly owners = new Set<number>();
  private readonly skews = new Map<number, number>();
  private readonly drawn: Drawn;
  private readonly startMs: number;

  constructor(drawn: Drawn, startMs: number) {
    this.drawn = drawn;
    this.startMs = startMs;
    this.random = randomStream(drawn.seed, 'faults');
    this.clocks = randomStream(drawn.seed, 'clocks');
  }

  call(call: ServiceCall): Verdict | undefined {
    const roll = this.random();
    const second = this.random();
    const verdict = this.stall(call, second) ?? this.outage(call) ?? this.byChance(call, roll, second);
    return verdict !== undefined && isPossible(call, verdict) ? verdict : undefined;
  }

  firing(): FiringVerdict | undefined {
    const roll = this.random();
    const {lost, double, lateFiring} = this.drawn.rates;
    if (roll < lost) return 'lost';
    if (roll < lost + double) return 'double';
    return roll < lost + double + lateFiring ? {lateMs: Math.floor(this.random() * 900_000)} : undefined;
  }

  isBornDisabled(): boolean {
    return this.random() < this.drawn.rates.disabled;
  }

  skewMs(executionId: number): number {
    const {clockSpreadMs} = this.drawn;
    if (clockSpreadMs === 0) return 0;
    const skewMs = this.drawSkew();
    this.skews.set(executionId, skewMs);
    return skewMs;
  }

  /** An owner falls asleep for longer than its lease lasts. */
  private stall(call: ServiceCall, second: number): Verdict | undefined {
    const {execution, index} = call;
    const {rates} = this.drawn;
    if (rates.stall === 0) return undefined;
    if (!this.stallAt.has(execution.id))
      this.stallAt.set(execution.id, this.random() < rates.stall ? 1 + Math.floor(this.random() * 24) : 0);
    // Some calls after a header was written it is most likely an owner that falls asleep.
    else if (isHeaderWrite(call) && this.random() < rates.stall && !this.owners.has(execution.id)) {
      this.owners.add(execution.id);
      this.stallAt.set(execution.id, index + 1 + Math.floor(this.random() * 8));
    }
    if (this.stallAt.get(execution.id) !== index) return undefined;
    return {kind: 'stall', ms: Math.floor(390_000 + second * 600_000), when: this.random() < 0.5 ? 'before' : 'after'};
  }

  private outage({service, atMs}: ServiceCall): Verdict | undefined {
    const sinceMs = atMs - this.startMs;
    const isOut = this.drawn.outages.some(
      (outage) => outage.service === service && outage.fromMs <= sinceMs && sinceMs < outage.toMs,
    );
    return isOut ? {kind: 'error', message: MESSAGES[0] ?? '', when: 'before'} : undefined;
  }

  private byChance(call: ServiceCall, roll: number, second: number): Verdict | undefined {
    const {rates} = this.drawn;
    // The one write under the lock that begins a log is rare, and its claim is to die in it often enough.
    if (rates.late > 0 && isCarriedCursor(call) && roll < 0.3)
      return {kind: 'late', ms: Math.floor(second * 1_500_000)};
    // The same goes for a batch that counts and has no job yet, and for a firing that its schedule does not know yet.
    if (rates.kill > 0 && isIntent(call) && roll > 0.7) return {kind: 'kill', when: 'after'};
    if (rates.kill > 0 && isFiringNoted(call) && roll > 0.93) return {kind: 'kill', when: 'before'};
    const rare = isTextMade(call) ? this.whereTextIsMade(roll, second) : undefined;
    if (rare !== undefined) return rare;
    let edge = rates.kill;
    if (roll < edge) return {kind: 'kill', when: second < 0.5 ? 'before' : 'after'};
    edge += rates.late;
    if (roll < edge) return {kind: 'late', ms: Math.floor(second * 1_500_000)};
    const message = MESSAGES[Math.floor(second * MESSAGES.length)] ?? '';
    edge += rates.errorBefore;
    if (roll < edge) return {kind: 'error', message, when: 'before'};
    edge += rates.errorAfter;
    if (roll < edge) return {kind: 'error', message, when: 'after'};
    edge += rates.jump;
    return roll < edge ? this.jump(call.execution.id) : undefined;
  }

  /** Between a text and the record that names it there are few calls, which are to be met often enough. */
  private whereTextIsMade(roll: number, second: number): Verdict | undefined {
    const {kill, errorAfter} = this.drawn.rates;
    const when = second < 0.5 ? 'before' : 'after';
    if (kill > 0 && roll > 0.76) return {kind: 'kill', when};
    return errorAfter > 0 && roll > 0.64 && roll <= 0.76
      ? {kind: 'error', message: MESSAGES[0] ?? '', when}
      : undefined;
  }

  /** The clock jumps to another reading within the world's spread. */
  private jump(executionId: number): Verdict {
    const before = this.skews.get(executionId) ?? 0;
    const after = this.drawSkew();
    this.skews.set(executionId, after);
    return {kind: 'jump', ms: after - before};
  }

  private drawSkew(): number {
    const spreadMs = Math.max(this.drawn.clockSpreadMs, MOST_SPREAD_MS);
    return Math.round((2 * this.clocks() - 1) * spreadMs);
  }
}

function isTextMade({service, method}: ServiceCall): boolean {
  return service === 'drive' && method === 'createFile';
}

function isHeaderWrite({method, args}: ServiceCall): boolean {
  return method === 'setProperty' && String(args[0]).endsWith('~h');
}

function isFiringNoted({method, args}: ServiceCall): boolean {
  return method === 'setProperty' && String(args[0]).startsWith('AST_JOBS_SCHEDULE~');
}

function isIntent({method, args}: ServiceCall): boolean {
  return method === 'setProperty' && /^AST_JOBS_INTENT~.*~0$/.test(String(args[0]));
}

function isCarriedCursor({method, args}: ServiceCall): boolean {
  return method === 'setProperty' && /~s[\d.]+\.0$/.test(String(args[0])) && /^\[\d+,\d+,-1,\[5,/.test(String(args[1]));
}
