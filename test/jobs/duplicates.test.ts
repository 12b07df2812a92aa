/** Requests that come twice: idempotency keys, singletons, storms of calls. */
import type {JobRecord} from '../../src/types';
import {DAY_MS, HOUR_MS, MINUTE_MS, noise, SECOND_MS, step, useLabs, type Lab} from './lab';

const newLab = useLabs();

function enqueue(lab: Lab, more: object, payload: object = {}): JobRecord {
  return lab.call('enqueue', {name: 'job', steps: [step('a', {...payload})], ...more});
}

describe('an idempotency key', () => {
  test('makes one job of many requests, also after it ended, as long as it is remembered', () => {
    const lab = newLab();
    const first = enqueue(lab, {idempotencyKey: 'order-7', idempotencyTtlMs: 2 * HOUR_MS});
    expect(first).not.toHaveProperty('duplicateOf');
    expect(enqueue(lab, {idempotencyKey: 'order-7'})).toMatchObject({id: first.id, duplicateOf: 'idempotencyKey'});
    lab.settle();
    const again = lab.call('run', {name: 'job', steps: [step('a')], idempotencyKey: 'order-7'});
    expect(again).toMatchObject({id: first.id, status: 'completed', duplicateOf: 'idempotencyKey'});
    expect(lab.call('cleanup', {olderThanDays: 0})).toMatchObject({purged: []});
    lab.pass(2 * HOUR_MS);
    expect(enqueue(lab, {idempotencyKey: 'order-7'}).id).not.toBe(first.id);
    lab.settle();
    expect(lab.runs()).toHaveLength(2);
  });

  test('makes one job of two requests at the same moment', () => {
    const lab = newLab();
    const request = {name: 'job', steps: [step('a')], idempotencyKey: 'k'};
    for (let call = 0; call < 4; call++) lab.world.start({fn: 'api', args: ['enqueue', [request]]});
    lab.settle();
    expect(lab.call<JobRecord[]>('list')).toHaveLength(1);
    expect(lab.runs()).toEqual(['a']);
  });

  test('of another key makes another job', () => {
    const lab = newLab();
    expect(enqueue(lab, {idempotencyKey: 'a'}).id).not.toBe(enqueue(lab, {idempotencyKey: 'b'}).id);
  });
});

describe('a singleton', () => {
  test('skip: the open one is returned; once it is over, there is another', () => {
    const lab = newLab();
    const first = enqueue(lab, {singleton: true});
    expect(enqueue(lab, {singleton: true})).toMatchObject({id: first.id, duplicateOf: 'singleton'});
    expect(enqueue(lab, {name: 'other', singleton: true}).id).not.toBe(first.id);
    lab.settle();
    expect(enqueue(lab, {singleton: true}).id).not.toBe(first.id);
  });

  test('queue: one after the other, in the order of the calls, also after one that failed', () => {
    const lab = newLab();
    const singleton = {key: 'k', policy: 'queue'};
    const names = ['one', 'two', 'three'];
    for (const name of names)
      lab.call('enqueue', {
        name,
        steps: [step(name, {ms: 30_000, failures: name === 'one' ? 9 : 0})],
        retry: {maxRetries: 0},
        singleton,
      });
    lab.settle();
    expect(lab.runs()).toEqual(names);
    const ends = lab.world.effects.filter(({name}) => name === 'end' || name === 'run').map(({name}) => name);
    expect(ends).toEqual(['run', 'end', 'run', 'end', 'run', 'end']);
    lab.expectTidy();
  });

  test('replace: the open one is canceled for the new one', () => {
    const lab = newLab();
    const first = enqueue(lab, {singleton: {policy: 'replace'}}, {ms: 100_000});
    lab.world.runWhile(() => lab.runs().length === 0, HOUR_MS);
    const second = lab.call('run', {name: 'job', steps: [step('b')], singleton: {policy: 'replace'}});
    expect(second).toMatchObject({status: 'completed'});
    expect(lab.settle().status(first.id)).toMatchObject({status: 'canceled'});
  });

  test('replace, killed before or after any call: the new one is there, or the old one goes on', () => {
    const request = {name: 'new', steps: [step('new')], singleton: {key: 'k', policy: 'replace'}};
    const plain = newLab();
    enqueue(plain, {singleton: 'k'});
    plain.world.resetCounts();
    plain.call('enqueue', request);
    const {calls} = plain.world.counts();
    for (let index = 0; index < calls; index++)
      for (const when of ['before', 'after'] as const) {
        const lab = newLab();
        const old = enqueue(lab, {singleton: 'k'});
        let seen = 0;
        const execution = lab.world.start({fn: 'api', args: ['enqueue', [request]]});
        lab.world.onCall = (call) =>
          call.execution === execution && seen++ === index ? {kind: 'kill', when} : undefined;
        lab.settle();
        lab.world.onCall = undefined;
        const rows = lab.call<JobRecord[]>('list');
        const isNew = rows.some((row) => row.name === 'new');
        if (!isNew) expect(lab.status(old.id).status).toBe('completed');
        else expect(rows.find((row) => row.name === 'new')?.status).toBe('completed');
        lab.expectTidy();
        lab.world.close();
      }
  });
});

describe('debounce', () => {
  const storm = (lab: Lab, calls: number, gapMs: number, more: object = {}): readonly JobRecord[] =>
    Array.from({length: calls}, (_none, call) => {
      lab.pass(gapMs);
      return enqueue(lab, {debounce: 2 * MINUTE_MS, ...more}, {result: call});
    });

  test('makes one job of a storm of calls, with what the last one asked for, after the last one', () => {
    const lab = newLab();
    const rows = storm(lab, 8, 20 * SECOND_MS);
    const lastMs = lab.world.nowMs;
    expect(new Set(rows.map(({id}) => id)).size).toBe(1);
    expect(rows[0]).not.toHaveProperty('duplicateOf');
    expect(rows[7]).toMatchObject({duplicateOf: 'debounce', steps: [{payload: {result: 7}}]});
    lab.world.runWhile(() => lab.runs().length === 0, HOUR_MS);
    expect(lab.world.nowMs - lastMs).toBeGreaterThanOrEqual(2 * MINUTE_MS);
    expect(lab.settle().status(rows[0]?.id ?? '')).toMatchObject({status: 'completed', results: {a: 7}});
    expect(lab.runs()).toEqual(['a']);
    lab.expectTidy();
  });

  test('starts after maxWaitMs in a storm that never ends, and the next call makes another job', () => {
    const lab = newLab();
    const debounce = {waitMs: 2 * MINUTE_MS, maxWaitMs: 5 * MINUTE_MS};
    const rows = storm(lab, 40, 30 * SECOND_MS, {debounce});
    const ids = new Set(rows.map(({id}) => id));
    expect(ids.size).toBeGreaterThan(1);
    expect(ids.size).toBeLessThan(6);
    lab.settle();
    expect(lab.runs()).toHaveLength(ids.size);
  });

  test('works in onEdit, once install was called: no trigger is made there', () => {
    const lab = newLab();
    lab.call('install');
    lab.pass(MINUTE_MS);
    for (let call = 0; call < 3; call++)
      lab.callAs({authMode: 'LIMITED'}, 'enqueue', {name: 'edit', steps: [step('a')], debounce: 60_000});
    lab.pass(HOUR_MS);
    expect(lab.runs()).toEqual(['a']);
  });

  test.each(['a rate limit', 'another job'])('makes one job also while that waits for %s', (what) => {
    const lab = newLab();
    const parent = lab.enqueue([step('p')], {name: 'parent', delayMs: 2 * HOUR_MS});
    lab.call('limit', 'mail', {perHour: 1});
    lab.call('run', {name: 'first', steps: [step('m')], resources: ['mail']});
    const request = what === 'another job' ? {dependencies: [parent.id]} : {resources: ['mail']};
    const rows = storm(lab, 4, 10 * MINUTE_MS, {...request, debounce: {waitMs: 2 * MINUTE_MS, maxWaitMs: DAY_MS}});
    expect(new Set(rows.map(({id}) => id)).size).toBe(1);
    lab.settle();
    expect(lab.status(rows[3]?.id ?? '')).toMatchObject({status: 'completed', results: {a: 3}});
  });

  test('leaves a replayed job alone, which has what it had completed', () => {
    const lab = newLab();
    const steps = [step('a', {result: 'old'}), step('b', {failures: 1}, {dependsOn: 'a', retry: {maxRetries: 0}})];
    const {id} = lab.call('enqueue', {name: 'sync', steps, debounce: 2 * MINUTE_MS, resources: ['mail']});
    lab.settle();
    lab.call('moveToDlq', id);
    lab.call('limit', 'mail', {perHour: 1});
    lab.call('run', {name: 'first', steps: [step('m')], resources: ['mail']});
    lab.call('replayDlq', {});
    expect(lab.status(id)).toMatchObject({status: 'paused', waiting: {reason: 'quota'}});
    const other = lab.call('enqueue', {name: 'sync', steps: [step('a', {result: 'new'})], debounce: 2 * MINUTE_MS});
    expect(other.id).not.toBe(id);
    lab.settle();
    expect(lab.status(id)).toMatchObject({results: {a: 'old'}, steps: [{attempts: 0}, {attempts: 1}]});
    expect(lab.runs('sync').filter((run) => run === 'a')).toHaveLength(2);
    expect(lab.status(other.id)).toMatchObject({status: 'completed', results: {a: 'new'}});
  });

  test('starts in time what waited before, and waits for nothing that waits for it', () => {
    const lab = newLab();
    const parent = lab.enqueue([step('p')], {name: 'parent', delayMs: 5 * HOUR_MS});
    const request = {name: 'sync', steps: [step('a')], debounce: {waitMs: 60_000, maxWaitMs: DAY_MS}};
    const first = lab.call('enqueue', {...request, dependencies: [parent.id]});
    lab.pass(HOUR_MS);
    const child = lab.enqueue([step('c')], {name: 'child', dependencies: [first.id]});
    for (const id of [first.id, child.id])
      expect(lab.refusal('enqueue', {...request, dependencies: [id]}).code).toBe('INVALID_REQUEST');
    lab.call('enqueue', request);
    const calledMs = lab.world.nowMs;
    lab.world.runWhile(() => lab.runs('sync').length === 0, HOUR_MS);
    expect(lab.world.nowMs - calledMs).toBeLessThan(4 * MINUTE_MS);
    lab.settle();
    expect(lab.runs('child')).toEqual(['c']);
  });

  test('a call that is killed at any point leaves a job that ends, also where only that call wants triggers', () => {
    const request = {name: 'sync', steps: [step('a')], debounce: 60_000};
    for (let point = 1, isOver = false; !isOver; point++)
      for (const when of ['before', 'after'] as const) {
        const lab = newLab();
        const {id} = lab.call('enqueue', {...request, options: {autoResume: false}});
        let calls = 0;
        lab.world.onCall = () => (++calls === point ? {kind: 'kill', when} : undefined);
        const execution = lab.world.start({fn: 'api', args: ['enqueue', [request]]});
        lab.pass(20 * SECOND_MS);
        lab.world.onCall = undefined;
        isOver = execution.end === 'done';
        lab.settle();
        const {status, options} = lab.status(id);
        expect([point, when, status]).toEqual([point, when, options.autoResume ? 'completed' : 'queued']);
        lab.world.close();
      }
  });

  test('is for one user and one prefix: nothing of the one runs as the other', () => {
    const lab = newLab();
    const request = {name: 'edit', steps: [step('a')], debounce: 2 * MINUTE_MS};
    const mine = lab.call('enqueue', request);
    const theirs = lab.callAs({user: 'b@example.com'}, 'enqueue', request);
    const other = lab.call('enqueue', {...request, options: {propertyPrefix: 'other'}});
    expect(new Set([mine.id, theirs.id, other.id]).size).toBe(3);
    expect(theirs.owner).not.toBe(mine.owner);
    lab.settle();
    expect(lab.runs()).toHaveLength(3);
  });

  test('is refused with steps that do not fit beside the header', () => {
    const lab = newLab();
    expect(
      lab.refusal('enqueue', {name: 'x', steps: [step('a', {blob: noise(5_000)})], debounce: 60_000}),
    ).toMatchObject({
      code: 'PLAN_TOO_LARGE',
    });
    expect(lab.jobKeys()).toEqual([]);
  });
});

test.each([
  [{idempotencyKey: ''}],
  [{idempotencyKey: 7}],
  [{idempotencyTtlMs: 1_000}],
  [{idempotencyKey: 'a', idempotencyTtlMs: 40 * DAY_MS}],
  [{singleton: {policy: 'never'}}],
  [{singleton: 5}],
  [{singleton: {keys: 'a'}}],
  [{debounce: 0}],
  [{debounce: {waitMs: 5_000, maxWaitMs: 1_000}}],
  [{debounce: 5_000, delayMs: 5}],
  [{debounce: 5_000, autoStart: false}],
  [{debounce: 5_000, idempotencyKey: 'a'}],
])('%j is refused, and nothing is stored', (more) => {
  const lab = newLab();
  expect(lab.refusal('enqueue', {name: 'job', steps: [step('a')], ...more}).name).toBe('AstJobsValidationError');
  expect(lab.world.store('script').size).toBe(0);
});
