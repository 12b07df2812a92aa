/** Histories that `npm run simulate` found, in which a promise was broken once. Each by what happens in it. */
import type {Part} from '../../src/core/header';
import {decodeHeader} from '../../src/core/header-codec';
import type {JobRecord} from '../../src/types';
import {HOUR_MS, MINUTE_MS, pasted, SECOND_MS, step, useLabs} from './lab';

const newLab = useLabs();

test('a lease is judged as of the time before the store was read, not by a clock read minutes later', () => {
  // An owner commits its last outcome without the lock, because somebody holds it who has read the store before that and
  // fell asleep while reading. By the time he wakes up the owner's lease has run out; its log has not ended where he saw it.
  // He would blame the step for a kill, and one is enough to give it up.
  const lab = newLab({wallMs: 1_800_000});
  const {id} = lab.enqueue([step('a', {ms: 100_000}, {maxCrashes: 1})]);
  const owner = lab.world.start({fn: 'api', args: ['resume', [id]]});
  const sleeper = lab.world.start({fn: 'api', args: ['work', []], atMs: lab.world.nowMs + 60 * SECOND_MS});
  lab.world.onCall = ({execution, method}) =>
    execution === sleeper && method === 'getProperties'
      ? {kind: 'stall', ms: 400 * SECOND_MS, when: 'after'}
      : undefined;
  lab.world.runWhile(() => sleeper.end === 'running', HOUR_MS);
  lab.world.onCall = undefined;
  expect(owner.value).toMatchObject({error: {code: 'LOCK_TIMEOUT'}});
  lab.settle();
  expect(lab.status(id)).toMatchObject({status: 'completed', results: {a: 'a done'}});
  expect(lab.runs()).toEqual(['a']);
});

test('an item that failed is not tried again before its failure is committed', () => {
  // The failure of an item and its next attempt lay in one group: a kill then had two attempts of it in doubt, of which
  // the next one knew one.
  const lab = newLab({
    project: pasted(`
      function hasty(ctx) {
        Sim.effect('run', {job: ctx.name, step: ctx.stepId, attempt: ctx.attempt});
        Utilities.sleep(20);
        if (ctx.payload.index === 2 && ctx.attempt < 3) throw AST.Jobs.retryAfter(0);
        return ctx.attempt;
      }
    `),
  });
  const {id} = lab.call('enqueueMany', {name: 'job', items: {count: 6}, handler: 'hasty', retry: {maxRetries: 9}});
  let sleeps = 0;
  lab.world.onCall = ({method}) => (method === 'sleep' && ++sleeps === 4 ? {kind: 'kill', when: 'before'} : undefined);
  lab.settle();
  const attempts = lab.runs().filter((run) => run.startsWith('item_3'));
  expect(attempts).toEqual(['item_3', 'item_3/2', 'item_3/3']);
  expect(lab.status(id)).toMatchObject({status: 'completed', results: {item_3: 3}});
});

test('a cursor that is carried over may land late, when its claim is killed, and harms nobody', () => {
  // It landed in the log of the next claim, over what that one had written.
  const lab = newLab({
    project: pasted(`
      function walk(ctx) {
        return ctx.each({count: 8}, function (item, index, sum) {
          Sim.effect('visit', index);
          Utilities.sleep(20000);
          return sum + item;
        }, {initial: 0, everyMs: 0});
      }
    `),
  });
  const {id} = lab.enqueue([{id: 'a', handler: 'walk'}]);
  let sleeps = 0;
  let carried = 0;
  lab.world.onCall = ({method, args}) => {
    if (method === 'sleep' && ++sleeps === 4) return {kind: 'kill', when: 'before'};
    const isCarried = method === 'setProperty' && String(args[1]).startsWith('[2,1,-1,[5,');
    return isCarried && ++carried === 1 ? {kind: 'late', ms: 11 * MINUTE_MS} : undefined;
  };
  lab.settle();
  expect(carried).toBe(2);
  expect(lab.status(id)).toMatchObject({status: 'completed', results: {a: 28}});
  const visits = lab.world.effects.filter(({name}) => name === 'visit').map(({data}) => data);
  expect(visits).toEqual([0, 1, 2, 3, 3, 4, 5, 6, 7]);
});

test('a kill among items of which each second one is to be tried again leaves a header that can be written', () => {
  // All of them were named as in doubt, one by one: with the fifth kill the header no longer fitted into its value.
  const lab = newLab({
    project: pasted(`
      function odd(ctx) {
        Sim.spend(3);
        if (ctx.payload.index % 2 === 1 && ctx.attempt === 1) throw new Error('first');
        if (ctx.payload.index % 2 === 1) Utilities.sleep(1);
        return null;
      }
    `),
  });
  const {id} = lab.call('enqueueMany', {
    ...{name: 'job', items: {count: 1_000}, handler: 'odd', checkpoint: {everyItems: 1_000, everyMs: 60_000}},
    retry: {delayMs: 120_000, jitter: 0},
    maxCrashes: 9,
  });
  let kills = 0;
  lab.world.onCall = ({method}) => (method === 'sleep' && ++kills <= 6 ? {kind: 'kill', when: 'before'} : undefined);
  lab.settle();
  const {status, recoveries} = lab.status(id);
  expect(status).toBe('completed');
  expect(recoveries.map(({inDoubt}) => inDoubt.length)).toEqual([1, 1, 1, 1, 1, 1]);
});

test('jobs with many workers name no more triggers than ten for their workers', () => {
  const lab = newLab({project: pasted('function slow() { Sim.spend(60000); }')});
  for (const name of ['one', 'two', 'three'])
    lab.call('enqueueMany', {name, items: {count: 60}, handler: 'slow', workers: 10});
  let most = 0;
  lab.world.onLanded = ({args}) => {
    if (!String(args[0]).startsWith('AST_JOBS_USER~')) return;
    const {k = []} = JSON.parse(String(args[1])) as {readonly k?: readonly unknown[]};
    most = Math.max(most, k.length);
  };
  lab.pass(8 * MINUTE_MS);
  expect(most).toBe(10);
});

test('a handler that returns early because its job was stopped has not done its step', () => {
  const lab = newLab({
    project: pasted(`
      function polite(ctx) {
        for (var n = ctx.cursor || 0; n < 10; n++) {
          Utilities.sleep(10000);
          if (ctx.isCanceled()) return 'a part';
          ctx.checkpoint(n + 1);
        }
        return 'all';
      }
    `),
  });
  const {id} = lab.enqueue([{id: 'a', handler: 'polite'}]);
  lab.pass(100 * SECOND_MS);
  lab.call('stop');
  lab.pass(MINUTE_MS);
  expect(lab.status(id)).toMatchObject({status: 'paused', results: {}});
  lab.call('resume', id);
  lab.settle();
  expect(lab.status(id)).toMatchObject({status: 'completed', results: {a: 'all'}});
});

test('a service that is gone while a step saves where it is is no failure of the step', () => {
  const lab = newLab({
    project: pasted('function walk(ctx) { return ctx.each({count: 9}, () => Utilities.sleep(5000), {everyMs: 0}); }'),
  });
  const {id} = lab.enqueue([{id: 'a', handler: 'walk'}], {retry: {maxRetries: 0}});
  let saves = 0;
  lab.world.onCall = ({method, args}) => {
    const isSave = method === 'setProperty' && String(args[0]).includes('~s0.') && ++saves > 3 && saves <= 3 + 5;
    return isSave ? {kind: 'error', message: 'Server error', when: 'before'} : undefined;
  };
  lab.settle();
  expect(saves).toBeGreaterThan(8);
  expect(lab.status(id)).toMatchObject({status: 'completed', results: {a: 9}});
});

test('what several walks remember is refused as soon as it is more than a cursor may be', () => {
  // It was looked at only where it was saved on purpose: a failure saved it too, which no value of the store could hold,
  // and so the execution seemed to be killed, again and again.
  const lab = newLab({
    project: pasted(`
      function walk(ctx) {
        for (var n = 0; n < 4; n++)
          ctx.each([n], function () { return new Array(2500).join('x'); }, {initial: ''});
        return 'done';
      }
    `),
  });
  const {id} = lab.enqueue([{id: 'a', handler: 'walk'}], {retry: {maxRetries: 0}});
  lab.settle();
  const {status, lastError, recoveries} = lab.status(id);
  expect({status, code: lastError?.code, recoveries}).toEqual({
    ...{status: 'failed', code: 'INVALID_REQUEST', recoveries: []},
  });
  expect(lastError?.message).toContain('may have 3000');
});

test('an owner that was taken over plans no execution to go on for it', () => {
  // It slept in a commit, and woke up when its job had ended and the last trigger was gone: it made a one-off, and a key
  // of its user without a watchdog. With that one-off lost, both would stay.
  const lab = newLab({project: pasted('function slow() { Sim.spend(50000); }'), wallMs: 1_800_000});
  lab.call('enqueueMany', {name: 'job', items: {count: 6}, handler: 'slow'});
  let sleeper: number | null = null;
  let creations = 0;
  lab.world.onCall = ({method, args, execution}) => {
    if (method === 'create' && execution.id === sleeper) creations++;
    if (sleeper !== null || method !== 'setProperty' || !String(args[0]).includes('~s0.')) return undefined;
    sleeper = execution.id;
    return {kind: 'stall', ms: 25 * MINUTE_MS, when: 'after'};
  };
  lab.settle();
  expect(creations).toBe(0);
  lab.expectTidy();
});

test('an item does not begin when fetching its page again took longer than the lease', () => {
  // The clock was read before the page was fetched: the item began in an owner whose job had been taken over meanwhile,
  // and ran a second time.
  const lab = newLab({
    wallMs: 1_800_000,
    project: pasted(`
      function fetchAll(ctx) {
        Utilities.sleep(17);
        return {items: ['a', 'b', 'c']};
      }
      function slowly(ctx) {
        Sim.effect('run', {job: ctx.name, step: ctx.stepId, attempt: ctx.attempt});
        Utilities.sleep(200000);
        return ctx.payload.item;
      }
    `),
  });
  const {id} = lab.call('enqueueMany', {name: 'job', items: {handler: 'fetchAll'}, handler: 'slowly'});
  let fetched = 0;
  lab.world.onCall = ({method, args}) =>
    method === 'sleep' && args[0] === 17 && ++fetched === 2
      ? {kind: 'stall', ms: 700 * SECOND_MS, when: 'after'}
      : undefined;
  lab.settle();
  expect(lab.status(id)).toMatchObject({status: 'completed'});
  expect(lab.runs().map((run) => run.split('/')[0])).toEqual(['item_1', 'item_2', 'item_3']);
});

test('a job whose archive was out of reach goes on when it is back', () => {
  // A group that waited for the archive was larger than the store can be: the job waited for that much room for ever. And
  // what went to the store instead filled it, so that there was no room for the records of what lies in the archive.
  const lab = newLab({
    project: pasted(`
      AST.Jobs.bind(globalThis, {drive: DriveApp});
      function long(ctx) { Sim.effect('long', ctx.payload.index); Sim.spend(100); return new Array(9000).join('x'); }
    `),
  });
  const {id} = lab.call('enqueueMany', {name: 'job', items: {count: 500}, handler: 'long'});
  let isDown = false;
  lab.world.onCall = ({service}) =>
    isDown && service === 'drive' ? {kind: 'error', message: 'Service error: Drive', when: 'before'} : undefined;
  const visited = (): number => lab.world.effects.filter(({name}) => name === 'long').length;
  lab.world.runWhile(() => visited() < 200);
  isDown = true;
  lab.pass(3 * HOUR_MS);
  expect(lab.status(id)).toMatchObject({status: 'paused', waiting: {reason: 'store'}});
  isDown = false;
  lab.settle();
  expect(lab.status(id)).toMatchObject({status: 'completed', orchestration: {children: {counts: {completed: 500}}}});
  // A group and then one item at each look, which is every ten minutes.
  expect(visited()).toBeLessThan(500 + 12 + 3 * 6 + 5);
  lab.expectTidy();
});

test('plan refuses a range that it could not go through in time', () => {
  const lab = newLab();
  const request = {name: 'job', items: {count: 2 ** 31 - 1}, handler: 'square'};
  expect(lab.refusal('plan', request, {stepMs: 1})).toMatchObject({
    code: 'INVALID_OPTION',
    details: {maxItems: 1_000_000},
  });
});

test('a source that brings no items makes a completed job, not canceled items', () => {
  const lab = newLab({project: pasted('function none() { return {items: []}; }')});
  const {id} = lab.call('enqueueMany', {name: 'job', items: {handler: 'none'}, handler: 'square'});
  lab.settle();
  const {children, stages} = lab.status(id).orchestration ?? {};
  expect([children?.status, stages?.['items']?.status]).toEqual(['completed', 'completed']);
});

test('several workers at once stay within the day: what the others may use is not stored yet', () => {
  // Each looked at what was stored, and at nothing that ran: six began, each with four minutes, where eleven were left.
  const lab = newLab({dailyTriggerMs: 13 * MINUTE_MS});
  lab.world.setProperty('script', 'AST_JOBS_DAILY_TRIGGER_MINUTES', '11');
  const steps = Array.from({length: 12}, (_none, index) => step(`s${index}`, {ms: 110 * SECOND_MS}));
  const {id} = lab.enqueue(steps, {workers: 6});
  lab.settle(6 * 24 * HOUR_MS);
  const refused = lab.world.executions.filter(({trigger, end}) => trigger !== null && end === 'error');
  expect(refused).toHaveLength(0);
  expect(lab.status(id)).toMatchObject({status: 'completed'});
});

test('a service that is out for minutes does not fill the store with its message', () => {
  // Each failure had the message of its own: some 1,700 of them, and the job waited for room for ever, in its own log.
  const lab = newLab({
    project: pasted(`
      function post(ctx) {
        Sim.spend(50);
        if (Date.now() < Date.parse('2026-01-05T09:03:00Z'))
          throw new Error('Request failed for https://api.example.com returned code 503. Truncated server response: Service Unavailable');
        return ctx.payload.index;
      }
    `),
  });
  const {id} = lab.call('enqueueMany', {name: 'job', items: {count: 3000}, handler: 'post', retry: {delayMs: 120_000}});
  lab.settle();
  const {status, recoveries} = lab.status(id);
  expect({status, recoveries}).toEqual({status: 'completed', recoveries: []});
  lab.expectTidy();
});

test('a start that was put off stays put off when dependencies are added and removed', () => {
  // Each change of what the job waits for made it due at once.
  const lab = newLab();
  const first = lab.enqueue([step('a')]);
  const added = lab.call('enqueue', {name: 'added', steps: [step('b')], delayMs: 3 * HOUR_MS});
  lab.call('addDependency', added.id, first.id);
  const freed = lab.call('enqueue', {
    ...{name: 'freed', steps: [step('c')], delayMs: 3 * HOUR_MS},
    dependencies: [first.id],
  });
  lab.call('removeDependency', freed.id, first.id);
  lab.pass(2 * HOUR_MS);
  expect(lab.runs()).toEqual(['a']);
  lab.pass(2 * HOUR_MS);
  expect(lab.runs().slice().sort()).toEqual(['a', 'b', 'c']);
});

test('a circle of a dependency and a singleton key is refused', () => {
  // The later one of a key waits for the earlier one, which waited for the later one: neither ever started.
  const lab = newLab();
  const singleton = {key: 'k', policy: 'queue'} as const;
  const earlier = lab.call('enqueue', {name: 'earlier', steps: [step('a')], singleton});
  const later = lab.call('enqueue', {name: 'later', steps: [step('b')], singleton});
  expect(lab.refusal('addDependency', earlier.id, later.id).code).toBe('INVALID_REQUEST');
  lab.settle();
  expect(lab.runs()).toEqual(['a', 'b']);
});

test('stop does not count jobs that were removed', () => {
  // What is left of one, as long as its owner may live, was counted as a job.
  const lab = newLab();
  const {id} = lab.enqueue([step('a', {ms: 60_000})]);
  lab.world.runWhile(() => lab.runs().length < 1, HOUR_MS);
  lab.call('remove', id);
  expect(lab.call('stop', {data: true})).toMatchObject({jobsDeleted: 0});
});

test('one job of a singleton key runs at a time, also where the clock that accepted the second one lagged', () => {
  // The second seemed to be the earlier one, so that it did not wait for the first, which ran.
  const lab = newLab();
  const request = (name: string): object => ({
    ...{name, steps: [step(name, {ms: 100_000})]},
    singleton: {key: 'k', policy: 'queue'},
  });
  lab.call('enqueue', request('first'));
  while (lab.runs().length === 0) lab.pass(5_000);
  lab.world.onStart = () => -300_000;
  const late: JobRecord = lab.call('enqueue', request('second'));
  lab.world.onStart = undefined;
  lab.pass(30_000);
  expect(lab.runs()).toEqual(['first']);
  expect(() => lab.call('resume', late.id)).not.toThrow();
  expect(lab.runs()).toEqual(['first']);
  lab.settle();
  expect(lab.runs()).toEqual(['first', 'second']);
});

test('a failure that a killed execution did not tell is told before its job is replayed', () => {
  // The header of the job that went on still said that its end was to be told, and the next pass took it for told.
  const lab = newLab({
    project: pasted(`
      function heard(event) { Sim.effect('heard', event.event); }
      ['completed', 'failed'].forEach(function (name) { AST.Jobs.on(name, 'heard'); });
      function fragile() {
        if (PropertiesService.getScriptProperties().getProperty('mended') === null) throw AST.Jobs.fatal('broken');
        return 'mended';
      }
    `),
  });
  const {id} = lab.enqueue([{id: 'a', handler: 'fragile'}]);
  lab.world.onCall = ({method, args}) =>
    method === 'setProperty' && String(args[1]).includes('"kind":"failed"') ? {kind: 'kill', when: 'after'} : undefined;
  const isFailed = (): boolean => [...lab.world.store('script').values()].some((text) => text.includes('"ev":1'));
  lab.world.runWhile(() => !isFailed(), HOUR_MS);
  lab.world.onCall = undefined;
  lab.world.setProperty('script', 'mended', 'yes');
  lab.call('moveToDlq', id);
  lab.call('replayDlq', {});
  lab.settle();
  expect(lab.status(id)).toMatchObject({status: 'completed', results: {a: 'mended'}});
  expect(lab.world.effects.map(({data}) => data)).toEqual(['failed', 'completed']);
});

test('no part of a job that is replayed has an epoch or a log that it had before', () => {
  // All parts but the first began with epoch 1 and log 0 once more: a worker that had slept since then took the new lease
  // for its own.
  const lab = newLab({
    project: pasted(`
      function fragile(ctx) {
        Utilities.sleep(20000);
        if (PropertiesService.getScriptProperties().getProperty('mended') === null) throw AST.Jobs.fatal('broken');
        return ctx.payload.index;
      }
    `),
  });
  const {id} = lab.call('enqueueMany', {name: 'job', items: {count: 12}, handler: 'fragile', workers: 2});
  const parts = (): readonly Part[] => {
    const [, text = ''] = [...lab.world.store('script')].find(([key]) => key.endsWith(`${id}~h`)) ?? [];
    const decoded = decodeHeader(text);
    return decoded.kind === 'header' ? decoded.header.parts : [];
  };
  lab.settle();
  const before = parts();
  expect([lab.status(id).status, before.length]).toEqual(['failed', 2]);
  lab.world.setProperty('script', 'mended', 'yes');
  lab.call('moveToDlq', id);
  const replay = lab.world.start({fn: 'api', args: ['replayDlq', [{}]]});
  const isAnew = ({epoch, log}: Part, part: number): boolean =>
    epoch > (before[part]?.epoch ?? 0) && log > (before[part]?.log ?? 0);
  const seen = new Set<boolean>();
  lab.world.onLanded = ({method, args}) => {
    if (method === 'setProperty' && String(args[0]).endsWith('~h') && parts()[0]?.epoch !== before[0]?.epoch)
      seen.add(parts().every(isAnew));
  };
  lab.settle();
  expect([replay.end, [...seen], parts().length]).toEqual(['done', [true], 2]);
  expect(lab.status(id).status).toBe('completed');
});
