/** The jobs that there are, and those that were: deleted, or forgotten by age. */
import {DAY_MS} from './calls';
import {differ, expectSame} from './difference';
import {codeOf, type Outcome} from './outcome';
import type {ReferenceJob} from './reference-job';

const PURGE_MS = 30 * DAY_MS;

export class ReferenceJobs {
  /** Oldest first. */
  all: readonly ReferenceJob[] = [];
  private readonly gone = new Map<string, ReferenceJob>();

  add(job: ReferenceJob): void {
    if (this.findEver(job.id) !== null) differ('a job has an id of its own', null, job.id);
    this.all = [...this.all, job].sort((one, other) => one.createdMs - other.createdMs);
  }

  find(id: string): ReferenceJob | null {
    return this.all.find((job) => job.id === id) ?? null;
  }

  /** Also one that was deleted. */
  findEver(id: string): ReferenceJob | null {
    return this.find(id) ?? this.gone.get(id) ?? null;
  }

  /** How many are older. */
  age(id: string): number {
    return this.all.findIndex((job) => job.id === id);
  }

  forget(job: ReferenceJob, atMs: number): void {
    job.forget(atMs);
    this.gone.set(job.id, job);
    this.all = this.all.filter((other) => other !== job);
  }

  mayBeForgotten(job: ReferenceJob, atMs: number): boolean {
    return job.isFinal && atMs >= job.finalMs + PURGE_MS;
  }

  /** A job, unless it was deleted, or forgotten by age as the library says. */
  present(id: string, code: string | null, nowMs: number): ReferenceJob | null {
    const job = this.find(id);
    if (job === null || code !== 'JOB_NOT_FOUND' || !this.mayBeForgotten(job, nowMs)) return job;
    const waiting = this.all.filter((other) => other.terms.dependencies.includes(id));
    if (waiting.some((other) => !other.isFinal && !other.hasBegun && !other.mayHaveEnded))
      differ(
        `${id} was forgotten though others depend on it`,
        waiting.map((other) => other.id),
        code,
      );
    this.forget(job, nowMs);
    return null;
  }

  /** The job, if a call that changes open jobs was not refused for the reasons that all of these have. */
  open(op: string, id: string, atMs: number, outcome: Outcome, more: readonly string[] = []): ReferenceJob | null {
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
}
