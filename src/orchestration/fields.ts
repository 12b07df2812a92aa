/**
 * Names of fields, and what to do instead of those that other systems have. A field that nobody knows is passed over, as
 * users of the closest library are used to. One that says what the job should do, in the words of another system or in
 * a place where nobody reads it, is refused before anything is stored: a job without its volumes or with other retries
 * is not the job that was asked for. No name that the closest library knows is refused anywhere. Why:
 * docs/decisions/0007-unknown-fields.md.
 */
import {printValue} from '../core/json';
import {jobsError} from '../errors';

type Fields = Readonly<Record<string, unknown>>;
/** What to do instead, by the name of the field. */
type Ways = Readonly<Record<string, string>>;

/** What is said of a job as a whole, but for its steps. */
export const WHOLE_FIELDS: readonly string[] = [
  ...[
    'name',
    'description',
    'tags',
    'priority',
    'payload',
    'environment',
    'secretEnvironment',
    'timeoutMs',
    'deadlineMs',
  ],
  ...['runAt', 'delayMs', 'autoStart', 'dependencies', 'onDependencyFailure', 'idempotencyKey', 'idempotencyTtlMs'],
  ...['singleton', 'debounce', 'resources', 'options', 'retry', 'maxCrashes', 'workers'],
];

/** What the helpers take besides; objects and prefixes have names of one word there, too. */
const HELPER_FIELDS: readonly string[] = [
  ...['stepIdPrefix', 'maxConcurrency', 'sharedPayload', 'itemTimeoutMs', 'mapHandler', 'reduceHandler', 'mapPayload'],
  ...['reducePayload', 'mapStepIdPrefix', 'reduceStepId'],
];
const OPTION_FIELDS: readonly string[] = [
  ...['maxRetries', 'maxRuntimeMs', 'leaseTtlMs', 'checkpointStore', 'autoResume', 'propertyPrefix'],
];

export const NO_MACHINES = 'all jobs run in Apps Script, which has no choice of machines: leave it out';
export const NO_FILES =
  'there is no file system: store the data with AST.Storage.put and pass the reference in the payload';

/** What belongs to machines and files, and has no counterpart. */
export const OF_MACHINES: Ways = {
  ...{runtime: NO_MACHINES, max_cpu: NO_MACHINES, max_memory: NO_MACHINES, cpu_cores: NO_MACHINES},
  ...{max_iobps: NO_MACHINES, network: NO_MACHINES},
  ...{volumes: NO_FILES, uploads: NO_FILES, work_dir: NO_FILES},
};

const RETRY = 'write retry: {maxRetries}';
const ATTEMPTS: Ways = {
  ...{retries: RETRY, max_retries: RETRY, retry_delay: 'write retry: {delayMs}, in milliseconds'},
  timeout: 'write timeoutMs, in milliseconds',
};

const IN_STEPS = 'it is said of steps: write it into the step';
const BESIDE = 'it is none of the options: write it beside them';
const WHOLE = 'it is for the whole job: write it into the request';
const OF_ITEMS = 'it is for items, which enqueueMany and mapReduce have: leave it out';
const IN_JOB = 'it is said of the job: write it into job';

/** Of fields of the whole job those that change what is done or when; a description in the wrong place changes nothing. */
const TELLING: readonly string[] = WHOLE_FIELDS.filter(
  (field) => !['name', 'description', 'tags', 'payload', 'options'].includes(field),
);

/** Of these those that each step may have for itself. */
const OF_ATTEMPTS: readonly string[] = ['retry', 'maxCrashes', 'timeoutMs'];
const OF_MAPS: readonly string[] = ['itemTimeoutMs', 'checkpoint'];

const STEP_WAYS: Ways = {
  ...OF_MACHINES,
  ...ATTEMPTS,
  command: 'a step runs a function of your script: write handler with its name',
  args: 'write payload, which the handler finds as context.payload',
  ...{needs: 'write dependsOn', requires: 'write dependsOn'},
  ...all(without(TELLING, OF_ATTEMPTS), WHOLE),
  ...all(OF_MAPS, OF_ITEMS),
  dependencies: 'steps wait for each other with dependsOn; dependencies are other jobs, for the whole request',
  secret_environment: WHOLE,
  ...inWords(['dependsOn', 'timeoutMs', 'maxCrashes']),
};

/** Where a field stands, and what is refused there. */
const WAYS = {
  request: {
    ...OF_MACHINES,
    ...ATTEMPTS,
    command: 'a step runs a function of your script: write handler with its name',
    args: 'write payload, or the payloads of the steps',
    ...{needs: IN_STEPS, requires: IN_STEPS, depends_on: 'write dependencies with the ids of jobs, dependsOn in steps'},
    schedule: 'a job starts with runAt or delayMs, and again and again with AST.Jobs.schedule',
    ...inWords([...WHOLE_FIELDS, ...HELPER_FIELDS]),
  },
  /** Besides, in requests that have no items. */
  withoutItems: all(OF_MAPS, OF_ITEMS),
  step: STEP_WAYS,
  /** `map` and `reduce`, which say nothing of attempts. */
  part: {...STEP_WAYS, ...all([...OF_ATTEMPTS, ...OF_MAPS], WHOLE)},
  options: {
    ...OF_MACHINES,
    ...{retries: 'write maxRetries', timeout: `${BESIDE}, as timeoutMs`, retry_delay: `${BESIDE}, as retry: {delayMs}`},
    ...all([...TELLING, ...OF_MAPS], BESIDE),
    ...inWords(OPTION_FIELDS),
  },
  /** Of `configure`. */
  settings: {
    retries: 'write maxRetries',
    ...all([...TELLING, ...OF_MAPS], 'it is said of jobs: write it into their requests'),
    ...inWords([
      ...without(OPTION_FIELDS, ['autoResume']),
      'retentionDays',
      'maxBytes',
      'dailyTriggerMinutes',
      'dailyPropertyOperations',
    ]),
  },
  /** Beside the `job` of a schedule. */
  besideJob: {...OF_MACHINES, ...ATTEMPTS, ...all([...TELLING, ...OF_MAPS], IN_JOB)},
} satisfies Readonly<Record<string, Ways>>;

/** The names of fields as they are written with underscores. */
function inWords(fields: readonly string[]): Ways {
  const spelled = fields.map(
    (field) => [field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), field] as const,
  );
  return Object.fromEntries(spelled.flatMap(([words, field]) => (words === field ? [] : [[words, `write ${field}`]])));
}

function without(fields: readonly string[], others: readonly string[]): readonly string[] {
  return fields.filter((field) => !others.includes(field));
}

function all(fields: readonly string[], way: string): Ways {
  return Object.fromEntries(fields.map((field) => [field, way]));
}

/** Refuses what would silently be left undone; inherited fields count as they do where requests are read. */
export function refuseForeign(raw: Fields, place: keyof typeof WAYS, what: string): void {
  const ways: Ways = WAYS[place];
  const field = Object.keys(ways).find((name) => isSaid(raw[name], name));
  if (field === undefined) return;
  throw jobsError('NOT_SUPPORTED', `${what} has the field ${printValue(field)}: ${ways[field] ?? ''}.`, {field});
}

/** `null` is as good as nothing. The closest library knows schedules, which are objects; others say a time. */
function isSaid(value: unknown, name: string): boolean {
  return name === 'schedule' ? typeof value === 'string' : value !== undefined && value !== null;
}
