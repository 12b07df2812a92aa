/**
 * The calls that a sequence is made of, as they are drawn. A drawn call names jobs and steps by number, so that it means
 * something whatever calls stand before it, and can therefore be shrunk by leaving others out.
 */
import fc from 'fast-check';
import type {DependencyPolicy, JobPriority, JobStatus, JobTerms} from '../../src/types';

/** What a handler does; see host.ts. */
export const KINDS = ['add', 'nothing', 'not json', 'promise', 'spawn', 'nested', 'cancel'] as const;
export type Kind = (typeof KINDS)[number];

export interface DrawnStep {
  /** One bit for each of the steps before: it depends on those. */
  readonly deps: number;
  readonly ms: number;
  readonly failures: number;
  readonly kind: Kind;
  /** Whether its handler is `later`, which comes and goes, and not `act`. */
  readonly isLater: boolean;
  readonly maxRetries: number | null;
}

/** What a drawn job says of itself as a whole. */
export interface DrawnTerms {
  /** Numbers of jobs. */
  readonly on: readonly number[];
  readonly policy: DependencyPolicy | null;
  readonly isStarted: boolean;
  readonly startDelayMs: number | null;
  readonly priority: JobPriority | null;
  readonly tags: readonly string[];
  readonly key: string | null;
  readonly singleton: NonNullable<JobTerms['singleton']> | null;
  /** Whether it keeps its mode where it cannot run at once, and is refused. */
  readonly isKept: boolean;
}

export interface DrawnJob {
  /** `null`: nothing. */
  readonly terms: DrawnTerms | null;
  readonly name: string;
  readonly steps: readonly DrawnStep[];
  readonly form: 'steps' | 'chain' | 'enqueueMany' | 'mapReduce';
  /** Whether `mapReduce` is called with its short keys, and helpers leave out what has a default. */
  readonly isShort: boolean;
  readonly mode: 'run' | 'enqueue';
  readonly maxRetries: number | null;
  readonly maxRuntimeMs: number | null;
  readonly leaseTtlMs: number | null;
  readonly isAuto: boolean;
  readonly prefix: string | null;
  readonly delayMs: number;
  readonly jitter: number;
  readonly maxDelayMs: number | null;
  readonly maxCrashes: number | null;
}

export type DrawnCall =
  | {readonly op: 'submit'; readonly user: number; readonly job: DrawnJob}
  | {readonly op: 'configured'; readonly user: number; readonly job: DrawnJob; readonly settings: DrawnSettings}
  | {
      readonly op: 'status' | 'cancel' | 'pause' | 'remove' | 'adopt';
      readonly user: number;
      readonly job: number;
    }
  | {readonly op: 'getDependencies' | 'getDependents'; readonly user: number; readonly job: number}
  | {
      readonly op: 'addDependency' | 'removeDependency';
      readonly user: number;
      readonly job: number;
      readonly on: number;
    }
  | {
      readonly op: 'batch';
      readonly user: number;
      readonly jobs: readonly DrawnJob[];
      /** For each job one bit for each position of the batch: it depends on those. */
      readonly above: readonly number[];
      readonly isStarted: boolean;
    }
  | {readonly op: 'getBatch'; readonly user: number; readonly batch: number}
  | {readonly op: 'resume'; readonly user: number; readonly job: number; readonly maxRuntimeMs: number | null}
  | {
      readonly op: 'list';
      readonly user: number;
      readonly name: string | null;
      readonly status: JobStatus | null;
      readonly limit: number | null;
      readonly statuses: readonly JobStatus[] | null;
      readonly tags: readonly string[];
      readonly sortBy: 'createdAt' | 'name' | 'priority' | 'status' | null;
      readonly isAscending: boolean;
      readonly offset: number | null;
    }
  | {readonly op: 'stop'; readonly user: number; readonly isWithData: boolean}
  | {readonly op: 'install'; readonly user: number; readonly everyMinutes: number | null}
  | {readonly op: 'work'; readonly user: number}
  | {
      readonly op: 'begin';
      readonly user: number;
      readonly what: 'work' | 'resume' | 'run';
      readonly job: number;
      readonly drawn: DrawnJob;
      readonly ms: number;
    }
  | {readonly op: 'kill'}
  | {readonly op: 'pass'; readonly ms: number}
  | {readonly op: 'deploy'; readonly hasLater: boolean}
  | {readonly op: 'property'; readonly maxRetries: number | null}
  | {readonly op: 'bad'; readonly user: number; readonly which: number};

/** What `configure` is given before a job is submitted in the same execution; `null` leaves the setting out. */
export interface DrawnSettings {
  readonly maxRetries: number | null;
  readonly maxRuntimeMs: string | null;
  readonly isLong: boolean;
  readonly isMerged: boolean;
  readonly isCleared: boolean;
}

export const SECOND_MS = 1_000;
export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;
/** How many different users there are. */
export const USERS: readonly string[] = ['ann@example.com', 'bob@example.com'];

/** Any of these; the first, to which it shrinks, is the plainest. Those that are named more than once are likelier. */
const oneOf = <const Value>(...values: readonly Value[]): fc.Arbitrary<Value> => fc.constantFrom(...values);
const user = oneOf(0, 0, 0, 1);
const job = fc.nat({max: 7});

const step: fc.Arbitrary<DrawnStep> = fc.record({
  deps: oneOf(0, 0, 1, 2, 3, 4, 6, 8),
  ms: oneOf(0, 0, 500, 3_000, 20_000, 20_000, 70_000, 140_000),
  failures: oneOf(0, 0, 0, 0, 0, 1, 1, 2, 9),
  kind: oneOf<Kind>(...Array.from({length: 12}, () => 'add' as const), ...KINDS),
  isLater: oneOf(false, false, false, false, true),
  maxRetries: oneOf(null, null, null, 0, 1),
});

const terms: fc.Arbitrary<DrawnTerms> = fc.record({
  on: fc.array(fc.nat({max: 7}), {maxLength: 2}),
  policy: oneOf<DependencyPolicy | null>(null, null, 'fail', 'cancel', 'wait', 'run'),
  isStarted: oneOf(true, true, true, true, false),
  startDelayMs: oneOf(null, null, null, null, 0, 60_000, 1_000, 2 * HOUR_MS),
  priority: oneOf<JobPriority | null>(null, null, 'low', 'medium', 'high', 'critical'),
  tags: fc.subarray(['red', 'blue']),
  key: oneOf(null, null, null, 'k', 'l'),
  singleton: oneOf<DrawnTerms['singleton']>(
    ...[null, null, null, null, true, 's'],
    ...([{key: 's', policy: 'queue'}, {policy: 'queue'}, {key: 's', policy: 'replace'}] as const),
  ),
  isKept: oneOf(false, false, false, true),
});

const drawnJob: fc.Arbitrary<DrawnJob> = fc.record({
  terms: fc.oneof(fc.constant(null), terms),
  name: oneOf('one', 'two', 'three'),
  steps: fc.array(step, {minLength: 1, maxLength: 5, size: 'max'}),
  form: oneOf('steps', 'steps', 'chain', 'enqueueMany', 'mapReduce'),
  isShort: fc.boolean(),
  mode: oneOf('enqueue', 'run'),
  maxRetries: oneOf(null, null, 0, 1, 3),
  maxRuntimeMs: oneOf(null, null, null, 30_000, 100_000, 600_001),
  leaseTtlMs: oneOf(null, null, null, 1_000, 600_000),
  isAuto: oneOf(true, true, true, true, false),
  prefix: oneOf(null, null, null, 'jobs', 'jobs_v1'),
  delayMs: oneOf(30_000, 0, 1_000, 200_000),
  jitter: oneOf(0, 0.2),
  maxDelayMs: oneOf(null, null, 40_000),
  maxCrashes: oneOf(null, null, 1, 2),
});

const settings: fc.Arbitrary<DrawnSettings> = fc.record({
  maxRetries: oneOf(null, 0, 1, 4),
  maxRuntimeMs: oneOf(null, '90000', '20000'),
  isLong: fc.boolean(),
  isMerged: fc.boolean(),
  isCleared: oneOf(false, false, false, true),
});

const call: fc.Arbitrary<DrawnCall> = fc.oneof(
  {weight: 12, arbitrary: fc.record({op: oneOf('submit'), user, job: drawnJob})},
  {weight: 2, arbitrary: fc.record({op: oneOf('configured'), user, job: drawnJob, settings})},
  {weight: 2, arbitrary: fc.record({op: oneOf('status'), user, job})},
  {weight: 3, arbitrary: fc.record({op: oneOf('pause'), user, job})},
  {weight: 2, arbitrary: fc.record({op: oneOf('remove'), user, job})},
  {weight: 2, arbitrary: fc.record({op: oneOf('adopt'), user, job})},
  {weight: 2, arbitrary: fc.record({op: oneOf('getDependencies', 'getDependents'), user, job})},
  {
    weight: 4,
    arbitrary: fc.record({op: oneOf('addDependency', 'addDependency', 'removeDependency'), user, job, on: job}),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      ...{op: oneOf('batch'), user, jobs: fc.array(drawnJob, {minLength: 1, maxLength: 3})},
      above: fc.array(oneOf(0, 0, 1, 2, 3, 4), {minLength: 3, maxLength: 3}),
      isStarted: oneOf(true, true, true, false),
    }),
  },
  {weight: 2, arbitrary: fc.record({op: oneOf('getBatch'), user, batch: fc.nat({max: 3})})},
  {weight: 4, arbitrary: fc.record({op: oneOf('cancel'), user, job})},
  {weight: 8, arbitrary: fc.record({op: oneOf('resume'), user, job, maxRuntimeMs: oneOf(null, null, 10, 60_000)})},
  {
    weight: 3,
    arbitrary: fc.record({
      ...{op: oneOf('list'), user, name: oneOf(null, 'one', 'nobody')},
      ...{
        status: oneOf<JobStatus | null>(null, 'completed', 'paused', 'queued', 'failed', 'canceled'),
        limit: oneOf(null, 1, 2),
        statuses: oneOf<readonly JobStatus[] | null>(null, null, ['completed', 'failed'], ['paused']),
        tags: oneOf<readonly string[]>([], [], ['red'], ['red', 'blue']),
        sortBy: oneOf(null, 'createdAt', 'name', 'priority', 'status'),
        isAscending: fc.boolean(),
        offset: oneOf(null, null, 0, 1, 3),
      },
    }),
  },
  {weight: 2, arbitrary: fc.record({op: oneOf('stop'), user, isWithData: oneOf(false, false, false, true)})},
  {weight: 1, arbitrary: fc.record({op: oneOf('install'), user, everyMinutes: oneOf(null, 5, 30, 7)})},
  {weight: 3, arbitrary: fc.record({op: oneOf('work'), user})},
  {
    weight: 8,
    arbitrary: fc.record({
      ...{op: oneOf('begin'), user, what: oneOf('work', 'resume', 'run'), job, drawn: drawnJob},
      ms: oneOf(2_000, 10_000, 40_000, 120_000),
    }),
  },
  {weight: 6, arbitrary: fc.record({op: oneOf('kill')})},
  {
    weight: 12,
    arbitrary: fc.record({
      op: oneOf('pass'),
      ms: oneOf(
        ...[5 * SECOND_MS, 30 * SECOND_MS, 70 * SECOND_MS, 2 * MINUTE_MS, 4 * MINUTE_MS, 8 * MINUTE_MS],
        ...[HOUR_MS, HOUR_MS, 8 * DAY_MS, 31 * DAY_MS],
      ),
    }),
  },
  {weight: 3, arbitrary: fc.record({op: oneOf('deploy'), hasLater: fc.boolean()})},
  {weight: 1, arbitrary: fc.record({op: oneOf('property'), maxRetries: oneOf(null, 0, 5)})},
  {weight: 3, arbitrary: fc.record({op: oneOf('bad'), user, which: fc.nat({max: 60})})},
);

/** Sequences of any length, to which one that shows a difference is shrunk. */
export const SEQUENCES: fc.Arbitrary<DrawnCall[]> = fc.array(call, {maxLength: 50, size: 'max'});

/** The sequence of a seed: 30 to 50 calls. */
export function sequenceOf(seed: number): readonly DrawnCall[] {
  const [drawn] = fc.sample(fc.array(call, {minLength: 30, maxLength: 50, size: 'max'}), {seed, numRuns: 1});
  if (drawn === undefined) throw new Error(`Expected a sequence for seed ${seed}.`);
  return drawn;
}
