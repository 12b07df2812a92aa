/** Watches what jobs promise each other: who waits for whom, what is accepted together, what is there only once. */
import {isFinal, waitsForUser, type Header} from '../../src/core/header';
import {LEASE_MARGIN_MS} from '../../src/core/limits';
import type {ServiceCall, World} from '../simulator';
import type {Faults} from './faults';

/** A halted owner looks after five seconds; more than this is not explained by the calls in between. */
const HALT_MS = 5_000 + LEASE_MARGIN_MS;

interface Known {
  readonly project: string;
  readonly header: Header;
}

export class RelationWatch {
  /** Ids of jobs that somebody removed. */
  readonly removed = new Map<string, string>();
  private readonly known = new Map<string, Known>();
  private readonly haltedAtMs = new Map<string, number>();
  /** By job: the epochs of its parts when it was adopted. */
  private readonly adopted = new Map<string, readonly number[]>();
  private readonly batches = new Map<string, {readonly project: string; readonly ids: Set<string>}>();
  private readonly world: World;
  private readonly faults: Faults;
  private readonly batchSize: number;
  private readonly violations: string[];

  constructor(world: World, faults: Faults, batchSize: number, violations: string[]) {
    this.world = world;
    this.faults = faults;
    this.batchSize = batchSize;
    this.violations = violations;
  }

  /** A header that can be read has been written, whole or folded. */
  note({execution}: ServiceCall, header: Header): void {
    const {id, terms} = header;
    const before = this.known.get(id)?.header;
    if (this.removed.has(id) && !header.isRemoved) this.wrong(`removed: ${id} is there again`);
    if (header.isRemoved && !this.removed.has(id)) {
      this.removed.set(id, execution.project);
      this.mark('a job removed');
    }
    if (before?.startedAtMs === null && header.startedAtMs !== null) this.checkStart(execution.project, header);
    if (before === undefined) this.checkNew(execution.project, header);
    if (header.fault !== null && before?.fault === null) this.checkFault(header);
    this.noteHandling(before, header);
    this.known.set(id, {project: execution.project, header});
    if (terms.batch !== null) this.noteBatch(execution.project, terms.batch, id);
    else if (!this.faults.lockFailures.has(execution.id)) this.checkBatches(execution.project, null);
  }

  /** A job is gone. */
  gone(id: string): void {
    this.known.delete(id);
  }

  /** A trigger of the old user goes on with what he had when the job was adopted, and takes nothing more of it. */
  isFromBefore(id: string, part: number | null): boolean {
    const epochs = this.adopted.get(id);
    const epoch = part === null ? undefined : this.known.get(id)?.header.parts[part]?.epoch;
    return epochs !== undefined && epoch !== undefined && epoch <= (epochs[part ?? 0] ?? -1);
  }

  /** A step begins. */
  begin(id: string, step: string, executionId: number): void {
    const header = this.known.get(id)?.header;
    if (header === undefined) return;
    const haltedAtMs = this.haltedAtMs.get(id);
    const isLate = haltedAtMs !== undefined && this.world.nowMs > haltedAtMs + HALT_MS;
    if (isLate && !this.faults.troubled.has(executionId))
      this.wrong(`pause: ${step} of ${id} begins ${this.world.nowMs - haltedAtMs} ms after the pause`);
  }

  /** Every batch that is known must be whole. */
  checkBatches(project: string, except: string | null): void {
    if (this.faults.counts.has('store full')) return;
    for (const [batch, {project: own, ids}] of this.batches) {
      if (own !== project || batch === except || ids.size >= this.batchSize) continue;
      this.wrong(`batch: ${ids.size} of ${this.batchSize} jobs of ${batch} are there`);
    }
  }

  private noteBatch(project: string, batch: string, id: string): void {
    const known = this.batches.get(batch) ?? {project, ids: new Set<string>()};
    this.batches.set(batch, known);
    if (known.ids.has(id)) return;
    known.ids.add(id);
    if (known.ids.size === this.batchSize) this.mark('a batch accepted');
  }

  /** What a job waits for is over when it starts, and nobody of its key is at work. */
  private checkStart(project: string, {id, terms}: Header): void {
    for (const parent of terms.dependencies) {
      const state = this.known.get(parent)?.header.phase.kind ?? 'gone';
      const isOver = state === 'completed' || state === 'failed' || state === 'canceled' || state === 'gone';
      const mayStart = terms.onDependencyFailure === 'run' ? isOver : state === 'completed';
      if (!mayStart) this.wrong(`dependency: ${id} starts (${terms.onDependencyFailure}) while ${parent} is ${state}`);
    }
    if (terms.dependencies.length > 0) this.mark('a child starts');
    if (terms.singleton === null) return;
    for (const {header: other, project: own} of this.known.values()) {
      if (own !== project || other.id === id || other.terms.singleton !== terms.singleton) continue;
      if (!isFinal(other) && other.startedAtMs !== null)
        this.wrong(`singleton: ${id} starts while ${other.id} of the same key is open`);
      else if (isFinal(other)) this.mark('a singleton starts after another');
    }
  }

  /** What a key names is there once while it is remembered. */
  private checkNew(project: string, {id, terms}: Header): void {
    const {idempotency} = terms;
    if (idempotency === null) return;
    this.mark('a job of a key');
    for (const {header: other, project: own} of this.known.values()) {
      const known = other.terms.idempotency;
      if (own !== project || other.id === id || other.isRemoved || known?.key !== idempotency.key) continue;
      if (known.untilMs - LEASE_MARGIN_MS > this.world.nowMs) this.wrong(`key: ${id} and ${other.id} have one key`);
    }
  }

  /** A job that never started ends only with one that it depends on. */
  private checkFault({id, terms, fault, phase, startedAtMs}: Header): void {
    if (fault?.code === 'JOB_TIMEOUT') {
      this.mark('a job out of time');
      if (terms.timeoutMs === null || startedAtMs === null || phase.kind !== 'failed' || phase.atMs < startedAtMs)
        this.wrong(`timeout: ${id} had none`);
    }
    if (fault?.code !== 'DEPENDENCY_FAILED') return;
    this.mark('a child ends with its parent');
    const states = terms.dependencies.map((parent) => this.known.get(parent)?.header.phase.kind ?? 'gone');
    if (startedAtMs !== null || !states.some((state) => ['failed', 'canceled', 'gone'].includes(state)))
      this.wrong(`dependency: ${id} ended with a parent, and they are ${states.join()}`);
  }

  private noteHandling(before: Header | undefined, header: Header): void {
    const {id, parts, owner} = header;
    if (header.isHalted && before?.isHalted !== true) {
      this.haltedAtMs.set(id, this.world.nowMs);
      this.mark('a running job halted');
    }
    if (!header.isHalted) this.haltedAtMs.delete(id);
    if (waitsForUser(header) && before !== undefined && !waitsForUser(before)) this.mark('a job paused for a user');
    if (before !== undefined && before.owner !== owner) {
      this.adopted.set(
        id,
        parts.map(({epoch}) => epoch),
      );
      this.mark('a job adopted');
    }
  }

  private mark(kind: string): void {
    this.faults.count(kind);
  }

  private wrong(text: string): void {
    this.violations.push(text);
  }
}
