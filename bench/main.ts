/** Every figure of the core in one run: `npm run bench`. Counts are exact; CPU is a ratio within the run. */
import {costs, idleDay} from './cost';
import {limits} from './limits';
import {loading} from './load';
import {kills, longSteps} from './recovery';

const SECTIONS: readonly (readonly [title: string, make: () => string | Promise<string>])[] = [
  ['Cost, from the enqueue call until nothing is open', costs],
  ['Idle', idleDay],
  ['Kills', kills],
  ['Long steps', longSteps],
  ['Limits', limits],
  ['Loading', loading],
];

for (const [title, make] of SECTIONS) console.log(`## ${title}\n\n${await make()}\n`);
