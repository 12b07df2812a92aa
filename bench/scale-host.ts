/** The host of the scale bench: the same work as the hand-written scripts do, as jobs, and what this version offers. */
import {World, type ProjectSource} from '../test/simulator';
import {libraryHost} from '../test/support/hosts';

const SOURCE = `
function item(ctx) { Sim.effect('item', ctx.stepId); Sim.spend(ctx.payload.shared); }
function large(ctx) { Sim.effect('item', ctx.stepId); Sim.spend(ctx.payload.shared); return new Array(1025).join('r'); }
function walk(ctx) {
  var items = [];
  for (var i = 0; i < ctx.payload.total; i++) items.push(i);
  ctx.each(items, function (i) { Sim.effect('item', i); Sim.spend(ctx.payload.itemMs); });
}
function startMany(total, itemMs, hasCount, fields) {
  var items = {count: total};
  if (!hasCount) {
    items = [];
    for (var i = 0; i < total; i++) items.push(i);
  }
  var request = {name: 'scale', mode: 'run', handler: 'item', items: items, sharedPayload: itemMs};
  return ASTX.Jobs.enqueueMany(Object.assign(request, fields)).id;
}
function startWalk(total, itemMs) {
  return ASTX.Jobs.run({name: 'walk', steps: [{id: 'walk', handler: 'walk', payload: {total: total, itemMs: itemMs}}]}).id;
}
function seeEach(ctx) { return typeof ctx.each; }
function codeOf(run) { try { run(); return null; } catch (error) { return {code: error.code, message: error.message}; } }
function offers() {
  // What is known is refused when it is nonsense; what is not known is refused as such, or is not looked at.
  function knows(field) {
    var request = {name: 'probe', handler: 'item', items: [1], options: {autoResume: false}};
    request[field] = 'nonsense';
    var refusal = codeOf(function () { ASTX.Jobs.enqueueMany(request); });
    return refusal !== null && refusal.code !== 'NOT_SUPPORTED';
  }
  var drive = codeOf(function () { ASTX.Jobs.bind(globalThis, {drive: 'nonsense'}); });
  return {
    workers: knows('workers'),
    checkpoint: knows('checkpoint'),
    count: codeOf(function () {
      ASTX.Jobs.enqueueMany({name: 'probe', handler: 'item', items: {count: 2}, options: {autoResume: false}});
    }) === null,
    each: ASTX.Jobs.run({name: 'probe', steps: [{id: 'a', handler: 'seeEach'}]}).results.a === 'function',
    drive: drive !== null && drive.message.indexOf('bind knows the options') < 0
  };
}
`;

/** A script that uses the library, bound with options as text. */
export function scaleHost(options = '{}'): ProjectSource {
  return libraryHost(SOURCE, `ASTX.Jobs.bind(globalThis, ${options});`);
}

export const SCALE_HOST = scaleHost();

/** What this version offers of what the bench would measure. */
export interface Offers {
  /** `workers` in the request of `enqueueMany`. */
  readonly workers: boolean;
  /** `checkpoint` in it. */
  readonly checkpoint: boolean;
  /** `items: {count}` in it. */
  readonly count: boolean;
  /** `each` on the context of a step. */
  readonly each: boolean;
  /** `drive` in the options of `bind`. */
  readonly drive: boolean;
}

/** Asks the library. */
export function offers(): Offers {
  const world = new World({project: SCALE_HOST});
  const answer = world.call('offers') as Offers;
  world.close();
  return answer;
}
