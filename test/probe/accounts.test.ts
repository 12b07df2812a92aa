/**
 * The probe of examples/probe in accounts that are set differently: its table has to say how, and a world that is set to
 * its JSON has to give the same answers once more.
 */
import {worldOptionsOf} from '../simulator';
import type {WorldOptions} from '../simulator';
import {expectNothingElseTouched, expectNothingLeft, LIBRARY, runProbe} from './lab';
import type {ProbeRequest} from './lab';

interface Account {
  readonly request: ProbeRequest & {readonly options: WorldOptions};
  /** Rows of the table that have to be exactly so. */
  readonly answers: Readonly<Record<string, string>>;
}

const ACCOUNTS: Readonly<Record<string, Account>> = {
  'as documented': {
    request: {options: {seed: 3}},
    answers: {
      'catch runs at the kill': 'no',
      'finally runs at the kill': 'no',
      'lock excludes other executions': 'yes',
      'lock excludes a second Lock object': 'yes',
      'those made by a trigger are born disabled': 'no',
      'fired one-offs stay listed': '12 of 12',
      'triggers find a const handler': 'yes',
      'getScriptProperties is one object': 'yes',
      'document properties, lock': 'yes, yes',
      'longest value': '9216: Exception: Argument too large: value',
      'it is counted in bytes': 'yes',
      'loading AST': 'not there',
      'way into the host, no library ASTProbeLibrary; within the script': 'yes',
    },
  },
  'with every wish denied': {
    request: {
      libraries: LIBRARY,
      isBound: false,
      options: {
        seed: 4,
        jitter: 0.5,
        latency: {read: 120, write: 250, lock: 90, release: 45, trigger: 700, cache: 60},
        limits: {valueBytes: 500 * 1024},
        triggerLagMs: [40_000, 80_000],
        quirks: {
          killedLockMs: Infinity,
          nestedOneOffs: {leastMs: Infinity, sooner: 'disabled'},
          oneOffsStay: false,
          recurringJitterMs: 10_000,
          freshHandles: true,
        },
      },
    },
    answers: {
      'finally runs at the kill': 'no',
      'lock excludes a second Lock object': 'yes',
      'those made by a trigger are born disabled': 'yes',
      'fired one-offs stay listed': '0 of 6',
      'triggers find a const handler': 'yes',
      'getScriptProperties is one object': 'no',
      'document properties, lock': 'no, no',
      'longest value': 'more than 200000',
      'way into the host, from a library': 'yes',
      'library is another realm': 'yes',
      'finds a const': 'yes',
      'finds the properties of the host': 'yes',
      'own store is that of the host': 'no',
    },
  },
  'with half an hour, and code that outlives it': {
    request: {
      options: {
        seed: 5,
        wallMs: 1_800_000,
        jitter: 0.2,
        limits: {valueBytes: 20_000},
        quirks: {
          wallGraceMs: 9_000,
          killedLockMs: 200_000,
          locksNest: true,
          nestedOneOffs: {leastMs: 60_000, sooner: 'refused'},
        },
      },
    },
    answers: {
      'catch runs at the kill': 'yes: Exception: Exceeded maximum execution time',
      'finally runs at the kill': 'yes',
      'lock excludes other executions': 'yes',
      'lock excludes a second Lock object': 'no',
      'those made by a trigger are born disabled': 'no',
      'fired one-offs stay listed': '9 of 9',
      'longest value': '20000: Exception: Argument too large: value',
    },
  },
};

/** Numbers of an account, as the JSON gives them to the simulator. */
function expectOptions(found: WorldOptions, set: WorldOptions): void {
  const {quirks = {}} = set;
  const near = (value: number | undefined, wanted: number, by: number) =>
    expect(Math.abs((value ?? NaN) - wanted)).toBeLessThanOrEqual(by);
  near(found.wallMs, set.wallMs ?? 360_000, 2_000);
  near(found.jitter, set.jitter ?? 0, 0.2);
  for (const [kind, latencyMs] of Object.entries(set.latency ?? {read: 30, write: 62, lock: 60, trigger: 300})) {
    const known = found.latency?.[kind as keyof typeof found.latency];
    near(known, latencyMs, 0.2 * latencyMs);
  }
  const [leastMs, mostMs] = set.triggerLagMs ?? [5_000, 60_000];
  const [foundLeastMs, foundMostMs] = found.triggerLagMs ?? [NaN, NaN];
  expect(foundLeastMs).toBeGreaterThanOrEqual(leastMs);
  expect(foundMostMs).toBeLessThanOrEqual(mostMs + 1_000);
  expect(foundMostMs - foundLeastMs).toBeGreaterThan(0.3 * (mostMs - leastMs));
  expect(found.limits?.valueBytes).toBe(set.limits?.valueBytes ?? 9_216);
  expect(found.quirks).toMatchObject({
    locksNest: quirks.locksNest ?? false,
    oneOffsStay: quirks.oneOffsStay ?? true,
    freshHandles: quirks.freshHandles ?? false,
  });
  expect(found.quirks?.nestedOneOffs).toEqual(quirks.nestedOneOffs);
  near(found.quirks?.wallGraceMs, quirks.wallGraceMs ?? 0, 2_500);
  if (quirks.killedLockMs === Infinity) expect(found.quirks?.killedLockMs).toBe(Infinity);
  // Where nobody was waiting for it, the lock was asked for once a minute.
  else near(found.quirks?.killedLockMs, quirks.killedLockMs ?? 0, 35_000);
  const jitterMs = quirks.recurringJitterMs ?? 2_000;
  expect(found.quirks?.recurringJitterMs).toBeGreaterThan(0.5 * jitterMs);
  expect(found.quirks?.recurringJitterMs).toBeLessThanOrEqual(jitterMs);
}

test.each(Object.entries(ACCOUNTS))(
  'an account %s: the table says so, and a world that is set to its JSON is alike',
  (_name, account) => {
    const {request, answers} = account;
    const probed = runProbe(request);
    expect(Object.fromEntries(probed.table)).toMatchObject(answers);
    expectNothingLeft(probed);
    expectNothingElseTouched(probed);
    const options = worldOptionsOf(probed.json);
    expectOptions(options, request.options);

    const again = runProbe({...request, options: {...options, seed: 77}});
    expect(Object.fromEntries(again.table)).toMatchObject(answers);
    expectOptions(worldOptionsOf(again.json), {...options, quirks: request.options.quirks ?? {}});
    expectNothingLeft(again);
  },
  20_000,
);
