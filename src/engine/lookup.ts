/** Finds a job by its id. */
import {headerKey, type JobAddress} from '../core/keys';
import {readHeader, type Snapshot} from '../core/stored-job';
import {clip, jobsError} from '../errors';
import {prefixesIn} from './hold';

/** The address of a job by its id, in one prefix or in all that are in use; `null` when there is none. */
export function findJob(snapshot: Snapshot, id: string, prefix: string | null): JobAddress | null {
  const prefixes = prefix === null ? prefixesIn(snapshot) : [prefix];
  for (const candidate of prefixes) {
    const address = {prefix: candidate, id};
    if (snapshot[headerKey(address)] !== undefined && !isRemoved(snapshot, address)) return address;
  }
  return null;
}

function isRemoved(snapshot: Snapshot, address: JobAddress): boolean {
  const decoded = readHeader(snapshot, address);
  return decoded.kind === 'header' && decoded.header.isRemoved;
}

/** No such job. */
export function notFound(id: string): Error {
  // What was asked for may be any text.
  const jobId = clip(id, 100);
  return jobsError('JOB_NOT_FOUND', `There is no job ${jobId}: it was never accepted here, or it was purged.`, {jobId});
}
