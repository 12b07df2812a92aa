/** Compiles `enqueueMany`: one handler over many items, held as one map step. */
import {listOf, pagesOf, rangeOf, type ItemSource} from '../core/items';
import {isObject, printValue} from '../core/json';
import {
  GROUP_ITEMS,
  GROUP_MS,
  MAX_BUDGET_MS,
  MAX_CONCURRENCY,
  MAX_GROUP_ITEMS,
  MAX_GROUP_MS,
  MAX_ITEMS,
  MAX_PAGED_ITEMS,
  MAX_RANGE,
} from '../core/limits';
import {
  DEFAULT_CHECKPOINTING,
  isPaged,
  type Checkpointing,
  type MapNode,
  type Plan,
  type SourceNode,
} from '../core/plan';
import {
  given,
  integerIn,
  invalid,
  optionalPayload,
  orchestrationMode,
  payload,
  stepId,
  type AttemptLimits,
  type HandlerNames,
} from './request';

const DEFAULT_MAX_CONCURRENCY = 10;

/** The plan of a fan-out. */
export function planOfFanOut(
  request: Readonly<Record<string, unknown>>,
  limits: AttemptLimits,
  handlers: HandlerNames,
): Plan {
  const mode = orchestrationMode(request['mode'], 'enqueue');
  const map = mapNode(
    {
      prefix: stepId(request['stepIdPrefix'] ?? 'item', 'stepIdPrefix'),
      items: request['items'],
      shared: request['sharedPayload'],
      maxConcurrency: request['maxConcurrency'],
      checkpoint: request['checkpoint'],
      timeoutMs: request['itemTimeoutMs'],
      handler: request['handler'],
      maxPagedItems: MAX_PAGED_ITEMS,
      what: 'enqueueMany',
    },
    limits,
    handlers,
  );
  return {nodes: [map, ...sourceNodes(map, request['items'], handlers)], orchestration: {helper: 'enqueue_many', mode}};
}

/** The plan of an execution of a named job: a fan-out over tasks that are given one by one. */
export function planOfTasks(
  request: Readonly<Record<string, unknown>>,
  limits: AttemptLimits,
  handlers: HandlerNames,
): Plan {
  const {tasks} = request;
  if (!Array.isArray(tasks) || tasks.length === 0)
    throw invalid(`createExecution requires a non-empty list of tasks, got ${printValue(tasks)}.`);
  const map = mapNode(
    {
      prefix: stepId(request['stepIdPrefix'] ?? 'task', 'stepIdPrefix'),
      items: tasks,
      shared: request['sharedPayload'],
      maxConcurrency: request['maxConcurrency'],
      checkpoint: request['checkpoint'],
      timeoutMs: request['itemTimeoutMs'],
      handler: request['handler'],
      maxPagedItems: MAX_PAGED_ITEMS,
      what: 'createExecution',
    },
    limits,
    handlers,
  );
  return {nodes: [map], orchestration: {helper: 'enqueue_many', mode: 'enqueue'}};
}

/** What a map step is made of, unchecked. */
export interface MapDraft {
  readonly prefix: string;
  readonly items: unknown;
  readonly shared: unknown;
  readonly maxConcurrency: unknown;
  readonly checkpoint: unknown;
  /** Of one attempt of an item. */
  readonly timeoutMs: unknown;
  readonly handler: unknown;
  /** Items that a source of pages may bring. */
  readonly maxPagedItems: number;
  readonly what: string;
}

/** A map step over items. */
export function mapNode(draft: MapDraft, limits: AttemptLimits, handlers: HandlerNames): MapNode {
  const {prefix, what} = draft;
  const items = itemsOf(draft.items, what, draft.maxPagedItems);
  const maxConcurrency = given(draft.maxConcurrency)
    ? integerIn(draft.maxConcurrency, 'maxConcurrency', 1, MAX_CONCURRENCY)
    : DEFAULT_MAX_CONCURRENCY;
  return {
    kind: 'map',
    prefix,
    handler: handlers.nameOf(draft.handler, what),
    deps: [],
    ...limits,
    timeoutMs: itemTimeout(draft.timeoutMs),
    items,
    shared: optionalPayload(draft.shared, `The shared payload of ${what}`),
    maxConcurrency,
    checkpoint: checkpointing(draft.checkpoint, what),
  };
}

function itemTimeout(raw: unknown): number | null {
  return given(raw) ? integerIn(raw, 'itemTimeoutMs', 1, MAX_BUDGET_MS) : null;
}

function checkpointing(raw: unknown, what: string): Checkpointing {
  if (raw === undefined || raw === null) return DEFAULT_CHECKPOINTING;
  if (!isObject(raw))
    throw invalid(`checkpoint of ${what} must be an object like {everyMs, everyItems}, got ${printValue(raw)}.`);
  const unknown = Object.keys(raw).find((key) => key !== 'everyMs' && key !== 'everyItems');
  if (unknown !== undefined)
    throw invalid(`checkpoint of ${what} knows everyMs and everyItems, got ${printValue(unknown)}.`);
  const {everyMs = GROUP_MS, everyItems = GROUP_ITEMS} = raw;
  return {
    everyMs: integerIn(everyMs, 'checkpoint.everyMs', 0, MAX_GROUP_MS),
    everyItems: integerIn(everyItems, 'checkpoint.everyItems', 1, MAX_GROUP_ITEMS),
  };
}

/** The node that brings the pages of a map node, where it stands first in its plan. */
export function sourceNodes(map: MapNode, items: unknown, handlers: HandlerNames): readonly SourceNode[] {
  if (!isPaged(map) || !isObject(items)) return [];
  const {handler, payload: shared, ...more} = items;
  const [extra] = Object.keys(more);
  if (extra !== undefined)
    throw invalid(`items has the field ${printValue(extra)}: a source of pages is {handler, payload?}.`);
  const {retry, maxCrashes} = map;
  return [
    {
      ...{kind: 'source', id: `${map.prefix}_pages`, feeds: 0, deps: [], retry, maxCrashes, timeoutMs: null},
      handler: handlers.nameOf(handler, 'items'),
      shared: optionalPayload(shared, 'The payload of items'),
    },
  ];
}

function itemsOf(raw: unknown, what: string, capacity: number): ItemSource {
  if (isObject(raw) && raw['handler'] !== undefined) return pagesOf(capacity);
  if (isObject(raw) && raw['count'] !== undefined) return rangeItems(raw, what);
  refuseNoItems(raw, what);
  const items = payload(raw, `The items of ${what}`);
  // A `toJSON` of their own may have made something else of them.
  refuseNoItems(items, what);
  return listOf(items);
}

function rangeItems(raw: Readonly<Record<string, unknown>>, what: string): ItemSource {
  const {count, ...more} = raw;
  const [extra] = Object.keys(more);
  if (extra !== undefined)
    throw invalid(`items of ${what} has the field ${printValue(extra)} beside count: a range is {count: n} alone.`);
  if (typeof count === 'number' && Number.isInteger(count) && count >= 1 && count <= MAX_RANGE) return rangeOf(count);
  throw invalid(`items.count of ${what} must be an integer from 1 to ${MAX_RANGE}, got ${printValue(count)}.`);
}

function refuseNoItems(items: unknown, what: string): asserts items is readonly unknown[] {
  if (!Array.isArray(items) || items.length === 0)
    throw invalid(
      `items of ${what} must be a non-empty array, {count: n} for a range, or {handler} for pages, got ${printValue(items)}.`,
    );
  if (items.length > MAX_ITEMS)
    throw invalid(
      `${what} takes at most ${MAX_ITEMS} items, got ${items.length}. Split them over several jobs, or pass a range, ` +
        '{count: n}, and let the handler read what item k stands for.',
      {maxItems: MAX_ITEMS, count: items.length},
    );
}
