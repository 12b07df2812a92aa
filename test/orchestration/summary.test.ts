import type {Phase} from '../../src/core/header';
import type {Outcome} from '../../src/core/outcome';
import type {Plan} from '../../src/core/plan';
import {summarize} from '../../src/orchestration/summary';
import type {OrchestrationSummary} from '../../src/types';
import {loosePlan, mapNode, planOf, reduceNode, stepNode} from '../support/plans';
import {ADDRESS, AT_MS, done, failed, jobOf, leaseAt, positionOf, segment} from '../support/stored';

const MAP_REDUCE: Plan = {
  nodes: [mapNode('row', [1, 2, 3], {maxConcurrency: 2}), reduceNode('sum', 0)],
  orchestration: {helper: 'map_reduce', mode: 'run'},
};

/** The summary of a job with these outcomes in this phase. */
function summaryOf(plan: Plan, phase: Phase, outcomes: readonly Outcome[] = []): OrchestrationSummary {
  const position = positionOf(outcomes);
  const lease = phase.kind === 'running' ? leaseAt(outcomes.length) : null;
  const logs = {0: [segment(outcomes, {epoch: 0})]};
  const summary = summarize(jobOf({plan, header: {phase}, position, lease, logs}));
  if (summary === null) throw new Error('Expected a summary.');
  return summary;
}

const queued: Phase = {kind: 'queued', dueMs: AT_MS};
const running: Phase = {kind: 'running'};
const completed: Phase = {kind: 'completed', atMs: AT_MS};
const canceled: Phase = {kind: 'canceled', atMs: AT_MS};
const paused: Phase = {kind: 'paused', waiting: {reason: 'budget', untilMs: null}};
const failedPhase: Phase = {kind: 'failed', atMs: AT_MS};

test('a job that no helper made has no summary', () => {
  expect(summarize(jobOf({plan: loosePlan(2)}))).toBeNull();
});

test('a map-reduce counts its items as children, and each stage apart', () => {
  expect(summaryOf(MAP_REDUCE, running, [done(0)])).toEqual({
    helper: 'map_reduce',
    mode: 'run',
    parent: {jobId: ADDRESS.id, status: 'running'},
    children: {status: 'running', counts: {total: 3, pending: 1, running: 1, completed: 1, failed: 0, canceled: 0}},
    stages: {
      map: {
        status: 'running',
        counts: {total: 3, pending: 1, running: 1, completed: 1, failed: 0, canceled: 0},
        maxConcurrency: 2,
      },
      reduce: {status: 'pending', counts: {total: 1, pending: 1, running: 0, completed: 0, failed: 0, canceled: 0}},
    },
  });
});

test('a fan-out has the one stage items', () => {
  const plan: Plan = {nodes: [mapNode('row', [1, 2])], orchestration: {helper: 'enqueue_many', mode: 'enqueue'}};
  const {helper, mode, stages, children} = summaryOf(plan, queued);
  expect({helper, mode}).toEqual({helper: 'enqueue_many', mode: 'enqueue'});
  expect(stages).toEqual({items: {...children, maxConcurrency: 10}});
  expect(children).toEqual({
    status: 'queued',
    counts: {total: 2, pending: 2, running: 0, completed: 0, failed: 0, canceled: 0},
  });
});

test('a chain has the one stage chain, without a window', () => {
  const plan: Plan = {
    ...planOf(stepNode('a'), stepNode('b', {deps: [0]})),
    orchestration: {helper: 'chain', mode: 'run'},
  };
  expect(summaryOf(plan, completed, [done(0), done(1)]).stages).toEqual({
    chain: {status: 'completed', counts: {total: 2, pending: 0, running: 0, completed: 2, failed: 0, canceled: 0}},
  });
});

test.each<[string, Phase, readonly Outcome[], string, string]>([
  ['nothing has begun', queued, [], 'queued', 'queued'],
  ['it is paused between items', paused, [done(0)], 'paused', 'paused'],
  ['an item waits for its retry', paused, [failed(0, AT_MS)], 'paused', 'paused'],
  ['the items are done', running, [done(0), done(1), done(2)], 'completed', 'running'],
  ['an item is lost', failedPhase, [done(0), failed(1), done(2)], 'failed', 'pending'],
  ['all is done', completed, [done(0), done(1), done(2), done(3)], 'completed', 'completed'],
  ['it was canceled at once', canceled, [], 'canceled', 'canceled'],
  ['it was canceled half-way', canceled, [done(0)], 'mixed', 'canceled'],
  ['it was canceled after a loss', canceled, [failed(0)], 'failed', 'canceled'],
])('the stages say where they stand when %s', (_what, phase, outcomes, map, reduce) => {
  const {stages, parent, children} = summaryOf(MAP_REDUCE, phase, outcomes);
  expect([stages['map']?.status, stages['reduce']?.status]).toEqual([map, reduce]);
  expect(children.status).toBe(map);
  expect(parent.status).toBe(phase.kind);
});
