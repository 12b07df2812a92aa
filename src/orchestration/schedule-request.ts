/**
 * What `schedule` is asked, checked: the operation, the times, the policies. Pure; the job of an upsert is compiled as
 * every other request is.
 */
import {isTimeZone, patternProblem} from '../core/cron';
import {isObject, printValue, toJsonText} from '../core/json';
import {
  CATCH_UP,
  MAX_CATCH_UP,
  MAX_EVERY_DAYS,
  MAX_EVERY_HOURS,
  MAX_EVERY_MINUTES,
  MAX_EVERY_WEEKS,
  MAX_SCHEDULE_ID_CHARS,
} from '../core/limits';
import {CATCH_UPS, OVERLAPS} from '../core/schedule-record';
import {everyDays, everyHours, everyMinutes, type Timetable} from '../core/timetable';
import {jobsError} from '../errors';
import type {CatchUpPolicy, OverlapPolicy} from '../types';
import {refuseForeign} from './fields';
import {instantOf} from './instant';
import {booleanOption, given, integerIn, invalid, printableText, reading, requestObject} from './request';

export type ScheduleOperation = 'upsert' | 'list' | 'delete' | 'run_now' | 'pause' | 'resume';

const OPERATIONS: readonly ScheduleOperation[] = ['upsert', 'list', 'delete', 'run_now', 'pause', 'resume'];

/** The times of a schedule, as they are kept, and what they come to when they are counted from a moment. */
export interface AskedTimes {
  readonly spec: Readonly<Record<string, unknown>>;
  timetable(anchorMs: number): Timetable;
}

/** What an upsert asks besides its job. */
export interface AskedSchedule {
  readonly isEnabled: boolean;
  readonly isResumed: boolean;
  readonly times: AskedTimes;
  readonly overlap: OverlapPolicy;
  readonly catchUp: CatchUpPolicy;
  readonly maxCatchUp: number;
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** What every operation may name. */
export interface ScheduleCall {
  readonly operation: ScheduleOperation;
  readonly id: string | null;
  readonly triggerUid: string | null;
  readonly isDryRun: boolean;
  readonly limit: number;
  readonly offset: number;
  readonly withOrphans: boolean;
  /** The request itself. */
  readonly raw: Readonly<Record<string, unknown>>;
}

/** Reads which operation a request is for, and on what. */
export function scheduleCall(request: unknown): ScheduleCall {
  return reading('The request of schedule', () => {
    if (!isObject(request)) throw invalid(`schedule request must be an object, got ${printValue(request)}.`);
    const raw = requestObject(request, 'schedule');
    const {limit, offset, triggerUid, dryRun, includeOrphans} = raw;
    const operation = operationOf(raw['operation']);
    const id = scheduleId(raw['id'] ?? raw['triggerId']);
    const uid = given(triggerUid) ? printableText(triggerUid, 'triggerUid', MAX_SCHEDULE_ID_CHARS) : null;
    if (operation !== 'upsert' && operation !== 'list' && id === null && uid === null)
      throw invalid(`schedule request requires id or triggerUid for delete/run_now operations, as for ${operation}.`);
    return {
      ...{operation, id, triggerUid: uid, raw},
      isDryRun: given(dryRun) ? booleanOption(dryRun, 'dryRun', 'dryRun') : false,
      limit: given(limit) ? integerIn(limit, 'limit', 1, 1_000) : 100,
      offset: given(offset) ? integerIn(offset, 'offset', 0, 100_000) : 0,
      withOrphans: given(includeOrphans) ? booleanOption(includeOrphans, 'includeOrphans', 'includeOrphans') : false,
    };
  });
}

function operationOf(raw: unknown): ScheduleOperation {
  const name = typeof raw === 'string' ? raw.trim().toLowerCase() : raw;
  if (name === undefined || name === null || name === '') return 'upsert';
  const operation = OPERATIONS.find((candidate) => candidate === name);
  if (operation !== undefined) return operation;
  throw invalid(`Invalid schedule operation: expected one of ${OPERATIONS.join(', ')}, got ${printValue(raw)}.`);
}

function scheduleId(raw: unknown): string | null {
  if (!given(raw) || raw === '') return null;
  const id = printableText(raw, 'The id of a schedule', MAX_SCHEDULE_ID_CHARS);
  if (id.includes('~')) throw invalid(`The id of a schedule may not have a ~, got ${printValue(id)}.`);
  return id;
}

const FIELDS: readonly string[] = [
  ...['operation', 'id', 'triggerId', 'triggerUid', 'dryRun', 'enabled', 'schedule', 'overlap', 'catchUp'],
  ...['maxCatchUp', 'name', 'steps', 'options', 'job', 'autoResumeJobs', 'metadata'],
];

/** The job in an upsert, in the form of a request of its own. */
export function jobOfUpsert(raw: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const {job} = raw;
  if (isObject(job)) {
    refuseForeign(raw, 'besideJob', 'The request of schedule');
    return job;
  }
  // What else a job may be asked stands beside its name and steps, as in `enqueue`.
  return Object.fromEntries(Object.entries(raw).filter(([key]) => !FIELDS.includes(key) || JOB_FIELDS.includes(key)));
}

const JOB_FIELDS: readonly string[] = ['name', 'steps', 'options'];

/** Reads what an upsert asks besides its job. */
export function askedSchedule(raw: Readonly<Record<string, unknown>>): AskedSchedule {
  return reading('The request of schedule', () => {
    const {enabled, autoResumeJobs, schedule, overlap, catchUp, maxCatchUp, metadata} = raw;
    if (!isObject(schedule))
      throw invalid(
        `schedule upsert requires a schedule object, like {cron: '0 9 * * 1-5'} or {type: 'every_hours', every: 6}, got ` +
          `${printValue(schedule)}.`,
      );
    return {
      isEnabled: given(enabled) ? booleanOption(enabled, 'enabled', 'enabled') : true,
      isResumed: given(autoResumeJobs) ? booleanOption(autoResumeJobs, 'autoResumeJobs', 'autoResumeJobs') : false,
      times: timesOf(schedule),
      overlap: given(overlap) ? oneOf(overlap, 'overlap', OVERLAPS) : 'allow',
      catchUp: given(catchUp) ? oneOf(catchUp, 'catchUp', CATCH_UPS) : 'one',
      maxCatchUp: given(maxCatchUp) ? integerIn(maxCatchUp, 'maxCatchUp', 1, MAX_CATCH_UP) : CATCH_UP,
      metadata: metadataOf(metadata),
    };
  });
}

function metadataOf(raw: unknown): Readonly<Record<string, unknown>> {
  if (!isObject(raw)) return {};
  const json = toJsonText(raw);
  if (!json.ok) throw invalid(`metadata must be JSON serializable, and has ${json.problem}.`);
  return JSON.parse(json.text) as Readonly<Record<string, unknown>>;
}

/** When a schedule fires. */
function timesOf(raw: Readonly<Record<string, unknown>>): AskedTimes {
  const {type, cron, at} = raw;
  if (given(at) || type === 'at') return onceOf(raw);
  if (given(cron) || type === 'cron') return cronOf(raw);
  switch (type) {
    case 'every_minutes':
      return minutesOf(raw);
    case 'every_hours':
      return hoursOf(raw);
    case 'every_days':
      return daysOf(raw, type, null);
    case 'every_weeks':
      return daysOf(raw, type, weekDayOf(raw['onWeekDay']));
    default:
      throw invalid(
        `Unsupported schedule.type ${printValue(type)}: expected every_minutes, every_hours, every_days, every_weeks, or ` +
          'a schedule with cron or at.',
      );
  }
}

function onceOf(raw: Readonly<Record<string, unknown>>): AskedTimes {
  refuseUnknown(raw, ['type', 'at']);
  const atMs = instantOf(raw['at'], 'schedule.at');
  return {spec: {type: 'at', at: new Date(atMs).toISOString()}, timetable: () => ({kind: 'once', atMs})};
}

function cronOf(raw: Readonly<Record<string, unknown>>): AskedTimes {
  refuseUnknown(raw, ['type', 'cron', 'timeZone']);
  const pattern = printableText(raw['cron'], 'schedule.cron', MAX_PATTERN_CHARS).replace(/\s+/g, ' ');
  const problem = patternProblem(pattern);
  if (problem !== null)
    throw invalid(
      `schedule.cron must be a pattern of five fields (minute hour day month weekday), like '0 9 * * 1-5', got ` +
        `${printValue(pattern)}: ${problem}`,
    );
  const timeZone = zoneOf(raw['timeZone']);
  return {spec: {type: 'cron', cron: pattern, timeZone}, timetable: () => ({kind: 'cron', pattern, timeZone})};
}

const MAX_PATTERN_CHARS = 200;

function minutesOf(raw: Readonly<Record<string, unknown>>): AskedTimes {
  refuseUnknown(raw, TYPED_FIELDS);
  const every = everyOf(raw, MAX_EVERY_MINUTES);
  const spec = {type: 'every_minutes', every, ...NO_TIME, timeZone: zoneOf(raw['timeZone'])};
  return {spec, timetable: (anchorMs) => everyMinutes(every, anchorMs)};
}

function hoursOf(raw: Readonly<Record<string, unknown>>): AskedTimes {
  refuseUnknown(raw, TYPED_FIELDS);
  const every = everyOf(raw, MAX_EVERY_HOURS);
  const nearMinute = optionalInteger(raw['nearMinute'], 'schedule.nearMinute', 59);
  const timeZone = zoneOf(raw['timeZone']);
  const spec = {type: 'every_hours', every, ...NO_TIME, nearMinute, timeZone};
  return {spec, timetable: (anchorMs) => everyHours(every, nearMinute, timeZone, anchorMs)};
}

function daysOf(
  raw: Readonly<Record<string, unknown>>,
  type: 'every_days' | 'every_weeks',
  weekDay: number | null,
): AskedTimes {
  refuseUnknown(raw, TYPED_FIELDS);
  const every = everyOf(raw, weekDay === null ? MAX_EVERY_DAYS : MAX_EVERY_WEEKS);
  const hour = optionalInteger(raw['atHour'], 'schedule.atHour', 23);
  const minute = optionalInteger(raw['nearMinute'], 'schedule.nearMinute', 59);
  const timeZone = zoneOf(raw['timeZone']);
  const onWeekDay = weekDay === null ? null : (WEEK_DAYS[weekDay] ?? null);
  const everyDayCount = weekDay === null ? every : 7 * every;
  return {
    spec: {type, every, atHour: hour, nearMinute: minute, onWeekDay, timeZone},
    timetable: (anchorMs) => everyDays({everyDays: everyDayCount, weekDay, hour, minute, timeZone}, anchorMs),
  };
}

const TYPED_FIELDS: readonly string[] = ['type', 'every', 'atHour', 'nearMinute', 'onWeekDay', 'timeZone'];
const NO_TIME = {atHour: null, nearMinute: null, onWeekDay: null};
const WEEK_DAYS = ['SUNDAY', 'MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY'] as const;

function everyOf(raw: Readonly<Record<string, unknown>>, max: number): number {
  return given(raw['every']) ? integerIn(raw['every'], 'schedule.every', 1, max) : 1;
}

function optionalInteger(raw: unknown, what: string, max: number): number | null {
  return given(raw) ? integerIn(raw, what, 0, max) : null;
}

function weekDayOf(raw: unknown): number {
  const name = typeof raw === 'string' ? raw.trim().toUpperCase() : null;
  const index = name === null ? raw : WEEK_DAYS.findIndex((day) => day === name);
  if (typeof index === 'number' && Number.isInteger(index) && index >= 0 && index <= 6) return index;
  throw invalid(
    `schedule.onWeekDay is required for every_weeks: one of ${WEEK_DAYS.join(', ')}, or a number from 0, Sunday, to 6, got ` +
      `${printValue(raw)}.`,
  );
}

function zoneOf(raw: unknown): string | null {
  if (!given(raw)) return null;
  const name = typeof raw === 'string' ? raw.trim() : '';
  if (name !== '' && isTimeZone(name)) return name;
  throw invalid(
    `schedule.timeZone must be the name of a time zone like 'Europe/Berlin', got ${printValue(raw)}. Left out, it is the ` +
      "script's own.",
  );
}

function refuseUnknown(raw: Readonly<Record<string, unknown>>, known: readonly string[]): void {
  const unknown = Object.keys(raw).find((key) => !known.includes(key));
  if (unknown !== undefined)
    throw jobsError(
      'INVALID_OPTION',
      `This kind of schedule does not know ${printValue(unknown)}; it knows ${known.join(', ')}.`,
    );
}

function oneOf<Value extends string>(raw: unknown, what: string, values: readonly Value[]): Value {
  const value = values.find((candidate) => candidate === raw);
  if (value !== undefined) return value;
  throw jobsError('INVALID_OPTION', `${what} must be one of ${values.join(', ')}, got ${printValue(raw)}.`);
}
