/** The host of the simulated worlds: one handler whose result depends on its context alone, and the calls that users make. */
import type {ProjectSource} from '../simulator';
import {BUNDLE, libraryHost, pastedHost} from '../support/hosts';
import type {Variant} from './draw';

/** Runs in the host's realm, in library form or pasted. */
const HOST = `
function jobsApi() { return typeof ASTLib === 'undefined' ? AST.Jobs : ASTLib.AST.Jobs; }
/** payload: {n, plus: [ids], ms, calls, fail: attempts that fail, big: bytes}; an item of a map has it under 'item'. */
function work(ctx) {
  var p = ctx.payload.item || ctx.payload;
  Sim.effect('begin', {job: ctx.jobId, step: ctx.stepId, attempt: ctx.attempt});
  for (var i = 0; i < p.calls; i++) Utilities.sleep(Math.max(1, p.ms / p.calls));
  if (p.calls === 0) Sim.spend(p.ms);
  Sim.effect('end', {job: ctx.jobId, step: ctx.stepId});
  if (ctx.attempt <= p.fail) throw new Error('attempt ' + ctx.attempt + ' fails');
  var sum = (p.plus || []).reduce(function (total, id) { return total + ctx.results[id].sum; }, p.n);
  return {sum: sum, pad: new Array(p.big + 1).join('x')};
}
function reduceAll(ctx) {
  Sim.effect('begin', {job: ctx.jobId, step: ctx.stepId, attempt: ctx.attempt});
  Utilities.sleep(50);
  return {sum: ctx.payload.mapStepIds.reduce(function (total, id) { return total + ctx.results[id].sum; }, 0), pad: ''};
}
function submit(method, request) { return jobsApi()[method](request).id; }
function resumeJob(name) {
  var row = jobsApi().list({name: name})[0];
  if (!row) return 'none';
  try { return jobsApi().resume(row.id).status; } catch (error) { return error.code || String(error); }
}
function cancelJob(name) {
  var row = jobsApi().list({name: name})[0];
  if (!row) return 'none';
  try { return jobsApi().cancel(row.id).status; } catch (error) { return error.code || String(error); }
}
function look() { return jobsApi().list().map(function (row) { return row.status; }); }
function records() { return jobsApi().list({limit: 1000}, {details: true}); }
function workByHand() { return jobsApi().work(); }
function stopAll() { return jobsApi().stop(); }
function install() { return jobsApi().install(); }
function ownTrigger() { ScriptApp.newTrigger('look').timeBased().after(30 * 86400000).create(); }
/** The host's own data grow until the store is full, to the last kilobyte. */
function fillStore() {
  var store = PropertiesService.getScriptProperties();
  [8000, 1000, 100].forEach(function (size) {
    try { for (var n = 0; n < 70; n++) store.setProperty('fill_' + size + '_' + n, new Array(size + 1).join('f')); } catch (full) {}
  });
}
function emptyStore() {
  var store = PropertiesService.getScriptProperties();
  store.getKeys().forEach(function (key) { if (key.indexOf('fill_') === 0) store.deleteProperty(key); });
}
/** The host uses the same lock for its own purposes. */
function holdLock() {
  var lock = LockService.getScriptLock();
  if (!lock.tryLock(1000)) return;
  Utilities.sleep(50000);
  lock.releaseLock();
}
/** The host's own triggers take all places but one. */
function crowdTriggers() {
  for (var n = ScriptApp.getProjectTriggers().length; n < 19; n++) ScriptApp.newTrigger('crowd').timeBased().after(20 * 86400000).create();
}
function clearTriggers() {
  ScriptApp.getProjectTriggers().forEach(function (trigger) {
    if (trigger.getHandlerFunction() === 'crowd') ScriptApp.deleteTrigger(trigger);
  });
}
`;

const BIND = 'ASTX.Jobs.bind(globalThis);';

/** How a world's projects are put together; `bundle` may be a broken one, `otherBuild` is another build of the same. */
export interface Builds {
  readonly bundle: string;
  readonly otherBuild: string;
}

/** The bundle, and the same as another version of the library would write it: with a field that this one does not know. */
export const WHOLE: Builds = buildsOf(BUNDLE);

export function buildsOf(bundle: string): Builds {
  const place = 'v: SCHEMA,';
  if (!bundle.includes(place)) throw new Error(`the bundle no longer has the place where a header begins: ${place}`);
  return {bundle, otherBuild: bundle.replace(place, `${place} later: 'kept',`)};
}

/** The project of a host in one of its forms. */
export function projectOf(id: string, isLibrary: boolean, builds: Builds, variant: Variant = 'whole'): ProjectSource {
  const bundle = variant === 'otherBuild' ? builds.otherBuild : builds.bundle;
  const source = sourceOf(variant);
  const project = isLibrary ? libraryHost(source, BIND, bundle) : pastedHost(source, bundle);
  if (variant !== 'glueGone') return {...project, id};
  const files = project.files.map((file) => ({
    ...file,
    source: file.source.replace('function astJobsWorker', 'function gone'),
  }));
  return {...project, files, id};
}

function sourceOf(variant: Variant): string {
  switch (variant) {
    case 'handlerGone':
      return HOST.replace('function work(', 'function gone(');
    case 'rewritten':
      return HOST.replaceAll('var p = ', 'var padding = 0, p = ').replace(
        'function work(ctx)',
        'var work = function (ctx)',
      );
    case 'whole':
    case 'glueGone':
    case 'otherBuild':
      return HOST;
  }
}
