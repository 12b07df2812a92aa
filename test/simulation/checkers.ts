/** The promises of docs/guarantees.md as code: what must hold at every service call and every write. */
import {parseKey} from '../../src/core/keys';
import {isFinal} from '../../src/core/header';
import type {StoredJob} from '../../src/core/stored-job';
import {isObject, parseJson} from '../../src/core/json';
import {LEASE_MARGIN_MS} from '../../src/core/limits';
import type {Effect, Execution, ServiceCall, World} from '../simulator';
import {CallWatch} from './call-watch';
import {MOST_SPREAD_MS, USERS, type Drawn} from './draw';
import type {Faults} from './faults';
import {JobWatch} from './job-watch';
import {OperationWatch} from './operation-watch';
import type {PageCall} from './page-watch';
import {WalkWatch, type Visit} from './walk-watch';

interface Begun {
  readonly job: string;
  readonly step: string;
  readonly attempt: number;
}

/** A value that a step has put away and got back. */
interface Kept {
  readonly job: string;
  readonly step: string;
  readonly isRight: boolean;
}

/** A watchdog, a one-off, and one-offs that bring workers. */
const MOST_TRIGGERS = 1 + 1 + 10;

/** Watches one world. */
export class Checkers {
  readonly jobs: JobWatch;
  readonly calls: CallWatch;
  readonly walks: WalkWatch;
  /** Ids that a caller was given, with the host: of a new job, or of the one that stands for it. */
  readonly accepted = new Map<string, string>();
  /** Only where a world has operations. */
  readonly operations: OperationWatch | undefined;
  private readonly own: string[] = [];
  private seenEffects = 0;
  /** Whether a step may have put a value away. */
  hasKept = false;
  private readonly world: World;
  private readonly drawn: Drawn;
  private readonly faults: Faults;

  constructor(world: World, drawn: Drawn, faults: Faults) {
    this.world = world;
    this.drawn = drawn;
    this.faults = faults;
    this.jobs = new JobWatch(world, drawn, faults, drawn.clockSpreadMs <= MOST_SPREAD_MS ? LEASE_MARGIN_MS : Infinity);
    this.calls = new CallWatch(world, drawn, this.jobs.leases, faults, this.own);
    this.walks = new WalkWatch(drawn, faults, this.own);
    const {operations} = drawn;
    const onReplay = (id: string): void => {
      this.calls.forget(id);
    };
    this.operations =
      operations === null ? undefined : new OperationWatch(world, {drawn, operations, faults}, onReplay, this.own);
  }

  /** What is wrong so far. Where clocks differ by more than the lease's margin only promises 4 and 5 hold. */
  violations(more: readonly string[] = []): readonly string[] {
    const all = [...this.own, ...this.jobs.violations, ...more];
    return this.drawn.clockSpreadMs <= MOST_SPREAD_MS ? all : all.filter((text) => /^promise [45]/.test(text));
  }

  /** Before a service call. */
  called(call: ServiceCall): void {
    this.noteEffects();
    if (call.method === 'tryLock' && this.holds(call) && !this.faults.lockFailures.has(call.execution.id))
      this.own.push(`promise 9: execution ${call.execution.id} asks for the lock that it has`);
  }

  /** A call has taken effect. */
  landed(call: ServiceCall, error: string | null): void {
    this.noteEffects();
    if (error !== null) return this.faults.refused(call, error);
    // Whoever does not get the lock cannot give his lease back.
    if (call.method === 'tryLock' && !this.holds(call)) this.faults.troubled.add(call.execution.id);
    this.jobs.archive.landed(call);
    if (call.service !== 'properties' || call.method === 'getProperty') return;
    this.operations?.landed(call);
    if (String(call.args[0]).startsWith('AST_JOBS_USER~')) this.checkTriggers(String(call.args[1]));
    if (call.method === 'getProperties') this.jobs.landed(call);
    const key = parseKey(String(call.args[0]));
    if (key === null) return;
    if (call.store !== 'script' || call.library !== null)
      this.own.push(
        `promise 10: ${call.library ?? 'the host'} writes ${String(call.args[0])} outside of the host's script store`,
      );
    if (key.part === 'h' && !this.holds(call))
      this.own.push(`promise 9: a header is changed without the lock, by ${call.execution.id}`);
    this.jobs.landed(call);
  }

  /** Something was looked at that a run of many worlds has to meet. */
  count(kind: string): void {
    this.faults.count(kind);
  }

  /** Whether there was ever no room in the store. */
  get hasFullStore(): boolean {
    return this.faults.counts.has('store full');
  }

  private holds({execution}: ServiceCall): boolean {
    return this.world.lockHolder('script', {project: execution.project})?.id === execution.id;
  }

  /** No user has more triggers than a watchdog, a one-off and ten for workers. */
  private checkTriggers(text: string): void {
    const raw = parseJson(text);
    if (!isObject(raw)) return;
    const workers = Array.isArray(raw['k']) ? raw['k'].length : 0;
    const named = workers + (raw['w'] === null ? 0 : 1) + (raw['o'] === null ? 0 : 1);
    if (named > MOST_TRIGGERS) this.own.push(`workers: a user has ${named} triggers`);
    this.faults.noteWorkerTriggers(raw['k']);
  }

  private noteEffects(): void {
    const {effects} = this.world;
    for (; this.seenEffects < effects.length; this.seenEffects++) {
      const effect = effects[this.seenEffects];
      if (effect !== undefined) this.noteEffect(effect);
    }
  }

  private noteEffect(effect: Effect): void {
    const execution = this.world.executions[effect.executionId - 1];
    if (execution === undefined) return;
    const {job: id} = effect.data as {readonly job: string};
    const job = this.jobs.latest(id);
    const part = job === null ? null : this.jobs.leases.partOf(job, execution);
    if (effect.name === 'accepted') this.accepted.set(id, execution.project);
    this.operations?.effect(effect, execution, job?.header.name ?? null);
    if (effect.name === 'begin') this.checkBegin(effect.data as Begun, execution, job, part);
    if (effect.name === 'no page') this.faults.count('a page fails');
    if (effect.name === 'keep') this.hasKept = true;
    if (effect.name === 'kept') this.noteKept(effect.data as Kept);
    if (effect.name === 'page' && job !== null) this.jobs.pages.fetched(effect.data as PageCall, job, part !== null);
    if (effect.name === 'end') this.calls.end(execution);
    if (effect.name === 'visit' && job !== null && part !== null)
      this.walks.visit(job.header.name, effect.data as Visit, execution.id, this.jobs.leases.isSure(job, part));
  }

  /** Who a random id belongs to. */
  private userOf(id: string, {project}: Execution): string | null {
    const isOf = (user: string): boolean => [...this.world.store('user', {user, project}).values()].includes(id);
    return USERS.find(isOf) ?? null;
  }

  private noteKept({job, step, isRight}: Kept): void {
    this.faults.count('a value put away');
    if (!isRight) this.own.push(`storage: what ${step} of ${job} had put away did not come back`);
  }

  /** Promise 2: what is committed is never run again. Promise 9: no handler runs under the lock. */
  private checkBegin(
    {job: id, step, attempt}: Begun,
    execution: Execution,
    job: StoredJob | null,
    part: number | null,
  ): void {
    const {project} = execution;
    if (this.world.lockHolder('script', {project})?.id === execution.id && !this.faults.lockFailures.has(execution.id))
      this.own.push(`promise 9: step ${step} runs while its execution holds the lock`);
    if (job === null) return;
    const {ledger, header} = job;
    // A trigger of one user never runs the job of another, nor does a host run the job of another host.
    const drawn = this.drawn.jobs.find(({name}) => name === header.name);
    const owner = this.userOf(header.owner, execution);
    const isOwn = execution.user === owner || this.jobs.relations.isFromBefore(id, part);
    if (execution.trigger !== null && !isOwn)
      this.own.push(`users: a trigger of ${execution.user} runs ${header.name} of ${owner ?? 'nobody'}`);
    if (project !== drawn?.host) this.own.push(`promise 10: host ${project} runs ${header.name}`);
    const unit = this.calls.unitOf(job, step);
    if (unit === null) return;
    if (ledger.state(unit) === 'completed')
      this.own.push(`promise 2: step ${step} of ${id} began though it is committed, in execution ${execution.id}`);
    if (part !== null) this.jobs.relations.begin(id, step, execution.id);
    this.calls.begin({job, unit, step, attempt, execution, part});
    if (part !== null) this.walks.begin(id, step);
    if (part === null && !isFinal(header))
      this.own.push(`promise 3: step ${step} of ${id} began in execution ${execution.id}, which has no lease`);
  }
}
