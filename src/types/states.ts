/**
 * Every public type. No code.
 *
 * Terminology. *Job*: one accepted request and its state. *Plan*: the compiled, immutable graph of steps. *Step*: one
 * node; a *map step* is one node over many items. *Handler*: a function of the *host*, which is the user's script.
 * *Execution*: one run of Apps Script, six minutes at most. *Attempt*: one call of a handler. *Checkpoint*: what is
 * saved. *In doubt*: may have begun, is not committed. *Lease*: the right to run a job, with a deadline and a growing
 * *epoch*. *Seal*: the recorded end of a dead epoch's log. *Budget*: the time an execution gives itself. *Wake-up*: a
 * planned next execution. *Dispatcher*: the function that a trigger calls. *Pass*: one call of it. *Watchdog*: the standing
 * recurring trigger. *Unit*: a step, or one item of a map step. *Group*: items that are saved together. *Cursor*: a place
 * within a step. *Worker*: one of several executions that run a job at once. *Owner*: the user whose triggers run a job; of a
 * lease the execution that has it. *Fold*: drop the steps and results of a job that has ended. *Dead letter*: a failed job
 * that was put aside.
 *
 * Units: times are ISO 8601 in UTC or `null`; durations are milliseconds and say so in their names.
 */

/** Anything that JSON can hold. */
export type Json = null | boolean | number | string | readonly Json[] | {readonly [key: string]: Json | undefined};

/** State of a job. */
export type JobStatus = 'queued' | 'running' | 'paused' | 'failed' | 'completed' | 'canceled';

/** State of a step or of one item of a map step. */
export type StepState = 'pending' | 'running' | 'completed' | 'failed' | 'canceled';

/** Why a job that could go on does not. The dispatcher never resumes `user`; an explicit `resume` does. */
export type WaitReason = 'budget' | 'retry' | 'user' | 'quota' | 'store' | 'handler' | 'dependency' | 'event';

/** How many steps are in which state. */
export interface StateCounts {
  /** All of them. */
  readonly total: number;
  /** Not begun, or waiting for another attempt. */
  readonly pending: number;
  /** In work now. */
  readonly running: number;
  /** With a result. */
  readonly completed: number;
  /** Given up. */
  readonly failed: number;
  /** Open when the job was canceled. */
  readonly canceled: number;
}
