/** What becomes of pieces of large results when the store is swept. */
import {BALLAST_KEY, headerKey, planKey, resultKey, segmentKey} from '../../src/core/keys';
import {BALLAST_BYTES} from '../../src/core/limits';
import {sweepStore} from '../../src/engine/room';
import {addressOf, during, jobAt, type Values} from '../support/holds';
import {AT_MS, done, LEASE, positionOf, segment} from '../support/stored';

const BALLAST: Values = {[BALLAST_KEY]: '.'.repeat(BALLAST_BYTES)};

describe('pieces of results', () => {
  const address = addressOf(1);
  const place = {part: 0, log: 0, epoch: 1, unit: 0};
  const large = {address: place, pieces: 2, sum: 'abcdefgh'};
  const outcomes = [{kind: 'doneLarge', unit: 0, atMs: AT_MS, durationMs: 5, large} as const, done(1)];
  const logs = {0: [segment(outcomes)]};
  const named = {[resultKey(address, place, 0)]: 'x', [resultKey(address, place, 1)]: 'x'};
  const lost = {
    [resultKey(address, place, 2)]: 'x',
    [resultKey(address, {...place, epoch: 2}, 0)]: 'x',
    [resultKey(address, {...place, unit: 1}, 0)]: 'x',
  };
  const open = jobAt(address, {position: positionOf(outcomes), logs});

  test('that no record names are deleted while nobody owns their job', () => {
    const {got, left} = during({...open, ...named, ...lost, ...BALLAST}, sweepStore);
    expect([left, got]).toEqual([{...open, ...named, ...BALLAST}, false]);
  });

  test('are left alone while somebody owns their job, and after he died', () => {
    for (const untilMs of [AT_MS + 1, AT_MS - 1]) {
      const owned = jobAt(address, {position: positionOf(outcomes), logs, lease: {...LEASE, untilMs}});
      const values = {...owned, ...named, ...lost, ...BALLAST};
      expect(during(values, sweepStore)).toMatchObject({got: false, left: values});
    }
  });

  test('are left alone where their job cannot be read', () => {
    const cut = {...open, [segmentKey(address, 0, 0, 0)]: '[1'};
    const broken = {...open, [headerKey(address)]: '{"v":2'};
    const newer = {...open, [headerKey(address)]: '{"v":4}'};
    for (const damaged of [cut, broken, newer]) {
      const values = {...damaged, ...named, ...lost, ...BALLAST};
      expect(during(values, sweepStore)).toMatchObject({got: false, left: values});
    }
  });

  test('are all that a job loses to the sweep: its plan and its log stay', () => {
    const values = {...open, [planKey(address, 5)]: 'x', [segmentKey(address, 0, 3, 0)]: 'x', ...BALLAST};
    expect(during(values, sweepStore).left).toEqual(values);
  });
});
