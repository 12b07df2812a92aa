/** The promises as code: some are checked at every service call, some when a world has come to its end. */
import {readJob, type Snapshot} from '../../src/core/stored-job';
import {decodeHeader} from '../../src/core/header-codec';
import {parseKey} from '../../src/core/keys';
import type {Effect, World} from '../simulator';
import {expectedSums, type Drawn, type DrawnJob} from './draw';

interface Row {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly results: Readonly<Record<string, {readonly sum: number}>>;
  readonly steps: readonly {
    readonly id: string;
    readonly state: string;
    readonly lastError: {readonly code?: string} | null;
  }[];
  readonly error?: unknown;
}

interface Begun {
  readonly job: string;
  readonly step: string;
}

/** Watches one world. */
export class Checkers {
  readonly violations: string[] = [];
  /** Attempts in doubt by job and step, gathered from every header that was written. */
  private readonly inDoubt = new Map<string, Set<string>>();
  private readonly runs = new Map<string, number>();
  private seenEffects = 0;
  private readonly world: World;

  private readonly drawn: Drawn;

  constructor(world: World, drawn: Drawn) {
    this.world = world;
    this.drawn = drawn;
  }

  /** Looks at what has happened since the last look: called before every service call. */
  look(): void {
    const {effects} = this.world;
    for (; this.seenEffects < effects.length; this.seenEffects++) {
      const effect = effects[this.seenEffects];
      if (effect?.name === 'begin') this.checkBegin(effect);
    }
  }

  /** A header is being written. */
  noteHeader(text: string): void {
    const decoded = decodeHeader(text);
    if (decoded.kind !== 'header') {
      this.violations.push(`promise 5: an unreadable header was written: ${text.slice(0, 200)}`);
      return;
    }
    for (const {atMs, epoch, inDoubt} of decoded.header.recoveries) {
      for (const unit of inDoubt) {
        const key = `${decoded.header.id} ${unit}`;
        const seen = this.inDoubt.get(key) ?? new Set<string>();
        seen.add(`${epoch}@${atMs}`);
        this.inDoubt.set(key, seen);
      }
    }
  }

  private snapshot(): Snapshot {
    return Object.fromEntries(this.world.store('script'));
  }

  /** Promise 2: what is committed is never run again. Promise 9: no handler runs under the lock. */
  private checkBegin(effect: Effect): void {
    const {job, step} = effect.data as Begun;
    this.runs.set(`${job} ${step}`, (this.runs.get(`${job} ${step}`) ?? 0) + 1);
    const holder = this.world.lockHolder('script');
    if (holder?.id === effect.executionId)
      this.violations.push(`promise 9: step ${step} runs while its execution holds the lock`);
    const snapshot = this.snapshot();
    const key = Object.keys(snapshot).find((candidate) => candidate.endsWith(`~${job}~h`));
    const parsed = key === undefined ? null : parseKey(key);
    if (parsed === null) return;
    const reading = readJob(snapshot, {prefix: parsed.prefix, id: job});
    if (reading.kind === 'corrupt') this.violations.push(`promise 5: job ${job} reads as corrupt (${reading.what})`);
    if (reading.kind !== 'job') return;
    const {plan, ledger, header} = reading.job;
    this.checkUser(effect, header.name);
    for (let unit = 0; unit < plan.unitCount; unit++) {
      if (plan.stepId(unit) === step && ledger.state(unit) === 'completed')
        this.violations.push(
          `promise 2: step ${step} of ${job} began though it is committed, in execution ${effect.executionId}`,
        );
    }
  }

  /** A trigger of one user never runs the job of another. */
  private checkUser(effect: Effect, name: string): void {
    const execution = this.world.executions.find((candidate) => candidate.id === effect.executionId);
    const owner = this.drawn.jobs.find((job) => job.name === name)?.user;
    if (execution !== undefined && execution.trigger !== null && execution.user !== owner)
      this.violations.push(`users: a trigger of ${execution.user} runs ${name} of ${owner ?? 'nobody'}`);
  }

  /** Everything that must hold when nothing is left to happen. */
  atEnd(accepted: ReadonlySet<string>, isSettled: boolean, pending: string): void {
    const {drawn} = this;
    this.look();
    if (!isSettled) this.violations.push(`promise 1: not settled: ${pending}`);
    const rows = this.world.call('records', [], {user: drawn.jobs[0]?.user ?? ''}) as readonly Row[];
    for (const job of drawn.jobs)
      this.checkJob(
        drawn,
        job,
        rows.filter((row) => row.name === job.name),
        accepted,
      );
    for (const row of rows)
      if (row.error !== undefined) this.violations.push(`promise 5: damaged: ${JSON.stringify(row)}`);
    this.checkLeftovers(drawn);
    for (const execution of this.world.executions)
      if (execution.fn === 'astJobsWorker' && execution.end === 'error')
        this.violations.push(`quiet: the dispatcher threw: ${execution.error?.message ?? ''}`);
  }

  private checkJob(drawn: Drawn, job: DrawnJob, rows: readonly Row[], accepted: ReadonlySet<string>): void {
    if (rows.length === 0 && accepted.has(job.name)) this.violations.push(`an accepted job is lost: ${job.name}`);
    const wasCanceled = drawn.actions.some((action) => action.fn === 'cancelJob' && action.job === job.name);
    const sums = expectedSums(job);
    const isWhole = sums.size === job.steps.length + (job.method === 'mapReduce' ? 1 : 0);
    for (const row of rows) {
      const wasKilled = row.steps.some((step) => step.lastError?.code === 'STEP_KILLED');
      const expected = isWhole ? 'completed' : 'failed';
      // Kills count as attempts for the handler: a step that is meant to fail may get through after one.
      const mayDiffer =
        wasKilled || (wasCanceled && row.status === 'canceled') || (!isWhole && row.status === 'completed');
      if (row.status !== expected && !mayDiffer)
        this.violations.push(`promise 1: ${job.name} is ${row.status}, not ${expected}`);
      if (row.status === 'completed' && isWhole)
        for (const [id, sum] of sums)
          if (row.results[id]?.sum !== sum)
            this.violations.push(
              `promise 6: ${job.name}.${id} is ${JSON.stringify(row.results[id])?.slice(0, 50)}, not ${sum}`,
            );
      this.checkRuns(job, row);
    }
  }

  /** Promise 3: a step runs once more for each time it was in doubt, and for each failure of its own; never else. */
  private checkRuns(job: DrawnJob, row: Row): void {
    row.steps.forEach((step, unit) => {
      const runs = this.runs.get(`${row.id} ${step.id}`) ?? 0;
      const doubts = this.inDoubt.get(`${row.id} ${unit}`)?.size ?? 0;
      const failures = Math.min(job.steps.find((drawn) => drawn.id === step.id)?.work.fail ?? 0, job.maxRetries + 1);
      if (runs > 1 + doubts + failures)
        this.violations.push(
          `promise 3: ${job.name}.${step.id} ran ${runs} times: ${doubts} in doubt, ${failures} failures`,
        );
    });
  }

  /** Promise 7: only own keys and triggers are touched, and nothing stays but what is retained. */
  private checkLeftovers(drawn: Drawn): void {
    const store = this.world.store('script');
    for (let key = 0; key < drawn.hostKeys; key++)
      if (store.get(`host_${key}`)?.length !== 2_000)
        this.violations.push(`promise 7: the host's key ${key} was touched`);
    const headers = new Set([...store.keys()].filter((key) => key.endsWith('~h')).map((key) => key.slice(0, -1)));
    for (const key of store.keys()) {
      if (key.startsWith('host_') || key === 'AST_JOBS_BALLAST' || key === 'AST_JOBS_PREFIXES') continue;
      if (![...headers].some((start) => key.startsWith(start))) this.violations.push(`promise 7: left over: ${key}`);
    }
    for (const trigger of this.world.triggers())
      if (trigger.handler === 'astJobsWorker') this.violations.push(`promise 7: left over trigger of ${trigger.user}`);
    if (this.world.triggers().filter((trigger) => trigger.handler === 'look').length !== 1)
      this.violations.push("promise 7: the host's own trigger is gone");
  }
}
