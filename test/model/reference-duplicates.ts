/** Requests for which a job stands that is there already: its idempotency key, or its singleton. */
import type {JobRecord, JobTerms} from '../../src/types';
import {differ, expectSame} from './difference';
import type {ReferenceJobs} from './reference-jobs';
import {termsOf, type Terms} from './reference-terms';

/** Between the start of an execution and its hold. */
const HOLD_SLACK_MS = 60_000;

/** The job that is there already is the one that has the key. */
export function expectDuplicate(
  jobs: ReferenceJobs,
  {id, by}: {readonly id: string; readonly by: NonNullable<JobRecord['duplicateOf']>},
  request: JobTerms & {readonly name: string},
  atMs: number,
): void {
  const {key, singleton} = termsOf(request, atMs);
  const job = jobs.find(id) ?? differ('a duplicate of a job that there is', null, id);
  const isOfKey = key !== null && job.terms.key?.text === key.text && atMs <= job.terms.key.untilMs;
  const isOfSingleton = singleton?.policy === 'skip' && job.terms.singleton?.key === singleton.key && !job.isFinal;
  expectSame('why it is a duplicate', by === 'idempotencyKey' ? isOfKey : by === 'singleton' && isOfSingleton, true);
}

/** No job was there that would have stood for the new one. */
export function expectNoDuplicate(jobs: ReferenceJobs, {key, singleton}: Terms, atMs: number): void {
  for (const job of jobs.all) {
    const {key: own} = job.terms;
    const isOfKey = key !== null && own !== null && own.text === key.text && atMs < own.untilMs - HOLD_SLACK_MS;
    if (isOfKey && !jobs.mayBeForgotten(job, atMs)) differ('a second job with an idempotency key', job.id, atMs);
    const isSurelyOpen = !job.isFinal && !job.mayHaveEnded && job.nextEnd === null;
    if (singleton?.policy === 'skip' && job.terms.singleton?.key === singleton.key && isSurelyOpen)
      differ('a second job of a singleton', job.id, atMs);
  }
}
