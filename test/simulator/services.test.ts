import {projectOf, World} from './index';

const project = projectOf(`
  const cache = () => CacheService.getScriptCache();
  function put(key, value, seconds) { cache().put(key, value, seconds); }
  function get(key) { return cache().get(key); }
  function putMany(count) {
    const all = {};
    for (let i = 0; i < count; i++) all['k' + i] = i;
    cache().putAll(all, 60);
    return Object.keys(cache().getAll(['k0', 'k50', 'k500', 'gone']));
  }
  function removeBoth() { cache().putAll({a: 1, b: 2}); cache().remove('a'); cache().removeAll(['b']); return cache().getAll(['a', 'b']); }
  function sheet() {
    const book = SpreadsheetApp.getActiveSpreadsheet();
    const sheet = book.insertSheet('Data');
    sheet.appendRow(['name', new Date(5)]);
    sheet.getRange('B2:C2').setValues([[1, 2]]);
    sheet.getRange(3, 1).setValue('end').setFontWeight('bold').setNumberFormat('0');
    sheet.autoResizeColumns(1, 3).setFrozenRows(1);
    const values = book.getSheetByName('Data').getDataRange().getValues();
    return [values, values[0][1].getTime(), sheet.getLastRow(), sheet.getLastColumn(), book.getSheets().map((s) => s.getName()),
      book.getSheetByName('gone')];
  }
  function badRange() { SpreadsheetApp.getActiveSpreadsheet().getSheets()[0].getRange('A1:B2').setValues([[1]]); }
  function fetch(url, params) {
    const response = UrlFetchApp.fetch(url, params);
    return [response.getResponseCode(), response.getContentText(), response.getHeaders()];
  }
  function utilities() {
    const text = 'größer'.repeat(50);
    const zipped = Utilities.gzip(Utilities.newBlob(text));
    const packed = Utilities.base64EncodeWebSafe(zipped.getBytes());
    const unpacked = Utilities.ungzip(Utilities.newBlob(Utilities.base64DecodeWebSafe(packed))).getDataAsString();
    return [unpacked === text, packed.length < text.length, Utilities.newBlob('é').getBytes(),
      Utilities.computeDigest(Utilities.DigestAlgorithm.MD5, 'a').slice(0, 4), Utilities.base64Encode('ab'),
      Utilities.formatDate(new Date(0), 'America/New_York', "yyyy-MM-dd'T'HH:mm:ss.SSS"), Utilities.getUuid().length,
      Utilities.parseCsv('a,"b, ""c"""\\r\\n,d\\n\\ne,')];
  }
  function sleep(ms) { Utilities.sleep(ms); }
  function session() { return [Session.getScriptTimeZone(), Session.getActiveUser().getEmail(), ScriptApp.getService().getUrl()]; }
`);

test('a cache entry lives for its time and no longer', () => {
  const world = new World({project});
  world.call('put', ['key', 'value', 60]);
  expect(world.call('get', ['key'])).toBe('value');
  world.runUntil(world.nowMs + 60_000);
  expect(world.call('get', ['key'])).toBeNull();
  world.close();
});

test('a cache entry can be gone at any time', () => {
  const world = new World({project});
  world.call('put', ['key', 'value', 60]);
  world.onCacheRead = (key) => key === 'key';
  expect(world.call('get', ['key'])).toBeNull();
  world.onCacheRead = undefined;
  world.call('put', ['key', 'value', 60]);
  world.clearCaches();
  expect(world.call('get', ['key'])).toBeNull();
  world.close();
});

test('a cache holds 1,000 entries and drops the oldest tenth', () => {
  const world = new World({project});
  expect(world.call('putMany', [1_000])).toEqual(['k0', 'k50', 'k500']);
  expect(world.call('putMany', [1_001])).toEqual(['k500']);
  expect(world.call('removeBoth')).toEqual({});
  expect(() => world.call('put', ['key', 'x'.repeat(102_401)])).toThrow('Argument too large: value');
  world.close();
});

test('a spreadsheet keeps cells, dates included', () => {
  const world = new World({project});
  const date = '1970-01-01T00:00:00.005Z';
  expect(world.call('sheet')).toEqual([
    [
      ['name', date, ''],
      ['', 1, 2],
      ['end', '', ''],
    ],
    5,
    3,
    3,
    ['Sheet1', 'Data'],
    null,
  ]);
  expect(world.sheet('Data')).toHaveLength(3);
  expect(() => world.call('badRange')).toThrow('does not match the range');
  world.close();
});

test('a script without a document has no active spreadsheet', () => {
  const world = new World({project: {...project, isBound: false}});
  expect(() => world.call('sheet')).toThrow(expect.objectContaining({name: 'TypeError'}));
  world.close();
});

test('fetches are answered by the test', () => {
  const world = new World({
    project,
    fetch: (url) => (url.endsWith('/ok') ? 'fine' : {code: 503, text: 'busy', headers: {'Retry-After': '9'}}),
  });
  expect(world.call('fetch', ['https://example.com/ok'])).toEqual([200, 'fine', {}]);
  expect(() => world.call('fetch', ['https://example.com/down'])).toThrow('returned code 503');
  expect(world.call('fetch', ['https://example.com/down', {muteHttpExceptions: true}])).toEqual([
    503,
    'busy',
    {'Retry-After': '9'},
  ]);
  world.close();
});

test('utilities compute as on Google', () => {
  const world = new World({project});
  expect(world.call('utilities')).toEqual([
    true,
    true,
    [-61, -87],
    [12, -63, 117, -71],
    'YWI=',
    '1969-12-31T19:00:00.000',
    36,
    [['a', 'b, "c"'], ['', 'd'], [''], ['e', '']],
  ]);
  world.close();
});

test('a sleep takes its time and five minutes at the most', () => {
  const world = new World({project});
  const startMs = world.nowMs;
  world.call('sleep', [300_000]);
  expect(world.nowMs - startMs).toBe(300_000);
  expect(() => world.call('sleep', [300_001])).toThrow('Invalid argument');
  world.close();
});

test('a session knows its user', () => {
  const world = new World({project});
  expect(world.call('session', [], {user: 'ada@example.com'})).toEqual([
    'Etc/UTC',
    'ada@example.com',
    'https://script.google.com/macros/s/main/exec',
  ]);
  world.close();
});
