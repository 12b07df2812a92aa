/** The stored text of a schedule: it comes back as it was, from later versions too, and damage is told. */
import fc from 'fast-check';
import {bornAtMs} from '../../src/core/keys';
import {
  CATCH_UPS,
  decodeSchedule,
  encodeSchedule,
  firingJobId,
  isOpen,
  OVERLAPS,
  type Schedule,
} from '../../src/core/schedule-record';
import {NO_TERMS} from '../../src/core/terms';
import type {Timetable} from '../../src/core/timetable';
import {anyText} from '../support/arbitraries';

const text = anyText();
const AT_MS = 1_767_603_600_000;

const SCHEDULE: Schedule = {
  ...{id: 'report', owner: 'u1', isEnabled: true, times: {cron: '0 9 * * *'}, isResumed: false, metadata: {}},
  timetable: {kind: 'cron', pattern: '0 9 * * *', timeZone: 'Europe/Berlin'},
  ...{overlap: 'allow', catchUp: 'one', maxCatchUp: 10},
  template: {
    ...{name: 'job', prefix: 'AST_JOBS_JOB_', plan: '{"n":[]}', deadlineMs: null},
    options: {maxRetries: 2, maxRuntimeMs: 240_000, leaseTtlMs: 390_000, autoResume: true, workers: 1},
    terms: {...NO_TERMS, maker: 'schedule', schedule: 'report'},
  },
  ...{createdAtMs: AT_MS, updatedAtMs: AT_MS, nextAtMs: AT_MS + 5, lastAtMs: null, lastJobId: null},
  ...{runs: 0, skipped: 0, owed: [], error: null, unknown: {}},
};

const instant = fc.integer({min: 0, max: 4_000_000_000_000});
const count = fc.integer({min: 1, max: 1_000_000});
const zone = fc.constantFrom(null, 'UTC', 'Europe/Berlin');
const timetables: fc.Arbitrary<Timetable> = fc.oneof(
  fc.record({kind: fc.constant('interval' as const), everyMs: count, firstMs: instant}),
  fc.record({kind: fc.constant('once' as const), atMs: instant}),
  fc.record({kind: fc.constant('cron' as const), pattern: text, timeZone: zone}),
  fc.record({kind: fc.constant('days' as const), everyDays: count, firstDay: count, pattern: text, timeZone: zone}),
);
const schedules: fc.Arbitrary<Schedule> = fc
  .record({
    ...{id: text, owner: text, isEnabled: fc.boolean(), isResumed: fc.boolean(), timetable: timetables},
    overlap: fc.constantFrom(...OVERLAPS),
    catchUp: fc.constantFrom(...CATCH_UPS),
    ...{maxCatchUp: count, nextAtMs: fc.option(instant), lastAtMs: fc.option(instant), runs: count, skipped: count},
    lastJobId: fc.option(text),
    owed: fc.array(instant),
    error: fc.option(fc.record({code: text, message: text, sinceMs: instant})),
    metadata: fc.constantFrom({}, {team: 'x'}),
  })
  .map((fields) => ({...SCHEDULE, ...fields}));

test('a schedule comes back as it was', () => {
  fc.assert(
    fc.property(schedules, (schedule) => {
      expect(decodeSchedule(encodeSchedule(schedule), schedule.id)).toEqual({kind: 'schedule', schedule});
    }),
  );
});

test('fields of a later version are carried along', () => {
  const stored = encodeSchedule(SCHEDULE).replace('{', '{"later":[1],');
  const decoded = decodeSchedule(stored, 'report');
  expect(decoded).toMatchObject({kind: 'schedule', schedule: {unknown: {later: [1]}}});
  if (decoded.kind === 'schedule') expect(JSON.parse(encodeSchedule(decoded.schedule))).toMatchObject({later: [1]});
});

test('text of a newer schema and damage are told apart', () => {
  const stored = encodeSchedule(SCHEDULE);
  expect(decodeSchedule('{"v":2,"what":1}', 'report')).toEqual({kind: 'newer', schema: 2});
  expect(decodeSchedule(stored, 'another')).toEqual({kind: 'corrupt'});
  for (const field of ['"ow"', '"tt"', '"p"', '"n"', '"pl"', '"o"', '"t"', '"c"', '"s"'])
    expect([field, decodeSchedule(stored.replace(`${field}:`, '"gone":'), 'report').kind]).toEqual([field, 'corrupt']);
  for (const other of ['', 'x', '[]', '{}', stored.slice(0, -1)])
    expect(decodeSchedule(other, 'report').kind).toBe('corrupt');
});

test('the job of a time has an id of its own, which says when it was due', () => {
  const id = firingJobId(SCHEDULE, AT_MS);
  expect(bornAtMs(id)).toBe(AT_MS);
  expect(firingJobId({...SCHEDULE}, AT_MS)).toBe(id);
  const others = [
    firingJobId(SCHEDULE, AT_MS + 1),
    firingJobId({...SCHEDULE, id: 'other'}, AT_MS),
    firingJobId({...SCHEDULE, createdAtMs: AT_MS + 1}, AT_MS),
  ];
  expect(new Set([id, ...others]).size).toBe(4);
});

test('a schedule is open while it has something to fire', () => {
  expect(isOpen(SCHEDULE)).toBe(true);
  expect(isOpen({...SCHEDULE, isEnabled: false})).toBe(false);
  expect(isOpen({...SCHEDULE, nextAtMs: null})).toBe(false);
  expect(isOpen({...SCHEDULE, nextAtMs: null, owed: [AT_MS]})).toBe(true);
});
