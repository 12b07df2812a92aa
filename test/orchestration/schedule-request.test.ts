/** What `schedule` is asked: operations, ids, times with every default filled in. */
import {nextFiringMs} from '../../src/core/timetable';
import {askedSchedule, jobOfUpsert, scheduleCall} from '../../src/orchestration/schedule-request';

const ANCHOR_MS = Date.parse('2026-01-07T10:20:30Z');

function spec(schedule: unknown): unknown {
  return askedSchedule({schedule}).times.spec;
}

function first(schedule: unknown): string {
  const atMs = nextFiringMs(askedSchedule({schedule}).times.timetable(ANCHOR_MS), ANCHOR_MS);
  return new Date(atMs ?? 0).toISOString().slice(0, 16);
}

test('an operation is read whatever its case, upsert is the default', () => {
  expect(scheduleCall({operation: ' LIST '})).toMatchObject({operation: 'list', id: null, limit: 100, offset: 0});
  expect(scheduleCall({id: ' a '})).toMatchObject({operation: 'upsert', id: 'a', isDryRun: false});
  expect(scheduleCall({operation: 'run_now', triggerId: 'b'})).toMatchObject({operation: 'run_now', id: 'b'});
  expect(scheduleCall({operation: 'delete', triggerUid: '77'})).toMatchObject({id: null, triggerUid: '77'});
});

test('policies have defaults', () => {
  expect(askedSchedule({schedule: {cron: '@daily'}})).toMatchObject({
    ...{isEnabled: true, isResumed: false, overlap: 'allow', catchUp: 'one', maxCatchUp: 10, metadata: {}},
  });
});

test('times are kept with every field', () => {
  const none = {atHour: null, nearMinute: null, onWeekDay: null, timeZone: null};
  expect(spec({type: 'every_minutes'})).toEqual({type: 'every_minutes', every: 1, ...none});
  expect(spec({type: 'every_weeks', every: 2, onWeekDay: 'friday', atHour: 8})).toEqual({
    ...{type: 'every_weeks', every: 2, ...none, onWeekDay: 'FRIDAY', atHour: 8},
  });
  expect(spec({cron: ' 0  9 * * 1-5 '})).toEqual({type: 'cron', cron: '0 9 * * 1-5', timeZone: null});
  expect(spec({at: '2026-03-01T09:00+01:00'})).toEqual({type: 'at', at: '2026-03-01T08:00:00.000Z'});
});

test('what is kept can be asked again', () => {
  const asked: readonly unknown[] = [
    ...[{type: 'every_hours', every: 3}, {cron: '@weekly', timeZone: 'UTC'}, {at: '2030-01-01T00:00Z'}],
    {type: 'every_weeks', onWeekDay: 3},
  ];
  for (const times of asked) expect(spec(spec(times))).toEqual(spec(times));
});

test.each([
  [{type: 'every_hours', every: 2, nearMinute: 15, timeZone: 'UTC'}, '2026-01-07T11:15'],
  [{type: 'every_days', atHour: 9, nearMinute: 5, timeZone: 'Europe/Berlin'}, '2026-01-08T08:05'],
  [{type: 'every_weeks', onWeekDay: 0, atHour: 0, timeZone: 'UTC'}, '2026-01-11T00:00'],
  [{cron: '*/15 * * * *', timeZone: 'UTC'}, '2026-01-07T10:30'],
])('%j fires first at %s', (schedule, at) => {
  expect(first(schedule)).toBe(at);
});

test('the job stands in job, or beside the times', () => {
  const job = {name: 'n', tasks: []};
  expect(jobOfUpsert({operation: 'upsert', schedule: {}, job})).toBe(job);
  expect(jobOfUpsert({schedule: {}, overlap: 'skip', name: 'n', steps: [], tags: ['t'], enabled: false})).toEqual({
    ...{name: 'n', steps: [], tags: ['t']},
  });
});
