/** The host of the simulated worlds: one handler whose result depends on its context alone, and the calls that users make. */

/** Runs in the host's realm, in library form or pasted (`JOBS` is the way to the library). */
export const HOST = `
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
function ownTrigger() { ScriptApp.newTrigger('look').timeBased().everyMinutes(30).create(); }
`;
