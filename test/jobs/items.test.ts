/** Where items come from: ranges, which are stored as a number, and long lists, which are stored apart from their plan. */
import {HOUR_MS, MINUTE_MS, pasted, step, useLabs, type Lab} from './lab';

const newLab = useLabs();

const SLOW = `
function slow(ctx) {
  Sim.effect('run', {job: ctx.name, step: ctx.stepId, attempt: ctx.attempt});
  Sim.spend(20000);
  return [ctx.payload.item, ctx.payload.index, ctx.payload.position, ctx.payload.total];
}
`;

const MOST = 2 ** 31 - 1;

/** Kills one execution of the dispatcher after another, each in the middle of its third handler. */
function killThree(lab: Lab): void {
  for (let kills = 0; kills < 3; kills++) {
    const before = lab.runs().length;
    lab.world.runWhile(() => lab.runs().length < before + 3, 3 * HOUR_MS);
    const victim = lab.world.executions.find((execution) => execution.end === 'running');
    if (victim === undefined) throw new Error('Expected an execution to kill.');
    lab.world.kill(victim);
  }
}

test('a range goes on after kills in its middle, and no saved item runs again', () => {
  const lab = newLab({project: pasted(SLOW)});
  const {id} = lab.call('enqueueMany', {name: 'range', handler: 'slow', items: {count: 24}});
  killThree(lab);
  const record = lab.settle().status(id);
  expect(record).toMatchObject({status: 'completed', orchestration: {children: {counts: {total: 24, completed: 24}}}});
  expect(Object.entries(record.results)).toEqual(
    Array.from({length: 24}, (_none, index) => [`item_${index + 1}`, [index, index, index + 1, 24]]),
  );
  expect(record.recoveries.flatMap(({inDoubt}) => inDoubt)).toEqual(['item_3', 'item_5', 'item_7']);
  expect(lab.runs().filter((run) => run.includes('/'))).toEqual(['item_3/2', 'item_5/2', 'item_7/2']);
  expect(lab.runs()).toHaveLength(27);
  lab.expectTidy();
});

test('the longest range is accepted, worked on and canceled, and a number is all that is stored of it', () => {
  const lab = newLab({project: pasted(SLOW)});
  const request = {name: 'endless', handler: 'slow', items: {count: MOST}, options: {maxRuntimeMs: 60_000}};
  const queued = lab.call('enqueueMany', request);
  const counts = {total: MOST, pending: MOST, running: 0, completed: 0, failed: 0, canceled: 0};
  expect(queued).toMatchObject({status: 'queued', results: {}, orchestration: {children: {status: 'queued', counts}}});
  expect(queued.steps).toMatchObject([{id: 'item', state: 'pending', payload: {counts}}]);
  const bytes = lab.jobKeys().map((key) => key.length + (lab.world.store('script').get(key) ?? '').length);
  expect(bytes).toHaveLength(1);
  expect(bytes[0]).toBeLessThan(700);
  lab.pass(5 * MINUTE_MS);
  const done = lab.status(queued.id).orchestration?.children.counts.completed ?? 0;
  expect(done).toBeGreaterThan(3);
  const canceled = lab.call('cancel', queued.id);
  expect(canceled.orchestration?.children.counts).toMatchObject({pending: 0, canceled: MOST - done, completed: done});
  lab.settle().expectTidy();
});

test('the last items of a range can be looked at', () => {
  const lab = newLab();
  const {id} = lab.call('enqueueMany', {name: 'range', handler: 'square', items: {count: MOST}});
  const {steps} = lab.call('status', id, {steps: {offset: MOST - 2, limit: 5}});
  expect(steps.map(({id: step, payload}) => [step, (payload as {item: number}).item])).toEqual([
    [`item_${MOST - 1}`, MOST - 2],
    [`item_${MOST}`, MOST - 1],
  ]);
});

test('a range is mapped and reduced', () => {
  const lab = newLab();
  const request = {name: 'squares', items: {count: 5}, mapHandler: 'square', reduceHandler: 'total'};
  expect(lab.call('mapReduce', request)).toMatchObject({status: 'completed', results: {map_5: 16, reduce: 30}});
});

test.each([
  ['enqueueMany', {handler: 'square', items: {count: 2 ** 31}}],
  ['enqueueMany', {handler: 'square', items: {count: '5'}}],
  ['mapReduce', {mapHandler: 'square', reduceHandler: 'total', items: {count: 100_001}}],
])('%s refuses a range that it cannot take, and stores nothing', (method, request) => {
  const lab = newLab();
  const before = lab.everything();
  expect(lab.refusal(method, {name: 'bad', ...request})).toMatchObject({code: 'INVALID_REQUEST'});
  expect(lab.everything()).toEqual(before);
});

test('a long list is stored apart from its plan, and goes on after kills', () => {
  const lab = newLab({project: pasted(SLOW)});
  const items = Array.from({length: 30}, (_none, index) => ({row: index, text: 'ä'.repeat(100)}));
  const {id} = lab.call('enqueueMany', {name: 'list', handler: 'slow', items});
  const [header = ''] = [...lab.world.store('script')].filter(([key]) => key.endsWith('~h')).map(([, value]) => value);
  expect(JSON.parse(header).pl[3]).toMatch(
    /^\{"n":\[\{"m":"item","h":"slow","w":10,"k":30,"y":1\}\],"o":.*\}\nz[\w-]+$/,
  );
  killThree(lab);
  const record = lab.settle().status(id);
  expect(Object.values(record.results)).toEqual(items.map((item, index) => [item, index, index + 1, 30]));
});

test('a list of more items than a record has rows for is worked on from pieces of its plan', () => {
  const lab = newLab();
  const items = Array.from({length: 40_000}, (_none, index) => index * 3);
  const queued = lab.call('enqueueMany', {name: 'many', handler: 'square', items});
  expect(queued.orchestration?.children.counts).toMatchObject({total: 40_000, pending: 40_000});
  lab.callAll(['resume', queued.id, {maxRuntimeMs: 5_000}]);
  const {steps, results} = lab.call('status', queued.id, {steps: {offset: 0, limit: 3}});
  expect(steps.map(({state}) => state)).toEqual(['completed', 'completed', 'completed']);
  expect(results).toEqual({item_1: 0, item_2: 9, item_3: 36});
  expect(lab.call('cancel', queued.id).status).toBe('canceled');
});

test('a handler finds results in the order of the plan, also of a step that was retried behind others', () => {
  const lab = newLab({project: pasted('function keys(ctx) { return Object.keys(ctx.results); }')});
  const steps = [
    step('late', {failures: 1}, {retry: {delayMs: 10_000, jitter: 0}}),
    step('b', {ms: 20_000}),
    step('c', {ms: 1_000}, {dependsOn: ['late', 'b']}),
    step('keys', {}, {handler: 'keys', dependsOn: 'c'}),
  ];
  const record = lab.call('run', {name: 'job', steps});
  expect(lab.runs()).toEqual(['late', 'b', 'late/2', 'c']);
  expect(record).toMatchObject({status: 'completed', results: {keys: ['late', 'b', 'c']}});
});
