/**
 * Why a job does not move: one sentence, and the facts of it. Two reads and no lock: what is stored, and the caller's id.
 * Whether a trigger that a key names still exists is not looked at; the watchdog makes good what somebody deleted.
 */
import {isFinal, isLeased, statusOf, waitsForUser, type Header, type Lease} from '../core/header';
import {printValue} from '../core/json';
import {isoTime, lastError} from '../core/record';
import {readJob, runningUnits, type JobReading, type Snapshot, type StoredJob} from '../core/stored-job';
import type {Explanation, ExplainReason, Json, StoredError, WaitReason} from '../types';
import {deathWatchAtMs, dueAtMs} from './claim';
import {gateIn} from './dependencies';
import type {Engine, Lookup} from './engine';
import {prefixesIn} from './hold';
import type {Backend} from './ports';
import {blockedResource} from './rate-limits';
import {retentionOf} from './retention';
import {freeOf, missingBytes} from './room';
import {Usage} from './usage';
import {findJob, notFound} from './lookup';
import {nextLook} from './views';

/** What stands still, and why, before who is asked and when. */
interface Finding {
  readonly reason: ExplainReason;
  readonly sentence: string;
  readonly sinceMs: number | null;
  readonly untilMs: number | null;
  readonly advice: string | null;
  readonly data: Readonly<Record<string, Json>>;
  readonly next: Explanation['next'];
}

/** What is known besides the job. */
interface Circumstances {
  readonly snapshot: Snapshot;
  readonly nowMs: number;
  /** The user who asks; `null` for one without an id. */
  readonly user: string | null;
  /** Why no trigger can be made here. */
  readonly problem: string | null;
  readonly freeBytes: number;
  readonly archive: Backend | null;
}

const NOBODY: Explanation['next'] = {at: null, by: 'nobody'};

/** Explains a job; throws `JOB_NOT_FOUND` for an id that is none. Damage is told, not thrown. */
export function explainJob(engine: Engine, lookup: Lookup): Explanation {
  const look = (): {readonly snapshot: Snapshot; readonly reading: JobReading} => {
    const snapshot = engine.readAll();
    const address = findJob(snapshot, lookup.id, lookup.prefix);
    if (address === null) throw notFound(lookup.id);
    return {snapshot, reading: readJob(snapshot, address)};
  };
  const first = look();
  // A reading that was torn by a write looks like damage once.
  const {snapshot, reading} = first.reading.kind === 'corrupt' ? look() : first;
  const {ports} = engine;
  switch (reading.kind) {
    case 'missing':
      throw notFound(lookup.id);
    case 'corrupt':
      return explanation(lookup.id, 'damaged', damaged(reading.what));
    case 'newer':
      return explanation(lookup.id, 'damaged', newer(reading.schema));
    case 'folded':
      return explanation(lookup.id, statusOf(reading.header), ended(reading.header, reading.header.folded?.error));
    case 'job':
      return explanation(
        lookup.id,
        statusOf(reading.job.header),
        findingOf(reading.job, {
          snapshot,
          nowMs: ports.clock.nowMs(),
          user: isFinal(reading.job.header) ? null : ports.identity.known(),
          problem: ports.triggers.problem(),
          archive: ports.archive,
          freeBytes: freeOf(new Usage(snapshot, prefixesIn(snapshot)), retentionOf(ports, snapshot).maxBytes),
        }),
      );
  }
}

function explanation(id: string, status: Explanation['status'], finding: Finding): Explanation {
  const {reason, sentence, sinceMs, untilMs, advice, data, next} = finding;
  return {id, status, reason, sentence, since: isoTime(sinceMs), until: isoTime(untilMs), next, advice, data};
}

function still(reason: ExplainReason, sentence: string, more: Partial<Finding>): Finding {
  return {reason, sentence, sinceMs: null, untilMs: null, advice: null, data: {}, next: NOBODY, ...more};
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

function errorData(error: StoredError & {readonly stepId: string | null}): Json {
  const {stepId, name, message, code} = error;
  return {stepId, name, message, ...(code === undefined ? {} : {code})};
}

function findingOf(job: StoredJob, now: Circumstances): Finding {
  const {header} = job;
  if (isFinal(header)) return ended(header, lastError(job));
  if (isLeased(header, now.nowMs)) return owned(job, now);
  if (waitsForUser(header))
    return still('user', 'It was stopped, and goes on when somebody calls resume.', {
      sinceMs: header.pausedAtMs ?? header.updatedAtMs,
      advice: 'Call AST.Jobs.resume(id), or cancel.',
      data: progress(job),
    });
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

function progress({plan, ledger}: StoredJob): Readonly<Record<string, Json>> {
  return {units: plan.unitCount, open: ledger.openCount};
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

function waiting(job: StoredJob, now: Circumstances): Finding {
  const {header} = job;
  const {phase} = header;
  const dueMs = dueAtMs({...header, options: {...header.options, autoResume: true}}, now.nowMs);
  if (phase.kind !== 'paused') {
    const isDue = dueMs !== null && dueMs <= now.nowMs;
    const when = isDue ? 'is due now' : `is due at ${isoTime(dueMs)}`;
    return still('queued', `It waits for its first execution and ${when}.`, {
      ...{sinceMs: header.createdAtMs, untilMs: dueMs, data: progress(job)},
    });
  }
  const {reason, untilMs} = phase.waiting;
  const common = {sinceMs: header.pausedAtMs, untilMs, data: progress(job)};
  return {...still(reason, SENTENCES[reason], common), ...particulars(job, now)};
}

const SENTENCES: Readonly<Record<WaitReason, string>> = {
  budget: 'The last execution has used up its time, and the next one goes on.',
  retry: 'A step failed and waits for its next attempt.',
  user: 'It was stopped.',
  quota: "It waits until the day's quota allows more.",
  store: 'The store is full.',
  handler: 'The script has no function of the name that the next step needs.',
  dependency: 'It waits for another job.',
  event: 'It waits for an event.',
};

/** What is to be said beyond the reason. */
function particulars(job: StoredJob, now: Circumstances): Partial<Finding> {
  const {phase} = job.header;
  if (phase.kind !== 'paused') return {};
  const {reason, untilMs, handler = ''} = phase.waiting;
  switch (reason) {
    case 'retry':
      return retrying(job, untilMs);
    case 'handler':
      return {
        sentence: `The script has no function ${printValue(handler)}, which the next step needs.`,
        advice: `Add the function ${handler} at the top level of the script; the job then goes on by itself.`,
        data: {...progress(job), handler},
      };
    case 'store':
      return withoutRoom(job, now);
    case 'dependency':
      return awaiting(job, now);
    case 'quota':
      return withoutUnits(job, now);
    default:
      return {};
  }
}

function awaiting(job: StoredJob, now: Circumstances): Partial<Finding> {
  const gate = gateIn(now.snapshot, job.address, job.header);
  const waitsFor = gate.kind === 'waits' ? gate.on : [];
  const sentence =
    gate.kind === 'waits'
      ? `It waits for ${waitsFor.join(', ')}.`
      : 'What it waited for is over, and the next pass takes it.';
  return {sentence, data: {...progress(job), waitsFor}};
}

/** Where a resource of the job has units again, the day's quota is what it waits for, or the next look. */
function withoutUnits(job: StoredJob, now: Circumstances): Partial<Finding> {
  const block = blockedResource(now.snapshot, job.header, now.nowMs);
  if (block === null) return {};
  return {
    sentence: `The rate limit of the resource ${printValue(block.resource)} is used up until ${isoTime(block.untilMs)}.`,
    data: {...progress(job), resource: block.resource},
  };
}

function withoutRoom(job: StoredJob, now: Circumstances): Partial<Finding> {
  const missing = missingBytes(job.header, now.archive);
  const free = Math.max(0, now.freeBytes);
  const data = {...progress(job), missingBytes: missing, freeBytes: free};
  if (missing <= free)
    return {
      sentence: `Results found no room; ${missing} bytes are wanted and ${free} are free now, so the next execution goes on.`,
      data,
    };
  return {
    sentence: `The store is full: ${missing} bytes are missing for a result, and ${free} are free.`,
    advice: 'Call AST.Jobs.cleanup({olderThanDays: 0}), or delete properties of the script.',
    data,
  };
}

function retrying(job: StoredJob, untilMs: number | null): Partial<Finding> {
  const error = lastError(job);
  if (error === null) return {};
  return {
    sentence:
      `Step ${printValue(error.stepId)} failed with ${printValue(error.message)} and is tried again ` +
      `at ${isoTime(untilMs)}.`,
    advice: null,
    data: {...progress(job), error: errorData(error), retryAt: isoTime(untilMs)},
  };
}
