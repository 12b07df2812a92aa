/** When the dispatcher takes a job, and when it looks after one whose owner is silent. */
import type {Waiting} from '../../src/core/header';
import type {Outcome} from '../../src/core/outcome';
import {deathWatchAtMs, dueAtMs, wakeUpAtMs} from '../../src/engine/claim';
import {DEAD, pausedFor} from '../support/claims';
import {AT_MS, done, jobOf, LEASE, segment, type StoredParts} from '../support/stored';

describe('the dispatcher may take a job', () => {
  const due = (parts: StoredParts): number | null => dueAtMs(jobOf(parts).header, AT_MS);
  const wake = (waiting: Waiting): number | null => wakeUpAtMs(jobOf({header: pausedFor(waiting)}).header, AT_MS);

  test('a minute after it was accepted, when it waits for a time at that time, else at once', () => {
    expect(due({})).toBe(AT_MS + 60_000);
    expect(due({header: pausedFor({reason: 'retry', untilMs: AT_MS + 7})})).toBe(AT_MS + 7);
    expect(due({header: pausedFor({reason: 'store', untilMs: null})})).toBe(AT_MS);
    expect(due({lease: DEAD})).toBe(AT_MS);
  });

  test('not while somebody owns it, once it has ended, when it waits for its user, or was accepted without', () => {
    const options = {maxRetries: 2, maxRuntimeMs: 240_000, leaseTtlMs: 390_000, autoResume: false, workers: 1};
    expect(due({lease: LEASE})).toBeNull();
    expect(due({header: {phase: {kind: 'completed', atMs: AT_MS}}})).toBeNull();
    expect(due({header: pausedFor({reason: 'user', untilMs: null})})).toBeNull();
    expect(due({lease: DEAD, header: {isHalted: true}})).toBeNull();
    expect(due({header: {options}})).toBeNull();
  });

  test('and a trigger is made for it, but where no time is known at which it could go on', () => {
    expect(wake({reason: 'retry', untilMs: AT_MS + 7})).toBe(AT_MS + 7);
    expect(wake({reason: 'budget', untilMs: null})).toBe(AT_MS);
    expect(wake({reason: 'handler', untilMs: null, handler: 'work'})).toBeNull();
    expect(wake({reason: 'store', untilMs: null, bytes: 1})).toBeNull();
    expect(wakeUpAtMs(jobOf({}).header, AT_MS)).toBe(AT_MS + 60_000);
  });
});

describe('an owner', () => {
  const watchAt = (silentMs: number, parts: StoredParts = {lease: LEASE}): number | null => {
    const job = jobOf(parts);
    return deathWatchAtMs(job, Math.max(job.header.updatedAtMs, job.ledger.lastAtMs) + silentMs);
  };

  test('that is silent for half a minute is looked after when its lease ends', () => {
    expect(watchAt(30_000)).toBeNull();
    expect(watchAt(30_001)).toBe(LEASE.untilMs);
    expect(watchAt(30_001, {})).toBeNull();
  });

  test('is given twice the time of the longest step', () => {
    const slow = {lease: LEASE, header: {longest: {jobMs: 50_000, nodes: []}}};
    expect(watchAt(130_000, slow)).toBeNull();
    expect(watchAt(130_001, slow)).toBe(LEASE.untilMs);
  });

  test('gives signs with what it commits', () => {
    const late = {...done(0), atMs: AT_MS + 90_000} as Outcome;
    const parts = {lease: LEASE, logs: {0: [segment([late])]}};
    expect(watchAt(30_000, parts)).toBeNull();
    expect(deathWatchAtMs(jobOf(parts), AT_MS + 119_999)).toBeNull();
    expect(watchAt(30_001, parts)).toBe(LEASE.untilMs);
  });
});
