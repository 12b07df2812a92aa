/** Types of what hosts and operators call: binding, installing, looking after jobs. No code. */
import type {LookupOptions} from './lookups';
import type {JobStatus, Json, WaitReason} from './states';

/** How a host hands itself over. */
export interface BindOptions {
  /** Name of the host's function that triggers call; may be dotted, as in `'ASTLib.astJobsWorker'`. @default 'astJobsWorker' */
  readonly triggerHandler?: string;
  /**
   * Which properties hold the jobs; the lock is of the same kind. `'memory'`: none. Jobs live in this execution only and no
   * service is called, for tests and dry runs; not together with `lock`, `fetch`, `drive` and `sheets`. @default 'script'
   */
  readonly store?: 'script' | 'user' | 'document' | 'memory';
  /** The host's own Lock object, for hosts that hold it while they call this library: Apps Script locks do not nest. */
  readonly lock?: {
    /** Waits so long for the lock; false where it was busy all the time. */
    tryLock(timeoutMs: number): boolean;
    /** Gives it back. */
    releaseLock(): void;
    /** Whether this execution holds it. */
    hasLock?(): boolean;
  };
  /** Allow-list of handlers; turns the look-up by global name off. */
  readonly handlers?: Readonly<Record<string, (context: never) => unknown>>;
  /** `false` turns off the look-up of `const` handlers, which needs a `Function` made from constant text. @default true */
  readonly dynamicLookup?: boolean;
  /**
   * The service that fetches addresses: for web hooks of alerts, and with `workerUrl` to start more executions through the
   * script's own web app. @default none: only triggers start executions
   */
  readonly fetch?: {
    /** Sends all requests at once. */
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- a host hands over a service whose types are its own
    fetchAll(requests: any[]): {
      /** 200 where a worker answered. */
      getResponseCode(): number;
      /** What it answered. */
      getContentText(): string;
    }[];
  };
  /** Address of the script's own web app, `'https://script.google.com/macros/s/…/exec'`. Only together with `fetch`. */
  readonly workerUrl?: string;
  /** What is posted with each start; at least 16 characters. @default the script property `AST_JOBS_WORKER_TOKEN` */
  readonly workerToken?: string;
  /** The service that sends mail, for alerts; asks for the permission to send mail as you. */
  readonly mail?: {
    /** Sends one mail. */
    sendEmail(recipient: string, subject: string, body: string): unknown;
  };
  /** The service that makes text outputs, for what `doPost` returns. @default none: `doPost` returns the text itself */
  readonly content?: {
    /** Makes one. */
    createTextOutput(text: string): object;
  };
  /** The host's Drive service, for stored values and large results; asks for the permission of Drive. */
  readonly drive?: object;
  /** Id of the Drive folder to use, for this script alone. @default a folder `AST.Jobs` that is made at first use */
  readonly folder?: string;
  /** The host's Spreadsheet service, for stored values and large results; asks for the permission of spreadsheets. */
  readonly sheets?: object;
  /** Id of the spreadsheet to use, for this script alone. @default the active one */
  readonly spreadsheet?: string;
  /** What reads the YAML of workflows. @default `ASTYaml` of the file Yaml.js, where it was added to the script */
  readonly yaml?: {
    /** The value in a YAML text. */
    parse(text: string): unknown;
  };
}

/** What `install` takes. */
export interface InstallOptions {
  /** How often the watchdog looks. More often eats the day's 90 minutes of trigger time. @default 10 */
  readonly everyMinutes?: 1 | 5 | 10 | 15 | 30;
}

/** What `install` returns. */
export interface InstallResult {
  /** The trigger that was made, or kept. */
  readonly watchdog: {
    /** How often it looks. */
    readonly everyMinutes: number;
    /** The function that it calls. */
    readonly triggerHandler: string;
  };
}

/** What `stop` takes. */
export interface StopOptions {
  /** `true` also deletes every stored job of the prefixes in use, schedules, rate limits and waiting alerts; not what `AST.Storage` has. @default false */
  readonly data?: boolean;
}

/** What `stop` returns. */
export interface StopResult {
  /** This user's triggers that were deleted. */
  readonly triggersDeleted: number;
  /** Open jobs that now wait for an explicit `resume`. */
  readonly jobsPaused: number;
  /** With `data: true`: all there were, else 0. */
  readonly jobsDeleted: number;
  /** Schedules that fire no more until `resume` or `upsert`, where there were some. */
  readonly schedulesPaused?: number;
  /** Schedules that were deleted. */
  readonly schedulesDeleted?: number;
}

/** What `cleanup` takes. */
export interface CleanupOptions extends LookupOptions {
  /** Jobs that ended so many days ago or longer are deleted; 0: all that have ended. @minimum 0 @maximum 3650 @default the retention */
  readonly olderThanDays?: number;
  /** @default all three */
  readonly status?: FinalStatus | readonly FinalStatus[];
  /** Only jobs of this name. */
  readonly name?: string;
  /** So many jobs at most, those first that ended longest ago. @minimum 1 @maximum 100000 @default no limit */
  readonly limit?: number;
  /** Tells what would be done and does nothing. @default false */
  readonly dryRun?: boolean;
}

/** State of a job that has ended. */
export type FinalStatus = 'completed' | 'failed' | 'canceled';

/** What `cleanup` returns. */
export interface CleanupResult {
  /** Ids of the jobs that were deleted, oldest first. */
  readonly purged: readonly string[];
  /** Jobs that lost steps and results and are still there. */
  readonly folded: number;
  /** Keys that belonged to nothing: left-overs of jobs that are gone or folded, and pieces of lost results. */
  readonly orphansDeleted: number;
  /** Bytes of the store, keys included. */
  readonly freedBytes: number;
  /** Jobs and keys that fit and are still there: call again. */
  readonly left: number;
}

/** What keeps a job from moving, or that nothing does; see docs/operating.md. */
export type ExplainReason =
  /** Waits for its first execution. */
  | 'queued'
  | WaitReason
  /** An execution runs it. */
  | 'running'
  /** An execution has it and gives no sign of life. */
  | 'silent'
  /** Its owner was asked to stop and finishes the step it is at. */
  | 'stopping'
  /** There is no trigger that would start an execution. */
  | 'noTrigger'
  /** Only triggers of another user run it. */
  | 'otherUser'
  /** `autoResume` is false. */
  | 'manual'
  | FinalStatus
  /** It has ended, and its steps and results were dropped. */
  | 'folded'
  /** Its stored text cannot be read. */
  | 'damaged'
  /** A newer version of this library stored it. */
  | 'newer';

/** What `explain` returns. */
export interface Explanation {
  /** Id of the job. */
  readonly id: string;
  /** How it stands; `damaged` also where a newer version stored it. */
  readonly status: JobStatus | 'damaged';
  /** Why, for programs. */
  readonly reason: ExplainReason;
  /** The same for people. */
  readonly sentence: string;
  /** Since when it is so. */
  readonly since: string | null;
  /** The earliest time at which it may go on; `null` where none is known. */
  readonly until: string | null;
  /** The next execution that looks at the job, at the latest, and what starts it; `owner`: the one that runs it. */
  readonly next: {
    /** At the latest. */
    readonly at: string | null;
    /** `nobody`: nothing is planned. */
    readonly by: 'one-off' | 'watchdog' | 'owner' | 'nobody';
  };
  /** What to do; `null`: nothing has to be done. */
  readonly advice: string | null;
  /** The facts of the sentence; which there are depends on the reason. */
  readonly data: Readonly<Record<string, Json>>;
}

/** What `plan` takes besides the request. */
export interface PlanOptions {
  /** How long a step or an item takes, in milliseconds: one number, or numbers by step id, `map` and `reduce`. @minimum 0 @maximum 3600000 */
  readonly stepMs: number | Readonly<Record<string, number>>;
  /** Bytes of one result as JSON. @minimum 0 @maximum 10000000 @default 50 */
  readonly resultBytes?: number;
  /** Which method the request is for. @default told by its fields; `'enqueue'` where it has steps */
  readonly helper?: 'run' | 'enqueue' | 'chain' | 'enqueueMany' | 'mapReduce' | 'runWorkflow';
  /** Executions that share a map step. @minimum 1 @maximum 10 @default the `workers` of the request */
  readonly workers?: number;
  /** How many items a source of pages brings: needed there, and read nowhere else. @minimum 0 @maximum 1000000 */
  readonly items?: number;
}

/** What `plan` returns: an estimate for steps that fail never and are as fast as was said. */
export interface Forecast {
  /** Steps and items. */
  readonly units: number;
  /** Executions in which steps run. */
  readonly executions: number;
  /** What these executions take together. */
  readonly runMs: number;
  /** Time until the end in which nothing runs: mostly for triggers to fire. */
  readonly waitMs: number;
  /** When the job would end if the call were made now. */
  readonly finishAt: string;
  /** The same, in milliseconds from now. */
  readonly finishInMs: number;
  /** Run time of executions that triggers start; `days` that the day's quota makes of it. */
  readonly triggerMinutes: {
    /** For the whole job. */
    readonly needed: number;
    /** What the day has; 0: no limit. */
    readonly limitPerDay: number;
    /** At least 1. */
    readonly days: number;
  };
  /** Bytes of UTF-8 in the property store. */
  readonly storeBytes: {
    /** The compiled request, packed. */
    readonly plan: number;
    /** What the steps return. */
    readonly results: number;
    /** With the header and the keys. */
    readonly total: number;
    /** What all jobs may use together. */
    readonly limit: number;
    /** Whether it fits beside the jobs that are open now; finished ones give way. */
    readonly fits: boolean;
  };
  /** Calls of the property store. */
  readonly propertyOperations: {
    /** Reads, writes and deletes, until the job has ended. */
    readonly calls: number;
    /** The same if a call that reads all properties should count once for each. */
    readonly ifBulkCountsKeys: number;
    /** What the day has; 0: no limit. */
    readonly limitPerDay: number;
  };
  /** Writes divided by `units`. */
  readonly writesPerUnit: number;
  /** What the figures rest on, and what to look out for. */
  readonly notes: readonly string[];
}

/** What `work` returns: what this pass of the dispatcher did. */
export interface WorkResult {
  /** Jobs that were claimed, in order, with their status afterwards. */
  readonly jobs: readonly {
    /** Id of the job. */
    readonly id: string;
    /** Its name. */
    readonly name: string;
    /** Its status, or why it was not run. */
    readonly status: string;
    /** Attempts of steps and items that were made. */
    readonly steps: number;
  }[];
  /** Open jobs of this user that are left. */
  readonly open: number;
  /** `idle`: nothing is left open; `open`: the rest waits for its time or for another execution. */
  readonly end: 'idle' | 'open' | 'error';
  /** Why the pass itself stopped, where `end` is `error`. */
  readonly error?: string;
}

/** Keys that `configure` takes, long or short; values may be strings. */
export type JobsConfig = Readonly<Record<string, unknown>>;

/** How many jobs there are, by status. */
export interface JobCounts {
  /** Queued, running and paused ones together. */
  readonly open: number;
  /** An execution runs them. */
  readonly running: number;
  /** Begun, and waiting. */
  readonly paused: number;
  /** Not begun. */
  readonly queued: number;
  /** Given up. */
  readonly failed: number;
  /** Done. */
  readonly completed: number;
  /** Ended by `cancel`, or by what they depended on. */
  readonly canceled: number;
  /** What cannot be read, or was stored by a newer version. */
  readonly damaged: number;
}

/** Room in the property store, in bytes of UTF-8 with the keys. */
export interface StoreHealth {
  /** Of all jobs together. */
  readonly ownBytes: number;
  /** Of everything, the script's own settings too. */
  readonly totalBytes: number;
  /** What jobs may use together: 409,600, or what `AST_JOBS_MAX_BYTES` says. */
  readonly limitBytes: number;
  /** What jobs could still add; finished jobs would give way besides. */
  readonly freeBytes: number;
}

/** The current user's triggers, as they are stored: nothing asks the trigger service. */
export interface TriggerHealth {
  /** Whether one is noted, and how often it looks. */
  readonly watchdog: {
    /** Whether one is noted. */
    readonly exists: boolean;
    /** Minutes between two looks. */
    readonly everyMinutes: number;
  };
  /** When the next one-off is due. */
  readonly oneOffAt: string | null;
  /** Why no trigger can be made here. */
  readonly problem: string | null;
}

/**
 * What the current user has used of the day, as far as this library knows: other scripts and other functions of this
 * script use the same quotas unseen.
 */
export interface QuotaHealth {
  /** The first use that was counted; `null` where nothing was used. */
  readonly windowStartedAt: string | null;
  /** 24 hours later: an estimate, because Google tells neither. */
  readonly resetsAtEstimate: string | null;
  /** A limit of 0 is none. Idle looks of the watchdog are estimated at 1.5 s each. */
  readonly triggerMinutes: {
    /** Minutes. */
    readonly used: number;
    /** @default 90, of a consumer account (https://developers.google.com/apps-script/guides/services/quotas) */
    readonly limit: number;
  };
  /** Whether reading all properties counts once or once for each key is documented nowhere: both are counted. */
  readonly propertyOperations: {
    /** Calls. */
    readonly used: number;
    /** Calls, where reading all properties is one for each key. */
    readonly usedIfBulkCountsKeys: number;
    /** @default 50000, of a consumer account (https://developers.google.com/apps-script/guides/services/quotas) */
    readonly limit: number;
  };
  /** Triggers that this library made since then. */
  readonly triggersCreated: number;
  /** Whether a job with the default budget would have to wait now. */
  readonly isNear: boolean;
  /** Why, in words. */
  readonly reason: string | null;
}

/** What `health` returns. Plain JSON. */
export interface HealthRecord {
  /** When the store was read. */
  readonly checkedAt: string;
  /** Of all prefixes in use. */
  readonly jobs: JobCounts;
  /** Room. */
  readonly store: StoreHealth;
  /** This user's. */
  readonly triggers: TriggerHealth;
  /** This user's. */
  readonly quota: QuotaHealth;
  /** What somebody should look at, in sentences; empty when all is well. */
  readonly problems: readonly string[];
}
