/** What a job came to, as one value. */
import {lastNodes} from '../core/state';
import type {Snapshot, StoredJob} from '../core/stored-job';
import {ResultViews} from './context';
import type {Ports} from './ports';

/** The result of a completed job: of its last step, or of its last steps by id; large ones are fetched. */
export function resultOfJob(ports: Ports, snapshot: Snapshot, job: StoredJob): unknown {
  const {byId} = new ResultViews(ports, job, snapshot);
  const results = lastNodes(job.plan).map((index) => [idOf(job, index), resultOfNode(job, byId, index)] as const);
  const [only] = results;
  return only !== undefined && results.length === 1 ? only[1] : Object.fromEntries(results);
}

function idOf({plan}: StoredJob, index: number): string {
  const node = plan.node(index);
  return node.kind === 'map' ? node.prefix : node.id;
}

function resultOfNode({plan, ledger}: StoredJob, byId: Readonly<Record<string, unknown>>, index: number): unknown {
  const first = plan.firstUnit(index);
  if (plan.node(index).kind !== 'map') return byId[plan.stepId(first)];
  return Array.from({length: ledger.itemCount(index)}, (_none, item) => byId[plan.stepId(first + item)]);
}
