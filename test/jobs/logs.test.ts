/** What handlers write with `ctx.log`, and how it is read: `AST.Jobs.logs`. */
import type {JobRecord, LogPage} from '../../src/types';
import type {ServiceCall, Verdict} from '../simulator';
import {HOUR_MS, MINUTE_MS, noise, pasted, SECOND_MS, step, useLabs, type Lab} from './lab';

const newLab = useLabs();

const HOST = `
/** Says a line, spends time, says another, and so on as often as its payload says. */
function talk(ctx) {
  var p = ctx.payload || {}, lines = p.lines || 1;
  Sim.effect('run', {job: ctx.name, step: ctx.stepId, attempt: ctx.attempt});
  for (var i = 1; i <= lines; i++) {
    ctx.log(ctx.stepId, i, p.text || '');
    Sim.spend(p.ms || 0);
  }
  if (ctx.attempt <= (p.failures || 0)) throw new Error('failure ' + ctx.attempt);
  return p.result === undefined ? ctx.stepId + ' done' : p.result;
}
function walk(ctx) {
  return ctx.each({count: ctx.payload.count}, function (i) { ctx.log('item', i); Sim.spend(ctx.payload.ms); });
}
function silent(ctx) { Sim.spend((ctx.payload || {}).ms || 0); return ctx.stepId + ' done'; }
/** Looks whether it is wanted, and goes on all the same. */
function stubborn(ctx) {
  for (var i = 0; i < 10; i++) {
    if (ctx.isCanceled()) Sim.effect('told', {job: ctx.name, step: ctx.stepId, attempt: ctx.attempt});
    ctx.log('still here', i);
    Sim.spend(6000);
  }
}
function item(ctx) { ctx.log('item', ctx.payload.item); Sim.spend(2000); return ctx.payload.item; }
var kept;
function keeps(ctx) { kept = ctx; ctx.log('mine'); }
function uses() { kept.log('of a step that is over'); Sim.spend(6000); kept.log('again'); }
function rubbish(ctx) {
  var cyclic = {}; cyclic.self = cyclic;
  ctx.log();
  ctx.log(cyclic, {get boom() { throw new Error('no entry'); }}, Symbol('s'), function () {}, undefined, null, [1, {a: 'b'}]);
  ctx.log({toJSON: function () { throw 'thrown text'; }}, new Error('an error'), NaN, new Array(2000).join('😀'));
  ctx.log(new Proxy({}, {get: function () { throw new Error('proxy'); }, ownKeys: function () { throw new Error('keys'); }}));
  return 'survived';
}
function countAll() { return 0; }
`;

const talk = (id: string, payload: Readonly<Record<string, unknown>> = {}, more = {}): ReturnType<typeof step> => ({
  ...step(id, payload, more),
  handler: 'talk',
});

const newTalk = (): Lab => newLab({project: pasted(HOST)});
const logs = (lab: Lab, id: string, options: object = {}): LogPage => lab.call<LogPage>('logs', id, options);
const messages = (page: LogPage): readonly string[] => page.entries.map(({message}) => message);
const noteKeys = (lab: Lab): readonly string[] => lab.jobKeys().filter((key) => /~l\d+\.\d+$/.test(key));

function isNotesWrite(call: ServiceCall): boolean {
  return call.method === 'setProperty' && /~l\d+\.\d+$/.test(String(call.args[0]));
}

test('lines of a run are told in order, with step and time, for one write', () => {
  const lab = newTalk();
  const {id} = lab.call('run', {name: 'job', steps: [talk('a', {lines: 2, text: {k: [1]}}), talk('b')]});
  const writes = lab.world.executions.at(-1)?.counts().writes;
  const page = logs(lab, id);
  expect(page).toMatchObject({next: null, dropped: 0});
  expect(page.entries.map(({stepId, message}) => [stepId, message])).toEqual([
    ['a', 'a 1 {"k":[1]}'],
    ['a', 'a 2 {"k":[1]}'],
    ['b', 'b 1 '],
  ]);
  for (const {at} of page.entries) expect(Date.parse(at)).toBeGreaterThan(0);
  const quiet = newTalk();
  quiet.call('run', {
    name: 'job',
    steps: ['a', 'b'].map((step) => ({id: step, handler: 'silent'})),
  });
  expect(writes).toBe((quiet.world.executions.at(-1)?.counts().writes ?? 0) + 1);
});

test('a job that says nothing makes the same calls as before, and has no key for it', () => {
  const lab = newTalk();
  const {id} = lab.enqueue(
    Array.from({length: 4}, (_none, index) => ({...step(`s${index}`, {ms: 20_000}), handler: 'silent'})),
  );
  lab.settle();
  expect(lab.status(id).status).toBe('completed');
  expect(noteKeys(lab)).toEqual([]);
  const keys = new Set(lab.world.history.map((entry) => JSON.stringify(entry)).filter((text) => /~l\d/.test(text)));
  expect([...keys]).toEqual([]);
  expect(logs(lab, id)).toEqual({entries: [], next: null, dropped: 0});
});

test('a long step can be watched while it runs: a write every five seconds at most', () => {
  const lab = newTalk();
  const {id} = lab.enqueue([talk('long', {lines: 100, ms: 1_000})]);
  lab.world.runWhile(() => lab.runs().length === 0, HOUR_MS);
  lab.pass(31 * SECOND_MS);
  const seen = logs(lab, id);
  expect(seen.entries.length).toBeGreaterThanOrEqual(25);
  lab.settle();
  const rest = logs(lab, id, {after: seen.entries.at(-1)?.cursor});
  expect([...messages(seen), ...messages(rest)]).toEqual(
    Array.from({length: 100}, (_none, index) => `long ${index + 1} `),
  );
  const writes = lab.world.executions.find((one) => one.fn === 'astJobsWorker')?.counts().byMethod[
    'properties.setProperty'
  ];
  expect(writes).toBeLessThanOrEqual(20 + 4);
});

test('pages of a log follow each other, and an entry is where the next look begins', () => {
  const lab = newTalk();
  const {id} = lab.call('run', {name: 'job', steps: [talk('a', {lines: 25})]});
  const seen: string[] = [];
  let page = logs(lab, id, {limit: 10});
  seen.push(...messages(page));
  while (page.next !== null) {
    page = logs(lab, id, {limit: 10, after: page.next});
    seen.push(...messages(page));
  }
  expect(seen).toEqual(Array.from({length: 25}, (_none, index) => `a ${index + 1} `));
  expect(logs(lab, id, {after: page.entries.at(-1)?.cursor})).toEqual({entries: [], next: null, dropped: 0});
  expect(lab.world.executions.at(-1)?.calls).toBe(1);
});

test.each([
  [{after: 'x'}, 'INVALID_REQUEST'],
  [{after: 5}, 'INVALID_REQUEST'],
  [{limit: 0}, 'INVALID_OPTION'],
  [{limit: 1_001}, 'INVALID_OPTION'],
  ['all', 'INVALID_REQUEST'],
])('logs refuses %j', (options, code) => {
  const lab = newTalk();
  const {id} = lab.call('run', {name: 'job', steps: [talk('a')]});
  expect(['INVALID_REQUEST', 'INVALID_OPTION']).toContain(lab.refusal('logs', id, options).code);
  expect(lab.refusal('logs', id, options).code).toBe(code);
});

test('logs and progress of a job that never was are refused', () => {
  const lab = newTalk();
  for (const method of ['logs', 'progress'])
    expect(lab.refusal(method, 'job_000000000_0000000000').code).toBe('JOB_NOT_FOUND');
});

test('only the last lines are kept, and those that went are counted', () => {
  const lab = newTalk();
  const {id} = lab.call('run', {name: 'job', steps: [talk('a', {lines: 400, text: noise(60)})]});
  const page = logs(lab, id, {limit: 1_000});
  expect(page.entries.length + page.dropped).toBe(400);
  expect(page.dropped).toBeGreaterThan(300);
  expect(page.entries.at(-1)?.message).toMatch(/^a 400 /);
  const [key = ''] = noteKeys(lab);
  expect(Buffer.byteLength(lab.world.store('script').get(key) ?? '')).toBeLessThanOrEqual(4_000);
});

test('whatever is logged, the step goes on', () => {
  const lab = newTalk();
  const {id, results} = lab.call('run', {name: 'job', steps: [{id: 'r', handler: 'rubbish'}]});
  expect(results).toEqual({r: 'survived'});
  const [none, odd, thrown, proxy] = messages(logs(lab, id));
  expect(none).toBe('');
  expect(odd).toMatch(
    /^\[not shown: Converting circular.*\] \[not shown: no entry\] Symbol\(s\) \[function\] undefined null \[1,\{"a":"b"\}\]$/,
  );
  expect(thrown).toMatch(/^\[not shown: it threw thrown text\] Error: an error NaN 😀+…$/u);
  expect(proxy).toMatch(/^\[not shown: /);
});

test('lines of a step that failed are there, and those of its other attempts', () => {
  const lab = newTalk();
  const {id} = lab.enqueue([talk('a', {failures: 2})]);
  lab.settle();
  expect(lab.status(id).status).toBe('completed');
  expect(messages(logs(lab, id))).toEqual(['a 1 ', 'a 1 ', 'a 1 ']);
});

test('the lines of many executions stay as long as there is room, in three values at most', () => {
  const lab = newTalk();
  const steps = Array.from({length: 9}, (_none, index) =>
    talk(`s${index + 1}`, {ms: 200_000}, index === 0 ? {} : {dependsOn: `s${index}`}),
  );
  const {id} = lab.enqueue(steps);
  for (let index = 0; index < 60; index++) {
    lab.pass(MINUTE_MS);
    expect(noteKeys(lab).length).toBeLessThanOrEqual(3);
  }
  lab.settle();
  expect(lab.status(id).status).toBe('completed');
  expect(messages(logs(lab, id))).toEqual(steps.map((one) => `${one.id} 1 `));
});

test('several workers log side by side, and a reader misses nothing', () => {
  const lab = newTalk();
  const items = Array.from({length: 120}, (_none, index) => index);
  const {id} = lab.call('enqueueMany', {name: 'many', handler: 'item', items, workers: 4, maxConcurrency: 100});
  const seen: string[] = [];
  let after: string | undefined;
  let dropped = 0;
  for (let look = 0; look < 200 && lab.status(id).status !== 'completed'; look++) {
    lab.pass(10 * SECOND_MS);
    const page = logs(lab, id, {limit: 1_000, ...(after === undefined ? {} : {after})});
    seen.push(...messages(page));
    dropped += page.dropped;
    after = page.entries.at(-1)?.cursor ?? after;
  }
  lab.settle();
  seen.push(...messages(logs(lab, id, {limit: 1_000, ...(after === undefined ? {} : {after})})));
  expect(lab.status(id).status).toBe('completed');
  expect(dropped).toBe(0);
  expect([...seen].sort()).toEqual(items.map((one) => `item ${one}`).sort());
  const parts = new Set(noteKeys(lab).map((key) => key.replace(/^.*~l/, '').split('.')[0]));
  expect(parts.size).toBeGreaterThan(1);
  expect(noteKeys(lab).length).toBeLessThanOrEqual(3 + 4);
});

describe('a kill', () => {
  const steps = (): ReturnType<typeof step>[] => [
    talk('a', {lines: 3, ms: 4_000}),
    {...talk('b', {lines: 3, ms: 4_000}), dependsOn: 'a'},
    {id: 'c', handler: 'walk', payload: {count: 6, ms: 4_000}, dependsOn: 'b'},
  ];
  const expected = {a: 'a done', b: 'b done', c: 6};
  const said = [
    ...[...'ab'].flatMap((one) => [1, 2, 3].map((line) => `${one} ${line} `)),
    ...[0, 1, 2, 3, 4, 5].map((one) => `item ${one}`),
  ];

  test.each(['before', 'after'] as const)('%s any write of a run that logs leaves the same results', (when) => {
    const clean = newTalk();
    clean.enqueue(steps());
    clean.settle();
    const total = clean.world.history.filter((entry) => JSON.stringify(entry).includes('setProperty')).length;
    let killed = 0;
    for (let point = 1; point <= Math.max(20, total); point++) {
      const lab = newTalk();
      let writes = 0;
      const {id} = lab.enqueue(steps());
      lab.world.onCall = (call): Verdict | undefined => {
        if (call.method !== 'setProperty' && call.method !== 'deleteProperty') return undefined;
        if (++writes !== point) return undefined;
        killed++;
        return {kind: 'kill', when};
      };
      lab.settle();
      expect([point, lab.status(id).status, lab.status(id).results]).toEqual([point, 'completed', expected]);
      const page = logs(lab, id, {limit: 1_000});
      expect(page.dropped).toBe(0);
      const told = new Set(messages(page));
      const lost = said.filter((message) => !told.has(message));
      expect([...told].filter((message) => !said.includes(message))).toEqual([]);
      // What was said within five seconds before the kill, by work that was saved and is not done again.
      expect(lost.length).toBeLessThanOrEqual(2);
      lab.expectTidy();
      lab.world.close();
    }
    expect(killed).toBeGreaterThan(15);
  });

  test('loses the lines since the last write, and no others', () => {
    const lab = newTalk();
    const {id} = lab.enqueue([talk('a', {lines: 12, ms: 1_000})]);
    lab.world.runWhile(() => lab.runs().length === 0, HOUR_MS);
    lab.pass(8 * SECOND_MS);
    const victim = lab.world.executions.find((execution) => execution.end === 'running');
    if (victim !== undefined) lab.world.kill(victim);
    const seen = messages(logs(lab, id));
    expect(seen.length).toBeGreaterThanOrEqual(5);
    expect(seen.length).toBeLessThan(9);
    lab.settle();
    const all = messages(logs(lab, id));
    expect(all.slice(0, seen.length)).toEqual(seen);
    expect(all).toHaveLength(seen.length + 12);
  });

  test('between the first write of an owner and the delete of older values counts no line twice', () => {
    const lab = newTalk();
    const many = Array.from({length: 5}, (_none, index) =>
      talk(`s${index + 1}`, {ms: 200_000}, index === 0 ? {} : {dependsOn: `s${index}`}),
    );
    const {id} = lab.enqueue(many);
    let kills = 0;
    lab.world.onCall = (call): Verdict | undefined => {
      if (call.method !== 'deleteProperty' || !/~l\d/.test(String(call.args[0])) || kills > 0) return undefined;
      kills++;
      return {kind: 'kill', when: 'before'};
    };
    lab.settle();
    expect(kills).toBe(1);
    const told = messages(logs(lab, id));
    expect(new Set(told)).toEqual(new Set(many.map((one) => `${one.id} 1 `)));
    // The step that was in doubt ran again, and said so again.
    expect(told.length).toBeLessThanOrEqual(6);
    expect(noteKeys(lab).length).toBeLessThanOrEqual(3);
  });
});

test('what a dead owner writes late harms nobody', () => {
  const lab = newTalk();
  const {id} = lab.enqueue([talk('a', {lines: 4, ms: 3_000}), talk('b', {}, {dependsOn: 'a'})]);
  let late = 0;
  lab.world.onCall = (call): Verdict | undefined => {
    if (!isNotesWrite(call) || late > 0) return undefined;
    late++;
    return {kind: 'late', ms: 20 * MINUTE_MS};
  };
  lab.settle();
  expect(late).toBe(1);
  expect(lab.status(id)).toMatchObject({status: 'completed', results: {a: 'a done', b: 'b done'}});
  expect(messages(logs(lab, id)).filter((message) => message.startsWith('a 4'))).toHaveLength(1);
  lab.expectTidy();
});

test('a run that was found lost writes nothing more', () => {
  const lab = newTalk();
  const {id} = lab.enqueue([
    talk('a', {lines: 2, ms: 6_000}),
    talk('b', {lines: 4, ms: 6_000}, {dependsOn: 'a'}),
    talk('c', {}, {dependsOn: 'b'}),
  ]);
  lab.world.runWhile(() => lab.runs().length < 2, HOUR_MS);
  lab.call('cancel', id);
  const writes: number[] = [];
  let looks = 0;
  lab.world.onCall = (call): undefined => {
    if (call.method === 'getProperty' && String(call.args[0]).endsWith('~h')) looks++;
    if (isNotesWrite(call) && looks > 0) writes.push(call.n);
  };
  lab.settle();
  expect(looks).toBeGreaterThan(0);
  expect(writes).toEqual([]);
  expect(lab.status(id).status).toBe('canceled');
});

test('a step that goes on after it was told that its run is lost writes nothing more', () => {
  const lab = newTalk();
  const {id} = lab.enqueue([{id: 's', handler: 'stubborn'}]);
  const isTold = (): boolean => lab.world.effects.some(({name}) => name === 'told');
  lab.pass(MINUTE_MS + 20 * SECOND_MS);
  expect(isTold()).toBe(false);
  lab.call('cancel', id);
  let late = 0;
  lab.world.onCall = (call): undefined => {
    if (isNotesWrite(call) && isTold()) late++;
  };
  lab.settle();
  expect([isTold(), late]).toEqual([true, 0]);
});

test('older values stay as long as what takes them over was not written', () => {
  const lab = newTalk();
  const steps = Array.from({length: 4}, (_none, index) =>
    talk(`s${index + 1}`, {ms: 200_000}, index === 0 ? {} : {dependsOn: `s${index}`}),
  );
  const {id} = lab.enqueue(steps);
  let refused = 0;
  lab.world.onCall = (call): Verdict | undefined => {
    if (!isNotesWrite(call) || !String(call.args[0]).endsWith('~l0.4')) return undefined;
    refused++;
    return {kind: 'error', message: 'Access denied.', when: 'before'};
  };
  lab.settle();
  expect([lab.status(id).status, refused > 0]).toEqual(['completed', true]);
  expect(messages(logs(lab, id))).toEqual(['s1 1 ', 's2 1 ', 's3 1 ']);
});

test('a context that outlives its step and its run is harmless', () => {
  const lab = newTalk();
  const {id} = lab.call('run', {
    name: 'job',
    steps: [
      {id: 'one', handler: 'keeps'},
      {id: 'two', handler: 'uses', dependsOn: 'one'},
    ],
  });
  expect(logs(lab, id).entries.map(({stepId, message}) => [stepId, message])).toEqual([
    ['one', 'mine'],
    ['one', 'of a step that is over'],
    ['one', 'again'],
  ]);
});

describe('a store without room', () => {
  test.each(['full', 'refusing'])('that is %s fails no step because of a line', (kind) => {
    const lab = newTalk();
    const {id} = lab.enqueue([talk('a', {lines: 5, ms: 3_000}), talk('b', {lines: 5, ms: 3_000}, {dependsOn: 'a'})]);
    if (kind === 'full')
      for (let key = 0; key < 56; key++) lab.world.setProperty('script', `host_${key}`, noise(8_000));
    else
      lab.world.onCall = (call): Verdict | undefined =>
        isNotesWrite(call)
          ? {kind: 'error', message: 'You have exceeded the property storage quota.', when: 'before'}
          : undefined;
    lab.settle();
    expect(lab.status(id)).toMatchObject({status: 'completed', recoveries: [], results: {a: 'a done', b: 'b done'}});
    expect(lab.status(id).steps.map(({attempts}) => attempts)).toEqual([0, 0]);
    expect(logs(lab, id).entries).toEqual([]);
  });

  test('takes the lines away before anything else gives way', () => {
    const lab = newTalk();
    const old = lab.call('run', {name: 'old', steps: [talk('a', {lines: 60, text: noise(60)})]}).id;
    for (let key = 0; ; key++) {
      const bytes = [...lab.world.store('script')].reduce((sum, [name, text]) => sum + name.length + text.length, 0);
      if (bytes > 450 * 1024 - 9_000) break;
      lab.world.setProperty('script', `host_${key}`, noise(1_000));
    }
    const {id} = lab.call('run', {name: 'new', steps: [step('big', {chars: 6_000})]});
    expect(lab.status(id).status).toBe('completed');
    expect(logs(lab, old).entries).toEqual([]);
    expect(lab.call<JobRecord>('status', old)).toMatchObject({status: 'completed', results: {a: 'a done'}});
  });
});

test('damaged text of a log is passed over', () => {
  const lab = newTalk();
  const {id} = lab.enqueue([talk('a', {ms: 200_000}), talk('b', {ms: 200_000}, {dependsOn: 'a'})]);
  lab.settle();
  const [key = ''] = noteKeys(lab);
  for (const text of ['', 'rubbish', '{"o":[[1]]}']) {
    lab.world.setProperty('script', key, text);
    expect(messages(logs(lab, id))).toEqual(['b 1 ']);
    expect(lab.status(id).status).toBe('completed');
  }
});

describe('the lines of a finished job', () => {
  test('go with its steps, and nothing is left of it', () => {
    const lab = newTalk();
    const {id} = lab.call('run', {name: 'job', steps: [talk('a')]});
    expect(noteKeys(lab)).toHaveLength(1);
    lab.call('cleanup', {olderThanDays: 0});
    expect(lab.jobKeys()).toEqual([]);
    expect(lab.refusal('logs', id).code).toBe('JOB_NOT_FOUND');
  });

  test('that come late are swept', () => {
    const lab = newTalk();
    const {id} = lab.call('run', {name: 'job', steps: [talk('a')]});
    const [key = ''] = noteKeys(lab);
    const text = lab.world.store('script').get(key) ?? '';
    lab.call('cleanup', {olderThanDays: 0});
    lab.world.setProperty('script', key, text);
    lab.pass(2 * HOUR_MS);
    lab.call('work');
    expect(lab.jobKeys()).toEqual([]);
    expect(lab.refusal('logs', id).code).toBe('JOB_NOT_FOUND');
  });

  test('stop with its data takes them', () => {
    const lab = newTalk();
    lab.call('run', {name: 'job', steps: [talk('a')]});
    lab.call('stop', {data: true});
    expect(lab.jobKeys()).toEqual([]);
  });
});
