import {partAt, type Header} from '../../src/core/header';
import {segmentKey, userKey} from '../../src/core/keys';
import {oneUnit} from '../../src/core/units';
import {NOTHING_SPENT, type DayUse, type QuotaName} from '../../src/core/quota';
import {readHeader} from '../../src/core/stored-job';
import {metered} from '../../src/engine/metered';
import type {Ports} from '../../src/engine/ports';
import {encodeUserEntry, NO_TRIGGERS, readUserEntry, type UserEntry} from '../../src/engine/user-key';
import type {WorkResult} from '../../src/types';
import {DEAD, pausedFor} from '../support/claims';
import {addressOf, jobAt, type Values} from '../support/holds';
import {Script} from '../support/passes';
import {loosePlan} from '../support/plans';
import {AT_MS, at, done, segment, type StoredParts} from '../support/stored';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const DUE = pausedFor({reason: 'budget', untilMs: AT_MS});
const USED_UP = 'Service using too much computer time for one day';

const useOf = (fields: Partial<DayUse>): DayUse => ({...NOTHING_SPENT, sinceMs: AT_MS, tickedMs: AT_MS, ...fields});

/** A job of that number, due unless it says otherwise. */
function job(number: number, header: Partial<Header> = {}, parts: StoredParts = {}): Values {
  const fields = {...DUE, name: `job ${number}`, ...header};
  return jobAt(addressOf(number), {plan: loosePlan(1), ...parts, header: fields});
}

function headerOf(script: Script, number: number): Header {
  const decoded = readHeader(script.store, addressOf(number));
  if (decoded.kind !== 'header') throw new Error(`Expected a header, got ${decoded.kind}`);
  return decoded.header;
}

const entryOf = (script: Script): UserEntry => readUserEntry(script.store, 'u1');

/** A script whose user has a watchdog and used so much; the pass that the watchdog calls. */
function scriptOf(
  values: Values,
  use: DayUse,
): {readonly script: Script; pass(change?: (ports: Ports) => Ports): WorkResult} {
  const script = new Script(values);
  const triggerUid = script.addWatchdog();
  const entry = readUserEntry(script.store, 'u1');
  script.world.values.set(userKey('u1'), encodeUserEntry({...entry, use}));
  return {script, pass: (change = (ports) => ports) => script.pass({triggerUid}, (own) => metered(change(own)))};
}

describe('near the limit', () => {
  const NEAR = useOf({triggerMs: 85 * MINUTE_MS});

  test('a job is put off until the window ends; the watchdog stays, and no one-off is made', () => {
    const {script, pass} = scriptOf(job(1), NEAR);
    const {id} = addressOf(1);
    expect(pass()).toEqual({
      jobs: [{id, name: 'job 1', status: 'not claimed: quota', steps: 0}],
      open: 1,
      end: 'open',
    });
    expect(headerOf(script, 1).phase).toEqual({
      kind: 'paused',
      waiting: {reason: 'quota', untilMs: AT_MS + DAY_MS},
    });
    expect([script.runs, script.oneOffs(), script.triggers(true).length]).toEqual([[], [], 1]);
    // The next look finds nothing due, and writes nothing.
    const calls = script.world.calls;
    expect(pass().jobs).toEqual([]);
    expect(script.world.calls - calls).toBe(3);
  });

  test('it goes on by itself in the next window', () => {
    const {script, pass} = scriptOf(job(1), NEAR);
    pass();
    script.world.nowMs = AT_MS + DAY_MS;
    expect(pass().jobs).toEqual([{id: addressOf(1).id, name: 'job 1', status: 'completed', steps: 1}]);
  });

  test('a pass that no trigger called is not held back', () => {
    const {script} = scriptOf(job(1), NEAR);
    script.pass(undefined, metered);
    expect(script.runs).toEqual(['job 1 s0']);
  });

  test('a job with a budget that fits runs, one without waits', () => {
    const options = {maxRetries: 2, maxRuntimeMs: 60_000, leaseTtlMs: 390_000, autoResume: true, workers: 1};
    const longest = {jobMs: 1_000, nodes: []};
    const {script, pass} = scriptOf({...job(1), ...job(2, {options, longest}), ...job(3, {options})}, NEAR);
    pass();
    // How long the steps of a job take is not known before one has ended.
    expect(script.runs).toEqual(['job 2 s0']);
    expect(headerOf(script, 3).phase).toMatchObject({waiting: {reason: 'quota'}});
    expect(headerOf(script, 1).phase).toMatchObject({waiting: {reason: 'quota'}});
  });

  test('a job is left alone that somebody else may own', () => {
    const lease = {untilMs: AT_MS + 1_000, by: 'x', mark: oneUnit(0), share: null};
    const values = job(1, {phase: {kind: 'running'}}, {lease});
    const {script, pass} = scriptOf(values, NEAR);
    pass();
    expect(headerOf(script, 1).phase).toEqual({kind: 'running'});
  });

  test('a lease that ran out is ended before the job is put off, and its time counts', () => {
    const outcome = {...done(0), atMs: AT_MS + 90_000};
    const parts = {
      lease: {...DEAD, mark: oneUnit(1)},
      logs: {0: [segment([outcome], {marker: at(1)})]},
      plan: loosePlan(3),
    };
    const {script, pass} = scriptOf(job(1, {phase: {kind: 'running'}, updatedAtMs: AT_MS}, parts), NEAR);
    script.world.nowMs = AT_MS + 500_000;
    pass();
    const header = headerOf(script, 1);
    expect(partAt(header, 0).lease).toBeNull();
    expect(header.recoveries.map(({reason, inDoubt}) => [reason, inDoubt])).toEqual([['killed', [oneUnit(1)]]]);
    expect(header.phase).toMatchObject({kind: 'paused', waiting: {reason: 'quota'}});
    expect(entryOf(script).use?.triggerMs).toBe(85 * MINUTE_MS + 90_000);
  });
});

test('a dead owner of which nothing is known counts as six minutes when its job is claimed', () => {
  const parts = {lease: {...DEAD, mark: oneUnit(0)}, plan: loosePlan(2)};
  const {script, pass} = scriptOf(job(1, {phase: {kind: 'running'}, updatedAtMs: AT_MS - 400_000}, parts), useOf({}));
  pass();
  expect(headerOf(script, 1).recoveries).toHaveLength(1);
  // And the two steps of a second each.
  expect(entryOf(script).use?.triggerMs).toBe(362_000);
});

describe('a run', () => {
  test('pauses in good order at a step boundary when the limit comes near', () => {
    const {script, pass} = scriptOf(job(1, {}, {plan: loosePlan(20)}), useOf({operations: 48_800}));
    script.stepMs = 6_000;
    // Somebody else of this execution uses many.
    const change = (ports: Ports): Ports => {
      script.onRun = () => {
        if (script.runs.length === 3) ports.meter.count({operations: 500});
      };
      return ports;
    };
    expect(pass(change).jobs).toMatchObject([{status: 'paused: quota', steps: 3}]);
    const header = headerOf(script, 1);
    expect(header.phase).toEqual({kind: 'paused', waiting: {reason: 'quota', untilMs: AT_MS + DAY_MS}});
    expect([partAt(header, 0).position.count, partAt(header, 0).lease, header.recoveries]).toEqual([3, null, []]);
    expect(script.oneOffs()).toEqual([]);
  });

  test('that a person started goes on', () => {
    const {script} = scriptOf(job(1, {}, {plan: loosePlan(5)}), useOf({operations: 49_990}));
    script.stepMs = 6_000;
    script.pass(undefined, metered);
    expect(script.runs).toHaveLength(5);
  });
});

describe('the use', () => {
  test('of a pass goes along when triggers change, else in one write of its own if it is much', () => {
    const waiting = job(1, {}, {plan: loosePlan(3)});
    const {script, pass} = scriptOf(waiting, useOf({}));
    script.stepMs = 100_000;
    const asked: string[] = [];
    pass((ports) => ({...ports, store: noting(ports.store, asked)}));
    const {use, triggers} = entryOf(script);
    expect(triggers.oneOff).not.toBeNull();
    expect(use).toMatchObject({triggerMs: 200_000, triggersCreated: 1, refused: []});
    // The last write is that of the use itself.
    expect(asked.at(-1)).toBe(`set ${userKey('u1')}`);
    expect(use?.operations).toBe(asked.length - 1);
    expect(use?.keyOperations).toBeGreaterThan(asked.length);
  });

  test('of a short pass that changes no trigger is left out', () => {
    const {script, pass} = scriptOf(job(1, pausedFor({reason: 'retry', untilMs: AT_MS + DAY_MS})), useOf({}));
    script.world.nowMs += 1_000;
    pass();
    expect(entryOf(script).use).toEqual(useOf({}));
  });

  test('stays in the key when the last trigger goes, if it is worth it', () => {
    const little = scriptOf(job(1), useOf({triggerMs: 10_000}));
    little.pass();
    expect(Object.keys(little.script.store)).not.toContain(userKey('u1'));
    const much = scriptOf(job(1), useOf({triggerMs: 60_000}));
    much.pass();
    expect(entryOf(much.script).triggers).toEqual(NO_TRIGGERS);
    expect(entryOf(much.script).use?.triggerMs).toBe(61_000);
    expect(much.script.triggers(true)).toEqual([]);
    // Nothing is looked for any more.
    const {calls} = much.script.world;
    much.script.pass(undefined, metered);
    expect(much.script.world.calls - calls).toBe(3);
    // A day later it is worth nothing, and goes with the next job.
    much.script.world.nowMs += DAY_MS;
    for (const [key, text] of Object.entries(job(2))) much.script.world.values.set(key, text);
    much.script.pass(undefined, metered);
    expect(much.script.runs).toEqual(['job 1 s0', 'job 2 s0']);
    expect(Object.keys(much.script.store)).not.toContain(userKey('u1'));
  });

  test.each<readonly [what: QuotaName, message: string]>([
    ['triggerTime', USED_UP],
    ['propertyOperations', 'Service invoked too many times for one day: properties.'],
  ])('counts as used up when the platform refused (%s), where that can still be written', (what, message) => {
    const {script, pass} = scriptOf(job(1, {}, {plan: loosePlan(3)}), useOf({}));
    const key = segmentKey(addressOf(1), 0, 0, 0);
    const change = (ports: Ports): Ports => ({
      ...ports,
      store: {
        ...ports.store,
        set: (name, value) => {
          if (name === key) throw new Error(message);
          ports.store.set(name, value);
        },
      },
    });
    expect(pass(change).end).toBe('error');
    expect(entryOf(script).use?.refused).toEqual([what]);
    script.world.nowMs += 400_000;
    pass();
    expect(headerOf(script, 1).phase).toMatchObject({waiting: {reason: 'quota', untilMs: AT_MS + DAY_MS}});
  });

  test('is asked for in vain where nothing can be read any more, and the pass ends as it would', () => {
    const {script, pass} = scriptOf(job(1, {}, {plan: loosePlan(3)}), useOf({}));
    let reads = 0;
    const change = (ports: Ports): Ports => ({
      ...ports,
      store: {
        ...ports.store,
        readAll: () => {
          if (++reads > 1) throw new Error(USED_UP);
          return ports.store.readAll();
        },
      },
    });
    expect(pass(change)).toMatchObject({end: 'error', error: USED_UP});
    expect(reads).toBe(3);
    expect(entryOf(script).use?.refused).toEqual([]);
  });
});

test('metered ports count what is asked of services, also where it fails', () => {
  const {world} = new Script({a: '1', b: '2', c: '3'});
  world.execute((own) => {
    const broken = {...own, store: {...own.store, remove: () => fail('Service error')}};
    const {store, triggers, identity, meter} = metered(broken);
    store.readAll();
    store.get('a');
    store.set('d', '4');
    expect(() => store.remove('a')).toThrow('Service error');
    identity.known();
    identity.ensure();
    triggers.createOneOff(60_000);
    triggers.createRecurring(10);
    triggers.remove(triggers.list());
    expect(triggers.problem()).toBeNull();
    expect(meter.unsaved).toEqual({triggerMs: 0, operations: 5, keyOperations: 7, triggersCreated: 2, refused: []});
    identity.forget();
    expect(meter.unsaved.operations).toBe(6);
  });
});

test('an invocation that is refused to the trigger service is no refusal of property operations', () => {
  const {world} = new Script({});
  world.execute((own) => {
    const message = 'Service invoked too many times for one day: trigger.';
    const {triggers, meter} = metered({...own, triggers: {...own.triggers, list: () => fail(message)}});
    expect(() => triggers.list()).toThrow(message);
    expect(meter.hasRefusal).toBe(false);
  });
});

/** A store that notes what it is asked for. */
function noting(store: Ports['store'], asked: string[]): Ports['store'] {
  return {
    readAll: () => (asked.push('readAll'), store.readAll()),
    get: (key) => (asked.push(`get ${key}`), store.get(key)),
    set: (key, value) => (asked.push(`set ${key}`), store.set(key, value)),
    remove: (key) => (asked.push(`remove ${key}`), store.remove(key)),
  };
}

function fail(message: string): never {
  throw new Error(message);
}

test('a key keeps fields that a later version added, and what is damaged counts as nothing', () => {
  const text = JSON.stringify({w: 'w1', m: 7, i: 1, o: 5, a: -1, u: [1], later: {x: 1}});
  const entry = readUserEntry({[userKey('u1')]: text}, 'u1');
  expect(entry).toEqual({
    triggers: {watchdog: 'w1', everyMinutes: 10, isInstalled: true, oneOff: null, oneOffAtMs: 0, workers: []},
    use: null,
    unknown: {later: {x: 1}},
  });
  expect(JSON.parse(encodeUserEntry(entry))).toEqual({w: 'w1', m: 10, i: 1, o: null, a: 0, later: {x: 1}});
  const used = {...entry, use: useOf({triggerMs: 5, refused: ['triggerTime']})};
  expect(readUserEntry({[userKey('u1')]: encodeUserEntry(used)}, 'u1')).toEqual(used);
});
