/** Some sequences of calls in every test run; `npm run model` plays as many as there is time for. */
import {bundleOf, engineOf, hasPlace} from '../simulation/engines';
import {BROKEN} from './broken';
import {MINUTE_MS, sequenceOf, type DrawnCall, type DrawnJob, type DrawnStep} from './calls';
import {play} from './play';
import {describeDifference} from './report';

test('the library answers as the model does, whatever is called in which order', () => {
  const differences: string[] = [];
  const calls = new Set<string>();
  let comparisons = 0;
  for (let seed = 1; seed <= 6; seed++) {
    const played = play(seed, sequenceOf(seed));
    comparisons += played.comparisons;
    for (const op of played.calls.keys()) calls.add(op);
    if (played.difference !== null) differences.push(`sequence ${seed}: ${describeDifference(played.difference)}`);
  }
  expect(differences).toEqual([]);
  // They must have had something to say.
  expect(comparisons).toBeGreaterThan(100);
  expect([...calls].sort()).toEqual([
    ...[
      'addDependency',
      'adopt',
      'bad',
      'batch',
      'begin',
      'cancel',
      'configured',
      'deploy',
      'getBatch',
      'getDependencies',
      'getDependents',
      'install',
      'kill',
    ],
    ...[
      'list',
      'pass',
      'pause',
      'property',
      'remove',
      'removeDependency',
      'resume',
      'status',
      'stop',
      'submit',
      'work',
    ],
  ]);
}, 60_000);

test('jobs that say something of themselves as a whole are drawn', () => {
  const seeds = Array.from({length: 20}, (_none, index) => index + 1);
  const terms = seeds.flatMap(sequenceOf).flatMap((call) => (call.op === 'submit' ? [call.job.terms] : []));
  expect(terms.some((one) => one === null)).toBe(true);
  expect(terms.some((one) => one !== null && one.on.length > 0)).toBe(true);
  expect(terms.some((one) => one !== null && one.key !== null && one.singleton !== null)).toBe(true);
});

test('one seed plays the same sequence again', () => {
  expect(sequenceOf(3)).toEqual(sequenceOf(3));
  expect(play(3, sequenceOf(3)).timeline()).toBe(play(3, sequenceOf(3)).timeline());
}, 60_000);

const STEP: DrawnStep = {deps: 0, ms: 0, failures: 0, kind: 'add', isLater: false, maxRetries: null};
const ITEMS: DrawnJob = {
  ...{terms: null, name: 'one', form: 'enqueueMany', isShort: true, mode: 'enqueue', isAuto: true, prefix: null},
  steps: [STEP, {...STEP, failures: 1}, STEP, {...STEP, ms: 140_000}, STEP],
  ...{
    maxRetries: null,
    maxRuntimeMs: null,
    leaseTtlMs: null,
    delayMs: 0,
    jitter: 0,
    maxDelayMs: null,
    maxCrashes: null,
  },
};

const KILL_IN_GROUP: readonly DrawnCall[] = [
  {op: 'submit', user: 0, job: ITEMS},
  {op: 'begin', user: 0, what: 'resume', job: 0, drawn: ITEMS, ms: 10_000},
  {op: 'kill'},
  {op: 'pass', ms: 8 * MINUTE_MS},
];

test('a kill in a group of short items puts in doubt what the model says', () => {
  const {difference, timeline} = play(1, KILL_IN_GROUP);
  expect(difference).toBeNull();
  const again = timeline().match(/"step":"item_\d","attempt":2/g);
  expect(new Set(again)).toEqual(new Set([2, 3, 4, 5].map((item) => `"step":"item_${item}","attempt":2`)));
}, 60_000);

test('the places that are broken on purpose are still there', () => {
  expect(BROKEN.filter((broken) => !hasPlace(broken)).map(({name}) => name)).toEqual([]);
});

test('an engine that blames one unit for a kill in a group is caught', async () => {
  const bundle = await bundleOf(engineOf('a group is blamed as one unit'));
  expect(play(1, KILL_IN_GROUP, bundle).difference).not.toBeNull();
}, 60_000);

test('an engine that retries once too often is caught', async () => {
  const broken = BROKEN.find(({name}) => name === 'one retry too many');
  if (broken === undefined) throw new Error('Expected that engine.');
  const bundle = await bundleOf(broken);
  const seeds = [1, 2, 3, 4, 5, 6];
  expect(seeds.some((seed) => play(seed, sequenceOf(seed), bundle).difference !== null)).toBe(true);
}, 60_000);
