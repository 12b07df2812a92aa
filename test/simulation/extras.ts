/** What a share of the worlds has besides: items on pages, an archive in Drive, a small day's limit. */
import {randomStream, type Random} from '../simulator';
import type {Drawn} from './draw';
import {HUGE_RESULT, type DrawnJob, type DrawnStep, type Work} from './jobs';
import {withSource} from './sources';
import {sumOfMs} from './walks';

/** Where a host's archive lies: in a folder that it names, or in one that the library makes for one user. */
export type ArchivePlace = 'folder' | 'made';

/** The limits of a day that the script properties say. */
export interface DrawnLimits {
  readonly minutes: number | null;
  readonly operations: number | null;
  /** Nothing but what our scripts ask for is used, and little enough of it is lost: no trigger may be refused. */
  readonly isExact: boolean;
}

export interface Extras {
  readonly archive: ArchivePlace | null;
  readonly limits: DrawnLimits | null;
}

/** Who does everything where the library has made the folder, which nobody else sees, or where days pass. */
const ANN = 'ann@example.com';

const SOURCE_SHARE = 0.22;
const ARCHIVE_SHARE = 0.15;
const LIMITS_SHARE = 0.03;
const KEEP_SHARE = 0.12;

/** The world with what chance gives it besides, from streams of its own. */
export function withExtras(drawn: Drawn): Drawn {
  const random = randomStream(drawn.seed, 'extras');
  const isOrdinary = drawn.quota === null;
  const withSources = {...drawn, jobs: drawn.jobs.map((job) => (mayPage(job, random) ? withSource(job, random) : job))};
  const roll = random();
  if (!isOrdinary) return withSources;
  if (roll < ARCHIVE_SHARE) return withArchive(withSources, random);
  if (roll < ARCHIVE_SHARE + LIMITS_SHARE) return withLimits(withSources, random);
  if (roll < ARCHIVE_SHARE + LIMITS_SHARE + KEEP_SHARE)
    return {...withSources, jobs: keeping(withSources.jobs, random, false)};
  return withSources;
}

function mayPage(job: DrawnJob, random: Random): boolean {
  const isMap = job.method === 'mapReduce' || job.method === 'enqueueMany';
  return isMap && !job.isTooLarge && random() < SOURCE_SHARE * 2;
}

function withArchive(drawn: Drawn, random: Random): Drawn {
  const archive: ArchivePlace = random() < 0.5 ? 'folder' : 'made';
  const jobs = drawn.jobs.map((job) => bulky(job, random));
  const user = (name: string): string => (archive === 'made' ? ANN : name);
  const aged = Array.from({length: 2 + Math.floor(random() * 4)}, () => ({
    action: {kind: 'call', fn: 'ageArchive'} as const,
    user: ANN,
    host: drawn.hosts[Math.floor(random() * drawn.hosts.length)] ?? 'main',
    atMs: 600_000 + Math.floor(random() * 4_800_000),
  }));
  return {
    ...drawn,
    archive,
    jobs: keeping(jobs, random, true).map((job) => ({...job, user: user(job.user)})),
    actions: [...drawn.actions, ...aged].map((one) => ({...one, user: user(one.user)})),
  };
}

/** Results of which some are large, and so few in between that the store holds them where Drive does not take them. */
function bulky(job: DrawnJob, random: Random): DrawnJob {
  const share = job.steps.length > 20 ? 0.15 : 0.6;
  const enlarge = (work: Work): Work => {
    const big = random() < share ? 1_000 + Math.floor(random() * 29_000) : Math.floor(random() * 300);
    return work.isVoid ? work : {...work, big: work.big === HUGE_RESULT ? 30_000 : big};
  };
  if (job.source !== null) {
    // All items of a page have a result of the same size; a group of them goes to the archive together.
    const big = Math.floor(random() * 1_500);
    const {source} = job;
    const steps = job.steps.map((step) => ({...step, work: {...step.work, big}}));
    return {...job, steps, source: {...source, base: {...source.base, big}}};
  }
  return {...job, steps: job.steps.map((step) => ({...step, work: enlarge(step.work)}))};
}

/** Some steps put a value away and get it back. */
function keeping(jobs: readonly DrawnJob[], random: Random, hasDrive: boolean): readonly DrawnJob[] {
  const keep = (step: DrawnStep): DrawnStep => {
    if (random() >= 0.25 || step.work.calls === 0) return step;
    const keeps = hasDrive && random() < 0.5 ? 'drive' : 'properties';
    return {...step, work: {...step.work, keeps}};
  };
  return jobs.map((job) => (job.isRange || job.source !== null ? job : {...job, steps: job.steps.map(keep)}));
}

/** Jobs of which a day's trigger time may not be enough. */
function slower(isTime: boolean, job: DrawnJob, random: Random): DrawnJob {
  const timed = {...job, user: ANN, maxRuntimeMs: Math.min(job.maxRuntimeMs, 240_000)};
  if (!isTime || job.steps.length > 14 || job.source !== null) return timed;
  const ms = 50_000 + Math.floor(random() * 150_000);
  return {...timed, steps: job.steps.map((step) => ({...step, work: {...step.work, ms}}))};
}

function withLimits(drawn: Drawn, random: Random): Drawn {
  const isTime = random() < 0.65;
  const isCalm = random() < 0.6;
  const jobs = drawn.jobs.map((job) => slower(isTime, job, random));
  const totalMinutes =
    jobs.reduce((sum, job) => sum + job.steps.reduce((all, step) => all + sumOfMs(step.work), 0), 0) / 60_000;
  const operations = jobs.reduce((sum, job) => sum + job.steps.length, 0) * 4;
  const limits: DrawnLimits = {
    minutes: isTime ? Math.max(10, Math.ceil(totalMinutes / (1.3 + 0.7 * random()))) : null,
    operations: isTime ? null : Math.max(300, Math.ceil(operations / 2)),
    isExact: isTime && isCalm && drawn.hosts.length === 1,
  };
  const {rates} = drawn;
  const calm = {...rates, kill: 0, late: 0, jump: 0, errorBefore: 0, errorAfter: 0};
  const actions = drawn.actions.filter(({action}) => action.kind === 'job' || ('fn' in action && action.fn === 'look'));
  return {
    ...drawn,
    ...{jobs, limits, wallMs: 360_000, outages: []},
    actions: actions.map((action) => ({...action, user: ANN})),
    clockSpreadMs: isCalm ? 0 : drawn.clockSpreadMs,
    rates: {...(isCalm ? calm : rates), stall: 0},
  };
}
