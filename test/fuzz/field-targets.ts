/**
 * Each field that says something of a job as a whole, with anything at all in it, in every kind of request, in batches and
 * in workflows; and what changes jobs from outside. What is refused stores nothing; what is accepted reads back as plain JSON.
 */
import fc from 'fast-check';
import {enqueueBatch, showBatch} from '../../src/engine/batch';
import {adoptJob, changeDependency, linksOf, pauseJob, removeJob} from '../../src/engine/control';
import {showJob, showJobs} from '../../src/engine/operations';
import {setLimit, showLimits} from '../../src/engine/rate-limits';
import {runWorkflow} from '../../src/engine/workflows';
import {listen} from '../../src/engine/events';
import {declareAlert} from '../../src/engine/alerts';
import type {Engine} from '../../src/engine/engine';
import {anyText} from '../support/arbitraries';
import {makeValue} from './make-value';
import {MemoryProject} from './memory-project';
import {assertPlain, assertSame, outcomeOf} from './oracles';
import {values, type Recipe} from './recipe';
import {target} from './target';

const FIELDS = [
  ...['description', 'tags', 'priority', 'payload', 'environment', 'secretEnvironment', 'timeoutMs', 'deadlineMs'],
  ...['runAt', 'delayMs', 'autoStart', 'dependencies', 'onDependencyFailure', 'idempotencyKey', 'idempotencyTtlMs'],
  ...['singleton', 'debounce', 'resources'],
];
const BASES: Readonly<Record<string, object>> = {
  run: {name: 'job', steps: [{id: 'a', handler: 'act'}]},
  enqueue: {name: 'job', steps: [{id: 'a', handler: 'act'}]},
  chain: {name: 'job', tasks: [{handler: 'act'}], mode: 'enqueue'},
  enqueueMany: {name: 'job', handler: 'act', items: [1, 2]},
  mapReduce: {name: 'job', items: [1], mapHandler: 'act', reduceHandler: 'act', mode: 'enqueue'},
  workflow: {name: 'job', jobs: [{name: 'a', handler: 'act'}]},
  batch: {name: 'job', steps: [{id: 'a', handler: 'act'}]},
};
const CODES = [
  ...['INVALID_REQUEST', 'INVALID_OPTION', 'HANDLER_NOT_FOUND', 'PLAN_TOO_LARGE', 'NOT_SUPPORTED', 'JOB_NOT_FOUND'],
];

/** Values of the right kind with rubbish inside, and rubbish. */
const given = fc.oneof(
  {weight: 3, arbitrary: values},
  fc.array(values, {maxLength: 2}).map((entries): Recipe => ({is: 'list', form: 'own', entries})),
  fc
    .array(fc.tuple(fc.constantFrom('key', 'policy', 'waitMs', 'maxWaitMs', 'id', 'A', '__proto__'), values), {
      maxLength: 3,
    })
    .map((entries): Recipe => ({is: 'object', form: 'own', entries})),
  fc
    .constantFrom<readonly unknown[]>(...[['job_0mk0xjuds_0000000000'], [0], ['a', ' a ']])
    .map((value): Recipe => ({is: 'json', value})),
);
const fields = fc.array(fc.tuple(fc.constantFrom(...FIELDS), given), {minLength: 1, maxLength: 3});

interface FieldsOf {
  readonly kind: string;
  readonly fields: readonly (readonly [string, Recipe])[];
}

function submit(engine: Engine, kind: string, request: object): unknown {
  if (kind === 'batch') return enqueueBatch(engine, [BASES['batch'], request], undefined);
  if (kind === 'workflow') return runWorkflow(engine, request, undefined);
  return engine.submit(kind as 'run', request);
}

function checkFields({kind, fields: entries}: FieldsOf): void {
  const project = new MemoryProject();
  const before = project.everything();
  const request = {...BASES[kind], ...Object.fromEntries(entries.map(([key, recipe]) => [key, makeValue(recipe)]))};
  const outcome = outcomeOf(() => project.execute((engine) => submit(engine, kind, request)));
  if ('refusal' in outcome) {
    if (!CODES.includes(outcome.refusal.code)) throw outcome.refusal;
    assertSame(project.everything(), before, 'what is stored after a refusal');
    return;
  }
  assertPlain(outcome.value);
  for (const row of project.execute((engine) => showJobs(engine, {}, {details: true}))) {
    if ('damaged' in row) throw new Error(`An accepted job is damaged: ${JSON.stringify(row)}`);
    assertPlain(row);
    assertPlain(project.execute((engine) => showJob(engine, {id: row.id, prefix: null}, undefined)));
  }
  const passed = outcomeOf(() => project.passFor(1));
  if ('refusal' in passed) throw passed.refusal;
}

/** What changes or shows jobs from outside, with anything in the place of ids, filters, limits, listeners and alerts. */
function checkHandling([one, two, text]: readonly [Recipe, Recipe, string]): void {
  const project = new MemoryProject();
  const job = project.execute((engine) => engine.submit('enqueue', BASES['enqueue']));
  const other = {id: text, prefix: null};
  project.execute((engine) => {
    const calls: readonly (() => unknown)[] = [
      () => pauseJob(engine, other),
      () => adoptJob(engine, other),
      () => removeJob(engine, other),
      () => changeDependency(engine, {id: job.id, prefix: null}, text, 'add'),
      () => changeDependency(engine, other, job.id, 'remove'),
      () => linksOf(engine, other, 'up'),
      () => linksOf(engine, other, 'down'),
      () => showBatch(engine, makeValue(one)),
      () => enqueueBatch(engine, makeValue(one), makeValue(two)),
      () => enqueueBatch(engine, [BASES['batch'], makeValue(one)], makeValue(two)),
      () => showJobs(engine, makeValue(one), undefined),
      () => setLimit(engine.ports, makeValue(one), makeValue(two)),
      () => setLimit(engine.ports, 'mail', makeValue(one)),
      () => showLimits(engine.ports),
    ];
    for (const call of calls) {
      const before = project.everything();
      const outcome = outcomeOf(call);
      if ('value' in outcome) assertPlain(outcome.value);
      else assertSame(project.everything(), before, 'what is stored after a refusal');
    }
  });
  if (!project.execute((engine) => showJobs(engine, {}, undefined)).some(({id}) => id === job.id))
    throw new Error('The job that nobody named is gone.');
}

/** Listeners and alerts are kept by the execution alone, so only what is refused can be thrown at them. */
function checkListeners([one, two]: readonly [Recipe, Recipe]): void {
  outcomeOf(() => {
    listen(makeValue(one), 1, makeValue(two));
  });
  outcomeOf(() => {
    listen('completed', undefined, makeValue(two));
  });
  outcomeOf(() => {
    declareAlert(makeValue(one));
  });
}

const filters = fc
  .array(
    fc.tuple(
      fc.constantFrom(...['status', 'tags', 'sortBy', 'sortOrder', 'offset', 'createdAfter', 'batch', 'perMinute']),
      values,
    ),
    {maxLength: 3},
  )
  .map((entries): Recipe => ({is: 'object', form: 'own', entries}));

export const FIELD_TARGETS = [
  target('fields', 400, fc.record({kind: fc.constantFrom(...Object.keys(BASES)), fields}), checkFields),
  target('handling', 150, fc.tuple(fc.oneof(values, filters), fc.oneof(values, filters), anyText(30)), checkHandling),
  target('listeners', 150, fc.tuple(values, values), checkListeners),
];
