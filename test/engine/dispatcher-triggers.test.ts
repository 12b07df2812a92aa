/** What triggers a pass leaves behind. */
import type {Header} from '../../src/core/header';
import {headerKey, userKey} from '../../src/core/keys';
import {pausedFor} from '../support/claims';
import {addressOf, jobAt, type Values} from '../support/holds';
import {Script} from '../support/passes';
import {loosePlan} from '../support/plans';
import {AT_MS, LEASE, type StoredParts} from '../support/stored';

const MINUTE_MS = 60_000;

/** A job that waits for a retry, so that a pass leaves it open. */
function waiting(number: number, untilMs: number, header: Partial<Header> = {}, parts: StoredParts = {}): Values {
  const fields = {...pausedFor({reason: 'retry', untilMs}), ...header};
  return jobAt(addressOf(number), {plan: loosePlan(1), ...parts, header: {...fields}});
}

/** A job whose owner has given no sign since so long. */
function owned(number: number, silentMs: number, header: Partial<Header> = {}): Values {
  const fields = {phase: {kind: 'running'}, updatedAtMs: AT_MS - silentMs, ...header} as const;
  return jobAt(addressOf(number), {plan: loosePlan(1), lease: LEASE, header: {...fields}});
}

describe('where a job is open', () => {
  test('there is a watchdog, and a one-off for what is due before its next look', () => {
    const script = new Script({...waiting(1, AT_MS + 5 * MINUTE_MS), ...waiting(2, AT_MS + 3 * MINUTE_MS)});
    expect(script.pass()).toMatchObject({jobs: [], open: 2, end: 'open'});
    expect(script.triggers(true)).toHaveLength(1);
    expect(script.oneOffs()).toEqual([AT_MS + 3 * MINUTE_MS]);
    const key = JSON.parse(script.store[userKey('u1')] ?? '') as Record<string, unknown>;
    expect(key).toMatchObject({w: script.triggers(true)[0]?.uid, o: script.triggers(false)[0]?.uid});
  });

  test('what is due later is left to the watchdog', () => {
    const later = new Script(waiting(1, AT_MS + 10 * MINUTE_MS));
    later.pass();
    expect([later.triggers(true).length, later.oneOffs()]).toEqual([1, []]);
    const sooner = new Script(waiting(1, AT_MS + 10 * MINUTE_MS - 1));
    sooner.pass();
    expect(sooner.oneOffs()).toEqual([AT_MS + 10 * MINUTE_MS - 1]);
  });

  test('a watchdog that called the execution is not looked for, and stays the only one', () => {
    const script = new Script(waiting(1, AT_MS + 60 * MINUTE_MS));
    const uid = script.addWatchdog();
    const list = jest.fn(() => [uid]);
    script.pass({triggerUid: uid}, (ports) => ({...ports, triggers: {...ports.triggers, list}}));
    expect(list).not.toHaveBeenCalled();
    expect(script.world.triggers.map((trigger) => trigger.uid)).toEqual([uid]);
  });

  test('a watchdog that somebody deleted is made anew before anything is claimed', () => {
    const script = new Script(waiting(1, AT_MS - 1));
    script.world.values.set(userKey('u1'), JSON.stringify({w: 'deleted', m: 5, i: 0, o: null, a: 0}));
    const watchdogs: number[] = [];
    script.onRun = () => watchdogs.push(script.triggers(true).length);
    script.pass();
    expect(watchdogs).toEqual([1]);
  });

  test('strays are deleted before a handler runs, one time an execution', () => {
    const script = new Script({
      ...waiting(1, AT_MS - 1),
      ...waiting(2, AT_MS - 1),
      ...waiting(3, AT_MS + 60 * MINUTE_MS),
    });
    const watchdog = script.addWatchdog();
    const stray = script.addTrigger();
    const left: (readonly string[])[] = [];
    script.onRun = () => left.push(script.world.triggers.map((trigger) => trigger.uid));
    const list = jest.fn(() => script.world.triggers.map((trigger) => trigger.uid));
    const remove = jest.fn((uids: readonly string[]) => {
      script.world.triggers = script.world.triggers.filter(({uid}) => !uids.includes(uid));
    });
    script.pass({triggerUid: stray}, (ports) => ({...ports, triggers: {...ports.triggers, list, remove}}));
    expect(left).toEqual([[watchdog], [watchdog]]);
    expect([list, remove].map(({mock}) => mock.calls.length)).toEqual([1, 1]);
    expect(script.world.triggers.map((trigger) => trigger.uid)).toEqual([watchdog]);
  });

  test('a one-off that called the execution is spent: another is made', () => {
    const script = new Script(waiting(1, AT_MS + 3 * MINUTE_MS));
    const spent = script.addTrigger();
    script.addWatchdog('u1', {o: spent, a: AT_MS + MINUTE_MS});
    script.pass({triggerUid: spent});
    expect(script.oneOffs()).toEqual([AT_MS + 3 * MINUTE_MS]);
    // By another trigger it is still to come.
    const pending = new Script(waiting(1, AT_MS + 3 * MINUTE_MS));
    const oneOff = pending.addTrigger();
    const watchdog = pending.addWatchdog('u1', {o: oneOff, a: AT_MS + MINUTE_MS});
    pending.pass({triggerUid: watchdog});
    expect(pending.triggers(false).map(({uid}) => uid)).toEqual([oneOff]);
  });

  test('the next execution is planned before a handler runs when the steps will not fit into this one', () => {
    const longest = {jobMs: MINUTE_MS, nodes: []};
    const script = new Script(waiting(1, AT_MS, {longest}, {plan: loosePlan(6)}));
    const planned: number[] = [];
    script.onRun = () => planned.push(script.oneOffs().length);
    script.pass();
    expect(planned).toEqual([1, 1, 1, 1, 1, 1]);
  });

  test('strays are deleted also when nothing ran', () => {
    const script = new Script(waiting(1, AT_MS + 60 * MINUTE_MS));
    const watchdog = script.addWatchdog();
    const stray = script.addTrigger();
    script.pass({triggerUid: stray});
    expect(script.world.triggers.map((trigger) => trigger.uid)).toEqual([watchdog]);
  });

  test('an owner that is silent is looked after when its lease ends, one that is not is left alone', () => {
    const silent = new Script(owned(1, 30_001));
    silent.pass();
    expect(silent.oneOffs()).toEqual([LEASE.untilMs]);
    const busy = new Script(owned(1, 30_000));
    busy.pass();
    expect([busy.triggers(true).length, busy.oneOffs()]).toEqual([1, []]);
  });

  test('an owner that nobody waits for, or whose job is damaged, is not looked after', () => {
    const options = {maxRetries: 2, maxRuntimeMs: 240_000, leaseTtlMs: 390_000, autoResume: false, workers: 1};
    const plan = {inline: 'gone', pieces: 0, sum: 'x', units: 1};
    for (const header of [{options}, {isHalted: true}, {plan}]) {
      const script = new Script({...owned(1, 100_000, header), ...waiting(2, AT_MS + 60 * MINUTE_MS)});
      script.pass();
      expect([script.triggers(true).length, script.oneOffs()]).toEqual([1, []]);
    }
  });

  test('a job of a newer version keeps the watchdog, and counts as open', () => {
    const script = new Script({[headerKey(addressOf(1))]: '{"v":4,"what":"newer"}'});
    script.addWatchdog();
    expect(script.pass()).toMatchObject({open: 1, end: 'open'});
    expect(script.triggers(true)).toHaveLength(1);
  });
});

describe('where nothing is open', () => {
  test('no trigger is left, and no key', () => {
    const script = new Script(waiting(1, AT_MS - 1));
    const watchdog = script.addWatchdog('u1');
    script.addTrigger();
    script.pass({triggerUid: watchdog});
    expect(script.world.triggers).toEqual([]);
    expect(script.store[userKey('u1')]).toBeUndefined();
  });

  test('a watchdog that was installed stays, and is not looked for when it called', () => {
    const script = new Script({});
    const watchdog = script.addWatchdog('u1', {i: 1});
    const list = jest.fn(() => [watchdog]);
    script.pass({triggerUid: watchdog}, (ports) => ({...ports, triggers: {...ports.triggers, list}}));
    expect(script.triggers(true)).toHaveLength(1);
    expect(list).not.toHaveBeenCalled();
  });

  test('a stray that called the execution goes, beside a watchdog that was installed', () => {
    const script = new Script({});
    const watchdog = script.addWatchdog('u1', {i: 1});
    script.pass({triggerUid: script.addTrigger()});
    expect(script.world.triggers.map((trigger) => trigger.uid)).toEqual([watchdog]);
  });

  test('jobs that wait for their user or are run by hand need no trigger', () => {
    const options = {maxRetries: 2, maxRuntimeMs: 240_000, leaseTtlMs: 390_000, autoResume: false, workers: 1};
    const stopped = waiting(1, AT_MS, pausedFor({reason: 'user', untilMs: null}));
    const script = new Script({...stopped, ...waiting(2, AT_MS - 1, {options})});
    const watchdog = script.addWatchdog();
    expect(script.pass({triggerUid: watchdog})).toMatchObject({jobs: [], open: 2});
    expect(script.world.triggers).toEqual([]);
  });

  test('strays of a user whose id is gone are deleted by the pass that they start', () => {
    const called = new Script({}, null);
    called.pass({triggerUid: called.addTrigger()});
    expect(called.world.triggers).toEqual([]);
    const byHand = new Script({}, null);
    byHand.addTrigger();
    byHand.pass();
    expect(byHand.world.triggers).toHaveLength(1);
  });
});

describe('where no trigger can be made', () => {
  test('jobs run, and triggers are left alone', () => {
    const longest = {jobMs: MINUTE_MS, nodes: []};
    const long = waiting(1, AT_MS - 1, {longest}, {plan: loosePlan(6)});
    const script = new Script({...long, ...waiting(2, AT_MS + MINUTE_MS)});
    script.world.problem = 'not here';
    const stray = script.addTrigger();
    expect(script.pass({triggerUid: stray})).toMatchObject({jobs: [{status: 'completed'}], open: 1});
    expect(script.world.triggers.map((trigger) => trigger.uid)).toEqual([stray]);
    expect(script.store[userKey('u1')]).toBeUndefined();
  });
});
