/** Engines that are broken on purpose in what extras.ts draws: pages, the archive, the governor. */
import type {Broken} from './engines';

export const WITH_EXTRAS: readonly Broken[] = [
  {
    name: 'the items of a page are counted twice',
    file: 'src/core/ledger.ts',
    find: 'fed.open += page.count;',
    put: 'fed.open += 2 * page.count;',
  },
  {
    name: 'a page is fetched again with the token of the next one',
    file: 'src/core/ledger.ts',
    find: 'token: pages?.get(low - 1)?.next ?? null',
    put: 'token: pages?.get(low)?.next ?? null',
  },
  {
    name: 'a page begins where the one before begins',
    file: 'src/engine/pages.ts',
    find: 'const first = last === null ? 0 : last.first + last.count;',
    put: 'const first = last === null ? 0 : last.first;',
  },
  {
    name: 'an item begins however long its page took',
    file: 'src/engine/attempts.ts',
    find: 'if ((isPaged(node) || surroundings.hasRead) && host.clock.nowMs() >= host.fenceMs)',
    put: 'if (isPaged(node) && host.fenceMs < 0)',
  },
  {
    name: 'archived results are one off',
    file: 'src/core/ledger.ts',
    find: '({archived: archive, index})',
    put: '({archived: archive, index: (index + 1) % archive.count})',
  },
  {
    name: 'the sweep deletes what a live owner has written',
    file: 'src/engine/archive-sweep.ts',
    find: "if (decoded.kind !== 'header' || hasLease(decoded.header)) return 'all';",
    put: "if (decoded.kind !== 'header') return 'all';\n    if (hasLease(decoded.header)) return 'none';",
  },
  {
    name: 'the archive is never swept',
    file: 'src/engine/archive-sweep.ts',
    find: 'hold.nowMs - sweptAtMs > ARCHIVE_SWEEP_MS',
    put: 'sweptAtMs < 0',
  },
  {
    name: 'a day that is used up never ends',
    file: 'src/core/quota.ts',
    find: 'if (nowMs < windowEndMs(use)) return',
    put: 'if (nowMs < windowEndMs(use) + 60 * QUOTA_WINDOW_MS) return',
  },
  {
    name: 'the governor acts when the day is used up',
    file: 'src/core/quota.ts',
    find: 'use.triggerMs + reserveMs > limits.triggerMs',
    put: 'use.triggerMs > 1.5 * limits.triggerMs',
  },
];
