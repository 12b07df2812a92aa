/**
 * The public record of a job, built from what is stored. Pure: (stored job, what the caller asks for) → plain JSON.
 */
import type {
  TermsRecord,
  JobRecord,
  JobStatus,
  RecoveryRecord,
  StateCounts,
  StepRecord,
  StepState,
  StoredError,
} from '../types';
import type {BriefJob} from './brief';
import {statusOf, waitsForUser, type Header, type Phase} from './header';
import {parseJson} from './json';
import {isOneRow, type PlanExtras} from './plan';
import {runningUnits, type StoredJob} from './stored-job';
import type {DeadLetter, Terms} from './terms';
import {unitsOf} from './units';

/** What a record shows besides the job itself. */
export interface RecordView {
  readonly wakeUp: JobRecord['wakeUp'];
  /** JSON text of a unit's result; `null` when it is damaged. */
  resultText(unit: number): string | null;
  /** Rows of units to show; `null`: all, with a row per node where a map step has over 1,000 items. */
  readonly page: {readonly offset: number; readonly limit: number} | null;
}

/** The record of a job that can be read. */
export function jobRecord(job: StoredJob, view: RecordView): JobRecord {
  const {header, ledger} = job;
  const rows = rowsOf(job, view);
  const running = runningUnits(job);
  const {results, damaged} = resultsOf(job, view, rows);
  const [firstDamaged] = damaged;
  return {
    ...headerRecord(header, job.address.prefix),
    ...progressOf(header, ledger.count, ledger.lastAtMs),
    ...extrasRecord(job.plan.extras),
    lastError: lastErrorOf(job) ?? (firstDamaged === undefined ? null : damageError(firstDamaged)),
    steps: rows.map((row) => (row.kind === 'unit' ? unitRow(job, row.unit, running) : nodeRow(job, row.node))),
    results,
    wakeUp: view.wakeUp,
    recoveries: header.recoveries.map((recovery) => recoveryRecord((unit) => job.plan.stepId(unit), recovery)),
  };
}

/** The record of a finished job that was folded. */
export function foldedRecord(header: Header, prefix: string): JobRecord {
  return {...headerRecord(header, prefix), lastError: faultOf(header) ?? header.folded?.error ?? null, folded: true};
}

/** The record of a completed job without steps and results. */
export function briefRecord({header, address, plan, count}: BriefJob): JobRecord {
  return {
    ...headerRecord(header, address.prefix),
    ...progressOf(header, count, header.updatedAtMs),
    recoveries: header.recoveries.map((recovery) => recoveryRecord((unit) => plan.stepId(unit), recovery)),
  };
}

function progressOf(
  header: Header,
  count: number,
  lastAtMs: number,
): Pick<JobRecord, 'version' | 'updatedAt' | 'lastHeartbeatAt'> {
  const lastMs = Math.max(header.updatedAtMs, lastAtMs);
  return {
    version: header.revision + count,
    updatedAt: isoTime(lastMs),
    lastHeartbeatAt: isoTime(header.startedAtMs === null ? null : lastMs),
  };
}

function headerRecord(header: Header, prefix: string): JobRecord {
  const {phase} = header;
  const {maxRetries, maxRuntimeMs, leaseTtlMs, autoResume} = header.options;
  const lease = header.parts.find((part) => part.lease !== null)?.lease;
  return {
    id: header.id,
    name: header.name,
    status: statusOf(header),
    version: header.revision,
    createdAt: isoTime(header.createdAtMs),
    updatedAt: isoTime(header.updatedAtMs),
    startedAt: isoTime(header.startedAtMs),
    pausedAt: isoTime(header.pausedAtMs),
    completedAt: phase.kind === 'completed' ? isoTime(phase.atMs) : null,
    canceledAt: phase.kind === 'canceled' ? isoTime(phase.atMs) : null,
    leaseOwner: lease?.by ?? null,
    leaseExpiresAt: isoTime(lease?.untilMs ?? null),
    lastHeartbeatAt: null,
    lastError: null,
    options: {maxRetries, maxRuntimeMs, leaseTtlMs, autoResume, checkpointStore: 'properties', propertyPrefix: prefix},
    steps: [],
    results: {},
    waiting: waitingOf(header),
    wakeUp: null,
    recoveries: [],
    owner: header.owner,
    ...termsRecord(header.terms),
    ...(header.options.workers === 1 ? {} : {workers: header.options.workers}),
  };
}

/** What of the terms differs from none. */
function termsRecord(terms: Terms): TermsRecord {
  const {description, tags, priority, dependencies, onDependencyFailure, batch, schedule, resources} = terms;
  const {timeoutMs, deadlineAtMs, idempotency, singleton, deadLetter} = terms;
  return {
    ...(description === null ? {} : {description}),
    ...(tags.length === 0 ? {} : {tags}),
    ...(priority === 'medium' ? {} : {priority}),
    ...(dependencies.length === 0 ? {} : {dependencies, onDependencyFailure}),
    ...(batch === null ? {} : {batch}),
    ...(schedule === null ? {} : {schedule}),
    ...(timeoutMs === null ? {} : {timeoutMs}),
    ...(deadlineAtMs === null ? {} : {deadline: isoTime(deadlineAtMs)}),
    ...(idempotency === null ? {} : {idempotencyKey: idempotency.key}),
    ...(singleton === null ? {} : {singleton}),
    ...(resources.length === 0 ? {} : {resources}),
    ...(deadLetter === null ? {} : {deadLetter: deadLetterRecord(deadLetter)}),
  };
}

/** Variables, and where secrets lie: never what they are. */
function extrasRecord({environment, secrets}: PlanExtras): Pick<TermsRecord, 'environment' | 'secretEnvironment'> {
  return {
    ...(Object.keys(environment).length === 0 ? {} : {environment}),
    ...(Object.keys(secrets).length === 0 ? {} : {secretEnvironment: secrets}),
  };
}

function deadLetterRecord({state, atMs, replayedAs}: DeadLetter): NonNullable<TermsRecord['deadLetter']> {
  return {state, at: isoTime(atMs), replayedAs};
}

function waitingOf(header: Header): JobRecord['waiting'] {
  if (waitsForUser(header)) return {reason: 'user', untilMs: null};
  const {phase} = header;
  return phase.kind === 'paused' ? {reason: phase.waiting.reason, untilMs: phase.waiting.untilMs} : null;
}

/** ISO 8601 in UTC, or `null`. */
export function isoTime(ms: number): string;
export function isoTime(ms: number | null): string | null;
export function isoTime(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}

type Row = {readonly kind: 'unit'; readonly unit: number} | {readonly kind: 'node'; readonly node: number};

function rowsOf(job: StoredJob, view: RecordView): readonly Row[] {
  const {plan, ledger} = job;
  if (view.page !== null) {
    return pageOfRows(job, view.page.offset, view.page.limit);
  }
  const rows: Row[] = [];
  plan.nodes.forEach((node, index) => {
    if (isOneRow(node, ledger.itemCount(index))) rows.push({kind: 'node', node: index});
    else for (let unit = plan.firstUnit(index); unit < ledger.endUnit(index); unit++) rows.push({kind: 'unit', unit});
  });
  return rows;
}

/** Rows of units by their place among all that are known. */
function pageOfRows({plan, ledger}: StoredJob, offset: number, limit: number): readonly Row[] {
  const rows: Row[] = [];
  let before = 0;
  for (let node = 0; node < plan.nodes.length && rows.length < limit; node++) {
    const count = ledger.itemCount(node);
    const first = plan.firstUnit(node);
    for (let index = Math.max(0, offset - before); index < count && rows.length < limit; index++)
      rows.push({kind: 'unit', unit: first + index});
    before += count;
  }
  return rows;
}

/** State of a unit as users read it. */
function stateOfUnit(job: StoredJob, unit: number, running: ReadonlySet<number>): StepState {
  const state = job.ledger.state(unit);
  if (state !== 'pending') return state;
  if (job.header.phase.kind === 'canceled') return 'canceled';
  return running.has(unit) ? 'running' : 'pending';
}

/** How many units of some nodes are in which state. */
export function countStates(job: StoredJob, nodes: readonly number[]): StateCounts {
  const {plan, ledger, header} = job;
  const counts = {total: 0, pending: 0, running: 0, completed: 0, failed: 0, canceled: 0};
  const atWork = runningUnits(job);
  for (const node of nodes) {
    const {open, lost} = ledger.progressOf(node);
    const total = ledger.itemCount(node);
    const isCanceled = header.phase.kind === 'canceled';
    const running = isCanceled ? 0 : [...atWork].filter((unit) => plan.nodeOfUnit(unit) === node).length;
    counts.total += total;
    counts.completed += total - open - lost;
    counts.failed += lost;
    counts.running += running;
    counts[isCanceled ? 'canceled' : 'pending'] += open - running;
  }
  return counts;
}

function unitRow(job: StoredJob, unit: number, running: ReadonlySet<number>): StepRecord {
  const {plan, ledger} = job;
  const completion = ledger.completion(unit);
  const failed = ledger.failedAttempts(unit);
  const startedAtMs = failed?.firstStartMs ?? (completion === null ? null : completion.atMs - completion.durationMs);
  return {
    id: plan.stepId(unit),
    handlerName: plan.node(plan.nodeOfUnit(unit)).handler,
    dependsOn: plan.dependsOn(unit),
    payload: plan.shownPayload(unit, ledger),
    state: stateOfUnit(job, unit, running),
    attempts: failed?.count ?? 0,
    startedAt: isoTime(startedAtMs),
    completedAt: isoTime(completion?.atMs ?? null),
    lastError: completion === null ? (failed?.error ?? null) : null,
  };
}

/** A map step with many items, in one row. */
function nodeRow(job: StoredJob, nodeIndex: number): StepRecord {
  const node = job.plan.node(nodeIndex);
  const counts = countStates(job, [nodeIndex]);
  return {
    id: node.kind === 'map' ? node.prefix : node.id,
    handlerName: node.handler,
    dependsOn: [],
    payload: {counts},
    state: aggregateState(counts),
    attempts: job.ledger.progressOf(nodeIndex).failedAttempts,
    startedAt: null,
    completedAt: null,
    lastError: null,
  };
}

function aggregateState(counts: StateCounts): StepState {
  if (counts.completed === counts.total) return 'completed';
  if (counts.running > 0) return 'running';
  if (counts.pending > 0) return 'pending';
  return counts.failed > 0 ? 'failed' : 'canceled';
}

interface Results {
  readonly results: Readonly<Record<string, unknown>>;
  /** Steps whose stored result cannot be read. */
  readonly damaged: readonly string[];
}

function resultsOf(job: StoredJob, view: RecordView, rows: readonly Row[]): Results {
  const results: (readonly [string, unknown])[] = [];
  const damaged: string[] = [];
  for (const row of rows) {
    if (row.kind !== 'unit' || job.ledger.state(row.unit) !== 'completed') continue;
    const result = parseJson(view.resultText(row.unit) ?? '');
    if (result === undefined) damaged.push(job.plan.stepId(row.unit));
    else results.push([job.plan.stepId(row.unit), result]);
  }
  // Entries become fields of its own, whatever the stored ids are.
  return {results: Object.fromEntries(results), damaged};
}

/** The job goes on without such a result; who reads the record has to know. */
function damageError(stepId: string): StoredError & {readonly stepId: string} {
  const message = `The stored result of step ${stepId} is damaged. It was left as it is.`;
  return {stepId, name: 'AstJobsError', code: 'RECORD_CORRUPT', message, details: {}};
}

/** The error that users look for first: why the job failed, or what its next retry is about. */
export function lastError(job: StoredJob): (StoredError & {readonly stepId: string | null}) | null {
  const {ledger, header} = job;
  if (header.phase.kind === 'completed') return null;
  const unit = ledger.lostUnitsInOrder()[0] ?? ledger.lastFailedOpenUnit();
  return unit === null ? null : errorOf(job, unit);
}

function errorOf(job: StoredJob, unit: number): (StoredError & {readonly stepId: string | null}) | null {
  const failed = job.ledger.failedAttempts(unit);
  return failed === null ? null : {stepId: job.plan.stepId(unit), ...failed.error};
}

function recoveryRecord(stepId: (unit: number) => string, recovery: Header['recoveries'][number]): RecoveryRecord {
  return {
    at: isoTime(recovery.atMs),
    epoch: recovery.epoch,
    reason: recovery.reason,
    inDoubt: recovery.inDoubt.flatMap(unitsOf).map(stepId),
  };
}

/** Why a job ended, or what its next retry is about. */
export function lastErrorOf(job: StoredJob): JobRecord['lastError'] {
  return faultOf(job.header) ?? lastError(job);
}

/** Why the job ended, where that lies in none of its steps. */
export function faultOf({fault}: Header): JobRecord['lastError'] {
  return fault === null ? null : {stepId: null, ...fault};
}

/** Whether a text is a status of a job. */
export function isJobStatus(text: string): text is JobStatus {
  const statuses: readonly Phase['kind'][] = ['queued', 'running', 'paused', 'failed', 'completed', 'canceled'];
  return (statuses as readonly string[]).includes(text);
}
