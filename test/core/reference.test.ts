import {makeReference, readReference} from '../../src/core/reference';
import {refusal} from '../support/requests';

const NAME = 'AST_STORAGE~val_0mk0xqwe1_0123456789~abcdefghijklmn';
const label = {type: 'blob', mime: 'image/png', name: 'a.png'} as const;

test('a reference has what is known and nothing else', () => {
  const at = `file/${NAME}`;
  const short = {astRef: 1, in: 'drive', at, bytes: 5, sum: 'abcdefghijklmn'};
  expect(makeReference({in: 'drive', at, bytes: 5})).toEqual(short);
  expect(makeReference({in: 'drive', at, bytes: 5, label, until: '2026-01-05T09:10:00.000Z'})).toEqual({
    ...short,
    ...{type: 'blob', mime: 'image/png', name: 'a.png', until: '2026-01-05T09:10:00.000Z'},
  });
  expect(makeReference({in: 'drive', at, bytes: 5, label: {type: 'json', mime: null, name: null}})).toEqual({
    ...short,
    type: 'json',
  });
});

test('a reference is read as it was made, after a way through JSON', () => {
  const reference = makeReference({in: 'sheet', at: `book/s1/${NAME}`, bytes: 5, label});
  const read = readReference(JSON.parse(JSON.stringify(reference)));
  expect(read).toEqual({
    reference,
    name: {prefix: 'AST_STORAGE', bornAtMs: parseInt('0mk0xqwe1', 36), sum: 'abcdefghijklmn'},
  });
});

test('what else stands in a reference is dropped', () => {
  const reference = makeReference({in: 'cache', at: NAME, bytes: 5});
  expect(readReference({...reference, path: '/etc'}).reference).toEqual(reference);
});

// test/storage/forged.test.ts has the forged ones, with what must not happen.
test('an error says what was expected, what came, and what to do', () => {
  const error = refusal(() => readReference({astRef: 1, in: 'disk'}));
  expect(error.code).toBe('REFERENCE_INVALID');
  expect(error.message).toBe(
    'Expected one of drive, sheet, properties, cache in its field in, got `"disk"`. ' +
      'Pass what put or list returned, unchanged.',
  );
});
