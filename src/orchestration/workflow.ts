/**
 * Compiles a workflow, which is one job whose steps are the workflow's jobs. It is written as people write such files: jobs in a
 * list, or by name, with `depends_on` and `args`. Pure; who reads YAML is not known here.
 */
import {isObject, printValue} from '../core/json';
import type {Plan} from '../core/plan';
import {jobsError} from '../errors';
import {NO_FILES, NO_MACHINES, OF_MACHINES, WHOLE_FIELDS} from './fields';
import {planOfSteps, refuseTooMany, type GraphWords} from './job-plan';
import {invalid, stepId, type AttemptLimits, type HandlerNames} from './request';

type Fields = Readonly<Record<string, unknown>>;

const WORDS: GraphWords = {whole: 'workflow', part: 'job', Part: 'Job', id: 'name', dependsOn: 'depends_on'};

const WORKFLOW_FIELDS: readonly string[] = [...WHOLE_FIELDS, 'version', 'jobs'];
const JOB_FIELDS: readonly string[] = [
  ...['name', 'handler', 'args', 'payload', 'depends_on', 'dependsOn', 'retry', 'timeoutMs', 'maxCrashes'],
];

const FOR_ALL = 'variables are for the whole workflow: write them there';
const AS_TEXT = 'pass the YAML text itself in place of the workflow';

/** What to do instead of what other systems know. */
const INSTEAD: Readonly<Record<string, string>> = {
  ...OF_MACHINES,
  command: 'a job runs a function of your script: write handler with its name',
  ...{image: NO_MACHINES, max_iobandwidth: NO_MACHINES},
  ...{gpu_count: NO_MACHINES, gpu_memory_mb: NO_MACHINES},
  workflow_files: NO_FILES,
  resources: 'resources are for the whole workflow: write them there',
  ...{environment: FOR_ALL, secretEnvironment: FOR_ALL, env: FOR_ALL, secret_environment: FOR_ALL},
  schedule: 'a workflow starts with runAt or delayMs',
  ...{id: 'jobs are known by their name', needs: 'write depends_on', requires: 'write depends_on'},
  steps: 'a workflow has jobs, and each of them one handler',
  mode: 'a workflow is always left to the dispatcher; AST.Jobs.resume(id) starts it at once',
  ...{yaml: AS_TEXT, yamlContent: AS_TEXT, yaml_content: AS_TEXT},
  workflow: 'pass the workflow itself, and its name as name',
  '<<': 'merge keys are not part of YAML 1.2: write the fields out',
};

/** The request in a workflow; what it does not know is refused, not passed over. */
export function workflowRequest(workflow: Fields): Fields {
  refuseUnknown(workflow, WORKFLOW_FIELDS, 'The workflow', {});
  const {version} = workflow;
  if (version !== undefined && version !== null && version !== 1 && version !== '1' && version !== '1.0')
    throw jobsError('NOT_SUPPORTED', `A workflow is of version "1.0", got ${printValue(version)}.`, {field: 'version'});
  return workflow;
}

/** A workflow with what the call says beside it, which goes before what stands in it. */
export function workflowWith(workflow: Fields, options: Fields): Fields {
  refuseUnknown(options, WHOLE_FIELDS, 'What runWorkflow is given beside the workflow', {});
  return {...workflow, ...options};
}

/** The plan of a workflow. */
export function planOfWorkflow(request: Fields, limits: AttemptLimits, handlers: HandlerNames): Plan {
  return planOfSteps(jobsOf(request['jobs']).map(stepOf), limits, handlers, WORDS);
}

function jobsOf(raw: unknown): readonly Fields[] {
  if (!Array.isArray(raw) && !isObject(raw)) throw noJobs(raw);
  const entries: readonly (readonly [name: string | null, job: unknown])[] = Array.isArray(raw)
    ? listed(raw)
    : Object.entries(raw);
  if (entries.length === 0) throw noJobs(raw);
  return entries.map(([name, job], index) => {
    if (!isObject(job))
      throw invalid(
        `Each job of a workflow must be an object like {name, handler, args}, got ${printValue(job)} ` +
          `${name === null ? `at place ${index + 1}` : `as job ${printValue(name)}`}.`,
      );
    return name === null ? job : named(name, job);
  });
}

function noJobs(raw: unknown): Error {
  return invalid(`A workflow requires jobs, a non-empty list or an object of jobs by name, got ${printValue(raw)}.`);
}

/** `Array.from` fills holes, so that a missing job is refused, not passed over. */
function listed(raw: readonly unknown[]): readonly (readonly [null, unknown])[] {
  refuseTooMany(raw, WORDS);
  return Array.from(raw, (job) => [null, job]);
}

function named(name: string, job: Fields): Fields {
  if (job['name'] !== undefined && job['name'] !== name)
    throw invalid(
      `Job ${printValue(name)} of the workflow calls itself ${printValue(job['name'])}: leave its name out.`,
    );
  return {...job, name};
}

function stepOf(job: Fields, index: number): object {
  const name = stepId(job['name'], `Job ${index + 1} of the workflow`, 'name');
  refuseUnknown(job, JOB_FIELDS, `Job ${printValue(name)} of the workflow`, {job: name});
  if (job['depends_on'] !== undefined && job['dependsOn'] !== undefined)
    throw invalid(`Job ${printValue(name)} of the workflow has depends_on and dependsOn: write one of them.`);
  const {handler, retry, timeoutMs, maxCrashes} = job;
  return {
    ...{id: name, handler, retry, timeoutMs, maxCrashes},
    dependsOn: job['depends_on'] ?? job['dependsOn'],
    payload: payloadOf(job, name),
  };
}

/** Arguments are a payload of one field, so that a handler finds them where it finds everything else. */
function payloadOf({args, payload}: Fields, name: string): unknown {
  if (args === undefined || args === null) return payload;
  if (payload !== undefined && payload !== null)
    throw invalid(`Job ${printValue(name)} of the workflow has args and a payload: write one of them.`);
  if (!Array.isArray(args))
    throw invalid(
      `args of job ${printValue(name)} must be a list, got ${printValue(args)}: for other data use payload.`,
    );
  return {args: args as readonly unknown[]};
}

function refuseUnknown(raw: Fields, known: readonly string[], what: string, details: {readonly job?: string}): void {
  const field = Object.keys(raw).find((key) => raw[key] !== undefined && !known.includes(key));
  if (field === undefined) return;
  throw jobsError('NOT_SUPPORTED', `${what} has the field ${printValue(field)}: ${wayOut(field, known)}.`, {
    ...details,
    field,
  });
}

function wayOut(field: string, known: readonly string[]): string {
  const camel = field.replace(/_(\w)/g, (_all, letter: string) => letter.toUpperCase());
  if (known.includes(camel)) return `write ${camel}`;
  const instead = Object.prototype.hasOwnProperty.call(INSTEAD, field) ? INSTEAD[field] : undefined;
  return instead ?? `it is not known here; known are ${known.join(', ')}`;
}
