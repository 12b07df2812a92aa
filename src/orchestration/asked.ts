/**
 * What a request asks of its job as a whole: when it starts, what it waits for, how it is found again. Pure; what depends
 * on the time of acceptance or on other jobs is settled under the lock.
 */
import {utf8Bytes} from '../core/bytes';
import {isObject, printValue} from '../core/json';
import {bornAtMs} from '../core/keys';
import {ENQUEUE_GRACE_MS, MAX_DEPENDENCIES, MAX_NAME_CHARS, MAX_TERMS_BYTES} from '../core/limits';
import type {PlanExtras} from '../core/plan';
import {DEPENDENCY_POLICIES, encodeTerms, NO_TERMS, PRIORITIES, type Terms} from '../core/terms';
import {jobsError} from '../errors';
import type {DependencyPolicy, JobPriority, SingletonPolicy} from '../types';
import {environmentOf, secretsOf} from './environment';
import {booleanOption, given, integerIn, invalid, payload, printableText} from './request';
import {instantOf} from './instant';

/** What becomes of a job while another one of its key is open. */
export interface Singleton {
  readonly key: string;
  readonly policy: SingletonPolicy;
}

/** Calls of a storm that make one job together. */
export interface Debounce {
  readonly key: string;
  readonly waitMs: number;
  readonly maxWaitMs: number;
}

/** What was asked, checked. */
export interface Asked {
  readonly description: string | null;
  readonly tags: readonly string[];
  readonly priority: JobPriority;
  /** Ids; in a batch also positions of its requests. */
  readonly dependencies: readonly (string | number)[];
  readonly onDependencyFailure: DependencyPolicy;
  readonly timeoutMs: number | null;
  readonly deadlineMs: number | null;
  readonly runAtMs: number | null;
  readonly delayMs: number | null;
  readonly isAutoStarted: boolean;
  readonly idempotency: {readonly key: string; readonly ttlMs: number} | null;
  readonly singleton: Singleton | null;
  readonly debounce: Debounce | null;
  readonly resources: readonly string[];
  readonly extras: PlanExtras;
}

const DAY_MS = 24 * 3_600_000;
const MAX_SPAN_MS = 366 * DAY_MS;
const MAX_TAGS = 10;
const MAX_RESOURCES = 5;
const MAX_KEY_CHARS = 200;

/** Reads a request as far as it is about the whole job. */
export function askedOf(request: Readonly<Record<string, unknown>>, name: string): Asked {
  const {description, priority, runAt, delayMs, autoStart, timeoutMs, deadlineMs} = request;
  if (given(runAt) && given(delayMs))
    throw invalid('A job starts at runAt or after delayMs: pass one of them, not both.');
  const asked: Asked = {
    description: given(description) ? printableText(description, 'description', MAX_DESCRIPTION_CHARS) : null,
    tags: textsOf(request['tags'], 'tags', MAX_TAGS, 50),
    priority: given(priority) ? oneOf(priority, 'priority', PRIORITIES) : NO_TERMS.priority,
    dependencies: dependenciesOf(request['dependencies']),
    onDependencyFailure: given(request['onDependencyFailure'])
      ? oneOf(request['onDependencyFailure'], 'onDependencyFailure', DEPENDENCY_POLICIES)
      : NO_TERMS.onDependencyFailure,
    timeoutMs: given(timeoutMs) ? integerIn(timeoutMs, 'timeoutMs of the job', 1_000, MAX_SPAN_MS) : null,
    deadlineMs: given(deadlineMs) ? integerIn(deadlineMs, 'deadlineMs', 1_000, MAX_SPAN_MS) : null,
    runAtMs: given(runAt) ? instantOf(runAt, 'runAt') : null,
    delayMs: given(delayMs) ? integerIn(delayMs, 'delayMs', 0, MAX_SPAN_MS) : null,
    isAutoStarted: given(autoStart) ? booleanOption(autoStart, 'autoStart', 'autoStart') : true,
    idempotency: idempotencyOf(request),
    singleton: singletonOf(request['singleton'], name),
    debounce: debounceOf(request['debounce'], name),
    resources: textsOf(request['resources'], 'resources', MAX_RESOURCES, 50),
    extras: {
      payload: payload(request['payload'], 'The payload of the job'),
      environment: environmentOf(request['environment']),
      secrets: secretsOf(request['secretEnvironment']),
    },
  };
  if (asked.debounce !== null && (asked.runAtMs ?? asked.delayMs) !== null)
    throw invalid('debounce says itself when the job starts: leave runAt and delayMs out.');
  if (asked.debounce !== null && !asked.isAutoStarted)
    throw invalid('A debounced job starts when the calls are over: leave autoStart: false out.');
  if (asked.debounce !== null && asked.idempotency !== null)
    throw invalid('debounce makes one job of many calls, which cannot have the keys of all: leave idempotencyKey out.');
  refuseLong(asked);
  return asked;
}

const MAX_DESCRIPTION_CHARS = 500;

/** The terms of a job that is accepted now; ids of other jobs are known by then. */
export function termsOfAsked(asked: Asked, nowMs: number, dependencies: readonly string[], hasExtras: boolean): Terms {
  const {description, tags, priority, onDependencyFailure, timeoutMs, deadlineMs, resources} = asked;
  const {idempotency, singleton, debounce} = asked;
  return {
    ...NO_TERMS,
    ...{description, tags, priority, dependencies, onDependencyFailure, timeoutMs, resources},
    deadlineAtMs: deadlineMs === null ? null : nowMs + deadlineMs,
    idempotency: idempotency === null ? null : {key: idempotency.key, untilMs: nowMs + idempotency.ttlMs},
    singleton: singleton?.key ?? null,
    debounce: debounce === null ? null : {key: debounce.key, untilMs: nowMs + debounce.maxWaitMs},
    hasPlanExtras: hasExtras,
  };
}

/** When the dispatcher may take a job that is accepted now; `null`: when somebody calls `resume`. */
export function dueOfAsked({isAutoStarted, runAtMs, delayMs, debounce}: Asked, nowMs: number): number | null {
  if (!isAutoStarted) return null;
  if (debounce !== null) return nowMs + debounce.waitMs;
  // The usual grace leaves the job to an explicit `resume` first; a time of its own does not need it.
  const graceMs = nowMs + ENQUEUE_GRACE_MS;
  if (runAtMs === null && delayMs === null) return graceMs;
  const dueMs = Math.max(nowMs, runAtMs ?? nowMs + (delayMs ?? 0));
  // A time that was asked for is kept by those, too, who do not wait for the grace.
  return dueMs === graceMs ? dueMs + 1 : dueMs;
}

/** What keeps a job from running in the very call that accepts it; `null`: nothing. */
export function obstacleToRun({dependencies, isAutoStarted, runAtMs, delayMs, debounce}: Asked): string | null {
  if (dependencies.length > 0) return 'dependencies';
  if (!isAutoStarted) return 'autoStart: false';
  if (debounce !== null) return 'debounce';
  if (runAtMs !== null) return 'runAt';
  return delayMs === null ? null : 'delayMs';
}

function oneOf<Value extends string>(raw: unknown, what: string, values: readonly Value[]): Value {
  const value = values.find((candidate) => candidate === raw);
  if (value !== undefined) return value;
  throw jobsError('INVALID_OPTION', `${what} must be one of ${values.join(', ')}, got ${printValue(raw)}.`);
}

function textsOf(raw: unknown, what: string, max: number, maxChars: number): readonly string[] {
  if (!given(raw)) return [];
  if (!Array.isArray(raw) || raw.length > max)
    throw invalid(`${what} must be a list of at most ${max} texts, got ${printValue(raw)}.`);
  const texts = Array.from(raw as readonly unknown[], (entry) => printableText(entry, `Each of ${what}`, maxChars));
  return [...new Set(texts)];
}

function dependenciesOf(raw: unknown): Asked['dependencies'] {
  if (!given(raw)) return [];
  const list: readonly unknown[] = Array.isArray(raw) ? raw : [raw];
  if (list.length > MAX_DEPENDENCIES)
    throw invalid(`A job may depend on at most ${MAX_DEPENDENCIES} others, got ${list.length}.`);
  return [...new Set(Array.from(list, dependencyOf))];
}

function dependencyOf(raw: unknown): string | number {
  // Records and handles stand for their jobs.
  const id: unknown = isObject(raw) ? raw['id'] : raw;
  if (typeof id === 'number' && Number.isInteger(id) && id >= 0) return id;
  if (typeof id === 'string' && bornAtMs(id.trim()) !== null) return id.trim();
  throw invalid(`dependencies must name jobs by their ids, got ${printValue(raw)}.`);
}

function idempotencyOf({idempotencyKey, idempotencyTtlMs}: Readonly<Record<string, unknown>>): Asked['idempotency'] {
  if (!given(idempotencyKey)) {
    if (given(idempotencyTtlMs)) throw invalid('idempotencyTtlMs is the time to live of an idempotencyKey: pass one.');
    return null;
  }
  const ttlMs = given(idempotencyTtlMs) ? integerIn(idempotencyTtlMs, 'idempotencyTtlMs', 1_000, 30 * DAY_MS) : DAY_MS;
  return {key: printableText(idempotencyKey, 'idempotencyKey', MAX_KEY_CHARS), ttlMs};
}

const SINGLETON_POLICIES: readonly SingletonPolicy[] = ['skip', 'queue', 'replace'];

function singletonOf(raw: unknown, name: string): Singleton | null {
  if (!given(raw) || raw === false) return null;
  if (raw === true) return {key: name, policy: 'skip'};
  if (typeof raw === 'string') return {key: printableText(raw, 'singleton', MAX_NAME_CHARS), policy: 'skip'};
  if (!isObject(raw)) throw invalid(`singleton must be true, a key, or {key, policy}, got ${printValue(raw)}.`);
  refuseUnknown(raw, ['key', 'policy'], 'singleton');
  const {key, policy} = raw;
  return {
    key: given(key) ? printableText(key, 'singleton.key', MAX_NAME_CHARS) : name,
    policy: given(policy) ? oneOf(policy, 'singleton.policy', SINGLETON_POLICIES) : 'skip',
  };
}

/** Without a bound a storm that never ends would keep its job from ever starting. */
const DEFAULT_MAX_WAITS = 10;

function debounceOf(raw: unknown, name: string): Debounce | null {
  if (!given(raw)) return null;
  const fields = isObject(raw) ? raw : {waitMs: raw};
  refuseUnknown(fields, ['waitMs', 'key', 'maxWaitMs'], 'debounce');
  const waitMs = integerIn(fields['waitMs'], 'debounce.waitMs', 1_000, DAY_MS);
  const {key, maxWaitMs} = fields;
  return {
    key: given(key) ? printableText(key, 'debounce.key', MAX_NAME_CHARS) : name,
    waitMs,
    maxWaitMs: given(maxWaitMs)
      ? integerIn(maxWaitMs, 'debounce.maxWaitMs', waitMs, 10 * DAY_MS)
      : DEFAULT_MAX_WAITS * waitMs,
  };
}

function refuseUnknown(raw: Readonly<Record<string, unknown>>, known: readonly string[], what: string): void {
  const unknown = Object.keys(raw).find((key) => !known.includes(key));
  if (unknown !== undefined)
    throw jobsError('INVALID_OPTION', `${what} does not know ${printValue(unknown)}; it knows ${known.join(', ')}.`);
}

/** Terms stand in the header, which is written again and again. */
function refuseLong(asked: Asked): void {
  const ids = asked.dependencies.map(() => 'job_000000000_0000000000');
  const bytes = utf8Bytes(JSON.stringify(encodeTerms(termsOfAsked(asked, 0, ids, false)) ?? {}));
  if (bytes > MAX_TERMS_BYTES)
    throw invalid(
      `description, tags, dependencies, keys and resources of the job take ${bytes} bytes together, and may take ` +
        `${MAX_TERMS_BYTES}: shorten them, and pass data in the payload.`,
      {bytes, limitBytes: MAX_TERMS_BYTES},
    );
}
