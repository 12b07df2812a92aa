/** One fault that happened in a world, so that it can be told, counted, and made to happen again. */
import type {FiringVerdict, ServiceCall, Verdict} from '../simulator';

export type FaultEvent =
  /** At the n-th service call of the world. */
  | {readonly at: 'call'; readonly n: number; readonly verdict: Verdict}
  /** At the n-th firing of a trigger. */
  | {readonly at: 'firing'; readonly n: number; readonly verdict: FiringVerdict}
  /** The n-th one-off trigger is born disabled. */
  | {readonly at: 'creation'; readonly n: number}
  /** The n-th execution's clock is off. */
  | {readonly at: 'start'; readonly n: number; readonly skewMs: number};

/** Decides what goes wrong. Each function is asked once for each thing that may go wrong, in order. */
export interface FaultSource {
  call(call: ServiceCall): Verdict | undefined;
  firing(n: number): FiringVerdict | undefined;
  isBornDisabled(n: number): boolean;
  skewMs(executionId: number): number;
}

/** Faults of a recorded world, or some of them. */
export function scriptedFaults(events: readonly FaultEvent[]): FaultSource {
  const known = new Map(events.map((event) => [`${event.at} ${event.n}`, event]));
  return {
    call: (call) => {
      const event = known.get(`call ${call.n}`);
      return event?.at === 'call' && isPossible(call, event.verdict) ? event.verdict : undefined;
    },
    firing: (n) => {
      const event = known.get(`firing ${n}`);
      return event?.at === 'firing' ? event.verdict : undefined;
    },
    isBornDisabled: (n) => known.has(`creation ${n}`),
    skewMs: (id) => {
      const event = known.get(`start ${id}`);
      return event?.at === 'start' ? event.skewMs : 0;
    },
  };
}

/** Whether Apps Script could do this to this call. In a history with a part left out, calls are others. */
export function isPossible(call: ServiceCall, verdict: Verdict): boolean {
  if (verdict.kind === 'late') return isUnlockedWrite(call);
  // A handler's own sleep does not fail.
  return verdict.kind !== 'error' || call.service !== 'utilities';
}

/** The assumption of the storage protocol: what is written under the lock takes effect before the lock is freed. */
function isUnlockedWrite(call: ServiceCall): boolean {
  return call.method === 'setProperty' && /~[sr][\d.]+$/.test(String(call.args[0]));
}

/** A line for people. */
export function describeFault(event: FaultEvent): string {
  switch (event.at) {
    case 'call':
      return `call ${event.n}: ${JSON.stringify(event.verdict)}`;
    case 'firing':
      return `firing ${event.n}: ${JSON.stringify(event.verdict)}`;
    case 'creation':
      return `one-off trigger ${event.n} is born disabled`;
    case 'start':
      return `the clock of execution ${event.n} is ${event.skewMs} ms ahead`;
  }
}
