/**
 * The header: what is stored of a job besides its plan and its logs. One property value, written only under the lock.
 *
 * H1 a job without a header does not exist; the headers are the list of jobs.
 * H2 `phase` is `running` exactly while a part has a lease.
 * H3 `position` of a part is where its log ended when the lease was last given back; a lease that was not given back is
 *    ended by a seal, which is the end of that log for every reader.
 * H4 seals, suspects and recoveries are bounded, so that the header stays below the value limit.
 */
import type {StoredError, WaitReason} from '../types';
import type {Checksum} from './bytes';
import type {LogPosition, Outcome} from './outcome';
import type {DayUse} from './quota';
import type {Terms} from './terms';
import type {Mark, UnitRange} from './units';

/** Where a job stands. */
export type Phase =
  | {readonly kind: 'queued'; readonly dueMs: number}
  | {readonly kind: 'running'}
  | {readonly kind: 'paused'; readonly waiting: Waiting}
  | {readonly kind: 'completed'; readonly atMs: number}
  | {readonly kind: 'failed'; readonly atMs: number}
  | {readonly kind: 'canceled'; readonly atMs: number};

/** Why a paused job waits. */
export interface Waiting {
  readonly reason: WaitReason;
  /** When the dispatcher may take it; `null`: when the reason is gone. */
  readonly untilMs: number | null;
  /** For `handler`: the name that the host no longer has. */
  readonly handler?: string;
  /** For `store`: the bytes that were missing. */
  readonly bytes?: number;
}

/** The right to run a part of a job. */
export interface Lease {
  readonly untilMs: number;
  /** Names the execution, for people. */
  readonly by: string;
  /** The units that the claim may have begun. Commits name the later ones in the log. */
  readonly mark: Mark;
  /** The units that the owner may work on; `null`: all, since the job has one worker. */
  readonly share: UnitRange | null;
}

/** What one worker at a time owns: a log of its own, and while it is leased a share of the job's units. */
export interface Part {
  /** Grows with every claim of the part. */
  readonly epoch: number;
  /** The log that the current or next epoch appends to. */
  readonly log: number;
  readonly position: LogPosition;
  readonly lease: Lease | null;
}

/** The recorded end of a log whose owner did not give its lease back. */
export interface Seal {
  readonly part: number;
  readonly log: number;
  readonly position: LogPosition;
}

/** A lease that was ended by somebody else. */
export interface Recovery {
  readonly atMs: number;
  readonly epoch: number;
  readonly reason: 'killed' | 'canceled' | 'store';
  readonly inDoubt: readonly UnitRange[];
}

/** A unit during which executions were killed. */
export interface Suspect {
  readonly unit: number;
  readonly crashes: number;
}

/** Where the plan is: in the header, or in so many pieces. */
export interface PlanPlace {
  readonly inline: string | null;
  readonly pieces: number;
  readonly sum: Checksum;
  readonly units: number;
}

/** The longest attempts so far, in milliseconds: of the job, and of its map nodes. */
export interface Longest {
  readonly jobMs: number;
  readonly nodes: readonly (readonly [nodeIndex: number, ms: number])[];
}

/** Options that outlive the call. */
export interface StoredOptions {
  readonly maxRetries: number;
  readonly maxRuntimeMs: number;
  readonly leaseTtlMs: number;
  readonly autoResume: boolean;
  /** Executions that may run the job at once. */
  readonly workers: number;
}

export interface Header {
  readonly id: string;
  readonly name: string;
  readonly owner: string;
  readonly revision: number;
  readonly phase: Phase;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  readonly startedAtMs: number | null;
  readonly pausedAtMs: number | null;
  readonly options: StoredOptions;
  readonly terms: Terms;
  readonly plan: PlanPlace;
  readonly parts: readonly Part[];
  readonly seals: readonly Seal[];
  readonly sealPages: number;
  readonly suspects: readonly Suspect[];
  /** Units that were in doubt together after a kill: each runs under a mark of its own, and knows of that attempt. */
  readonly doubts: readonly UnitRange[];
  readonly recoveries: readonly Recovery[];
  readonly longest: Longest;
  /** Somebody asked the owner to stop: it gives its lease back at its next look, and the job waits for `resume`. */
  readonly isHalted: boolean;
  /** The outcome that ended the job, when it was committed by the header itself. */
  readonly last: Outcome | null;
  /** What the owner had used of the day's quotas when his last trigger went; `null` in all other jobs. */
  readonly use: DayUse | null;
  /** Why the job ended that no step of it tells. */
  readonly fault: StoredError | null;
  /** Its end is to be told to those who listen, and nobody has done so yet. */
  readonly isEventDue: boolean;
  /** Somebody removed it: it is there for no reader, and goes when no dead owner can write to it any more. */
  readonly isRemoved: boolean;
  /** Steps and results were dropped; what is left to tell. */
  readonly folded: {readonly error: (StoredError & {readonly stepId: string | null}) | null} | null;
  /** Fields that a later version of the same schema added: carried along, so that versions can alternate on one store. */
  readonly unknown: Readonly<Record<string, unknown>>;
}

/** True once nothing more will happen to the job. */
export function isFinal(header: Header): boolean {
  const {kind} = header.phase;
  return kind === 'completed' || kind === 'failed' || kind === 'canceled';
}

/** A part by its number. */
export function partAt(header: Header, index: number): Part {
  const part = header.parts[index];
  if (part === undefined) throw new RangeError(`part ${index} of ${header.parts.length}`);
  return part;
}

/** True while somebody may own a part of the job. */
export function isLeased(header: Header, nowMs: number): boolean {
  return header.parts.some((part) => isLiveAt(part, nowMs));
}

/** True until the deadline of a part's lease. */
export function isLiveAt(part: Part, nowMs: number): boolean {
  return part.lease !== null && part.lease.untilMs > nowMs;
}

/** True where one more worker may take a part of the job. */
export function hasFreePart(header: Header, nowMs: number): boolean {
  return header.parts.filter((part) => isLiveAt(part, nowMs)).length < header.options.workers;
}

/** Whether a part has a lease, live or run out: then the job is running. */
export function hasLease(header: Header): boolean {
  return header.parts.some((part) => part.lease !== null);
}

/** What users read: a job whose owner was asked to stop is paused, whether or not the owner lives to give it back. */
export function statusOf(header: Header): Phase['kind'] {
  return isStopping(header) ? 'paused' : header.phase.kind;
}

/** Whether a job waits for an explicit `resume`. */
export function waitsForUser(header: Header): boolean {
  return isStopping(header) || (header.phase.kind === 'paused' && header.phase.waiting.reason === 'user');
}

function isStopping(header: Header): boolean {
  return header.isHalted && header.phase.kind === 'running';
}
