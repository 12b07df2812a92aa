/** Handles: one job, with what can be done to it as methods of a plain object. */
import {isFinal, type Header} from '../core/header';
import type {JobAddress} from '../core/keys';
import {MAX_RANGE} from '../core/limits';
import {endedAtMs} from '../core/metrics';
import {isoTime} from '../core/record';
import {endError, stateOf} from '../core/state';
import type {Snapshot} from '../core/stored-job';
import {isJobsError, jobsError} from '../errors';
import {integerIn, optionsObject, reading} from '../orchestration/request';
import type {HandleStatus, JobHandle, JobRecord} from '../types';
import {pauseJob, removeJob} from './control';
import type {Engine, Lookup} from './engine';
import {resultOfJob} from './job-result';
import {findJob, notFound} from './lookup';
import {lookingTwice, resumeJob, showJob, showResult} from './operations';
import {progressIn, showLogs, showProgress} from './notes-views';
import {openableJob} from './views';
import {awaitEnd} from './waiting';

/** A handle of a job that is there. */
export function handleOf(engine: Engine, {id, prefix}: Lookup): JobHandle {
  const address = findJob(engine.readAll(), id, prefix);
  if (address === null) throw notFound(id);
  const lookup: Lookup = address;
  const status = (): HandleStatus => showStatus(engine, lookup);
  return {
    id,
    status,
    wait: (options) => waitForResult(engine, lookup, options),
    cancel: () => {
      cancelOpen(engine, lookup);
      return status();
    },
    pause: () => {
      pauseJob(engine, lookup);
      return status();
    },
    resume: (options) => {
      resumeJob(engine, lookup, options);
      return status();
    },
    logs: (options) => showLogs(engine, lookup, options),
    progress: () => showProgress(engine, lookup),
    remove: () => removeJob(engine, lookup),
    record: () => showJob(engine, lookup, undefined),
    result: (stepId) => (stepId === undefined ? resultAt(engine, address) : showResult(engine, lookup, stepId)),
  };
}

/** What has ended is not canceled any more. */
function cancelOpen(engine: Engine, lookup: Lookup): void {
  try {
    engine.cancel(lookup);
  } catch (thrown) {
    if (!isJobsError(thrown) || thrown.code !== 'ALREADY_FINAL') throw thrown;
  }
}

/** A job in few words. */
export function showStatus(engine: Engine, {id, prefix}: Lookup): HandleStatus {
  return lookingTwice(() => {
    const snapshot = engine.readAll();
    const address = findJob(snapshot, id, prefix);
    if (address === null) throw notFound(id);
    return statusIn(engine, snapshot, address);
  });
}

function statusIn({ports}: Engine, snapshot: Snapshot, address: JobAddress): HandleStatus {
  const job = openableJob(snapshot, address);
  const whole = 'ledger' in job ? job : null;
  const header = 'ledger' in job ? job.header : job;
  const {id, name, phase} = header;
  return {
    ...{id, name, state: stateOf(header)},
    result: whole !== null && phase.kind === 'completed' ? resultOfJob(ports, snapshot, whole) : null,
    error: endError(job),
    createdAt: isoTime(header.createdAtMs),
    startedAt: isoTime(header.startedAtMs),
    completedAt: isoTime(endedAtMs(header)),
    progress: progressIn(snapshot, address, job, ports.clock.nowMs()),
    ...(whole === null ? {folded: true} : {}),
  };
}

/** Waits for the end of a job, and returns what it came to. */
function waitForResult(engine: Engine, lookup: Lookup, rawOptions: unknown): unknown {
  const timeoutMs = reading('The options of wait', () => {
    const {timeoutMs: given = null} = optionsObject(rawOptions);
    return given === null ? null : integerIn(given, 'timeoutMs of wait', 0, MAX_RANGE);
  });
  return resultAt(engine, awaitEnd(engine, lookup, {timeoutMs, intervalMs: null}).address);
}

/** The result of a job that has completed; throws for one that has not. */
function resultAt(engine: Engine, address: JobAddress): unknown {
  return lookingTwice(() => {
    const snapshot = engine.readAll();
    const job = openableJob(snapshot, address);
    const header = 'ledger' in job ? job.header : job;
    if (header.phase.kind !== 'completed') throw noResult(header, engine.record(snapshot, address));
    if ('ledger' in job) return resultOfJob(engine.ports, snapshot, job);
    throw jobsError(
      'STEP_NOT_FOUND',
      `Job ${header.id} is completed, and its results were dropped to make room: read them within the days that ` +
        'finished jobs keep them.',
      {jobId: header.id},
    );
  });
}

function noResult(header: Header, record: JobRecord): Error {
  const {id, name} = header;
  const details = {jobId: id, record};
  const reason = record.lastError === null ? '' : `: ${record.lastError.message}`;
  if (header.phase.kind === 'failed') return jobsError('JOB_FAILED', `Job ${id} (${name}) failed${reason}`, details);
  if (isFinal(header)) return jobsError('JOB_CANCELED', `Job ${id} (${name}) was canceled.`, details);
  return jobsError('STEP_NOT_FOUND', `Job ${id} (${name}) is ${record.status}, so it has no result yet.`, details);
}
