/** Jobs that are accepted together, all or none, and may depend on each other by their positions. */
import type {BatchRecord, JobRecord, JobStatus, JobTerms} from '../../src/types';
import {differ, expectSame} from './difference';
import {codeOf, type Outcome} from './outcome';
import type {ReferenceJob} from './reference-job';
import type {ReferenceJobs} from './reference-jobs';
import type {JobPlan} from './reference-plan';
import {termsOf, type Terms} from './reference-terms';
import type {Submission} from './requests';

export interface BatchJob {
  readonly submission: Submission;
  readonly plan: JobPlan;
  /** Positions on which it depends. */
  readonly above: readonly number[];
}

/** A job of a batch that was accepted. */
export interface Accepted {
  readonly id: string;
  readonly plan: JobPlan;
  readonly terms: Terms;
  readonly createdMs: number;
}

/** What `enqueueBatch` accepts; `null` where it has to refuse the batch, and did. */
export function acceptedBatch(
  all: ReferenceJobs,
  {jobs, isStarted}: {readonly jobs: readonly BatchJob[]; readonly isStarted: boolean},
  handlers: ReadonlySet<string>,
  outcome: Outcome,
): {readonly id: string; readonly jobs: readonly Accepted[]} | null {
  const refusal = refusalOf(all, jobs, handlers);
  if (refusal !== null) {
    expectSame(`a batch with ${refusal.what}`, refusal.code, codeOf(outcome));
    return null;
  }
  if (outcome.error !== undefined) return differ('a batch is accepted', null, outcome.error);
  const {id, jobs: rows} = outcome.value as BatchRecord;
  const names = jobs.map(({submission}) => submission.request.name);
  expectSame(
    'jobs of a batch',
    names,
    rows.map((row) => (row as JobRecord).name),
  );
  const accepted = jobs.map(({submission, plan, above}, index): Accepted => {
    const record = rows[index] as JobRecord;
    const createdMs = Date.parse(record.createdAt);
    const own = termsOf(submission.request, createdMs);
    const positions = above.map((position) => rows[position]?.id ?? '');
    const dependencies = [...new Set([...own.dependencies, ...positions])];
    const terms: Terms = {...own, dependencies, isStarted: own.isStarted && isStarted, batch: id};
    return {id: record.id, plan: {...plan, mode: 'enqueue'}, terms, createdMs};
  });
  return {id, jobs: accepted};
}

function refusalOf(
  all: ReferenceJobs,
  jobs: readonly BatchJob[],
  handlers: ReadonlySet<string>,
): {readonly what: string; readonly code: string} | null {
  if (jobs.some(({plan}) => plan.units.some((unit) => !handlers.has(unit.handler))))
    return {what: 'a missing handler', code: 'HANDLER_NOT_FOUND'};
  if (hasCircle(jobs.map(({above}) => above))) return {what: 'a circle', code: 'INVALID_REQUEST'};
  const known = jobs.flatMap(({submission}) => ((submission.request as JobTerms).dependencies ?? []).map(String));
  if (known.some((id) => all.find(id) === null)) return {what: 'an unknown dependency', code: 'JOB_NOT_FOUND'};
  return null;
}

/** Whether positions that depend on each other form a circle. */
function hasCircle(above: readonly (readonly number[])[]): boolean {
  const reaches = (from: number, to: number, left: number): boolean =>
    (above[from] ?? []).some((next) => next === to || (left > 0 && reaches(next, to, left - 1)));
  return above.some((_positions, index) => reaches(index, index, above.length));
}

/** What `getBatch` shows of the jobs of a batch when nothing is running and everything was compared. */
export function expectBatch(id: string, jobs: readonly ReferenceJob[], outcome: Outcome): void {
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
