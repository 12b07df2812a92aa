/** What users read of a job in few words: its state, its result, its error. Pure. */
import type {JobRecord, JobState, TaskStatus} from '../types';
import {statusOf, waitsForUser, type Header} from './header';
import type {NumberedPlan} from './plan';
import {faultOf, lastErrorOf} from './record';
import type {StoredJob} from './stored-job';

/** The state of a job as a handle tells it: one that goes on by itself is running, whether or not an execution is at it. */
export function stateOf(header: Header): JobState {
  const {phase, startedAtMs} = header;
  if (waitsForUser(header)) return 'paused';
  if (phase.kind === 'queued') return 'pending';
  if (phase.kind !== 'paused') return phase.kind;
  if (startedAtMs === null) return 'pending';
  const {reason} = phase.waiting;
  return reason === 'budget' || reason === 'retry' ? 'running' : 'paused';
}

/** The state of an execution of a named job. */
export function executionStatus(header: Header): TaskStatus {
  const status = statusOf(header);
  if (status === 'queued') return 'pending';
  if (status === 'paused') return header.startedAtMs === null ? 'pending' : 'running';
  return status;
}

/** Why a job ended that did not complete. */
export function endError(job: StoredJob | Header): JobRecord['lastError'] {
  const header = 'ledger' in job ? job.header : job;
  if (header.phase.kind === 'canceled') return faultOf(header);
  if (header.phase.kind !== 'failed') return null;
  return 'ledger' in job ? lastErrorOf(job) : (faultOf(header) ?? header.folded?.error ?? null);
}

/** Nodes that no other depends on: what they return is the result of the job. */
export function lastNodes({nodes}: NumberedPlan): readonly number[] {
  const needed = new Set(nodes.flatMap(({deps}) => deps));
  return nodes.flatMap((node, index) => (node.kind === 'source' || needed.has(index) ? [] : [index]));
}
