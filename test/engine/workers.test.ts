import {userKey} from '../../src/core/keys';
import type {Header} from '../../src/core/header';
import {callWorkers, mayGrow, moreWorkers} from '../../src/engine/workers';
import {readUserTriggers} from '../../src/engine/user-key';
import {during} from '../support/holds';
import {deadPart, jobWithParts, OPTIONS, partAtWork} from '../support/parts';
import {loosePlan, planOf, rangeNode} from '../support/plans';
import {AT_MS, jobIn} from '../support/stored';

const MINUTE_MS = 60_000;
const plan = planOf(rangeNode('n', 1_000));
/** Its items take two seconds. */
const KNOWN: Partial<Header> = {longest: {jobMs: 2_000, nodes: [[0, 2_000]]}};
const withWorkers = (workers: number): Partial<Header> => ({options: {...OPTIONS, workers}});

test('a job calls for as many workers as would find something to do', () => {
  const more = (...args: Parameters<typeof jobWithParts>): number => moreWorkers(jobIn(jobWithParts(...args)));
  expect(more(plan, [partAtWork(0, 9)])).toBe(2);
  expect(more(plan, [partAtWork(0, 9), partAtWork(10, 19)])).toBe(1);
  expect(more(plan, [partAtWork(0, 9)], withWorkers(10))).toBe(9);
  expect(more(loosePlan(2), [partAtWork(0, 0)])).toBe(1);
  expect(more(loosePlan(2), [partAtWork(0, 1)])).toBe(0);
  expect(more(plan, [partAtWork(0, 9)], withWorkers(1))).toBe(0);
});

test('each is called by a one-off that the user’s key names, and those that are planned count', () => {
  const values = jobWithParts(plan, [partAtWork(0, 9)], KNOWN);
  const {left, world} = during(values, (hold, ports) => {
    for (let calls = 0; calls < 3; calls++) callWorkers(ports, hold, jobIn(values), 'u1');
  });
  expect(world.triggers.map(({everyMs, nextMs}) => [everyMs, nextMs])).toEqual([
    [null, AT_MS + MINUTE_MS],
    [null, AT_MS + MINUTE_MS],
  ]);
  expect(readUserTriggers(left, 'u1').workers).toEqual(world.triggers.map(({uid}) => ({uid, atMs: AT_MS + MINUTE_MS})));
});

test('nobody is called before it is known how long a unit takes, or for what is soon over', () => {
  for (const longest of [
    {jobMs: 0, nodes: []},
    {jobMs: 50, nodes: [[0, 50]]},
  ] as const) {
    const values = jobWithParts(plan, [partAtWork(0, 9)], {longest});
    const {world} = during(values, (hold, ports) => {
      callWorkers(ports, hold, jobIn(values), 'u1');
    });
    expect(world.triggers).toEqual([]);
  }
});

test('nobody is called where triggers are not the caller’s', () => {
  const values = jobWithParts(plan, [partAtWork(0, 9)], KNOWN);
  const {left, world} = during(values, (hold, ports) => {
    callWorkers(ports, hold, jobIn(values), null);
  });
  expect([world.triggers, left[userKey('u1')]]).toEqual([[], undefined]);
});

test('a refused trigger calls nobody, and hurts nobody', () => {
  const values = jobWithParts(plan, [partAtWork(0, 9)], KNOWN);
  const {world} = during(values, (hold, ports) => {
    const createOneOff = (): string => {
      throw new Error('This script has too many triggers.');
    };
    callWorkers({...ports, triggers: {...ports.triggers, createOneOff}}, hold, jobIn(values), 'u1');
  });
  expect(world.triggers).toEqual([]);
  expect(world.lines.join()).toContain('too many triggers');
});

test('a job may grow while somebody is at work on it', () => {
  const grows = (...args: Parameters<typeof jobWithParts>): boolean =>
    mayGrow(jobIn(jobWithParts(...args)).header, AT_MS);
  expect(grows(plan, [partAtWork(0, 9)])).toBe(true);
  expect(grows(plan, [deadPart(0, 9)])).toBe(false);
  expect(grows(plan, [partAtWork(0, 9)], withWorkers(1))).toBe(false);
});
