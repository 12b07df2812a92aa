/** Types of how jobs are looked for. No code. */
import type {JobStatus} from './states';

/** What rows of `list` are sorted by. */
export type ListOrder = 'createdAt' | 'updatedAt' | 'name' | 'priority' | 'status';

/** What `list` takes. Rows fit all filters that are given; a field that is none of these is ignored. */
export interface ListFilters {
  /** Only jobs with this status, or one of these. @default all */
  readonly status?: JobStatus | readonly JobStatus[];
  /** Only jobs with exactly this name. @default all */
  readonly name?: string;
  /** Jobs that have all of these tags. */
  readonly tags?: string | readonly string[];
  /** Accepted then or later: ISO 8601, in the time of the script where no zone is said, or a date. */
  readonly createdAfter?: string | Date;
  /** Accepted before that. */
  readonly createdBefore?: string | Date;
  /** Id of a batch. */
  readonly batch?: string;
  /** Id of a schedule. */
  readonly schedule?: string;
  /** `updatedAt` is that of the last change of state; names and states go by their letters. @default 'createdAt' */
  readonly sortBy?: ListOrder;
  /** Of equals the newer one comes first, with `'asc'` the older one. @default 'desc' */
  readonly sortOrder?: 'asc' | 'desc';
  /** So many rows at most. @minimum 1 @maximum 1000 @default 100 */
  readonly limit?: number;
  /** Rows to pass over. @minimum 0 @default 0 */
  readonly offset?: number;
}

/** Where to look, when not in every prefix in use. */
export interface LookupOptions {
  /** @default all prefixes in use */
  readonly propertyPrefix?: string;
}

/** What `status` takes besides the id. */
export interface StatusOptions extends LookupOptions {
  /** Pages through the steps of a large map step. @default all up to 1,000 items, none beyond */
  readonly steps?: {
    /** Steps and items that are passed over. @minimum 0 @default 0 */
    readonly offset?: number;
    /** Rows at most. @minimum 1 @maximum 1000 @default 1000 */
    readonly limit?: number;
  };
}

/** What `list` takes besides the filters. */
export interface ListOptions extends LookupOptions {
  /**
   * Whether rows carry steps, results and the counts of `orchestration`. A row without them is not looked at for damage in
   * logs and results, which `status` finds. @default only for jobs of at most 100 steps and items
   */
  readonly details?: boolean;
}

/** What `resume` takes besides the id. */
export interface ResumeOptions extends LookupOptions {
  /** Budget of this execution instead of the job's, in milliseconds. @minimum 1000 @maximum 600000 (larger values are cut) */
  readonly maxRuntimeMs?: number;
}
