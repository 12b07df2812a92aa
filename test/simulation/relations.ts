/** How the jobs of a world know of each other, and what people do with single ones. */
import {randomStream, type Random} from '../simulator';
import type {Drawn, DrawnAction, Timed} from './draw';
import {pick, type DrawnJob} from './jobs';

/** What a job is asked to be beside its steps. */
export interface DrawnRelations {
  /** Names of drawn jobs that it depends on, as far as they are there when it is submitted. */
  readonly after: readonly string[];
  readonly onDependencyFailure: 'fail' | 'cancel' | 'wait' | 'run';
  /** Whether it is submitted with the others of the world that are. */
  readonly isInBatch: boolean;
  readonly idempotencyKey: string | null;
  readonly singleton: {readonly key: string; readonly policy: 'skip' | 'queue' | 'replace'} | null;
  readonly debounceMs: number | null;
  readonly priority: string | null;
  readonly delayMs: number | null;
  readonly timeoutMs: number | null;
  /** When it is submitted once more. */
  readonly againMs: readonly number[];
}

const SHARE = 0.45;
const POLICIES = ['fail', 'fail', 'cancel', 'wait', 'run'] as const;

/** The world with jobs that know of each other, for a share of the worlds; from a stream of its own. */
export function withRelations(drawn: Drawn): Drawn {
  const random = randomStream(drawn.seed, 'relations');
  if (drawn.quota !== null || drawn.limits !== null || drawn.archive !== null || random() >= SHARE) return drawn;
  const jobs = drawn.jobs.map((job, index) => ({
    ...job,
    relations: drawRelations(random, job, drawn.jobs.slice(0, index)),
  }));
  return {...drawn, jobs: together(jobs, random), actions: [...drawn.actions, ...handling(jobs, random)]};
}

function drawRelations(random: Random, job: DrawnJob, earlier: readonly DrawnJob[]): DrawnRelations {
  const chance = (share: number): boolean => random() < share;
  const after = earlier.filter((other) => other.host === job.host && chance(0.6)).map(({name}) => name);
  const policy = pick(random, ['skip', 'queue', 'queue', 'replace'] as const);
  const singleton = chance(0.25) ? {key: pick(random, ['one', 'two']), policy} : null;
  const againMs = chance(0.4) ? [job.atMs + Math.floor(random() * (chance(0.5) ? 30_000 : 1_200_000))] : [];
  return {
    ...{after, onDependencyFailure: pick(random, POLICIES), isInBatch: false, singleton, againMs},
    // Whoever asks twice says that he means the same, or one at a time, or the last of a storm.
    idempotencyKey: againMs.length > 0 && singleton === null && chance(0.6) ? `key of ${job.name}` : null,
    debounceMs: singleton === null && after.length === 0 && job.method === 'enqueue' && chance(0.2) ? 60_000 : null,
    priority: chance(0.3) ? pick(random, ['low', 'high', 'critical']) : null,
    delayMs: chance(0.15) ? Math.floor(random() * 600_000) : null,
    timeoutMs: chance(0.1) ? 60_000 + Math.floor(random() * 1_200_000) : null,
  };
}

/** Some worlds have a batch of all their jobs of one host. */
function together(jobs: readonly DrawnJob[], random: Random): readonly DrawnJob[] {
  const [first] = jobs;
  const members = jobs.filter((job) => job.host === first?.host && !job.isTooLarge);
  if (first === undefined || members.length < 2 || random() >= 0.4) return jobs;
  return jobs.map((job) => {
    if (!members.includes(job) || job.relations === null) return job;
    const alone = {idempotencyKey: null, singleton: null, debounceMs: null, againMs: []};
    const {user, atMs} = first;
    return {...job, user, atMs, isLimited: false, relations: {...job.relations, ...alone, isInBatch: true}};
  });
}

/** Pauses, resumes, removals and adoptions. */
function handling(jobs: readonly DrawnJob[], random: Random): readonly Timed[] {
  return Array.from({length: Math.floor(random() * 5)}, () => {
    const {name, host, atMs} = pick(random, jobs);
    const fn = pick(random, ['pauseJob', 'pauseJob', 'removeJob', 'adoptJob', 'adoptJob', 'cancelJob'] as const);
    const action: DrawnAction = {kind: 'job', fn, job: name};
    const user = pick(random, ['ann@example.com', 'bob@example.com']);
    return {action, host, user, atMs: atMs + Math.floor(random() * 1_500_000)};
  });
}

/** The fields of a request. */
export function termsOf({relations}: DrawnJob): Readonly<Record<string, unknown>> {
  if (relations === null) return {};
  const {onDependencyFailure, idempotencyKey, singleton, debounceMs, priority, delayMs, timeoutMs} = relations;
  return Object.fromEntries(
    Object.entries({
      ...{onDependencyFailure, idempotencyKey, singleton, priority, timeoutMs},
      ...{debounce: idempotencyKey === null ? debounceMs : null, delayMs: debounceMs === null ? delayMs : null},
    }).filter(([, value]) => value !== null),
  );
}
