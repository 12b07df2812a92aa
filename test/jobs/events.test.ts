/** Listeners: who is called with what, how often, and what it costs those who declare none. */
import type {JobEvent, JobRecord} from '../../src/types';
import {asLibrary, DAY_MS, HOUR_MS, inLine, MINUTE_MS, pasted, step, useLabs, type Lab} from './lab';

const newLab = useLabs();

const HEARD = `function heard(e) { Sim.effect('event', e); }\n`;
const LISTENING = `${HEARD}['completed', 'failed', 'canceled', 'stuck', 'quota'].forEach(function (name) {
  AST.Jobs.on(name, 'heard');
});\n`;

const listening = (source = LISTENING): Lab => newLab({project: pasted(source)});

const heard = (lab: Lab): readonly JobEvent[] =>
  lab.world.effects.filter(({name}) => name === 'event').map(({data}) => data as JobEvent);
const names = (lab: Lab): readonly string[] => heard(lab).map(({event, job}) => `${event} ${job.name}`);

/** Jobs whose header says that their end is to be told. */
const pending = (lab: Lab): number =>
  [...lab.world.store('script')].filter(([key, text]) => key.endsWith('~h') && text.includes('"ev":1')).length;

describe('a listener', () => {
  test('hears of the end of jobs that the dispatcher ends, after it is stored', () => {
    const lab = listening();
    const {id} = lab.enqueue(inLine(2), {tags: ['nightly']});
    const failing = lab.enqueue([step('a', {failures: 9, message: 'no such sheet'}, {retry: {maxRetries: 0}})], {
      name: 'failing',
    });
    lab.settle();
    const [first, second, ...more] = heard(lab);
    expect(more).toEqual([]);
    const {completedAt, createdAt, startedAt} = lab.status(id);
    const job = {id, name: 'job', status: 'completed', tags: ['nightly'], createdAt, startedAt};
    expect(first).toEqual({event: 'completed', at: completedAt, job});
    expect(second).toMatchObject({
      ...{event: 'failed', job: {id: failing.id, status: 'failed'}},
      error: {stepId: 'a', name: 'Error', message: 'no such sheet'},
    });
    expect(pending(lab)).toBe(0);
    lab.expectTidy();
  });

  test('hears of what run, resume and cancel end, before they return; records are those of the store', () => {
    const lab = listening();
    const record = lab.call('run', {name: 'mine', steps: inLine(1)});
    expect(names(lab)).toEqual(['completed mine']);
    expect(lab.status(record.id)).toEqual(record);
    const {id} = lab.enqueue(inLine(1));
    lab.call('resume', id);
    lab.call('cancel', lab.enqueue(inLine(1), {name: 'unwanted'}).id);
    expect(names(lab)).toEqual(['completed mine', 'completed job', 'canceled unwanted']);
    lab.settle();
    expect(names(lab)).toHaveLength(3);
    lab.expectTidy();
  });

  test('hears of what a wait ends, the jobs before it included, before that returns', () => {
    const lab = listening(`${LISTENING}
      function waiting(id) { AST.Jobs.get(id).wait(); return Sim.effect('waited', id); }
      function executing() {
        var job = AST.Jobs.job('etl', {handler: 'act'});
        job.waitForExecution(job.createExecution({tasks: [1]}));
        return Sim.effect('waited', 'etl');
      }`);
    const first = lab.enqueue(inLine(1), {name: 'first'});
    const {id} = lab.enqueue(inLine(1), {name: 'last', dependencies: [first.id]});
    lab.world.call('waiting', [id]);
    lab.world.call('executing');
    const told = lab.world.effects.filter(({name}) => name === 'event' || name === 'waited').map(({name}) => name);
    expect(told).toEqual(['event', 'event', 'waited', 'event', 'waited']);
    expect(names(lab)).toEqual(['completed first', 'completed last', 'completed etl']);
    lab.settle();
    expect(names(lab)).toHaveLength(3);
    expect(pending(lab)).toBe(0);
  });

  test('hears only of the jobs that it is for', () => {
    const lab = listening(`${HEARD}
      AST.Jobs.on('completed', heard, {name: 'one'});
      AST.Jobs.on('completed', heard, {tags: ['a', 'b']});`);
    for (const request of [{name: 'one'}, {name: 'two', tags: ['a']}, {name: 'three', tags: ['b', 'c', 'a']}])
      lab.call('run', {steps: inLine(1), ...request});
    expect(names(lab)).toEqual(['completed one', 'completed three']);
  });

  test('that throws or is not there is a line of the log, and others are called', () => {
    const lab = listening(`${HEARD}
      AST.Jobs.on('completed', function () { throw new Error('broken'); });
      AST.Jobs.on('completed', 'missing');
      AST.Jobs.on('completed', heard);`);
    const record = lab.call('run', {name: 'job', steps: inLine(1)});
    expect(record.status).toBe('completed');
    expect(names(lab)).toEqual(['completed job']);
    const log = lab.world.executions.flatMap((one) => one.log).join('\n');
    expect(log).toMatch(/a listener of completed of job job_\w+ failed: broken/);
    expect(log).toMatch(/the script has no function `"missing"`/);
    expect(pending(lab)).toBe(0);
  });

  test('is called without the lock, may enqueue, and may not run', () => {
    const lab = listening(`${HEARD}
      AST.Jobs.on('completed', function (e) {
        if (e.job.name !== 'first') return heard(e);
        AST.Jobs.enqueue({name: 'second', steps: [{id: 'a', handler: 'act'}]});
        try { AST.Jobs.run({name: 'third', steps: [{id: 'a', handler: 'act'}]}); } catch (e) { Sim.effect('refused', e.code); }
      });`);
    lab.enqueue(inLine(1), {name: 'first'});
    lab.settle();
    expect(names(lab)).toEqual(['completed second']);
    expect(lab.world.effects.filter(({name}) => name === 'refused').map(({data}) => data)).toEqual(['NESTED_RUN']);
    lab.expectTidy();
  });

  test('of a library host is declared behind bind', () => {
    const lab = newLab({project: asLibrary(`${HEARD} ASTX.Jobs.on('completed', heard);`)});
    lab.enqueue(inLine(1));
    lab.settle();
    expect(names(lab)).toEqual(['completed job']);
  });

  test.each([
    ["'finished', heard", 'An event is one of completed, failed'],
    ["'failed', 5", 'on expects a global function of your script or its name'],
    ["'failed', async function late() {}", 'must be a plain function'],
    ["'failed', heard, {name: 5}", 'A job requires a non-empty name'],
    ["'failed', heard, {tags: 'a'}", 'tags must be a list of texts'],
  ])('that makes no sense is refused: %s', (args, message) => {
    const lab = listening(`${HEARD} function declare() {
      return outcomeOf(function () { AST.Jobs.on(${args}); }).error.message;
    }`);
    expect(lab.world.call('declare', [])).toContain(message);
  });
});

test('who declares no listener pays nothing, and one for other events neither', () => {
  const cost = (source: string): unknown => {
    const lab = listening(source);
    lab.enqueue(inLine(2));
    lab.settle();
    lab.call('run', {name: 'job', steps: inLine(1)});
    return lab.world.counts().byMethod;
  };
  const without = cost('');
  expect(cost(`${HEARD} AST.Jobs.on('failed', heard); AST.Jobs.on('completed', heard, {name: 'other'});`)).toEqual(
    without,
  );
});

describe('where executions are killed', () => {
  /** Calls that a world makes which runs one job to its end. */
  function trial(kill: number | null, when: 'before' | 'after'): Lab {
    const lab = listening();
    lab.enqueue(inLine(2), {name: 'killed'});
    lab.world.resetCounts();
    let count = 0;
    lab.world.onCall = () => (++count === kill ? {kind: 'kill', when} : undefined);
    lab.settle(DAY_MS);
    return lab;
  }

  test('at any call, the listener is called at least once, and nothing stays behind', () => {
    const total = trial(null, 'before').world.counts().calls;
    let twice = 0;
    for (let kill = 1; kill <= total; kill++)
      for (const when of ['before', 'after'] as const) {
        const lab = trial(kill, when);
        const calls = names(lab);
        if (calls.length > 1) twice++;
        expect([kill, when, new Set(calls)]).toEqual([kill, when, new Set(['completed killed'])]);
        expect([kill, when, calls.length]).toEqual([kill, when, Math.min(2, calls.length)]);
        expect([kill, when, pending(lab)]).toEqual([kill, when, 0]);
        lab.expectTidy();
        lab.world.close();
      }
    // Between the call and the note that it was made, nobody knows.
    expect(twice).toBeGreaterThan(0);
  });

  test.each(['owner@example.com', 'second@example.com'])(
    'a cancel by %s of a job that waits for its user, at any call, is told by some pass',
    (user) => {
      const canceled = (kill: number | null): Lab => {
        const lab = listening(`${LISTENING} function cancelIt(id) { return AST.Jobs.cancel(id); }`);
        const {id} = lab.enqueue(inLine(1), {name: 'paused'});
        lab.call('pause', id);
        // Nobody looks after a job that waits for its user.
        lab.settle(DAY_MS);
        expect(lab.world.triggers()).toEqual([]);
        lab.world.resetCounts();
        let count = 0;
        lab.world.onCall = () => (++count === kill ? {kind: 'kill', when: 'after'} : undefined);
        const {end} = lab.world.start({fn: 'cancelIt', args: [id], user});
        lab.settle(DAY_MS);
        lab.world.onCall = undefined;
        const {status} = lab.status(id);
        expect([kill, end, status, new Set(names(lab)), pending(lab)]).toEqual(
          status === 'canceled'
            ? [kill, end, status, new Set(['canceled paused']), 0]
            : [kill, end, 'paused', new Set(), 0],
        );
        expect(lab.world.triggers()).toEqual([]);
        lab.world.close();
        return lab;
      };
      const {calls} = canceled(null).world.counts();
      const tells = Array.from({length: calls}, (_none, index) => names(canceled(index + 1)).length);
      expect(new Set(tells)).toEqual(new Set([0, 1, 2]));
    },
  );

  test('a cancel makes no trigger where nobody listens, or the user of the job has one', () => {
    const madeBy = (lab: Lab, isPaused: boolean): number => {
      const {id} = lab.enqueue(inLine(1));
      if (isPaused) lab.call('pause', id);
      if (isPaused) lab.settle(DAY_MS);
      lab.world.resetCounts();
      lab.call('cancel', id);
      return lab.world.counts().triggersCreated;
    };
    expect([madeBy(newLab(), true), madeBy(listening(), false), madeBy(listening(), true)]).toEqual([0, 0, 1]);
  });

  test('a listener that kills each execution stops nothing else, and is given up', () => {
    const lab = listening(`AST.Jobs.on('completed', function (e) {
      Sim.effect('event', e);
      if (e.job.name === 'poison') Sim.spend(400000);
    });`);
    lab.enqueue(inLine(1), {name: 'poison'});
    lab.pass(5 * MINUTE_MS);
    const {id} = lab.enqueue(inLine(1), {name: 'other'});
    lab.pass(20 * MINUTE_MS);
    expect(lab.status(id).status).toBe('completed');
    lab.settle(DAY_MS);
    expect(names(lab).length).toBeLessThan(60);
    expect(pending(lab)).toBe(0);
    lab.expectTidy();
  });

  test('a script that no longer listens lets go of what was to be told', () => {
    const lab = listening();
    lab.enqueue(inLine(1));
    lab.settle().pass(10 * MINUTE_MS);
    const [key = '', text = ''] = [...lab.world.store('script')].find(([one]) => one.endsWith('~h')) ?? [];
    lab.world.setProperty('script', key, text.replace('"rv"', '"ev":1,"rv"'));
    expect(pending(lab)).toBe(1);
    lab.world.deploy(pasted());
    lab.enqueue(inLine(1));
    lab.settle();
    expect([pending(lab), names(lab)]).toEqual([0, ['completed job']]);
    lab.expectTidy();
  });
});

describe('stuck', () => {
  test('is told once for a job whose handler is gone, and anew when it is gone again', () => {
    const lab = listening(`${LISTENING} function gone() {}`);
    const {id} = lab.enqueue([{id: 'a', handler: 'gone'}]);
    lab.world.deploy(pasted(LISTENING));
    lab.pass(3 * HOUR_MS);
    expect(names(lab)).toEqual(['stuck job']);
    expect(heard(lab)[0]).toMatchObject({reason: 'handler', job: {id, status: 'paused'}});
    lab.call('cancel', id);
    lab.settle();
    expect(names(lab)).toEqual(['stuck job', 'canceled job']);
    expect(lab.world.store('script').has('AST_JOBS_ALERTS')).toBe(false);
    lab.expectTidy();
  });

  test('is told for damage', () => {
    const lab = listening();
    const {id} = lab.enqueue(inLine(1));
    lab.world.setProperty('script', `AST_JOBS_JOB_~${id}~h`, '{oops');
    lab.enqueue(inLine(1), {name: 'other'});
    lab.pass(HOUR_MS);
    expect(heard(lab).filter(({event}) => event === 'stuck')).toMatchObject([
      {reason: 'damaged', job: {id, name: id, status: 'damaged'}},
    ]);
  });

  test('is told for a job of a user whose trigger is gone', () => {
    const lab = listening();
    const OTHER = {user: 'other@example.com'};
    const {id} = lab.callAs(OTHER, 'enqueue', {name: 'theirs', steps: inLine(1), delayMs: HOUR_MS});
    const theirs = [...lab.world.store('script').keys()].find((key) => key.startsWith('AST_JOBS_USER~')) ?? '';
    for (const {uid, user} of lab.world.triggers()) if (user === OTHER.user) lab.world.deleteTrigger(uid);
    lab.world.setProperty('script', theirs, null);
    lab.call('install');
    lab.pass(3 * HOUR_MS);
    expect(heard(lab)).toMatchObject([{event: 'stuck', reason: 'noTrigger', job: {id}}]);
  });
});

test('quota is told once in a day, when the governor puts jobs off', () => {
  const lab = newLab({project: pasted(LISTENING), dailyTriggerMs: 90 * MINUTE_MS});
  lab.enqueue(inLine(40, {ms: 3 * MINUTE_MS}));
  lab.pass(20 * HOUR_MS);
  expect(heard(lab)).toMatchObject([{event: 'quota', reason: 'quota', job: {name: 'job', status: 'paused'}}]);
  lab.settle(4 * DAY_MS);
  expect(names(lab).slice(-1)).toEqual(['completed job']);
  expect(lab.world.store('script').has('AST_JOBS_ALERTS')).toBe(false);
  lab.expectTidy();
});

describe('stuck', () => {
  const STUCK = `${HEARD}AST.Jobs.on('stuck', 'heard');\nAST.Jobs.on('failed', 'heard');\n`;

  test('is no job that waits for another one, however long that takes', () => {
    const lab = listening(STUCK);
    const parent = lab.enqueue([step('a')], {delayMs: 5 * HOUR_MS});
    lab.enqueue([step('b')], {name: 'child', dependencies: [parent.id]});
    lab.enqueue([step('c')], {name: 'queued', singleton: {key: 'one', policy: 'queue'}, delayMs: 4 * HOUR_MS});
    lab.enqueue([step('c')], {name: 'behind', singleton: {key: 'one', policy: 'queue'}});
    lab.settle();
    expect(lab.runs()).toHaveLength(4);
    expect(heard(lab)).toEqual([]);
  });

  test('is told once of each job, and of no more at a time than are remembered', () => {
    const lab = listening(`${STUCK}function gone() {}`);
    for (let index = 0; index < 60; index++)
      lab.enqueue([{id: 'a', handler: 'gone'}], {name: `job ${index}`, options: {autoResume: index > 0}});
    lab.world.deploy(pasted(STUCK));
    lab.pass(3 * HOUR_MS);
    const told = names(lab);
    expect(new Set(told).size).toBe(told.length);
    expect(told).toHaveLength(40);
    for (const {id, status} of lab.call<JobRecord[]>('list')) if (status !== 'failed') lab.call('cancel', id);
    lab.settle();
    expect(lab.world.store('script').has('AST_JOBS_ALERTS')).toBe(false);
  });

  test.each([1, 7, 30])('the end of a job is told after %d hours without any pass', (hours) => {
    const lab = listening(STUCK);
    lab.enqueue([step('a', {failures: 9}, {retry: {maxRetries: 0}})]);
    let killedMs: number | null = null;
    lab.world.onCall = ({method, args}) => {
      if (killedMs !== null || method !== 'setProperty' || !String(args[1]).includes('"ev":1')) return undefined;
      killedMs = lab.world.nowMs;
      return {kind: 'kill', when: 'after'};
    };
    lab.world.onFiring = () => (killedMs !== null && lab.world.nowMs < killedMs + hours * HOUR_MS ? 'lost' : undefined);
    lab.pass((hours + 2) * HOUR_MS);
    expect(names(lab)).toEqual(['failed job']);
    expect(pending(lab)).toBe(0);
  });

  test('the ends of many jobs are told one a pass by then, each before anything else, and none is lost', () => {
    const lab = listening(`${STUCK}AST.Jobs.on('completed', 'heard');\n`);
    for (const name of ['one', 'two', 'three'])
      lab.call('run', {name, steps: [step('a')], options: {autoResume: true}});
    // As killed executions leave them: to be told, and told to nobody.
    const untold = lab.world.store('script');
    for (const [key, text] of untold)
      if (key.endsWith('~h')) lab.world.setProperty('script', key, text.replace(/}$/, ',"ev":1}'));
    const before = names(lab).length;
    lab.pass(8 * HOUR_MS);
    lab.call('install', {everyMinutes: 10});
    lab.enqueue([step('b')], {name: 'fresh'});
    lab.pass(HOUR_MS);
    expect([...names(lab).slice(before)].sort()).toEqual([
      'completed fresh',
      'completed one',
      'completed three',
      'completed two',
    ]);
    expect(pending(lab)).toBe(0);
  });
});
