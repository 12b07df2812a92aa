/**
 * The built bundle in the simulator: whole calls with values of the host's realm, and damaged stores over whole days, with
 * the triggers that there are.
 */
import fc from 'fast-check';
import {headerKey, parseKey} from '../../src/core/keys';
import {readJob} from '../../src/core/stored-job';
import type {DamagedRecord, JobRecord} from '../../src/types';
import {World} from '../simulator';
import {isJobsError} from '../../src/errors';
import {anyText} from '../support/arbitraries';
import {assertSame, assertTelling} from './oracles';
import {values, type Recipe} from './recipe';
import {submissions} from './request';
import {FORMS, PROJECTS, type Form, type HostCall} from './simulated-host';
import {OWNER, SPECIMENS} from './specimens';
import {damagedStores, expectedEnd, storeWith, type DamagedStore} from './store-targets';
import {target} from './target';

type Row = JobRecord | DamagedRecord;
type Call = readonly [method: string, recipes: readonly Recipe[]];

const HOUR_MS = 3_600_000;
const LATENCY = {read: 1, write: 1, lock: 1, release: 1, trigger: 1};

const submits = submissions.map(({method, recipe}): Call => [method, [recipe]]);
const others = fc
  .tuple(
    fc.constantFrom(
      'resume',
      'status',
      'list',
      'explain',
      'logs',
      'progress',
      'plan',
      'cleanup',
      'cancel',
      'configure',
      'install',
      'work',
      'stop',
      'getConfig',
      'clearConfig',
    ),
    fc.array(values, {maxLength: 2}),
  )
  .map(([method, recipes]): Call => [method, recipes]);
const binds = fc.tuple(values, values).map((recipes): Call => ['bind', recipes]);

/** Some calls in one execution; what is bound last cannot mislead the others. */
const sessions = fc.record({
  form: fc.constantFrom(...FORMS),
  calls: fc.array(fc.oneof({weight: 2, arbitrary: submits}, {weight: 1, arbitrary: others}), {
    minLength: 1,
    maxLength: 4,
  }),
  last: fc.option(binds, {freq: 4}),
});

function inWorld(form: Form, startMs: number, act: (world: World) => void): void {
  const world = new World({project: PROJECTS[form], startMs, latency: LATENCY, hangMs: 30_000});
  try {
    act(world);
  } finally {
    world.close();
  }
}

function checkSession({
  form,
  calls,
  last,
}: {
  readonly form: Form;
  readonly calls: readonly Call[];
  readonly last: Call | null;
}): void {
  inWorld(form, SPECIMENS.nowMs, (world) => {
    const all = last === null ? calls : [...calls, last];
    const made = world.call('callAll', [all]) as readonly HostCall[];
    for (const {method, problem, error} of made) {
      if (problem !== null) throw new Error(`${method}: ${problem}`);
      if (error === undefined) continue;
      if (!isJobsError(error)) throw new Error(`${method} threw ${error.json}`);
      assertTelling({...error, toJSON: () => JSON.parse(error.json) as unknown});
    }
    world.runUntil(world.nowMs + 3 * HOUR_MS);
    checkHealth(world);
    const isDisturbed = all.some(([method]) => method === 'stop' || method === 'cancel');
    const rows = form === 'unbound' ? [] : (world.call('records') as readonly Row[]);
    for (const row of rows) if (!isDisturbed) checkEnd(row, rows);
  });
}

/** A job that was accepted came to its end, whatever its request was like. */
function checkEnd(row: Row, rows: readonly Row[]): void {
  if (!('results' in row)) throw new Error(`An accepted job is damaged: ${JSON.stringify(row)}`);
  const others = rows.flatMap((other) => ('results' in other && isLeftToSomebody(other) ? [other] : []));
  if (isLeftToSomebody(row) || others.some((other) => holdsUp(other, row))) return;
  const isFailed = ['RESULT_TOO_LARGE', 'JOB_TIMEOUT'].includes(row.lastError?.code ?? '');
  const hasEnded = row.status === 'completed' || isFailed;
  if (!hasEnded)
    throw new Error(`The job is ${row.status}: ${JSON.stringify([row.waiting, row.lastError, row.options])}`);
  if (row.status !== 'completed' || row.steps.length > 100) return;
  for (const {id, payload} of row.steps) assertSame(row.results[id], payload, `the result of ${id}`);
}

/** Nobody but a call of `resume` makes it go on. */
function isLeftToSomebody({options, waiting}: JobRecord): boolean {
  return !options.autoResume || waiting?.reason === 'user';
}

/** A job waits for the open ones of its singleton key, also where these go on only when somebody says so. */
function holdsUp(other: JobRecord, row: JobRecord): boolean {
  const isOpen = other.status === 'queued' || other.status === 'paused';
  return (
    isOpen && row.waiting?.reason === 'dependency' && row.singleton !== undefined && row.singleton === other.singleton
  );
}

/** No execution failed or was cut off: nobody gets mail. */
function checkHealth(world: World): void {
  const sick = world.executions.find(({end}) => end !== 'done');
  if (sick !== undefined) throw new Error(`${sick.fn} ended ${sick.end}: ${JSON.stringify(sick.error)}`);
}

interface SimulatedStore extends DamagedStore {
  readonly form: Form;
  readonly owner: string;
}

/** Without the specimen that was killed seventy times, which takes too many executions. */
const simulatedStores: fc.Arbitrary<SimulatedStore> = fc
  .tuple(
    damagedStores,
    fc.constantFrom('pasted' as const, 'library' as const),
    fc.oneof(fc.constantFrom(OWNER, 'x'.repeat(9_000)), anyText(60)),
  )
  .map(([store, form, owner]) => ({...store, kinds: store.kinds.filter((kind) => kind !== 'sealed'), form, owner}));

function checkStore(input: SimulatedStore): void {
  const {values: texts, spared} = storeWith(input);
  inWorld(input.form, SPECIMENS.nowMs, (world) => {
    for (const [key, text] of Object.entries(texts)) world.setProperty('script', key, text);
    world.setProperty('user', 'AST_JOBS_OWNER', input.owner);
    world.call('astJobsWorker');
    world.runUntil(world.nowMs + 2 * HOUR_MS);
    checkHealth(world);
    const after = world.store('script');
    for (const key of Object.keys(texts)) {
      const address = parseKey(key);
      if (address === null || texts[headerKey(address)] === undefined) continue;
      const {kind} = readJob(texts, address);
      if (kind === 'corrupt' || kind === 'newer') assertSame(after.get(key), texts[key], `damaged text under ${key}`);
    }
    const rows = new Map((world.call('records') as readonly Row[]).map((row) => [row.id, row]));
    for (const {id, kind} of spared) {
      const row = rows.get(id);
      // Somebody else's jobs wait for somebody else's triggers.
      if (input.owner !== OWNER) assertSame(row?.id, id, `the row of ${kind}`);
      if (input.owner !== OWNER) continue;
      const ended = row !== undefined && 'results' in row ? [row.status, row.results] : row;
      assertSame(ended, expectedEnd(id), `the end of ${kind}`);
    }
  });
}

export const SIMULATED_TARGETS = [
  target('simulated-calls', 80, sessions, checkSession),
  target('simulated-store', 20, simulatedStores, checkStore),
];
