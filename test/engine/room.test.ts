import type {Header} from '../../src/core/header';
import {BALLAST_KEY, headerKey, planKey} from '../../src/core/keys';
import {
  BALLAST_BYTES,
  FOLD_AFTER_MS,
  HOST_BYTES,
  ORPHAN_AFTER_MS,
  OWN_BYTES,
  PURGE_AFTER_MS,
  STORE_BYTES,
} from '../../src/core/limits';
import {readHeader, readJob} from '../../src/core/stored-job';
import {ensureBallast, freeBytes, makeRoom, sweepStore} from '../../src/engine/room';
import {addressOf, during, hostOf, jobAt, sizeOf, type Values} from '../support/holds';
import {AT_MS, failed, positionOf, segment} from '../support/stored';

/** What headers may grow by until the next look. */
const GROWTH_BYTES = 2_000;

/** A job that was completed so long ago, with so many bytes besides its header. */
function finished(
  number: number,
  agoMs: number,
  pieceBytes: readonly number[] = [],
  header: Partial<Header> = {},
): Values {
  const address = addressOf(number);
  const phase = {kind: 'completed', atMs: AT_MS - agoMs} as const;
  const pieces = pieceBytes.map((bytes, piece) => [planKey(address, 10 + piece), '.'.repeat(bytes)]);
  return {...jobAt(address, {header: {phase, ...header}}), ...(Object.fromEntries(pieces) as Values)};
}

const isThere = (left: Values, number: number): boolean => left[headerKey(addressOf(number))] !== undefined;
const isFolded = (left: Values, number: number): boolean => {
  const decoded = readHeader(left, addressOf(number));
  return decoded.kind === 'header' && decoded.header.folded !== null;
};
const BALLAST: Values = {[BALLAST_KEY]: '.'.repeat(BALLAST_BYTES)};

describe('the bytes that are free', () => {
  test('are what is left of the share of jobs, less what headers may grow by', () => {
    expect(during({}, freeBytes).got).toBe(OWN_BYTES - GROWTH_BYTES);
    const own = finished(1, 0, [5_000]);
    expect(during(own, freeBytes).got).toBe(OWN_BYTES - sizeOf(own) - GROWTH_BYTES);
  });

  test('are less where the host takes more than its share', () => {
    expect(during(hostOf(200_000), freeBytes).got).toBe(STORE_BYTES - HOST_BYTES - 200_000 - GROWTH_BYTES);
  });
});

describe('room', () => {
  // Three finished jobs, the second the oldest, in a store with 10,000 bytes free.
  const jobs = {...finished(1, 2_000, [4_000]), ...finished(2, 3_000, [4_000]), ...finished(3, 1_000, [4_000])};
  const host = hostOf(STORE_BYTES - HOST_BYTES - GROWTH_BYTES - sizeOf(jobs) - 10_000);
  const values = {...jobs, ...host};

  test('that is there costs nothing, and is left as untidy as it is', () => {
    const stray = {[planKey(addressOf(9, AT_MS - ORPHAN_AFTER_MS - 1), 0)]: 's'};
    const untidy = {...values, ...stray};
    const free = 10_000 - sizeOf(stray);
    const {got, left} = during(untidy, (hold) => [freeBytes(hold), makeRoom(hold, free)]);
    expect(got).toEqual([free, true]);
    expect(left).toEqual(untidy);
  });

  test('is made of what the oldest job holds besides its header, and of no more', () => {
    const {got, left} = during(values, (hold) => makeRoom(hold, 10_001));
    expect(got).toBe(true);
    expect([1, 2, 3].map((number) => isFolded(left, number))).toEqual([false, true, false]);
    expect(left[planKey(addressOf(2), 10)]).toBeUndefined();
    expect(left[planKey(addressOf(1), 10)]).toBeDefined();
  });

  test('is made of results before any header goes, and then of headers, oldest first', () => {
    const folded = during(values, (hold) => makeRoom(hold, 21_500)).left;
    expect([1, 2, 3].map((number) => isFolded(folded, number))).toEqual([true, true, true]);
    const {got, left} = during(values, (hold) => makeRoom(hold, 22_700));
    expect(got).toBe(true);
    expect([1, 2, 3].map((number) => isThere(left, number))).toEqual([true, false, true]);
  });

  test('is made by dropping small jobs whole, without folding them first', () => {
    const small = {...finished(1, 2_000), ...finished(2, 3_000)};
    const rest = hostOf(STORE_BYTES - HOST_BYTES - GROWTH_BYTES - sizeOf(small) - 10_000);
    const {got, left} = during({...small, ...rest}, (hold, ports) => {
      const set = jest.spyOn(ports.store, 'set');
      return [makeRoom(hold, 10_001), set.mock.calls];
    });
    expect(got).toEqual([true, []]);
    expect([isThere(left, 1), isFolded(left, 1), isThere(left, 2)]).toEqual([true, false, false]);
  });

  test('is refused, and nothing deleted, when all of it would not be enough', () => {
    const evictable = sizeOf(jobs);
    expect(during(values, (hold) => makeRoom(hold, 10_000 + evictable)).got).toBe(true);
    const {got, left} = during(values, (hold) => makeRoom(hold, 10_001 + evictable));
    expect(got).toBe(false);
    expect(left).toEqual(values);
  });

  test('is not made of a job that cannot be read, nor of others where it would have to be', () => {
    const damaged = addressOf(1);
    const {[planKey(damaged, 10)]: _plan, ...rest} = jobs;
    const key = headerKey(damaged);
    const unreadable = {...rest, [key]: (jobs[key] ?? '').replace(/"pl":\[0,"[^"]+"/, '"pl":[0,"not this"')};
    const store = {...unreadable, ...hostOf(STORE_BYTES - HOST_BYTES - GROWTH_BYTES - sizeOf(unreadable) - 1_000)};
    const own = Object.keys(unreadable).filter((one) => one.startsWith(key.slice(0, -1)));
    const others = sizeOf(unreadable) - sizeOf(Object.fromEntries(own.map((one) => [one, unreadable[one] ?? ''])));
    const gone = during(store, (hold) => makeRoom(hold, 1_000 + others));
    expect(gone.got).toBe(true);
    expect([1, 2, 3].map((number) => isThere(gone.left, number))).toEqual([true, false, false]);
    const {got, left} = during(store, (hold) => makeRoom(hold, 1_001 + others));
    expect([got, left]).toEqual([false, store]);
  });

  test('is made of keys of no job before any job is touched', () => {
    const stray = {[planKey(addressOf(9, AT_MS - ORPHAN_AFTER_MS - 1), 0)]: 's'.repeat(3_000)};
    const young = {[planKey(addressOf(8), 0)]: 'y'.repeat(3_000)};
    const rest = hostOf(
      STORE_BYTES - HOST_BYTES - GROWTH_BYTES - sizeOf(jobs) - sizeOf(stray) - sizeOf(young) - 10_000,
    );
    const {got, left} = during({...jobs, ...stray, ...young, ...rest}, (hold) => makeRoom(hold, 12_000));
    expect(got).toBe(true);
    expect(left).toEqual({...jobs, ...young, ...rest});
  });

  test('is given where a host has taken too much, out of what finished jobs give up', () => {
    const crowded = hostOf(STORE_BYTES - sizeOf(jobs) - 1_000);
    const {got, left} = during({...jobs, ...crowded}, (hold) => [freeBytes(hold) < 0, makeRoom(hold, 4_000)]);
    expect(got).toEqual([true, true]);
    expect([1, 2, 3].map((number) => isFolded(left, number))).toEqual([false, true, false]);
    expect(sizeOf(left) + 4_000).toBeLessThanOrEqual(STORE_BYTES);
    // To the byte, in a store that is full to the byte.
    const full = {...jobs, ...hostOf(STORE_BYTES - sizeOf(jobs))};
    const givenUp = sizeOf(full) - sizeOf(during(full, (hold) => makeRoom(hold, 1)).left);
    const exactly = during(full, (hold) => makeRoom(hold, givenUp));
    expect(exactly.got).toBe(true);
    expect([1, 2, 3].map((number) => isFolded(exactly.left, number))).toEqual([false, true, false]);
    // Not more than is given up, whatever the store has left.
    expect(during({...jobs, ...crowded}, (hold) => makeRoom(hold, sizeOf(jobs) + 1)).got).toBe(false);
  });

  test('is not made of open jobs', () => {
    const open = jobAt(addressOf(1), {});
    const rest = hostOf(STORE_BYTES - HOST_BYTES - GROWTH_BYTES - sizeOf(open) - 10_000);
    const {got, left} = during({...open, ...rest}, (hold) => makeRoom(hold, 10_001));
    expect([got, left]).toEqual([false, {...open, ...rest}]);
  });

  test('is not made of what was folded already', () => {
    const folded = finished(1, 3_000, [], {folded: {error: null}});
    const more = finished(2, 1_000, [4_000]);
    const rest = hostOf(STORE_BYTES - HOST_BYTES - GROWTH_BYTES - sizeOf(folded) - sizeOf(more) - 10_000);
    const {left} = during({...folded, ...more, ...rest}, (hold) => makeRoom(hold, 10_001));
    expect(left[headerKey(addressOf(1))]).toBe(folded[headerKey(addressOf(1))]);
    expect(isFolded(left, 2)).toBe(true);
  });
});

describe('a fold', () => {
  test('keeps what the job failed with', () => {
    const outcomes = [failed(0)];
    const logs = {0: [segment(outcomes)]};
    const phase = {kind: 'failed', atMs: AT_MS - FOLD_AFTER_MS - 1} as const;
    const values = jobAt(addressOf(1), {position: positionOf(outcomes), logs, header: {phase}});
    const reading = readJob(during(values, sweepStore).left, addressOf(1));
    expect(reading.kind === 'folded' ? reading.header.folded : reading.kind).toMatchObject({error: {message: 'no'}});
  });

  test('is not made of a job that cannot be read, nor is one dropped', () => {
    const plan = {inline: 'gone', pieces: 0, sum: 'x', units: 1};
    for (const pieces of [[], [100]]) {
      const week = finished(1, FOLD_AFTER_MS + 1, pieces, {plan});
      const values = {...week, ...finished(2, PURGE_AFTER_MS + 1, pieces, {plan}), ...BALLAST};
      expect(during(values, sweepStore).left).toEqual(values);
    }
  });
});

describe('the sweep', () => {
  test('folds finished jobs after a week and drops them after a month, not a moment before', () => {
    const ages = [FOLD_AFTER_MS, FOLD_AFTER_MS + 1, PURGE_AFTER_MS, PURGE_AFTER_MS + 1];
    const values = Object.assign({}, ...ages.map((age, number) => finished(number, age, [100]))) as Values;
    const {got, left} = during(values, sweepStore);
    expect(ages.map((_age, number) => isFolded(left, number))).toEqual([false, true, true, false]);
    expect(ages.map((_age, number) => isThere(left, number))).toEqual([true, true, true, false]);
    expect(left[planKey(addressOf(0), 10)]).toBeDefined();
    expect(left[planKey(addressOf(1), 10)]).toBeUndefined();
    expect(got).toBe(false);
  });

  test('counts the age of a job from its end', () => {
    const values = finished(1, FOLD_AFTER_MS + 1, [100], {updatedAtMs: AT_MS});
    expect(isFolded(during(values, sweepStore).left, 1)).toBe(true);
  });

  test('writes no header again that was folded', () => {
    const values = {...finished(1, FOLD_AFTER_MS + 1, [], {folded: {error: null}}), ...BALLAST};
    expect(during(values, sweepStore).left).toEqual(values);
  });

  test('deletes at most forty keys, and says that more is to be done', () => {
    const sizes = Array.from({length: 50}, () => 10);
    const values = {...finished(1, FOLD_AFTER_MS + 1, sizes), ...BALLAST};
    const first = during(values, sweepStore);
    expect([Object.keys(values).length - Object.keys(first.left).length, first.got]).toEqual([40, true]);
    expect(isFolded(first.left, 1)).toBe(true);
    const second = during(first.left, sweepStore);
    expect([Object.keys(second.left).sort(), second.got]).toEqual([
      [headerKey(addressOf(1)), BALLAST_KEY].sort(),
      false,
    ]);
  });

  test('leaves the header of a large job for last, and drops it when the rest is gone', () => {
    const sizes = Array.from({length: 45}, () => 10);
    const values = {...finished(1, PURGE_AFTER_MS + 1, sizes), ...BALLAST};
    const first = during(values, sweepStore);
    expect([isFolded(first.left, 1), first.got]).toEqual([true, true]);
    const second = during(first.left, sweepStore);
    expect([second.left, second.got]).toEqual([BALLAST, false]);
  });

  test('folds a job before it drops it, so that a kill in between leaves nothing by halves', () => {
    for (const pieces of [[10], [10, 10]]) {
      const wereFolded: boolean[] = [];
      during({...finished(1, PURGE_AFTER_MS + 1, pieces), ...BALLAST}, sweepStore, ({values}) => {
        const remove = values.delete.bind(values);
        values.delete = (key) => {
          wereFolded.push(isFolded(Object.fromEntries(values), 1));
          return remove(key);
        };
      });
      expect(wereFolded).toEqual([...pieces, 'header'].map(() => true));
    }
  });

  test('may drop the header of a job as its fortieth delete, and not as its forty-first', () => {
    const withKeys = (count: number): Values =>
      during(
        {
          ...finished(
            1,
            PURGE_AFTER_MS + 1,
            Array.from({length: count}, () => 10),
          ),
          ...BALLAST,
        },
        sweepStore,
      ).left;
    expect(isThere(withKeys(39), 1)).toBe(false);
    expect(isThere(withKeys(40), 1)).toBe(true);
  });

  test('deletes keys of jobs that do not exist once they are an hour old, and says when some are younger', () => {
    const old = {[planKey(addressOf(1, AT_MS - ORPHAN_AFTER_MS - 1), 0)]: 'x'};
    const young = {[planKey(addressOf(2, AT_MS - ORPHAN_AFTER_MS), 0)]: 'x'};
    const {got, left} = during({...old, ...young, ...BALLAST}, sweepStore);
    expect([left, got]).toEqual([{...young, ...BALLAST}, true]);
  });

  test('deletes what is left of folded jobs, whatever their age', () => {
    const values = finished(1, 1_000, [10, 10], {folded: {error: null}});
    const {got, left} = during(values, sweepStore);
    expect([Object.keys(left).sort(), got]).toEqual([[headerKey(addressOf(1)), BALLAST_KEY].sort(), false]);
  });

  test('touches no key of another prefix that looks like a job, and none of the host', () => {
    const foreign = {[planKey({prefix: 'OTHER_', id: addressOf(1, 1).id}, 0)]: 'x', [`${addressOf(1, 1).id}~p0`]: 'x'};
    const values = {...foreign, ...hostOf(100), ...BALLAST};
    expect(during(values, sweepStore).left).toEqual(values);
  });
});

describe('the ballast', () => {
  const most = STORE_BYTES - HOST_BYTES - BALLAST_BYTES;

  test('is put back while the host’s share stays free, to the byte', () => {
    expect(during(hostOf(most), ensureBallast).left[BALLAST_KEY]).toBe('.'.repeat(BALLAST_BYTES));
    expect(during(hostOf(most + 1), ensureBallast).left[BALLAST_KEY]).toBeUndefined();
  });

  test('is put back by the sweep', () => {
    expect(during({}, sweepStore).left).toEqual(BALLAST);
  });

  test('is left as it is', () => {
    expect(during({[BALLAST_KEY]: 'short'}, ensureBallast).left).toEqual({[BALLAST_KEY]: 'short'});
  });
});
