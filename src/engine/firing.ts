/**
 * Firing: due times of schedules become jobs, under the lock, at the start of each hold of a pass.
 *
 * A time is fired exactly once, whatever is killed: the id of its job follows from the schedule and the time, the job's
 * header is written first and the schedule's new state after it. Who comes after a kill in between finds the job of that
 * id and only notes it. A job that cannot be made is owed: the schedule remembers the time, and tries again at the next
 * pass, while other schedules go on.
 */
import {isFinal, type Header} from '../core/header';
import {MAX_CATCH_UP} from '../core/limits';
import {headerKey, type JobAddress} from '../core/keys';
import {decodePlan} from '../core/plan-codec';
import {firingJobId, isOpen, type FiringError, type JobTemplate, type Schedule} from '../core/schedule-record';
import {readHeader, readJob} from '../core/stored-job';
import {chosenFirings, dueFirings, nextFiringMs} from '../core/timetable';
import {cancel} from '../core/transitions';
import {clip, describeThrown, isJobsError, jobsError} from '../errors';
import {admitJob, prepareJob, type Candidate} from './admission';
import {writeHeader} from './claim';
import {endLeases} from './give-up';
import {prefixesIn, type Hold} from './hold';
import type {Ports} from './ports';
import {schedulesOf, writeSchedule} from './schedule-store';

/**
 * Fires what is due of a user's schedules. `tried`: those whose job could not be made in this pass; one try a pass is
 * enough.
 */
export function fireDue(ports: Ports, hold: Hold, owner: string | null, tried: Set<string>): void {
  for (const schedule of schedulesOf(hold.snapshot, owner)) {
    const {id, nextAtMs, owed} = schedule;
    const isDue = nextAtMs !== null && nextAtMs <= hold.nowMs;
    if (!isOpen(schedule) || (!isDue && owed.length === 0) || tried.has(id)) continue;
    try {
      const after = new Firing(ports, hold, schedule).fire();
      if (after.error !== null) tried.add(id);
      noteState(ports, hold, schedule, after);
    } catch (thrown) {
      // A service that is gone is gone for all schedules; a pattern that cannot be reckoned with is in nobody's way.
      if (isJobsError(thrown)) throw thrown;
      tried.add(id);
      ports.log.line(`AST.Jobs: schedule ${id} could not fire: ${describeThrown(thrown, 'a service').message}`);
    }
  }
}

/** A state that does not fit is told by the jobs that were made: the next pass finds them. */
function noteState(ports: Ports, hold: Hold, before: Schedule, after: Schedule): void {
  if (before === after) return;
  try {
    writeSchedule(hold, after);
  } catch (thrown) {
    if (!isJobsError(thrown) || thrown.code !== 'STORE_FULL') throw thrown;
    ports.log.line(`AST.Jobs: schedule ${before.id} could not be written: ${thrown.message}`);
  }
}

/** What one schedule does in one hold. */
class Firing {
  private readonly ports: Ports;
  private readonly hold: Hold;
  private readonly schedule: Schedule;
  private owed: number[] = [];
  private runs = 0;
  private skipped = 0;
  private lastAtMs: number | null = null;
  private error: Pick<FiringError, 'code' | 'message'> | null = null;

  constructor(ports: Ports, hold: Hold, schedule: Schedule) {
    this.ports = ports;
    this.hold = hold;
    this.schedule = schedule;
  }

  fire(): Schedule {
    const {schedule, hold} = this;
    const {nextAtMs, timetable, catchUp, maxCatchUp, owed} = schedule;
    const isDue = nextAtMs !== null && nextAtMs <= hold.nowMs;
    const due = isDue ? dueFirings(timetable, nextAtMs, hold.nowMs, MAX_CATCH_UP) : NOTHING_DUE;
    const chosen = chosenFirings(due, hold.nowMs, catchUp, maxCatchUp);
    // Made by a pass that was killed before it could say so, for reasons that may have been others then.
    const made = due.times.filter((atMs) => !chosen.includes(atMs) && this.hasJob(atMs));
    this.runs = made.length;
    this.skipped = due.count - chosen.length - made.length;
    for (const atMs of [...owed, ...chosen]) this.settle(atMs);
    const isMoved = isDue || this.runs > 0 || this.skipped > 0 || this.owed.join() !== owed.join();
    return isMoved || this.error !== null
      ? this.after(isDue ? nextFiringMs(timetable, hold.nowMs) : nextAtMs)
      : schedule;
  }

  private after(nextAtMs: number | null): Schedule {
    const {schedule, hold, error, lastAtMs} = this;
    const isSame = error !== null && error.code === schedule.error?.code && error.message === schedule.error.message;
    return {
      ...schedule,
      nextAtMs,
      runs: schedule.runs + this.runs,
      skipped: schedule.skipped + this.skipped,
      owed: this.owed,
      error: isSame ? schedule.error : error === null ? null : {...error, sinceMs: hold.nowMs},
      ...(lastAtMs === null ? {} : {lastAtMs, lastJobId: firingJobId(schedule, lastAtMs)}),
    };
  }

  /** One time: it has its job, gets it, is skipped or is owed. */
  private settle(atMs: number): void {
    if (this.hasJob(atMs)) this.note(atMs);
    else if (this.error !== null || !this.mayFire()) this.putOff(atMs);
    else this.make(atMs);
  }

  private note(atMs: number): void {
    this.runs++;
    this.lastAtMs = Math.max(atMs, this.lastAtMs ?? 0);
  }

  /** Whether the policy lets another job be made beside those that are open. */
  private mayFire(): boolean {
    const {overlap} = this.schedule;
    return overlap === 'allow' || overlap === 'cancel' || this.openJobs().length === 0;
  }

  /** A time that has no job now. What waits for an open job is one at a time: the last. */
  private putOff(atMs: number): void {
    if (this.error === null && this.schedule.overlap === 'skip') {
      this.skipped++;
      return;
    }
    const room = this.schedule.overlap === 'queue' && this.error === null ? 1 : MAX_CATCH_UP;
    this.owed.push(atMs);
    while (this.owed.length > room) {
      this.owed.shift();
      this.skipped++;
    }
  }

  private make(atMs: number): void {
    const {ports, hold, schedule} = this;
    try {
      const candidate = candidateOf(schedule.template, schedule.owner, hold.nowMs, hold.nowMs);
      const admitted = prepareJob(ports, hold, candidate, firingJobId(schedule, atMs));
      // Only for a job that finds room.
      if (schedule.overlap === 'cancel') for (const address of this.openJobs()) cancelJob(hold, address);
      admitJob(hold, admitted);
      this.note(atMs);
    } catch (thrown) {
      if (!isJobsError(thrown) || thrown.code === 'STORE_UNAVAILABLE') throw thrown;
      this.error = {code: thrown.code, message: clip(thrown.message, MAX_ERROR_CHARS)};
      this.putOff(atMs);
    }
  }

  /** Whether a time has its job, be it one that somebody has removed since. */
  private hasJob(atMs: number): boolean {
    const id = firingJobId(this.schedule, atMs);
    const {snapshot} = this.hold;
    return prefixesIn(snapshot).some((prefix) => snapshot[headerKey({prefix, id})] !== undefined);
  }

  private openJobs(): readonly JobAddress[] {
    return this.hold.jobs().filter((address) => {
      const decoded = readHeader(this.hold.snapshot, address);
      return decoded.kind === 'header' && isOpenJobOf(decoded.header, this.schedule.id);
    });
  }
}

const NOTHING_DUE = {times: [], count: 0} as const;
const MAX_ERROR_CHARS = 300;

function isOpenJobOf(header: Header, scheduleId: string): boolean {
  return header.terms.schedule === scheduleId && !isFinal(header);
}

/** A damaged job stays as it is, and is in nobody's way. */
function cancelJob(hold: Hold, address: JobAddress): void {
  const reading = readJob(hold.snapshot, address);
  if (reading.kind !== 'job') return;
  const job = endLeases(hold, reading.job, 'canceled');
  writeHeader(hold, job, cancel(job.header, hold.nowMs));
}

/** The job of a template, as one that was asked for now. */
export function candidateOf(template: JobTemplate, owner: string, nowMs: number, dueMs: number): Candidate {
  const {name, prefix, options, terms, deadlineMs} = template;
  const plan = decodePlan(template.plan);
  if (plan === null)
    throw jobsError(
      'RECORD_CORRUPT',
      `The stored plan of a schedule of ${name} is damaged: upsert the schedule again.`,
    );
  const deadlineAtMs = deadlineMs === null ? null : nowMs + deadlineMs;
  return {name, plan, prefix, options, terms: {...terms, deadlineAtMs}, dueMs, owner};
}
