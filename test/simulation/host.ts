/** The host of the simulated worlds: one handler whose result depends on its context alone, and the calls that users make. */
import type {ProjectSource} from '../simulator';
import {BUNDLE, libraryHost, pastedHost} from '../support/hosts';
import type {Drawn, Variant} from './draw';
import type {ArchivePlace} from './extras';
import {operationSource} from './operation-host';

/** Runs in the host's realm, in library form or pasted. */
const HOST = `
function jobsApi() { return typeof ASTLib === 'undefined' ? AST.Jobs : ASTLib.AST.Jobs; }
/**
 * payload: {n, plus: [ids], ms, calls, fail: attempts that fail, how: they fail, big: bytes, walks, rounds}; an item of a
 * map has it under 'item', a range has one for all its items under 'shared'.
 */
function storageApi() { return typeof ASTLib === 'undefined' ? AST.Storage : ASTLib.AST.Storage; }
function work(ctx) {
  var p = typeof ctx.payload.item === 'number' ? ctx.payload.shared : ctx.payload.item || ctx.payload;
  var begin = {job: ctx.jobId, step: ctx.stepId, attempt: ctx.attempt};
  var end = {job: ctx.jobId, step: ctx.stepId};
  var isPlain = p.calls === 0 && (p.walks || []).length === 0 && !p.rounds;
  if (isPlain) Sim.spend(p.ms, ['begin', begin], ['end', end]);
  else Sim.effect('begin', begin);
  var walked = (p.walks || []).reduce(function (total, walk, number) { return total + walkOver(ctx, walk, number); }, 0);
  if (p.rounds) walked += goRound(ctx, p.rounds);
  if (p.says) say(ctx, 0, Math.ceil(p.says / 2), p.says);
  if (p.keeps) keep(ctx, p);
  for (var i = 0; i < p.calls; i++) Utilities.sleep(Math.max(1, p.ms / p.calls));
  if (p.calls === 0 && !isPlain) Sim.spend(p.ms);
  if (p.says) say(ctx, Math.ceil(p.says / 2), p.says, p.says);
  if (!isPlain) Sim.effect('end', end);
  if (p.mends && !isMended()) throw jobsApi().fatal('not mended');
  if (ctx.attempt <= (p.fail || 0)) {
    var why = 'attempt ' + ctx.attempt + ' fails';
    throw p.how === 'fatal' ? jobsApi().fatal(why) : typeof p.how === 'number' ? jobsApi().retryAfter(p.how, why) : new Error(why);
  }
  if (p.isVoid) return null;
  var sum = (p.plus || []).reduce(function (total, id) { return total + ctx.results[id].sum; }, p.n + walked);
  return {sum: sum, pad: new Array((p.big || 0) + 1).join('x')};
}
function say(ctx, from, to, of) {
  for (var k = from; k < to; k++) { ctx.log('line', k, 'of', ctx.stepId, ctx.attempt, ctx.jobId); ctx.progress(k + 1, of); }
}
function isMended() {
  try { return PropertiesService.getScriptProperties().getProperty('host_mended') !== null; } catch (error) { return false; }
}
/** Puts a value away and gets it back; a service that refuses is for this handler no failure. */
function keep(ctx, p) {
  Sim.effect('keep', {job: ctx.jobId});
  try {
    var reference = storageApi().put({n: p.n, step: ctx.stepId, pad: new Array(2000).join('k')}, {backend: p.keeps});
    var got = storageApi().get(reference);
    Sim.effect('kept', {job: ctx.jobId, step: ctx.stepId, isRight: got.n === p.n && got.step === ctx.stepId});
    storageApi().remove(reference);
  } catch (error) {
    var isLost = error.code === 'REFERENCE_GONE' || error.code === 'RECORD_CORRUPT';
    if (isLost) Sim.effect('kept', {job: ctx.jobId, step: ctx.stepId, isRight: false});
  }
}
/** payload.shared: {sizes, ms, failAt, isRubbish, end, base}. The token says which page it is. */
function fetchPage(ctx) {
  var s = ctx.payload.shared, token = ctx.payload.pageToken, page = token === null ? 0 : Number(token.slice(1));
  var isAgain = !/_pages$/.test(ctx.stepId);
  if (!isAgain) Sim.effect('begin', {job: ctx.jobId, step: ctx.stepId, attempt: ctx.attempt});
  Sim.effect('page', {job: ctx.jobId, step: ctx.stepId, page: ctx.payload.page, token: token, isAgain: isAgain});
  Utilities.sleep(s.ms);
  if (!isAgain) Sim.effect('end', {job: ctx.jobId, step: ctx.stepId});
  if (!isAgain && page === s.failAt && ctx.attempt === 1) {
    Sim.effect('no page', {job: ctx.jobId});
    if (s.isRubbish) return {files: []};
    throw new Error('page ' + page + ' cannot be had');
  }
  for (var items = [], first = 0, at = 0; at < page; at++) first += s.sizes[at];
  for (var k = first; k < first + s.sizes[page]; k++) items.push(itemOf(s.base, k));
  if (page + 1 < s.sizes.length) return {items: items, nextPageToken: 'p' + (page + 1)};
  return s.end === 'none' ? {items: items} : {items: items, nextPageToken: s.end === 'null' ? null : ''};
}
function itemOf(base, k) {
  var item = {};
  Object.keys(base).forEach(function (name) { item[name] = base[name]; });
  item.n = base.n + k;
  item.fail = k % 7 === 3 ? base.fail || 0 : 0;
  return item;
}
function walkOver(ctx, walk, number) {
  var options = {};
  if (walk.everyMs !== null) options.everyMs = walk.everyMs;
  if (walk.everyItems !== null) options.everyItems = walk.everyItems;
  if (walk.hasState) options.initial = 0;
  var items = {count: walk.count};
  if (walk.isList) for (var list = items = [], k = 0; k < walk.count; k++) list.push(k);
  return ctx.each(items, function (item, index, state) {
    visit(ctx, number, index, walk.ms, walk.callEach);
    return walk.hasState ? state + item + 1 : undefined;
  }, options);
}
/** A step that keeps its own cursor, and ends itself after some rounds. */
function goRound(ctx, rounds) {
  var total = ctx.cursor === null ? 0 : ctx.cursor.total;
  for (var round = ctx.cursor === null ? 0 : ctx.cursor.round; round < rounds.count; round++) {
    visit(ctx, -1, round, rounds.ms, 3);
    if (rounds.isLooking && ctx.isCanceled()) return total;
    total += round + 1;
    ctx.checkpoint({round: round + 1, total: total});
    if (rounds.yieldEach > 0 && (round + 1) % rounds.yieldEach === 0 && round + 1 < rounds.count) ctx.yield();
  }
  return total;
}
function visit(ctx, walk, index, ms, callEach) {
  var data = {job: ctx.jobId, step: ctx.stepId, walk: walk, index: index};
  if (callEach === 0 || index % callEach > 0) return Sim.spend(ms, ['visit', data]);
  Sim.effect('visit', data);
  Utilities.sleep(ms);
}
function reduceAll(ctx) {
  Sim.effect('begin', {job: ctx.jobId, step: ctx.stepId, attempt: ctx.attempt});
  Utilities.sleep(50);
  return {sum: ctx.payload.mapStepIds.reduce(function (total, id) { return total + ctx.results[id].sum; }, 0), pad: ''};
}
function idsOf(names) {
  return names.map(function (name) { return jobsApi().list({name: name})[0]; }).filter(Boolean).map(function (row) { return row.id; });
}
function submit(method, request, after) {
  if (after.length > 0) request.dependencies = idsOf(after);
  var made = jobsApi()[method](request);
  // A schedule is no job.
  if (method !== 'schedule') Sim.effect('accepted', {job: made.id});
}
function submitBatch(requests) {
  jobsApi().enqueueBatch(requests).jobs.forEach(function (job) { Sim.effect('accepted', {job: job.id}); });
}
function handleJob(method, name) {
  var row = jobsApi().list({name: name})[0];
  if (!row) return 'none';
  try { return jobsApi()[method](row.id).status; } catch (error) { return error.code || String(error); }
}
function pauseJob(name) { return handleJob('pause', name); }
function removeJob(name) { return handleJob('remove', name); }
function adoptJob(name) { return handleJob('adopt', name); }
/**
 * What people do for their jobs that wait for them: those that were stopped, those whose parent is not completed, and of
 * those that others may have resumed the ones that no watchdog goes on with.
 */
function letGo(resumedByOthers) {
  var me = PropertiesService.getUserProperties().getProperty('AST_JOBS_OWNER');
  jobsApi().list({limit: 1000}).forEach(function (row) {
    if (row.owner !== me) return;
    var isLeft = row.wakeUp && row.wakeUp.problem !== undefined && resumedByOthers.indexOf(row.name) >= 0;
    var reason = row.status === 'paused' && row.waiting ? row.waiting.reason : null;
    try {
      if (reason === 'user' || isLeft) jobsApi().resume(row.id);
      if (reason !== 'dependency') return;
      jobsApi().getDependencies(row.id).forEach(function (link) {
        if (link.status === 'failed' || link.status === 'canceled') jobsApi().removeDependency(row.id, link.id);
      });
    } catch (error) { if (!error.code) throw error; }
  });
}
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
/** Records with what lies in the archive read back. */
function records() {
  return jobsApi().list({limit: 1000}, {details: true}).map(function (row) {
    var results = {};
    Object.keys(row.results || {}).forEach(function (id) {
      var result = row.results[id];
      results[id] = result && result.archived ? resultOf(row.id, id) : result;
    });
    return Object.assign({}, row, {results: results});
  });
}
function resultOf(id, step) {
  try { return jobsApi().result(id, step); } catch (error) { return {sum: error.code || String(error)}; }
}
function resultsOf(id, steps) {
  var results = {};
  steps.forEach(function (step) { results[step] = resultOf(id, step); });
  return results;
}
/** As if the archive had last been swept long ago. */
function ageArchive() {
  var store = PropertiesService.getScriptProperties();
  if (store.getProperty('AST_JOBS_ARCHIVE') !== null) store.setProperty('AST_JOBS_ARCHIVE', '1');
}
function cleanAll() { return jobsApi().cleanup({olderThanDays: 0}); }
function stopWithData() { return jobsApi().stop({data: true}); }
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

/** The id of the folder that a host names: folders are the first items that a world makes in Drive. */
function bindOptions(archive: ArchivePlace | null, index: number, hasMail: boolean): string {
  if (hasMail) return ', {mail: {sendEmail: sendMail}}';
  if (archive === null) return '';
  const folder = archive === 'folder' ? `, folder: 'folder-${String(index + 1).padStart(6, '0')}-of-drive'` : '';
  return `, {drive: DriveApp${folder}}`;
}

/** How a world's projects are put together; `bundle` may be a broken one, `otherBuild` is another build of the same. */
export interface Builds {
  readonly bundle: string;
  readonly otherBuild: string;
}

/** The bundle, and the same as another version of the library would write it: with a field that this one does not know. */
export const WHOLE: Builds = buildsOf(BUNDLE);

export function buildsOf(bundle: string): Builds {
  const place = 'rv: header.revision,';
  if (!bundle.includes(place)) throw new Error(`the bundle no longer has the place where a header begins: ${place}`);
  return {bundle, otherBuild: bundle.replace(place, `${place} later: 'kept',`)};
}

/** The project of a host in one of its forms. */
export function projectOf(id: string, drawn: Drawn, builds: Builds, variant: Variant = 'whole'): ProjectSource {
  const {isLibrary, archive, hosts, operations} = drawn;
  const options = bindOptions(archive, hosts.indexOf(id), operations?.alerts === true);
  const bundle = variant === 'otherBuild' ? builds.otherBuild : builds.bundle;
  const source = sourceOf(variant) + operationSource(operations);
  const project = isLibrary
    ? libraryHost(source, `ASTX.Jobs.bind(globalThis${options});`, bundle)
    : pastedHost(options === '' ? source : `AST.Jobs.bind(globalThis${options});\n${source}`, bundle);
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
