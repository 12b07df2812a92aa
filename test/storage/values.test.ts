import type {StorageReference} from '../../src/types';
import {asLibrary, KINDS, LASTING, pasted, useLabs, type Refusal} from './lab';

const newLab = useLabs();
const FORMS = [
  ['pasted', pasted],
  ['as a library', asLibrary],
] as const;

describe.each(FORMS)('AST.Storage, %s', (_form, project) => {
  test.each(KINDS)('gives back from %s what was put there, in a later execution', (backend) => {
    const lab = newLab({project: project()});
    for (const value of [
      'text',
      '',
      '=A1',
      '\ud800 half',
      null,
      5,
      true,
      [1, {a: 'ü'}],
      {rows: ['x'.repeat(20_000)]},
    ]) {
      const reference = lab.put(value, {backend});
      expect(lab.get(reference)).toEqual(value);
    }
  });

  test.each(KINDS)('gives back a blob from %s', (backend) => {
    const lab = newLab({project: project()});
    const bytes = [0, 1, 127, -128, -1, 10, 13];
    const reference = lab.world.call('putBlob', [bytes, 'image/png', 'a.png', {backend}]) as StorageReference;
    expect(reference).toMatchObject({type: 'blob', mime: 'image/png', name: 'a.png'});
    expect(lab.world.call('getBlob', [reference])).toEqual({bytes, type: 'image/png', name: 'a.png'});
  });

  test('passes references in payloads and results of jobs', () => {
    const source = `
      function jobs() { return (typeof ASTX === 'undefined' ? AST : ASTX).Jobs; }
      function double(ctx) {
        return storageApi().put(storageApi().get(ctx.payload).map(function (n) { return 2 * n; }), {name: 'doubled'});
      }
      function start() {
        var reference = storageApi().put([1, 2, 3]);
        var record = jobs().run({name: 'job', steps: [{id: 'a', handler: 'double', payload: reference}]});
        return [record.status, storageApi().get(record.results.a), record.results.a.name];
      }`;
    const lab = newLab({project: project(undefined, source)});
    expect(lab.world.call('start')).toEqual(['completed', [2, 4, 6], 'doubled']);
  });
});

test('a reference is small and plain, and says what it leads to', () => {
  const lab = newLab();
  const reference = lab.put({rows: ['x'.repeat(1_000_000)]}, {name: 'Bericht 😀'});
  expect(reference).toMatchObject({astRef: 1, in: 'drive', type: 'json', name: 'Bericht 😀'});
  expect(reference.bytes).toBeGreaterThan(1_000_000);
  expect(JSON.stringify(reference).length).toBeLessThan(300);
});

test.each([
  ['drive before all others', '{drive: DriveApp, sheets: SpreadsheetApp}', 'drive'],
  ['the sheet where there is no Drive', '{sheets: SpreadsheetApp}', 'sheet'],
  ['properties where nothing was handed over', '{}', 'properties'],
])('a value goes to %s', (_what, options, kind) => {
  const lab = newLab({project: pasted(options)});
  const reference = lab.put('value');
  expect([reference.in, lab.get(reference), lab.call('usage', [])]).toMatchObject([kind, 'value', {default: kind}]);
});

test.each([
  ['properties', 30_000],
  ['cache', 100_000],
  ['sheet', 2_000_000],
  ['drive', 10_000_000],
] as const)('%s refuses what is larger than %i bytes, and says what to do', (backend, limit) => {
  // The text is made in the host, and what is waited for is the speed of this machine.
  const source = `function putLong(chars, options) { return api('put', ['x'.repeat(chars), options]); }`;
  const lab = newLab({project: pasted(undefined, source), hangMs: 120_000});
  const overhead = '["text",null,null]\n'.length;
  const fits = lab.world.call('putLong', [limit - overhead, {backend}]);
  expect(fits).toMatchObject({value: {in: backend, bytes: limit}});
  const {error} = lab.world.call('putLong', [limit - overhead + 1, {backend}]) as {error: Refusal};
  expect(error).toMatchObject({
    name: 'AstJobsValidationError',
    code: 'VALUE_TOO_LARGE',
    details: {backend, bytes: limit + 1, maxBytes: limit},
  });
  expect(error.message).toContain('in parts.');
});

test('a cache entry ends at its time, and its reference says when', () => {
  const lab = newLab();
  const startMs = lab.world.nowMs;
  const [short, standard] = [lab.put('a', {backend: 'cache', ttlMs: 60_000}), lab.put('b', {backend: 'cache'})];
  expect(Date.parse(short.until ?? '') - startMs).toBeLessThan(62_000);
  lab.world.runUntil(startMs + 62_000);
  expect(lab.refusal('get', [short])).toMatchObject({name: 'AstJobsNotFoundError', code: 'REFERENCE_GONE'});
  expect(lab.refusal('get', [short]).message).toContain('may vanish at any time');
  expect(lab.get(standard)).toBe('b');
  lab.world.runUntil(startMs + 602_000);
  expect(lab.refusal('get', [standard]).code).toBe('REFERENCE_GONE');
});

test.each(KINDS)('a value in %s that was removed is gone', (backend) => {
  const lab = newLab();
  const [reference, other] = [lab.put('a', {backend}), lab.put('b', {backend})];
  expect([lab.remove(reference), lab.remove(reference)]).toEqual([true, false]);
  expect(lab.refusal('get', [reference]).code).toBe('REFERENCE_GONE');
  expect(lab.get(other)).toBe('b');
});

test('list has references to what is there, newest first, and no cache entries', () => {
  const lab = newLab();
  const put = [...LASTING, 'cache' as const].map((backend) => lab.put(`in ${backend}`, {backend, prefix: 'mine'}));
  lab.world.runUntil(lab.world.nowMs + 60_000);
  const late = lab.put('late');
  const rows = lab.list();
  expect(rows.map(({reference}) => reference.in)).toEqual(['drive', 'sheet', 'drive', 'properties']);
  expect(rows.map(({reference}) => reference.at)).toEqual([late, put[2], put[1], put[0]].map((one) => one?.at));
  expect(rows.map(({reference}) => lab.get(reference))).toEqual(['late', 'in sheet', 'in drive', 'in properties']);
  expect(rows.map(({reference}) => reference.bytes)).toEqual([late, put[2], put[1], put[0]].map((one) => one?.bytes));
  expect(Date.parse(rows[0]?.createdAt ?? '')).toBeGreaterThan(Date.parse(rows[1]?.createdAt ?? ''));
  expect(lab.list({prefix: 'mine'})).toHaveLength(3);
  expect(lab.list({olderThanMs: 30_000})).toHaveLength(3);
  expect(lab.list({limit: 2})).toHaveLength(2);
  expect(lab.list({backend: 'sheet'})).toHaveLength(1);
  expect(lab.list({backend: 'cache'})).toEqual([]);
});

test('usage counts values and bytes', () => {
  const lab = newLab();
  const bytes = ['a', 'bb'].map((value) => lab.put(value, {backend: 'sheet'}).bytes);
  expect(lab.call('usage', [])).toEqual({
    default: 'drive',
    backends: [
      {backend: 'drive', values: 0, bytes: 0, maxValueBytes: 10_000_000},
      {backend: 'sheet', values: 2, bytes: (bytes[0] ?? 0) + (bytes[1] ?? 0), maxValueBytes: 2_000_000},
      {backend: 'properties', values: 0, bytes: 0, maxValueBytes: 30_000},
      {backend: 'cache', values: null, bytes: null, maxValueBytes: 100_000},
    ],
  });
});

test('properties take 102,400 bytes of values together', () => {
  const lab = newLab({project: pasted('{}')});
  const references = [1, 2, 3].map((n) => lab.put(String(n).repeat(29_900)));
  expect(lab.refusal('put', ['4'.repeat(29_900)]).code).toBe('STORE_FULL');
  lab.remove(references[0]);
  expect(lab.get(lab.put('4'.repeat(29_900)))).toBe('4'.repeat(29_900));
  expect(lab.get(references[2])).toBe('3'.repeat(29_900));
});

test('values leave the host its 50 KB, and nothing of a value that did not fit stays', () => {
  const lab = newLab({project: pasted('{}')});
  for (let n = 0; n < 55; n++) lab.world.setProperty('script', `host${n}`, 'h'.repeat(8_000));
  const before = lab.world.store('script');
  expect(lab.refusal('put', ['x'.repeat(29_000)]).code).toBe('STORE_FULL');
  expect(lab.world.store('script')).toEqual(before);
});

test.each<[string, readonly unknown[], string, string]>([
  ['no value', [], 'INVALID_REQUEST', 'put expects a value'],
  ['an unknown option', ['x', {to: 'drive'}], 'INVALID_OPTION', 'put knows the options backend, name, ttlMs, prefix'],
  ['an unknown backend', ['x', {backend: 'disk'}], 'INVALID_OPTION', 'backend must be one of drive, sheet'],
  ['a long name', ['x', {name: 'n'.repeat(101)}], 'INVALID_OPTION', 'at most 100 characters'],
  ['no name', ['x', {name: ''}], 'INVALID_OPTION', 'at most 100 characters'],
  ['a bad prefix', ['x', {prefix: 'a b'}], 'INVALID_OPTION', 'prefix must have 1 to 60 letters'],
  ['a time to live outside the cache', ['x', {ttlMs: 5_000}], 'INVALID_OPTION', "goes with backend 'cache' alone"],
  ['a long time to live', ['x', {backend: 'cache', ttlMs: 21_600_001}], 'INVALID_OPTION', 'from 1000 to 21600000'],
  ['options that are none', ['x', 'drive'], 'INVALID_REQUEST', 'Options must be an object'],
])('put refuses %s', (_what, args, code, says) => {
  const lab = newLab();
  const error = lab.refusal('put', args);
  expect(error.code).toBe(code);
  expect(error.message).toContain(says);
  expect([lab.list(), lab.callsOf('drive'), lab.world.store('script').size]).toEqual([[], 0, 0]);
});

test('put refuses what JSON cannot hold, with the path to it', () => {
  const lab = newLab({
    project: pasted(undefined, 'function bad() { return outcomeOf(function () { storageApi().put({a: [bad]}); }); }'),
  });
  expect(lab.world.call('bad')).toMatchObject({
    error: {code: 'INVALID_REQUEST', message: expect.stringMatching(/a function at \.a\[0\]/)},
  });
});

test.each([
  ['an unknown filter', {name: 'x'}],
  ['a negative age', {olderThanMs: -1}],
  ['no limit', {limit: 0}],
])('list refuses %s', (_what, filters) => {
  expect(newLab().refusal('list', [filters]).code).toBe('INVALID_OPTION');
});

test('a backend that is not bound is refused with the way out', () => {
  const lab = newLab({project: pasted('{}')});
  const error = lab.refusal('put', ['x', {backend: 'sheet'}]);
  expect(error).toMatchObject({name: 'AstJobsCapabilityError', code: 'BACKEND_UNAVAILABLE'});
  expect(error.message).toContain('bind(globalThis, {sheets: …}) with the Spreadsheet service');
});
