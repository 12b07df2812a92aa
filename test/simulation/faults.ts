/** Lets the faults of a source happen in a world, remembers them and counts them. */
import type {FiringVerdict, ServiceCall, Verdict, World} from '../simulator';
import {MAX_TRIES} from '../../src/core/service-error';
import type {FaultEvent, FaultSource} from './fault-events';

export class Faults {
  /** What has happened, in order. */
  readonly events: FaultEvent[] = [];
  /** By fault and, where there is one, kind of service call. */
  readonly counts = new Map<string, number>();
  /** Executions in which a call of the lock service failed: they may hold what they believe they do not. */
  readonly lockFailures = new Set<number>();
  /** Executions to which something happened that may leave a lease behind: all but a failure or two of a call. */
  readonly troubled = new Set<number>();
  private readonly workerTriggers = new Set<string>();
  private readonly failuresInARow = new Map<number, number>();
  private firings = 0;
  private creations = 0;
  private readonly source: FaultSource;

  constructor(source: FaultSource) {
    this.source = source;
  }

  arm(world: World): void {
    world.onFiring = ({uid}) => this.firing(uid);
    world.onCreation = ({kind}) => (kind === 'oneOff' && this.isBornDisabled() ? 'disabled' : 'ok');
    world.onStart = ({id}) => this.skewMs(id);
  }

  disarm(world: World): void {
    world.onFiring = undefined;
    world.onCreation = undefined;
    world.onStart = undefined;
  }

  call(call: ServiceCall): Verdict | undefined {
    const verdict = this.source.call(call);
    this.noteTrouble(call, verdict);
    if (verdict === undefined) return undefined;
    if (call.service === 'lock' && verdict.kind === 'error') this.lockFailures.add(call.execution.id);
    const when = 'when' in verdict ? ` ${verdict.when ?? 'before'}` : '';
    this.count(`${verdict.kind}${when} ${call.service}.${call.method}`);
    this.events.push({at: 'call', n: call.n, verdict});
    return verdict;
  }

  /** A refusal by the service itself: a quota, a limit. */
  refused(call: ServiceCall, error: string): void {
    if (error.includes('for one day')) {
      this.troubled.add(call.execution.id);
      this.count('quota of the day');
    } else if (error.includes('storage quota')) this.count('store full');
    else if (error.includes('too many triggers')) this.count('too many triggers');
  }

  private noteTrouble({service, execution: {id}}: ServiceCall, verdict: Verdict | undefined): void {
    const isShort = verdict === undefined || verdict.kind === 'error' || verdict.kind === 'jump';
    const before = this.failuresInARow.get(id) ?? 0;
    if (service === 'utilities') {
      // Between two tries of a call there is a sleep.
      if (before > 0 && !isShort) this.troubled.add(id);
      return;
    }
    const failures = verdict?.kind === 'error' ? before + 1 : 0;
    this.failuresInARow.set(id, failures);
    if (failures >= MAX_TRIES || !isShort) this.troubled.add(id);
  }

  /** One-offs of workers, as a user's key names them. */
  noteWorkerTriggers(entries: unknown): void {
    for (const entry of Array.isArray(entries) ? (entries as readonly (readonly unknown[])[]) : [])
      this.workerTriggers.add(String(entry[0]));
  }

  private firing(uid: string): FiringVerdict {
    const n = ++this.firings;
    const verdict = this.source.firing(n);
    if (verdict === undefined) return 'fire';
    if (verdict === 'lost' && this.workerTriggers.has(uid)) this.count("a worker's trigger lost");
    this.count(`firing ${typeof verdict === 'string' ? verdict : 'late'}`);
    this.events.push({at: 'firing', n, verdict});
    return verdict;
  }

  private isBornDisabled(): boolean {
    const n = ++this.creations;
    if (!this.source.isBornDisabled(n)) return false;
    this.count('born disabled');
    this.events.push({at: 'creation', n});
    return true;
  }

  private skewMs(executionId: number): number {
    const skewMs = this.source.skewMs(executionId);
    if (skewMs === 0) return 0;
    this.count('clock off');
    this.events.push({at: 'start', n: executionId, skewMs});
    return skewMs;
  }

  /** Something has happened that a run of many worlds has to meet. */
  count(kind: string): void {
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
  }
}
