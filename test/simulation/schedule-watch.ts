/**
 * Watches schedules: each time has one job at the most, none is fired before its time, while its schedule is paused or
 * gone, or beyond what its policies say, and none is passed over but those that they let go.
 */
import {isFinal, type Header} from '../../src/core/header';
import {bornAtMs} from '../../src/core/keys';
import {LEASE_MARGIN_MS, MAX_CATCH_UP} from '../../src/core/limits';
import {decodeSchedule, isOpen, type Schedule} from '../../src/core/schedule-record';
import {chosenFirings, nextFiringMs, ON_TIME_MS} from '../../src/core/timetable';
import type {Execution, ServiceCall, World} from '../simulator';
import type {Faults} from './faults';

interface Fired {
  readonly executionId: number;
  isOpen: boolean;
  isStarted: boolean;
}

/** What is known of the schedule of an id in a project. */
interface Known {
  schedule: Schedule | null;
  /** The jobs that it made, by id; those made by hand too. */
  readonly jobs: Map<string, Fired>;
  /** The times that were fired since it was made. */
  times: Map<number, string>;
}

/** From the reading of the clock to the write of a header, where nothing is wrong. */
const HOLD_MS = 60_000;
/** When nothing is wrong any more a time is fired within this: the watchdog looks twice in it, and the longest job ends. */
const ALIVE_MS = 45 * 60_000;
const MAX_TIMES = 1_000;

export class ScheduleWatch {
  private readonly known = new Map<string, Known>();
  private readonly world: World;
  private readonly faults: Faults;
  private readonly violations: string[];

  constructor(world: World, faults: Faults, violations: string[]) {
    this.world = world;
    this.faults = faults;
    this.violations = violations;
  }

  /** The text of a schedule is written, or deleted. */
  stored({execution}: ServiceCall, id: string, text: string | null): void {
    const known = this.knownOf(execution.project, id);
    const before = known.schedule;
    if (text === null) {
      if (before !== null) this.faults.count('a schedule deleted');
      known.schedule = null;
      return;
    }
    const decoded = decodeSchedule(text, id);
    if (decoded.kind !== 'schedule') return this.wrong(`schedule: ${id} reads as ${decoded.kind}`);
    const after = decoded.schedule;
    if (before?.createdAtMs !== after.createdAtMs) known.times = new Map();
    else if (before.isEnabled !== after.isEnabled)
      this.faults.count(`a schedule ${after.isEnabled ? 'goes on' : 'paused'}`);
    else if (before.isEnabled && before.nextAtMs !== null && sameTimes(before, after))
      this.checkMove(known, {before, after, execution});
    known.schedule = after;
  }

  /** A header is written. */
  noteHeader({execution}: ServiceCall, header: Header): void {
    const {schedule: id} = header.terms;
    if (id === null) return;
    const known = this.knownOf(execution.project, id);
    const job = known.jobs.get(header.id);
    const isStarted = header.startedAtMs !== null;
    if (job === undefined) this.checkBirth(known, {id, header, execution});
    else if (job.isStarted && !isStarted) this.wrong(`schedule: ${header.id} of ${id} is made once more`);
    const executionId = job?.executionId ?? execution.id;
    known.jobs.set(header.id, {executionId, isOpen: !isFinal(header) && !header.isRemoved, isStarted});
  }

  /** A job is gone. */
  gone(jobId: string): void {
    for (const {jobs} of this.known.values()) {
      const job = jobs.get(jobId);
      if (job !== undefined) job.isOpen = false;
    }
  }

  /** A while after the last fault: what is due is fired. */
  checkAlive(): void {
    for (const {schedule} of this.known.values()) {
      if (schedule === null || !isOpen(schedule)) continue;
      const {id, nextAtMs} = schedule;
      if (nextAtMs !== null && nextAtMs < this.world.nowMs - ALIVE_MS)
        this.wrong(`promise 1: schedule ${id} is due since ${this.world.nowMs - nextAtMs} ms, and nobody fires it`);
    }
  }

  private checkBirth(
    known: Known,
    {id, header, execution}: {readonly id: string; readonly header: Header; readonly execution: Execution},
  ): void {
    const {schedule} = known;
    if (schedule === null) return this.wrong(`schedule: ${id} fires though it is gone, in execution ${execution.id}`);
    // By hand no policy is asked, and an id of its own is made.
    if (execution.fn === 'runSchedule') return this.faults.count('a schedule fired by hand');
    const {isEnabled, nextAtMs, owed, timetable, overlap} = schedule;
    const atMs = bornAtMs(header.id) ?? 0;
    const says = `schedule: ${id} fires the time ${atMs} in execution ${execution.id}`;
    this.faults.count('a schedule fires');
    if (!isEnabled) this.wrong(`${says} though it is paused`);
    const isDue = nextAtMs !== null && atMs >= nextAtMs && nextFiringMs(timetable, atMs - 1) === atMs;
    if (!isDue && !owed.includes(atMs))
      this.wrong(`${says}, which is not due: the next is ${nextAtMs}, owed ${owed.join()}`);
    if (known.times.has(atMs)) this.wrong(`${says} once more: ${known.times.get(atMs)} and ${header.id}`);
    known.times.set(atMs, header.id);
    const lateMs = this.world.nowMs - atMs;
    if (lateMs < -LEASE_MARGIN_MS) this.wrong(`${says} ${-lateMs} ms early`);
    const isSure = !this.faults.troubled.has(execution.id) && !owed.includes(atMs);
    if (schedule.catchUp === 'none' && isSure && lateMs > ON_TIME_MS + LEASE_MARGIN_MS + HOLD_MS)
      this.wrong(`${says} ${lateMs} ms late, and nothing is to be made up for`);
    if (overlap !== 'allow' && hasOpen(known)) this.wrong(`${says} (${overlap}) while a job of it is open`);
  }

  /** How far a schedule has come: every time in between has its job, is owed, or was let go by a policy. */
  private checkMove(
    known: Known,
    {before, after, execution}: {readonly before: Schedule; readonly after: Schedule; readonly execution: Execution},
  ): void {
    if (execution.fn === 'runSchedule') return;
    const {id, overlap, catchUp, maxCatchUp} = after;
    const times = this.timesBetween(before, after);
    const says = `schedule: ${id} goes on to ${after.nextAtMs} in execution ${execution.id}`;
    if (times === null) return this.wrong(`${says}, which is no time of it`);
    const decided = after.runs - before.runs + after.skipped - before.skipped + after.owed.length - before.owed.length;
    if (decided !== times.length) this.wrong(`${says}: ${decided} of ${times.length} times are accounted for`);
    const due = {times: times.slice(-MAX_CATCH_UP), count: times.length};
    // Whether the last of them was late is judged by the clock of the hold.
    const chosen = chosenFirings(due, this.world.nowMs, catchUp, maxCatchUp);
    for (const atMs of [...before.owed, ...chosen]) {
      const waits = after.owed.includes(atMs) || (overlap === 'queue' && after.owed.some((other) => other > atMs));
      const isLetGo = (overlap === 'skip' && hasOpen(known)) || after.owed.length >= MAX_CATCH_UP;
      if (!known.times.has(atMs) && !waits && !isLetGo) this.wrong(`${says}, and the time ${atMs} is lost`);
    }
    this.mark(known, {before, after, execution, count: times.length});
  }

  private mark(
    {times, jobs}: Known,
    {
      before,
      after,
      execution,
      count,
    }: {readonly before: Schedule; readonly after: Schedule; readonly execution: Execution; readonly count: number},
  ): void {
    if (count > 1) this.faults.count('several times due at once');
    if (after.skipped > before.skipped) this.faults.count('a time let go');
    if (after.owed.length > 0) this.faults.count('a time owed');
    const last = after.lastAtMs === null ? undefined : jobs.get(times.get(after.lastAtMs) ?? '');
    if (after.lastAtMs !== before.lastAtMs && last !== undefined && last.executionId !== execution.id)
      this.faults.count('a firing noted by another execution');
  }

  /** The times from the one that was next to the one that is next; `null` where that is none of them. */
  private timesBetween({nextAtMs, timetable}: Schedule, after: Schedule): readonly number[] | null {
    const times: number[] = [];
    let atMs = nextAtMs;
    while (atMs !== null && atMs !== after.nextAtMs && times.length < MAX_TIMES) {
      times.push(atMs);
      atMs = nextFiringMs(timetable, atMs);
    }
    return atMs === after.nextAtMs ? times : null;
  }

  private knownOf(project: string, id: string): Known {
    const key = `${project} ${id}`;
    const known = this.known.get(key) ?? {
      schedule: null,
      jobs: new Map<string, Fired>(),
      times: new Map<number, string>(),
    };
    this.known.set(key, known);
    return known;
  }

  private wrong(text: string): void {
    this.violations.push(text);
  }
}

function sameTimes(before: Schedule, after: Schedule): boolean {
  return JSON.stringify(before.timetable) === JSON.stringify(after.timetable);
}

function hasOpen({jobs}: Known): boolean {
  return [...jobs.values()].some(({isOpen}) => isOpen);
}
