/** What many jobs tell together. Pure: (headers, now) → counts and times. */
import type {JobsMetrics, JobStatus, Spread} from '../types';
import {isFinal, statusOf, type Header} from './header';
import {isoTime} from './record';

const DAY_MS = 24 * 3_600_000;
const MAX_NAMES = 20;

/** Counts and times of jobs. */
export function metricsOf(headers: readonly Header[], nowMs: number): Omit<JobsMetrics, 'since' | 'damaged' | 'bytes'> {
  const ended = headers.filter(({phase}) => phase.kind === 'completed' || phase.kind === 'failed');
  return {
    at: isoTime(nowMs),
    jobs: headers.length,
    byStatus: countsOf(headers),
    byName: byName(headers),
    lastDay: lastDay(headers, nowMs),
    durationMs: spreadOf(ended.map((header) => between(header.startedAtMs, endedAtMs(header)))),
    waitMs: spreadOf(headers.map((header) => between(header.createdAtMs, header.startedAtMs))),
    recoveries: recoveriesOf(headers),
    oldestOpen: oldestOpen(headers, nowMs),
  };
}

/** When a job ended; `null` while it is open. */
export function endedAtMs({phase}: Header): number | null {
  return 'atMs' in phase ? phase.atMs : null;
}

function countsOf(headers: readonly Header[]): Record<JobStatus, number> {
  const counts = {queued: 0, running: 0, paused: 0, failed: 0, completed: 0, canceled: 0};
  for (const header of headers) counts[statusOf(header)]++;
  return counts;
}

/** Of names with as many jobs, those first that come first in the alphabet. */
function byName(headers: readonly Header[]): JobsMetrics['byName'] {
  const groups = new Map<string, Header[]>();
  for (const header of headers) {
    const group = groups.get(header.name);
    if (group === undefined) groups.set(header.name, [header]);
    else group.push(header);
  }
  const rows = [...groups].sort(
    ([name, group], [otherName, other]) => other.length - group.length || (name < otherName ? -1 : 1),
  );
  return rows.slice(0, MAX_NAMES).map(([name, group]) => ({name, jobs: group.length, ...countsOf(group)}));
}

function lastDay(headers: readonly Header[], nowMs: number): JobsMetrics['lastDay'] {
  const fromMs = nowMs - DAY_MS;
  const {completed, failed, canceled} = countsOf(headers.filter((header) => (endedAtMs(header) ?? 0) > fromMs));
  return {accepted: headers.filter(({createdAtMs}) => createdAtMs > fromMs).length, completed, failed, canceled};
}

/** Clocks of two executions may differ: nothing takes less than no time. */
function between(fromMs: number | null, toMs: number | null): number | null {
  return fromMs === null || toMs === null ? null : Math.max(0, toMs - fromMs);
}

/** Of those that are known. */
export function spreadOf(durations: readonly (number | null)[]): Spread {
  const known = durations.filter((ms) => ms !== null).sort((one, other) => one - other);
  // The smallest value that so large a share of all does not exceed.
  const rank = (share: number): number | null => known[Math.ceil(share * known.length) - 1] ?? null;
  return {count: known.length, median: rank(0.5), p95: rank(0.95), max: rank(1)};
}

function recoveriesOf(headers: readonly Header[]): JobsMetrics['recoveries'] {
  const kills = headers.map(({recoveries}) => recoveries.filter(({reason}) => reason === 'killed').length);
  return {jobs: kills.filter((count) => count > 0).length, killed: kills.reduce((sum, count) => sum + count, 0)};
}

function oldestOpen(headers: readonly Header[], nowMs: number): JobsMetrics['oldestOpen'] {
  const open = headers.filter((header) => !isFinal(header));
  const [oldest] = open.sort((one, other) => one.createdAtMs - other.createdAtMs || (one.id < other.id ? -1 : 1));
  if (oldest === undefined) return null;
  const {id, name, createdAtMs} = oldest;
  return {id, name, status: statusOf(oldest), createdAt: isoTime(createdAtMs), ageMs: Math.max(0, nowMs - createdAtMs)};
}
