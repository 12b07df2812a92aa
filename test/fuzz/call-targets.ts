/**
 * Everything else that a call is given: settings, filters, options, ids, events of triggers, objects that should lead to
 * a host. Over ports in memory.
 */
import fc from 'fast-check';
import {printValue, toJsonText} from '../../src/core/json';
import {Config} from '../../src/engine/config';
import {install, lookupPrefix, showJob, showJobs} from '../../src/engine/operations';
import {Hosts} from '../../src/platform/host';
import type {JobsConfig} from '../../src/types';
import {anyText} from '../support/arbitraries';
import {makeValue} from './make-value';
import {MemoryProject} from './memory-project';
import {assertClean, assertPlain, assertSame, outcomeOf} from './oracles';
import {values, type Recipe} from './recipe';
import {OWNER, SPECIMENS} from './specimens';
import {storeOf} from './store-targets';
import {target} from './target';

const CONFIG_KEYS = [
  'AST_JOBS_DEFAULT_MAX_RETRIES',
  'AST_JOBS_DEFAULT_MAX_RUNTIME_MS',
  'AST_JOBS_LEASE_TTL_MS',
  'AST_JOBS_CHECKPOINT_STORE',
  'AST_JOBS_PROPERTY_PREFIX',
];
const SHORT_KEYS = ['maxRetries', 'maxRuntimeMs', 'leaseTtlMs', 'checkpointStore', 'propertyPrefix'];
const settingTexts = fc.oneof(
  anyText(20),
  fc.constantFrom(
    '5',
    ' 240000 ',
    '0x10',
    '1e3',
    '-0',
    'Infinity',
    'NaN',
    'properties',
    'Properties',
    'drive',
    'mine',
    '',
  ),
  fc.nat().map(String),
);

/** Script properties of the names that hold settings, with any text in them. */
function checkSettingTexts(texts: Readonly<Record<string, string>>): void {
  const project = new MemoryProject(texts);
  const request = {name: 'job', steps: [{id: 'a', handler: 'act'}]};
  const outcome = outcomeOf(() => project.execute((engine) => engine.submit('enqueue', request)));
  if ('refusal' in outcome) {
    const {code, message} = outcome.refusal;
    if (!['INVALID_OPTION', 'NOT_SUPPORTED'].includes(code)) throw outcome.refusal;
    if (!Object.keys(texts).some((key) => message.includes(key))) throw new Error(`No key is named: ${message}`);
    assertSame(project.everything().values, texts, 'what is stored after a refusal');
    return;
  }
  project.passFor(1);
  const [row] = project.execute((engine) => showJobs(engine, {}, undefined));
  if (row?.status !== 'completed') throw new Error(`The job is ${row?.status}.`);
}

function checkConfigure([settings, options]: readonly [Recipe, Recipe]): void {
  const config = new Config();
  const outcome = outcomeOf(() =>
    config.configure(makeValue(settings) as JobsConfig, makeValue(options) as {readonly merge?: boolean}),
  );
  if ('refusal' in outcome) {
    assertSame(config.get(), {}, 'what is configured after a refusal');
    return;
  }
  assertPlain(outcome.value);
  for (const [key, value] of Object.entries(outcome.value))
    if (!CONFIG_KEYS.includes(key) || typeof value !== 'string') throw new Error(`No setting: ${key}`);
  const resolved = outcomeOf(() => config.resolve({}, {}));
  if ('refusal' in resolved) throw new Error('What was configured is refused.', {cause: resolved.refusal});
}

const settings = fc.oneof(
  values,
  fc
    .array(fc.tuple(fc.constantFrom(...CONFIG_KEYS, ...SHORT_KEYS, '__proto__'), values), {maxLength: 3})
    .map((entries): Recipe => ({is: 'object', form: 'own', entries})),
);

/** Filters and options with the right names. */
const asked = fc.oneof(
  values,
  fc
    .array(
      fc.tuple(
        fc.constantFrom('status', 'name', 'limit', 'propertyPrefix', 'details', 'steps', 'offset', 'everyMinutes'),
        fc.oneof(values, fc.constant<Recipe>({is: 'json', value: {offset: 0, limit: 5}})),
      ),
      {maxLength: 3},
    )
    .map((entries): Recipe => ({is: 'object', form: 'own', entries})),
);

/** Without what a kill left of a batch: the first call that holds the lock finishes it. */
const STORE = Object.fromEntries(
  Object.entries(storeOf(SPECIMENS.jobs.filter(({kind}) => ['queued', 'completed', 'killed'].includes(kind)))).filter(
    ([key]) => !key.startsWith('AST_JOBS_INTENT~'),
  ),
);

/** Looking at jobs changes nothing, whatever was asked for. */
function checkLooks([filters, options, id]: readonly [Recipe, Recipe, string]): void {
  const project = new MemoryProject(STORE, OWNER, SPECIMENS.nowMs);
  const before = project.everything();
  const look = (act: () => unknown): void => {
    const outcome = outcomeOf(act);
    if ('value' in outcome) assertPlain(outcome.value);
  };
  project.execute((engine) => {
    look(() => showJobs(engine, makeValue(filters), makeValue(options)));
    look(() => showJob(engine, {id, prefix: null}, makeValue(options)));
    look(() => showJob(engine, {id, prefix: lookupPrefix(makeValue(options))}, makeValue(options)));
    look(() => engine.resume({id, prefix: lookupPrefix(makeValue(options))}, null));
    look(() => engine.cancel({id, prefix: null}));
    const period = makeValue(options);
    if (period === undefined || [1, 5, 10, 15, 30].includes(period as number)) return;
    if ('value' in outcomeOf(() => install(engine, period))) throw new Error('Anything is taken for a period.');
  });
  assertSame(project.everything(), before, 'what is stored after looks and refusals');
}

/** A pass runs what is due, whatever it is called with. */
function checkEvent(event: Recipe): void {
  const store = storeOf(SPECIMENS.jobs.filter(({kind}) => kind === 'queued'));
  const project = new MemoryProject(store, OWNER, SPECIMENS.nowMs);
  const outcome = outcomeOf(() => project.pass(makeValue(event)));
  if ('refusal' in outcome) throw outcome.refusal;
  assertPlain(outcome.value);
  if (outcome.value.end !== 'idle' || outcome.value.jobs.length !== 1) throw new Error(JSON.stringify(outcome.value));
}

/** An object leads to a host, or to none; options of `bind` are taken or refused. */
function checkHost([request, scope, options]: readonly [Recipe, Recipe, Recipe]): void {
  const hosts = new Hosts({PropertiesService: {}, act: () => 1});
  const found = outcomeOf(() => hosts.of(makeValue(request)));
  if ('refusal' in found) throw found.refusal;
  const outcome = outcomeOf(() => {
    hosts.bind(makeValue(scope), makeValue(options));
    return hosts.of(makeValue(request));
  });
  if ('value' in outcome && !/^[\w$.]+$/.test(outcome.value.triggerHandler)) throw new Error('No name of a function.');
}

/** Values for messages and for the store: text, or in words why not. */
function checkValue(recipe: Recipe): void {
  const text = outcomeOf(() => toJsonText(makeValue(recipe)));
  const printed = outcomeOf(() => printValue(makeValue(recipe)));
  if (!('value' in text) || !('value' in printed)) throw new Error('A value was refused, not described.');
  if (printed.value.length > 1_200) throw new Error(`A long message: ${printed.value.length}`);
  if (text.value.ok) JSON.parse(text.value.text);
  else if (text.value.problem.length < 5) throw new Error(`No reason: ${text.value.problem}`);
  assertClean();
}

const bindOptions = fc.oneof(
  values,
  fc
    .array(
      fc.tuple(fc.constantFrom('triggerHandler', 'store', 'lock', 'handlers', 'dynamicLookup', '__proto__'), values),
      {maxLength: 2},
    )
    .map((entries): Recipe => ({is: 'object', form: 'own', entries})),
);
const jobIds = fc.oneof(anyText(40), fc.constantFrom('__proto__', 'constructor', `x~y`, 'job_0mk0xjuds_0000000000'));

export const CALL_TARGETS = [
  target('value', 500, values, checkValue),
  target(
    'setting-texts',
    300,
    fc.dictionary(fc.constantFrom(...CONFIG_KEYS), settingTexts, {noNullPrototype: true}),
    checkSettingTexts,
  ),
  target('configure', 500, fc.tuple(settings, values), checkConfigure),
  target('look', 300, fc.tuple(asked, asked, jobIds), checkLooks),
  target(
    'event',
    100,
    fc.oneof(
      values,
      values.map((value): Recipe => ({is: 'object', form: 'own', entries: [['triggerUid', value]]})),
    ),
    checkEvent,
  ),
  target('host', 300, fc.tuple(values, values, bindOptions), checkHost),
];
