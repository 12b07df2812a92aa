import {utf8Bytes} from '../../src/core/bytes';
import {BALLAST_KEY, headerKey, planKey, PREFIXES_KEY, userKey} from '../../src/core/keys';
import {INLINE_PLAN_BYTES, MAX_PREFIXES, MAX_VALUE_BYTES, OWN_BYTES} from '../../src/core/limits';
import {encodePlan} from '../../src/core/plan-codec';
import {NO_TERMS} from '../../src/core/terms';
import {readJob} from '../../src/core/stored-job';
import {admitJob, prepareJob, type Admitted, type Candidate} from '../../src/engine/admission';
import {addressOf, during, hostOf, jobAt, type Held, type Values} from '../support/holds';
import type {MemoryWorld} from '../support/memory-ports';
import {planOf, stepNode} from '../support/plans';
import {ADDRESS, AT_MS} from '../support/stored';

const OPTIONS = {maxRetries: 2, maxRuntimeMs: 240_000, leaseTtlMs: 390_000, autoResume: true, workers: 1};

const candidateOf = (fields: Partial<Candidate> = {}): Candidate => ({
  ...{name: 'Nightly', prefix: ADDRESS.prefix, owner: 'u1', options: OPTIONS},
  ...{terms: NO_TERMS, dueMs: AT_MS + 60_000},
  plan: planOf(stepNode('a')),
  ...fields,
});

function admit(
  fields: Partial<Candidate> = {},
  values: Values = {},
  prepare: (world: MemoryWorld) => void = () => undefined,
): Held<Admitted> {
  const act: Parameters<typeof during<Admitted>>[1] = (hold, ports) => {
    const admitted = prepareJob(ports, hold, candidateOf(fields));
    admitJob(hold, admitted);
    return admitted;
  };
  return during(values, act, prepare);
}

const refusalOf = (fields: Partial<Candidate>, values: Values = {}): unknown => {
  try {
    return admit(fields, values).left;
  } catch (thrown) {
    return thrown;
  }
};

/** A plan with a text that does not shrink when it is packed, so that each character is a byte of the plan. */
function planOfRaw(chars: number): Candidate['plan'] {
  const letters = Array.from({length: 94}, (_none, index) => String.fromCharCode(33 + index)).filter(
    (letter) => letter !== '"' && letter !== '\\',
  );
  let state = 1;
  const text = Array.from({length: chars}, () => {
    state = (state * 48_271) % 2_147_483_647;
    return letters[state % letters.length];
  });
  return planOf(stepNode('a', {payload: text.join('')}));
}

/** What a header takes besides its plan. */
const HEADER_BYTES = 1_500;

test('a job that was admitted is there, queued, with all that was asked for', () => {
  const {got, left} = admit();
  const reading = readJob(left, got.address);
  if (reading.kind !== 'job') throw new Error(`Expected a job, got ${reading.kind}`);
  expect(reading.job.header).toEqual(got.header);
  expect(got.header).toMatchObject({
    ...{id: got.address.id, name: 'Nightly', owner: 'u1', options: OPTIONS, createdAtMs: AT_MS},
    phase: {kind: 'queued', dueMs: AT_MS + 60_000},
  });
  expect(reading.job.plan.nodes).toHaveLength(1);
  expect(left[BALLAST_KEY]).toBeDefined();
});

describe('the watchdog', () => {
  test('is there before the plan and the header', () => {
    const {left, world} = admit();
    expect(world.triggers).toMatchObject([{everyMs: 600_000}]);
    expect(left[userKey('u1')]).toContain(world.triggers[0]?.uid);
    expect([...world.values.keys()].pop()).toMatch(/~h$/);
  });

  test('is not made for a job that is run by hand, nor where none can be made', () => {
    expect(admit({options: {...OPTIONS, autoResume: false}}).world.triggers).toEqual([]);
    expect(admit({}, {}, (world) => (world.problem = 'not here')).world.triggers).toEqual([]);
  });
});

describe('a plan', () => {
  test('stands in the header up to its size there, and in pieces above', () => {
    const sizeOf = (chars: number): number => utf8Bytes(JSON.stringify(encodePlan(planOfRaw(chars))));
    const chars = INLINE_PLAN_BYTES - sizeOf(0);
    expect(sizeOf(chars)).toBe(INLINE_PLAN_BYTES);
    expect(admit({plan: planOfRaw(chars)}).got.header.plan).toMatchObject({pieces: 0, units: 1});
    const larger = admit({plan: planOfRaw(chars + 1)});
    expect(larger.got.header.plan).toMatchObject({inline: null, pieces: 1});
    expect(readJob(larger.left, larger.got.address).kind).toBe('job');
  });

  test('of several pieces is cut as a value may be long', () => {
    const {got, left} = admit({plan: planOfRaw(30_000)});
    const pieces = Array.from(
      {length: got.header.plan.pieces},
      (_none, index) => left[planKey(got.address, index)] ?? '',
    );
    expect(pieces.length).toBeGreaterThan(2);
    expect(pieces.every((piece) => utf8Bytes(piece) <= MAX_VALUE_BYTES && piece !== '')).toBe(true);
    expect(readJob(left, got.address).kind).toBe('job');
  });

  test('that all jobs together may not take is refused with the number', () => {
    const around = utf8Bytes(encodePlan(planOfRaw(0))) + HEADER_BYTES;
    const details = {limitBytes: OWN_BYTES, neededBytes: OWN_BYTES + 1};
    expect(refusalOf({plan: planOfRaw(OWN_BYTES + 1 - around)})).toMatchObject({code: 'PLAN_TOO_LARGE', details});
    // One byte less, and other jobs may be what is in the way.
    expect(refusalOf({plan: planOfRaw(OWN_BYTES - around)})).toMatchObject({code: 'STORE_FULL'});
  });

  test('for which there is no room is refused with the number, and nothing is stored', () => {
    const values = hostOf(440_000);
    let before: Values = {};
    const refuse = (): unknown =>
      admit({plan: planOfRaw(20_000)}, values, (world) => (before = Object.fromEntries(world.values)));
    expect(refuse).toThrow(/storage/);
    expect(before).toEqual(values);
    const {details} = refusalOf({plan: planOfRaw(20_000)}, values) as {details: Record<string, number>};
    const planBytes = utf8Bytes(encodePlan(planOfRaw(20_000)));
    // 500 KB less the host’s 50 KB, less what there is, less what headers may grow by.
    expect(details).toEqual({neededBytes: planBytes + HEADER_BYTES, freeBytes: 460_800 - 440_000 - 2_000});
  });

  test('is told of free bytes that are none as 0', () => {
    const {message} = refusalOf({}, hostOf(470_000)) as Error;
    expect(message).toMatch(/and 0 are free/);
  });
});

describe('a prefix', () => {
  const registered = (prefixes: readonly string[]): Values => ({[PREFIXES_KEY]: JSON.stringify(prefixes)});
  const inUse = (prefix: string): Values => ({[headerKey({prefix, id: addressOf(1).id})]: 'x'});

  test('is registered before the plan, but for the default one', () => {
    expect(admit().left[PREFIXES_KEY]).toBeUndefined();
    expect(admit({prefix: 'OTHER_'}).left[PREFIXES_KEY]).toBe('["OTHER_"]');
  });

  test('that is registered already is not written again', () => {
    const values = registered(['GONE_', 'OTHER_']);
    expect(admit({prefix: 'OTHER_'}, values).left[PREFIXES_KEY]).toBe(values[PREFIXES_KEY]);
  });

  test('takes the place of those that no key has any more', () => {
    const values = {...registered(['GONE_', 'USED_', ADDRESS.prefix]), ...inUse('USED_'), ...jobAt(addressOf(2), {})};
    expect(admit({prefix: 'OTHER_'}, values).left[PREFIXES_KEY]).toBe('["USED_","OTHER_"]');
  });

  test('beyond the most is refused', () => {
    const names = Array.from({length: MAX_PREFIXES}, (_none, index) => `P${index}_`);
    const used = Object.assign({}, ...names.map(inUse)) as Values;
    expect(refusalOf({prefix: 'OTHER_'}, {...registered(names), ...used})).toMatchObject({code: 'INVALID_OPTION'});
    const fewer = admit({prefix: 'OTHER_'}, {...registered(names.slice(1)), ...used}).left[PREFIXES_KEY];
    expect(JSON.parse(fewer ?? '')).toHaveLength(MAX_PREFIXES);
  });
});
