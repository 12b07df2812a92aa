/**
 * Ports that count what they cost of the day's quotas, and note when a service says that one is used up. The id
 * of the user counts as the one read that it costs an execution.
 */
import {dayQuotaIn} from '../core/service-error';
import type {QuotaName} from '../core/quota';
import {describeThrown} from '../errors';
import type {Ports} from './ports';

/** The same ports, counted in their meter. */
export function metered(ports: Ports): Ports {
  const {store, triggers, identity, meter} = ports;
  /** A call that fails counts too: the service was asked. */
  const counted = <Result>(operations: number, ofInvocations: QuotaName | null, call: () => Result): Result => {
    meter.count({operations, keyOperations: operations});
    try {
      return call();
    } catch (thrown) {
      const quota = dayQuotaIn(describeThrown(thrown).message);
      const refused = quota === 'computerTime' ? 'triggerTime' : quota === null ? null : ofInvocations;
      if (refused !== null) meter.noteRefusal(refused);
      throw thrown;
    }
  };
  const property = <Result>(call: () => Result): Result => counted(1, 'propertyOperations', call);
  const trigger = <Result>(call: () => Result): Result => counted(0, null, call);
  const created = (call: () => string): string => {
    const uid = trigger(call);
    meter.count({triggersCreated: 1});
    return uid;
  };
  let hasAsked = false;
  const id = <Result>(call: () => Result): Result => {
    const operations = hasAsked ? 0 : 1;
    hasAsked = true;
    return counted(operations, 'propertyOperations', call);
  };
  return {
    ...ports,
    identity: {
      known: () => id(() => identity.known()),
      ensure: () => id(() => identity.ensure()),
      forget: () => {
        property(() => {
          identity.forget();
        });
      },
    },
    store: {
      readAll: () => {
        const snapshot = property(() => store.readAll());
        meter.count({keyOperations: Math.max(0, Object.keys(snapshot).length - 1)});
        return snapshot;
      },
      get: (key) => property(() => store.get(key)),
      set: (key, value) => {
        property(() => {
          store.set(key, value);
        });
      },
      remove: (key) => {
        property(() => {
          store.remove(key);
        });
      },
    },
    triggers: {
      problem: () => triggers.problem(),
      createRecurring: (everyMinutes) => created(() => triggers.createRecurring(everyMinutes)),
      createOneOff: (delayMs) => created(() => triggers.createOneOff(delayMs)),
      list: () => trigger(() => triggers.list()),
      remove: (ids) => {
        trigger(() => {
          triggers.remove(ids);
        });
      },
    },
  };
}
