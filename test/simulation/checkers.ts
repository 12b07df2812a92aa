/** The promises of docs/guarantees.md as code: what must hold at every service call and every write. */
import {parseKey} from '../../src/core/keys';
import type {Effect, ServiceCall, World} from '../simulator';
import {MOST_SPREAD_MS, type Drawn} from './draw';
import type {Faults} from './faults';
import {JobWatch} from './job-watch';

interface Begun {
  readonly job: string;
  readonly step: string;
}

/** Watches one world. */
export class Checkers {
  readonly jobs: JobWatch;
  /** How often each step began, by job id and step id. */
  readonly runs = new Map<string, number>();
  private readonly own: string[] = [];
  private readonly addresses = new Map<string, string>();
  private seenEffects = 0;
  private readonly world: World;
  private readonly drawn: Drawn;
  private readonly faults: Faults;

  constructor(world: World, drawn: Drawn, faults: Faults) {
    this.world = world;
    this.drawn = drawn;
    this.faults = faults;
    this.jobs = new JobWatch(world, faults);
  }

  /** What is wrong so far. Where clocks differ by more than the lease's margin only promises 4 and 5 hold. */
  violations(more: readonly string[] = []): readonly string[] {
    const all = [...this.own, ...this.jobs.violations, ...more];
    return this.drawn.clockSpreadMs <= MOST_SPREAD_MS ? all : all.filter((text) => /^promise [45]/.test(text));
  }

  /** Before a service call. */
  called(call: ServiceCall): void {
    const {effects} = this.world;
    for (; this.seenEffects < effects.length; this.seenEffects++) {
      const effect = effects[this.seenEffects];
      if (effect?.name === 'begin') this.checkBegin(effect);
    }
    if (call.method === 'tryLock' && this.holds(call) && !this.faults.lockFailures.has(call.execution.id))
      this.own.push(`promise 9: execution ${call.execution.id} asks for the lock that it has`);
  }

  /** A call has taken effect. */
  landed(call: ServiceCall, error: string | null): void {
    if (error !== null) return this.faults.refused(call, error);
    // Whoever does not get the lock cannot give his lease back.
    if (call.method === 'tryLock' && !this.holds(call)) this.faults.troubled.add(call.execution.id);
    const key = call.service === 'properties' && call.method !== 'getProperty' ? parseKey(String(call.args[0])) : null;
    if (key === null) return;
    if (call.store !== 'script' || call.library !== null)
      this.own.push(
        `promise 10: ${call.library ?? 'the host'} writes ${String(call.args[0])} outside of the host's script store`,
      );
    if (key.part === 'h') {
      this.addresses.set(key.id, key.prefix);
      if (!this.holds(call)) this.own.push(`promise 9: a header is changed without the lock, by ${call.execution.id}`);
    }
    this.jobs.landed(call);
  }

  private holds({execution}: ServiceCall): boolean {
    return this.world.lockHolder('script', {project: execution.project})?.id === execution.id;
  }

  /** Promise 2: what is committed is never run again. Promise 9: no handler runs under the lock. */
  private checkBegin(effect: Effect): void {
    const {job, step} = effect.data as Begun;
    this.runs.set(`${job} ${step}`, (this.runs.get(`${job} ${step}`) ?? 0) + 1);
    const execution = this.world.executions[effect.executionId - 1];
    const prefix = this.addresses.get(job);
    if (execution === undefined || prefix === undefined) return;
    const {project} = execution;
    if (this.world.lockHolder('script', {project})?.id === execution.id && !this.faults.lockFailures.has(execution.id))
      this.own.push(`promise 9: step ${step} runs while its execution holds the lock`);
    const reading = this.jobs.read(project, {prefix, id: job});
    if (reading.kind !== 'job') return;
    const {plan, ledger, header} = reading.job;
    // A trigger of one user never runs the job of another, nor does a host run the job of another host.
    const drawn = this.drawn.jobs.find(({name}) => name === header.name);
    if (execution.trigger !== null && execution.user !== drawn?.user)
      this.own.push(`users: a trigger of ${execution.user} runs ${header.name} of ${drawn?.user ?? 'nobody'}`);
    if (project !== drawn?.host) this.own.push(`promise 10: host ${project} runs ${header.name}`);
    for (let unit = 0; unit < plan.unitCount; unit++)
      if (plan.stepId(unit) === step && ledger.state(unit) === 'completed')
        this.own.push(`promise 2: step ${step} of ${job} began though it is committed, in execution ${execution.id}`);
  }
}
