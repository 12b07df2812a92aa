/**
 * Watches the leases of each job's parts: who has which, how each ends, and what its owner had begun by then.
 *
 * A part's lease is given back by its owner, or ended under the lock by somebody else: not before its deadline (but by
 * `cancel`), with a log that ends there, and with all that was begun and is not committed in `recoveries`.
 */
import {isFinal, type Header, type Part, type Recovery} from '../../src/core/header';
import {LEASE_MARGIN_MS} from '../../src/core/limits';
import {unitsInDoubt, type StoredJob} from '../../src/core/stored-job';
import {contains, sizeOf, unitsOf} from '../../src/core/units';
import type {Execution, ServiceCall, World} from '../simulator';
import type {Faults} from './faults';
import {called} from './job-watch';

/** What an owner has begun in its term and not ended by an outcome that is stored. */
interface Begun {
  /** What the log said of the unit when it began. */
  readonly words: string;
  readonly executionId: number;
}

export class LeaseWatch {
  /** Attempts in doubt by job and unit, from every header that was written. */
  readonly inDoubt = new Map<string, Set<string>>();
  /** Recoveries of each job: the header remembers eight. */
  readonly recoveries = new Map<string, Set<string>>();
  /** Whether a job was claimed while the owner whose lease had run out still lived. */
  hasTakeOver = false;
  /** Which execution claimed an epoch of a part of a job. */
  private readonly owners = new Map<string, number>();
  /** By job, part and epoch: units that were begun. */
  private readonly begun = new Map<string, Map<number, Begun>>();
  private readonly world: World;
  private readonly faults: Faults;
  private readonly violations: string[];

  constructor(world: World, faults: Faults, violations: string[]) {
    this.world = world;
    this.faults = faults;
    this.violations = violations;
  }

  owner(id: string, part: number, epoch: number): Execution | undefined {
    return this.world.executions[(this.owners.get(`${id} ${part} ${epoch}`) ?? 0) - 1];
  }

  /** The part of a job that an execution has a lease for. */
  partOf({header}: StoredJob, execution: Execution): number | null {
    const index = header.parts.findIndex(
      ({epoch, lease}, part) => lease !== null && this.owner(header.id, part, epoch)?.id === execution.id,
    );
    return index < 0 ? null : index;
  }

  /** Whether nobody could have taken over a part by now, by anybody's clock. */
  isSure({header}: StoredJob, part: number): boolean {
    const lease = header.parts[part]?.lease ?? null;
    return lease !== null && lease.untilMs - LEASE_MARGIN_MS > this.world.nowMs;
  }

  /** An attempt begins. */
  begin(job: StoredJob, part: number, unit: number, executionId: number): void {
    const key = `${job.header.id} ${part} ${job.header.parts[part]?.epoch ?? 0}`;
    const begun = this.begun.get(key) ?? new Map<number, Begun>();
    begun.set(unit, {words: progressOf(job, unit), executionId});
    this.begun.set(key, begun);
  }

  /** A write to a job has landed. */
  note(call: ServiceCall, job: StoredJob, before: StoredJob | null): void {
    const {header} = job;
    const old = before?.header ?? null;
    for (const recovery of header.recoveries) this.noteRecovery(header.id, recovery);
    header.parts.forEach((part, index) => {
      const was = old?.parts[index] ?? null;
      if (was !== null && was.lease !== null && before !== null) this.checkEnd(call, {job, before, index, part, was});
    });
    header.parts.forEach((part, index) => {
      const key = `${header.id} ${index} ${part.epoch}`;
      if (part.epoch === 0 || this.owners.has(key)) return;
      this.owners.set(key, call.execution.id);
    });
    if (header.parts.length > header.options.workers)
      this.violations.push(`workers: ${header.id} has ${header.parts.length} parts, by ${called(call)}`);
    if (old !== null && !isFinal(old) && isFinal(header)) this.checkLast(call, header, old);
    this.checkShares(call, header, old);
  }

  private checkEnd(
    call: ServiceCall,
    end: {
      readonly job: StoredJob;
      readonly before: StoredJob;
      readonly index: number;
      readonly part: Part;
      readonly was: Part;
    },
  ): void {
    const {job, before, index, part, was} = end;
    const {header} = job;
    const owner = this.owner(header.id, index, was.epoch);
    const isSealed = part.log !== was.log;
    if (!isSealed && part.epoch === was.epoch && part.lease !== null) return;
    if (!isSealed) {
      if (owner !== undefined && owner.id !== call.execution.id)
        this.violations.push(
          `promise 4: part ${index} of ${header.id} is given back by no owner, or claimed without a seal, by ${called(call)}`,
        );
      return;
    }
    // One that is out of time ends under its owners, as a canceled one does.
    const isCanceled = header.phase.kind === 'canceled' || header.fault !== null;
    if (!isCanceled && was.lease !== null && was.lease.untilMs - LEASE_MARGIN_MS > this.world.nowMs)
      this.violations.push(`promise 3: the lease on ${header.id} is taken before its deadline, by ${called(call)}`);
    if (owner?.end === 'running' && owner.id !== call.execution.id) this.hasTakeOver = true;
    // A live owner that is being canceled may begin one more attempt before the header is written.
    if (!isCanceled) this.checkDoubts(call, end);
    if (!isCanceled) this.count(before, index, owner);
    if (isCanceled || owner === undefined) return;
    if ((owner.end === 'done' || owner.end === 'error') && !this.faults.troubled.has(owner.id))
      this.violations.push(`promise 3: execution ${owner.id} is taken for dead, though it ended well`);
  }

  /** All that was begun in a term that was ended by somebody else, and is not committed, is told. */
  private checkDoubts(
    call: ServiceCall,
    {
      job,
      before,
      index,
      was,
    }: {
      readonly job: StoredJob;
      readonly before: StoredJob;
      readonly index: number;
      readonly was: Part;
    },
  ): void {
    const {header} = job;
    const told = header.recoveries.filter(({epoch}) => epoch === was.epoch).flatMap(({inDoubt}) => inDoubt);
    for (const [unit, {words}] of this.begun.get(`${header.id} ${index} ${was.epoch}`) ?? []) {
      // A unit that failed, or stopped by itself, and was not begun again is not in doubt.
      if (job.ledger.isSettled(unit) || progressOf(before, unit) !== words) continue;
      if (told.some((range) => contains(range, unit))) continue;
      this.violations.push(
        `promise 3: unit ${unit} of ${header.id} was begun and is not told to be in doubt, by ${called(call)}`,
      );
    }
  }

  private noteRecovery(id: string, {atMs, epoch, reason, inDoubt}: Recovery): void {
    const term = `${epoch}@${atMs}@${JSON.stringify(inDoubt)}`;
    const all = this.recoveries.get(id) ?? new Set<string>();
    if (all.has(term)) return;
    this.recoveries.set(id, all.add(term));
    for (const range of inDoubt)
      for (const unit of unitsOf(range)) {
        const key = `${id} ${unit}`;
        this.inDoubt.set(key, (this.inDoubt.get(key) ?? new Set()).add(`${term} ${reason}`));
      }
  }

  /** Nobody ends a job while somebody else may work on it. */
  private checkLast(call: ServiceCall, header: Header, old: Header): void {
    if (header.phase.kind === 'canceled') return;
    old.parts.forEach(({epoch, lease}, index) => {
      const isOther = this.owner(header.id, index, epoch)?.id !== call.execution.id;
      const isEnded = header.parts[index]?.log !== old.parts[index]?.log;
      if (lease !== null && isOther && !isEnded)
        this.violations.push(`promise 4: ${header.id} is ended while part ${index} has a lease, by ${called(call)}`);
    });
    if (header.parts.some(({lease}) => lease !== null))
      this.violations.push(`promise 4: ${header.id} has ended and a part has a lease, by ${called(call)}`);
  }

  /** No two owners have the same unit. */
  private checkShares(call: ServiceCall, header: Header, old: Header | null): void {
    if (old !== null && old.revision === header.revision) return;
    const shares = header.parts.flatMap(({lease}) => (lease === null ? [] : [lease.share]));
    shares.forEach((share, index) => {
      const overlap = shares.slice(index + 1).some((other) => {
        if (share === null || other === null) return true;
        return share.first <= other.last && other.first <= share.last;
      });
      if (overlap) this.violations.push(`promise 3: two owners of ${header.id} share a unit, by ${called(call)}`);
    });
  }

  /** Kinds of ends that a run of many worlds has to meet. */
  private count(before: StoredJob, index: number, owner: Execution | undefined): void {
    const {header} = before;
    const others = header.parts.filter(
      ({epoch, lease}, other) =>
        other !== index && lease !== null && this.owner(header.id, other, epoch)?.end === 'running',
    );
    const inDoubt = unitsInDoubt(before, index);
    const units = inDoubt.reduce((sum, range) => sum + sizeOf(range), 0);
    if (others.length > 0) this.faults.count('a part taken over while another worker runs');
    if (owner !== undefined && owner.end !== 'running' && header.options.workers > 1)
      this.faults.count('one of several workers killed');
    if (owner?.end === 'running' && header.options.workers > 1) this.faults.count('stale owner of one part');
    if (units > 1) this.faults.count('kill in a marked group');
    if (inDoubt.some(({first}) => before.ledger.cursor(first) !== null))
      this.faults.count('kill behind a saved cursor');
  }
}

/** Failures and cursor of a unit, and pages of a source, as the log has them. */
export function progressOf({ledger, plan}: StoredJob, unit: number): string {
  const pages = ledger.lastPage(plan.nodeOfUnit(unit))?.number ?? -1;
  return `${pages} ${ledger.failedAttempts(unit)?.count ?? 0} ${ledger.cursor(unit)?.version ?? 0}`;
}
