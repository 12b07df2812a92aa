/** A few worlds in every test run; `npm run simulate` runs as many as there is time for. */
import {runWorld} from './run';

test('worlds with every kind of fault keep all promises', () => {
  const violations: string[] = [];
  let kills = 0;
  for (let seed = 1; seed <= 20; seed++) {
    const report = runWorld(seed);
    kills += report.kills;
    violations.push(...report.violations.map((violation) => `seed ${seed}: ${violation}`));
  }
  expect(violations).toEqual([]);
  // The worlds must have had something to survive.
  expect(kills).toBeGreaterThan(10);
});

test('one seed replays a world bit for bit', () => {
  expect(runWorld(11).timeline()).toBe(runWorld(11).timeline());
});
