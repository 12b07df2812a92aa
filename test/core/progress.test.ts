import {foldedProgress, progressRecord} from '../../src/core/progress';
import type {StepProgress} from '../../src/core/notes';
import {fold} from '../../src/core/transitions';
import {mapNode, planOf, stepNode} from '../support/plans';
import {AT_MS, done, jobOf, positionOf, segment} from '../support/stored';

const said: StepProgress = {
  ...{stepId: 'b', atMs: AT_MS + 60_000, done: 30, total: 100, note: 'rows'},
  ...{sinceMs: AT_MS, sinceDone: 10},
};

test('what a step says is told with its rate, for as long as the step is open', () => {
  const job = jobOf({plan: planOf(stepNode('a'), stepNode('b'))});
  expect(progressRecord(job, said, AT_MS + 90_000)).toMatchObject({
    ...{done: 30, total: 100, fraction: 0.3, note: 'rows', stepId: 'b', ratePerMinute: 20, remainingMs: 210_000},
    units: {total: 2, pending: 2},
  });
  const elsewhere = progressRecord(job, {...said, stepId: 'gone'}, AT_MS);
  expect(elsewhere).toMatchObject({
    done: 0,
    total: 2,
    fraction: 0,
    stepId: null,
    ratePerMinute: null,
    remainingMs: null,
  });
  const outcomes = [done(1)];
  const over = jobOf({
    plan: planOf(stepNode('a'), stepNode('b')),
    ...{position: positionOf(outcomes), logs: {0: [segment(outcomes)]}},
  });
  expect(progressRecord(over, said, AT_MS)).toMatchObject({done: 1, total: 2, fraction: 0.5, stepId: null});
});

test('without a rate, or a total, nothing is said of the rest', () => {
  const job = jobOf({plan: planOf(mapNode('b', [1, 2]))});
  const of = (more: Partial<StepProgress>): unknown => progressRecord(job, {...said, stepId: 'b_1', ...more}, AT_MS);
  expect(of({sinceMs: said.atMs})).toMatchObject({ratePerMinute: null, remainingMs: null});
  expect(of({total: null})).toMatchObject({fraction: null, ratePerMinute: 20, remainingMs: null});
  expect(of({total: 0})).toMatchObject({fraction: 1, remainingMs: 0});
  expect(of({done: 150})).toMatchObject({fraction: 1, remainingMs: 0});
});

test('a folded job has no counts', () => {
  const {header} = jobOf({plan: planOf(stepNode('a'))});
  expect(foldedProgress(fold(header, null))).toMatchObject({done: null, total: null, units: null, fraction: null});
});
