/**
 * Proof that the checkers bite: engines that are broken on purpose, each in one place, must be caught within 500 worlds
 * of the same seeds that the whole engine passes. `npm run broken`, or `npm run broken -- WORDS` for those so called.
 */
import {BROKEN, bundleOf} from './engines';
import {buildsOf} from './host';
import {runWorld} from './run';

const MAX_WORLDS = 500;

async function main(): Promise<void> {
  const wanted = process.argv.slice(2).join(' ');
  const engines = BROKEN.filter(({name}) => name.includes(wanted));
  let missed = 0;
  for (const broken of engines) {
    const builds = buildsOf(await bundleOf(broken));
    let caught: string | null = null;
    let seed = 0;
    while (caught === null && seed < MAX_WORLDS) caught = runWorld(++seed, builds).violations[0] ?? null;
    if (caught === null) missed++;
    const how =
      caught === null ? `NOT CAUGHT in ${MAX_WORLDS} worlds` : `caught by seed ${seed}: ${caught.slice(0, 110)}`;
    console.log(`${broken.name}: ${how}`);
  }
  console.log(`${engines.length - missed} of ${engines.length} broken engines caught`);
  process.exitCode = missed === 0 ? 0 : 1;
}

await main();
