/** What the probe of examples/probe finds out beyond the settings of an account, each in a world where it is so. */
import {worldOptionsOf} from '../simulator';
import {BUNDLE} from '../support/hosts';
import {
  expectNothingElseTouched,
  expectNothingLeft,
  ownKeys,
  ownTriggers,
  PROBE_FILES,
  runProbe,
  withOptions,
} from './lab';

const seconds = (text: string | undefined): number => Number(/-?[\d.]+/.exec(text ?? '')?.[0]);

/** The lags that a row of the table tells, by delay; null for what has not fired. */
function lagsOf(row: string | undefined): readonly (readonly [number, string])[] {
  return (row ?? '').split(', ').flatMap((part) => {
    const match = /^([\d.]+) s: (.*)$/.exec(part);
    return match === null ? [] : [[Number(match[1]), match[2] ?? ''] as const];
  });
}

test('the lock of a killed execution: freed with it, later, or never', () => {
  const freed = (killedLockMs: number): string | undefined =>
    runProbe({options: {quirks: {killedLockMs}}}).table.get('lock is freed after the kill');
  expect(freed(0)).toMatch(/^yes, after 0\.0 s to [0-2]\.\d s$/);
  const [, heldS, freedS] = /^yes, after (\d+\.\d) s to (\d+\.\d) s$/.exec(freed(30_000) ?? '') ?? [];
  // Somebody waited for it at that time, so that it is known as well as the kill.
  expect(Number(heldS)).toBeLessThanOrEqual(30);
  expect(Number(freedS)).toBeGreaterThanOrEqual(30);
  expect(Number(freedS) - Number(heldS)).toBeLessThan(2.5);
  expect(freed(Infinity)).toMatch(/^no, not in [89]\d\d\.\d s$/);
});

test('one-offs: each lag is told, and what a trigger may not make so soon', () => {
  const {table} = runProbe({
    options: {triggerLagMs: [20_000, 20_000], quirks: {nestedOneOffs: {leastMs: 30_000, sooner: 'refused'}}},
  });
  const byHand = lagsOf(table.get('lag of one-offs made by hand'));
  expect(byHand.map(([delay]) => delay)).toEqual([0, 30, 60, 60, 120, 60]);
  for (const [, lag] of byHand) expect(lag).toBe('20.0 s');
  expect(lagsOf(table.get('lag of one-offs made by a trigger'))).toEqual([
    ...[[0, 'refused'] as const, [10, 'refused'] as const, [30, '20.0 s'] as const],
    ...[[60, '20.0 s'] as const, [60, '20.0 s'] as const, [120, '20.0 s'] as const],
  ]);
});

test('one that fires twice and one that is lost are told apart', () => {
  let shots = 0;
  const {table, json} = runProbe({
    prepare: (world) => {
      world.onFiring = ({handler}) => {
        if (handler !== 'astProbeShot') return 'fire';
        shots++;
        return shots === 1 ? 'double' : shots === 2 ? 'lost' : 'fire';
      };
    },
  });
  const lags = [...table].filter(([question]) => question.startsWith('lag of')).map(([, answer]) => answer);
  expect(lags.join()).toMatch(/ \(2 times\)/);
  expect(lags.join().match(/not fired, overdue/g)).toHaveLength(1);
  // Chance is no rule, so that no option says it.
  expect(worldOptionsOf(json).quirks?.nestedOneOffs).toBeUndefined();
});

test('clocks that differ between executions are noticed, from half a sign of life on', () => {
  const differ = (skewMs: number): number =>
    seconds(
      runProbe({
        prepare: (world) => {
          world.onStart = ({id}) => (id % 2 === 0 ? skewMs : 0);
        },
      })
        .table.get('clocks that overlap differ by')
        ?.replace('at least ', ''),
    );
  expect(differ(0)).toBe(0);
  expect(differ(20_000)).toBeGreaterThan(15_000);
  expect(differ(20_000)).toBeLessThanOrEqual(20_000);
});

test('calls that fail now and then are counted and end nothing', () => {
  const {table} = runProbe({
    prepare: (world) => {
      let calls = 0;
      world.onCall = ({service, method}) =>
        service === 'triggers' && method === 'create' && ++calls % 10 === 5
          ? {kind: 'error', message: 'We’re sorry, a server error occurred.', when: 'before'}
          : undefined;
    },
  });
  expect(table.get('ms of newTrigger')).toMatch(/\(27 calls, 3 errors\)$/);
  expect(table.get('ms of deleteTrigger')).toMatch(/\(27 calls, 0 errors\)$/);
});

test('with AST between two of its files, it measures what that takes to load', () => {
  const [first, ...others] = PROBE_FILES;
  if (first === undefined) throw new Error('There are no files.');
  const bundle = {name: 'Code.js', source: BUNDLE};
  expect(runProbe({files: [first, bundle, ...others]}).table.get('loading AST')).toBe('0 ms, 95 % 0 ms');
  expect(runProbe({files: [bundle, first, ...others]}).table.get('loading AST')).toBe('not between the two files');
});

test('on request, the store is filled to its limit and emptied again', () => {
  const probed = runProbe({files: withOptions({fillStore: true}), options: {limits: {storeBytes: 300_000}}});
  expect(seconds(probed.table.get('store holds'))).toBeGreaterThan(299_900);
  expect(seconds(probed.table.get('store holds'))).toBeLessThanOrEqual(300_000);
  expect(worldOptionsOf(probed.json).limits?.storeBytes).toBe(seconds(probed.table.get('store holds')));
  expectNothingLeft(probed);
  expectNothingElseTouched(probed);
});

test('on request, bulk calls are made until the quota of the day decides: one operation each', () => {
  const probed = runProbe({
    files: withOptions({burnQuota: true, dailyQuota: 50_000}),
    options: {dailyQuota: {propertyOperations: 50_000, bulk: 'one'}},
  });
  expect(probed.table.get('bulk read, bulk write count')).toBe('one (120 calls), one (120 calls)');
  expect(worldOptionsOf(probed.json).dailyQuota).toEqual({propertyOperations: 50_000, bulk: 'one'});
  expectNothingLeft(probed);
});

test('on request, bulk calls are made until the quota of the day decides: one for each key, and then it is used up', () => {
  const {world, table, json, logs} = runProbe({
    files: withOptions({burnQuota: true, dailyQuota: 50_000}),
    options: {dailyQuota: {propertyOperations: 50_000, bulk: 'each'}},
  });
  expect(table.get('bulk read, bulk write count')).toMatch(/^each \(\d\d calls\), undecided \(0 calls\)$/);
  expect(worldOptionsOf(json).dailyQuota).toEqual({propertyOperations: 50_000, bulk: 'each'});
  expect(ownTriggers(world)).toEqual([]);
  expect(logs.at(-1)).toContain('run probeCleanUp, tomorrow');
  world.runUntil(world.nowMs + 86_400_000);
  world.call('probeCleanUp');
  expect(ownKeys(world)).toEqual([]);
});
