/** The promises that can be judged only when a world has come to its end. */
import type {Execution, World} from '../simulator';
import type {Checkers} from './checkers';
import {USERS, type Drawn} from './draw';
import {expectedSums, HUGE_RESULT, type DrawnJob} from './jobs';

interface Row {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly folded?: boolean;
  readonly results: Readonly<Record<string, {readonly sum: number}>>;
  readonly steps: readonly {
    readonly id: string;
    readonly state: string;
    readonly lastError: {readonly code?: string} | null;
  }[];
  readonly error?: {readonly code: string};
}

/** A job that somebody submitted, and the execution in which. */
export interface Submission {
  readonly job: DrawnJob;
  readonly execution: Execution;
}

/** Kills during one step after which it is given up, unless the request says otherwise. */
const MAX_CRASHES = 3;

/** All that is wrong at the end, in words. */
export function finalChecks(
  world: World,
  drawn: Drawn,
  checkers: Checkers,
  submissions: readonly Submission[],
): readonly string[] {
  const wrong: string[] = [];
  for (const host of drawn.hosts) {
    const rows = world.call('records', [], {project: host}) as readonly Row[];
    for (const submission of submissions) {
      const own = rows.filter((row) => row.name === submission.job.name);
      if (submission.job.host === host) wrong.push(...checkSubmission(drawn, checkers, submission, own));
      else if (own.length > 0) wrong.push(`promise 10: ${host} sees ${submission.job.name} of ${submission.job.host}`);
    }
    for (const row of rows)
      if (row.error !== undefined && row.error.code !== 'SCHEMA_NEWER')
        wrong.push(`promise 5: damaged: ${JSON.stringify(row)}`);
    wrong.push(...checkLeftovers(world, drawn, host));
  }
  if (world.store('script', {library: 'ASTLib'}).size > 0)
    wrong.push("promise 10: the library's own store is not empty");
  for (const {fn, end, error} of world.executions)
    if (fn === 'astJobsWorker' && end === 'error' && error?.message.includes('not found') === false)
      wrong.push(`quiet: the dispatcher threw: ${error.message}`);
  return wrong;
}

function checkSubmission(
  drawn: Drawn,
  checkers: Checkers,
  {job, execution}: Submission,
  rows: readonly Row[],
): readonly string[] {
  if (job.isTooLarge) {
    // Faults may refuse it with other codes; a store that is full for now is not what is wrong with it.
    const isTaken = execution.end === 'done' || rows.length > 0 || execution.error?.code === 'STORE_FULL';
    return isTaken ? [`promise 8: ${job.name}, too large for ever, came to ${JSON.stringify(execution.error)}`] : [];
  }
  const wrong: string[] = [];
  if (rows.length === 0 && execution.end === 'done' && !checkers.jobs.ended.has(job.name))
    wrong.push(`promise 1: ${job.name} was accepted and is lost`);
  for (const row of rows) {
    if (row.folded === true) continue;
    wrong.push(...checkEnd(drawn, job, row), ...checkRuns(checkers, job, row));
  }
  return wrong;
}

/** Promises 1 and 6: a job ends, as it would without faults. */
function checkEnd(drawn: Drawn, job: DrawnJob, row: Row): readonly string[] {
  const {actions} = drawn;
  const wasCanceled = actions.some(
    ({action}) => action.kind === 'job' && action.fn === 'cancelJob' && action.job === job.name,
  );
  const sums = expectedSums(job);
  const isWhole = sums.size === job.steps.length + (job.method === 'mapReduce' ? 1 : 0);
  const wasKilled = row.steps.some((step) => step.lastError?.code === 'STEP_KILLED');
  const expected = isWhole ? 'completed' : 'failed';
  // Kills count as attempts for the handler: a step that is meant to fail may get through after one.
  const mayDiffer = wasKilled || (wasCanceled && row.status === 'canceled') || (!isWhole && row.status === 'completed');
  const wrong: string[] = [];
  if (row.status !== expected && !mayDiffer) wrong.push(`promise 1: ${job.name} is ${row.status}, not ${expected}`);
  for (const [id, sum] of sums) {
    const isDone = row.steps.some((step) => step.id === id && step.state === 'completed');
    if (isDone && row.results[id]?.sum !== sum)
      wrong.push(`promise 6: ${job.name}.${id} is ${JSON.stringify(row.results[id])?.slice(0, 50)}, not ${sum}`);
  }
  for (const {id, work} of job.steps) {
    const step = row.steps.find((other) => other.id === id);
    const isExcused = step?.state !== 'completed' || work.big !== HUGE_RESULT;
    if (!isExcused) wrong.push(`promise 8: ${job.name}.${id} completed with a result that cannot fit`);
  }
  return wrong;
}

/** Promise 3: a step runs once more for each time it was in doubt, and for each failure of its own; never else. */
function checkRuns(checkers: Checkers, job: DrawnJob, row: Row): readonly string[] {
  const wrong: string[] = [];
  row.steps.forEach((step, unit) => {
    const runs = checkers.runs.get(`${row.id} ${step.id}`) ?? 0;
    const doubts = checkers.jobs.inDoubt.get(`${row.id} ${unit}`)?.size ?? 0;
    const work = job.steps.find((drawn) => drawn.id === step.id)?.work;
    const isBoundToFail = work?.big === HUGE_RESULT;
    const failures = isBoundToFail ? job.maxRetries + 1 : Math.min(work?.fail ?? 0, job.maxRetries + 1);
    if (runs > 1 + doubts + failures)
      wrong.push(`promise 3: ${job.name}.${step.id} ran ${runs} times: ${doubts} in doubt, ${failures} failures`);
    if (step.lastError?.code === 'STEP_KILLED' && doubts < MAX_CRASHES)
      wrong.push(`promise 3: ${job.name}.${step.id} was given up after ${doubts} kills`);
  });
  return wrong;
}

/** Promise 7: only own keys and triggers are touched, and nothing stays but what is retained. */
function checkLeftovers(world: World, drawn: Drawn, host: string): readonly string[] {
  const wrong: string[] = [];
  const store = world.store('script', {project: host});
  for (let key = 0; key < drawn.hostKeys; key++)
    if (store.get(`host_${key}`)?.length !== 2_000) wrong.push(`promise 7: the host's key ${key} was touched`);
  const headers = new Set([...store.keys()].filter((key) => key.endsWith('~h')).map((key) => key.slice(0, -1)));
  for (const key of store.keys()) {
    if (/^(host|fill)_/.test(key) || key === 'AST_JOBS_BALLAST' || key === 'AST_JOBS_PREFIXES') continue;
    // A dispatcher that stays keeps its key.
    if (key.startsWith('AST_JOBS_USER~') && (drawn.hasNewerJob || USERS.some((user) => isInstalled(drawn, host, user))))
      continue;
    if (![...headers].some((start) => key.startsWith(start))) wrong.push(`promise 7: left over: ${key}`);
  }
  for (const trigger of world.triggers(undefined, host))
    if (trigger.handler === 'astJobsWorker' && !drawn.hasNewerJob && !isInstalled(drawn, host, trigger.user))
      wrong.push(`promise 7: left over trigger of ${trigger.user}`);
  if (world.triggers(undefined, host).filter(({handler}) => handler === 'look').length !== 1)
    wrong.push("promise 7: the host's own trigger is gone");
  return wrong;
}

/** `install` makes a watchdog that stays. */
export function isInstalled({actions}: Drawn, host: string, user: string): boolean {
  return actions.some(
    (one) => one.action.kind === 'call' && one.action.fn === 'install' && one.host === host && one.user === user,
  );
}
