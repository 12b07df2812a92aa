/** Watches what a world has beside its jobs: takes its writes and effects apart, and asks for the rest at the end. */
import {isFinal, type Header} from '../../src/core/header';
import {decodeHeader} from '../../src/core/header-codec';
import {LIMITS_KEY, parseKey, parseScheduleKey} from '../../src/core/keys';
import {LEASE_MARGIN_MS} from '../../src/core/limits';
import type {Effect, Execution, ServiceCall, World} from '../simulator';
import type {Drawn} from './draw';
import {EventWatch} from './event-watch';
import type {Faults} from './faults';
import {LetterWatch} from './letter-watch';
import {LimitWatch} from './limit-watch';
import type {DrawnOperations} from './operations';
import {ScheduleWatch} from './schedule-watch';

const MINUTE_MS = 60_000;

export class OperationWatch {
  readonly schedules: ScheduleWatch;
  readonly letters: LetterWatch;
  readonly events: EventWatch;
  private readonly limits: LimitWatch;
  private readonly drawn: Drawn;
  /** Called where a job is opened again. */
  private readonly onReplay: (id: string) => void;

  constructor(
    world: World,
    {drawn, operations, faults}: {readonly drawn: Drawn; readonly operations: DrawnOperations; readonly faults: Faults},
    onReplay: (id: string) => void,
    violations: string[],
  ) {
    const isExact = drawn.clockSpreadMs === 0 && drawn.rates.jump === 0;
    const spanMs = MINUTE_MS - (isExact ? 0 : LEASE_MARGIN_MS) - MINUTE_MS / 4;
    this.schedules = new ScheduleWatch(world, faults, violations);
    this.letters = new LetterWatch(faults, violations);
    this.events = new EventWatch(world, faults, operations, violations);
    this.limits = new LimitWatch(faults, {limits: operations.limits, spanMs}, violations);
    this.drawn = drawn;
    this.onReplay = onReplay;
  }

  /** A call of the properties service has taken effect. */
  landed(call: ServiceCall): void {
    const {method, args, execution} = call;
    if (method !== 'setProperty' && method !== 'deleteProperty') return;
    const key = String(args[0]);
    const text = method === 'setProperty' ? String(args[1]) : null;
    if (key === LIMITS_KEY) this.limits.stored(execution, text);
    const schedule = parseScheduleKey(key);
    if (schedule !== null) this.schedules.stored(call, schedule, text);
    if (!key.endsWith('~h')) return;
    const id = parseKey(key)?.id ?? '';
    const decoded = text === null ? null : decodeHeader(text);
    if (decoded === null) {
      this.schedules.gone(id);
      this.events.gone(id);
    } else if (decoded.kind === 'header') this.noteHeader(call, decoded.header);
  }

  private noteHeader(call: ServiceCall, header: Header): void {
    this.schedules.noteHeader(call, header);
    this.events.noteHeader(call.execution, header);
    if (this.letters.noteHeader(header) && !isFinal(header)) this.onReplay(header.id);
  }

  /** Something that a handler or a listener says. `name`: of its job. */
  effect({name: what, data, atMs}: Effect, execution: Execution, name: string | null): void {
    if (what === 'heard') this.events.heard(execution, data as {readonly job: string; readonly event: string});
    if (what === 'mail') this.events.mailed((data as {readonly body: string}).body);
    if (what !== 'begin' || name === null) return;
    const resources = this.drawn.jobs.find((job) => job.name === name)?.operated?.resources ?? [];
    const {step} = data as {readonly step: string};
    if (resources.length > 0) this.limits.begin(resources, execution, {what: `${step} of ${name}`, atMs});
  }
}
