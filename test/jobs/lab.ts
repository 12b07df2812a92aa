/**
 * The laboratory of these tests: a host whose one handler does what its payload says, pasted beside the bundle or with
 * the bundle as its library, and a way to call the API in executions of their own.
 */
import type {JobRecord, JobRequest, StepRequest} from '../../src/types';
import {World, type ProjectSource, type StartRequest, type WorldOptions} from '../simulator';
import {BUNDLE, libraryHost, pastedHost} from '../support/hosts';

/**
 * `act` spends `ms`, then fails, returns or calls the API as its payload says; time passes without a service call, so
 * that every counted call is the library's own. Functions whose names begin with `api` are what the tests call.
 */
export const HOST = `
function jobsApi() { return typeof ASTX === 'undefined' ? AST.Jobs : ASTX.Jobs; }
function act(ctx) {
  var p = ctx.payload || {};
  Sim.effect('run', {job: ctx.name, step: ctx.stepId, attempt: ctx.attempt});
  Sim.spend(p.ms || 0);
  Sim.effect('end', {job: ctx.name, step: ctx.stepId, attempt: ctx.attempt});
  if (ctx.attempt <= (p.failures || 0)) throw new Error(p.message || 'failure ' + ctx.attempt);
  if (p.chars) return new Array(p.chars + 1).join(p.letter || 'x');
  return p.result === undefined ? ctx.stepId + ' done' : p.result;
}
function total(ctx) {
  return ctx.payload.mapStepIds.reduce(function (sum, id) { return sum + ctx.results[id]; }, 0);
}
function square(ctx) {
  Sim.effect('run', {job: ctx.name, step: ctx.stepId, attempt: ctx.attempt});
  return ctx.payload.item * ctx.payload.item;
}
function outcomeOf(act) {
  try { return {value: act()}; } catch (e) {
    return {error: {name: e.name, code: e.code, message: e.message, details: e.details, json: e.toJSON ? e.toJSON() : null}};
  }
}
function api(method, args) {
  return outcomeOf(function () { return jobsApi()[method].apply(null, args); });
}
/** Several calls in one execution; the word 'id' stands for the id of the last record. */
function apiAll(calls) {
  var id = null;
  return calls.map(function (call) {
    var args = call.slice(1).map(function (arg) { return arg === 'id' ? id : arg; });
    var outcome = call[0] === 'sleep' ? {value: Utilities.sleep(args[0])} : api(call[0], args);
    if (outcome.value && outcome.value.id) id = outcome.value.id;
    return outcome;
  });
}
`;

/** A project with the host and more code of its own. */
export function pasted(source = ''): ProjectSource {
  return pastedHost(HOST + source);
}

/** The same, with the bundle as its library. */
export function asLibrary(source = '', bind?: string): ProjectSource {
  return bind === undefined ? libraryHost(HOST + source) : libraryHost(HOST + source, bind);
}

/** A library host that has no function for triggers to call. */
export function withoutGlue(source = ''): ProjectSource {
  return {
    files: [
      {name: 'Main.js', source: `const ASTX = ASTLib.AST || ASTLib; ASTX.Jobs.bind(globalThis);\n${HOST}${source}`},
    ],
    libraries: [{symbol: 'ASTLib', files: [{name: 'Code.js', source: BUNDLE}]}],
  };
}

/** An error of the library, as it crossed the border to the test. */
export interface Refusal {
  readonly name: string;
  readonly code: string;
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
  readonly json: unknown;
}

interface ApiOutcome {
  readonly value?: unknown;
  readonly error?: Refusal;
}

type Circumstances = Omit<StartRequest, 'fn' | 'args'>;

/** A world, and the API as it is called there, each call in an execution of its own. */
export class Lab {
  readonly world: World;

  constructor(options: WorldOptions = {}) {
    this.world = new World({project: pasted(), ...options});
  }

  /** What a method of the API returns; throws what it throws. */
  call<Value = JobRecord>(method: string, ...args: unknown[]): Value {
    return valueOf(this.attempt(method, args)) as Value;
  }

  /** The same as somebody else, or where less is allowed. */
  callAs<Value = JobRecord>(circumstances: Circumstances, method: string, ...args: unknown[]): Value {
    return valueOf(this.attempt(method, args, circumstances)) as Value;
  }

  /** The error with which a method of the API refuses. */
  refusal(method: string, ...args: unknown[]): Refusal {
    return refusalOf(this.attempt(method, args));
  }

  refusalAs(circumstances: Circumstances, method: string, ...args: unknown[]): Refusal {
    return refusalOf(this.attempt(method, args, circumstances));
  }

  /** Several calls in one execution: values, or refusals. */
  callAll(...calls: (readonly unknown[])[]): readonly ApiOutcome[] {
    return this.world.call('apiAll', [calls]) as readonly ApiOutcome[];
  }

  enqueue(steps: readonly StepRequest[], request: Partial<JobRequest> = {}): JobRecord {
    return this.call('enqueue', {name: 'job', steps, ...request});
  }

  status(id: string): JobRecord {
    return this.call('status', id);
  }

  /** Lets everything come to its end. */
  settle(horizonMs = DAY_MS): this {
    const {isSettled, pending} = this.world.settle({horizonMs});
    if (isSettled) return this;
    const timeline = this.world.describe().split('\n').slice(0, 60).join('\n');
    throw new Error(`Expected the world to come to rest, got ${pending}.\n${timeline}`);
  }

  pass(ms: number): this {
    this.world.runUntil(this.world.nowMs + ms);
    return this;
  }

  /** Steps that ran, in order, as `step` or, above the first attempt, `step/attempt`. */
  runs(job?: string, name = 'run'): readonly string[] {
    return this.world.effects
      .filter((effect) => effect.name === name)
      .map((effect) => effect.data as {job: string; step: string; attempt: number})
      .filter((run) => job === undefined || run.job === job)
      .map(({step, attempt}) => (attempt === 1 ? step : `${step}/${attempt}`));
  }

  /** All that is stored, and the triggers: for comparing before and after. */
  everything(): unknown {
    const {world} = this;
    const triggers = world.triggers().map(({uid, kind}) => `${kind} ${uid}`);
    return {script: world.store('script'), user: world.store('user'), document: world.store('document'), triggers};
  }

  /** Keys of jobs in the script's properties. */
  jobKeys(): readonly string[] {
    return [...this.world.store('script').keys()].filter((key) => key.includes('~job_'));
  }

  /** What stays where nothing is open, besides finished jobs. */
  expectTidy(): void {
    expect(this.world.triggers()).toEqual([]);
    expect([...this.world.store('user').keys()].filter((key) => key !== 'AST_JOBS_OWNER')).toEqual([]);
    const store = this.world.store('script');
    const keys = [...store.keys()];
    expect(keys.filter((key) => key.startsWith('AST_JOBS_USER~'))).toEqual([]);
    const headers = keys.filter((key) => key.endsWith('~h')).map((key) => key.slice(0, -1));
    const orphans = this.jobKeys().filter((key) => !headers.some((start) => key.startsWith(start)));
    expect(orphans).toEqual([]);
  }

  private attempt(method: string, args: readonly unknown[], circumstances: Circumstances = {}): ApiOutcome {
    return this.world.call('api', [method, args], circumstances) as ApiOutcome;
  }
}

function valueOf({value, error}: ApiOutcome): unknown {
  if (error === undefined) return value;
  throw Object.assign(new Error(`${error.code}: ${error.message}`), error);
}

function refusalOf({value, error}: ApiOutcome): Refusal {
  if (error === undefined) throw new Error(`Expected a refusal, got ${JSON.stringify(value)}`);
  return error;
}

/** Makes labs that end with their test. */
export function useLabs(): (options?: WorldOptions) => Lab {
  const open: Lab[] = [];
  afterEach(() => {
    for (const lab of open.splice(0)) lab.world.close();
  });
  return (options) => {
    const lab = new Lab(options);
    open.push(lab);
    return lab;
  };
}

/** A step of the handler `act`. */
export function step(
  id: string,
  payload: Readonly<Record<string, unknown>> = {},
  more: Partial<StepRequest> = {},
): StepRequest {
  return {id, handler: 'act', payload, ...more};
}

/** Steps that depend each on the one before. */
export function inLine(count: number, payload: Readonly<Record<string, unknown>> = {}): readonly StepRequest[] {
  return Array.from({length: count}, (_none, index) =>
    step(`s${index + 1}`, payload, index === 0 ? {} : {dependsOn: `s${index}`}),
  );
}

export const SECOND_MS = 1_000;
export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;

/** Text that does not shrink when it is packed. */
export function noise(chars: number): string {
  let text = '';
  for (let index = 1; text.length < chars; index++) text += ((index * 2_654_435_761) % 4_294_967_296).toString(36);
  return text.slice(0, chars);
}

const STORE_BYTES = 500 * 1024;

/** Bytes of some of the script's properties. */
export function bytesOf(lab: Lab, isCounted: (key: string) => boolean): number {
  let bytes = 0;
  for (const [key, text] of lab.world.store('script'))
    if (isCounted(key)) bytes += Buffer.byteLength(key) + Buffer.byteLength(text);
  return bytes;
}

/** The host fills the script's properties until so many bytes are free. */
export function fillUpTo(lab: Lab, freeBytes: number): void {
  const {world} = lab;
  for (let index = 0; ; index++) {
    const left = STORE_BYTES - freeBytes - bytesOf(lab, () => true);
    const key = `host_${index}`;
    if (left <= key.length) return;
    world.setProperty('script', key, 'h'.repeat(Math.min(8_000, left - key.length)));
  }
}

/** The host takes back all of that. */
export function emptyHost(lab: Lab): void {
  for (const key of lab.world.store('script').keys())
    if (key.startsWith('host_')) lab.world.setProperty('script', key, null);
}
