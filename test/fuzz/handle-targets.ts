/**
 * Handles of jobs of every kind, and executions of named jobs: their methods with anything at all for arguments. A request
 * that is refused stores nothing; an execution that is accepted runs its tasks as they were given.
 */
import fc from 'fast-check';
import {namedJob} from '../../src/engine/executions';
import {handleOf} from '../../src/engine/handle';
import type {ExecutionRecord, JobHandle, NamedJob} from '../../src/types';
import {anyJson, anyText} from '../support/arbitraries';
import {makeValue} from './make-value';
import {MemoryProject} from './memory-project';
import {assertPlain, assertSame, outcomeOf} from './oracles';
import {changed, changes, recipeOf, values, type Recipe} from './recipe';
import {isSteady} from './request';
import {OWNER, SPECIMENS} from './specimens';
import {storeOf} from './store-targets';
import {target} from './target';

/** Without what a kill left of a batch, which the first call that holds the lock finishes. */
const STORE = Object.fromEntries(
  Object.entries(storeOf(SPECIMENS.jobs)).filter(([key]) => !key.startsWith('AST_JOBS_INTENT~')),
);
/** Codes of calls that were refused for what they were given: before anything was done. */
const BAD_INPUT = ['INVALID_REQUEST', 'INVALID_OPTION', 'NOT_SUPPORTED', 'HANDLER_NOT_FOUND', 'PLAN_TOO_LARGE'];

/** Options with the right names, and rubbish. */
const optionsOf = (...names: readonly string[]): fc.Arbitrary<Recipe> =>
  fc.oneof(
    values,
    fc
      .array(
        fc.tuple(
          fc.constantFrom(...names),
          fc.oneof(
            values,
            fc.integer({min: -1, max: 400_000}).map((value): Recipe => ({is: 'json', value})),
          ),
        ),
        {maxLength: 2},
      )
      .map((entries): Recipe => ({is: 'object', form: 'own', entries})),
  );

const HANDLE_METHODS = [
  ...(['status', 'wait', 'cancel', 'pause', 'resume', 'logs', 'progress', 'remove', 'record', 'result'] as const),
];
type AnyMethod = (...args: readonly unknown[]) => unknown;

interface Uses {
  readonly id: string;
  readonly calls: readonly (readonly [method: keyof JobHandle, option: Recipe])[];
}

const uses: fc.Arbitrary<Uses> = fc.record({
  id: fc.oneof(
    {weight: 5, arbitrary: fc.constantFrom(...SPECIMENS.jobs.map(({id}) => id))},
    {weight: 1, arbitrary: fc.oneof(anyText(40), fc.constantFrom('__proto__', 'x~y'))},
  ),
  calls: fc.array(
    fc.tuple(fc.constantFrom(...HANDLE_METHODS), optionsOf('timeoutMs', 'maxRuntimeMs', 'limit', 'after', 'level')),
    {minLength: 1, maxLength: 3},
  ),
});

function checkHandle({id, calls}: Uses): void {
  const project = new MemoryProject(STORE, OWNER, SPECIMENS.nowMs);
  project.execute((engine) => {
    const made = outcomeOf(() => handleOf(engine, {id, prefix: null}));
    if ('refusal' in made) {
      if (made.refusal.code !== 'JOB_NOT_FOUND') throw made.refusal;
      return;
    }
    for (const [method, option] of calls) {
      const before = project.everything();
      const outcome = outcomeOf(() => (made.value[method] as AnyMethod)(makeValue(option)));
      if ('value' in outcome) assertPlain(outcome.value);
      else if (BAD_INPUT.includes(outcome.refusal.code))
        assertSame(project.everything(), before, `what is stored after a refusal of ${method}`);
    }
  });
}

/** The defaults of a named job, what makes an execution of it, and what its other methods are given. */
export interface Execution {
  readonly defaults: Recipe;
  readonly request: Recipe;
  readonly rubbish: readonly [Recipe, Recipe];
}

const DEFAULTS = fc.record(
  {handler: fc.constant('act'), retry: fc.constant({maxRetries: 0}), maxConcurrency: fc.integer({min: 1, max: 5})},
  {requiredKeys: ['handler']},
);
const REQUESTS = fc.record({tasks: fc.array(anyJson, {minLength: 1, maxLength: 4}), tags: fc.constant(['a'])});
/** Executions of named jobs, most of them with changes to what is legal. */
export const executions: fc.Arbitrary<Execution> = fc.record({
  defaults: fc.tuple(DEFAULTS, changes).map(([one, some]) => changed(recipeOf(one), some)),
  request: fc.tuple(REQUESTS, changes).map(([one, some]) => changed(recipeOf(one), some)),
  rubbish: fc.tuple(values, optionsOf('limit', 'offset', 'maxWait', 'interval')),
});

function checkExecution({defaults, request, rubbish: [id, options]}: Execution): void {
  const project = new MemoryProject();
  const before = project.everything();
  project.execute((engine) => {
    const job = outcomeOf(() => namedJob('etl', makeValue(defaults), () => engine));
    if ('refusal' in job) {
      assertSame(project.everything(), before, 'what is stored after a refusal of job');
      return;
    }
    const created = outcomeOf(() => job.value.createExecution(makeValue(request) as never));
    if ('refusal' in created) assertSame(project.everything(), before, 'what is stored after a refusal');
    else checkRun(job.value, created.value, isSteady(request) && isSteady(defaults));
    const between = project.everything();
    for (const [method, ...args] of [
      ...(['getExecution', 'getExecutionStatus', 'waitForExecution'] as const).map(
        (name) => [name, id, options] as const,
      ),
      ['listExecutions', options] as const,
    ]) {
      const outcome = outcomeOf(() => (job.value[method] as AnyMethod)(...args.map(makeValue)));
      if ('value' in outcome) assertPlain(outcome.value);
    }
    assertSame(project.everything(), between, 'what is stored after looks');
  });
}

/** A wait ends it: every task is given to its handler, which returns what it was given. */
function checkRun(job: NamedJob, id: string, isKnown: boolean): void {
  const ended = outcomeOf(() => job.waitForExecution(id, {maxWait: 60_000}));
  if ('refusal' in ended) {
    // It starts later, or when somebody says so.
    if (ended.refusal.code !== 'WAIT_TIMEOUT') throw ended.refusal;
    assertPlain(job.getExecution(id));
    return;
  }
  assertPlain(ended.value);
  const {status, tasks}: ExecutionRecord = ended.value;
  if (status !== 'completed') throw new Error(`The execution ${id} is ${status}.`);
  if (!isKnown) return;
  for (const {task, result} of tasks)
    assertSame((result as {readonly item?: unknown} | null)?.item ?? null, task, `what became of a task of ${id}`);
  assertSame(
    job.listExecutions().map((row) => row.id),
    [id],
    'the executions of the job',
  );
}

export const HANDLE_TARGETS = [
  target('handle', 150, uses, checkHandle),
  target('named-job', 200, executions, checkExecution),
];
