/**
 * Events: what a script declared to listen to, and the way there.
 *
 * E1 a listener is called without the lock, after the state is stored. E2 where somebody listens for the end of a job, the
 *    header that ends it says that this is still to be told, and is written once more when it was: an execution that is
 *    killed in between leaves it to a later pass, so that a listener is called at least once. E3 what a listener throws
 *    is one line of the log. E4 without listeners nothing is read or written.
 */
import {isFinal, statusOf, type Header} from '../core/header';
import {decodeHeader, encodeHeader} from '../core/header-codec';
import {printValue} from '../core/json';
import {headerKey, type JobAddress} from '../core/keys';
import {DELIVER_UNTIL_MS, MAX_LISTENERS} from '../core/limits';
import {faultOf, isoTime, lastError} from '../core/record';
import type {StoredJob} from '../core/stored-job';
import {eventTold} from '../core/transitions';
import {describeThrown} from '../errors';
import {invalid, optionsObject, reading} from '../orchestration/request';
import type {JobEvent, JobEventFilter, JobEventName} from '../types';
import {alertsWant, enterAlerts, noteSent, sendAlerts, takeAlerts} from './alerts';
import {EVENT_NAMES, eventName, filterOf, fits, type DueEvent} from './event-filter';
import {withHold, type Hold} from './hold';
import type {Ports} from './ports';

interface Listener {
  readonly event: JobEventName;
  readonly handler: unknown;
  readonly filter: JobEventFilter;
}

/** Declared anew in each execution, as the script's top level runs. */
const listeners: Listener[] = [];
const queue: DueEvent[] = [];

/** Declares a listener. Calls no service. */
export function listen(rawEvent: unknown, handler: unknown, rawOptions: unknown): void {
  const filter = reading('The options of on', () => filterOf(optionsObject(rawOptions)));
  const event = eventName(rawEvent);
  const isName = typeof handler === 'string' && /^[A-Za-z_$][\w$]*$/.test(handler);
  if (!isName && typeof handler !== 'function')
    throw invalid(`on expects a global function of your script or its name, got ${printValue(handler)}.`);
  const tag = Object.prototype.toString.call(handler);
  if (!isName && tag !== '[object Function]')
    throw invalid(`A listener must be a plain function, which runs synchronously, got ${tag.slice(8, -1)}.`);
  if (listeners.length >= MAX_LISTENERS)
    throw invalid(`At most ${MAX_LISTENERS} listeners: declare them once, at the top level of the script.`);
  listeners.push({event, handler, filter});
}

/** Whether anybody wants to hear of an event of a job; of no job in particular: of any. */
export function isWanted(
  event: JobEventName,
  job: {readonly name: string; readonly tags: readonly string[]} | null,
): boolean {
  const isFor = (filter: JobEventFilter): boolean => job === null || fits(filter, job);
  return listeners.some((one) => one.event === event && isFor(one.filter)) || alertsWant(event, isFor);
}

/** The header that ends a job says so where somebody wants to hear of it; any other stays as it is. */
export function withEventDue(before: Header, after: Header): Header {
  if (isFinal(before) || !isFinal(after) || after.isRemoved) return after;
  const name = EVENT_NAMES.find((known) => known === after.phase.kind);
  if (name === undefined || !isWanted(name, {name: after.name, tags: after.terms.tags})) return after;
  return {...after, isEventDue: true};
}

/** The end of a job is stored: this execution tells it when the lock is free. */
export function queueEnd(job: StoredJob, header: Header): void {
  queue.push({event: endEvent(job, header), address: job.address, told: null});
}

/** The event of a job that has ended. */
export function endEvent(job: StoredJob, header: Header): JobEvent {
  const atMs = 'atMs' in header.phase ? header.phase.atMs : header.updatedAtMs;
  const error = header.phase.kind === 'failed' ? (faultOf(header) ?? lastError({...job, header})) : null;
  return {
    event: header.phase.kind as JobEventName,
    at: isoTime(atMs),
    job: briefOf(header),
    ...(error === null ? {} : {error}),
  };
}

/** What an event says of its job. */
export function briefOf(header: Header): JobEvent['job'] {
  return {
    ...{id: header.id, name: header.name, status: statusOf(header), tags: [...header.terms.tags]},
    ...{createdAt: isoTime(header.createdAtMs), startedAt: isoTime(header.startedAtMs)},
  };
}

/** Something else is to be told by this execution. */
export function queueEvent(due: DueEvent): void {
  queue.push(due);
}

/** The same, before all else. */
export function queueFirst(due: DueEvent): void {
  queue.unshift(due);
}

/** Whether this execution has something to tell. */
export function hasEvents(): boolean {
  return queue.length > 0;
}

/** Whether the end of a job is among what this execution tells. */
export function isQueued(id: string): boolean {
  return queue.some(({address}) => address?.id === id);
}

/** Listeners that end more jobs are heard of, so many times. */
const MAX_ROUNDS = 10;

/**
 * Tells what there is to tell, and runs `act` in the hold that is the last of it. Where the execution has too little time
 * left it tells nothing: what the headers say is told by a later pass.
 */
export function tellEvents(ports: Ports, act: (hold: Hold) => void): void {
  const isLate = (): boolean => ports.clock.nowMs() > ports.clock.startMs + DELIVER_UNTIL_MS;
  for (let round = 0; round < MAX_ROUNDS && !isLate(); round++) {
    const batch = queue.splice(0);
    const heard = batch.filter((due) => !isLate() && callListeners(ports, due.event));
    const messages = withHold(ports, (hold) => {
      enterAlerts(hold, heard);
      for (const {address} of heard) if (address !== null) clearEvent(hold, address);
      const due = isLate() ? [] : takeAlerts(hold);
      if (due.length === 0 && queue.length === 0) act(hold);
      return due;
    });
    if (messages.length > 0) {
      const results = sendAlerts(ports, messages);
      withHold(ports, (hold) => {
        noteSent(ports, hold, results);
        act(hold);
      });
      return;
    }
    if (queue.length === 0) return;
  }
  queue.length = 0;
  withHold(ports, act);
}

function callListeners(ports: Ports, event: JobEvent): true {
  for (const listener of listeners) {
    if (listener.event !== event.event || !fits(listener.filter, event.job)) continue;
    try {
      const {handler} = listener;
      const found =
        typeof handler === 'string' ? ports.handlers.find(handler) : (handler as (event: unknown) => unknown);
      if (found === null) throw new Error(`the script has no function ${printValue(handler)}`);
      // Each has its own, whatever the one before did to it.
      found(JSON.parse(JSON.stringify(event)));
    } catch (thrown) {
      const {message} = describeThrown(thrown, 'It');
      ports.log.line(`AST.Jobs: a listener of ${event.event} of job ${event.job.id} failed: ${message}`);
    }
  }
  return true;
}

/** It was told. */
export function clearEvent(hold: Hold, address: JobAddress): void {
  const decoded = decodeHeader(hold.snapshot[headerKey(address)] ?? '');
  if (decoded.kind !== 'header' || !decoded.header.isEventDue) return;
  hold.setState(headerKey(address), encodeHeader(eventTold(decoded.header)));
}
