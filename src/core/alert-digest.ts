/**
 * What is remembered of alerts: what waits to be sent, when the next message may go, and which jobs were told to be stuck.
 * One value of bounded size; pure.
 *
 * A1 a message is taken by one execution at a time, which marks the box before it sends. A2 what arrives meanwhile stays
 *    for the next message. A3 what does not fit is counted. A4 nothing is kept that neither waits to be sent nor holds
 *    the next message back.
 */
import type {JobEvent, JobEventName} from '../types';
import {clip} from '../errors';
import {utf8Bytes} from './bytes';
import {isCount, isInstant, isObject, parseJson} from './json';
import {MAX_ALERT_ENTRIES, MAX_ALERTS_BYTES, MAX_SEND_TRIES, MAX_TOLD, UNCLAIMED_ALERTS_MS} from './limits';

/** One thing that happened. */
export interface AlertEntry {
  readonly event: JobEventName;
  readonly at: string;
  readonly jobId: string;
  readonly name: string;
  /** Why, in short. */
  readonly text: string;
}

/** What one declaration has collected. */
export interface AlertBox {
  readonly entries: readonly AlertEntry[];
  /** Further ones, of which only the number is known. */
  readonly more: number;
  /** No message before. */
  readonly nextMs: number;
  /** Somebody is sending until then at the latest. */
  readonly takenUntilMs: number;
  readonly tries: number;
}

export interface AlertState {
  readonly boxes: ReadonlyMap<string, AlertBox>;
  /** What was told once, and until when it need not be told again, as long as it lasts. */
  readonly told: ReadonlyMap<string, number>;
}

export const NO_ALERTS: AlertState = {boxes: new Map(), told: new Map()};
const EMPTY_BOX: AlertBox = {entries: [], more: 0, nextMs: 0, takenUntilMs: 0, tries: 0};
const MAX_NAME_CHARS = 60;
const MAX_TEXT_CHARS = 160;

/** What an alert says of an event. */
export function entryOf({event, at, job, error, reason}: JobEvent): AlertEntry {
  const step = error?.stepId === null || error?.stepId === undefined ? '' : `step ${error.stepId}: `;
  const text = error === undefined ? (reason ?? '') : `${step}${error.message}`;
  return {event, at, jobId: job.id, name: clip(job.name, MAX_NAME_CHARS), text: clip(text, MAX_TEXT_CHARS)};
}

/** Collects what happened. Once only, should it be delivered twice; not at all in the cool-down of one without digest. */
export function withEntry(
  state: AlertState,
  id: string,
  entry: AlertEntry,
  {isDigest, nowMs}: {readonly isDigest: boolean; readonly nowMs: number},
): AlertState {
  const box = state.boxes.get(id) ?? {...EMPTY_BOX, nextMs: nowMs};
  const isKnown = box.entries.some(
    (one) => one.event === entry.event && one.jobId === entry.jobId && one.at === entry.at,
  );
  if (isKnown || (!isDigest && countOf(box) === 0 && nowMs < box.nextMs)) return state;
  const isFull = box.entries.length >= MAX_ALERT_ENTRIES;
  return withBox(state, id, isFull ? {...box, more: box.more + 1} : {...box, entries: [...box.entries, entry]});
}

function withBox(state: AlertState, id: string, box: AlertBox): AlertState {
  return {...state, boxes: new Map(state.boxes).set(id, box)};
}

/** How many things a box has. */
export function countOf({entries, more}: AlertBox): number {
  return entries.length + more;
}

/** Whether a message may be sent now. */
export function isDue(box: AlertBox, nowMs: number): boolean {
  return countOf(box) > 0 && box.nextMs <= nowMs && box.takenUntilMs <= nowMs;
}

/** Somebody sends a message. */
export function taken(state: AlertState, id: string, untilMs: number): AlertState {
  return withBox(state, id, {...(state.boxes.get(id) ?? EMPTY_BOX), takenUntilMs: untilMs});
}

/** A message was sent with what a box had before. */
export function sent(state: AlertState, id: string, before: AlertBox, nextMs: number): AlertState {
  const now = state.boxes.get(id) ?? EMPTY_BOX;
  const entries = now.entries.slice(before.entries.length);
  return withBox(state, id, {...EMPTY_BOX, entries, more: Math.max(0, now.more - before.more), nextMs});
}

const RETRY_MS = 5 * 60_000;

/** A message could not be sent: later again, so often; `null` where it was given up. */
export function notSent(
  state: AlertState,
  id: string,
  nowMs: number,
): {readonly state: AlertState; readonly isLost: boolean} {
  const box = state.boxes.get(id) ?? EMPTY_BOX;
  const tries = box.tries + 1;
  const nextMs = nowMs + RETRY_MS * 2 ** Math.min(tries - 1, 5);
  if (tries >= MAX_SEND_TRIES) return {state: withBox(state, id, {...EMPTY_BOX, nextMs}), isLost: true};
  return {state: withBox(state, id, {...box, tries, nextMs, takenUntilMs: 0}), isLost: false};
}

/** What was told. */
export function withTold(state: AlertState, key: string, untilMs: number): AlertState {
  return {...state, told: new Map([...state.told, [key, untilMs] as const].slice(-MAX_TOLD))};
}

/** Without what has no use any more: what was told and is over, boxes that wait for nothing, and those of no declaration. */
export function tidied(
  state: AlertState,
  now: {readonly nowMs: number; isDeclared(id: string): boolean; isLasting(told: string, untilMs: number): boolean},
): AlertState {
  const boxes = [...state.boxes].filter(([id, box]) => {
    if (now.isDeclared(id)) return countOf(box) > 0 || box.nextMs > now.nowMs;
    return countOf(box) > 0 && now.nowMs < box.nextMs + UNCLAIMED_ALERTS_MS;
  });
  const told = [...state.told].filter(([key, untilMs]) => now.isLasting(key, untilMs));
  return {boxes: new Map(boxes), told: new Map(told)};
}

/** The stored text; `null` where there is nothing to store. */
export function encodeAlerts(state: AlertState): string | null {
  if (state.boxes.size === 0 && state.told.size === 0) return null;
  const text = textOf(state);
  if (utf8Bytes(text) <= MAX_ALERTS_BYTES) return text;
  return encodeAlerts(smaller(state));
}

/** The fullest box counts what it cannot tell; then what was told is forgotten, oldest first. */
function smaller(state: AlertState): AlertState {
  const [fullest] = [...state.boxes].sort(([, one], [, other]) => other.entries.length - one.entries.length);
  if (fullest === undefined || fullest[1].entries.length === 0)
    return state.told.size > 0 ? {...state, told: new Map([...state.told].slice(1))} : NO_ALERTS;
  const [id, box] = fullest;
  return withBox(state, id, {...box, entries: box.entries.slice(0, -1), more: box.more + 1});
}

function textOf({boxes, told}: AlertState): string {
  return JSON.stringify({
    b: [...boxes].map(([id, {entries, more, nextMs, takenUntilMs, tries}]) => [
      ...[id, nextMs, takenUntilMs, tries, more],
      entries.map(({event, at, jobId, name, text}) => [event, at, jobId, name, text]),
    ]),
    t: [...told],
  });
}

/** The state in a stored text; what cannot be read is forgotten. */
export function decodeAlerts(text: string | undefined): AlertState {
  const raw = parseJson(text ?? '');
  if (!isObject(raw)) return NO_ALERTS;
  const {b, t} = raw;
  const boxes = (Array.isArray(b) ? (b as readonly unknown[]) : []).flatMap(boxOf);
  const told = (Array.isArray(t) ? (t as readonly unknown[]) : []).flatMap(toldOf);
  return {boxes: new Map(boxes), told: new Map(told)};
}

function boxOf(raw: unknown): readonly (readonly [string, AlertBox])[] {
  if (!Array.isArray(raw)) return [];
  const [id, nextMs, takenUntilMs, tries, more, list] = raw as readonly unknown[];
  if (typeof id !== 'string' || !isInstant(nextMs) || !isInstant(takenUntilMs) || !isCount(tries)) return [];
  if (!isCount(more) || !Array.isArray(list)) return [];
  const entries = (list as readonly unknown[]).flatMap((entry): readonly AlertEntry[] => {
    if (!Array.isArray(entry) || !entry.every((field) => typeof field === 'string')) return [];
    const [event = '', at = '', jobId = '', name = '', text = ''] = entry;
    return [{event: event as JobEventName, at, jobId, name, text}];
  });
  return [[id, {entries, more, nextMs, takenUntilMs, tries}]];
}

function toldOf(raw: unknown): readonly (readonly [string, number])[] {
  if (!Array.isArray(raw)) return [];
  const [key, untilMs] = raw as readonly unknown[];
  return typeof key === 'string' && isInstant(untilMs) ? [[key, untilMs]] : [];
}

/** A message for people: a line for each thing, no payloads, no results. */
export function messageOf(box: AlertBox): {readonly subject: string; readonly body: string} {
  const counts = new Map<string, number>();
  for (const {event} of box.entries) counts.set(event, (counts.get(event) ?? 0) + 1);
  const parts = [...counts].map(([event, count]) => `${count} ${event}`);
  if (box.more > 0) parts.push(`${box.more} more`);
  const lines = box.entries.map(({event, at, jobId, name, text}) => {
    const because = text === '' ? '' : `: ${text}`;
    return `${at} ${event}: ${name} (${jobId})${because}`;
  });
  if (box.more > 0) lines.push(`and ${box.more} more, see AST.Jobs.list()`);
  return {subject: `AST.Jobs: ${parts.join(', ')}`, body: lines.join('\n')};
}
