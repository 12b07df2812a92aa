/** Compiles `mapReduce`: a map step over items, then one step over its results. Long and short keys mean the same. */
import {isObject, printValue} from '../core/json';
import {MAX_ITEMS} from '../core/limits';
import type {MapNode, Plan, ReduceNode} from '../core/plan';
import {refuseForeign} from './fields';
import {mapNode, sourceNodes} from './fan-out';
import {invalid, optionalPayload, orchestrationMode, stepId, type AttemptLimits, type HandlerNames} from './request';

/** The plan of a map-reduce. */
export function planOfMapReduce(
  request: Readonly<Record<string, unknown>>,
  limits: AttemptLimits,
  handlers: HandlerNames,
): Plan {
  const mode = orchestrationMode(request['mode'], 'run');
  const map = part(request['map'], 'map');
  const reduce = part(request['reduce'], 'reduce');
  const prefix = stepId(map['stepIdPrefix'] ?? request['mapStepIdPrefix'] ?? 'map', 'mapStepIdPrefix');
  const reduceId = stepId(reduce['id'] ?? request['reduceStepId'] ?? 'reduce', 'reduceStepId');
  const mapStep = mapNode(
    {
      prefix,
      items: request['items'],
      shared: map['payload'] ?? request['mapPayload'],
      maxConcurrency: request['maxConcurrency'],
      checkpoint: request['checkpoint'],
      timeoutMs: request['itemTimeoutMs'],
      handler: map['handler'] ?? request['mapHandler'],
      maxPagedItems: MAX_ITEMS,
      what: 'mapReduce',
    },
    limits,
    handlers,
  );
  refuseTooManyToReduce(mapStep);
  refuseCollision(mapStep, reduceId);
  const sources = sourceNodes(mapStep, request['items'], handlers);
  if (sources.some((source) => source.id === reduceId)) throw collision(reduceId);
  const reduceStep: ReduceNode = {
    kind: 'reduce',
    id: reduceId,
    handler: handlers.nameOf(reduce['handler'] ?? request['reduceHandler'], 'the reduce step of mapReduce'),
    deps: [0, ...sources.map((_source, index) => index + 1)],
    ...limits,
    over: 0,
    shared: optionalPayload(reduce['payload'] ?? request['reducePayload'], 'The reduce payload of mapReduce'),
  };
  return {nodes: [mapStep, ...sources, reduceStep], orchestration: {helper: 'map_reduce', mode}};
}

function part(raw: unknown, key: string): Readonly<Record<string, unknown>> {
  if (raw === undefined || raw === null) return {};
  if (!isObject(raw))
    throw invalid(`${key} of mapReduce must be an object like {handler, payload}, got ${printValue(raw)}.`);
  refuseForeign(raw, 'part', `${key} of mapReduce`);
  return raw;
}

/** Only a range may be longer. The reduce step is handed the id of every item, and the results of all of them. */
function refuseTooManyToReduce({items: {count}}: MapNode): void {
  if (count <= MAX_ITEMS) return;
  throw invalid(
    `mapReduce takes at most ${MAX_ITEMS} items, got a range of ${count}: the list of their ids, which the reduce step ` +
      'is handed, would not fit into memory. Use enqueueMany, where a range may be longer, let its handler save what ' +
      'it finds, and sum that up in a job of its own.',
    {maxItems: MAX_ITEMS, count},
  );
}

function refuseCollision({prefix, items}: MapNode, reduceId: string): void {
  const match = reduceId.startsWith(`${prefix}_`) ? /^[1-9]\d*$/.exec(reduceId.slice(prefix.length + 1)) : null;
  if (match === null || Number(match[0]) > items.count) return;
  throw collision(reduceId);
}

function collision(reduceId: string): Error {
  return invalid(
    `The mapReduce reduce step id ${printValue(reduceId)} must be distinct from the ids of the map steps: choose another.`,
    {reduceStepId: reduceId},
  );
}
