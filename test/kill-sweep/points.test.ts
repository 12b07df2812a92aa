/** That a kill which the sweep leaves out is one that it tries. */
import {pointsOf} from './points';
import {PARTLY_DONE, RELATED, SCENARIOS, SHARING, type Scenario} from './scenarios';
import {killAt} from './sweep';
import {runTrial} from './trial';

const EVERY = [...SCENARIOS, ...PARTLY_DONE, ...RELATED, SHARING];
const [IN_FULL] = SCENARIOS;

/** All that can be seen of a world at its end, after a kill. */
function endOf(scenario: Scenario, n: number, when: 'before' | 'after'): unknown {
  const {world, problems} = runTrial(scenario, killAt([n], when));
  world.close();
  const lives = world.executions.map(({fn, startMs, endMs, end, log}) => ({fn, startMs, endMs, end, log}));
  const users = [undefined, scenario.user].map((user) => world.store('user', user === undefined ? {} : {user}));
  const stored = [world.store('script'), ...users];
  return {timeline: world.describe(), lives, stored, triggers: world.triggers(), problems};
}

test.each(EVERY)('$name: the worlds are equal where one of two kills is left out', (scenario) => {
  const left = pointsOf(scenario).points.filter(({sameAsAfter}) => sameAsAfter !== null);
  expect(left.length).toBeGreaterThan(5);
  // One shape of job in full, of each other one a few.
  const chosen = scenario === IN_FULL ? left : left.filter((_point, index) => index % 9 === 4);
  for (const {n, sameAsAfter} of chosen)
    expect(endOf(scenario, n, 'before')).toEqual(endOf(scenario, sameAsAfter ?? 0, 'after'));
});

test.each(EVERY)('$name: what is left out is the next call of the same execution', (scenario) => {
  const {points} = pointsOf(scenario);
  for (const {n, executionId, sameAsAfter} of points) {
    if (sameAsAfter === null) continue;
    const earlier = points.filter((point) => point.n < n && point.executionId === executionId);
    expect(earlier.at(-1)?.n).toBe(sameAsAfter);
  }
});
