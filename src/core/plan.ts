/**
 * The plan: the compiled, immutable graph of a job, and how it is numbered.
 *
 * A step is a node with one unit of work, a map step is one node with a unit for each item. Units are numbered through
 * the whole plan; logs, markers and crash counts speak of units, users of step ids. Nodes stand in the order of the
 * request.
 */
import type {OrchestrationMode} from '../types';
import type {ItemSource} from './items';
import {GROUP_ITEMS, GROUP_MS, MAX_ITEM_ROWS} from './limits';
import type {ResolvedRetry} from './retry';

/** What every node has. */
interface NodeBase {
  readonly handler: string;
  /** Indices of the nodes that must be completed first. */
  readonly deps: readonly number[];
  readonly retry: ResolvedRetry;
  readonly maxCrashes: number;
  /** An attempt that took longer has failed; `null`: none is judged. */
  readonly timeoutMs: number | null;
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
  readonly items: ItemSource;
  /** `undefined` when there is none. */
  readonly shared: unknown;
  readonly maxConcurrency: number;
  readonly checkpoint: Checkpointing;
}

/** When the results of items are committed: after so long or so many, whichever comes first. */
export interface Checkpointing {
  readonly everyMs: number;
  readonly everyItems: number;
}

/** What holds where a request says nothing. */
export const DEFAULT_CHECKPOINTING: Checkpointing = {everyMs: GROUP_MS, everyItems: GROUP_ITEMS};

/** One handler call over the results of a map node. */
export interface ReduceNode extends NodeBase {
  readonly kind: 'reduce';
  readonly id: string;
  /** Index of the map node. */
  readonly over: number;
  readonly shared: unknown;
}

/** A handler that is called page by page, until there is none left, for the items of a map node. */
export interface SourceNode extends NodeBase {
  readonly kind: 'source';
  readonly id: string;
  /** Index of the map node. */
  readonly feeds: number;
  readonly shared: unknown;
}

export type PlanNode = StepNode | MapNode | ReduceNode | SourceNode;

/** Which helper made the plan. */
export interface Orchestration {
  readonly helper: 'chain' | 'enqueue_many' | 'map_reduce';
  readonly mode: OrchestrationMode;
}

/** What the steps of a job have in common. */
export interface PlanExtras {
  /** What a step is handed that has no payload of its own. */
  readonly payload: unknown;
  /** Texts by name. */
  readonly environment: Readonly<Record<string, string>>;
  /** Names of the host's properties by the name that handlers know; the values are stored nowhere here. */
  readonly secrets: Readonly<Record<string, string>>;
}

export const NO_EXTRAS: PlanExtras = {payload: null, environment: {}, secrets: {}};

export interface Plan {
  readonly nodes: readonly PlanNode[];
  readonly orchestration: Orchestration | null;
  /** @default NO_EXTRAS */
  readonly extras?: PlanExtras;
}

/** Whether a plan has what a library that knows no terms would pass over. */
export function hasExtras({extras = NO_EXTRAS, nodes}: Plan): boolean {
  return extrasText(extras) !== extrasText(NO_EXTRAS) || nodes.some((node) => node.timeoutMs !== null);
}

function extrasText(extras: PlanExtras): string {
  return JSON.stringify(extras);
}

/** A plan with its numbering. */
export class NumberedPlan {
  readonly plan: Plan;
  readonly nodes: readonly PlanNode[];
  readonly extras: PlanExtras;
  readonly unitCount: number;
  private readonly firstUnits: readonly number[];

  constructor(plan: Plan) {
    this.plan = plan;
    this.nodes = plan.nodes;
    this.extras = plan.extras ?? NO_EXTRAS;
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

  /** The unit of a user's id; `null` where there is none. */
  unitOf(stepId: string): number | null {
    for (let index = 0; index < this.nodes.length; index++) {
      const node = this.node(index);
      if (node.kind !== 'map') {
        if (node.id === stepId) return this.firstUnit(index);
      } else if (stepId.startsWith(`${node.prefix}_`)) {
        const position = Number(stepId.slice(node.prefix.length + 1));
        if (
          Number.isInteger(position) &&
          position >= 1 &&
          position <= node.items.count &&
          itemId(node, position - 1) === stepId
        )
          return this.firstUnit(index) + position - 1;
      }
    }
    return null;
  }

  /** Index of the node that fetches the pages of a map node; `null` where its items are known. */
  sourceOf(nodeIndex: number): number | null {
    const index = this.nodes.findIndex((node) => node.kind === 'source' && node.feeds === nodeIndex);
    return index < 0 ? null : index;
  }

  /** Ids of the units of a node, in order. */
  private stepIdsOfNode(nodeIndex: number): readonly string[] {
    const node = this.node(nodeIndex);
    return node.kind === 'map' ? itemIds(node, node.items.count) : [node.id];
  }

  /**
   * What the user reads under `dependsOn`: for an item the window that `maxConcurrency` opens, as drop-in users know it.
   * A map step with a row of its own is named by the id of that row.
   */
  dependsOn(unit: number): readonly string[] {
    const nodeIndex = this.nodeOfUnit(unit);
    const node = this.node(nodeIndex);
    const index = unit - this.firstUnit(nodeIndex);
    if (node.kind === 'map') return index < node.maxConcurrency ? [] : [itemId(node, index - node.maxConcurrency)];
    return node.deps.reduce<readonly string[]>((ids, dep) => ids.concat(this.rowIdsOfNode(dep)), []);
  }

  private rowIdsOfNode(nodeIndex: number): readonly string[] {
    const node = this.node(nodeIndex);
    return isOneRow(node, this.itemCount(nodeIndex)) ? [node.prefix] : this.stepIdsOfNode(nodeIndex);
  }

  /** What a handler is given for a unit, a fresh copy: nothing that it does to it reaches another call. */
  payload(unit: number, known: KnownItems = this): unknown {
    const nodeIndex = this.nodeOfUnit(unit);
    return copyOf(this.payloadView(nodeIndex, unit - this.firstUnit(nodeIndex), known));
  }

  /** The payload as a record shows it: a reduce step over a map step with a row of its own is shown without all its ids. */
  shownPayload(unit: number, known: KnownItems): unknown {
    const node = this.node(this.nodeOfUnit(unit));
    if (node.kind !== 'reduce') return this.payload(unit, known);
    const over = this.node(node.over);
    const total = known.itemCount(node.over);
    return isOneRow(over, total) ? copyOf({total, ...this.sharedOf(node)}) : this.payload(unit, known);
  }

  /** The payload of the job stands in where the node has none. */
  private sharedOf(node: MapNode | ReduceNode | SourceNode): object {
    const shared = node.shared ?? this.extras.payload ?? undefined;
    return shared === undefined ? {} : {shared};
  }

  /** How many items a node has, where that is known from the start. */
  itemCount(nodeIndex: number): number {
    return unitsOf(this.node(nodeIndex));
  }

  private payloadView(nodeIndex: number, index: number, known: KnownItems): unknown {
    const node = this.node(nodeIndex);
    switch (node.kind) {
      case 'step':
        return node.payload ?? this.extras.payload;
      case 'map': {
        const total = node.items.kind === 'pages' ? null : node.items.count;
        return {item: node.items.at(index), index, position: index + 1, total, ...this.sharedOf(node)};
      }
      case 'reduce': {
        const total = known.itemCount(node.over);
        const over = this.node(node.over);
        return {mapStepIds: over.kind === 'map' ? itemIds(over, total) : [], total, ...this.sharedOf(node)};
      }
      case 'source':
        return {pageToken: null, page: 0, ...this.sharedOf(node)};
    }
  }
}

/** Who knows how many items a node has. */
export interface KnownItems {
  itemCount(nodeIndex: number): number;
}

function unitsOf(node: PlanNode): number {
  return node.kind === 'map' ? node.items.count : 1;
}

/** Whether a record shows a node in one row, with counts, instead of a row for each item. */
export function isOneRow(node: PlanNode, count: number): node is MapNode {
  return node.kind === 'map' && count > MAX_ITEM_ROWS;
}

/** Whether a node's items come in pages. */
export function isPaged(node: PlanNode | undefined): boolean {
  return node?.kind === 'map' && node.items.kind === 'pages';
}

function copyOf(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value)) as unknown;
}

function itemIds(node: MapNode, count: number): readonly string[] {
  return Array.from({length: count}, (_none, index) => itemId(node, index));
}

function itemId(node: MapNode, index: number): string {
  return `${node.prefix}_${index + 1}`;
}
