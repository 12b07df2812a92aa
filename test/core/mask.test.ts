import fc from 'fast-check';
import {clip} from '../../src/errors';
import {maskOf, NO_MASK} from '../../src/core/mask';

const AWKWARD = [
  'pass"word',
  'back\\slash',
  'two\nlines of it',
  'naïve😀key',
  '\u2028sep',
  'tab\there',
  'a\\"b\\\\c',
  'n123',
];

test('every occurrence in a text is hidden, also where two of them overlap', () => {
  const {text} = maskOf(['abcdef', 'defghi', 'aaaa']);
  expect(text('x abcdef y abcdef')).toBe('x *** y ***');
  expect(text('abcdefghi')).toBe('***');
  expect(text('aaaaaa abcdefaaaa')).toBe('*** ******');
  expect(text('nothing here')).toBe('nothing here');
});

test('values of three characters and fewer are left, for they would be found everywhere', () => {
  expect(maskOf(['', 'a', 'abc'])).toBe(NO_MASK);
  expect(maskOf(['abcd']).text('abc abcd')).toBe('abc ***');
});

test.each(AWKWARD)('%j is hidden in text as it is and as JSON writes it, at any depth', (secret) => {
  const mask = maskOf([secret]);
  expect(mask.text(`<${secret}>`)).toBe('<***>');
  expect(mask.text(`got ${JSON.stringify({token: secret})}`)).toBe('got {"token":"***"}');
  const json = JSON.stringify({[secret]: [secret, `x${secret}y`, JSON.stringify({in: secret})], n: 1});
  expect(JSON.parse(mask.json(json))).toEqual({'***': ['***', 'x***y', '{"in":"***"}'], n: 1});
  expect(mask.isIn(json)).toBe(true);
});

test('JSON stays as it is where a secret only seems to be in it', () => {
  // The letter after the backslash belongs to the escape.
  const json = JSON.stringify(['\n123', {true: 1234}]);
  for (const secret of ['n123', '1234', 'true}', '":12']) {
    expect(maskOf([secret]).json(json)).toBe(json);
    expect(maskOf([secret]).isIn(json)).toBe(false);
  }
});

test('what is left of a secret where a text was cut is hidden too', () => {
  const secret = 'sk-0123456789abcdef';
  const mask = maskOf([secret, 'first line\nsecond line']);
  for (let length = 4; length < secret.length; length++)
    expect(mask.text(`token ${secret.slice(0, length)}… and more`)).toBe('token ***… and more');
  expect(mask.text('it is sk-…')).toBe('it is sk-…');
  expect(mask.text(clip(`the token is ${secret}`, 25))).toBe('the token is ***…');
  expect(mask.text('threw first line')).toBe('threw ***');
  expect(mask.text('threw first lin')).toBe('threw first lin');
});

test('an error is hidden in name, message and details, and keeps its code', () => {
  const mask = maskOf(['hunter22']);
  const error = {
    name: 'hunter22Error',
    message: 'no hunter22',
    code: 'STEP_FATAL',
    details: {at: {hunter22: 'a hunter22'}},
  };
  expect(mask.error(error)).toEqual({
    ...{name: '***Error', message: 'no ***', code: 'STEP_FATAL'},
    details: {at: {'***': 'a ***'}},
  });
});

test('whatever the values: JSON stays JSON of the same shape, and no text in it has a secret', () => {
  const secret = fc.oneof(fc.constantFrom(...AWKWARD), fc.string({minLength: 4, maxLength: 8, unit: 'grapheme'}));
  fc.assert(
    fc.property(
      fc.array(secret, {minLength: 1, maxLength: 3}),
      fc.jsonValue(),
      fc.string(),
      (secrets, value, around) => {
        const usable = secrets.filter((one) => one.length >= 4 && !'***'.includes(one) && !one.includes('***'));
        const mask = maskOf(usable);
        const given = [value, usable.map((one) => around + one + around)];
        const [kept, masked] = JSON.parse(mask.json(JSON.stringify(given))) as [unknown, string[]];
        expect(Array.isArray(kept)).toBe(Array.isArray(value));
        for (const text of masked) for (const one of usable) if (!one.includes('*')) expect(text).not.toContain(one);
      },
    ),
  );
});
