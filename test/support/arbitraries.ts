/** Values for properties: any text, any JSON, and everything that the core stores. What they make is always legal. */
import fc from 'fast-check';
import type {Lease, Part, Phase, Recovery, Seal, Waiting} from '../../src/core/header';
import type {Header} from '../../src/core/header';
import type {LogPosition, Outcome, StoredCursor} from '../../src/core/outcome';
import {DEPENDENCY_POLICIES, NO_TERMS, PRIORITIES, type Terms} from '../../src/core/terms';
import type {Marker, Segment} from '../../src/core/segment';
import type {Mark, UnitRange} from '../../src/core/units';
import type {StoredError, WaitReason} from '../../src/types';

/** Any sequence of UTF-16 units, lone surrogates and control characters among them. */
export const anyText = (maxLength = 20): fc.Arbitrary<string> =>
  fc
    .array(
      fc.oneof(
        {weight: 4, arbitrary: fc.integer({min: 0x20, max: 0x7e})},
        {weight: 2, arbitrary: fc.integer({min: 0, max: 0xffff})},
        {weight: 1, arbitrary: fc.integer({min: 0xd800, max: 0xdfff})},
        {weight: 1, arbitrary: fc.constantFrom(0, 0x22, 0x5c, 0x7f, 0x2028, 0xfeff)},
      ),
      {maxLength},
    )
    .map((units) => String.fromCharCode(...units));

const anyKey = fc.oneof(
  {weight: 3, arbitrary: anyText(8)},
  {weight: 1, arbitrary: fc.constantFrom('__proto__', 'constructor', 'toString', 'toJSON', '0', '10', '')},
);

const anyNumber = fc.oneof(
  fc.integer(),
  fc.double({noNaN: true, noDefaultInfinity: true}).map((value) => (Object.is(value, -0) ? 0 : value)),
);

/** Any JSON value; an own `__proto__` key is a key like another. */
export const anyJson: fc.Arbitrary<unknown> = fc.letrec<{value: unknown}>((tie) => ({
  value: fc.oneof(
    {maxDepth: 4, depthSize: 'small'},
    fc.constant(null),
    fc.boolean(),
    anyNumber,
    anyText(),
    fc.array(tie('value'), {maxLength: 4}),
    fc.array(fc.tuple(anyKey, tie('value')), {maxLength: 4}).map((entries) => Object.fromEntries(entries)),
  ),
})).value;

/** JSON text as `JSON.stringify` writes it. */
export const jsonText: fc.Arbitrary<string> = fc.oneof(
  {weight: 9, arbitrary: anyJson.map((value) => JSON.stringify(value))},
  {weight: 1, arbitrary: fc.integer({min: 100, max: 1_000}).map((depth) => '['.repeat(depth) + ']'.repeat(depth))},
);

export const count = fc.nat({max: 100_000});
export const instantMs = fc.integer({min: 1_700_000_000_000, max: 1_900_000_000_000});
const durationMs = fc.nat({max: 400_000});
const checksum = fc.stringMatching(/^[0-9a-z]{8,14}$/);

export const storedError: fc.Arbitrary<StoredError> = fc.record(
  {
    name: anyText(),
    message: anyText(60),
    code: fc.constantFrom('STEP_FAILED', 'ASYNC_HANDLER'),
    details: fc.dictionary(anyText(6), fc.integer(), {noNullPrototype: true}),
  },
  {requiredKeys: ['name', 'message', 'details'], noNullPrototype: true},
);

/** Where a step has come to. */
const cursor: fc.Arbitrary<StoredCursor> = fc.record({version: count, text: jsonText});

const unitRange: fc.Arbitrary<UnitRange> = fc
  .tuple(count, fc.nat({max: 999}))
  .map(([first, more]) => ({first, last: first + more}));

const mark: fc.Arbitrary<Mark> = fc.oneof(
  fc.constant(null),
  count.map((unit) => ({first: unit, last: unit})),
  unitRange,
);

const marker: fc.Arbitrary<Marker> = fc.oneof(
  mark.map((units) => ({units, cursor: null})),
  fc.record({units: count.map((unit) => ({first: unit, last: unit})), cursor}),
);

/** Outcomes of units below a number. */
export function outcomes(units: number): fc.Arbitrary<Outcome> {
  const base = {unit: fc.nat({max: units - 1}), atMs: instantMs};
  const address = {part: fc.constant(0), log: count, epoch: count};
  return fc.oneof(
    fc.record({kind: fc.constant('done' as const), ...base, durationMs, result: jsonText}),
    fc
      .record({...base, durationMs, pieces: fc.integer({min: 1, max: 60}), sum: checksum, ...address})
      .map(({unit, atMs, durationMs: lasted, pieces, sum, part, log, epoch}): Outcome => {
        const large = {address: {part, log, epoch, unit}, pieces, sum};
        return {kind: 'doneLarge', unit, atMs, durationMs: lasted, large};
      }),
    fc.record({
      kind: fc.constant('failed' as const),
      ...base,
      durationMs,
      error: storedError,
      retryAtMs: fc.option(instantMs),
    }),
    fc.record({kind: fc.constant('killed' as const), ...base, crashes: fc.integer({min: 1, max: 20})}),
    fc.record({kind: fc.constant('cursor' as const), ...base, durationMs, cursor}),
    fc
      .record({...base, durationMs, count: fc.integer({min: 1, max: 20})})
      .map((group): Outcome => ({kind: 'void', ...group, count: Math.min(group.count, units - group.unit)})),
  );
}

/** Results of a map step one after another, which are stored as a run. */
const run = (units: number): fc.Arbitrary<readonly Outcome[]> =>
  fc
    .tuple(fc.nat({max: units - 1}), fc.array(fc.tuple(instantMs, durationMs, jsonText), {minLength: 2, maxLength: 8}))
    .map(([first, entries]) =>
      entries
        .map(([atMs, lasted, result], index): Outcome => {
          return {kind: 'done', unit: first + index, atMs, durationMs: lasted, result};
        })
        .filter((outcome) => outcome.unit < units),
    );

/** Logs of a plan with so many units. */
export function logs(units: number, maxLength = 6): fc.Arbitrary<readonly Outcome[]> {
  const piece = fc.oneof(
    outcomes(units).map((outcome): readonly Outcome[] => [outcome]),
    run(units),
  );
  return fc.array(piece, {maxLength}).map((pieces) => pieces.flat());
}

export const segments: fc.Arbitrary<Segment> = fc.record({
  epoch: count,
  marker,
  outcomes: logs(500),
});

const REASONS: readonly WaitReason[] = ['budget', 'retry', 'user', 'quota', 'store', 'handler', 'dependency', 'event'];

const waiting: fc.Arbitrary<Waiting> = fc.record(
  {reason: fc.constantFrom(...REASONS), untilMs: fc.option(instantMs), handler: fc.string(), bytes: count},
  {requiredKeys: ['reason', 'untilMs'], noNullPrototype: true},
);

const phase: fc.Arbitrary<Phase> = fc.oneof(
  fc.record({kind: fc.constant('queued' as const), dueMs: instantMs}),
  fc.record({kind: fc.constant('running' as const)}),
  fc.record({kind: fc.constant('paused' as const), waiting}),
  fc.record({kind: fc.constantFrom('completed' as const, 'failed' as const, 'canceled' as const), atMs: instantMs}),
);

const position: fc.Arbitrary<LogPosition> = fc.record({count, sum: checksum});
const lease: fc.Arbitrary<Lease> = fc.record({
  untilMs: instantMs,
  by: anyText(),
  mark,
  share: fc.option(unitRange),
});
const part: fc.Arbitrary<Part> = fc.record({epoch: count, log: count, position, lease: fc.option(lease)});
const seal: fc.Arbitrary<Seal> = fc.record({part: fc.nat({max: 3}), log: count, position});
const recovery: fc.Arbitrary<Recovery> = fc.record({
  atMs: instantMs,
  epoch: count,
  reason: fc.constantFrom('killed', 'canceled', 'store'),
  inDoubt: fc.array(unitRange, {maxLength: 2}),
});

/** Nothing is remembered of a job whose longest attempt took no time. */
const longest = fc
  .record({jobMs: durationMs, nodes: fc.array(fc.tuple(count, durationMs), {maxLength: 3})})
  .map(({jobMs, nodes}): Header['longest'] => ({jobMs, nodes: jobMs === 0 ? [] : nodes}));

/** As it comes out of JSON: −0 is 0. */
const shortJson = fc.jsonValue({maxDepth: 1}).map((value) => JSON.parse(JSON.stringify(value)) as unknown);

const keyUntil = fc.record({key: anyText(20), untilMs: instantMs});

/** Terms that differ from none in anything. */
export const terms: fc.Arbitrary<Terms> = fc.record({
  description: fc.option(anyText(20)),
  tags: fc.array(anyText(10), {maxLength: 2}),
  priority: fc.constantFrom(...PRIORITIES),
  maker: fc.constantFrom(null, 'workflow', 'execution', 'schedule'),
  dependencies: fc.array(anyText(10), {maxLength: 2}),
  onDependencyFailure: fc.constantFrom(...DEPENDENCY_POLICIES),
  batch: fc.option(anyText(10)),
  schedule: fc.option(anyText(10)),
  timeoutMs: fc.option(durationMs),
  deadlineAtMs: fc.option(instantMs),
  idempotency: fc.option(keyUntil),
  singleton: fc.option(anyText(10)),
  debounce: fc.option(keyUntil),
  resources: fc.array(anyText(10), {maxLength: 2}),
  deadLetter: fc.option(
    fc.record({
      state: fc.constantFrom<'queued' | 'replayed'>('queued', 'replayed'),
      atMs: instantMs,
      replayedAs: fc.option(anyText(10)),
    }),
  ),
  hasPlanExtras: fc.boolean(),
});

/** Headers whose fields have the right types, whether or not they tell one story. */
export const headers: fc.Arbitrary<Header> = fc.record({
  id: fc.constant('job_0mk2xyz12_abcdefghij'),
  name: anyText(),
  owner: anyText(),
  isHalted: fc.boolean(),
  isEventDue: fc.boolean(),
  revision: count,
  phase,
  createdAtMs: instantMs,
  updatedAtMs: instantMs,
  startedAtMs: fc.option(instantMs),
  pausedAtMs: fc.option(instantMs),
  options: fc.record({
    ...{maxRetries: count, maxRuntimeMs: count, leaseTtlMs: count, autoResume: fc.boolean()},
    workers: fc.integer({min: 1, max: 10}),
  }),
  terms: fc.oneof(fc.constant(NO_TERMS), terms),
  plan: fc.record({inline: fc.option(anyText(40)), pieces: count, sum: checksum, units: count}),
  parts: fc.array(part, {minLength: 1, maxLength: 4}),
  seals: fc.array(seal, {maxLength: 4}),
  sealPages: count,
  suspects: fc.array(fc.record({unit: count, crashes: count}), {maxLength: 4}),
  doubts: fc.array(unitRange, {maxLength: 3}),
  recoveries: fc.array(recovery, {maxLength: 4}),
  longest,
  last: fc.option(outcomes(500)),
  use: fc.option(
    fc.record({
      ...{sinceMs: instantMs, tickedMs: instantMs, triggerMs: durationMs, operations: count, keyOperations: count},
      triggersCreated: count,
      refused: fc.subarray<'triggerTime' | 'propertyOperations'>(['triggerTime', 'propertyOperations']),
    }),
  ),
  unknown: fc.dictionary(fc.constantFrom('q', 'due', '__proto__'), shortJson, {
    maxKeys: 2,
    noNullPrototype: true,
  }),
  fault: fc.option(storedError),
  isRemoved: fc.boolean(),
  folded: fc.option(
    fc.record({error: fc.option(fc.tuple(storedError, fc.option(anyText())).map(([e, stepId]) => ({...e, stepId})))}),
  ),
});

/** One change of a text. */
export interface Mutation {
  readonly kind: 'flip' | 'cut' | 'insert' | 'double';
  /** Where, as a share of the text's length. */
  readonly at: number;
  readonly length: number;
  readonly char: string;
}

export const mutations: fc.Arbitrary<readonly Mutation[]> = fc.array(
  fc.record({
    kind: fc.constantFrom('flip', 'cut', 'insert', 'double'),
    at: fc.double({min: 0, max: 1, noNaN: true}),
    length: fc.integer({min: 1, max: 12}),
    char: fc.oneof(fc.constantFrom('0', '9', '-', '.', 'e', ',', '[', ']', '{', '}', '"', ' ', '1'), anyText(1)),
  }),
  {minLength: 1, maxLength: 3},
);

/** Damages a text. */
export function mutate(text: string, changes: readonly Mutation[]): string {
  return changes.reduce((current, {kind, at, length, char}) => {
    const index = Math.floor(at * current.length);
    const [before, after] = [current.slice(0, index), current.slice(index)];
    switch (kind) {
      case 'flip':
        return before + char + after.slice(1);
      case 'cut':
        return before + after.slice(length);
      case 'insert':
        return before + char + after;
      case 'double':
        return before + after.slice(0, length) + after;
    }
  }, text);
}
