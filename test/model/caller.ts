/** The calls of a sequence: each is made in the simulated Apps Script, and its outcome told to the model. */
import type {JobTerms, ListFilters} from '../../src/types';
import type {Execution} from '../simulator';
import {HOUR_MS, MINUTE_MS, SECOND_MS, USERS, type DrawnCall, type DrawnJob, type DrawnSettings} from './calls';
import type {Comparison} from './comparison';
import {expectSame} from './difference';
import {handlersOf} from './host';
import {codeOf, type Outcome} from './outcome';
import type {Reference} from './reference';
import {BAD_CALLS} from './refusals';
import {settingCalls, submissionOf} from './requests';
import type {Settings} from './settings';
import type {Stage} from './stage';
import type {Trace} from './trace';

export class Caller {
  /** Jobs that were asked for. */
  jobs = 0;
  private readonly stage: Stage;
  private readonly reference: Reference;
  private readonly trace: Trace;
  private readonly comparison: Comparison;
  private begun = 0;

  constructor(stage: Stage, reference: Reference, trace: Trace, comparison: Comparison) {
    this.stage = stage;
    this.reference = reference;
    this.trace = trace;
    this.comparison = comparison;
  }

  /** Makes a call, and tells the model what came of it. */
  make(call: DrawnCall): 'done' | 'left out' {
    const user = USERS['user' in call ? call.user : 0] ?? '';
    switch (call.op) {
      case 'submit':
        return this.submit(user, call.job, null);
      case 'configured':
        return this.submit(user, call.job, call.settings);
      case 'resume':
        return this.resume(user, this.idOf(call.job), call.maxRuntimeMs);
      case 'cancel':
        return this.cancel(user, this.idOf(call.job));
      case 'pause':
      case 'adopt':
        return this.handle(user, call.op, this.idOf(call.job));
      case 'remove':
        return this.handle(user, 'remove', (call.job % 2 === 0 ? this.neededId() : null) ?? this.idOf(call.job));
      case 'addDependency':
      case 'removeDependency':
        return this.depend(user, call.op, this.idOf(call.job), this.idOf(call.on));
      case 'getDependencies':
      case 'getDependents': {
        const id = this.idOf(call.job);
        const {op} = call;
        return this.look(user, op, [id], (outcome) => this.reference.links(op, id, outcome));
      }
      case 'batch':
        return this.batch(user, call);
      case 'getBatch': {
        const id = this.reference.batches[call.batch] ?? 'batch_000000000_0000000000';
        return this.look(user, 'getBatch', [id], (outcome) => this.reference.getBatch(id, outcome));
      }
      case 'status':
        return this.status(user, this.idOf(call.job));
      case 'list':
        return this.list(user, call);
      case 'stop':
        return this.stop(user, call.isWithData);
      case 'install': {
        const args = call.everyMinutes === null ? [] : [{everyMinutes: call.everyMinutes}];
        this.reference.install(user, call.everyMinutes, this.call(user, 'install', args).outcome);
        return 'done';
      }
      case 'work':
        return this.work(user);
      case 'begin':
        return this.begin(user, call);
      case 'kill':
        return this.kill();
      case 'pass': {
        this.pass(Math.min(call.ms, this.longestPassMs()));
        return 'done';
      }
      case 'deploy':
        this.deploy(call.hasLater);
        return 'done';
      case 'property':
        return this.setProperty(call.maxRetries);
      case 'bad': {
        const bad = BAD_CALLS[call.which % BAD_CALLS.length];
        if (bad === undefined) return 'left out';
        const {outcome} = this.call(user, bad.method, bad.args);
        expectSame(`${bad.method} with ${bad.what}`, bad.code, codeOf(outcome));
        return 'done';
      }
    }
  }

  private submit(user: string, job: DrawnJob, settings: DrawnSettings | null): 'done' {
    const submission = submissionOf(job, (number) => this.idOf(number));
    const before = settings === null ? [] : settingCalls(settings);
    const calls = [...before.map(({call}) => call), ['getConfig'], [submission.method, submission.request]];
    const execution = this.stage.execute(user, 'apiAll', [calls]);
    this.trace.drain(execution.startMs);
    const outcomes = execution.value as readonly Outcome[];
    let configured: Settings = {};
    for (const [index, {after}] of before.entries()) {
      configured = after(configured);
      expectSame('settings', configured, outcomes[index]?.value);
    }
    expectSame('getConfig', configured, outcomes.at(-2)?.value);
    const caller = this.trace.caller(execution);
    caller.configured = configured;
    this.reference.submit(submission, caller, outcomes.at(-1) ?? {});
    this.jobs++;
    return 'done';
  }

  private resume(user: string, id: string, drawnMs: number | null): 'done' {
    const maxRuntimeMs = drawnMs ?? undefined;
    const args = maxRuntimeMs === undefined ? [id] : [id, {maxRuntimeMs}];
    const {execution, outcome} = this.stage.call(user, 'resume', args);
    const caller = this.trace.caller(execution);
    // It looks at the job some moment after it began: an owner may have ended until then.
    this.trace.drain(execution.startMs);
    if (codeOf(outcome) !== this.reference.refusalOfResume(id, maxRuntimeMs, execution.startMs))
      this.trace.drain(this.trace.firstMs(execution) - 1);
    this.reference.resume(id, maxRuntimeMs, caller, outcome);
    return 'done';
  }

  private cancel(user: string, id: string): 'done' {
    const {execution, outcome} = this.stage.call(user, 'cancel', [id]);
    // What its owner did before counts; what it did since does not.
    const {canceledAt} = (outcome.value ?? {}) as {readonly canceledAt?: string};
    const isOver = codeOf(outcome) === 'ALREADY_FINAL';
    this.trace.drain(canceledAt === undefined ? (isOver ? undefined : execution.startMs) : Date.parse(canceledAt));
    this.reference.cancel(id, outcome, this.stage.world.nowMs);
    return 'done';
  }

  /** What its owner did before counts: it is told first, up to where the answer fits. */
  private handle(user: string, op: 'pause' | 'adopt' | 'remove', id: string): 'done' | 'left out' {
    // Who ends in the same moment cannot be told from the answer.
    if (!this.stage.isQuiet() && this.reference.find(id)?.turn?.unit === null) return 'left out';
    const {execution, outcome} = this.stage.call(user, op, [id]);
    const record = outcome.value as {readonly updatedAt?: string; readonly pausedAt?: string} | undefined;
    const atMs = Math.max(execution.startMs, op === 'pause' ? Date.parse(record?.pausedAt ?? '') || 0 : 0);
    this.trace.drain(codeOf(outcome) === null ? atMs : undefined);
    if (op === 'remove') this.reference.remove(id, atMs, outcome);
    else this.reference.handle(op, id, user, atMs, outcome);
    return 'done';
  }

  private depend(user: string, op: 'addDependency' | 'removeDependency', id: string, on: string): 'done' | 'left out' {
    const {execution, outcome} = this.stage.call(user, op, [id, on]);
    this.trace.drain(codeOf(outcome) === null ? execution.startMs : undefined);
    this.reference.depend(op, id, on, execution.startMs, outcome);
    return 'done';
  }

  private batch(user: string, {jobs, above, isStarted}: DrawnCall & {readonly op: 'batch'}): 'done' {
    const submissions = jobs.map((job) => {
      const terms = job.terms === null ? null : {...job.terms, key: null, singleton: null};
      return submissionOf({...job, terms}, (number) => this.idOf(number));
    });
    const positions = jobs.map((_job, index) =>
      jobs.flatMap((_other, position) => (((above[index] ?? 0) >> position) % 2 === 1 ? [position] : [])),
    );
    const requests = submissions.map(({request}, index) => ({
      ...request,
      dependencies: [...((request as JobTerms).dependencies ?? []), ...(positions[index] ?? [])],
    }));
    const args = isStarted ? [requests] : [requests, {autoStart: false}];
    const {execution, outcome} = this.call(user, 'enqueueBatch', args);
    this.reference.batch(submissions, {above: positions, isStarted}, this.trace.caller(execution), outcome);
    this.jobs += codeOf(outcome) === null ? jobs.length : 0;
    return 'done';
  }

  /** A call that only looks, when nothing is running. */
  private look(
    user: string,
    method: string,
    args: readonly unknown[],
    check: (outcome: Outcome) => void,
  ): 'done' | 'left out' {
    if (!this.stage.isQuiet()) return 'left out';
    const before = this.stage.world.executions.length;
    const {outcome} = this.call(user, method, args);
    this.trace.drain();
    // What a pass that began meanwhile did may be seen or not.
    if (!this.stage.isQuiet() || this.stage.world.executions.length > before + 1) return 'left out';
    if (!this.comparison.make()) return 'left out';
    check(outcome);
    return 'done';
  }

  private status(user: string, id: string): 'done' {
    const {outcome} = this.stage.call(user, 'status', [id]);
    this.trace.drain();
    this.reference.glance(id, outcome, this.stage.world.nowMs);
    return 'done';
  }

  private list(user: string, call: DrawnCall & {readonly op: 'list'}): 'done' | 'left out' {
    const {name, status, limit, statuses, tags, sortBy, isAscending, offset} = call;
    const filters: ListFilters = {
      ...(name === null ? {} : {name}),
      ...(status === null ? {} : {status}),
      ...(statuses === null ? {} : {status: statuses}),
      ...(limit === null ? {} : {limit}),
      ...(tags.length === 0 ? {} : {tags}),
      ...(sortBy === null ? {} : {sortBy}),
      ...(isAscending ? {sortOrder: 'asc'} : {}),
      ...(offset === null ? {} : {offset}),
    };
    return this.look(user, 'list', [filters], ({value}) => {
      const ids = (value as readonly {readonly id: string}[]).map((row) => row.id);
      expectSame('list with filters', this.reference.list(filters), ids);
    });
  }

  private stop(user: string, isWithData: boolean): 'done' {
    const isAlone = this.stage.isQuiet();
    const before = this.stage.world.executions.length;
    const triggers = this.stage.world.triggers(user).length;
    const {execution, outcome} = this.stage.call(user, 'stop', isWithData ? [{data: true}] : []);
    this.trace.drain(execution.startMs);
    if (!isWithData && codeOf(outcome) === null) this.reference.stopDead(execution.startMs);
    this.trace.drain();
    const isExact = isAlone && this.stage.world.executions.length === before + 1;
    this.comparison.hasStrays ||= isWithData;
    if (isWithData && !isExact) this.reference.doubtOwner(user);
    this.reference.stop(user, isWithData, isExact ? triggers : null, this.stage.world.nowMs, outcome);
    return 'done';
  }

  private work(user: string): 'done' {
    const isAlone = this.stage.isQuiet();
    const before = this.stage.world.executions.length;
    const {execution, outcome} = this.call(user, 'work', []);
    this.trace.drain();
    if (isAlone && this.stage.isQuiet() && this.stage.world.executions.length === before + 1)
      this.reference.work(user, this.trace.ranIn(execution.id), outcome);
    return 'done';
  }

  /** Starts an execution and leaves it while it runs, so that the next calls come in the middle of it. */
  private begin(user: string, {what, job, drawn, ms}: DrawnCall & {readonly op: 'begin'}): 'done' | 'left out' {
    if (!this.stage.isQuiet()) return 'left out';
    const id = this.idOf(job);
    const {world} = this.stage;
    if (what === 'resume' && this.reference.refusalOfResume(id, undefined, world.nowMs) !== null) return 'left out';
    const submission = submissionOf({...drawn, terms: null, mode: 'run', form: 'steps', name: `begun ${++this.begun}`});
    const args = {work: [], resume: [id], run: [submission.request]}[what];
    const execution = world.start({fn: 'api', args: [what, args], user});
    this.stage.pass(2 * SECOND_MS);
    const caller = this.trace.caller(execution);
    if (what === 'resume') {
      this.trace.drain(execution.startMs);
      this.reference.resume(id, undefined, caller, null);
    }
    if (what === 'run') {
      // It has not returned yet, so the id is looked up.
      const {outcome} = this.stage.call(user, 'list', [{name: submission.request.name}]);
      const [row] = outcome.value as readonly {readonly id: string; readonly createdAt: string}[];
      this.trace.drain(execution.startMs);
      if (row !== undefined) this.reference.accept(row.id, submission, caller, Date.parse(row.createdAt));
    }
    this.pass(ms);
    return 'done';
  }

  /** Kills an execution in the middle of a handler. */
  private kill(): 'done' | 'left out' {
    const id = this.reference.jobs.find((job) => job.turn !== null && job.turn.unit !== null)?.turn?.caller.id;
    const execution = this.stage.world.executions.find((other) => other.id === id && other.end === 'running');
    if (execution === undefined) return 'left out';
    this.stage.world.kill(execution);
    this.comparison.hasStrays = true;
    return 'done';
  }

  pass(ms: number): void {
    this.stage.pass(ms);
    this.trace.drain();
  }

  deploy(hasLater: boolean): void {
    this.stage.deploy(hasLater);
    this.trace.deployed(handlersOf(hasLater));
  }

  private setProperty(maxRetries: number | null): 'done' {
    const key = 'AST_JOBS_DEFAULT_MAX_RETRIES';
    this.stage.world.setProperty('script', key, maxRetries === null ? null : String(maxRetries));
    this.reference.properties = maxRetries === null ? {} : {[key]: String(maxRetries)};
    return 'done';
  }

  /** A call; what happened before it began is told to the model first. */
  private call(user: string, method: string, args: readonly unknown[]): {execution: Execution; outcome: Outcome} {
    const made = this.stage.call(user, method, args);
    this.trace.drain(made.execution.startMs);
    return made;
  }

  /** Days with a watchdog are thousands of executions that do nothing, as are hours in which nothing can go on. */
  private longestPassMs(): number {
    const {stage, reference} = this;
    if (stage.isQuiet() && stage.world.triggers().length === 0) return Infinity;
    return !stage.isQuiet() || reference.jobs.some((job) => reference.isGoing(job)) ? HOUR_MS : 15 * MINUTE_MS;
  }

  /** The first job for which another waits, which is seldom met by chance. */
  private neededId(): string | null {
    const waiting = this.reference.jobs.filter((job) => !job.isFinal && !job.hasBegun);
    return waiting.flatMap((job) => job.terms.dependencies)[0] ?? null;
  }

  /** A job of those that there are, or one that is unknown. */
  private idOf(number: number): string {
    const {jobs} = this.reference;
    return jobs[number % (jobs.length + 1)]?.id ?? 'job_000000000_0000000000';
  }
}
