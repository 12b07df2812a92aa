/**
 * Rehearses the probe in the simulator: `node tools/run-ts.mjs examples/probe/main.ts [FILE]`, where the file holds the
 * JSON of a probe, and the world is set to that account. Prints what the probe prints.
 */
import {readFileSync} from 'node:fs';
import {closeThreads, worldOptionsOf} from '../../test/simulator';
import {runProbe} from '../../test/probe/lab';

const [file] = process.argv.slice(2);
const options = file === undefined ? {} : worldOptionsOf(readFileSync(file, 'utf8'));

const {world, logs} = runProbe({options});
console.log(logs.join('\n'));
world.close();
closeThreads();
