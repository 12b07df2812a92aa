/** The simulator of Apps Script: what tests import. See README.md. */
import {closeThreads} from './thread-pool';

export {World} from './world';
export {worldOptionsOf} from './observed';
export {projectOf} from './project-of';
export {closeThreads} from './thread-pool';
export {randomStream, seededRandom} from './prng';
export type {Random} from './prng';
export type * from './types';

// Threads are shared by the worlds of a test file. Jest gives each file its own copy of this module, so they must end
// with it. Outside of a test runner they end with the process.
const runner = globalThis as {afterAll?: (run: () => void) => void};
if (runner.afterAll !== undefined) runner.afterAll(closeThreads);
