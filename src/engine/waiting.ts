/**
 * Waiting for the end of a job in one execution. What nobody runs is run here: the job itself, or one that it depends on,
 * of the current user, when its time has come. Everything else is watched, with growing pauses, at one read of one
 * value each.
 *
 * A job that ran here and stopped, but for a retry, is left to another execution, as the dispatcher does: its step may
 * have asked for one. Waiting changes nothing of a job, so that it may end at any moment, by a timeout or by a kill.
 */
import {isFinal, hasFreePart, waitsForUser, type Header} from '../core/header';
import {decodeHeader} from '../core/header-codec';
import {headerKey, type JobAddress} from '../core/keys';
import {ENQUEUE_GRACE_MS, FIRST_PAUSE_MS, LOCK_WAIT_MS, MAX_PAUSE_MS, WAIT_UNTIL_MS} from '../core/limits';
import {overdueAtMs} from '../core/overdue';
import {isoTime} from '../core/record';
import {readHeader, type Snapshot} from '../core/stored-job';
import {isJobsError, jobsError} from '../errors';
import {gateIn} from './dependencies';
import type {Engine, Lookup} from './engine';
import {findJob, notFound} from './lookup';
import {patiently} from './patience';
import type {Found} from './dependencies';

/** How somebody wants to wait. */
export interface WaitTerms {
  /** `null`: as long as the execution allows. */
  readonly timeoutMs: number | null;
  /** Between two looks; `null`: growing. */
  readonly intervalMs: number | null;
}

/** Waits until a job is over; throws `WAIT_TIMEOUT` if it is not by then. */
export function awaitEnd(engine: Engine, {id, prefix}: Lookup, terms: WaitTerms): Found {
  engine.refuseNested();
  const snapshot = engine.readAll();
  const address = findJob(snapshot, id, prefix);
  if (address === null) throw notFound(id);
  return new Wait(engine, address, terms).run(snapshot);
}

/** When an open job may run, as far as time says so. An explicit call does not wait for the grace of `enqueue`. */
export function runsFromMs(header: Header): number {
  return Math.min(startMs(header), overdueAtMs(header) ?? Infinity);
}

function startMs({phase, createdAtMs, startedAtMs, terms}: Header): number {
  const dueMs = phase.kind === 'queued' ? phase.dueMs : phase.kind === 'paused' ? phase.waiting.untilMs : null;
  const isGrace = startedAtMs === null && terms.debounce === null && dueMs === createdAtMs + ENQUEUE_GRACE_MS;
  return dueMs === null || isGrace ? createdAtMs : dueMs;
}

class Wait {
  private readonly engine: Engine;
  private readonly address: JobAddress;
  private readonly terms: WaitTerms;
  private readonly startMs: number;
  private readonly endMs: number;
  /** Jobs that had their share of this execution. */
  private readonly spent = new Set<string>();
  private sleptMs = 0;
  private pauseMs: number;
  private user: string | null | undefined;

  constructor(engine: Engine, address: JobAddress, terms: WaitTerms) {
    const {clock} = engine.ports;
    this.engine = engine;
    this.address = address;
    this.terms = terms;
    this.startMs = clock.nowMs();
    this.endMs = Math.min(clock.startMs + WAIT_UNTIL_MS, this.startMs + (terms.timeoutMs ?? Infinity));
    this.pauseMs = terms.intervalMs ?? FIRST_PAUSE_MS;
  }

  run(first: Snapshot): Found {
    let snapshot: Snapshot | null = first;
    for (;;) {
      const header = this.headerIn(snapshot);
      if (isFinal(header)) return {address: this.address, header};
      if (waitsForUser(header)) throw waitsForResume(header);
      if (this.leftMs() <= 0) throw this.timeout(header);
      if (!this.drive(snapshot, header)) this.pause(header);
      snapshot = null;
    }
  }

  /** Where `sleep` does not sleep, as in a double of the services, a wait ends all the same. */
  private leftMs(): number {
    const {clock} = this.engine.ports;
    return Math.min(this.endMs - clock.nowMs(), this.endMs - this.startMs - this.sleptMs);
  }

  /** The header as it is now, by a look at it alone. */
  private headerIn(snapshot: Snapshot | null): Header {
    const {store} = this.engine.ports;
    const key = headerKey(this.address);
    const text = snapshot === null ? patiently(this.engine.ports, () => store.get(key)) : (snapshot[key] ?? null);
    if (text === null) throw notFound(this.address.id);
    const decoded = decodeHeader(text);
    if (decoded.kind === 'header' && decoded.header.isRemoved) throw notFound(this.address.id);
    if (decoded.kind === 'header' && decoded.header.id === this.address.id) return decoded.header;
    this.engine.record({[key]: text}, this.address);
    throw notFound(this.address.id);
  }

  /** Runs the job, or what it waits for. False where there was nothing to run. */
  private drive(snapshot: Snapshot | null, header: Header): boolean {
    const target = this.target(snapshot, header);
    if (target === null) return false;
    try {
      const {endMs} = this;
      const ran = this.engine.runDue(target, {
        endMs,
        isBounded: this.terms.timeoutMs !== null,
        lockWaitMs: Math.min(LOCK_WAIT_MS, this.leftMs()),
        fromMs: runsFromMs,
      });
      if (ran === null) return false;
      if (ran === 'later' || ran.waiting?.reason !== 'retry') this.spent.add(target.id);
      if (ran === 'later') return false;
      this.pauseMs = this.terms.intervalMs ?? FIRST_PAUSE_MS;
      return true;
    } catch (thrown) {
      const isLate = isJobsError(thrown) && thrown.code === 'LOCK_TIMEOUT' && this.leftMs() <= 0;
      if (!isLate) throw thrown;
      throw this.timeout(header, thrown);
    }
  }

  private target(snapshot: Snapshot | null, header: Header): JobAddress | null {
    const isGated =
      header.startedAtMs === null && (header.terms.dependencies.length > 0 || header.terms.singleton !== null);
    const found = {address: this.address, header};
    return isGated ? this.targetBelow(snapshot ?? this.engine.readAll(), found, new Set()) : this.ifMine(found);
  }

  /** What holds a job up, and can be run here. */
  private targetBelow(snapshot: Snapshot, found: Found, seen: Set<string>): JobAddress | null {
    if (seen.has(found.address.id)) return null;
    seen.add(found.address.id);
    const gate = gateIn(snapshot, found.address, found.header);
    if (gate.kind !== 'waits') return this.ifMine(found);
    for (const id of gate.on) {
      const address = findJob(snapshot, id, null);
      const decoded = address === null ? null : readHeader(snapshot, address);
      if (address === null || decoded?.kind !== 'header') continue;
      const target = this.targetBelow(snapshot, {address, header: decoded.header}, seen);
      if (target !== null) return target;
    }
    return null;
  }

  /** Another user's job runs with that user's authority, or when somebody says `resume`. */
  private ifMine({address, header}: Found): JobAddress | null {
    const {clock, handlers, identity} = this.engine.ports;
    const nowMs = clock.nowMs();
    const {phase} = header;
    if (isFinal(header) || waitsForUser(header) || !hasFreePart(header, nowMs)) return null;
    if (runsFromMs(header) > nowMs || this.spent.has(address.id)) return null;
    const handler = phase.kind === 'paused' ? phase.waiting.handler : undefined;
    if (handler !== undefined && handlers.find(handler) === null) return null;
    this.user ??= identity.known();
    return header.owner === this.user ? address : null;
  }

  private pause(header: Header): void {
    const {clock} = this.engine.ports;
    const dueMs = runsFromMs(header) - clock.nowMs();
    const ms = Math.min(this.pauseMs, this.leftMs(), dueMs > 0 ? dueMs : Infinity);
    if (this.terms.intervalMs === null) this.pauseMs = Math.min(2 * this.pauseMs, MAX_PAUSE_MS);
    if (ms <= 0) return;
    this.sleptMs += ms;
    clock.sleep(ms);
  }

  private timeout({id, name, phase}: Header, cause?: unknown): Error {
    const waitedMs = this.engine.ports.clock.nowMs() - this.startMs;
    const {reason, untilMs} = phase.kind === 'paused' ? phase.waiting : {reason: null, untilMs: null};
    const until = untilMs === null ? '' : ` until ${isoTime(untilMs)}`;
    const state = reason === null ? phase.kind : `paused for ${reason}${until}`;
    return jobsError(
      'WAIT_TIMEOUT',
      `Job ${id} (${name}) was not over after ${waitedMs} ms: it is ${state}. Nothing happened to it: wait again, in ` +
        'another execution if this one has no time left, or ask explain.',
      {jobId: id, status: phase.kind, reason, waitedMs},
      cause,
    );
  }
}

/** Nobody would end that wait but somebody else. */
function waitsForResume({id, name}: Header): Error {
  return jobsError(
    'WAIT_TIMEOUT',
    `Job ${id} (${name}) waits for somebody to call resume: it was paused, or accepted with autoStart: false.`,
    {jobId: id, status: 'paused', reason: 'user', waitedMs: 0},
  );
}
