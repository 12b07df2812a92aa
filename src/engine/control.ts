/** What somebody does with one job from outside: stop it for a while, remove it, take it over, change what it waits for. */
import {isFinal, isLeased, waitsForUser, type Header} from '../core/header';
import {intendedJobs} from '../core/intent';
import {headerKey, type JobAddress} from '../core/keys';
import {LEASE_MS} from '../core/limits';
import {readHeader, readJob, type StoredJob} from '../core/stored-job';
import {adopt, cancel, halt, remove, suspend} from '../core/transitions';
import {encodeHeader} from '../core/header-codec';
import {jobsError} from '../errors';
import type {JobLink, JobRecord} from '../types';
import {Alarm} from './alarm';
import {wakeUpAtMs, writeHeader} from './claim';
import {dependencyLinks, dependentLinks, openDependents, withDependency, withoutDependency} from './dependencies';
import type {Engine, Lookup} from './engine';
import {keysBesideHeader, removeSome, UNLIMITED} from './finished';
import {endLeases} from './give-up';
import {ensurePass, planNext} from './follow-up';
import {withHold, type Hold} from './hold';
import {findJob, notFound} from './lookup';

/** Lets an open job wait for `resume`; one that runs stops at its next step boundary, and keeps what it has. */
export function pauseJob(engine: Engine, {id, prefix}: Lookup): JobRecord {
  return withHold(engine.ports, (hold) => {
    const address = addressIn(hold, id, prefix);
    const job = engine.openJob(hold, address, 'pausable');
    if (!waitsForUser(job.header)) suspendIn(hold, job);
    return engine.record(hold.snapshot, address);
  });
}

/** Stops an open job until somebody calls `resume`. */
export function suspendIn(hold: Hold, job: StoredJob): void {
  if (isLeased(job.header, hold.nowMs)) {
    writeHeader(hold, job, halt(job.header, hold.nowMs));
    return;
  }
  const ended = endLeases(hold, job, 'killed');
  writeHeader(hold, ended, suspend(ended.header, hold.nowMs));
}

/**
 * Deletes a job, in whatever state; one that is open is canceled first. Where an owner may still live a bare header stays
 * until he cannot write any more: what he writes would belong to nothing. No reader sees it.
 */
export function removeJob({ports}: Engine, {id, prefix}: Lookup): boolean {
  return withHold(ports, (hold) => {
    const address = findJob(hold.snapshot, id, prefix);
    if (address === null) return false;
    refuseNeeded(hold, id);
    const decoded = readHeader(hold.snapshot, address);
    if (decoded.kind === 'newer')
      throw jobsError('SCHEMA_NEWER', `Job ${id} was stored by a newer version of this library: update the library.`, {
        jobId: id,
        schema: decoded.schema,
      });
    const header = decoded.kind === 'header' ? decoded.header : null;
    const ended = header === null ? null : endedHeader(hold, address, header);
    // From here on it is there for no reader, so that a kill leaves no half of a job to be seen.
    if (ended !== null) hold.setState(headerKey(address), encodeHeader(remove(ended, hold.nowMs)));
    removeSome(hold, keysBesideHeader(hold, address), UNLIMITED);
    // What such an owner still writes is deleted by a later pass.
    const isSweptLater = ended !== null && mayHaveOwner(ended, header, hold.nowMs);
    if (isSweptLater) ensurePass(ports, hold, 'tidies up after a removed job');
    else hold.remove(headerKey(address));
    return true;
  });
}

function refuseNeeded(hold: Hold, id: string): void {
  if (intendedJobs(hold.snapshot).has(id))
    throw jobsError(
      'HAS_DEPENDENTS',
      `Job ${id} cannot be removed while the rest of its batch waits for room in the store: delete properties of the ` +
        'script or finished jobs, or cancel it.',
      {jobId: id, dependents: []},
    );
  const dependents = openDependents(hold.snapshot, id).map(({header}) => header.id);
  if (dependents.length > 0)
    throw jobsError(
      'HAS_DEPENDENTS',
      `Job ${id} cannot be removed while others wait for it: ${dependents.slice(0, 5).join(', ')}. Cancel or remove ` +
        'them first, or call removeDependency for each.',
      {jobId: id, dependents},
    );
}

/** The header of a job that is over, if need be because it is canceled now. */
function endedHeader(hold: Hold, address: JobAddress, header: Header): Header {
  if (isFinal(header)) return header;
  const reading = readJob(hold.snapshot, address);
  // What cannot be read any more has no log to be cut off.
  return cancel(reading.kind === 'job' ? endLeases(hold, reading.job, 'canceled').header : header, hold.nowMs);
}

/** Whether an execution may still write to a job that is over. */
function mayHaveOwner(ended: Header, before: Header | null, nowMs: number): boolean {
  const lostMs = Math.max(LEASE_MS, ended.options.leaseTtlMs);
  const isLost = ended.recoveries.some((recovery) => nowMs - recovery.atMs < lostMs);
  return isLost || (before !== null && isLeased(before, nowMs));
}

/** Makes an open job the current user's, whose triggers run it from now on. The trigger comes before the change. */
export function adoptJob(engine: Engine, {id, prefix}: Lookup): JobRecord {
  const {ports} = engine;
  return withHold(ports, (hold) => {
    const address = addressIn(hold, id, prefix);
    const job = engine.openJob(hold, address, 'adoptable');
    const {autoResume} = job.header.options;
    const problem = autoResume ? ports.triggers.problem() : null;
    if (problem !== null) throw jobsError('TRIGGERS_UNAVAILABLE', problem, {jobId: id});
    const owner = ports.identity.ensure();
    const alarm = new Alarm(ports, hold, owner);
    if (autoResume) alarm.ensureWatchdog();
    if (job.header.owner !== owner) writeHeader(hold, job, adopt(job.header, owner, hold.nowMs));
    const dueMs = wakeUpAtMs(job.header, hold.nowMs);
    if (autoResume && dueMs !== null) alarm.wakeAt(dueMs);
    return engine.record(hold.snapshot, address);
  });
}

/** Changes what an open job waits for before it starts. */
export function changeDependency(
  engine: Engine,
  {id, prefix}: Lookup,
  on: string,
  change: 'add' | 'remove',
): JobRecord {
  return withHold(engine.ports, (hold) => {
    const address = addressIn(hold, id, prefix);
    const job = engine.openJob(hold, address, 'changeable');
    const header = (change === 'add' ? withDependency : withoutDependency)(hold, job.header, on);
    if (header !== job.header) writeHeader(hold, job, header);
    planNext(engine.ports, hold, address);
    return engine.record(hold.snapshot, address);
  });
}

/** The jobs that a job depends on, or those that depend on it. */
export function linksOf(engine: Engine, {id, prefix}: Lookup, direction: 'up' | 'down'): readonly JobLink[] {
  const snapshot = engine.readAll();
  const address = findJob(snapshot, id, prefix);
  if (address === null) throw notFound(id);
  if (direction === 'down') return dependentLinks(snapshot, id);
  const decoded = readHeader(snapshot, address);
  return decoded.kind === 'header' ? dependencyLinks(snapshot, decoded.header) : [];
}

function addressIn(hold: Hold, id: string, prefix: string | null): JobAddress {
  const address = findJob(hold.snapshot, id, prefix);
  if (address === null) throw notFound(id);
  return address;
}
