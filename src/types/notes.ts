/** What running steps tell: the public types of `logs` and `progress`. */
import type {LookupOptions} from './lookups';
import type {JobStatus, StateCounts} from './states';

/** What `logs` takes besides the id. */
export interface LogsOptions extends LookupOptions {
  /** The cursor of the last entry that was read. @default from the oldest line on that is there */
  readonly after?: string;
  /** @minimum 1 @maximum 1000 @default 100 */
  readonly limit?: number;
}

/** One call of `context.log`. */
export interface LogEntry {
  /** Hand the last one to `logs` as `after` to follow a job. */
  readonly cursor: string;
  /** When the step said so. */
  readonly at: string;
  /** The step that said so. */
  readonly stepId: string;
  /** At most 500 characters. */
  readonly message: string;
}

/** What `logs` returns. */
export interface LogPage {
  /** The lines, oldest first. */
  readonly entries: readonly LogEntry[];
  /** Where the next page begins; `null` when there is nothing more for now. */
  readonly next: string | null;
  /** Lines behind `after` that were dropped before they were read, because only the last ones are kept. */
  readonly dropped: number;
}

/** What `progress` returns. */
export interface ProgressRecord {
  /** Status of the job. */
  readonly status: JobStatus;
  /** As the running step says; else the steps and items that are completed. */
  readonly done: number | null;
  /** `null` where it is not known. */
  readonly total: number | null;
  /** From 0 to 1. */
  readonly fraction: number | null;
  /** What the step said last, for people. */
  readonly note: string | null;
  /** The step that says so; `null`: steps and items are counted. */
  readonly stepId: string | null;
  /** Steps and items of the job; `null` where the job was folded. */
  readonly units: StateCounts | null;
  /** By the clock: pauses between executions count. Of a step, since its execution first said where it is. */
  readonly ratePerMinute: number | null;
  /** Until `total` is reached at that rate. */
  readonly remainingMs: number | null;
  /** When the job, or the step, said so. */
  readonly at: string;
  /** Its first start; `null` before. */
  readonly startedAt: string | null;
}
