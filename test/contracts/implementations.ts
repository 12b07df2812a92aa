/**
 * What the contracts are held against: the real adapters over the simulator's Apps Script, pasted into the script and
 * from within a library, and plain ports in memory. A body runs as one execution; in the simulator it travels as text,
 * so that it must not use anything but its arguments.
 */
import {buildSync} from 'esbuild';
import type {Ports} from '../../src/engine/ports';
import {Hosts} from '../../src/platform/host';
import {portsOf} from '../../src/platform/runtime';
import {World, type ProjectSource, type StartRequest} from '../simulator';
import {MemoryWorld, type Death} from '../support/memory-ports';

/** What happens in one execution. `again` makes further ports of the same execution. */
export type Body<Input, Result> = (ports: Ports, input: Input, again: () => Ports) => Result;

export interface Options {
  readonly user?: string;
  readonly death?: Death;
  /** How much later the execution begins; only for `start`. */
  readonly afterMs?: number;
}

/** An execution that was planned. */
export interface Run {
  readonly end: 'running' | 'done' | 'killed' | 'error';
  readonly value: unknown;
}

export interface ContractWorld {
  /** Runs a body to its end. Throws what it throws; an execution that dies throws. */
  execute<Input, Result>(body: Body<Input, Result>, input: Input, options?: Options): Result;
  /** Plans an execution beside others. */
  start<Input>(body: Body<Input, unknown>, input: Input, options?: Options): Run;
  /** Lets time pass: what was planned runs, triggers fire. */
  pass(ms: number): void;
  /** A trigger of the host's own, for another function than the dispatcher. */
  plantTrigger(user: string): string;
  /** Every trigger of everybody. */
  triggerIds(): readonly string[];
  /** How often the dispatcher was called by a trigger. */
  firings(): number;
  /** Calls of services so far. */
  calls(): number;
  close(): void;
}

/** Who finds what was stored: any later execution, those of the same user, or only the execution that stored it. */
export type Reach = 'everybody' | 'user' | 'execution';

export interface Implementation {
  readonly name: string;
  readonly reach: Reach;
  make(settings?: {readonly hasDispatcher?: boolean}): ContractWorld;
}

/** `Hosts` and `portsOf`, as the global `Probe`. */
export const PROBE = buildSync({
  stdin: {
    contents: `export {Hosts} from './src/platform/host'; export {portsOf} from './src/platform/runtime';`,
    resolveDir: process.cwd(),
    loader: 'ts',
  },
  ...{bundle: true, write: false, format: 'iife', globalName: 'Probe', target: 'es2019', platform: 'neutral'},
  ...{mainFields: ['module', 'main'], tsconfig: 'tsconfig.src.json'},
}).outputFiles[0]?.text as string;

const DISPATCHER = `function astJobsWorker() { Sim.effect('fired'); }`;

const mainOf = (probe: string, store: string): string => `
  function probe(source, input) {
    const hosts = new ${probe}.Hosts({});
    hosts.bind(globalThis, {store: '${store}', drive: DriveApp, sheets: SpreadsheetApp});
    const again = () => ${probe}.portsOf(hosts.of(undefined));
    return (0, eval)('(' + source + ')')(again(), input, again);
  }
  function greet(name) { return 'hello ' + name; }
  const wave = (name) => 'bye ' + name;
  function onDaily() {}
  function plant() { return ScriptApp.newTrigger('onDaily').timeBased().after(600000).create().getUniqueId(); }
`;

function projectOf(isLibrary: boolean, hasDispatcher: boolean, store = 'script'): ProjectSource {
  const main = {
    name: 'Main.js',
    source: `${hasDispatcher ? DISPATCHER : ''}${mainOf(isLibrary ? 'Lib.Probe' : 'Probe', store)}`,
  };
  const probe = {name: 'Probe.js', source: PROBE};
  return isLibrary ? {files: [main], libraries: [{symbol: 'Lib', files: [probe]}]} : {files: [probe, main]};
}

const METHODS = {set: 'setProperty', sleep: 'sleep'} as const;

class SimulatedWorld implements ContractWorld {
  private readonly world: World;
  private readonly deaths = new Map<number, Death>();

  constructor(project: ProjectSource) {
    this.world = new World({project, triggerLagMs: [0, 1_000]});
    this.world.onCall = ({execution, method}) => {
      const death = this.deaths.get(execution.id);
      if (death === undefined || METHODS[death.method] !== method) return undefined;
      return {kind: 'kill', when: death.when};
    };
  }

  execute<Input, Result>(body: Body<Input, Result>, input: Input, options: Options = {}): Result {
    const run = this.plan(body, input, options);
    this.world.runWhile(() => run.end === 'running');
    if (run.end === 'done') return run.value as Result;
    throw new Error(run.error?.message ?? run.end);
  }

  start<Input>(body: Body<Input, unknown>, input: Input, options: Options = {}): Run {
    return this.plan(body, input, options) as Run;
  }

  pass(ms: number): void {
    this.world.runUntil(this.world.nowMs + ms);
  }

  plantTrigger(user: string): string {
    return this.world.call('plant', [], {user}) as string;
  }

  triggerIds(): readonly string[] {
    return this.world.triggers().map(({uid}) => uid);
  }

  firings(): number {
    return this.world.effects.filter(({name}) => name === 'fired').length;
  }

  calls(): number {
    return this.world.counts().calls;
  }

  close(): void {
    this.world.close();
  }

  private plan<Input>(
    body: Body<Input, unknown>,
    input: Input,
    {user, afterMs, death}: Options,
  ): ReturnType<World['start']> {
    const request: StartRequest = {
      fn: 'probe',
      args: [body.toString(), input],
      atMs: this.world.nowMs + (afterMs ?? 0),
    };
    const execution = this.world.start(user === undefined ? request : {...request, user});
    if (death !== undefined) this.deaths.set(execution.id, death);
    return execution;
  }
}

class PlainWorld implements ContractWorld {
  private readonly world = new MemoryWorld();
  private fired = 0;

  constructor(hasDispatcher: boolean) {
    this.world.handlers.set('greet', (name) => `hello ${String(name)}`);
    this.world.handlers.set('wave', (name) => `bye ${String(name)}`);
    this.world.onFiring = () => void this.fired++;
    if (!hasDispatcher) this.world.problem = 'The script has no function astJobsWorker.';
  }

  execute<Input, Result>(body: Body<Input, Result>, input: Input, {user, death}: Options = {}): Result {
    return this.world.execute((ports, again) => body(ports, input, again), user, death ?? null);
  }

  start<Input>(body: Body<Input, unknown>, input: Input, options: Options = {}): Run {
    const run: {end: Run['end']; value: unknown} = {end: 'running', value: undefined};
    this.world.planAt(this.world.nowMs + (options.afterMs ?? 0), () => {
      try {
        run.value = this.execute(body, input, options);
        run.end = 'done';
      } catch {
        run.end = options.death === undefined ? 'error' : 'killed';
      }
    });
    return run;
  }

  pass(ms: number): void {
    this.world.pass(ms);
  }

  plantTrigger(user: string): string {
    return this.world.addTrigger('onDaily', user, 600_000);
  }

  triggerIds(): readonly string[] {
    return this.world.triggers.map(({uid}) => uid);
  }

  firings(): number {
    return this.fired;
  }

  calls(): number {
    return this.world.calls;
  }

  close(): void {
    this.world.triggers = [];
  }
}

/** The memory of one host: all bodies run in the one execution that there is, and nothing goes on beside them. */
class RememberedWorld implements ContractWorld {
  private readonly hosts = new Hosts({});

  constructor() {
    this.hosts.bind(
      {greet: (name: string) => `hello ${name}`, wave: (name: string) => `bye ${name}`},
      {store: 'memory'},
    );
  }

  execute<Input, Result>(body: Body<Input, Result>, input: Input, {user, death}: Options = {}): Result {
    if (user !== undefined || death !== undefined) throw new Error('There is one execution, which does not die.');
    const again = (): Ports => portsOf(this.hosts.of(undefined));
    return body(again(), input, again);
  }

  start(): never {
    throw new Error('Nothing runs beside the execution.');
  }

  pass(): never {
    throw new Error('The time of an execution cannot be moved.');
  }

  plantTrigger(): never {
    throw new Error('There are no triggers.');
  }

  triggerIds(): readonly string[] {
    return [];
  }

  firings(): number {
    return 0;
  }

  /** The global object has no service that could be called. */
  calls(): number {
    return 0;
  }

  close(): void {
    // Nothing is held.
  }
}

const everybody = 'everybody' as const;

export const IMPLEMENTATIONS: readonly Implementation[] = [
  {
    name: 'the adapters, pasted',
    reach: everybody,
    make: ({hasDispatcher = true} = {}) => new SimulatedWorld(projectOf(false, hasDispatcher)),
  },
  {
    name: 'the adapters, in a library',
    reach: everybody,
    make: ({hasDispatcher = true} = {}) => new SimulatedWorld(projectOf(true, hasDispatcher)),
  },
  {name: 'ports in memory', reach: everybody, make: ({hasDispatcher = true} = {}) => new PlainWorld(hasDispatcher)},
];

/** The other stores that a host may choose. */
export const OTHER_STORES: readonly Implementation[] = [
  {
    name: 'properties of the user',
    reach: 'user',
    make: ({hasDispatcher = true} = {}) => new SimulatedWorld(projectOf(false, hasDispatcher, 'user')),
  },
  {
    name: 'properties of the document',
    reach: everybody,
    make: ({hasDispatcher = true} = {}) => new SimulatedWorld(projectOf(false, hasDispatcher, 'document')),
  },
  {name: "the execution's memory", reach: 'execution', make: () => new RememberedWorld()},
];

/** Every store, with the lock and the backend of properties that go with it. */
export const STORES: readonly Implementation[] = [...IMPLEMENTATIONS, ...OTHER_STORES];

/** Those that outlive an execution. */
export const LASTING_STORES: readonly Implementation[] = STORES.filter(({reach}) => reach !== 'execution');

/** Runs a test in a world of its own. */
export function within(implementation: Implementation, run: (world: ContractWorld) => void): void {
  const world = implementation.make();
  try {
    run(world);
  } finally {
    world.close();
  }
}
