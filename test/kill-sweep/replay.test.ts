/** One kill at every service call, where a job of several workers failed and is replayed. */
import {pointsOf} from './points';
import {REPLAYED} from './scenarios';
import {sweep} from './sweep';

test('two share what is replayed', () => {
  const {world} = pointsOf(REPLAYED).clean;
  const since = world.executions.find(({fn}) => fn === REPLAYED.act)?.id ?? Infinity;
  const runners = world.effects.filter(({executionId}) => executionId >= since).map(({executionId}) => executionId);
  expect(new Set(runners).size).toBe(2);
});

describe(REPLAYED.name, () => sweep(REPLAYED));
