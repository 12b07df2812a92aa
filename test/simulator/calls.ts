/**
 * The way of one service call: counted, shown to the fault hook, delayed by its latency, performed, answered.
 *
 * C1 a call takes effect when its latency has passed, in one instant. C2 the effect of a dead execution's call never
 * lands, unless the hook said `late`.
 */
import type {EventQueue} from './event-queue';
import type {LiveExecution} from './execution';
import type {History} from './history';
import type {CallMessage} from './messages';
import type {Random} from './prng';
import {failure, recordArgument} from './service';
import type {Outcome, Service} from './service';
import type {Latencies, ServiceCall, ServiceName, Verdict} from './types';

export interface CallHost {
  readonly services: Readonly<Record<ServiceName, Service>>;
  countWorld(call: ServiceCall): void;
  verdict(call: ServiceCall): Verdict | undefined;
  /** The call has taken effect, also that of an execution that is dead by now. */
  landed(call: ServiceCall, outcome: Outcome): void;
  resume(execution: LiveExecution, outcome: Outcome): void;
  kill(execution: LiveExecution): void;
}

export interface CallSettings {
  readonly latency: Latencies;
  readonly jitter: number;
}

export class Calls {
  private count = 0;
  private lateEffects = 0;
  private readonly settings: CallSettings;
  private readonly queue: EventQueue;
  private readonly random: Random;
  private readonly history: History;
  private readonly host: CallHost;

  constructor(settings: CallSettings, queue: EventQueue, random: Random, history: History, host: CallHost) {
    this.settings = settings;
    this.queue = queue;
    this.random = random;
    this.history = history;
    this.host = host;
  }

  /** How many effects of dead executions are still to land. */
  get pendingLateEffects(): number {
    return this.lateEffects;
  }

  resetCount(): void {
    this.count = 0;
  }

  issue(execution: LiveExecution, message: CallMessage): void {
    const [service, method, store, library, args] = message;
    if (!isServiceName(service)) return this.host.resume(execution, failure(`Simulator: no service ${service}.`));
    execution.calls++;
    const call: ServiceCall = {
      n: ++this.count,
      index: execution.calls,
      execution,
      service,
      method,
      store,
      library,
      args,
      atMs: this.queue.nowMs,
    };
    this.host.countWorld(call);
    execution.counters.count(call);
    const verdict = this.host.verdict(call);
    // The hook may have killed the execution by itself.
    if (execution.isAlive) this.follow(verdict, execution, call);
  }

  private follow(verdict: Verdict | undefined, execution: LiveExecution, call: ServiceCall): void {
    const latencyMs = this.latencyOf(call);
    if (verdict?.kind === 'jump') execution.skewMs += verdict.ms;
    if (verdict === undefined || verdict.kind === 'jump')
      return this.performLater(execution, call, latencyMs, (o) => this.host.resume(execution, o));
    const isBefore = verdict.kind !== 'late' && verdict.kind !== 'tear' && (verdict.when ?? 'before') === 'before';
    switch (verdict.kind) {
      case 'kill':
        if (isBefore) return this.killAt(execution, call, 'killed before');
        return this.performLater(execution, call, latencyMs, () => this.killAt(execution, call, 'killed after'));
      case 'error': {
        const refusal = failure(verdict.message);
        if (!isBefore) return this.performLater(execution, call, latencyMs, () => this.host.resume(execution, refusal));
        return this.later(execution, latencyMs, () => this.answer(execution, call, refusal));
      }
      case 'stall':
        if (isBefore) {
          return this.performLater(execution, call, latencyMs + verdict.ms, (o) => this.host.resume(execution, o));
        }
        return this.performLater(execution, call, latencyMs, (outcome) =>
          this.later(execution, verdict.ms, () => this.host.resume(execution, outcome)),
        );
      case 'late':
        this.lateEffects++;
        this.queue.at(this.queue.nowMs + latencyMs + verdict.ms, () => this.land(call));
        return this.killAt(execution, call, `killed, its effect follows in ${latencyMs + verdict.ms} ms`);
      case 'tear':
        return this.performLater(execution, tornCall(call, verdict.keys), latencyMs, () =>
          this.killAt(execution, call, `killed after ${verdict.keys} keys`),
        );
    }
  }

  private performLater(
    execution: LiveExecution,
    call: ServiceCall,
    delayMs: number,
    then: (outcome: Outcome) => void,
  ): void {
    this.later(execution, delayMs, () => {
      this.host.services[call.service].perform(call, (outcome) => {
        this.history.call(this.queue.nowMs, call, describe(outcome));
        this.host.landed(call, outcome);
        if (execution.isAlive) then(outcome);
      });
    });
  }

  private later(execution: LiveExecution, delayMs: number, run: () => void): void {
    execution.next = this.queue.at(this.queue.nowMs + delayMs, run);
  }

  private land(call: ServiceCall): void {
    this.lateEffects--;
    this.host.services[call.service].perform(call, (outcome) => {
      this.history.call(this.queue.nowMs, call, `${describe(outcome)}, landed late`);
      this.host.landed(call, outcome);
    });
  }

  private answer(execution: LiveExecution, call: ServiceCall, outcome: Outcome): void {
    this.history.call(this.queue.nowMs, call, describe(outcome));
    this.host.resume(execution, outcome);
  }

  private killAt(execution: LiveExecution, call: ServiceCall, how: string): void {
    this.history.call(this.queue.nowMs, call, how);
    this.host.kill(execution);
  }

  private latencyOf(call: ServiceCall): number {
    if (call.method === 'sleep') return Number(call.args[0]);
    const {latency, jitter} = this.settings;
    const factor = jitter === 0 ? 1 : 1 + jitter * (2 * this.random() - 1);
    return Math.round(latency[latencyKind(call)] * factor);
  }
}

function latencyKind(call: ServiceCall): keyof Latencies {
  switch (call.service) {
    case 'properties':
      return call.method.startsWith('get') ? 'read' : 'write';
    case 'lock':
      return call.method === 'releaseLock' || call.method === 'hasLock' ? 'release' : 'lock';
    case 'triggers':
      return 'trigger';
    case 'utilities':
      return 'uuid';
    case 'cache':
    case 'sheet':
    case 'drive':
    case 'fetch':
      return call.service;
  }
}

const SERVICE_NAMES = new Set<string>([
  'properties',
  'lock',
  'triggers',
  'cache',
  'utilities',
  'sheet',
  'drive',
  'fetch',
] satisfies ServiceName[]);

function isServiceName(name: string): name is ServiceName {
  return SERVICE_NAMES.has(name);
}

/** Only setProperties can be torn; any other call is one change and lands whole. */
function tornCall(call: ServiceCall, keys: number): ServiceCall {
  if (call.method !== 'setProperties') return call;
  return {...call, args: [Object.fromEntries(Object.entries(recordArgument(call, 0)).slice(0, keys)), false]};
}

function describe(outcome: Outcome): string {
  return outcome.kind === 'error' ? `error: ${outcome.message}` : JSON.stringify(outcome.value);
}
