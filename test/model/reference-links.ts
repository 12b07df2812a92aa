/** Which jobs depend on which: the calls that change it and those that show it. */
import {expectSame} from './difference';
import {codeOf, type Outcome} from './outcome';
import type {ReferenceJob} from './reference-job';
import type {ReferenceJobs} from './reference-jobs';
import {waitsFor} from './reference-terms';

interface Link {
  readonly op: 'addDependency' | 'removeDependency';
  readonly id: string;
  readonly on: string;
}

export function depend(jobs: ReferenceJobs, {op, id, on}: Link, atMs: number, outcome: Outcome): void {
  const other = jobs.find(on);
  const job = jobs.open(op, id, atMs, outcome, ['ALREADY_STARTED', 'INVALID_REQUEST', 'JOB_NOT_FOUND']);
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
  if (code === 'JOB_NOT_FOUND' && jobs.mayBeForgotten(other, atMs)) return jobs.forget(other, atMs);
  const isCircle = !isThere && waitsFor(other, id, jobs.all);
  expectSame(`${op} of ${id} to ${on}`, isCircle ? 'INVALID_REQUEST' : null, code);
  if (!isThere && !isCircle) job.depend([...dependencies, on]);
}

/** When nothing is running and everything was compared. */
export function expectLinks(
  jobs: ReferenceJobs,
  op: 'getDependencies' | 'getDependents',
  id: string,
  outcome: Outcome,
): void {
  const job = jobs.find(id);
  if (job === null) return expectSame(`${op} of an unknown job`, 'JOB_NOT_FOUND', codeOf(outcome));
  const links =
    op === 'getDependencies'
      ? job.terms.dependencies.map((on) => linkTo(jobs.find(on), on))
      : jobs.all.filter((other) => other.terms.dependencies.includes(id)).map((other) => linkTo(other, other.id));
  const sorted = (rows: readonly object[]): readonly string[] => rows.map((row) => JSON.stringify(row)).sort();
  expectSame(`${op} of ${id}`, sorted(links), sorted((outcome.value ?? []) as readonly object[]));
}

function linkTo(job: ReferenceJob | null, id: string): object {
  return job === null ? {id, name: null, status: 'missing'} : {id, name: job.plan.name, status: job.status};
}
