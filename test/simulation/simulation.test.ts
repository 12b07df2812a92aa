/** A few worlds in every test run; `npm run simulate` runs as many as there is time for. */
import {CELLS, gaps, WHOLE_RUN_WORLDS} from './coverage';
import {drawWorld} from './draw';
import {BROKEN, bundleOf, engineOf, hasPlace} from './engines';
import {buildsOf, WHOLE} from './host';
import type {DrawnJob} from './jobs';
import {runScript, runWorld} from './run';
import {everything, fewest, keptOf, keptText, scriptOf, shrink} from './shrink';

test('worlds with every kind of fault keep all promises', () => {
  const violations: string[] = [];
  let kills = 0;
  for (let seed = 1; seed <= 25; seed++) {
    const report = runWorld(seed);
    kills += report.kills;
    violations.push(...report.violations.map((violation) => `seed ${seed}: ${violation}`));
  }
  expect(violations).toEqual([]);
  // The worlds must have had something to survive.
  expect(kills).toBeGreaterThan(20);
});

test('a share of the worlds has schedules, limits, listeners, letters, logs and workflows', () => {
  const drawn = Array.from({length: 300}, (_none, seed) => drawWorld(seed)).filter(
    ({operations}) => operations !== null,
  );
  const count = (has: (job: DrawnJob) => boolean): number => drawn.filter(({jobs}) => jobs.some(has)).length;
  expect(drawn.length).toBeGreaterThan(100);
  expect(drawn.filter(({operations}) => operations?.listens === true).length).toBeGreaterThan(40);
  expect(count(({operated}) => (operated?.schedule ?? null) !== null)).toBeGreaterThan(50);
  expect(count(({operated}) => (operated?.resources.length ?? 0) > 0)).toBeGreaterThan(25);
  expect(count(({operated}) => operated?.isMended === true)).toBeGreaterThan(15);
  expect(count(({operated}) => operated?.isWorkflow === true)).toBeGreaterThan(15);
  expect(count(({steps}) => steps.some(({work}) => (work.says ?? 0) > 0))).toBeGreaterThan(50);
});

test('one seed replays a world bit for bit, and so do the faults that it recorded', () => {
  const report = runWorld(11);
  expect(report.events.length).toBeGreaterThan(5);
  expect(runWorld(11).timeline()).toBe(report.timeline());
  expect(runScript(scriptOf(report.drawn, report.events, everything(report))).timeline()).toBe(report.timeline());
});

test('a failing world is shrunk to a history that still fails', async () => {
  const builds = buildsOf(await bundleOf(engineOf('leases are taken before their deadline')));
  let seed = 1;
  let report = runWorld(seed, builds);
  while (report.violations.length === 0) report = runWorld(++seed, builds);
  const kept = shrink(report, builds, 25);
  expect(kept.faults.length).toBeLessThan(report.events.length);
  const again = runScript(scriptOf(report.drawn, report.events, keptOf(keptText(kept))), builds);
  expect(again.violations).not.toEqual([]);
  // What is broken is the engine: the whole one lives through the same history.
  expect(runScript(scriptOf(report.drawn, report.events, kept), WHOLE).violations).toEqual([]);
});

test('every engine that is broken on purpose still finds the place that it breaks', () => {
  expect(BROKEN.filter((broken) => !hasPlace(broken)).map(({name}) => name)).toEqual([]);
});

test('a short list is found that still fails', () => {
  const fails = (some: readonly number[]): boolean => some.includes(3) && some.includes(17);
  expect(fewest([...Array(20).keys()], fails)).toEqual([3, 17]);
  expect(fewest([5], () => true)).toEqual([]);
  expect(fewest([1, 2], () => false)).toEqual([1, 2]);
});

test('a whole run must have met every fault a hundred times, and a take-over in each third world', () => {
  const full = new Map(CELLS.map((cell) => [cell, 100]));
  expect(gaps(full, WHOLE_RUN_WORLDS, 6_000)).toEqual([]);
  expect(gaps(full, WHOLE_RUN_WORLDS, 5_999)).toHaveLength(1);
  expect(gaps(new Map([...full, ['kill after lock.tryLock', 99]]), WHOLE_RUN_WORLDS, 6_000)).toEqual([
    'coverage: kill after lock.tryLock happened 99 times, not 100',
  ]);
  // Shorter runs have to reach their share.
  expect(gaps(new Map([...full, ['kill after lock.tryLock', 50]]), WHOLE_RUN_WORLDS / 2, 3_000)).toEqual([]);
});

test.each(['j/a/f', 'j0/a1,2/f3'])('the kept parts %s are read back', (text) => {
  expect(keptText(keptOf(text))).toBe(text);
});

test('anything else is refused', () => {
  expect(() => keptOf('j0')).toThrow('--keep takes what a failing world printed');
});
