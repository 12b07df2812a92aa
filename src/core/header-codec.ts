/**
 * Header ↔ text. Short keys, because the header is written several times an execution and has to stay below 9 KB with
 * a plan, a result and seals in it. Text of a newer schema is told apart from damage: it is left alone and counts as open.
 */
import type {WaitReason} from '../types';
import {utf8Bytes} from './bytes';
import type {
  Header,
  Lease,
  Longest,
  Part,
  Phase,
  PlanPlace,
  Recovery,
  Seal,
  StoredOptions,
  Suspect,
  Waiting,
} from './header';
import {isCount, isDuration, isInstant, isObject, parseJson} from './json';
import {MAX_HEADER_BYTES, SCHEMA, SCHEMA_OF_TERMS} from './limits';
import {isStoredError, outcomeOfTuple, outcomeText, type LogPosition} from './outcome';
import {useOfTuple, useTuple} from './quota';
import {encodeTerms, termsOf} from './terms';
import {encodeMark, markOf, rangeOf} from './units';

/** What a stored header turned out to be. */
export type DecodedHeader =
  | {readonly kind: 'header'; readonly header: Header}
  | {readonly kind: 'newer'; readonly schema: number}
  | {readonly kind: 'corrupt'};

/** The stored text of a header. */
export function encodeHeader(header: Header): string {
  const terms = encodeTerms(header.terms);
  const fields = {
    // A library that does not know terms would run such a job as if there were none.
    v: terms === null && header.fault === null ? SCHEMA : SCHEMA_OF_TERMS,
    id: header.id,
    n: header.name,
    ow: header.owner,
    rv: header.revision,
    ph: header.phase,
    t: [header.createdAtMs, header.updatedAtMs, header.startedAtMs, header.pausedAtMs],
    o: [
      header.options.maxRetries,
      header.options.maxRuntimeMs,
      header.options.leaseTtlMs,
      header.options.autoResume ? 1 : 0,
      ...(header.options.workers === 1 ? [] : [header.options.workers]),
    ],
    ...(terms === null ? {} : {e: terms}),
    pl: [header.plan.pieces, header.plan.sum, header.plan.units, header.plan.inline],
    pt: header.parts.map(encodePart),
    ...list('s', header.seals.map(encodeSeal)),
    ...(header.sealPages === 0 ? {} : {sp: header.sealPages}),
    ...list(
      'c',
      header.suspects.map((suspect) => [suspect.unit, suspect.crashes]),
    ),
    ...list('d', header.doubts.map(encodeMark)),
    ...list(
      'r',
      header.recoveries.map((entry) => [entry.atMs, entry.epoch, entry.reason, entry.inDoubt.map(encodeMark)]),
    ),
    ...(header.longest.jobMs === 0 ? {} : {l: [header.longest.jobMs, header.longest.nodes]}),
    ...(header.isHalted ? {x: 1} : {}),
    ...(header.use === null ? {} : {u: useTuple(header.use)}),
    ...(header.fault === null ? {} : {er: header.fault}),
    ...(header.isEventDue ? {ev: 1} : {}),
    ...(header.isRemoved ? {rm: 1} : {}),
    ...(header.folded === null ? {} : {f: header.folded}),
    ...header.unknown,
  };
  const text = JSON.stringify(fields);
  // The last outcome is spliced in as text: its result is JSON already.
  return header.last === null ? text : `${text.slice(0, -1)},"z":${outcomeText(header.last)}}`;
}

const KNOWN: ReadonlySet<string> = new Set('v id n ow rv ph t o pl pt s sp c d r l x u e er ev rm f z'.split(' '));

function list(key: string, entries: readonly unknown[]): Record<string, unknown> {
  return entries.length === 0 ? {} : {[key]: entries};
}

function encodePart(part: Part): readonly unknown[] {
  return [part.epoch, part.log, part.position.count, part.position.sum, encodeLease(part.lease)];
}

function encodeLease(lease: Lease | null): readonly unknown[] | null {
  if (lease === null) return null;
  const share = lease.share === null ? [] : [[lease.share.first, lease.share.last]];
  return [lease.untilMs, lease.by, encodeMark(lease.mark), ...share];
}

/** A seal as it stands in the header and in seal pages. */
export function encodeSeal(seal: Seal): readonly unknown[] {
  return [seal.part, seal.log, seal.position.count, seal.position.sum];
}

/** Headers that were read in this execution, by their text: one hold reads each of them several times. */
const kept = new Map<string, DecodedHeader>();
const MAX_KEPT = 1_000;

/** Reads a stored header. */
export function decodeHeader(text: string): DecodedHeader {
  const known = kept.get(text);
  if (known !== undefined) return known;
  const decoded = decode(text);
  if (kept.size >= MAX_KEPT) kept.clear();
  kept.set(text, decoded);
  return decoded;
}

function decode(text: string): DecodedHeader {
  const raw = parseJson(text);
  if (!isObject(raw)) return {kind: 'corrupt'};
  const schema = raw['v'];
  if (typeof schema === 'number' && schema > SCHEMA_OF_TERMS) return {kind: 'newer', schema};
  // One that leaves no room for what a claim adds could never be rewritten: nobody here wrote it.
  const isKnown = isCount(schema) && schema > 0 && utf8Bytes(text) <= MAX_HEADER_BYTES;
  const header = isKnown ? headerOf(raw) : null;
  return header === null ? {kind: 'corrupt'} : {kind: 'header', header};
}

function headerOf(raw: Readonly<Record<string, unknown>>): Header | null {
  const {id, n: name, ow: owner, rv: revision, sp: sealPages = 0, z, f, er: fault = null} = raw;
  const terms = termsOf(raw['e']);
  const times = timesOf(raw['t']);
  const phase = phaseOf(raw['ph']);
  const options = optionsOf(raw['o']);
  const plan = planPlaceOf(raw['pl']);
  const parts = listOf(raw['pt'], partOf);
  const seals = listOf(raw['s'] ?? [], sealOf);
  const suspects = listOf(raw['c'] ?? [], suspectOf);
  const doubts = listOf(raw['d'] ?? [], (units) => markOf(units) ?? null);
  const recoveries = listOf(raw['r'] ?? [], recoveryOf);
  const longest = longestOf(raw['l']);
  const last = z === undefined ? null : outcomeOfTuple(z);
  const folded = f === undefined ? null : foldedOf(f);
  if (typeof id !== 'string' || typeof name !== 'string' || typeof owner !== 'string') return null;
  if (!isCount(revision) || !isCount(sealPages) || times === null || phase === null) return null;
  if (options === null || plan === null || parts === null || parts.length === 0 || seals === null) return null;
  if (suspects === null || doubts === null || recoveries === null || longest === null) return null;
  if (terms === null || (fault !== null && !isStoredError(fault))) return null;
  if ((z !== undefined && last === null) || (f !== undefined && folded === null)) return null;
  const [createdAtMs, updatedAtMs, startedAtMs, pausedAtMs] = times;
  return {
    ...{id, name, owner, revision, phase, createdAtMs, updatedAtMs, startedAtMs, pausedAtMs, options, plan, parts},
    ...{seals, sealPages, suspects, doubts, recoveries, longest, isHalted: raw['x'] === 1, last},
    ...{use: useOfTuple(raw['u']), terms, fault, isEventDue: raw['ev'] === 1, isRemoved: raw['rm'] === 1, folded},
    unknown: Object.fromEntries(Object.entries(raw).filter(([key]) => !KNOWN.has(key))),
  };
}

type Times = readonly [created: number, updated: number, started: number | null, paused: number | null];

function timesOf(raw: unknown): Times | null {
  if (!Array.isArray(raw)) return null;
  const [created, updated, started, paused] = raw as readonly unknown[];
  if (!isInstant(created) || !isInstant(updated) || !isInstantOrNull(started) || !isInstantOrNull(paused)) return null;
  return [created, updated, started, paused];
}

function phaseOf(raw: unknown): Phase | null {
  if (!isObject(raw)) return null;
  const {kind, dueMs, atMs} = raw;
  switch (kind) {
    case 'queued':
      return isInstant(dueMs) ? {kind, dueMs} : null;
    case 'running':
      return {kind};
    case 'paused': {
      const waiting = waitingOf(raw['waiting']);
      return waiting === null ? null : {kind, waiting};
    }
    case 'completed':
    case 'failed':
    case 'canceled':
      return isInstant(atMs) ? {kind, atMs} : null;
    default:
      return null;
  }
}

const REASONS: readonly unknown[] = ['budget', 'retry', 'user', 'quota', 'store', 'handler', 'dependency', 'event'];

function waitingOf(raw: unknown): Waiting | null {
  if (!isObject(raw)) return null;
  const {reason, untilMs, handler, bytes} = raw;
  if (!REASONS.includes(reason) || !isInstantOrNull(untilMs)) return null;
  if (handler !== undefined && typeof handler !== 'string') return null;
  if (bytes !== undefined && !isCount(bytes)) return null;
  return {
    reason: reason as WaitReason,
    untilMs,
    ...(handler === undefined ? {} : {handler}),
    ...(bytes === undefined ? {} : {bytes}),
  };
}

function optionsOf(raw: unknown): StoredOptions | null {
  if (!Array.isArray(raw)) return null;
  const [maxRetries, maxRuntimeMs, leaseTtlMs, autoResume, workers = 1] = raw as readonly unknown[];
  if (!isCount(maxRetries) || !isDuration(maxRuntimeMs) || !isDuration(leaseTtlMs)) return null;
  if (!isCount(workers) || workers === 0) return null;
  return {maxRetries, maxRuntimeMs, leaseTtlMs, autoResume: autoResume === 1, workers};
}

function planPlaceOf(raw: unknown): PlanPlace | null {
  if (!Array.isArray(raw)) return null;
  const [pieces, sum, units, inline] = raw as readonly unknown[];
  if (!isCount(pieces) || typeof sum !== 'string' || !isCount(units)) return null;
  return inline === null || typeof inline === 'string' ? {pieces, sum, units, inline} : null;
}

function partOf(raw: unknown): Part | null {
  if (!Array.isArray(raw)) return null;
  const [epoch, log, count, sum, rawLease] = raw as readonly unknown[];
  const position = positionOf(count, sum);
  if (!isCount(epoch) || !isCount(log) || position === null) return null;
  if (rawLease === null) return {epoch, log, position, lease: null};
  const lease = leaseOf(rawLease);
  return lease === null ? null : {epoch, log, position, lease};
}

function leaseOf(raw: unknown): Lease | null {
  if (!Array.isArray(raw)) return null;
  const [untilMs, by, rawMark, rawShare] = raw as readonly unknown[];
  const mark = markOf(rawMark);
  const share = rawShare === undefined ? null : rangeOf(rawShare);
  if (!isInstant(untilMs) || typeof by !== 'string' || mark === undefined) return null;
  return rawShare !== undefined && share === null ? null : {untilMs, by, mark, share};
}

/** The seal in a stored tuple. */
export function sealOf(raw: unknown): Seal | null {
  if (!Array.isArray(raw)) return null;
  const [part, log, count, sum] = raw as readonly unknown[];
  const position = positionOf(count, sum);
  return isCount(part) && isCount(log) && position !== null ? {part, log, position} : null;
}

function suspectOf(raw: unknown): Suspect | null {
  const pair = pairOf(raw);
  return pair === null ? null : {unit: pair[0], crashes: pair[1]};
}

function recoveryOf(raw: unknown): Recovery | null {
  if (!Array.isArray(raw)) return null;
  const [atMs, epoch, reason, rawUnits] = raw as readonly unknown[];
  const inDoubt = listOf(rawUnits, (units) => markOf(units) ?? null);
  if (!isInstant(atMs) || !isCount(epoch) || inDoubt === null) return null;
  if (reason !== 'killed' && reason !== 'canceled' && reason !== 'store') return null;
  return {atMs, epoch, reason, inDoubt};
}

function longestOf(raw: unknown): Longest | null {
  if (raw === undefined) return {jobMs: 0, nodes: []};
  if (!Array.isArray(raw)) return null;
  const [jobMs, rawNodes] = raw as readonly unknown[];
  const nodes = listOf(rawNodes, pairOf);
  return isDuration(jobMs) && nodes !== null ? {jobMs, nodes} : null;
}

function foldedOf(raw: unknown): Header['folded'] {
  if (!isObject(raw)) return null;
  const {error} = raw;
  if (error === null) return {error};
  if (!isObject(error) || !isStoredError(error)) return null;
  const {stepId} = error as Readonly<Record<string, unknown>>;
  return stepId === null || typeof stepId === 'string' ? {error: {...error, stepId}} : null;
}

function positionOf(count: unknown, sum: unknown): LogPosition | null {
  return isCount(count) && typeof sum === 'string' ? {count, sum} : null;
}

function pairOf(raw: unknown): readonly [number, number] | null {
  if (!Array.isArray(raw)) return null;
  const [one, other] = raw as readonly unknown[];
  return isCount(one) && isCount(other) ? [one, other] : null;
}

function isInstantOrNull(raw: unknown): raw is number | null {
  return raw === null || isInstant(raw);
}

function listOf<Entry>(raw: unknown, decode: (entry: unknown) => Entry | null): readonly Entry[] | null {
  if (!Array.isArray(raw)) return null;
  const entries: Entry[] = [];
  for (const entry of raw as readonly unknown[]) {
    const decoded = decode(entry);
    if (decoded === null) return null;
    entries.push(decoded);
  }
  return entries;
}
