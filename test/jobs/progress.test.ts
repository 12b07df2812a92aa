/** What handlers say with `ctx.progress`, and how far a job is: `AST.Jobs.progress`. */
import type {ProgressRecord} from '../../src/types';
import {asLibrary, HOUR_MS, MINUTE_MS, pasted, SECOND_MS, step, useLabs, type Lab} from './lab';

const newLab = useLabs();

const HOST = `
function report(ctx) {
  var p = ctx.payload;
  Sim.effect('run', {job: ctx.name, step: ctx.stepId, attempt: ctx.attempt});
  for (var done = p.from || 0; done <= p.total; done += p.by) {
    ctx.progress(done, p.total, p.note);
    Sim.spend(p.ms);
  }
  return 'reported';
}
function say(ctx) { ctx.progress.apply(null, ctx.payload); return 'said'; }
function pages(ctx) {
  var page = ctx.payload.page;
  return page < 2 ? {items: [page, page], nextPageToken: page + 1} : {items: [page]};
}
function slowItem(ctx) { Sim.spend(30000); return ctx.payload.item; }
`;

const newProgress = (): Lab => newLab({project: pasted(HOST)});
const progress = (lab: Lab, id: string): ProgressRecord => lab.call<ProgressRecord>('progress', id);
const untilRun = (lab: Lab): boolean => lab.world.runWhile(() => lab.runs().length === 0, HOUR_MS);

test('a running step tells how far it is, how fast, and how long it will take', () => {
  const lab = newProgress();
  const {id} = lab.enqueue([
    {id: 'r', handler: 'report', payload: {total: 100, by: 1, ms: 2_000, note: 'rows'}},
    step('after', {}, {dependsOn: 'r'}),
  ]);
  untilRun(lab);
  lab.pass(61 * SECOND_MS);
  const told = progress(lab, id);
  expect(lab.world.executions.at(-1)?.calls).toBe(1);
  expect(told).toMatchObject({status: 'running', total: 100, note: 'rows', stepId: 'r'});
  expect(told.done).toBeGreaterThanOrEqual(25);
  expect(told.fraction).toBe((told.done ?? 0) / 100);
  expect(told.ratePerMinute).toBeCloseTo(30, 0);
  expect(told.remainingMs).toBe(Math.round(((100 - (told.done ?? 0)) / (told.ratePerMinute ?? 0)) * MINUTE_MS));
  expect(told.units).toEqual({total: 2, pending: 1, running: 1, completed: 0, failed: 0, canceled: 0});
  expect(Date.parse(told.at)).toBeGreaterThan(Date.parse(told.startedAt ?? ''));
});

test('where no step says anything, steps and items that are completed are counted', () => {
  const lab = newProgress();
  const {id} = lab.call('enqueueMany', {name: 'many', handler: 'act', items: {count: 40}, sharedPayload: {ms: 5}});
  expect(progress(lab, id)).toMatchObject({
    ...{status: 'queued', done: 0, total: 40, fraction: 0, note: null, stepId: null},
    ...{ratePerMinute: null, remainingMs: null, startedAt: null},
  });
  lab.settle();
  expect(progress(lab, id)).toMatchObject({status: 'completed', done: 40, total: 40, fraction: 1, remainingMs: 0});
});

test('in the middle of steps without a word the rate is what was completed since the start', () => {
  const lab = newProgress();
  const {id} = lab.enqueue(
    Array.from({length: 6}, (_none, index) =>
      step(`s${index}`, {ms: 20_000}, index === 0 ? {} : {dependsOn: `s${index - 1}`}),
    ),
  );
  lab.world.runWhile(() => lab.runs().length < 4, HOUR_MS);
  lab.pass(10 * SECOND_MS);
  const told = progress(lab, id);
  expect(told).toMatchObject({status: 'running', done: 3, total: 6, fraction: 0.5, stepId: null});
  expect(told.ratePerMinute).toBeGreaterThan(2);
  expect(told.ratePerMinute).toBeLessThan(3);
  expect(told.remainingMs).toBeGreaterThan(60_000);
});

test('what a step said ends with that step', () => {
  const lab = newProgress();
  const {id} = lab.enqueue([
    {id: 'r', handler: 'report', payload: {total: 4, by: 1, ms: 6_000}},
    step('after', {ms: 60_000}, {dependsOn: 'r'}),
  ]);
  lab.world.runWhile(() => lab.runs().length < 2, HOUR_MS);
  lab.pass(20 * SECOND_MS);
  expect(progress(lab, id)).toMatchObject({status: 'running', done: 1, total: 2, fraction: 0.5, stepId: null});
});

test('what was said outlives a kill, until the step says more', () => {
  const lab = newProgress();
  const {id} = lab.enqueue([{id: 'r', handler: 'report', payload: {total: 100, by: 1, ms: 2_000}}]);
  untilRun(lab);
  lab.pass(31 * SECOND_MS);
  const victim = lab.world.executions.find((execution) => execution.end === 'running');
  if (victim !== undefined) lab.world.kill(victim);
  lab.pass(SECOND_MS);
  expect(progress(lab, id)).toMatchObject({status: 'running', stepId: 'r', total: 100});
  expect(progress(lab, id).done).toBeGreaterThan(8);
  lab.settle();
  expect(progress(lab, id)).toMatchObject({status: 'completed', done: 1, total: 1, fraction: 1, remainingMs: 0});
});

test('of items that come in pages the total is known with the last page', () => {
  const lab = newProgress();
  const {id} = lab.call('enqueueMany', {name: 'paged', handler: 'slowItem', items: {handler: 'pages'}});
  lab.pass(2 * MINUTE_MS);
  const early = progress(lab, id);
  expect(early).toMatchObject({status: 'running', total: null, fraction: null, remainingMs: null});
  lab.settle();
  expect(progress(lab, id)).toMatchObject({status: 'completed', done: 6, total: 6, fraction: 1});
});

test('a job that failed, was canceled or folded tells what it came to', () => {
  const lab = newProgress();
  const failed = lab.call('run', {
    ...{name: 'failed', options: {maxRetries: 0}},
    steps: [step('a'), step('b', {failures: 1}, {dependsOn: 'a'}), step('c', {}, {dependsOn: 'b'})],
  }).id;
  expect(progress(lab, failed)).toMatchObject({
    ...{status: 'failed', done: 1, total: 3, remainingMs: null},
    units: {completed: 1, failed: 1},
  });
  const canceled = lab.call('cancel', lab.enqueue([step('a')]).id).id;
  expect(progress(lab, canceled)).toMatchObject({
    status: 'canceled',
    done: 0,
    total: 1,
    remainingMs: null,
    units: {canceled: 1},
  });
  const done = lab.call('run', {name: 'done', steps: [step('a', {chars: 4_000})]}).id;
  lab.pass(8 * 24 * HOUR_MS);
  lab.call('work');
  expect(lab.status(done).folded).toBe(true);
  expect(progress(lab, done)).toMatchObject({status: 'completed', done: null, total: null, fraction: 1, units: null});
});

test.each([[[]], [['three']], [[-1]], [[null]], [[1, 'many']], [[1, -2]], [[{}]]])(
  'progress(...%j) fails the step with what was expected',
  (args) => {
    const lab = newProgress();
    const record = lab.call('run', {
      name: 'bad',
      steps: [{id: 's', handler: 'say', payload: args}],
      options: {maxRetries: 0},
    });
    expect(record).toMatchObject({status: 'failed', lastError: {code: 'INVALID_REQUEST'}});
    expect(record.lastError?.message).toMatch(/^progress expects how much/);
  },
);

test.each([[[1]], [[0, null, null]], [[2.5, 5, {a: 1}]], [[7, 3, 'x'.repeat(900)]], [[1, 0]]])(
  'progress(...%j) is taken',
  (args) => {
    const lab = newLab({project: asLibrary(HOST)});
    const record = lab.call('run', {name: 'good', steps: [{id: 's', handler: 'say', payload: args}]});
    expect(record.status).toBe('completed');
  },
);

test('progress beyond the total is the whole, and a note is cut', () => {
  const lab = newProgress();
  const {id} = lab.enqueue([
    {id: 'r', handler: 'report', payload: {from: 9, total: 100, by: 100, ms: 20_000, note: 'n'.repeat(500)}},
  ]);
  lab.world.onCall = undefined;
  untilRun(lab);
  lab.pass(10 * SECOND_MS);
  // Said at the start, less than five seconds after the claim: it is not written yet.
  expect(progress(lab, id)).toMatchObject({stepId: null, done: 0, total: 1});
  lab.settle();
});
