/** docs/operating.md keeps its word: its code runs as it stands, and its tables are those of the library. */
import {readFileSync} from 'node:fs';
import {OWN_BYTES, OWN_BYTES_RANGE, PURGE_AFTER_MS, RETENTION_DAYS_RANGE} from '../src/core/limits';
import type {Forecast} from '../src/types';
import {World} from './simulator';
import {pastedHost} from './support/hosts';

const PAGE = readFileSync('docs/operating.md', 'utf8');
const CODE = [...PAGE.matchAll(/^```javascript operating\n([^]*?)^```/gm)].map((match) => match[1] ?? '').join('\n');

const plain = (cell: string): string => cell.trim().replaceAll('`', '');

/** The cells of a table, found by its first title. */
function rowsOf(title: string): readonly (readonly string[])[] {
  const lines = PAGE.split('\n');
  const start = lines.findIndex((line) => line.startsWith(`| ${title} `));
  const rest = lines.slice(start + 2);
  const length = rest.findIndex((line) => !line.startsWith('|'));
  return rest.slice(0, length).map((line) => line.split('|').slice(1, -1).map(plain));
}

function inWorld(check: (world: World) => void): void {
  const world = new World({project: pastedHost(CODE)});
  try {
    check(world);
  } finally {
    world.close();
  }
}

test('every block of code is run here', () => {
  expect(PAGE.match(/^```javascript$/gm)).toBeNull();
  const declared = [...CODE.matchAll(/^function (\w+)/gm)].map((match) => match[1]);
  expect(declared).toEqual(['planImport', 'importRow', 'startAndExplain', 'sumUp', 'tidyUp']);
});

test('plan tells what the table says, and nothing is stored', () => {
  inWorld((world) => {
    const forecast = world.call('planImport') as Forecast;
    const rows = rowsOf('Field').map(([field = '', here = '']) => [field, Number(here)] as const);
    expect(rows.length).toBeGreaterThan(3);
    for (const [field, here] of rows) {
      const told = field
        .split('.')
        .reduce<unknown>((value, name) => (value as Record<string, unknown>)[name], forecast);
      expect([field, told]).toEqual([field, here]);
    }
    expect(world.store('script').size).toBe(0);
  });
});

test('explain and cleanup say what the page says', () => {
  inWorld((world) => {
    expect(world.call('startAndExplain')).toEqual({
      ...{reason: 'queued', by: 'one-off', advice: null},
      sentence: expect.stringMatching(/^It waits for its first execution and is due at /) as unknown,
    });
    world.settle();
    expect(world.call('tidyUp')).toEqual({told: 1, done: 1, left: 0});
  });
});

test('the reasons and the settings are those of the library', () => {
  const types = ['states', 'operating'].map((name) => readFileSync(`src/types/${name}.ts`, 'utf8')).join('');
  const waits = /export type WaitReason =([^;]*);/.exec(types)?.[1] ?? '';
  const more = /export type ExplainReason =([^;]*);/.exec(types)?.[1] ?? '';
  const known = [...`${waits}${more} 'completed' 'failed' 'canceled'`.matchAll(/'(\w+)'/g)].map((match) => match[1]);
  const listed = rowsOf('`reason`').flatMap(([names = '']) => names.split(', '));
  expect(listed.sort()).toEqual(known.sort());
  const number = (value: number): string => value.toLocaleString('en-US');
  const range = ([least, most]: readonly [number, number]): string => `${number(least)} – ${number(most)}`;
  expect(rowsOf('Script property').map((cells) => cells.slice(1, 4))).toEqual([
    ['retentionDays', range(RETENTION_DAYS_RANGE), String(PURGE_AFTER_MS / 86_400_000)],
    ['maxBytes', range(OWN_BYTES_RANGE), String(OWN_BYTES)],
  ]);
});
