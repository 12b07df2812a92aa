/** A checked request as a job that could be accepted now. */
import {hasExtras} from '../core/plan';
import {dueOfAsked, termsOfAsked} from '../orchestration/asked';
import {refuseLargePlan, type Candidate} from './admission';
import type {CheckedRequest} from './compile';
import type {Config} from './config';
import {knownJobs} from './dependencies';
import type {Hold} from './hold';
import type {Ports} from './ports';

/** Only under the lock: the time counts, other jobs are looked at, and a user may get his id. */
export function candidateOf(ports: Ports, config: Config, checked: CheckedRequest, hold: Hold): Candidate {
  const resolved = config.resolve(checked.options, hold.snapshot);
  const {maxRetries, maxRuntimeMs, leaseTtlMs, autoResume} = resolved;
  const {asked} = checked;
  const plan = checked.compile(maxRetries);
  const dependencies = knownJobs(hold.snapshot, asked.dependencies);
  const terms = {...termsOfAsked(asked, hold.nowMs, dependencies, hasExtras(plan)), maker: checked.maker};
  if (asked.debounce !== null) refuseLargePlan({plan, terms});
  return {
    name: checked.name,
    plan,
    terms,
    dueMs: dueOfAsked(asked, hold.nowMs),
    prefix: resolved.propertyPrefix,
    options: {maxRetries, maxRuntimeMs, leaseTtlMs, autoResume, workers: checked.workers},
    // Under the lock, or two first calls of a user would make two users of him.
    owner: ports.identity.ensure(),
  };
}
