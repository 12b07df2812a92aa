/**
 * The ports of the engine in plain memory: for its unit tests, and to hold the contracts of `engine/ports.ts` against.
 *
 * Time passes only in `sleep`, `pass` and waits for the lock; whatever was planned for that time runs inside them, a
 * whole execution at a time. So an inner execution cannot wait for the outer one: a lock that is held is refused.
 */
import {Meter} from '../../src/engine/meter';
import type {Backend, Backends, Ports} from '../../src/engine/ports';
import {utf8Bytes} from '../../src/core/bytes';
import {memoryBackends} from './memory-backends';

const VALUE_BYTES = 9 * 1024;
const STORE_BYTES = 500 * 1024;

/** Where an execution dies: before or after the effect of its first call of a method. */
export interface Death {
  readonly method: 'set' | 'sleep';
  readonly when: 'before' | 'after';
}

export interface MemoryTrigger {
  readonly uid: string;
  readonly handler: string;
  readonly user: string;
  readonly everyMs: number | null;
  nextMs: number | null;
}

type Handler = (context: unknown) => unknown;

const DISPATCHER = 'astJobsWorker';
const DEATH = new Error('The execution died.');

/** One user's view of one store, shared by all executions. */
export class MemoryWorld {
  nowMs = Date.UTC(2026, 0, 5, 9);
  readonly values = new Map<string, string>();
  readonly owners = new Map<string, string>();
  readonly handlers = new Map<string, Handler>();
  readonly lines: string[] = [];
  triggers: MemoryTrigger[] = [];
  /** Where values are stored. */
  backends: Backends = memoryBackends(() => this.nowMs);
  /** Where large results go. */
  archive: Backend | null = null;
  /** Runs when a trigger of the dispatcher fires. */
  onFiring: (user: string) => void = () => undefined;
  /** What `triggers.problem()` says. */
  problem: string | null = null;
  /** Calls of the store and of triggers. */
  calls = 0;
  lockHolder: object | null = null;
  private planned: {readonly atMs: number; readonly run: () => void}[] = [];
  private seed = 1;

  /** Runs a body as one execution; what it holds is freed at its end, whatever that is. */
  execute<Result>(
    body: (ports: Ports, again: () => Ports) => Result,
    user = 'owner',
    death: Death | null = null,
  ): Result {
    const execution = new MemoryExecution(this, user, death);
    try {
      return body(execution.ports(), () => execution.ports());
    } finally {
      execution.end();
    }
  }

  /** Runs something once time has come so far. */
  planAt(atMs: number, run: () => void): void {
    this.planned.push({atMs, run});
  }

  /** Lets time pass, and what is due in it happen. */
  pass(ms: number): void {
    const untilMs = this.nowMs + ms;
    for (let due = this.nextDue(untilMs); due !== null; due = this.nextDue(untilMs)) {
      this.nowMs = Math.max(this.nowMs, due.atMs);
      due.run();
    }
    this.nowMs = Math.max(this.nowMs, untilMs);
  }

  random(): number {
    this.seed = (this.seed * 48_271) % 2_147_483_647;
    return this.seed / 2_147_483_647;
  }

  addTrigger(handler: string, user: string, delayMs: number, everyMs: number | null = null): string {
    const uid = `t${Math.floor(this.random() * 1e9)}`;
    this.triggers.push({uid, handler, user, everyMs, nextMs: this.nowMs + delayMs});
    return uid;
  }

  private nextDue(untilMs: number): {readonly atMs: number; readonly run: () => void} | null {
    const firings = this.triggers.flatMap((trigger) =>
      trigger.nextMs === null ? [] : [{atMs: trigger.nextMs, run: () => this.fire(trigger)}],
    );
    const due = [...this.planned, ...firings].filter(({atMs}) => atMs <= untilMs).sort((a, b) => a.atMs - b.atMs)[0];
    if (due === undefined) return null;
    this.planned = this.planned.filter((one) => one !== due);
    return due;
  }

  private fire(trigger: MemoryTrigger): void {
    trigger.nextMs = trigger.everyMs === null ? null : (trigger.nextMs ?? this.nowMs) + trigger.everyMs;
    if (trigger.handler === DISPATCHER) this.onFiring(trigger.user);
  }
}

class MemoryExecution {
  private readonly world: MemoryWorld;
  private readonly user: string;
  private death: Death | null;
  private isDead = false;
  private readonly locks = new Set<object>();
  private readonly startMs: number;
  private readonly meter: Meter;

  constructor(world: MemoryWorld, user: string, death: Death | null) {
    this.world = world;
    this.user = user;
    this.death = death;
    this.startMs = world.nowMs;
    this.meter = new Meter(world.nowMs);
  }

  end(): void {
    if (this.world.lockHolder !== null && this.locks.has(this.world.lockHolder)) this.world.lockHolder = null;
  }

  ports(): Ports {
    const {world, user, startMs} = this;
    return {
      clock: {startMs, nowMs: () => world.nowMs, sleep: (ms) => this.call('sleep', () => world.pass(ms))},
      random: {next: () => world.random()},
      store: this.store(),
      mutex: this.mutex(),
      triggers: this.triggers(),
      yaml: {find: () => null},
      handlers: {find: (name) => world.handlers.get(name) ?? null},
      messenger: {mail: () => undefined, post: () => undefined},
      identity: {
        known: () => world.owners.get(user) ?? null,
        ensure: () => {
          const known = world.owners.get(user) ?? `u${Math.floor(world.random() * 1e9).toString(36)}`;
          world.owners.set(user, known);
          return known;
        },
        forget: () => void world.owners.delete(user),
      },
      log: {line: (text) => void world.lines.push(text)},
      starter: null,
      blobs: {make: (bytes, mime, name) => ({bytes, mime, name})},
      backends: world.backends,
      archive: world.archive,
      meter: this.meter,
    };
  }

  private store(): Ports['store'] {
    const {values} = this.world;
    return {
      readAll: () => this.call('readAll', () => Object.fromEntries(values)),
      get: (key) => this.call('get', () => values.get(key) ?? null),
      set: (key, value) =>
        this.call('set', () => {
          if (utf8Bytes(value) > VALUE_BYTES) throw new Error('Argument too large: value');
          if (this.bytesWith(key, value) > STORE_BYTES)
            throw new Error(
              'You have exceeded the property storage quota. Please remove some properties and try again.',
            );
          values.set(key, value);
        }),
      remove: (key) => this.call('remove', () => void values.delete(key)),
    };
  }

  private bytesWith(key: string, value: string): number {
    const others = [...this.world.values].filter(([other]) => other !== key);
    return [...others, [key, value] as const].reduce((sum, [k, v]) => sum + utf8Bytes(k) + utf8Bytes(v), 0);
  }

  /** Each set of ports has a Lock object of its own. */
  private mutex(): Ports['mutex'] {
    const {world} = this;
    const lock = {};
    this.locks.add(lock);
    return {
      tryAcquire: (timeoutMs) =>
        this.call('tryAcquire', () => {
          if (world.lockHolder !== null && world.lockHolder !== lock) world.pass(timeoutMs);
          if (world.lockHolder !== null && world.lockHolder !== lock) return false;
          world.lockHolder = lock;
          return true;
        }),
      release: () =>
        this.call('release', () => {
          if (world.lockHolder === lock) world.lockHolder = null;
        }),
    };
  }

  private triggers(): Ports['triggers'] {
    const {world, user} = this;
    const isOwn = (trigger: MemoryTrigger): boolean => trigger.handler === DISPATCHER && trigger.user === user;
    return {
      problem: () => world.problem,
      createRecurring: (minutes) =>
        this.call('create', () => world.addTrigger(DISPATCHER, user, minutes * 60_000, minutes * 60_000)),
      createOneOff: (delayMs) => this.call('create', () => world.addTrigger(DISPATCHER, user, delayMs)),
      list: () => this.call('list', () => world.triggers.filter(isOwn).map((trigger) => trigger.uid)),
      remove: (ids) =>
        this.call('delete', () => {
          world.triggers = world.triggers.filter((trigger) => !isOwn(trigger) || !ids.includes(trigger.uid));
        }),
    };
  }

  private call<Result>(method: string, effect: () => Result): Result {
    if (this.isDead) throw DEATH;
    this.world.calls++;
    const death = this.death?.method === method ? this.death : null;
    if (death?.when === 'before') this.die();
    const result = effect();
    if (death !== null) this.die();
    return result;
  }

  /** From here on nothing that the execution does has an effect. */
  private die(): never {
    this.isDead = true;
    this.death = null;
    this.end();
    throw DEATH;
  }
}
