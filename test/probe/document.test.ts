/** docs/probe.md keeps its word: what the probe costs, and what its rows are called. */
import {readFileSync} from 'node:fs';
import {LIBRARY, ownTriggers, runProbe} from './lab';

/** A number of the table of costs in docs/probe.md. */
function documented(row: string): number {
  const line = readFileSync('docs/probe.md', 'utf8')
    .split('\n')
    .find((text) => text.startsWith(`| ${row} `));
  return Number(line?.split('|')[2]);
}

test('it costs what docs/probe.md says', () => {
  const minutes = (ms: number): number => ms / 60_000;
  for (let seed = 1; seed <= 3; seed++) {
    let eachKey = 0;
    let mostTriggers = 0;
    const {world} = runProbe({
      options: {seed},
      prepare: (made) => {
        made.onLanded = ({service, method, args}) => {
          mostTriggers = Math.max(mostTriggers, ownTriggers(made).length);
          if (service !== 'properties') return;
          const isBulkRead = method === 'getProperties' || method === 'getKeys';
          eachKey += isBulkRead
            ? made.store('script').size
            : method === 'setProperties'
              ? Object.keys(Object(args[0])).length
              : 1;
        };
      },
    });
    const own = world.executions.filter(({fn}) => fn.toLowerCase().includes('probe'));
    const byTriggers = own.filter(({trigger}) => trigger !== null);
    const lastMs = (execution: (typeof own)[number]): number => execution.endMs ?? NaN;
    const calls = Object.entries(world.counts().byMethod).filter(([name]) => name.startsWith('properties.'));
    const costs: Readonly<Record<string, number>> = {
      'minutes from `probe` to the end': minutes(Math.max(...own.map(lastMs)) - (own[0]?.startMs ?? NaN)),
      'minutes of trigger runtime': minutes(byTriggers.reduce((sum, one) => sum + lastMs(one) - one.startMs, 0)),
      'property operations, if a bulk call counts as one': calls.reduce((sum, [, count]) => sum + count, 0),
      'property operations, if it counts as one for each key': eachKey,
      'triggers at the same time': mostTriggers,
    };
    for (const [row, cost] of Object.entries(costs)) {
      expect([row, cost <= documented(row), cost > 0.8 * documented(row)]).toEqual([row, true, true]);
    }
  }
});

test('every row that docs/probe.md explains is one of the table', () => {
  const text = readFileSync('docs/probe.md', 'utf8');
  const rows = text
    .slice(text.indexOf('## Read the table'), text.indexOf('**What it does not tell**'))
    .matchAll(/^\| ([^|]*) \|/gm);
  const {table} = runProbe({libraries: LIBRARY});
  const answered = [...table.keys()].join('\n');
  const explained = [...rows].map(([, row]) => row?.trim() ?? '').filter((row) => !/^(?:Row|-+|ms of …)$/.test(row));
  expect(explained.length).toBeGreaterThan(12);
  for (const row of explained) expect([row, answered.includes(row.split(', ')[0] ?? row)]).toEqual([row, true]);
});
