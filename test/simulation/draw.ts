/** Everything that a seed decides before a world starts: its jobs, what users and hosts do and when, what goes wrong. */
import {randomStream, seededRandom, type DailyQuota, type Random, type ServiceName} from '../simulator';
import {withExtras, type Extras} from './extras';
import {withOperations, type DrawnOperations, type OperatingFn} from './operations';
import {withRelations} from './relations';
import {drawJob, pick, type DrawnJob} from './jobs';

/** The forms that a host's project takes in the course of a world. */
export type Variant = 'whole' | 'rewritten' | 'handlerGone' | 'glueGone' | 'otherBuild';

/** Something that somebody does at a time. */
export type DrawnAction =
  | {
      readonly kind: 'job';
      readonly fn: 'resumeJob' | 'cancelJob' | 'pauseJob' | 'removeJob' | 'adoptJob' | OperatingFn;
      readonly job: string;
    }
  | {readonly kind: 'call'; readonly fn: 'workByHand' | 'look' | 'stopAll' | 'install'}
  | {
      readonly kind: 'call';
      readonly fn: 'ageArchive' | 'fillStore' | 'emptyStore' | 'holdLock' | 'crowdTriggers' | 'clearTriggers';
    }
  | {readonly kind: 'deploy'; readonly variant: Variant};

export interface Timed {
  readonly action: DrawnAction;
  readonly user: string;
  readonly host: string;
  readonly atMs: number;
}

/** How often things go wrong: chances a call, a firing, or an execution. */
export interface FaultRates {
  readonly kill: number;
  /** Chance that a worker's execution stalls once, for longer than its lease lasts. */
  readonly stall: number;
  readonly late: number;
  readonly errorBefore: number;
  readonly errorAfter: number;
  readonly jump: number;
  readonly lost: number;
  readonly double: number;
  readonly lateFiring: number;
  readonly disabled: number;
}

/** A service that fails at every call for a while. */
export interface Outage {
  readonly service: ServiceName;
  readonly fromMs: number;
  readonly toMs: number;
}

export interface Drawn extends Extras {
  readonly seed: number;
  readonly isLibrary: boolean;
  readonly hosts: readonly string[];
  readonly jobs: readonly DrawnJob[];
  readonly actions: readonly Timed[];
  readonly rates: FaultRates;
  readonly outages: readonly Outage[];
  readonly quota: DailyQuota | null;
  /** Each execution's clock is off by up to this, to either side. */
  readonly clockSpreadMs: number;
  /** A job of a newer version lies in the store. */
  readonly hasNewerJob: boolean;
  readonly wallMs: number;
  readonly jitter: number;
  readonly hostKeys: number;
  /** The day's trigger time that the host's properties say; `null`: they say nothing, so it is that of a free account. */
  readonly accountMinutes: number | null;
  /** Schedules, limits, listeners and the like; `null`: there are none. */
  readonly operations: DrawnOperations | null;
}

export const USERS: readonly string[] = ['ann@example.com', 'bob@example.com'];
/** Faults happen this long; then everything must come to its end by itself. */
export const FAULTY_MS = 2 * 3_600_000;
/** Clocks that differ by more than the 30 s of the lease's margin void the promises that rest on clocks. */
export const MOST_SPREAD_MS = 15_000;

/** The world of a seed. */
export function drawWorld(seed: number): Drawn {
  const random = seededRandom(seed * 2_654_435_761);
  const chance = (share: number): boolean => random() < share;
  const isCalm = chance(0.1);
  // Owners that stall meet their successors only where there is enough work left for both.
  const isStalling = !isCalm && chance(0.78);
  const isLibrary = chance(0.5);
  const hosts = isLibrary && chance(0.2) ? ['main', 'other'] : ['main'];
  const taste = {users: USERS, hosts, isLong: isStalling, isBulky: chance(0.15)};
  const jobs = Array.from({length: 1 + Math.floor(random() * 2.4)}, (_none, index) => drawJob(random, index, taste));
  const conditions = randomStream(seed, 'conditions');
  const quota = !isCalm && chance(0.04) ? drawQuota(random) : null;
  const world = withExtras({
    ...{seed, isLibrary, hosts, archive: null, limits: null, jobs: quota === null ? jobs : jobs.map(modest)},
    actions: drawActions(random, jobs, {isLibrary, isCalm, isScarce: quota !== null}),
    rates: drawRates(random, isCalm, isStalling),
    outages: !isCalm && chance(0.15) ? drawOutages(random) : [],
    quota,
    clockSpreadMs: isCalm ? 0 : drawSpread(conditions),
    hasNewerJob: conditions() < 0.05,
    wallMs: isStalling ? 1_800_000 : 360_000,
    jitter: chance(0.8) ? 0.5 : 0,
    hostKeys: chance(0.1) ? 40 : 1,
    // Executions that stall use up a free account's day; most hosts have six hours, so that few worlds wait for the next.
    accountMinutes: isStalling && randomStream(seed, 'account')() < 0.85 ? 360 : null,
    operations: null,
  });
  return withOperations(withRelations(world));
}

function drawRates(random: Random, isCalm: boolean, isStalling: boolean): FaultRates {
  const rate = (most: number): number => (isCalm || random() < 0.4 ? 0 : random() * most);
  return {
    kill: rate(0.06),
    stall: isStalling ? 0.3 + random() * 0.6 : 0,
    late: rate(0.05),
    errorBefore: rate(0.05),
    errorAfter: rate(0.05),
    jump: rate(0.02),
    lost: rate(0.3),
    double: rate(0.3),
    lateFiring: rate(0.3),
    disabled: rate(0.3),
  };
}

function drawOutages(random: Random): readonly Outage[] {
  const fromMs = Math.floor(random() * FAULTY_MS * 0.5);
  const service = pick(random, ['properties', 'lock', 'triggers'] as const);
  return [{service, fromMs, toMs: fromMs + Math.floor(random() * 2_400_000)}];
}

/** What comes to its end within some days of few operations. */
function modest(job: DrawnJob): DrawnJob {
  const steps = job.steps.map((step) => ({...step, work: {...step.work, walks: [], rounds: null}}));
  return {...job, steps, workers: 1};
}

function drawQuota(random: Random): DailyQuota {
  return {propertyOperations: 400 + Math.floor(random() * 1_000), bulk: random() < 0.5 ? 'one' : 'each'};
}

function drawSpread(random: Random): number {
  const roll = random();
  return roll < 0.6 ? 0 : roll < 0.9 ? Math.floor(random() * MOST_SPREAD_MS) : Math.floor(random() * 900_000);
}

interface Circumstances {
  readonly isLibrary: boolean;
  readonly isCalm: boolean;
  readonly isScarce: boolean;
}

function drawActions(random: Random, jobs: readonly DrawnJob[], circumstances: Circumstances): readonly Timed[] {
  const {isLibrary, isCalm, isScarce} = circumstances;
  const at = (action: DrawnAction, atMs: number, host: string, user = pick(random, USERS)): Timed => ({
    ...{action, atMs, host, user},
  });
  const some = Array.from({length: Math.floor(random() * 7)}, () => {
    const {name, host} = pick(random, jobs);
    const fn = pick(random, ['resumeJob', 'resumeJob', 'workByHand', 'look', 'cancelJob', 'install'] as const);
    const isAboutJob = fn === 'resumeJob' || fn === 'cancelJob';
    return at(isAboutJob ? {kind: 'job', fn, job: name} : {kind: 'call', fn}, Math.floor(random() * 3_000_000), host);
  });
  if (isCalm) return some;
  const {host} = pick(random, jobs);
  const spans: Timed[] = [];
  const span = (share: number, begin: DrawnAction, end: DrawnAction | null): void => {
    if (random() >= share) return;
    const fromMs = Math.floor(random() * 2_400_000);
    const user = pick(random, USERS);
    spans.push(at(begin, fromMs, host, user));
    if (end !== null) spans.push(at(end, fromMs + Math.floor(random() * 3_600_000), host, user));
  };
  const calls = (fn: Extract<DrawnAction, {kind: 'call'}>['fn']): DrawnAction => ({kind: 'call', fn});
  // A day of few operations, of which a reading of a full store may take two hundred, is one without any progress.
  if (!isScarce) span(0.08, calls('fillStore'), calls('emptyStore'));
  span(0.07, calls('crowdTriggers'), calls('clearTriggers'));
  span(0.1, calls('holdLock'), null);
  span(0.12, calls('stopAll'), null);
  for (const variant of isLibrary ? (['glueGone', ...CHANGES] as const) : CHANGES)
    span(0.05, {kind: 'deploy', variant}, {kind: 'deploy', variant: 'whole'});
  return some.concat(spans);
}

const CHANGES = ['rewritten', 'handlerGone', 'otherBuild'] as const;
