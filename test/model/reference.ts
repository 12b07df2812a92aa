/**
 * The reference model: what every call of the API gives, in plain lists and without storage, leases or triggers. It is
 * written from README.md, src/types.ts and docs/design.md. The jobs themselves are in reference-job.ts.
 */
import type {JobRecord, ListFilters, StopResult, WorkResult} from '../../src/types';
import {DAY_MS} from './calls';
import {differ, expectSame} from './difference';
import {checkRecord} from './record-check';
import {ReferenceJob, type Begin} from './reference-job';
import {planOf} from './reference-plan';
import type {Caller} from './reference-turn';
import type {Submission} from './requests';
import type {Settings} from './settings';

/** What a call gave: a value, or an error with its code. */
export interface Outcome {
  readonly value?: unknown;
  readonly error?: {readonly name: string; readonly code: string; readonly message: string};
}

interface User {
  /** Random id in the records, as soon as one is seen. */
  ownerId: string | null;
  /** Whether his jobs may have two ids; see `doubtOwner`. */
  isDoubtful: boolean;
  isInstalled: boolean;
  hasTriggers: boolean;
}

const PURGE_MS = 30 * DAY_MS;

export class Reference {
  /** Oldest first. */
  jobs: ReferenceJob[] = [];
  properties: Settings = {};
  private readonly users = new Map<string, User>();
  /** Jobs that `stop` deleted, or that were forgotten by age. */
  private readonly gone = new Map<string, ReferenceJob>();

  /** `run`, `enqueue`, `chain`, `enqueueMany`, `mapReduce`. */
  submit(submission: Submission, caller: Caller, outcome: Outcome): void {
    const plan = planOf(submission, caller.configured, this.properties);
    const missing = plan.units.find((unit) => !caller.handlers.has(unit.handler));
    if (missing !== undefined) return expectSame('a missing handler', 'HANDLER_NOT_FOUND', codeOf(outcome));
    const {id, createdAt} = this.recordIn(`${submission.method} accepts`, outcome);
    this.accept(id, submission, caller, Date.parse(createdAt));
  }

  /** A job that exists from now on. */
  accept(id: string, submission: Submission, caller: Caller, createdMs: number): void {
    const plan = planOf(submission, caller.configured, this.properties);
    const job = new ReferenceJob(id, caller.user, plan, createdMs);
    if (this.jobs.some((other) => other.id === id) || this.gone.has(id)) differ('a job has an id of its own', null, id);
    this.jobs = [...this.jobs, job].sort((one, other) => one.createdMs - other.createdMs);
    if (plan.mode === 'run') job.open(caller);
    if (plan.options.autoResume) this.user(caller.user).hasTriggers = true;
  }

  /** What `resume` is refused with; `null` where it runs the job on, `'maybe'` while an execution winds up. */
  refusalOfResume(id: string, maxRuntimeMs: number | undefined, atMs: number): string | null {
    if (maxRuntimeMs !== undefined && maxRuntimeMs < 1_000) return 'INVALID_OPTION';
    const job = this.find(id);
    return job === null ? 'JOB_NOT_FOUND' : job.refusalOfResume(atMs);
  }

  /** `outcome`: `null` while it is not known. */
  resume(id: string, maxRuntimeMs: number | undefined, caller: Caller, outcome: Outcome | null): void {
    const code = outcome === null ? null : codeOf(outcome);
    if (maxRuntimeMs === undefined || maxRuntimeMs >= 1_000) this.present(id, code, caller.startedMs);
    const refusal = this.refusalOfResume(id, maxRuntimeMs, caller.startedMs);
    if (refusal === 'maybe' && code !== null) return expectSame(`resume of ${id}`, 'LEASE_HELD', code);
    if (refusal !== null && refusal !== 'maybe') return expectSame(`resume of ${id}`, refusal, code);
    const job = this.find(id);
    if (job === null || (outcome !== null && this.recordIn('resume runs', outcome).id !== id)) return;
    job.resume(caller, maxRuntimeMs);
    if (caller.user === job.owner && job.plan.options.autoResume) this.user(caller.user).hasTriggers = true;
  }

  /** Also inside a handler. */
  cancel(id: string, outcome: Outcome, nowMs: number): void {
    const job = this.present(id, codeOf(outcome), nowMs);
    if (job === null) return expectSame('cancel of an unknown job', 'JOB_NOT_FOUND', codeOf(outcome));
    if (job.isFinal) return expectSame(`cancel of ${id}`, 'ALREADY_FINAL', codeOf(outcome));
    const record = this.recordIn('cancel ends', outcome);
    const reported = record.recoveries.at(-1);
    const isNew = record.recoveries.length > job.recoveries.slice(-8).length || job.recoveries.length >= 8;
    job.cancel(
      Date.parse(record.canceledAt ?? ''),
      reported === undefined || !isNew
        ? null
        : {reason: reported.reason === 'killed' ? 'killed' : 'canceled', inDoubt: reported.inDoubt},
    );
    this.forgetTriggers();
  }

  /** `triggers`: how many the user has; `null` where an execution that was running may have made one meanwhile. */
  stop(user: string, isWithData: boolean, triggers: number | null, atMs: number, outcome: Outcome): void {
    const {jobs} = this;
    const paused = isWithData ? [] : jobs.filter((job) => job.stop(atMs));
    if (isWithData) {
      for (const job of jobs) this.forget(job, atMs);
      // The random id of the user who calls goes with the data.
      this.user(user).ownerId = null;
    }
    Object.assign(this.user(user), {isInstalled: false, hasTriggers: false});
    const {triggersDeleted, jobsDeleted} = outcome.value as StopResult;
    // Those that are old enough may have been forgotten before.
    const old = jobs.filter((job) => job.isFinal && atMs >= job.finalMs + PURGE_MS).length;
    const deleted = isWithData ? Math.min(Math.max(jobsDeleted, jobs.length - old), jobs.length) : 0;
    const counts = {jobsPaused: paused.length, jobsDeleted: deleted};
    const expected = {triggersDeleted: triggers ?? triggersDeleted, ...counts};
    expectSame('stop', expected, outcome.value);
    this.forgetTriggers();
  }

  /**
   * A known difference: an execution that outlives `stop({data: true})` goes on with the id that was deleted, so that a
   * job which its handler enqueues has another owner than the user's later jobs, and `work` by hand does not count it.
   */
  doubtOwner(user: string): void {
    this.user(user).isDoubtful = true;
  }

  install(user: string, everyMinutes: number | null, outcome: Outcome): void {
    if (everyMinutes === 7) return expectSame('install every 7 minutes', 'INVALID_OPTION', codeOf(outcome));
    const watchdog = {everyMinutes: everyMinutes ?? 10, triggerHandler: 'astJobsWorker'};
    expectSame('install', {watchdog}, outcome.value);
    Object.assign(this.user(user), {isInstalled: true, hasTriggers: true});
  }

  /** What a pass says that it did, when nothing else was running. */
  work(user: string, ran: readonly {readonly job: ReferenceJob; readonly steps: number}[], outcome: Outcome): void {
    const {jobs, open, end} = outcome.value as WorkResult;
    // The documents are silent: a paused job's status has its reason behind it. Of a job that was canceled under it, which
    // it calls 'lost', a pass counts the steps that were saved before.
    const expected = ran
      .filter(({job}) => job.status !== 'canceled')
      .map(({job, steps}) => ({id: job.id, name: job.plan.name, status: job.status, steps}));
    const got = jobs
      .filter((job) => job.steps > 0 && job.status !== 'lost')
      .map((job) => ({...job, status: job.status.replace(/: \w+$/, '')}));
    expectSame('work: the jobs that it ran', expected, got);
    if (this.user(user).isDoubtful) return;
    const left = this.jobs.filter((job) => job.owner === user && !job.isFinal).length;
    expectSame('work: what is left', {open: left, end: left === 0 ? 'idle' : 'open'}, {open, end});
  }

  /** Ids of `list`, newest first. */
  list({name, status, limit = 100}: ListFilters): readonly string[] {
    return [...this.jobs]
      .reverse()
      .filter(
        (job) => (name === undefined || job.plan.name === name) && (status === undefined || job.status === status),
      )
      .map((job) => job.id)
      .slice(0, limit);
  }

  begin(id: string, begin: Begin, caller: Caller): void {
    const job = this.find(id) ?? this.gone.get(id) ?? differ('a job of which nobody knows runs', null, id);
    // A pass that goes on to another job has given the lease of the last one back.
    for (const other of this.jobs) if (other !== job && other.turn?.caller.id === caller.id) other.close();
    job.begin(begin, caller);
  }

  end(id: string, step: string, atMs: number, caller: Caller): void {
    (this.find(id) ?? this.gone.get(id))?.end(step, atMs, caller);
  }

  /** An execution came to its end, by itself or not. */
  executionEnded(executionId: number, isKilled: boolean): void {
    for (const job of this.jobs)
      if (job.turn?.caller.id === executionId) {
        if (isKilled && job.turn.unit !== null) job.kill();
        else job.close();
      }
    this.forgetTriggers();
  }

  /** The records of all jobs beside the model, when nothing is running. */
  compare(statuses: readonly Outcome[], list: Outcome, nowMs: number, handlers: ReadonlySet<string>): void {
    for (const [index, job] of [...this.jobs].entries()) {
      const outcome = statuses[index] ?? {};
      if (this.present(job.id, codeOf(outcome), nowMs) === null) continue;
      const record = this.recordIn(`status of ${job.id}`, outcome);
      checkRecord(job, record, {nowMs, handlers, hasTriggers: this.user(job.owner).hasTriggers});
      this.checkOwner(job.owner, record.owner);
    }
    this.forgetTriggers();
    const records = statuses.flatMap((outcome) => (outcome.error === undefined ? [outcome.value as JobRecord] : []));
    const rows = [...records].sort((one, other) => this.age(other.id) - this.age(one.id));
    expectSame('list: all, newest first', rows.map(withoutWakeUp), (list.value as JobRecord[]).map(withoutWakeUp));
  }

  /** What `status` tells of a job that may be running: what is saved only grows. */
  glance(id: string, outcome: Outcome, nowMs: number): void {
    const job = this.present(id, codeOf(outcome), nowMs);
    if (job === null) return expectSame('status of an unknown job', 'JOB_NOT_FOUND', codeOf(outcome));
    const record = this.recordIn(`status of ${id}`, outcome);
    if (record.folded === true) return;
    const unknown = Object.keys(record.results).filter((step) => job.unit(step).state !== 'completed');
    expectSame(`status of ${id}: results of steps that were not completed`, [], unknown);
  }

  /** Whether triggers of a user may be there when everything is at rest. */
  mayHaveTriggers(name: string): boolean {
    return this.user(name).isInstalled || this.isNeeded(name);
  }

  find(id: string): ReferenceJob | null {
    return this.jobs.find((job) => job.id === id) ?? null;
  }

  user(name: string): User {
    const user = this.users.get(name) ?? {ownerId: null, isDoubtful: false, isInstalled: false, hasTriggers: false};
    this.users.set(name, user);
    return user;
  }

  private age(id: string): number {
    return this.jobs.findIndex((job) => job.id === id);
  }

  /** A job, unless it was deleted, or forgotten by age as the library says. */
  private present(id: string, code: string | null, nowMs: number): ReferenceJob | null {
    const job = this.find(id);
    if (job === null || code !== 'JOB_NOT_FOUND' || !job.isFinal || nowMs < job.finalMs + PURGE_MS) return job;
    this.forget(job, nowMs);
    return null;
  }

  private forget(job: ReferenceJob, atMs: number): void {
    job.forget(atMs);
    this.gone.set(job.id, job);
    this.jobs = this.jobs.filter((other) => other !== job);
  }

  /** The last trigger of a user goes when nothing of his is open but what waits for a person. */
  private forgetTriggers(): void {
    for (const [name, user] of this.users) {
      if (!user.isInstalled && !this.isNeeded(name)) user.hasTriggers = false;
    }
  }

  private isNeeded(name: string): boolean {
    return this.jobs.some((job) => job.owner === name && !job.isFinal && job.plan.options.autoResume && !job.isStopped);
  }

  private checkOwner(name: string, ownerId: string): void {
    const user = this.user(name);
    if (user.isDoubtful) return;
    user.ownerId ??= ownerId;
    expectSame(`the owner of the jobs of ${name}`, user.ownerId, ownerId);
    const others = [...this.users].filter(([other, {ownerId: id}]) => other !== name && id === ownerId);
    expectSame('no two users have one id', [], others);
  }

  private recordIn(what: string, outcome: Outcome): JobRecord {
    const {value} = outcome;
    if (typeof value === 'object' && value !== null && 'id' in value) return value as JobRecord;
    return differ(what, 'a record', outcome);
  }
}

/** An execution that is overdue is planned for the moment of looking. */
function withoutWakeUp({wakeUp: _wakeUp, ...row}: JobRecord): object {
  return row;
}

/** The code of an error, `null` where there was none. */
export function codeOf(outcome: Outcome): string | null {
  return outcome.error === undefined ? null : outcome.error.code;
}
