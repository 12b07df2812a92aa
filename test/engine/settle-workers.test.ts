/** The end of one of several workers: what becomes of the job is seen with what the others have done. */
import {partAt, type Header, type Part, type Waiting} from '../../src/core/header';
import {headerKey, segmentKey} from '../../src/core/keys';
import type {Outcome} from '../../src/core/outcome';
import {claimJob, type ClaimResult} from '../../src/engine/claim';
import {withHold} from '../../src/engine/hold';
import type {RunEnd} from '../../src/engine/runner';
import {settle, type Settlement} from '../../src/engine/settle';
import {halt} from '../../src/core/transitions';
import {decodeHeader, encodeHeader} from '../../src/core/header-codec';
import {TERMS} from '../support/claims';
import {worldOf, type Values} from '../support/holds';
import type {MemoryWorld} from '../support/memory-ports';
import {deadPart, jobWithParts, logOf, partAtWork} from '../support/parts';
import {planOf, rangeNode, reduceNode} from '../support/plans';
import {BUDGET, LONGEST, pause} from '../support/settlements';
import {ADDRESS, AT_MS, done, failed, jobIn, segment, START} from '../support/stored';

const FOUR = planOf(rangeNode('n', 4));
const FREE: Part = {epoch: 1, log: 0, position: START, lease: null};
const share = (...outcomes: readonly Outcome[]): RunEnd => ({
  ...{kind: 'share'},
  rest: {outcomes, longest: LONGEST, calls: outcomes.length},
});

interface Settled {
  readonly got: Settlement;
  readonly header: Header;
  readonly completed: readonly number[];
}

/** Claims a part of a job beside another, and settles it. */
function settleBeside(values: Values, end: RunEnd, meanwhile: (world: MemoryWorld) => void = () => undefined): Settled {
  const world = worldOf(values);
  world.handlers.set('work', () => null);
  const got = world.execute((ports) => {
    const claimed: ClaimResult = withHold(ports, (hold) => claimJob(ports, hold, jobIn(hold.snapshot), TERMS));
    if (claimed.kind !== 'owned') throw new Error(`Expected to own a part, got ${claimed.kind}.`);
    const {owned} = claimed;
    if (end.kind !== 'lost') for (const outcome of end.rest.outcomes) owned.job.ledger.apply(outcome);
    world.nowMs += 10_000;
    meanwhile(world);
    return withHold(ports, (hold) => settle(ports, hold, owned, end));
  });
  const job = jobIn(Object.fromEntries(world.values));
  return {got, header: job.header, completed: job.ledger.completedUnits()};
}

/** What another worker does meanwhile: it commits, and gives back or goes on. */
const commits =
  (outcomes: readonly Outcome[], isOver: boolean) =>
  (world: MemoryWorld): void => {
    const log = logOf(0, segment(outcomes));
    for (const [key, value] of Object.entries(log)) world.values.set(key, value);
    const decoded = decodeHeader(world.values.get(headerKey(ADDRESS)) ?? '');
    if (!isOver || decoded.kind !== 'header') return;
    const {position} = jobIn(Object.fromEntries(world.values)).tails[0] ?? {position: START};
    const parts = decoded.header.parts.map((part, index) => (index === 0 ? {...part, position, lease: null} : part));
    world.values.set(headerKey(ADDRESS), encodeHeader({...decoded.header, parts}));
  };

test('a job goes on running while another is at work on it', () => {
  const values = jobWithParts(FOUR, [partAtWork(0, 1)]);
  const {got, header, completed} = settleBeside(values, share(done(2), done(3)));
  expect([got, header.phase.kind, completed]).toEqual(['settled', 'running', [2, 3]]);
  expect(partAt(header, 0)).toEqual(partAtWork(0, 1));
  expect(partAt(header, 1)).toMatchObject({epoch: 1, lease: null, position: {count: 2}});
});

test('a job ends with the last of its workers, by what all of them have done', () => {
  const values = jobWithParts(FOUR, [partAtWork(0, 1)]);
  const {header, completed} = settleBeside(values, share(done(2), done(3)), commits([done(0), done(1)], true));
  expect([header.phase, completed]).toEqual([{kind: 'completed', atMs: AT_MS + 10_000}, [0, 1, 2, 3]]);
});

test('a job does not end under the hands of another, though everything is done', () => {
  const values = jobWithParts(FOUR, [partAtWork(0, 1)]);
  const {header, completed} = settleBeside(values, share(done(2), done(3)), commits([done(0), done(1)], false));
  expect([header.phase.kind, completed]).toEqual(['running', [0, 1, 2, 3]]);
});

test('a job fails when another has lost an item, and the rest is done', () => {
  const values = jobWithParts(FOUR, [partAtWork(0, 1)]);
  const {header} = settleBeside(values, share(done(2), done(3)), commits([done(0), failed(1)], true));
  expect(header.phase.kind).toBe('failed');
});

describe('the last of the workers', () => {
  const waitingAfter = (meanwhile: (world: MemoryWorld) => void, end: RunEnd, plan = FOUR): Waiting | string => {
    const {phase} = settleBeside(jobWithParts(plan, [partAtWork(0, 1)]), end, meanwhile).header;
    return phase.kind === 'paused' ? phase.waiting : phase.kind;
  };

  test('leaves the job due at once where others left items', () => {
    const waiting = {reason: 'budget', untilMs: AT_MS + 10_000};
    expect(waitingAfter(commits([done(0)], true), share(done(2), done(3)))).toEqual(waiting);
    expect(waitingAfter(commits([done(0), done(1)], true), pause(BUDGET, done(2)))).toEqual(waiting);
  });

  test('leaves it due at once where the next step is ready, which was in no share', () => {
    const plan = planOf(rangeNode('n', 4), reduceNode('sum', 0));
    const waiting = {reason: 'budget', untilMs: AT_MS + 10_000};
    expect(waitingAfter(commits([done(0), done(1)], true), share(done(2), done(3)), plan)).toEqual(waiting);
  });

  test('leaves it waiting for the retry of another’s item, if nothing else is left', () => {
    const retryMs = AT_MS + 60_000;
    const retry = commits([done(0), failed(1, retryMs)], true);
    expect(waitingAfter(retry, share(done(2), done(3)))).toEqual({reason: 'retry', untilMs: retryMs});
  });
});

test('a halt is heard by the last of them', () => {
  const values = jobWithParts(FOUR, [partAtWork(0, 1)]);
  const {header} = settleBeside(values, pause({reason: 'user', untilMs: null}, done(2)), (world) => {
    commits([done(0)], true)(world);
    const decoded = decodeHeader(world.values.get(headerKey(ADDRESS)) ?? '');
    if (decoded.kind === 'header') world.values.set(headerKey(ADDRESS), encodeHeader(halt(decoded.header, AT_MS)));
  });
  expect(header.phase).toEqual({kind: 'paused', waiting: {reason: 'user', untilMs: null}});
});

test('a worker that was taken for dead writes nothing, and its job is another’s', () => {
  const values = jobWithParts(FOUR, [partAtWork(0, 1)]);
  let before: Values = {};
  const {got, header} = settleBeside(values, share(done(2), done(3)), (world) => {
    const decoded = decodeHeader(world.values.get(headerKey(ADDRESS)) ?? '');
    if (decoded.kind !== 'header') return;
    const parts = decoded.header.parts.map((part, index) => (index === 1 ? {...part, epoch: part.epoch + 1} : part));
    world.values.set(headerKey(ADDRESS), encodeHeader({...decoded.header, parts}));
    before = Object.fromEntries(world.values);
  });
  expect(got).toBe('lost');
  expect(header).toEqual(jobIn(before).header);
});

describe('a claim beside others', () => {
  const claimIn = (values: Values): {readonly got: ClaimResult; readonly header: Header} => {
    const world = worldOf(values);
    world.handlers.set('work', () => null);
    const got = world.execute((ports) => withHold(ports, (hold) => claimJob(ports, hold, jobIn(hold.snapshot), TERMS)));
    return {got, header: jobIn(Object.fromEntries(world.values)).header};
  };

  test('takes the first free part, and units that nobody has', () => {
    const {got, header} = claimIn(jobWithParts(FOUR, [partAtWork(0, 1), FREE]));
    expect(
      got.kind === 'owned' ? [got.owned.part, got.owned.epoch, got.owned.firstUnit, got.owned.share] : got.kind,
    ).toEqual([...[1, 2, 2], {first: 2, last: 2}]);
    expect(partAt(header, 1).lease).toMatchObject({mark: {first: 2, last: 2}, share: {first: 2, last: 2}});
  });

  test('takes the share of one that died, and blames what that was at', () => {
    const {got, header} = claimIn(jobWithParts(FOUR, [partAtWork(0, 1), deadPart(2, 3)]));
    expect(got.kind === 'owned' ? [got.owned.part, got.owned.firstUnit, got.owned.mark] : got.kind).toEqual([
      1,
      2,
      null,
    ]);
    expect(header.suspects).toEqual([{unit: 2, crashes: 1}]);
  });

  test('finds no place where all workers live, and nothing to do where they have everything', () => {
    const all = jobWithParts(planOf(rangeNode('n', 30)), [partAtWork(0, 1), partAtWork(2, 3), partAtWork(4, 5)]);
    expect(claimIn(all).got.kind).toBe('busy');
    const values = jobWithParts(FOUR, [partAtWork(0, 1), partAtWork(2, 3)]);
    const {got, header} = claimIn(values);
    expect([got.kind, header]).toEqual(['busy', jobIn(values).header]);
  });

  test('writes into a log of its own', () => {
    const {got} = claimIn(jobWithParts(FOUR, [partAtWork(0, 1)]));
    const keys: string[] = [];
    if (got.kind === 'owned')
      got.owned.writer.commit((key) => void keys.push(key), [done(2)], {units: null, cursor: null});
    expect(keys).toEqual([segmentKey(ADDRESS, 1, 0, 0)]);
  });
});
