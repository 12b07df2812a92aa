/** What an operator does: look at jobs, install the watchdog, stop everything. */
import {jobOfArchiveName} from '../core/archive';
import {isFinal} from '../core/header';
import {isObject, printValue} from '../core/json';
import {
  ALERTS_KEY,
  ARCHIVE_KEY,
  BALLAST_KEY,
  LIMITS_KEY,
  headerKey,
  parseIntentKey,
  parseKey,
  parseScheduleKey,
  parseUserKey,
  PREFIXES_KEY,
  type JobAddress,
} from '../core/keys';
import {MAX_RANGE, WATCHDOG_MINUTES, WATCHDOG_PERIODS} from '../core/limits';
import {readHeader, readJob} from '../core/stored-job';
import {describeThrown, isJobsError, jobsError} from '../errors';
import {
  booleanOption,
  given,
  integerIn,
  invalid,
  numberOption,
  optionsObject,
  prefixOption,
  reading,
} from '../orchestration/request';
import {selectionOf} from '../orchestration/selecting';
import type {DamagedRecord, JobRecord, StopResult} from '../types';
import {Alarm} from './alarm';
import {ResultViews} from './context';
import {suspendIn} from './control';
import type {Engine, Lookup} from './engine';
import {prefixesIn, withHold, type Hold} from './hold';
import type {Ports} from './ports';
import {ensureBallast} from './room';
import {findJob, notFound} from './lookup';
import {FULL, listJobs, openableJob, recordOf, type Detail, type ListTerms} from './views';
import {pauseSchedules} from './schedules';
import {schedulesIn} from './schedule-store';

/** The record of one job. */
export function showJob(engine: Engine, lookup: Lookup, rawOptions: unknown): JobRecord {
  const detail = reading('The options of status', () => detailOf(rawOptions));
  return lookingTwice(() => {
    const snapshot = engine.readAll();
    const address = findJob(snapshot, lookup.id, lookup.prefix);
    if (address === null) throw notFound(lookup.id);
    return recordOf(snapshot, address, engine.ports.clock.nowMs(), engine.ports.triggers.problem(), detail);
  });
}

/** Reads the store a second time before damage is reported, which a torn reading would look like. */
export function lookingTwice<Shown>(show: () => Shown): Shown {
  try {
    return show();
  } catch (thrown) {
    if (!isJobsError(thrown) || thrown.code !== 'RECORD_CORRUPT') throw thrown;
    return show();
  }
}

/** Runs an open job on, as `resume` asks for it. */
export function resumeJob(engine: Engine, lookup: Lookup, options: unknown): JobRecord {
  const given = reading('The options of resume', () => optionsObject(options)['maxRuntimeMs']);
  return engine.resume(lookup, given === undefined ? null : numberOption(given, 'maxRuntimeMs'));
}

/** The result of one step, wherever it lies. */
export function showResult(engine: Engine, lookup: Lookup, rawStepId: unknown): unknown {
  const stepId = typeof rawStepId === 'string' ? rawStepId.trim() : '';
  const snapshot = engine.readAll();
  const address = findJob(snapshot, lookup.id, lookup.prefix);
  if (address === null) throw notFound(lookup.id);
  const job = openableJob(snapshot, address);
  const unit = 'ledger' in job ? job.plan.unitOf(stepId) : null;
  if (!('ledger' in job) || unit === null)
    throw jobsError(
      'STEP_NOT_FOUND',
      `Job ${lookup.id} has no step ${printValue(rawStepId)}, or keeps none any more.`,
      {
        jobId: lookup.id,
      },
    );
  if (job.ledger.state(unit) !== 'completed')
    throw jobsError('STEP_NOT_FOUND', `Step ${stepId} of job ${lookup.id} is not completed, so it has no result.`, {
      jobId: lookup.id,
      stepId,
    });
  return new ResultViews(engine.ports, job, snapshot).byId[stepId];
}

function detailOf(raw: unknown): Detail {
  const steps = isObject(raw) ? raw['steps'] : undefined;
  if (steps === undefined) return FULL;
  if (!isObject(steps)) throw invalid(`options.steps must be {offset, limit}, got ${printValue(steps)}.`);
  const offset = steps['offset'] === undefined ? 0 : integerIn(steps['offset'], 'steps.offset', 0, MAX_RANGE);
  const limit = steps['limit'] === undefined ? 1_000 : integerIn(steps['limit'], 'steps.limit', 1, 1_000);
  return {page: {offset, limit}};
}

/** Rows of the jobs that fit. */
export function showJobs(engine: Engine, filters: unknown, options: unknown): readonly (JobRecord | DamagedRecord)[] {
  const terms = reading('What list is given', () => listTermsOf(filters, options));
  const snapshot = engine.readAll();
  return listJobs(snapshot, terms, engine.ports.clock.nowMs(), engine.ports.triggers.problem());
}

function listTermsOf(filters: unknown, options: unknown): ListTerms {
  const {details = null} = optionsObject(options);
  return {
    selection: selectionOf(filters),
    prefix: lookupPrefix(options),
    details: details === null ? null : booleanOption(details, 'details'),
  };
}

/** The prefix that a call asks for, if it asks for one. */
export function lookupPrefix(options: unknown): string | null {
  return reading('The options', () => {
    const {propertyPrefix} = optionsObject(options);
    return given(propertyPrefix) ? prefixOption(propertyPrefix) : null;
  });
}

/** Makes the standing watchdog, which stays when nothing is open. */
export function install(engine: Engine, rawMinutes: unknown): number {
  const everyMinutes = rawMinutes === undefined ? WATCHDOG_MINUTES : rawMinutes;
  if (typeof everyMinutes !== 'number' || !WATCHDOG_PERIODS.includes(everyMinutes))
    throw jobsError(
      'INVALID_OPTION',
      `everyMinutes must be one of ${WATCHDOG_PERIODS.join(', ')}, as Apps Script allows, got ${printValue(everyMinutes)}.`,
    );
  const problem = engine.ports.triggers.problem();
  if (problem !== null) throw jobsError('TRIGGERS_UNAVAILABLE', problem);
  withHold(engine.ports, (hold) => {
    new Alarm(engine.ports, hold, engine.ports.identity.ensure()).ensureWatchdog(everyMinutes, true);
    ensureBallast(hold);
  });
  return everyMinutes;
}

/** Nothing runs any more: triggers are gone, open jobs and schedules wait for an explicit `resume`, or are deleted too. */
export function stop(engine: Engine, withData: boolean): StopResult {
  const {ports} = engine;
  const stopped = withHold(ports, (hold) => {
    const jobs = hold.jobs();
    const schedules = withData ? schedulesIn(hold.snapshot).length : pauseSchedules(hold);
    // Bare headers of removed jobs are there for no reader.
    const shown = jobs.filter(({id, prefix}) => findJob(hold.snapshot, id, prefix) !== null);
    const jobsPaused = withData ? 0 : jobs.filter((address) => suspendJob(hold, address)).length;
    const triggersDeleted = removeTriggers(engine, hold);
    if (withData) {
      deleteEverything(hold);
      ports.identity.forget();
    }
    return {
      ...{triggersDeleted, jobsPaused, jobsDeleted: withData ? shown.length : 0},
      ...(schedules === 0 ? {} : withData ? {schedulesDeleted: schedules} : {schedulesPaused: schedules}),
    };
  });
  if (withData) deleteArchived(ports);
  return stopped;
}

/** Nobody would find them once the jobs are gone. Not under the lock: the archive takes its time. */
function deleteArchived({archive, log}: Ports): void {
  try {
    for (const {name, locator} of archive?.list('') ?? [])
      if (jobOfArchiveName(name) !== null) archive?.remove(locator);
  } catch (thrown) {
    log.line(`AST.Jobs: results in the archive could not be deleted: ${describeThrown(thrown).message}`);
  }
}

/** Also where the dispatcher's function is gone already: its triggers would mail their owner at every tick. */
function removeTriggers({ports}: Engine, hold: Hold): number {
  try {
    return new Alarm(ports, hold, ports.identity.known() ?? '').removeAll();
  } catch (thrown) {
    ports.log.line(`AST.Jobs: triggers could not be deleted: ${describeThrown(thrown).message}`);
    return 0;
  }
}

function suspendJob(hold: Hold, address: JobAddress): boolean {
  const decoded = readHeader(hold.snapshot, address);
  if (decoded.kind !== 'header' || isFinal(decoded.header)) return false;
  const reading = readJob(hold.snapshot, address);
  if (reading.kind !== 'job') return false;
  suspendIn(hold, reading.job);
  return true;
}

const SHARED_KEYS: readonly string[] = [BALLAST_KEY, ARCHIVE_KEY, LIMITS_KEY, ALERTS_KEY];

/**
 * Schedules go first, so that no job is made anew; then headers, so that a kill leaves no half of a job; the registry
 * last, so that a second call finds the rest.
 */
function deleteEverything(hold: Hold): void {
  // First what would make jobs anew: schedules, and intents, each by the piece that makes it count.
  for (const key of Object.keys(hold.snapshot))
    if (parseScheduleKey(key) !== null || parseIntentKey(key)?.piece === 0) hold.remove(key);
  for (const address of hold.jobs()) hold.remove(headerKey(address));
  const prefixes = new Set(prefixesIn(hold.snapshot));
  for (const key of Object.keys(hold.snapshot)) {
    const parsed = parseKey(key);
    const isOfJob = parsed !== null && prefixes.has(parsed.prefix);
    const isShared = SHARED_KEYS.includes(key) || parseIntentKey(key) !== null || parseUserKey(key) !== null;
    if (isOfJob || isShared) hold.remove(key);
  }
  hold.remove(PREFIXES_KEY);
}
