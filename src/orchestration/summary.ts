/** The summary that records of orchestration helpers carry: counts and a status for each stage. */
import {statusOf, type Header} from '../core/header';
import {isPaged, type NumberedPlan} from '../core/plan';
import {countStates} from '../core/record';
import type {StoredJob} from '../core/stored-job';
import type {JobStatus, OrchestrationSummary, StageSummary, StateCounts} from '../types';

/** The summary of a job; `null` when no helper made it. */
export function summarize(job: StoredJob): OrchestrationSummary | null {
  return summaryOf(job.plan, job.header, (nodes) => countStates(job, nodes));
}

/** The summary of a completed job, told without its logs; `null` also where only they know how many items there were. */
export function summarizeCompleted(plan: NumberedPlan, header: Header): OrchestrationSummary | null {
  if (plan.nodes.some(isPaged)) return null;
  return summaryOf(plan, header, (nodes) => {
    const total = nodes.reduce((sum, node) => sum + plan.itemCount(node), 0);
    return {total, pending: 0, running: 0, completed: total, failed: 0, canceled: 0};
  });
}

type Count = (nodes: readonly number[]) => StateCounts;

function summaryOf(
  {plan: {orchestration, nodes}}: NumberedPlan,
  header: Header,
  count: Count,
): OrchestrationSummary | null {
  if (orchestration === null) return null;
  const status = statusOf(header);
  const first = nodes[0];
  const maxConcurrency = first?.kind === 'map' ? {maxConcurrency: first.maxConcurrency} : {};
  // A source of items is no child: it is counted by what it brings.
  const children = nodes.flatMap((node, index) => (node.kind === 'source' ? [] : [index]));
  const counts = count(orchestration.helper === 'map_reduce' ? [0] : children);
  const main = {...stage(counts, status), ...maxConcurrency};
  const reduce = (): StageSummary => stage(count([nodes.length - 1]), status);
  return {
    helper: orchestration.helper,
    mode: orchestration.mode,
    parent: {jobId: header.id, status},
    children: {status: aggregate(counts, status), counts},
    stages: stagesOf(orchestration.helper, main, reduce),
  };
}

function stagesOf(
  helper: OrchestrationSummary['helper'],
  main: StageSummary,
  reduce: () => StageSummary,
): Readonly<Record<string, StageSummary>> {
  switch (helper) {
    case 'chain':
      return {chain: main};
    case 'enqueue_many':
      return {items: main};
    case 'map_reduce':
      return {map: main, reduce: reduce()};
  }
}

function stage(counts: StateCounts, status: JobStatus): StageSummary {
  return {status: aggregate(counts, status), counts};
}

function aggregate(counts: StateCounts, status: JobStatus): string {
  // Of no items, which only pages bring, there is nothing to tell but how their job is.
  if (counts.total === 0) return status;
  if (counts.failed > 0) return 'failed';
  if (counts.running > 0) return 'running';
  if (counts.pending > 0) return status === 'queued' || status === 'paused' ? status : 'pending';
  if (counts.canceled === counts.total) return 'canceled';
  return counts.completed === counts.total ? 'completed' : 'mixed';
}
