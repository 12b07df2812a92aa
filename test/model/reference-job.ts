/**
 * One job as README.md and docs/design.md describe it, without a store: which unit may begin when, and what becomes of
 * the job. The model does not know when triggers fire; it is told which handler calls there were, and says of each
 * whether it was allowed, and of the end of each turn whether the job could be left like that.
 */
import type {JobStatus, WaitReason} from '../../src/types';
import {differ} from './difference';
import {expectBegin, type Begin} from './reference-begin';
import {undo, type Death} from './reference-doubt';
import type {JobPlan} from './reference-plan';
import {mayLeave, newTurn, SLACK_MS, type Caller, type Turn} from './reference-turn';
import type {Terms, Gate} from './reference-terms';
import {endAttempt, giveUp, newUnit, type Unit} from './reference-unit';
import {endOf, idleReasons, readinessOf, resultsOf, unitOf, type Readiness} from './reference-units';

/** An owner looks whether it was canceled or stopped when so long has passed since its last look. */
const LOOK_MS = 5_000;
const LEASE_MS = 390_000;

export interface Recovery {
  readonly reason: 'killed' | 'canceled';
  readonly inDoubt: readonly string[];
}

export class ReferenceJob {
  readonly id: string;
  /** The user whose triggers run it. */
  owner: string;
  readonly plan: JobPlan;
  readonly createdMs: number;
  readonly units: readonly Unit[];
  readonly recoveries: Recovery[] = [];
  status: JobStatus;
  /** Reasons that a paused job may give; more than one where the model cannot know which. */
  waits: ReadonlySet<WaitReason> = new Set();
  turn: Turn | null = null;
  dead: Death | null = null;
  /** While an owner is dead: what the library says that it was at, the first unit of its group. */
  deadAt: Unit | null = null;
  /** When `stop` asked the owner to give the lease back. */
  haltedMs: number | null = null;
  hasBegun = false;
  finalMs = 0;
  terms: Terms;
  /** Ended for a reason that lies in none of its steps. */
  hasFault = false;
  /** Whether it may start, as the other jobs stand. */
  private readonly gates: (job: ReferenceJob) => ReadonlySet<Gate>;
  private isAsked = false;
  /** Whose execution had claimed it when it was stopped or adopted, and had yet to call a handler, which it will do. */
  private claimedBy: string | null = null;
  /** A dead owner whose job was taken over, until the report is heard. */
  private unreported: Death | null = null;
  /** Units whose failures so far the execution of a `resume` does not wait for. */
  private forgiven = new Set<Unit>();
  /** Owners that lost the job, and when: they stop at their next look, and what they do has no effect. */
  private readonly outcasts = new Map<number, number>();
  private readonly keys = new Map<string, string>();
  private readonly longestMs = new Map<string, number>();

  constructor(
    {id, owner, plan, createdMs}: Pick<ReferenceJob, 'id' | 'owner' | 'plan' | 'createdMs'>,
    terms: Terms,
    gates: (job: ReferenceJob) => ReadonlySet<Gate>,
  ) {
    this.terms = terms;
    this.gates = gates;
    this.id = id;
    this.owner = owner;
    this.plan = plan;
    this.createdMs = createdMs;
    const waits = terms.isStarted ? 'dependency' : 'user';
    const isQueued = terms.isStarted && terms.dependencies.length === 0;
    this.status = isQueued ? 'queued' : 'paused';
    this.waits = new Set(isQueued ? [] : [waits]);
    this.units = plan.units.map(newUnit);
  }

  get isFinal(): boolean {
    return this.status === 'completed' || this.status === 'failed' || this.status === 'canceled';
  }

  /** Whether only a person can let it go on. */
  get isStopped(): boolean {
    return this.haltedMs !== null || this.waits.has('user');
  }

  get possibleGates(): ReadonlySet<Gate> {
    return this.gates(this);
  }

  /** Whether it may have been ended by what it depends on since anybody looked. */
  get mayHaveEnded(): boolean {
    const gates = this.possibleGates;
    return !this.isFinal && (gates.has('failed') || gates.has('canceled'));
  }

  /** What it ends as when its execution gives it back, if it does. */
  get nextEnd(): 'completed' | 'failed' | null {
    return this.turn !== null && this.turn.unit === null ? endOf(this.units) : null;
  }

  /** Something that it depends on ended it. */
  endByGate(status: 'failed' | 'canceled', atMs: number): void {
    if (!this.possibleGates.has(status)) differ(`${this.id}: ended by a dependency`, [...this.possibleGates], status);
    Object.assign(this, {status, waits: new Set(), finalMs: atMs, hasFault: true, haltedMs: null});
  }

  /** A call says that it is over: its execution has given it back, or it was ended by what it depends on. */
  believeOver(atMs: number): void {
    if (this.nextEnd !== null) return this.close();
    if (this.mayHaveEnded) this.endByGate(this.possibleGates.has('failed') ? 'failed' : 'canceled', atMs);
  }

  /** What it depends on changes; one that waits for a person goes on to do so. */
  depend(dependencies: readonly string[]): void {
    this.terms = {...this.terms, dependencies};
    if (this.isStopped) return;
    if (dependencies.length > 0) {
      this.status = 'paused';
      this.waits = new Set(['dependency']);
    } else if (this.status !== 'queued') {
      this.status = 'queued';
      this.waits = new Set();
    }
  }

  /** An execution takes the job: `run`, `resume`, or a pass of the dispatcher at the first handler call. */
  open(caller: Caller, maxRuntimeMs = this.plan.options.maxRuntimeMs): void {
    this.turn = newTurn(caller, maxRuntimeMs);
    this.status = 'running';
    this.waits = new Set();
  }

  /** A handler is called. */
  begin(begin: Begin, caller: Caller): void {
    const lostMs = this.outcasts.get(caller.id);
    if (lostMs !== undefined) {
      if (begin.atMs > lostMs + LOOK_MS + SLACK_MS)
        differ(`${this.id}: a canceled or deleted job runs on`, null, begin);
      return;
    }
    this.takeOver(begin.atMs);
    if (this.turn !== null && this.turn.caller.id !== caller.id) {
      if (this.turn.unit !== null) differ(`${this.id}: two executions run it`, this.turn.caller, caller);
      this.close();
    }
    if (this.turn === null) this.openByDispatcher(begin, caller);
    const {turn} = this;
    if (turn === null) return;
    if (this.haltedMs !== null && begin.atMs > this.haltedMs + LOOK_MS + SLACK_MS)
      differ(`${this.id}: a stopped job runs on`, null, begin);
    const unit = expectBegin(this, begin, turn);
    turn.unit = unit;
    unit.beganMs = begin.atMs;
    this.hasBegun = true;
    caller.hasRun = true;
  }

  /** The handler is through; what comes of it follows from its payload. */
  end(step: string, atMs: number, caller: Caller): void {
    if (this.outcasts.has(caller.id)) return;
    const unit = this.turn?.unit ?? null;
    if (this.turn === null || unit?.id !== step) return differ(`${this.id}: a handler ended`, unit?.id, step);
    this.turn.ended.push({unit, before: {...unit}, atMs});
    this.turn.unit = null;
    const tookMs = atMs - (unit.beganMs ?? atMs);
    for (const scope of ['job', unit.stage])
      this.longestMs.set(scope, Math.max(tookMs, this.longestMs.get(scope) ?? 0));
    this.forgiven.delete(unit);
    endAttempt(unit, atMs, resultsOf(this.units));
  }

  /** The execution gives the lease back, because nothing can run now or because its time is over. */
  close(): void {
    const {turn} = this;
    if (turn === null) return;
    this.turn = null;
    const atMs = turn.ended.at(-1)?.atMs ?? turn.caller.startedMs;
    const isHalted = this.haltedMs !== null;
    this.haltedMs = null;
    if (this.endIfDone(atMs)) return;
    this.status = 'paused';
    const ready = this.units.find((unit) => this.readiness(unit, atMs, turn.caller.handlers) === 'yes');
    if (isHalted) {
      this.waits = new Set(['user']);
    } else if (ready === undefined) {
      this.waits = idleReasons(this.units, turn.caller.handlers);
      // A wait that ended about then may have been over in time for another unit, for which there was no time.
      const isClose = this.units.some((unit) => this.readiness(unit, atMs + SLACK_MS, turn.caller.handlers) !== 'no');
      if (isClose) this.waits = new Set([...this.waits, 'budget']);
    } else {
      // What it waits for may have ended, which somebody has to find out, and then it was never claimed.
      const mayWait = turn.ended.length === 0 && this.possibleGates.has('waits');
      if (!mayWait && !mayLeave(turn, ready, atMs, this.estimates(ready)))
        differ(`${this.id}: left though ${ready.id} could run`, ready.id, 'nothing');
      this.waits = new Set(mayWait ? ['budget', 'dependency'] : ['budget']);
    }
    this.forgiven.clear();
  }

  /** The execution is killed; the unit that it is in is in doubt. */
  kill(): void {
    const {turn} = this;
    if (turn === null || turn.unit === null) throw new Error('Expected a kill in the middle of a unit.');
    const ttlMs = Math.max(LEASE_MS, this.plan.options.leaseTtlMs);
    this.dead = {unit: turn.unit, untilMs: turn.caller.startedMs + ttlMs, ended: turn.ended};
    this.deadAt = turn.unit;
    this.forgiven.clear();
    this.turn = null;
  }

  /** Somebody takes over from a dead owner, which nobody may before its lease has run out. */
  takeOver(atMs: number): void {
    if (this.dead === null) return;
    const {unit, untilMs} = this.dead;
    if (atMs < untilMs) differ(`${this.id}: taken over before the lease ran out`, untilMs, atMs);
    this.unreported = this.dead;
    this.dead = null;
    this.recoveries.push({reason: 'killed', inDoubt: [unit.id]});
    unit.crashes++;
    this.status = 'paused';
    this.waits = this.haltedMs === null ? new Set(['budget', 'retry', 'handler']) : new Set(['user']);
    // `stop` only tells of the kill; whoever goes on with the job gives the step up.
    if (this.haltedMs === null) this.giveUp(atMs);
    this.haltedMs = null;
  }

  /** A record of a job with a dead owner says what that was at: what it did since is not saved. */
  believeAt(id: string): void {
    const {dead, units} = this;
    if (dead === null || dead.unit.id === id) return;
    const first = unitOf(this.units, id);
    const group = units.slice(units.indexOf(first), units.indexOf(dead.unit) + 1);
    undo(
      units,
      group.map((unit) => unit.id),
      dead,
    );
    this.deadAt = first;
  }

  /** Somebody has taken over from a dead owner, and reports what was in doubt. */
  report(inDoubt: readonly string[], atMs: number): void {
    this.takeOver(atMs);
    const death = this.unreported;
    this.unreported = null;
    if (death === null || inDoubt.join() === death.unit.id) return;
    // Of several nobody can tell which it was.
    death.unit.crashes--;
    undo(this.units, inDoubt, death);
    for (const id of inDoubt) unitOf(this.units, id).doubts++;
    this.recoveries[this.recoveries.length - 1] = {reason: 'killed', inDoubt};
  }

  /** What `resume` is refused with; `null` where it runs the job on, `'maybe'` while an execution winds up. */
  refusalOfResume(atMs: number): 'ALREADY_FINAL' | 'LEASE_HELD' | 'maybe' | null {
    if (this.isFinal) return 'ALREADY_FINAL';
    if (this.dead !== null) return atMs < this.dead.untilMs ? 'LEASE_HELD' : null;
    if (this.turn === null) return null;
    return this.turn.unit === null ? 'maybe' : 'LEASE_HELD';
  }

  resume(caller: Caller, maxRuntimeMs: number | undefined): void {
    this.haltedMs = null;
    this.takeOver(caller.startedMs);
    this.close();
    this.giveUp(caller.startedMs);
    if (this.isFinal) return;
    this.isAsked = true;
    const gates = this.possibleGates;
    if (!gates.has('open')) {
      this.status = 'paused';
      this.waits = new Set(['dependency']);
      return;
    }
    // "Without waiting for its back-off", and "in this execution": later ones wait for it again.
    this.forgiven = new Set(this.units);
    this.open(caller, maxRuntimeMs);
  }

  /** `inDoubt`: what the library reports, where the model cannot know how far the owner was. */
  cancel(atMs: number, reported: Recovery | null): void {
    const owner = this.turn;
    const unit = this.dead?.unit ?? owner?.unit ?? null;
    const inDoubt = reported?.inDoubt ?? [];
    const ended = (this.dead ?? owner)?.ended ?? [];
    if (inDoubt.length > 0 && (unit !== null || owner !== null)) undo(this.units, inDoubt, {unit, ended});
    if (unit !== null)
      this.recoveries.push({
        reason: this.reasonOfCancel(atMs, reported),
        inDoubt: inDoubt.length === 0 ? [unit.id] : inDoubt,
      });
    else if (owner !== null && reported !== null) this.recoveries.push({...reported, reason: 'canceled'});
    if (owner !== null) this.outcasts.set(owner.caller.id, atMs);
    Object.assign(this, {dead: null, turn: null, haltedMs: null, status: 'canceled', waits: new Set(), finalMs: atMs});
  }

  /** Pauses it until somebody resumes it. True if it was open. `isOwned`: the library says that somebody has its lease. */
  stop(atMs: number, isOwned = false): boolean {
    if (this.isFinal) return false;
    this.noteClaim(isOwned);
    if (this.turn !== null || this.dead !== null || this.claimedBy !== null) {
      this.haltedMs ??= atMs;
    } else {
      this.status = 'paused';
      this.waits = new Set(['user']);
    }
    return true;
  }

  adopt(user: string, isOwned: boolean): void {
    this.noteClaim(isOwned);
    this.owner = user;
  }

  private noteClaim(isOwned: boolean): void {
    this.claimedBy = isOwned && this.turn === null && this.dead === null ? this.owner : null;
  }

  /** The stored job is deleted. */
  forget(atMs: number): void {
    if (this.turn !== null) this.outcasts.set(this.turn.caller.id, atMs);
    this.turn = null;
  }

  readiness(unit: Unit, atMs: number, handlers: ReadonlySet<string>): Readiness {
    return readinessOf(this.units, unit, {atMs, handlers, forgiven: this.forgiven});
  }

  /** The longest attempt so far, "of its map step or of the job". */
  estimates(unit: Unit): readonly number[] {
    return ['job', unit.stage].map((scope) => this.longestMs.get(scope) ?? 0);
  }

  /** The key of a unit is the same at each attempt. */
  keyOf(unit: Unit, told: string): string {
    const key = this.keys.get(unit.id) ?? told;
    this.keys.set(unit.id, key);
    return key;
  }

  private openByDispatcher(begin: Begin, caller: Caller): void {
    const mayRun =
      this.claimedBy === null ? caller.user === this.owner && !this.isStopped : caller.user === this.claimedBy;
    const isAllowed = !this.isFinal && this.plan.options.autoResume && mayRun;
    const isWaiting = !this.possibleGates.has('open');
    const isEarly = isWaiting || (!this.hasBegun && !this.isAsked && begin.atMs < this.terms.dueMs);
    const why = {
      gates: [...this.possibleGates],
      terms: this.terms,
      status: this.status,
      waits: [...this.waits],
      owner: this.owner,
      createdMs: this.createdMs,
    };
    this.claimedBy = null;
    if (!isAllowed || isEarly) differ(`${this.id}: run though it may not run`, why, {begin, caller: caller.user});
    this.open(caller);
  }

  private giveUp(atMs: number): void {
    for (const unit of this.units) giveUp(unit, atMs);
    this.endIfDone(atMs);
  }

  private endIfDone(atMs: number): boolean {
    const status = endOf(this.units);
    if (status === null) return false;
    Object.assign(this, {status, waits: new Set(), finalMs: atMs});
    return true;
  }

  private reasonOfCancel(atMs: number, reported: Recovery | null): Recovery['reason'] {
    // A dead owner whose lease has run out was killed; until then nobody can know.
    const isOver = this.dead !== null && atMs >= this.dead.untilMs;
    return isOver && reported?.reason === 'killed' ? 'killed' : 'canceled';
  }
}
