/** How things stand, out of one reading of the store: no lock, no write, nothing decided. */
import {isFinal, statusOf, waitsForUser, type Header} from '../core/header';
import type {JobAddress} from '../core/keys';
import {quotaVerdict, useAt, windowEndMs, type QuotaName} from '../core/quota';
import {isoTime} from '../core/record';
import {readHeader, readJob, type Snapshot} from '../core/stored-job';
import type {HealthRecord, JobCounts, QuotaHealth, StoreHealth} from '../types';
import {deathWatchAtMs} from './claim';
import {DEFAULTS} from './config';
import type {Engine} from './engine';
import {jobsIn, prefixesIn} from './hold';
import {retentionOf} from './retention';
import {freeOf} from './room';
import {isAutomatic, schedulesIn} from './schedule-store';
import {unreadableSchedule} from './schedule-views';
import {Usage} from './usage';
import {NO_TRIGGERS, readUserEntry, readUserTriggers, tickMsOf, type UserEntry} from './user-key';

/** The health of a host's jobs, as the current user sees it. */
export function healthOf(engine: Engine): HealthRecord {
  const {ports} = engine;
  const snapshot = engine.readAll();
  const nowMs = ports.clock.nowMs();
  const owner = ports.identity.known();
  const entry = owner === null ? NO_ENTRY : readUserEntry(snapshot, owner);
  const jobs = new JobCheck(engine, snapshot, nowMs);
  for (const address of jobsIn(snapshot, prefixesIn(snapshot))) jobs.add(address);
  const store = storeHealth(snapshot, retentionOf(ports, snapshot).maxBytes);
  const quota = quotaHealth(engine, snapshot, entry, nowMs);
  const {watchdog, everyMinutes, oneOff, oneOffAtMs} = entry.triggers;
  const triggers = {
    watchdog: {exists: watchdog !== null, everyMinutes},
    oneOffAt: oneOff === null ? null : isoTime(oneOffAtMs),
    problem: ports.triggers.problem(),
  };
  const problems = [
    ...jobs.problems(),
    ...scheduleProblems(snapshot),
    ...storeProblems(store),
    ...(triggers.problem === null ? [] : [triggers.problem]),
    ...quotaProblems(quota),
    ...engine.quotaProblems(snapshot),
  ];
  return {checkedAt: isoTime(nowMs), jobs: jobs.counts, store, triggers, quota, problems};
}

const NO_ENTRY: UserEntry = {triggers: NO_TRIGGERS, use: null, unknown: {}};

/** Goes through the jobs once. */
class JobCheck {
  counts: JobCounts = {
    ...{open: 0, running: 0, paused: 0, queued: 0, failed: 0, completed: 0, canceled: 0, damaged: 0},
  };
  private readonly found: string[] = [];
  private readonly abandoned = new Set<string>();
  private readonly engine: Engine;
  private readonly snapshot: Snapshot;
  private readonly nowMs: number;

  constructor(engine: Engine, snapshot: Snapshot, nowMs: number) {
    this.engine = engine;
    this.snapshot = snapshot;
    this.nowMs = nowMs;
  }

  add(address: JobAddress): void {
    const reading = readJob(this.snapshot, address);
    const decoded = readHeader(this.snapshot, address);
    if (decoded.kind !== 'header' || reading.kind === 'corrupt') {
      this.count('damaged');
      const what = decoded.kind === 'newer' ? 'was stored by a newer version of this library' : 'cannot be read';
      this.found.push(`Job ${address.id} ${what}: status says more.`);
      return;
    }
    const {header} = decoded;
    if (header.isRemoved) return;
    this.count(statusOf(header));
    if (isFinal(header)) return;
    this.count('open');
    if (reading.kind === 'job' && deathWatchAtMs(reading.job, this.nowMs) !== null) this.found.push(stuck(header));
    this.checkWait(header);
    if (header.options.autoResume && !waitsForUser(header)) this.checkWatchdog(header);
  }

  problems(): readonly string[] {
    return this.found;
  }

  private count(what: keyof JobCounts): void {
    this.counts = {...this.counts, [what]: this.counts[what] + 1};
  }

  private checkWait({phase, id, name}: Header): void {
    if (phase.kind !== 'paused') return;
    const {reason, handler} = phase.waiting;
    if (reason === 'handler' && handler !== undefined && this.engine.ports.handlers.find(handler) === null)
      this.found.push(`Job ${id} (${name}) waits for the handler ${handler}, which the script does not have.`);
    if (reason === 'store') this.found.push(`Job ${id} (${name}) waits for room in the property store.`);
  }

  /** Said once for each user. */
  private checkWatchdog({owner}: Header): void {
    if (readUserTriggers(this.snapshot, owner).watchdog !== null || this.abandoned.has(owner)) return;
    this.abandoned.add(owner);
    this.found.push(`The user ${owner} has open jobs and no watchdog: that user calls install, or somebody resume.`);
  }
}

function stuck({id, name}: Header): string {
  return (
    `Job ${id} (${name}) is running and has shown no sign of life for longer than its steps take: its execution was ` +
    'probably killed, and it goes on when the lease has run out.'
  );
}

function scheduleProblems(snapshot: Snapshot): readonly string[] {
  return schedulesIn(snapshot).flatMap(({id, decoded}) => {
    if (decoded.kind !== 'schedule') return [unreadableSchedule(id, decoded.kind).message];
    const {schedule} = decoded;
    const {error, owner} = schedule;
    const isAbandoned = isAutomatic(schedule) && readUserTriggers(snapshot, owner).watchdog === null;
    return [
      ...(error === null ? [] : [`Schedule ${id} can make no job since ${isoTime(error.sinceMs)}: ${error.message}`]),
      ...(isAbandoned
        ? [`Schedule ${id} does not fire: its user ${owner} has no watchdog. That user calls install.`]
        : []),
    ];
  });
}

function storeHealth(snapshot: Snapshot, maxBytes: number): StoreHealth {
  const usage = new Usage(snapshot, prefixesIn(snapshot));
  const {ownBytes, totalBytes} = usage;
  return {ownBytes, totalBytes, limitBytes: maxBytes, freeBytes: Math.max(0, freeOf(usage, maxBytes))};
}

/** Less free room than this is nearly full. */
const LITTLE_SHARE = 0.1;

function storeProblems({freeBytes: free, limitBytes}: StoreHealth): readonly string[] {
  if (free >= limitBytes * LITTLE_SHARE) return [];
  return [`The property store is nearly full: jobs may add ${free} bytes, besides what finished ones would give up.`];
}

function quotaHealth(engine: Engine, snapshot: Snapshot, entry: UserEntry, nowMs: number): QuotaHealth {
  const limits = engine.quotaLimits(snapshot);
  const tickMs = tickMsOf(entry.triggers);
  const use = useAt(entry.use, nowMs, tickMs);
  const {what, isNear, untilMs} = quotaVerdict(use, limits, nowMs, {triggerMs: DEFAULTS.maxRuntimeMs, tickMs});
  const used = use ?? {triggerMs: 0, operations: 0, keyOperations: 0, triggersCreated: 0};
  return {
    windowStartedAt: use === null ? null : isoTime(use.sinceMs),
    resetsAtEstimate: use === null ? null : isoTime(windowEndMs(use)),
    triggerMinutes: {used: Math.round(used.triggerMs / 600) / 100, limit: limits.triggerMs / 60_000},
    propertyOperations: {
      used: used.operations,
      usedIfBulkCountsKeys: used.keyOperations,
      limit: limits.operations,
    },
    triggersCreated: used.triggersCreated,
    isNear,
    reason: isNear ? reasonOf(what, use?.refused.includes(what) ?? false, untilMs) : null,
  };
}

function reasonOf(what: QuotaName, isRefused: boolean, untilMs: number): string {
  const quota = what === 'triggerTime' ? 'run time of triggers' : 'property operations';
  const how = isRefused ? 'was refused by Apps Script itself' : 'is nearly used up';
  return `The day's quota of ${quota} ${how}: jobs go on at about ${isoTime(untilMs)}.`;
}

function quotaProblems({reason, propertyOperations}: QuotaHealth): readonly string[] {
  if (reason !== null) return [reason];
  const {usedIfBulkCountsKeys: used, limit} = propertyOperations;
  if (limit === 0 || used < limit) return [];
  return [
    `If reading all properties counts once for each key, the day's quota of property operations is used up (${used} ` +
      `of ${limit}): Apps Script may refuse calls.`,
  ];
}
