/**
 * Requests of every method, over ports in memory: what is refused leaves no trace, what is accepted comes back as its
 * JSON copy and completes.
 */
import type {JobRecord, JobRequest} from '../../src/types';
import {showJob} from '../../src/engine/operations';
import {makeValue} from './make-value';
import {MemoryProject} from './memory-project';
import {assertPlain, assertSame, outcomeOf} from './oracles';
import {values} from './recipe';
import {isSteady, payloadsOf, submissions, type Submission} from './request';
import {target} from './target';

/** Codes with which a request can be refused in an empty store. */
const CODES = ['INVALID_REQUEST', 'INVALID_OPTION', 'HANDLER_NOT_FOUND', 'PLAN_TOO_LARGE', 'NOT_SUPPORTED'];

/** Longer than any retry may wait. */
const HOURS = 24;

function checkSubmission({method, recipe}: Submission): void {
  const project = new MemoryProject();
  const before = project.everything();
  const request = makeValue(recipe);
  const outcome = outcomeOf(() => project.execute((engine) => engine.submit(method, request as JobRequest)));
  if ('refusal' in outcome) {
    if (!CODES.includes(outcome.refusal.code)) throw outcome.refusal;
    assertSame(project.everything(), before, 'what is stored after a refusal');
    return;
  }
  const record = outcome.value;
  assertPlain(record);
  if (isSteady(recipe) && record.steps.length < 1_000) {
    const payloads = record.steps.map((step) => step.payload);
    const expected = payloadsOf(method, makeValue(recipe) as Readonly<Record<string, unknown>>);
    assertSame(payloads.slice(0, expected.length), expected, 'the payloads');
  }
  checkEnd(project, record);
}

/** An accepted job ends, and each step has returned the payload that it was given. */
function checkEnd(project: MemoryProject, accepted: JobRecord): void {
  const isForUser = accepted.waiting?.reason === 'user';
  if (accepted.options.autoResume && !isForUser) project.passFor(HOURS);
  else if (accepted.status !== 'completed')
    project.execute((engine) => engine.resume({id: accepted.id, prefix: null}, null));
  const record = project.execute((engine) => showJob(engine, {id: accepted.id, prefix: null}, undefined));
  assertPlain(record);
  // A change may have made its time short.
  const isTooLarge = ['RESULT_TOO_LARGE', 'JOB_TIMEOUT'].includes(record.lastError?.code ?? '');
  if (record.status !== 'completed' && !isTooLarge)
    throw new Error(`The job is ${record.status}: ${JSON.stringify(record.lastError)} ${project.world.lines.join()}`);
  if (isTooLarge || record.steps.length > 1_000) return;
  const ids = new Set(record.steps.map(({id}) => id));
  if (ids.size !== record.steps.length) throw new Error(`Step ids are not unique: ${[...ids].join()}`);
  for (const {id, payload} of record.steps) assertSame(record.results[id], payload, `the result of ${id}`);
}

/** Anything at all in the place of a request. */
const anything = values.map((recipe): Submission => ({method: 'enqueue', recipe}));

export const REQUEST_TARGETS = [
  target('request', 250, submissions, checkSubmission),
  target('no-request', 300, anything, checkSubmission),
];
