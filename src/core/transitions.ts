/**
 * The only place where the state of a job changes: (header, event) → header. Pure; the engine writes what comes out,
 * under the lock.
 *
 *     accept → queued ─claim→ running ─giveBack→ paused ─claim→ …
 *                                     └─finish→ completed | failed
 *     cancel: any open phase → canceled     suspend, handOn, postpone: any open phase → paused
 *     finishAs: any open phase → failed | canceled     awaitJobs: any open phase → paused
 *     fold, remove: any final phase, once     amend: any phase, the same after
 *     reopen: failed → paused     renew, reschedule: not started → queued
 *     halt, adopt, remember, eventTold, reportUncommitted: any phase, the same after
 */
import type {StoredError} from '../types';
import {EMPTY_SUM, utf8Bytes} from './bytes';
import type {
  Header,
  Lease,
  Longest,
  Part,
  Phase,
  PlanPlace,
  Recovery,
  Seal,
  StoredOptions,
  Suspect,
  Waiting,
} from './header';
import {hasLease, partAt} from './header';
import {encodeHeader} from './header-codec';
import {MAX_DOUBTS, MAX_INLINE_SEALS, MAX_RECOVERIES, MAX_SUSPECTS, MAX_VALUE_BYTES} from './limits';
import type {LogPosition, Outcome} from './outcome';
import type {DayUse} from './quota';
import type {Terms} from './terms';
import {sizeOf, type UnitRange} from './units';

const START: LogPosition = {count: 0, sum: EMPTY_SUM};
const NEW_PART: Part = {epoch: 0, log: 0, position: START, lease: null};

/** What a new job is made of. */
export interface Acceptance {
  readonly id: string;
  readonly name: string;
  readonly owner: string;
  readonly options: StoredOptions;
  readonly terms: Terms;
  readonly plan: PlanPlace;
  readonly nowMs: number;
  /** When the dispatcher may take it; `null`: when somebody calls `resume`. */
  readonly dueMs: number | null;
}

/** A new job. One that depends on others waits for them, one that nobody starts for `resume`. */
export function accept(acceptance: Acceptance): Header {
  const {id, name, owner, options, terms, plan, nowMs} = acceptance;
  const phase = firstPhase(acceptance);
  return {
    ...{id, name, owner, options, terms, plan, phase},
    revision: 1,
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
    startedAtMs: null,
    pausedAtMs: phase.kind === 'paused' ? nowMs : null,
    parts: [NEW_PART],
    seals: [],
    sealPages: 0,
    suspects: [],
    doubts: [],
    recoveries: [],
    longest: {jobMs: 0, nodes: []},
    isHalted: false,
    last: null,
    use: null,
    fault: null,
    isEventDue: false,
    isRemoved: false,
    folded: null,
    unknown: {},
  };
}

function firstPhase({terms, dueMs}: Pick<Acceptance, 'terms' | 'dueMs'>): Phase {
  if (dueMs === null) return {kind: 'paused', waiting: FOR_USER};
  if (terms.dependencies.length === 0) return {kind: 'queued', dueMs};
  return {kind: 'paused', waiting: {reason: 'dependency', untilMs: dueMs}};
}

/** How a part's lease ended that its owner did not give back. */
export interface Ending {
  readonly part: number;
  readonly reason: Recovery['reason'];
  /** How far the dead owner's log goes. */
  readonly position: LogPosition;
  readonly inDoubt: readonly UnitRange[];
  readonly nowMs: number;
}

/** A new epoch of a part begins, which may be one more than there are: its owner may run it until the lease's deadline. */
export function claim(header: Header, index: number, lease: Lease, nowMs: number): Header {
  const part = header.parts[index] ?? NEW_PART;
  const parts = [...header.parts];
  parts[index] = {...part, epoch: part.epoch + 1, lease};
  return {
    ...touched(header, nowMs),
    phase: {kind: 'running'},
    isHalted: false,
    startedAtMs: header.startedAtMs ?? nowMs,
    pausedAtMs: null,
    parts,
  };
}

/**
 * Ends a lease that was not given back: its log is sealed where it stood, the next one starts, and what may have begun
 * is remembered. An empty log needs no seal: readers look only at logs that a seal or a part names.
 */
export function endLease(header: Header, ending: Ending): Header {
  const part = partAt(header, ending.part);
  const seal: Seal = {part: ending.part, log: part.log, position: ending.position};
  const {inDoubt, reason, nowMs: atMs} = ending;
  const recovery: Recovery = {atMs, epoch: part.epoch, reason, inDoubt};
  const ended: Header = {
    ...header,
    parts: replaced(header.parts, ending.part, {...part, log: part.log + 1, position: START, lease: null}),
    seals: ending.position.count === 0 ? header.seals : [...header.seals, seal],
    recoveries: [...header.recoveries, recovery].slice(-MAX_RECOVERIES),
  };
  return reason === 'killed' ? blame(ended, inDoubt) : ended;
}

/** The log that follows a sealed one begins with what was carried over from it. */
export function carryOn(header: Header, index: number, log: number, position: LogPosition): Header {
  return {...header, parts: replaced(header.parts, index, {...partAt(header, index), log, position})};
}

/** One unit alone is blamed for the kill. Of several nobody can tell which it was: they run one by one from now on. */
function blame(header: Header, inDoubt: readonly UnitRange[]): Header {
  const [range, ...more] = inDoubt;
  if (range === undefined) return header;
  if (more.length > 0 || sizeOf(range) > 1)
    return {...header, doubts: [...header.doubts, ...inDoubt].slice(-MAX_DOUBTS)};
  const crashes = new Map(header.suspects.map((suspect) => [suspect.unit, suspect.crashes]));
  crashes.set(range.first, (crashes.get(range.first) ?? 0) + 1);
  const suspects = [...crashes].map(([unit, count]) => ({unit, crashes: count})).slice(-MAX_SUSPECTS);
  return {...header, suspects};
}

function replaced(parts: readonly Part[], index: number, part: Part): readonly Part[] {
  return parts.map((other, at) => (at === index ? part : other));
}

/** What an owner knows when it stops. */
export interface Return {
  readonly part: number;
  readonly nowMs: number;
  readonly position: LogPosition;
  readonly longest: Longest;
  /** Suspects and groups in doubt that are not settled. */
  readonly suspects: readonly Suspect[];
  readonly doubts: readonly UnitRange[];
}

/**
 * The owner gives its lease back: the next epoch appends to the same log. The job runs on while another part has a
 * lease; the last one that is given back pauses it. A job that was halted waits for `resume`.
 */
export function giveBack(header: Header, back: Return, waiting: Waiting): Header {
  const after = returned(header, back);
  if (hasLease(after)) return after;
  const because = header.isHalted ? FOR_USER : waiting;
  return {...after, phase: {kind: 'paused', waiting: because}, pausedAtMs: back.nowMs, isHalted: false};
}

/** A claim found nothing to run. Only `resume` claims a job that was halted: it no longer waits for it. */
export function giveUpClaim(header: Header, back: Return, waiting: Waiting): Header {
  return giveBack({...header, isHalted: false}, back, waiting);
}

const FOR_USER = {reason: 'user', untilMs: null} as const;

/** The owner ends the job; `last` is the outcome that is in no segment, if there is one. */
export function finish(
  header: Header,
  back: Return,
  kind: 'completed' | 'failed',
  last: Outcome | null,
  fault: StoredError | null = null,
): Header {
  const terms = kind === 'failed' ? putAsideAgain(header.terms) : header.terms;
  return {...returned(header, back), phase: {kind, atMs: back.nowMs}, pausedAtMs: null, last, fault, terms};
}

/** Ends an open job whose leases have been ended, for a reason that lies in none of its steps. */
export function finishAs(header: Header, kind: 'failed' | 'canceled', fault: StoredError, nowMs: number): Header {
  const terms = kind === 'failed' ? putAsideAgain(header.terms) : header.terms;
  return {...touched(header, nowMs), phase: {kind, atMs: nowMs}, pausedAtMs: null, isHalted: false, fault, terms};
}

/** A dead letter that was replayed and has failed again waits to be replayed once more. */
function putAsideAgain(terms: Terms): Terms {
  const {deadLetter} = terms;
  return deadLetter?.state === 'replayed' ? {...terms, deadLetter: {...deadLetter, state: 'queued'}} : terms;
}

/** The log that a reopened job goes on in: what it had completed, and nothing of what had failed. */
export interface Reopening {
  readonly terms: Terms;
  readonly log: number;
  readonly position: LogPosition;
  /** Outcomes that are not carried over: they count in the version, which never goes back. */
  readonly dropped: number;
  readonly nowMs: number;
}

/**
 * A failed job goes on: what was completed stays so, the rest is as if it had not been tried. Its deadline and time-out
 * begin anew. Logs of before are no longer named, so that nobody reads them; each part goes on with an epoch and a log that
 * it never had, so that an owner of before finds neither its lease nor its log again.
 */
export function reopen(header: Header, {terms, log, position, dropped, nowMs}: Reopening): Header {
  const {deadlineAtMs} = terms;
  // What it waited for before it started was over then, and may be gone by now.
  const dependencies = header.startedAtMs === null ? terms.dependencies : [];
  const beganAtMs = header.terms.deadLetter?.replay?.atMs ?? header.createdAtMs;
  const epoch = Math.max(...header.parts.map((part) => part.epoch)) + 1;
  const {updatedAtMs} = touched(header, nowMs);
  const waiting = {reason: dependencies.length === 0 ? 'budget' : 'dependency', untilMs: nowMs} as const;
  return {
    ...header,
    revision: header.revision + dropped + 1,
    ...{updatedAtMs, pausedAtMs: nowMs, startedAtMs: null, phase: {kind: 'paused', waiting}},
    terms: {...terms, dependencies, deadlineAtMs: deadlineAtMs === null ? null : nowMs + (deadlineAtMs - beganAtMs)},
    parts: header.parts.map((part, index) =>
      index === 0
        ? {epoch, log, position, lease: null}
        : {epoch: part.epoch + 1, log: Math.max(part.log + 1, log), position: START, lease: null},
    ),
    ...{seals: [], sealPages: 0, suspects: [], doubts: [], isHalted: false, last: null, fault: null},
    isEventDue: false,
  };
}

/** Lets an open job that nobody owns wait for other jobs, and until then in any case. */
export function awaitJobs(header: Header, nowMs: number, untilMs: number | null = null): Header {
  const waiting = {reason: 'dependency', untilMs} as const;
  return {...touched(header, nowMs), phase: {kind: 'paused', waiting}, pausedAtMs: header.pausedAtMs ?? nowMs};
}

/** Changes what a job was asked to be, and nothing of where it stands. */
export function amend(header: Header, terms: Terms, nowMs: number): Header {
  return {...touched(header, nowMs), terms};
}

/** Another user's triggers run the job from now on. */
export function adopt(header: Header, owner: string, nowMs: number): Header {
  return {...touched(header, nowMs), owner};
}

/** A job that has not started becomes what a later call asked for, and starts later. */
export function renew(
  header: Header,
  asked: Pick<Acceptance, 'name' | 'options' | 'terms' | 'plan' | 'nowMs'> & {readonly dueMs: number},
): Header {
  const {name, options, terms, plan, dueMs, nowMs} = asked;
  const phase = firstPhase({terms, dueMs});
  const pausedAtMs = phase.kind === 'paused' ? nowMs : null;
  return {...touched(header, nowMs), name, options, terms, plan, phase, pausedAtMs};
}

/** Moves the start of a job that has not started, and is paused no more. */
export function reschedule(header: Header, dueMs: number, nowMs: number): Header {
  return {...touched(header, nowMs), phase: {kind: 'queued', dueMs}, pausedAtMs: null};
}

/** Attempts were lost because their outcomes did not fit into the store. */
export function reportUncommitted(header: Header, part: number, inDoubt: readonly UnitRange[], atMs: number): Header {
  const recovery: Recovery = {atMs, epoch: partAt(header, part).epoch, reason: 'store', inDoubt};
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

/** Puts an open job that nobody owns off until the day's quota has room again. */
export function postpone(header: Header, untilMs: number, nowMs: number): Header {
  const waiting = {reason: 'quota', untilMs} as const;
  return {...touched(header, nowMs), phase: {kind: 'paused', waiting}, pausedAtMs: nowMs};
}

/** Remembers with a finished job what its owner used of the day: the key that had it goes with the last trigger. */
export function remember(header: Header, use: DayUse): Header {
  return {...header, use};
}

/** Those who listen were told of the end of a job. What users read stays the same. */
export function eventTold(header: Header): Header {
  return {...header, isEventDue: false};
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
    doubts: [],
    recoveries: [],
    last: null,
    folded: {error},
  };
}

/** Takes a finished job from all readers, with what it still holds. */
export function remove(header: Header, nowMs: number): Header {
  return {...fold(touched(header, nowMs), null), isRemoved: true};
}

/** Seals that no longer fit into the header, as the page that must be written before it. */
export function overflowSeals(header: Header): {readonly header: Header; readonly page: readonly Seal[] | null} {
  const isTooMuch = header.seals.length > MAX_INLINE_SEALS || utf8Bytes(encodeHeader(header)) > MAX_VALUE_BYTES;
  if (!isTooMuch || header.seals.length === 0) return {header, page: null};
  return {header: {...header, seals: [], sealPages: header.sealPages + 1}, page: header.seals};
}

function returned(header: Header, back: Return): Header {
  const {longest, suspects, doubts} = back;
  const part: Part = {...partAt(header, back.part), position: back.position, lease: null};
  return {
    ...touched(header, back.nowMs),
    parts: replaced(header.parts, back.part, part),
    longest,
    suspects,
    doubts,
  };
}

function touched(header: Header, nowMs: number): Header {
  return {...header, revision: header.revision + 1, updatedAtMs: Math.max(header.updatedAtMs, nowMs)};
}
