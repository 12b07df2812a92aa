/**
 * The reference model: what every call of the API gives, in plain lists and without storage, leases or triggers. It is
 * written from README.md, src/types.ts and docs/design.md. A job by itself is in reference-job.ts, what jobs are to each
 * other in reference-jobs.ts and the files beside it.
 */
import type {JobRecord, JobStatus, JobTerms, ListFilters, StopResult, WorkResult} from '../../src/types';
import {differ, expectSame} from './difference';
import {codeOf, recordIn, type Outcome} from './outcome';
import {checkRecord} from './record-check';
import {acceptedBatch, expectBatch, type Accepted} from './reference-batch';
import type {Begin} from './reference-begin';
import {expectDuplicate, expectNoDuplicate} from './reference-duplicates';
import {ReferenceJob, type Recovery} from './reference-job';
import {ReferenceJobs} from './reference-jobs';
import {depend, expectLinks} from './reference-links';
import {listed} from './reference-list';
import {planOf} from './reference-plan';
import {blockersOf, gatesOf, isForLater, termsOf} from './reference-terms';
import type {Caller} from './reference-turn';
import {unitOf} from './reference-units';
import {ReferenceUsers} from './reference-users';
import type {Submission} from './requests';
import type {Settings} from './settings';

export class Reference {
  properties: Settings = {};
  /** Ids of the batches that were accepted. */
  readonly batches: string[] = [];
  private readonly known = new ReferenceJobs();
  private readonly users = new ReferenceUsers(() => this.jobs);
  private readonly recordOf: (id: string) => JobRecord | null;

  /** `recordOf`: what the library says of a job that something else than a call about it has ended; `null`: nothing. */
  constructor(recordOf: (id: string) => JobRecord | null) {
    this.recordOf = recordOf;
  }

  /** Oldest first. */
  get jobs(): readonly ReferenceJob[] {
    return this.known.all;
  }

  /** `run`, `enqueue`, `chain`, `enqueueMany`, `mapReduce`. */
  submit(submission: Submission, caller: Caller, outcome: Outcome): void {
    const plan = planOf(submission, caller.configured, this.properties);
    const missing = plan.units.find((unit) => !caller.handlers.has(unit.handler));
    if (missing !== undefined) return expectSame('a missing handler', 'HANDLER_NOT_FOUND', codeOf(outcome));
    const request: JobTerms & {readonly name: string} = submission.request;
    if (plan.mode === 'run' && isForLater(request))
      return expectSame('a run that is for later', 'INVALID_REQUEST', codeOf(outcome));
    const isUnknown = request.dependencies?.some((id) => {
      const job = this.find(String(id));
      return job === null || (codeOf(outcome) !== null && this.known.mayBeForgotten(job, caller.startedMs));
    });
    if (isUnknown === true && codeOf(outcome) !== null)
      return expectSame('an unknown dependency', 'JOB_NOT_FOUND', codeOf(outcome));
    const {id, createdAt, duplicateOf: by} = recordIn(`${submission.method} accepts`, outcome);
    if (by !== undefined) return expectDuplicate(this.known, {id, by}, request, caller.startedMs);
    if (isUnknown === true) return differ('an unknown dependency', 'JOB_NOT_FOUND', outcome.value);
    expectNoDuplicate(this.known, termsOf(request, Date.parse(createdAt)), Date.parse(createdAt));
    this.accept(id, submission, caller, Date.parse(createdAt));
  }

  /** A job that exists from now on. */
  accept(id: string, submission: Submission, caller: Caller, createdMs: number): void {
    const plan = planOf(submission, caller.configured, this.properties);
    const asked = termsOf(submission.request, createdMs);
    const terms = plan.mode === 'run' ? {...asked, dueMs: createdMs} : asked;
    this.add({id, plan, terms, createdMs}, caller);
  }

  private add({id, plan, terms, createdMs}: Accepted, caller: Caller): void {
    const job = new ReferenceJob({id, owner: caller.user, plan, createdMs}, terms, (own) => gatesOf(own, this.jobs));
    this.known.add(job);
    if (terms.singleton?.policy === 'replace')
      for (const other of this.jobs)
        if (other !== job && !other.isFinal && other.terms.singleton?.key === terms.singleton.key) {
          const end = other.nextEnd;
          if (end !== null) continue;
          other.cancel(createdMs, newReport(other, this.recordOf(other.id)));
        }
    // One that has to let others of its key go first waits for them.
    if (plan.mode === 'run' && job.possibleGates.has('open')) job.open(caller);
    if (plan.options.autoResume) this.users.madeTriggers(caller.user);
    this.users.forgetTriggers();
  }

  /** Jobs that are accepted together: all or none. */
  batch(
    submissions: readonly Submission[],
    {above, isStarted}: {readonly above: readonly (readonly number[])[]; readonly isStarted: boolean},
    caller: Caller,
    outcome: Outcome,
  ): void {
    const jobs = submissions.map((submission, index) => ({
      ...{submission, above: above[index] ?? []},
      plan: planOf(submission, caller.configured, this.properties),
    }));
    const batch = acceptedBatch(this.known, {jobs, isStarted}, caller.handlers, outcome);
    if (batch === null) return;
    this.batches.push(batch.id);
    for (const job of batch.jobs) this.add(job, caller);
  }

  getBatch(id: string, outcome: Outcome): void {
    expectBatch(
      id,
      this.jobs.filter((job) => job.terms.batch === id),
      outcome,
    );
  }

  /** `pause` and `adopt`. */
  handle(op: 'pause' | 'adopt', id: string, user: string, atMs: number, outcome: Outcome): void {
    const job = this.known.open(op, id, atMs, outcome);
    if (job === null) return;
    if (op === 'pause') {
      if (!job.isStopped) job.stop(atMs, recordIn('pause', outcome).leaseOwner !== null);
    } else {
      job.adopt(user, recordIn('adopt', outcome).leaseOwner !== null);
      if (job.plan.options.autoResume) this.users.madeTriggers(user);
    }
    this.users.forgetTriggers();
  }

  depend(op: 'addDependency' | 'removeDependency', id: string, on: string, atMs: number, outcome: Outcome): void {
    depend(this.known, {op, id, on}, atMs, outcome);
  }

  links(op: 'getDependencies' | 'getDependents', id: string, outcome: Outcome): void {
    expectLinks(this.known, op, id, outcome);
  }

  remove(id: string, atMs: number, outcome: Outcome): void {
    const job = this.find(id);
    const isGone = job === null || (outcome.value === false && this.known.mayBeForgotten(job, atMs));
    if (isGone) {
      expectSame(`remove of ${id}`, false, outcome.value);
      return job === null ? undefined : this.known.forget(job, atMs);
    }
    const dependents = this.jobs.filter((other) => other.terms.dependencies.includes(id));
    const waiting = dependents.filter((other) => !other.isFinal && !other.hasBegun);
    const isSure = waiting.some((other) => !other.mayHaveEnded);
    if (waiting.length > 0 && (isSure || codeOf(outcome) !== null))
      return expectSame(`remove of ${id}, for which others wait`, 'HAS_DEPENDENTS', codeOf(outcome));
    expectSame(`remove of ${id}`, true, outcome.value);
    for (const other of waiting) other.believeOver(atMs);
    this.known.forget(job, atMs);
    this.users.forgetTriggers();
  }

  /** Whether a job can come to its end by itself. */
  isGoing(job: ReferenceJob): boolean {
    if (job.isFinal || !job.plan.options.autoResume || job.isStopped || !this.users.hasTriggers(job.owner))
      return false;
    const {dependencies, policy} = job.terms;
    const blockers = blockersOf(job, this.jobs);
    const isMissing = !job.hasBegun && dependencies.some((id) => this.find(id) === null);
    // Nobody looks at a job that waits for a person: what has become of its own dependencies is no end of it yet.
    const isLost = isMissing || blockers.some((other) => other.isFinal && other.status !== 'completed');
    if (isLost && policy !== 'run') return policy !== 'wait';
    return blockers.every((other) => other.isFinal || this.isGoing(other));
  }

  /** What `resume` is refused with; `null` where it runs the job on, `'maybe'` while an execution winds up. */
  refusalOfResume(id: string, maxRuntimeMs: number | undefined, atMs: number): string | null {
    if (maxRuntimeMs !== undefined && maxRuntimeMs < 1_000) return 'INVALID_OPTION';
    const job = this.find(id);
    if (job === null) return 'JOB_NOT_FOUND';
    const refusal = job.refusalOfResume(atMs);
    return refusal === null && job.mayHaveEnded ? 'maybe' : refusal;
  }

  /** `outcome`: `null` while it is not known. */
  resume(id: string, maxRuntimeMs: number | undefined, caller: Caller, outcome: Outcome | null): void {
    const code = outcome === null ? null : codeOf(outcome);
    if (maxRuntimeMs === undefined || maxRuntimeMs >= 1_000) this.known.present(id, code, caller.startedMs);
    const refusal = this.refusalOfResume(id, maxRuntimeMs, caller.startedMs);
    if (refusal === 'maybe' && code === 'ALREADY_FINAL') this.find(id)?.believeOver(caller.startedMs);
    if (refusal === 'maybe' && code === 'ALREADY_FINAL' && this.find(id)?.isFinal === true) return;
    if (refusal === 'maybe' && code !== null) return expectSame(`resume of ${id}`, 'LEASE_HELD', code);
    if (refusal !== null && refusal !== 'maybe') return expectSame(`resume of ${id}`, refusal, code);
    const job = this.find(id);
    if (job === null || (outcome !== null && recordIn('resume runs', outcome).id !== id)) return;
    const {status} = (outcome?.value ?? {}) as {readonly status?: JobStatus};
    if (job.mayHaveEnded && (status === 'failed' || status === 'canceled'))
      return job.endByGate(status, caller.startedMs);
    job.resume(caller, maxRuntimeMs);
    if (caller.user === job.owner && job.plan.options.autoResume) this.users.madeTriggers(caller.user);
  }

  /** Also inside a handler. */
  cancel(id: string, outcome: Outcome, nowMs: number): void {
    const job = this.known.present(id, codeOf(outcome), nowMs);
    if (job === null) return expectSame('cancel of an unknown job', 'JOB_NOT_FOUND', codeOf(outcome));
    if (codeOf(outcome) === 'ALREADY_FINAL') job.believeOver(nowMs);
    if (job.isFinal) return expectSame(`cancel of ${id}`, 'ALREADY_FINAL', codeOf(outcome));
    const record = recordIn('cancel ends', outcome);
    job.cancel(Date.parse(record.canceledAt ?? ''), newReport(job, record));
    this.users.forgetTriggers();
  }

  /** What dead owners were at is only reported: whoever goes on with their jobs draws the conclusions. */
  stopDead(atMs: number): void {
    for (const job of this.jobs) if (job.dead !== null) job.haltedMs ??= atMs;
  }

  /** `triggers`: how many the user has; `null` where an execution that was running may have made one meanwhile. */
  stop(user: string, isWithData: boolean, triggers: number | null, atMs: number, outcome: Outcome): void {
    const {jobs} = this;
    const paused = isWithData ? [] : jobs.filter((job) => job.stop(atMs));
    if (isWithData) for (const job of jobs) this.known.forget(job, atMs);
    this.users.stopped(user, isWithData);
    const {triggersDeleted, jobsDeleted} = outcome.value as StopResult;
    // Those that are old enough may have been forgotten before.
    const old = jobs.filter((job) => this.known.mayBeForgotten(job, atMs)).length;
    const deleted = isWithData ? Math.min(Math.max(jobsDeleted, jobs.length - old), jobs.length) : 0;
    // What they depend on may have ended some since anybody looked.
    const ended = paused.filter((job) => job.mayHaveEnded).length;
    const isKnown = (n: number): boolean => n <= paused.length && n >= paused.length - ended;
    const told = (outcome.value as StopResult).jobsPaused;
    const counts = {jobsPaused: !isWithData && isKnown(told) ? told : paused.length, jobsDeleted: deleted};
    const expected = {triggersDeleted: triggers ?? triggersDeleted, ...counts};
    expectSame('stop', expected, outcome.value);
    this.users.forgetTriggers();
  }

  /** An execution outlived `stop({data: true})`. */
  doubtOwner(user: string): void {
    this.users.doubt(user);
  }

  install(user: string, everyMinutes: number | null, outcome: Outcome): void {
    if (everyMinutes === 7) return expectSame('install every 7 minutes', 'INVALID_OPTION', codeOf(outcome));
    const watchdog = {everyMinutes: everyMinutes ?? 10, triggerHandler: 'astJobsWorker'};
    expectSame('install', {watchdog}, outcome.value);
    this.users.installed(user);
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
    if (this.users.isDoubtful(user)) return;
    if (this.jobs.some((job) => job.mayHaveEnded)) return;
    const left = this.jobs.filter((job) => job.owner === user && !job.isFinal).length;
    expectSame('work: what is left', {open: left, end: left === 0 ? 'idle' : 'open'}, {open, end});
  }

  list(filters: ListFilters): readonly string[] {
    return listed(this.jobs, filters);
  }

  begin(id: string, begin: Begin, caller: Caller): void {
    const job = this.known.findEver(id) ?? differ('a job of which nobody knows runs', null, id);
    // A pass that goes on to another job has given the lease of the last one back.
    for (const other of this.jobs) if (other !== job && other.turn?.caller.id === caller.id) other.close();
    job.begin(begin, caller);
  }

  end(id: string, step: string, atMs: number, caller: Caller): void {
    this.known.findEver(id)?.end(step, atMs, caller);
  }

  /** An execution came to its end, by itself or not. */
  executionEnded(executionId: number, isKilled: boolean): void {
    for (const job of this.jobs)
      if (job.turn?.caller.id === executionId) {
        if (isKilled && job.turn.unit !== null) job.kill();
        else job.close();
      }
    this.users.forgetTriggers();
  }

  /** The records of all jobs beside the model, when nothing is running. */
  compare(statuses: readonly Outcome[], list: Outcome, nowMs: number, handlers: ReadonlySet<string>): void {
    for (const [index, job] of [...this.jobs].entries()) {
      const outcome = statuses[index] ?? {};
      if (this.known.present(job.id, codeOf(outcome), nowMs) === null) continue;
      const record = recordIn(`status of ${job.id}`, outcome);
      checkRecord(job, record, {nowMs, handlers, hasTriggers: this.users.hasTriggers(job.owner)});
      this.users.checkOwner(job.owner, record.owner);
    }
    this.users.forgetTriggers();
    const records = statuses.flatMap((outcome) => (outcome.error === undefined ? [outcome.value as JobRecord] : []));
    const rows = [...records].sort((one, other) => this.known.age(other.id) - this.known.age(one.id));
    expectSame('list: all, newest first', rows.map(withoutWakeUp), (list.value as JobRecord[]).map(withoutWakeUp));
  }

  /** What `status` tells of a job that may be running: what is saved only grows. */
  glance(id: string, outcome: Outcome, nowMs: number): void {
    const job = this.known.present(id, codeOf(outcome), nowMs);
    if (job === null) return expectSame('status of an unknown job', 'JOB_NOT_FOUND', codeOf(outcome));
    const record = recordIn(`status of ${id}`, outcome);
    if (record.folded === true) return;
    const unknown = Object.keys(record.results).filter((step) => unitOf(job.units, step).state !== 'completed');
    expectSame(`status of ${id}: results of steps that were not completed`, [], unknown);
  }

  mayHaveTriggers(user: string): boolean {
    return this.users.mayHaveTriggers(user);
  }

  find(id: string): ReferenceJob | null {
    return this.known.find(id);
  }
}

/** An execution that is overdue is planned for the moment of looking. */
function withoutWakeUp({wakeUp: _wakeUp, ...row}: JobRecord): object {
  return row;
}

/** What was in doubt when a job was canceled; of several units only the library knows which. */
function newReport(job: ReferenceJob, record: JobRecord | null): Recovery | null {
  const reported = record?.recoveries.at(-1);
  if (record === null || reported === undefined) return null;
  const isNew = record.recoveries.length > job.recoveries.slice(-8).length || job.recoveries.length >= 8;
  const reason = reported.reason === 'killed' ? 'killed' : 'canceled';
  return isNew ? {reason, inDoubt: reported.inDoubt} : null;
}
