/** Types of what a request says about a job as a whole. No code. */

/** Which job is taken first where several are due. A job that waits rises: after some hours a low one goes before a fresh high one. */
export type JobPriority = 'low' | 'medium' | 'high' | 'critical';

/**
 * What becomes of a job when one that it depends on fails, is canceled or is gone: it fails too, is canceled, waits until
 * somebody removes the dependency, or runs as if it had been completed.
 */
export type DependencyPolicy = 'fail' | 'cancel' | 'wait' | 'run';

/**
 * What becomes of a request while a job of its key is open: nothing, and the open one is returned; the new job waits for it;
 * or the open one is canceled for the new one.
 */
export type SingletonPolicy = 'skip' | 'queue' | 'replace';

/** Fields that every request of a job may have. Together, without payload and variables, at most 2,000 bytes. */
export interface JobTerms {
  /** For people. At most 500 characters. */
  readonly description?: string;
  /** For filters of `list`. At most 10, of at most 50 characters each. @default [] */
  readonly tags?: readonly string[];
  /** @default 'medium' */
  readonly priority?: JobPriority;
  /** What a step is handed that has no payload of its own; for items it is their `shared`. @default null */
  readonly payload?: unknown;
  /** Variables for all steps, as `context.environment`; stored with the job. At most 50 and 2,000 bytes. @default {} */
  readonly environment?: Readonly<Record<string, string | number | boolean>>;
  /**
   * Variables that are secret: the name of the script's property that holds the value, by the name that handlers read in
   * `context.environment`, or a list of names where both are the same. Values are read when a step starts, are never stored with the
   * job, and are masked in logs, errors and results.
   */
  readonly secretEnvironment?: Readonly<Record<string, string>> | readonly string[];
  /** The job fails as `JOB_TIMEOUT` at the next step boundary so long after its first start. @minimum 1000 @maximum 31622400000 */
  readonly timeoutMs?: number;
  /** The same, counted from when the job was accepted. @minimum 1000 @maximum 31622400000 */
  readonly deadlineMs?: number;
  /** When the job starts at the earliest: ISO 8601, in the script's time zone where none is given, or a date. */
  readonly runAt?: string | Date;
  /** The same, from now. @minimum 0 @maximum 31622400000 */
  readonly delayMs?: number;
  /** `false`: the job waits, with reason `user`, until somebody calls `resume`. @default true */
  readonly autoStart?: boolean;
  /** Jobs that must be completed before this one starts: ids, records or handles; in a batch also positions. At most 20. @default [] */
  readonly dependencies?: readonly (
    | string
    | number
    | {
        /** Id of the job. */
        readonly id: string;
      }
  )[];
  /** @default 'fail' */
  readonly onDependencyFailure?: DependencyPolicy;
  /** A second request with the same key makes no second job: the first one's record is returned. At most 200 characters. */
  readonly idempotencyKey?: string;
  /** How long the key is remembered, from acceptance on. @minimum 1000 @maximum 2592000000 @default 86400000 */
  readonly idempotencyTtlMs?: number;
  /** One open job at a time: `true` for those of this name, a key, or a key with what happens else. @default policy 'skip' */
  readonly singleton?:
    | boolean
    | string
    | {
        /** At most 200 characters. @default the name of the job */
        readonly key?: string;
        /** @default 'skip' */
        readonly policy?: SingletonPolicy;
      };
  /**
   * Calls within `waitMs` of each other make one job, which starts `waitMs` after the last of them, with what that one
   * asked for, and `maxWaitMs` after the first one at the latest. A number is `waitMs`. The plan may have 3,000 bytes.
   * @default key: the name of the job; maxWaitMs: ten times waitMs
   */
  readonly debounce?:
    | number
    | {
        /** In milliseconds. @minimum 1000 @maximum 86400000 */
        readonly waitMs: number;
        /** At most 200 characters. @default the name of the job */
        readonly key?: string;
        /** In milliseconds, not less than `waitMs`. @maximum 864000000 @default ten times `waitMs` */
        readonly maxWaitMs?: number;
      };
  /**
   * Resources whose rate is limited, as `AST.Jobs.limit` says: each attempt of a step or an item uses one unit of each. At most 5,
   * of at most 50 characters each. @default []
   */
  readonly resources?: readonly string[];
}

/** What a record shows of that, each field only where it says something. */
export interface TermsRecord {
  /** As it was asked for. */
  readonly description?: string;
  /** As they were asked for. */
  readonly tags?: readonly string[];
  /** Not shown where it is `medium`. */
  readonly priority?: JobPriority;
  /** Jobs that this one depends on. */
  readonly dependencies?: readonly string[];
  /** Shown with `dependencies`. */
  readonly onDependencyFailure?: DependencyPolicy;
  /** Id of the batch that the job was accepted with. */
  readonly batch?: string;
  /** The schedule that made the job. */
  readonly schedule?: string;
  /** How long it may take from its first start on, in milliseconds. */
  readonly timeoutMs?: number;
  /** When the job must be over. */
  readonly deadline?: string;
  /** The key that finds this job again. */
  readonly idempotencyKey?: string;
  /** The key of which one job runs at a time. */
  readonly singleton?: string;
  /** The resources that its attempts use. */
  readonly resources?: readonly string[];
  /** A failed job that was put aside: see `moveToDlq`. */
  readonly deadLetter?: {
    /** Whether it waits to be replayed, or was. */
    readonly state: 'queued' | 'replayed';
    /** When it came into this state. */
    readonly at: string;
    /** Id of the job that does its work anew, which is this one; `null` before. */
    readonly replayedAs: string | null;
  };
  /** Variables for all steps. Where there are no rows of steps they are not shown. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Names of the properties that hold secrets, by the names that handlers read. */
  readonly secretEnvironment?: Readonly<Record<string, string>>;
  /** Why a request made no job of its own: what is returned is the job that was there. */
  readonly duplicateOf?: 'idempotencyKey' | 'singleton' | 'debounce';
}
