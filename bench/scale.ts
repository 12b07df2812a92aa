/**
 * Scale: the library against the pattern that people write by hand, in the same simulator and the same run.
 * `npm run bench:scale` measures everything, prints it, and writes it into docs/benchmarks.md and
 * docs/benchmarks-scale.svg; `-- 100 1000` measures these numbers of items only, prints them, and writes nothing.
 */
import {readFileSync, writeFileSync} from 'node:fs';
import {BY_HAND, BY_HAND_EACH, BY_HAND_FIRST, withWorkers} from './contender';
import {interruptions} from './interruption';
import {withPart} from './page';
import {plot} from './plot';
import {offers} from './scale-host';
import {largeResults, longWalk, scaling, slowItems} from './scaling';

const PAGE = 'docs/benchmarks.md';
const CHART = 'docs/benchmarks-scale.svg';
const SIZES = [100, 1_000, 10_000, 100_000];
const NO_PRETTIER = '<!-- prettier-ignore -->';

const chosen = process.argv.slice(2).map(Number);
if (chosen.some((size) => !Number.isInteger(size) || size < 1))
  throw new Error(`Expected numbers of items, got ${process.argv.slice(2).join(' ')}.`);

const offered = offers();
const isWhole = chosen.length === 0;

function print(title: string, body: string): string {
  const text = `### ${title}\n\n${NO_PRETTIER}\n${body}`;
  console.log(`${text}\n`);
  return text;
}

const {table, series} = scaling(offered, isWhole ? SIZES : chosen);
const parts = [print('Items of 50 ms', table)];
if (isWhole) {
  parts.push(
    print('900 items of 2 s, triggers 30 to 90 s late', slowItems(offered)),
    print('One step over 50,000 items of 30 ms', longWalk(offered)),
    print('100,000 items with results of 1 KB', largeResults(offered)),
    print(
      '2,000 items of 200 ms, one execution killed',
      interruptions([BY_HAND, BY_HAND_EACH, BY_HAND_FIRST, withWorkers(offered, 1)]),
    ),
  );
  const labels = {title: 'Time to the end, items of 50 ms', x: 'items', y: 'minutes'};
  writeFileSync(CHART, plot(labels, series));
  const image = '![Time to the end against items, by hand and with 1, 2, 4 and 8 workers](benchmarks-scale.svg)';
  writeFileSync(PAGE, withPart(readFileSync(PAGE, 'utf8'), 'bench:scale', [image, ...parts].join('\n\n')));
}
