import {checkedOptions, checkedScope} from '../../src/platform/bind-options';
import {refusal} from '../support/requests';

const WORKER_URL = 'https://script.google.com/macros/s/AKfy_c-b/exec';
const FETCH = {fetchAll: () => []};

test.each<[unknown, string]>([
  ['script', 'an object of options, got `"script"`'],
  [[], 'an object of options, got `[]`'],
  [
    {handler: {}},
    'bind knows the options triggerHandler, store, lock, handlers, dynamicLookup, fetch, workerUrl, workerToken, content, drive, folder, sheets, spreadsheet, yaml, mail, got `"handler"`',
  ],
  [{triggerHandler: 5}, 'triggerHandler must be the name of a function, got `5`'],
  [{triggerHandler: 'a b'}, 'triggerHandler must be the name of a function'],
  [{triggerHandler: 'a..b'}, 'triggerHandler must be the name of a function'],
  [{store: 'cache'}, "store must be 'script', 'user', 'document' or 'memory', got `\"cache\"`"],
  [{store: null}, "store must be 'script', 'user', 'document' or 'memory', got `null`"],
  [
    {store: 'memory', sheets: {}},
    'store \'memory\' calls no service: leave out lock, fetch, drive, sheets, got `"sheets"`',
  ],
  [{lock: {}}, 'lock must be a Lock of LockService, got `{}`'],
  [{lock: {tryLock: () => true}}, 'lock must be a Lock of LockService, got a value with a function at .tryLock'],
  [{handlers: ['work']}, 'handlers must be an object of functions, got `["work"]`'],
  [{handlers: null}, 'handlers must be an object of functions, got `null`'],
  [{drive: {}}, 'drive must be the Drive service of your script, with all its methods, got `{}`'],
  [{drive: null}, 'drive must be the Drive service of your script, with all its methods, got `null`'],
  [{sheets: 'SpreadsheetLike'}, 'sheets must be the Spreadsheet service of your script, with all its methods, got'],
  [{folder: 'abc'}, 'folder goes with the option drive, got `"abc"`'],
  [{spreadsheet: 'abc'}, 'spreadsheet goes with the option sheets, got `"abc"`'],
  [{folder: 'a/b'}, 'folder must be an id, as it stands in the address of the folder, got `"a/b"`'],
  [{spreadsheet: ''}, 'spreadsheet must be an id, as it stands in the address of the spreadsheet, got `""`'],
  [{dynamicLookup: 'no'}, 'dynamicLookup must be true or false, got `"no"`'],
  [{fetch: {fetch: () => null}, workerUrl: WORKER_URL}, 'with the method fetchAll, got a value'],
  [{workerUrl: WORKER_URL}, 'workerUrl goes with fetch, the service that fetches addresses, got `"workerUrl"`'],
  [{mail: {send: () => null}}, 'mail must be the service that sends mail, with the method sendEmail'],
  [{fetch: FETCH, workerUrl: WORKER_URL.replace('exec', 'dev')}, "workerUrl must be your web app's"],
  [{fetch: FETCH, workerUrl: 'https://example.com/exec'}, "workerUrl must be your web app's"],
  [{workerToken: 'short, but secret'.slice(0, 15)}, 'at least 16 characters, got `"string"`'],
  [{yaml: {load: () => null}}, 'yaml must be what reads YAML, with the method parse'],
  [{yaml: null}, 'with the method parse, as ASTYaml of Yaml.js, got `null`'],
  [{content: {}}, 'with createTextOutput, got `{}`'],
])('bind refuses %j', (options, says) => {
  const error = refusal(() => checkedOptions(options));
  expect(error).toMatchObject({name: 'AstJobsValidationError', code: 'INVALID_OPTION'});
  expect(error.message).toContain(says);
});

test('what is right comes out as it went in, and nothing besides', () => {
  const lock = {tryLock: () => true, releaseLock: () => undefined};
  const options = {
    ...{triggerHandler: 'ASTLib.astJobsWorker', store: 'user', lock, dynamicLookup: false},
    fetch: FETCH,
  };
  expect(checkedOptions({...options, workerUrl: WORKER_URL})).toEqual({...options, workerUrl: WORKER_URL});
  // For web hooks alone.
  expect(checkedOptions({fetch: FETCH})).toEqual({fetch: FETCH});
  expect([checkedOptions(undefined), checkedOptions(null), checkedOptions({})]).toEqual([{}, {}, {}]);
});

test.each([undefined, null, 5, 'globalThis'])('%j is no global object', (scope) => {
  expect(refusal(() => checkedScope(scope))).toMatchObject({code: 'INVALID_OPTION'});
});
