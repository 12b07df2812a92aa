/**
 * What a job was asked to be as a whole, as docs/jobs-together.md says it, and what follows for its start. Where the model
 * cannot know yet what others have come to, there are several answers.
 */
import type {DependencyPolicy, JobPriority, JobStatus, JobTerms, SingletonPolicy} from '../../src/types';

/** `enqueue` starts no sooner, unless it is told when. */
const GRACE_MS = 60_000;
const DAY_MS = 86_400_000;

export interface Terms {
  readonly dependencies: readonly string[];
  readonly policy: DependencyPolicy;
  readonly isStarted: boolean;
  readonly dueMs: number;
  readonly priority: JobPriority;
  readonly tags: readonly string[];
  readonly key: {readonly text: string; readonly untilMs: number} | null;
  readonly singleton: {readonly key: string; readonly policy: SingletonPolicy} | null;
  readonly batch: string | null;
}

export function termsOf(request: JobTerms & {readonly name: string}, createdMs: number): Terms {
  const {dependencies = [], onDependencyFailure = 'fail', autoStart = true, delayMs, priority = 'medium'} = request;
  const {tags = [], idempotencyKey} = request;
  return {
    dependencies: [...new Set(dependencies.map(String))],
    policy: onDependencyFailure,
    isStarted: autoStart,
    dueMs: createdMs + (delayMs ?? GRACE_MS),
    ...{priority, tags},
    key: idempotencyKey === undefined ? null : {text: idempotencyKey, untilMs: createdMs + DAY_MS},
    singleton: singletonOf(request),
    batch: null,
  };
}

function singletonOf({name, singleton = false}: JobTerms & {readonly name: string}): Terms['singleton'] {
  if (singleton === false) return null;
  if (singleton === true) return {key: name, policy: 'skip'};
  if (typeof singleton === 'string') return {key: singleton, policy: 'skip'};
  return {key: singleton.key ?? name, policy: singleton.policy ?? 'skip'};
}

/** What keeps a request from running at once. */
export function isForLater({dependencies = [], autoStart = true, delayMs}: JobTerms): boolean {
  return dependencies.length > 0 || !autoStart || delayMs !== undefined;
}

/** What the record shows. */
export function shownTerms(terms: Terms): object {
  const {dependencies, policy, priority, tags, key, singleton, batch} = terms;
  return {
    ...(dependencies.length === 0 ? {} : {dependencies, onDependencyFailure: policy}),
    ...(priority === 'medium' ? {} : {priority}),
    ...(tags.length === 0 ? {} : {tags}),
    ...(key === null ? {} : {idempotencyKey: key.text}),
    ...(singleton === null ? {} : {singleton: singleton.key}),
    ...(batch === null ? {} : {batch}),
  };
}

/** A job as far as others wait for it. */
export interface Waiter {
  readonly id: string;
  readonly terms: Terms;
  readonly status: JobStatus;
  readonly isFinal: boolean;
  readonly hasBegun: boolean;
  /** What it ends as when its execution gives it back, if it does. */
  readonly nextEnd: 'completed' | 'failed' | null;
}

type State = 'open' | 'completed' | 'failed' | 'canceled' | 'missing';
export type Gate = 'open' | 'waits' | 'failed' | 'canceled';

/** What a job may have come to: more than one where nobody has looked since. */
function statesOf(job: Waiter, jobs: readonly Waiter[]): ReadonlySet<State> {
  if (job.isFinal) return new Set([job.status as State]);
  const ends = [...gatesOf(job, jobs)].filter(
    (gate): gate is 'failed' | 'canceled' => gate !== 'open' && gate !== 'waits',
  );
  return new Set<State>(['open', ...ends, ...(job.nextEnd === null ? [] : [job.nextEnd])]);
}

/** Whether a job may start. `jobs`: all there are, the oldest first. */
export function gatesOf(job: Waiter, jobs: readonly Waiter[]): ReadonlySet<Gate> {
  if (job.hasBegun) return new Set(['open']);
  const {dependencies, policy, singleton} = job.terms;
  let before = new Set<Gate>(['open']);
  for (const id of dependencies) {
    const other = jobs.find((one) => one.id === id);
    const states = other === undefined ? new Set<State>(['missing']) : statesOf(other, jobs);
    const here = new Set([...states].map((state) => gateOfState(state, policy)));
    before = new Set([...before].flatMap((one) => [...here].map((two) => worse(one, two))));
  }
  if (singleton === null || !before.has('open')) return before;
  const earlier = jobs.slice(0, jobs.indexOf(job)).filter((one) => one.terms.singleton?.key === singleton.key);
  const states = earlier.map((one) => statesOf(one, jobs));
  if (states.some((some) => some.has('open'))) before.add('waits');
  if (states.some((some) => some.has('open') && some.size === 1)) before.delete('open');
  return before;
}

function gateOfState(state: State, policy: DependencyPolicy): Gate {
  if (state === 'completed') return 'open';
  if (state === 'open' || policy === 'wait') return 'waits';
  if (policy === 'run') return 'open';
  return policy === 'fail' ? 'failed' : 'canceled';
}

function worse(one: Gate, other: Gate): Gate {
  const order: readonly Gate[] = ['open', 'waits', 'failed', 'canceled'];
  return order.indexOf(one) > order.indexOf(other) ? one : other;
}

/** Open jobs of its key that a job lets go first. */
function earlierOf(job: Waiter, jobs: readonly Waiter[]): readonly Waiter[] {
  const key = job.terms.singleton?.key;
  if (key === undefined || job.hasBegun) return [];
  return jobs.slice(0, jobs.indexOf(job)).filter((one) => one.terms.singleton?.key === key && !one.isFinal);
}

/** What a job waits for. */
export function blockersOf<Job extends Waiter>(job: Job, jobs: readonly Job[]): readonly Job[] {
  if (job.hasBegun) return [];
  return [...jobs.filter((one) => job.terms.dependencies.includes(one.id)), ...(earlierOf(job, jobs) as Job[])];
}

/** Whether one job waits for another, at whatever distance. */
export function waitsFor(job: Waiter, id: string, jobs: readonly Waiter[]): boolean {
  if (job.id === id) return true;
  const dependencies = jobs.filter((one) => job.terms.dependencies.includes(one.id));
  return [...dependencies, ...(job.isFinal ? [] : earlierOf(job, jobs))].some((one) => waitsFor(one, id, jobs));
}
