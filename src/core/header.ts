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
  /** The unit that the claim may have begun; −1: none. Commits name the later ones in the log. */
  readonly unit: number;
}

/** A share of the job's units that one owner works on. There is one part until a job has several workers. */
export interface Part {
  /** Grows with every claim. */
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
  readonly inDoubt: readonly number[];
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
  readonly plan: PlanPlace;
  readonly parts: readonly Part[];
  readonly seals: readonly Seal[];
  readonly sealPages: number;
  readonly suspects: readonly Suspect[];
  readonly recoveries: readonly Recovery[];
  readonly longest: Longest;
  /** Somebody asked the owner to stop: it gives its lease back at its next look, and the job waits for `resume`. */
  readonly isHalted: boolean;
  /** The outcome that ended the job, when it was committed by the header itself. */
  readonly last: Outcome | null;
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

/** The one part of a job with one worker. */
export function onlyPart(header: Header): Part {
  const part = header.parts[0];
  if (part === undefined) throw new RangeError('a header without a part');
  return part;
}

/** True while somebody else may own the job. */
export function isLeased(header: Header, nowMs: number): boolean {
  return header.parts.some((part) => part.lease !== null && part.lease.untilMs > nowMs);
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
