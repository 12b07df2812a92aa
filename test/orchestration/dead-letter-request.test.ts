/** What the calls about failed jobs are asked, with defaults and limits. */
import {failedSelection, purgeSelection, replaySelection} from '../../src/orchestration/dead-letter-request';

test('nothing asked is the defaults', () => {
  const none = {name: null, prefix: null};
  expect(failedSelection(undefined, undefined)).toEqual({
    ...{...none, limit: 100, inDlq: 'any', dlqState: null, withJob: false},
  });
  expect(replaySelection(undefined)).toEqual({...none, limit: 20, maxConcurrency: 10, key: null});
  expect(purgeSelection(null)).toEqual({...none, limit: 200, state: 'replayed'});
});

test('what is asked is trimmed and checked', () => {
  expect(
    failedSelection({name: ' a ', inDlq: 'only', dlqState: 'queued', includeJob: 1}, {propertyPrefix: 'p_'}),
  ).toEqual({
    ...{name: 'a', limit: 100, inDlq: 'only', dlqState: 'queued', withJob: true, prefix: 'p_'},
  });
  expect(replaySelection({idempotencyKey: ' k ', name: '', propertyPrefix: 'p_'})).toMatchObject({
    ...{key: 'k', name: null, prefix: 'p_'},
  });
  expect(() => replaySelection({maxConcurrency: 101})).toThrow(/maxConcurrency must be an integer from 1 to 100/);
  expect(() => purgeSelection({limit: 2_001})).toThrow(/from 1 to 2000/);
  expect(() => failedSelection({}, {propertyPrefix: 'a b'})).toThrow(/propertyPrefix/);
});
