/** Some sequences of calls in every test run; `npm run model` plays as many as there is time for. */
import {bundleOf} from '../simulation/engines';
import {BROKEN} from './broken';
import {sequenceOf} from './calls';
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

test('one seed plays the same sequence again', () => {
  expect(sequenceOf(3)).toEqual(sequenceOf(3));
  expect(play(3, sequenceOf(3)).timeline()).toBe(play(3, sequenceOf(3)).timeline());
}, 60_000);

test('an engine that retries once too often is caught', async () => {
  const broken = BROKEN.find(({name}) => name === 'one retry too many');
  if (broken === undefined) throw new Error('Expected that engine.');
  const bundle = await bundleOf(broken);
  const seeds = [1, 2, 3, 4, 5, 6];
  expect(seeds.some((seed) => play(seed, sequenceOf(seed), bundle).difference !== null)).toBe(true);
}, 60_000);
