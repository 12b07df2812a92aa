/**
 * What a pass finds at its end that somebody should hear of: ends of jobs that a killed execution did not tell, jobs that
 * are stuck, and jobs that the governor of the day's quota put off. Looked for only where somebody listens.
 */
import {isFinal, isLeased, waitsForUser, type Header} from '../core/header';
import {
  DELIVER_UNTIL_MS,
  EVENT_GIVEN_UP_MS,
  LEASE_MS,
  MAX_LOST_EVENTS,
  MAX_STUCK_TOLD,
  STUCK_AFTER_MS,
} from '../core/limits';
import {isoTime} from '../core/record';
import {readHeader, readJob} from '../core/stored-job';
import type {JobEvent} from '../types';
import {hasDueAlerts, tidyAlerts, toldIn} from './alerts';
import {isBlocked, readableJobs, type Found} from './dependencies';
import {briefOf, clearEvent, endEvent, hasEvents, isQueued, isWanted, queueEvent, queueFirst} from './events';
import type {Hold} from './hold';
import {readUserTriggers} from './user-key';

/** The first job that the governor put off in this pass. */
export interface Postponed {
  readonly header: Header;
  readonly untilMs: number;
}

/** Whether there is something to tell before the pass winds up. */
export function findAttention(
  hold: Hold,
  {owner, startMs}: {readonly owner: string | null; readonly startMs: number},
  postponed: Postponed | null,
): boolean {
  findLost(hold, owner, hold.nowMs > startMs + DELIVER_UNTIL_MS - LAST_TRY_MS);
  if (isWanted('stuck', null)) findStuck(hold);
  if (postponed !== null && owner !== null) findQuota(hold, owner, postponed);
  return hasEvents() || hasDueAlerts(hold);
}

/** Whether a later pass has something to tell or to send; forgets what was told of what is over. */
export function leavesAttention(hold: Hold, owner: string | null): boolean {
  const stuck = new Map(isWanted('stuck', null) ? stuckJobs(hold).map((found) => [found.key, found]) : []);
  const isOpenForQuota = (key: string): boolean =>
    readableJobs(hold.snapshot).some(({header: {owner: user, phase}}) => {
      const waits = phase.kind === 'paused' && phase.waiting.reason === 'quota';
      return waits && quotaKey(user) === key;
    });
  const isLasting = (key: string, untilMs: number): boolean =>
    stuck.has(key) || (untilMs > hold.nowMs && isOpenForQuota(key));
  const isWaiting = tidyAlerts(hold, isLasting);
  return (
    isWaiting || readableJobs(hold.snapshot).some(({header}) => header.isEventDue && isTellerOf(hold, owner, header))
  );
}

/** What a last try needs between the look and the call. */
const LAST_TRY_MS = 30_000;

/** Ends that nobody told as long as their execution may have lived. */
function findLost(hold: Hold, owner: string | null, isLate: boolean): void {
  let count = 0;
  let hasLast = false;
  for (const {address, header} of readableJobs(hold.snapshot)) {
    if (!header.isEventDue || !isTellerOf(hold, owner, header) || isQueued(address.id)) continue;
    const ageMs = hold.nowMs - ('atMs' in header.phase ? header.phase.atMs : header.updatedAtMs);
    if (ageMs <= LEASE_MS || count >= MAX_LOST_EVENTS) continue;
    // Nobody must be killed by each try for ever: the last one is noted before it is made, so it has to come first, and in time.
    const isLast = ageMs > EVENT_GIVEN_UP_MS;
    if (isLast && (isLate || hasLast)) continue;
    count++;
    const reading = readJob(hold.snapshot, address);
    if (isLast || reading.kind !== 'job') clearEvent(hold, address);
    if (reading.kind !== 'job') continue;
    const event = endEvent(reading.job, header);
    if (isLast) queueFirst({event, address: null, told: null});
    else queueEvent({event, address, told: null});
    hasLast ||= isLast;
  }
}

/** Whose passes tell the end of a job: its owner's, and anybody's where he has none. */
function isTellerOf(hold: Hold, user: string | null, {owner, options}: Header): boolean {
  return owner === user || (options.autoResume && readUserTriggers(hold.snapshot, owner).watchdog === null);
}

interface Stuck {
  readonly key: string;
  readonly event: JobEvent;
}

function findStuck(hold: Hold): void {
  const told = toldIn(hold);
  let room = MAX_STUCK_TOLD - told.size;
  for (const {key, event} of stuckJobs(hold)) {
    if (told.has(key) || !isWanted('stuck', event.job)) continue;
    // What finds no room to be remembered would be told again by each pass.
    if (room-- <= 0) return;
    queueEvent({event, address: null, told: {key, untilMs: hold.nowMs}});
  }
}

/** Jobs of all users that somebody has to look after. */
function stuckJobs(hold: Hold): readonly Stuck[] {
  const found: Stuck[] = [];
  for (const address of hold.jobs()) {
    const decoded = readHeader(hold.snapshot, address);
    if (decoded.kind === 'newer') continue;
    const header = decoded.kind === 'header' ? decoded.header : null;
    if (header !== null && (isFinal(header) || header.isRemoved)) continue;
    const isDamaged = header === null || readJob(hold.snapshot, address).kind === 'corrupt';
    const reason = isDamaged ? 'damaged' : stuckReason(hold, {address, header});
    if (reason === null) continue;
    const job: JobEvent['job'] =
      header === null
        ? {id: address.id, name: address.id, status: 'damaged', tags: [], createdAt: null, startedAt: null}
        : briefOf(header);
    found.push({key: `${address.id}:${reason}`, event: {event: 'stuck', at: isoTime(hold.nowMs), job, reason}});
  }
  return found;
}

function stuckReason(hold: Hold, {address, header}: Found): 'handler' | 'store' | 'noTrigger' | 'silent' | null {
  const {phase} = header;
  const waits = phase.kind === 'paused' ? phase.waiting.reason : null;
  if (waits === 'handler' || waits === 'store') return waits;
  const sinceMs = isBlocked(hold.snapshot, address, header) ? null : dueSinceMs(header);
  if (sinceMs === null || hold.nowMs - sinceMs <= STUCK_AFTER_MS || isLeased(header, hold.nowMs)) return null;
  return readUserTriggers(hold.snapshot, header.owner).watchdog === null ? 'noTrigger' : 'silent';
}

/** Since when somebody should have taken a job; `null` where it waits for something else than time. */
function dueSinceMs(header: Header): number | null {
  if (!header.options.autoResume || waitsForUser(header)) return null;
  const {phase, parts} = header;
  if (phase.kind === 'queued') return phase.dueMs;
  if (phase.kind === 'running') return Math.max(0, ...parts.map(({lease}) => lease?.untilMs ?? 0));
  return phase.kind === 'paused' ? phase.waiting.untilMs : null;
}

function quotaKey(owner: string): string {
  return `quota:${owner}`;
}

/** Once in a window of the day. */
function findQuota(hold: Hold, owner: string, {header, untilMs}: Postponed): void {
  const key = quotaKey(owner);
  if (!isWanted('quota', {name: header.name, tags: header.terms.tags})) return;
  if ((toldIn(hold).get(key) ?? 0) > hold.nowMs) return;
  const job = {...briefOf(header), status: 'paused'} as const;
  queueEvent({
    event: {event: 'quota', at: isoTime(hold.nowMs), job, reason: 'quota'},
    address: null,
    told: {key, untilMs},
  });
}
