/** Types of workflows. No code. */
import type {StoredError, JobRecord} from './jobs';
import type {LookupOptions} from './lookups';
import type {HandlerReference, JobOptions, RetryPolicy} from './requests';
import type {JobStatus, StepState} from './states';
import type {JobTerms} from './terms';

/** One job of a workflow: what a plain request calls a step. Other fields are refused as `NOT_SUPPORTED`. */
export interface WorkflowJob {
  /** Unique in the workflow; at most 100 characters. Left out where the jobs are given by name. */
  readonly name?: string;
  /** The function that is called. */
  readonly handler: HandlerReference;
  /** Handed to the handler as `context.payload.args`. Not together with `payload`. */
  readonly args?: readonly unknown[];
  /** Handed to the handler as `context.payload`. @default the payload of the workflow */
  readonly payload?: unknown;
  /** Jobs that must be completed first. @default [] */
  readonly depends_on?: string | readonly string[];
  /** The same by its other name; not together with `depends_on`. */
  readonly dependsOn?: string | readonly string[];
  /** Overrides the workflow's policy, field by field. */
  readonly retry?: RetryPolicy;
  /** As in {@link StepRequest}. */
  readonly timeoutMs?: number;
  /** As in {@link StepRequest}. */
  readonly maxCrashes?: number;
}

/** What `runWorkflow` takes beside the workflow: each field goes before that of the workflow. */
export interface WorkflowOptions extends JobTerms {
  /** Its name. */
  readonly name?: string;
  /** As in `JobRequest`. */
  readonly options?: JobOptions;
  /** As in `JobRequest`. */
  readonly retry?: RetryPolicy;
  /** As in `JobRequest`. */
  readonly maxCrashes?: number;
  /** Executions that may run the workflow at once. @minimum 1 @maximum 10 @default 1 */
  readonly workers?: number;
}

/** Jobs that depend on each other, run as one job of this library. */
export interface WorkflowRequest extends WorkflowOptions {
  /** Of the form of this request: 1. @default '1.0' */
  readonly version?: string | number;
  /** At most 2,000, in a list or by name. */
  readonly jobs: readonly WorkflowJob[] | Readonly<Record<string, WorkflowJob>>;
}

/** How many jobs of a workflow are in which state. */
export interface WorkflowProgress {
  /** All of them. */
  readonly total: number;
  /** Those that are completed. */
  readonly completed: number;
  /** Those that failed. */
  readonly failed: number;
  /** Not begun, or waiting for a retry. Those that a failed one holds up stay so. */
  readonly pending: number;
  /** Those at work. */
  readonly running: number;
  /** Those that were canceled. */
  readonly canceled: number;
}

/** One job of a workflow. Its result is told by `AST.Jobs.result(workflowId, name)`. */
export interface WorkflowJobRecord {
  /** Its name. */
  readonly name: string;
  /** Its status. */
  readonly status: StepState;
  /** The function that is called. */
  readonly handler: string;
  /** Names of the jobs that it waits for. */
  readonly dependsOn: readonly string[];
  /** Failed attempts. */
  readonly attempts: number;
  /** Its first start; `null` before. */
  readonly startedAt: string | null;
  /** When it was completed; `null` where it was not. */
  readonly completedAt: string | null;
  /** Why it failed; `null` where it did not. */
  readonly error: StoredError | null;
}

/** A workflow without its jobs. */
export interface WorkflowRecord {
  /** Its id. */
  readonly id: string;
  /** Its name. */
  readonly name: string;
  /** Its status. */
  readonly status: JobStatus;
  /** When it was accepted. */
  readonly createdAt: string;
  /** When it changed last. */
  readonly updatedAt: string;
  /** Its first start; `null` before. */
  readonly startedAt: string | null;
  /** When it was completed; `null` unless its status is `completed`, as in the record of any job. */
  readonly completedAt: string | null;
  /** `null` where its jobs were dropped, some days after the end. */
  readonly progress: WorkflowProgress | null;
  /** Why it failed or waits for a retry, and in which of its jobs. */
  readonly error:
    | (StoredError & {
        /** Name of the job that failed. */
        readonly job: string | null;
      })
    | null;
  /** Why it waits; `null` where it does not. */
  readonly waiting: JobRecord['waiting'];
}

/** What `getWorkflowStatus` returns. */
export interface WorkflowStatus extends WorkflowRecord {
  /** In the order of the workflow; empty where they were dropped, some days after the end. */
  readonly jobs: readonly WorkflowJobRecord[];
}

/** What `listWorkflows` takes. */
export interface WorkflowFilters extends LookupOptions {
  /** Also those that have ended: completed, failed or canceled. @default false */
  readonly includeCompleted?: boolean;
  /** @minimum 1 @maximum 1000 @default 100 */
  readonly limit?: number;
  /** So many of the newest are passed over. @minimum 0 @default 0 */
  readonly offset?: number;
}
