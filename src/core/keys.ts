/**
 * The grammar of property keys, in one place.
 *
 *     <prefix>~<job id>~h                       header
 *     <prefix>~<job id>~p<k>                    plan, k-th piece
 *     <prefix>~<job id>~z<k>                    page of old seals
 *     <prefix>~<job id>~s<part>.<log>.<k>       log segment
 *     <prefix>~<job id>~r<part>.<log>.<epoch>.<unit>.<k>   piece of a large result
 *     <prefix>~<job id>~l<part>.<epoch>         what steps said while they ran: log lines and progress
 *     AST_JOBS_PREFIXES                         prefixes in use besides the default
 *     AST_JOBS_USER~<owner>                     a user's triggers, and what he used of the day's quotas
 *     AST_JOBS_INTENT~<batch>~<k>               headers that are to be written together, k-th piece; piece 0 makes them count
 *     AST_JOBS_SCHEDULE~<id>                    schedule: its job, and which of its times were fired
 *     AST_JOBS_BALLAST                          room for state changes in a full store
 *     AST_JOBS_ARCHIVE                          when what is left in the archive was last looked for
 *     AST_JOBS_LIMITS                           rate limits of resources, and what was used of them
 *     AST_JOBS_ALERTS                           what waits to be sent, and what was told already
 *     AST_JOBS_FOLDER                           id of the Drive folder that was made for stored values
 *     AST_JOBS_VALUE~<name>~<k>                 stored value, k-th piece; piece 0 says how many there are
 *
 * `~` cannot occur in a prefix or an id of a job, so that no prefix swallows another: `jobs` and `jobs_v1` are two namespaces.
 */
import {chainSum, EMPTY_SUM} from './bytes';

export const DEFAULT_PREFIX = 'AST_JOBS_JOB_';
export const PREFIXES_KEY = 'AST_JOBS_PREFIXES';
export const BALLAST_KEY = 'AST_JOBS_BALLAST';
/** Lives in the user's properties, everything else in the store that is bound. */
export const OWNER_KEY = 'AST_JOBS_OWNER';
const USER_KEY_START = 'AST_JOBS_USER~';
const SCHEDULE_KEY_START = 'AST_JOBS_SCHEDULE~';
export const ARCHIVE_KEY = 'AST_JOBS_ARCHIVE';
export const LIMITS_KEY = 'AST_JOBS_LIMITS';
export const ALERTS_KEY = 'AST_JOBS_ALERTS';
export const FOLDER_KEY = 'AST_JOBS_FOLDER';
const VALUE_KEY_PATTERN = /^AST_JOBS_VALUE~([\w.:~-]{1,200})~(0|[1-9]\d?)$/;

const PREFIX_PATTERN = /^[A-Za-z0-9_.:-]{1,100}$/;
const JOB_ID_PATTERN = /^job_([0-9a-z]{9})_[0-9a-z]{10}$/;
const KEY_PATTERN =
  /^(.{1,100})~(job_[0-9a-z]{9}_[0-9a-z]{10})~(h|p\d+|z\d+|s\d+\.\d+\.\d+|r\d+\.\d+\.\d+\.\d+\.\d+|l\d+\.\d+)$/;

const OWNER_PATTERN = /^[\w-]{1,60}$/;

/** True for a text that may be the id of a user. */
export function isOwner(text: string): boolean {
  return OWNER_PATTERN.test(text);
}

/** Where a job's keys are. */
export interface JobAddress {
  readonly prefix: string;
  readonly id: string;
}

/** True for a text that may be a property prefix. */
export function isPrefix(text: string): boolean {
  return PREFIX_PATTERN.test(text);
}

/** A new job id: its time of birth and a random part, from a number in [0, 1). */
export function makeJobId(nowMs: number, random01: readonly [number, number]): string {
  const part = (value: number): string =>
    Math.floor(value * 36 ** 5)
      .toString(36)
      .padStart(5, '0');
  return `job_${nowMs.toString(36).padStart(9, '0')}_${part(random01[0])}${part(random01[1])}`;
}

const BATCH_ID_PATTERN = /^batch_([0-9a-z]{9})_[0-9a-z]{10}$/;
const INTENT_KEY_PATTERN = /^AST_JOBS_INTENT~(batch_[0-9a-z]{9}_[0-9a-z]{10})~(0|[1-9]\d{0,3})$/;

/** A new batch id, of the same grammar. */
export function makeBatchId(nowMs: number, random01: readonly [number, number]): string {
  return makeJobId(nowMs, random01).replace('job', 'batch');
}

/** True for a text that may be the id of a batch. */
export function isBatchId(text: string): boolean {
  return BATCH_ID_PATTERN.test(text);
}

/** The key of a piece of an intent. */
export function intentKey(id: string, piece: number): string {
  return `AST_JOBS_INTENT~${id}~${piece}`;
}

/** What such a key says, and when its batch was born; `null` for another key. */
export function parseIntentKey(
  key: string,
): {readonly id: string; readonly piece: number; readonly bornAtMs: number} | null {
  // Every key of the store comes by here: most are told apart by their first letters.
  const match = key.startsWith('AST_JOBS_INTENT~') ? INTENT_KEY_PATTERN.exec(key) : null;
  if (match?.[1] === undefined) return null;
  return {id: match[1], piece: Number(match[2]), bornAtMs: parseInt(match[1].slice(6, 15), 36)};
}

/** The id of a job that is to be made once for what `identity` says: whoever makes it again finds it. */
export function jobIdOf(bornMs: number, identity: string): string {
  const sum = chainSum(EMPTY_SUM, identity).padStart(10, '0').slice(-10);
  return `job_${bornMs.toString(36).padStart(9, '0')}_${sum}`;
}

/** When the job of this id was born, in milliseconds; `null` for a text that is no id. */
export function bornAtMs(id: string): number | null {
  const match = JOB_ID_PATTERN.exec(id);
  return match === null ? null : parseInt(match[1] ?? '0', 36);
}

/** A key taken apart; `null` for a key that is not ours. */
export function parseKey(key: string): (JobAddress & {readonly part: string}) | null {
  const match = KEY_PATTERN.exec(key);
  if (match === null) return null;
  const [, prefix, id, part] = match;
  return prefix === undefined || id === undefined || part === undefined || !isPrefix(prefix)
    ? null
    : {prefix, id, part};
}

/** The owner in a user's key; `null` for another key. */
export function parseUserKey(key: string): string | null {
  return key.startsWith(USER_KEY_START) ? key.slice(USER_KEY_START.length) : null;
}

/** The id in a schedule's key; `null` for another key. */
export function parseScheduleKey(key: string): string | null {
  return key.startsWith(SCHEDULE_KEY_START) ? key.slice(SCHEDULE_KEY_START.length) : null;
}

export function scheduleKey(id: string): string {
  return SCHEDULE_KEY_START + id;
}

export function userKey(owner: string): string {
  return USER_KEY_START + owner;
}

export function headerKey(job: JobAddress): string {
  return `${job.prefix}~${job.id}~h`;
}

export function planKey(job: JobAddress, piece: number): string {
  return `${job.prefix}~${job.id}~p${piece}`;
}

export function sealPageKey(job: JobAddress, page: number): string {
  return `${job.prefix}~${job.id}~z${page}`;
}

export function segmentKey(job: JobAddress, part: number, log: number, segment: number): string {
  return `${job.prefix}~${job.id}~s${part}.${log}.${segment}`;
}

/** Names a large result: keyed by epoch too, so that what a dead owner still writes lands beside it, not in it. */
export interface ResultAddress {
  readonly part: number;
  readonly log: number;
  readonly epoch: number;
  readonly unit: number;
}

export function resultKey(job: JobAddress, result: ResultAddress, piece: number): string {
  return `${job.prefix}~${job.id}~r${result.part}.${result.log}.${result.epoch}.${result.unit}.${piece}`;
}

/** What an owner wrote down of what its steps said: keyed by epoch, so that what a dead one still writes lands beside. */
export function notesKey(job: JobAddress, part: number, epoch: number): string {
  return `${job.prefix}~${job.id}~l${part}.${epoch}`;
}

/** The part and the epoch in such a key; `null` for another key. */
export function parseNotesKey(key: string): (JobAddress & {readonly owner: string}) | null {
  const parsed = parseKey(key);
  return parsed?.part.startsWith('l') === true
    ? {prefix: parsed.prefix, id: parsed.id, owner: parsed.part.slice(1)}
    : null;
}

/** The key of a piece of a stored value. */
export function valueKey(name: string, piece: number): string {
  return `AST_JOBS_VALUE~${name}~${piece}`;
}

/** The name and the piece in such a key; `null` for another key. */
export function parseValueKey(key: string): {readonly name: string; readonly piece: number} | null {
  const match = VALUE_KEY_PATTERN.exec(key);
  return match?.[1] === undefined ? null : {name: match[1], piece: Number(match[2])};
}
