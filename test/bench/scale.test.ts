/** The scale bench at its smallest: what it measures is what was done, and who stands still is found out. */
import {BY_HAND, BY_HAND_EACH, BY_HAND_FIRST, withWorkers, type Contender} from '../../bench/contender';
import {interruptions} from '../../bench/interruption';
import {measure} from '../../bench/measure';
import {offers} from '../../bench/scale-host';
import {largeResults, longWalk, scaling, slowItems} from '../../bench/scaling';
import {projectOf} from '../simulator';

const OFFERED = offers();
const OURS = withWorkers(OFFERED, 1);
const cells = (table: string): readonly (readonly string[])[] =>
  table
    .split('\n')
    .filter((line) => !line.startsWith('|-'))
    .map((line) => line.split('|').slice(1, -1).map((cell) => cell.trim())); // prettier-ignore

test.each([BY_HAND, BY_HAND_EACH, BY_HAND_FIRST, OURS])('$label does all items, across executions', (contender) => {
  const run = measure(contender, {items: 100, itemMs: 4_000});
  expect(run.refusal).toBeNull();
  expect(run.executions).toBeGreaterThan(1);
  expect(run.counts.triggersCreated).toBeGreaterThan(0);
  expect(run.runMs).toBeGreaterThanOrEqual(400_000);
  expect(run.waitingMs).toBeGreaterThan(5_000);
  expect(run.elapsedMs).toBeGreaterThanOrEqual(400_000 + run.waitingMs);
  expect(run.peakBytes).toBeGreaterThan(20);
});

test('the forms by hand save as often as they say', () => {
  expect(measure(BY_HAND, {items: 50, itemMs: 10}).counts.writes).toBe(2);
  expect(measure(BY_HAND_EACH, {items: 50, itemMs: 10}).counts.writes).toBe(52);
});

test('work that is not done, or done twice, is no result', () => {
  const contender = (body: string): Contender => ({
    ...{label: 'wrong', isOffered: true, again: null},
    project: projectOf(`function begin() { ${body} }`),
    begin: () => ({fn: 'begin', args: []}),
  });
  expect(() => measure(contender(`Sim.effect('item', 1);`), {items: 2, itemMs: 1})).toThrow('1 of 2 items');
  const twice = contender(`Sim.effect('item', 1); Sim.effect('item', 2); Sim.effect('item', 2);`);
  expect(() => measure(twice, {items: 2, itemMs: 1})).toThrow('1 of them again');
});

test('executions at the same time count once as time that is not waited', () => {
  const source = `
    function begin() { for (var i = 0; i < 3; i++) ScriptApp.newTrigger('part').timeBased().after(60000).create(); }
    function part(e) { Sim.effect('item', e.triggerUid); Sim.spend(10000); }`;
  const contender: Contender = {
    ...{label: 'three at once', isOffered: true, again: null},
    project: projectOf(source),
    begin: () => ({fn: 'begin', args: []}),
  };
  const run = measure(contender, {items: 3, itemMs: 10_000}, {triggerLagMs: [0, 0]});
  // They are created 300 ms apart.
  expect(run.elapsedMs - run.waitingMs).toBe(10_600);
  expect(run.waitingMs).toBe(60_300);
  expect(run.runMs).toBe(30_900);
});

test('what is refused is named, and what is not offered is not run', () => {
  const {table, series} = scaling({...OFFERED, workers: false, checkpoint: false}, [20], 1);
  const [, ...rows] = cells(table);
  const of = (label: string): string | undefined => rows.find(([who]) => who === label)?.[2];
  expect(of('AST.Jobs, 4 workers')).toBe('not offered');
  expect(of('AST.Jobs, 8 workers')).toBe('not offered');
  expect(of('AST.Jobs, saves each item')).toBe('not offered');
  expect(measure(OURS, {items: 0, itemMs: 1}).refusal).toBe('INVALID_REQUEST');
  expect(series.filter(({points}) => points.length > 0).map(({label}) => label)).toEqual([
    'by hand',
    'by hand, saves each item',
    'AST.Jobs, 1 worker',
  ]);
});

test('every table has a row for each contender', () => {
  const none = {workers: false, checkpoint: false, count: false, each: false, drive: false};
  expect(cells(slowItems(none, {items: 3, itemMs: 10})).map(([who]) => who)).toHaveLength(6);
  expect(
    cells(longWalk(none, {items: 3, itemMs: 10}))
      .map(([, , what]) => what)
      .at(-1),
  ).toBe('not offered');
  expect(cells(largeResults(none, {items: 3, itemMs: 10}))[1]?.[2]).toBe('not offered');
});

test('after a kill the form without a trigger stands still, and those with one go on', () => {
  const rows = cells(
    interruptions([BY_HAND, BY_HAND_EACH, BY_HAND_FIRST, OURS], {items: 40, itemMs: 2_000}, [31_000, 45_000]),
  );
  const [header = [], ...bodies] = rows;
  const facts = (row: readonly string[]) => Object.fromEntries(header.map((title, index) => [title, row[index]]));
  expect(bodies.map(facts)).toEqual([
    expect.objectContaining({'goes on by itself': '0', 'stands still for ever': '2', lost: '0'}),
    expect.objectContaining({'stands still for ever': '2', 'done twice, most': '1', lost: '0'}),
    expect.objectContaining({'goes on by itself': '2', 'done twice, most': '1', lost: '0'}),
    expect.objectContaining({'goes on by itself': '2', 'stands still for ever': '0', lost: '0'}),
  ]);
  // Without a save nothing is known of what was done before the kill.
  expect(Number(facts(bodies[0] ?? [])['done twice, most'])).toBeGreaterThan(20);
});
