/** The mutants that no test notices, and why none has to. */
import type {Explanation} from './explanation';

export const EXPLAINED: readonly Explanation[] = [];
