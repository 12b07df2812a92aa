/** `environment` and `secretEnvironment`: what handlers are given, and that no secret is ever stored. */
import type {JobRecord, JobRequest, StepRequest} from '../../src/types';
import type {ServiceCall, Verdict} from '../simulator';
import {HOUR_MS, pasted, step, useLabs, type Lab} from './lab';

const newLab = useLabs();

/** `leak` gives a secret away in every way that is stored. */
const HOST = `
function show(ctx) {
  var env = ctx.environment, own = Object.keys(env).sort();
  Sim.effect('run', {job: ctx.name, step: ctx.stepId, attempt: ctx.attempt});
  try { env.CHANGED = 'yes'; env.MODE = 'changed'; } catch (e) {}
  Sim.effect('env', {step: ctx.stepId, env: JSON.parse(JSON.stringify(ctx.environment)), own: own});
  Sim.spend((ctx.payload || {}).ms || 0);
  return own.length;
}
function lengths(ctx) {
  var env = ctx.environment;
  return Object.keys(env).map(function (name) { return [name, env[name].length]; });
}
function leak(ctx) {
  var secret = ctx.environment.TOKEN, p = ctx.payload;
  Sim.effect('run', {job: ctx.name, step: ctx.stepId, attempt: ctx.attempt});
  ctx.log('the token is', secret, {token: secret}, [JSON.stringify({in: secret})], new Error(secret));
  ctx.log(new Array(490).join('x') + secret);
  ctx.progress(1, 2, 'with ' + secret);
  Sim.spend(p.ms || 0);
  var keyed = {}; keyed[secret] = secret;
  if (ctx.attempt <= (p.failures || 0)) {
    var error = new Error('refused ' + secret + ' ' + new Array(463).join('y') + secret);
    error.name = 'Bad' + secret;
    error.details = {at: keyed};
    error.cause = new Error(secret);
    if (p.fatal) throw jobsApi().fatal('no ' + secret, {cause: {message: secret}, keyed: keyed});
    if (p.text) throw 'thrown ' + secret;
    throw error;
  }
  if (p.bad) { keyed.toJSON = function () { throw new Error('inside ' + secret); }; return keyed; }
  if (p.badPath) { var odd = {}; odd[secret] = {f: function () {}}; return odd; }
  return {token: secret, keyed: keyed, text: JSON.stringify(keyed), long: p.long ? new Array(p.long).join(secret + ',') : '', n: 1};
}
function cursor(ctx) { ctx.checkpoint({at: 1, token: ctx.environment.TOKEN}); return 'never'; }
function state(ctx) { return ctx.each([1, 2], function () { return {t: ctx.environment.TOKEN}; }, {initial: {t: ''}, everyItems: 1}); }
function goodCursor(ctx) { if (ctx.cursor === null) { ctx.checkpoint({at: 1}); ctx.yield(); } return ctx.cursor; }
function pages(ctx) { return {items: [1, 2], nextPageToken: ctx.environment.TOKEN}; }
function stall() { return 1; }
`;

const SECRET = 'sk-live-4f9a7c2e81';
const AWKWARD = [
  SECRET,
  'has "quotes" and \\back\\slashes\\',
  'two\nlines\r\nand\ttabs',
  'naïve 密码 😀 \u2028 end',
  '\\"',
  '1234567890',
].filter((secret) => secret.length >= 4);

function labWith(properties: Readonly<Record<string, string>> = {}): Lab {
  const lab = newLab({project: pasted(HOST)});
  for (const [name, value] of Object.entries(properties)) lab.world.setProperty('script', name, value);
  return lab;
}

/** Everything that is stored but for the property that holds the secret: keys, and texts at every depth of JSON. */
function findings(lab: Lab, secret: string, property: string): readonly string[] {
  const forms = new Set([secret]);
  let form = secret;
  for (let depth = 0; depth < 4; depth++) {
    form = JSON.stringify(form).slice(1, -1);
    forms.add(form);
  }
  const found: string[] = [];
  for (const kind of ['script', 'user', 'document'] as const)
    for (const [key, text] of lab.world.store(kind)) {
      if (kind === 'script' && key === property) continue;
      for (const one of forms) if (key.includes(one) || text.includes(one)) found.push(`${key}: ${text.slice(0, 200)}`);
    }
  const logged = lab.world.executions.flatMap((execution) => execution.log).join('\n');
  if (logged.includes(secret)) found.push('the log of the script');
  return found;
}

const leak = (
  id: string,
  payload: Readonly<Record<string, unknown>> = {},
  more: Partial<StepRequest> = {},
): StepRequest => ({
  ...{id, handler: 'leak', payload},
  ...more,
});

describe('variables', () => {
  test('are given to every attempt, as a copy of its own, and stand in the plan', () => {
    const lab = labWith();
    const environment = {MODE: 'test', COUNT: 3, IS_ON: true};
    lab.call('run', {
      ...{name: 'job', environment},
      steps: [
        {id: 'a', handler: 'show'},
        {id: 'b', handler: 'show', dependsOn: 'a'},
      ],
    });
    const seen = lab.world.effects.filter(({name}) => name === 'env').map(({data}) => (data as {own: unknown}).own);
    expect(seen).toEqual([
      ['COUNT', 'IS_ON', 'MODE'],
      ['COUNT', 'IS_ON', 'MODE'],
    ]);
    expect([...lab.world.store('script').values()].some((text) => text.includes('IS_ON'))).toBe(true);
  });

  test('of a job without any are none, and cost no call', () => {
    const lab = labWith();
    const counts = [{}, {environment: {A: 'b'}}].map((more) => {
      lab.call('run', {name: 'job', steps: [{id: 'a', handler: 'show'}], ...more});
      return lab.world.executions.at(-1)?.counts().byMethod['properties.getProperty'] ?? 0;
    });
    expect(counts[1]).toBe(counts[0]);
    expect(lab.world.effects.find(({name}) => name === 'env')?.data).toMatchObject({own: []});
  });
});

describe('secrets', () => {
  test('are read from the properties under either name, beside plain variables', () => {
    const lab = labWith({MY_KEY: SECRET, OTHER: 'o'.repeat(9)});
    const named = lab.call<JobRecord>('run', {
      ...{name: 'job', steps: [{id: 'a', handler: 'lengths'}]},
      ...{environment: {MODE: 'test'}, secretEnvironment: {TOKEN: 'MY_KEY'}},
    });
    expect(named.results).toEqual({
      a: [
        ['MODE', 4],
        ['TOKEN', SECRET.length],
      ],
    });
    const listed = lab.call<JobRecord>('run', {
      ...{name: 'job', steps: [{id: 'a', handler: 'lengths'}], secretEnvironment: ['OTHER', 'MY_KEY']},
    });
    expect(listed.results).toEqual({
      a: [
        ['OTHER', 9],
        ['MY_KEY', SECRET.length],
      ],
    });
  });

  test('are read once in an execution, and again in the next', () => {
    const lab = labWith({MY_KEY: SECRET});
    const steps = [1, 2, 3, 4].map((one) => ({...step(`s${one}`, {ms: 100_000}), handler: 'show'}));
    const {id} = lab.enqueue(steps, {secretEnvironment: {TOKEN: 'MY_KEY'}});
    const reads = new Map<number, number>();
    lab.world.onCall = (call): undefined => {
      if (call.method === 'getProperty' && call.args[0] === 'MY_KEY')
        reads.set(call.execution.id, (reads.get(call.execution.id) ?? 0) + 1);
    };
    lab.settle();
    expect(lab.status(id).status).toBe('completed');
    expect(reads.size).toBeGreaterThan(1);
    expect(new Set(reads.values())).toEqual(new Set([1]));
  });

  test('that are missing fail the attempt, and it goes on once they are there', () => {
    const lab = labWith();
    const {id} = lab.enqueue([{id: 'a', handler: 'show'}], {secretEnvironment: {TOKEN: 'MY_KEY'}});
    lab.pass(90_000);
    const record = lab.status(id);
    expect(record).toMatchObject({status: 'paused', waiting: {reason: 'retry'}});
    expect(record.lastError).toMatchObject({code: 'SECRET_MISSING', details: {variable: 'TOKEN', property: 'MY_KEY'}});
    expect(lab.runs()).toEqual([]);
    lab.world.setProperty('script', 'MY_KEY', SECRET);
    expect(lab.settle().status(id)).toMatchObject({status: 'completed', results: {a: 1}});
    const never = lab.enqueue([{id: 'a', handler: 'show'}], {secretEnvironment: {TOKEN: 'NOT_THERE'}}).id;
    expect(lab.settle().status(never)).toMatchObject({status: 'failed', lastError: {code: 'SECRET_MISSING'}});
  });

  test('of a store that cannot be read end the run, and no attempt', () => {
    const lab = labWith({MY_KEY: SECRET});
    const {id} = lab.enqueue([{id: 'a', handler: 'show'}], {secretEnvironment: {TOKEN: 'MY_KEY'}});
    let refused = 0;
    lab.world.onCall = (call): Verdict | undefined => {
      if (call.method !== 'getProperty' || call.args[0] !== 'MY_KEY' || refused > 0) return undefined;
      refused++;
      return {kind: 'error', message: 'Access denied.', when: 'before'};
    };
    lab.settle();
    expect(refused).toBe(1);
    expect(lab.status(id)).toMatchObject({status: 'completed', steps: [{attempts: 0}]});
  });

  test('whose reading takes so long that the lease is over start no handler', () => {
    const lab = newLab({project: pasted(HOST), wallMs: 3 * HOUR_MS});
    lab.world.setProperty('script', 'MY_KEY', SECRET);
    const {id} = lab.enqueue([{id: 'a', handler: 'show'}], {secretEnvironment: {TOKEN: 'MY_KEY'}});
    let stalled = 0;
    lab.world.onCall = (call: ServiceCall): Verdict | undefined => {
      if (call.method !== 'getProperty' || call.args[0] !== 'MY_KEY' || stalled > 0) return undefined;
      stalled++;
      return {kind: 'stall', ms: HOUR_MS, when: 'after'};
    };
    lab.settle();
    expect(stalled).toBe(1);
    expect(lab.status(id).status).toBe('completed');
    expect(lab.runs()).toHaveLength(1);
  });
});

describe('no secret is in the store', () => {
  const request = (steps: readonly StepRequest[], more: Partial<JobRequest> = {}): object => ({
    ...{name: 'job', steps, secretEnvironment: {TOKEN: 'MY_KEY'}},
    ...more,
  });

  test.each(AWKWARD)('after failures, retries, results, logs and progress: %j', (secret) => {
    const lab = labWith({MY_KEY: secret});
    const ids = [
      request([leak('a', {failures: 2, ms: 6_000}), leak('b', {long: 900}, {dependsOn: 'a'})]),
      request([leak('a', {failures: 9, fatal: true})]),
      request([leak('a', {failures: 9, text: true})]),
      request([leak('a', {bad: true})]),
      request([leak('a', {badPath: true})]),
      request([leak('a', {ms: 6_000}, {timeoutMs: 1_000})], {options: {maxRetries: 0}}),
      request([leak('a', {failures: 9, ms: 6_000}, {timeoutMs: 1_000})], {options: {maxRetries: 0}}),
    ].map((one) => lab.call('enqueue', one).id);
    const found = new Set<string>();
    lab.world.onCall = (): undefined => {
      for (const one of findings(lab, secret, 'MY_KEY')) found.add(one);
    };
    lab.settle();
    lab.world.onCall = undefined;
    for (const one of findings(lab, secret, 'MY_KEY')) found.add(one);
    expect([...found].slice(0, 3)).toEqual([]);
    const [first = '', ...others] = ids;
    const record = lab.status(first);
    expect(record).toMatchObject({status: 'completed', results: {a: {token: '***', keyed: {'***': '***'}, n: 1}}});
    expect(JSON.stringify(lab.call('logs', first))).toContain('the token is *** ');
    for (const id of others) expect(lab.status(id).status).toBe('failed');
    expect(lab.status(others[0] ?? '').lastError).toMatchObject({
      ...{code: 'STEP_FATAL', message: 'no ***', details: {cause: {message: '***'}, keyed: {'***': '***'}}},
    });
  });

  test('nor the beginning of one, where a message was cut', () => {
    const lab = labWith({MY_KEY: SECRET});
    const record = lab.call(
      'run',
      request([{id: 'a', handler: 'leak', payload: {failures: 9}}], {options: {maxRetries: 0}}),
    );
    expect(record.lastError?.message).toMatch(/^refused \*\*\* y+\*\*\*…$/);
    expect(findings(lab, SECRET.slice(0, 5), 'MY_KEY')).toEqual([]);
  });

  test('also where it is killed at any write', () => {
    const clean = labWith({MY_KEY: SECRET});
    let writes = 0;
    clean.world.onCall = (call): undefined => {
      if (call.method === 'setProperty') writes++;
    };
    const steps = [leak('a', {failures: 1, ms: 6_000}), leak('b', {}, {dependsOn: 'a'})];
    clean.call('enqueue', request(steps));
    clean.settle();
    for (let point = 1; point <= writes; point++) {
      const lab = labWith({MY_KEY: SECRET});
      let count = 0;
      const {id} = lab.call('enqueue', request(steps));
      lab.world.onCall = (call): Verdict | undefined =>
        call.method === 'setProperty' && ++count === point ? {kind: 'kill', when: 'after'} : undefined;
      lab.settle();
      expect(findings(lab, SECRET, 'MY_KEY')).toEqual([]);
      expect(lab.status(id)).toMatchObject({status: 'completed', results: {b: {token: '***'}}});
      lab.world.close();
    }
  });

  test.each(['cursor', 'state'])('in a cursor (%s): it is refused, since it has to come back as it is', (handler) => {
    const lab = labWith({MY_KEY: SECRET});
    const record = lab.call('run', request([{id: 'a', handler}], {options: {maxRetries: 0}}));
    expect(record).toMatchObject({status: 'failed', lastError: {code: 'INVALID_REQUEST'}});
    expect(record.lastError?.message).toMatch(/^The cursor of the step has the value of a secret in it/);
    expect(findings(lab, SECRET, 'MY_KEY')).toEqual([]);
    const good = lab.call('enqueue', request([{id: 'a', handler: 'goodCursor'}])).id;
    expect(lab.settle().status(good)).toMatchObject({status: 'completed', results: {a: {at: 1}}});
  });

  test('in the token of a page: it is refused for the same reason', () => {
    const lab = labWith({MY_KEY: SECRET});
    const {id} = lab.call('enqueueMany', {
      ...{name: 'paged', handler: 'show', items: {handler: 'pages'}, retry: {maxRetries: 0}},
      secretEnvironment: {TOKEN: 'MY_KEY'},
    });
    expect(lab.settle().status(id)).toMatchObject({status: 'failed', lastError: {code: 'PAGE_INVALID'}});
    expect(findings(lab, SECRET, 'MY_KEY')).toEqual([]);
  });

  test('but a short one is not masked, and a number is no text', () => {
    const lab = labWith({MY_KEY: 'abc'});
    const record = lab.call('run', request([leak('a')]));
    expect(record.results).toMatchObject({a: {token: 'abc'}});
  });
});

test.each([
  [{environment: {'not a name': 'x'}}],
  [{environment: {A: {}}}],
  [{environment: ['A']}],
  [{environment: {A: 'x'.repeat(2_001)}}],
  [{environment: Object.fromEntries(Array.from({length: 51}, (_none, index) => [`V${index}`, '']))}],
  [{secretEnvironment: {TOKEN: 'AST_JOBS_BALLAST'}}],
  [{secretEnvironment: {TOKEN: ''}}],
  [{secretEnvironment: [5]}],
  [{secretEnvironment: {'1x': 'KEY'}}],
  [{secretEnvironment: 'TOKEN'}],
])('%j is refused, and nothing is stored', (more) => {
  const lab = labWith();
  expect(lab.refusal('enqueue', {name: 'job', steps: [step('a')], ...more}).code).toBe('INVALID_REQUEST');
  expect(lab.jobKeys()).toEqual([]);
});
