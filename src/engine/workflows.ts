/** Workflows: how they come in, as objects or as YAML, and what is shown of them. Each is one job, marked in its header. */
import {isFinal} from '../core/header';
import {isObject, printValue} from '../core/json';
import type {JobAddress} from '../core/keys';
import {MAX_RANGE} from '../core/limits';
import {readHeader, type Snapshot} from '../core/stored-job';
import {clip, describeThrown, jobsError} from '../errors';
import {booleanOption, integerIn, invalid, optionsObject, reading} from '../orchestration/request';
import {workflowWith} from '../orchestration/workflow';
import type {
  DamagedRecord,
  JobRecord,
  WorkflowJobRecord,
  WorkflowProgress,
  WorkflowRecord,
  WorkflowStatus,
} from '../types';
import type {Engine, Lookup} from './engine';
import {jobsIn, prefixesIn} from './hold';
import {lookingTwice, lookupPrefix} from './operations';
import type {Yaml} from './ports';
import {findJob} from './lookup';
import {damaged} from './views';

/** Longer ones could not be stored, and would take long to read. */
const MAX_YAML_CHARS = 200_000;

/** Accepts a workflow, which the dispatcher starts. */
export function runWorkflow(engine: Engine, workflow: unknown, options: unknown): JobRecord {
  const request = reading('What runWorkflow is given', () => {
    const fields = typeof workflow === 'string' ? parsed(engine.ports.yaml, workflow) : workflow;
    if (!isObject(fields))
      throw invalid(
        `runWorkflow expects a workflow, an object like {name, jobs: [{name, handler}]} or the same as YAML, got ` +
          `${printValue(fields)}.`,
      );
    return workflowWith(fields, optionsObject(options));
  });
  return engine.submit('runWorkflow', request);
}

function parsed(yaml: Yaml, text: string): unknown {
  if (text.length > MAX_YAML_CHARS)
    throw invalid(`The YAML of a workflow may have at most ${MAX_YAML_CHARS} characters, got ${text.length}.`);
  const read = yaml.find();
  if (read === null)
    throw jobsError(
      'YAML_MISSING',
      'A workflow that is a text is YAML, and nothing here reads YAML: add the file Yaml.js, which comes with this library, ' +
        'to your script, or hand a reader over with bind(globalThis, {yaml: ASTYaml}). A workflow that is an object needs none.',
    );
  try {
    return read(text);
  } catch (thrown) {
    throw jobsError(
      'INVALID_REQUEST',
      `The YAML of the workflow cannot be read: ${describeThrown(thrown, 'the reader').message}.`,
      {},
      thrown,
    );
  }
}

/** A workflow with its jobs. */
export function showWorkflow(engine: Engine, lookup: Lookup): WorkflowStatus {
  const record = lookingTwice(() => {
    const snapshot = engine.readAll();
    const address = findJob(snapshot, lookup.id, lookup.prefix);
    if (address === null || !isWorkflow(snapshot, address)) throw workflowNotFound(lookup.id, address !== null);
    return engine.record(snapshot, address);
  });
  return {...workflowRecord(record), jobs: record.steps.map(workflowJob)};
}

/** Damage of a header is told as such, since nobody knows whose it is. */
function isWorkflow(snapshot: Snapshot, address: JobAddress): boolean {
  const decoded = readHeader(snapshot, address);
  return decoded.kind !== 'header' || decoded.header.terms.maker === 'workflow';
}

function workflowNotFound(id: string, isJob: boolean): Error {
  const workflowId = clip(id, 100);
  return jobsError(
    'WORKFLOW_NOT_FOUND',
    isJob
      ? `Job ${workflowId} is no workflow, since runWorkflow did not make it: ask AST.Jobs.status for it.`
      : `There is no workflow ${workflowId}: it was never accepted here, or it was purged. AST.Jobs.listWorkflows tells ` +
          'which there are.',
    {workflowId},
  );
}

/** Workflows, newest first. */
export function showWorkflows(engine: Engine, rawFilters: unknown): readonly (WorkflowRecord | DamagedRecord)[] {
  const {withEnded, limit, offset} = reading('What listWorkflows is given', () => {
    const {includeCompleted = false, limit: most = 100, offset: first = 0} = optionsObject(rawFilters);
    return {
      withEnded: booleanOption(includeCompleted, 'includeCompleted'),
      limit: integerIn(most, 'limit', 1, 1_000),
      offset: integerIn(first, 'offset', 0, MAX_RANGE),
    };
  });
  const prefix = lookupPrefix(rawFilters);
  const snapshot = engine.readAll();
  const found = jobsIn(snapshot, prefix === null ? prefixesIn(snapshot) : [prefix]).filter((address) => {
    const decoded = readHeader(snapshot, address);
    if (decoded.kind !== 'header' || decoded.header.terms.maker !== 'workflow') return false;
    return withEnded || !isFinal(decoded.header);
  });
  found.sort((one, other) => (one.id < other.id ? 1 : -1));
  return found.slice(offset, offset + limit).map((address) => {
    try {
      return workflowRecord(engine.record(snapshot, address));
    } catch (thrown) {
      return damaged(address.id, thrown);
    }
  });
}

function workflowRecord(record: JobRecord): WorkflowRecord {
  const {id, name, status, createdAt, updatedAt, startedAt, completedAt, waiting, lastError} = record;
  const {stepId = null, ...error} = lastError ?? {};
  return {
    ...{id, name, status, createdAt, updatedAt, startedAt, completedAt, waiting},
    progress: record.folded === true ? null : progressOf(record),
    error: lastError === null ? null : {job: stepId, ...(error as Omit<typeof lastError, 'stepId'>)},
  };
}

function progressOf({steps}: JobRecord): WorkflowProgress {
  const progress = {total: steps.length, completed: 0, failed: 0, pending: 0, running: 0, canceled: 0};
  for (const {state} of steps) progress[state]++;
  return progress;
}

function workflowJob(step: JobRecord['steps'][number]): WorkflowJobRecord {
  const {id, state, handlerName, dependsOn, attempts, startedAt, completedAt, lastError} = step;
  return {
    ...{name: id, status: state, handler: handlerName, dependsOn, attempts, startedAt, completedAt},
    error: lastError,
  };
}
