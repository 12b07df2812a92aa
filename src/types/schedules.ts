/** Types of schedules and of failed jobs that are put aside. No code. */
import type {
  ChainRequest,
  EnqueueManyRequest,
  JobOptions,
  JobRecord,
  JobRequest,
  LookupOptions,
  MapReduceRequest,
  StoredError,
} from './jobs';

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
      /** @minimum 1 @maximum 1440 @default 1 */
      readonly every?: number;
      /** Name of a time zone, as in `Europe/Berlin`. @default the script's own */
      readonly timeZone?: string | null;
    }
  | {
      /** The kind of interval. */
      readonly type: 'every_hours';
      /** @minimum 1 @maximum 720 @default 1 */
      readonly every?: number;
      /** The minute of the first firing. @minimum 0 @maximum 59 @default an interval after the upsert */
      readonly nearMinute?: number | null;
      /** Name of a time zone, as in `Europe/Berlin`. @default the script's own */
      readonly timeZone?: string | null;
    }
  | {
      /** The kind of interval. */
      readonly type: 'every_days';
      /** @minimum 1 @maximum 366 @default 1 */
      readonly every?: number;
      /** @minimum 0 @maximum 23 @default the hour of the upsert */
      readonly atHour?: number | null;
      /** Exactly this minute. @minimum 0 @maximum 59 @default 0 with `atHour`, else the minute of the upsert */
      readonly nearMinute?: number | null;
      /** Name of a time zone, as in `Europe/Berlin`. @default the script's own */
      readonly timeZone?: string | null;
    }
  | {
      /** The kind of interval. */
      readonly type: 'every_weeks';
      /** @minimum 1 @maximum 52 @default 1 */
      readonly every?: number;
      /** The day of the week, as in `MONDAY`. */
      readonly onWeekDay: WeekDay | number;
      /** Hour of the day, 0 to 23. @default the hour of the upsert */
      readonly atHour?: number | null;
      /** Minute of the hour, 0 to 59. @default 0 with `atHour`, else the minute of the upsert */
      readonly nearMinute?: number | null;
      /** Name of a time zone, as in `Europe/Berlin`. @default the script's own */
      readonly timeZone?: string | null;
    }
  | {
      /** Five fields: minute, hour, day of the month, month, day of the week; or `@daily` and the like. */
      readonly cron: string;
      /** Name of a time zone, as in `Europe/Berlin`. @default the script's own */
      readonly timeZone?: string | null;
    }
  | {
      /** Once: ISO 8601, in the script's time zone where none is given, or a date. */
      readonly at: string | Date;
    };

/**
 * What a firing does while a job of the same schedule is open: nothing; waits for it, at most one at a time; cancels it;
 * makes its own job all the same.
 */
export type OverlapPolicy = 'skip' | 'queue' | 'cancel' | 'allow';

/** What is made up for of the times that nobody could fire: none, the last one, or all, the last `maxCatchUp` of them. */
export type CatchUpPolicy = 'none' | 'one' | 'all';

/** The job of a schedule: as `enqueue`, `chain`, `enqueueMany` and `mapReduce` take it, but for when it starts. */
export type ScheduledJob = JobRequest | ChainRequest | EnqueueManyRequest | MapReduceRequest;

/** What `schedule` takes to make or change a schedule. Whoever calls becomes its owner: his triggers run its jobs. */
export interface ScheduleUpsert {
  /** @default 'upsert' */
  readonly operation?: 'upsert';
  /** At most 120 characters, no `~`. @default derived from the times and the job, so that the same request is the same schedule */
  readonly id?: string;
  /** @default true */
  readonly enabled?: boolean;
  /** When it fires. */
  readonly schedule: ScheduleTimes;
  /** @default 'allow' */
  readonly overlap?: OverlapPolicy;
  /** @default 'one' */
  readonly catchUp?: CatchUpPolicy;
  /** @minimum 1 @maximum 100 @default 10 */
  readonly maxCatchUp?: number;
  /** Name of the jobs that it makes. */
  readonly name?: string;
  /** As in `JobRequest`. */
  readonly steps?: JobRequest['steps'];
  /** As in `JobRequest`. */
  readonly options?: JobOptions;
  /** The job, in place of `name`, `steps` and `options`. */
  readonly job?: ScheduledJob;
  /** Whether `run_now` runs the job in its own execution. @default false */
  readonly autoResumeJobs?: boolean;
  /** Plain data, kept and shown. */
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
  /** Its id. */
  readonly id?: string;
  /** The same as `id`. */
  readonly triggerId?: string;
  /** `true`: nothing is changed. `run_now` makes its job all the same. */
  readonly dryRun?: boolean;
}

/** What `schedule` takes to list schedules. */
export interface ScheduleListing {
  /** What was asked for. */
  readonly operation: 'list';
  /** Only this one. */
  readonly id?: string;
  /** @minimum 1 @maximum 1000 @default 100 */
  readonly limit?: number;
  /** @default 0 */
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
  /** The watchdog of the owner, which fires all of his schedules. */
  readonly triggerUid: string | null;
  /** Whether its user has a watchdog that fires it. */
  readonly triggerExists: boolean;
  /** Always `jobs`. */
  readonly dispatchMode: 'jobs';
  /** When it fires. */
  readonly schedule: Readonly<Record<string, unknown>>;
  /** When it was accepted. */
  readonly createdAt: string;
  /** When it changed last. */
  readonly updatedAt: string;
  /** The name of its jobs. */
  readonly name: string;
  /** Random id of the user whose triggers fire it. */
  readonly owner: string;
  /** What happens at a time at which a job of it is open. */
  readonly overlap: OverlapPolicy;
  /** What happens to times that nobody could fire. */
  readonly catchUp: CatchUpPolicy;
  /** So many missed times are fired with `all`. */
  readonly maxCatchUp: number;
  /** When it fires next; `null` while it is paused, and when its times are over. */
  readonly nextFireAt: string | null;
  /** The time of its last firing, and the job that it made. */
  readonly lastFireAt: string | null;
  /** The job that was made last; `null` before the first. */
  readonly lastJobId: string | null;
  /** Firings that made a job, and times that made none. */
  readonly runs: number;
  /** Times that made no job. */
  readonly skipped: number;
  /** Firings that are decided and wait: for an open job, or for what `lastError` says. */
  readonly waiting: readonly string[];
  /** Why the last firing could make no job; it is tried again at each pass of the dispatcher. */
  readonly lastError: {
    /** The code of the error. */ readonly code: string;
    /** What went wrong, in words. */ readonly message: string;
    /** Since when it is so. */ readonly since: string;
  } | null;
  /** What the upsert said, as it was. */
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
  /** The id of the schedule, of an upsert. */
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
  /** Its id. */
  readonly id?: string;
  /** Id of the watchdog of its user, which fires it; `null` where there is none. */
  readonly triggerUid?: string | null;
  /** Always `jobs`. */
  readonly dispatchMode?: 'jobs';
  /** Whether nothing was stored. */
  readonly dryRun?: boolean;
  /** Of `upsert`. */
  readonly created?: boolean;
  /** Whether something changed. */
  readonly updated?: boolean;
  /** Whether it was the same already. */
  readonly noop?: boolean;
  /** As it is now: of `upsert`, `pause` and `resume`. */
  readonly schedule?: ScheduleRecord;
  /** Of `delete`: how many, and which. */
  readonly deleted?: number;
  /** Of `list`, and of `delete`. */
  readonly items?: readonly (ScheduleRecord | DamagedSchedule | DeletedSchedule)[];
  /** Where the list stands. */
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
    /** The job after it ran in this call; `null` where it did not. */ readonly resumed: JobRecord | null;
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

/** What `listFailed` takes. */
export interface FailedFilters {
  /** Only jobs of this name. */
  readonly name?: string;
  /** @minimum 1 @maximum 1000 @default 100 */
  readonly limit?: number;
  /** @default 'any' */
  readonly inDlq?: 'any' | 'only' | 'exclude';
  /** Only those in this state. */
  readonly dlqState?: 'queued' | 'replayed';
  /** Whether rows carry the whole record, as `job`. @default false */
  readonly includeJob?: boolean;
}

/** How often a failed job was replayed, and what came of it. */
export interface ReplayRecord {
  /** How many there were. */
  readonly count: number;
  /** When the last one was; `null` before. */
  readonly lastReplayAt: string | null;
  /** What the job was after it. */
  readonly lastReplayStatus: string | null;
  /** Why it failed again. */
  readonly lastReplayError: StoredError | null;
  /** The key of the call that made it. */
  readonly lastIdempotencyKey: string | null;
}

/** A row of `listFailed`. */
export interface FailedJob {
  /** Id of the job. */
  readonly jobId: string;
  /** Its name. */
  readonly name: string;
  /** Its status. */
  readonly status: 'failed';
  /** When it failed. */
  readonly failedAt: string;
  /** Why. */
  readonly lastError: JobRecord['lastError'];
  /** Whether it was put aside. */
  readonly inDlq: boolean;
  /** How it was put aside; `null` where it was not. */
  readonly dlq: {
    /** `queued`: put aside; `replayed`: it went on since. */
    readonly state: 'queued' | 'replayed';
    /** When it was put aside. */
    readonly movedAt: string;
    /** What came of its replays. */
    readonly replay: ReplayRecord;
  } | null;
  /** The job. */
  readonly job?: JobRecord;
}

/** What `moveToDlq` returns. */
export interface DeadLetterRecord {
  /** Id of the job. */
  readonly jobId: string;
  /** Its name. */
  readonly name: string;
  /** Prefix of the job's keys. */
  readonly propertyPrefix: string;
  /** What the job was when it was put aside. */
  readonly sourceStatus: 'failed';
  /** When it failed. */
  readonly failedAt: string;
  /** When it was put aside. */
  readonly movedAt: string;
  /** `queued`: put aside; `replayed`: it went on since. */
  readonly state: 'queued';
  /** Why. */
  readonly lastError: JobRecord['lastError'];
  /** As in `JobRequest`. */
  readonly retry: {
    /** Failed attempts that are followed by another. */
    readonly maxRetries: number;
    /** Failed attempts of all steps. */
    readonly totalAttempts: number;
    /** Steps that failed. */
    readonly failedStepIds: readonly string[];
    /** Failed attempts by step. */
    readonly attemptsByStep: Readonly<Record<string, number>>;
  };
  /** What came of its replays. */
  readonly replay: ReplayRecord;
}

/** What `replayDlq` takes. */
export interface ReplayRequest extends LookupOptions {
  /** Only jobs of this name. */
  readonly name?: string;
  /** @minimum 1 @maximum 500 @default 20 */
  readonly limit?: number;
  /** Jobs that this call replays, at the most. @minimum 1 @maximum 100 @default 10 */
  readonly maxConcurrency?: number;
  /** A second call with the same key replays nothing and returns what the first one did. At most 200 characters. */
  readonly idempotencyKey?: string;
}

/** What became of one dead letter. */
export interface ReplayItem {
  /** Id of the job. */
  readonly jobId: string;
  /** Its state before. */
  readonly beforeState: 'queued' | 'replayed';
  /** The status of the job afterwards; `'skipped'` and `'error'`: it was not replayed. */
  readonly resultStatus: string;
  /** Its state after. */
  readonly afterState: 'queued' | 'replayed';
  /** `version` of its record after. */
  readonly jobVersion?: number;
  /** Why it was passed over. */
  readonly reason?: string;
  /** Why it failed; `null` where it did not. */
  readonly error?: {
    /** Its name. */ readonly name: string;
    /** What went wrong, in words. */ readonly message: string;
    /** Facts about the error. */ readonly details: unknown;
  };
}

/** What `replayDlq` returns. */
export interface ReplayResult {
  /** Always `ok`. */
  readonly status: 'ok';
  /** Whether this is what an earlier call with the same key did. */
  readonly idempotent: boolean;
  /** What was asked for. */
  readonly request: {
    /** Its name. */
    readonly name: string | null;
    /** So many at most. */
    readonly limit: number;
    /** So many jobs at most in one call. */
    readonly maxConcurrency: number;
    /** Prefix of the job's keys. */
    readonly propertyPrefix: string | null;
  };
  /** Jobs that were looked at. */
  readonly processed: number;
  /** How many came to what. */
  readonly counts: {
    /** Jobs that went on. */ readonly replayed: number;
    /** Jobs that could not go on. */ readonly failed: number;
    /** Jobs that were passed over. */ readonly skipped: number;
  };
  /** One for each job. */
  readonly items: readonly ReplayItem[];
}

/** What `purgeDlq` takes. */
export interface PurgeRequest extends LookupOptions {
  /** Only jobs of this name. */
  readonly name?: string;
  /** @default 'replayed' */
  readonly state?: 'replayed' | 'queued' | 'all';
  /** @minimum 1 @maximum 2000 @default 200 */
  readonly limit?: number;
}

/** What `purgeDlq` returns. The jobs themselves stay, as other jobs do. */
export interface PurgeResult {
  /** Always `ok`. */
  readonly status: 'ok';
  /** How many are dead letters no more. */
  readonly deletedCount: number;
  /** Their ids. */
  readonly deletedJobIds: readonly string[];
}
