/**
 * Time-driven triggers: the list of each user and project, and when they fire.
 *
 * T1 a one-off never fires early and at most once (unless a hook doubles it); it stays listed until it is deleted (but see
 * the quirk `oneOffsStay`). T2 what is deleted does not fire. T3 a trigger runs as the user who made it, and nobody else
 * sees it.
 */
import type {EventQueue, QueuedEvent} from './event-queue';
import type {Random} from './prng';
import {uniform} from './prng';
import {failure, recordArgument, textArgument, unknownMethod, value} from './service';
import type {Answer, Outcome, Service} from './service';
import type {CreationVerdict, FiringVerdict, Quirks, ServiceCall, Trigger} from './types';

const DOUBLE_GAP_MS = 1_000;

export interface TriggerSettings extends Pick<Quirks, 'nestedOneOffs' | 'oneOffsStay' | 'recurringJitterMs'> {
  readonly perUser: number;
  readonly lagMs: readonly [number, number];
}

/** What the list needs from its world. */
export interface TriggerHost {
  run(trigger: Trigger): void;
  onFiring(trigger: Trigger): FiringVerdict;
  onCreation(trigger: Trigger): CreationVerdict;
  created(call: ServiceCall): void;
  note(what: string): void;
}

interface Listed {
  trigger: Trigger;
  next: QueuedEvent | null;
  /** For recurring ones: the times without jitter are anchor + n × period. */
  anchorMs: number;
}

export class Triggers implements Service {
  private listed: Listed[] = [];
  private doubles = 0;
  private readonly settings: TriggerSettings;
  private readonly queue: EventQueue;
  private readonly random: Random;
  private readonly host: TriggerHost;

  constructor(settings: TriggerSettings, queue: EventQueue, random: Random, host: TriggerHost) {
    this.settings = settings;
    this.queue = queue;
    this.random = random;
    this.host = host;
  }

  list(user?: string, project?: string): Trigger[] {
    return this.listed
      .map(({trigger}) => trigger)
      .filter((t) => (user === undefined || t.user === user) && (project === undefined || t.project === project));
  }

  /** How many triggers of the kind have a firing ahead of them. */
  pending(kind: Trigger['kind']): number {
    return this.listed.filter(({trigger, next}) => trigger.kind === kind && next !== null).length;
  }

  /** Second firings that are on their way. */
  get pendingDoubles(): number {
    return this.doubles;
  }

  delete(uid: string): void {
    for (const one of this.listed) {
      if (one.trigger.uid !== uid || one.next === null) continue;
      one.next.isCancelled = true;
      one.next = null;
    }
    this.listed = this.listed.filter(({trigger}) => trigger.uid !== uid);
  }

  perform(call: ServiceCall, answer: Answer): void {
    answer(this.apply(call));
  }

  private apply(call: ServiceCall): Outcome {
    const {user, project} = call.execution;
    switch (call.method) {
      case 'create':
        return this.create(call);
      case 'getProjectTriggers':
        return value(this.list(user, project).map(({uid, handler}) => ({uid, handler})));
      case 'deleteTrigger': {
        const uid = textArgument(call, 0);
        if (this.list(user, project).some((trigger) => trigger.uid === uid)) this.delete(uid);
        return value();
      }
      default:
        return unknownMethod(call);
    }
  }

  private create(call: ServiceCall): Outcome {
    const {user, project} = call.execution;
    if (this.list(user, project).length >= this.settings.perUser) {
      return failure(
        'This script has too many triggers. Triggers must be deleted from the script before more can be added.',
      );
    }
    const nowMs = this.queue.nowMs;
    const {handler, afterMs, atMs, everyMs} = recordArgument(call, 0);
    const isRecurring = typeof everyMs === 'number';
    const dueMs = typeof afterMs === 'number' ? nowMs + afterMs : Number(atMs);
    const {leastMs, sooner} = this.settings.nestedOneOffs;
    const isTooSoon = !isRecurring && call.execution.trigger !== null && dueMs - nowMs < leastMs;
    if (isTooSoon && sooner === 'refused') return failure('The trigger cannot be created for so soon.');
    const made: Trigger = {
      uid: this.newUid(),
      handler: String(handler),
      kind: isRecurring ? 'recurring' : 'oneOff',
      user,
      project,
      createdMs: nowMs,
      dueMs: isRecurring ? null : Math.max(dueMs, nowMs),
      everyMs: isRecurring ? everyMs : null,
      isDisabled: false,
      fired: 0,
    };
    const isDisabled = isTooSoon || this.host.onCreation(made) === 'disabled';
    const trigger = {...made, isDisabled};
    const one: Listed = {trigger, next: null, anchorMs: nowMs + this.random() * (trigger.everyMs ?? 0)};
    this.listed.push(one);
    this.host.created(call);
    this.host.note(`trigger ${describe(trigger)} created${trigger.isDisabled ? ', disabled' : ''}`);
    if (!trigger.isDisabled) this.plan(one, 0);
    return value({uid: trigger.uid, handler: trigger.handler});
  }

  /** Puts the firing with this number into the queue, or leaves the trigger without one. */
  private plan(one: Listed, index: number): void {
    const {dueMs, everyMs} = one.trigger;
    one.next = null;
    if (everyMs !== null) {
      const {recurringJitterMs} = this.settings;
      const jitterMs = uniform(this.random, -recurringJitterMs, recurringJitterMs);
      this.planAt(one, one.anchorMs + index * everyMs + jitterMs, () => this.fire(one, index));
    } else if (dueMs !== null && index === 0) {
      const [leastMs, mostMs] = this.settings.lagMs;
      this.planAt(one, dueMs + uniform(this.random, leastMs, mostMs), () => this.fire(one, index));
    }
  }

  private planAt(one: Listed, atMs: number, run: () => void): void {
    one.next = this.queue.at(Math.round(atMs), run);
  }

  private fire(one: Listed, index: number): void {
    const verdict = this.host.onFiring(one.trigger);
    if (typeof verdict === 'object') {
      this.host.note(`trigger ${describe(one.trigger)} late by ${verdict.lateMs} ms`);
      this.planAt(one, this.queue.nowMs + verdict.lateMs, () => this.launch(one, index));
    } else if (verdict === 'lost') {
      this.host.note(`trigger ${describe(one.trigger)} lost`);
      this.plan(one, index + 1);
    } else {
      this.launch(one, index);
      if (verdict === 'double') this.launchAgain(one.trigger);
    }
  }

  private launch(one: Listed, index: number): void {
    one.trigger = {...one.trigger, fired: one.trigger.fired + 1};
    this.plan(one, index + 1);
    if (one.trigger.kind === 'oneOff' && !this.settings.oneOffsStay) this.delete(one.trigger.uid);
    this.host.run(one.trigger);
  }

  /** The double is on its way already, so deleting the trigger does not stop it. */
  private launchAgain(trigger: Trigger): void {
    this.doubles++;
    this.queue.at(this.queue.nowMs + Math.round(this.random() * DOUBLE_GAP_MS), () => {
      this.doubles--;
      this.host.run(trigger);
    });
  }

  /** Google's ids are long numbers. */
  private newUid(): string {
    return Array.from({length: 18}, (_, i) => Math.floor(uniform(this.random, i === 0 ? 1 : 0, 10))).join('');
  }
}

function describe(trigger: Trigger): string {
  return `${trigger.uid} ${trigger.kind} ${trigger.handler} of ${trigger.user}`;
}
