/** The summary that records of orchestration helpers carry: counts and a status for each stage. */
import {statusOf} from '../core/header';
import {countStates} from '../core/record';
import type {StoredJob} from '../core/stored-job';
import type {JobStatus, OrchestrationSummary, StageSummary, StateCounts} from '../types';

/** The summary of a job; `null` when no helper made it. */
export function summarize(job: StoredJob): OrchestrationSummary | null {
  const {orchestration, nodes} = job.plan.plan;
  if (orchestration === null) return null;
  const status = statusOf(job.header);
  const all = countStates(
    job,
    nodes.map((_node, index) => index),
  );
  const first = nodes[0];
  const maxConcurrency = first?.kind === 'map' ? {maxConcurrency: first.maxConcurrency} : {};
  const isMapReduce = orchestration.helper === 'map_reduce';
  const children = isMapReduce ? countStates(job, [0]) : all;
  return {
    helper: orchestration.helper,
    mode: orchestration.mode,
    parent: {jobId: job.header.id, status},
    children: {status: aggregate(children, status), counts: children},
    stages: stagesOf(job, orchestration.helper, {...stage(children, status), ...maxConcurrency}),
  };
}

function stagesOf(
  job: StoredJob,
  helper: OrchestrationSummary['helper'],
  main: StageSummary,
): Readonly<Record<string, StageSummary>> {
  switch (helper) {
    case 'chain':
      return {chain: main};
    case 'enqueue_many':
      return {items: main};
    case 'map_reduce':
      return {map: main, reduce: stage(countStates(job, [1]), statusOf(job.header))};
  }
}

function stage(counts: StateCounts, status: JobStatus): StageSummary {
  return {status: aggregate(counts, status), counts};
}

function aggregate(counts: StateCounts, status: JobStatus): string {
  if (counts.failed > 0) return 'failed';
  if (counts.running > 0) return 'running';
  if (counts.pending > 0) return status === 'queued' || status === 'paused' ? status : 'pending';
  if (counts.canceled === counts.total) return 'canceled';
  return counts.completed === counts.total ? 'completed' : 'mixed';
}
