/** What `list` gives of the jobs that there are. */
import type {ListFilters} from '../../src/types';
import {differ} from './difference';
import type {ReferenceJob} from './reference-job';

const PRIORITIES = ['low', 'medium', 'high', 'critical'];

/** Ids, newest first unless the filters say otherwise. `jobs`: oldest first. */
export function listed(jobs: readonly ReferenceJob[], filters: ListFilters): readonly string[] {
  const {name, status, tags = [], sortBy = 'createdAt', sortOrder = 'desc', limit = 100, offset = 0} = filters;
  const statuses = typeof status === 'string' ? [status] : status;
  const fitting = jobs.filter(
    (job) =>
      (name === undefined || job.plan.name === name) &&
      (statuses === undefined || statuses.includes(job.status)) &&
      [tags].flat().every((tag) => job.terms.tags.includes(tag)),
  );
  const keys: Readonly<Record<string, (job: ReferenceJob) => string | number>> = {
    createdAt: (job) => jobs.indexOf(job),
    name: (job) => job.plan.name,
    priority: (job) => PRIORITIES.indexOf(job.terms.priority),
    status: (job) => job.status,
  };
  const keyOf = keys[sortBy] ?? differ('sortBy', Object.keys(keys), sortBy);
  // The sort is stable: of equals the older one comes first.
  const ascending = fitting.sort((one, other) => (keyOf(one) < keyOf(other) ? -1 : keyOf(one) > keyOf(other) ? 1 : 0));
  const ordered = sortOrder === 'asc' ? ascending : ascending.reverse();
  return ordered.map((job) => job.id).slice(offset, offset + limit);
}
