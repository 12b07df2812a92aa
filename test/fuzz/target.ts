/** A target: one way into the library, what is thrown at it, and what must hold. */
import fc from 'fast-check';

/** One way into the library. */
export interface Target {
  readonly name: string;
  /** Inputs in every test run; `npm run fuzz` takes as many as there is time for. */
  readonly quickRuns: number;
  check(terms: Terms): fc.RunDetails<[unknown]>;
}

/** Which inputs. */
export interface Terms {
  readonly seed: number;
  readonly numRuns: number;
  /** Of a counterexample: only that one. */
  readonly path?: string;
}

/** Is called before each input: whoever runs a target may see by it that it goes on, also while it shrinks what it found. */
export const pulse = {beat: (): void => undefined};

/** A target out of the inputs that there are and the act that must hold for each. */
export function target<Input>(
  name: string,
  quickRuns: number,
  inputs: fc.Arbitrary<Input>,
  act: (input: Input) => void,
): Target {
  const property = fc.property(inputs as fc.Arbitrary<unknown>, (input) => {
    pulse.beat();
    act(input as Input);
  });
  return {name, quickRuns, check: (terms) => fc.check(property, terms)};
}

/** What a failed check says: the error, and how to see it again. */
export function reportOf(name: string, details: fc.RunDetails<[unknown]>): string {
  const {seed, counterexamplePath, counterexample, errorInstance} = details;
  const error = (errorInstance as {stack?: string} | null)?.stack ?? String(errorInstance);
  const input = JSON.stringify(counterexample) ?? 'nothing';
  return (
    `VIOLATION ${name}: ${error.slice(0, 3_000)}\n  input: ${input.slice(0, 2_000)}\n` +
    `  replay: npm run fuzz -- --target ${name} --seed ${seed} --path ${counterexamplePath ?? ''}`
  );
}
