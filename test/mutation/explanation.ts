/** Why a mutant that no test notices is no missing test. */
import {keyOf, type Mutant} from './mutant';

export interface Explanation {
  /** The file and the function. */
  readonly at: readonly [file: string, within: string];
  /** The lines of the mutant, before and after. */
  readonly from: string;
  readonly to: string;
  /**
   * `equivalent`: nothing that the library promises or shows is different. `costs`: service calls or bytes more or
   * less. `guarded`: another guard stands behind this one.
   */
  readonly reason: 'equivalent' | 'costs' | 'guarded';
  readonly why: string;
}

/** The explanation of each mutant that has one; throws for explanations of mutants that are none. */
export function explanationsOf(
  mutants: readonly Mutant[],
  explained: readonly Explanation[],
): ReadonlyMap<Mutant, Explanation> {
  const byKey = new Map(explained.map((one) => [keyOf({...one, file: one.at[0], within: one.at[1]}), one]));
  const found = new Map<Mutant, Explanation>();
  for (const mutant of mutants) {
    const one = byKey.get(keyOf(mutant));
    if (one !== undefined) found.set(mutant, one);
  }
  const used = new Set(found.values());
  const files = new Set(mutants.map(({file}) => file));
  const stale = explained.filter((one) => files.has(one.at[0]) && !used.has(one));
  if (stale.length > 0)
    throw new Error(`No mutant is what is explained: ${stale.map(({from, to}) => `${from} → ${to}`).join('; ')}`);
  return found;
}
