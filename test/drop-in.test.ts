/**
 * The API as users of the closest library know it, in the environment that its users' own unit tests have: services are
 * plain doubles, there is no lock and no trigger service, requests and handlers come from another realm.
 */
import {readFileSync} from 'node:fs';
import vm from 'node:vm';

interface AnyRecord {
  readonly id: string;
  readonly status: string;
  readonly version: number;
  readonly updatedAt: string;
  readonly leaseOwner: string | null;
  readonly leaseExpiresAt: string | null;
  readonly lastError: {readonly stepId: string; readonly name: string; readonly message: string} | null;
  readonly options: Readonly<Record<string, unknown>>;
  readonly steps: readonly {
    readonly id: string;
    readonly state: string;
    readonly attempts: number;
    readonly dependsOn: readonly string[];
  }[];
  readonly results: Readonly<Record<string, unknown>>;
  readonly wakeUp: {readonly problem?: string} | null;
  readonly orchestration: {
    readonly helper: string;
    readonly parent: {readonly status: string};
    readonly children: {readonly status: string; readonly counts: {readonly total: number}};
    readonly stages: Readonly<Record<string, {readonly status: string; readonly counts: {readonly total: number}}>>;
  };
}

type Method = (...args: readonly unknown[]) => AnyRecord;
type Context = Record<string, unknown> & {AST: {Jobs: Record<string, Method>}};
type Ctx = {readonly payload: never; readonly results: Readonly<Record<string, number>>};

function createContext(): {context: Context; jobs: Record<string, Method>; store: Record<string, string>} {
  const store: Record<string, string> = {};
  const handle = {
    getProperty: (key: string) => store[key] ?? null,
    getProperties: () => ({...store}),
    setProperty: (key: string, value: string) => {
      store[key] = String(value);
    },
    setProperties: (entries: Record<string, string>) => Object.assign(store, entries),
  };
  const context = vm.createContext({
    console,
    Date,
    Utilities: {sleep: () => undefined},
    PropertiesService: {getScriptProperties: () => handle},
    ScriptApp: {getOAuthToken: () => 'token'},
  }) as unknown as Context;
  vm.runInContext(readFileSync('dist/Code.js', 'utf8'), context);
  return {context, jobs: context.AST.Jobs, store};
}

const method = (jobs: Record<string, Method>, name: string): Method => {
  const found = jobs[name];
  if (found === undefined) throw new Error(`no method ${name}`);
  return found;
};

const OPTIONS = {propertyPrefix: 'LOCAL_TEST_'};

test('run executes dependent steps and stores their results', () => {
  const {context, jobs} = createContext();
  context['one'] = ({payload}: {payload: {value: number}}) => payload.value * 2;
  context['two'] = ({results, payload}: {results: Record<string, number>; payload: {increment: number}}) =>
    (results['step_one'] ?? 0) + payload.increment;
  const record = method(
    jobs,
    'run',
  )({
    name: 'local-run',
    options: OPTIONS,
    steps: [
      {id: 'step_one', handler: 'one', payload: {value: 10}},
      {id: 'step_two', handler: 'two', dependsOn: ['step_one'], payload: {increment: 5}},
    ],
  });
  expect(record).toMatchObject({status: 'completed', results: {step_one: 20, step_two: 25}, leaseOwner: null});
  expect(record.leaseExpiresAt).toBeNull();
  const stored = method(jobs, 'status')(record.id);
  expect([stored.version, stored.updatedAt]).toEqual([record.version, record.updatedAt]);
});

test('a failed attempt pauses the job, and an explicit resume retries it at once', () => {
  const {context, jobs} = createContext();
  let attempts = 0;
  context['flaky'] = () => {
    attempts++;
    if (attempts === 1) throw new Error('retry-me');
    return {attempts};
  };
  const queued = method(
    jobs,
    'enqueue',
  )({
    name: 'resume-test',
    options: {...OPTIONS, maxRetries: 1},
    steps: [{id: 'flaky', handler: 'flaky'}],
  });
  expect(queued.status).toBe('queued');
  expect(queued.wakeUp?.problem).toMatch(/resume yourself/);
  const first = method(jobs, 'resume')(queued.id);
  expect([first.status, first.steps[0]?.attempts]).toEqual(['paused', 1]);
  const second = method(jobs, 'resume')(queued.id);
  expect([second.status, second.steps[0]?.attempts, second.results['flaky']]).toEqual([
    'completed',
    1,
    expect.objectContaining({attempts: 2}),
  ]);
});

test('terminal jobs cannot be resumed or canceled, and nothing is written', () => {
  const {context, jobs, store} = createContext();
  context['noop'] = () => true;
  const done = method(jobs, 'run')({name: 'done', options: OPTIONS, steps: [{id: 'a', handler: 'noop'}]});
  const before = {...store};
  expect(() => method(jobs, 'resume')(done.id, OPTIONS)).toThrow(/terminal|resumable/);
  expect(() => method(jobs, 'cancel')(done.id)).toThrow(/not cancelable/);
  expect(store).toEqual(before);
});

test('cancel marks the steps of a queued job as canceled', () => {
  const {context, jobs} = createContext();
  context['noop'] = () => true;
  const queued = method(jobs, 'enqueue')({name: 'cancel-test', steps: [{id: 'a', handler: 'noop'}]});
  const canceled = method(jobs, 'cancel')(queued.id);
  expect([canceled.status, canceled.steps[0]?.state]).toEqual(['canceled', 'canceled']);
  const listed = method(jobs, 'list')({status: 'canceled', limit: 50}) as unknown as readonly AnyRecord[];
  expect(listed.map((row) => row.id)).toContain(queued.id);
});

test('a result that JSON cannot hold fails the step with a readable error', () => {
  const {context, jobs} = createContext();
  context['bad'] = () => ({value: BigInt(42)});
  const record = method(
    jobs,
    'run',
  )({
    name: 'non-serializable',
    options: {...OPTIONS, maxRetries: 0},
    steps: [{id: 'bad_step', handler: 'bad'}],
  });
  expect(record.status).toBe('failed');
  expect(record.lastError).toMatchObject({stepId: 'bad_step', name: 'AstJobsStepExecutionError'});
  expect(record.lastError?.message).toMatch(/JSON serializable/);
  expect(method(jobs, 'status')(record.id).status).toBe('failed');
});

test('configure sets defaults for later requests', () => {
  const {context, jobs} = createContext();
  context['fails'] = () => {
    throw new Error('always');
  };
  method(jobs, 'clearConfig')();
  const configured = method(jobs, 'configure')({maxRetries: 0, propertyPrefix: 'LOCAL_CONFIG_'});
  expect(configured).toEqual({AST_JOBS_DEFAULT_MAX_RETRIES: '0', AST_JOBS_PROPERTY_PREFIX: 'LOCAL_CONFIG_'});
  const record = method(jobs, 'run')({name: 'config', steps: [{id: 'a', handler: 'fails'}]});
  expect(record).toMatchObject({status: 'failed', options: {maxRetries: 0, propertyPrefix: 'LOCAL_CONFIG_'}});
  expect(method(jobs, 'clearConfig')()).toEqual({});
});

test('chain and mapReduce run at once and carry their summary', () => {
  const {context, jobs} = createContext();
  context['one'] = ({payload}: {payload: {value: number}}) => payload.value + 1;
  context['two'] = ({results}: Ctx) => (results['chain_step_1'] ?? 0) * 3;
  const chain = method(
    jobs,
    'chain',
  )({
    name: 'chain',
    options: OPTIONS,
    tasks: [{handler: 'one', payload: {value: 3}}, {handler: 'two'}],
  });
  expect(chain).toMatchObject({status: 'completed', results: {chain_step_1: 4, chain_step_2: 12}});
  expect(chain.orchestration).toMatchObject({
    helper: 'chain',
    parent: {status: 'completed'},
    children: {status: 'completed', counts: {total: 2}},
  });
  context['map'] = ({payload}: {payload: {item: {score: number}}}) => payload.item.score;
  context['reduce'] = ({results, payload}: {results: Record<string, number>; payload: {mapStepIds: string[]}}) =>
    payload.mapStepIds.reduce((sum, id) => sum + (results[id] ?? 0), 0);
  const reduced = method(
    jobs,
    'mapReduce',
  )({
    name: 'map-reduce',
    options: OPTIONS,
    items: [{score: 1}, {score: 2}, {score: 3}],
    mapHandler: 'map',
    reduceHandler: 'reduce',
    maxConcurrency: 2,
  });
  expect(reduced).toMatchObject({status: 'completed', results: {reduce: 6}});
  expect(reduced.orchestration).toMatchObject({
    helper: 'map_reduce',
    stages: {map: {status: 'completed', counts: {total: 3}}, reduce: {status: 'completed'}},
  });
});

test('enqueueMany shows the window of its dependencies and clones what items share', () => {
  const {context, jobs} = createContext();
  context['many'] = ({payload}: {payload: {shared: {seed: number}}}) => (payload.shared.seed += 1);
  const queued = method(
    jobs,
    'enqueueMany',
  )({
    name: 'many',
    options: OPTIONS,
    handler: 'many',
    items: [1, 2, 3, 4],
    sharedPayload: {seed: 10},
    maxConcurrency: 2,
  });
  expect(queued.steps.map((step) => [...step.dependsOn])).toEqual([[], [], ['item_1'], ['item_2']]);
  expect(queued.orchestration.children).toMatchObject({status: 'queued', counts: {total: 4}});
  expect(method(jobs, 'resume')(queued.id).results).toEqual({item_1: 11, item_2: 11, item_3: 11, item_4: 11});
});

test('a flaky map item pauses the job, and resume goes on', () => {
  const {context, jobs} = createContext();
  let failures = 0;
  context['map'] = ({payload}: {payload: {index: number; item: number}}) => {
    if (payload.index === 1 && failures++ === 0) throw new Error('retry-map');
    return payload.item;
  };
  context['reduce'] = ({results}: Ctx) => (results['map_1'] ?? 0) + (results['map_2'] ?? 0);
  const queued = method(
    jobs,
    'mapReduce',
  )({
    name: 'flaky-map',
    mode: 'enqueue',
    options: {...OPTIONS, maxRetries: 1},
    items: [10, 20],
    mapHandler: 'map',
    reduceHandler: 'reduce',
  });
  const first = method(jobs, 'resume')(queued.id);
  expect([first.status, first.steps.find((step) => step.id === 'map_2')?.attempts]).toEqual(['paused', 1]);
  expect(method(jobs, 'resume')(queued.id)).toMatchObject({status: 'completed', results: {reduce: 30}});
});

test('malformed plans are refused in the words that users know', () => {
  const {context, jobs} = createContext();
  context['ok'] = () => 1;
  const chain = {name: 'bad', mode: 'invalid-mode', tasks: [{handler: 'missing'}]};
  expect(() => method(jobs, 'chain')(chain)).toThrow(/Invalid orchestration mode/);
  const many = {name: 'bad', handler: 'unknownHandler', items: []};
  expect(() => method(jobs, 'enqueueMany')(many)).toThrow(/must be a non-empty array/);
  const clash = {
    name: 'bad',
    items: [1],
    mapHandler: 'ok',
    reduceHandler: 'ok',
    mapStepIdPrefix: 'reduce',
    reduceStepId: 'reduce_1',
  };
  expect(() => method(jobs, 'mapReduce')(clash)).toThrow(/must be distinct/);
});
