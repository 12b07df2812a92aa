/**
 * Why a job does not move: one sentence, and the facts of it. Two reads and no lock: what is stored, and the caller's id.
 * Whether a trigger that a key names still exists is not looked at; the watchdog makes good what somebody deleted.
 */
import {isFinal, isLeased, statusOf, waitsForUser, type Header, type Lease} from '../core/header';
import {printValue} from '../core/json';
import {isoTime, lastError} from '../core/record';
import {readJob, runningUnits, type JobReading, type Snapshot, type StoredJob} from '../core/stored-job';
import type {Explanation, StoredError} from '../types';
import {deathWatchAtMs} from './claim';
import type {Engine, Lookup} from './engine';
import {withSchedule, scheduleNotJob} from './explain-schedule';
import {errorData, NOBODY, progress, still, waiting, type Circumstances, type Finding} from './explain-waiting';
import {prefixesIn} from './hold';
import {retentionOf} from './retention';
import {freeOf} from './room';
import {Usage} from './usage';
import {findJob, notFound} from './lookup';
import {nextLook} from './views';

/** Explains a job; throws `JOB_NOT_FOUND` for an id that is none. Damage is told, not thrown. */
export function explainJob(engine: Engine, lookup: Lookup): Explanation {
  const look = (): {readonly snapshot: Snapshot; readonly reading: JobReading} => {
    const snapshot = engine.readAll();
    const address = findJob(snapshot, lookup.id, lookup.prefix);
    if (address === null) throw scheduleNotJob(snapshot, lookup.id) ?? notFound(lookup.id);
    return {snapshot, reading: readJob(snapshot, address)};
  };
  const first = look();
  // A reading that was torn by a write looks like damage once.
  const {snapshot, reading} = first.reading.kind === 'corrupt' ? look() : first;
  switch (reading.kind) {
    case 'missing':
      throw notFound(lookup.id);
    case 'corrupt':
      return explanation(lookup.id, 'damaged', damaged(reading.what));
    case 'newer':
      return explanation(lookup.id, 'damaged', newer(reading.schema));
    case 'folded':
      return explanation(
        lookup.id,
        statusOf(reading.header),
        withSchedule(snapshot, reading.header, ended(reading.header, reading.header.folded?.error)),
      );
    case 'job':
      return explanation(
        lookup.id,
        statusOf(reading.job.header),
        withSchedule(
          snapshot,
          reading.job.header,
          findingOf(reading.job, circumstances(engine, snapshot, reading.job)),
        ),
      );
  }
}

function circumstances({ports}: Engine, snapshot: Snapshot, {header}: StoredJob): Circumstances {
  return {
    ...{snapshot, nowMs: ports.clock.nowMs(), user: isFinal(header) ? null : ports.identity.known()},
    ...{problem: ports.triggers.problem(), archive: ports.archive},
    freeBytes: freeOf(new Usage(snapshot, prefixesIn(snapshot)), retentionOf(ports, snapshot).maxBytes),
  };
}

function explanation(id: string, status: Explanation['status'], finding: Finding): Explanation {
  const {reason, sentence, sinceMs, untilMs, advice, data, next} = finding;
  return {id, status, reason, sentence, since: isoTime(sinceMs), until: isoTime(untilMs), next, advice, data};
}

function damaged(what: string): Finding {
  return still('damaged', `Its stored text is damaged (${what}) and was left as it is; other jobs go on.`, {
    advice: 'Look at the properties with this id, then delete them and start the job anew.',
    data: {what},
  });
}

function newer(schema: number): Finding {
  return still('newer', `A newer version of this library stored it (schema ${schema}), and only that one can run it.`, {
    advice: 'Update this copy of the library.',
    data: {schema},
  });
}

function ended(header: Header, error: (StoredError & {readonly stepId: string | null}) | null | undefined): Finding {
  const {kind} = header.phase;
  const atMs = 'atMs' in header.phase ? header.phase.atMs : header.updatedAtMs;
  const failed = kind === 'failed' && error !== null && error !== undefined;
  const because = failed ? `: step ${printValue(error.stepId)} failed with ${printValue(error.message)}` : '';
  const folded = header.folded === null ? '' : ' Its steps and results were dropped to make room.';
  const reason =
    header.folded === null && kind !== 'queued' && kind !== 'running' && kind !== 'paused' ? kind : 'folded';
  return still(reason, `It is ${kind} since ${isoTime(atMs)}${because}.${folded}`, {
    sinceMs: atMs,
    advice: failed ? 'Correct the cause and start a new job.' : null,
    data: {ended: kind, ...(failed ? {error: errorData(error)} : {})},
  });
}

function findingOf(job: StoredJob, now: Circumstances): Finding {
  const {header} = job;
  if (isFinal(header)) return ended(header, lastError(job));
  if (isLeased(header, now.nowMs)) return owned(job, now);
  if (waitsForUser(header))
    return still(
      'user',
      'It was paused or stopped, or accepted with autoStart: false, and goes on when somebody calls resume.',
      {
        sinceMs: header.pausedAtMs ?? header.updatedAtMs,
        advice: 'Call AST.Jobs.resume(id), or cancel.',
        data: progress(job),
      },
    );
  const waits = header.phase.kind === 'running' ? abandoned(job, now) : waiting(job, now);
  if (!header.options.autoResume)
    return {
      ...waits,
      reason: 'manual',
      sentence: `${waits.sentence} Nobody resumes it, since autoResume is false.`,
      advice: 'Call AST.Jobs.resume(id).',
      data: {...waits.data, waitsFor: waits.reason},
      next: NOBODY,
    };
  return withStarter(job, waits, now);
}

/** Who starts the next execution of a job that nobody runs. */
function withStarter({header}: StoredJob, waits: Finding, now: Circumstances): Finding {
  const next = nextLook(now.snapshot, header, now.nowMs);
  const isOwn = now.user === header.owner;
  const data = {...waits.data, waitsFor: waits.reason, owner: header.owner};
  if (next === null || (isOwn && now.problem !== null))
    return {
      ...waits,
      ...{reason: 'noTrigger', next: NOBODY, data},
      sentence: `${waits.sentence} No trigger starts it: ${isOwn ? (now.problem ?? 'you have no watchdog.') : 'its user has no watchdog.'}`,
      advice: isOwn
        ? 'Call AST.Jobs.install() from the editor, or AST.Jobs.resume(id).'
        : 'Let its user call AST.Jobs.install(), or call AST.Jobs.resume(id) yourself.',
    };
  const at = {at: isoTime(next.atMs), by: next.by};
  if (isOwn) return {...waits, next: at};
  return {
    ...waits,
    ...{reason: 'otherUser', next: at, data},
    sentence: `${waits.sentence} It belongs to another user, whose triggers run it.`,
    advice: waits.advice ?? 'Wait, or call AST.Jobs.resume(id) to run it with your authority.',
  };
}

/** The lease that ends last. */
function leaseOf(header: Header): Lease | null {
  const leases = header.parts.flatMap(({lease}) => (lease === null ? [] : [lease]));
  return leases.sort((one, other) => other.untilMs - one.untilMs)[0] ?? null;
}

function owned(job: StoredJob, now: Circumstances): Finding {
  const {header, ledger, plan} = job;
  const untilMs = leaseOf(header)?.untilMs ?? now.nowMs;
  const by = leaseOf(header)?.by ?? '';
  const lastSignMs = Math.max(header.updatedAtMs, ledger.lastAtMs);
  const [unit] = runningUnits(job);
  const stepId = unit === undefined ? null : plan.stepId(unit);
  const data = {
    ...progress(job),
    execution: by,
    lastSignOfLife: isoTime(lastSignMs),
    leaseUntil: isoTime(untilMs),
    stepId,
  };
  const at = stepId === null ? '' : ` at step ${printValue(stepId)}`;
  const common = {sinceMs: header.updatedAtMs, untilMs, data};
  if (header.isHalted)
    return still('stopping', `Execution ${by} was asked to stop and finishes what it is at${at}.`, {
      ...{...common, advice: 'Call AST.Jobs.resume(id) once it has stopped, or cancel.'},
      next: {at: isoTime(untilMs), by: 'owner'},
    });
  if (deathWatchAtMs(job, now.nowMs) === null)
    return still('running', `Execution ${by} runs it${at}; it was last heard of at ${isoTime(lastSignMs)}.`, {
      ...common,
      next: {at: isoTime(untilMs), by: 'owner'},
    });
  const silent = still(
    'silent',
    `Execution ${by} has it${at} and was last heard of at ${isoTime(lastSignMs)}: it was probably killed, and its lease ` +
      `ends at ${isoTime(untilMs)}.`,
    common,
  );
  return header.options.autoResume ? recovered(job, silent, untilMs, now) : {...silent, advice: AFTER_LEASE};
}

const AFTER_LEASE = 'Call AST.Jobs.resume(id) once its lease has run out.';

/** Who takes a job over whose owner is silent, once its lease has run out. */
function recovered(job: StoredJob, silent: Finding, untilMs: number, now: Circumstances): Finding {
  const next = nextLook(now.snapshot, job.header, untilMs);
  if (next === null) return {...silent, advice: `Call AST.Jobs.install(). ${AFTER_LEASE}`};
  return {...silent, next: {at: isoTime(next.atMs), by: next.by}};
}

/** The lease has run out, and nobody has taken the job over yet. */
function abandoned(job: StoredJob, now: Circumstances): Finding {
  const untilMs = leaseOf(job.header)?.untilMs ?? now.nowMs;
  const lastSignMs = Math.max(job.header.updatedAtMs, job.ledger.lastAtMs);
  return still(
    'silent',
    `Its execution was killed; the lease ran out at ${isoTime(untilMs)}, and the next one takes over.`,
    {
      sinceMs: lastSignMs,
      untilMs,
      data: {...progress(job), lastSignOfLife: isoTime(lastSignMs), leaseUntil: isoTime(untilMs)},
    },
  );
}
