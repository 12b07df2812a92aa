/** Plans for tests: by hand, and any legal one. */
import fc from 'fast-check';
import {listOf, rangeOf} from '../../src/core/items';
import {
  DEFAULT_CHECKPOINTING,
  NO_EXTRAS,
  type Checkpointing,
  type MapNode,
  type Orchestration,
  type Plan,
  type PlanExtras,
  type PlanNode,
  type ReduceNode,
  type StepNode,
} from '../../src/core/plan';
import {DEFAULT_RETRY, type ResolvedRetry} from '../../src/core/retry';
import {anyJson, anyText} from './arbitraries';

const BASE = {deps: [] as readonly number[], retry: DEFAULT_RETRY, maxCrashes: 3, timeoutMs: null};

export function stepNode(id: string, fields: Partial<StepNode> = {}): StepNode {
  return {kind: 'step', id, handler: 'work', ...BASE, payload: null, ...fields};
}

export function mapNode(prefix: string, values: readonly unknown[], fields: Partial<MapNode> = {}): MapNode {
  const own = {items: listOf(values), shared: undefined, maxConcurrency: 10, checkpoint: DEFAULT_CHECKPOINTING};
  return {kind: 'map', prefix, handler: 'work', ...BASE, ...own, ...fields};
}

/** A map step over the numbers from 0 on. */
export function rangeNode(prefix: string, count: number, fields: Partial<MapNode> = {}): MapNode {
  return mapNode(prefix, [], {items: rangeOf(count), ...fields});
}

/** A plan as plain data, for comparing: a source of items is what it gives. */
export function plainPlan(plan: Plan): unknown {
  const nodes = plan.nodes.map((node) => {
    if (node.kind !== 'map') return node;
    const {items} = node;
    return {...node, items: items.kind === 'list' ? items.all() : {count: items.count}};
  });
  return {...plan, nodes};
}

export function reduceNode(id: string, over: number, fields: Partial<ReduceNode> = {}): ReduceNode {
  return {kind: 'reduce', id, handler: 'work', ...BASE, deps: [over], over, shared: undefined, ...fields};
}

export function planOf(...nodes: readonly PlanNode[]): Plan {
  return {nodes, orchestration: null};
}

/** A plan of unconnected steps a, b, c, … */
export function loosePlan(size: number): Plan {
  return planOf(...Array.from({length: size}, (_none, index) => stepNode(`s${index}`)));
}

const retry: fc.Arbitrary<ResolvedRetry> = fc.oneof(
  fc.constant(DEFAULT_RETRY),
  fc.record({
    maxRetries: fc.nat({max: 20}),
    delayMs: fc.nat({max: 100_000}),
    factor: fc.double({min: 1, max: 100, noNaN: true}),
    maxDelayMs: fc.nat({max: 10_000_000}),
    jitter: fc.double({min: 0, max: 1, noNaN: true}),
  }),
);

interface Draft {
  readonly kind: 'step' | 'map' | 'reduce';
  readonly rank: number;
  readonly deps: readonly number[];
  readonly handler: string;
  readonly retry: ResolvedRetry;
  readonly maxCrashes: number;
  readonly timeoutMs: number | null;
  readonly values: readonly unknown[];
  readonly isRange: boolean;
  readonly shared: unknown;
  readonly maxConcurrency: number;
  readonly checkpoint: Checkpointing;
}

const draft: fc.Arbitrary<Draft> = fc.record({
  kind: fc.constantFrom('step', 'step', 'map', 'reduce'),
  rank: fc.nat({max: 1_000}),
  deps: fc.array(fc.nat({max: 1_000}), {maxLength: 3}),
  handler: fc.constantFrom('alpha', 'beta', 'gamma'),
  retry,
  maxCrashes: fc.integer({min: 1, max: 20}),
  timeoutMs: fc.option(fc.integer({min: 1, max: 330_000})),
  values: fc.array(anyJson, {minLength: 1, maxLength: 5}),
  isRange: fc.boolean(),
  shared: fc.option(anyJson, {nil: undefined}),
  maxConcurrency: fc.integer({min: 1, max: 5}),
  checkpoint: fc.oneof(
    fc.constant(DEFAULT_CHECKPOINTING),
    fc.record({everyMs: fc.nat({max: 60_000}), everyItems: fc.integer({min: 1, max: 1_000})}),
  ),
});

const texts = fc.dictionary(fc.constantFrom('a', 'B_1', 'c'), anyText(6), {maxKeys: 2, noNullPrototype: true});
const extras: fc.Arbitrary<PlanExtras> = fc.record({payload: anyJson, environment: texts, secrets: texts});

/** Any acyclic plan. Dependencies point to nodes of lower rank, which may stand before or behind in the request. */
export const plans: fc.Arbitrary<Plan> = fc
  .tuple(
    fc.array(draft, {minLength: 1, maxLength: 8}),
    fc.option(
      fc.record<Orchestration>({
        helper: fc.constantFrom('chain', 'enqueue_many', 'map_reduce'),
        mode: fc.constantFrom('run', 'enqueue'),
      }),
    ),
    anyText(6),
    fc.option(extras),
  )
  .map(([drafts, orchestration, salt, own]) => ({
    nodes: drafts.map((_draft, index) => link(drafts, index, salt)),
    orchestration,
    ...(own === null || JSON.stringify(own) === JSON.stringify(NO_EXTRAS) ? {} : {extras: own}),
  }));

function link(drafts: readonly Draft[], index: number, salt: string): PlanNode {
  const own = drafts[index] as Draft;
  const isBelow = (other: Draft, position: number): boolean =>
    other.rank < own.rank || (other.rank === own.rank && position < index);
  const below = drafts
    .map((_other, position) => position)
    .filter((position) => isBelow(drafts[position] as Draft, position));
  const picked = below.length === 0 ? [] : own.deps.map((dep) => below[dep % below.length] as number);
  const base = {handler: own.handler, retry: own.retry, maxCrashes: own.maxCrashes, timeoutMs: own.timeoutMs};
  const {shared} = own;
  const id = `n${index}${salt}`;
  if (own.kind === 'map')
    return {
      kind: 'map',
      prefix: id,
      ...base,
      deps: [...new Set(picked)],
      items: own.isRange ? rangeOf(own.values.length) : listOf(own.values),
      shared,
      maxConcurrency: own.maxConcurrency,
      checkpoint: own.checkpoint,
    };
  const over = below.find((position) => drafts[position]?.kind === 'map');
  if (own.kind === 'reduce' && over !== undefined)
    return {kind: 'reduce', id, ...base, deps: [...new Set([over, ...picked])], over, shared};
  return {kind: 'step', id, ...base, deps: [...new Set(picked)], payload: own.values[0] ?? null};
}
