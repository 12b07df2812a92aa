import fc from 'fast-check';
import {openEnvelope, sealBytes, sealValue} from '../../src/core/envelope';

test('any text and any JSON value comes back', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({unit: 'binary'}), fc.jsonValue()), (value) => {
      const sealing = sealValue(value, 'name');
      if (!sealing.ok) throw new Error(sealing.problem);
      const content = openEnvelope(sealing.sealed.text);
      expect(content).toEqual({type: sealing.sealed.label.type, value: JSON.parse(JSON.stringify(value)) as unknown});
    }),
  );
});

test('text is stored as it is, unless UTF-8 could not keep it', () => {
  expect(sealValue('a "b"', null)).toMatchObject({sealed: {label: {type: 'text'}, text: '["text",null,null]\na "b"'}});
  expect(sealValue('half \ud800', 'n')).toMatchObject({
    sealed: {label: {type: 'json'}, text: '["json",null,"n"]\n"half \\ud800"'},
  });
});

test('any bytes come back signed, with type and name', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({min: -128, max: 255})), (bytes) => {
      const content = openEnvelope(sealBytes(bytes, 'image/png', 'ä\n.png').text);
      const signed = [...Int8Array.from(bytes)];
      expect(content).toEqual({type: 'blob', bytes: signed, mime: 'image/png', name: 'ä\n.png'});
    }),
  );
});

test('what JSON cannot hold is refused with the path to it', () => {
  expect(sealValue({a: [() => 1]}, null)).toEqual({ok: false, problem: 'a function at .a[0]'});
});

test.each([
  '',
  'text',
  '\n',
  '{}\nx',
  '[]\nx',
  '["code",null,null]\nx',
  '["json",null,null]\n{',
  '["blob",null,null]\n*',
  '["json",null,null]',
])('%j is no stored value', (text) => {
  expect(openEnvelope(text)).toBeNull();
});

test('a type and a name that are no text are none', () => {
  expect(openEnvelope('["blob",5,{}]\nAA')).toEqual({type: 'blob', bytes: [0], mime: null, name: null});
});
