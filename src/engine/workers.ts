/**
 * Several executions for one job: how many would find something to do, and their triggers. Each takes its share under the
 * lock; a trigger that is lost or refused makes the job slower and nothing else.
 */
import {expectedMs} from '../core/budget';
import {isLeased, type Header} from '../core/header';
import {MIN_WAKE_UP_MS, WEB_WORKER_MS} from '../core/limits';
import {usefulWorkers} from '../core/share';
import type {StoredJob} from '../core/stored-job';
import {Alarm} from './alarm';
import {takenShares} from './claim';
import type {Hold} from './hold';
import type {Ports} from './ports';

/** How many more workers would find something to do in a job. */
export function moreWorkers({header, plan, ledger}: StoredJob): number {
  const {workers} = header.options;
  if (workers === 1) return 0;
  const expected = expectedMs(header.longest, ledger.firstOpenNode());
  return usefulWorkers(plan, ledger, {taken: takenShares(header), workers, expectedMs: expected});
}

/** Whether a worker that is called now would come too late: the others are done before it starts. */
function isSoonOver({header, ledger}: StoredJob, comesInMs: number): boolean {
  const owners = Math.max(1, takenShares(header).length);
  const leftMs = ledger.openCount * expectedMs(header.longest, ledger.firstOpenNode());
  // Of units that nobody has run yet nobody knows: the first share is one unit, and then it is known.
  return header.longest.jobMs === 0 || leftMs / owners < comesInMs;
}

/** Workers that are to be started by the host's web app as soon as the lock is free; true of the whole execution. */
const web = {wanted: 0, isRefused: false};

/**
 * Calls the workers that a job could have besides those that it has: by the host's web app, which takes seconds, or by
 * one-off triggers, which take a minute.
 */
export function callWorkers(ports: Ports, hold: Hold, job: StoredJob, owner: string | null): void {
  const isByWeb = ports.starter !== null && !web.isRefused;
  const isLate = isSoonOver(job, isByWeb ? WEB_WORKER_MS : MIN_WAKE_UP_MS);
  const more = owner === null || isLate ? 0 : moreWorkers(job);
  if (owner === null || more === 0) return;
  if (isByWeb) web.wanted = Math.max(web.wanted, more);
  else new Alarm(ports, hold, owner).wakeWorkers(more, hold.nowMs);
}

/** Starts what was called for by web app; outside the lock. Where it starts nobody, triggers are used from then on. */
export function startCalled(ports: Ports): void {
  if (ports.starter === null || web.wanted === 0) return;
  web.isRefused = ports.starter.start(web.wanted) === 0;
  web.wanted = 0;
}

/** Whether a job runs and could have another worker. */
export function mayGrow(header: Header, nowMs: number): boolean {
  return header.options.workers > 1 && isLeased(header, nowMs);
}
