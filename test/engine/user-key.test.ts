import fc from 'fast-check';
import {userKey} from '../../src/core/keys';
import {
  encodeUserEntry,
  idsOf,
  namedTriggers,
  NO_TRIGGERS,
  readUserTriggers,
  type UserTriggers,
} from '../../src/engine/user-key';
import {instantMs} from '../support/arbitraries';

const triggers: fc.Arbitrary<UserTriggers> = fc.record({
  watchdog: fc.option(fc.string()),
  everyMinutes: fc.constantFrom(1, 5, 10, 15, 30),
  isInstalled: fc.boolean(),
  oneOff: fc.option(fc.string()),
  oneOffAtMs: instantMs,
  workers: fc.array(fc.record({uid: fc.string(), atMs: instantMs}, {noNullPrototype: true}), {maxLength: 10}),
});

const encoded = (some: UserTriggers): string => encodeUserEntry({triggers: some, use: null, unknown: {}});
const read = (text: string): UserTriggers => readUserTriggers({[userKey('u1')]: text}, 'u1');

test('a user’s triggers come back as they were', () => {
  fc.assert(
    fc.property(triggers, (some) => {
      expect(read(encoded(some))).toEqual(some);
    }),
  );
});

test('the stored form is fixed, and workers stand in it only where there are some', () => {
  const some = {...NO_TRIGGERS, watchdog: 'w1', oneOff: 'o1', oneOffAtMs: 5_000};
  expect(encoded(some)).toBe('{"w":"w1","m":10,"i":0,"o":"o1","a":5000}');
  expect(encoded({...some, workers: [{uid: 'k1', atMs: 7_000}]})).toBe(
    '{"w":"w1","m":10,"i":0,"o":"o1","a":5000,"k":[["k1",7000]]}',
  );
});

test('what cannot be read is as if it were not there', () => {
  for (const text of ['', 'null', '[]', '{}', '{"w":5,"m":7,"i":"1","o":{},"a":-1,"k":5}'])
    expect(read(text)).toEqual(NO_TRIGGERS);
  expect(read('{"k":[null,["k1"],["k2","now"],["k3",5],5]}').workers).toEqual([{uid: 'k3', atMs: 5}]);
});

test('triggers are named by the keys of all users, or of all but one', () => {
  const all = {...NO_TRIGGERS, watchdog: 'w1', oneOff: 'o1', workers: [{uid: 'k1', atMs: 5}]};
  expect(idsOf(all)).toEqual(['w1', 'o1', 'k1']);
  expect(idsOf(NO_TRIGGERS)).toEqual([]);
  const store = {
    [userKey('u1')]: encoded(all),
    [userKey('u2')]: encoded({...NO_TRIGGERS, watchdog: 'w2'}),
    other: encoded({...NO_TRIGGERS, watchdog: 'w3'}),
  };
  expect([...namedTriggers(store)].sort()).toEqual(['k1', 'o1', 'w1', 'w2']);
  expect([...namedTriggers(store, 'u1')]).toEqual(['w2']);
});
