import {worldOptionsOf} from './observed';

/** What a probe says that has found out little. */
const BARE = {
  format: 1,
  kill: null,
  lock: {excludesOwn: null, freedAfterKill: null, heldMs: null, freedMs: null},
  oneOffs: [],
  recurring: null,
  handles: null,
  values: null,
  store: null,
  calls: {},
  bulk: null,
};

const KILL = {livedMs: 358_000, resolutionMs: 2_000, survived: false, catchRan: false, finallyRan: false, graceMs: 0};
const ONE_OFF = {by: 'trigger', afterMs: 60_000, isMade: true, firings: 1, lagMs: 30_000, isListed: true};

const optionsOf = (fields: object) => worldOptionsOf(JSON.stringify({...BARE, ...fields}));

test('what is not known keeps its default', () => {
  expect(optionsOf({})).toEqual({latency: {}, limits: {}, quirks: {}});
});

test('the time limit lies between the last sign of life and the next', () => {
  expect(optionsOf({kill: KILL})).toMatchObject({wallMs: 359_000, quirks: {wallGraceMs: 0}});
  expect(optionsOf({kill: {...KILL, survived: true}})).toMatchObject({wallMs: 86_400_000});
  const caught = {...KILL, resolutionMs: 0, catchRan: true, graceMs: 4_000};
  expect(optionsOf({kill: caught})).toMatchObject({wallMs: 358_000, quirks: {wallGraceMs: 5_000}});
});

test('the lock of a killed execution: with the kill, between two times, or never', () => {
  const heldMsOf = (lock: object) => optionsOf({kill: KILL, lock: {...BARE.lock, ...lock}}).quirks?.killedLockMs;
  expect(heldMsOf({freedAfterKill: true, heldMs: 0, freedMs: 2_100})).toBe(0);
  expect(heldMsOf({freedAfterKill: true, heldMs: 40_000, freedMs: 100_000})).toBe(70_000);
  expect(heldMsOf({freedAfterKill: false, heldMs: 900_000})).toBe(Infinity);
  expect(heldMsOf({})).toBeUndefined();
});

test('calls: medians, the mean of several methods, and a jitter that is not taken from calls of a few milliseconds', () => {
  const calls = {
    getProperty: [20, 38, 40, 30, 0],
    setProperty: [null, null, null, 0, 30],
    newTrigger: [400, 760, 800, 30, 0],
    deleteTrigger: [200, 380, 400, 30, 0],
    getUuid: [1, 9, 9, 30, 0],
  };
  expect(optionsOf({calls})).toMatchObject({latency: {read: 20, trigger: 300, uuid: 1}});
  expect(optionsOf({calls}).latency).not.toHaveProperty('write');
  expect(optionsOf({calls}).jitter).toBeCloseTo(0.9);
});

test('one-offs of triggers: refused or dead up to a delay, or by chance', () => {
  const nested = (...oneOffs: readonly object[]) =>
    optionsOf({oneOffs: [{...ONE_OFF, by: 'hand'}, ...oneOffs.map((one) => ({...ONE_OFF, ...one}))]}).quirks
      ?.nestedOneOffs;
  const dead = {firings: 0, lagMs: null, isListed: null};
  expect(nested({})).toBeUndefined();
  expect(nested({afterMs: 1, ...dead}, {})).toEqual({leastMs: 60_000, sooner: 'disabled'});
  expect(nested({afterMs: 1, ...dead, isMade: false}, {})).toEqual({leastMs: 60_000, sooner: 'refused'});
  expect(nested(dead, dead)).toEqual({leastMs: Infinity, sooner: 'disabled'});
  expect(nested({afterMs: 1}, dead)).toBeUndefined();
  // If none fires at all, it is not the triggers that make them.
  expect(
    optionsOf({
      oneOffs: [
        {...ONE_OFF, ...dead, by: 'hand'},
        {...ONE_OFF, ...dead},
      ],
    }),
  ).not.toHaveProperty('quirks.nestedOneOffs');
});

test('lags, limits and the quota', () => {
  expect(optionsOf({oneOffs: [ONE_OFF, {...ONE_OFF, lagMs: -3}]}).triggerLagMs).toEqual([0, 30_000]);
  expect(optionsOf({values: {limitBytes: null}, store: {limitBytes: 524_288}}).limits).toEqual({
    valueBytes: 512_000,
    storeBytes: 524_288,
  });
  const bulk = (get: string, set: string) =>
    optionsOf({bulk: {dailyQuota: 50_000, get: {counts: get}, set: {counts: set}}}).dailyQuota;
  expect(bulk('one', 'one')).toEqual({propertyOperations: 50_000, bulk: 'one'});
  expect(bulk('one', 'each')).toEqual({propertyOperations: 50_000, bulk: 'each'});
  expect(bulk('undecided', 'undecided')).toBeUndefined();
});

test('what is no such JSON is refused with the place', () => {
  expect(() => optionsOf({format: 2})).toThrow('Expected format to be 1, got 2.');
  expect(() => optionsOf({kill: {...KILL, livedMs: '6 min'}})).toThrow(
    'Expected kill.livedMs to be a number, got "6 min".',
  );
  expect(() => optionsOf({oneOffs: [ONE_OFF, {...ONE_OFF, by: 'chance'}]})).toThrow(
    'Expected oneOffs[1].by to be "hand" or "trigger", got "chance".',
  );
  expect(() => optionsOf({lock: undefined})).toThrow('Expected lock to be an object, got nothing.');
  expect(() => optionsOf({calls: {getProperty: 3}})).toThrow('Expected calls.getProperty to be a list, got 3.');
  expect(() => optionsOf({handles: {isOneObject: 1}})).toThrow(
    'Expected handles.isOneObject to be true or false, got 1.',
  );
  expect(() => worldOptionsOf('[]')).toThrow('Expected the whole to be an object, got [].');
  expect(() => worldOptionsOf('AST.Jobs probe')).toThrow('JSON');
});
