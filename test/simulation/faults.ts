/** Faults by chance, from streams of their own, counted by kind and by kind of service call. */
import {randomStream, type ServiceCall, type Verdict, type World} from '../simulator';
import type {Drawn} from './draw';

const MESSAGES: readonly string[] = [
  "We're sorry, a server error occurred. Please wait a bit and try again.",
  'Unable to talk to trigger service',
  'There are too many LockService operations against the same script.',
  'Ein Serverfehler ist aufgetreten. Bitte versuchen Sie es später noch einmal.',
];

/** What happened to a world. */
export class Faults {
  readonly counts = new Map<string, number>();
  /** Executions that were stalled: they may outlive their lease. */
  readonly stalled = new Set<number>();

  /** Lets faults happen in a world from now on. */
  arm(world: World, drawn: Drawn): void {
    const random = randomStream(drawn.seed, 'faults');
    const {rates} = drawn;
    world.onCall = (call) => {
      const verdict = this.verdict(call, random(), random(), drawn);
      if (verdict !== undefined)
        this.note(`${verdict.kind} ${'when' in verdict ? (verdict.when ?? '') : ''} ${call.service}.${call.method}`);
      return verdict;
    };
    world.onFiring = () => {
      const roll = random();
      if (roll < rates.lost) return this.firing('lost', 'lost');
      if (roll < rates.lost + rates.double) return this.firing('double', 'double');
      if (roll < rates.lost + rates.double + rates.lateFiring)
        return this.firing('late firing', {lateMs: Math.floor(random() * 900_000)});
      return undefined;
    };
    world.onCreation = (trigger) => {
      if (trigger.kind !== 'oneOff' || random() >= rates.disabled) return undefined;
      this.note('born disabled');
      return 'disabled';
    };
  }

  disarm(world: World): void {
    world.onCall = undefined;
    world.onFiring = undefined;
    world.onCreation = undefined;
  }

  private verdict(call: ServiceCall, roll: number, second: number, drawn: Drawn): Verdict | undefined {
    const {rates} = drawn;
    let edge = rates.kill;
    const when = second < 0.5 ? 'before' : 'after';
    if (roll < edge) return {kind: 'kill', when};
    edge += rates.stall;
    if (roll < edge) {
      this.stalled.add(call.execution.id);
      return {
        kind: 'stall',
        ms: Math.floor(300_000 + second * 500_000),
        when: random01(call) < 0.5 ? 'before' : 'after',
      };
    }
    edge += rates.late;
    if (roll < edge && isUnlockedWrite(call)) return {kind: 'late', ms: Math.floor(second * 1_500_000)};
    // A handler's own sleep does not fail; everything else may.
    if (call.service === 'utilities') return undefined;
    edge += rates.transientBefore;
    const message = MESSAGES[Math.floor(second * MESSAGES.length)] ?? '';
    if (roll < edge) return {kind: 'error', message, when: 'before'};
    edge += rates.transientAfter;
    return roll < edge ? {kind: 'error', message, when: 'after'} : undefined;
  }

  private firing<Verdict>(name: string, verdict: Verdict): Verdict {
    this.note(name);
    return verdict;
  }

  private note(kind: string): void {
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
  }
}

/** Another chance for the same call, without drawing from the stream. */
function random01(call: ServiceCall): number {
  return (call.n * 0.618_033_988_75) % 1;
}

/** The assumption of the storage protocol: what is written under the lock takes effect before the lock is freed. */
function isUnlockedWrite(call: ServiceCall): boolean {
  return call.method === 'setProperty' && /~[sr][\d.]+$/.test(String(call.args[0]));
}
