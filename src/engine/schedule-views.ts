/** Schedules as `list` and the other operations show them, and what they say they were asked. */
import {isObject, parseJson, toJsonText} from '../core/json';
import type {Plan} from '../core/plan';
import {isoTime} from '../core/record';
import type {Schedule} from '../core/schedule-record';
import type {Snapshot} from '../core/stored-job';
import {jobsError} from '../errors';
import type {ScheduleCall} from '../orchestration/schedule-request';
import type {DamagedSchedule, JobOptions, ScheduleRecord} from '../types';
import type {StoredSchedule} from './schedule-store';
import {readUserTriggers} from './user-key';

/** A row of `list`. */
export function scheduleRow(snapshot: Snapshot, {id, decoded}: StoredSchedule): ScheduleRecord | DamagedSchedule {
  if (decoded.kind === 'schedule') return scheduleRecord(snapshot, decoded.schedule);
  const {code, message} = unreadableSchedule(id, decoded.kind);
  return {id, enabled: false, damaged: true, error: {code, message}};
}

export function scheduleRecord(snapshot: Snapshot, schedule: Schedule): ScheduleRecord {
  const {id, owner, isEnabled, overlap, catchUp, maxCatchUp, runs, skipped, metadata, error} = schedule;
  const {watchdog} = readUserTriggers(snapshot, owner);
  return {
    ...{id, enabled: isEnabled, triggerUid: isEnabled ? watchdog : null, triggerExists: watchdog !== null},
    dispatchMode: 'jobs',
    schedule: schedule.times,
    createdAt: isoTime(schedule.createdAtMs),
    updatedAt: isoTime(schedule.updatedAtMs),
    ...{name: schedule.template.name, owner, overlap, catchUp, maxCatchUp},
    nextFireAt: isEnabled ? timeOrNull(schedule.nextAtMs) : null,
    lastFireAt: timeOrNull(schedule.lastAtMs),
    lastJobId: schedule.lastJobId,
    ...{runs, skipped},
    waiting: schedule.owed.map((atMs) => isoTime(atMs)),
    lastError: error === null ? null : {code: error.code, message: error.message, since: isoTime(error.sinceMs)},
    metadata,
  };
}

function timeOrNull(ms: number | null): string | null {
  return ms === null ? null : isoTime(ms);
}

/** The stored text of a schedule says nothing to this version. */
export function unreadableSchedule(id: string, kind: 'newer' | 'corrupt'): ReturnType<typeof jobsError> {
  return kind === 'newer'
    ? jobsError('SCHEMA_NEWER', `Schedule ${id} was stored by a newer version of this library: update the library.`, {
        id,
      })
    : jobsError(
        'RECORD_CORRUPT',
        `The stored text of schedule ${id} is damaged. It was left as it is and fires nothing: upsert or delete it.`,
        {id},
      );
}

/** What an upsert was asked, with defaults filled in. */
export interface UpsertView {
  readonly id: string;
  readonly isEnabled: boolean;
  readonly isResumed: boolean;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly name: string;
  readonly plan: Plan;
  readonly options: JobOptions;
}

/** The request of an upsert as the response shows it. */
export function upsertRequest(call: ScheduleCall, view: UpsertView): Readonly<Record<string, unknown>> {
  const {id, isEnabled, isResumed, metadata, name, plan, options} = view;
  const bridge = isObject(metadata['astJobs']) ? metadata['astJobs'] : {};
  return {
    ...{operation: 'upsert', id, enabled: isEnabled, schedule: plainCopy(call.raw['schedule'])},
    metadata: {...metadata, astJobs: {...bridge, bridge: 'schedule', jobName: name}},
    dispatch: {mode: 'jobs', autoResumeJobs: isResumed, job: {name, steps: stepsOf(plan), options}},
    options: {dryRun: call.isDryRun},
  };
}

/** Map steps are shown by the ids that their items have. */
function stepsOf({nodes}: Plan): readonly object[] {
  const idOf = (index: number): string => {
    const node = nodes[index];
    return node === undefined ? '' : 'id' in node ? node.id : node.prefix;
  };
  return nodes.map((node, index) => ({
    id: idOf(index),
    handler: node.handler,
    dependsOn: node.deps.map(idOf),
    payload: node.kind === 'step' ? node.payload : null,
  }));
}

function plainCopy(raw: unknown): unknown {
  const json = toJsonText(raw);
  return json.ok ? parseJson(json.text) : null;
}

/** The request of another operation as the response shows it. */
export function commandRequest(call: ScheduleCall): Readonly<Record<string, unknown>> {
  const {operation, id, triggerUid, limit, withOrphans, isDryRun} = call;
  return {
    operation,
    ...(id === null ? {} : {id}),
    ...(triggerUid === null ? {} : {triggerUid}),
    ...(operation === 'list' ? {limit, includeOrphans: withOrphans} : {}),
    ...(isDryRun ? {options: {dryRun: true}} : {}),
  };
}
