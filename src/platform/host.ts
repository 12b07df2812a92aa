/**
 * Which host a call belongs to.
 *
 * P1 a bound host is the host. P2 unbound, a request leads to the realm in which it was made, and that host stays the
 *    host of the execution. P3 in the single-file form the library's own global object is the host's. P4 a call that
 *    cannot know its host throws; it never falls back to the store of the library itself.
 * No service is called here, so that `bind` is safe at the top level of a script, in `onOpen` too.
 */
import {isObject, printValue} from '../core/json';
import {jobsError} from '../errors';
import {reading} from '../orchestration/request';
import type {BindOptions} from '../types';
import type {LockLike, Services} from './handles';
import type {StoreKind} from './properties-store';
import {globalOfRealm, hasHostFunctions, hostFunction, lexicalGlobal, type Scope} from './realm';

/** A host as the adapters need it. */
export interface Host {
  readonly services: Services;
  readonly triggerHandler: string;
  readonly store: StoreKind;
  readonly lock: LockLike | null;
  findFunction(name: string): ((context: unknown) => unknown) | null;
  /** Whether a trigger of the dispatcher would find its function. */
  hasTriggerHandler(): boolean;
}

const DEFAULT_TRIGGER_HANDLER = 'astJobsWorker';

/** Finds hosts; holds what this execution knows of them. */
export class Hosts {
  private bound: Host | null = null;
  private guest: {readonly scope: Scope; readonly host: Host} | null = null;
  private readonly ownGlobal: Scope;

  constructor(ownGlobal: Scope) {
    this.ownGlobal = ownGlobal;
  }

  /** Takes a host that hands itself over. */
  bind(scope: unknown, options: unknown): void {
    this.bound = reading('What bind is given', () => hostOf(checkedScope(scope), checkedOptions(options)));
  }

  /** The host of a call that passes a request, or nothing that leads anywhere. */
  of(request: unknown): Host {
    if (this.bound !== null) return this.bound;
    const scope = this.scopeOf(request);
    if (scope === null) throw hostUnknown();
    if (this.guest === null || this.guest.scope !== scope) this.guest = {scope, host: hostOf(scope, {})};
    return this.guest.host;
  }

  private scopeOf(request: unknown): Scope | null {
    const made = typeof request === 'object' && request !== null ? globalOfRealm(request) : null;
    // An object of our own realm proves nothing: a host may hand back what the library gave it.
    // A realm without the service is no Apps Script project: a test's, say.
    if (made !== null && made !== this.ownGlobal && service(made, 'PropertiesService', true) !== undefined) return made;
    if (this.guest !== null) return this.guest.scope;
    return hasHostFunctions(this.ownGlobal) ? this.ownGlobal : null;
  }
}

function hostUnknown(): Error {
  return jobsError(
    'HOST_UNKNOWN',
    'This call cannot know which script it belongs to, since a library has its own properties, lock and functions. Add ' +
      'two lines at the top level of your script: const ASTX = ASTLib.AST || ASTLib; ASTX.Jobs.bind(globalThis);',
  );
}

function hostOf(scope: Scope, options: BindOptions): Host {
  const isDynamic = options.dynamicLookup !== false;
  const {handlers} = options;
  const triggerHandler = options.triggerHandler ?? DEFAULT_TRIGGER_HANDLER;
  return {
    services: {
      PropertiesService: service(scope, 'PropertiesService', isDynamic) as Services['PropertiesService'],
      LockService: service(scope, 'LockService', isDynamic) as Services['LockService'],
      ScriptApp: service(scope, 'ScriptApp', isDynamic) as Services['ScriptApp'],
      Utilities: service(scope, 'Utilities', isDynamic) as Services['Utilities'],
      console: service(scope, 'console', isDynamic) as Services['console'],
    },
    triggerHandler,
    store: options.store ?? 'script',
    lock: options.lock ?? null,
    findFunction: (name) =>
      handlers === undefined ? hostFunction(scope, name, isDynamic) : listedFunction(handlers, name),
    hasTriggerHandler: () => hasTriggerHandler(scope, triggerHandler, isDynamic),
  };
}

function service(scope: Scope, name: string, isDynamic: boolean): unknown {
  return scope[name] ?? (isDynamic ? (lexicalGlobal(scope, name) ?? undefined) : undefined);
}

function listedFunction(
  handlers: Readonly<Record<string, unknown>>,
  name: string,
): ((context: unknown) => unknown) | null {
  const listed = Object.prototype.hasOwnProperty.call(handlers, name) ? handlers[name] : undefined;
  return typeof listed === 'function' ? (listed as (context: unknown) => unknown) : null;
}

/** Dotted names are resolved by Apps Script itself; here each part must be there. */
function hasTriggerHandler(scope: Scope, dottedName: string, isDynamic: boolean): boolean {
  const [first = '', ...more] = dottedName.split('.');
  let value: unknown = scope[first] ?? (isDynamic ? lexicalGlobal(scope, first) : undefined);
  for (const name of more) {
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false;
    value = (value as Record<string, unknown>)[name];
  }
  return typeof value === 'function';
}

function checkedScope(scope: unknown): Scope {
  if ((typeof scope === 'object' || typeof scope === 'function') && scope !== null) return scope as Scope;
  throw jobsError(
    'INVALID_OPTION',
    `bind expects the global object of your script: bind(globalThis), got ${printValue(scope)}.`,
  );
}

const BIND_OPTIONS: readonly string[] = ['triggerHandler', 'store', 'lock', 'handlers', 'dynamicLookup'];
const TRIGGER_HANDLER = /^[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)*$/;

function checkedOptions(raw: unknown): BindOptions {
  if (raw === undefined || raw === null) return {};
  if (!isObject(raw)) throw optionError('bind expects an object of options', raw);
  const unknown = Object.keys(raw).find((key) => !BIND_OPTIONS.includes(key));
  if (unknown !== undefined) throw optionError(`bind knows the options ${BIND_OPTIONS.join(', ')}`, unknown);
  const {triggerHandler, store, lock, handlers, dynamicLookup} = raw;
  if (triggerHandler !== undefined && (typeof triggerHandler !== 'string' || !TRIGGER_HANDLER.test(triggerHandler)))
    throw optionError('triggerHandler must be the name of a function', triggerHandler);
  if (store !== undefined && store !== 'script' && store !== 'user' && store !== 'document')
    throw optionError("store must be 'script', 'user' or 'document'", store);
  if (lock !== undefined && !isLock(lock)) throw optionError('lock must be a Lock of LockService', lock);
  if (handlers !== undefined && !isObject(handlers))
    throw optionError('handlers must be an object of functions', handlers);
  if (dynamicLookup !== undefined && typeof dynamicLookup !== 'boolean')
    throw optionError('dynamicLookup must be true or false', dynamicLookup);
  return {
    ...(triggerHandler === undefined ? {} : {triggerHandler}),
    ...(store === undefined ? {} : {store}),
    ...(lock === undefined ? {} : {lock: lock as LockLike}),
    ...(handlers === undefined ? {} : {handlers: handlers as NonNullable<BindOptions['handlers']>}),
    ...(dynamicLookup === undefined ? {} : {dynamicLookup}),
  };
}

function isLock(lock: unknown): boolean {
  if (typeof lock !== 'object' || lock === null) return false;
  const {tryLock, releaseLock} = lock as {tryLock?: unknown; releaseLock?: unknown};
  return typeof tryLock === 'function' && typeof releaseLock === 'function';
}

function optionError(expected: string, got: unknown): Error {
  return jobsError('INVALID_OPTION', `${expected}, got ${printValue(got)}.`);
}
