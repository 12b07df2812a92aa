/** What a job waits for before it starts: jobs that it depends on, and earlier ones of its singleton key. */
import {intendedJobs} from '../core/intent';
import {gateOf, pathBetween, type Gate, type ParentState} from '../core/dependencies';
import {isFinal, statusOf, waitsForUser, type Header} from '../core/header';
import {headerKey, type JobAddress} from '../core/keys';
import {MAX_DEPENDENCIES} from '../core/limits';
import {readHeader, type Snapshot} from '../core/stored-job';
import {amend, awaitJobs, reschedule} from '../core/transitions';
import {jobsError} from '../errors';
import {invalid} from '../orchestration/request';
import type {JobLink, StoredError} from '../types';
import {jobsIn, prefixesIn, type Hold} from './hold';
import {findJob, notFound} from './lookup';

/** Ids of jobs that are there; throws `JOB_NOT_FOUND` for another one. */
export function knownJobs(snapshot: Snapshot, ids: readonly (string | number)[]): readonly string[] {
  return ids.map((id) => {
    if (typeof id === 'number')
      throw invalid(`dependencies must name jobs by their ids, got \`${id}\`: positions are for enqueueBatch.`);
    if (findJob(snapshot, id, null) === null) throw notFound(id);
    return id;
  });
}

/** Whether a job may start, as a snapshot tells. One that has started waits for no other job. */
export function gateIn(snapshot: Snapshot, address: JobAddress, header: Header): Gate {
  const {terms, startedAtMs} = header;
  if (startedAtMs !== null) return {kind: 'open'};
  const gate: Gate =
    terms.dependencies.length === 0
      ? {kind: 'open'}
      : gateOf(terms, (id) => parentState(snapshot, {prefix: address.prefix, id}));
  if (gate.kind !== 'open' || terms.singleton === null) return gate;
  // One that has started goes first whatever the clocks said that accepted them.
  const before = openOfKey(snapshot, terms.singleton).find(
    ({header: other}) => other.id !== header.id && (other.startedAtMs !== null || isBefore(other, header)),
  );
  return before === undefined ? gate : {kind: 'waits', on: [before.header.id]};
}

/** Whether all that a job waits for is that others are over, and they are not. */
export function isBlocked(snapshot: Snapshot, address: JobAddress, header: Header): boolean {
  return isAwaitingJobs(header) && gateIn(snapshot, address, header).kind === 'waits';
}

/** Whether a job waits for others, or did when somebody looked last. */
export function isAwaitingJobs({phase}: Header): boolean {
  return phase.kind === 'paused' && phase.waiting.reason === 'dependency';
}

/** What a job ends with that cannot start any more. */
export function dependencyFault({because, state}: Extract<Gate, {kind: 'ends'}>): StoredError {
  const what = state === 'missing' ? 'is not there any more' : `is ${state}`;
  return {
    name: 'AstJobsConflictError',
    code: 'DEPENDENCY_FAILED',
    message: `Job ${because}, on which this one depends, ${what}, so it never started.`,
    details: {jobId: because, status: state},
  };
}

/** What cannot be read may still come to its end, for the version that can read it. */
function parentState(snapshot: Snapshot, own: JobAddress): ParentState {
  const address = snapshot[headerKey(own)] === undefined ? findJob(snapshot, own.id, null) : own;
  if (address === null) return intendedJobs(snapshot).has(own.id) ? 'open' : 'missing';
  const decoded = readHeader(snapshot, address);
  if (decoded.kind !== 'header') return 'open';
  if (decoded.header.isRemoved) return 'missing';
  const {kind} = decoded.header.phase;
  return kind === 'completed' || kind === 'failed' || kind === 'canceled' ? kind : 'open';
}

/** A job by its address and its header. */
export interface Found {
  readonly address: JobAddress;
  readonly header: Header;
}

/** Every job whose header can be read. */
export function readableJobs(snapshot: Snapshot): readonly Found[] {
  return jobsIn(snapshot, prefixesIn(snapshot)).flatMap((address) => {
    const decoded = readHeader(snapshot, address);
    return decoded.kind === 'header' && !decoded.header.isRemoved ? [{address, header: decoded.header}] : [];
  });
}

/** Open jobs of a singleton key, those first that were accepted first. */
export function openOfKey(snapshot: Snapshot, key: string): readonly Found[] {
  return readableJobs(snapshot)
    .filter(({header}) => header.terms.singleton === key && !isFinal(header))
    .sort((one, other) => (isBefore(one.header, other.header) ? -1 : 1));
}

function isBefore(one: Header, other: Header): boolean {
  return one.createdAtMs < other.createdAtMs || (one.createdAtMs === other.createdAtMs && one.id < other.id);
}

/** Ids that some open job depends on: what they came to must stay known. */
export function neededJobs(snapshot: Snapshot): ReadonlySet<string> {
  const needed = new Set<string>();
  for (const {header} of readableJobs(snapshot)) {
    if (isFinal(header) || header.startedAtMs !== null) continue;
    for (const id of header.terms.dependencies) needed.add(id);
  }
  return needed;
}

/** Open jobs that depend on a job. */
export function openDependents(snapshot: Snapshot, id: string): readonly Found[] {
  return dependentsOf(snapshot, id).filter(({header}) => !isFinal(header) && header.startedAtMs === null);
}

function dependentsOf(snapshot: Snapshot, id: string): readonly Found[] {
  return readableJobs(snapshot).filter(({header}) => header.terms.dependencies.includes(id));
}

/** The jobs that a job depends on. */
export function dependencyLinks(snapshot: Snapshot, header: Header): readonly JobLink[] {
  return header.terms.dependencies.map((id) => linkTo(snapshot, id));
}

/** A job by its id, as others name it. */
export function linkTo(snapshot: Snapshot, id: string): JobLink {
  const address = findJob(snapshot, id, null);
  const decoded = address === null ? null : readHeader(snapshot, address);
  return decoded?.kind === 'header'
    ? linkOf(decoded.header)
    : {id, name: null, status: decoded === null ? 'missing' : 'damaged'};
}

/** The jobs that depend on a job. */
export function dependentLinks(snapshot: Snapshot, id: string): readonly JobLink[] {
  return dependentsOf(snapshot, id).map(({header}) => linkOf(header));
}

function linkOf(header: Header): JobLink {
  return {id: header.id, name: header.name, status: statusOf(header)};
}

/** The header of a job that also waits for another one. */
export function withDependency(hold: Hold, header: Header, on: string): Header {
  refuseStarted(header);
  const {terms} = header;
  if (findJob(hold.snapshot, on, null) === null) throw notFound(on);
  if (terms.dependencies.includes(on)) return header;
  if (terms.dependencies.length >= MAX_DEPENDENCIES)
    throw invalid(`A job may depend on at most ${MAX_DEPENDENCIES} others, and ${header.id} depends on as many.`);
  refuseCircle(hold.snapshot, header, on);
  return awaiting(amend(header, {...terms, dependencies: [...terms.dependencies, on]}, hold.nowMs), hold.nowMs);
}

/** Refuses that a job waits for one that waits for it. */
export function refuseCircle(snapshot: Snapshot, {id: own}: Header, on: string): void {
  const path = pathBetween(on, own, (id) => waitsOf(snapshot, id));
  if (path !== null)
    throw invalid(`Job ${own} cannot depend on ${on}, which waits for it: ${path.join(' → ')}.`, {path});
}

/** The header of a job that no longer waits for another one. */
export function withoutDependency(hold: Hold, header: Header, on: string): Header {
  refuseStarted(header);
  const {terms} = header;
  if (!terms.dependencies.includes(on)) return header;
  const dependencies = terms.dependencies.filter((id) => id !== on);
  return awaiting(amend(header, {...terms, dependencies}, hold.nowMs), hold.nowMs);
}

/** One that waits for `resume` goes on to do so, and a start that was put off stays put off. */
function awaiting(header: Header, nowMs: number): Header {
  const {phase} = header;
  if (waitsForUser(header)) return header;
  const dueMs = phase.kind === 'queued' ? phase.dueMs : phase.kind === 'paused' ? phase.waiting.untilMs : null;
  const laterMs = dueMs !== null && dueMs > nowMs ? dueMs : null;
  if (header.terms.dependencies.length > 0) return awaitJobs(header, nowMs, laterMs);
  return phase.kind === 'queued' ? header : reschedule(header, laterMs ?? nowMs, nowMs);
}

/** What a job waits for: also earlier ones of its singleton key, with which a circle would be one as well. */
function waitsOf(snapshot: Snapshot, id: string): readonly string[] {
  const address = findJob(snapshot, id, null);
  const decoded = address === null ? null : readHeader(snapshot, address);
  if (decoded?.kind !== 'header') return [];
  const {header} = decoded;
  const {dependencies, singleton} = header.terms;
  if (singleton === null || header.startedAtMs !== null || isFinal(header)) return dependencies;
  const earlier = openOfKey(snapshot, singleton).filter((other) => isBefore(other.header, header));
  return [...dependencies, ...earlier.map((other) => other.header.id)];
}

function refuseStarted({id, startedAtMs}: Header): void {
  if (startedAtMs !== null)
    throw jobsError('ALREADY_STARTED', `Job ${id} has started: dependencies are waited for before a job starts.`, {
      jobId: id,
    });
}
