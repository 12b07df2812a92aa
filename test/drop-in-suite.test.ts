/**
 * More calls of users of the closest library, with what their own tests look at, in environments as poor as theirs: a
 * store without deletes, a lock of two methods that comes after the library was loaded, triggers that cannot be made.
 */
import {readFileSync} from 'node:fs';
import vm from 'node:vm';

// Records come out of another realm, and their tests read them field by field.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Loose = any;
type Counts = Record<'getProperty' | 'getProperties' | 'setProperty' | 'setProperties' | 'deleteProperty', number>;

interface Place {
  readonly context: Record<string, Loose>;
  readonly jobs: Record<string, (...args: readonly unknown[]) => Loose>;
  readonly store: Record<string, string>;
  readonly counts: Counts;
}

/** The library in a context of its own. `lacks`: methods that the double of the properties does not have. */
function load(seed: Record<string, string> = {}, lacks: readonly (keyof Counts)[] = []): Place {
  const store = {...seed};
  const counts: Counts = {getProperty: 0, getProperties: 0, setProperty: 0, setProperties: 0, deleteProperty: 0};
  const methods: Record<keyof Counts, (...args: never[]) => unknown> = {
    getProperty: (key: string) => store[key] ?? null,
    getProperties: () => ({...store}),
    setProperty: (key: string, value: unknown) => void (store[key] = String(value)),
    setProperties: (entries: Record<string, unknown>) => {
      for (const [key, value] of Object.entries(entries)) store[key] = String(value);
    },
    deleteProperty: (key: string) => delete store[key],
  };
  const handle: Record<string, unknown> = {};
  for (const name of Object.keys(counts) as (keyof Counts)[]) {
    if (lacks.includes(name)) continue;
    handle[name] = (...args: never[]) => {
      counts[name]++;
      return methods[name](...args);
    };
  }
  const context = vm.createContext({
    console,
    Date,
    Utilities: {sleep: () => undefined},
    PropertiesService: {getScriptProperties: () => handle},
    ScriptApp: {getOAuthToken: () => 'token'},
  }) as Record<string, Loose>;
  context['globalThis'] = context;
  vm.runInContext(readFileSync('dist/Code.js', 'utf8'), context);
  return {context, jobs: context['AST'].Jobs, store, counts};
}

/** What a call throws. */
function thrownBy(call: () => unknown): {readonly name: string; readonly message: string} {
  try {
    call();
  } catch (thrown) {
    return thrown as Error;
  }
  throw new Error('nothing was thrown');
}

const prefix = 'SUITE_';
const OPTIONS = {propertyPrefix: prefix};
const step = (handler: string, more: object = {}): object => ({id: 'only', handler, ...more});

test('fields that nobody knows are passed over wherever they stand, as they were', () => {
  const {context, jobs} = load();
  context['ok'] = () => 1;
  const own = {owner: 'ops', version: 3, label: 'x', maxRetries: 1, dependsOn: []};
  const done = [
    jobs['run']!({name: 'a', ...own, options: {...OPTIONS, ...own}, steps: [step('ok', own)]}),
    jobs['chain']!({name: 'b', ...own, tasks: [{handler: 'ok', ...own}]}),
    jobs['enqueueMany']!({name: 'c', ...own, handler: 'ok', items: [1], mode: 'run'}),
    jobs['mapReduce']!({name: 'd', items: [1], map: {handler: 'ok', ...own}, reduce: {handler: 'ok', ...own}}),
  ];
  expect(done.map(({status}: Loose) => status)).toEqual(['completed', 'completed', 'completed', 'completed']);
});

test('each method that they know is there, also where there are none of the services', () => {
  const {jobs} = load();
  const names = 'run enqueue enqueueMany chain mapReduce resume status list cancel configure getConfig clearConfig';
  for (const name of names.split(' ')) expect([name, typeof jobs[name]]).toEqual([name, 'function']);
});

test.each([
  ['a full double', []],
  ['no deletes', ['deleteProperty']],
  ['neither bulk writes nor deletes', ['setProperties', 'deleteProperty']],
] as const)('a job of two steps goes from enqueue to completed with %s', (_what, lacks) => {
  const {context, jobs} = load({}, lacks);
  context['one'] = ({payload}: Loose) => payload.value + 2;
  context['two'] = ({results}: Loose) => results.first * 3;
  const queued = jobs['enqueue']!({
    name: 'two-steps',
    options: OPTIONS,
    steps: [
      {id: 'first', handler: 'one', payload: {value: 5}},
      {id: 'second', handler: 'two', dependsOn: ['first']},
    ],
  });
  expect([queued.status, queued.startedAt, queued.completedAt]).toEqual(['queued', null, null]);
  expect(queued.steps.map(({state, attempts}: Loose) => [state, attempts])).toEqual([
    ['pending', 0],
    ['pending', 0],
  ]);
  const done = jobs['resume']!(queued.id);
  expect([done.status, done.results.first, done.results.second]).toEqual(['completed', 7, 21]);
  expect(done.steps.map(({state}: Loose) => state)).toEqual(['completed', 'completed']);
  expect([done.pausedAt, done.canceledAt, done.lastError, done.leaseOwner]).toEqual([null, null, null, null]);
});

test('a record has every field that they document, with and without a step that ran', () => {
  const {context, jobs} = load();
  context['ok'] = () => ({rows: 1});
  const queued = jobs['enqueue']!({name: 'shape', options: OPTIONS, steps: [step('ok')]});
  for (const record of [queued, jobs['resume']!(queued.id), jobs['status']!(queued.id)]) {
    expect(Object.keys(record)).toEqual(
      expect.arrayContaining(
        (
          'id version name status createdAt updatedAt startedAt pausedAt completedAt canceledAt leaseOwner ' +
          'leaseExpiresAt lastHeartbeatAt lastError options steps results'
        ).split(' '),
      ),
    );
    expect(Object.keys(record.steps[0])).toEqual(
      expect.arrayContaining(
        'id handlerName dependsOn payload state attempts startedAt completedAt lastError'.split(' '),
      ),
    );
    expect([record.steps[0].handlerName, record.steps[0].payload]).toEqual(['ok', null]);
    expect(record.options).toMatchObject({
      ...{maxRetries: 2, maxRuntimeMs: 240_000, checkpointStore: 'properties', autoResume: true},
      propertyPrefix: prefix,
    });
    expect(JSON.parse(JSON.stringify(record))).toEqual(record);
  }
});

test('status and list find a job of a prefix that nobody names again, with one read each and no write', () => {
  const {context, jobs, counts} = load();
  context['ok'] = () => true;
  jobs['clearConfig']!();
  jobs['configure']!({maxRetries: 2, leaseTtlMs: 120_000, propertyPrefix: 'AST_JOBS_JOB_'}, {merge: false});
  const queued = jobs['enqueue']!({name: 'indexed', options: OPTIONS, steps: [step('ok')]});
  const other = jobs['enqueue']!({name: 'other', steps: [step('ok')]});
  Object.assign(counts, {getProperty: 0, getProperties: 0, setProperty: 0, setProperties: 0, deleteProperty: 0});
  expect(jobs['status']!(queued.id)).toMatchObject({id: queued.id, status: 'queued'});
  expect(jobs['status']!(queued.id, OPTIONS).id).toBe(queued.id);
  expect(jobs['list']!({name: 'indexed', limit: 20}).map(({id}: Loose) => id)).toEqual([queued.id]);
  expect(
    jobs['list']!({status: 'queued'})
      .map(({id}: Loose) => id)
      .sort(),
  ).toEqual([queued.id, other.id].sort());
  expect(jobs['list']!({}, OPTIONS).map(({id}: Loose) => id)).toEqual([queued.id]);
  expect(counts).toEqual({getProperty: 0, getProperties: 5, setProperty: 0, setProperties: 0, deleteProperty: 0});
});

test('script properties set the defaults, configure beats them, the call beats both, and clearConfig reads anew', () => {
  const {context, jobs, store} = load(
    {AST_JOBS_DEFAULT_MAX_RETRIES: '1', AST_JOBS_DEFAULT_MAX_RUNTIME_MS: '30000', AST_JOBS_PROPERTY_PREFIX: 'MEMO_A_'},
    ['setProperties', 'deleteProperty'],
  );
  context['ok'] = () => true;
  const optionsOf = (options: object = {}): Loose =>
    jobs['enqueue']!({name: 'defaults', options, steps: [step('ok')]}).options;
  jobs['clearConfig']!();
  expect(optionsOf()).toMatchObject({maxRetries: 1, maxRuntimeMs: 30_000, propertyPrefix: 'MEMO_A_'});
  expect(optionsOf({maxRetries: 5, maxRuntimeMs: 700_000})).toMatchObject({maxRetries: 5, maxRuntimeMs: 600_000});
  // The cookbooks write canonical keys, and numbers as texts.
  const canonical = {
    ...{AST_JOBS_DEFAULT_MAX_RETRIES: '4', AST_JOBS_DEFAULT_MAX_RUNTIME_MS: '45000', AST_JOBS_LEASE_TTL_MS: 30_000},
    ...{AST_JOBS_CHECKPOINT_STORE: 'properties', AST_JOBS_PROPERTY_PREFIX: 'MEMO_B_'},
  };
  jobs['configure']!(canonical, {merge: false});
  expect(jobs['getConfig']!()).toEqual({...canonical, AST_JOBS_LEASE_TTL_MS: '30000'});
  expect(optionsOf()).toMatchObject({maxRetries: 4, maxRuntimeMs: 45_000, propertyPrefix: 'MEMO_B_'});
  store['AST_JOBS_DEFAULT_MAX_RETRIES'] = '3';
  expect(optionsOf().maxRetries).toBe(4);
  jobs['clearConfig']!();
  expect(jobs['getConfig']!()).toEqual({});
  expect(optionsOf().maxRetries).toBe(3);
});

test('a lock of two methods that appears later is used, and its refusals are a conflict that stores nothing', () => {
  const {context, jobs, store} = load();
  context['ok'] = () => true;
  let refusals = 0;
  let held = 0;
  context['LockService'] = {
    getScriptLock: () => ({
      tryLock: () => {
        if (refusals > 0) refusals--;
        else held++;
        return refusals === 0;
      },
      releaseLock: () => void held--,
    }),
  };
  const done = jobs['run']!({name: 'locked', options: OPTIONS, steps: [step('ok')]});
  expect([done.status, held]).toEqual(['completed', 0]);
  refusals = 1_000;
  const before = {...store};
  const thrown = thrownBy(() => jobs['enqueue']!({name: 'refused', options: OPTIONS, steps: [step('ok')]}));
  expect(thrown.name).toBe('AstJobsConflictError');
  expect(store).toEqual(before);
  expect(jobs['status']!(done.id).status).toBe('completed');
});

test('shared payloads are clones for each item in mode run and in mapReduce', () => {
  const {context, jobs} = load();
  context['many'] = ({payload}: Loose) => {
    const before = payload.shared.seed++;
    return {value: payload.item.value, before, after: payload.shared.seed, position: payload.position};
  };
  const many = jobs['enqueueMany']!({
    ...{name: 'shared', mode: 'run', options: OPTIONS, handler: 'many', maxConcurrency: 2},
    ...{items: [{value: 1}, {value: 2}], sharedPayload: {seed: 10}},
  });
  expect(many.status).toBe('completed');
  expect([many.results.item_1, many.results.item_2]).toEqual([
    {value: 1, before: 10, after: 11, position: 1},
    {value: 2, before: 10, after: 11, position: 2},
  ]);
  context['map'] = ({payload}: Loose) => ++payload.shared.base;
  context['reduce'] = ({payload, results}: Loose) =>
    payload.mapStepIds.reduce((sum: number, id: string) => sum + results[id], 0);
  const reduced = jobs['mapReduce']!({
    ...{name: 'shared-map', options: OPTIONS, items: [{value: 1}, {value: 2}], maxConcurrency: 2},
    ...{mapHandler: 'map', reduceHandler: 'reduce', mapPayload: {base: 0}},
  });
  expect([reduced.status, reduced.results.map_1, reduced.results.map_2, reduced.results.reduce]).toEqual([
    ...['completed', 1, 1, 2],
  ]);
});

test('the summary of a queued fan-out counts what is pending, and of a canceled one what was canceled', () => {
  const {context, jobs} = load();
  context['many'] = () => 1;
  const request = {name: 'summary', options: OPTIONS, handler: 'many', items: [1, 2, 3], maxConcurrency: 2};
  const queued = jobs['enqueueMany']!(request);
  expect(queued.orchestration).toMatchObject({helper: 'enqueue_many', mode: 'enqueue'});
  expect(queued.orchestration.parent).toEqual({jobId: queued.id, status: 'queued'});
  const none = {total: 3, pending: 0, running: 0, completed: 0, failed: 0, canceled: 0};
  expect(queued.orchestration.children.counts).toEqual({...none, pending: 3});
  const [stage]: Loose[] = Object.values(queued.orchestration.stages);
  expect(stage).toMatchObject({status: 'queued', maxConcurrency: 2, counts: {total: 3}});
  const canceled = jobs['cancel']!(queued.id);
  expect(canceled.orchestration.children).toEqual({status: 'canceled', counts: {...none, canceled: 3}});
  expect(canceled.steps.map(({state}: Loose) => state)).toEqual(['canceled', 'canceled', 'canceled']);
  expect(canceled.canceledAt).not.toBeNull();
  expect(thrownBy(() => jobs['cancel']!(queued.id))).toMatchObject({name: 'AstJobsConflictError'});
});

test('a handler that keeps a marker in the properties is retried through resume, as their cookbook does', () => {
  const {context, jobs, store} = load();
  context['once'] = ({payload}: Loose) => {
    const properties = context['PropertiesService'].getScriptProperties();
    if (properties.getProperty('MARKER') === 'done') return {recovered: true, value: payload.value};
    properties.setProperty('MARKER', 'done');
    throw new Error('retry-once');
  };
  const queued = jobs['enqueue']!({
    ...{name: 'marker', options: {...OPTIONS, maxRetries: 1}, steps: [step('once', {payload: {value: 5}})]},
  });
  const first = jobs['resume']!(queued.id, OPTIONS);
  expect([first.status, first.lastError.message, first.steps[0].lastError.message]).toEqual([
    'paused',
    ...['retry-once', 'retry-once'],
  ]);
  const second = jobs['resume']!(queued.id, OPTIONS);
  expect([second.status, second.results.only]).toEqual(['completed', {recovered: true, value: 5}]);

  // Their clean-up deletes every key that begins with the prefix, behind the library's back.
  for (const key of Object.keys(store).filter((name) => name.startsWith(prefix))) delete store[key];
  expect(thrownBy(() => jobs['status']!(queued.id)).name).toBe('AstJobsNotFoundError');
  expect(jobs['list']!({name: 'marker'})).toEqual([]);
  expect(jobs['run']!({name: 'again', options: OPTIONS, steps: [step('once', {payload: {value: 6}})]}).status).toBe(
    'completed',
  );
});

test.each([
  ['no name', {steps: [step('ok')]}, /non-empty name/],
  ['no steps', {name: 'x', steps: []}, /non-empty/],
  ['two steps of one id', {name: 'x', steps: [step('ok'), step('ok')]}, /unique/],
  ['a step that waits for itself', {name: 'x', steps: [step('ok', {dependsOn: ['only']})]}, /depend/],
  ['an unknown dependency', {name: 'x', steps: [step('ok', {dependsOn: ['nobody']})]}, /unknown/],
  ['no handler', {name: 'x', steps: [{id: 'only'}]}, /handler/],
  ['a handler that is not there', {name: 'x', steps: [step('nowhere')]}, /nowhere/],
])('a request with %s is refused by its name, and nothing is stored', (_what, request, words) => {
  const {context, jobs, store} = load();
  context['ok'] = () => 1;
  const thrown = thrownBy(() => jobs['enqueue']!(request));
  expect(thrown.name).toBe('AstJobsValidationError');
  expect(thrown.message).toMatch(words);
  expect(store).toEqual({});
});

test('a status that is none is refused, and an id that is none is not found', () => {
  const {context, jobs} = load();
  // A script without a single function cannot be told from the library's own realm.
  expect(thrownBy(() => jobs['list']!({}))).toMatchObject({name: 'AstJobsCapabilityError', code: 'HOST_UNKNOWN'});
  context['ok'] = () => 1;
  expect(thrownBy(() => jobs['list']!({status: 'sleeping'}))).toMatchObject({
    ...{name: 'AstJobsValidationError', message: expect.stringMatching(/Invalid status filter/) as string},
  });
  expect(thrownBy(() => jobs['status']!('job_nowhere')).name).toBe('AstJobsNotFoundError');
  expect(thrownBy(() => jobs['resume']!('')).name).toBe('AstJobsValidationError');
});
