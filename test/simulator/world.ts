/**
 * One simulated Google with its clock: the entry point for tests. Puts the parts together and holds no rule itself.
 *
 * W1 everything that happens follows from the options, the seed and the test's own calls.
 */
import {Cache} from './cache';
import {Calls} from './calls';
import {Counters} from './counters';
import {Drive} from './drive';
import type {DriveItem} from './drive';
import {EventQueue} from './event-queue';
import type {LiveExecution} from './execution';
import {errorOf} from './execution-error';
import {Executions} from './executions';
import {History} from './history';
import {Locks} from './locks';
import {resolveSettings} from './settings';
import type {Settings} from './settings';
import {randomStream} from './prng';
import {Properties} from './properties';
import type {PropertyStore} from './property-store';
import {scopeKey} from './service';
import type {Scoped, Service} from './service';
import {Spreadsheets} from './spreadsheet';
import {Triggers} from './triggers';
import {UrlFetch} from './url-fetch';
import {Utilities} from './utilities';
import type {
  Counts,
  CreationVerdict,
  Effect,
  Execution,
  FiringVerdict,
  HistoryEntry,
  ProjectSource,
  ServiceCall,
  ServiceName,
  SettleOptions,
  SettleResult,
  StartRequest,
  StoreKind,
  StoreScope,
  Trigger,
  Verdict,
  WorldOptions,
} from './types';

const WEEK_MS = 7 * 86_400_000;

export class World {
  /** The fault hook: asked before each counted service call. */
  onCall: ((call: ServiceCall) => Verdict | undefined) | undefined;
  /** Told of each call once it has taken effect or was refused, also of one whose execution is dead. */
  onLanded: ((call: ServiceCall, error: string | null) => void) | undefined;
  /** Asked at each start: how far the execution's clock is ahead, in milliseconds. @default 0 */
  onStart: ((execution: Execution) => number) | undefined;
  /** Asked at each firing of a trigger. @default 'fire' */
  onFiring: ((trigger: Trigger) => FiringVerdict | undefined) | undefined;
  /** Asked at each creation of a trigger. @default 'ok' */
  onCreation: ((trigger: Trigger) => CreationVerdict | undefined) | undefined;
  /** Asked at each read of a cache entry; true evicts it first. */
  onCacheRead: ((key: string) => boolean) | undefined;

  /** Asked at each request to a web app of this world: the text of a page that answers it instead of an execution. */
  onPost: ((url: string, params: unknown) => string | undefined) | undefined;

  private readonly settings: Settings;
  private readonly queue: EventQueue;
  private readonly timeline: History;
  private readonly properties: Properties;
  private readonly locks: Locks;
  private readonly caches: Cache;
  private readonly spreadsheets: Spreadsheets;
  private readonly files: Drive;
  private readonly clockTriggers: Triggers;
  private readonly calls: Calls;
  private readonly runs: Executions;
  /** Who waits for the end of an execution. */
  private readonly waiting = new Map<Execution, (execution: Execution) => void>();
  private readonly projects = new Map<string, ProjectSource & {readonly id: string}>();
  private counters = new Counters();
  private isRunning = false;
  private isClosed = false;

  constructor(options: WorldOptions = {}) {
    const settings = resolveSettings(options);
    const {seed, limits} = settings;
    this.settings = settings;
    for (const project of settings.projects) this.deploy(project);
    this.queue = new EventQueue(settings.startMs, randomStream(seed, 'ties'));
    this.timeline = new History(settings.hasCallHistory);
    this.properties = new Properties(settings, this.queue, (call) => this.countersOf(call));
    this.locks = new Locks(settings.quirks, this.queue, randomStream(seed, 'locks'));
    this.caches = new Cache(this.queue, (key) => this.onCacheRead?.(key) ?? false);
    this.spreadsheets = new Spreadsheets(limits.cells);
    this.files = new Drive(this.queue);
    this.clockTriggers = this.makeTriggers();
    this.calls = this.makeCalls({
      properties: this.properties,
      lock: this.locks,
      triggers: this.clockTriggers,
      cache: this.caches,
      utilities: new Utilities(randomStream(seed, 'uuids')),
      sheet: this.spreadsheets,
      drive: this.files,
      fetch: this.makeUrlFetch(),
    });
    this.runs = new Executions({...settings, perUser: limits.executionsPerUser}, this.queue, this.timeline, {
      project: (id) => this.project(id),
      issue: (execution, call) => this.calls.issue(execution, call),
      forget: (execution) => this.forget(execution),
      leaveLines: (execution) => this.locks.leaveLines(execution),
      skewMs: (execution) => this.onStart?.(execution) ?? 0,
    });
  }

  get nowMs(): number {
    return this.queue.nowMs;
  }

  get executions(): readonly Execution[] {
    return this.runs.list;
  }

  get effects(): readonly Effect[] {
    return this.timeline.effects;
  }

  get history(): readonly HistoryEntry[] {
    return this.timeline.list();
  }

  /** A readable timeline, for the message of a failing test. */
  describe(): string {
    return `seed ${this.settings.seed}\n${this.timeline.describe(this.settings.startMs)}`;
  }

  /** Adds a project, or replaces its files from the next execution on. */
  deploy(project: ProjectSource): void {
    const id = project.id ?? 'main';
    this.projects.set(id, {...project, id});
  }

  /** Plans an execution; it begins when the world runs. */
  start(request: StartRequest): Execution {
    if (this.isClosed) throw new Error('Expected an open world, got one that was closed.');
    return this.runs.start(request);
  }

  /** Starts an execution and runs the world until it ends. Returns its value or throws what it threw. */
  call(fn: string, args: readonly unknown[] = [], request: Omit<StartRequest, 'fn' | 'args'> = {}): unknown {
    const execution = this.start({...request, fn, args});
    this.advance(Infinity, () => execution.end === 'running');
    if (execution.end === 'done') return execution.value;
    throw errorOf(execution);
  }

  /** Runs everything up to this instant and sets the clock to it. */
  runUntil(timeMs: number): void {
    this.advance(timeMs, () => true);
    this.queue.moveTo(timeMs);
  }

  /** Runs while the predicate holds, `horizonMs` from now at the most. True if it ended because it no longer holds. */
  runWhile(predicate: () => boolean, horizonMs: number = WEEK_MS): boolean {
    this.advance(this.nowMs + horizonMs, predicate);
    return !predicate();
  }

  /** Runs until nothing is alive and nothing is to come, or to the horizon. */
  settle({horizonMs = WEEK_MS, untilIdle = false}: SettleOptions = {}): SettleResult {
    const untilMs = this.nowMs + horizonMs;
    this.advance(untilMs, () => this.pending(untilIdle) !== '');
    const pending = this.pending(untilIdle);
    if (pending !== '') this.queue.moveTo(untilMs);
    return {isSettled: pending === '', atMs: this.nowMs, pending};
  }

  /** Kills a living execution now. */
  kill(execution: Execution): void {
    const live = this.runs.list.find((other) => other === execution);
    if (live !== undefined) this.runs.kill(live, 'killed');
  }

  counts(): Counts {
    return this.counters.snapshot();
  }

  /** Sets the world's counts, and the numbers that `onCall` sees, back to zero. */
  resetCounts(): void {
    this.counters = new Counters();
    this.calls.resetCount();
  }

  /** A copy of a property store; costs nothing. */
  store(kind: StoreKind, scope: StoreScope = {}): Map<string, string> {
    return this.propertyStore(kind, scope).copy();
  }

  /** Puts any text into a store, or takes the key out (null). No limit applies and nothing is counted. */
  setProperty(kind: StoreKind, key: string, text: string | null, scope: StoreScope = {}): void {
    const store = this.propertyStore(kind, scope);
    if (text === null) store.delete(key);
    else store.set(key, text);
  }

  triggers(user?: string, project?: string): readonly Trigger[] {
    return this.clockTriggers.list(user, project);
  }

  /** As a user does it by hand on the page of triggers. */
  deleteTrigger(uid: string): void {
    this.clockTriggers.delete(uid);
  }

  /** The execution that holds a lock, if any. */
  lockHolder(kind: StoreKind, scope: StoreScope = {}): Execution | null {
    return this.locks.holder(scopeKey(this.look('lock', kind, scope)));
  }

  clearCaches(): void {
    this.caches.clear();
  }

  /** The rows of a sheet; an array that can be changed. */
  sheet(name: string, project?: string): unknown[][] {
    const sheets = this.spreadsheets.sheets(this.project(project).id);
    const rows = sheets.get(name) ?? [];
    sheets.set(name, rows);
    return rows;
  }

  /** What is in Drive, by id; items can be changed. */
  get drive(): ReadonlyMap<string, DriveItem> {
    return this.files.items;
  }

  /** Makes an item as a user does it by hand. */
  addToDrive(owner: string, item: Parameters<Drive['add']>[1]): DriveItem {
    return this.files.add(owner, item);
  }

  /** Kills what is alive and gives its threads back. */
  close(): void {
    this.runs.killAll();
    this.isClosed = true;
  }

  private advance(untilMs: number, goesOn: () => boolean): void {
    if (this.isRunning) throw new Error('Expected a hook to start executions only (world.start), got a nested run.');
    this.isRunning = true;
    try {
      while (goesOn()) {
        const atMs = this.queue.nextAtMs();
        if (atMs === null || atMs > untilMs) return;
        this.queue.step();
      }
    } finally {
      this.isRunning = false;
    }
  }

  private pending(untilIdle: boolean): string {
    const parts = [
      [this.runs.aliveCount, 'executions'],
      [this.calls.pendingLateEffects, 'late effects'],
      [this.clockTriggers.pendingDoubles, 'doubled firings'],
      [this.clockTriggers.pending('oneOff'), 'one-off triggers'],
      [untilIdle ? 0 : this.clockTriggers.pending('recurring'), 'recurring triggers'],
    ] as const;
    return parts
      .filter(([count]) => count > 0)
      .map(([count, noun]) => `${count} ${noun}`)
      .join(', ');
  }

  private makeTriggers(): Triggers {
    const {limits, triggerLagMs, quirks, seed} = this.settings;
    const settings = {perUser: limits.triggersPerUser, lagMs: triggerLagMs, ...quirks};
    return new Triggers(settings, this.queue, randomStream(seed, 'triggers'), {
      run: (trigger) => this.runs.startByTrigger(trigger),
      onFiring: (trigger) => this.onFiring?.(trigger) ?? 'fire',
      onCreation: (trigger) => this.onCreation?.(trigger) ?? 'ok',
      created: (call) => this.countersOf(call).forEach((counters) => counters.countTrigger()),
      note: (what) => this.timeline.note(this.queue.nowMs, null, what),
    });
  }

  private makeUrlFetch(): UrlFetch {
    return new UrlFetch(this.settings.fetch, this.queue, {
      user: this.settings.user,
      has: (project) => this.projects.has(project),
      hasRoom: (user) => this.runs.hasRoom(user),
      start: (request, ended) => void this.waiting.set(this.runs.start(request), ended),
      page: (url, params) => this.onPost?.(url, params),
    });
  }

  private forget(execution: LiveExecution): void {
    this.locks.forget(execution);
    this.waiting.get(execution)?.(execution);
    this.waiting.delete(execution);
  }

  private makeCalls(services: Readonly<Record<ServiceName, Service>>): Calls {
    return new Calls(this.settings, this.queue, randomStream(this.settings.seed, 'latency'), this.timeline, {
      services,
      countWorld: (call) => this.counters.count(call),
      verdict: (call) => this.onCall?.(call),
      landed: (call, outcome) => this.onLanded?.(call, outcome.kind === 'error' ? outcome.message : null),
      resume: (execution, outcome) => this.runs.resume(execution, outcome),
      kill: (execution) => this.runs.kill(execution, 'killed'),
    });
  }

  private countersOf(call: ServiceCall): readonly Counters[] {
    const execution = this.runs.list[call.execution.id - 1];
    return execution === undefined ? [this.counters] : [this.counters, execution.counters];
  }

  private project(id: string | undefined): ProjectSource & {readonly id: string} {
    const project = id === undefined ? this.projects.values().next().value : this.projects.get(id);
    if (project === undefined) throw new Error(`Expected a project of this world, got ${JSON.stringify(id)}.`);
    return project;
  }

  private propertyStore(kind: StoreKind, scope: StoreScope): PropertyStore {
    return this.properties.store(scopeKey(this.look('properties', kind, scope)));
  }

  private look(service: ServiceName, store: StoreKind, scope: StoreScope): Scoped {
    const execution = {project: this.project(scope.project).id, user: scope.user ?? this.settings.user};
    return {service, store, library: scope.library ?? null, execution};
  }
}
