/** A record of the library beside a job of the model, when nothing is running: equal, or related where only time tells. */
import type {JobRecord, JobStatus, StateCounts, StoredError, StepState, WaitReason} from '../../src/types';
import {DAY_MS} from './calls';
import {canonical, differ, expectSame} from './difference';
import type {ReferenceJob} from './reference-job';
import {shownTerms} from './reference-terms';
import type {Unit} from './reference-unit';
import {idleReasons, resultsOf} from './reference-units';

const LEASE_SLACK_MS = 2_000;
const FOLD_MS = 7 * DAY_MS;

/** What the checks need to know besides the job. */
export interface Surroundings {
  readonly nowMs: number;
  readonly handlers: ReadonlySet<string>;
  /** Whether the owner must have triggers, since a job of his was open ever since he made them. */
  readonly hasTriggers: boolean;
}

export function checkRecord(job: ReferenceJob, record: JobRecord, around: Surroundings): void {
  if (job.dead !== null && record.recoveries.length > job.recoveries.slice(-8).length) job.takeOver(around.nowMs);
  if (job.dead !== null) job.believeAt(record.steps.find(({state}) => state === 'running')?.id ?? job.dead.unit.id);
  checkState(job, record, around);
  const isFolded = record.folded === true;
  if (isFolded && (!job.isFinal || around.nowMs < job.finalMs + FOLD_MS))
    differ(`${job.id}: steps were dropped too early`, job.finalMs, record);
  const expected = {
    ...{id: job.id, name: job.plan.name, options: job.plan.options, terms: shownTerms(job.terms)},
    steps: isFolded ? [] : job.units.map((unit) => stepOf(job, unit)),
    results: isFolded ? {} : resultsOf(job.units),
    recoveries: isFolded ? [] : job.recoveries.slice(-8),
  };
  const got = {
    ...{id: record.id, name: record.name, options: record.options, terms: termsOfRecord(record)},
    steps: record.steps.map(({startedAt: _begun, completedAt: _ended, ...row}) => ({
      ...row,
      lastError: errorOf(row.lastError),
    })),
    results: record.results,
    recoveries: record.recoveries.map(({reason, inDoubt}) => ({reason, inDoubt})),
  };
  expectSame(`${job.id}: the record`, expected, got);
  checkTimes(job, record, around.nowMs);
  if (!isFolded) {
    checkSteps(job, record);
    checkSummary(job, record);
  }
  checkLastError(job, record);
  checkWakeUp(job, record, around);
}

function termsOfRecord(record: JobRecord): object {
  const {dependencies, onDependencyFailure, priority, tags, idempotencyKey, singleton, batch} = record;
  return {dependencies, onDependencyFailure, priority, tags, idempotencyKey, singleton, batch};
}

/** The library's own errors are told by their codes; their messages are not told in advance. */
function errorOf(error: StoredError | null): object | null {
  if (error === null) return null;
  return error.code === undefined ? {message: error.message, code: null} : {message: null, code: error.code};
}

/** Status and reason; where several are possible the model goes on from the one that it sees. */
function checkState(job: ReferenceJob, record: JobRecord, {handlers, nowMs}: Surroundings): void {
  const reason = record.waiting?.reason ?? null;
  const possible: (readonly [JobStatus, WaitReason | null])[] = [];
  const {status: seen, updatedAt} = record;
  if (job.mayHaveEnded && (seen === 'failed' || seen === 'canceled')) job.endByGate(seen, Date.parse(updatedAt));
  const gates = job.possibleGates;
  const mayAwait = !job.hasBegun && job.terms.singleton !== null;
  if (!job.isFinal && !job.isStopped && mayAwait) possible.push(['paused', 'dependency']);
  if (job.isFinal) possible.push([job.status, null]);
  else if (job.haltedMs !== null) possible.push(['paused', 'user']);
  else if (job.dead !== null) possible.push(['running', null]);
  else if (job.status === 'queued') possible.push(['queued', null]);
  else for (const wait of job.waits) possible.push(['paused', wait]);
  // A pass may have found in the meantime that a handler is gone.
  if (!job.isFinal && job.dead === null && !job.isStopped && gates.has('open')) {
    const isIdle = job.units.every((unit) => job.readiness(unit, nowMs, handlers) !== 'yes');
    if (isIdle) for (const wait of idleReasons(job.units, handlers)) possible.push(['paused', wait]);
  }
  if (!possible.some(([status, wait]) => status === record.status && wait === reason))
    differ(`${job.id}: status and reason`, possible, [record.status, reason]);
  if (reason !== null) {
    job.status = 'paused';
    job.waits = new Set([reason]);
  }
  checkUntil(job, record);
}

function checkUntil(job: ReferenceJob, {waiting}: JobRecord): void {
  if (waiting === null) return;
  const {reason, untilMs} = waiting;
  if (reason === 'user' || reason === 'handler') expectSame(`${job.id}: untilMs of ${reason}`, null, untilMs);
  if (reason !== 'retry') return;
  const windows = job.units.flatMap((unit) =>
    unit.state === 'pending' && unit.retryMs !== null ? [unit.retryMs] : [],
  );
  const isInside = windows.some(([fromMs, toMs]) => untilMs !== null && untilMs >= fromMs && untilMs <= toMs);
  if (!isInside) differ(`${job.id}: when the retry is due`, windows, untilMs);
}

function stepOf(job: ReferenceJob, unit: Unit): {readonly state: StepState; readonly lastError: unknown} & object {
  return {
    ...{id: unit.id, handlerName: unit.handler, dependsOn: unit.shownDeps ?? unit.deps, payload: unit.payload},
    ...{state: stateOf(job, unit), attempts: unit.failures, lastError: shortError(unit)},
  };
}

function shortError({error}: Unit): object | null {
  return error === null ? null : {message: error.message, code: error.code};
}

function stateOf(job: ReferenceJob, unit: Unit): StepState {
  if (unit.state === 'completed') return 'completed';
  if (unit.state === 'lost') return 'failed';
  if (job.status === 'canceled') return 'canceled';
  // Also in a job that `stop` paused: whether its owner is dead nobody knows before the lease runs out.
  return job.dead !== null && job.deadAt === unit ? 'running' : 'pending';
}

function countsOf(job: ReferenceJob, units: readonly Unit[]): StateCounts {
  const count = (state: StepState): number => units.filter((unit) => stateOf(job, unit) === state).length;
  return {
    ...{total: units.length, pending: count('pending'), running: count('running')},
    ...{completed: count('completed'), failed: count('failed'), canceled: count('canceled')},
  };
}

function checkSummary(job: ReferenceJob, record: JobRecord): void {
  const {helper, mode, maxConcurrency} = job.plan;
  if (helper === null) return expectSame(`${job.id}: no summary`, undefined, record.orchestration);
  const names = [...new Set(job.units.map((unit) => unit.stage))];
  const stages = names.map((name) => {
    const counts = countsOf(
      job,
      job.units.filter((unit) => unit.stage === name),
    );
    const window = maxConcurrency === null || name === 'reduce' ? {} : {maxConcurrency};
    return [name, {status: stageStatus(counts, record.status), counts, ...window}] as const;
  });
  const [, {status, counts}] = stages[0] ?? differ(`${job.id}: a stage`, names, record.orchestration);
  const expected = {
    ...{helper, mode, parent: {jobId: job.id, status: record.status}, children: {status, counts}},
    stages: Object.fromEntries(stages),
  };
  expectSame(`${job.id}: the summary`, expected, record.orchestration);
}

function stageStatus(counts: StateCounts, status: JobStatus): string {
  if (counts.failed > 0) return 'failed';
  if (counts.running > 0) return 'running';
  if (counts.pending > 0) return status === 'queued' || status === 'paused' ? status : 'pending';
  if (counts.canceled === counts.total) return 'canceled';
  return counts.completed === counts.total ? 'completed' : 'mixed';
}

/** The first step that failed for good; before that, one that failed and waits for its retry. */
function checkLastError(job: ReferenceJob, {lastError}: JobRecord): void {
  const got = lastError === null ? null : {stepId: lastError.stepId, code: lastError.code ?? null};
  const tell = (unit: Unit): object => ({stepId: unit.id, code: unit.error?.code ?? null});
  const lost = job.units
    .filter((unit) => unit.state === 'lost')
    .sort((one, other) => (one.endedMs ?? 0) - (other.endedMs ?? 0));
  if (job.hasFault) return expectSame(`${job.id}: lastError`, {stepId: null, code: 'DEPENDENCY_FAILED'}, got);
  if (job.status === 'failed') return expectSame(`${job.id}: lastError`, lost.slice(0, 1).map(tell), [got]);
  const failing = job.units.filter((unit) => unit.error !== null).map(tell);
  const isKnown =
    got === null ? job.isFinal || failing.length === 0 : failing.some((one) => canonical(one) === canonical(got));
  if (!isKnown) differ(`${job.id}: lastError`, failing, lastError);
}

function checkWakeUp(job: ReferenceJob, {wakeUp}: JobRecord, {hasTriggers}: Surroundings): void {
  const isOver = job.isFinal || !job.plan.options.autoResume;
  if (isOver) return expectSame(`${job.id}: wakeUp`, null, wakeUp);
  if (!job.isStopped && (wakeUp === null || (hasTriggers && wakeUp.at === null)))
    differ(`${job.id}: wakeUp`, hasTriggers ? 'an instant' : 'an instant or a problem', wakeUp);
}

function checkTimes(job: ReferenceJob, record: JobRecord, nowMs: number): void {
  const {createdAt, startedAt, updatedAt, pausedAt, completedAt, canceledAt, leaseExpiresAt, leaseOwner} = record;
  const isSet = {paused: pausedAt, completed: completedAt, canceled: canceledAt};
  for (const [status, time] of Object.entries(isSet))
    if ((time !== null) !== (record.status === status) && !(status === 'paused' && mayKeepPausedAt(job)))
      differ(`${job.id}: ${status}At`, record.status, time);
  const inOrder = [createdAt, startedAt, pausedAt ?? completedAt ?? canceledAt, updatedAt].filter(
    (time) => time !== null,
  );
  if (job.hasBegun && startedAt === null) differ(`${job.id}: startedAt`, 'an instant', null);
  if ([...inOrder].sort().join() !== inOrder.join()) differ(`${job.id}: times in order`, [...inOrder].sort(), inOrder);
  if (Date.parse(updatedAt) > nowMs) differ(`${job.id}: updatedAt`, nowMs, updatedAt);
  if (Math.abs(Date.parse(createdAt) - job.createdMs) > 0) differ(`${job.id}: createdAt`, job.createdMs, createdAt);
  if (job.haltedMs !== null) return;
  if ((leaseOwner !== null) !== (job.dead !== null)) differ(`${job.id}: leaseOwner`, job.dead, leaseOwner);
  const untilMs = leaseExpiresAt === null ? null : Date.parse(leaseExpiresAt);
  if (Math.abs((untilMs ?? 0) - (job.dead?.untilMs ?? 0)) > LEASE_SLACK_MS)
    differ(`${job.id}: leaseExpiresAt`, job.dead?.untilMs ?? null, leaseExpiresAt);
}

/** The documents are silent about it: a job that was paused when it was canceled or lost its owner tells since when. */
function mayKeepPausedAt(job: ReferenceJob): boolean {
  return job.dead !== null || job.status === 'canceled';
}

/** A completed step was begun and ended when its handler was; items that return nothing may share the times of their run. */
function checkSteps(job: ReferenceJob, record: JobRecord): void {
  for (const [index, unit] of job.units.entries()) {
    const row = record.steps[index];
    const got = [row?.startedAt, row?.completedAt].map((time) =>
      time === undefined || time === null ? null : Date.parse(time),
    );
    const own = [unit.firstMs, unit.endedMs];
    if (unit.state === 'completed' && !isWithinRun(job, index, got))
      expectSame(`${job.id}: times of ${unit.id}`, own, got);
    if (unit.firstMs === null && unit.state === 'pending' && (job.dead === null || job.deadAt !== unit))
      expectSame(`${job.id}: times of ${unit.id}`, [null, null], got);
  }
}

/** Whether the times lie within those of the items around it that return nothing, which may be committed as one. */
function isWithinRun(job: ReferenceJob, index: number, [startedMs, completedMs]: readonly (number | null)[]): boolean {
  const stage = job.units[index]?.stage;
  const isOfRun = (unit: ReferenceJob['units'][number] | undefined): boolean =>
    unit?.stage === stage && unit?.state === 'completed' && unit.result === null;
  let [first, last] = [index, index];
  while (isOfRun(job.units[first - 1])) first--;
  while (isOfRun(job.units[last + 1])) last++;
  if (!isOfRun(job.units[index]) || first === last) return false;
  const run = job.units.slice(first, last + 1);
  const fromMs = Math.min(...run.map((unit) => unit.firstMs ?? Infinity));
  const toMs = Math.max(...run.map((unit) => unit.endedMs ?? -Infinity));
  return (startedMs ?? -Infinity) >= fromMs && (completedMs ?? Infinity) <= toMs;
}
