/**
 * The reference model: what every call of the API gives, in plain lists and without storage, leases or triggers. It is
 * written from README.md, src/types.ts and docs/design.md. The jobs themselves are in reference-job.ts.
 */
import type {BatchRecord, JobRecord, JobStatus, JobTerms, ListFilters, StopResult, WorkResult} from '../../src/types';
import {DAY_MS} from './calls';
import {differ, expectSame} from './difference';
import {checkRecord} from './record-check';
import {ReferenceJob, type Begin} from './reference-job';
import {planOf, type JobPlan} from './reference-plan';
import {blockersOf, gatesOf, isForLater, termsOf, waitsFor, type Terms} from './reference-terms';
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
/** Between the start of an execution and its hold. */
const HOLD_SLACK_MS = 60_000;
const PRIORITIES = ['low', 'medium', 'high', 'critical'];

export class Reference {
  /** Oldest first. */
  jobs: ReferenceJob[] = [];
  properties: Settings = {};
  private readonly users = new Map<string, User>();
  /** Jobs that `stop` deleted, or that were forgotten by age. */
  /** Ids of the batches that were accepted. */
  readonly batches: string[] = [];
  private readonly gone = new Map<string, ReferenceJob>();

  /** `run`, `enqueue`, `chain`, `enqueueMany`, `mapReduce`. */
  submit(submission: Submission, caller: Caller, outcome: Outcome): void {
    const plan = planOf(submission, caller.configured, this.properties);
    const missing = plan.units.find((unit) => !caller.handlers.has(unit.handler));
    if (missing !== undefined) return expectSame('a missing handler', 'HANDLER_NOT_FOUND', codeOf(outcome));
    const request: JobTerms & {readonly name: string} = submission.request;
    if (plan.mode === 'run' && isForLater(request))
      return expectSame('a run that is for later', 'INVALID_REQUEST', codeOf(outcome));
    const isUnknown = request.dependencies?.some((id) => this.find(String(id)) === null);
    if (isUnknown === true && codeOf(outcome) !== null)
      return expectSame('an unknown dependency', 'JOB_NOT_FOUND', codeOf(outcome));
    const {id, createdAt, duplicateOf} = this.recordIn(`${submission.method} accepts`, outcome);
    if (duplicateOf !== undefined) return this.expectDuplicate(id, duplicateOf, request, caller.startedMs);
    if (isUnknown === true) return differ('an unknown dependency', 'JOB_NOT_FOUND', outcome.value);
    this.expectNoDuplicate(termsOf(request, Date.parse(createdAt)), Date.parse(createdAt));
    this.accept(id, submission, caller, Date.parse(createdAt));
  }

  /** The job that is there already is the one that has the key. */
  private expectDuplicate(
    id: string,
    by: NonNullable<JobRecord['duplicateOf']>,
    request: JobTerms & {readonly name: string},
    atMs: number,
  ): void {
    const {key, singleton} = termsOf(request, atMs);
    const job = this.find(id) ?? differ('a duplicate of a job that there is', null, id);
    const isOfKey = key !== null && job.terms.key?.text === key.text && atMs <= job.terms.key.untilMs;
    const isOfSingleton = singleton?.policy === 'skip' && job.terms.singleton?.key === singleton.key && !job.isFinal;
    expectSame('why it is a duplicate', by === 'idempotencyKey' ? isOfKey : by === 'singleton' && isOfSingleton, true);
  }

  /** No job was there that would have stood for the new one. */
  private expectNoDuplicate({key, singleton}: Terms, atMs: number): void {
    for (const job of this.jobs) {
      const {key: own} = job.terms;
      const isOfKey = key !== null && own !== null && own.text === key.text && atMs < own.untilMs - HOLD_SLACK_MS;
      if (isOfKey && !this.mayBeForgotten(job, atMs)) differ('a second job with an idempotency key', job.id, atMs);
      const isSurelyOpen = !job.isFinal && !job.mayHaveEnded && job.nextEnd === null;
      if (singleton?.policy === 'skip' && job.terms.singleton?.key === singleton.key && isSurelyOpen)
        differ('a second job of a singleton', job.id, atMs);
    }
  }

  private mayBeForgotten(job: ReferenceJob, atMs: number): boolean {
    return job.isFinal && atMs >= job.finalMs + PURGE_MS;
  }

  /** A job that exists from now on. */
  accept(id: string, submission: Submission, caller: Caller, createdMs: number): void {
    const plan = planOf(submission, caller.configured, this.properties);
    const asked = termsOf(submission.request, createdMs);
    const terms = plan.mode === 'run' ? {...asked, dueMs: createdMs} : asked;
    this.add(id, {plan, terms}, caller, createdMs);
  }

  private add(
    id: string,
    {plan, terms}: {readonly plan: JobPlan; readonly terms: Terms},
    caller: Caller,
    createdMs: number,
  ): void {
    const job = new ReferenceJob({id, owner: caller.user, plan, createdMs}, terms, (own) => gatesOf(own, this.jobs));
    if (this.jobs.some((other) => other.id === id) || this.gone.has(id)) differ('a job has an id of its own', null, id);
    this.jobs = [...this.jobs, job].sort((one, other) => one.createdMs - other.createdMs);
    if (terms.singleton?.policy === 'replace')
      for (const other of this.jobs)
        if (other !== job && !other.isFinal && other.terms.singleton?.key === terms.singleton.key) {
          const end = other.nextEnd;
          if (end !== null) continue;
          other.cancel(createdMs, null);
        }
    // One that has to let others of its key go first waits for them.
    if (plan.mode === 'run' && job.possibleGates.has('open')) job.open(caller);
    if (plan.options.autoResume) this.user(caller.user).hasTriggers = true;
    this.forgetTriggers();
  }

  /** Jobs that are accepted together: all or none. */
  batch(
    submissions: readonly Submission[],
    {above, isStarted}: {readonly above: readonly (readonly number[])[]; readonly isStarted: boolean},
    caller: Caller,
    outcome: Outcome,
  ): void {
    const plans = submissions.map((submission) => planOf(submission, caller.configured, this.properties));
    const isMissing = plans.some(({units}) => units.some((unit) => !caller.handlers.has(unit.handler)));
    if (isMissing) return expectSame('a batch with a missing handler', 'HANDLER_NOT_FOUND', codeOf(outcome));
    if (hasCircle(above)) return expectSame('a batch with a circle', 'INVALID_REQUEST', codeOf(outcome));
    const known = submissions.map(({request}) => ((request as JobTerms).dependencies ?? []).map(String));
    if (known.some((ids) => ids.some((id) => this.find(id) === null)))
      return expectSame('a batch with an unknown dependency', 'JOB_NOT_FOUND', codeOf(outcome));
    if (outcome.error !== undefined) return differ('a batch is accepted', null, outcome.error);
    const {id, jobs} = outcome.value as BatchRecord;
    expectSame(
      'jobs of a batch',
      submissions.map(({request}) => request.name),
      jobs.map((job) => (job as JobRecord).name),
    );
    this.batches.push(id);
    for (const [index, {request}] of submissions.entries()) {
      const record = jobs[index] as JobRecord;
      const createdMs = Date.parse(record.createdAt);
      const own = termsOf(request, createdMs);
      const positions = (above[index] ?? []).map((position) => jobs[position]?.id ?? '');
      const terms: Terms = {
        ...own,
        dependencies: [...new Set([...(known[index] ?? []), ...positions])],
        isStarted: own.isStarted && isStarted,
        batch: id,
      };
      const plan = plans[index];
      if (plan !== undefined) this.add(record.id, {plan: {...plan, mode: 'enqueue'}, terms}, caller, createdMs);
    }
  }

  /** What `getBatch` shows when nothing is running and everything was compared. */
  getBatch(id: string, outcome: Outcome): void {
    const jobs = this.jobs.filter((job) => job.terms.batch === id);
    if (jobs.length === 0) return expectSame('an unknown batch', 'BATCH_NOT_FOUND', codeOf(outcome));
    const {status, counts, jobs: rows} = outcome.value as BatchRecord;
    const count = (of: JobStatus): number => jobs.filter((job) => job.status === of).length;
    const end = count('failed') > 0 ? 'failed' : count('canceled') > 0 ? 'canceled' : 'completed';
    const open = {paused: count('paused') + count('queued') + count('running')};
    expectSame(
      `the batch ${id}`,
      {
        status: open.paused > 0 ? 'open' : end,
        ...{ids: jobs.map((job) => job.id), ...open},
        ...{completed: count('completed'), failed: count('failed'), canceled: count('canceled')},
      },
      {
        ...{status, ids: rows.map((row) => row.id), paused: counts.paused + counts.queued + counts.running},
        ...{completed: counts.completed, failed: counts.failed, canceled: counts.canceled},
      },
    );
  }

  /** `pause` and `adopt`. */
  handle(op: 'pause' | 'adopt', id: string, user: string, atMs: number, outcome: Outcome): void {
    const job = this.openFor(op, id, atMs, outcome);
    if (job === null) return;
    if (op === 'pause') {
      if (!job.isStopped) job.stop(atMs);
    } else {
      job.owner = user;
      if (job.plan.options.autoResume) this.user(user).hasTriggers = true;
    }
    this.forgetTriggers();
  }

  /** `addDependency` and `removeDependency`. */
  depend(op: 'addDependency' | 'removeDependency', id: string, on: string, atMs: number, outcome: Outcome): void {
    const other = this.find(on);
    const job = this.openFor(op, id, atMs, outcome, ['ALREADY_STARTED', 'INVALID_REQUEST', 'JOB_NOT_FOUND']);
    if (job === null) return;
    const code = codeOf(outcome);
    if (job.hasBegun) return expectSame(`${op} of ${id}`, 'ALREADY_STARTED', code);
    const {dependencies} = job.terms;
    const isThere = dependencies.includes(on);
    if (op === 'removeDependency') {
      expectSame(`${op} of ${id}`, null, code);
      return isThere ? job.depend(dependencies.filter((one) => one !== on)) : undefined;
    }
    if (other === null) return expectSame(`${op} of ${id}`, 'JOB_NOT_FOUND', code);
    if (code === 'JOB_NOT_FOUND' && this.mayBeForgotten(other, atMs)) return this.forget(other, atMs);
    const isCircle = !isThere && waitsFor(other, id, this.jobs);
    expectSame(`${op} of ${id} to ${on}`, isCircle ? 'INVALID_REQUEST' : null, code);
    if (!isThere && !isCircle) job.depend([...dependencies, on]);
  }

  /** `getDependencies` and `getDependents` when nothing is running and everything was compared. */
  links(op: 'getDependencies' | 'getDependents', id: string, outcome: Outcome): void {
    const job = this.find(id);
    if (job === null) return expectSame(`${op} of an unknown job`, 'JOB_NOT_FOUND', codeOf(outcome));
    const tell = (other: ReferenceJob): object => ({id: other.id, name: other.plan.name, status: other.status});
    const links =
      op === 'getDependencies'
        ? job.terms.dependencies.map((on) => {
            const other = this.find(on);
            return other === null ? {id: on, name: null, status: 'missing'} : tell(other);
          })
        : this.jobs.filter((other) => other.terms.dependencies.includes(id)).map(tell);
    const sorted = (rows: readonly object[]): readonly string[] => rows.map((row) => JSON.stringify(row)).sort();
    expectSame(`${op} of ${id}`, sorted(links), sorted((outcome.value ?? []) as readonly object[]));
  }

  remove(id: string, atMs: number, outcome: Outcome): void {
    const job = this.find(id);
    const isGone = job === null || (outcome.value === false && this.mayBeForgotten(job, atMs));
    if (isGone) {
      expectSame(`remove of ${id}`, false, outcome.value);
      return job === null ? undefined : this.forget(job, atMs);
    }
    const dependents = this.jobs.filter((other) => other.terms.dependencies.includes(id));
    const waiting = dependents.filter((other) => !other.isFinal && !other.hasBegun);
    const isSure = waiting.some((other) => !other.mayHaveEnded);
    if (waiting.length > 0 && (isSure || codeOf(outcome) !== null))
      return expectSame(`remove of ${id}, for which others wait`, 'HAS_DEPENDENTS', codeOf(outcome));
    expectSame(`remove of ${id}`, true, outcome.value);
    for (const other of waiting) other.believeOver(atMs);
    this.forget(job, atMs);
    this.forgetTriggers();
  }

  /** Whether a job can come to its end by itself. */
  isGoing(job: ReferenceJob): boolean {
    if (job.isFinal || !job.plan.options.autoResume || job.isStopped || !this.user(job.owner).hasTriggers) return false;
    const gates = job.possibleGates;
    if (gates.has('open') || gates.has('failed') || gates.has('canceled')) return true;
    return blockersOf(job, this.jobs).every(
      (other) => this.isGoing(other) || other.status === 'completed' || (other.isFinal && job.terms.policy !== 'wait'),
    );
  }

  /** The job, if the call was not refused for reasons that all of these calls have. */
  private openFor(
    op: string,
    id: string,
    atMs: number,
    outcome: Outcome,
    more: readonly string[] = [],
  ): ReferenceJob | null {
    const code = codeOf(outcome);
    const job = this.find(id);
    const isForgotten = job !== null && code === 'JOB_NOT_FOUND' && this.mayBeForgotten(job, atMs);
    if (job !== null && isForgotten) this.forget(job, atMs);
    if (job === null || isForgotten) {
      expectSame(`${op} of an unknown job`, 'JOB_NOT_FOUND', code);
      return null;
    }
    if (code === 'ALREADY_FINAL') job.believeOver(atMs);
    if (job.isFinal) {
      expectSame(`${op} of ${id}`, 'ALREADY_FINAL', code);
      return null;
    }
    if (code !== null && !more.includes(code)) return differ(`${op} of ${id}`, null, code);
    return job;
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
    if (maxRuntimeMs === undefined || maxRuntimeMs >= 1_000) this.present(id, code, caller.startedMs);
    const refusal = this.refusalOfResume(id, maxRuntimeMs, caller.startedMs);
    if (refusal === 'maybe' && code === 'ALREADY_FINAL') this.find(id)?.believeOver(caller.startedMs);
    if (refusal === 'maybe' && code === 'ALREADY_FINAL' && this.find(id)?.isFinal === true) return;
    if (refusal === 'maybe' && code !== null) return expectSame(`resume of ${id}`, 'LEASE_HELD', code);
    if (refusal !== null && refusal !== 'maybe') return expectSame(`resume of ${id}`, refusal, code);
    const job = this.find(id);
    if (job === null || (outcome !== null && this.recordIn('resume runs', outcome).id !== id)) return;
    const {status} = (outcome?.value ?? {}) as {readonly status?: JobStatus};
    if (job.mayHaveEnded && (status === 'failed' || status === 'canceled'))
      return job.endByGate(status, caller.startedMs);
    job.resume(caller, maxRuntimeMs);
    if (caller.user === job.owner && job.plan.options.autoResume) this.user(caller.user).hasTriggers = true;
  }

  /** Also inside a handler. */
  cancel(id: string, outcome: Outcome, nowMs: number): void {
    const job = this.present(id, codeOf(outcome), nowMs);
    if (job === null) return expectSame('cancel of an unknown job', 'JOB_NOT_FOUND', codeOf(outcome));
    if (codeOf(outcome) === 'ALREADY_FINAL') job.believeOver(nowMs);
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
    // What they depend on may have ended some since anybody looked.
    const ended = paused.filter((job) => job.mayHaveEnded).length;
    const isKnown = (n: number): boolean => n <= paused.length && n >= paused.length - ended;
    const told = (outcome.value as StopResult).jobsPaused;
    const counts = {jobsPaused: !isWithData && isKnown(told) ? told : paused.length, jobsDeleted: deleted};
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
    if (this.jobs.some((job) => job.mayHaveEnded)) return;
    const left = this.jobs.filter((job) => job.owner === user && !job.isFinal).length;
    expectSame('work: what is left', {open: left, end: left === 0 ? 'idle' : 'open'}, {open, end});
  }

  /** Ids of `list`, newest first. */
  list({
    name,
    status,
    tags = [],
    sortBy = 'createdAt',
    sortOrder = 'desc',
    limit = 100,
    offset = 0,
  }: ListFilters): readonly string[] {
    const statuses = typeof status === 'string' ? [status] : status;
    const fitting = this.jobs.filter(
      (job) =>
        (name === undefined || job.plan.name === name) &&
        (statuses === undefined || statuses.includes(job.status)) &&
        [tags].flat().every((tag) => job.terms.tags.includes(tag)),
    );
    const keys: Readonly<Record<string, (job: ReferenceJob) => string | number>> = {
      createdAt: (job) => this.age(job.id),
      name: (job) => job.plan.name,
      priority: (job) => PRIORITIES.indexOf(job.terms.priority),
      status: (job) => job.status,
    };
    const keyOf = keys[sortBy] ?? differ('sortBy', Object.keys(keys), sortBy);
    // The sort is stable: of equals the older one comes first.
    const ascending = fitting.sort((one, other) =>
      keyOf(one) < keyOf(other) ? -1 : keyOf(one) > keyOf(other) ? 1 : 0,
    );
    const ordered = sortOrder === 'asc' ? ascending : ascending.reverse();
    return ordered.map((job) => job.id).slice(offset, offset + limit);
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
    if (job === null || code !== 'JOB_NOT_FOUND' || !this.mayBeForgotten(job, nowMs)) return job;
    const waiting = this.jobs.filter((other) => other.terms.dependencies.includes(id));
    if (waiting.some((other) => !other.isFinal && !other.hasBegun && !other.mayHaveEnded))
      differ(
        `${id} was forgotten though others depend on it`,
        waiting.map((other) => other.id),
        code,
      );
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

/** Whether positions that depend on each other form a circle. */
function hasCircle(above: readonly (readonly number[])[]): boolean {
  const reaches = (from: number, to: number, left: number): boolean =>
    (above[from] ?? []).some((next) => next === to || (left > 0 && reaches(next, to, left - 1)));
  return above.some((_positions, index) => reaches(index, index, above.length));
}

/** An execution that is overdue is planned for the moment of looking. */
function withoutWakeUp({wakeUp: _wakeUp, ...row}: JobRecord): object {
  return row;
}

/** The code of an error, `null` where there was none. */
export function codeOf(outcome: Outcome): string | null {
  return outcome.error === undefined ? null : outcome.error.code;
}
