/**
 * Plan ↔ text. Only what differs from the default is written; a map step is one entry with its items. The text is
 * written once and never changes, so its fingerprint in the header tells damage from truth.
 *
 * Many items stand apart, on a line of their own that is unpacked and parsed when the first item is asked for. The first
 * line, which stands for the whole plan, only counts them: most readers ask for no item.
 */
import {jobsError} from '../errors';
import {listOf, pagesOf, rangeOf, storedList, type ItemSource, type ListItems} from './items';
import {isCount, isObject, MAX_DURATION_MS, parseJson} from './json';
import {MAX_GROUP_ITEMS, MAX_ITEMS, MAX_PAGED_ITEMS, MAX_RANGE} from './limits';
import {pack, unpack} from './pack';
import {
  DEFAULT_CHECKPOINTING,
  isPaged,
  NO_EXTRAS,
  type Checkpointing,
  type Orchestration,
  type Plan,
  type PlanExtras,
  type PlanNode,
} from './plan';
import {DEFAULT_RETRY, type ResolvedRetry} from './retry';

export const DEFAULT_MAX_CRASHES = 3;

const RETRY_KEYS = ['maxRetries', 'delayMs', 'factor', 'maxDelayMs', 'jitter'] as const;

/** The stored text of a plan. */
export function encodePlan(plan: Plan): string {
  const orchestration = plan.orchestration === null ? {} : {o: [plan.orchestration.helper, plan.orchestration.mode]};
  const apart: string[] = [];
  const nodes = plan.nodes.map((node) => encodeNode(node, apart));
  const head = {n: nodes, ...orchestration, ...encodeExtras(plan.extras ?? NO_EXTRAS)};
  return [JSON.stringify(head), ...apart].map(pack).join(LINE_END);
}

/** Neither JSON text nor packed text has one. */
const LINE_END = '\n';
/** Shorter lists of items are legible where their step is, and parsed with it in no time. */
const WORTH_A_LINE_CHARS = 2_000;

/** The plan in a stored text; `null` for text that is no plan. */
export function decodePlan(text: string): Plan | null {
  const [head = '', ...apart] = text.split(LINE_END);
  const json = unpack(head);
  const raw = json === null ? undefined : parseJson(json);
  if (!isObject(raw) || !Array.isArray(raw['n'])) return null;
  const nodes: PlanNode[] = [];
  for (const rawNode of raw['n'] as readonly unknown[]) {
    const node = decodeNode(rawNode, apart);
    if (node === null) return null;
    nodes.push(node);
  }
  const extras = decodeExtras(raw['e']);
  if (extras === null || !fitTogether(nodes)) return null;
  return {nodes, orchestration: decodeOrchestration(raw['o']), ...(extras === NO_EXTRAS ? {} : {extras})};
}

function encodeExtras({payload, environment, secrets}: PlanExtras): {e?: object} {
  const fields = {
    ...(payload === null ? {} : {p: payload}),
    ...(Object.keys(environment).length === 0 ? {} : {v: environment}),
    ...(Object.keys(secrets).length === 0 ? {} : {s: secrets}),
  };
  return Object.keys(fields).length === 0 ? {} : {e: fields};
}

function decodeExtras(raw: unknown): PlanExtras | null {
  if (raw === undefined) return NO_EXTRAS;
  if (!isObject(raw)) return null;
  const {p: payload = null, v: environment = {}, s: secrets = {}} = raw;
  return isTexts(environment) && isTexts(secrets) ? {payload, environment, secrets} : null;
}

function isTexts(raw: unknown): raw is Readonly<Record<string, string>> {
  return isObject(raw) && Object.values(raw).every((value) => typeof value === 'string');
}

/** Whether nodes name only nodes that are there. */
function fitTogether(nodes: readonly PlanNode[]): boolean {
  const isRight = (node: PlanNode, index: number): boolean =>
    node.deps.every((dep) => nodes[dep] !== undefined) &&
    (node.kind !== 'reduce' || isReducible(nodes[node.over])) &&
    (node.kind !== 'source' || isPaged(nodes[node.feeds])) &&
    (!isPaged(node) || nodes.filter((other) => other.kind === 'source' && other.feeds === index).length === 1);
  return nodes.length > 0 && nodes.every(isRight);
}

/** A reduce step is handed the ids of all items. */
function isReducible(node: PlanNode | undefined): boolean {
  return node?.kind === 'map' && node.items.count <= MAX_ITEMS;
}

const HELPERS: readonly unknown[] = ['chain', 'enqueue_many', 'map_reduce'];

function decodeOrchestration(raw: unknown): Orchestration | null {
  if (!Array.isArray(raw)) return null;
  const [helper, mode] = raw as readonly unknown[];
  // What a later version knows besides: such a job runs like others and has no summary here.
  if (!HELPERS.includes(helper) || (mode !== 'run' && mode !== 'enqueue')) return null;
  return {helper: helper as Orchestration['helper'], mode};
}

function encodeNode(node: PlanNode, apart: string[]): object {
  const base = {
    h: node.handler,
    ...(node.deps.length === 0 ? {} : {d: node.deps}),
    ...encodeRetry(node.retry),
    ...(node.maxCrashes === DEFAULT_MAX_CRASHES ? {} : {c: node.maxCrashes}),
    ...(node.timeoutMs === null ? {} : {t: node.timeoutMs}),
  };
  switch (node.kind) {
    case 'step':
      return {i: node.id, ...base, ...(node.payload === null ? {} : {p: node.payload})};
    case 'map':
      return {
        ...{m: node.prefix, ...base, w: node.maxConcurrency},
        ...{...encodeCheckpointing(node.checkpoint), ...encodeItems(node.items, apart), s: node.shared},
      };
    case 'reduce':
      return {i: node.id, ...base, v: node.over, s: node.shared};
    case 'source':
      return {i: node.id, ...base, f: node.feeds, s: node.shared};
  }
}

function encodeCheckpointing({everyMs, everyItems}: Checkpointing): {g?: readonly number[]} {
  const isDefault = everyMs === DEFAULT_CHECKPOINTING.everyMs && everyItems === DEFAULT_CHECKPOINTING.everyItems;
  return isDefault ? {} : {g: [everyMs, everyItems]};
}

function decodeCheckpointing(raw: unknown): Checkpointing | null {
  if (raw === undefined) return DEFAULT_CHECKPOINTING;
  if (!isListOf(raw, isCount) || raw.length !== 2) return null;
  const [everyMs = 0, everyItems = 1] = raw;
  return everyItems === 0 || everyItems > MAX_GROUP_ITEMS ? null : {everyMs, everyItems};
}

function encodeItems(items: ItemSource, apart: string[]): object {
  if (items.kind === 'range') return {k: items.count};
  if (items.kind === 'pages') return {q: items.count};
  const values = items.all();
  const text = JSON.stringify(values);
  if (text.length < WORTH_A_LINE_CHARS) return {x: values};
  apart.push(text);
  return {k: items.count, y: apart.length};
}

function encodeRetry(retry: ResolvedRetry): {r?: readonly number[]} {
  const isDefault = RETRY_KEYS.every((key) => retry[key] === DEFAULT_RETRY[key]);
  return isDefault ? {} : {r: RETRY_KEYS.map((key) => retry[key])};
}

function decodeNode(raw: unknown, apart: readonly string[]): PlanNode | null {
  if (!isObject(raw) || typeof raw['h'] !== 'string') return null;
  const deps = raw['d'] ?? [];
  const retry = decodeRetry(raw['r']);
  const maxCrashes = raw['c'] ?? DEFAULT_MAX_CRASHES;
  const timeoutMs = raw['t'] ?? null;
  if (!isListOf(deps, isCount) || retry === null || !isCount(maxCrashes) || maxCrashes === 0) return null;
  if (timeoutMs !== null && !isCount(timeoutMs)) return null;
  const base = {handler: raw['h'], deps, retry, maxCrashes, timeoutMs};
  const {m: prefix, i: id, w: maxConcurrency, s: shared} = raw;
  const items = decodeItems(raw, apart);
  const checkpoint = decodeCheckpointing(raw['g']);
  if (typeof prefix === 'string' && items !== null && isCount(maxConcurrency) && maxConcurrency > 0)
    return checkpoint === null ? null : {kind: 'map', prefix, ...base, items, shared, maxConcurrency, checkpoint};
  if (typeof id !== 'string') return null;
  if (raw['v'] !== undefined) return isCount(raw['v']) ? {kind: 'reduce', id, ...base, over: raw['v'], shared} : null;
  if (raw['f'] !== undefined) return isCount(raw['f']) ? {kind: 'source', id, ...base, feeds: raw['f'], shared} : null;
  return {kind: 'step', id, ...base, payload: raw['p'] ?? null};
}

/** Items where their step is, on a line of their own, counted only, which is a range, or in pages. */
function decodeItems(raw: Readonly<Record<string, unknown>>, apart: readonly string[]): ItemSource | null {
  const {x: values, k: count, y: line, q: capacity} = raw;
  if (Array.isArray(values)) return listOf(values);
  if (capacity !== undefined) return isCount(capacity) && capacity <= MAX_PAGED_ITEMS ? pagesOf(capacity) : null;
  if (!isCount(count) || count === 0 || count > MAX_RANGE) return null;
  if (line === undefined) return rangeOf(count);
  const text = isCount(line) ? apart[line - 1] : undefined;
  return text === undefined ? null : listOnLine(text, count);
}

/** What is on the line is looked at late. That it is what was written the fingerprint of the whole text has told before. */
function listOnLine(text: string, count: number): ListItems {
  return storedList(count, () => {
    const json = unpack(text);
    const values = json === null ? undefined : parseJson(json);
    if (Array.isArray(values) && values.length === count) return values;
    throw jobsError('RECORD_CORRUPT', `The stored text of ${count} items is damaged. It was left as it is.`, {count});
  });
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
