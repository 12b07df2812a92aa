/** The operations of a world from its begin to its end: what is set before, how they end, and what is left of them. */
import type {World} from '../simulator';
import type {Checkers} from './checkers';
import {USERS, type Drawn} from './draw';
import type {DrawnOperations} from './operations';
import {workOf} from './requests';

const MINUTE_MS = 60_000;
/** So long schedules go on when the faults are over. */
const ALIVE_MS = 65 * MINUTE_MS;

/** What the keys of operations look like, and those of what steps said. */
const OF_OPERATIONS = /^AST_JOBS_(SCHEDULE~|LIMITS$|ALERTS$)|~l\d+\.\d+$/;
/** What stays of them as long as nobody takes it away. */
export const STANDING = /^AST_JOBS_(SCHEDULE~|LIMITS$)/;

/** The limits are there before the first job. */
export function setUp(world: World, {operations, hosts}: Drawn): void {
  const limits = operations?.limits ?? {};
  if (Object.keys(limits).length === 0) return;
  for (const project of hosts) world.call('setLimits', [limits], {project, user: USERS[0] ?? ''});
}

/** Without faults: schedules go on for a while and end, and what had failed for good is mended. */
export function wearOff(world: World, drawn: Drawn, checkers: Checkers): void {
  const {operations, jobs, hosts} = drawn;
  if (operations === null) return;
  replayAll(world, drawn, world.nowMs + 20 * MINUTE_MS);
  if (!jobs.some(({operated}) => (operated?.schedule ?? null) !== null)) return;
  world.runUntil(world.nowMs + ALIVE_MS);
  checkers.operations?.schedules.checkAlive();
  // More than once, because the lock may be held by an execution that sleeps.
  for (let round = 0; round < 3; round++)
    for (const project of hosts) {
      const atMs = world.nowMs + round * 20 * MINUTE_MS;
      world.start({fn: 'endSchedules', args: [operations.end], project, user: USERS[round % 2] ?? '', atMs});
    }
}

/** Jobs that failed after everything else are mended too. Returns whether there were any to mend. */
export function mendLast(world: World, drawn: Drawn): boolean {
  return replayAll(world, drawn, world.nowMs + MINUTE_MS);
}

/** The triggers of a job's user may be gone when somebody else lets it go on: he runs the dispatcher once by hand. */
function replayAll(world: World, {jobs, hosts}: Drawn, atMs: number): boolean {
  const mended = jobs.filter(({operated}) => operated?.isMended === true);
  for (const project of mended.length === 0 ? [] : hosts)
    for (const user of USERS) world.start({fn: 'workByHand', user, project, atMs: atMs + 15 * MINUTE_MS});
  for (const {name, user, host: project} of mended) world.start({fn: 'replayJob', args: [name], user, project, atMs});
  return mended.length > 0;
}

/** What is wrong at the end, in words. Takes away what stands, and looks for what is left of it. */
export function checkOperations(world: World, drawn: Drawn, checkers: Checkers, project: string): readonly string[] {
  const {operations} = drawn;
  if (operations === null || checkers.operations === undefined) return [];
  const {events, letters} = checkers.operations;
  const wrong: string[] = [];
  letters.check();
  events.check(project, (id) => isTold(checkers, id));
  wrong.push(...checkLogs(world, drawn, checkers, project), ...checkWorkflows(world, drawn, checkers, project));
  return [...wrong, ...checkNothingLeft(world, operations, project)];
}

/** A job of which triggers have nothing to do has no passes of its own. */
function isTold(checkers: Checkers, id: string): boolean {
  const header = checkers.jobs.latest(id)?.header;
  return header !== undefined && header.options.autoResume;
}

interface LogPage {
  readonly entries: readonly {readonly stepId: string; readonly at: string; readonly message: string}[];
  readonly dropped: number;
}

/** Of how many lines all are kept in any case. */
const FEW_LINES = 25;

/** Lines are those of the job and of their step, in order, and all of them where nothing went wrong. */
function checkLogs(world: World, drawn: Drawn, checkers: Checkers, project: string): readonly string[] {
  const jobs = endedJobs(checkers, drawn, project).filter(({drawnJob}) =>
    drawnJob.steps.some((step) => (workOf(drawnJob, step).says ?? 0) > 0),
  );
  if (jobs.length === 0) return [];
  const ids = jobs.map(({id}) => id);
  const pages = world.call('logsOf', [ids], {project, user: 'owner@example.com'}) as readonly LogPage[];
  return jobs.flatMap(({id, drawnJob}, index) => {
    const page = pages[index] ?? {entries: [], dropped: 0};
    const wrong = foreignLines(id, page);
    const lines = drawnJob.steps.reduce((sum, step) => sum + (workOf(drawnJob, step).says ?? 0), 0);
    const isCalm =
      lines <= FEW_LINES && drawn.rates.errorBefore + drawn.rates.errorAfter === 0 && drawn.outages.length === 0;
    if (!isCalm || !checkers.calls.isUntroubled(id) || checkers.hasFullStore) return wrong;
    checkers.count('a whole log');
    for (const step of drawnJob.steps) {
      const said = page.entries.filter(({stepId}) => stepId === step.id).length;
      const says = checkers.jobs.isCompleted(id, step.id) ? (workOf(drawnJob, step).says ?? 0) : 0;
      if (said < says) wrong.push(`log: ${said} of ${says} lines of ${step.id} of ${id} are there`);
    }
    return wrong;
  });
}

function foreignLines(id: string, {entries}: LogPage): string[] {
  const wrong: string[] = [];
  const next = new Map<string, number>();
  let lastAt = '';
  for (const {stepId, at, message} of entries) {
    const [, index = '', step = '', attempt = '', job = ''] = /^line (\d+) of (\S+) (\d+) (\S+)$/.exec(message) ?? [];
    if (job !== id || step !== stepId) wrong.push(`log: ${id} has the line ${JSON.stringify(message)} of ${stepId}`);
    if (at < lastAt) wrong.push(`log: a line of ${at} of ${id} comes after one of ${lastAt}`);
    lastAt = at;
    const key = `${step} ${attempt}`;
    // A step that goes on where it was says everything again.
    if (Number(index) > 0 && Number(index) < (next.get(key) ?? 0))
      wrong.push(`log: ${id} has ${message} behind later ones`);
    next.set(key, Number(index) + 1);
  }
  return wrong;
}

/** What a workflow is said to be is what its job is. */
function checkWorkflows(world: World, drawn: Drawn, checkers: Checkers, project: string): readonly string[] {
  const jobs = endedJobs(checkers, drawn, project).filter(({drawnJob}) => drawnJob.operated?.isWorkflow === true);
  if (jobs.length === 0) return [];
  const ids = jobs.map(({id}) => id);
  const rows = world.call('workflowsOf', [ids], {project, user: 'owner@example.com'}) as readonly {
    readonly status: string;
    readonly jobs: readonly {readonly name: string; readonly status: string}[];
  }[];
  return jobs.flatMap(({id, status}, index) => {
    const row = rows[index];
    checkers.count('a workflow told');
    if (row?.status !== status) return [`workflow: ${id} is ${status}, and told to be ${row?.status}`];
    return row.jobs
      .filter((one) => (one.status === 'completed') !== checkers.jobs.isCompleted(id, one.name))
      .map((one) => `workflow: ${one.name} of ${id} is told to be ${one.status}`);
  });
}

/** The jobs of a host that have ended and are not folded. */
function endedJobs(checkers: Checkers, {jobs}: Drawn, project: string) {
  return checkers.jobs.all().flatMap(({header}) => {
    const drawnJob = jobs.find(({name, host}) => name === header.name && host === project);
    const {id, phase} = header;
    return drawnJob === undefined || header.isRemoved ? [] : [{id, drawnJob, status: phase.kind}];
  });
}

/** Once schedules are deleted, limits taken away and old jobs cleaned up nothing of them is in the store. */
function checkNothingLeft(world: World, {limits}: DrawnOperations, project: string): readonly string[] {
  const call = (fn: string, args: readonly unknown[], user = USERS[0] ?? ''): unknown =>
    world.call(fn, args, {project, user});
  call('endSchedules', ['delete']);
  if (Object.keys(limits).length > 0)
    call('setLimits', [Object.fromEntries(Object.keys(limits).map((resource) => [resource, null]))]);
  call('cleanAll', []);
  for (const user of USERS) call('workByHand', [], user);
  const store = world.store('script', {project});
  // A job that others need, or whose key is remembered, stays with all that it has.
  const isKept = (key: string): boolean => store.has(key.replace(/~l\d+\.\d+$/, '~h'));
  const left = [...store.keys()].filter((key) => OF_OPERATIONS.test(key) && !isKept(key));
  return left.map((key) => `operations: left over: ${key}`);
}
