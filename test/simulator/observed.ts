/**
 * The simulator set to an account: takes the JSON that the probe prints (examples/probe, docs/probe.md) and makes the
 * options of a world that behaves as that account did.
 *
 * What is not known there keeps its default. What no option can say is left out: triggers that were lost or doubled by
 * chance, clocks that differ (all of them hooks of a world), and whether the key of a value counts.
 */
import {boolean, listOf, mapOf, nullable, number, oneOf, record} from './checks';
import type {Checked} from './checks';
import type {DailyQuota, Latencies, Limits, Quirks, WorldOptions} from './types';

const counted = record({counts: oneOf('one', 'each', 'undecided')});

const oneOff = record({
  by: oneOf('hand', 'trigger'),
  afterMs: number,
  isMade: boolean,
  firings: number,
  lagMs: nullable(number),
  isListed: nullable(boolean),
});

const kill = record({
  livedMs: number,
  resolutionMs: number,
  survived: boolean,
  catchRan: boolean,
  finallyRan: boolean,
  graceMs: number,
});

const lock = record({
  excludesOwn: nullable(boolean),
  freedAfterKill: nullable(boolean),
  heldMs: nullable(number),
  freedMs: nullable(number),
});

const observation = record({
  format: oneOf(1),
  kill: nullable(kill),
  lock,
  oneOffs: listOf(oneOff),
  recurring: nullable(record({jitterMs: number})),
  handles: nullable(record({isOneObject: boolean})),
  values: nullable(record({limitBytes: nullable(number)})),
  store: nullable(record({limitBytes: nullable(number)})),
  /** Median, 95th percentile, longest, how many, how many threw. */
  calls: mapOf(listOf(nullable(number))),
  bulk: nullable(record({dailyQuota: number, get: counted, set: counted})),
});

type Observation = Checked<typeof observation>;
type OneOff = Checked<typeof oneOff>;

/** Nothing was killed within the patience of the probe. */
const NO_WALL_MS = 86_400_000;
/** Where a value may have any length, the store is its limit. */
const STORE_BYTES = 500 * 1024;

/** The options of a world, from the JSON of a finished probe. Throws at what is no such JSON, and says where. */
export function worldOptionsOf(json: string): WorldOptions {
  const seen = observation(JSON.parse(json), '');
  const lags = seen.oneOffs.flatMap(({lagMs}) => (lagMs === null ? [] : [Math.max(0, lagMs)]));
  const jitter = jitterOf(seen);
  const dailyQuota = dailyQuotaOf(seen);
  return {
    latency: latencyOf(seen),
    limits: limitsOf(seen),
    quirks: quirksOf(seen),
    ...(seen.kill === null ? {} : {wallMs: wallMsOf(seen.kill)}),
    ...(lags.length === 0 ? {} : {triggerLagMs: [Math.min(...lags), Math.max(...lags)]}),
    ...(jitter === null ? {} : {jitter}),
    ...(dailyQuota === null ? {} : {dailyQuota}),
  };
}

function wallMsOf({livedMs, resolutionMs, survived}: Checked<typeof kill>): number {
  return survived ? NO_WALL_MS : Math.round(livedMs + resolutionMs / 2);
}

/** The median of each kind of call; where the simulator has one kind for several methods, their mean. */
function latencyOf({calls}: Observation): Partial<Latencies> {
  const methods: Readonly<Record<string, readonly string[]>> = {
    read: ['getProperty'],
    write: ['setProperty'],
    lock: ['tryLock'],
    release: ['releaseLock'],
    trigger: ['newTrigger', 'getProjectTriggers', 'deleteTrigger'],
    cache: ['cachePut', 'cacheGet'],
    uuid: ['getUuid'],
  };
  const known = Object.entries(methods).flatMap(([kind, names]) => {
    const medians = names.flatMap((name) => calls.get(name)?.[0] ?? []);
    return medians.length === 0 ? [] : [[kind, Math.round(mean(medians))] as const];
  });
  return Object.fromEntries(known);
}

/** Of even chances within ± jitter, nine tenths of the upper half lie below the 95th percentile. */
function jitterOf({calls}: Observation): number | null {
  const jitters = [...calls.values()].flatMap(([median, most95]) =>
    // Of a call of a few milliseconds the clock shows steps.
    typeof median === 'number' && typeof most95 === 'number' && median >= 10 ? [(most95 / median - 1) / 0.9] : [],
  );
  if (jitters.length === 0) return null;
  const sorted = jitters.sort((one, other) => one - other);
  return Math.min(0.9, sorted[Math.floor(sorted.length / 2)] ?? 0);
}

function limitsOf({values, store}: Observation): Partial<Limits> {
  return {
    ...(values === null ? {} : {valueBytes: values.limitBytes ?? STORE_BYTES}),
    ...(store === null || store.limitBytes === null ? {} : {storeBytes: store.limitBytes}),
  };
}

/** If reads and writes differ, the dearer reading. */
function dailyQuotaOf({bulk}: Observation): DailyQuota | null {
  if (bulk === null) return null;
  const counts = [bulk.get.counts, bulk.set.counts];
  if (counts.includes('each')) return {propertyOperations: bulk.dailyQuota, bulk: 'each'};
  return counts.includes('one') ? {propertyOperations: bulk.dailyQuota, bulk: 'one'} : null;
}

function quirksOf(seen: Observation): Partial<Quirks> {
  const killedLockMs = killedLockMsOf(seen);
  const nestedOneOffs = nestedOneOffsOf(seen.oneOffs);
  const listed = seen.oneOffs.flatMap(({isListed}) => (isListed === null ? [] : [isListed]));
  return {
    ...(seen.kill === null ? {} : {wallGraceMs: graceMsOf(seen.kill)}),
    ...(killedLockMs === null ? {} : {killedLockMs}),
    ...(seen.lock.excludesOwn === null ? {} : {locksNest: !seen.lock.excludesOwn}),
    ...(nestedOneOffs === null ? {} : {nestedOneOffs}),
    ...(listed.length === 0 ? {} : {oneOffsStay: listed.filter((isStill) => isStill).length * 2 > listed.length}),
    ...(seen.recurring === null ? {} : {recurringJitterMs: seen.recurring.jitterMs}),
    ...(seen.handles === null ? {} : {freshHandles: !seen.handles.isOneObject}),
  };
}

/** The last sign of what still ran, and half of the time to the next one that did not come. */
function graceMsOf({catchRan, finallyRan, graceMs}: Checked<typeof kill>): number {
  return catchRan || finallyRan ? graceMs + 1_000 : 0;
}

/** The kill itself is known to `resolutionMs`; a lock that was free within that was freed by it. */
function killedLockMsOf({kill, lock}: Observation): number | null {
  const {freedAfterKill, heldMs, freedMs} = lock;
  if (freedAfterKill === null || kill === null) return null;
  if (!freedAfterKill || freedMs === null) return Infinity;
  return freedMs <= kill.resolutionMs + 500 ? 0 : Math.round(((heldMs ?? 0) + freedMs) / 2);
}

/** From which delay on one-offs fire that a trigger made; null if all do, or if those that do not follow no rule. */
function nestedOneOffsOf(oneOffs: readonly OneOff[]): Quirks['nestedOneOffs'] | null {
  const isFired = ({firings}: OneOff): boolean => firings > 0;
  const nested = oneOffs.filter(({by}) => by === 'trigger');
  const failed = nested.filter((one) => !isFired(one));
  const isControlled = oneOffs.some((one) => one.by === 'hand' && isFired(one));
  if (failed.length === 0 || !isControlled) return null;
  const leastMs = Math.min(...nested.filter(isFired).map(({afterMs}) => afterMs));
  if (failed.some(({afterMs}) => afterMs >= leastMs)) return null;
  return {leastMs, sooner: failed.some(({isMade}) => !isMade) ? 'refused' : 'disabled'};
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, one) => sum + one, 0) / values.length;
}
