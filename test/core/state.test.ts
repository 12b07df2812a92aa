import type {Header, Waiting} from '../../src/core/header';
import {NumberedPlan} from '../../src/core/plan';
import {endError, executionStatus, lastNodes, stateOf} from '../../src/core/state';
import {mapNode, planOf, reduceNode, stepNode} from '../support/plans';
import {AT_MS, ERROR, failed, jobOf, LEASE, positionOf, segment} from '../support/stored';

const paused = (reason: Waiting['reason'], startedAtMs: number | null): Header =>
  jobOf({header: {phase: {kind: 'paused', waiting: {reason, untilMs: null}}, startedAtMs}}).header;

test.each([
  ['budget', AT_MS, 'running', 'running'],
  ['retry', AT_MS, 'running', 'running'],
  ['quota', AT_MS, 'paused', 'running'],
  ['store', AT_MS, 'paused', 'running'],
  ['handler', AT_MS, 'paused', 'running'],
  ['user', AT_MS, 'paused', 'running'],
  ['user', null, 'paused', 'pending'],
  ['dependency', null, 'pending', 'pending'],
  ['quota', null, 'pending', 'pending'],
] as const)(
  'paused for %s, started at %s, is %s to a handle and %s as an execution',
  (reason, startedAtMs, one, other) => {
    const header = paused(reason, startedAtMs);
    expect([stateOf(header), executionStatus(header)]).toEqual([one, other]);
  },
);

test('other phases', () => {
  const ended = jobOf({header: {phase: {kind: 'failed', atMs: AT_MS}}}).header;
  expect([stateOf(ended), executionStatus(ended)]).toEqual(['failed', 'failed']);
  const {header} = jobOf({});
  expect([stateOf(header), executionStatus(header)]).toEqual(['pending', 'pending']);
  const running = jobOf({lease: LEASE, header: {startedAtMs: AT_MS}}).header;
  expect([stateOf(running), executionStatus(running)]).toEqual(['running', 'running']);
  // Its owner was asked to stop.
  expect(stateOf({...running, isHalted: true})).toBe('paused');
});

test('the error is that of a job that failed, and of one that was canceled for another', () => {
  const outcomes = [failed(1)];
  const parts = {position: positionOf(outcomes), logs: {0: [segment(outcomes)]}};
  const lost = jobOf({...parts, header: {phase: {kind: 'failed', atMs: AT_MS}}});
  expect(endError(lost)).toEqual({stepId: 's1', ...ERROR});
  expect(endError(jobOf(parts))).toBeNull();
  const canceled = jobOf({...parts, header: {phase: {kind: 'canceled', atMs: AT_MS}}});
  expect(endError(canceled)).toBeNull();
  expect(endError({...canceled, header: {...canceled.header, fault: ERROR}})).toEqual({stepId: null, ...ERROR});
  const folded = {...lost.header, folded: {error: {stepId: 'x', ...ERROR}}};
  expect(endError(folded)).toEqual({stepId: 'x', ...ERROR});
});

test('the last nodes are those that no other depends on', () => {
  const fan = planOf(stepNode('a'), stepNode('b', {deps: [0]}), stepNode('c', {deps: [0]}));
  expect(lastNodes(new NumberedPlan(fan))).toEqual([1, 2]);
  expect(lastNodes(new NumberedPlan(planOf(mapNode('m', [1, 2]), reduceNode('r', 0))))).toEqual([1]);
});
