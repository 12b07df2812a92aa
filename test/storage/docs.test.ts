/** docs/storage.md keeps its word: its code runs as it stands, and its tables are what the library has. */
import {readFileSync} from 'node:fs';
import * as limits from '../../src/core/limits';
import {isValuePrefix, DEFAULT_VALUE_PREFIX} from '../../src/core/value-name';
import {KINDS, useLabs} from './lab';
import {libraryHost, pastedHost} from '../support/hosts';

const DOCUMENT = readFileSync('docs/storage.md', 'utf8');
const HOST = [...DOCUMENT.matchAll(/^```javascript host\n([^]*?)^```/gm)].map((match) => match[1] ?? '').join('\n');
const newLab = useLabs();

function tableOf(head: RegExp): readonly (readonly string[])[] {
  const lines = DOCUMENT.split('\n');
  const start = lines.findIndex((line) => head.test(line)) + 2;
  const end = lines.findIndex((line, index) => index >= start && !line.startsWith('|'));
  return lines.slice(start, end).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll('`', '')),
  );
}

const number = (value: number): string => value.toLocaleString('en-US');

test.each([
  ['pasted', pastedHost(HOST)],
  [
    'as a library',
    libraryHost(
      HOST.replace(/^AST\.Jobs\.bind.*$/m, '').replaceAll('AST.', 'ASTX.'),
      'ASTX.Jobs.bind(globalThis, {drive: DriveApp});',
    ),
  ],
])('its example runs, %s', (_form, project) => {
  const lab = newLab({project});
  lab.world.call('startImport');
  expect(lab.world.settle().isSettled).toBe(true);
  const total = Array.from({length: 20_000}, (_none, n) => n % 97).reduce((sum, one) => sum + one, 0);
  expect(lab.world.call('showImport')).toEqual({total, count: 20_000});
  const files = (): number =>
    [...lab.world.drive.values()].filter((item) => item.kind === 'file' && !item.isTrashed).length;
  expect([files(), lab.world.call('removeOldValues')]).toEqual([1, 0]);
  lab.world.runUntil(lab.world.nowMs + 31 * 86_400_000);
  expect([lab.world.call('removeOldValues'), files()]).toEqual([1, 0]);
});

test('its limits are those of the library', () => {
  const rows = tableOf(/^\| Backend +\| For /);
  const bytes = (kind: string): string | undefined => rows.find(([backend]) => backend === kind)?.[2];
  expect({
    drive: bytes('drive'),
    sheet: bytes('sheet'),
    properties: bytes('properties'),
    cache: bytes('cache'),
    together: rows.find(([backend]) => backend === 'properties')?.[3],
    lasts: rows.find(([backend]) => backend === 'cache')?.[4],
  }).toEqual({
    drive: `${number(limits.MAX_DRIVE_VALUE_BYTES)} bytes`,
    sheet: `${number(limits.MAX_SHEET_VALUE_BYTES)} bytes`,
    properties: `${number(limits.MAX_PROPERTIES_VALUE_BYTES)} bytes`,
    cache: `${number(limits.MAX_CACHE_VALUE_BYTES)} bytes`,
    together: `${number(limits.VALUES_BYTES)} bytes`,
    lasts: `${limits.CACHE_TTL_MS / 1_000} s, at most ${number(limits.MAX_CACHE_TTL_MS / 1_000)} s`,
  });
});

test('its options are those of put', () => {
  const lab = newLab();
  const rows = tableOf(/^\| Option of `put`/);
  const known = /knows the options (.*), got/.exec(lab.refusal('put', ['x', {other: 1}]).message)?.[1];
  expect(rows.map(([name]) => name).join(', ')).toBe(known);
  expect(rows.map(([, standard]) => standard)).toEqual(['as above', 'none', '600000', `'${DEFAULT_VALUE_PREFIX}'`]);
  expect([isValuePrefix('p'.repeat(60)), isValuePrefix('p'.repeat(61))]).toEqual([true, false]);
});

test('a call costs what it says', () => {
  const lab = newLab();
  const cost = (act: () => unknown): number => {
    lab.world.resetCounts();
    act();
    return lab.world.counts().calls;
  };
  const measured = KINDS.map((backend) => {
    lab.put('first', {backend});
    const reference = lab.put('x', {backend});
    return [
      backend,
      cost(() => lab.put('y', {backend})),
      cost(() => lab.get(reference)),
      cost(() => lab.remove(reference)),
    ];
  });
  const documented = tableOf(/^\| Backend +\| put /).map(([kind, ...numbers]) => [kind, ...numbers.map(Number)]);
  expect(documented.sort()).toEqual(measured.sort());
});
