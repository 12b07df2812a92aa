/** What somebody does with one job from outside: pause, remove, adopt, at any moment and from any execution. */
import type {JobRecord} from '../../src/types';
import {HOUR_MS, inLine, MINUTE_MS, noise, SECOND_MS, step, useLabs, type Lab} from './lab';

const newLab = useLabs();

function untilRun(lab: Lab, count: number): void {
  lab.world.runWhile(() => lab.runs().length < count, HOUR_MS);
}

describe('pause', () => {
  test('stops a job that nobody runs, until resume', () => {
    const lab = newLab();
    const {id} = lab.enqueue(inLine(2));
    expect(lab.call('pause', id)).toMatchObject({status: 'paused', waiting: {reason: 'user'}, wakeUp: null});
    lab.pass(2 * HOUR_MS);
    expect(lab.runs()).toEqual([]);
    expect(lab.call('pause', id)).toMatchObject({status: 'paused'});
    expect(lab.call('resume', id)).toMatchObject({status: 'completed'});
    lab.settle().expectTidy();
  });

  test('stops one that runs at its next step, which keeps what it has done', () => {
    const lab = newLab();
    const {id} = lab.enqueue(inLine(4, {ms: 20_000}));
    untilRun(lab, 2);
    lab.pass(5 * SECOND_MS);
    expect(lab.call('pause', id)).toMatchObject({status: 'paused', waiting: {reason: 'user'}});
    lab.pass(2 * HOUR_MS);
    expect(lab.runs()).toEqual(['s1', 's2']);
    lab.call('resume', id);
    expect(lab.settle().status(id)).toMatchObject({status: 'completed', recoveries: []});
    expect(lab.runs()).toEqual(['s1', 's2', 's3', 's4']);
  });

  test('holds although the owner dies before it gives the job back', () => {
    const lab = newLab();
    const {id} = lab.enqueue(inLine(3, {ms: 20_000}));
    untilRun(lab, 1);
    lab.call('pause', id);
    for (const execution of lab.world.executions) if (execution.end === 'running') lab.world.kill(execution);
    lab.pass(3 * HOUR_MS);
    expect(lab.runs()).toEqual(['s1']);
    lab.call('resume', id);
    expect(lab.settle().status(id).status).toBe('completed');
  });

  test('is refused for a job that has ended', () => {
    const lab = newLab();
    const {id} = lab.call('run', {name: 'job', steps: [step('a')]});
    expect(lab.refusal('pause', id)).toMatchObject({code: 'ALREADY_FINAL'});
    expect(lab.refusal('pause', 'job_0mk2xyz12_abcdefghij')).toMatchObject({code: 'JOB_NOT_FOUND'});
  });
});

describe('remove', () => {
  test.each([
    ['queued', (lab: Lab) => lab.enqueue([step('a')]).id],
    ['completed', (lab: Lab) => lab.call('run', {name: 'job', steps: [step('a', {chars: 20_000})]}).id],
    ['large', (lab: Lab) => lab.enqueue([step('a', {blob: noise(30_000)})]).id],
  ])('deletes a %s job with all its keys', (_what, make) => {
    const lab = newLab();
    const id = make(lab);
    expect(lab.call('remove', id)).toBe(true);
    expect(lab.jobKeys()).toEqual([]);
    expect(lab.call('remove', id)).toBe(false);
    expect(lab.refusal('status', id).code).toBe('JOB_NOT_FOUND');
    lab.settle().expectTidy();
  });

  test('ends a running job: nobody sees it any more, what its owner still writes goes too, and nothing stays', () => {
    const lab = newLab();
    const {id} = lab.enqueue(inLine(4, {ms: 30_000, chars: 9_000}));
    untilRun(lab, 2);
    expect(lab.call('remove', id)).toBe(true);
    expect(lab.refusal('status', id).code).toBe('JOB_NOT_FOUND');
    expect(lab.call<JobRecord[]>('list')).toEqual([]);
    lab.settle(6 * HOUR_MS);
    expect(lab.runs()).toEqual(['s1', 's2']);
    expect(lab.jobKeys()).toEqual([]);
    lab.expectTidy();
  });

  test('takes a damaged job that somebody wants gone', () => {
    const lab = newLab();
    const {id} = lab.enqueue([step('a')]);
    lab.world.setProperty('script', `AST_JOBS_JOB_~${id}~h`, 'rubbish');
    expect(lab.call('remove', id)).toBe(true);
    expect(lab.jobKeys()).toEqual([]);
  });

  test('killed before or after any call of it, the job is there as before, or is there for nobody, and is swept', () => {
    const make = (lab: Lab): string => {
      const {id} = lab.enqueue(inLine(3, {ms: 60_000, chars: 9_000}));
      untilRun(lab, 3);
      return id;
    };
    const plain = newLab();
    const first = make(plain);
    plain.world.resetCounts();
    plain.call('remove', first);
    const {calls} = plain.world.counts();
    let removed = 0;
    for (let index = 0; index < calls; index++)
      for (const when of ['before', 'after'] as const) {
        const lab = newLab();
        const id = make(lab);
        let seen = 0;
        const execution = lab.world.start({fn: 'api', args: ['remove', [id]]});
        lab.world.onCall = (call) =>
          call.execution === execution && seen++ === index ? {kind: 'kill', when} : undefined;
        lab.settle(6 * HOUR_MS);
        lab.world.onCall = undefined;
        const rows = lab.call<JobRecord[]>('list');
        if (rows.length === 0) removed++;
        else expect(rows).toMatchObject([{status: 'completed', results: {s3: 'x'.repeat(9_000)}}]);
        if (rows.length === 0) expect(lab.jobKeys()).toEqual([]);
        lab.expectTidy();
        lab.world.close();
      }
    expect(removed).toBeGreaterThan(3);
  });
});

describe('adopt', () => {
  test('lets the triggers of another user run a job on', () => {
    const lab = newLab();
    const {id} = lab.callAs({user: 'ann'}, 'enqueue', {name: 'job', steps: inLine(3, {ms: 150_000})});
    untilRun(lab, 1);
    const before = lab.callAs({user: 'bob'}, 'status', id);
    const after = lab.callAs({user: 'bob'}, 'adopt', id);
    expect(after.owner).not.toBe(before.owner);
    for (const execution of lab.world.executions) if (execution.end === 'running') lab.world.kill(execution);
    lab.settle();
    expect(lab.status(id).status).toBe('completed');
    const userOf = (id: number): string | undefined => lab.world.executions.find((one) => one.id === id)?.user;
    const users = lab.world.effects.filter(({name}) => name === 'run').map((effect) => userOf(effect.executionId));
    expect(users.slice(1).every((user) => user === 'bob')).toBe(true);
    lab.expectTidy();
  });

  test('is refused where no trigger can be made, and for a job that has ended', () => {
    const lab = newLab();
    const {id} = lab.enqueue([step('a')]);
    lab.settle();
    expect(lab.refusal('adopt', id).code).toBe('ALREADY_FINAL');
  });
});

test('all of it may be done inside a handler and by two at once', () => {
  const lab = newLab();
  const {id} = lab.enqueue(inLine(6, {ms: 20_000}));
  untilRun(lab, 2);
  lab.world.start({fn: 'api', args: ['pause', [id]]});
  lab.world.start({fn: 'api', args: ['pause', [id]]});
  lab.world.start({fn: 'api', args: ['cancel', [id]]});
  lab.pass(10 * MINUTE_MS);
  expect(lab.status(id).status).toBe('canceled');
  lab.settle().expectTidy();
});
