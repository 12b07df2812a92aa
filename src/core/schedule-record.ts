/**
 * What is stored of a schedule, in one value: its times, its job as it was compiled, its policies, and how far it has
 * fired. Text of a newer schema is told apart from damage; fields that are not known are carried along.
 *
 * S1 `nextAtMs` is the first time about which nothing is decided; everything before it was fired, skipped, or is owed.
 * S2 a time is fired when a job exists whose id is made of the schedule and that time. The job is written first, then the
 *    schedule: so what the schedule does not know yet the job tells.
 */
import type {CatchUpPolicy, OverlapPolicy} from '../types';
import type {StoredOptions} from './header';
import {isCount, isDuration, isInstant, isObject, parseJson} from './json';
import {jobIdOf} from './keys';
import {encodeTerms, termsOf, type Terms} from './terms';
import type {Timetable} from './timetable';

/** The job that each firing makes. */
export interface JobTemplate {
  readonly name: string;
  readonly prefix: string;
  readonly options: StoredOptions;
  readonly terms: Terms;
  /** From acceptance on: when the job must be over. */
  readonly deadlineMs: number | null;
  /** The stored text of the plan. */
  readonly plan: string;
}

/** Why a firing made no job. */
export interface FiringError {
  readonly code: string;
  readonly message: string;
  readonly sinceMs: number;
}

export interface Schedule {
  readonly id: string;
  readonly owner: string;
  readonly isEnabled: boolean;
  /** The times as they were asked for. */
  readonly times: Readonly<Record<string, unknown>>;
  readonly timetable: Timetable;
  readonly overlap: OverlapPolicy;
  readonly catchUp: CatchUpPolicy;
  readonly maxCatchUp: number;
  readonly template: JobTemplate;
  /** Whether `run_now` runs its job at once. */
  readonly isResumed: boolean;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  readonly nextAtMs: number | null;
  readonly lastAtMs: number | null;
  readonly lastJobId: string | null;
  readonly runs: number;
  readonly skipped: number;
  /** Times that are to be fired and have no job yet, oldest first. */
  readonly owed: readonly number[];
  readonly error: FiringError | null;
  readonly unknown: Readonly<Record<string, unknown>>;
}

/** What a stored schedule turned out to be. */
export type DecodedSchedule =
  | {readonly kind: 'schedule'; readonly schedule: Schedule}
  | {readonly kind: 'newer'; readonly schema: number}
  | {readonly kind: 'corrupt'};

const SCHEDULE_SCHEMA = 1;

/** The id of the job that a firing makes: the same however often it is tried. Another schedule of the same id has others. */
export function firingJobId({id, createdAtMs}: Pick<Schedule, 'id' | 'createdAtMs'>, atMs: number): string {
  return jobIdOf(atMs, `schedule ${id} ${createdAtMs} ${atMs}`);
}

/** Whether a schedule has something to fire, now or later. */
export function isOpen({isEnabled, nextAtMs, owed}: Schedule): boolean {
  return isEnabled && (nextAtMs !== null || owed.length > 0);
}

/** The stored text of a schedule. */
export function encodeSchedule(schedule: Schedule): string {
  const {template, error} = schedule;
  const {options} = template;
  const terms = encodeTerms(template.terms);
  return JSON.stringify({
    v: SCHEDULE_SCHEMA,
    id: schedule.id,
    ow: schedule.owner,
    on: schedule.isEnabled ? 1 : 0,
    s: schedule.times,
    tt: schedule.timetable,
    p: [schedule.overlap, schedule.catchUp, schedule.maxCatchUp],
    n: template.name,
    px: template.prefix,
    o: [options.maxRetries, options.maxRuntimeMs, options.leaseTtlMs, options.autoResume ? 1 : 0, options.workers],
    ...(terms === null ? {} : {e: terms}),
    ...(template.deadlineMs === null ? {} : {dl: template.deadlineMs}),
    pl: template.plan,
    ...(schedule.isResumed ? {r: 1} : {}),
    ...(Object.keys(schedule.metadata).length === 0 ? {} : {md: schedule.metadata}),
    t: [schedule.createdAtMs, schedule.updatedAtMs, schedule.nextAtMs, schedule.lastAtMs],
    j: schedule.lastJobId,
    c: [schedule.runs, schedule.skipped],
    ...(schedule.owed.length === 0 ? {} : {w: schedule.owed}),
    ...(error === null ? {} : {er: [error.code, error.message, error.sinceMs]}),
    ...schedule.unknown,
  });
}

const KNOWN: ReadonlySet<string> = new Set('v id ow on s tt p n px o e dl pl r md t j c w er'.split(' '));

/** Reads the stored text of the schedule of an id. */
export function decodeSchedule(text: string, id: string): DecodedSchedule {
  const raw = parseJson(text);
  if (!isObject(raw)) return {kind: 'corrupt'};
  const {v: schema} = raw;
  if (isCount(schema) && schema > SCHEDULE_SCHEMA) return {kind: 'newer', schema};
  const schedule = schema === SCHEDULE_SCHEMA ? scheduleOf(raw) : null;
  return schedule === null || schedule.id !== id ? {kind: 'corrupt'} : {kind: 'schedule', schedule};
}

function scheduleOf(raw: Readonly<Record<string, unknown>>): Schedule | null {
  const {id, ow: owner, s: times, md: metadata = {}, j: lastJobId = null, w: owed = []} = raw;
  const timetable = timetableOf(raw['tt']);
  const template = templateOf(raw);
  const policies = policiesOf(raw['p']);
  const moments = momentsOf(raw['t']);
  const counts = countsOf(raw['c']);
  const error = errorOf(raw['er'] ?? null);
  if (typeof id !== 'string' || typeof owner !== 'string' || !isObject(times) || !isObject(metadata)) return null;
  if (timetable === null || template === null || policies === null || moments === null || counts === null) return null;
  if (error === undefined || (lastJobId !== null && typeof lastJobId !== 'string') || !isInstants(owed)) return null;
  return {
    ...{id, owner, isEnabled: raw['on'] === 1, times, timetable, ...policies, template, isResumed: raw['r'] === 1},
    ...{metadata, ...moments, lastJobId, ...counts, owed, error},
    unknown: Object.fromEntries(Object.entries(raw).filter(([key]) => !KNOWN.has(key))),
  };
}

function timetableOf(raw: unknown): Timetable | null {
  if (!isObject(raw)) return null;
  const {kind, everyMs, firstMs, everyDays, firstDay, pattern, timeZone = null, atMs} = raw;
  switch (kind) {
    case 'interval':
      return isDuration(everyMs) && everyMs > 0 && isInstant(firstMs) ? {kind, everyMs, firstMs} : null;
    case 'once':
      return isInstant(atMs) ? {kind, atMs} : null;
    case 'cron':
      return typeof pattern === 'string' && isTextOrNull(timeZone) ? {kind, pattern, timeZone} : null;
    case 'days':
      if (!isCount(everyDays) || everyDays === 0 || !isCount(firstDay)) return null;
      return typeof pattern === 'string' && isTextOrNull(timeZone)
        ? {kind, everyDays, firstDay, pattern, timeZone}
        : null;
    default:
      return null;
  }
}

function templateOf(raw: Readonly<Record<string, unknown>>): JobTemplate | null {
  const {n: name, px: prefix, pl: plan, dl: deadlineMs = null} = raw;
  const options = optionsOf(raw['o']);
  const terms = termsOf(raw['e']);
  if (typeof name !== 'string' || typeof prefix !== 'string' || typeof plan !== 'string') return null;
  if (options === null || terms === null || (deadlineMs !== null && !isDuration(deadlineMs))) return null;
  return {name, prefix, options, terms, deadlineMs, plan};
}

function optionsOf(raw: unknown): StoredOptions | null {
  if (!Array.isArray(raw)) return null;
  const [maxRetries, maxRuntimeMs, leaseTtlMs, autoResume, workers] = raw as readonly unknown[];
  if (!isCount(maxRetries) || !isDuration(maxRuntimeMs) || !isDuration(leaseTtlMs)) return null;
  if (!isCount(workers) || workers === 0) return null;
  return {maxRetries, maxRuntimeMs, leaseTtlMs, autoResume: autoResume === 1, workers};
}

export const OVERLAPS: readonly OverlapPolicy[] = ['skip', 'queue', 'cancel', 'allow'];
export const CATCH_UPS: readonly CatchUpPolicy[] = ['none', 'one', 'all'];

function policiesOf(raw: unknown): Pick<Schedule, 'overlap' | 'catchUp' | 'maxCatchUp'> | null {
  if (!Array.isArray(raw)) return null;
  const [first, second, maxCatchUp] = raw as readonly unknown[];
  const overlap = OVERLAPS.find((policy) => policy === first);
  const catchUp = CATCH_UPS.find((policy) => policy === second);
  if (overlap === undefined || catchUp === undefined || !isCount(maxCatchUp) || maxCatchUp === 0) return null;
  return {overlap, catchUp, maxCatchUp};
}

function momentsOf(raw: unknown): Pick<Schedule, 'createdAtMs' | 'updatedAtMs' | 'nextAtMs' | 'lastAtMs'> | null {
  if (!Array.isArray(raw)) return null;
  const [createdAtMs, updatedAtMs, nextAtMs = null, lastAtMs = null] = raw as readonly unknown[];
  if (!isInstant(createdAtMs) || !isInstant(updatedAtMs)) return null;
  if ((nextAtMs !== null && !isInstant(nextAtMs)) || (lastAtMs !== null && !isInstant(lastAtMs))) return null;
  return {createdAtMs, updatedAtMs, nextAtMs, lastAtMs};
}

function countsOf(raw: unknown): Pick<Schedule, 'runs' | 'skipped'> | null {
  if (!Array.isArray(raw)) return null;
  const [runs, skipped] = raw as readonly unknown[];
  return isCount(runs) && isCount(skipped) ? {runs, skipped} : null;
}

/** `undefined` for damage. */
function errorOf(raw: unknown): FiringError | null | undefined {
  if (raw === null) return null;
  if (!Array.isArray(raw)) return undefined;
  const [code, message, sinceMs] = raw as readonly unknown[];
  return typeof code === 'string' && typeof message === 'string' && isInstant(sinceMs)
    ? {code, message, sinceMs}
    : undefined;
}

function isInstants(raw: unknown): raw is readonly number[] {
  return Array.isArray(raw) && raw.every(isInstant);
}

function isTextOrNull(raw: unknown): raw is string | null {
  return raw === null || typeof raw === 'string';
}
