import vm from 'node:vm';
import fc from 'fast-check';
import {clip, describeThrown, isJobsError, jobsError} from '../src/errors';
import {anyJson, anyText} from './support/arbitraries';

const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

const throwing = (name: string): object =>
  Object.defineProperty({}, name, {
    get: () => {
      throw new Error('unreadable');
    },
  });

test('an error has a name that follows from its code', () => {
  const names = (
    ['INVALID_REQUEST', 'JOB_NOT_FOUND', 'LEASE_HELD', 'STEP_FAILED', 'STORE_FULL', 'RECORD_CORRUPT'] as const
  ).map((code) => jobsError(code, 'm').name);
  expect(names).toEqual([
    ...['AstJobsValidationError', 'AstJobsNotFoundError', 'AstJobsConflictError', 'AstJobsStepExecutionError'],
    ...['AstJobsCapabilityError', 'AstJobsError'],
  ]);
});

test('an error of the library is an Error with a stack', () => {
  const error = jobsError('LEASE_LOST', 'Gone.', {epoch: 3});
  expect(Object.prototype.toString.call(error)).toBe('[object Error]');
  expect(error.stack).toContain('errors.test');
  expect(`${String(error)}`).toBe('AstJobsConflictError: Gone.');
});

test('an error is known by its name and code, in whichever realm it was made', () => {
  const source = `Object.assign(new Error('m'), {name: 'AstJobsNotFoundError', code: 'JOB_NOT_FOUND'})`;
  const foreign: unknown = vm.runInNewContext(source);
  expect(foreign instanceof Error).toBe(false);
  expect(isJobsError(foreign)).toBe(true);
  expect(isJobsError(jobsError('JOB_NOT_FOUND', 'm'))).toBe(true);
});

test.each([
  ['nothing', undefined],
  ['null', null],
  ['a text', 'JOB_NOT_FOUND'],
  ['a common error', new Error('m')],
  ['an error with another’s code', Object.assign(new Error('m'), {code: 'ENOENT'})],
  ['a code without a name', {code: 'STORE_FULL'}],
  ['a code that only every object has', {name: 'AstJobsError', code: 'toString'}],
  [
    'another library’s error that shares a code',
    Object.assign(new Error('m'), {name: 'TypeError', code: 'NOT_SUPPORTED'}),
  ],
  ['a code under the name of another', {name: 'AstJobsNotFoundError', code: 'STORE_FULL'}],
])('%s is no error of the library', (_what, value) => {
  expect(isJobsError(value)).toBe(false);
});

test('something whose name or code cannot be read is no error of the library, and is not thrown', () => {
  for (const value of [throwing('name'), throwing('code'), Proxy.revocable({}, {}).proxy])
    expect(isJobsError(value)).toBe(false);
  const {proxy, revoke} = Proxy.revocable({}, {});
  revoke();
  expect(isJobsError(proxy)).toBe(false);
});

test('an error becomes JSON with its cause in words', () => {
  const cause = new RangeError('too far');
  const error = jobsError('STORE_UNAVAILABLE', 'No answer.', {key: 'a'}, cause);
  expect(JSON.parse(JSON.stringify(error))).toEqual({
    name: 'AstJobsCapabilityError',
    code: 'STORE_UNAVAILABLE',
    message: 'No answer.',
    details: {key: 'a'},
    cause: {name: 'RangeError', message: 'too far'},
  });
  expect(error.cause).toBe(cause);
  expect(Object.keys(jobsError('LEASE_LOST', 'm').toJSON())).toEqual(['name', 'code', 'message', 'details']);
});

test.each<[string, unknown, string, string]>([
  ['an error', new TypeError('no rows'), 'TypeError', 'no rows'],
  ['an error of another realm', vm.runInNewContext(`new RangeError('far away')`), 'RangeError', 'far away'],
  ['a text', 'just words', 'Error', 'The handler threw just words'],
  ['null', null, 'Error', 'The handler threw null'],
  ['undefined', undefined, 'Error', 'The handler threw undefined'],
  ['a number', 5, 'Error', 'The handler threw 5'],
  ['a symbol', Symbol('s'), 'Error', 'The handler threw Symbol(s)'],
  ['a bigint', 5n, 'Error', 'The handler threw 5'],
  ['an object without a message', {status: 404}, 'Error', 'The handler threw [object Object]'],
  [
    'an object with a message that is no text',
    {message: {deep: 1}, name: 5},
    'Error',
    'The handler threw [object Object]',
  ],
  ['an empty message', new Error(''), 'Error', 'The handler threw Error'],
  ['an object without a prototype', Object.create(null), 'Error', 'The handler threw something that cannot be printed'],
  ['a message that cannot be read', throwing('message'), 'Error', 'The handler threw [object Object]'],
  ['a name that cannot be read', throwing('name'), 'Error', 'The handler threw [object Object]'],
  [
    'an object that cannot be printed',
    {
      toString: () => {
        throw new Error('no');
      },
    },
    'Error',
    'The handler threw something that cannot be printed',
  ],
])('%s that was thrown is described in words', (_what, thrown, name, message) => {
  expect(describeThrown(thrown)).toEqual({name, message});
});

test('whatever was thrown is described within bounds', () => {
  const long = 'x'.repeat(1_000_000);
  const huge = [
    new Error(long),
    long,
    {message: long, name: long},
    Object.assign(new Error('m'), {name: long}),
    {toString: () => long},
  ];
  for (const thrown of huge) {
    const {name, message} = describeThrown(thrown);
    expect(name.length).toBeLessThanOrEqual(80);
    expect(message.length).toBeLessThanOrEqual(500);
    expect(`${name}${message}`).toContain('…');
  }
  fc.assert(
    fc.property(fc.oneof(anyJson, anyText(700), fc.anything({withNullPrototype: true, withBigInt: true})), (thrown) => {
      const {name, message} = describeThrown(thrown);
      expect(name.length).toBeGreaterThan(0);
      expect(name.length).toBeLessThanOrEqual(80);
      expect(message.length).toBeGreaterThan(0);
      expect(message.length).toBeLessThanOrEqual(500);
    }),
    {numRuns: 300},
  );
});

test('a text is cut at a number of characters, says so and keeps characters whole', () => {
  expect(clip('abcdef', 6)).toBe('abcdef');
  expect(clip('abcdefg', 6)).toBe('abcde…');
  expect(clip('abcd😀efg', 6)).toBe('abcd…');
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('a', 'ß', '€', '😀', '\n'), {maxLength: 40}).map((chars) => chars.join('')),
      fc.integer({min: 1, max: 30}),
      (text, maxChars) => {
        const cut = clip(text, maxChars);
        expect(cut.length).toBeLessThanOrEqual(maxChars);
        expect(cut === text || cut.endsWith('…')).toBe(true);
        expect(cut).not.toMatch(LONE_SURROGATE);
        expect(text.startsWith(cut.replace(/…$/, ''))).toBe(true);
      },
    ),
  );
});
