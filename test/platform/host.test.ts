import {isJobsError} from '../../src/errors';
import {Hosts} from '../../src/platform/host';
import {realmOf, type Realm} from '../support/realms';
import {refusal} from '../support/requests';

/** A service that must not be called while a host is looked for. */
const SERVICES = `
  var PropertiesService = new Proxy({}, {get() { throw new Error('a service was called'); }});
  var ScriptApp = {name: 'ScriptApp'}, Utilities = {name: 'Utilities'}, LockService = {name: 'LockService'}, console = {name: 'console'};
`;
const project = (source: string): Realm => realmOf(SERVICES + source);
const library = (): Realm => realmOf(`${SERVICES} var AST = {}; function astJobsWorker() {}`);
const script = `function work() { return 'declared'; } const later = () => 'constant'; function astJobsWorker() {}`;

const hostsIn = (realm: Realm): Hosts => new Hosts(realm.scope);

test('a bound host is the host of every call', () => {
  const [own, mine, other] = [library(), project(script), project(script)];
  const hosts = hostsIn(own);
  hosts.bind(mine.scope, undefined);
  for (const request of [undefined, 'job_1', {}, other.made()])
    expect(hosts.of(request).services.ScriptApp).toBe(mine.run('ScriptApp'));
  expect(hosts.of(undefined)).toBe(hosts.of(other.made()));
});

test('a host that binds again is the host from then on', () => {
  const [one, other] = [project(script), project(script)];
  const hosts = hostsIn(library());
  hosts.bind(one.scope, {});
  hosts.bind(other.scope, {});
  expect(hosts.of(undefined).services.ScriptApp).toBe(other.run('ScriptApp'));
});

test('unbound, a request leads to the script that made it', () => {
  const [mine, other] = [project(script), project(script)];
  const hosts = hostsIn(library());
  expect(hosts.of(mine.made()).services.ScriptApp).toBe(mine.run('ScriptApp'));
  expect(hosts.of(other.made('({constructor: Object})')).services.ScriptApp).toBe(other.run('ScriptApp'));
});

test('the script of a request stays the host of the execution', () => {
  const mine = project(script);
  const hosts = hostsIn(library());
  const host = hosts.of(mine.made());
  expect([hosts.of('job_1'), hosts.of(undefined), hosts.of(mine.made()), hosts.of(Object.create(null))]).toEqual([
    host,
    host,
    host,
    host,
  ]);
});

test('a guest is found with its services, its handlers and its trigger handler', () => {
  const mine = project(script);
  const host = hostsIn(library()).of(mine.made());
  for (const name of ['PropertiesService', 'LockService', 'ScriptApp', 'Utilities', 'console'] as const)
    expect(host.services[name]).toBe(mine.run(name));
  expect(host).toMatchObject({triggerHandler: 'astJobsWorker', store: 'script', lock: null});
  expect([host.findFunction('work')?.({}), host.findFunction('later')?.({})]).toEqual(['declared', 'constant']);
  expect(host.hasTriggerHandler()).toBe(true);
});

test('YAML is read by what was handed over, then by the file in the script, then by the one in the library', () => {
  const file = (name: string): string => `var ASTYaml = {parse(text) { return '${name} ' + text; }};`;
  const [bare, mine] = [project(script), project(`${script} ${file('script')}`)];
  const own = library();
  const read = (host: {findYaml(): ((text: string) => unknown) | null}): unknown => host.findYaml()?.('x') ?? null;
  const hosts = hostsIn(own);
  hosts.bind(bare.scope, {});
  const host = hosts.of(undefined);
  expect(read(host)).toBeNull();
  own.run(file('library'));
  expect(read(host)).toBe('library x');
  hosts.bind(mine.scope, {});
  expect(read(hosts.of(undefined))).toBe('script x');
  hosts.bind(mine.scope, {yaml: {parse: (text: string) => `handed ${text}`}});
  expect(read(hosts.of(undefined))).toBe('handed x');
  mine.run('ASTYaml = {parse: 5}');
  hosts.bind(mine.scope, {});
  expect(read(hosts.of(undefined))).toBe('library x');
});

test('services that are constants of the script are found, unless that look-up is off', () => {
  const mine = realmOf(`const PropertiesService = {name: 'double'}; function main() {}`);
  const hosts = hostsIn(library());
  hosts.bind(mine.scope, {});
  expect(hosts.of(undefined).services.PropertiesService).toBe(mine.run('PropertiesService'));
  hosts.bind(mine.scope, {dynamicLookup: false});
  expect(hosts.of(undefined).services.PropertiesService).toBeUndefined();
});

test('in the single-file form the script is the host, whatever is passed', () => {
  const pasted = project(`var AST = {}; ${script}`);
  const hosts = hostsIn(pasted);
  for (const request of [undefined, 'job_1', pasted.made(), {}, Object.create(null)])
    expect(hosts.of(request).services.ScriptApp).toBe(pasted.run('ScriptApp'));
});

test.each([
  ['nothing', () => undefined],
  ['an id', () => 'job_1'],
  ['a request without a prototype', () => Object.create(null) as unknown],
  ['a request of a realm that is no Apps Script', () => ({})],
  ['a list', () => [{}]],
])('a call that passes %s in a fresh, unbound library cannot know its host', (_what, request) => {
  const error = refusal(() => hostsIn(library()).of(request()));
  expect(error).toMatchObject({name: 'AstJobsCapabilityError', code: 'HOST_UNKNOWN'});
  expect(error.message).toContain('const ASTX = ASTLib.AST || ASTLib; ASTX.Jobs.bind(globalThis);');
  expect(error.code).toBe('HOST_UNKNOWN');
});

test('a request that the library itself made does not make the library its own host', () => {
  const own = library();
  expect(refusal(() => hostsIn(own).of(own.made())).code).toBe('HOST_UNKNOWN');
});

test('binding calls no service', () => {
  const mine = project(script);
  const hosts = hostsIn(library());
  expect(() => hosts.bind(mine.scope, {store: 'user'})).not.toThrow();
  expect(() => mine.run('PropertiesService.anything')).toThrow('a service was called');
});

test('an allow-list turns the look-up by name off', () => {
  const mine = project(script);
  const hosts = hostsIn(library());
  const listed = (): string => 'listed';
  hosts.bind(mine.scope, {handlers: {work: listed, notOne: 5}});
  const host = hosts.of(undefined);
  expect(host.findFunction('work')).toBe(listed);
  for (const name of ['later', 'notOne', 'toString', 'constructor', '__proto__'])
    expect(host.findFunction(name)).toBeNull();
});

test('with the look-up off constants are no handlers', () => {
  const hosts = hostsIn(library());
  hosts.bind(project(script).scope, {dynamicLookup: false});
  expect([hosts.of(undefined).findFunction('work')?.({}), hosts.of(undefined).findFunction('later')]).toEqual([
    'declared',
    null,
  ]);
});

test.each<[string, boolean]>([
  ['astJobsWorker', true],
  ['later', true],
  ['Lib.tick', true],
  ['Lib.deep.tick', true],
  ['absent', false],
  ['Lib', false],
  ['Lib.absent', false],
  ['Lib.text.tick', false],
  ['absent.tick', false],
])('the trigger handler %s is there: %s', (triggerHandler, isThere) => {
  const mine = project(`${script} var Lib = {tick() {}, deep: {tick() {}}, text: null};`);
  const hosts = hostsIn(library());
  hosts.bind(mine.scope, {triggerHandler});
  expect(hosts.of(undefined)).toMatchObject({triggerHandler});
  expect(hosts.of(undefined).hasTriggerHandler()).toBe(isThere);
});

test('a store and a lock are taken as they were given', () => {
  const lock = {tryLock: () => true, releaseLock: () => undefined};
  const hosts = hostsIn(library());
  hosts.bind(project(script).scope, {store: 'document', lock});
  expect(hosts.of(undefined)).toMatchObject({store: 'document', lock});
});

test('places for values are taken as they were given', () => {
  const serve = (...names: string[]): object => Object.fromEntries(names.map((name) => [name, () => null]));
  const drive = serve('getFileById', 'getFolderById', 'createFolder');
  const sheets = serve('openById', 'getActiveSpreadsheet', 'flush');
  const hosts = hostsIn(library());
  hosts.bind(project(script).scope, {drive, folder: 'f-1', sheets, spreadsheet: 's_2'});
  expect(hosts.of(undefined).places).toEqual({
    drive: {service: drive, id: 'f-1'},
    sheets: {service: sheets, id: 's_2'},
  });
  hosts.bind(project(script).scope, {drive, sheets});
  expect(hosts.of(undefined).places).toMatchObject({drive: {id: null}, sheets: {id: null}});
  hosts.bind(project(script).scope, {});
  expect(hosts.of(undefined).places).toEqual({drive: null, sheets: null});
});

test.each([undefined, null, 5, 'globalThis'])('%p is no global object', (scope) => {
  const error = refusal(() => hostsIn(library()).bind(scope, {}));
  expect(error).toMatchObject({name: 'AstJobsValidationError', code: 'INVALID_OPTION'});
  expect(error.message).toMatch(/bind expects the global object of your script: bind\(globalThis\), got /);
});

const WORKER_URL = 'https://script.google.com/macros/s/AKfy_c-b/exec';
const FETCH = {fetchAll: () => []};

test('a web app is taken as it was given, and there is none without', () => {
  const content = {createTextOutput: () => ({})};
  const hosts = hostsIn(library());
  hosts.bind(project(script).scope, {fetch: FETCH, workerUrl: WORKER_URL, workerToken: 'sixteen or longer', content});
  const token = 'sixteen or longer';
  expect(hosts.of(undefined)).toMatchObject({webApp: {fetch: FETCH, url: WORKER_URL, token}, content});
  const ofDomain = 'https://script.google.com/a/macros/example.com/s/AKfy_c-b/exec';
  hosts.bind(project(script).scope, {fetch: FETCH, workerUrl: ofDomain});
  expect(hosts.of(undefined)).toMatchObject({webApp: {url: ofDomain, token: null}, content: null});
  hosts.bind(project(script).scope, {});
  expect(hosts.of(undefined)).toMatchObject({webApp: null, content: null});
});

const refusing = (): object => {
  const refuse = (): never => {
    throw new Error('not today');
  };
  return new Proxy({}, {get: refuse, getPrototypeOf: refuse, ownKeys: refuse});
};

test('an object that shows nothing leads to no host, and is no scope', () => {
  const hosts = hostsIn(library());
  const {proxy, revoke} = Proxy.revocable({}, {});
  revoke();
  for (const request of [refusing(), proxy]) {
    expect(refusal(() => hosts.of(request)).code).toBe('HOST_UNKNOWN');
    expect(refusal(() => hosts.bind(request, undefined)).message).toMatch(/bind .* cannot be read/);
    expect(refusal(() => hosts.bind({}, request)).message).toMatch(/bind .* cannot be read/);
  }
});

test('options of bind are what they were when they were checked', () => {
  const mine = project(script);
  const hosts = hostsIn(library());
  let reads = 0;
  hosts.bind(mine.scope, {
    get triggerHandler() {
      return reads++ === 0 ? 'work' : 5;
    },
  });
  expect([hosts.of(undefined).triggerHandler, hosts.of(undefined).hasTriggerHandler()]).toEqual(['work', true]);
});

test('what bind refuses leaves the host unknown', () => {
  const hosts = hostsIn(library());
  const error = refusal(() => hosts.bind(project(script).scope, {handler: {}}));
  expect(error).toMatchObject({name: 'AstJobsValidationError', code: 'INVALID_OPTION'});
  expect(isJobsError(error)).toBe(true);
  expect(refusal(() => hosts.of(undefined)).code).toBe('HOST_UNKNOWN');
});
