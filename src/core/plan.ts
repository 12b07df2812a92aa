/**
 * The plan: the compiled, immutable graph of a job, and how it is numbered.
 *
 * A step is a node with one unit of work, a map step is one node with a unit for each item. Units are numbered through
 * the whole plan; logs, markers and crash counts speak of units, users of step ids. Nodes stand in the order of the
 * request.
 */
import type {OrchestrationMode} from '../types';
import type {ResolvedRetry} from './retry';

/** What every node has. */
interface NodeBase {
  readonly handler: string;
  /** Indices of the nodes that must be completed first. */
  readonly deps: readonly number[];
  readonly retry: ResolvedRetry;
  readonly maxCrashes: number;
}

/** One handler call. */
export interface StepNode extends NodeBase {
  readonly kind: 'step';
  readonly id: string;
  readonly payload: unknown;
}

/** One handler over many items; the id of item k is `<prefix>_<k+1>`. */
export interface MapNode extends NodeBase {
  readonly kind: 'map';
  readonly prefix: string;
  readonly items: readonly unknown[];
  /** `undefined` when there is none. */
  readonly shared: unknown;
  readonly maxConcurrency: number;
}

/** One handler call over the results of a map node. */
export interface ReduceNode extends NodeBase {
  readonly kind: 'reduce';
  readonly id: string;
  /** Index of the map node. */
  readonly over: number;
  readonly shared: unknown;
}

export type PlanNode = StepNode | MapNode | ReduceNode;

/** Which helper made the plan. */
export interface Orchestration {
  readonly helper: 'chain' | 'enqueue_many' | 'map_reduce';
  readonly mode: OrchestrationMode;
}

export interface Plan {
  readonly nodes: readonly PlanNode[];
  readonly orchestration: Orchestration | null;
}

/** A plan with its numbering. */
export class NumberedPlan {
  readonly plan: Plan;
  readonly nodes: readonly PlanNode[];
  readonly unitCount: number;
  private readonly firstUnits: readonly number[];

  constructor(plan: Plan) {
    this.plan = plan;
    this.nodes = plan.nodes;
    const firstUnits: number[] = [];
    let next = 0;
    for (const node of plan.nodes) {
      firstUnits.push(next);
      next += unitsOf(node);
    }
    this.firstUnits = firstUnits;
    this.unitCount = next;
  }

  node(index: number): PlanNode {
    const node = this.nodes[index];
    if (node === undefined) throw new RangeError(`node ${index} of ${this.nodes.length}`);
    return node;
  }

  firstUnit(nodeIndex: number): number {
    return this.firstUnits[nodeIndex] ?? this.unitCount;
  }

  /** Index of the node that a unit belongs to: binary search over the first units. */
  nodeOfUnit(unit: number): number {
    let low = 0;
    let high = this.firstUnits.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.firstUnit(middle) <= unit) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** The user's id of a unit. */
  stepId(unit: number): string {
    const nodeIndex = this.nodeOfUnit(unit);
    const node = this.node(nodeIndex);
    return node.kind === 'map' ? itemId(node, unit - this.firstUnit(nodeIndex)) : node.id;
  }

  /** Ids of the units of a node, in order. */
  stepIdsOfNode(nodeIndex: number): readonly string[] {
    const node = this.node(nodeIndex);
    return node.kind === 'map' ? node.items.map((_item, index) => itemId(node, index)) : [node.id];
  }

  /** What the user reads under `dependsOn`: for an item the window that `maxConcurrency` opens, as drop-in users know it. */
  dependsOn(unit: number): readonly string[] {
    const nodeIndex = this.nodeOfUnit(unit);
    const node = this.node(nodeIndex);
    const index = unit - this.firstUnit(nodeIndex);
    if (node.kind === 'map') return index < node.maxConcurrency ? [] : [itemId(node, index - node.maxConcurrency)];
    return node.deps.reduce<readonly string[]>((ids, dep) => ids.concat(this.stepIdsOfNode(dep)), []);
  }

  /** A fresh payload for a unit: nothing that a handler does to it reaches another call. */
  payload(unit: number): unknown {
    const nodeIndex = this.nodeOfUnit(unit);
    const node = this.node(nodeIndex);
    return JSON.parse(JSON.stringify(this.payloadView(node, unit - this.firstUnit(nodeIndex)))) as unknown;
  }

  private payloadView(node: PlanNode, index: number): unknown {
    const shared = node.kind !== 'step' && node.shared !== undefined ? {shared: node.shared} : {};
    switch (node.kind) {
      case 'step':
        return node.payload;
      case 'map':
        return {item: node.items[index], index, position: index + 1, total: node.items.length, ...shared};
      case 'reduce': {
        const mapStepIds = this.stepIdsOfNode(node.over);
        return {mapStepIds, total: mapStepIds.length, ...shared};
      }
    }
  }
}

function unitsOf(node: PlanNode): number {
  return node.kind === 'map' ? node.items.length : 1;
}

function itemId(node: MapNode, index: number): string {
  return `${node.prefix}_${index + 1}`;
}
