/** The options of a world with every default filled in. */
import type {DailyQuota, FetchHandler, Latencies, Limits, ProjectSource, Quirks, WorldOptions} from './types';

const LATENCY: Latencies = {
  read: 30,
  write: 62,
  lock: 60,
  release: 20,
  trigger: 300,
  cache: 20,
  sheet: 100,
  drive: 500,
  fetch: 500,
  uuid: 1,
};

const LIMITS: Limits = {
  valueBytes: 9 * 1024,
  storeBytes: 500 * 1024,
  triggersPerUser: 20,
  executionsPerUser: 30,
  cells: 10_000_000,
};

const QUIRKS: Quirks = {
  wallGraceMs: 0,
  killedLockMs: 0,
  locksNest: false,
  nestedOneOffs: {leastMs: 0, sooner: 'disabled'},
  oneOffsStay: true,
  recurringJitterMs: 2_000,
  freshHandles: false,
};

export interface Settings {
  readonly seed: number;
  readonly projects: readonly ProjectSource[];
  readonly startMs: number;
  readonly latency: Latencies;
  readonly jitter: number;
  readonly wallMs: number;
  readonly limitedWallMs: number;
  readonly triggerLagMs: readonly [number, number];
  readonly limits: Limits;
  readonly dailyQuota: DailyQuota | null;
  readonly dailyTriggerMs: number;
  readonly quirks: Quirks;
  readonly fetch: FetchHandler | null;
  readonly hasCallHistory: boolean;
  readonly timeZone: string;
  readonly hangMs: number;
  readonly user: string;
}

export function resolveSettings(options: WorldOptions): Settings {
  return {
    seed: options.seed ?? 1,
    projects: [...(options.project === undefined ? [] : [options.project]), ...(options.projects ?? [])],
    startMs: options.startMs ?? Date.UTC(2026, 0, 5, 9),
    latency: {...LATENCY, ...options.latency},
    jitter: options.jitter ?? 0,
    wallMs: options.wallMs ?? 360_000,
    limitedWallMs: 30_000,
    triggerLagMs: options.triggerLagMs ?? [5_000, 60_000],
    limits: {...LIMITS, ...options.limits},
    dailyQuota: options.dailyQuota ?? null,
    dailyTriggerMs: options.dailyTriggerMs ?? Infinity,
    quirks: {...QUIRKS, ...options.quirks},
    fetch: options.fetch ?? null,
    hasCallHistory: options.history ?? false,
    timeZone: options.timeZone ?? 'Etc/UTC',
    hangMs: options.hangMs ?? 20_000,
    user: options.user ?? 'owner@example.com',
  };
}
