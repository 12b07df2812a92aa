import {partAt, type Header, type Waiting} from '../../src/core/header';
import {headerKey, planKey, userKey} from '../../src/core/keys';
import {ORPHAN_AFTER_MS} from '../../src/core/limits';
import {readHeader} from '../../src/core/stored-job';
import {cancel} from '../../src/core/transitions';
import {encodeHeader} from '../../src/core/header-codec';
import {pausedFor} from '../support/claims';
import {addressOf, hostOf, jobAt, sizeOf, type Values} from '../support/holds';
import {Script} from '../support/passes';
import {loosePlan, planOf, stepNode} from '../support/plans';
import {AT_MS, failed, LEASE, positionOf, segment, type StoredParts} from '../support/stored';

/** Which waits for the dispatcher since `AT_MS`. */
const DUE = pausedFor({reason: 'budget', untilMs: AT_MS});
const MANUAL = {maxRetries: 2, maxRuntimeMs: 240_000, leaseTtlMs: 390_000, autoResume: false, workers: 1};

/** A job of that number, `job 1`, due unless it says otherwise. */
function job(number: number, header: Partial<Header> = {}, parts: StoredParts = {}): Values {
  const fields = {...DUE, name: `job ${number}`, ...header};
  return jobAt(addressOf(number), {plan: loosePlan(1), ...parts, header: {...fields}});
}

function headerOf(script: Script, number: number): Header {
  const decoded = readHeader(script.store, addressOf(number));
  if (decoded.kind !== 'header') throw new Error(`Expected a header, got ${decoded.kind}`);
  return decoded.header;
}

describe('a pass', () => {
  test('runs what is due to its end, one job after the other, and tells so in one line', () => {
    const script = new Script({...job(1, {}, {plan: loosePlan(2)}), ...job(2)});
    const result = script.pass();
    const [one, two] = [addressOf(1).id, addressOf(2).id];
    expect(result).toEqual({
      jobs: [
        {id: one, name: 'job 1', status: 'completed', steps: 2},
        {id: two, name: 'job 2', status: 'completed', steps: 1},
      ],
      open: 0,
      end: 'idle',
    });
    expect(script.runs).toEqual(['job 1 s0', 'job 1 s1', 'job 2 s0']);
    expect(script.world.lines).toEqual([
      `AST.Jobs: job 1 (${one}) completed, 2 steps; job 2 (${two}) completed, 1 steps; 0 open; idle`,
    ]);
  });

  test('with nothing to do says so', () => {
    const script = new Script({});
    expect(script.pass()).toEqual({jobs: [], open: 0, end: 'idle'});
    expect(script.world.lines).toEqual(['AST.Jobs: nothing ran; 0 open; idle']);
  });

  test('takes the job first that was touched longest ago, and of two the older id', () => {
    const touched = (number: number, updatedAtMs: number): Values => job(number, {updatedAtMs});
    const script = new Script({...touched(3, AT_MS - 5), ...touched(2, AT_MS - 5), ...touched(1, AT_MS - 1)});
    script.pass();
    expect(script.runs).toEqual(['job 2 s0', 'job 3 s0', 'job 1 s0']);
  });

  test('leaves what is not due yet, what is owned, what is final and what others accepted', () => {
    const values = {
      ...job(1, pausedFor({reason: 'retry', untilMs: AT_MS + 1})),
      ...job(2, {phase: {kind: 'running'}}, {lease: LEASE}),
      ...job(3, {phase: {kind: 'completed', atMs: AT_MS}}),
      ...job(4, {owner: 'u2'}),
    };
    const script = new Script(values);
    expect(script.pass()).toEqual({jobs: [], open: 2, end: 'open'});
    expect(script.store).toMatchObject(values);
  });

  test('takes each job once: one that paused for the budget has had its share', () => {
    const script = new Script(job(1, {}, {plan: loosePlan(3)}));
    script.stepMs = 130_000;
    const result = script.pass();
    expect(result).toMatchObject({jobs: [{status: 'paused: budget', steps: 1}], open: 1, end: 'open'});
    expect(headerOf(script, 1).phase.kind).toBe('paused');
  });

  test('does not run a suspect behind another step, nor where a handler ran before', () => {
    const suspect = {suspects: [{unit: 0, crashes: 1}], updatedAtMs: AT_MS + 1};
    const script = new Script({...job(1), ...job(2, suspect)});
    expect(script.pass()).toMatchObject({open: 1});
    expect(script.runs).toEqual(['job 1 s0']);
    const other = new Script(job(2, suspect));
    other.pass(undefined, (ports) => ports, true);
    expect(other.runs).toEqual([]);
    other.pass();
    expect(other.runs).toEqual(['job 2 s0']);
  });

  test('tells what a job waits for, and which was taken over', () => {
    const script = new Script({
      ...job(1, {}, {plan: planOf(stepNode('a'), stepNode('b', {handler: 'gone', deps: [0]}))}),
      ...job(2),
    });
    script.onRun = ({name}) => {
      if (name === 'job 2')
        script.world.values.set(headerKey(addressOf(2)), encodeHeader(cancel(headerOf(script, 1), 0)));
    };
    expect(script.pass().jobs).toMatchObject([
      {name: 'job 1', status: 'paused: handler', steps: 1},
      {name: 'job 2', status: 'lost', steps: 1},
    ]);
  });

  test('counts no step of an execution that lost its job and knows it', () => {
    const script = new Script(job(1, {}, {plan: loosePlan(2)}));
    script.stepMs = 6_000;
    script.onRun = () =>
      script.world.values.set(headerKey(addressOf(1)), encodeHeader(cancel(headerOf(script, 1), AT_MS)));
    expect(script.pass().jobs).toMatchObject([{name: 'job 1', status: 'lost', steps: 0}]);
    expect(script.runs).toEqual(['job 1 s0']);
  });

  test('runs a job whose minute of grace is over, and of its steps those that are due', () => {
    const retries = [failed(0, AT_MS), failed(1, AT_MS + 300_000)];
    const progress = {plan: loosePlan(3), position: positionOf(retries), logs: {0: [segment(retries)]}};
    const script = new Script(job(1, {phase: {kind: 'queued', dueMs: AT_MS}}, progress));
    expect(script.pass().jobs).toMatchObject([{status: 'paused: retry', steps: 2}]);
    expect(script.runs).toEqual(['job 1 s0', 'job 1 s2']);
  });

  test('reports a damaged job once and goes on with the others', () => {
    const plan = {inline: 'gone', pieces: 0, sum: 'x', units: 1};
    const script = new Script({...job(1, {plan}), ...job(2)});
    expect(script.pass()).toMatchObject({
      jobs: [
        {name: 'job 1', status: 'damaged: plan', steps: 0},
        {name: 'job 2', status: 'completed'},
      ],
      open: 1,
      end: 'open',
    });
    // The watchdog stays, and no other trigger is made for what cannot be read.
    expect([script.triggers(true).length, script.oneOffs()]).toEqual([1, []]);
  });

  test('never throws: an error is what it ends with', () => {
    const script = new Script(job(1));
    const broken = {
      readAll: () => {
        throw new Error('no such service');
      },
    };
    const result = script.pass(undefined, (ports) => ({...ports, store: {...ports.store, ...broken}}));
    expect(result).toMatchObject({jobs: [], open: 0, end: 'error', error: 'no such service'});
    expect(script.world.lines).toEqual(['AST.Jobs: nothing ran; 0 open; error: no such service']);
  });

  test('gives a job whose claim does not fit into the store up for now, and the others their turn', () => {
    const script = new Script({...job(1), ...job(2, {updatedAtMs: AT_MS + 1})});
    const set = (key: string, value: string): void => {
      if (key === headerKey(addressOf(1))) throw new Error('You have exceeded the property storage quota.');
      script.world.values.set(key, value);
    };
    const result = script.pass(undefined, (ports) => ({...ports, store: {...ports.store, set}}));
    expect(result.jobs).toMatchObject([
      {name: 'job 1', status: 'not claimed: store', steps: 0},
      {name: 'job 2', status: 'completed'},
    ]);
  });

  test('gives a job whose claim throws for no known reason up for now, and the others their turn', () => {
    const script = new Script({...job(1), ...job(2, {updatedAtMs: AT_MS + 1})});
    let asked = 0;
    const result = script.pass(undefined, (ports) => ({
      ...ports,
      handlers: {
        find: (name) => {
          if (asked++ === 0) throw new TypeError('not as expected');
          return ports.handlers.find(name);
        },
      },
    }));
    expect(result.jobs).toMatchObject([
      {name: 'job 1', status: 'not claimed: not as expected', steps: 0},
      {name: 'job 2', status: 'completed'},
    ]);
  });

  test('ends where the store cannot be written at all', () => {
    const script = new Script({...job(1), ...job(2)});
    const set = (): void => {
      throw new Error('not today');
    };
    const result = script.pass(undefined, (ports) => ({
      ...ports,
      store: {...ports.store, set},
      triggers: {...ports.triggers, problem: () => 'none'},
    }));
    expect(result).toMatchObject({end: 'error', jobs: []});
    expect(result.error).toMatch(/not today/);
  });
});

describe('a job that waits for room', () => {
  const waiting: Waiting = {reason: 'store', untilMs: null, bytes: 20_000};

  test('is taken when there is some, after finished jobs gave way', () => {
    const finished = {
      ...job(2, {phase: {kind: 'completed', atMs: AT_MS}}),
      [planKey(addressOf(2), 5)]: '.'.repeat(8_000),
    };
    const values = {...job(1, pausedFor(waiting)), ...finished};
    const script = new Script({...values, ...hostOf(460_000 - 2_000 - 15_000 - sizeOf(values))});
    expect(script.pass().jobs).toMatchObject([{name: 'job 1', status: 'completed'}]);
    expect(script.store[planKey(addressOf(2), 5)]).toBeUndefined();
  });

  test('is left alone while there is none', () => {
    const script = new Script({...job(1, pausedFor(waiting)), ...hostOf(450_000)});
    expect(script.pass()).toMatchObject({jobs: [], open: 1});
  });

  test('is the only one that does: others run in a store that is full', () => {
    const script = new Script({...job(1), ...hostOf(480_000)});
    expect(script.pass().jobs).toMatchObject([{status: 'completed'}]);
  });

  test('is taken where it does not say how much', () => {
    const script = new Script(job(1, pausedFor({reason: 'store', untilMs: null})));
    expect(script.pass().jobs).toHaveLength(1);
  });
});

describe('the sweep at the end of a pass', () => {
  const stray = (ageMs: number): Values => ({[planKey(addressOf(9, AT_MS - ageMs), 0)]: 'x'});

  test('deletes what is of no job', () => {
    const script = new Script(stray(ORPHAN_AFTER_MS + 1));
    expect(script.pass().end).toBe('idle');
    expect(Object.keys(script.store)).toEqual(['AST_JOBS_BALLAST']);
    expect(script.world.triggers).toEqual([]);
  });

  test('keeps the watchdog while something is left to delete', () => {
    const script = new Script(stray(ORPHAN_AFTER_MS));
    script.addWatchdog();
    script.pass();
    expect(script.triggers(true)).toHaveLength(1);
  });
});

test('whose pass it is tells the trigger, else the properties of the user', () => {
  const values = {...job(1, {owner: 'u1'}), ...job(2, {owner: 'u2'})};
  const named = new Script(values, null);
  const uid = named.addWatchdog('u2');
  named.pass({triggerUid: uid});
  expect(named.runs).toEqual(['job 2 s0']);
  // It is known for the whole pass, though the first claim deletes that trigger and its name.
  const oneOff = new Script({...values, ...job(3, {owner: 'u2'})}, null);
  oneOff.addWatchdog('u2', {o: '77', a: AT_MS});
  oneOff.pass({triggerUid: 77});
  expect(oneOff.runs).toEqual(['job 2 s0', 'job 3 s0']);
  for (const event of [undefined, null, 'x', {}, {triggerUid: {}}, {triggerUid: 'stray'}]) {
    const own = new Script(values, 'u1');
    own.addWatchdog('u2');
    own.pass(event);
    expect(own.runs).toEqual(['job 1 s0']);
  }
  const throwing = Object.defineProperty({}, 'triggerUid', {
    get: () => {
      throw new Error('no');
    },
  });
  expect(new Script(values, 'u1').pass(throwing).jobs).toHaveLength(1);
  // Two keys that name one trigger: nobody can tell by it.
  const both = new Script(values, 'u1');
  const shared = both.addWatchdog('u2');
  both.world.values.set(userKey('u1'), both.store[userKey('u2')] ?? '');
  both.pass({triggerUid: shared});
  expect(both.runs).toEqual(['job 1 s0']);
});

test('a job without autoResume is nobody’s business', () => {
  const script = new Script(job(1, {options: MANUAL}));
  expect(script.pass()).toEqual({jobs: [], open: 1, end: 'open'});
  expect([script.world.triggers, partAt(headerOf(script, 1), 0).epoch]).toEqual([[], 1]);
});
