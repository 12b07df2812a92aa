/** One kill at every service call, in every shape of job. Jobs that know of each other have a file of their own. */
import {FULL_STORE, PARTLY_DONE, SCENARIOS} from './scenarios';
import {killAt, sweep} from './sweep';
import {failuresOf, runTrial} from './trial';

describe.each([...SCENARIOS, ...PARTLY_DONE])('$name', sweep);

test('an enqueue that finds the store full of finished jobs ends by itself when killed at every third call', () => {
  const clean = runTrial(FULL_STORE, () => undefined);
  clean.world.close();
  expect(clean.problems).toEqual([]);
  const failures: string[] = [];
  for (let point = 1; point <= clean.calls; point += 3)
    failures.push(...failuresOf(FULL_STORE, killAt([point], point % 2 === 0 ? 'before' : 'after'), `call ${point}`));
  expect(failures.slice(0, 3)).toEqual([]);
});
