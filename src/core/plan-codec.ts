/**
 * Plan ↔ text. Only what differs from the default is written; a map step is one entry with its items. The text is
 * written once and never changes, so its fingerprint in the header tells damage from truth.
 */
import {isCount, isObject, MAX_DURATION_MS, parseJson} from './json';
import {pack, unpack} from './pack';
import type {Orchestration, Plan, PlanNode} from './plan';
import {DEFAULT_RETRY, type ResolvedRetry} from './retry';

export const DEFAULT_MAX_CRASHES = 3;

const RETRY_KEYS = ['maxRetries', 'delayMs', 'factor', 'maxDelayMs', 'jitter'] as const;

/** The stored text of a plan. */
export function encodePlan(plan: Plan): string {
  const orchestration = plan.orchestration === null ? {} : {o: [plan.orchestration.helper, plan.orchestration.mode]};
  return pack(JSON.stringify({n: plan.nodes.map(encodeNode), ...orchestration}));
}

/** The plan in a stored text; `null` for text that is no plan. */
export function decodePlan(text: string): Plan | null {
  const json = unpack(text);
  const raw = json === null ? undefined : parseJson(json);
  if (!isObject(raw) || !Array.isArray(raw['n'])) return null;
  const nodes: PlanNode[] = [];
  for (const rawNode of raw['n'] as readonly unknown[]) {
    const node = decodeNode(rawNode);
    if (node === null) return null;
    nodes.push(node);
  }
  return fitTogether(nodes) ? {nodes, orchestration: decodeOrchestration(raw['o'])} : null;
}

/** Whether nodes name only nodes that are there. */
function fitTogether(nodes: readonly PlanNode[]): boolean {
  const isRight = (node: PlanNode): boolean =>
    node.deps.every((dep) => nodes[dep] !== undefined) && (node.kind !== 'reduce' || nodes[node.over]?.kind === 'map');
  return nodes.length > 0 && nodes.every(isRight);
}

const HELPERS: readonly unknown[] = ['chain', 'enqueue_many', 'map_reduce'];

function decodeOrchestration(raw: unknown): Orchestration | null {
  if (!Array.isArray(raw)) return null;
  const [helper, mode] = raw as readonly unknown[];
  // What a later version knows besides: such a job runs like others and has no summary here.
  if (!HELPERS.includes(helper) || (mode !== 'run' && mode !== 'enqueue')) return null;
  return {helper: helper as Orchestration['helper'], mode};
}

function encodeNode(node: PlanNode): object {
  const base = {
    h: node.handler,
    ...(node.deps.length === 0 ? {} : {d: node.deps}),
    ...encodeRetry(node.retry),
    ...(node.maxCrashes === DEFAULT_MAX_CRASHES ? {} : {c: node.maxCrashes}),
  };
  switch (node.kind) {
    case 'step':
      return {i: node.id, ...base, ...(node.payload === null ? {} : {p: node.payload})};
    case 'map':
      return {m: node.prefix, ...base, w: node.maxConcurrency, x: node.items, s: node.shared};
    case 'reduce':
      return {i: node.id, ...base, v: node.over, s: node.shared};
  }
}

function encodeRetry(retry: ResolvedRetry): {r?: readonly number[]} {
  const isDefault = RETRY_KEYS.every((key) => retry[key] === DEFAULT_RETRY[key]);
  return isDefault ? {} : {r: RETRY_KEYS.map((key) => retry[key])};
}

function decodeNode(raw: unknown): PlanNode | null {
  if (!isObject(raw) || typeof raw['h'] !== 'string') return null;
  const deps = raw['d'] ?? [];
  const retry = decodeRetry(raw['r']);
  const maxCrashes = raw['c'] ?? DEFAULT_MAX_CRASHES;
  if (!isListOf(deps, isCount) || retry === null || !isCount(maxCrashes) || maxCrashes === 0) return null;
  const base = {handler: raw['h'], deps, retry, maxCrashes};
  const {m: prefix, i: id, x: items, w: maxConcurrency, s: shared} = raw;
  if (typeof prefix === 'string' && Array.isArray(items) && isCount(maxConcurrency) && maxConcurrency > 0)
    return {kind: 'map', prefix, ...base, items, shared, maxConcurrency};
  if (typeof id !== 'string') return null;
  if (raw['v'] !== undefined) return isCount(raw['v']) ? {kind: 'reduce', id, ...base, over: raw['v'], shared} : null;
  return {kind: 'step', id, ...base, payload: raw['p'] ?? null};
}

function decodeRetry(raw: unknown): ResolvedRetry | null {
  if (raw === undefined) return DEFAULT_RETRY;
  if (!isListOf(raw, isAmount) || raw.length !== RETRY_KEYS.length) return null;
  const [maxRetries = 0, delayMs = 0, factor = 1, maxDelayMs = 0, jitter = 0] = raw;
  return {maxRetries, delayMs, factor, maxDelayMs, jitter};
}

function isAmount(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= MAX_DURATION_MS;
}

function isListOf(raw: unknown, isEntry: (entry: unknown) => entry is number): raw is readonly number[] {
  return Array.isArray(raw) && raw.every(isEntry);
}
