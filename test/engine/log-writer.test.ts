import {EMPTY_SUM, utf8Bytes} from '../../src/core/bytes';
import {segmentKey} from '../../src/core/keys';
import {INLINE_RESULT_BYTES, MAX_VALUE_BYTES, SEGMENT_BYTES} from '../../src/core/limits';
import {outcomeText, type Outcome} from '../../src/core/outcome';
import {decodeSegment, NO_UNIT, type Segment} from '../../src/core/segment';
import {readLarge, type Tail} from '../../src/core/stored-job';
import {bytesOfCommit, LogWriter} from '../../src/engine/log-writer';
import {ADDRESS, done, failed, positionOf, segment, START} from '../support/stored';

const PLACE = {address: ADDRESS, part: 0, log: 2, epoch: 7};
const EMPTY: Tail = {position: START, index: -1, segment: null};

/** A writer, the store that it writes into, and what it takes for the keys of its segments. */
function writerAt(tail: Tail): {
  readonly writer: LogWriter;
  readonly store: Map<string, string>;
  commit(outcomes: readonly Outcome[], marker?: number): void;
  segments(): readonly (Segment | null)[];
} {
  const store = new Map<string, string>();
  const writer = new LogWriter(PLACE, tail);
  return {
    writer,
    store,
    commit: (outcomes, marker = NO_UNIT) => writer.commit((key, value) => store.set(key, value), outcomes, marker),
    segments: () =>
      [0, 1, 2].map((index) => decodeSegment(store.get(segmentKey(ADDRESS, PLACE.part, PLACE.log, index)) ?? '')),
  };
}

/** An outcome that adds so many bytes to its segment. */
function sized(unit: number, bytes: number): Outcome {
  const bare = utf8Bytes(outcomeText(done(unit, '""'))) + 1;
  return done(unit, `"${'x'.repeat(bytes - bare)}"`);
}

test('a commit adds its outcomes to the tail, names the unit that may begin, and moves the position', () => {
  const {writer, commit, segments} = writerAt(EMPTY);
  commit([done(0)], 1);
  expect(segments()).toEqual([{epoch: 7, marker: 1, outcomes: [done(0)]}, null, null]);
  commit([done(1), failed(2)], 3);
  expect(segments()).toEqual([{epoch: 7, marker: 3, outcomes: [done(0), done(1), failed(2)]}, null, null]);
  expect(writer.position).toEqual(positionOf([done(0), done(1), failed(2)]));
});

test('a log goes on in the segment where the last owner stopped, under the epoch of the new one', () => {
  const before = [done(0), done(1)];
  const {writer, commit, segments} = writerAt({position: positionOf(before), index: 1, segment: segment([done(1)])});
  commit([done(2)]);
  expect(segments()).toEqual([null, {epoch: 7, marker: NO_UNIT, outcomes: [done(1), done(2)]}, null]);
  expect(writer.position).toEqual(positionOf([...before, done(2)]));
});

test('a segment is closed before it grows beyond its size, not before', () => {
  const [first, fitting] = [sized(0, 1_000), sized(5, SEGMENT_BYTES - 1_000)];
  const {commit, segments} = writerAt(EMPTY);
  commit([first]);
  commit([fitting]);
  expect(segments()[1]).toBeNull();
  commit([done(9)]);
  expect(segments()).toEqual([segment([first, fitting], {epoch: 7}), segment([done(9)], {epoch: 7}), null]);
  // The new segment is counted from its start.
  commit([sized(11, SEGMENT_BYTES - utf8Bytes(outcomeText(done(9))) - 1)]);
  expect(segments()[2]).toBeNull();
  commit([done(13)]);
  expect(segments()[2]).toEqual(segment([done(13)], {epoch: 7}));
});

test('one byte too many closes a segment, also one that holds a single outcome', () => {
  const {commit, segments} = writerAt(EMPTY);
  commit([sized(0, 1_000)]);
  commit([sized(5, SEGMENT_BYTES - 999)]);
  expect(segments().map((one) => one?.outcomes.length)).toEqual([1, 1, undefined]);
});

test('what the last owner wrote counts for the size of its segment', () => {
  const before = [sized(0, SEGMENT_BYTES - 10)];
  const {commit, segments} = writerAt({position: positionOf(before), index: 0, segment: segment(before)});
  commit([done(1)]);
  expect(segments()).toEqual([null, segment([done(1)], {epoch: 7}), null]);
});

test('outcomes that are longer than a segment stand in one of their own, the first', () => {
  const {commit, segments} = writerAt(EMPTY);
  commit([sized(0, 3_000), sized(5, 3_000)]);
  expect(segments().map((one) => one?.outcomes.length)).toEqual([2, undefined, undefined]);
});

test('a marker alone goes into the tail, however full that is', () => {
  const full = [sized(0, 3_000), sized(5, 3_000)];
  const {writer, commit, segments} = writerAt({position: positionOf(full), index: 0, segment: segment(full)});
  commit([], 3);
  expect(segments()).toEqual([{epoch: 7, marker: 3, outcomes: full}, null, null]);
  expect(writer.position).toEqual(positionOf(full));
});

test('nothing has changed when a write throws', () => {
  const {writer, commit, segments} = writerAt(EMPTY);
  commit([done(0)]);
  const refuse = (): never => {
    throw new Error('no');
  };
  expect(() => writer.commit(refuse, [sized(1, SEGMENT_BYTES)], NO_UNIT)).toThrow('no');
  expect(writer.position).toEqual(positionOf([done(0)]));
  commit([done(1)]);
  expect(segments()).toEqual([segment([done(0), done(1)], {epoch: 7}), null, null]);
});

test('a result that is too long for the log lies in keys of its epoch, and only then', () => {
  const {writer, store} = writerAt(EMPTY);
  const write = (key: string, value: string): unknown => store.set(key, value);
  const longest = done(4, `"${'x'.repeat(INLINE_RESULT_BYTES - 2)}"`);
  expect(writer.offload(write, longest)).toBe(longest);
  expect(writer.offload(write, failed(4))).toEqual(failed(4));
  expect(store.size).toBe(0);
  const text = `"${'y'.repeat(MAX_VALUE_BYTES)}"`;
  const outcome = writer.offload(write, {...longest, result: text} as Outcome);
  if (outcome.kind !== 'doneLarge') throw new Error(`Expected a large result, got ${outcome.kind}`);
  const address = {part: 0, log: 2, epoch: 7, unit: 4};
  expect(outcome).toMatchObject({unit: 4, durationMs: 200, large: {address, pieces: 2}});
  expect(outcome.large.sum).not.toBe(EMPTY_SUM);
  expect(readLarge(Object.fromEntries(store), ADDRESS, outcome.large)).toBe(text);
});

test('the bytes of a commit are never estimated too low', () => {
  for (const outcomes of [[done(0)], [failed(1), done(2)], [done(3, `"${'z'.repeat(60_000)}"`)]]) {
    const {writer, store} = writerAt(EMPTY);
    const write = (key: string, value: string): unknown => store.set(key, value);
    writer.commit(
      write,
      outcomes.map((outcome) => writer.offload(write, outcome)),
      NO_UNIT,
    );
    const written = [...store].reduce((sum, [key, value]) => sum + utf8Bytes(key) + utf8Bytes(value), 0);
    expect(bytesOfCommit(outcomes)).toBeGreaterThanOrEqual(written);
    expect(bytesOfCommit(outcomes)).toBeLessThan(written + 1_500);
  }
});
