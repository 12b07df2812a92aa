/** The host script of the benches, as a library host, and worlds with the latencies of the platform. */
import {World, type WorldOptions} from '../test/simulator';
import {libraryHost} from '../test/support/hosts';

const SOURCE = `
function work(ctx) { var ms = typeof ctx.payload === 'number' ? ctx.payload : 0; Sim.effect('run', ctx.stepId); if (ms > 0) Sim.spend(ms); return 1; }
function item(ctx) { Sim.effect('run', ctx.stepId); return new Array(39).join('r'); }
function count(ctx) { Sim.effect('run', ctx.stepId); return ctx.payload.mapStepIds.filter(function (id) { return ctx.results[id].length === 38; }).length; }
function large(ctx) { return new Array(ctx.payload + 1).join('x'); }
function sizeOf(ctx) { return ctx.results.chain_step_1.length; }
function install() { return ASTX.Jobs.install(); }
function one() { return ASTX.Jobs.enqueue({name: 'one', steps: [{id: 'only', handler: 'work'}]}).id; }
function chain(n, ms) {
  var tasks = [];
  for (var i = 0; i < n; i++) tasks.push({handler: 'work', payload: ms});
  return ASTX.Jobs.chain({name: 'chain', mode: 'enqueue', tasks: tasks}).id;
}
function map(n) {
  var items = [];
  for (var i = 0; i < n; i++) items.push('row-' + i);
  return ASTX.Jobs.mapReduce({name: 'map', mode: 'enqueue', items: items, mapHandler: 'item', reduceHandler: 'count'}).id;
}
function largeResult(bytes) {
  return ASTX.Jobs.chain({name: 'large', tasks: [{handler: 'large', payload: bytes}, {handler: 'sizeOf'}], options: {maxRetries: 0}});
}
function manyJobs(n) {
  var last = null;
  for (var i = 0; i < n; i++) last = ASTX.Jobs.run({name: 'small', steps: [{id: 'only', handler: 'work'}]});
  return last.status;
}
function status(id) { return ASTX.Jobs.status(id); }
function cancel(id) { return ASTX.Jobs.cancel(id).status; }
`;

/** A world with the bench's host. */
export function benchWorld(options: WorldOptions = {}): World {
  return new World({...options, project: libraryHost(SOURCE)});
}

/** What the benches read of a record. */
export interface BenchRecord {
  readonly status: string;
  readonly results: Readonly<Record<string, unknown>>;
  readonly lastError: {readonly code?: string; readonly message: string} | null;
  readonly recoveries: readonly {readonly inDoubt: readonly string[]}[];
}

/** The record of a job, without counting the look. */
export function look(world: World, id: string): BenchRecord {
  return world.call('status', [id]) as BenchRecord;
}
