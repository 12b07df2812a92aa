/**
 * What `schedule` does: making, changing, listing and deleting schedules, and running one by hand. Under the lock, but for
 * `list`. The user's triggers come before the schedule is written, so that none exists that nothing would fire.
 */
import {utf8Bytes} from '../core/bytes';
import {scheduleKey} from '../core/keys';
import {ENQUEUE_GRACE_MS, MAX_SCHEDULES} from '../core/limits';
import {encodeSchedule, type Schedule} from '../core/schedule-record';
import {nextFiringMs} from '../core/timetable';
import {isJobsError, jobsError} from '../errors';
import {invalid} from '../orchestration/request';
import {scheduleCall, type ScheduleCall} from '../orchestration/schedule-request';
import type {DeletedSchedule, JobRecord, ScheduleResponse, ScheduleResult} from '../types';
import {admitJob, prepareJob} from './admission';
import {Alarm} from './alarm';
import type {Engine} from './engine';
import {candidateOf} from './firing';
import {storeFull, withHold, type Hold} from './hold';
import type {Ports} from './ports';
import {freeBytes, makeRoom} from './room';
import {isAutomatic, schedulesIn, writeSchedule, type StoredSchedule} from './schedule-store';
import {changedBy, checkUpsert, isSameSchedule, type CheckedUpsert} from './schedule-upsert';
import {commandRequest, scheduleRecord, scheduleRow, unreadableSchedule, upsertRequest} from './schedule-views';
import {readUserTriggers} from './user-key';

/** The operations of `schedule`. */
export function schedule(engine: Engine, request: unknown): ScheduleResponse {
  const call = scheduleCall(request);
  if (call.operation === 'upsert') return upsert(engine, call);
  return {status: 'ok', operation: call.operation, request: commandRequest(call), result: command(engine, call)};
}

function command(engine: Engine, call: ScheduleCall): ScheduleResult {
  switch (call.operation) {
    case 'delete':
      return remove(engine, call);
    case 'run_now':
      return runNow(engine, call);
    case 'pause':
    case 'resume':
      return switchOver(engine, call);
    default:
      return list(engine, call);
  }
}

function upsert(engine: Engine, call: ScheduleCall): ScheduleResponse {
  const checked = checkUpsert(engine.ports.handlers, call);
  refuseWithoutTriggers(engine.ports, checked.asked.isEnabled && checked.request.options.autoResume !== false);
  const {id} = checked;
  const result = call.isDryRun
    ? foresee(engine, checked)
    : withHold(engine.ports, (hold) => store(engine, hold, checked));
  return {status: 'ok', operation: 'upsert', triggerId: id, request: upsertRequest(call, checked.view), result};
}

function refuseWithoutTriggers({triggers}: Ports, isNeeded: boolean): void {
  const problem = isNeeded ? triggers.problem() : null;
  if (problem !== null) throw jobsError('TRIGGERS_UNAVAILABLE', problem);
}

function foresee(engine: Engine, {id}: CheckedUpsert): ScheduleResult {
  const snapshot = engine.readAll();
  const before = findSchedule(schedulesIn(snapshot), id);
  return {
    ...{status: 'ok', operation: 'upsert', id, triggerUid: before === null ? null : triggerOf(snapshot, before)},
    ...{created: before === null, updated: before !== null, noop: false, dryRun: true},
  };
}

function store(engine: Engine, hold: Hold, checked: CheckedUpsert): ScheduleResult {
  const stored = schedulesIn(hold.snapshot);
  const before = findSchedule(stored, checked.id);
  const after = changedBy(checked, before, engine.candidate(checked.request, hold), hold.nowMs);
  if (before === null && stored.length >= MAX_SCHEDULES)
    throw invalid(`At most ${MAX_SCHEDULES} schedules may be stored, and there are ${stored.length}: delete some.`);
  const isSame = before !== null && isSameSchedule(before, after);
  const current = isSame ? before : after;
  arm(engine.ports, hold, current);
  if (!isSame) write(hold, after);
  return {
    ...{status: 'ok', operation: 'upsert', id: current.id, triggerUid: triggerOf(hold.snapshot, current)},
    ...{created: before === null, updated: before !== null && !isSame, noop: isSame, dryRun: false},
    schedule: scheduleRecord(hold.snapshot, current),
  };
}

/** Triggers that fire a schedule, if there is anything to fire. */
function arm(ports: Ports, hold: Hold, schedule: Schedule): void {
  if (!isAutomatic(schedule) || ports.triggers.problem() !== null) return;
  const alarm = new Alarm(ports, hold, schedule.owner);
  alarm.ensureWatchdog();
  const {nextAtMs} = schedule;
  if (nextAtMs !== null && nextAtMs < hold.nowMs + alarm.everyMinutes * 60_000) alarm.wakeAt(nextAtMs);
}

function write(hold: Hold, schedule: Schedule): void {
  const key = scheduleKey(schedule.id);
  const bytes = utf8Bytes(key) + utf8Bytes(encodeSchedule(schedule));
  if (hold.snapshot[key] === undefined && !makeRoom(hold, bytes)) throw storeFull(bytes, freeBytes(hold));
  writeSchedule(hold, schedule);
}

function triggerOf(snapshot: Hold['snapshot'], {owner, isEnabled}: Schedule): string | null {
  return isEnabled ? readUserTriggers(snapshot, owner).watchdog : null;
}

/** One that is damaged may be made anew. */
function findSchedule(stored: readonly StoredSchedule[], id: string): Schedule | null {
  const decoded = stored.find((entry) => entry.id === id)?.decoded;
  if (decoded?.kind === 'newer') throw unreadableSchedule(id, 'newer');
  return decoded?.kind === 'schedule' ? decoded.schedule : null;
}

function list(engine: Engine, {id, limit, offset}: ScheduleCall): ScheduleResult {
  const snapshot = engine.readAll();
  const found = schedulesIn(snapshot).filter((entry) => id === null || entry.id === id);
  const items = found.slice(offset, offset + limit).map((entry) => scheduleRow(snapshot, entry));
  const [returned, total] = [items.length, found.length];
  return {
    ...{status: 'ok', operation: 'list', items},
    page: {limit, offset, returned, total, hasMore: offset + returned < total},
  };
}

function remove(engine: Engine, call: ScheduleCall): ScheduleResult {
  const items = withHold(engine.ports, (hold): readonly DeletedSchedule[] => {
    const id = idOf(hold, call);
    const decoded = schedulesIn(hold.snapshot).find((entry) => entry.id === id)?.decoded;
    if (id === null || decoded === undefined) return [];
    const triggerUid = decoded.kind === 'schedule' ? triggerOf(hold.snapshot, decoded.schedule) : null;
    if (!call.isDryRun) hold.remove(scheduleKey(id));
    return [{id, triggerUid, deletedProjectTrigger: false}];
  });
  return {status: 'ok', operation: 'delete', deleted: items.length, dryRun: call.isDryRun, items};
}

/** The schedule that a call names; the trigger names it where its user has no other. */
function idOf(hold: Hold, {id, triggerUid}: ScheduleCall): string | null {
  if (id !== null) return id;
  const fired = schedulesIn(hold.snapshot).filter(
    ({decoded}) => decoded.kind === 'schedule' && triggerOf(hold.snapshot, decoded.schedule) === triggerUid,
  );
  if (fired.length > 1)
    throw invalid(`The trigger ${triggerUid ?? ''} fires ${fired.length} schedules of its user: pass the id of one.`);
  return fired[0]?.id ?? null;
}

function scheduleAt(hold: Hold, call: ScheduleCall): Schedule {
  const id = idOf(hold, call);
  const decoded = schedulesIn(hold.snapshot).find((entry) => entry.id === id)?.decoded;
  if (decoded === undefined)
    throw jobsError(
      'SCHEDULE_NOT_FOUND',
      `There is no schedule ${call.id ?? `of the trigger ${call.triggerUid ?? ''}`}: schedule({operation: 'list'}) shows ` +
        'those that there are.',
      {id},
    );
  if (decoded.kind !== 'schedule') throw unreadableSchedule(id ?? '', decoded.kind);
  return decoded.schedule;
}

/** Fires no more, or fires again from now on. */
function switchOver(engine: Engine, call: ScheduleCall): ScheduleResult {
  const {operation, isDryRun} = call;
  return withHold(engine.ports, (hold) => {
    const before = scheduleAt(hold, call);
    if (operation === 'resume') refuseWithoutTriggers(engine.ports, before.template.options.autoResume);
    const after = operation === 'pause' ? paused(before, hold.nowMs) : resumed(engine.ports, before, hold.nowMs);
    if (!isDryRun && after !== before) {
      arm(engine.ports, hold, after);
      writeSchedule(hold, after);
    }
    const schedule = scheduleRecord(hold.snapshot, after);
    return {status: 'ok', operation, id: after.id, triggerUid: schedule.triggerUid, dryRun: isDryRun, schedule};
  });
}

/** What it owed is let go. */
function paused(schedule: Schedule, nowMs: number): Schedule {
  if (!schedule.isEnabled) return schedule;
  const skipped = schedule.skipped + schedule.owed.length;
  return {...schedule, isEnabled: false, nextAtMs: null, owed: [], skipped, updatedAtMs: nowMs};
}

function resumed({identity}: Ports, schedule: Schedule, nowMs: number): Schedule {
  const owner = identity.ensure();
  if (schedule.isEnabled && schedule.owner === owner) return schedule;
  const nextAtMs = schedule.isEnabled ? schedule.nextAtMs : nextFiringMs(schedule.timetable, nowMs);
  return {...schedule, owner, isEnabled: true, nextAtMs, updatedAtMs: nowMs};
}

/** Pauses every schedule; returns how many fired until now. */
export function pauseSchedules(hold: Hold): number {
  let count = 0;
  for (const {decoded} of schedulesIn(hold.snapshot)) {
    if (decoded.kind !== 'schedule' || !decoded.schedule.isEnabled) continue;
    writeSchedule(hold, paused(decoded.schedule, hold.nowMs));
    count++;
  }
  return count;
}

/** A job besides the times, of the user who calls. Its id is as that of any job: each call makes one. */
function runNow(engine: Engine, call: ScheduleCall): ScheduleResult {
  const made = withHold(engine.ports, (hold) => {
    const before = scheduleAt(hold, call);
    const {template, isResumed} = before;
    // What this very call is to run is left to it first.
    const dueMs = isResumed ? hold.nowMs + ENQUEUE_GRACE_MS : hold.nowMs;
    const candidate = candidateOf(template, engine.ports.identity.ensure(), hold.nowMs, dueMs);
    const admitted = prepareJob(engine.ports, hold, candidate);
    if (template.options.autoResume && engine.ports.triggers.problem() === null)
      new Alarm(engine.ports, hold, candidate.owner).wakeAt(dueMs);
    admitJob(hold, admitted);
    const lastJobId = admitted.address.id;
    writeSchedule(hold, {...before, runs: before.runs + 1, lastAtMs: hold.nowMs, lastJobId});
    return {
      ...{id: before.id, isResumed, triggerUid: triggerOf(hold.snapshot, before)},
      enqueued: engine.record(hold.snapshot, admitted.address),
    };
  });
  const {id, triggerUid, enqueued} = made;
  const after = made.isResumed ? resumeHere(engine, enqueued) : null;
  return {
    ...{status: 'ok', operation: 'run_now', id, triggerUid, dispatchMode: 'jobs'},
    result: {mode: 'jobs', enqueued, resumed: after},
  };
}

/** Inside a handler, whose time belongs to its own job, the dispatcher runs it. */
function resumeHere(engine: Engine, {id, options}: JobRecord): JobRecord | null {
  try {
    return engine.resume({id, prefix: options.propertyPrefix}, null);
  } catch (thrown) {
    if (isJobsError(thrown) && thrown.code === 'NESTED_RUN') return null;
    throw thrown;
  }
}
