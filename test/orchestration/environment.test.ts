import {environmentOf, secretsOf} from '../../src/orchestration/environment';

test('variables are texts, whatever came', () => {
  expect(environmentOf({A: 'x', b_1: 5, C: false})).toEqual({A: 'x', b_1: '5', C: 'false'});
  expect(environmentOf(undefined)).toEqual({});
  expect(environmentOf(null)).toEqual({});
});

test.each([[5], ['A'], [{'a-b': 'x'}], [{A: {}}], [{A: null}], [{'': 'x'}], [{A: 'x'.repeat(2_000)}]])(
  '%j is no environment',
  (raw) => {
    expect(() => environmentOf(raw)).toThrow(/environment/);
  },
);

test('more than fifty variables are refused', () => {
  const many = Object.fromEntries(Array.from({length: 51}, (_none, index) => [`V${index}`, '']));
  expect(() => environmentOf(many)).toThrow(/50/);
});

test('secrets are names of properties, by their own name or another', () => {
  expect(secretsOf({KEY: 'Mail key'})).toEqual({KEY: 'Mail key'});
  expect(secretsOf(['KEY', 'TOKEN'])).toEqual({KEY: 'KEY', TOKEN: 'TOKEN'});
});

test('what looks like no name of a property is refused, and never printed: it may be the secret itself', () => {
  const secret = 'sec\u0001ret-value';
  expect(() => secretsOf({KEY: secret})).toThrow(/name of a property/);
  try {
    secretsOf({KEY: secret});
  } catch (thrown) {
    expect((thrown as Error).message).not.toContain('ret-value');
  }
  for (const raw of [{KEY: 'AST_JOBS_OWNER'}, {KEY: 5}, [5], {KEY: ''}]) expect(() => secretsOf(raw)).toThrow();
});
