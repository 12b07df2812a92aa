/** Items of a map step that are committed in groups: what that costs, and what is told after a kill in the middle. */
import {HOUR_MS, pasted, useLabs, type Lab} from './lab';

const newLab = useLabs();

const SOURCE = `
function item(ctx) {
  var p = ctx.payload.shared;
  Sim.effect('run', {job: ctx.name, step: ctx.stepId, attempt: ctx.attempt});
  Sim.spend(p.ms);
  if (ctx.attempt <= (p.failures || 0)) throw new Error('attempt ' + ctx.attempt);
  Sim.effect('end', {job: ctx.name, step: ctx.stepId, attempt: ctx.attempt});
  return p.isVoid ? undefined : ctx.payload.item * 2;
}
`;

function enqueue(lab: Lab, count: number, ms: number, request: Readonly<Record<string, unknown>> = {}): string {
  const {shared = {}, ...more} = request as {shared?: object};
  const many = {name: 'many', handler: 'item', items: {count}, sharedPayload: {ms, ...shared}, ...more};
  return lab.call('enqueueMany', many).id;
}

/** Writes of properties for each item, from the start of the job to its end. */
function writesAnItem(count: number, ms: number, request: Readonly<Record<string, unknown>> = {}): number {
  const lab = newLab({project: pasted(SOURCE)});
  lab.world.resetCounts();
  const id = enqueue(lab, count, ms, request);
  lab.settle();
  const {writes} = lab.world.counts();
  expect(lab.status(id)).toMatchObject({status: 'completed', recoveries: []});
  expect(lab.runs()).toHaveLength(count);
  lab.expectTidy();
  return writes / count;
}

/** Kills the execution in the run of an item, and returns the steps that are committed then. */
function killAt(lab: Lab, id: string, item: string): ReadonlySet<string> {
  expect(lab.world.runWhile(() => lab.runs().at(-1) !== item, HOUR_MS)).toBe(true);
  const victim = lab.world.executions.find(({end}) => end === 'running');
  if (victim !== undefined) lab.world.kill(victim);
  const {steps} = lab.status(id);
  return new Set(steps.filter(({state}) => state === 'completed').map(({id: step}) => step));
}

const idsFrom = (first: number, last: number): readonly string[] =>
  Array.from({length: last - first + 1}, (_none, index) => `item_${first + index}`);

describe('where results may go to Drive', () => {
  const withDrive = pasted(`AST.Jobs.bind(globalThis, {drive: DriveApp});\n${SOURCE}`);
  const rangeOfKill = (count: number): number => {
    const lab = newLab({project: withDrive});
    const id = enqueue(lab, count, 1_000);
    killAt(lab, id, 'item_20');
    lab.settle();
    const {status, recoveries} = lab.status(id);
    expect(status).toBe('completed');
    const [{inDoubt = []} = {}] = recoveries as readonly {readonly inDoubt?: readonly unknown[]}[];
    return inDoubt.length;
  };

  test('groups of many items are larger, so that the store can name all of their texts', () => {
    expect(rangeOfKill(60)).toBe(1);
    expect(rangeOfKill(1_600)).toBe(2);
  });
});

describe('items of 50 ms', () => {
  test('cost a write for every twenty of them', () => {
    expect(writesAnItem(2_000, 50)).toBeLessThanOrEqual(0.05);
  });

  test('cost as much where they return nothing', () => {
    expect(writesAnItem(2_000, 50, {shared: {isVoid: true}})).toBeLessThanOrEqual(0.05);
  });

  test('cost less where the request allows for larger groups, and one each where it says so', () => {
    expect(writesAnItem(3_000, 50, {checkpoint: {everyMs: 20_000, everyItems: 400}})).toBeLessThanOrEqual(0.02);
    const each = writesAnItem(200, 50, {checkpoint: {everyItems: 1}});
    expect(each).toBeGreaterThanOrEqual(1);
    expect(each).toBeLessThan(1.1);
    expect(writesAnItem(200, 50, {checkpoint: {everyMs: 0}})).toBeGreaterThanOrEqual(1);
  });
});

test('items that take longer than a group are committed one by one', () => {
  expect(writesAnItem(100, 1_300)).toBeGreaterThanOrEqual(1);
});

test('what a group returned is there, in whatever form', () => {
  const lab = newLab({project: pasted(SOURCE)});
  const id = enqueue(lab, 250, 20);
  const nothing = enqueue(lab, 250, 20, {name: 'nothing', shared: {isVoid: true}});
  lab.settle();
  const {results} = lab.status(id);
  expect(results).toEqual(Object.fromEntries(idsFrom(1, 250).map((step, index) => [step, index * 2])));
  const record = lab.status(nothing);
  expect(Object.values(record.results)).toEqual(Array.from({length: 250}, () => null));
  const times = record.steps.map(({completedAt}) => Date.parse(completedAt ?? ''));
  expect([...times].sort((one, other) => one - other)).toEqual(times);
});

test.each([
  [{everyMs: -1}],
  [{everyMs: 60_001}],
  [{everyMs: '5'}],
  [{everyItems: 0}],
  [{everyItems: 1_001}],
  [{everyItems: 1.5}],
  [{every: 5}],
  ['often'],
  [[5]],
])('checkpoint: %j is refused, and nothing is stored', (checkpoint) => {
  const lab = newLab({project: pasted(SOURCE)});
  const before = lab.everything();
  const many = {name: 'many', handler: 'item', items: {count: 5}, checkpoint};
  const reduced = {name: 'many', mapHandler: 'item', reduceHandler: 'total', items: {count: 5}, checkpoint};
  for (const refusal of [lab.refusal('enqueueMany', many), lab.refusal('mapReduce', reduced)]) {
    expect(refusal.name).toBe('AstJobsValidationError');
    expect(refusal.message).toContain('checkpoint');
  }
  expect(lab.everything()).toEqual(before);
});

describe('a kill in a group', () => {
  test('is told of: all that may have begun runs again, knows of it, and nothing that is committed does', () => {
    const lab = newLab({project: pasted(SOURCE)});
    const id = enqueue(lab, 200, 100);
    const committed = killAt(lab, id, 'item_90');
    expect(committed.has('item_60')).toBe(true);
    lab.settle();
    const record = lab.status(id);
    expect(record.status).toBe('completed');
    expect(record.recoveries).toMatchObject([{reason: 'killed'}]);
    const {inDoubt = []} = record.recoveries[0] ?? {};
    expect(inDoubt).toContain('item_90');
    expect(inDoubt.length).toBeGreaterThan(1);
    expect(inDoubt.length).toBeLessThanOrEqual(12);
    expect(inDoubt.filter((step) => committed.has(step))).toEqual([]);
    const again = lab.runs().filter((run) => run.includes('/'));
    expect(again).toEqual(inDoubt.map((step) => `${step}/2`));
    const ran = lab.runs().map((run) => run.replace(/\/.*/, ''));
    expect(ran.filter((step) => committed.has(step))).toHaveLength(committed.size);
    expect(new Set(ran).size).toBe(200);
    lab.expectTidy();
  });

  test('blames nobody at first; an item that kills again and again is found, and the rest goes on', () => {
    const lab = newLab({project: pasted(SOURCE)});
    const id = enqueue(lab, 60, 100);
    killAt(lab, id, 'item_30');
    for (const run of ['item_30/2', 'item_30/3', 'item_30/4']) killAt(lab, id, run);
    lab.settle();
    const record = lab.status(id);
    expect(record).toMatchObject({status: 'failed', lastError: {stepId: 'item_30', code: 'STEP_KILLED'}});
    expect(record.steps.filter(({state}) => state === 'completed')).toHaveLength(59);
    expect(record.recoveries.slice(1).map(({inDoubt}) => inDoubt)).toEqual([['item_30'], ['item_30'], ['item_30']]);
    lab.expectTidy();
  });

  test('with maxCrashes: 1 is in doubt about one item, which is given up', () => {
    const lab = newLab({project: pasted(SOURCE)});
    const id = enqueue(lab, 60, 100, {maxCrashes: 1});
    const committed = killAt(lab, id, 'item_30');
    expect([...committed]).toEqual(idsFrom(1, 29));
    lab.settle();
    const record = lab.status(id);
    expect(record).toMatchObject({status: 'failed', recoveries: [{inDoubt: ['item_30']}]});
    expect(lab.runs()).toEqual(idsFrom(1, 60));
  });
});

test('failures in a group are tried again, and nothing else is', () => {
  const lab = newLab({project: pasted(SOURCE)});
  const id = enqueue(lab, 30, 50, {shared: {failures: 1}, retry: {delayMs: 1_000}});
  lab.settle();
  expect(lab.status(id)).toMatchObject({status: 'completed', recoveries: []});
  expect(lab.runs().filter((run) => run.endsWith('/2'))).toHaveLength(30);
  expect(lab.runs()).toHaveLength(60);
});

test('a cancel in a group names the items that were not committed', () => {
  const lab = newLab({project: pasted(SOURCE)});
  const id = enqueue(lab, 2_000, 100);
  expect(lab.world.runWhile(() => lab.runs().at(-1) !== 'item_90', HOUR_MS)).toBe(true);
  lab.call('cancel', id);
  const runs = lab.runs().length;
  lab.settle();
  const {recoveries} = lab.status(id);
  expect(recoveries).toMatchObject([{reason: 'canceled'}]);
  expect(recoveries[0]?.inDoubt).toContain('item_90');
  // It looks every five seconds.
  expect(lab.runs().length - runs).toBeLessThanOrEqual(60);
});
