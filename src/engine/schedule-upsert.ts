/** What an upsert asks for, checked and compiled, and what it makes of the schedule that is there. */
import {chainSum, EMPTY_SUM, utf8Bytes} from '../core/bytes';
import {MAX_SCHEDULE_BYTES} from '../core/limits';
import {encodePlan} from '../core/plan-codec';
import {encodeSchedule, type JobTemplate, type Schedule} from '../core/schedule-record';
import {nextFiringMs} from '../core/timetable';
import {jobsError} from '../errors';
import {obstacleToRun, type Asked} from '../orchestration/asked';
import {invalid, reading} from '../orchestration/request';
import {askedSchedule, jobOfUpsert, type AskedSchedule, type ScheduleCall} from '../orchestration/schedule-request';
import type {Candidate} from './admission';
import {checkRequest, entryOf, type CheckedRequest} from './compile';
import {handlerNames} from './handler-names';
import type {Handlers} from './ports';
import type {UpsertView} from './schedule-views';

/** An upsert that was checked as far as the store is not needed for it. */
export interface CheckedUpsert {
  readonly id: string;
  readonly asked: AskedSchedule;
  readonly request: CheckedRequest;
  readonly view: UpsertView;
}

/** Retries of which a request says nothing, in an id: what they come to may change with the configuration. */
const BY_DEFAULT = -1;

export function checkUpsert(handlers: Handlers, call: ScheduleCall): CheckedUpsert {
  const job = reading('The request of schedule', () => jobOfUpsert(call.raw));
  const request = checkRequest(entryOf(job), job, handlerNames(handlers));
  const obstacle = obstacleToSchedule(request.asked);
  if (obstacle !== null) throw invalid(`The job of a schedule cannot have ${obstacle}.`);
  const asked = askedSchedule(call.raw);
  const plan = request.compile(BY_DEFAULT);
  const {name, options} = request;
  const {isEnabled, isResumed, metadata} = asked;
  const content = [asked.times.spec, isResumed, name, options, request.asked, encodePlan(plan)];
  const id = call.id ?? `jobs_schedule_${chainSum(EMPTY_SUM, JSON.stringify(content)).padStart(14, '0')}`;
  return {id, asked, request, view: {id, isEnabled, isResumed, metadata, name, plan, options}};
}

/** What the schedule itself says about when jobs start, and which of them are open at once. */
function obstacleToSchedule(asked: Asked): string | null {
  const obstacle = obstacleToRun(asked);
  if (obstacle !== null) return `${obstacle}: the schedule says when its jobs start`;
  if (asked.idempotency !== null) return 'an idempotencyKey: each firing makes one job anyway';
  return asked.singleton === null ? null : "singleton: overlap: 'skip', 'queue' or 'cancel' of the schedule does that";
}

/** The schedule as an upsert wants it. What it has fired stays; times that are the same go on as they were. */
export function changedBy(
  {id, asked, request}: CheckedUpsert,
  before: Schedule | null,
  candidate: Candidate,
  nowMs: number,
): Schedule {
  const {isEnabled, isResumed, times, overlap, catchUp, maxCatchUp, metadata} = asked;
  const isSameTimes = before !== null && JSON.stringify(before.times) === JSON.stringify(times.spec);
  const timetable = isSameTimes ? before.timetable : times.timetable(wholeSecond(nowMs));
  const goesOn = isSameTimes && before.isEnabled && isEnabled;
  const nextAtMs = !isEnabled ? null : goesOn ? before.nextAtMs : nextFiringMs(timetable, nowMs);
  if (isEnabled && nextAtMs === null && !goesOn)
    throw invalid('schedule.at lies in the past, so it would never fire: use enqueue for a job that starts now.');
  const owed = isEnabled ? (before?.owed ?? []) : [];
  const letGo = (before?.owed.length ?? 0) - owed.length;
  const schedule: Schedule = {
    ...{id, owner: candidate.owner, isEnabled, times: times.spec, timetable, overlap, catchUp, maxCatchUp},
    ...{template: templateOf(id, request, candidate), isResumed, metadata, nextAtMs, owed},
    createdAtMs: before?.createdAtMs ?? nowMs,
    updatedAtMs: nowMs,
    lastAtMs: before?.lastAtMs ?? null,
    lastJobId: before?.lastJobId ?? null,
    runs: before?.runs ?? 0,
    skipped: (before?.skipped ?? 0) + letGo,
    // What kept a firing from making a job may be mended by this very upsert.
    error: null,
    unknown: before?.unknown ?? {},
  };
  refuseTooLarge(schedule);
  return schedule;
}

/** Patterns know no parts of a second. */
function wholeSecond(ms: number): number {
  return Math.floor(ms / 1_000) * 1_000;
}

function templateOf(id: string, {asked}: CheckedRequest, candidate: Candidate): JobTemplate {
  const {name, prefix, options, terms, plan} = candidate;
  return {
    ...{name, prefix, options, plan: encodePlan(plan), deadlineMs: asked.deadlineMs},
    terms: {...terms, maker: 'schedule', schedule: id, deadlineAtMs: null},
  };
}

function refuseTooLarge(schedule: Schedule): void {
  const bytes = utf8Bytes(encodeSchedule({...schedule, owed: [], unknown: {}}));
  if (bytes > MAX_SCHEDULE_BYTES)
    throw jobsError(
      'PLAN_TOO_LARGE',
      `The schedule takes ${bytes} bytes of storage with its job, and may take ${MAX_SCHEDULE_BYTES}: let the first step ` +
        'fetch what the job works on or call enqueue for it, or pass references of AST.Storage as payloads.',
      {neededBytes: bytes, limitBytes: MAX_SCHEDULE_BYTES},
    );
}

/** Whether an upsert changes nothing. */
export function isSameSchedule(before: Schedule, after: Schedule): boolean {
  const {updatedAtMs, error} = before;
  return encodeSchedule(before) === encodeSchedule({...after, updatedAtMs, error});
}
