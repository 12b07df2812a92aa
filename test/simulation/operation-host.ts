/** The part of the host that has operations: what it declares at its top level, and what its users call. */
import type {DrawnOperations} from './operations';

const CALLS = `
function operate(operation, name) {
  try { return jobsApi().schedule({operation: operation, id: name.replace(' ', '_')}).status; }
  catch (error) { return error.code || String(error); }
}
function pauseSchedule(name) { return operate('pause', name); }
function resumeSchedule(name) { return operate('resume', name); }
function runSchedule(name) { return operate('run_now', name); }
function deleteSchedule(name) { return operate('delete', name); }
function endSchedules(operation) {
  jobsApi().schedule({operation: 'list', limit: 100}).result.items.forEach(function (row) {
    jobsApi().schedule({operation: operation, id: row.id});
  });
}
/** What the failed jobs of a name worked on is mended; they are put aside and go on. */
function replayJob(name) {
  PropertiesService.getScriptProperties().setProperty('host_mended', 'yes');
  jobsApi().listFailed({name: name}).forEach(function (row) {
    try { if (!row.inDlq) jobsApi().moveToDlq(row.jobId); }
    catch (error) { if (!error.code) throw error; }
  });
  // Whoever asks twice in an hour means the same.
  return jobsApi().replayDlq({name: name, idempotencyKey: name + ' ' + new Date().toISOString().slice(0, 13)}).counts;
}
function setLimits(limits) {
  Object.keys(limits).forEach(function (name) { jobsApi().limit(name, limits[name] === null ? null : {perMinute: limits[name]}); });
}
function hear(event) { Sim.effect('heard', {job: event.job.id, event: event.event}); }
function sendMail(to, subject, body) { Sim.effect('mail', {job: '', body: body}); }
function logsOf(ids) {
  return ids.map(function (id) {
    try { return jobsApi().logs(id, {limit: 1000}); } catch (error) { return {entries: [], dropped: 0, problem: error.code || String(error)}; }
  });
}
function workflowsOf(ids) {
  return ids.map(function (id) { return jobsApi().getWorkflowStatus(id); });
}
`;

const LISTENERS = `['completed', 'failed', 'canceled'].forEach(function (event) { jobsApi().on(event, 'hear'); });\n`;
const ALERT = `jobsApi().alert({on: ['failed'], mail: 'me@example.com', everyMinutes: 5});\n`;

/** The source of what operations a host has. */
export function operationSource(operations: DrawnOperations | null): string {
  if (operations === null) return '';
  return CALLS + (operations.listens ? LISTENERS : '') + (operations.alerts ? ALERT : '');
}
