/**
 * Calls a service again when it fails for a moment: "server error occurred", "too many LockService operations", "unable
 * to talk to trigger service". Every write of this library may be done twice, so that a failed call that took effect
 * all the same does no harm. Permanent errors are not tried again.
 */
import {MAX_TRIES, retryWaitMs, serviceErrorKind} from '../core/service-error';
import {describeThrown, isJobsError} from '../errors';
import type {Clock, Random} from './ports';

export interface Patience {
  readonly clock: Clock;
  readonly random: Random;
}

/** The result of `call`, tried up to five times within some ten seconds, or as often as is said. */
export function patiently<Result>({clock, random}: Patience, call: () => Result, maxTries = MAX_TRIES): Result {
  for (let tries = 1; ; tries++) {
    try {
      return call();
    } catch (thrown) {
      const isHopeless = isJobsError(thrown) || serviceErrorKind(describeThrown(thrown).message) !== 'transient';
      if (isHopeless || tries >= maxTries) throw thrown;
      clock.sleep(retryWaitMs(tries, random.next()));
    }
  }
}
