/**
 * The quota governor: before a limit of the day is reached, a job waits with the reason `quota` instead of failing. It
 * acts only in passes that a trigger called; a person who calls `run` or `resume` is not refused.
 *
 * The window is estimated: other scripts of the same user, and functions of the host that do not belong to a job, use
 * the same quotas unseen. Where the platform itself refuses, the window counts as used up.
 */
import type {Header, Waiting} from '../core/header';
import {SPARE_TRIGGER_MS} from '../core/limits';
import {expectedTriggerMs, quotaVerdict, type QuotaLimits} from '../core/quota';
import {readHeader, type StoredJob} from '../core/stored-job';
import {postpone} from '../core/transitions';
import {writeHeader} from './claim';
import {deadOwnersMs, endLeases} from './give-up';
import {withHold, type Hold} from './hold';
import type {Ports} from './ports';
import {readUserEntry, saveUse, tickMsOf} from './user-key';

/** Until when a job has to wait before it is claimed; `null` when it need not. */
export function quotaWaitMs(ports: Ports, hold: Hold, header: Header, limits: QuotaLimits): number | null {
  const {triggers, use: stored} = readUserEntry(hold.snapshot, header.owner);
  const tickMs = tickMsOf(triggers);
  const nowMs = ports.clock.nowMs();
  const triggerMs =
    expectedTriggerMs(header.options.maxRuntimeMs, header.longest.jobMs) - (nowMs - ports.clock.startMs);
  ports.meter.allowance = {use: stored, limits, tickMs};
  const use = ports.meter.total(stored, nowMs, tickMs);
  const need = {triggerMs: Math.max(0, triggerMs), tickMs};
  const {untilMs} = quotaVerdict(use, limits, nowMs, need);
  const running = runningOf(hold, header.owner);
  if (untilMs !== null || use === null || running.triggerMs === 0) return untilMs;
  const atMost = {...use, triggerMs: use.triggerMs + running.triggerMs};
  return quotaVerdict(atMost, limits, nowMs, need).isNear ? running.untilMs : null;
}

/** What a user's other executions may use and have not stored yet, and when the last of them is over. */
function runningOf(hold: Hold, owner: string): {readonly triggerMs: number; readonly untilMs: number} {
  let [triggerMs, untilMs] = [0, hold.nowMs];
  for (const address of hold.jobs()) {
    const decoded = readHeader(hold.snapshot, address);
    if (decoded.kind !== 'header' || decoded.header.owner !== owner) continue;
    const {parts, options, longest} = decoded.header;
    for (const {lease} of parts) {
      if (lease === null || lease.untilMs <= hold.nowMs) continue;
      triggerMs += expectedTriggerMs(options.maxRuntimeMs, longest.jobMs);
      untilMs = Math.max(untilMs, lease.untilMs);
    }
  }
  return {triggerMs, untilMs};
}

/** Puts a due job off, its dead owner's lease ended before. It is not due again before that time. */
export function postponeJob(ports: Ports, hold: Hold, stored: StoredJob, untilMs: number): void {
  const job = endLeases(hold, stored, 'killed');
  writeHeader(hold, job, postpone(job.header, untilMs, hold.nowMs));
  ports.meter.count({triggerMs: deadOwnersMs(stored, hold.nowMs)});
}

/** Why a run should stop at this step boundary; `null` when it need not, or when a person started it. */
export function quotaEnd(ports: Ports): Waiting | null {
  const {allowance} = ports.meter;
  if (allowance === null) return null;
  const {limits, tickMs} = allowance;
  const nowMs = ports.clock.nowMs();
  const use = ports.meter.total(allowance.use, nowMs, tickMs);
  const {untilMs} = quotaVerdict(use, limits, nowMs, {triggerMs: SPARE_TRIGGER_MS, tickMs});
  return untilMs === null ? null : {reason: 'quota', untilMs};
}

/** A pass ended with an error: what a service refused for the rest of the day is stored, where that can be done. */
export function saveRefusal(ports: Ports, owner: string | null): void {
  if (owner === null || !ports.meter.hasRefusal) return;
  try {
    withHold(ports, (hold) => {
      saveUse(ports, hold, owner);
    });
  } catch {
    // The refusal reaches this write too: the next pass finds out by itself.
  }
}
