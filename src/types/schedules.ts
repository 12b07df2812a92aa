/** Types of schedules. No code. */
import type {JobRecord} from './jobs';
import type {ChainRequest, EnqueueManyRequest, JobRequest, MapReduceRequest} from './requests';

/** A day of the week, as Apps Script names it, or its number from 0, Sunday. */
export type WeekDay = 'SUNDAY' | 'MONDAY' | 'TUESDAY' | 'WEDNESDAY' | 'THURSDAY' | 'FRIDAY' | 'SATURDAY';

/**
 * When a schedule fires. Minutes and hours are intervals, counted from the upsert that named them; days, weeks and patterns
 * go by the wall clock of `timeZone`, which is the script's own where none is given.
 */
export type ScheduleTimes =
  | {
      /** The kind of interval. */
      readonly type: 'every_minutes';
      /** Minutes. @minimum 1 @maximum 1440 @default 1 */
      readonly every?: number;
      /** Checked and shown, without effect: minutes go by no wall clock. */
      readonly timeZone?: string | null;
    }
  | {
      /** The kind of interval. */
      readonly type: 'every_hours';
      /** Hours. @minimum 1 @maximum 720 @default 1 */
      readonly every?: number;
      /**
       * The first firing is when the clock next shows exactly this minute. @minimum 0 @maximum 59
       * @default `every` hours after the upsert
       */
      readonly nearMinute?: number | null;
      /** Name of the time zone of `nearMinute`, as in `Europe/Berlin`; without that it has no effect. @default the script's own */
      readonly timeZone?: string | null;
    }
  | {
      /** The kind of interval. */
      readonly type: 'every_days';
      /** Days. @minimum 1 @maximum 366 @default 1 */
      readonly every?: number;
      /** Hour of the day. @minimum 0 @maximum 23 @default the hour of the upsert */
      readonly atHour?: number | null;
      /** Exactly this minute. @minimum 0 @maximum 59 @default 0 with `atHour`, else the minute of the upsert */
      readonly nearMinute?: number | null;
      /** Name of a time zone, as in `Europe/Berlin`. @default the script's own */
      readonly timeZone?: string | null;
    }
  | {
      /** The kind of interval. */
      readonly type: 'every_weeks';
      /** Weeks. @minimum 1 @maximum 52 @default 1 */
      readonly every?: number;
      /** The day of the week, as in `MONDAY`, or its number: 0, Sunday, to 6. */
      readonly onWeekDay: WeekDay | number;
      /** Hour of the day. @minimum 0 @maximum 23 @default the hour of the upsert */
      readonly atHour?: number | null;
      /** Exactly this minute. @minimum 0 @maximum 59 @default 0 with `atHour`, else the minute of the upsert */
      readonly nearMinute?: number | null;
      /** Name of a time zone, as in `Europe/Berlin`. @default the script's own */
      readonly timeZone?: string | null;
    }
  | {
      /**
       * Five fields: minute, hour, day of the month, month, day of the week; or `@daily` and the like. At most 200
       * characters.
       */
      readonly cron: string;
      /** Name of a time zone, as in `Europe/Berlin`. @default the script's own */
      readonly timeZone?: string | null;
    }
  | {
      /** Once: ISO 8601, in the script's time zone where none is given, or a date. Refused where that is past. */
      readonly at: string | Date;
    };

/**
 * What a firing does while a job of the same schedule is open: nothing; waits for it, at most one at a time; cancels it;
 * makes its own job all the same.
 */
export type OverlapPolicy = 'skip' | 'queue' | 'cancel' | 'allow';

/**
 * What is made up for of the times that nobody could fire: `none` that is more than 30 minutes late, the last `one`, or
 * `all`, the last `maxCatchUp` of them. Of several times that are due at once `none` and `one` fire the last.
 */
export type CatchUpPolicy = 'none' | 'one' | 'all';

/** The job of a schedule: as `enqueue`, `chain`, `enqueueMany` and `mapReduce` take it, but for when it starts. */
export type ScheduledJob = JobRequest | ChainRequest | EnqueueManyRequest | MapReduceRequest;

/** What a request says of its job that a schedule says itself. */
type NotOfSchedules =
  | ('runAt' | 'delayMs' | 'autoStart' | 'dependencies' | 'onDependencyFailure' | 'debounce')
  | ('idempotencyKey' | 'idempotencyTtlMs' | 'singleton');

/**
 * What `schedule` takes to make or change a schedule. Whoever calls becomes its owner: his triggers run its jobs. The
 * fields of a `JobRequest` stand beside those of the schedule, or in `job`.
 */
export interface ScheduleUpsert extends Partial<Omit<JobRequest, NotOfSchedules>> {
  /** @default 'upsert' */
  readonly operation?: 'upsert';
  /**
   * At most 120 characters, no `~`. @default derived from the times, the job and `autoResumeJobs`, so that the same request
   * is the same schedule
   */
  readonly id?: string;
  /** `false`: it fires nothing, and what waits to be fired is let go. @default true */
  readonly enabled?: boolean;
  /** When it fires. */
  readonly schedule: ScheduleTimes;
  /** What a firing does while a job of the schedule is open, a paused one included. @default 'allow' */
  readonly overlap?: OverlapPolicy;
  /** What becomes of times that nobody could fire. @default 'one' */
  readonly catchUp?: CatchUpPolicy;
  /** So many missed times at most are fired with `catchUp: 'all'`. @minimum 1 @maximum 100 @default 10 */
  readonly maxCatchUp?: number;
  /** Name of the jobs that it makes. */
  readonly name?: string;
  /** The job, in place of `name`, `steps`, `options` and whatever else is said of it. */
  readonly job?: ScheduledJob;
  /** Whether `run_now` runs the job in its own execution. @default false */
  readonly autoResumeJobs?: boolean;
  /** Plain data, kept and shown. With the times and the job it may take 7,000 bytes. @default {} */
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** Checks everything and stores nothing. @default false */
  readonly dryRun?: boolean;
}

/** What `schedule` takes for a schedule that is there. `triggerId` is another word for `id`. */
export interface ScheduleCommand {
  /**
   * `run_now` makes a job at once, besides the times, whatever is open; `pause` fires nothing more until `resume`, which
   * makes up for nothing; `delete` leaves the jobs that were made.
   */
  readonly operation: 'delete' | 'run_now' | 'pause' | 'resume';
  /** Its id; this, `triggerId` or `triggerUid` is needed. */
  readonly id?: string;
  /** The same as `id`. */
  readonly triggerId?: string;
  /** In place of the id, the `triggerUid` of its record: where its user has no other schedule that fires. */
  readonly triggerUid?: string;
  /** `true`: nothing is changed. `run_now` ignores it and makes its job all the same. @default false */
  readonly dryRun?: boolean;
}

/** What `schedule` takes to list schedules. */
export interface ScheduleListing {
  /** What was asked for. */
  readonly operation: 'list';
  /** Only this one. */
  readonly id?: string;
  /** So many rows at most, sorted by id. @minimum 1 @maximum 1000 @default 100 */
  readonly limit?: number;
  /** So many rows are passed over. @minimum 0 @maximum 100000 @default 0 */
  readonly offset?: number;
}

/** What `schedule` takes. */
export type ScheduleRequest = ScheduleUpsert | ScheduleCommand | ScheduleListing;

/** A schedule, as `list` shows it. */
export interface ScheduleRecord {
  /** Its id. */
  readonly id: string;
  /** Whether it fires. */
  readonly enabled: boolean;
  /** The watchdog of the owner, which fires all of his schedules; `null` while it is paused, or where there is none. */
  readonly triggerUid: string | null;
  /** Whether its user has a watchdog; of a paused schedule, too. */
  readonly triggerExists: boolean;
  /** Always `jobs`. */
  readonly dispatchMode: 'jobs';
  /** When it fires: what the upsert said, by its fields, with `null` for what it left to a default. */
  readonly schedule: Readonly<Record<string, unknown>>;
  /** When it was first accepted. */
  readonly createdAt: string;
  /** The last upsert, `pause` or `resume` that changed it; firings do not count. */
  readonly updatedAt: string;
  /** The name of its jobs. */
  readonly name: string;
  /** Random id of the user whose triggers fire it. */
  readonly owner: string;
  /** What happens at a time at which a job of it is open. */
  readonly overlap: OverlapPolicy;
  /** What happens to times that nobody could fire. */
  readonly catchUp: CatchUpPolicy;
  /** So many missed times at most are fired with `catchUp: 'all'`. */
  readonly maxCatchUp: number;
  /** The next time to be fired, which is past until a pass comes; `null` while it is paused, and when its times are over. */
  readonly nextFireAt: string | null;
  /** The last time that was fired, as the schedule has it; of `run_now` when that was called. `null` before the first. */
  readonly lastFireAt: string | null;
  /** The job that was made for it; `null` before the first. */
  readonly lastJobId: string | null;
  /** Jobs that were made, those of `run_now` included. */
  readonly runs: number;
  /** Times that made no job: by `overlap` or `catchUp`, or since it was paused. Of a very long outage not all are counted. */
  readonly skipped: number;
  /** Times that wait to be fired, oldest first: for an open job, one at most, or for what `lastError` says, 100 at most. */
  readonly waiting: readonly string[];
  /** Why a firing could make no job; it is tried again at each pass of the dispatcher. `null` once it could. */
  readonly lastError: {
    /** The code of the error. */ readonly code: string;
    /** What went wrong, in words. */ readonly message: string;
    /** Since when it is so. */ readonly since: string;
  } | null;
  /** What the upsert said; `{}` where it said nothing. */
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** A schedule whose stored text cannot be read. It fires nothing and is not deleted, but by `delete`. */
export interface DamagedSchedule {
  /** Its id. */
  readonly id: string;
  /** Always false. */
  readonly enabled: false;
  /** Always true. */
  readonly damaged: true;
  /** What is wrong with it. */
  readonly error: {
    /** The code of the error. */ readonly code: string;
    /** What went wrong, in words. */ readonly message: string;
  };
}

/** What `schedule` returns. `result` depends on the operation. */
export interface ScheduleResponse {
  /** Always `ok`. */
  readonly status: 'ok';
  /** What was asked for. */
  readonly operation: string;
  /** Of an upsert: the id of the schedule. */
  readonly triggerId?: string;
  /** What was asked, with defaults filled in. */
  readonly request: Readonly<Record<string, unknown>>;
  /** What came of it. */
  readonly result: ScheduleResult;
}

/** What came of it. */
export interface ScheduleResult {
  /** Always `ok`. */
  readonly status: 'ok';
  /** What was asked for. */
  readonly operation: string;
  /** Its id; absent in what `list` and `delete` return. */
  readonly id?: string;
  /** With the id: the watchdog of its user, which fires it; `null` while it is paused, or where there is none. */
  readonly triggerUid?: string | null;
  /** Of `run_now`: always `jobs`. */
  readonly dispatchMode?: 'jobs';
  /** Whether nothing was stored; absent in what `list` and `run_now` return. */
  readonly dryRun?: boolean;
  /** Of `upsert`: whether there was none of this id. */
  readonly created?: boolean;
  /** Of `upsert`: whether it changed one that was there; with `dryRun` whether there is one. */
  readonly updated?: boolean;
  /** Of `upsert`: whether one was there and was the same already; with `dryRun` always false. */
  readonly noop?: boolean;
  /** Of `upsert`: as it is now, absent with `dryRun`. Of `pause` and `resume`: as it is now, with `dryRun` as it would be. */
  readonly schedule?: ScheduleRecord;
  /** Of `delete`: how many, 0 where there was none; with `dryRun` how many would be. */
  readonly deleted?: number;
  /** Of `list`: the schedules, sorted by id. Of `delete`: what was deleted. */
  readonly items?: readonly (ScheduleRecord | DamagedSchedule | DeletedSchedule)[];
  /** Of `list`: where the list stands. */
  readonly page?: {
    /** So many at most. */
    readonly limit: number;
    /** So many were passed over. */
    readonly offset: number;
    /** So many are in it. */
    readonly returned: number;
    /** All of them. */
    readonly total: number;
    /** Whether there are more. */
    readonly hasMore: boolean;
  };
  /** Of `run_now`: the job, and with `autoResumeJobs` what became of it in this execution. */
  readonly result?: {
    /** Always `jobs`. */ readonly mode: 'jobs';
    /** The job that was made. */ readonly enqueued: JobRecord;
    /** The job after it ran in this call; `null` without `autoResumeJobs`, and inside a handler. */ readonly resumed: JobRecord | null;
  };
}

/** A schedule that was deleted. */
export interface DeletedSchedule {
  /** Its id. */
  readonly id: string;
  /** Id of the watchdog of its user, which fires it; `null` where there is none. */
  readonly triggerUid: string | null;
  /** Always false: triggers are shared, and go with the last open job and schedule. */
  readonly deletedProjectTrigger: false;
}
