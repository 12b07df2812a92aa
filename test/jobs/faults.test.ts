/** Services that fail: for a moment at any call, for minutes, for the rest of the day. */
import type {JobRecord} from '../../src/types';
import type {ServiceCall, ServiceName, Verdict} from '../simulator';
import {HOUR_MS, inLine, Lab, MINUTE_MS, SECOND_MS, step, useLabs} from './lab';

const newLab = useLabs();

const TRANSIENT = [
  "We're sorry, a server error occurred. Please wait a bit and try again.",
  'There are too many LockService operations against the same script.',
  'Unable to talk to trigger service',
  'Ein Serverfehler ist aufgetreten.',
] as const;

const CHAIN = {name: 'job', steps: inLine(5)};
const MAP = {
  ...{name: 'job', mode: 'enqueue', items: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]},
  ...{mapHandler: 'square', reduceHandler: 'total'},
};

interface Outcome {
  readonly value?: JobRecord;
  readonly error?: {readonly message: string};
}

/** What is wrong after a request with a fault somewhere; empty when nothing is. */
function problemsAfter(method: string, request: unknown, fault: (call: ServiceCall) => Verdict | undefined): string {
  const lab = new Lab();
  lab.world.onCall = fault;
  const acting = lab.world.start({fn: 'api', args: [method, [request]]});
  const {isSettled, pending} = lab.world.settle({horizonMs: 6 * HOUR_MS});
  lab.world.onCall = undefined;
  const problems: string[] = isSettled ? [] : [pending];
  const {value, error} = (acting.value ?? {}) as Outcome;
  if (value === undefined) problems.push(`refused: ${error?.message ?? acting.end}`);
  else {
    const record = lab.status(value.id);
    const runs = lab.runs();
    const twice = runs.filter((run, index) => runs.indexOf(run) !== index || run.includes('/'));
    if (record.status !== 'completed') problems.push(record.status);
    if (twice.length > 0) problems.push(`ran again: ${twice.join()}`);
    if (record.recoveries.length > 0) problems.push('has recoveries');
    if (method === 'mapReduce' && record.results['reduce'] !== 650) problems.push('wrong result');
    if (lab.world.executions.some((execution) => execution.end === 'error')) problems.push('an execution threw');
    if (lab.world.triggers().length > 0) problems.push('left triggers');
  }
  lab.world.close();
  return problems.join('; ');
}

function callsOf(method: string, request: unknown): number {
  let calls = 0;
  expect(problemsAfter(method, request, () => void calls++)).toBe('');
  return calls;
}

describe.each([
  ['a chain of 5', 'enqueue', CHAIN],
  ['a map of 12', 'mapReduce', MAP],
])('%s', (_what, method, request) => {
  test.each(['before', 'after'] as const)('survives a passing error %s the effect of any call', (when) => {
    const problems: string[] = [];
    const calls = callsOf(method, request);
    for (let point = 1; point <= calls; point++) {
      const message = TRANSIENT[(point + (when === 'after' ? 1 : 0)) % TRANSIENT.length] ?? '';
      let failed: ServiceCall | null = null;
      const problem = problemsAfter(method, request, (call) => {
        if (call.n !== point || isIdentity(call)) return undefined;
        failed = call;
        return {kind: 'error', message, when};
      });
      if (problem !== '') problems.push(`${point} ${describeCall(failed)}: ${problem}`);
    }
    expect(problems).toEqual([]);
  });
});

/** Reading and making the user's id. */
function isIdentity(call: ServiceCall): boolean {
  return call.args[0] === 'AST_JOBS_OWNER';
}

test.each(['before', 'after'] as const)('a passing error %s the effect of a call for the user’s id', (when) => {
  const isHit = new Set<string>();
  const problem = problemsAfter('enqueue', CHAIN, (call) => {
    if (!isIdentity(call) || isHit.has(call.method)) return undefined;
    isHit.add(call.method);
    return {kind: 'error', message: TRANSIENT[0], when};
  });
  expect(problem).toBe('');
});

function describeCall(call: ServiceCall | null): string {
  return call === null ? '' : `${call.service}.${call.method} ${String(call.args[0])}`;
}

/** Steps may have run again only where that is reported. */
function expectExplained(lab: Lab, record: JobRecord): void {
  const inDoubt = record.recoveries.flatMap((recovery) => recovery.inDoubt);
  for (const {id} of record.steps) {
    const runs = lab.runs().filter((run) => run.split('/')[0] === id).length;
    expect(runs).toBeLessThanOrEqual(1 + inDoubt.filter((unit) => unit === id).length);
  }
  expect(lab.world.executions.every((execution) => execution.end === 'done')).toBe(true);
}

describe('a service that fails for minutes', () => {
  const services: readonly ServiceName[] = ['properties', 'lock', 'triggers'];
  const starts = [0, 1, 2, 3, 4, 5].map((index) => 70 * SECOND_MS + index * 13 * SECOND_MS);
  const cases = services.flatMap((service) => starts.map((startMs) => [service, startMs] as const));

  test.each(cases)('(%s, from %i ms) loses nothing that was committed', (service, startMs) => {
    const lab = newLab();
    const {id} = lab.enqueue(inLine(5, {ms: 10_000}));
    const fromMs = lab.world.nowMs + startMs;
    lab.world.onCall = (call) =>
      call.service === service && call.atMs >= fromMs && call.atMs < fromMs + 2 * MINUTE_MS
        ? {kind: 'error', message: TRANSIENT[3], when: 'before'}
        : undefined;
    lab.settle(6 * HOUR_MS);
    const record = lab.status(id);
    expect(record.status).toBe('completed');
    expectExplained(lab, record);
    lab.expectTidy();
  });

  test('at the lock keeps the last outcome all the same', () => {
    const lab = newLab();
    const {id} = lab.enqueue(inLine(2, {ms: 10_000}));
    let fromMs = Infinity;
    lab.world.onCall = (call) => {
      if (call.service !== 'lock' || lab.runs('job', 'end').length < 2) return undefined;
      fromMs = Math.min(fromMs, call.atMs);
      return call.atMs < fromMs + MINUTE_MS ? {kind: 'error', message: TRANSIENT[1], when: 'before'} : undefined;
    };
    lab.settle(6 * HOUR_MS);
    expect(lab.status(id).status).toBe('completed');
    expect(lab.runs()).toEqual(['s1', 's2']);
  });

  test('at the lock of a hand-over blames no step that never began', () => {
    const lab = newLab();
    const {id} = lab.enqueue(inLine(3, {ms: 100_000}));
    let fromMs = Infinity;
    lab.world.onCall = (call) => {
      if (call.service !== 'lock' || lab.runs('job', 'end').length === 0) return undefined;
      fromMs = Math.min(fromMs, call.atMs);
      return call.atMs < fromMs + MINUTE_MS ? {kind: 'error', message: TRANSIENT[1], when: 'before'} : undefined;
    };
    lab.settle(6 * HOUR_MS);
    expect(lab.status(id)).toMatchObject({status: 'completed', recoveries: []});
    expect(lab.runs()).toEqual(['s1', 's2', 's3']);
  });

  test.each(['before', 'after'] as const)('where no release succeeds (%s its effect)', (when) => {
    const lab = newLab();
    const {id} = lab.enqueue(inLine(3, {ms: 150_000}));
    lab.world.onCall = (call) =>
      call.method === 'releaseLock' ? {kind: 'error', message: TRANSIENT[1], when} : undefined;
    lab.settle(6 * HOUR_MS);
    expect(lab.status(id)).toMatchObject({status: 'completed', recoveries: []});
    expect(lab.runs()).toEqual(['s1', 's2', 's3']);
    lab.expectTidy();
  });
});

describe('the quota of the day', () => {
  const ENDED = 'Service invoked too many times for one day: properties.';

  test.each([0, 1, 2, 3, 5])('that ends with call %i is not run against, and nothing is lost', (allowed) => {
    const lab = newLab();
    const {id} = lab.enqueue(inLine(5, {ms: 10_000}));
    const [fromMs, untilMs] = [lab.world.nowMs + 60 * SECOND_MS, lab.world.nowMs + 3 * HOUR_MS];
    let calls = 0;
    let isSpent = false;
    lab.world.onCall = (call) => {
      if (call.service !== 'properties' || call.atMs < fromMs || call.atMs > untilMs) return undefined;
      if (++calls > allowed) isSpent = true;
      return isSpent ? {kind: 'error', message: ENDED, when: 'before'} : undefined;
    };
    lab.settle(24 * HOUR_MS);
    lab.world.onCall = undefined;
    const record = lab.status(id);
    expect(record).toMatchObject({status: 'completed', lastError: null});
    expectExplained(lab, record);
    expect(record.recoveries.length).toBeLessThanOrEqual(1);
    const idle = lab.world.executions.filter((one) => one.startMs > fromMs + 10 * MINUTE_MS && one.startMs < untilMs);
    // Each look of the watchdog finds out at once: no retries, no long wait.
    for (const look of idle) {
      expect(look.counts().reads + look.counts().writes).toBeLessThanOrEqual(3);
      expect((look.endMs ?? Infinity) - look.startMs).toBeLessThan(SECOND_MS);
    }
    lab.expectTidy();
  });

  test.each(['one', 'each'] as const)('as Google counts it (%s a bulk call) spreads a job over days', (bulk) => {
    const lab = newLab({dailyQuota: {propertyOperations: 50, bulk}});
    const {id} = lab.enqueue(inLine(15, {ms: 20_000}));
    lab.world.settle({horizonMs: 6 * 24 * HOUR_MS});
    // A day without a call, so that looking is possible.
    lab.pass(25 * HOUR_MS);
    expect(lab.status(id)).toMatchObject({status: 'completed', lastError: null});
    expectExplained(lab, lab.status(id));
  });

  test('refuses a request with what the service said, and nothing is stored', () => {
    const lab = newLab();
    lab.world.onCall = (call) =>
      call.method === 'setProperty' && call.store === 'script'
        ? {kind: 'error', message: ENDED, when: 'before'}
        : undefined;
    const refusal = lab.refusal('enqueue', {name: 'job', steps: [step('a')], options: {autoResume: false}});
    expect(refusal).toMatchObject({name: 'AstJobsCapabilityError', code: 'STORE_UNAVAILABLE'});
    expect(refusal.message).toContain(ENDED);
    expect(lab.world.store('script').size).toBe(0);
  });
});
