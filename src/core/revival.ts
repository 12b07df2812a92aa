/** What of a failed job's outcomes holds when it is replayed. Pure. */
import type {Ledger} from './ledger';
import type {Outcome} from './outcome';

/**
 * Everything that was completed stays, with the attempts that it took; of the rest only where a step had saved itself and
 * which pages were fetched. Steps that failed, or killed their executions too often, are as if they had not been tried.
 */
export function outcomesToKeep(outcomes: readonly Outcome[], ledger: Ledger): readonly Outcome[] {
  return outcomes.filter(({kind, unit}) => {
    if (kind === 'killed') return false;
    return kind !== 'failed' || ledger.state(unit) === 'completed';
  });
}
