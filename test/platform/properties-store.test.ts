import {OWNER_KEY} from '../../src/core/keys';
import type {Random} from '../../src/engine/ports';
import type {PropertiesLike, PropertiesServiceLike} from '../../src/platform/handles';
import type {Patience} from '../../src/engine/patience';
import {propertiesStore, userIdentity} from '../../src/platform/properties-store';
import {refusal} from '../support/requests';

const patience = (random: Random): Patience => ({
  clock: {nowMs: () => 0, startMs: 0, sleep: () => undefined},
  random,
});

/** Properties in memory that count their calls. */
class FakeProperties implements PropertiesLike {
  readonly values: Record<string, string> = {};
  readonly calls: string[] = [];

  getProperties(): Record<string, string> {
    this.calls.push('getProperties');
    return this.values;
  }

  getProperty(key: string): string | null {
    this.calls.push(`get ${key}`);
    return this.values[key] ?? null;
  }

  setProperty(key: string, value: string): this {
    this.calls.push(`set ${key}`);
    this.values[key] = value;
    return this;
  }

  deleteProperty(key: string): this {
    this.calls.push(`delete ${key}`);
    Reflect.deleteProperty(this.values, key);
    return this;
  }
}

interface FakeService extends PropertiesServiceLike {
  readonly script: FakeProperties;
  readonly user: FakeProperties;
  readonly opened: string[];
}

function fakeService(): FakeService {
  const [script, user, document] = [new FakeProperties(), new FakeProperties(), new FakeProperties()];
  const opened: string[] = [];
  return {
    ...{script, user, opened},
    getScriptProperties: () => (opened.push('script'), script),
    getUserProperties: () => (opened.push('user'), user),
    getDocumentProperties: () => (opened.push('document'), document),
  };
}

const counting = (): Random => {
  let number = 0;
  return {next: () => (number = (number + 0.6180339887) % 1)};
};

test.each(['script', 'user', 'document'] as const)(
  'the %s properties are opened at the first call, and once',
  (kind) => {
    const service = fakeService();
    const store = propertiesStore(service, kind);
    expect(service.opened).toEqual([]);
    store.set('a', '1');
    expect(store.get('a')).toBe('1');
    expect(service.opened).toEqual([kind]);
  },
);

test('each method is one call of the service', () => {
  const service = fakeService();
  const store = propertiesStore(service, 'script');
  store.set('a', '1');
  store.get('b');
  store.readAll();
  store.remove('a');
  expect(service.script.calls).toEqual(['set a', 'get b', 'getProperties', 'delete a']);
});

test('what was read is a copy', () => {
  const service = fakeService();
  const store = propertiesStore(service, 'script');
  store.set('a', '1');
  const before = store.readAll();
  store.set('a', '2');
  expect(before).toEqual({a: '1'});
  (before as Record<string, string>)['a'] = '3';
  expect(store.get('a')).toBe('2');
});

test('without the service there is no store', () => {
  expect(refusal(() => propertiesStore(undefined, 'script').get('a'))).toMatchObject({
    code: 'NOT_SUPPORTED',
    name: 'AstJobsCapabilityError',
  });
});

test('a script that is bound to no document is told which store it can have', () => {
  const service = {...fakeService(), getDocumentProperties: () => null};
  const error = refusal(() => propertiesStore(service, 'document').readAll());
  expect(error.code).toBe('NOT_SUPPORTED');
  expect(error.message).toMatch(/no document properties.*bind with \{store: 'script'\}/);
});

test('a double of the services without user properties is told so', () => {
  const {script} = fakeService();
  const service: PropertiesServiceLike = {getScriptProperties: () => script, getDocumentProperties: () => null};
  const error = refusal(() => propertiesStore(service, 'user').readAll());
  expect(error.message).toMatch(/no user properties.*bind with \{store: 'script'\}/);
});

test('a user has no id until one is made, which stays', () => {
  const service = fakeService();
  const identity = userIdentity(service, patience(counting()));
  expect(identity.known()).toBeNull();
  const id = identity.ensure();
  expect(id).toMatch(/^u[0-9a-z]{2,12}$/);
  expect([identity.known(), identity.ensure(), userIdentity(service, patience(counting())).known()]).toEqual([
    id,
    id,
    id,
  ]);
  expect(service.user.values).toEqual({[OWNER_KEY]: id});
  expect(service.script.values).toEqual({});
});

test('an id that is known is read once in an execution', () => {
  const service = fakeService();
  service.user.values[OWNER_KEY] = 'u1';
  const identity = userIdentity(service, patience(counting()));
  expect([identity.ensure(), identity.known(), identity.ensure()]).toEqual(['u1', 'u1', 'u1']);
  expect(service.user.calls).toEqual([`get ${OWNER_KEY}`]);
});

test('an id that was forgotten is deleted, also in this execution', () => {
  const service = fakeService();
  const identity = userIdentity(service, patience(counting()));
  identity.ensure();
  identity.forget();
  expect(service.user.values).toEqual({});
  expect(identity.known()).toBeNull();
});

test('users get different ids', () => {
  const random = counting();
  const ids = Array.from({length: 100}, () => userIdentity(fakeService(), patience(random)).ensure());
  expect(new Set(ids).size).toBe(100);
});

test('where there are no user properties there is one user', () => {
  const {script} = fakeService();
  const service: PropertiesServiceLike = {getScriptProperties: () => script, getDocumentProperties: () => null};
  expect([
    userIdentity(service, patience(counting())).known(),
    userIdentity(undefined, patience(counting())).ensure(),
  ]).toEqual(['single_user', 'single_user']);
  expect(script.calls).toEqual([]);
});

test.each([
  ['empty', ''],
  ['with a tilde', 'a~b'],
  ['as long as a value', 'x'.repeat(9_000)],
])('a stored id that is %s is as good as lost', (_what, text) => {
  const service = fakeService();
  service.user.values[OWNER_KEY] = text;
  const identity = userIdentity(service, patience(counting()));
  expect(identity.known()).toBeNull();
  expect(service.user.values).toEqual({[OWNER_KEY]: identity.ensure()});
});
