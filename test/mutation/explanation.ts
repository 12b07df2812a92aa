/** Why mutants that no test notices are no missing tests. */
import {keyOf, type Mutant} from './mutant';

export interface Explanation {
  readonly file: string;
  /** The function that they are in. */
  readonly within: string;
  /** Their lines, before and after. */
  readonly mutants: readonly (readonly [from: string, to: string])[];
  /**
   * `equivalent`: nothing that the library promises or shows is different. `costs`: it takes longer, and no more.
   * `guarded`: another guard stands behind this one.
   */
  readonly reason: 'equivalent' | 'costs' | 'guarded';
  readonly why: string;
}

/** The explanation of each mutant that has one; throws for explanations of what is no mutant. */
export function explanationsOf(
  mutants: readonly Mutant[],
  explained: readonly Explanation[],
): ReadonlyMap<Mutant, Explanation> {
  const byKey = new Map<string, Explanation>();
  const files = new Set(mutants.map(({file}) => file));
  for (const one of explained)
    for (const [from, to] of files.has(one.file) ? one.mutants : []) byKey.set(keyOf({...one, from, to}), one);
  const found = new Map<Mutant, Explanation>();
  for (const mutant of mutants) {
    const one = byKey.get(keyOf(mutant));
    if (one !== undefined) found.set(mutant, one);
  }
  const known = new Set(mutants.map(keyOf));
  const stale = [...byKey.keys()].filter((key) => !known.has(key));
  if (stale.length > 0) throw new Error(`What is explained is no mutant any more: ${stale.join('; ')}`);
  return found;
}
