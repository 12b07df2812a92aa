/** The promises that can be judged only when a world has come to its end. */
import type {Execution, World} from '../simulator';
import type {Checkers} from './checkers';
import {USERS, type Drawn} from './draw';
import {HUGE_RESULT, type DrawnJob} from './jobs';
import {checkOperations, STANDING} from './operation-rest';
import {expectedSums, failuresOf, stepOf, workOf} from './requests';
import {sourceStepId, type DrawnSource} from './sources';
import {ROUNDS} from './walks';

interface Row {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly lastError?: {readonly code?: string} | null;
  readonly folded?: boolean;
  readonly results: Readonly<Record<string, {readonly sum: number} | null>>;
  readonly steps: readonly {
    readonly id: string;
    /** Where it is not the number of the row. */
    readonly unit?: number;
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

/** Keys that stay. */
const USED_UP = 'too much computer time';
const LASTING = /^AST_JOBS_(BALLAST|PREFIXES|ARCHIVE|FOLDER|DAILY_\w+)$/;

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
    // Who has used nothing of the day; but an archive may be seen by its user alone.
    const user = drawn.archive === null ? 'owner@example.com' : (USERS[0] ?? '');
    const listed = world.call('records', [], {project: host, user}) as readonly Row[];
    const rows = listed.map((row) => unfolded(world, drawn, checkers, {row, host, user}));
    for (const submission of submissions) {
      const own = rows.filter((row) => row.name === submission.job.name);
      if (submission.job.host === host) wrong.push(...checkSubmission(drawn, checkers, submission, own));
      else if (own.length > 0) wrong.push(`promise 10: ${host} sees ${submission.job.name} of ${submission.job.host}`);
    }
    for (const [id, project] of checkers.accepted)
      if (project === host && !rows.some((row) => row.id === id) && !checkers.jobs.ended.has(id))
        wrong.push(`promise 1: ${id} was accepted and is lost`);
    for (const row of rows)
      if (row.error !== undefined && row.error.code !== 'SCHEMA_NEWER')
        wrong.push(`promise 5: damaged: ${JSON.stringify(row)}`);
    wrong.push(...checkRelations(world, checkers, host));
    wrong.push(...checkLeftovers(world, drawn, checkers, host));
    wrong.push(...checkOperations(world, drawn, checkers, host));
  }
  if (drawn.limits?.isExact === true) wrong.push(...checkRefused(world));
  if (drawn.archive !== null) for (const host of drawn.hosts) wrong.push(...checkArchive(world, drawn, checkers, host));
  if (world.store('script', {library: 'ASTLib'}).size > 0)
    wrong.push("promise 10: the library's own store is not empty");
  for (const {fn, end, error} of world.executions)
    if (fn === 'astJobsWorker' && end === 'error' && error !== null && !isRefused(error.message))
      wrong.push(`quiet: the dispatcher threw: ${error.message}`);
  return wrong;
}

/** The platform did not let it begin: its function is gone, or the day's computer time is used up, by other scripts too. */
function isRefused(message: string): boolean {
  return message.includes('not found') || message.includes(USED_UP);
}

/** Where only our scripts run, no trigger is refused: a limit below the platform's is kept. */
function checkRefused(world: World): readonly string[] {
  return world.executions
    .filter(({trigger, error}) => trigger !== null && error?.message.includes(USED_UP) === true)
    .map(({id}) => `quota: the trigger of execution ${id} was refused`);
}

/** A sweep leaves what is named; once the jobs are gone, so are the texts. */
function checkArchive(world: World, {seed}: Drawn, checkers: Checkers, project: string): readonly string[] {
  const user = USERS[0] ?? '';
  const call = (fn: string): unknown => world.call(fn, [], {project, user});
  const sweep = (): void => {
    call('ageArchive');
    call('workByHand');
  };
  sweep();
  const unnamed = checkers.jobs.archive.leftOver(project).map((name) => `archive: left over after a sweep: ${name}`);
  if (seed % 2 === 0) call('stopWithData');
  else {
    call('cleanAll');
    world.runUntil(world.nowMs + 2 * 3_600_000);
    sweep();
  }
  const left = checkers.jobs.archive.leftOver(project);
  return [...unnamed, ...left.map((name) => `archive: left over after its job: ${name}`)];
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
  for (const row of rows) {
    if (row.folded === true) continue;
    wrong.push(...checkEnd(drawn, job, row), ...checkRuns(checkers, job, row), ...checkWalks(checkers, job, row));
  }
  return wrong;
}

/** With a parent, out of time, for another of its key, or by somebody. */
function isEndedByTerms({relations, operated}: DrawnJob, {status, lastError}: Row, actions: Drawn['actions']): boolean {
  if (status === 'canceled' && operated?.schedule?.overlap === 'cancel') return true;
  if (relations === null) return false;
  const code = lastError?.code;
  if (code === 'JOB_TIMEOUT') return relations.timeoutMs !== null && status === 'failed';
  if (code === 'DEPENDENCY_FAILED') return relations.after.length > 0 && status !== 'completed';
  const isCanceling = actions.some(({action}) => action.kind === 'job' && action.fn === 'cancelJob');
  return status === 'canceled' && (relations.singleton !== null || isCanceling);
}

/** Batches are whole, and of a removed job nothing is left once somebody has tidied up. */
function checkRelations(world: World, checkers: Checkers, project: string): readonly string[] {
  const {removed} = checkers.jobs.relations;
  const ids = [...removed].filter(([, own]) => own === project).map(([id]) => id);
  checkers.jobs.relations.checkBatches(project, null);
  if (ids.length > 0)
    for (let pass = 0; pass < 3; pass++) world.call('workByHand', [], {project, user: USERS[0] ?? ''});
  const keys = [...world.store('script', {project}).keys()];
  return ids.flatMap((id) => keys.filter((key) => key.includes(id)).map((key) => `removed: left over: ${key}`));
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
  const mayDiffer =
    wasKilled ||
    (wasCanceled && row.status === 'canceled') ||
    (!isWhole && row.status === 'completed') ||
    isEndedByTerms(job, row, actions);
  const wrong: string[] = [];
  if (row.status !== expected && !mayDiffer) wrong.push(`promise 1: ${job.name} is ${row.status}, not ${expected}`);
  for (const [id, sum] of sums) {
    const isDone = row.steps.some((step) => step.id === id && step.state === 'completed');
    if (isDone && (row.results[id]?.sum ?? null) !== sum)
      wrong.push(`promise 6: ${job.name}.${id} is ${JSON.stringify(row.results[id])?.slice(0, 50)}, not ${sum}`);
  }
  for (const step of job.steps) {
    const {id} = step;
    const isDone = row.steps.some((other) => other.id === id && other.state === 'completed');
    if (isDone && workOf(job, step).big === HUGE_RESULT)
      wrong.push(`promise 8: ${job.name}.${id} completed with a result that cannot fit`);
  }
  return wrong;
}

/** What a completed step walked was walked whole. */
function checkWalks(checkers: Checkers, job: DrawnJob, row: Row): readonly string[] {
  const wrong: string[] = [];
  for (const step of job.steps) {
    const {walks, rounds} = workOf(job, step);
    if (!row.steps.some(({id, state}) => id === step.id && state === 'completed')) continue;
    const counts = walks.map(({count}, walk) => [walk, count] as const);
    for (const [walk, count] of rounds === null ? counts : [...counts, [ROUNDS, rounds.count] as const]) {
      const visited = checkers.walks.visited(row.id, step.id, walk);
      if (visited !== count)
        wrong.push(`cursor: ${visited} of ${count} items of walk ${walk} of ${job.name}.${step.id} were visited`);
    }
  }
  return wrong;
}

/** Promise 3: a step runs once more for each time it was in doubt, and for each failure of its own; never else. */
function checkRuns(checkers: Checkers, job: DrawnJob, row: Row): readonly string[] {
  const wrong: string[] = [];
  row.steps.forEach((step, index) => {
    const unit = step.unit ?? index;
    const runs = checkers.calls.runs.get(`${row.id} ${step.id}`) ?? 0;
    const doubts = checkers.jobs.leases.inDoubt.get(`${row.id} ${unit}`)?.size ?? 0;
    const drawn = stepOf(job, step.id);
    const work = drawn === undefined ? null : workOf(job, drawn);
    // A source has an attempt for each page.
    const isSource = job.source !== null && step.id === sourceStepId(job);
    const failures = isSource ? sourceRuns(job.source) : work === null ? 0 : failuresOf(job, work);
    // A step that goes on where it was may stop by itself as often as it likes; what it repeats is seen by its visits.
    const isResumable = work !== null && (work.walks.length > 0 || work.rounds !== null);
    if (runs > 1 + doubts + failures && !isResumable)
      wrong.push(`promise 3: ${job.name}.${step.id} ran ${runs} times: ${doubts} in doubt, ${failures} failures`);
    if (step.lastError?.code === 'STEP_KILLED' && doubts < MAX_CRASHES)
      wrong.push(`promise 3: ${job.name}.${step.id} was given up after ${doubts} kills`);
  });
  return wrong;
}

/** Attempts of a source beside its first, where none is killed. */
function sourceRuns(source: DrawnSource | null): number {
  return source === null ? 0 : source.sizes.length - 1 + (source.failAt >= 0 ? 1 : 0);
}

/** A record of items on pages has one row for all of them: here with a row for each that is known. */
function unfolded(
  world: World,
  drawn: Drawn,
  checkers: Checkers,
  {row, host: project, user}: {readonly row: Row; readonly host: string; readonly user: string},
): Row {
  const job = checkers.jobs.latest(row.id);
  const source = drawn.jobs.find(({name}) => name === row.name)?.source ?? null;
  if (source === null || job === null || row.folded === true) return row;
  const {plan, ledger} = job;
  const results: Record<string, unknown> = {};
  const elsewhere: string[] = [];
  const steps = plan.nodes.flatMap((_node, node) =>
    Array.from({length: ledger.itemCount(node)}, (_none, index) => {
      const unit = plan.firstUnit(node) + index;
      const id = plan.stepId(unit);
      const result = ledger.completion(unit)?.result;
      if (result !== undefined && 'text' in result) results[id] = JSON.parse(result.text) as unknown;
      else if (result !== undefined) elsewhere.push(id);
      return {id, unit, state: ledger.state(unit), lastError: ledger.failedAttempts(unit)?.error ?? null};
    }),
  );
  Object.assign(results, world.call('resultsOf', [row.id, elsewhere], {project, user}));
  return {...row, steps, results: results as Row['results']};
}

/** Promise 7: only own keys and triggers are touched, and nothing stays but what is retained. */
function checkLeftovers(world: World, drawn: Drawn, checkers: Checkers, host: string): readonly string[] {
  const wrong: string[] = [];
  const store = world.store('script', {project: host});
  for (let key = 0; key < drawn.hostKeys; key++)
    if (store.get(`host_${key}`)?.length !== 2_000) wrong.push(`promise 7: the host's key ${key} was touched`);
  const headers = new Set([...store.keys()].filter((key) => key.endsWith('~h')).map((key) => key.slice(0, -1)));
  for (const key of store.keys()) {
    if (/^(host|fill)_/.test(key) || LASTING.test(key) || STANDING.test(key)) continue;
    // A step that was killed leaves its value behind.
    if (key.startsWith('AST_JOBS_VALUE~') && checkers.hasKept) continue;
    // A dispatcher that stays keeps its key.
    const isUsers = key.startsWith('AST_JOBS_USER~');
    if (isUsers && (drawn.hasNewerJob || USERS.some((user) => isInstalled(drawn, host, user)))) continue;
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
