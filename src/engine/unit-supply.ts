/**
 * More units of a job's resources for a run that has used up what it reserved, or kept it for too long: under the lock at
 * once, or after a sleep where that is short and the budget has the time.
 */
import type {Waiting} from '../core/header';
import {headerKey} from '../core/keys';
import {MAX_RATE_SLEEP_MS, SHORT_LOCK_WAIT_MS} from '../core/limits';
import {sizeOf} from '../core/units';
import {isJobsError} from '../errors';
import type {Owned} from './claim';
import {withHold} from './hold';
import type {Ports} from './ports';
import {purseOf, returnUnits, takeUnits, useUnit, waitForUnits, type UnitGrant} from './rate-limits';

/** What the run does for it. */
export interface SupplyHost {
  /** Whether the job of a stored header is still this owner's. */
  isOwn(text: string | undefined): boolean;
  /** Whether the next attempt fits into the budget if it begins so much later. */
  fits(waitMs: number): boolean;
  /** Commits what is decided; false when the run must end, which the run itself knows. */
  commit(): boolean;
  /** Whether the job is still wanted; as `commit`. */
  look(): boolean;
}

/** `stopped`: the run knows why. */
export type Supply = 'supplied' | 'stopped' | 'lost' | {readonly waiting: Waiting};

/** Takes the next units, and uses one. The budget ends it: each round sleeps to the end of a window. */
export function supplyUnit(ports: Ports, owned: Owned, host: SupplyHost): Supply {
  for (;;) {
    const grant = ask(ports, owned, host);
    if (grant === 'lost' || 'waiting' in grant) return grant;
    if (grant.kind !== 'waits') {
      owned.wallet.purse = purseOf(grant);
      if (useUnit(owned.wallet.purse, ports.clock.nowMs())) return 'supplied';
      continue;
    }
    const waitMs = grant.untilMs - ports.clock.nowMs();
    if (waitMs > MAX_RATE_SLEEP_MS || !host.fits(waitMs)) return {waiting: waitForUnits(grant.untilMs)};
    // A kill in its sleep costs nothing.
    if (!host.commit()) return 'stopped';
    ports.clock.sleep(Math.max(1, waitMs));
    // A clock that does not sleep, as that of a host in memory, would have it ask without end.
    if (ports.clock.nowMs() < grant.untilMs) return {waiting: waitForUnits(grant.untilMs)};
    if (!host.look()) return 'stopped';
  }
}

function ask(
  ports: Ports,
  {job, share, wallet}: Owned,
  host: SupplyHost,
): UnitGrant | Exclude<Supply, string> | 'lost' {
  try {
    return withHold(
      ports,
      (hold) => {
        if (!host.isOwn(hold.snapshot[headerKey(job.address)])) return 'lost';
        returnUnits(hold, wallet.purse);
        return takeUnits(hold, job.header, share === null ? job.ledger.openCount : sizeOf(share));
      },
      SHORT_LOCK_WAIT_MS,
    );
  } catch (thrown) {
    if (!isJobsError(thrown) || thrown.code !== 'LOCK_TIMEOUT') throw thrown;
    return {waiting: {reason: 'budget', untilMs: null}};
  }
}
