/**
 * Alerts: mail and web hooks with a cool-down. What happened is collected in one key of the store, and sent by whichever
 * execution finds the cool-down over; at least once, and by one execution at a time.
 */
import {
  countOf,
  decodeAlerts,
  encodeAlerts,
  entryOf,
  isDue,
  messageOf,
  notSent,
  sent,
  taken,
  tidied,
  withEntry,
  withTold,
  type AlertBox,
  type AlertState,
} from '../core/alert-digest';
import {chainSum, EMPTY_SUM} from '../core/bytes';
import {isObject, printValue} from '../core/json';
import {ALERTS_KEY} from '../core/keys';
import {LEASE_MS, MAX_ALERTS} from '../core/limits';
import {describeThrown, isJobsError, jobsError} from '../errors';
import {booleanOption, integerIn, invalid, reading} from '../orchestration/request';
import type {JobEventFilter, JobEventName} from '../types';
import {eventName, filterOf, fits, type DueEvent} from './event-filter';
import type {Hold} from './hold';
import type {Ports} from './ports';

/** A declaration, checked. */
interface Alert {
  /** The same in every execution, as long as the script says the same. */
  readonly id: string;
  readonly on: readonly JobEventName[];
  readonly filter: JobEventFilter;
  readonly mail: string | null;
  readonly webhook: string | null;
  readonly coolDownMs: number;
  readonly isDigest: boolean;
}

const alerts: Alert[] = [];

const FIELDS: readonly string[] = ['on', 'mail', 'webhook', 'everyMinutes', 'digest', 'name', 'tags'];
const MAIL = /^[^\s@,;<>]{1,64}@[^\s@,;<>]{1,190}$/;
const WEBHOOK = /^https:\/\/[^\s/]+(?:\/\S*)?$/;
const MAX_URL_CHARS = 2_000;

/** Declares an alert. Calls no service. */
export function declareAlert(raw: unknown): void {
  const alert = reading('What alert is given', () => alertOf(raw));
  if (alerts.some(({id}) => id === alert.id)) return;
  if (alerts.length >= MAX_ALERTS)
    throw invalid(`At most ${MAX_ALERTS} alerts: declare them once, at the top level of the script.`);
  alerts.push(alert);
}

function alertOf(raw: unknown): Alert {
  if (!isObject(raw)) throw invalid(`alert expects an object, got ${printValue(raw)}.`);
  const unknown = Object.keys(raw).find((key) => !FIELDS.includes(key));
  if (unknown !== undefined)
    throw jobsError('INVALID_OPTION', `alert knows ${FIELDS.join(', ')}, got ${printValue(unknown)}.`);
  const {on = ['failed', 'stuck'], mail, webhook, everyMinutes = 60, digest = true} = raw;
  if ((mail === undefined) === (webhook === undefined)) throw invalid('alert expects one of mail and webhook.');
  if (mail !== undefined && (typeof mail !== 'string' || !MAIL.test(mail)))
    throw invalid(`mail of alert must be one address, got ${printValue(mail)}.`);
  // Not the address itself, which may have a secret in it: messages end up in logs.
  if (
    webhook !== undefined &&
    (typeof webhook !== 'string' || !WEBHOOK.test(webhook) || webhook.length > MAX_URL_CHARS)
  )
    throw invalid(
      `webhook of alert must be an address that begins with https://, of at most ${MAX_URL_CHARS} characters.`,
    );
  if (!Array.isArray(on) || on.length === 0)
    throw invalid(`on of alert must be a list of events, got ${printValue(on)}.`);
  const alert = {
    on: Array.from(on as readonly unknown[], eventName),
    filter: filterOf(raw),
    mail: mail ?? null,
    webhook: webhook ?? null,
    coolDownMs: integerIn(everyMinutes, 'everyMinutes of alert', 1, 1_440) * 60_000,
    isDigest: booleanOption(digest, 'digest', 'digest of alert'),
  };
  const {on: events, filter} = alert;
  return {...alert, id: chainSum(EMPTY_SUM, JSON.stringify([alert.mail, alert.webhook, events, filter]))};
}

/** Whether an alert is for an event, and for its job. */
export function alertsWant(event: JobEventName, isFor: (filter: JobEventFilter) => boolean): boolean {
  return alerts.some(({on, filter}) => on.includes(event) && isFor(filter));
}

/** Collects what was told for those alerts that are for it, and remembers what no header remembers. */
export function enterAlerts(hold: Hold, events: readonly DueEvent[]): void {
  let state = alertsIn(hold);
  for (const {event, told} of events) {
    for (const {id, on, filter, isDigest} of alerts)
      if (on.includes(event.event) && fits(filter, event.job))
        state = withEntry(state, id, entryOf(event), {isDigest, nowMs: hold.nowMs});
    if (told !== null) state = withTold(state, told.key, told.untilMs);
  }
  save(hold, state);
}

function alertsIn(hold: Hold): AlertState {
  return decodeAlerts(hold.snapshot[ALERTS_KEY]);
}

/** Alerts that do not fit into the store are lost: they are no reason to hold jobs up. */
function save(hold: Hold, state: AlertState): boolean {
  const text = encodeAlerts(state);
  try {
    if (text === null) hold.remove(ALERTS_KEY);
    else hold.setState(ALERTS_KEY, text);
    return true;
  } catch (thrown) {
    if (isJobsError(thrown) && thrown.code === 'STORE_FULL') return false;
    throw thrown;
  }
}

/** A message that this execution sends. */
export interface Message {
  readonly alert: Alert;
  readonly box: AlertBox;
}

/** Whether a message may be sent now. */
export function hasDueAlerts(hold: Hold): boolean {
  if (alerts.length === 0 || hold.snapshot[ALERTS_KEY] === undefined) return false;
  const {boxes} = alertsIn(hold);
  return alerts.some(({id}) => isDue(boxes.get(id) ?? NOTHING, hold.nowMs));
}

const NOTHING: AlertBox = {entries: [], more: 0, nextMs: 0, takenUntilMs: 0, tries: 0};

/** Takes the messages that may be sent now; nobody else does as long as this execution may live. */
export function takeAlerts(hold: Hold): readonly Message[] {
  if (!hasDueAlerts(hold)) return [];
  let state = alertsIn(hold);
  const messages: Message[] = [];
  for (const alert of alerts) {
    const box = state.boxes.get(alert.id) ?? NOTHING;
    if (!isDue(box, hold.nowMs)) continue;
    messages.push({alert, box});
    state = taken(state, alert.id, hold.nowMs + LEASE_MS);
  }
  // What cannot be marked as taken would be sent again and again.
  return save(hold, state) ? messages : [];
}

/** What became of a message. */
export interface SendResult extends Message {
  /** Why it could not be sent. */
  readonly problem: string | null;
}

/** Sends messages, without the lock. */
export function sendAlerts(ports: Ports, messages: readonly Message[]): readonly SendResult[] {
  return messages.map((message) => ({...message, problem: problemOf(ports, message)}));
}

function problemOf({messenger}: Ports, {alert, box}: Message): string | null {
  const {subject, body} = messageOf(box);
  try {
    if (alert.mail !== null) messenger.mail(alert.mail, subject, body);
    else if (alert.webhook !== null)
      messenger.post(alert.webhook, JSON.stringify({text: `${subject}\n${body}`, alerts: box.entries, more: box.more}));
    return null;
  } catch (thrown) {
    const {message} = describeThrown(thrown, 'The service');
    return alert.webhook === null ? message : withoutAddress(message, alert.webhook);
  }
}

/** Services name the address that they could not reach, which may have a secret in it. */
function withoutAddress(message: string, webhook: string): string {
  const [, , host = ''] = webhook.toLowerCase().split(/[/?#]/);
  return message.replace(/\S+/g, (word) => (word.toLowerCase().includes(host) ? 'the web hook' : word));
}

/** Notes what was sent, and when the next message may go. */
export function noteSent(ports: Ports, hold: Hold, results: readonly SendResult[]): void {
  let state = alertsIn(hold);
  for (const {alert, box, problem} of results) {
    if (problem === null) {
      state = sent(state, alert.id, box, hold.nowMs + alert.coolDownMs);
      continue;
    }
    const after = notSent(state, alert.id, hold.nowMs);
    ({state} = after);
    const then = after.isLost ? `${countOf(box)} alerts are given up` : 'it is tried again later';
    ports.log.line(`AST.Jobs: an alert could not be sent, ${then}: ${problem}`);
  }
  save(hold, state);
}

/** Forgets what has no use any more. Returns whether a later pass has something to do for alerts. */
export function tidyAlerts(hold: Hold, isLasting: (told: string, untilMs: number) => boolean): boolean {
  if (hold.snapshot[ALERTS_KEY] === undefined) return false;
  const isDeclared = (id: string): boolean => alerts.some((alert) => alert.id === id);
  const state = tidied(alertsIn(hold), {nowMs: hold.nowMs, isDeclared, isLasting});
  save(hold, state);
  return state.boxes.size > 0;
}

/** What was told until now. */
export function toldIn(hold: Hold): ReadonlyMap<string, number> {
  return alertsIn(hold).told;
}
