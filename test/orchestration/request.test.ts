import {
  attemptLimits,
  integerIn,
  jobName,
  jobOptions,
  numberOption,
  orchestrationMode,
  payload,
  optionalPayload,
  prefixOption,
  reading,
  requestObject,
  stepId,
} from '../../src/orchestration/request';
import {frozen, HANDLERS, LIMITS, refusal, UNSTORABLE, work} from '../support/requests';

function expectInvalid(call: () => unknown, says: readonly (string | RegExp)[], code = 'INVALID_REQUEST'): void {
  const error = refusal(call);
  expect(error).toMatchObject({name: 'AstJobsValidationError', code});
  for (const part of says) expect(error.message).toMatch(part);
  expect(error.message.length).toBeLessThan(500);
}

test.each([
  [undefined, 'nothing'],
  [null, '`null`'],
  ['job', '`"job"`'],
  [[], '`[]`'],
  [work, 'a function (work)'],
])('a request must be an object, not %p', (request, got) => {
  expectInvalid(() => requestObject(request, 'run'), ['run expects a request object', `got ${got}`]);
});

test.each([
  [undefined, 'nothing'],
  ['', '`""`'],
  ['  \n ', '`"  \\n "`'],
  [5, '`5`'],
  ['x'.repeat(201), '`"xxx'],
])('a job needs a name of 1 to 200 characters, not %p', (name, got) => {
  expectInvalid(() => jobName(name), ['non-empty name of at most 200 characters', `got ${got}`]);
});

test('a name is trimmed and may be as long as allowed', () => {
  expect(jobName('  Nightly ')).toBe('Nightly');
  expect(jobName('x'.repeat(200))).toHaveLength(200);
});

test.each([undefined, null, '', '   ', 5, {}, []])('an id must be a non-empty text, not %p', (id) => {
  expectInvalid(() => stepId(id, 'Step 1'), ['Step 1 requires a non-empty string id', 'got ']);
});

test.each(['__proto__', 'constructor', 'prototype', ' __proto__ '])('the id %j is refused', (id) => {
  expectInvalid(
    () => stepId(id, 'Step 1'),
    [`cannot have the id \`"${id.trim()}"\``, 'every object has already', 'choose another'],
  );
});

test.each(['a\u0000', 'a\nb', 'a\u007f', 'a\u0085b', 'a\u009f', '\ud83d', 'a\ude00', '\ude00\ud83d', 'x\ud83dx'])(
  'an id with a control character or a lone surrogate, %j, is refused',
  (id) => {
    expectInvalid(() => stepId(id, 'Step 1'), ['without control characters and lone surrogates', 'got `"']);
  },
);

test('an id of over 100 characters is refused with its length', () => {
  expectInvalid(() => stepId('x'.repeat(101), 'Step 1'), ['at most 100 characters', 'got one of 101']);
});

test.each(['a', '0', 'toString', 'Ä ö 😀', 'x'.repeat(100), 'a~b', '<script>'])('%j is an id', (id) => {
  expect(stepId(` ${id} `, 'Step 1')).toBe(id);
});

test.each(UNSTORABLE)('a payload with %s is refused with the reason and the way out', (_what, value, says) => {
  expectInvalid(
    () => payload(value, 'The payload of step a'),
    ['The payload of step a must be JSON serializable', says, 'Pass plain data'],
  );
});

test('a payload is a copy, as JSON sees it', () => {
  const given = frozen({at: new Date(0), list: [1, undefined], gone: undefined});
  const copy = payload(given, 'The payload');
  expect(copy).toEqual({at: '1970-01-01T00:00:00.000Z', list: [1, null]});
  expect((copy as {list: unknown}).list).not.toBe(given.list);
});

test('no payload is null, and what may be absent stays absent', () => {
  expect([payload(undefined, 'p'), payload(null, 'p'), payload(0, 'p'), payload('', 'p')]).toEqual([null, null, 0, '']);
  expect([optionalPayload(undefined, 'p'), optionalPayload(null, 'p'), optionalPayload(false, 'p')]).toEqual([
    undefined,
    undefined,
    false,
  ]);
});

test.each([5, 'walk', 'runs', {}, true])('%p is no mode', (mode) => {
  expectInvalid(
    () => orchestrationMode(mode, 'run'),
    ['Invalid orchestration mode', "expected 'run' or 'enqueue'", 'got `'],
  );
});

test('a mode is read as people write it, and has a default', () => {
  expect([' Run ', 'ENQUEUE'].map((mode) => orchestrationMode(mode, 'run'))).toEqual(['run', 'enqueue']);
  expect([undefined, null, ''].map((mode) => orchestrationMode(mode, 'enqueue'))).toEqual([
    'enqueue',
    'enqueue',
    'enqueue',
  ]);
});

test.each([0, 21, 1.5, NaN, Infinity, '3', null, undefined])('%p is no integer from 1 to 20', (value) => {
  expectInvalid(
    () => integerIn(value, 'maxCrashes', 1, 20),
    ['maxCrashes must be an integer from 1 to 20', 'got '],
    'INVALID_OPTION',
  );
});

test('the value that was got is shown even if JSON has none for it', () => {
  expect(refusal(() => integerIn(NaN, 'maxCrashes', 1, 20)).message).toContain('got `NaN`');
});

test.each<[unknown, string]>([
  ['fast', 'must be an object'],
  [[1], 'must be an object'],
  [{maxRetrys: 1}, 'unknown field `"maxRetrys"`; known: maxRetries, delayMs, factor, maxDelayMs, jitter'],
  [{toString: 1}, 'unknown field `"toString"`'],
  [{constructor: 1}, 'unknown field `"constructor"`'],
  [JSON.parse('{"__proto__": 1}'), 'unknown field `"__proto__"`'],
  [{maxRetries: 21}, 'retry.maxRetries of step a must be a number from 0 to 20, got `21`'],
  [{maxRetries: 1.5}, 'retry.maxRetries of step a must be an integer from 0 to 20, got `1.5`'],
  [{delayMs: -1}, 'retry.delayMs of step a must be a number from 0 to 2592000000, got `-1`'],
  [{delayMs: '1'}, 'retry.delayMs of step a must be a number'],
  [{factor: 0.5}, 'retry.factor of step a must be a number from 1 to 100'],
  [{maxDelayMs: NaN}, 'retry.maxDelayMs of step a must be a number from 0 to 2592000000, got `NaN`'],
  [{jitter: 1.01}, 'retry.jitter of step a must be a number from 0 to 1'],
  [{jitter: null}, 'retry.jitter of step a must be a number from 0 to 1, got `null`'],
])('the policy %j is refused', (retry, says) => {
  expectInvalid(() => attemptLimits(frozen({retry}), LIMITS, 'step a'), [says], 'INVALID_OPTION');
});

test('a policy overrides its job’s field by field', () => {
  const retry = frozen({delayMs: 5, jitter: undefined});
  expect(attemptLimits({retry, maxCrashes: 7}, LIMITS, 'step a')).toEqual({
    retry: {...LIMITS.retry, delayMs: 5},
    maxCrashes: 7,
    timeoutMs: null,
  });
  expect(attemptLimits({}, LIMITS, 'step a')).toEqual(LIMITS);
  expect(attemptLimits({retry: null}, LIMITS, 'step a')).toEqual(LIMITS);
});

test.each<[unknown, string]>([
  ['all', 'Job options must be an object'],
  [[], 'Job options must be an object'],
  [{maxRetries: '2'}, 'options.maxRetries must be an integer from 0 to 20, got `"2"`'],
  [{maxRetries: -1}, 'options.maxRetries must be an integer from 0 to 20, got `-1`'],
  [{maxRuntimeMs: 999}, 'options.maxRuntimeMs must be an integer from 1000 to 600000, got `999`'],
  [{maxRuntimeMs: NaN}, 'options.maxRuntimeMs must be an integer from 1000 to 600000, got `NaN`'],
  [{leaseTtlMs: 3_600_001}, 'options.leaseTtlMs must be an integer from 1000 to 3600000'],
  [{autoResume: 'yes'}, 'options.autoResume must be true or false, got `"yes"`'],
  [{autoResume: 0}, 'options.autoResume must be true or false, got `0`'],
  [{propertyPrefix: ''}, 'propertyPrefix must have 1 to 100 letters, digits or _ . : - only, got `""`'],
  [{propertyPrefix: 'a~b'}, 'propertyPrefix must have'],
  [{propertyPrefix: 5}, 'propertyPrefix must have'],
  [{checkpointStore: 5}, "options.checkpointStore must be 'properties', got `5`"],
])('the options %j are refused', (options, says) => {
  expectInvalid(() => jobOptions(frozen(options)), [says], 'INVALID_OPTION');
});

test('another store is a capability that is missing', () => {
  const error = refusal(() => jobOptions({checkpointStore: 'spreadsheet'}));
  expect(error).toMatchObject({name: 'AstJobsCapabilityError', code: 'NOT_SUPPORTED'});
  expect(error.message).toMatch(/Only checkpointStore 'properties' is supported, got `"spreadsheet"`/);
});

test('options are taken as they are, absent ones stay absent, and too long a runtime is cut', () => {
  expect([
    jobOptions(undefined),
    jobOptions(null),
    jobOptions({}),
    jobOptions({maxRetries: undefined}),
    jobOptions({maxRetries: null, autoResume: null}),
  ]).toEqual(Array(5).fill({}));
  const given = frozen({
    maxRetries: 0,
    maxRuntimeMs: 999_999_999,
    leaseTtlMs: 1_000,
    checkpointStore: ' Properties ',
    autoResume: false,
    propertyPrefix: ' p_1 ',
  });
  expect(jobOptions(given)).toEqual({
    maxRetries: 0,
    maxRuntimeMs: 600_000,
    leaseTtlMs: 1_000,
    checkpointStore: 'properties',
    autoResume: false,
    propertyPrefix: 'p_1',
  });
});

test.each<[string, unknown, string, RegExp]>([
  [
    'that the host has not',
    'vanished',
    'HANDLER_NOT_FOUND',
    /`"vanished"` of step a was not found.*global function.*bind\(globalThis\)/,
  ],
  [
    'without a name',
    () => 1,
    'INVALID_REQUEST',
    /must be the name of a global function, or such a function itself, got a function.*no name that a trigger could find/,
  ],
  ['that is bound', work.bind(null), 'INVALID_REQUEST', /got a function \(bound work\)/],
  ['that is no name', 'a.b', 'INVALID_REQUEST', /must be the name of a global function.*got `"a\.b"`/],
  ['that is missing', undefined, 'INVALID_REQUEST', /got nothing/],
  [
    'of the same name as another',
    Object.defineProperty(() => 1, 'name', {value: 'work'}),
    'INVALID_REQUEST',
    /belongs to another function.*give it a name of its own/,
  ],
  ['that is async', 'later', 'INVALID_REQUEST', /AsyncFunction.*make it a plain function/],
])('a handler %s is refused', (_what, handler, code, says) => {
  expectInvalid(() => HANDLERS.nameOf(handler, 'step a'), [says], code);
});

test('a handler is named by itself or by its name', () => {
  expect([
    HANDLERS.nameOf('work', 'step a'),
    HANDLERS.nameOf(' work ', 'step a'),
    HANDLERS.nameOf(work, 'step a'),
  ]).toEqual(['work', 'work', 'work']);
});

test.each([
  ['an error', new Error('not today'), 'not today'],
  ['a text', 'no', 'a getter threw no'],
  ['nothing', undefined, 'a getter threw undefined'],
])('what cannot be read, because a getter throws %s, is refused', (_what, thrown, says) => {
  const read = (): never => {
    throw thrown;
  };
  expectInvalid(() => reading('The request of run', read), ['The request of run must be plain data', says]);
  const own = refusal(() => requestObject(5, 'run'));
  const refuse = (): never => {
    throw own;
  };
  expect(refusal(() => reading('The request of run', refuse))).toBe(own);
});

test.each([
  ['an object that reads like one', {toString: (): string => 'work'}],
  ['a list that reads like one', ['work']],
  ['a symbol', Symbol('work')],
])('a function whose name is %s is no handler', (_what, name) => {
  const handler = Object.defineProperty(() => 1, 'name', {value: name});
  expectInvalid(() => HANDLERS.nameOf(handler, 'step "a"'), ['must be the name of a global function']);
});

test('a setting is named as whoever made it knows it, with the text that came', () => {
  const what = 'Script property AST_JOBS_DEFAULT_MAX_RETRIES';
  expectInvalid(() => numberOption('five', 'maxRetries', what), [what, 'got `"five"`'], 'INVALID_OPTION');
  expectInvalid(() => prefixOption('a~b', what), [what, 'got `"a~b"`'], 'INVALID_OPTION');
});
