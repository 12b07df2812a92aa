/**
 * What a request says about a job as a whole, beside its plan and its options. It stands in the header, because who lists
 * jobs or picks the next one reads headers alone; only what differs from {@link NO_TERMS} is stored.
 */
import type {DependencyPolicy, JobPriority} from '../types';
import {isCount, isInstant, isObject} from './json';

/** A key that is good for a while. */
export interface KeyUntil {
  readonly key: string;
  readonly untilMs: number;
}

/** A failed job that was put aside. */
export interface DeadLetter {
  readonly state: 'queued' | 'replayed';
  readonly atMs: number;
  /** The job that does its work anew: itself. */
  readonly replayedAs: string | null;
  /** How often that was, and what the last call was about. */
  readonly replay?: Replay;
}

/** A call that replayed failed jobs, as each of them remembers it. */
export interface Replay {
  readonly count: number;
  readonly atMs: number;
  /** The idempotency key of the call, and how many jobs it was to replay. */
  readonly key: string | null;
  readonly size: number;
}

export interface Terms {
  readonly description: string | null;
  readonly tags: readonly string[];
  readonly priority: JobPriority;
  /** Which part of the API made the job; `null`: a plain call. */
  readonly maker: 'workflow' | 'execution' | 'schedule' | null;
  /** Ids of the jobs that must be over before this one starts. */
  readonly dependencies: readonly string[];
  readonly onDependencyFailure: DependencyPolicy;
  readonly batch: string | null;
  readonly schedule: string | null;
  /** How long the job may take from its first start on. */
  readonly timeoutMs: number | null;
  /** When it must be over. */
  readonly deadlineAtMs: number | null;
  readonly idempotency: KeyUntil | null;
  /** Of the open jobs with this key, one runs at a time. */
  readonly singleton: string | null;
  /** Calls with this key move the job, as long as it has not started; `untilMs` is the latest start. */
  readonly debounce: KeyUntil | null;
  /** Named resources of which each attempt uses one unit. */
  readonly resources: readonly string[];
  readonly deadLetter: DeadLetter | null;
  /** Whether the plan has what a library without terms would pass over. */
  readonly hasPlanExtras: boolean;
}

export const NO_TERMS: Terms = {
  description: null,
  tags: [],
  priority: 'medium',
  maker: null,
  dependencies: [],
  onDependencyFailure: 'fail',
  batch: null,
  schedule: null,
  timeoutMs: null,
  deadlineAtMs: null,
  idempotency: null,
  singleton: null,
  debounce: null,
  resources: [],
  deadLetter: null,
  hasPlanExtras: false,
};

export const PRIORITIES: readonly JobPriority[] = ['low', 'medium', 'high', 'critical'];
export const DEPENDENCY_POLICIES: readonly DependencyPolicy[] = ['fail', 'cancel', 'wait', 'run'];
const MAKERS: readonly unknown[] = ['workflow', 'execution', 'schedule'];

/** The stored form; `null` where there is nothing to store. */
export function encodeTerms(terms: Terms): object | null {
  const {idempotency, debounce, deadLetter} = terms;
  const fields = {
    ...(terms.description === null ? {} : {d: terms.description}),
    ...(terms.tags.length === 0 ? {} : {t: terms.tags}),
    ...(terms.priority === 'medium' ? {} : {p: PRIORITIES.indexOf(terms.priority)}),
    ...(terms.maker === null ? {} : {m: terms.maker}),
    ...(terms.dependencies.length === 0 ? {} : {a: terms.dependencies}),
    ...(terms.onDependencyFailure === 'fail' ? {} : {f: terms.onDependencyFailure}),
    ...(terms.batch === null ? {} : {b: terms.batch}),
    ...(terms.schedule === null ? {} : {s: terms.schedule}),
    ...(terms.timeoutMs === null ? {} : {o: terms.timeoutMs}),
    ...(terms.deadlineAtMs === null ? {} : {e: terms.deadlineAtMs}),
    ...(idempotency === null ? {} : {k: [idempotency.key, idempotency.untilMs]}),
    ...(terms.singleton === null ? {} : {g: terms.singleton}),
    ...(debounce === null ? {} : {u: [debounce.key, debounce.untilMs]}),
    ...(terms.resources.length === 0 ? {} : {r: terms.resources}),
    ...(deadLetter === null ? {} : {l: deadLetterTuple(deadLetter)}),
    ...(terms.hasPlanExtras ? {x: 1} : {}),
  };
  return Object.keys(fields).length === 0 ? null : fields;
}

/** The terms in their stored form; `null` for damage. */
export function termsOf(raw: unknown): Terms | null {
  if (raw === undefined) return NO_TERMS;
  if (!isObject(raw)) return null;
  const {d = null, t = [], p = 1, m = null, a = [], f = 'fail', b = null, s = null, o = null, e = null, g = null} = raw;
  const {k = null, u = null, r = [], l = null, x} = raw;
  const priority = isCount(p) ? PRIORITIES[p] : undefined;
  const idempotency = k === null ? null : keyUntilOf(k);
  const debounce = u === null ? null : keyUntilOf(u);
  const deadLetter = l === null ? null : deadLetterOf(l);
  if (!isTextOrNull(d) || !isTextOrNull(b) || !isTextOrNull(s) || !isTextOrNull(g)) return null;
  if (!isTexts(t) || !isTexts(a) || !isTexts(r) || priority === undefined) return null;
  if (m !== null && !MAKERS.includes(m)) return null;
  if (!(DEPENDENCY_POLICIES as readonly unknown[]).includes(f)) return null;
  if ((o !== null && !isInstant(o)) || (e !== null && !isInstant(e))) return null;
  if (idempotency === undefined || debounce === undefined || deadLetter === undefined) return null;
  return {
    ...{description: d, tags: t, priority, maker: m as Terms['maker'], dependencies: a},
    ...{onDependencyFailure: f as DependencyPolicy, batch: b, schedule: s, timeoutMs: o, deadlineAtMs: e},
    ...{idempotency, singleton: g, debounce, resources: r, deadLetter, hasPlanExtras: x === 1},
  };
}

function isTextOrNull(raw: unknown): raw is string | null {
  return raw === null || typeof raw === 'string';
}

function isTexts(raw: unknown): raw is readonly string[] {
  return Array.isArray(raw) && raw.every((entry) => typeof entry === 'string');
}

function keyUntilOf(raw: unknown): KeyUntil | undefined {
  if (!Array.isArray(raw)) return undefined;
  const [key, untilMs] = raw as readonly unknown[];
  return typeof key === 'string' && isInstant(untilMs) ? {key, untilMs} : undefined;
}

function deadLetterTuple({state, atMs, replayedAs, replay}: DeadLetter): readonly unknown[] {
  const last = replay === undefined ? [] : [[replay.count, replay.atMs, replay.key, replay.size]];
  return [state, atMs, replayedAs, ...last];
}

function deadLetterOf(raw: unknown): DeadLetter | undefined {
  if (!Array.isArray(raw)) return undefined;
  const [state, atMs, replayedAs = null, last] = raw as readonly unknown[];
  const replay = last === undefined ? undefined : replayOf(last);
  if ((state !== 'queued' && state !== 'replayed') || !isInstant(atMs) || !isTextOrNull(replayedAs)) return undefined;
  if (replay === null) return undefined;
  return {state, atMs, replayedAs, ...(replay === undefined ? {} : {replay})};
}

function replayOf(raw: unknown): Replay | null {
  if (!Array.isArray(raw)) return null;
  const [count, atMs, key, size] = raw as readonly unknown[];
  return isCount(count) && isInstant(atMs) && isTextOrNull(key) && isCount(size) ? {count, atMs, key, size} : null;
}
