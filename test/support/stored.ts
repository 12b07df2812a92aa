/** Stored jobs by hand: a header, a plan and logs made into the snapshot that a reader gets. */
import {chainSum, EMPTY_SUM, splitByBytes} from '../../src/core/bytes';
import type {Header, Lease, Seal} from '../../src/core/header';
import {encodeHeader} from '../../src/core/header-codec';
import {headerKey, planKey, resultKey, segmentKey, type JobAddress} from '../../src/core/keys';
import {advance, type LargeResult, type LogPosition, type Outcome} from '../../src/core/outcome';
import {NumberedPlan, type Plan} from '../../src/core/plan';
import {encodePlan} from '../../src/core/plan-codec';
import {encodeSegment, NO_MARKER, type Marker, type Segment} from '../../src/core/segment';
import {readJob, type JobReading, type Snapshot, type StoredJob} from '../../src/core/stored-job';
import {accept} from '../../src/core/transitions';
import {NO_TERMS} from '../../src/core/terms';
import type {StoredError} from '../../src/types';
import {loosePlan} from './plans';

export const AT_MS = 1_767_603_600_000;
export const ADDRESS: JobAddress = {prefix: 'AST_JOBS_JOB_', id: 'job_0mk2xyz12_abcdefghij'};
export const ERROR: StoredError = {name: 'Error', message: 'no', details: {}};
export const START: LogPosition = {count: 0, sum: EMPTY_SUM};
export const LEASE: Lease = {untilMs: AT_MS + 390_000, by: 'xowner', mark: null, share: null};

export const done = (unit: number, result = String(unit)): Outcome => {
  return {kind: 'done', unit, atMs: AT_MS + unit * 1_000, durationMs: 200, result};
};

export const failed = (unit: number, retryAtMs: number | null = null, error = ERROR): Outcome => {
  return {kind: 'failed', unit, atMs: AT_MS + unit * 1_000, durationMs: 200, error, retryAtMs};
};

/** The lease under which a unit, or units up to another, may have begun. */
export const leaseAt = (first: number, last = first): Lease => ({...LEASE, mark: {first, last}});

/** A marker of a unit, or of units up to another. */
export const at = (first: number, last = first): Marker => ({units: {first, last}, cursor: null});

/** Where a log is after some outcomes. */
export const positionOf = (outcomes: readonly Outcome[]): LogPosition => outcomes.reduce(advance, START);

export const sealOf = (log: number, outcomes: readonly Outcome[]): Seal => ({
  part: 0,
  log,
  position: positionOf(outcomes),
});

export const segment = (outcomes: readonly Outcome[], fields: Partial<Segment> = {}): Segment => {
  return {epoch: 1, marker: NO_MARKER, outcomes, ...fields};
};

/** What a stored job is made of; what is left out is as in a job that was just accepted. */
export interface StoredParts {
  readonly plan?: Plan;
  /** Puts the plan into pieces of so many bytes instead of the header. */
  readonly pieceBytes?: number;
  readonly header?: Partial<Header>;
  /** The one part of the header. */
  readonly log?: number;
  readonly epoch?: number;
  readonly position?: LogPosition;
  readonly lease?: Lease | null;
  /** Segments by log. */
  readonly logs?: Readonly<Record<number, readonly Segment[]>>;
}

/** The keys and values of a job. */
export function storedJob(parts: StoredParts): Record<string, string> {
  const snapshot: Record<string, string> = {};
  const plan = parts.plan ?? loosePlan(5);
  const text = encodePlan(plan);
  const pieces = parts.pieceBytes === undefined ? [] : splitByBytes(text, parts.pieceBytes);
  pieces.forEach((piece, index) => {
    snapshot[planKey(ADDRESS, index)] = piece;
  });
  const accepted = accept({
    id: ADDRESS.id,
    name: 'Nightly',
    owner: 'u1',
    options: {maxRetries: 2, maxRuntimeMs: 240_000, leaseTtlMs: 390_000, autoResume: true, workers: 1},
    plan: {
      inline: parts.pieceBytes === undefined ? text : null,
      pieces: pieces.length,
      sum: chainSum(EMPTY_SUM, text),
      units: new NumberedPlan(plan).unitCount,
    },
    terms: NO_TERMS,
    nowMs: AT_MS,
    dueMs: AT_MS + 60_000,
  });
  const {log = 0, epoch = 1, position = START, lease = null} = parts;
  const phase = lease === null ? accepted.phase : ({kind: 'running'} as const);
  snapshot[headerKey(ADDRESS)] = encodeHeader({
    ...accepted,
    phase,
    parts: [{epoch, log, position, lease}],
    ...parts.header,
  });
  for (const [number, segments] of Object.entries(parts.logs ?? {}))
    segments.forEach((one, index) => {
      snapshot[segmentKey(ADDRESS, 0, Number(number), index)] = encodeSegment(one);
    });
  return snapshot;
}

export const read = (snapshot: Snapshot): JobReading => readJob(snapshot, ADDRESS);

/** The job in a snapshot that has to be readable. */
export function jobIn(snapshot: Snapshot): StoredJob {
  const reading = read(snapshot);
  if (reading.kind !== 'job') throw new Error(`Expected a job, got ${JSON.stringify(reading)}`);
  return reading.job;
}

export const jobOf = (parts: StoredParts): StoredJob => jobIn(storedJob(parts));

/** A large result and its keys. */
export function storedLarge(unit: number, text: string): {readonly large: LargeResult; readonly keys: Snapshot} {
  const address = {part: 0, log: 0, epoch: 1, unit};
  const pieces = splitByBytes(text, 100);
  const keys = Object.fromEntries(pieces.map((piece, index) => [resultKey(ADDRESS, address, index), piece]));
  return {large: {address, pieces: pieces.length, sum: chainSum(EMPTY_SUM, text)}, keys};
}

/** The units that are completed and those that are lost. */
export function progressOf(job: StoredJob): readonly [completed: readonly number[], lost: readonly number[]] {
  return [job.ledger.completedUnits(), job.ledger.lostUnitsInOrder()];
}
