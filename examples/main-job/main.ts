/** `npm start [-- SEED]`: runs the main job before your eyes. Exits with 1 if the result is wrong. */
import {problemsOf} from './check';
import {header, line, summary} from './report';
import {runMainJob} from './run';
import {styleFor} from './terminal';

const seed = Number(process.argv[2] ?? 1);
if (!Number.isSafeInteger(seed)) throw new Error(`Usage: npm start -- SEED; expected a whole number, got ${seed}.`);

const style = styleFor(process.stdout.isTTY, process.env);
console.log(header(seed, style));
const outcome = runMainJob(seed, (ended) => console.log(line(ended, style)));
const problems = problemsOf(outcome);
console.log(summary(outcome, problems, style));
process.exitCode = problems.length === 0 ? 0 : 1;
