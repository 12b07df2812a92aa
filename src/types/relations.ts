/** Types of jobs that belong together: dependencies and batches. No code. */
import type {DamagedRecord, JobRecord} from './jobs';
import type {JobStatus} from './states';

/** Another job, as dependencies show it. */
export interface JobLink {
  /** Its id. */
  readonly id: string;
  /** `null` where it is gone, or cannot be read. */
  readonly name: string | null;
  /** How it stands; `missing`: it is gone. */
  readonly status: JobStatus | 'missing' | 'damaged';
}

/** What `enqueueBatch` takes besides the requests. */
export interface BatchOptions {
  /** `false`: the jobs wait until somebody calls `resume` for each. @default true */
  readonly autoStart?: boolean;
}

/** The jobs that were accepted together. */
export interface BatchRecord {
  /** Id of the batch: see `getBatch`. */
  readonly id: string;
  /** `open` while one of them is. Of several ends the worst: failed, canceled, completed. */
  readonly status: 'open' | 'failed' | 'canceled' | 'completed';
  /** How many there are by status; jobs that were purged since are not counted. */
  readonly counts: Readonly<Record<JobStatus, number>>;
  /** In the order of the requests. */
  readonly jobs: readonly (JobRecord | DamagedRecord)[];
}
