/**
 * The only place where the state of a job changes: (header, event) → header. Pure; the engine writes what comes out,
 * under the lock.
 *
 *     accept → queued ─claim→ running ─giveBack→ paused ─claim→ …
 *                                     └─finish→ completed | failed
 *     cancel: any open phase → canceled     suspend, handOn: any open phase → paused     fold: any final phase, once
 */
import type {StoredError} from '../types';
import {EMPTY_SUM, utf8Bytes} from './bytes';
import type {Header, Lease, Longest, Part, Phase, PlanPlace, Recovery, Seal, StoredOptions, Suspect} from './header';
import {onlyPart} from './header';
import {encodeHeader} from './header-codec';
import {ENQUEUE_GRACE_MS, MAX_INLINE_SEALS, MAX_RECOVERIES, MAX_SUSPECTS, MAX_VALUE_BYTES} from './limits';
import type {LogPosition, Outcome} from './outcome';

const START: LogPosition = {count: 0, sum: EMPTY_SUM};

/** What a new job is made of. */
export interface Acceptance {
  readonly id: string;
  readonly name: string;
  readonly owner: string;
  readonly options: StoredOptions;
  readonly plan: PlanPlace;
  readonly nowMs: number;
}

/** A new job, due for the dispatcher after the grace that an explicit `resume` has. */
export function accept(acceptance: Acceptance): Header {
  const {id, name, owner, options, plan, nowMs} = acceptance;
  return {
    ...{id, name, owner, options, plan},
    revision: 1,
    phase: {kind: 'queued', dueMs: nowMs + ENQUEUE_GRACE_MS},
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
    startedAtMs: null,
    pausedAtMs: null,
    parts: [{epoch: 0, log: 0, position: START, lease: null}],
    seals: [],
    sealPages: 0,
    suspects: [],
    recoveries: [],
    longest: {jobMs: 0, nodes: []},
    isHalted: false,
    last: null,
    folded: null,
    unknown: {},
  };
}

/** How a lease ended that its owner did not give back. */
export interface Ending {
  readonly reason: Recovery['reason'];
  /** How far the dead owner's log goes. */
  readonly position: LogPosition;
  readonly inDoubt: readonly number[];
  readonly nowMs: number;
}

/** A new epoch begins: its owner may run the job until the lease's deadline. */
export function claim(header: Header, lease: Lease, nowMs: number): Header {
  const part = onlyPart(header);
  return {
    ...touched(header, nowMs),
    phase: {kind: 'running'},
    isHalted: false,
    startedAtMs: header.startedAtMs ?? nowMs,
    pausedAtMs: null,
    parts: [{...part, epoch: part.epoch + 1, lease}],
  };
}

/**
 * Ends a lease that was not given back: its log is sealed where it stood, the next one starts, and what may have begun
 * is remembered. An empty log needs no seal: readers look only at logs that a seal or a part names.
 */
export function endLease(header: Header, ending: Ending): Header {
  const part = onlyPart(header);
  const seal: Seal = {part: 0, log: part.log, position: ending.position};
  const recovery: Recovery = {
    atMs: ending.nowMs,
    epoch: part.epoch,
    reason: ending.reason,
    inDoubt: ending.inDoubt,
  };
  return {
    ...header,
    parts: [{epoch: part.epoch, log: part.log + 1, position: START, lease: null}],
    seals: ending.position.count === 0 ? header.seals : [...header.seals, seal],
    recoveries: [...header.recoveries, recovery].slice(-MAX_RECOVERIES),
    suspects: ending.reason === 'killed' ? blame(header.suspects, ending.inDoubt) : header.suspects,
  };
}

function blame(suspects: readonly Suspect[], inDoubt: readonly number[]): readonly Suspect[] {
  const crashes = new Map(suspects.map((suspect) => [suspect.unit, suspect.crashes]));
  for (const unit of inDoubt) crashes.set(unit, (crashes.get(unit) ?? 0) + 1);
  return [...crashes].map(([unit, count]) => ({unit, crashes: count})).slice(-MAX_SUSPECTS);
}

/** What an owner knows when it stops. */
export interface Return {
  readonly nowMs: number;
  readonly position: LogPosition;
  readonly longest: Longest;
  /** Suspects that are not settled. */
  readonly suspects: readonly Suspect[];
}

/** The owner gives its lease back: the next epoch appends to the same log. An owner that was halted waits for `resume`. */
export function giveBack(header: Header, back: Return, waiting: Extract<Phase, {kind: 'paused'}>['waiting']): Header {
  const because = header.isHalted ? FOR_USER : waiting;
  return {
    ...returned(header, back),
    phase: {kind: 'paused', waiting: because},
    pausedAtMs: back.nowMs,
    isHalted: false,
  };
}

const FOR_USER = {reason: 'user', untilMs: null} as const;

/** The owner ends the job; `last` is the outcome that is in no segment, if there is one. */
export function finish(header: Header, back: Return, kind: 'completed' | 'failed', last: Outcome | null): Header {
  return {...returned(header, back), phase: {kind, atMs: back.nowMs}, pausedAtMs: null, last};
}

/** An attempt was lost because its outcome did not fit into the store. */
export function reportUncommitted(header: Header, unit: number, nowMs: number): Header {
  const recovery: Recovery = {atMs: nowMs, epoch: onlyPart(header).epoch, reason: 'store', inDoubt: [unit]};
  return {...header, recoveries: [...header.recoveries, recovery].slice(-MAX_RECOVERIES)};
}

/** Ends an open job whose lease, if there was one, has been ended. */
export function cancel(header: Header, nowMs: number): Header {
  return {...touched(header, nowMs), phase: {kind: 'canceled', atMs: nowMs}};
}

/** Stops an open job that nobody owns until somebody calls `resume`. */
export function suspend(header: Header, nowMs: number): Header {
  return {...touched(header, nowMs), phase: {kind: 'paused', waiting: FOR_USER}, pausedAtMs: nowMs};
}

/** Asks the owner of a job to stop: what it has committed stays committed, and it commits what it is at. */
export function halt(header: Header, nowMs: number): Header {
  return {...touched(header, nowMs), isHalted: true};
}

/** Leaves an open job that nobody owns to the dispatcher, for as soon as it can. */
export function handOn(header: Header, nowMs: number): Header {
  const waiting = {reason: 'budget', untilMs: nowMs} as const;
  return {...touched(header, nowMs), phase: {kind: 'paused', waiting}, pausedAtMs: nowMs};
}

/** Drops what a finished job still holds besides its header. */
export function fold(header: Header, error: (StoredError & {readonly stepId: string | null}) | null): Header {
  return {
    ...header,
    revision: header.revision + 1,
    plan: {...header.plan, inline: null, pieces: 0},
    seals: [],
    sealPages: 0,
    suspects: [],
    recoveries: [],
    last: null,
    folded: {error},
  };
}

/** Seals that no longer fit into the header, as the page that must be written before it. */
export function overflowSeals(header: Header): {readonly header: Header; readonly page: readonly Seal[] | null} {
  const isTooMuch = header.seals.length > MAX_INLINE_SEALS || utf8Bytes(encodeHeader(header)) > MAX_VALUE_BYTES;
  if (!isTooMuch || header.seals.length === 0) return {header, page: null};
  return {header: {...header, seals: [], sealPages: header.sealPages + 1}, page: header.seals};
}

function returned(header: Header, back: Return): Header {
  const part: Part = {...onlyPart(header), position: back.position, lease: null};
  return {...touched(header, back.nowMs), parts: [part], longest: back.longest, suspects: back.suspects};
}

function touched(header: Header, nowMs: number): Header {
  return {...header, revision: header.revision + 1, updatedAtMs: Math.max(header.updatedAtMs, nowMs)};
}
