/**
 * Reads a whole job out of a snapshot of the store.
 *
 * Everything is checked on the way: the plan against its fingerprint, each log against its seal or against the position
 * that its last owner gave back. What lies beyond a seal was written by a dead owner and does not exist. Anything that
 * does not fit together is damage, which is reported and never repaired by guessing.
 */
import {chainSum, EMPTY_SUM} from './bytes';
import type {Header, Seal} from './header';
import {onlyPart} from './header';
import {decodeHeader, sealOf, type DecodedHeader} from './header-codec';
import {parseJson} from './json';
import {headerKey, planKey, resultKey, sealPageKey, segmentKey, type JobAddress} from './keys';
import {Ledger} from './ledger';
import {advance, type LargeResult, type LogPosition, type Outcome} from './outcome';
import {NumberedPlan} from './plan';
import {decodePlan} from './plan-codec';
import {decodeSegment, NO_UNIT, type Segment} from './segment';

/** All keys and values of a store at one moment. */
export type Snapshot = Readonly<Record<string, string>>;

/** The live end of a log: where its owner goes on. */
export interface Tail {
  readonly position: LogPosition;
  /** Index of the last segment; −1 when the log is empty. */
  readonly index: number;
  readonly segment: Segment | null;
}

/** A job as the store holds it. */
export interface StoredJob {
  readonly address: JobAddress;
  readonly header: Header;
  readonly plan: NumberedPlan;
  readonly ledger: Ledger;
  readonly tail: Tail;
}

/** What became of reading a job. */
export type JobReading =
  | {readonly kind: 'job'; readonly job: StoredJob}
  /** A finished job whose steps and results were dropped. */
  | {readonly kind: 'folded'; readonly header: Header}
  | {readonly kind: 'missing'}
  | {readonly kind: 'newer'; readonly schema: number}
  | {readonly kind: 'corrupt'; readonly what: string};

/** Reads the header at an address. One that belongs to another job says nothing of this one. */
export function readHeader(snapshot: Snapshot, address: JobAddress): DecodedHeader {
  const decoded = decodeHeader(snapshot[headerKey(address)] ?? '');
  return decoded.kind === 'header' && decoded.header.id !== address.id ? {kind: 'corrupt'} : decoded;
}

/** Reads the job at an address. */
export function readJob(snapshot: Snapshot, address: JobAddress): JobReading {
  if (snapshot[headerKey(address)] === undefined) return {kind: 'missing'};
  const decoded = readHeader(snapshot, address);
  if (decoded.kind === 'newer') return decoded;
  if (decoded.kind === 'corrupt') return {kind: 'corrupt', what: 'header'};
  const {header} = decoded;
  if (header.folded !== null) return {kind: 'folded', header};
  const plan = readPlan(snapshot, address, header);
  if (plan === null) return {kind: 'corrupt', what: 'plan'};
  return readProgress(snapshot, address, header, plan);
}

function readPlan(snapshot: Snapshot, address: JobAddress, header: Header): NumberedPlan | null {
  const {inline, pieces, sum, units} = header.plan;
  const text = inline ?? joinPieces(pieces, (piece) => snapshot[planKey(address, piece)]);
  if (text === null || chainSum(EMPTY_SUM, text) !== sum) return null;
  const plan = decodePlan(text);
  if (plan === null) return null;
  const numbered = new NumberedPlan(plan);
  return numbered.unitCount === units ? numbered : null;
}

function joinPieces(pieces: number, read: (piece: number) => string | undefined): string | null {
  const texts: string[] = [];
  for (let piece = 0; piece < pieces; piece++) {
    const text = read(piece);
    if (text === undefined) return null;
    texts.push(text);
  }
  return texts.join('');
}

function readProgress(snapshot: Snapshot, address: JobAddress, header: Header, plan: NumberedPlan): JobReading {
  const seals = readSeals(snapshot, address, header);
  if (seals === null) return {kind: 'corrupt', what: 'seals'};
  const ledger = new Ledger(plan);
  for (const seal of seals) {
    const log = readLog(snapshot, address, seal.part, seal.log);
    const cut = log === null ? null : cutAt(log.outcomes, seal.position);
    if (cut === null || !applyAll(ledger, plan, cut)) return {kind: 'corrupt', what: `log ${seal.log}`};
  }
  const part = onlyPart(header);
  if (!blamesItsUnits(header, plan)) return {kind: 'corrupt', what: 'header'};
  const log = readLog(snapshot, address, 0, part.log);
  const given = log === null ? null : cutAt(log.outcomes, part.position);
  if (log === null || given === null) return {kind: 'corrupt', what: `log ${part.log}`};
  // Behind the position that was given back only the holder of a lease may have written.
  const outcomes = part.lease === null ? given : log.outcomes;
  if (!applyAll(ledger, plan, outcomes)) return {kind: 'corrupt', what: `log ${part.log}`};
  if (header.last !== null && !applyAll(ledger, plan, [header.last])) return {kind: 'corrupt', what: 'last outcome'};
  const tail = tailOf(log, outcomes);
  return {kind: 'job', job: {address, header, plan, ledger, tail}};
}

/** Whether the units that a header blames are units of its plan: one that is none would be given up in the log. */
function blamesItsUnits({suspects, recoveries}: Header, plan: NumberedPlan): boolean {
  const units = suspects.map((suspect) => suspect.unit);
  for (const {inDoubt} of recoveries) units.push(...inDoubt);
  return units.every((unit) => unit < plan.unitCount);
}

function readSeals(snapshot: Snapshot, address: JobAddress, header: Header): readonly Seal[] | null {
  const seals: Seal[] = [];
  for (let page = 0; page < header.sealPages; page++) {
    const raw = parseJson(snapshot[sealPageKey(address, page)] ?? '');
    if (!Array.isArray(raw)) return null;
    for (const entry of raw as readonly unknown[]) {
      const seal = sealOf(entry);
      if (seal === null) return null;
      seals.push(seal);
    }
  }
  return seals.concat(header.seals);
}

interface LogReading {
  readonly segments: readonly Segment[];
  readonly outcomes: readonly Outcome[];
}

/** All outcomes of a log, found by contiguity; `null` when a segment cannot be read. */
function readLog(snapshot: Snapshot, address: JobAddress, part: number, log: number): LogReading | null {
  const segments: Segment[] = [];
  const outcomes: Outcome[] = [];
  for (let index = 0; ; index++) {
    const text = snapshot[segmentKey(address, part, log, index)];
    if (text === undefined) return {segments, outcomes};
    const segment = decodeSegment(text);
    if (segment === null) return null;
    segments.push(segment);
    outcomes.push(...segment.outcomes);
  }
}

/** The first outcomes up to a position; `null` when they are not there or are others. */
function cutAt(outcomes: readonly Outcome[], position: LogPosition): readonly Outcome[] | null {
  if (outcomes.length < position.count) return null;
  const cut = outcomes.slice(0, position.count);
  return positionAfter(cut).sum === position.sum ? cut : null;
}

function positionAfter(outcomes: readonly Outcome[]): LogPosition {
  return outcomes.reduce(advance, {count: 0, sum: EMPTY_SUM});
}

function applyAll(ledger: Ledger, plan: NumberedPlan, outcomes: readonly Outcome[]): boolean {
  for (const outcome of outcomes) {
    if (!Number.isInteger(outcome.unit) || outcome.unit < 0 || outcome.unit >= plan.unitCount) return false;
    ledger.apply(outcome);
  }
  return true;
}

/** Where the next owner goes on; only segments within the valid outcomes count. */
function tailOf(log: LogReading, outcomes: readonly Outcome[]): Tail {
  const position = positionAfter(outcomes);
  if (log.outcomes.length === outcomes.length) {
    const index = log.segments.length - 1;
    return {position, index, segment: log.segments[index] ?? null};
  }
  let seen = 0;
  for (let index = 0; index < log.segments.length; index++) {
    const segment = log.segments[index];
    if (segment === undefined) break;
    if (seen + segment.outcomes.length >= outcomes.length) {
      const kept = segment.outcomes.slice(0, outcomes.length - seen);
      return {position, index, segment: {...segment, outcomes: kept}};
    }
    seen += segment.outcomes.length;
  }
  return {position, index: -1, segment: null};
}

/** The unit that the holder of a lease, alive or dead, may have begun and has not committed; −1 when there is none. */
export function unitInDoubt(job: StoredJob): number {
  const part = onlyPart(job.header);
  if (part.lease === null) return NO_UNIT;
  const {segment} = job.tail;
  // The tail's marker speaks for this epoch if this epoch wrote the tail; else nothing was committed since the claim.
  const unit = segment !== null && segment.epoch === part.epoch ? segment.marker : part.lease.unit;
  // A number that is no unit was damaged; what it named cannot be told, and is pending in any case.
  return job.ledger.isSettled(unit) || unit >= job.plan.unitCount ? NO_UNIT : unit;
}

/** The JSON text of a large result; `null` when it is damaged. */
export function readLarge(snapshot: Snapshot, address: JobAddress, large: LargeResult): string | null {
  const text = joinPieces(large.pieces, (piece) => snapshot[resultKey(address, large.address, piece)]);
  return text !== null && chainSum(EMPTY_SUM, text) === large.sum ? text : null;
}
