/**
 * Whole stores with damage in them: what is damaged is reported and stays as it is, jobs that are not come to their end
 * with the results that they have without the damage.
 */
import fc from 'fast-check';
import {headerKey, parseKey} from '../../src/core/keys';
import {readJob} from '../../src/core/stored-job';
import {showJob, showJobs} from '../../src/engine/operations';
import type {DamagedRecord, JobRecord} from '../../src/types';
import {damaged, damages, type Damage} from './damage';
import {MemoryProject} from './memory-project';
import {assertClean, assertPlain, assertSame, outcomeOf} from './oracles';
import {OWNER, SPECIMENS, type Specimen} from './specimens';
import {target} from './target';

type Row = JobRecord | DamagedRecord;
type Values = Readonly<Record<string, string>>;

/** Longer than any job waits, and shorter than finished ones are kept whole. */
const HOURS = 5;

/** Results of all jobs without any damage. */
const UNHARMED = new Map<string, JobRecord>();
{
  const project = new MemoryProject(SPECIMENS.values, OWNER, SPECIMENS.nowMs);
  project.passFor(HOURS);
  for (const row of rowsOf(project)) if ('steps' in row) UNHARMED.set(row.id, row);
}

function rowsOf(project: MemoryProject): readonly Row[] {
  return project.execute((engine) => showJobs(engine, {limit: 1_000}, {details: true}));
}

/** The store of some of the specimens. */
export function storeOf(jobs: readonly Specimen[]): Values {
  const others = SPECIMENS.jobs.filter((job) => !jobs.includes(job)).flatMap((job) => job.keys);
  return Object.fromEntries(Object.entries(SPECIMENS.values).filter(([key]) => !others.includes(key)));
}

/** A store in which something is damaged. */
export interface DamagedStore {
  readonly kinds: readonly string[];
  readonly damages: readonly Damage[];
}

export const damagedStores: fc.Arbitrary<DamagedStore> = fc.record({
  kinds: fc.uniqueArray(fc.constantFrom(...SPECIMENS.jobs.map(({kind}) => kind)), {minLength: 2, maxLength: 4}),
  damages,
});

/** The damaged store, and the ids of the jobs whose keys it spares. */
export function storeWith(input: DamagedStore): {readonly values: Values; readonly spared: readonly Specimen[]} {
  const jobs = SPECIMENS.jobs.filter(({kind}) => input.kinds.includes(kind));
  const met = new Set<string>();
  const values = damaged(storeOf(jobs), input.damages, (key) => met.add(key));
  // Keys near the grammar may lie under a job's start, too, as pieces of results that nobody names.
  const isMet = (job: Specimen): boolean => [...met].some((key) => key.includes(job.id));
  return {values, spared: jobs.filter((job) => !isMet(job))};
}

function checkStore(input: DamagedStore): void {
  const {values, spared} = storeWith(input);
  const project = new MemoryProject(values, OWNER, SPECIMENS.nowMs);
  const unreadable = Object.keys(values).flatMap((key) => {
    const address = parseKey(key);
    if (address?.part !== 'h') return [];
    const {kind} = readJob(values, address);
    return kind === 'corrupt' || kind === 'newer' ? [address] : [];
  });
  checkRows(
    project,
    values,
    unreadable.map(({id}) => id),
    spared,
  );
  const passed = outcomeOf(() => project.passFor(HOURS));
  if ('refusal' in passed) throw passed.refusal;
  checkEnds(project, spared);
  for (const address of unreadable) {
    const start = headerKey(address).slice(0, -1);
    for (const key of Object.keys(values))
      if (key.startsWith(start)) assertSame(project.world.values.get(key), values[key], `damaged text under ${key}`);
  }
  assertClean();
}

/** What is listed and shown of a store with damage in it. */
function checkRows(
  project: MemoryProject,
  values: Values,
  unreadable: readonly string[],
  spared: readonly Specimen[],
): void {
  const listed = outcomeOf(() => rowsOf(project));
  if ('refusal' in listed) throw listed.refusal;
  assertPlain(listed.value);
  for (const id of unreadable)
    if (!listed.value.some((row) => row.id === id && 'damaged' in row))
      throw new Error(`${id} is not listed as damaged.`);
  for (const row of listed.value) {
    const shown = outcomeOf(() =>
      project.execute((engine) => showJob(engine, {id: row.id, prefix: null}, {steps: {offset: 0, limit: 1_000}})),
    );
    if ('value' in shown) assertPlain(shown.value);
    else if (shown.refusal.code !== 'RECORD_CORRUPT' && shown.refusal.code !== 'SCHEMA_NEWER') throw shown.refusal;
  }
  for (const {id, kind} of spared)
    if (!listed.value.some((row) => row.id === id && !('damaged' in row))) throw new Error(`${kind} is not listed.`);
  assertSame(project.everything().values, values, 'the store after it was read');
}

/** Status and results of a job that no damage met. */
export function expectedEnd(id: string): unknown {
  const record = UNHARMED.get(id);
  return record === undefined ? undefined : [record.status, record.results];
}

function checkEnds(project: MemoryProject, spared: readonly Specimen[]): void {
  const rows = new Map(rowsOf(project).map((row) => [row.id, row]));
  for (const {id, kind} of spared) {
    const row = rows.get(id);
    const ended = row !== undefined && 'results' in row ? [row.status, row.results] : row;
    assertSame(ended, expectedEnd(id), `the end of ${kind}`);
  }
}

export const STORE_TARGETS = [target('damaged-store', 40, damagedStores, checkStore)];
