/** Whatever a handler throws or returns, in a host that is another realm than the library. */
import {asLibrary, inLine, pasted, step, useLabs} from './lab';

const newLab = useLabs();

const THROWN = `
const things = {
  'null': () => { throw null; },
  'undefined': () => { throw undefined; },
  'a text': () => { throw 'just text'; },
  'a number': () => { throw 0; },
  'a symbol': () => { throw Symbol('s'); },
  'an object': () => { throw {message: 'plain', details: {row: 7}}; },
  'an error': () => { throw new TypeError('of the host'); },
  'an error of the library': () => { jobsApi().status('job_000000000_0000000000'); },
  'an error of a service': () => { PropertiesService.getScriptProperties().setProperty('', 'x'); },
  'an error with a cycle': () => { const e = new Error('cyclic'); e.details = {e}; throw e; },
  'an error of a megabyte': () => { throw new Error(new Array(1048577).join('m')); },
  'an error with half a character': () => { throw new Error(new Array(501).join('\\ud83d\\ude00')); },
  'an error with a long name': () => { const e = new Error('long name'); e.name = new Array(1000).join('n'); throw e; },
  'an error that details much': () => { const e = new Error('details'); e.details = {much: new Array(9000).join('d')}; throw e; },
  'a promise': () => { throw Promise.resolve(1); },
  'a function': () => { throw function named() {}; },
  'a stack overflow': () => { const deeper = () => deeper() + 1; deeper(); },
  'a message getter that throws': () => { throw {get message() { throw new Error('trap'); }}; },
  'a name getter that throws': () => { throw {message: 'm', get name() { throw new Error('trap'); }}; },
  'a code getter that throws': () => { throw {name: 'n', get code() { throw new Error('trap'); }}; },
  'a revoked proxy': () => { const {proxy, revoke} = Proxy.revocable({}, {}); revoke(); throw proxy; },
};
function thrower(ctx) { Sim.effect('run', {job: ctx.name, step: ctx.stepId, attempt: ctx.attempt}); things[ctx.payload](); }
`;

const MESSAGES: Readonly<Record<string, string | RegExp>> = {
  null: 'The handler threw null',
  undefined: 'The handler threw undefined',
  'a text': 'The handler threw just text',
  'a number': 'The handler threw 0',
  'a symbol': 'The handler threw Symbol(s)',
  'an object': 'plain',
  'an error': 'of the host',
  'an error of the library': /^There is no job job_000000000_0000000000/,
  'an error of a service': 'Invalid argument: key',
  'an error with a cycle': 'cyclic',
  'an error of a megabyte': /^m{499}…$/,
  'an error with half a character': /^(?:😀){249}…$/u,
  'an error with a long name': 'long name',
  'an error that details much': 'details',
  'a promise': 'The handler threw [object Promise]',
  'a function': /^The handler threw function named/,
  'a stack overflow': 'Maximum call stack size exceeded',
  'a message getter that throws': /^The handler threw/,
};

/** Things that throw again when they are looked at. */
const TRAPS = ['a name getter that throws', 'a code getter that throws', 'a revoked proxy'];

describe('a handler that throws', () => {
  test.each(Object.entries(MESSAGES))('%s fails its step with a message, and others go on', (kind, message) => {
    const lab = newLab({project: asLibrary(THROWN)});
    const thrower = {id: 'bad', handler: 'thrower', payload: kind};
    const {id} = lab.enqueue([thrower, step('good')], {retry: {maxRetries: 1, delayMs: 0}});
    const record = lab.settle().status(id);
    expect(lab.runs()).toEqual(['bad', 'bad/2', 'good']);
    expect(record).toMatchObject({status: 'failed', results: {good: 'good done'}, recoveries: []});
    expect(record.lastError?.message).toMatch(message);
    expect(JSON.stringify(record.lastError).length).toBeLessThan(1_500);
    lab.expectTidy();
  });

  test.each(TRAPS)('%s fails its step, and others go on', (kind) => {
    const lab = newLab({project: asLibrary(THROWN)});
    const thrower = {id: 'bad', handler: 'thrower', payload: kind};
    const {id} = lab.enqueue([thrower, step('good')], {retry: {maxRetries: 1, delayMs: 0}});
    expect(lab.settle().status(id)).toMatchObject({status: 'failed', results: {good: 'good done'}, recoveries: []});
    expect(lab.runs()).toEqual(['bad', 'bad/2', 'good']);
  });

  test('keeps name, code and details of what it can tell', () => {
    const lab = newLab({project: asLibrary(THROWN)});
    const errorOf = (kind: string) => {
      const {id} = lab.enqueue([{id: 'a', handler: 'thrower', payload: kind}], {options: {maxRetries: 0}});
      return lab.settle().status(id).lastError;
    };
    expect(errorOf('an error')).toMatchObject({stepId: 'a', name: 'TypeError', details: {}});
    expect(errorOf('an object')).toMatchObject({name: 'Error', details: {row: 7}});
    expect(errorOf('an error of the library')).toMatchObject({name: 'AstJobsNotFoundError', code: 'JOB_NOT_FOUND'});
    expect(errorOf('an error that details much')).toMatchObject({details: {}});
  });
});

const RETURNED = `
const values = {
  'a bigint': () => ({deep: [BigInt(1)]}),
  'a function': () => () => 1,
  'a symbol': () => Symbol('s'),
  'a cycle': () => { const a = []; a.push(a); return a; },
  'a getter that throws': () => ({get x() { throw new Error('trap'); }}),
  'a toJSON that throws': () => ({toJSON() { throw new Error('trap'); }}),
  'a revoked proxy': () => { const {proxy, revoke} = Proxy.revocable({}, {}); revoke(); return proxy; },
  'nothing': () => undefined,
  'null': () => null,
  'not a number': () => NaN,
  'a date': () => new Date(0),
  'a map': () => new Map([[1, 2]]),
  'holes': () => [1, , 3, undefined],
  'an own __proto__': () => JSON.parse('{"__proto__": {"polluted": true}, "a": 1}'),
  'odd text': () => 'a\\u2028"\\\\\\n\\ud83d\\ude00\\ud800',
  'a false then': () => ({then: 'later'}),
  'a promise': () => Promise.resolve(1),
  'a thenable': () => ({then() {}}),
  'a thenable function': () => Object.assign(() => 1, {then() {}}),
};
function returner(ctx) { Sim.effect('run', {job: ctx.name, step: ctx.stepId, attempt: ctx.attempt}); return values[ctx.payload](); }
function pollution() { return ({}).polluted === undefined; }
`;

describe('a handler that returns', () => {
  test.each([
    'a bigint',
    'a function',
    'a symbol',
    'a cycle',
    'a getter that throws',
    'a toJSON that throws',
    'a revoked proxy',
  ])('%s, which JSON cannot hold, fails its attempt and is tried again', (kind) => {
    const lab = newLab({project: asLibrary(RETURNED)});
    const returner = {id: 'bad', handler: 'returner', payload: kind};
    const {id} = lab.enqueue([returner, step('good')], {retry: {maxRetries: 1, delayMs: 0}});
    const record = lab.settle().status(id);
    expect(lab.runs()).toEqual(['bad', 'bad/2', 'good']);
    expect(record).toMatchObject({status: 'failed', results: {good: 'good done'}});
    expect(record.lastError).toMatchObject({name: 'AstJobsStepExecutionError', code: 'RESULT_NOT_JSON'});
    expect(record.steps[0]?.attempts).toBe(2);
  });

  test.each(['a promise', 'a thenable', 'a thenable function'])('%s fails its step for good, in doubt', (kind) => {
    const lab = newLab({project: asLibrary(RETURNED)});
    const {id} = lab.enqueue([{id: 'bad', handler: 'returner', payload: kind}, step('good')]);
    const record = lab.settle().status(id);
    expect(lab.runs()).toEqual(['bad', 'good']);
    expect(record.lastError).toMatchObject({name: 'AstJobsStepExecutionError', code: 'ASYNC_HANDLER'});
    expect(record.lastError?.message).toMatch(/in doubt/);
  });

  test('an async function that was deployed after the request fails its step for good', () => {
    const lab = newLab({project: pasted('function late() { return 1; }')});
    const {id} = lab.enqueue([{id: 'a', handler: 'late'}]);
    lab.world.deploy(pasted('async function late() { return 1; }'));
    expect(lab.settle().status(id)).toMatchObject({status: 'failed', lastError: {code: 'ASYNC_HANDLER'}});
  });

  test.each([
    ['nothing', null],
    ['null', null],
    ['not a number', null],
    ['a date', '1970-01-01T00:00:00.000Z'],
    ['a map', {}],
    ['holes', [1, null, 3, null]],
    ['odd text', 'a\u2028"\\\n😀\ud800'],
    ['a false then', {then: 'later'}],
  ])('%s completes its step with what JSON makes of it', (kind, expected) => {
    const lab = newLab({project: asLibrary(RETURNED)});
    const steps = [{id: 'a', handler: 'returner', payload: kind}, step('b', {}, {dependsOn: 'a'})];
    const {id} = lab.enqueue(steps);
    expect(lab.settle().status(id)).toMatchObject({status: 'completed', results: {a: expected, b: 'b done'}});
  });

  test('an object with an own __proto__ pollutes nothing', () => {
    const lab = newLab({project: asLibrary(RETURNED)});
    const steps = [
      {id: 'a', handler: 'returner', payload: 'an own __proto__'},
      {id: 'b', handler: 'pollution', dependsOn: 'a'},
    ];
    const {id} = lab.enqueue(steps);
    expect(lab.settle().status(id).results['b']).toBe(true);
  });
});

describe('a large result', () => {
  test.each([2_998, 3_000, 8_000, 9_000, 100_000])('of %i characters is stored and read whole', (chars) => {
    const lab = newLab({
      project: pasted(`function sum(ctx) { return [ctx.results.big.length, ctx.results.big.slice(-2)]; }`),
    });
    // Two bytes a character, so that pieces are cut by bytes.
    const steps = [step('big', {chars: chars / 2, letter: 'é'}), {id: 'sum', handler: 'sum', dependsOn: 'big'}];
    const {id} = lab.enqueue(steps);
    const {status, results} = lab.settle().status(id);
    expect([status, results['sum']]).toEqual(['completed', [chars / 2, 'éé']]);
    expect(results['big']).toBe('é'.repeat(chars / 2));
    for (const [key, text] of lab.world.store('script'))
      expect(Buffer.byteLength(key) + Buffer.byteLength(text)).toBeLessThan(9 * 1024);
  });

  test('as the last result is stored, too', () => {
    const lab = newLab();
    const {id} = lab.enqueue(inLine(2, {chars: 50_000}));
    expect(lab.settle().status(id).results['s2']).toBe('x'.repeat(50_000));
  });

  test('that can never fit fails its step at once, with the number, and harms nobody', () => {
    const lab = newLab();
    const {id} = lab.enqueue([step('huge', {chars: 420_000}), step('b', {ms: 10_000})]);
    const other = lab.enqueue([step('c')], {name: 'other'}).id;
    const record = lab.settle().status(id);
    expect(record).toMatchObject({status: 'failed', results: {b: 'b done'}});
    expect(record.lastError).toMatchObject({code: 'RESULT_TOO_LARGE', details: {resultBytes: 420_002}});
    expect(lab.runs().filter((run) => run.startsWith('huge'))).toEqual(['huge']);
    expect(lab.status(other).status).toBe('completed');
    lab.expectTidy();
  });
});
