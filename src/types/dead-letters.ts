/** Types of failed jobs that are put aside, dead letters. No code. */
import type {JobRecord, StoredError} from './jobs';
import type {LookupOptions} from './lookups';

/** What `listFailed` takes. */
export interface FailedFilters {
  /** Only jobs of this name. */
  readonly name?: string;
  /** So many rows at most. @minimum 1 @maximum 1000 @default 100 */
  readonly limit?: number;
  /** Whether jobs that were put aside are in it: with the others, alone, or not at all. @default 'any' */
  readonly inDlq?: 'any' | 'only' | 'exclude';
  /** Only dead letters in this state. A failed job is `queued`, also when it failed again: `replayed` finds none. */
  readonly dlqState?: 'queued' | 'replayed';
  /** Whether rows carry the whole record, as `job`. @default false */
  readonly includeJob?: boolean;
}

/** How often a failed job was replayed, and what came of it. */
export interface ReplayRecord {
  /** How many there were. */
  readonly count: number;
  /** When the last one began; `null` before. */
  readonly lastReplayAt: string | null;
  /** The status of the job as it is now; `null` before the first. */
  readonly lastReplayStatus: string | null;
  /** Why it failed again; `null` where it did not. */
  readonly lastReplayError: StoredError | null;
  /** The key of the call that made the last one; `null` where it had none. */
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
  /** The whole record; absent without `includeJob`. */
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
  /** Always `queued`. */
  readonly state: 'queued';
  /** Why. */
  readonly lastError: JobRecord['lastError'];
  /** What its steps had tried, by the rows of its record: beyond 1,000 items one for each map step. None of a folded job. */
  readonly retry: {
    /** Retries of a step, by the options of the job. */
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
  /** Jobs that this call replays, at the most: the lower of this and `maxConcurrency`. @minimum 1 @maximum 500 @default 20 */
  readonly limit?: number;
  /** Jobs that this call replays, at the most; they run one after the other. @minimum 1 @maximum 100 @default 10 */
  readonly maxConcurrency?: number;
  /** A second call with the same key replays nothing and returns what the first one did. At most 200 characters. */
  readonly idempotencyKey?: string;
}

/** What became of one dead letter. */
export interface ReplayItem {
  /** Id of the job. */
  readonly jobId: string;
  /** Its state before: only `queued` ones are replayed. */
  readonly beforeState: 'queued' | 'replayed';
  /** The status of the job afterwards; `'skipped'`: it was not replayed, `'error'`: something was thrown meanwhile. */
  readonly resultStatus: string;
  /** Its state after: `queued` where it was not replayed, and where it failed again. */
  readonly afterState: 'queued' | 'replayed';
  /** `version` of its record after; absent where it was not replayed by this very call. */
  readonly jobVersion?: number;
  /** Why it was `'skipped'`, else absent. */
  readonly reason?: string;
  /** What was thrown where the status is `'error'`, else absent. Why a job failed again its record says. */
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
    /** The name that jobs must have; `null`: any. */
    readonly name: string | null;
    /** So many at most. */
    readonly limit: number;
    /** So many jobs at most in one call. */
    readonly maxConcurrency: number;
    /** The prefix that jobs must have; `null`: any that is in use. */
    readonly propertyPrefix: string | null;
  };
  /** Jobs that were looked at. */
  readonly processed: number;
  /** How many came to what. */
  readonly counts: {
    /** Jobs that went on and did not fail again. */ readonly replayed: number;
    /** Jobs that failed again, and those with an error. */ readonly failed: number;
    /** Jobs that were not replayed, each with its reason. */ readonly skipped: number;
  };
  /** One for each job. */
  readonly items: readonly ReplayItem[];
}

/** What `purgeDlq` takes. */
export interface PurgeRequest extends LookupOptions {
  /** Only jobs of this name. */
  readonly name?: string;
  /** Only dead letters in this state: put aside, gone on since, or both. @default 'replayed' */
  readonly state?: 'replayed' | 'queued' | 'all';
  /** So many at most, the newest first. @minimum 1 @maximum 2000 @default 200 */
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
