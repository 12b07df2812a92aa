/** Records out of a snapshot: one job, or a list. Reading takes one call of the store and no lock. */
import {readBrief} from '../core/brief';
import {isFinal, waitsForUser, type Header} from '../core/header';
import type {JobAddress} from '../core/keys';
import type {Completion} from '../core/ledger';
import {MAX_LIST_DETAIL_UNITS} from '../core/limits';
import {briefRecord, foldedRecord, isoTime, jobRecord, type RecordView} from '../core/record';
import {fits, isFiltered, sorted, type Listed, type Selection} from '../core/selection';
import {
  readBody,
  readHeader,
  readJob,
  readLarge,
  type JobReading,
  type Snapshot,
  type StoredJob,
} from '../core/stored-job';
import {isJobsError, jobsError} from '../errors';
import {summarize, summarizeCompleted} from '../orchestration/summary';
import type {DamagedRecord, JobRecord, OrchestrationSummary} from '../types';
import {dueAtMs} from './claim';
import {jobsIn, prefixesIn} from './hold';
import {notFound} from './lookup';
import {readUserTriggers} from './user-key';

/** How much of a job to show. */
export interface Detail {
  readonly page: RecordView['page'];
}

/** No rows and no results, what is known of the whole. */
const NO_ROWS: Detail = {page: {offset: 0, limit: 0}};

/** Everything, as far as rows go. */
export const FULL: Detail = {page: null};

/** The record of the job at an address; throws for what is missing, newer or damaged. */
export function recordAt(snapshot: Snapshot, address: JobAddress, nowMs: number, problem: string | null): JobRecord {
  return recordOf(snapshot, address, nowMs, problem, FULL);
}

/** As {@link recordAt}, showing so much. */
export function recordOf(
  snapshot: Snapshot,
  address: JobAddress,
  nowMs: number,
  problem: string | null,
  detail: Detail,
): JobRecord {
  const reading = readJob(snapshot, address);
  if (reading.kind === 'folded') return foldedRecord(reading.header, address.prefix);
  if (reading.kind !== 'job') throw unreadable(address.id, reading);
  return recordOfJob(snapshot, reading.job, nowMs, problem, detail);
}

/** The job at an address, with its state; throws for what cannot be worked with. */
export function openableJob(snapshot: Snapshot, address: JobAddress): StoredJob | Header {
  const reading = readJob(snapshot, address);
  if (reading.kind === 'folded') return reading.header;
  if (reading.kind !== 'job') throw unreadable(address.id, reading);
  return reading.job;
}

function unreadable(id: string, reading: Exclude<JobReading, {kind: 'job' | 'folded'}>): Error {
  switch (reading.kind) {
    case 'missing':
      return notFound(id);
    case 'newer':
      return jobsError(
        'SCHEMA_NEWER',
        `Job ${id} was stored by a newer version of this library (schema ${reading.schema}): update the library.`,
        {jobId: id, schema: reading.schema},
      );
    case 'corrupt':
      return jobsError(
        'RECORD_CORRUPT',
        `The stored text of job ${id} is damaged (${reading.what}). It was left as it is; other jobs go on.`,
        {jobId: id, what: reading.what},
      );
  }
}

function recordOfJob(
  snapshot: Snapshot,
  job: StoredJob,
  nowMs: number,
  problem: string | null,
  detail: Detail,
): JobRecord {
  const record = jobRecord(job, {
    ...detail,
    wakeUp: wakeUpOf(snapshot, job.header, nowMs, problem),
    resultText: (unit) => {
      const result = job.ledger.completion(unit)?.result;
      if (result === undefined) return null;
      if ('text' in result) return result.text;
      return 'large' in result ? readLarge(snapshot, job.address, result.large) : placeholder(result);
    },
  });
  return withSummary(record, summarize(job));
}

function withSummary(record: JobRecord, orchestration: OrchestrationSummary | null): JobRecord {
  return orchestration === null ? record : {...record, orchestration};
}

/** A record does not fetch what lies elsewhere: `result` does. */
function placeholder({archived, index}: Extract<Completion['result'], {archived: unknown}>): string {
  return JSON.stringify({archived: true, at: archived.locator, index});
}

/** When the next execution is planned, at the latest: a one-off is for speed, the watchdog comes in any case. */
function wakeUpOf(snapshot: Snapshot, header: Header, nowMs: number, problem: string | null): JobRecord['wakeUp'] {
  if (isFinal(header) || !header.options.autoResume) return null;
  if (waitsForUser(header)) return null;
  if (problem !== null) return {at: null, problem};
  const next = nextLook(snapshot, header, nowMs);
  if (next === null)
    return {
      at: null,
      problem: "The job's owner has no watchdog: the owner calls AST.Jobs.install(), or somebody resume.",
    };
  return {at: isoTime(next.atMs)};
}

/** When an execution looks at an open job next, at the latest, and what starts it; `null` where there is no watchdog. */
export function nextLook(
  snapshot: Snapshot,
  header: Header,
  nowMs: number,
): {readonly atMs: number; readonly by: 'one-off' | 'watchdog'} | null {
  const {watchdog, oneOff, oneOffAtMs, everyMinutes} = readUserTriggers(snapshot, header.owner);
  if (watchdog === null) return null;
  const dueMs = Math.max(nowMs, dueAtMs(header, nowMs) ?? nowMs);
  const isPlanned = oneOff !== null && oneOffAtMs >= nowMs;
  return isPlanned
    ? {atMs: Math.max(oneOffAtMs, dueMs), by: 'one-off'}
    : {atMs: dueMs + everyMinutes * 60_000, by: 'watchdog'};
}

/** What a call of `list` asks for. */
export interface ListTerms {
  readonly selection: Selection;
  readonly prefix: string | null;
  /** `null`: steps and results only of small jobs. */
  readonly details: boolean | null;
}

/** Rows of the jobs that fit; damaged ones are among them unless a filter excludes them. */
export function listJobs(
  snapshot: Snapshot,
  {selection, prefix, details}: ListTerms,
  nowMs: number,
  problem: string | null,
): readonly (JobRecord | DamagedRecord)[] {
  return selectJobs(snapshot, selection, prefix).map(({address, header}) =>
    header === null
      ? damaged(address.id, unreadableHeader(snapshot, address))
      : rowOf(snapshot, address, header, {details, nowMs, problem}),
  );
}

/** The jobs that fit, in order, as far as they were asked for. */
export function selectJobs(snapshot: Snapshot, selection: Selection, prefix: string | null): readonly Listed[] {
  const prefixes = prefix === null ? prefixesIn(snapshot) : [prefix];
  const rows = jobsIn(snapshot, prefixes).flatMap((address): readonly Listed[] => {
    const decoded = readHeader(snapshot, address);
    if (decoded.kind !== 'header') return isFiltered(selection) ? [] : [{address, header: null}];
    const {header} = decoded;
    return header.isRemoved || !fits(header, selection) ? [] : [{address, header}];
  });
  const {offset, limit} = selection;
  return sorted(rows, selection).slice(offset, offset + limit);
}

function unreadableHeader(snapshot: Snapshot, address: JobAddress): Error {
  const decoded = readHeader(snapshot, address);
  return unreadable(address.id, decoded.kind === 'newer' ? decoded : {kind: 'corrupt', what: 'header'});
}

function rowOf(
  snapshot: Snapshot,
  address: JobAddress,
  header: Header,
  {
    details,
    nowMs,
    problem,
  }: {readonly details: boolean | null; readonly nowMs: number; readonly problem: string | null},
): JobRecord | DamagedRecord {
  const withSteps = details ?? header.plan.units <= MAX_LIST_DETAIL_UNITS;
  const brief = withSteps ? null : readBrief(snapshot, address, header);
  if (brief !== null) return withSummary(briefRecord(brief), summarizeCompleted(brief.plan, header));
  const reading = readBody(snapshot, address, header);
  switch (reading.kind) {
    case 'job':
      return rowOfJob(snapshot, reading.job, nowMs, problem, withSteps ? FULL : NO_ROWS);
    case 'folded':
      return foldedRecord(reading.header, address.prefix);
    default:
      return damaged(address.id, unreadable(address.id, reading));
  }
}

/** Items are unpacked only when they are shown: one list of them that is damaged does not take the other jobs' rows along. */
function rowOfJob(...args: Parameters<typeof recordOfJob>): JobRecord | DamagedRecord {
  try {
    return recordOfJob(...args);
  } catch (thrown) {
    if (!isJobsError(thrown) || thrown.code !== 'RECORD_CORRUPT') throw thrown;
    return damaged(args[1].header.id, thrown);
  }
}

/** A job as a row of a list, with all that it has. */
export function rowAt(
  snapshot: Snapshot,
  address: JobAddress,
  nowMs: number,
  problem: string | null,
): JobRecord | DamagedRecord {
  const reading = readJob(snapshot, address);
  if (reading.kind === 'job') return rowOfJob(snapshot, reading.job, nowMs, problem, FULL);
  if (reading.kind === 'folded') return foldedRecord(reading.header, address.prefix);
  return damaged(address.id, unreadable(address.id, reading));
}

/** The row of a job that cannot be read, of what was thrown at the attempt. */
export function damaged(id: string, thrown: unknown): DamagedRecord {
  const {code, message} = thrown as {code?: string; message?: string};
  return {id, status: 'damaged', damaged: true, error: {code: code ?? 'RECORD_CORRUPT', message: message ?? ''}};
}
