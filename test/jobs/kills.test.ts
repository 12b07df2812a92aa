/** Steps that kill their execution, steps that are killed by others, and steps that need nearly all of an execution. */
import type {ServiceCall, Verdict} from '../simulator';
import {HOUR_MS, inLine, MINUTE_MS, step, useLabs, type Lab} from './lab';

const newLab = useLabs();

/** Kills the execution in the middle of each call of a handler's step. */
function killDuring(lab: Lab, stepId: string, times: number): void {
  for (let kills = 0; kills < times; kills++) {
    const before = lab.runs().filter((run) => run.startsWith(stepId)).length;
    lab.world.runWhile(() => lab.runs().filter((run) => run.startsWith(stepId)).length === before, 3 * HOUR_MS);
    const victim = lab.world.executions.find((execution) => execution.end === 'running');
    if (victim !== undefined) lab.world.kill(victim);
  }
}

/** Kills the first `times` executions of the dispatcher that make such a call, right after it. */
function killAfter(lab: Lab, times: number, matches: (call: ServiceCall) => boolean): () => number {
  let kills = 0;
  lab.world.onCall = (call): Verdict | undefined => {
    if (kills >= times || call.execution.fn !== 'astJobsWorker' || !matches(call)) return undefined;
    kills++;
    return {kind: 'kill', when: 'after'};
  };
  return () => kills;
}

function isHeaderWrite(call: ServiceCall): boolean {
  return call.method === 'setProperty' && String(call.args[0]).endsWith('~h');
}

describe('a step that kills its execution', () => {
  test('fails as STEP_KILLED after three times, and the rest goes on', () => {
    const lab = newLab();
    const steps = [step('a'), step('killer', {ms: 5_000}), step('after', {}, {dependsOn: 'killer'}), step('c')];
    const {id} = lab.enqueue(steps);
    killDuring(lab, 'killer', 3);
    const record = lab.settle().status(id);
    expect(lab.runs()).toEqual(['a', 'killer', 'killer/2', 'killer/3', 'c']);
    expect(record).toMatchObject({status: 'failed', results: {a: 'a done', c: 'c done'}});
    expect(record.lastError).toMatchObject({
      ...{stepId: 'killer', name: 'AstJobsStepExecutionError', code: 'STEP_KILLED', details: {crashes: 3}},
    });
    expect(record.steps[1]).toMatchObject({state: 'failed', attempts: 0});
    expect(record.recoveries.map(({reason, inDoubt}) => [reason, inDoubt])).toEqual(
      Array.from({length: 3}, () => ['killed', ['killer']]),
    );
    lab.expectTidy();
  });

  test('goes on when it survives the third time', () => {
    const lab = newLab();
    const {id} = lab.enqueue([step('killer', {ms: 5_000}), step('b', {}, {dependsOn: 'killer'})]);
    killDuring(lab, 'killer', 2);
    expect(lab.settle().status(id)).toMatchObject({status: 'completed', lastError: null});
    expect(lab.runs()).toEqual(['killer', 'killer/2', 'killer/3', 'b']);
  });

  test('is given up sooner or later as the job or the step says', () => {
    const lab = newLab();
    const {id} = lab.enqueue([step('one', {ms: 5_000}), step('two', {ms: 5_000}, {maxCrashes: 4})], {maxCrashes: 2});
    killDuring(lab, 'one', 2);
    killDuring(lab, 'two', 3);
    expect(lab.settle().status(id)).toMatchObject({status: 'failed', results: {two: 'two done'}});
    expect(lab.runs()).toEqual(['one', 'one/2', 'two', 'two/2', 'two/3', 'two/4']);
  });

  test('which always lasts longer than six minutes ends within an hour', () => {
    const lab = newLab();
    const {id} = lab.enqueue([step('endless', {ms: 400_000}), step('b')]);
    const record = lab.settle(2 * HOUR_MS).status(id);
    expect(record).toMatchObject({status: 'failed', results: {b: 'b done'}, lastError: {code: 'STEP_KILLED'}});
    expect(Date.parse(record.updatedAt) - Date.parse(record.createdAt)).toBeLessThan(HOUR_MS);
  });
});

describe('a kill near a step is not laid at its door', () => {
  test('right after the claim, time and again', () => {
    const lab = newLab();
    const {id} = lab.enqueue([step('a'), step('b')]);
    const kills = killAfter(lab, 6, isHeaderWrite);
    expect(lab.settle().status(id).status).toBe('completed');
    expect(kills()).toBe(6);
    expect(lab.runs()).toEqual(['a/2', 'b']);
  });

  test('at the first call of an execution', () => {
    const lab = newLab();
    const {id} = lab.enqueue([step('a'), step('b')]);
    const kills = killAfter(lab, 5, (call) => call.index === 1);
    expect(lab.settle().status(id)).toMatchObject({status: 'completed', recoveries: []});
    expect([kills(), lab.runs()]).toEqual([5, ['a', 'b']]);
  });

  test('at the end of the job', () => {
    const lab = newLab();
    const {id} = lab.enqueue([step('a')]);
    killAfter(lab, 4, (call) => isHeaderWrite(call) && lab.runs().length > 0);
    expect(lab.settle().status(id)).toMatchObject({status: 'completed'});
    lab.expectTidy();
  });

  // A unit that may not be killed once is marked right before its handler, and not named by the claim.
  test('not even where one kill is too many', () => {
    const lab = newLab();
    const {id} = lab.enqueue([step('a', {}, {maxCrashes: 1})]);
    killAfter(lab, 1, isHeaderWrite);
    expect(lab.settle().status(id).status).toBe('completed');
  });
});

describe('long steps', () => {
  test.each([200_000, 300_000, 340_000])('of %i ms run one an execution and are never killed', (ms) => {
    const lab = newLab();
    const {id} = lab.enqueue(inLine(4, {ms}));
    const record = lab.settle().status(id);
    expect(record).toMatchObject({status: 'completed', recoveries: []});
    expect(lab.runs()).toEqual(['s1', 's2', 's3', 's4']);
    const executions = new Set(lab.world.effects.map((effect) => effect.executionId));
    expect(executions.size).toBe(4);
    expect(lab.world.executions.every((execution) => execution.end === 'done')).toBe(true);
    expect(Date.parse(record.updatedAt) - Date.parse(record.createdAt)).toBeLessThan(4 * (ms + 3 * MINUTE_MS));
  });

  test('of several jobs take turns', () => {
    const lab = newLab();
    const ids = ['one', 'two', 'three'].map((name) => lab.enqueue(inLine(2, {ms: 340_000}), {name}).id);
    const quick = lab.enqueue(inLine(3), {name: 'quick'}).id;
    lab.settle();
    for (const id of [...ids, quick]) expect(lab.status(id)).toMatchObject({status: 'completed', recoveries: []});
    expect([...lab.runs()].sort()).toEqual(['s1', 's1', 's1', 's1', 's2', 's2', 's2', 's2', 's3']);
  });

  test('do not start late: a step waits for an execution that has time for it', () => {
    const lab = newLab();
    const {id} = lab.enqueue(inLine(3, {ms: 110_000}));
    lab.settle();
    expect(lab.status(id)).toMatchObject({status: 'completed', recoveries: []});
    const perExecution = new Map<number, number>();
    for (const {executionId, name} of lab.world.effects)
      if (name === 'run') perExecution.set(executionId, (perExecution.get(executionId) ?? 0) + 1);
    expect([...perExecution.values()]).toEqual([2, 1]);
  });

  test('run by hand end with their execution and leave the rest to the dispatcher', () => {
    const lab = newLab();
    const {id, status} = lab.call('run', {name: 'by hand', steps: inLine(3, {ms: 340_000})});
    expect(status).toBe('paused');
    expect(lab.settle().status(id)).toMatchObject({status: 'completed', recoveries: []});
    expect(lab.runs()).toEqual(['s1', 's2', 's3']);
  });
});
