/**
 * Which host a call belongs to.
 *
 * P1 a bound host is the host. P2 unbound, a request leads to the realm in which it was made, and that host stays the
 *    host of the execution. P3 in the single-file form the library's own global object is the host's. P4 a call that
 *    cannot know its host throws; it never falls back to the store of the library itself.
 * No service is called here, so that `bind` is safe at the top level of a script, in `onOpen` too.
 */
import {jobsError} from '../errors';
import {reading} from '../orchestration/request';
import type {BindOptions} from '../types';
import {checkedOptions, checkedScope} from './bind-options';
import {emptyMemory, type Memory} from './memory-store';
import type {ContentLike, DriveLike, FetchLike, LockLike, MailLike, Services, SheetsLike} from './handles';
import type {StoreKind} from './properties-store';
import {globalOfRealm, hasHostFunctions, hostFunction, lexicalGlobal, type Scope} from './realm';

/** The script's own web app and the way to it. */
export interface WebApp {
  readonly fetch: FetchLike;
  readonly url: string;
  /** `null`: the one of the script property. */
  readonly token: string | null;
}

/** A host as the adapters need it. */
export interface Host {
  readonly services: Services;
  readonly triggerHandler: string;
  readonly store: StoreKind;
  /** Holds the jobs instead of properties; `null` where properties do. */
  readonly memory: Memory | null;
  readonly lock: LockLike | null;
  /** How more executions are started; `null` when the host handed nothing over. */
  readonly webApp: WebApp | null;
  readonly content: ContentLike | null;
  /** How alerts reach people. */
  readonly mail: MailLike | null;
  readonly fetch: FetchLike | null;
  /** Where values may be stored besides the services. */
  readonly places: Places;
  findFunction(name: string): ((context: unknown) => unknown) | null;
  /** What reads YAML: handed over, or the file Yaml.js in the host's script or in the library's own. */
  findYaml(): ((text: string) => unknown) | null;
  /** Whether a trigger of the dispatcher would find its function. */
  hasTriggerHandler(): boolean;
}

/** What the host handed over to store values in; an id is that of the folder or the spreadsheet to use. */
export interface Places {
  readonly drive: {readonly service: DriveLike; readonly id: string | null} | null;
  readonly sheets: {readonly service: SheetsLike; readonly id: string | null} | null;
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
    this.bound = reading('What bind is given', () =>
      hostOf(checkedScope(scope), checkedOptions(options), this.ownGlobal),
    );
  }

  /** The host of a call that passes a request, or nothing that leads anywhere. */
  of(request: unknown): Host {
    if (this.bound !== null) return this.bound;
    const scope = this.scopeOf(request);
    if (scope === null) throw hostUnknown();
    if (this.guest === null || this.guest.scope !== scope)
      this.guest = {scope, host: hostOf(scope, {}, this.ownGlobal)};
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

function hostOf(scope: Scope, options: BindOptions, ownGlobal: Scope): Host {
  const isDynamic = options.dynamicLookup !== false;
  const {handlers} = options;
  const triggerHandler = options.triggerHandler ?? DEFAULT_TRIGGER_HANDLER;
  return {
    services: {
      PropertiesService: service(scope, 'PropertiesService', isDynamic) as Services['PropertiesService'],
      LockService: service(scope, 'LockService', isDynamic) as Services['LockService'],
      CacheService: service(scope, 'CacheService', isDynamic) as Services['CacheService'],
      ScriptApp: service(scope, 'ScriptApp', isDynamic) as Services['ScriptApp'],
      Utilities: service(scope, 'Utilities', isDynamic) as Services['Utilities'],
      console: service(scope, 'console', isDynamic) as Services['console'],
    },
    triggerHandler,
    store: options.store === undefined || options.store === 'memory' ? 'script' : options.store,
    memory: options.store === 'memory' ? emptyMemory() : null,
    lock: options.lock ?? null,
    webApp: webAppOf(options),
    content: options.content ?? null,
    mail: options.mail ?? null,
    fetch: options.fetch ?? null,
    places: placesOf(options),
    findFunction: (name) =>
      handlers === undefined ? hostFunction(scope, name, isDynamic) : listedFunction(handlers, name),
    findYaml: () => yamlReader(options.yaml) ?? yamlReader(scope['ASTYaml']) ?? yamlReader(ownGlobal['ASTYaml']),
    hasTriggerHandler: () => hasTriggerHandler(scope, triggerHandler, isDynamic),
  };
}

function webAppOf({fetch, workerUrl, workerToken}: BindOptions): WebApp | null {
  return fetch === undefined || workerUrl === undefined ? null : {fetch, url: workerUrl, token: workerToken ?? null};
}

function placesOf({drive, folder, sheets, spreadsheet}: BindOptions): Places {
  return {
    drive: drive === undefined ? null : {service: drive as DriveLike, id: folder ?? null},
    sheets: sheets === undefined ? null : {service: sheets as SheetsLike, id: spreadsheet ?? null},
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

/** Looked up at each call: files are loaded in any order. */
function yamlReader(given: unknown): ((text: string) => unknown) | null {
  const reader = given as {parse?: unknown} | null | undefined;
  if (typeof reader?.parse !== 'function') return null;
  return (text) => (reader as {parse(text: string): unknown}).parse(text);
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
