/** Where the options of a job come from: the call, then `configure`, then script properties, then defaults. */
import type {JobRecord} from '../../src/types';
import {asLibrary, inLine, MINUTE_MS, pasted, step, useLabs} from './lab';

const newLab = useLabs();

const STEPS = [step('a')];

/** Options of a job that is enqueued after some calls in the same execution. */
function optionsAfter(lab: ReturnType<typeof newLab>, ...calls: (readonly unknown[])[]): unknown {
  const outcomes = lab.callAll(...calls);
  return (outcomes.at(-1)?.value as JobRecord | undefined)?.options ?? outcomes.at(-1)?.error;
}

test('configure takes short and long names and gives strings by canonical key', () => {
  const lab = newLab({project: asLibrary()});
  const outcomes = lab.callAll(
    ['getConfig'],
    ['configure', {maxRetries: 4, AST_JOBS_DEFAULT_MAX_RUNTIME_MS: '90000', propertyPrefix: ' mine '}],
    ['configure', {AST_JOBS_LEASE_TTL_MS: 500_000, checkpointStore: 'PROPERTIES'}],
    ['getConfig'],
    ['configure', {maxRetries: '5'}, {merge: false}],
    ['clearConfig'],
    ['getConfig'],
  );
  const all = {
    AST_JOBS_DEFAULT_MAX_RETRIES: '4',
    AST_JOBS_DEFAULT_MAX_RUNTIME_MS: '90000',
    AST_JOBS_PROPERTY_PREFIX: 'mine',
    AST_JOBS_LEASE_TTL_MS: '500000',
    AST_JOBS_CHECKPOINT_STORE: 'properties',
  };
  const {AST_JOBS_LEASE_TTL_MS: _ttl, AST_JOBS_CHECKPOINT_STORE: _store, ...first} = all;
  expect(outcomes.map((outcome) => outcome.value)).toEqual([
    ...[{}, first, all, all, {AST_JOBS_DEFAULT_MAX_RETRIES: '5'}, {}, {}],
  ]);
});

test('what configure returns is a copy', () => {
  const lab = newLab({
    project: pasted(`function meddle() {
      AST.Jobs.configure({maxRetries: 1}).AST_JOBS_DEFAULT_MAX_RETRIES = '9';
      AST.Jobs.getConfig().extra = '1';
      return AST.Jobs.getConfig();
    }`),
  });
  expect(lab.world.call('meddle')).toEqual({AST_JOBS_DEFAULT_MAX_RETRIES: '1'});
});

test.each([
  [{max_retries: 1}, 'NOT_SUPPORTED'],
  [{retry: {maxRetries: 1}}, 'NOT_SUPPORTED'],
  [{maxRetries: 'many'}, 'INVALID_OPTION'],
  [{maxRetries: 21}, 'INVALID_OPTION'],
  [{leaseTtlMs: 5}, 'INVALID_OPTION'],
  [{propertyPrefix: 'a b'}, 'INVALID_OPTION'],
  [{checkpointStore: 'drive'}, 'NOT_SUPPORTED'],
  [5, 'INVALID_OPTION'],
])('configure refuses %j and keeps what it had', (bad, code) => {
  const lab = newLab();
  const outcomes = lab.callAll(['configure', {maxRetries: 3}], ['configure', bad], ['getConfig']);
  expect(outcomes[1]?.error?.code).toBe(code);
  expect(outcomes[2]?.value).toEqual({AST_JOBS_DEFAULT_MAX_RETRIES: '3'});
  expect(lab.world.store('script').size).toBe(0);
});

test('configure takes nothing for nothing, passes over what nobody knows, and forgets what is null', () => {
  const lab = newLab();
  const properties = {
    OPENAI_API_KEY: 'x',
    retries: '9',
    priority: 'x',
    AST_JOBS_BALLAST: '…',
    AST_JOBS_DEFAULT_MAX_RETRIES: '4',
  };
  const outcomes = lab.callAll(
    ['configure'],
    ['configure', properties],
    ['configure', {leaseTtlMs: 400_000, maxRetries: undefined}],
    ['configure', {maxRetries: null, leaseTtlMs: ''}],
  );
  expect(outcomes.map(({value}) => value)).toEqual([
    {},
    {AST_JOBS_DEFAULT_MAX_RETRIES: '4'},
    {AST_JOBS_DEFAULT_MAX_RETRIES: '4', AST_JOBS_LEASE_TTL_MS: '400000'},
    {},
  ]);
});

test('a call beats configure, which beats script properties, which beat defaults', () => {
  const lab = newLab();
  lab.world.setProperty('script', 'AST_JOBS_DEFAULT_MAX_RETRIES', '7');
  lab.world.setProperty('script', 'AST_JOBS_DEFAULT_MAX_RUNTIME_MS', ' 70000 ');
  lab.world.setProperty('script', 'AST_JOBS_LEASE_TTL_MS', '');
  const configure = ['configure', {maxRuntimeMs: 80_000, propertyPrefix: 'conf'}];
  const options = {propertyPrefix: 'call'};
  expect(optionsAfter(lab, configure, ['enqueue', {name: 'job', steps: STEPS, options}])).toEqual({
    ...{maxRetries: 7, maxRuntimeMs: 80_000, leaseTtlMs: 390_000, checkpointStore: 'properties', autoResume: true},
    propertyPrefix: 'call',
  });
  // The next execution knows nothing of that configure.
  expect(optionsAfter(lab, ['enqueue', {name: 'job', steps: STEPS}])).toMatchObject({
    ...{maxRetries: 7, maxRuntimeMs: 70_000, propertyPrefix: 'AST_JOBS_JOB_'},
  });
});

test('the short name of a call with maxRetries reaches its steps, whose own policy beats it', () => {
  const lab = newLab();
  const steps = [step('a', {failures: 9}), step('b', {failures: 9}, {retry: {maxRetries: 1}})];
  const {id} = lab.enqueue(steps, {options: {maxRetries: 0}, retry: {delayMs: 0}});
  expect(lab.settle().status(id).status).toBe('failed');
  expect(lab.runs()).toEqual(['a', 'b', 'b/2']);
});

test('a budget that is too large is cut, as users are used to', () => {
  const lab = newLab();
  expect(lab.enqueue(STEPS, {options: {maxRuntimeMs: 9_999_999}}).options.maxRuntimeMs).toBe(600_000);
});

test('script properties that make no sense refuse the call and nothing is stored', () => {
  const lab = newLab();
  lab.world.setProperty('script', 'AST_JOBS_DEFAULT_MAX_RETRIES', 'lots');
  const refusal = lab.refusal('enqueue', {name: 'job', steps: STEPS});
  expect(refusal).toMatchObject({name: 'AstJobsValidationError', code: 'INVALID_OPTION'});
  expect(lab.world.store('script').size).toBe(1);
  expect(lab.world.triggers()).toEqual([]);
});

test('a prefix that one execution configured is served by the triggers of later ones', () => {
  const lab = newLab();
  const request = {name: 'job', steps: inLine(3, {ms: 150_000})};
  const [, enqueued] = lab.callAll(['configure', {propertyPrefix: 'jobs_v1'}], ['enqueue', request]);
  const {id} = enqueued?.value as JobRecord;
  lab.settle();
  expect(lab.status(id)).toMatchObject({status: 'completed', options: {propertyPrefix: 'jobs_v1'}});
  expect(lab.runs()).toEqual(['s1', 's2', 's3']);
  expect(lab.jobKeys().every((key) => key.startsWith('jobs_v1~'))).toBe(true);
  lab.expectTidy();
});

test('calls find a job in every prefix in use, or look in one', () => {
  const lab = newLab();
  const [one, other] = ['jobs', 'jobs_v1'].map((propertyPrefix) => lab.enqueue(STEPS, {options: {propertyPrefix}}).id);
  expect(
    lab
      .call<JobRecord[]>('list')
      .map((row) => row.id)
      .sort(),
  ).toEqual([one, other].sort());
  expect(lab.call<JobRecord[]>('list', {}, {propertyPrefix: 'jobs'}).map((row) => row.id)).toEqual([one]);
  expect(lab.call('status', other, {propertyPrefix: 'jobs_v1'}).id).toBe(other);
  expect(lab.refusal('status', other, {propertyPrefix: 'jobs'}).code).toBe('JOB_NOT_FOUND');
  expect(lab.refusal('cancel', one, {propertyPrefix: 'jobs_v1'}).code).toBe('JOB_NOT_FOUND');
  expect(lab.call('resume', one, {propertyPrefix: 'jobs'}).status).toBe('completed');
  expect(lab.call('cancel', other).status).toBe('canceled');
  lab.pass(20 * MINUTE_MS);
  lab.expectTidy();
});

// All of them stand in one property value.
test('prefixes may be as many and as long as is said', () => {
  const lab = newLab();
  const requests = Array.from({length: 70}, (_none, index) => {
    const propertyPrefix = `p${index}`.padEnd(100, 'x');
    return ['enqueue', {name: 'job', steps: STEPS, options: {autoResume: false, propertyPrefix}}];
  });
  expect(lab.callAll(...requests).filter((outcome) => outcome.error !== undefined)).toEqual([]);
});

test('a script property that is no setting is named, and stops nothing but what needs it', () => {
  const lab = newLab();
  lab.world.setProperty('script', 'AST_JOBS_DEFAULT_MAX_RETRIES', 'five');
  const {code, message} = lab.refusal('enqueue', {name: 'job', steps: STEPS});
  expect([code, message]).toEqual([
    'INVALID_OPTION',
    'Script property AST_JOBS_DEFAULT_MAX_RETRIES must be an integer from 0 to 20, got `"five"`.',
  ]);
  expect(lab.enqueue(STEPS, {options: {maxRetries: 1}}).status).toBe('queued');
});

test('options of configure may be null', () => {
  const [outcome] = newLab().callAll(['configure', {maxRetries: 3}, null]);
  expect(outcome?.value).toEqual({AST_JOBS_DEFAULT_MAX_RETRIES: '3'});
});
