/**
 * Watches what the store says of each job, at every write that lands.
 *
 * Promise 4: a write of an execution that no longer owns the job changes nothing of what it says. Promise 5: a job always
 * reads as before the write or as after it; what is committed stays as it was.
 */
import {LEASE_MARGIN_MS} from '../../src/core/limits';
import {isFinal, onlyPart, type Header, type Recovery} from '../../src/core/header';
import {parseKey, type JobAddress} from '../../src/core/keys';
import {readJob, type JobReading, type Snapshot, type StoredJob} from '../../src/core/stored-job';
import type {Execution, ServiceCall, World} from '../simulator';
import type {Faults} from './faults';

/** What was last seen of a job. */
interface Seen {
  readonly header: Header;
  /** What the store said of each unit, in words that two readings can be compared by. */
  readonly units: readonly string[];
  /** The completed ones that count as committed, by unit. */
  readonly committed: ReadonlyMap<number, string>;
}

export class JobWatch {
  readonly violations: string[] = [];
  /** Names of jobs that have ended. */
  readonly ended = new Set<string>();
  /** Attempts in doubt by job and unit, from every header that was written. */
  readonly inDoubt = new Map<string, Set<string>>();
  /** Whether a job was claimed while the owner whose lease had run out still lived. */
  hasTakeOver = false;
  private readonly seen = new Map<string, Seen>();
  /** Which execution claimed an epoch of a job. */
  private readonly owners = new Map<string, number>();
  private readonly judged = new Set<string>();
  private readonly world: World;

  private readonly faults: Faults;

  constructor(world: World, faults: Faults) {
    this.world = world;
    this.faults = faults;
  }

  /** The job at an address, read from the store of a host now. */
  read(project: string, address: JobAddress): JobReading {
    const snapshot: Snapshot = Object.fromEntries(this.world.store('script', {project}));
    return readJob(snapshot, address);
  }

  landed(call: ServiceCall): void {
    const {method, args, execution} = call;
    if (method !== 'setProperty' && method !== 'deleteProperty') return;
    const address = parseKey(String(args[0]));
    if (address === null) return;
    const reading = this.read(execution.project, address);
    switch (reading.kind) {
      case 'corrupt':
        this.violations.push(`promise 5: ${address.id} reads as corrupt (${reading.what}) after ${called(call)}`);
        return;
      case 'job':
        this.compare(call, reading.job);
        return;
      case 'folded':
        this.ended.add(reading.header.name);
        return;
      case 'missing':
        this.checkGone(call, address.id);
        return;
      case 'newer':
        return;
    }
  }

  private compare(call: ServiceCall, job: StoredJob): void {
    const {header} = job;
    const before = this.seen.get(header.id);
    this.noteHeader(call, header, before?.header ?? null);
    const units = Array.from({length: job.plan.unitCount}, (_none, unit) => wordsOf(job, unit));
    if (before !== undefined) this.check(call, before, header, units);
    if (header.phase.kind === 'completed' && job.ledger.completedUnits().length < units.length)
      this.violations.push(`promise 4: ${header.id} is completed by what is not committed, by ${called(call)}`);
    this.seen.set(header.id, {header, units, committed: this.committedOf(job, units, before)});
  }

  private noteHeader(call: ServiceCall, header: Header, before: Header | null): void {
    if (isFinal(header)) this.ended.add(header.name);
    for (const recovery of header.recoveries) this.noteRecovery(header.id, recovery);
    const {epoch} = onlyPart(header);
    const key = `${header.id} ${epoch}`;
    if (this.owners.has(key)) return;
    this.owners.set(key, call.execution.id);
    const lease = before === null ? null : onlyPart(before).lease;
    if (before === null || lease === null) return;
    if (lease.untilMs - LEASE_MARGIN_MS > this.world.nowMs)
      this.violations.push(`promise 3: the lease on ${header.id} is taken before its deadline, by ${called(call)}`);
    const old = this.owner(header.id, onlyPart(before).epoch);
    if (old?.end === 'running' && old.id !== call.execution.id) this.hasTakeOver = true;
  }

  private noteRecovery(id: string, {atMs, epoch, reason, inDoubt}: Recovery): void {
    const term = `${epoch}@${atMs}`;
    for (const unit of inDoubt) {
      const key = `${id} ${unit}`;
      this.inDoubt.set(key, (this.inDoubt.get(key) ?? new Set()).add(term));
    }
    const owner = this.owner(id, epoch);
    if (reason !== 'killed' || owner === undefined || this.judged.has(`${id} ${term}`)) return;
    this.judged.add(`${id} ${term}`);
    if ((owner.end === 'done' || owner.end === 'error') && !this.faults.troubled.has(owner.id))
      this.violations.push(`promise 3: execution ${owner.id} is taken for dead, though it ended well`);
  }

  private owner(id: string, epoch: number): Execution | undefined {
    return this.world.executions[(this.owners.get(`${id} ${epoch}`) ?? 0) - 1];
  }

  private check(call: ServiceCall, before: Seen, header: Header, units: readonly string[]): void {
    const {epoch, log} = onlyPart(header);
    const old = onlyPart(before.header);
    const isOwner = this.owners.get(`${header.id} ${epoch}`) === call.execution.id;
    // A new epoch and a new log both begin with a decision under the lock.
    const isSameTerm = old.epoch === epoch && old.log === log;
    const isCanceled = header.phase.kind === 'canceled';
    if (isSameTerm && !isOwner && !isCanceled && units.join() !== before.units.join())
      this.violations.push(`promise 4: ${called(call)} of no owner of epoch ${epoch} changed what ${header.id} says`);
    // What a live owner commits while it is being canceled may lie beyond the seal.
    if (isCanceled) return;
    for (const field of Object.keys(before.header.unknown))
      if (header.unknown[field] === undefined)
        this.violations.push(`promise 5: the field ${field} of a later version is lost, by ${called(call)}`);
    for (const [unit, words] of before.committed)
      if (units[unit] !== words)
        this.violations.push(
          `promise 5: unit ${unit} of ${header.id} was ${words}, is ${units[unit]}, by ${called(call)}`,
        );
  }

  /** Under a seal or given back, or in the log of an owner whose lease still holds by everybody's clock. */
  private committedOf(job: StoredJob, units: readonly string[], before: Seen | undefined): ReadonlyMap<number, string> {
    const {lease} = onlyPart(job.header);
    if (lease !== null && lease.untilMs - LEASE_MARGIN_MS <= this.world.nowMs)
      return before?.committed ?? new Map<number, string>();
    const committed = new Map<number, string>();
    units.forEach((words, unit) => {
      if (job.ledger.state(unit) === 'completed') committed.set(unit, words);
    });
    return committed;
  }

  private checkGone(call: ServiceCall, id: string): void {
    const before = this.seen.get(id);
    if (before !== undefined && !isFinal(before.header))
      this.violations.push(`promise 5: ${id} is gone while it was open, by ${called(call)}`);
    this.seen.delete(id);
  }
}

function wordsOf({ledger}: StoredJob, unit: number): string {
  const completion = ledger.completion(unit);
  if (completion === null) return `${ledger.state(unit)} ${ledger.failedAttempts(unit)?.count ?? 0}`;
  const {atMs, durationMs, result} = completion;
  // The time tells results apart well enough; long texts would make every comparison slow.
  const text = 'text' in result ? result.text.slice(0, 100) : JSON.stringify(result.large);
  return `completed ${atMs} ${durationMs} ${text}`;
}

function called({method, args, execution}: ServiceCall): string {
  return `${method}(${String(args[0])}) of execution ${execution.id}`;
}
