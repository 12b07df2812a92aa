/** Types of events, alerts and rate limits. No code. */
import type {StoredError} from './jobs';
import type {JobStatus} from './states';

/** What happened to a job. */
export type JobEventName = 'completed' | 'failed' | 'canceled' | 'stuck' | 'quota';

/** What a listener is called with. Plain JSON. */
export interface JobEvent {
  /** What happened. */
  readonly event: JobEventName;
  /** When it happened. */
  readonly at: string;
  /** The job in brief. */
  readonly job: {
    /** Its id. */
    readonly id: string;
    /** Its name. */
    readonly name: string;
    /** Its status. */
    readonly status: JobStatus | 'damaged';
    /** Its tags. */
    readonly tags: readonly string[];
    /** When it was accepted. */
    readonly createdAt: string | null;
    /** Its first start; `null` before. */
    readonly startedAt: string | null;
  };
  /** Of `failed`: what the job failed with. */
  readonly error?: StoredError & {
    /** The step that failed; `null` where none did. */
    readonly stepId: string | null;
  };
  /** Of `stuck`: `noTrigger`, `silent`, `handler`, `store` or `damaged`, as `explain` says; of `quota`: `quota`. */
  readonly reason?: 'noTrigger' | 'silent' | 'handler' | 'store' | 'damaged' | 'quota';
}

/** A global function of the script, or its name. */
export type JobEventHandler = string | ((event: JobEvent) => unknown);

/** Which jobs a listener or an alert is for. @default all */
export interface JobEventFilter {
  /** Only jobs of this name. */
  readonly name?: string;
  /** Jobs that have all of these. */
  readonly tags?: readonly string[];
}

/** What `alert` takes: one of `mail` and `webhook`. */
export interface AlertRequest extends JobEventFilter {
  /** @default ['failed', 'stuck'] */
  readonly on?: readonly JobEventName[];
  /** An address; needs `bind(globalThis, {mail})`. */
  readonly mail?: string;
  /** An address that begins with `https://`; needs `bind(globalThis, {fetch})`. */
  readonly webhook?: string;
  /** No second message sooner. @minimum 1 @maximum 1440 @default 60 */
  readonly everyMinutes?: number;
  /** Whether what happens meanwhile is collected for the next message; `false` drops it. @default true */
  readonly digest?: boolean;
}

/** What `limit` takes: how many attempts of steps may use a resource. At least one. */
export interface RateLimit {
  /** Units in a minute. @minimum 1 @maximum 1000000 */
  readonly perMinute?: number;
  /** Units in an hour. @minimum 1 @maximum 1000000 */
  readonly perHour?: number;
  /** Units in a day, which are 24 hours. @minimum 1 @maximum 1000000 */
  readonly perDay?: number;
}

/** Limits of a resource, and what is used of them. */
export interface RateLimitRecord {
  /** Its name. */
  readonly resource: string;
  /** What is used of each window. */
  readonly windows: readonly {
    /** How long the window is. */
    readonly per: 'minute' | 'hour' | 'day';
    /** So many at most. */
    readonly limit: number;
    /** Units that were used, or are reserved by a run. */
    readonly used: number;
    /** When the window ends; `null` where none has begun. */
    readonly resetsAt: string | null;
  }[];
}
