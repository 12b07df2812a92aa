/** Types of a job as calls return it. No code. */
import type {JobOptions, OrchestrationMode} from './requests';
import type {JobStatus, Json, StateCounts, StepState, WaitReason} from './states';
import type {TermsRecord} from './terms';

/** An error as a record carries it. */
export interface StoredError {
  /** Name of what was thrown, at most 80 characters; of errors of this library `AstJobs…Error`. */
  readonly name: string;
  /** At most 500 characters. */
  readonly message: string;
  /** What exactly went wrong, in errors of this library: `'STEP_TIMEOUT'`, `'STEP_KILLED'`, … */
  readonly code?: string;
  /** What `fatal` was given, or facts of the error; `{}` where there are none. */
  readonly details: Json;
}

/** One step, or one item of a map step, as a record shows it. */
export interface StepRecord {
  /** Id of the step or the item; beyond 1,000 items that of the map step. */
  readonly id: string;
  /** Name of its handler. */
  readonly handlerName: string;
  /** Ids of what must be completed first. */
  readonly dependsOn: readonly string[];
  /** What its handler is handed; of a map step in one row `{counts}`. */
  readonly payload: unknown;
  /** How far it is. */
  readonly state: StepState;
  /** Failed attempts. Kills are counted apart, in `recoveries`. */
  readonly attempts: number;
  /** Start of its first attempt, as far as that is known. */
  readonly startedAt: string | null;
  /** When it was completed; `null` for one that failed or was canceled. */
  readonly completedAt: string | null;
  /** Of its last failed attempt, until it is completed. */
  readonly lastError: StoredError | null;
}

/** A lease that was taken from an owner which did not give it back. */
export interface RecoveryRecord {
  /** When the lease was taken. */
  readonly at: string;
  /** The epoch that ended. */
  readonly epoch: number;
  /** `killed`: its owner's time was over; `canceled`: the job was canceled meanwhile; `store`: outcomes did not fit into the store. */
  readonly reason: 'killed' | 'canceled' | 'store';
  /** Ids of the steps that may have begun and are not committed: their effects may be there already. */
  readonly inDoubt: readonly string[];
}

/** Summary of one stage of an orchestration helper. */
export interface StageSummary {
  /** `'queued'`, `'pending'`, `'running'`, `'paused'`, `'completed'`, `'failed'`, `'canceled'` or `'mixed'`. */
  readonly status: string;
  /** Its steps or items. */
  readonly counts: StateCounts;
  /** Of a map step, as it was asked for. */
  readonly maxConcurrency?: number;
}

/** What the orchestration helpers add to their records. */
export interface OrchestrationSummary {
  /** The method that made the job. */
  readonly helper: 'chain' | 'enqueue_many' | 'map_reduce';
  /** How it was called. */
  readonly mode: OrchestrationMode;
  /** The job itself. */
  readonly parent: {
    /** Its id. */
    readonly jobId: string;
    /** Its status. */
    readonly status: JobStatus;
  };
  /** Its tasks or items together; in a map-reduce its map items. */
  readonly children: {
    /** As in {@link StageSummary}. */
    readonly status: string;
    /** How many are in which state. */
    readonly counts: StateCounts;
  };
  /** By name: `chain`; `items`; or `map` and `reduce`. */
  readonly stages: Readonly<Record<string, StageSummary>>;
}

/** Options as they were resolved when the job was accepted. */
export type ResolvedJobOptions = Required<JobOptions>;

/** A job as every call returns it. Plain JSON. */
export interface JobRecord extends TermsRecord {
  /** `'job_…'`; ids sort by the time of acceptance. */
  readonly id: string;
  /** As it was asked for, without spaces around it. */
  readonly name: string;
  /** How it stands. */
  readonly status: JobStatus;
  /** Grows with every change of state. */
  readonly version: number;
  /** When it was accepted. */
  readonly createdAt: string;
  /** Last change of state or commit. */
  readonly updatedAt: string;
  /** When its first execution began. */
  readonly startedAt: string | null;
  /** When it was paused last; `null` once it has gone on. */
  readonly pausedAt: string | null;
  /**
   * When it was completed; `null` for a job that failed or was canceled, as users of the closest library know it. When a
   * job ended, in whichever way, says `AST.Jobs.get(id).status().completedAt`; `listFailed` has `failedAt`.
   */
  readonly completedAt: string | null;
  /** When it was canceled; else `null`. */
  readonly canceledAt: string | null;
  /** Random id of the execution that runs it, of the first one where there are several. */
  readonly leaseOwner: string | null;
  /** Until when that has the right to. */
  readonly leaseExpiresAt: string | null;
  /** The last commit or change of state, once it has started. */
  readonly lastHeartbeatAt: string | null;
  /** The last failure, and at which step; `stepId` is `null` where it was none of a step. */
  readonly lastError:
    | (StoredError & {
        /** The step or the item that failed. */
        readonly stepId: string | null;
      })
    | null;
  /** As they were resolved at acceptance. */
  readonly options: ResolvedJobOptions;
  /**
   * A row per step and per item up to 1,000 items of a map step; beyond, a row per node, and a step that depends on it
   * names that row and is shown without the ids of its items.
   */
  readonly steps: readonly StepRecord[];
  /** Results of completed steps by id. What lies in Drive or a sheet shows as `{archived: true, …}`: see `result`. */
  readonly results: Readonly<Record<string, unknown>>;
  /** Why it does not go on, and until when; `null` unless it is paused or stopped. */
  readonly waiting: {
    /** What it waits for. */
    readonly reason: WaitReason;
    /** Milliseconds since 1970; `null`: no known time. */
    readonly untilMs: number | null;
  } | null;
  /** The planned next execution; `problem` says why there is none. */
  readonly wakeUp: {
    /** At the latest. */
    readonly at: string | null;
    /** Why nobody comes, and what to do. */
    readonly problem?: string;
  } | null;
  /** The last eight, newest last. */
  readonly recoveries: readonly RecoveryRecord[];
  /** Random id of the user whose triggers run the job. */
  readonly owner: string;
  /** Executions that may run the job at once, where it is more than one. */
  readonly workers?: number;
  /** True when steps and results of a finished job were dropped to make room. */
  readonly folded?: boolean;
  /** Only in jobs of `chain`, `enqueueMany` and `mapReduce`. */
  readonly orchestration?: OrchestrationSummary;
}

/** A row of `list` for stored text that cannot be read. It is reported, never deleted. */
export interface DamagedRecord {
  /** As far as the key tells it. */
  readonly id: string;
  /** No status of a job. */
  readonly status: 'damaged';
  /** Tells this row from a {@link JobRecord}. */
  readonly damaged: true;
  /** What is wrong with it. */
  readonly error: {
    /** `'RECORD_CORRUPT'` or `'SCHEMA_NEWER'`. */
    readonly code: string;
    /** The same for people. */
    readonly message: string;
  };
}
