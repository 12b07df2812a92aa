/**
 * Rate limits in the store: one key for all of them, changed only under the lock.
 *
 * Units are reserved before a run uses them and counted as used from then on; what it did not use it gives back when it
 * gives its lease back. Killed just before or after the write: the units are lost for their window, never used twice.
 */
import type {Header, Waiting} from '../core/header';
import {LIMITS_KEY} from '../core/keys';
import {MAX_LIMITED_RESOURCES, RESERVED_UNITS} from '../core/limits';
import {
  blockOf,
  decodeRates,
  encodeRates,
  endOf,
  giveUnitsBack,
  reserve,
  SPANS,
  windowAt,
  withLimits,
  type RateTable,
  type RateWindow,
  type Reservation,
  type Span,
} from '../core/rate';
import {isoTime} from '../core/record';
import {isObject, printValue} from '../core/json';
import type {Snapshot} from '../core/stored-job';
import {jobsError} from '../errors';
import {integerIn, invalid, printableText, reading} from '../orchestration/request';
import type {RateLimitRecord} from '../types';
import {withHold, type Hold} from './hold';
import {patiently} from './patience';
import type {Ports} from './ports';

/** The units that an owner has left. Changes with each attempt; what is in the store counts all of them as used. */
export interface UnitPurse {
  readonly reservation: Reservation;
  left: number;
}

/** What an owner has of units at the moment; `null` where none of its resources has a limit. */
export interface Wallet {
  purse: UnitPurse | null;
}

/** What came of asking for units. */
export type UnitGrant =
  | {readonly kind: 'free'}
  | {readonly kind: 'granted'; readonly purse: UnitPurse}
  | {readonly kind: 'waits'; readonly untilMs: number};

const FREE: UnitGrant = {kind: 'free'};

/** Reserves units for the next attempts of a job, at most as many as it has open. One write, and only for resources with limits. */
export function takeUnits(hold: Hold, {terms}: Header, openUnits: number, nowMs = hold.nowMs): UnitGrant {
  if (terms.resources.length === 0 || hold.snapshot[LIMITS_KEY] === undefined) return FREE;
  const wanted = Math.max(1, Math.min(openUnits, RESERVED_UNITS));
  const result = reserve(ratesIn(hold.snapshot), terms.resources, wanted, nowMs);
  if (result.kind === 'free') return FREE;
  if (result.kind === 'waits') return {kind: 'waits', untilMs: result.untilMs};
  hold.setState(LIMITS_KEY, encodeRates(result.table));
  return {kind: 'granted', purse: {reservation: result.reservation, left: result.reservation.units}};
}

/** The units that were granted. */
export function purseOf(grant: Exclude<UnitGrant, {kind: 'waits'}>): UnitPurse | null {
  return grant.kind === 'granted' ? grant.purse : null;
}

/** Uses a unit for an attempt that begins now; false where none is left that is still good. */
export function useUnit(purse: UnitPurse | null, nowMs: number): boolean {
  if (purse === null) return true;
  if (purse.left < 1 || nowMs >= purse.reservation.untilMs) return false;
  purse.left--;
  return true;
}

/** Gives back what is left; once. */
export function returnUnits(hold: Hold, purse: UnitPurse | null): void {
  if (purse === null || purse.left < 1) return;
  const after = giveUnitsBack(ratesIn(hold.snapshot), purse.reservation, purse.left, hold.nowMs);
  purse.left = 0;
  if (hold.snapshot[LIMITS_KEY] !== undefined) hold.setState(LIMITS_KEY, encodeRates(after));
}

/** Why a job waits that found no units. */
export function waitForUnits(untilMs: number): Waiting {
  return {reason: 'quota', untilMs};
}

/** The resource of a job that has no units now, for people. */
export function blockedResource(
  snapshot: Snapshot,
  {terms}: Header,
  nowMs: number,
): {readonly resource: string; readonly untilMs: number} | null {
  return terms.resources.length === 0 ? null : blockOf(ratesIn(snapshot), terms.resources, nowMs);
}

/** Limits that cannot be read hold nobody up; `limits` says so. */
function ratesIn(snapshot: Snapshot): RateTable {
  return decodeRates(snapshot[LIMITS_KEY]) ?? new Map<string, readonly RateWindow[]>();
}

const FIELDS: Readonly<Record<Span, 'perMinute' | 'perHour' | 'perDay'>> = {
  minute: 'perMinute',
  hour: 'perHour',
  day: 'perDay',
};
const MAX_PER_SPAN = 1_000_000;

/** Stores the limits of a resource; `null` removes them. Returns all limits. */
export function setLimit(ports: Ports, rawResource: unknown, rawLimits: unknown): readonly RateLimitRecord[] {
  const resource = printableText(rawResource, 'The resource of limit', 50);
  const limits = rawLimits === null ? {} : reading('What limit is given', () => limitsOf(rawLimits));
  return withHold(ports, (hold) => {
    const after = withLimits(ratesIn(hold.snapshot), resource, limits);
    if (after.size > MAX_LIMITED_RESOURCES)
      throw jobsError(
        'INVALID_OPTION',
        `At most ${MAX_LIMITED_RESOURCES} resources may have a limit: remove one with limit(name, null).`,
        {resource},
      );
    if (after.size === 0) hold.remove(LIMITS_KEY);
    else hold.setState(LIMITS_KEY, encodeRates(after));
    return recordsOf(after, hold.nowMs);
  });
}

function limitsOf(raw: unknown): Readonly<Partial<Record<Span, number>>> {
  if (!isObject(raw)) throw invalid(`limit expects {perMinute, perHour, perDay} or null, got ${printValue(raw)}.`);
  const names: readonly string[] = Object.values(FIELDS);
  const unknown = Object.keys(raw).find((key) => !names.includes(key));
  if (unknown !== undefined)
    throw jobsError('INVALID_OPTION', `limit knows ${names.join(', ')}, got ${printValue(unknown)}.`);
  const limits: Partial<Record<Span, number>> = {};
  for (const span of SPANS) {
    const value = raw[FIELDS[span]];
    if (value !== undefined) limits[span] = integerIn(value, FIELDS[span], 1, MAX_PER_SPAN);
  }
  if (Object.keys(limits).length === 0)
    throw invalid('limit expects at least one of perMinute, perHour and perDay, or null to remove the limit.');
  return limits;
}

/** All limits with what is used of them. */
export function showLimits(ports: Ports): readonly RateLimitRecord[] {
  const table = decodeRates(patiently(ports, () => ports.store.readAll())[LIMITS_KEY]);
  if (table === null)
    throw jobsError('RECORD_CORRUPT', `The property ${LIMITS_KEY} is damaged, so that no limit holds: set them anew.`);
  return recordsOf(table, ports.clock.nowMs());
}

function recordsOf(table: RateTable, nowMs: number): readonly RateLimitRecord[] {
  return [...table].map(([resource, windows]) => ({
    resource,
    windows: windows.map((stored) => {
      const window = windowAt(stored, nowMs);
      const isUsed = window.used > 0;
      return {
        per: window.span,
        limit: window.limit,
        used: window.used,
        resetsAt: isUsed ? isoTime(endOf(window)) : null,
      };
    }),
  }));
}
