/** Compiles `enqueueMany`: one handler over many items, held as one map step. */
import {printValue} from '../core/json';
import {MAX_CONCURRENCY, MAX_ITEMS} from '../core/limits';
import type {MapNode, Plan} from '../core/plan';
import type {JobLimits} from './job-plan';
import {integerIn, invalid, optionalPayload, orchestrationMode, payload, stepId, type HandlerNames} from './request';

const DEFAULT_MAX_CONCURRENCY = 10;

/** The plan of a fan-out. */
export function planOfFanOut(
  request: Readonly<Record<string, unknown>>,
  limits: JobLimits,
  handlers: HandlerNames,
): Plan {
  const mode = orchestrationMode(request['mode'], 'enqueue');
  const map = mapNode(
    {
      prefix: stepId(request['stepIdPrefix'] ?? 'item', 'stepIdPrefix'),
      items: request['items'],
      shared: request['sharedPayload'],
      maxConcurrency: request['maxConcurrency'],
      handler: request['handler'],
      what: 'enqueueMany',
    },
    limits,
    handlers,
  );
  return {nodes: [map], orchestration: {helper: 'enqueue_many', mode}};
}

/** What a map step is made of, unchecked. */
export interface MapDraft {
  readonly prefix: string;
  readonly items: unknown;
  readonly shared: unknown;
  readonly maxConcurrency: unknown;
  readonly handler: unknown;
  readonly what: string;
}

/** A map step over items. */
export function mapNode(draft: MapDraft, limits: JobLimits, handlers: HandlerNames): MapNode {
  const {prefix, what} = draft;
  refuseNoItems(draft.items, what);
  const items = payload(draft.items, `The items of ${what}`);
  // A `toJSON` of their own may have made something else of them.
  refuseNoItems(items, what);
  const maxConcurrency =
    draft.maxConcurrency === undefined
      ? DEFAULT_MAX_CONCURRENCY
      : integerIn(draft.maxConcurrency, 'maxConcurrency', 1, MAX_CONCURRENCY);
  return {
    kind: 'map',
    prefix,
    handler: handlers.nameOf(draft.handler, what),
    deps: [],
    ...limits,
    items,
    shared: optionalPayload(draft.shared, `The shared payload of ${what}`),
    maxConcurrency,
  };
}

function refuseNoItems(items: unknown, what: string): asserts items is readonly unknown[] {
  if (!Array.isArray(items) || items.length === 0)
    throw invalid(`items of ${what} must be a non-empty array, got ${printValue(items)}.`);
  if (items.length > MAX_ITEMS)
    throw invalid(`${what} takes at most ${MAX_ITEMS} items, got ${items.length}. Split them over several jobs.`, {
      maxItems: MAX_ITEMS,
      count: items.length,
    });
}
