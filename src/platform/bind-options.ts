/** What `bind` is given, checked: a wrong option would show only when a trigger runs, where nobody looks. */
import {isObject, printValue} from '../core/json';
import {jobsError} from '../errors';
import type {BindOptions} from '../types';
import type {ContentLike, FetchLike, LockLike, MailLike} from './handles';
import type {Scope} from './realm';

/** Checks the global object of a host. */
export function checkedScope(scope: unknown): Scope {
  if ((typeof scope === 'object' || typeof scope === 'function') && scope !== null) return scope as Scope;
  throw jobsError(
    'INVALID_OPTION',
    `bind expects the global object of your script: bind(globalThis), got ${printValue(scope)}.`,
  );
}

const BIND_OPTIONS: readonly string[] = [
  ...['triggerHandler', 'store', 'lock', 'handlers', 'dynamicLookup'],
  ...['fetch', 'workerUrl', 'workerToken', 'content', 'drive', 'folder', 'sheets', 'spreadsheet', 'yaml', 'mail'],
];
const MEMORY_EXCLUDES: readonly string[] = ['lock', 'fetch', 'drive', 'sheets'];
const WORKER_URL = /^https:\/\/script\.google\.com\/[\w./-]+\/exec$/;
const MIN_TOKEN_CHARS = 16;
const DRIVE_METHODS: readonly string[] = ['getFileById', 'getFolderById', 'createFolder'];
const SHEETS_METHODS: readonly string[] = ['openById', 'getActiveSpreadsheet', 'flush'];
const ID_PATTERN = /^[\w-]{1,100}$/;
const TRIGGER_HANDLER = /^[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)*$/;

/** Checks what a host hands over besides its global object. */
export function checkedOptions(raw: unknown): BindOptions {
  if (raw === undefined || raw === null) return {};
  if (!isObject(raw)) throw optionError('bind expects an object of options', raw);
  const unknown = Object.keys(raw).find((key) => !BIND_OPTIONS.includes(key));
  if (unknown !== undefined) throw optionError(`bind knows the options ${BIND_OPTIONS.join(', ')}`, unknown);
  const {triggerHandler, store, lock, handlers, dynamicLookup} = raw;
  if (triggerHandler !== undefined && (typeof triggerHandler !== 'string' || !TRIGGER_HANDLER.test(triggerHandler)))
    throw optionError('triggerHandler must be the name of a function', triggerHandler);
  if (store !== undefined && store !== 'script' && store !== 'user' && store !== 'document' && store !== 'memory')
    throw optionError("store must be 'script', 'user', 'document' or 'memory'", store);
  const service = store === 'memory' ? MEMORY_EXCLUDES.find((name) => raw[name] !== undefined) : undefined;
  if (service !== undefined)
    throw optionError(`store 'memory' calls no service: leave out ${MEMORY_EXCLUDES.join(', ')}`, service);
  if (lock !== undefined && !(hasMethods(lock, ['tryLock']) && hasMethods(lock, ['releaseLock'])))
    throw optionError('lock must be a Lock of LockService', lock);
  if (handlers !== undefined && !isObject(handlers))
    throw optionError('handlers must be an object of functions', handlers);
  if (dynamicLookup !== undefined && typeof dynamicLookup !== 'boolean')
    throw optionError('dynamicLookup must be true or false', dynamicLookup);
  const {yaml} = raw;
  if (yaml !== undefined && !hasMethods(yaml, ['parse']))
    throw optionError('yaml must be what reads YAML, with the method parse, as ASTYaml of Yaml.js', yaml);
  return {
    ...(yaml === undefined ? {} : {yaml: yaml as NonNullable<BindOptions['yaml']>}),
    ...(triggerHandler === undefined ? {} : {triggerHandler}),
    ...(store === undefined ? {} : {store}),
    ...(lock === undefined ? {} : {lock: lock as LockLike}),
    ...(handlers === undefined ? {} : {handlers: handlers as NonNullable<BindOptions['handlers']>}),
    ...(dynamicLookup === undefined ? {} : {dynamicLookup}),
    ...checkedWebOptions(raw),
    ...placeOptions(raw),
  };
}

type WebOptions = Pick<BindOptions, 'fetch' | 'workerUrl' | 'workerToken' | 'content'>;

function checkedWebOptions(raw: Readonly<Record<string, unknown>>): WebOptions {
  const {fetch, workerUrl, workerToken, content} = raw;
  if (fetch !== undefined && !hasMethods(fetch, ['fetchAll']))
    throw optionError('fetch must be the service that fetches addresses, with the method fetchAll', fetch);
  if (workerUrl !== undefined && (typeof workerUrl !== 'string' || !WORKER_URL.test(workerUrl)))
    throw optionError("workerUrl must be your web app's 'https://script.google.com/macros/s/…/exec'", workerUrl);
  if (workerUrl !== undefined && fetch === undefined)
    throw optionError('workerUrl goes with fetch, the service that fetches addresses', 'workerUrl');
  if (workerToken !== undefined && (typeof workerToken !== 'string' || workerToken.length < MIN_TOKEN_CHARS))
    // Not the token itself: messages end up in logs.
    throw optionError(`workerToken must be a text of at least ${MIN_TOKEN_CHARS} characters`, typeof workerToken);
  if (content !== undefined && !hasMethods(content, ['createTextOutput']))
    throw optionError('content must be the service that makes text outputs, with createTextOutput', content);
  return {
    ...(fetch === undefined ? {} : {fetch: fetch as FetchLike}),
    ...(workerUrl === undefined ? {} : {workerUrl}),
    ...(workerToken === undefined ? {} : {workerToken}),
    ...(content === undefined ? {} : {content: content as ContentLike}),
  };
}

function placeOptions(raw: Readonly<Record<string, unknown>>): BindOptions {
  const {drive, folder, sheets, spreadsheet, mail} = raw;
  if (mail !== undefined && !hasMethods(mail, ['sendEmail']))
    throw optionError('mail must be the service that sends mail, with the method sendEmail', mail);
  if (drive !== undefined && !hasMethods(drive, DRIVE_METHODS))
    throw optionError('drive must be the Drive service of your script, with all its methods', drive);
  if (sheets !== undefined && !hasMethods(sheets, SHEETS_METHODS))
    throw optionError('sheets must be the Spreadsheet service of your script, with all its methods', sheets);
  return {
    ...(mail === undefined ? {} : {mail: mail as MailLike}),
    ...(drive === undefined ? {} : {drive: drive as object}),
    ...(sheets === undefined ? {} : {sheets: sheets as object}),
    ...(folder === undefined ? {} : {folder: placeId('folder', folder, 'drive', drive)}),
    ...(spreadsheet === undefined ? {} : {spreadsheet: placeId('spreadsheet', spreadsheet, 'sheets', sheets)}),
  };
}

function placeId(name: string, id: unknown, serviceName: string, given: unknown): string {
  if (typeof id !== 'string' || !ID_PATTERN.test(id))
    throw optionError(`${name} must be an id, as it stands in the address of the ${name}`, id);
  if (given === undefined) throw optionError(`${name} goes with the option ${serviceName}`, id);
  return id;
}

function hasMethods(value: unknown, names: readonly string[]): boolean {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false;
  return names.every((name) => typeof (value as Readonly<Record<string, unknown>>)[name] === 'function');
}

function optionError(expected: string, got: unknown): Error {
  return jobsError('INVALID_OPTION', `${expected}, got ${printValue(got)}.`);
}
