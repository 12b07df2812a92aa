/**
 * The lives of executions: start, the baton between scheduler and thread, the hard end.
 *
 * E1 exactly one execution runs at a time, and no virtual time passes while it does. E2 an ended execution has no
 * thread, no lock and no event. E3 a hung one (endless loop without calls) stays alive until its wall, as on Google.
 */
import type {EventQueue} from './event-queue';
import {LiveExecution} from './execution';
import type {History} from './history';
import type {CallMessage, EndMessage} from './messages';
import {deriveSeed} from './prng';
import {failure} from './service';
import type {Outcome} from './service';
import type {StartOrder, ThreadEvent} from './thread';
import {acquireThread, releaseThread} from './thread-pool';
import {TriggerTime} from './trigger-time';
import type {ExecutionEnd, ProjectSource, Quirks, StartRequest, ThrownError, Trigger} from './types';

/** More free calls (console, Sim.effect) than this in one instant are an endless loop, too. */
const MAX_FREE_CALLS = 100_000;

const USED_UP = 'Service using too much computer time for one day';

export interface ExecutionSettings {
  readonly seed: number;
  readonly user: string;
  readonly wallMs: number;
  readonly limitedWallMs: number;
  readonly perUser: number;
  readonly timeZone: string;
  readonly hangMs: number;
  readonly quirks: Quirks;
  readonly dailyTriggerMs: number;
}

export interface ExecutionHost {
  project(id: string | undefined): ProjectSource & {readonly id: string};
  issue(execution: LiveExecution, call: CallMessage): void;
  forget(execution: LiveExecution): void;
  leaveLines(execution: LiveExecution): void;
  skewMs(execution: LiveExecution): number;
}

export class Executions {
  readonly list: LiveExecution[] = [];
  private readonly alive = new Set<LiveExecution>();
  private readonly triggerTime: TriggerTime;
  private readonly settings: ExecutionSettings;
  private readonly queue: EventQueue;
  private readonly history: History;
  private readonly host: ExecutionHost;

  constructor(settings: ExecutionSettings, queue: EventQueue, history: History, host: ExecutionHost) {
    this.settings = settings;
    this.triggerTime = new TriggerTime(settings.dailyTriggerMs);
    this.queue = queue;
    this.history = history;
    this.host = host;
  }

  get aliveCount(): number {
    return this.alive.size;
  }

  start(request: StartRequest): LiveExecution {
    const execution = this.add(request);
    this.alive.add(execution);
    execution.next = this.queue.at(execution.startMs, () => this.begin(execution));
    return execution;
  }

  startByTrigger(trigger: Trigger): void {
    const {handler, user, project, kind} = trigger;
    const args = [triggerEvent(trigger, this.queue.nowMs, this.settings.timeZone)];
    const request = {fn: handler, args, user, project, trigger: kind};
    if (this.triggerTime.isUsedUp(user, this.queue.nowMs)) {
      this.finish(this.add(request), 'error', {name: 'Exception', message: USED_UP});
      return;
    }
    if (this.hasRoom(user)) {
      this.start(request);
      return;
    }
    const message = 'There are too many scripts running simultaneously for this Google user account.';
    this.finish(this.add(request), 'error', {name: 'Exception', message});
  }

  /** Whether a user may have one more execution. */
  hasRoom(user: string): boolean {
    return [...this.alive].filter((other) => other.user === user).length < this.settings.perUser;
  }

  resume(execution: LiveExecution, outcome: Outcome): void {
    if (!execution.isAlive || execution.thread === null) return;
    const reply = outcome.kind === 'value' ? {value: outcome.value} : {error: outcome.message};
    this.absorb(execution, execution.thread.reply(reply, this.clockOf(execution)));
  }

  kill(execution: LiveExecution, end: 'killed' | 'wall'): void {
    if (!execution.isAlive) return;
    execution.thread?.kill(this.queue.nowMs);
    this.finish(execution, end, null);
  }

  killAll(): void {
    for (const execution of [...this.alive]) this.kill(execution, 'killed');
  }

  private add(request: StartRequest): LiveExecution {
    const project = this.host.project(request.project).id;
    const {user, wallMs, limitedWallMs} = this.settings;
    const defaultWallMs = request.authMode === 'LIMITED' ? Math.min(wallMs, limitedWallMs) : wallMs;
    const defaults = {user, wallMs: defaultWallMs, atMs: this.queue.nowMs};
    const execution = new LiveExecution(this.list.length + 1, {...defaults, ...request, project});
    this.list.push(execution);
    return execution;
  }

  private begin(execution: LiveExecution): void {
    execution.startMs = this.queue.nowMs;
    execution.wall = this.queue.at(execution.startMs + execution.wallMs, () => this.meetWall(execution));
    const how = execution.trigger === null ? '' : ` by ${execution.trigger} trigger`;
    this.history.note(this.queue.nowMs, execution, `start ${execution.fn} as ${execution.user}${how}`);
    execution.skewMs = this.host.skewMs(execution);
    execution.thread = acquireThread();
    this.absorb(
      execution,
      execution.thread.start(this.order(execution), this.clockOf(execution), this.settings.hangMs),
    );
  }

  /** The hard end, or, where `catch` and `finally` still run, an error in the call that is going on. */
  private meetWall(execution: LiveExecution): void {
    const {wallGraceMs} = this.settings.quirks;
    if (wallGraceMs === 0 || execution.thread === null) return this.kill(execution, 'wall');
    execution.wall = this.queue.at(this.queue.nowMs + wallGraceMs, () => this.kill(execution, 'wall'));
    if (execution.next !== null) execution.next.isCancelled = true;
    this.host.leaveLines(execution);
    this.resume(execution, failure('Exceeded maximum execution time'));
  }

  private order(execution: LiveExecution): StartOrder {
    const project = this.host.project(execution.project);
    const seedOf = (realm: string) => deriveSeed(this.settings.seed, `realm ${execution.id} ${realm}`);
    const libraries = (project.libraries ?? []).map(({symbol, name = symbol, files}) => ({
      library: name,
      symbol,
      seed: seedOf(name),
      files,
    }));
    return {
      fn: execution.fn,
      argsText: JSON.stringify(execution.args),
      realms: [...libraries, {library: null, symbol: '', seed: seedOf(''), files: project.files}],
      surroundings: {
        project: project.id,
        isBound: project.isBound ?? true,
        user: execution.user,
        authMode: execution.authMode,
        timeZone: this.settings.timeZone,
        freshHandles: this.settings.quirks.freshHandles,
      },
    };
  }

  /** Deals with what the thread says until it has to wait for time to pass, or has ended. */
  private absorb(execution: LiveExecution, first: ThreadEvent): void {
    let event = first;
    for (let freeCalls = 0; event.kind === 'call'; freeCalls++) {
      const {thread} = execution;
      if (thread === null) return;
      if (event.call[0] !== 'sim') return this.host.issue(execution, event.call);
      if (this.simulatorCall(execution, event.call)) return;
      if (freeCalls > MAX_FREE_CALLS) {
        thread.terminate();
        event = {kind: 'hung'};
      } else {
        event = thread.reply({value: null}, this.clockOf(execution));
      }
    }
    if (event.kind === 'hung') this.abandon(execution);
    else this.conclude(execution, event.end);
  }

  /** A call that costs nothing; true if time has to pass before it is answered. */
  private simulatorCall(execution: LiveExecution, [, method, , , args]: CallMessage): boolean {
    switch (method) {
      case 'log':
        execution.log.push(String(args[0]));
        return false;
      case 'effect':
        this.history.effect(this.queue.nowMs, execution, String(args[0]), args[1]);
        return false;
      case 'spend': {
        const [ms, before, after] = args;
        this.noteEffect(execution, before);
        execution.next = this.queue.at(this.queue.nowMs + Math.max(0, Number(ms)), () => {
          this.noteEffect(execution, after);
          this.resume(execution, {kind: 'value', value: null});
        });
        return true;
      }
      default:
        throw new Error(`Simulator: no free call ${method}.`);
    }
  }

  private noteEffect(execution: LiveExecution, effect: unknown): void {
    if (!Array.isArray(effect)) return;
    const [name, data] = effect as readonly unknown[];
    this.history.effect(this.queue.nowMs, execution, String(name), data);
  }

  private clockOf(execution: LiveExecution): number {
    return this.queue.nowMs + execution.skewMs;
  }

  private abandon(execution: LiveExecution): void {
    this.history.note(this.queue.nowMs, execution, 'runs an endless loop');
    if (execution.thread !== null) releaseThread(execution.thread);
    execution.thread = null;
  }

  private conclude(execution: LiveExecution, end: EndMessage): void {
    switch (end.kind) {
      case 'value':
        execution.value = end.text === null ? undefined : JSON.parse(end.text);
        return this.finish(execution, 'done', null);
      case 'error':
        return this.finish(execution, 'error', end.error);
      case 'dead':
        return this.finish(execution, 'killed', null);
    }
  }

  private finish(execution: LiveExecution, end: ExecutionEnd, error: ThrownError | null): void {
    execution.end = end;
    execution.endMs = this.queue.nowMs;
    execution.error = error;
    if (execution.trigger !== null) this.triggerTime.add(execution.user, execution.startMs, this.queue.nowMs);
    if (execution.wall !== null) execution.wall.isCancelled = true;
    if (execution.next !== null) execution.next.isCancelled = true;
    this.alive.delete(execution);
    this.host.forget(execution);
    if (execution.thread !== null) releaseThread(execution.thread);
    execution.thread = null;
    const reason = error === null ? '' : ` ${error.name}: ${error.message}`;
    this.history.note(this.queue.nowMs, execution, `end ${execution.fn}: ${end}${reason}`);
  }
}

function triggerEvent(trigger: Trigger, nowMs: number, timezone: string): Record<string, unknown> {
  const date = new Date(nowMs);
  const firstDay = Date.UTC(date.getUTCFullYear(), 0, 1);
  return {
    authMode: 'FULL',
    'day-of-month': date.getUTCDate(),
    'day-of-week': date.getUTCDay() === 0 ? 7 : date.getUTCDay(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    month: date.getUTCMonth() + 1,
    second: date.getUTCSeconds(),
    timezone,
    triggerUid: trigger.uid,
    'week-of-year': Math.floor((nowMs - firstDay) / (7 * 86_400_000)) + 1,
    year: date.getUTCFullYear(),
  };
}
