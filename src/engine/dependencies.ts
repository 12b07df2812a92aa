/** Dependencies between jobs: which jobs a job waits for, and what becomes of it. */
import {invalid} from '../orchestration/request';
import type {Hold} from './hold';
import {findJob, notFound} from './views';

/** Ids of jobs that are there; throws `JOB_NOT_FOUND` for another one. */
export function knownJobs(hold: Hold, ids: readonly (string | number)[]): readonly string[] {
  return ids.map((id) => {
    if (typeof id === 'number')
      throw invalid(`dependencies must name jobs by their ids, got \`${id}\`: positions are for enqueueBatch.`);
    if (findJob(hold.snapshot, id, null) === null) throw notFound(id);
    return id;
  });
}
