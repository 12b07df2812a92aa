/**
 * What keeps an open job from running that nobody runs: its time, a step that failed, other jobs, a rate limit, room, a
 * function that is not there. {@link ./explain} says it of a job, and who looks at it next.
 */
import {printValue} from '../core/json';
import {isoTime, lastError} from '../core/record';
import type {Snapshot, StoredJob} from '../core/stored-job';
import type {Explanation, ExplainReason, JobLink, Json, StoredError, WaitReason} from '../types';
import {dueAtMs} from './claim';
import {gateIn, linkTo} from './dependencies';
import type {Backend} from './ports';
import {blockedResource} from './rate-limits';
import {missingBytes} from './room';

/** What stands still, and why, before who is asked and when. */
export interface Finding {
  readonly reason: ExplainReason;
  readonly sentence: string;
  readonly sinceMs: number | null;
  readonly untilMs: number | null;
  readonly advice: string | null;
  readonly data: Readonly<Record<string, Json>>;
  readonly next: Explanation['next'];
}

/** What is known besides the job. */
export interface Circumstances {
  readonly snapshot: Snapshot;
  readonly nowMs: number;
  /** The user who asks; `null` for one without an id. */
  readonly user: string | null;
  /** Why no trigger can be made here. */
  readonly problem: string | null;
  readonly freeBytes: number;
  readonly archive: Backend | null;
}

/** Nothing is planned. */
export const NOBODY: Explanation['next'] = {at: null, by: 'nobody'};

/** A finding of which nothing else is said. */
export function still(reason: ExplainReason, sentence: string, more: Partial<Finding>): Finding {
  return {reason, sentence, sinceMs: null, untilMs: null, advice: null, data: {}, next: NOBODY, ...more};
}

/** An error, as data. */
export function errorData(error: StoredError & {readonly stepId: string | null}): Json {
  const {stepId, name, message, code} = error;
  return {stepId, name, message, ...(code === undefined ? {} : {code})};
}

/** How far a job is. */
export function progress({plan, ledger}: Pick<StoredJob, 'plan' | 'ledger'>): Readonly<Record<string, Json>> {
  return {units: plan.unitCount, open: ledger.openCount};
}

/** What a job waits for that nobody runs. */
export function waiting(job: StoredJob, now: Circumstances): Finding {
  const {header} = job;
  const {phase} = header;
  const dueMs = dueAtMs({...header, options: {...header.options, autoResume: true}}, now.nowMs);
  if (phase.kind !== 'paused') {
    const isDue = dueMs !== null && dueMs <= now.nowMs;
    const when = isDue ? 'is due now' : `is due at ${isoTime(dueMs)}`;
    const block = blockedResource(now.snapshot, header, now.nowMs);
    const isBlocked = block !== null && block.untilMs > (dueMs ?? now.nowMs);
    const sentence = `It waits for its first execution and ${when}.${isBlocked ? ` ${usedUp(block)}` : ''}`;
    const data = {...progress(job), ...(isBlocked ? {resource: block.resource} : {})};
    return still('queued', sentence, {sinceMs: header.createdAtMs, untilMs: dueMs, data});
  }
  const {reason, untilMs} = phase.waiting;
  const common = {sinceMs: header.pausedAtMs, untilMs, data: progress(job)};
  return {...still(reason, SENTENCES[reason], common), ...particulars(job, now)};
}

const SENTENCES: Readonly<Record<WaitReason, string>> = {
  budget: 'The last execution has used up its time, and the next one goes on.',
  retry: 'A step failed and waits for its next attempt.',
  user: 'It was paused or stopped, or accepted with autoStart: false.',
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

/** The other jobs by name and status: what they wait for themselves is theirs to say. */
function awaiting({address, header, ...job}: StoredJob, now: Circumstances): Partial<Finding> {
  const gate = gateIn(now.snapshot, address, header);
  const links = gate.kind === 'waits' ? gate.on.map((id) => linkTo(now.snapshot, id)) : [];
  const data = {...progress(job), waitsFor: links.map(({id}) => id), dependencies: links.map((link) => ({...link}))};
  const [first] = links;
  if (first === undefined) return {sentence: 'What it waited for is over, and the next pass takes it.', data};
  const isEarlier = !header.terms.dependencies.includes(first.id);
  const key = isEarlier ? `, an earlier job of its singleton key ${printValue(header.terms.singleton)}` : '';
  const more = links.length > MOST_LINKS ? ` and ${links.length - MOST_LINKS} more` : '';
  const named = links.slice(0, MOST_LINKS).map(linkText).join(', ');
  return {sentence: `It waits for ${named}${more}${key}.`, advice: adviceOn(links), data};
}

const MOST_LINKS = 3;

function linkText({id, name, status}: JobLink): string {
  return `${id} (${name === null ? '' : `${printValue(name)}, `}${status})`;
}

/** One that is over and not completed is waited for in vain, one that is paused waits for something itself. */
function adviceOn(links: readonly JobLink[]): string | null {
  const over = links.find(({status}) => status === 'failed' || status === 'canceled' || status === 'missing');
  if (over !== undefined)
    return (
      `${over.id} is ${over.status}, and onDependencyFailure is 'wait': call AST.Jobs.removeDependency(id, '${over.id}')` +
      `${over.status === 'failed' ? ', or let that job go on with moveToDlq and replayDlq' : ''}.`
    );
  const paused = links.find(({status}) => status === 'paused');
  return paused === undefined ? null : `Ask AST.Jobs.explain('${paused.id}') what that one waits for.`;
}

/** Where a resource of the job has units again, the day's quota is what it waits for, or the next look. */
function withoutUnits(job: StoredJob, now: Circumstances): Partial<Finding> {
  const block = blockedResource(now.snapshot, job.header, now.nowMs);
  if (block === null) return {};
  return {sentence: usedUp(block), data: {...progress(job), resource: block.resource}};
}

function usedUp({resource, untilMs}: NonNullable<ReturnType<typeof blockedResource>>): string {
  return `The rate limit of the resource ${printValue(resource)} is used up until ${isoTime(untilMs)}.`;
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
