/** A store that is full: what is refused, what waits, what makes room, and what is left to the host. */
import type {JobRecord} from '../../src/types';
import {bytesOf, emptyHost, fillUpTo, HOUR_MS, inLine, MINUTE_MS, noise, pasted, step, useLabs} from './lab';

const newLab = useLabs();

describe('when the host fills the store between two steps', () => {
  test('the job waits for room, tells so, and goes on by itself', () => {
    const lab = newLab();
    const {id} = lab.enqueue(inLine(4, {ms: 20_000, chars: 2_500}));
    lab.world.runWhile(() => lab.runs().length < 2);
    fillUpTo(lab, 0);
    lab.pass(30 * MINUTE_MS);
    const waiting = lab.status(id);
    expect(waiting).toMatchObject({status: 'paused', waiting: {reason: 'store'}, lastError: null});
    expect(Object.keys(waiting.results)).toEqual(['s1']);
    expect(waiting.recoveries).toMatchObject([{reason: 'store', inDoubt: ['s2']}]);
    const runs = lab.runs().length;
    lab.pass(3 * HOUR_MS);
    expect(lab.runs()).toHaveLength(runs);
    emptyHost(lab);
    lab.settle(HOUR_MS);
    expect(lab.status(id)).toMatchObject({status: 'completed'});
    expect(lab.runs().map((run) => run.slice(0, 2))).toEqual(['s1', 's2', 's2', 's3', 's4']);
    lab.expectTidy();
  });

  test('the step whose outcome was lost is told that it ran already', () => {
    const lab = newLab();
    const {id} = lab.enqueue(inLine(3, {ms: 20_000, chars: 2_500}));
    lab.world.runWhile(() => lab.runs().length < 2);
    fillUpTo(lab, 0);
    lab.pass(30 * MINUTE_MS);
    emptyHost(lab);
    lab.settle(HOUR_MS);
    expect(lab.status(id).recoveries).toMatchObject([{reason: 'store', inDoubt: ['s2']}]);
    expect(lab.runs()).toEqual(['s1', 's2', 's2/2', 's3']);
  });

  test('other jobs are not harmed: all of them come to their end', () => {
    const lab = newLab();
    const names = ['one', 'two', 'three'];
    for (const name of names) lab.enqueue(inLine(3, {ms: 20_000, chars: 2_500}), {name});
    lab.world.runWhile(() => lab.runs().length < 2);
    fillUpTo(lab, 0);
    lab.pass(2 * HOUR_MS);
    emptyHost(lab);
    lab.settle(2 * HOUR_MS);
    for (const name of names)
      expect(new Set(lab.runs(name).map((run) => run.slice(0, 2)))).toEqual(new Set(['s1', 's2', 's3']));
    // A job that is done may have been purged for the sake of one that waits for room.
    for (const row of lab.call<JobRecord[]>('list')) expect(row).toMatchObject({status: 'completed', lastError: null});
    lab.expectTidy();
  });

  test('before the last step, the result waits as well', () => {
    const lab = newLab();
    const {id} = lab.enqueue([step('only', {ms: 20_000, chars: 2_900})]);
    lab.world.runWhile(() => lab.runs().length < 1);
    fillUpTo(lab, 0);
    lab.pass(30 * MINUTE_MS);
    expect(lab.status(id)).toMatchObject({status: expect.stringMatching(/paused|completed/) as string});
    emptyHost(lab);
    lab.settle(HOUR_MS);
    expect(lab.status(id).status).toBe('completed');
  });

  test('finished jobs give way to one that runs', () => {
    const lab = newLab();
    const old = [1, 2, 3].map(() => lab.call('run', {name: 'old', steps: [step('a', {chars: 20_000})]}).id);
    const {id} = lab.enqueue(inLine(3, {ms: 20_000, chars: 15_000}));
    lab.world.runWhile(() => lab.runs('job').length < 1);
    fillUpTo(lab, 5_000);
    lab.settle(2 * HOUR_MS);
    expect(lab.status(id).status).toBe('completed');
    const rows = lab.call<JobRecord[]>('list', {name: 'old'});
    expect(rows.filter((row) => row.folded !== true).length).toBeLessThan(old.length);
  });

  // The ballast is given up for the first change of state; the next one has to do without.
  test('a job whose end does not fit any more is not taken for killed', () => {
    const lab = newLab();
    const ids = ['one', 'two'].map((name) => lab.enqueue(inLine(3, {ms: 20_000, chars: 2_500}), {name}).id);
    for (const name of ['one', 'two']) {
      lab.world.runWhile(() => lab.runs(name).length < 2, HOUR_MS);
      fillUpTo(lab, 0);
    }
    lab.pass(HOUR_MS);
    emptyHost(lab);
    lab.settle(6 * HOUR_MS);
    for (const id of ids) {
      const {status, recoveries} = lab.status(id);
      expect([status, recoveries.filter((recovery) => recovery.reason === 'killed')]).toEqual(['completed', []]);
    }
  });
});

// The first write is refused, the second has the ballast's room.
test.each([null, 1, 2])(
  'a step goes on where it was saved after the store was full, killed at write %p',
  (killedAt) => {
    const lab = newLab({
      project: pasted(`
      function walk(ctx) {
        Sim.effect('attempt', ctx.attempt);
        ctx.each({count: 20}, function (_item, index) {
          Sim.effect('visit', index);
          Utilities.sleep(5000);
        }, {everyItems: 1});
      }
    `),
    });
    const {id} = lab.enqueue([{id: 'walk', handler: 'walk'}]);
    const seen = (what: string): readonly unknown[] =>
      lab.world.effects.filter(({name}) => name === what).map(({data}) => data);
    lab.world.runWhile(() => seen('visit').length < 8);
    fillUpTo(lab, 0);
    let writes = 0;
    // Between the write that keeps the place and the header that gives the lease back.
    lab.world.onCall = ({method, args}) =>
      method === 'setProperty' && String(args[1]).includes(',[5,0,') && ++writes === killedAt
        ? {kind: 'kill', when: 'after'}
        : undefined;
    lab.pass(30 * MINUTE_MS);
    expect(writes).toBeGreaterThanOrEqual(killedAt ?? 1);
    const before = seen('visit').length;
    emptyHost(lab);
    lab.settle();
    expect(lab.status(id)).toMatchObject({status: 'completed'});
    // The last save found the store full, and what was visited before it is in doubt: the next attempt is told.
    expect(seen('attempt').slice(0, 2)).toEqual([1, 2]);
    expect(seen('visit').length - before).toBeLessThanOrEqual(20 - 7);
    expect(seen('visit').filter((index) => index === 0)).toHaveLength(1);
    lab.expectTidy();
  },
);

describe('a full store', () => {
  test('refuses a new job with the number, and nothing is stored', () => {
    const lab = newLab();
    fillUpTo(lab, 55_000);
    const before = lab.world.store('script');
    const refusal = lab.refusal('enqueue', {name: 'job', steps: [step('a', {noise: noise(30_000)})]});
    expect(refusal).toMatchObject({name: 'AstJobsCapabilityError', code: 'STORE_FULL'});
    const {neededBytes, freeBytes} = refusal.details as {neededBytes: number; freeBytes: number};
    expect(neededBytes).toBeGreaterThan(20_000);
    expect(freeBytes).toBeLessThan(neededBytes);
    expect(refusal.message).toContain(String(neededBytes));
    expect(refusal.message).toContain(String(freeBytes));
    expect(lab.world.store('script')).toEqual(before);
    expect(lab.world.triggers()).toEqual([]);
  });

  test('takes a job that fits', () => {
    const lab = newLab();
    fillUpTo(lab, 70_000);
    const {id} = lab.enqueue([step('a', {noise: noise(5_000)})]);
    expect(lab.settle().status(id).status).toBe('completed');
  });

  test('does not throw finished jobs away for a request that it then refuses', () => {
    const lab = newLab();
    const {id} = lab.call('run', {name: 'old', steps: [step('a', {chars: 20_000})]});
    lab.settle();
    fillUpTo(lab, 60_000);
    expect(lab.refusal('enqueue', {name: 'job', steps: [step('a', {noise: noise(60_000)})]}).code).toBe('STORE_FULL');
    expect(lab.status(id)).toMatchObject({status: 'completed'});
  });

  test('of open jobs refuses one more, and takes it when they are done', () => {
    const lab = newLab();
    const payload = {noise: noise(130_000)};
    const accepted: string[] = [];
    let refusals = 0;
    for (let index = 0; index < 4; index++) {
      const [outcome] = lab.callAll(['enqueue', {name: `job${index}`, steps: [step('a', payload)]}]);
      if (outcome?.error === undefined) accepted.push((outcome?.value as JobRecord).id);
      else if (outcome.error.code === 'STORE_FULL') refusals++;
    }
    expect([accepted.length, refusals]).toEqual([4 - refusals, refusals]);
    expect(refusals).toBeGreaterThan(0);
    for (const id of accepted) expect(['queued']).toContain(lab.status(id).status);
    lab.settle();
    expect(lab.enqueue([step('a', payload)]).status).toBe('queued');
  });
});

describe('what is left to the host', () => {
  // Google would take results until the store is full to the last byte.
  test('stays 50 KB whatever a job returns', () => {
    const lab = newLab({
      project: pasted(
        `function hostWrites() { PropertiesService.getScriptProperties().setProperty('mine', new Array(8000).join('m')); }`,
      ),
    });
    const steps = Array.from({length: 140}, (_none, index) => step(`s${index}`, {chars: 3_900}));
    const {id} = lab.enqueue(steps);
    lab.pass(HOUR_MS);
    expect(() => lab.world.call('hostWrites')).not.toThrow();
    expect(bytesOf(lab, (key) => key.includes('~job_'))).toBeLessThanOrEqual(400 * 1024);
    // More than it may ever have: that is an error of the job, and no reason to wait for ever.
    expect(lab.status(id)).toMatchObject({status: 'failed', lastError: {code: 'RESULT_TOO_LARGE'}});
  });

  // They lie under the key of an epoch that nobody reads.
  test('is not lost to pieces of a large result that was given up', () => {
    const lab = newLab();
    const {id} = lab.enqueue([step('big', {chars: 200_000})]);
    lab.world.runWhile(() => lab.runs().length < 1);
    fillUpTo(lab, 150_000);
    lab.pass(HOUR_MS);
    expect(lab.status(id)).toMatchObject({status: 'paused', waiting: {reason: 'store'}});
    expect(bytesOf(lab, (key) => key.includes('~r'))).toBe(0);
    emptyHost(lab);
    lab.settle(2 * HOUR_MS);
    expect(lab.status(id).status).toBe('completed');
    expect(bytesOf(lab, (key) => key.includes('~job_'))).toBeLessThan(210_000);
  });

  // Each attempt writes under an epoch of its own.
  test('is not lost to pieces of results whose owner was killed', () => {
    const lab = newLab();
    const {id} = lab.enqueue([step('big', {chars: 60_000}), step('last', {}, {dependsOn: 'big'})]);
    let kills = 0;
    lab.world.onCall = (call) =>
      /~r.*\.6$/.test(String(call.args[0])) && kills++ < 2 ? {kind: 'kill', when: 'after'} : undefined;
    lab.settle(6 * HOUR_MS);
    expect(lab.status(id).status).toBe('completed');
    expect(bytesOf(lab, (key) => key.includes('~r'))).toBeLessThan(70_000);
  });
});
