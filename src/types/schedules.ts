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
      readonly type: 'every_minutes';
      /** @minimum 1 @maximum 1440 @default 1 */
      readonly every?: number;
      readonly timeZone?: string | null;
    }
  | {
      readonly type: 'every_hours';
      /** @minimum 1 @maximum 720 @default 1 */
      readonly every?: number;
      /** The minute of the first firing. @minimum 0 @maximum 59 @default an interval after the upsert */
      readonly nearMinute?: number | null;
      readonly timeZone?: string | null;
    }
  | {
      readonly type: 'every_days';
      /** @minimum 1 @maximum 366 @default 1 */
      readonly every?: number;
      /** @minimum 0 @maximum 23 @default the hour of the upsert */
      readonly atHour?: number | null;
      /** Exactly this minute. @minimum 0 @maximum 59 @default 0 with `atHour`, else the minute of the upsert */
      readonly nearMinute?: number | null;
      readonly timeZone?: string | null;
    }
  | {
      readonly type: 'every_weeks';
      /** @minimum 1 @maximum 52 @default 1 */
      readonly every?: number;
      readonly onWeekDay: WeekDay | number;
      readonly atHour?: number | null;
      readonly nearMinute?: number | null;
      readonly timeZone?: string | null;
    }
  | {
      /** Five fields: minute, hour, day of the month, month, day of the week; or `@daily` and the like. */
      readonly cron: string;
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
  readonly schedule: ScheduleTimes;
  /** @default 'allow' */
  readonly overlap?: OverlapPolicy;
  /** @default 'one' */
  readonly catchUp?: CatchUpPolicy;
  /** @minimum 1 @maximum 100 @default 10 */
  readonly maxCatchUp?: number;
  readonly name?: string;
  readonly steps?: JobRequest['steps'];
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
  readonly id?: string;
  readonly triggerId?: string;
  readonly dryRun?: boolean;
}

/** What `schedule` takes to list schedules. */
export interface ScheduleListing {
  readonly operation: 'list';
  /** Only this one. */
  readonly id?: string;
  /** @minimum 1 @maximum 1000 @default 100 */
  readonly limit?: number;
  /** @default 0 */
  readonly offset?: number;
}

export type ScheduleRequest = ScheduleUpsert | ScheduleCommand | ScheduleListing;

/** A schedule, as `list` shows it. */
export interface ScheduleRecord {
  readonly id: string;
  readonly enabled: boolean;
  /** The watchdog of the owner, which fires all of his schedules. */
  readonly triggerUid: string | null;
  readonly triggerExists: boolean;
  readonly dispatchMode: 'jobs';
  readonly schedule: Readonly<Record<string, unknown>>;
  readonly createdAt: string;
  readonly updatedAt: string;
  /** The name of its jobs. */
  readonly name: string;
  readonly owner: string;
  readonly overlap: OverlapPolicy;
  readonly catchUp: CatchUpPolicy;
  readonly maxCatchUp: number;
  /** When it fires next; `null` while it is paused, and when its times are over. */
  readonly nextFireAt: string | null;
  /** The time of its last firing, and the job that it made. */
  readonly lastFireAt: string | null;
  readonly lastJobId: string | null;
  /** Firings that made a job, and times that made none. */
  readonly runs: number;
  readonly skipped: number;
  /** Firings that are decided and wait: for an open job, or for what `lastError` says. */
  readonly waiting: readonly string[];
  /** Why the last firing could make no job; it is tried again at each pass of the dispatcher. */
  readonly lastError: {readonly code: string; readonly message: string; readonly since: string} | null;
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** A schedule whose stored text cannot be read. It fires nothing and is not deleted, but by `delete`. */
export interface DamagedSchedule {
  readonly id: string;
  readonly enabled: false;
  readonly damaged: true;
  readonly error: {readonly code: string; readonly message: string};
}

/** What `schedule` returns. `result` depends on the operation. */
export interface ScheduleResponse {
  readonly status: 'ok';
  readonly operation: string;
  /** The id of the schedule, of an upsert. */
  readonly triggerId?: string;
  /** What was asked, with defaults filled in. */
  readonly request: Readonly<Record<string, unknown>>;
  readonly result: ScheduleResult;
}

/** What came of it. */
export interface ScheduleResult {
  readonly status: 'ok';
  readonly operation: string;
  readonly id?: string;
  readonly triggerUid?: string | null;
  readonly dispatchMode?: 'jobs';
  readonly dryRun?: boolean;
  /** Of `upsert`. */
  readonly created?: boolean;
  readonly updated?: boolean;
  readonly noop?: boolean;
  /** As it is now: of `upsert`, `pause` and `resume`. */
  readonly schedule?: ScheduleRecord;
  /** Of `delete`: how many, and which. */
  readonly deleted?: number;
  /** Of `list`, and of `delete`. */
  readonly items?: readonly (ScheduleRecord | DamagedSchedule | DeletedSchedule)[];
  readonly page?: {
    readonly limit: number;
    readonly offset: number;
    readonly returned: number;
    readonly total: number;
    readonly hasMore: boolean;
  };
  /** Of `run_now`: the job, and with `autoResumeJobs` what became of it in this execution. */
  readonly result?: {readonly mode: 'jobs'; readonly enqueued: JobRecord; readonly resumed: JobRecord | null};
}

export interface DeletedSchedule {
  readonly id: string;
  readonly triggerUid: string | null;
  /** Always false: triggers are shared, and go with the last open job and schedule. */
  readonly deletedProjectTrigger: false;
}

/** What `listFailed` takes. */
export interface FailedFilters {
  readonly name?: string;
  /** @minimum 1 @maximum 1000 @default 100 */
  readonly limit?: number;
  /** @default 'any' */
  readonly inDlq?: 'any' | 'only' | 'exclude';
  readonly dlqState?: 'queued' | 'replayed';
  /** Whether rows carry the whole record, as `job`. @default false */
  readonly includeJob?: boolean;
}

/** How often a failed job was replayed, and what came of it. */
export interface ReplayRecord {
  readonly count: number;
  readonly lastReplayAt: string | null;
  readonly lastReplayStatus: string | null;
  readonly lastReplayError: StoredError | null;
  readonly lastIdempotencyKey: string | null;
}

/** A row of `listFailed`. */
export interface FailedJob {
  readonly jobId: string;
  readonly name: string;
  readonly status: 'failed';
  readonly failedAt: string;
  readonly lastError: JobRecord['lastError'];
  readonly inDlq: boolean;
  readonly dlq: {
    readonly state: 'queued' | 'replayed';
    readonly movedAt: string;
    readonly replay: ReplayRecord;
  } | null;
  readonly job?: JobRecord;
}

/** What `moveToDlq` returns. */
export interface DeadLetterRecord {
  readonly jobId: string;
  readonly name: string;
  readonly propertyPrefix: string;
  readonly sourceStatus: 'failed';
  readonly failedAt: string;
  readonly movedAt: string;
  readonly state: 'queued';
  readonly lastError: JobRecord['lastError'];
  readonly retry: {
    readonly maxRetries: number;
    readonly totalAttempts: number;
    readonly failedStepIds: readonly string[];
    readonly attemptsByStep: Readonly<Record<string, number>>;
  };
  readonly replay: ReplayRecord;
}

/** What `replayDlq` takes. */
export interface ReplayRequest extends LookupOptions {
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
  readonly jobId: string;
  readonly beforeState: 'queued' | 'replayed';
  /** The status of the job afterwards; `'skipped'` and `'error'`: it was not replayed. */
  readonly resultStatus: string;
  readonly afterState: 'queued' | 'replayed';
  readonly jobVersion?: number;
  readonly reason?: string;
  readonly error?: {readonly name: string; readonly message: string; readonly details: unknown};
}

/** What `replayDlq` returns. */
export interface ReplayResult {
  readonly status: 'ok';
  /** Whether this is what an earlier call with the same key did. */
  readonly idempotent: boolean;
  readonly request: {
    readonly name: string | null;
    readonly limit: number;
    readonly maxConcurrency: number;
    readonly propertyPrefix: string | null;
  };
  readonly processed: number;
  readonly counts: {readonly replayed: number; readonly failed: number; readonly skipped: number};
  readonly items: readonly ReplayItem[];
}

/** What `purgeDlq` takes. */
export interface PurgeRequest extends LookupOptions {
  readonly name?: string;
  /** @default 'replayed' */
  readonly state?: 'replayed' | 'queued' | 'all';
  /** @minimum 1 @maximum 2000 @default 200 */
  readonly limit?: number;
}

/** What `purgeDlq` returns. The jobs themselves stay, as other jobs do. */
export interface PurgeResult {
  readonly status: 'ok';
  readonly deletedCount: number;
  readonly deletedJobIds: readonly string[];
}
