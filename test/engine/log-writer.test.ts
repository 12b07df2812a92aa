import {EMPTY_SUM, utf8Bytes} from '../../src/core/bytes';
import {segmentKey} from '../../src/core/keys';
import {ARCHIVE_BYTES, INLINE_RESULT_BYTES, MAX_VALUE_BYTES, SEGMENT_BYTES} from '../../src/core/limits';
import {outcomeText, type Outcome} from '../../src/core/outcome';
import {decodeSegment, NO_MARKER, type Marker, type Segment} from '../../src/core/segment';
import {readLarge, type Tail} from '../../src/core/stored-job';
import {bytesOfCommit, LogWriter, type Archive, type Committed} from '../../src/engine/log-writer';
import {jobsError} from '../../src/errors';
import {ADDRESS, at, done, failed, positionOf, segment, START} from '../support/stored';

const PLACE = {address: ADDRESS, part: 0, log: 2, epoch: 7};
const EMPTY: Tail = {position: START, index: -1, segment: null};

/** A writer, the store that it writes into, and what it takes for the keys of its segments. */
function writerAt(
  tail: Tail,
  archive: Archive | null = null,
): {
  readonly writer: LogWriter;
  readonly store: Map<string, string>;
  commit(outcomes: readonly Outcome[], marker?: Marker): Committed;
  segments(): readonly (Segment | null)[];
} {
  const store = new Map<string, string>();
  const writer = new LogWriter(PLACE, tail, archive, NO_MARKER);
  return {
    writer,
    store,
    commit: (outcomes, marker = NO_MARKER) => writer.commit((key, value) => store.set(key, value), outcomes, marker),
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
  commit([done(0)], at(1));
  expect(segments()).toEqual([{epoch: 7, marker: at(1), outcomes: [done(0)]}, null, null]);
  commit([done(1), failed(2)], at(3));
  expect(segments()).toEqual([{epoch: 7, marker: at(3), outcomes: [done(0), done(1), failed(2)]}, null, null]);
  expect(writer.position).toEqual(positionOf([done(0), done(1), failed(2)]));
});

test('neighbours that returned nothing take the room of one, unless they were committed before', () => {
  const nothing = [done(0, 'null'), {...done(1, 'null'), durationMs: 900}];
  const {writer, store, segments, commit} = writerAt(EMPTY);
  commit(nothing);
  expect(segments()[0]?.outcomes).toHaveLength(1);
  const copy = writerAt(EMPTY);
  copy.writer.carry((key, value) => copy.store.set(key, value), nothing);
  expect(copy.segments()[0]?.outcomes).toEqual(nothing);
  expect([writer.position.count, copy.writer.position.count, store.size]).toEqual([1, 2, 1]);
});

test('a log goes on in the segment where the last owner stopped, under the epoch of the new one', () => {
  const before = [done(0), done(1)];
  const {writer, commit, segments} = writerAt({position: positionOf(before), index: 1, segment: segment([done(1)])});
  commit([done(2)]);
  expect(segments()).toEqual([null, {epoch: 7, marker: NO_MARKER, outcomes: [done(1), done(2)]}, null]);
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
  commit([sized(11, 2_000)]);
  commit([sized(15, SEGMENT_BYTES - 2_000 - utf8Bytes(outcomeText(done(9))) - 1)]);
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

test('outcomes that are longer than a segment go in several; until the last, what had begun stays said', () => {
  const {writer, store, segments} = writerAt(EMPTY);
  const written: (Segment | null)[] = [];
  const write = (key: string, value: string): void => {
    store.set(key, value);
    written.push(decodeSegment(value));
  };
  writer.commit(write, [], at(0));
  const outcomes = [sized(0, 3_000), sized(5, 3_000)];
  expect(writer.commit(write, outcomes, at(9))).toEqual({isWhole: true, left: []});
  expect(written.map((one) => one?.marker)).toEqual([at(0), at(0), at(9)]);
  expect(segments().map((one) => one?.outcomes.length)).toEqual([1, 1, undefined]);
  expect(writer.position).toEqual(positionOf(outcomes));
});

test('where there is no room for all of it, the first are committed and the rest is left', () => {
  const {writer, store} = writerAt(EMPTY);
  const outcomes = [sized(0, 3_000), sized(5, 3_000)];
  const write = (key: string, value: string): void => {
    if (store.size === 1) throw jobsError('STORE_FULL', 'full');
    store.set(key, value);
  };
  expect(writer.commit(write, outcomes, at(9))).toEqual({isWhole: false, left: [outcomes[1]]});
  expect(writer.position).toEqual(positionOf(outcomes.slice(0, 1)));
});

test('a marker alone goes into the tail, however full that is', () => {
  const full = [sized(0, 3_000), sized(5, 3_000)];
  const {writer, commit, segments} = writerAt({position: positionOf(full), index: 0, segment: segment(full)});
  commit([], at(3));
  expect(segments()).toEqual([{epoch: 7, marker: at(3), outcomes: full}, null, null]);
  expect(writer.position).toEqual(positionOf(full));
});

test('nothing has changed when a write throws', () => {
  const {writer, commit, segments} = writerAt(EMPTY);
  commit([done(0)]);
  const refuse = (): never => {
    throw new Error('no');
  };
  expect(() => writer.commit(refuse, [sized(1, SEGMENT_BYTES)], NO_MARKER)).toThrow('no');
  expect(writer.position).toEqual(positionOf([done(0)]));
  commit([done(1)]);
  expect(segments()).toEqual([segment([done(0), done(1)], {epoch: 7}), null, null]);
});

test('a result that is too long for the log lies in keys of its epoch, and only then', () => {
  const {commit, store, segments} = writerAt(EMPTY);
  const longest = done(4, `"${'x'.repeat(INLINE_RESULT_BYTES - 2)}"`);
  commit([longest, failed(5)]);
  expect([store.size, segments()[0]?.outcomes]).toEqual([1, [longest, failed(5)]]);
  const text = `"${'y'.repeat(MAX_VALUE_BYTES)}"`;
  commit([done(6, text)]);
  const outcome = segments()[0]?.outcomes[2];
  if (outcome?.kind !== 'doneLarge') throw new Error(`Expected a large result, got ${outcome?.kind ?? 'nothing'}`);
  const address = {part: 0, log: 2, epoch: 7, unit: 6};
  expect(outcome).toMatchObject({unit: 6, durationMs: 200, large: {address, pieces: 2}});
  expect(outcome.large.sum).not.toBe(EMPTY_SUM);
  expect(readLarge(Object.fromEntries(store), ADDRESS, outcome.large)).toBe(text);
});

describe('with an archive', () => {
  const texts = new Map<string, string>();
  const archive: Archive = {maxBytes: 100_000, write: (name, text) => texts.set(name, text) && `at/${name}`};
  const long = (unit: number): Outcome => done(unit, `"${'r'.repeat(ARCHIVE_BYTES / 2)}"`);

  test('results that were committed together and are long lie in one text, counted as one outcome', () => {
    const {commit, segments, writer} = writerAt(EMPTY, archive);
    const run = [long(3), long(4), long(5)];
    commit([...run, failed(9), long(7)]);
    const [archived, ...rest] = segments()[0]?.outcomes ?? [];
    const locator = `at/${ADDRESS.prefix}~${ADDRESS.id}~a0.2.7.3`;
    expect(archived).toMatchObject({kind: 'archived', unit: 3, archive: {count: 3, locator}});
    expect(rest.map(({kind}) => kind)).toEqual(['failed', 'doneLarge']);
    const text = texts.get(locator.slice(3)) ?? '';
    const results = run.map((outcome) => (outcome.kind === 'done' ? JSON.parse(outcome.result) : null) as unknown);
    expect(JSON.parse(text)).toEqual(results);
    expect(writer.position.count).toBe(3);
  });

  test('where it cannot be reached, the store takes them', () => {
    const broken: Archive = {
      maxBytes: 100_000,
      write: () => {
        throw jobsError('BACKEND_UNAVAILABLE', 'gone');
      },
    };
    const {commit, segments} = writerAt(EMPTY, broken);
    commit([long(3), long(4), long(5)]);
    expect(segments()[0]?.outcomes.map(({kind}) => kind)).toEqual(['doneLarge', 'doneLarge', 'doneLarge']);
  });
});

test('the bytes of a commit are never estimated too low', () => {
  for (const outcomes of [[done(0)], [failed(1), done(2)], [done(3, `"${'z'.repeat(60_000)}"`)]]) {
    const {commit, store} = writerAt(EMPTY);
    commit(outcomes);
    const written = [...store].reduce((sum, [key, value]) => sum + utf8Bytes(key) + utf8Bytes(value), 0);
    expect(bytesOfCommit(outcomes)).toBeGreaterThanOrEqual(written);
    expect(bytesOfCommit(outcomes)).toBeLessThan(written + 1_500);
  }
});
