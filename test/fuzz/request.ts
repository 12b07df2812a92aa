/** Requests: legal ones of every method as recipes, and what of them must come back. */
import fc from 'fast-check';
import {anyJson, anyText} from '../support/arbitraries';
import {changed, changes, recipeOf, type Recipe} from './recipe';

/** Methods that take a request. */
const METHODS = ['run', 'enqueue', 'chain', 'enqueueMany', 'mapReduce'] as const;
export type Method = (typeof METHODS)[number];

/** A request, and the changes that have been made to it. */
export interface Submission {
  readonly method: Method;
  readonly recipe: Recipe;
}

const name = fc.constantFrom('job', 'Nightly import', 'ein Name mit Ümläuten', ' x ', '😀');
const handler = fc.constantFrom('act', ' act ');
const prefix = fc.constantFrom('row', 'constructor_', 'Zeile', '0');
const options = fc.record(
  {
    maxRetries: fc.nat({max: 20}),
    maxRuntimeMs: fc.integer({min: 1_000, max: 700_000}),
    leaseTtlMs: fc.integer({min: 1_000, max: 3_600_000}),
    checkpointStore: fc.constant('properties'),
    autoResume: fc.boolean(),
    propertyPrefix: fc.constantFrom('AST_JOBS_JOB_', 'mine', 'a.b:c-d'),
  },
  {requiredKeys: []},
);
const retry = fc.record(
  {
    maxRetries: fc.nat({max: 20}),
    delayMs: fc.nat({max: 1_000_000}),
    factor: fc.double({min: 1, max: 100, noNaN: true}),
    maxDelayMs: fc.nat({max: 2_592_000_000}),
    jitter: fc.double({min: 0, max: 1, noNaN: true}),
  },
  {requiredKeys: []},
);
const limits = {retry, maxCrashes: fc.integer({min: 1, max: 20})};
const mode = fc.constantFrom('run', 'enqueue', ' RUN ', '');

/** Steps that depend on steps before them. */
const steps = fc
  .array(
    fc.record(
      {
        id: fc.constant(''),
        handler,
        payload: anyJson,
        dependsOn: fc.array(fc.nat({max: 9}), {maxLength: 2}),
        ...limits,
      },
      {requiredKeys: ['id', 'handler', 'dependsOn']},
    ),
    {minLength: 1, maxLength: 4},
  )
  .map((drafts) =>
    drafts.map((draft, index) => {
      const before = draft.dependsOn.filter(() => index > 0).map((position) => `s${position % index}`);
      return {...draft, id: `s${index}`, dependsOn: before.length === 1 ? before[0] : before};
    }),
  );

const task = fc.record({handler, payload: anyJson, ...limits}, {requiredKeys: ['handler']});
const items = fc.array(anyJson, {minLength: 1, maxLength: 5});
const key = fc.constantFrom('k', ' k ', '__proto__', 'constructor');
/** What a job says of itself as a whole; those that keep it from running at once are for `enqueue` only. */
const terms = {
  description: anyText(20).map((text) => `d ${text.replace(/[\p{C}\u2028\u2029]/gu, '')}`),
  tags: fc.subarray(['red', ' blue ', '__proto__']),
  priority: fc.constantFrom('low', 'medium', 'high', 'critical'),
  environment: fc.dictionary(fc.constantFrom('A', 'B_1'), fc.oneof(fc.nat(), fc.boolean(), fc.constant('x'))),
  onDependencyFailure: fc.constantFrom('fail', 'cancel', 'wait', 'run'),
  idempotencyKey: key,
  singleton: fc.oneof(fc.boolean(), key, fc.record({key, policy: fc.constantFrom('skip', 'queue', 'replace')})),
  resources: fc.subarray(['mail', 'toString']),
  timeoutMs: fc.integer({min: 172_800_000, max: 31_622_400_000}),
  deadlineMs: fc.integer({min: 172_800_000, max: 31_622_400_000}),
  autoStart: fc.constant(true),
};
const later = {delayMs: fc.nat({max: 3_600_000}), dependencies: fc.constant([])};
const common = {name, options, ...limits, ...terms};

const LEGAL: Readonly<Record<Method, fc.Arbitrary<object>>> = {
  run: fc.record({...common, steps}, {requiredKeys: ['name', 'steps']}),
  enqueue: fc.record({...common, ...later, steps}, {requiredKeys: ['name', 'steps']}),
  chain: fc.record(
    {...common, tasks: fc.array(task, {minLength: 1, maxLength: 4}), stepIdPrefix: prefix, mode},
    {requiredKeys: ['name', 'tasks']},
  ),
  enqueueMany: fc.record(
    {
      ...common,
      handler,
      items,
      stepIdPrefix: prefix,
      sharedPayload: anyJson,
      maxConcurrency: fc.integer({min: 1, max: 1_000}),
      mode,
    },
    {requiredKeys: ['name', 'handler', 'items']},
  ),
  mapReduce: fc.oneof(
    fc.record(
      {
        ...{...common, items, mode},
        map: fc.record({handler, stepIdPrefix: prefix, payload: anyJson}, {requiredKeys: ['handler']}),
        reduce: fc.record({handler, id: fc.constant('total'), payload: anyJson}, {requiredKeys: ['handler']}),
      },
      {requiredKeys: ['name', 'items', 'map', 'reduce']},
    ),
    fc.record(
      {
        ...common,
        items,
        mode,
        mapHandler: handler,
        reduceHandler: handler,
        mapPayload: anyJson,
        reducePayload: anyJson,
      },
      {requiredKeys: ['name', 'items', 'mapHandler', 'reduceHandler']},
    ),
  ),
};

/** Requests, most of them with up to three changes. */
export const submissions: fc.Arbitrary<Submission> = fc
  .constantFrom(...METHODS)
  .chain((method) =>
    fc.tuple(LEGAL[method], changes).map(([request, some]) => ({method, recipe: changed(recipeOf(request), some)})),
  );

/** Whether a value shows the same to everybody who asks. */
export function isSteady(recipe: Recipe): boolean {
  if (recipe.is === 'odd') return recipe.what !== 'endless';
  if (recipe.is === 'json') return true;
  if (recipe.is === 'list') return recipe.form !== 'lying' && recipe.entries.every(isSteady);
  return recipe.form !== 'reading' && recipe.entries.every(([, entry]) => isSteady(entry));
}

/** The JSON copy of a value: what a handler must be given. */
function copy(value: unknown): unknown {
  return value === undefined || value === null ? null : (JSON.parse(JSON.stringify(value)) as unknown);
}

type Fields = Readonly<Record<string, unknown>>;

/** The payloads of a request that was accepted, in the order of its steps. */
export function payloadsOf(method: Method, request: Fields): readonly unknown[] {
  switch (method) {
    case 'run':
    case 'enqueue':
      return Array.from(request['steps'] as readonly Fields[], (step) => copy(step['payload']));
    case 'chain':
      return Array.from(request['tasks'] as readonly Fields[], (one) => copy(one['payload']));
    case 'enqueueMany':
      return payloadsOfItems(request['items'], request['sharedPayload']);
    case 'mapReduce': {
      const map = (request['map'] ?? {}) as Fields;
      return payloadsOfItems(request['items'], map['payload'] ?? request['mapPayload']);
    }
  }
}

function payloadsOfItems(raw: unknown, rawShared: unknown): readonly unknown[] {
  const list = copy(raw) as readonly unknown[];
  const shared = rawShared === undefined || rawShared === null ? {} : {shared: copy(rawShared)};
  return list.map((item, index) => ({item, index, position: index + 1, total: list.length, ...shared}));
}
