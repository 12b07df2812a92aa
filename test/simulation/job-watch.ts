/**
 * Watches what the store says of each job, at every write that lands.
 *
 * Promise 3: nobody takes a lease before its deadline, and of an owner that is taken for dead all that it began and did
 * not commit is told. Promise 4: a write of an execution that does not own the part that it writes to changes nothing of
 * what the job says. Promise 5: a job always reads as before the write or as after it; what is committed stays as it was.
 */
import {isFinal, type Header, type Part} from '../../src/core/header';
import {parseKey, type JobAddress} from '../../src/core/keys';
import {readJob, type JobReading, type Snapshot, type StoredJob} from '../../src/core/stored-job';
import {contains} from '../../src/core/units';
import type {ServiceCall, World} from '../simulator';
import {ArchiveWatch} from './archive-watch';
import type {Drawn} from './draw';
import type {Faults} from './faults';
import {LeaseWatch} from './lease-watch';
import {PageWatch} from './page-watch';
import {RelationWatch} from './relation-watch';

/** By unit; the k-th page of a source is -1 - k. */
type Words = ReadonlyMap<number, string>;

/** What was last seen of a job. */
interface Seen {
  readonly job: StoredJob;
  /** What the store said of each known unit and page, in words that two readings can be compared by. */
  readonly units: Words;
  /** The completed ones that count as committed, by unit. */
  readonly committed: ReadonlyMap<number, string>;
}

export class JobWatch {
  readonly violations: string[] = [];
  /** Ids of jobs that have ended. */
  readonly ended = new Set<string>();
  readonly leases: LeaseWatch;
  readonly archive: ArchiveWatch;
  readonly pages: PageWatch;
  readonly relations: RelationWatch;
  private readonly seen = new Map<string, Seen>();
  /** When each execution read the store, and when each key was written. */
  private readonly readMs = new Map<number, number>();
  private readonly writtenMs = new Map<string, number>();
  private readonly world: World;
  private readonly faults: Faults;
  private readonly marginMs: number;

  /** `marginMs`: how long before its deadline a lease may have been taken from an owner, by somebody's clock. */
  constructor(world: World, drawn: Drawn, faults: Faults, marginMs: number) {
    this.world = world;
    this.faults = faults;
    this.marginMs = marginMs;
    this.leases = new LeaseWatch(world, faults, this.violations);
    this.archive = new ArchiveWatch(world, faults, this.violations);
    this.pages = new PageWatch(drawn, faults, this.violations);
    const batchSize = drawn.jobs.filter(({relations}) => relations?.isInBatch === true).length;
    this.relations = new RelationWatch(world, faults, batchSize, this.violations);
  }

  /** The job as it was after the last write to it. */
  latest(id: string): StoredJob | null {
    return this.seen.get(id)?.job ?? null;
  }

  /** All jobs that can be read. */
  all(): readonly StoredJob[] {
    return [...this.seen.values()].map(({job}) => job);
  }

  /** Whether a step of a job is completed. */
  isCompleted(id: string, step: string): boolean {
    const job = this.latest(id);
    const unit = job?.plan.unitOf(step) ?? null;
    return job !== null && unit !== null && job.ledger.state(unit) === 'completed';
  }

  private read(project: string, address: JobAddress): JobReading {
    const snapshot: Snapshot = Object.fromEntries(this.world.store('script', {project}));
    return readJob(snapshot, address);
  }

  landed(call: ServiceCall): void {
    const {method, args, execution} = call;
    if (method === 'getProperties') this.readMs.set(execution.id, this.world.nowMs);
    if (method !== 'setProperty' && method !== 'deleteProperty') return;
    if (method === 'setProperty') this.writtenMs.set(String(args[0]), this.world.nowMs);
    const address = parseKey(String(args[0]));
    if (address === null) return;
    const reading = this.read(execution.project, address);
    switch (reading.kind) {
      case 'corrupt':
        this.violations.push(`promise 5: ${address.id} reads as corrupt (${reading.what}) after ${called(call)}`);
        return;
      case 'job':
        this.compare(call, address.part, reading.job);
        return;
      case 'folded':
        this.relations.note(call, reading.header);
        this.ended.add(address.id);
        this.archive.gone(address.id);
        this.seen.delete(address.id);
        return;
      case 'missing':
        this.checkGone(call, address.id);
        return;
      case 'newer':
        return;
    }
  }

  private compare(call: ServiceCall, key: string, job: StoredJob): void {
    const {header} = job;
    if (key === 'h') this.relations.note(call, header);
    if (isFinal(header)) this.ended.add(header.id);
    const before = this.seen.get(header.id);
    const isOwnWrite = this.isOwnWrite(call, key, before?.job.header ?? null);
    this.leases.note(call, job, before?.job ?? null);
    this.archive.stored(job);
    this.pages.stored(job);
    this.checkWaiting(call, header);
    const units = wordsOfAll(job);
    if (before !== undefined) this.check(call, before, {header, units, isOwnWrite});
    if (
      header.phase.kind === 'completed' &&
      job.ledger.completedUnits().length < [...units.keys()].filter((unit) => unit >= 0).length
    )
      this.violations.push(`promise 4: ${header.id} is completed by what is not committed, by ${called(call)}`);
    this.seen.set(header.id, {job, units, committed: this.committedOf(job, units, before)});
  }

  /** Whether the writer owns what it writes to: a part by its segments, any part where it writes a header. */
  private isOwnWrite({execution}: ServiceCall, key: string, before: Header | null): boolean {
    if (before === null) return true;
    const segment = /^s(\d+)\./.exec(key);
    const owns = (part: number): boolean => {
      const epoch = before.parts[part]?.epoch;
      return epoch !== undefined && this.leases.owner(before.id, part, epoch)?.id === execution.id;
    };
    if (segment !== null) return owns(Number(segment[1]));
    return key === 'h' && before.parts.some((_part, index) => owns(index));
  }

  private check(
    call: ServiceCall,
    before: Seen,
    {header, units, isOwnWrite}: {readonly header: Header; readonly units: Words; readonly isOwnWrite: boolean},
  ): void {
    const old = before.job.header;
    // A new epoch and a new log both begin with a decision under the lock.
    const isSameTerm =
      header.parts.length === old.parts.length && header.parts.every((part, index) => isSame(part, old.parts[index]));
    const isCanceled = header.phase.kind === 'canceled' || header.fault !== null;
    const isOthers = isSameTerm && !isOwnWrite && !isCanceled && textOf(units) !== textOf(before.units);
    if (isOthers && !isOnlyGivenUp(before, units))
      this.violations.push(`promise 4: ${called(call)} of no owner changed what ${header.id} says`);
    // What a live owner commits while it is being canceled may lie beyond the seal.
    if (isCanceled) return;
    for (const field of Object.keys(old.unknown))
      if (header.unknown[field] === undefined)
        this.violations.push(`promise 5: the field ${field} of a later version is lost, by ${called(call)}`);
    for (const [unit, words] of before.committed)
      if (units.get(unit) !== words)
        this.violations.push(
          `promise 5: unit ${unit} of ${header.id} was ${words}, is ${units.get(unit)}, by ${called(call)}`,
        );
  }

  /** Under a seal or given back, or in the log of an owner whose lease still holds by everybody's clock. */
  private committedOf(job: StoredJob, units: Words, before: Seen | undefined): ReadonlyMap<number, string> {
    const doubtful = job.header.parts.flatMap(({lease}) =>
      lease !== null && lease.untilMs - this.marginMs <= this.world.nowMs ? [lease.share] : [],
    );
    const committed = new Map<number, string>();
    const source = job.plan.nodes.findIndex(({kind}) => kind === 'source');
    units.forEach((words, unit) => {
      if (unit >= 0 && job.ledger.state(unit) !== 'completed') return;
      const isIn = before?.committed.has(unit) === true;
      const place = unit >= 0 ? unit : job.plan.firstUnit(source);
      if (isIn || !doubtful.some((share) => share === null || contains(share, place))) committed.set(unit, words);
    });
    return committed;
  }

  private checkGone(call: ServiceCall, id: string): void {
    const before = this.seen.get(id);
    if (before !== undefined && !isFinal(before.job.header))
      this.violations.push(`promise 5: ${id} is gone while it was open, by ${called(call)}`);
    // Who wants everything gone begins anywhere.
    const isAll = call.execution.fn === 'stopWithData';
    if (before !== undefined && !isAll && String(call.args[0]).endsWith('~h')) this.checkParts(call, id);
    this.archive.gone(id);
    this.relations.gone(id);
    this.seen.delete(id);
  }

  /**
   * The header of a job goes last: what nobody names lies about for an hour. What a stale owner wrote after the store was
   * read does so.
   */
  private checkParts(call: ServiceCall, id: string): void {
    const readMs = this.readMs.get(call.execution.id) ?? Infinity;
    const parts = [...this.world.store('script', {project: call.execution.project}).keys()].filter(
      (key) => key.includes(id) && (this.writtenMs.get(key) ?? 0) <= readMs,
    );
    if (parts.length > 0) this.violations.push(`purge: ${parts.join()} are left behind by ${called(call)}`);
  }

  /** Who waits for the day's quota knows until when. */
  private checkWaiting(call: ServiceCall, {id, phase}: Header): void {
    if (phase.kind !== 'paused' || phase.waiting.reason !== 'quota') return;
    this.faults.count('a job waits for the quota');
    const {untilMs} = phase.waiting;
    const waitMs = (untilMs ?? Infinity) - this.world.nowMs;
    if (waitMs > MOST_QUOTA_MS) this.violations.push(`quota: ${id} waits until ${untilMs}, by ${called(call)}`);
  }
}

/** A day, and what clocks differ by. */
const MOST_QUOTA_MS = 26 * 3_600_000;

/** What is said of all units that are known, and of the pages. */
function wordsOfAll(job: StoredJob): Words {
  const words = new Map<number, string>();
  job.plan.nodes.forEach((node, index) => {
    for (let unit = job.plan.firstUnit(index); unit < job.ledger.endUnit(index); unit++)
      words.set(unit, wordsOf(job, unit));
    if (node.kind !== 'source') return;
    const pages = (job.ledger.lastPage(index)?.number ?? -1) + 1;
    for (let page = 0; page < pages; page++) words.set(-1 - page, `page ${page}`);
  });
  return words;
}

/** A unit that was killed too often is given up by whoever would claim the job, also when the last lease was ended before. */
function isOnlyGivenUp({job, units: before}: Seen, units: Words): boolean {
  const {suspects} = job.header;
  const most = (unit: number): number => job.plan.node(job.plan.nodeOfUnit(unit)).maxCrashes;
  const isGivenUp = (unit: number): boolean =>
    suspects.some((suspect) => suspect.unit === unit && suspect.crashes >= most(unit));
  return [...units].every(([unit, words]) => before.get(unit) === words || isGivenUp(unit));
}

function textOf(units: Words): string {
  return [...units.values()].join();
}

function isSame(part: Part, old: Part | undefined): boolean {
  return old !== undefined && part.epoch === old.epoch && part.log === old.log;
}

function wordsOf({ledger}: StoredJob, unit: number): string {
  const completion = ledger.completion(unit);
  if (completion === null)
    return `${ledger.state(unit)} ${ledger.failedAttempts(unit)?.count ?? 0} ${ledger.cursor(unit)?.version ?? 0}`;
  const {atMs, durationMs, result} = completion;
  // The time tells results apart well enough; long texts would make every comparison slow.
  const text = 'text' in result ? result.text.slice(0, 100) : JSON.stringify(result);
  return `completed ${atMs} ${durationMs} ${text}`;
}

export function called({method, args, execution}: ServiceCall): string {
  return `${method}(${String(args[0])}) of execution ${execution.id}`;
}
