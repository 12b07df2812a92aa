/**
 * Proof that the checkers bite: engines that are broken on purpose, each in one place, must be caught within 500 worlds
 * of the same seeds that the whole engine passes. `npm run broken` uses all cores; `-- --only WORDS` takes those so
 * called.
 */
import {isSet, numberOf, optionOf} from '../support/options';
import {processCount, runParts} from '../support/processes';
import {BROKEN, bundleOf, type Broken} from './engines';
import {buildsOf} from './host';
import {runWorld} from './run';

const MAX_WORLDS = 500;
const MAX_TOLD = 110;

/** The engines of one process: every `of`-th. Prints how each was caught, or that it was not. */
async function catchPart(engines: readonly Broken[], part: number, of: number): Promise<void> {
  for (const broken of engines.filter((_broken, index) => index % of === part)) {
    const builds = buildsOf(await bundleOf(broken));
    let caught: string | null = null;
    let seed = 0;
    while (caught === null && seed < MAX_WORLDS) caught = runWorld(++seed, builds).violations[0] ?? null;
    if (caught === null) console.log(`${broken.name}: NOT CAUGHT in ${MAX_WORLDS} worlds`);
    else console.log(`caught ${broken.name}: by seed ${seed}: ${caught.slice(0, MAX_TOLD)}`);
  }
}

/** How many of the engines were not caught; a process that died has caught none of what it left. */
async function catchAll(engines: readonly Broken[], only: string): Promise<number> {
  let caught = 0;
  await runParts('test/simulation/broken.ts', processCount(engines.length), ['--only', only], (line) => {
    console.log(line);
    if (line.startsWith('caught ')) caught++;
  });
  console.log(`${caught} of ${engines.length} broken engines caught`);
  return engines.length - caught;
}

const only = optionOf('only') ?? '';
const engines = BROKEN.filter(({name}) => name.includes(only));
if (engines.length === 0) throw new Error(`No broken engine is called ${JSON.stringify(only)}.`);
if (isSet('part')) await catchPart(engines, numberOf('part', 0), numberOf('of', 1));
else process.exitCode = (await catchAll(engines, only)) === 0 ? 0 : 1;
