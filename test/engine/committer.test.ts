import {segmentKey} from '../../src/core/keys';
import {OWN_BYTES} from '../../src/core/limits';
import {decodeSegment} from '../../src/core/segment';
import {Committer} from '../../src/engine/committer';
import {ownedIn} from '../support/settlements';
import {hostOf, sizeOf, worldOf, type Values} from '../support/holds';
import type {MemoryWorld} from '../support/memory-ports';
import {loosePlan} from '../support/plans';
import {ADDRESS, at, done, storedJob} from '../support/stored';

const LOG = segmentKey(ADDRESS, 0, 0, 0);

/** A committer of a job that was just claimed, in a store with other values. */
function withCommitter(others: Values, act: (committer: Committer, world: MemoryWorld) => void): void {
  const world = worldOf({...storedJob({plan: loosePlan(3)}), ...others});
  world.handlers.set('work', () => null);
  world.execute((ports) => {
    const owned = ownedIn(ports);
    act(new Committer(ports, owned, Object.fromEntries(world.values)), world);
  });
}

test('what is decided waits for its commit, which is one write', () => {
  withCommitter({}, (committer, world) => {
    committer.add(done(0));
    committer.add(done(1));
    expect([committer.pending, world.values.has(LOG)]).toEqual([[done(0), done(1)], false]);
    const before = world.calls;
    expect(committer.commit(at(2))).toEqual({kind: 'committed'});
    expect(world.calls - before).toBe(1);
    expect(decodeSegment(world.values.get(LOG) ?? '')).toMatchObject({marker: at(2), outcomes: [done(0), done(1)]});
    expect(committer.pending).toEqual([]);
  });
});

test('without anything decided a commit names what may begin', () => {
  withCommitter({}, (committer, world) => {
    expect(committer.commit(at(1)).kind).toBe('committed');
    expect(decodeSegment(world.values.get(LOG) ?? '')).toMatchObject({marker: at(1), outcomes: []});
  });
});

test('what finds no room stays decided, and can be committed when there is some', () => {
  const taken = OWN_BYTES + 48_000;
  withCommitter(hostOf(taken), (committer, world) => {
    const large = done(0, JSON.stringify('r'.repeat(60_000)));
    committer.add(large);
    const result = committer.commit(at(1));
    expect(result.kind === 'full' ? result.bytes : 0).toBeGreaterThan(60_000);
    expect([committer.pending, world.values.has(LOG)]).toEqual([[large], false]);
    for (const key of Object.keys(hostOf(taken))) world.values.delete(key);
    expect(committer.commit(at(1)).kind).toBe('committed');
    expect([committer.pending, world.values.has(LOG)]).toEqual([[], true]);
  });
});

test('a result may be as large as what is left for a job beside what it has', () => {
  withCommitter({}, (committer, world) => {
    const before = committer.maxResultBytes;
    expect(before).toBeLessThan(OWN_BYTES - sizeOf(Object.fromEntries(world.values)));
    committer.add(done(0, JSON.stringify('r'.repeat(2_000))));
    committer.commit(at(1));
    expect(before - committer.maxResultBytes).toBeGreaterThan(2_000);
  });
});
