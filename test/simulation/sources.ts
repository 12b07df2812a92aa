/** Items that a handler of the host fetches page by page: how a drawn job gets them. */
import type {Random} from '../simulator';
import type {DrawnJob, DrawnStep, Work} from './jobs';

/** What the handler of a source is told. */
export interface DrawnSource {
  /** Items of each page. */
  readonly sizes: readonly number[];
  /** How long a page takes. */
  readonly ms: number;
  /** The page that fails at the first attempt; -1: none. */
  readonly failAt: number;
  /** Whether it fails with an error, or with something that is no page. */
  readonly isRubbish: boolean;
  /** What the last page says of another. */
  readonly end: 'null' | 'none' | 'empty';
  /** What all items do; their `n` counts up. */
  readonly base: Work;
}

const MOST_PAGES = 6;
const MOST_ON_PAGE = 40;
/** Each so many-th item fails as its job draws it. */
const FAIL_EACH = 7;

/** The same job with its items on pages. */
export function withSource(job: DrawnJob, random: Random): DrawnJob {
  const sizes = Array.from({length: 1 + Math.floor(random() * MOST_PAGES)}, () => drawSize(random));
  const count = sizes.reduce((sum, size) => sum + size, 0);
  const first = job.steps[0]?.work;
  if (first === undefined) return job;
  const base: Work = {
    ...first,
    ms: Math.min(first.ms, count > 60 ? 1_500 : 12_000),
    calls: Math.min(first.calls, 1),
    isVoid: job.method === 'enqueueMany' && first.isVoid,
    big: Math.min(first.big, 1_000),
    pad: '',
  };
  const prefix = prefixOf(job);
  const steps: readonly DrawnStep[] = Array.from({length: count}, (_none, index) => ({
    id: `${prefix}_${index + 1}`,
    dependsOn: [],
    work: itemWork(base, index),
  }));
  const mayFail = job.maxRetries > 0 && random() < 0.4;
  const source: DrawnSource = {
    ...{sizes, base, ms: 1 + Math.floor(random() * (random() < 0.3 ? 30_000 : 1_000))},
    failAt: mayFail ? Math.floor(random() * sizes.length) : -1,
    isRubbish: random() < 0.5,
    end: (['null', 'none', 'empty'] as const)[Math.floor(random() * 3)] ?? 'null',
  };
  return {...job, steps, source, isRange: false};
}

function drawSize(random: Random): number {
  const roll = random();
  return roll < 0.12 ? 0 : Math.floor(random() * (roll < 0.6 ? 12 : MOST_ON_PAGE + 1));
}

/** The k-th item; the host makes the same of it. */
function itemWork(base: Work, index: number): Work {
  return {...base, n: base.n + index, fail: index % FAIL_EACH === 3 ? base.fail : 0};
}

function prefixOf({method}: Pick<DrawnJob, 'method'>): string {
  return method === 'mapReduce' ? 'map' : 'item';
}

/** The id of the step that fetches the pages. */
export function sourceStepId(job: DrawnJob): string {
  return `${prefixOf(job)}_pages`;
}

/** The token that brings a page. */
export function tokenOf(page: number): string | null {
  return page === 0 ? null : `p${page}`;
}
