/** Watches the calls of handlers: whose they are, how many at once, and what they are told of earlier attempts. */
import {EXECUTION_WALL_MS} from '../../src/core/limits';
import type {StoredJob} from '../../src/core/stored-job';
import {contains} from '../../src/core/units';
import type {Execution, World} from '../simulator';
import type {Drawn} from './draw';
import type {Faults} from './faults';
import type {LeaseWatch} from './lease-watch';
import {stepOf} from './requests';

interface InProgress {
  readonly job: string;
  readonly node: number;
  readonly unit: number;
  readonly execution: Execution;
}

/** A handler that is called. */
export interface BegunCall {
  readonly job: StoredJob;
  readonly unit: number;
  readonly step: string;
  readonly attempt: number;
  readonly execution: Execution;
  /** The part that the execution has a lease for. */
  readonly part: number | null;
}

/** The header remembers so many leases that were ended, and attempts are counted from it. */
const REMEMBERED = 8;

export class CallWatch {
  /** How often each step began, by job id and step id. */
  readonly runs = new Map<string, number>();
  /** The last attempt of each unit in a lease, and how many failures were committed when it began. */
  private readonly inLease = new Map<string, {readonly attempt: number; readonly failed: number}>();
  private readonly lastAttempt = new Map<string, {readonly attempt: number; readonly version: number}>();
  /** By job: executions that have begun a step of it. */
  private readonly runBy = new Map<string, Set<number>>();
  private readonly inProgress = new Map<number, InProgress>();
  private readonly world: World;
  private readonly drawn: Drawn;
  private readonly leases: LeaseWatch;
  private readonly faults: Faults;
  private readonly violations: string[];

  constructor(world: World, drawn: Drawn, leases: LeaseWatch, faults: Faults, violations: string[]) {
    this.world = world;
    this.drawn = drawn;
    this.leases = leases;
    this.faults = faults;
    this.violations = violations;
  }

  /** The unit of a step. */
  unitOf({plan}: StoredJob, step: string): number | null {
    return plan.unitOf(step);
  }

  begin(call: BegunCall): void {
    const {job, unit, step, execution, part} = call;
    const {id} = job.header;
    const key = `${id} ${step}`;
    this.checkAttempt(key, call);
    this.runBy.set(id, (this.runBy.get(id) ?? new Set<number>()).add(execution.id));
    this.runs.set(key, (this.runs.get(key) ?? 0) + 1);
    if (part === null) return;
    this.checkFailure(call, part);
    this.leases.begin(job, part, unit, execution.id);
    const share = job.header.parts[part]?.lease?.share ?? null;
    if (share !== null && !contains(share, unit))
      this.violations.push(`promise 3: step ${step} of ${id} runs beyond the share of execution ${execution.id}`);
    this.checkOthers(call);
    this.inProgress.set(execution.id, {job: id, node: job.plan.nodeOfUnit(unit), unit, execution});
  }

  /** A job is replayed: its attempts are counted anew. */
  forget(id: string): void {
    for (const counted of [this.runs, this.lastAttempt])
      for (const key of counted.keys()) if (key.startsWith(`${id} `)) counted.delete(key);
  }

  /** Whether nothing went wrong in any execution that has begun a step of a job. */
  isUntroubled(id: string): boolean {
    // Whoever outlives his lease writes no line any more (engine/notebook.ts, N2).
    const isWell = (one: number): boolean => {
      const {end, startMs = 0, endMs = null} = this.world.executions[one - 1] ?? {};
      return end === 'done' && (endMs ?? Infinity) - startMs < EXECUTION_WALL_MS && !this.faults.troubled.has(one);
    };
    return [...(this.runBy.get(id) ?? [])].every(isWell);
  }

  end({id}: Execution): void {
    this.inProgress.delete(id);
  }

  /** An attempt after another knows of it, unless that one stopped by itself at a cursor. */
  private checkAttempt(key: string, {job, unit, step, attempt}: BegunCall): void {
    const {id} = job.header;
    const pages = (job.ledger.lastPage(job.plan.nodeOfUnit(unit))?.number ?? -1) + 1;
    const version = pages + (job.ledger.cursor(unit)?.version ?? 0);
    const before = this.lastAttempt.get(key);
    this.lastAttempt.set(key, {attempt, version});
    if (before === undefined || version > before.version || this.mayStop(job, step)) return;
    if (attempt > before.attempt || (this.leases.recoveries.get(id)?.size ?? 0) > REMEMBERED) return;
    this.violations.push(`promise 3: step ${step} of ${id} is told attempt ${attempt} after attempt ${before.attempt}`);
  }

  /** A kill puts no more than one attempt of a unit in doubt: a failure is committed before the next one begins. */
  private checkFailure({job: {header, ledger}, unit, step, attempt}: BegunCall, part: number): void {
    const key = `${header.id} ${part} ${header.parts[part]?.epoch} ${unit}`;
    const failed = ledger.failedAttempts(unit)?.count ?? 0;
    const before = this.inLease.get(key);
    this.inLease.set(key, {attempt, failed});
    if (before === undefined || attempt <= before.attempt || failed > before.failed) return;
    this.violations.push(
      `promise 3: attempt ${attempt} of ${step} of ${header.id} begins before the failure of attempt ${before.attempt} is committed`,
    );
  }

  /** Whether a step ends an attempt, where its job is stopped, without a word of where it is. */
  private mayStop({header}: StoredJob, step: string): boolean {
    const drawn = this.drawn.jobs.find(({name}) => name === header.name);
    return stepOf(drawn, step)?.work.rounds?.isLooking === true;
  }

  /** No two live owners are at one unit, and no more at a map step than it may have. */
  private checkOthers({job, unit, step, execution, part}: BegunCall): void {
    const {plan, header} = job;
    const node = plan.nodeOfUnit(unit);
    const live = header.parts.flatMap(({epoch, lease}, index) => {
      const owner = this.leases.owner(header.id, index, epoch);
      const isLive = lease !== null && lease.untilMs > this.world.nowMs && owner?.end === 'running';
      return isLive && index !== part && owner !== undefined ? [this.inProgress.get(owner.id)] : [];
    });
    const others = live.filter((call) => call?.job === header.id && call.execution.id !== execution.id);
    if (others.some((call) => call?.unit === unit))
      this.violations.push(`promise 3: step ${step} of ${header.id} runs in two executions at once`);
    const atOnce = 1 + others.filter((call) => call?.node === node).length;
    if (atOnce > 1) this.faults.count('several workers at once');
    const planned = plan.node(node);
    const most =
      planned.kind === 'map' ? Math.min(planned.maxConcurrency, header.options.workers) : header.options.workers;
    if (atOnce > most) this.violations.push(`workers: ${atOnce} items of ${header.id} run at once, and ${most} may`);
  }
}
