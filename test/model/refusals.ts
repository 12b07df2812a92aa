/** Calls that are refused whatever is stored, each with the code that README.md gives. */

export interface BadCall {
  readonly what: string;
  readonly method: string;
  readonly args: readonly unknown[];
  readonly code: string;
}

const step = {id: 'a', handler: 'act', payload: {}};

/** A job whose request has one defect. */
function job(what: string, defect: object, code = 'INVALID_REQUEST', method = 'enqueue'): BadCall {
  return {what, method, args: [{name: 'bad', steps: [step], ...defect}], code};
}

function option(what: string, options: unknown, code = 'INVALID_OPTION'): BadCall {
  return job(what, {options}, code);
}

export const BAD_CALLS: readonly BadCall[] = [
  {what: 'no request', method: 'run', args: [], code: 'INVALID_REQUEST'},
  job('no name', {name: ' '}),
  job('a name of 201 characters', {name: 'n'.repeat(201)}),
  job('no steps', {steps: []}, 'INVALID_REQUEST', 'run'),
  job('a step without an id', {steps: [{handler: 'act'}]}),
  job('an id of 101 characters', {steps: [{...step, id: 'i'.repeat(101)}]}),
  job('a control character in an id', {steps: [{...step, id: 'a\u0007b'}]}),
  job('a doubled id', {steps: [step, step]}),
  job('a step that depends on itself', {steps: [{...step, dependsOn: 'a'}]}),
  job('an unknown dependency', {steps: [{...step, dependsOn: ['b']}]}),
  job('a cycle', {
    steps: [
      {...step, dependsOn: 'b'},
      {...step, id: 'b', dependsOn: 'a'},
    ],
  }),
  job('a handler that is nowhere', {steps: [{...step, handler: 'nowhere'}]}, 'HANDLER_NOT_FOUND', 'run'),
  job('an unknown priority', {priority: 'urgent'}, 'INVALID_OPTION'),
  job('two times to start', {runAt: '2030-01-01', delayMs: 5}),
  job('a dependency by position', {dependencies: [0]}),
  job('an unknown policy', {onDependencyFailure: 'ignore'}, 'INVALID_OPTION'),
  job('an empty key', {idempotencyKey: ' '}),
  job('tags that are no list', {tags: 'red'}),
  job('a delay in a run', {delayMs: 0}, 'INVALID_REQUEST', 'run'),
  {what: 'no requests', method: 'enqueueBatch', args: [[]], code: 'INVALID_REQUEST'},
  {
    ...{what: 'a key', method: 'enqueueBatch', code: 'INVALID_REQUEST'},
    args: [[{name: 'bad', steps: [step], idempotencyKey: 'k'}]],
  },
  {what: 'an unknown job', method: 'pause', args: ['job_000000000_0000000000'], code: 'JOB_NOT_FOUND'},
  {what: 'an unknown job', method: 'adopt', args: ['job_000000000_0000000000'], code: 'JOB_NOT_FOUND'},
  {what: 'an unknown batch', method: 'getBatch', args: ['batch_000000000_0000000000'], code: 'BATCH_NOT_FOUND'},
  {what: 'an offset below zero', method: 'list', args: [{offset: -1}], code: 'INVALID_OPTION'},
  job('too many retries', {retry: {maxRetries: 21}}, 'INVALID_OPTION'),
  job('a negative delay', {retry: {delayMs: -1}}, 'INVALID_OPTION'),
  job('a factor below 1', {retry: {factor: 0.5}}, 'INVALID_OPTION'),
  job('a jitter above 1', {retry: {jitter: 1.1}}, 'INVALID_OPTION'),
  option('no retry at all', {maxRetries: -1}),
  option('a budget of less than a second', {maxRuntimeMs: 999}),
  option('a lease of more than an hour', {leaseTtlMs: 3_600_001}),
  option('another store', {checkpointStore: 'drive'}, 'NOT_SUPPORTED'),
  option('a prefix with a tilde', {propertyPrefix: 'a~b'}),
  option('autoResume as a text', {autoResume: 'no'}),
  {what: 'a chain of nothing', method: 'chain', args: [{name: 'bad', tasks: []}], code: 'INVALID_REQUEST'},
  {
    ...{what: 'an unknown mode', method: 'chain', code: 'INVALID_REQUEST'},
    args: [{name: 'bad', tasks: [{handler: 'act'}], mode: 'later'}],
  },
  {
    ...{what: 'items that are no array', method: 'enqueueMany', code: 'INVALID_REQUEST'},
    args: [{name: 'bad', handler: 'act', items: {}}],
  },
  {
    ...{what: 'a map without a reduce', method: 'mapReduce', code: 'INVALID_REQUEST'},
    args: [{name: 'bad', mapHandler: 'act', items: [1]}],
  },
  {what: 'an unknown job', method: 'status', args: ['job_000000000_0000000000'], code: 'JOB_NOT_FOUND'},
  {what: 'an unknown job', method: 'cancel', args: ['job_000000000_0000000000'], code: 'JOB_NOT_FOUND'},
  {what: 'an unknown job', method: 'resume', args: ['job_000000000_0000000000'], code: 'JOB_NOT_FOUND'},
  {what: 'an unknown status', method: 'list', args: [{status: 'sleeping'}], code: 'INVALID_REQUEST'},
  {what: 'a limit of nothing', method: 'list', args: [{limit: 0}], code: 'INVALID_OPTION'},
  {what: 'a limit above 1,000', method: 'list', args: [{limit: 1_001}], code: 'INVALID_OPTION'},
  {what: 'a watchdog every seven minutes', method: 'install', args: [{everyMinutes: 7}], code: 'INVALID_OPTION'},
  {what: 'a setting of another system', method: 'configure', args: [{retries: 1}], code: 'NOT_SUPPORTED'},
  {what: 'a setting out of its range', method: 'configure', args: [{maxRetries: '21'}], code: 'INVALID_OPTION'},
];
