/** Every figure of the core in one run: `npm run bench`. Counts are exact; CPU is a ratio within the run. */
import {costs, idleDay} from './cost';
import {limits} from './limits';
import {loading} from './load';
import {looking} from './look';
import {reading} from './reading';
import {kills, longSteps} from './recovery';
import {offers} from './scale-host';
import {scaling} from './scaling';

const SECTIONS: readonly (readonly [title: string, make: () => string | Promise<string>])[] = [
  ['Cost, from the enqueue call until nothing is open', costs],
  ['Idle', idleDay],
  ['Kills', kills],
  ['Long steps', longSteps],
  // Larger ones take long: `npm run bench:scale`.
  ['Scale, items of 50 ms', () => scaling(offers(), [100, 1_000]).table],
  ['Limits', limits],
  ['Looking', looking],
  ['Loading', loading],
  ['Reading', reading],
];

for (const [title, make] of SECTIONS) console.log(`## ${title}\n\n${await make()}\n`);
