/** What of a failed job's outcomes holds when it is replayed. */
import {Ledger} from '../../src/core/ledger';
import type {Outcome} from '../../src/core/outcome';
import {NumberedPlan} from '../../src/core/plan';
import {outcomesToKeep} from '../../src/core/revival';
import {loosePlan} from '../support/plans';
import {AT_MS, done, failed} from '../support/stored';

function kept(outcomes: readonly Outcome[]): readonly Outcome[] {
  const ledger = new Ledger(new NumberedPlan(loosePlan(4)));
  for (const outcome of outcomes) ledger.apply(outcome);
  return outcomesToKeep(outcomes, ledger);
}

test('what was completed stays with the attempts that it took, what failed or waited is as if it had not been tried', () => {
  const mended = [failed(0, AT_MS + 5), done(0)];
  const waiting = failed(2, AT_MS + 60_000);
  const killed: Outcome = {kind: 'killed', unit: 3, atMs: AT_MS, crashes: 3};
  expect(kept([...mended, failed(1), waiting, killed])).toEqual(mended);
});

test('where a step had saved itself it goes on', () => {
  const cursor: Outcome = {kind: 'cursor', unit: 1, atMs: AT_MS, durationMs: 5, cursor: {version: 1, text: '7'}};
  expect(kept([cursor, failed(1)])).toEqual([cursor]);
  const ledger = new Ledger(new NumberedPlan(loosePlan(4)));
  for (const outcome of kept([cursor, failed(1)])) ledger.apply(outcome);
  expect([ledger.cursor(1)?.text, ledger.state(1)]).toEqual(['7', 'pending']);
});
