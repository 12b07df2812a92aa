/** Which mutants are run: all of them, or so many, drawn by seed, with a fair share of each file. */
import {randomStream} from '../simulator';
import {nameOf, type Mutant} from './mutant';

/** At most so many mutants of all files, in the order of the sources. */
export function sampleOf(mutants: readonly Mutant[], most: number, seed: number): readonly Mutant[] {
  const share = Math.min(1, most / mutants.length);
  const files = [...new Set(mutants.map(({file}) => file))];
  return files.flatMap((file) => {
    const all = mutants.filter((mutant) => mutant.file === file);
    return drawn(all, Math.max(1, Math.round(all.length * share)), seed);
  });
}

/** The draw of a mutant does not depend on the others, so that a larger sample holds a smaller one. */
function drawn(mutants: readonly Mutant[], count: number, seed: number): readonly Mutant[] {
  const lots = new Map(mutants.map((mutant) => [mutant, randomStream(seed, nameOf(mutant))()]));
  const ranked = [...mutants].sort((one, other) => (lots.get(one) ?? 0) - (lots.get(other) ?? 0));
  const chosen = new Set(ranked.slice(0, count));
  return mutants.filter((mutant) => chosen.has(mutant));
}
