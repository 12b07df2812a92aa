/** Steps that walk far more than fits into one execution, or say themselves where they are and what becomes of them. */
import type {JobRecord} from '../../src/types';
import {HOUR_MS, MINUTE_MS, pasted, SECOND_MS, useLabs, type Lab} from './lab';

const newLab = useLabs();

const SOURCE = `
function seen(index) { Sim.effect('item', index); }
function begin(ctx) { Sim.effect('run', {job: ctx.name, step: ctx.stepId, attempt: ctx.attempt}); }
/** Walks so many items, each of which takes so long. */
function walk(ctx) {
  begin(ctx);
  var p = ctx.payload;
  return ctx.each({count: p.count}, function (item, index) {
    seen(index);
    Sim.spend(p.ms);
    if (index === p.failAt && ctx.attempt <= (p.failures || 0)) throw new Error('item ' + index);
  }, p.options);
}
function sum(ctx) {
  begin(ctx);
  return ctx.each({count: ctx.payload.count}, function (item, index, state) {
    Sim.spend(ctx.payload.ms);
    return state + item;
  }, {initial: 0});
}
/** Two walks one after the other, with what is between them in the cursor. */
function twice(ctx) {
  begin(ctx);
  var lists = [['a', 'b', 'c'], ['x', 'y', 'z', 'w']];
  return lists.map(function (list) {
    return ctx.each(list, function (item, index, state) { Sim.effect('item', item); Sim.spend(60000); return state + item; }, {initial: ''});
  });
}
function nested(ctx) {
  begin(ctx);
  return ctx.each([1, 2], function () { return ctx.each([3], function () {}); });
}
/** Saves by hand where it is. */
function byHand(ctx) {
  begin(ctx);
  var p = ctx.payload;
  for (var n = ctx.cursor === null ? 0 : ctx.cursor.next; n < p.count; n++) {
    seen(n);
    Sim.spend(p.ms);
    if (n === p.failAt && ctx.attempt <= (p.failures || 0)) throw new Error('row ' + n);
    ctx.checkpoint({next: n + 1});
  }
  return 'all ' + n;
}
/** Goes as far as its time allows, and lets the next execution go on. */
function inTurns(ctx) {
  begin(ctx);
  var n = ctx.cursor || 0;
  Sim.spend(1000);
  if (n >= ctx.payload.turns) return 'turns ' + n;
  ctx.checkpoint(n + 1);
  ctx.yield();
}
function deaf(ctx) {
  begin(ctx);
  for (var n = 0; n < 5; n++) { try { ctx.yield(); } catch (e) { Sim.effect('caught', n); } }
  return 'it does not matter what is returned';
}
function watchful(ctx) {
  begin(ctx);
  for (var n = 0; n < 1000; n++) {
    Sim.spend(1000);
    if (ctx.isCanceled()) { Sim.effect('saw', n); return 'stopped'; }
  }
  return 'never';
}
function oversized(ctx) { begin(ctx); ctx.checkpoint(new Array(ctx.payload.chars + 1).join('x')); return 'kept'; }
function wrong(ctx) {
  begin(ctx);
  return ['checkpoint', 'each'].map(function (method) {
    var bad = method === 'each' ? [5, 'a', {count: -1}, {count: 1.5}] : [function () {}, undefined, Symbol.iterator];
    return bad.map(function (value) {
      try { ctx[method](value, function () {}); return 'taken'; } catch (e) { return e.code; }
    });
  });
}
function final(ctx) { begin(ctx); throw AST.Jobs.fatal('no such sheet', {sheet: 'S'}); }
function later(ctx) {
  begin(ctx);
  if (ctx.attempt === 1) throw AST.Jobs.retryAfter(ctx.payload.delayMs, 'busy');
  return 'at last';
}
`;

function newWorld(): Lab {
  return newLab({project: pasted(SOURCE)});
}

function enqueue(lab: Lab, handler: string, payload: object = {}, more: object = {}): string {
  return lab.call('enqueue', {name: 'job', steps: [{id: 'a', handler, payload}], ...more}).id;
}

function finish(lab: Lab, id: string): JobRecord {
  lab.settle(12 * HOUR_MS);
  lab.expectTidy();
  return lab.status(id);
}

/** Items in the order in which they were visited. */
function visited(lab: Lab): readonly number[] {
  return lab.world.effects.filter(({name}) => name === 'item').map(({data}) => data as number);
}

/** How often items were visited again. */
function repeated(lab: Lab): number {
  return visited(lab).length - new Set(visited(lab)).size;
}

/** Lets time pass until so many items were visited, and kills who visits them. */
function killAt(lab: Lab, index: number): void {
  const {world} = lab;
  let seen = 0;
  let wasVisited = false;
  // Each effect is looked at once: there are tens of thousands of them, and one more at each turn.
  const isVisited = (): boolean => {
    const news = world.effects.slice(seen);
    seen += news.length;
    wasVisited ||= news.some(({name, data}) => name === 'item' && data === index);
    return wasVisited;
  };
  expect(world.runWhile(() => !isVisited(), 12 * HOUR_MS)).toBe(true);
  const victim = lab.world.executions.find(({end}) => end === 'running');
  if (victim === undefined) throw new Error('Expected an execution at work.');
  lab.world.kill(victim);
}

/** Executions that ran the step. */
function executionsOf(lab: Lab): number {
  return new Set(lab.world.effects.filter(({name}) => name === 'run').map(({executionId}) => executionId)).size;
}

describe('a walk over 50,000 items of 30 ms', () => {
  const LONG = {count: 50_000, ms: 30};

  test('ends in five executions or more, with a write for fifty items, and visits each once', () => {
    const lab = newWorld();
    lab.world.resetCounts();
    const id = enqueue(lab, 'walk', LONG);
    const record = finish(lab, id);
    expect(record).toMatchObject({status: 'completed', results: {a: 50_000}, recoveries: [], lastError: null});
    expect(lab.world.counts().writes / 50_000).toBeLessThanOrEqual(0.02);
    expect(executionsOf(lab)).toBeGreaterThanOrEqual(5);
    expect([visited(lab).length, repeated(lab)]).toEqual([50_000, 0]);
    expect(lab.runs().filter((run) => run !== 'a')).toEqual([]);
    // It costs hardly more time than the work itself, and a minute between executions.
    const tookMs = Date.parse(record.completedAt ?? '') - Date.parse(record.createdAt);
    expect(tookMs).toBeLessThan(50_000 * 30 * 1.5);
  });

  test('repeats after a kill no more than what was done since the last save', () => {
    const lab = newWorld();
    const id = enqueue(lab, 'walk', LONG);
    killAt(lab, 3_000);
    killAt(lab, 20_000);
    const record = finish(lab, id);
    expect(record).toMatchObject({status: 'completed', results: {a: 50_000}});
    expect(record.recoveries.map(({inDoubt}) => inDoubt)).toEqual([['a'], ['a']]);
    expect(new Set(visited(lab)).size).toBe(50_000);
    // Two kills, two seconds and one item each.
    expect(repeated(lab)).toBeLessThanOrEqual(2 * (2_000 / 30 + 2));
    expect(lab.runs().at(-1)).toBe('a/3');
  });
});

describe('where a walk is', () => {
  test('is kept over failures: the item that failed is visited again, and nothing before it', () => {
    const lab = newWorld();
    const id = enqueue(lab, 'walk', {count: 500, ms: 30, failAt: 333, failures: 2}, {retry: {delayMs: 1_000}});
    expect(finish(lab, id)).toMatchObject({status: 'completed', results: {a: 500}, steps: [{attempts: 2}]});
    expect(visited(lab).filter((index) => index !== 333)).toEqual(
      Array.from({length: 500}, (_none, index) => index).filter((index) => index !== 333),
    );
    expect(visited(lab).filter((index) => index === 333)).toHaveLength(3);
  });

  test('is kept over a stop and a resume', () => {
    const lab = newWorld();
    const id = enqueue(lab, 'walk', {count: 5_000, ms: 30});
    lab.world.runWhile(() => visited(lab).length < 1_000, HOUR_MS);
    lab.call('stop');
    lab.pass(20 * MINUTE_MS);
    const paused = lab.status(id);
    expect(paused).toMatchObject({status: 'paused', waiting: {reason: 'user'}, recoveries: []});
    const before = visited(lab).length;
    expect(before).toBeLessThan(1_300);
    lab.call('resume', id);
    expect(finish(lab, id)).toMatchObject({status: 'completed', results: {a: 5_000}});
    expect(new Set(visited(lab)).size).toBe(5_000);
    expect(repeated(lab)).toBeLessThanOrEqual(2_000 / 30 + 1);
  });

  test('is saved as often as the caller says', () => {
    const lab = newWorld();
    const id = enqueue(lab, 'walk', {count: 400, ms: 30, options: {everyItems: 10}});
    killAt(lab, 205);
    expect(finish(lab, id)).toMatchObject({status: 'completed'});
    expect(repeated(lab)).toBeLessThanOrEqual(10);
    expect(repeated(lab)).toBeGreaterThan(0);
  });

  test('is there for each of two walks of a step', () => {
    const lab = newWorld();
    const id = enqueue(lab, 'twice');
    expect(finish(lab, id)).toMatchObject({status: 'completed', results: {a: ['abc', 'xyzw']}});
    const items = lab.world.effects.filter(({name}) => name === 'item').map(({data}) => data);
    expect(items).toEqual(['a', 'b', 'c', 'x', 'y', 'z', 'w']);
    expect(executionsOf(lab)).toBeGreaterThan(1);
  });
});

test('a walk with an initial state gives its last, over any number of executions', () => {
  const lab = newWorld();
  const id = enqueue(lab, 'sum', {count: 20_000, ms: 30});
  lab.world.runWhile(() => lab.runs().length < 2, 2 * HOUR_MS);
  lab.pass(30 * SECOND_MS);
  const victim = lab.world.executions.find(({end}) => end === 'running');
  if (victim !== undefined) lab.world.kill(victim);
  expect(finish(lab, id)).toMatchObject({status: 'completed', results: {a: (20_000 * 19_999) / 2}});
  expect(executionsOf(lab)).toBeGreaterThan(2);
});

test('a walk inside a walk is refused', () => {
  const lab = newWorld();
  const id = enqueue(lab, 'nested', {}, {retry: {maxRetries: 0}});
  expect(finish(lab, id)).toMatchObject({status: 'failed', lastError: {code: 'INVALID_REQUEST'}});
  expect(lab.status(id).lastError?.message).toContain('another each');
});

describe('a step that saves by itself where it is', () => {
  test('goes on there after a kill, and after failures', () => {
    const lab = newWorld();
    const payload = {count: 20, ms: 5 * SECOND_MS, failAt: 12, failures: 2};
    const id = enqueue(lab, 'byHand', payload, {retry: {delayMs: 1_000}});
    killAt(lab, 5);
    expect(finish(lab, id)).toMatchObject({
      status: 'completed',
      results: {a: 'all 20'},
      recoveries: [{inDoubt: ['a']}],
    });
    // The kill counts as an attempt, so that one failure is left of two.
    expect(visited(lab).filter((index) => [5, 12].includes(index))).toEqual([5, 5, 12, 12]);
    expect(visited(lab)).toHaveLength(22);
    expect(lab.runs()).toEqual(['a', 'a/2', 'a/3']);
  });

  test('is killed by the wall time at the worst, and goes on', () => {
    const lab = newWorld();
    const id = enqueue(lab, 'byHand', {count: 100, ms: 10 * SECOND_MS}, {maxCrashes: 10});
    expect(finish(lab, id)).toMatchObject({status: 'completed', results: {a: 'all 100'}});
    expect(new Set(visited(lab)).size).toBe(100);
    expect(repeated(lab)).toBeLessThanOrEqual(3);
  });
});

test('yield ends the step here, and the next execution goes on at once', () => {
  const lab = newWorld();
  const id = enqueue(lab, 'inTurns', {turns: 4});
  const record = finish(lab, id);
  expect(record).toMatchObject({status: 'completed', results: {a: 'turns 4'}, recoveries: [], lastError: null});
  expect(lab.runs()).toEqual(['a', 'a', 'a', 'a', 'a']);
  expect(executionsOf(lab)).toBe(5);
});

test('a handler that catches the signal gains nothing', () => {
  const lab = newWorld();
  const id = enqueue(lab, 'deaf');
  lab.pass(20 * MINUTE_MS);
  expect(lab.world.effects.filter(({name}) => name === 'caught').length % 5).toBe(0);
  expect(lab.status(id)).toMatchObject({status: 'paused', results: {}, lastError: null, steps: [{attempts: 0}]});
  lab.call('cancel', id);
  lab.settle();
  lab.expectTidy();
});

test.each(['cancel', 'stop'])('isCanceled tells of a %s within five seconds', (method) => {
  const lab = newWorld();
  const id = enqueue(lab, 'watchful');
  lab.world.runWhile(() => lab.runs().length === 0, HOUR_MS);
  lab.pass(20 * SECOND_MS);
  if (method === 'cancel') lab.call('cancel', id);
  else lab.call('stop');
  lab.pass(7 * SECOND_MS);
  const [saw] = lab.world.effects.filter(({name}) => name === 'saw');
  expect(saw?.data).toBeLessThan(30);
  lab.pass(5 * MINUTE_MS);
  const {status, results, recoveries} = lab.status(id);
  if (method === 'cancel') {
    expect([status, results]).toEqual(['canceled', {}]);
    expect(recoveries).toMatchObject([{reason: 'canceled', inDoubt: ['a']}]);
  } else {
    // Who returns early because of it has not done its work.
    expect([status, results, recoveries]).toEqual(['paused', {}, []]);
  }
});

test('a cursor may have 3,000 bytes as JSON, and no more', () => {
  const lab = newWorld();
  const fits = enqueue(lab, 'oversized', {chars: 2_990});
  expect(finish(lab, fits)).toMatchObject({status: 'completed'});
  const large = enqueue(lab, 'oversized', {chars: 3_001}, {retry: {maxRetries: 0}});
  expect(finish(lab, large)).toMatchObject({
    ...{status: 'failed', lastError: {code: 'INVALID_REQUEST', details: {limitBytes: 3_000}}},
  });
});

test('what is no cursor and what cannot be walked is refused', () => {
  const lab = newWorld();
  const id = enqueue(lab, 'wrong');
  const results = finish(lab, id).results['a'] as readonly (readonly string[])[];
  expect(results[1]).toEqual(['INVALID_REQUEST', 'INVALID_REQUEST', 'INVALID_OPTION', 'INVALID_OPTION']);
  expect(results[0]?.[0]).toBe('INVALID_REQUEST');
});

test('fatal fails a step at once, whatever its policy', () => {
  const lab = newWorld();
  const id = enqueue(lab, 'final', {}, {retry: {maxRetries: 5, delayMs: 0}});
  expect(finish(lab, id)).toMatchObject({
    ...{status: 'failed', steps: [{attempts: 1}]},
    lastError: {code: 'STEP_FATAL', message: 'no such sheet', details: {sheet: 'S'}},
  });
  expect(lab.runs()).toEqual(['a']);
});

test('retryAfter says when the next attempt is due, whatever the policy', () => {
  const lab = newWorld();
  const delayMs = 45 * MINUTE_MS;
  const id = enqueue(lab, 'later', {delayMs}, {retry: {delayMs: 0}});
  lab.world.runWhile(() => lab.runs().length === 0, HOUR_MS);
  lab.pass(5 * SECOND_MS);
  expect(lab.status(id)).toMatchObject({waiting: {reason: 'retry'}, lastError: {code: 'STEP_RETRY', message: 'busy'}});
  const [first, second] = (finish(lab, id), lab.world.effects.filter(({name}) => name === 'run'));
  const passedMs = (second?.atMs ?? 0) - (first?.atMs ?? 0);
  expect(passedMs).toBeGreaterThanOrEqual(delayMs);
  expect(passedMs).toBeLessThan(delayMs + 15 * MINUTE_MS);
  expect(lab.status(id)).toMatchObject({status: 'completed', results: {a: 'at last'}});
});

test('retryAfter does not add attempts to those that the policy allows', () => {
  const lab = newWorld();
  const id = enqueue(lab, 'later', {delayMs: 1_000}, {retry: {maxRetries: 0}});
  expect(finish(lab, id)).toMatchObject({status: 'failed', lastError: {code: 'STEP_RETRY'}});
});
