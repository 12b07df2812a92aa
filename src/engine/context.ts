/**
 * What a handler gets. Results are accessors that parse on access, so that 10,000 results are not copied for each call
 * and no handler sees what another did to its copy.
 */
import type {Budget} from '../core/budget';
import type {Header, Suspect} from '../core/header';
import {parseJson} from '../core/json';
import {resultKey} from '../core/keys';
import {readLarge, type Snapshot, type StoredJob} from '../core/stored-job';
import type {StepContext} from '../types';
import {patiently} from './patience';
import type {Ports} from './ports';

/** The context of one attempt. */
export function makeContext(
  ports: Ports,
  job: StoredJob,
  budget: Budget,
  unit: number,
  results: ResultViews,
): StepContext {
  const stepId = job.plan.stepId(unit);
  const failed = job.ledger.failedAttempts(unit)?.count ?? 0;
  return {
    jobId: job.header.id,
    stepId,
    name: job.header.name,
    attempt: 1 + failed + crashesOf(job.header.suspects, unit) + cutOff(job.header, unit),
    results: results.byId,
    payload: job.plan.payload(unit),
    idempotencyKey: `${job.header.id}/${stepId}`,
    timeLeftMs: () => Math.max(0, budget.endMs - ports.clock.nowMs()),
  };
}

/** Attempts that were in doubt for another reason than a kill. */
function cutOff(header: Header, unit: number): number {
  return header.recoveries.filter(({reason, inDoubt}) => reason !== 'killed' && inDoubt.includes(unit)).length;
}

function crashesOf(suspects: readonly Suspect[], unit: number): number {
  return suspects.find((suspect) => suspect.unit === unit)?.crashes ?? 0;
}

/** `context.results` of a job, growing as steps are completed. */
export class ResultViews {
  readonly byId: Readonly<Record<string, unknown>>;
  private readonly views: Record<string, unknown> = {};
  private readonly ports: Ports;
  private readonly job: StoredJob;
  private readonly snapshot: Snapshot;

  constructor(ports: Ports, job: StoredJob, snapshot: Snapshot) {
    this.ports = ports;
    this.job = job;
    this.snapshot = snapshot;
    // One object serves all handlers of an execution, so that none may leave anything behind in it.
    this.byId = new Proxy(this.views, {
      set: () => true,
      deleteProperty: () => true,
      defineProperty: () => false,
      setPrototypeOf: () => false,
      preventExtensions: () => false,
    });
    for (const unit of job.ledger.completedUnits()) this.add(unit);
  }

  /** Makes the result of a unit visible, once it has one. */
  add(unit: number): void {
    if (this.job.ledger.completion(unit) === null) return;
    Object.defineProperty(this.views, this.job.plan.stepId(unit), {
      enumerable: true,
      configurable: true,
      get: () => parseJson(this.text(unit)),
    });
  }

  private text(unit: number): string {
    const completion = this.job.ledger.completion(unit);
    if (completion === null) return 'null';
    const {result} = completion;
    if ('text' in result) return result.text;
    const {large} = result;
    const text =
      readLarge(this.snapshot, this.job.address, large) ?? readLarge(this.freshPieces(unit), this.job.address, large);
    if (text === null) throw new Error(`The stored result of step ${this.job.plan.stepId(unit)} is damaged.`);
    return text;
  }

  /** Pieces that were not in the store yet when the job was claimed. */
  private freshPieces(unit: number): Snapshot {
    const result = this.job.ledger.completion(unit)?.result;
    const pieces: Record<string, string> = {};
    if (result === undefined || 'text' in result) return pieces;
    for (let piece = 0; piece < result.large.pieces; piece++) {
      const key = resultKey(this.job.address, result.large.address, piece);
      const value = patiently(this.ports, () => this.ports.store.get(key));
      if (value !== null) pieces[key] = value;
    }
    return pieces;
  }
}
