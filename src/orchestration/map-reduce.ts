/** Compiles `mapReduce`: a map step over items, then one step over its results. Long and short keys mean the same. */
import {isObject, printValue} from '../core/json';
import type {Plan, ReduceNode} from '../core/plan';
import {mapNode} from './fan-out';
import type {JobLimits} from './job-plan';
import {invalid, optionalPayload, orchestrationMode, stepId, type HandlerNames} from './request';

/** The plan of a map-reduce. */
export function planOfMapReduce(
  request: Readonly<Record<string, unknown>>,
  limits: JobLimits,
  handlers: HandlerNames,
): Plan {
  const mode = orchestrationMode(request['mode'], 'run');
  const map = part(request['map'], 'map');
  const reduce = part(request['reduce'], 'reduce');
  const prefix = stepId(map['stepIdPrefix'] ?? request['mapStepIdPrefix'] ?? 'map', 'mapStepIdPrefix');
  const reduceId = stepId(reduce['id'] ?? request['reduceStepId'] ?? 'reduce', 'reduceStepId');
  refuseCollision(prefix, reduceId, request['items']);
  const mapStep = mapNode(
    {
      prefix,
      items: request['items'],
      shared: map['payload'] ?? request['mapPayload'],
      maxConcurrency: request['maxConcurrency'],
      handler: map['handler'] ?? request['mapHandler'],
      what: 'mapReduce',
    },
    limits,
    handlers,
  );
  const reduceStep: ReduceNode = {
    kind: 'reduce',
    id: reduceId,
    handler: handlers.nameOf(reduce['handler'] ?? request['reduceHandler'], 'the reduce step of mapReduce'),
    deps: [0],
    ...limits,
    over: 0,
    shared: optionalPayload(reduce['payload'] ?? request['reducePayload'], 'The reduce payload of mapReduce'),
  };
  return {nodes: [mapStep, reduceStep], orchestration: {helper: 'map_reduce', mode}};
}

function part(raw: unknown, key: string): Readonly<Record<string, unknown>> {
  if (raw === undefined || raw === null) return {};
  if (isObject(raw)) return raw;
  throw invalid(`${key} of mapReduce must be an object like {handler, payload}, got ${printValue(raw)}.`);
}

function refuseCollision(prefix: string, reduceId: string, items: unknown): void {
  const match = reduceId.startsWith(`${prefix}_`) ? /^[1-9]\d*$/.exec(reduceId.slice(prefix.length + 1)) : null;
  if (match === null || !Array.isArray(items) || Number(match[0]) > items.length) return;
  throw invalid(
    `The mapReduce reduce step id ${printValue(reduceId)} must be distinct from the ids of the map steps: choose another.`,
    {reduceStepId: reduceId},
  );
}
