/**
 * Rate limits of named resources: fixed windows of a minute, an hour and a day, each beginning with the first use in it.
 * Pure arithmetic.
 *
 * L1 what is reserved in a window and not given back never exceeds its limit. L2 reserved units are good only until the
 *    first of their windows ends, so that none is used in another window. L3 so, of n units a minute, at most n are used in
 *    each window, and at most 2n in any minute that lies across two of them.
 */
import {isCount, isInstant, parseJson} from './json';
import {MAX_LIMITED_RESOURCES} from './limits';

export const SPANS = ['minute', 'hour', 'day'] as const;
/** What a limit is for. */
export type Span = (typeof SPANS)[number];

export const SPAN_MS: Readonly<Record<Span, number>> = {minute: 60_000, hour: 3_600_000, day: 24 * 3_600_000};

/** One limit of a resource, and what was used of it. */
export interface RateWindow {
  readonly span: Span;
  readonly limit: number;
  readonly sinceMs: number;
  readonly used: number;
}

/** All limits, by resource. */
export type RateTable = ReadonlyMap<string, readonly RateWindow[]>;

/** A window that begins later than clocks differ was damaged. */
const CLOCKS_DIFFER_MS = 3_600_000;

/** The window as of now: a new one where the stored one is over. */
export function windowAt(window: RateWindow, nowMs: number): RateWindow {
  const isOver = nowMs >= endOf(window) || window.sinceMs > nowMs + CLOCKS_DIFFER_MS;
  return isOver ? {...window, sinceMs: nowMs, used: 0} : window;
}

/** When a window ends. */
export function endOf({span, sinceMs}: RateWindow): number {
  return sinceMs + SPAN_MS[span];
}

/** Units that were reserved, and in which windows. */
export interface Reservation {
  readonly units: number;
  /** They are good until then. */
  readonly untilMs: number;
  readonly windows: readonly {readonly resource: string; readonly span: Span; readonly sinceMs: number}[];
}

/** What came of asking for units. */
export type Reserving =
  /** None of the resources has a limit. */
  | {readonly kind: 'free'}
  | {readonly kind: 'reserved'; readonly table: RateTable; readonly reservation: Reservation}
  /** A resource has no unit left until then. */
  | {readonly kind: 'waits'; readonly resource: string; readonly untilMs: number};

/** Reserves up to so many units of each of some resources. */
export function reserve(table: RateTable, resources: readonly string[], wanted: number, nowMs: number): Reserving {
  const limited = [...new Set(resources)].filter((resource) => table.has(resource));
  if (limited.length === 0) return {kind: 'free'};
  const blocked = blockOf(table, limited, nowMs);
  if (blocked !== null) return {kind: 'waits', ...blocked};
  const current = limited.map((resource) => ({resource, windows: windowsAt(table, resource, nowMs)}));
  const all = current.flatMap(({windows}) => windows);
  const units = Math.min(wanted, ...all.map(({limit, used}) => limit - used));
  const after = new Map(table);
  for (const {resource, windows} of current)
    after.set(
      resource,
      windows.map((window) => ({...window, used: window.used + units})),
    );
  const reservation: Reservation = {
    units,
    untilMs: Math.min(...all.map(endOf)),
    windows: current.flatMap(({resource, windows}) => windows.map(({span, sinceMs}) => ({resource, span, sinceMs}))),
  };
  return {kind: 'reserved', table: after, reservation};
}

/** The resource that has no unit for the longest time, and until when; `null` where all have some. */
export function blockOf(
  table: RateTable,
  resources: readonly string[],
  nowMs: number,
): {readonly resource: string; readonly untilMs: number} | null {
  let block: {readonly resource: string; readonly untilMs: number} | null = null;
  for (const resource of resources)
    for (const window of windowsAt(table, resource, nowMs))
      if (window.used >= window.limit && endOf(window) > (block?.untilMs ?? 0))
        block = {resource, untilMs: endOf(window)};
  return block;
}

/** Gives units back, in those windows that have not ended. */
export function giveUnitsBack(table: RateTable, {windows}: Reservation, units: number, nowMs: number): RateTable {
  const after = new Map(table);
  for (const {resource, span, sinceMs} of windows) {
    const known = after.get(resource);
    if (known === undefined) continue;
    const isSame = (window: RateWindow): boolean =>
      window.span === span && window.sinceMs === sinceMs && nowMs < endOf(window);
    after.set(
      resource,
      known.map((window) => (isSame(window) ? {...window, used: Math.max(0, window.used - units)} : window)),
    );
  }
  return after;
}

/** Sets the limits of a resource; what was used in a window of the same length stays used. None removes it. */
export function withLimits(
  table: RateTable,
  resource: string,
  limits: Readonly<Partial<Record<Span, number>>>,
): RateTable {
  const before = table.get(resource) ?? [];
  const windows = SPANS.flatMap((span): readonly RateWindow[] => {
    const limit = limits[span];
    if (limit === undefined) return [];
    const known = before.find((window) => window.span === span);
    return [{span, limit, sinceMs: known?.sinceMs ?? 0, used: known?.used ?? 0}];
  });
  const after = new Map(table);
  after.delete(resource);
  return windows.length === 0 ? after : after.set(resource, windows);
}

function windowsAt(table: RateTable, resource: string, nowMs: number): readonly RateWindow[] {
  return (table.get(resource) ?? []).map((window) => windowAt(window, nowMs));
}

/** The stored text of all limits. */
export function encodeRates(table: RateTable): string {
  return JSON.stringify([...table].map(([resource, windows]) => [resource, ...windows.map(windowTuple)]));
}

function windowTuple({span, limit, sinceMs, used}: RateWindow): readonly number[] {
  return [SPANS.indexOf(span), limit, sinceMs, used];
}

/** The limits in a stored text; `null` for damage. */
export function decodeRates(text: string | undefined): RateTable | null {
  if (text === undefined) return new Map();
  const raw = parseJson(text);
  if (!Array.isArray(raw) || raw.length > MAX_LIMITED_RESOURCES) return null;
  const table = new Map<string, readonly RateWindow[]>();
  for (const entry of raw as readonly unknown[]) {
    const [resource, ...tuples] = Array.isArray(entry) ? (entry as readonly unknown[]) : [];
    const windows = tuples.map(windowOf);
    if (typeof resource !== 'string' || windows.length === 0) return null;
    const known = windows.filter((window) => window !== null);
    if (known.length < windows.length) return null;
    table.set(resource, known);
  }
  return table;
}

function windowOf(raw: unknown): RateWindow | null {
  if (!Array.isArray(raw)) return null;
  const [index, limit, sinceMs, used] = raw as readonly unknown[];
  const span = isCount(index) ? SPANS[index] : undefined;
  if (span === undefined || !isCount(limit) || limit < 1 || !isInstant(sinceMs) || !isCount(used)) return null;
  return {span, limit, sinceMs, used};
}
