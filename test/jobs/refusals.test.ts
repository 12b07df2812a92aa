/** Requests that are refused: each says why, and nothing is stored. */
import {asLibrary, noise, step, useLabs} from './lab';

const newLab = useLabs();

describe('a refused request', () => {
  const cases: readonly (readonly [what: string, request: unknown, code: string])[] = [
    ['no request', null, 'INVALID_REQUEST'],
    ['an array', [], 'INVALID_REQUEST'],
    ['no name', {steps: [step('a')]}, 'INVALID_REQUEST'],
    ['an empty name', {name: '  ', steps: [step('a')]}, 'INVALID_REQUEST'],
    ['no steps', {name: 'job', steps: []}, 'INVALID_REQUEST'],
    ['steps that are no array', {name: 'job', steps: {0: step('a')}}, 'INVALID_REQUEST'],
    ['a step without an id', {name: 'job', steps: [{handler: 'act'}]}, 'INVALID_REQUEST'],
    ['a doubled id', {name: 'job', steps: [step('a'), step(' a ')]}, 'INVALID_REQUEST'],
    ['a self dependency', {name: 'job', steps: [step('a', {}, {dependsOn: 'a'})]}, 'INVALID_REQUEST'],
    ['an unknown dependency', {name: 'job', steps: [step('a', {}, {dependsOn: ['b']})]}, 'INVALID_REQUEST'],
    [
      'a cycle',
      {name: 'job', steps: [step('a', {}, {dependsOn: 'b'}), step('b', {}, {dependsOn: 'a'})]},
      'INVALID_REQUEST',
    ],
    ['a handler that is not there', {name: 'job', steps: [{id: 'a', handler: 'gone'}]}, 'HANDLER_NOT_FOUND'],
    ['a handler that is no name', {name: 'job', steps: [{id: 'a', handler: 'a b'}]}, 'INVALID_REQUEST'],
    ['a handler of the platform', {name: 'job', steps: [{id: 'a', handler: 'eval'}]}, 'HANDLER_NOT_FOUND'],
    ['options that are no object', {name: 'job', steps: [step('a')], options: 5}, 'INVALID_OPTION'],
    ['too few retries', {name: 'job', steps: [step('a')], options: {maxRetries: -1}}, 'INVALID_OPTION'],
    ['too many retries', {name: 'job', steps: [step('a')], options: {maxRetries: 21}}, 'INVALID_OPTION'],
    ['half a retry', {name: 'job', steps: [step('a')], options: {maxRetries: 1.5}}, 'INVALID_OPTION'],
    ['too small a budget', {name: 'job', steps: [step('a')], options: {maxRuntimeMs: 999}}, 'INVALID_OPTION'],
    ['another store', {name: 'job', steps: [step('a')], options: {checkpointStore: 'drive'}}, 'NOT_SUPPORTED'],
    ['a prefix with a tilde', {name: 'job', steps: [step('a')], options: {propertyPrefix: 'a~b'}}, 'INVALID_OPTION'],
    ['autoResume as text', {name: 'job', steps: [step('a')], options: {autoResume: 'no'}}, 'INVALID_OPTION'],
    ['an unknown retry field', {name: 'job', steps: [step('a', {}, {retry: {max: 1} as object})]}, 'INVALID_OPTION'],
    ['a plan that can never fit', {name: 'job', steps: [step('a', {noise: noise(450_000)})]}, 'PLAN_TOO_LARGE'],
  ];

  test.each(cases)('for %s says so and stores nothing', (_what, request, code) => {
    const lab = newLab();
    const refusal = lab.refusal('enqueue', request);
    expect(refusal.code).toBe(code);
    expect(refusal.name).toMatch(code === 'NOT_SUPPORTED' ? 'AstJobsCapabilityError' : 'AstJobsValidationError');
    expect(refusal.json).toMatchObject({name: refusal.name, code, message: refusal.message});
    expect([lab.world.store('script').size, lab.world.triggers().length]).toEqual([0, 0]);
  });

  test.each(['cyclic', 'bigint', 'deep function', 'throwing getter', 'async', 'generator', 'anonymous', 'impostor'])(
    'with something of JavaScript that cannot be kept (%s) stores nothing',
    (kind) => {
      const lab = newLab({project: asLibrary(BAD_VALUES)});
      const {error} = lab.world.call('refused', [kind]) as {error: {name: string}};
      expect(error.name).toBe('AstJobsValidationError');
      expect([lab.world.store('script').size, lab.world.triggers().length]).toEqual([0, 0]);
    },
  );

  const act = {handler: 'act'};
  const every6Hours = {schedule: {type: 'every_hours', every: 6}};
  test.each<[method: string, args: readonly unknown[], field: string]>([
    ['enqueue', [{name: 'job', steps: [step('a')], volumes: ['data:/data']}], 'volumes'],
    ['enqueue', [{name: 'job', steps: [{id: 'a', ...act, depends_on: ['b']}]}], 'depends_on'],
    ['run', [{name: 'job', steps: [step('a')], options: {retry: {maxRetries: 5}}}], 'retry'],
    ['chain', [{name: 'job', tasks: [{...act, retries: 5}]}], 'retries'],
    ['enqueueMany', [{name: 'job', ...act, items: [1], max_retries: 5}], 'max_retries'],
    ['mapReduce', [{name: 'job', items: [1], map: {...act, network: 'n'}, reduce: act}], 'network'],
    ['plan', [{name: 'job', steps: [step('a')], runtime: 'python-3.11'}, {stepMs: 1}], 'runtime'],
    [
      'enqueueBatch',
      [
        [
          {name: 'job', steps: [step('a')]},
          {name: 'job', steps: [step('b')], timeout: 300},
        ],
      ],
      'timeout',
    ],
    ['enqueueBatch', [[{name: 'job', steps: [step('a')]}], {auto_start: false}], 'auto_start'],
    ['schedule', [{...every6Hours, name: 'job', steps: [step('a')], retry_delay: 60}], 'retry_delay'],
    ['schedule', [{...every6Hours, job: {name: 'job', steps: [step('a')], uploads: []}}], 'uploads'],
    ['schedule', [{...every6Hours, job: {name: 'job', steps: [step('a')]}, priority: 'high'}], 'priority'],
  ])('of %s with a field of other systems, or of ours in a wrong place, stores nothing: %j', (method, args, field) => {
    const lab = newLab();
    expect(lab.refusal(method, ...args)).toMatchObject({code: 'NOT_SUPPORTED', details: {field}});
    expect([lab.world.store('script').size, lab.world.triggers().length]).toEqual([0, 0]);
  });

  test.each(['status', 'resume', 'cancel'])('of a job whose id is a book (%s) does not repeat it', (method) => {
    const {code, message, details} = newLab().refusal(method, 'é'.repeat(100_000));
    expect(code).toBe('JOB_NOT_FOUND');
    expect(message.length + JSON.stringify(details).length).toBeLessThan(400);
  });

  test.each([
    ['stop', ['x'], 'INVALID_REQUEST'],
    ['stop', [{data: 1}], 'INVALID_OPTION'],
    ['install', ['x'], 'INVALID_REQUEST'],
    ['list', [{}, {details: 'yes'}], 'INVALID_OPTION'],
    ['list', [{}, 'x'], 'INVALID_REQUEST'],
    ['configure', [{}, 'x'], 'INVALID_REQUEST'],
    ['configure', [{}, {merge: 0}], 'INVALID_OPTION'],
    ['resume', ['job_0mk2xyz12_abcdefghij', 5], 'INVALID_REQUEST'],
  ] as const)('%s%j is refused, and nothing changes', (method, args, code) => {
    const lab = newLab();
    lab.enqueue([step('a')]);
    const before = lab.everything();
    expect(lab.refusal(method, ...args).code).toBe(code);
    expect(lab.everything()).toEqual(before);
  });

  test('does not touch what is stored already', () => {
    const lab = newLab();
    lab.enqueue([step('a')]);
    const before = lab.everything();
    for (const [, request] of cases) lab.refusal('enqueue', request);
    for (const id of ['', 'job_000000000_0000000000', '__proto__']) lab.refusal('status', id);
    lab.refusal('resume', 'gone');
    lab.refusal('cancel', 'gone');
    lab.refusal('list', {status: 'sleeping'});
    lab.refusal('install', {everyMinutes: 7});
    expect(lab.everything()).toEqual(before);
  });
});

const BAD_VALUES = `
async function later() {}
function* several() {}
const shadow = {act: function act() {}}.act;
function refused(kind) {
  const request = {name: 'bad', steps: [{id: 'a', handler: 'act', payload: {}}]};
  const step = request.steps[0];
  if (kind === 'cyclic') step.payload.self = step.payload;
  if (kind === 'bigint') step.payload.n = BigInt(1);
  if (kind === 'deep function') step.payload.list = [{fn: act}];
  if (kind === 'throwing getter') Object.defineProperty(step.payload, 'x', {enumerable: true, get() { throw new Error('no'); }});
  if (kind === 'async') step.handler = 'later';
  if (kind === 'generator') step.handler = several;
  if (kind === 'anonymous') step.handler = (() => () => 1)();
  if (kind === 'impostor') step.handler = shadow;
  return api('enqueue', [request]);
}
`;
