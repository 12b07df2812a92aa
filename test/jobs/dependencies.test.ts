/** Jobs that wait for jobs: order, what a parent that fails does to them, changing it later, cycles, kills. */
import type {JobLink, JobRecord} from '../../src/types';
import {asLibrary, HOUR_MS, inLine, MINUTE_MS, step, useLabs, type Lab} from './lab';

const newLab = useLabs();

function child(lab: Lab, name: string, dependencies: readonly string[], more: object = {}): JobRecord {
  return lab.call('enqueue', {name, steps: [step(name)], dependencies, ...more});
}

function failing(lab: Lab, name = 'bad'): JobRecord {
  return lab.enqueue([step(name, {failures: 9})], {name, retry: {maxRetries: 0}});
}

const deleteHeader = (lab: Lab, id: string): void => {
  lab.world.setProperty('script', `AST_JOBS_JOB_~${id}~h`, null);
};

describe('a job that depends on others', () => {
  test('waits for all of them, and starts in the pass that ends the last one', () => {
    const lab = newLab();
    const one = lab.enqueue([step('one', {ms: 20_000})], {name: 'one'});
    const two = lab.enqueue([step('two', {ms: 100_000})], {name: 'two'});
    const three = child(lab, 'three', [one.id, two.id]);
    expect(three).toMatchObject({
      ...{status: 'paused', waiting: {reason: 'dependency'}, dependencies: [one.id, two.id]},
      onDependencyFailure: 'fail',
    });
    expect(lab.call('explain', three.id)).toMatchObject({reason: 'dependency', data: {waitsFor: [one.id, two.id]}});
    lab.settle();
    expect(lab.runs()).toEqual(['one', 'two', 'three']);
    expect(lab.status(three.id)).toMatchObject({status: 'completed', waiting: null});
    expect(lab.world.executions.filter(({fn}) => fn === 'astJobsWorker').length).toBeLessThanOrEqual(3);
    lab.expectTidy();
  });

  test('goes through a chain of jobs, whoever ends the first: a resume by hand wakes the next', () => {
    const lab = newLab();
    const one = lab.enqueue([step('one')], {name: 'one'});
    const two = child(lab, 'two', [one.id]);
    const three = child(lab, 'three', [two.id]);
    lab.call('resume', one.id);
    const atMs = lab.world.nowMs;
    while (lab.runs().length < 3 && lab.world.nowMs < atMs + HOUR_MS) lab.pass(10_000);
    expect(lab.status(three.id).status).toBe('completed');
    expect(lab.world.nowMs - atMs).toBeLessThan(4 * MINUTE_MS);
    lab.settle().expectTidy();
  });

  test('can read the results of those it waited for', () => {
    const lab = newLab({
      project: asLibrary(
        "function sum(ctx) { return ctx.payload.of.map(function (id) { return ASTX.Jobs.result(id, 'n'); }); }",
      ),
    });
    const parents = [5, 6].map((result) => lab.enqueue([step('n', {result})], {name: `p${result}`}).id);
    const {id} = lab.call('enqueue', {
      ...{name: 'sum', dependencies: parents},
      steps: [{id: 'sum', handler: 'sum', payload: {of: parents}}],
    });
    expect(lab.settle().status(id).results).toEqual({sum: [5, 6]});
  });

  test('is not started by resume before they are over, and by no pass', () => {
    const lab = newLab();
    const one = lab.enqueue([step('one')], {name: 'one', delayMs: HOUR_MS});
    const two = child(lab, 'two', [one.id]);
    expect(lab.call('resume', two.id)).toMatchObject({status: 'paused', waiting: {reason: 'dependency'}});
    lab.pass(30 * MINUTE_MS);
    expect(lab.runs()).toEqual([]);
    lab.settle();
    expect(lab.runs()).toEqual(['one', 'two']);
  });

  test.each([
    ['fail', 'failed', 'DEPENDENCY_FAILED'],
    ['cancel', 'canceled', 'DEPENDENCY_FAILED'],
  ])('when one fails, policy %s: it is %s and never runs', (onDependencyFailure, status, code) => {
    const lab = newLab();
    const bad = failing(lab);
    const {id} = child(lab, 'next', [bad.id], {onDependencyFailure});
    const after = child(lab, 'after', [id]);
    lab.settle();
    expect(lab.status(id)).toMatchObject({
      status,
      lastError: {code, stepId: null, details: {jobId: bad.id, status: 'failed'}},
    });
    expect(lab.status(after.id)).toMatchObject({status: 'failed', lastError: {details: {jobId: id, status}}});
    expect(lab.runs()).toEqual(['bad']);
    lab.expectTidy();
  });

  test('when one fails, policy run: it runs', () => {
    const lab = newLab();
    const {id} = child(lab, 'next', [failing(lab).id], {onDependencyFailure: 'run'});
    expect(lab.settle().status(id).status).toBe('completed');
  });

  test('when one fails, policy wait: it waits until somebody removes the dependency', () => {
    const lab = newLab();
    const bad = failing(lab);
    const {id} = child(lab, 'next', [bad.id], {onDependencyFailure: 'wait'});
    lab.pass(2 * HOUR_MS);
    expect(lab.status(id)).toMatchObject({status: 'paused', waiting: {reason: 'dependency'}});
    lab.call('removeDependency', id, bad.id);
    expect(lab.settle().status(id).status).toBe('completed');
    lab.expectTidy();
  });

  test('when one is canceled or gone, the policy decides as when it fails', () => {
    const lab = newLab();
    const [one, two] = ['one', 'two'].map((name) => lab.enqueue([step(name)], {name, delayMs: HOUR_MS}).id) as [
      string,
      string,
    ];
    const [ofCanceled, ofGone] = [child(lab, 'a', [one]), child(lab, 'b', [two])];
    lab.call('cancel', one);
    deleteHeader(lab, two);
    lab.settle();
    expect(lab.status(ofCanceled.id).lastError?.details).toMatchObject({status: 'canceled'});
    expect(lab.status(ofGone.id).lastError?.details).toMatchObject({status: 'missing'});
  });

  test('keeps those it waits for from retention and from making room', () => {
    const lab = newLab();
    lab.world.setProperty('script', 'AST_JOBS_RETENTION_DAYS', '1');
    const one = lab.enqueue([step('one', {result: 'kept'})], {name: 'one'});
    const slow = lab.enqueue([step('slow')], {name: 'slow', delayMs: 60 * HOUR_MS});
    child(lab, 'two', [one.id, slow.id]);
    lab.pass(50 * HOUR_MS);
    expect(lab.status(one.id)).toMatchObject({status: 'completed', results: {one: 'kept'}});
    expect(lab.call('cleanup', {olderThanDays: 0})).toMatchObject({purged: []});
    expect(lab.refusal('remove', one.id)).toMatchObject({code: 'HAS_DEPENDENTS'});
    lab.settle();
    expect(lab.runs()).toEqual(['one', 'slow', 'two']);
    expect(lab.call('cleanup', {olderThanDays: 0})).toMatchObject({left: 0});
    expect(lab.jobKeys()).toEqual([]);
  });
});

describe('what a job depends on', () => {
  test('is read in both directions', () => {
    const lab = newLab();
    const one = lab.enqueue([step('one')], {name: 'one'});
    const [two, three] = [child(lab, 'two', [one.id]), child(lab, 'three', [one.id])];
    expect(lab.call<JobLink[]>('getDependencies', two.id)).toEqual([{id: one.id, name: 'one', status: 'queued'}]);
    const names = lab.call<JobLink[]>('getDependents', one.id).map((link) => link.name);
    expect(names.sort()).toEqual(['three', 'two']);
    expect(lab.call('getDependents', three.id)).toEqual([]);
  });

  test('is added and removed as long as the job has not started', () => {
    const lab = newLab();
    const one = lab.enqueue([step('one', {ms: 90_000})], {name: 'one'});
    const two = lab.enqueue([step('two')], {name: 'two'});
    expect(lab.call('addDependency', two.id, one.id)).toMatchObject({
      waiting: {reason: 'dependency'},
      dependencies: [one.id],
    });
    expect(lab.call('addDependency', two.id, one.id)).toMatchObject({dependencies: [one.id]});
    const removed = lab.call('removeDependency', two.id, one.id);
    expect(removed).toMatchObject({status: 'queued', waiting: null});
    expect(removed).not.toHaveProperty('dependencies');
    lab.call('addDependency', two.id, one.id);
    lab.settle();
    expect(lab.runs()).toEqual(['one', 'two']);
    expect(lab.refusal('addDependency', two.id, one.id).code).toBe('ALREADY_FINAL');
  });

  test('cannot be changed once the job has started', () => {
    const lab = newLab();
    const one = lab.enqueue([step('one')], {name: 'one', delayMs: HOUR_MS});
    const two = lab.enqueue(inLine(2, {ms: 200_000}), {name: 'two'});
    lab.world.runWhile(() => lab.runs().length === 0, HOUR_MS);
    expect(lab.refusal('addDependency', two.id, one.id).code).toBe('ALREADY_STARTED');
  });

  test('is refused where it goes round in a circle, is too much, or is no job', () => {
    const lab = newLab();
    const one = lab.enqueue([step('one')], {name: 'one'});
    const two = child(lab, 'two', [one.id]);
    const three = child(lab, 'three', [two.id]);
    const before = lab.everything();
    expect(lab.refusal('addDependency', one.id, three.id)).toMatchObject({
      ...{code: 'INVALID_REQUEST', details: {path: [three.id, two.id, one.id]}},
    });
    expect(lab.refusal('addDependency', one.id, one.id)).toMatchObject({code: 'INVALID_REQUEST'});
    const gone = 'job_0mk2xyz12_abcdefghij';
    expect(lab.refusal('addDependency', one.id, gone).code).toBe('JOB_NOT_FOUND');
    for (const dependencies of [[gone]])
      expect(lab.refusal('enqueue', {name: 'x', steps: [step('x')], dependencies}).code).toBe('JOB_NOT_FOUND');
    for (const dependencies of [
      ['nonsense'],
      [{}],
      [3],
      [null],
      Array.from({length: 21}, () => one.id.slice(0, -2) + '00').map((id, k) => id.slice(0, -2) + String(10 + k)),
    ])
      expect(lab.refusal('enqueue', {name: 'x', steps: [step('x')], dependencies}).code).toBe('INVALID_REQUEST');
    expect(lab.refusal('run', {name: 'x', steps: [step('x')], dependencies: [one.id]}).message).toMatch(/use enqueue/);
    expect(lab.everything()).toEqual(before);
  });
});

test('with kills before and after calls of parent and child, both end, each step once for each doubt', () => {
  const act = (lab: Lab): readonly string[] => {
    const one = lab.enqueue([step('one', {ms: 1_000})], {name: 'one'});
    const two = child(lab, 'two', [one.id]);
    return [one.id, two.id];
  };
  const plain = newLab();
  const ids = act(plain);
  plain.world.resetCounts();
  plain.settle();
  const {calls} = plain.world.counts();
  expect(plain.status(ids[1] ?? '').status).toBe('completed');
  for (let index = 0; index < calls; index += 2)
    for (const when of [index % 4 === 0 ? 'before' : 'after'] as const) {
      const lab = newLab();
      const [one = '', two = ''] = act(lab);
      let seen = 0;
      lab.world.onCall = () => (seen++ === index ? {kind: 'kill', when} : undefined);
      lab.settle(6 * HOUR_MS);
      lab.world.onCall = undefined;
      expect([lab.status(one).status, lab.status(two).status, index]).toEqual(['completed', 'completed', index]);
      const order = lab.runs().map((run) => run.split('/')[0]);
      expect(order.indexOf('two')).toBeGreaterThan(order.lastIndexOf('one'));
      lab.expectTidy();
      lab.world.close();
    }
});
