/**
 * How far a job is: what its running step says of itself, or else how many steps and items are completed. What a step says
 * holds until that step ends.
 */
import type {ProgressRecord} from '../types';
import {isFinal, statusOf, type Header} from './header';
import type {StepProgress} from './notes';
import {isPaged} from './plan';
import {countStates, isoTime} from './record';
import type {StoredJob} from './stored-job';

/** How far a job is; `said` is what a step said last. */
export function progressRecord(job: StoredJob, said: StepProgress | null, nowMs: number): ProgressRecord {
  const {header, plan} = job;
  const units = countStates(
    job,
    plan.nodes.map((_node, index) => index),
  );
  const common = {status: statusOf(header), units, startedAt: isoTime(header.startedAtMs)};
  const unit = said === null ? null : plan.unitOf(said.stepId);
  if (said !== null && unit !== null && !isFinal(header) && !job.ledger.isSettled(unit))
    return {...common, ...measureOfStep(said)};
  return {...common, ...measureOfUnits(job, units.completed, units.total, nowMs)};
}

/** How far a job is of which only the header is left. */
export function foldedProgress(header: Header): ProgressRecord {
  return {
    ...{status: statusOf(header), done: null, total: null, fraction: header.phase.kind === 'completed' ? 1 : null},
    ...{note: null, stepId: null, units: null, ratePerMinute: null, remainingMs: null},
    ...{at: isoTime(header.updatedAtMs), startedAt: isoTime(header.startedAtMs)},
  };
}

type Measure = Omit<ProgressRecord, 'status' | 'units' | 'startedAt'>;

function measureOfStep({stepId, atMs, done, total, note, sinceMs, sinceDone}: StepProgress): Measure {
  const rate = ratePerMinute(done - sinceDone, atMs - sinceMs);
  return {
    ...{done, total, fraction: fractionOf(done, total), note, stepId},
    ...{ratePerMinute: rate, remainingMs: remainingMs(done, total, rate), at: isoTime(atMs)},
  };
}

function measureOfUnits({header, plan, ledger}: StoredJob, done: number, known: number, nowMs: number): Measure {
  const isOpen = (node: number): boolean => isPaged(plan.nodes[node]) && !hasAllPages(node);
  const hasAllPages = (node: number): boolean => {
    const source = plan.sourceOf(node);
    return source === null || ledger.isSettled(plan.firstUnit(source));
  };
  const total = plan.nodes.some((_node, index) => isOpen(index)) ? null : known;
  const lastMs = Math.max(header.updatedAtMs, ledger.lastAtMs);
  const untilMs = header.phase.kind === 'running' ? Math.max(nowMs, lastMs) : lastMs;
  const rate = header.startedAtMs === null ? null : ratePerMinute(done, untilMs - header.startedAtMs);
  const left = isFinal(header) && done !== total ? null : remainingMs(done, total, rate);
  return {
    ...{done, total, fraction: fractionOf(done, total), note: null, stepId: null},
    ...{ratePerMinute: rate, remainingMs: left, at: isoTime(lastMs)},
  };
}

function fractionOf(done: number, total: number | null): number | null {
  return total === null ? null : total === 0 ? 1 : Math.min(1, done / total);
}

function ratePerMinute(done: number, ms: number): number | null {
  return done > 0 && ms > 0 ? (done / ms) * 60_000 : null;
}

function remainingMs(done: number, total: number | null, rate: number | null): number | null {
  if (total === null) return null;
  if (done >= total) return 0;
  return rate === null ? null : Math.round(((total - done) / rate) * 60_000);
}
