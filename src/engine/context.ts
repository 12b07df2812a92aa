/**
 * What a handler gets. Results are accessors that parse on access, so that 10,000 results are not copied for each call
 * and no handler sees what another did to its copy.
 */
import type {Header} from '../core/header';
import {parseJson} from '../core/json';
import {resultKey} from '../core/keys';
import {readLarge, type Snapshot, type StoredJob} from '../core/stored-job';
import {contains, type UnitRange} from '../core/units';
import type {StepContext} from '../types';
import {ArchivedTexts} from './archived';
import type {Notebook} from './notebook';
import {patiently} from './patience';
import type {Ports} from './ports';
import type {Surroundings} from './secrets';
import type {StepControl, StepHost} from './step-control';
import {walker} from './walk';

/** The context of one attempt. */
export function makeContext(
  job: StoredJob,
  unit: number,
  payload: unknown,
  given: {
    readonly results: ResultViews;
    readonly host: StepHost;
    readonly control: StepControl;
    readonly notebook: Notebook;
    readonly surroundings: Surroundings;
  },
): StepContext {
  const {results, host, control, notebook} = given;
  const {mask} = given.surroundings;
  const stepId = job.plan.stepId(unit);
  const each = walker(control, host);
  return {
    jobId: job.header.id,
    stepId,
    name: job.header.name,
    attempt: attemptOf(job, unit),
    results: results.byId,
    payload,
    idempotencyKey: `${job.header.id}/${stepId}`,
    environment: given.surroundings.environment(),
    timeLeftMs: () => Math.max(0, host.endMs - host.clock.nowMs()),
    get cursor() {
      return control.userCursor;
    },
    checkpoint: (cursor) => {
      control.checkpoint(cursor);
    },
    each: each as StepContext['each'],
    isCanceled: () => control.isCanceled(),
    yield: () => control.yieldNow(),
    log: (...parts) => {
      notebook.log(stepId, parts, mask);
    },
    progress: (...said) => {
      notebook.progress(stepId, said, mask);
    },
  };
}

/** 1 + failed attempts + those that were in doubt. */
function attemptOf({header, ledger}: StoredJob, unit: number): number {
  const failed = ledger.failedAttempts(unit)?.count ?? 0;
  const crashes = header.suspects.find((suspect) => suspect.unit === unit)?.crashes ?? 0;
  const together = header.doubts.filter((range) => contains(range, unit)).length;
  return 1 + failed + crashes + together + cutOff(header, unit);
}

/** Attempts that were in doubt for another reason than a kill. */
function cutOff({recoveries}: Header, unit: number): number {
  const isHere = (range: UnitRange): boolean => contains(range, unit);
  return recoveries.filter(({reason, inDoubt}) => reason !== 'killed' && inDoubt.some(isHere)).length;
}

/** `context.results` of a job, growing as steps are completed; who lists them finds them in the order of the plan. */
export class ResultViews {
  readonly byId: Readonly<Record<string, unknown>>;
  private readonly views: Record<string, unknown> = {};
  private lastUnit = -1;
  private isInOrder = true;
  private readonly ports: Ports;
  private readonly job: StoredJob;
  private readonly snapshot: Snapshot;
  private readonly archived: ArchivedTexts;

  constructor(ports: Ports, job: StoredJob, snapshot: Snapshot) {
    this.ports = ports;
    this.job = job;
    this.snapshot = snapshot;
    this.archived = new ArchivedTexts(ports.archive);
    // One object serves all handlers of an execution, so that none may leave anything behind in it.
    this.byId = new Proxy(this.views, {
      set: () => true,
      deleteProperty: () => true,
      defineProperty: () => false,
      setPrototypeOf: () => false,
      preventExtensions: () => false,
      ownKeys: () => this.keysInOrder(),
    });
    for (const unit of job.ledger.completedUnits()) this.add(unit);
  }

  /** Makes the result of a unit visible, once it has one. */
  add(unit: number): void {
    if (this.job.ledger.completion(unit) === null) return;
    if (unit < this.lastUnit) this.isInOrder = false;
    this.lastUnit = unit;
    this.define(unit);
  }

  /** A step that was completed late is put into its place when somebody looks, once for all that came late. */
  private keysInOrder(): readonly (string | symbol)[] {
    if (!this.isInOrder) {
      for (const unit of this.job.ledger.completedUnits()) {
        Reflect.deleteProperty(this.views, this.job.plan.stepId(unit));
        this.define(unit);
        this.lastUnit = unit;
      }
      this.isInOrder = true;
    }
    return Reflect.ownKeys(this.views);
  }

  private define(unit: number): void {
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
    if ('archived' in result) return this.archived.result(result.archived, result.index);
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
    if (result === undefined || !('large' in result)) return pieces;
    for (let piece = 0; piece < result.large.pieces; piece++) {
      const key = resultKey(this.job.address, result.large.address, piece);
      const value = patiently(this.ports, () => this.ports.store.get(key));
      if (value !== null) pieces[key] = value;
    }
    return pieces;
  }
}
