/**
 * Reads a whole job out of a snapshot of the store.
 *
 * Everything is checked on the way: the plan against its fingerprint, each log against its seal or against the position
 * that its last owner gave back. What lies beyond a seal was written by a dead owner and does not exist. Anything that
 * does not fit together is damage, which is reported and never repaired by guessing.
 */
import {chainSum, EMPTY_SUM} from './bytes';
import {partAt, type Header, type Part, type Seal} from './header';
import {decodeHeader, sealOf, type DecodedHeader} from './header-codec';
import {parseJson} from './json';
import {headerKey, planKey, resultKey, sealPageKey, segmentKey, type JobAddress} from './keys';
import {Ledger} from './ledger';
import {advance, endOfOutcome, type LargeResult, type LogPosition, type Outcome} from './outcome';
import {NumberedPlan} from './plan';
import {decodePlan} from './plan-codec';
import {decodeSegment, NO_MARKER, type Marker, type Segment} from './segment';
import {rangesOf, type UnitRange} from './units';

/** All keys and values of a store at one moment. */
export type Snapshot = Readonly<Record<string, string>>;

/** The live end of a log: where its owner goes on. */
export interface Tail {
  readonly position: LogPosition;
  /** Index of the last segment; −1 when the log is empty. */
  readonly index: number;
  readonly segment: Segment | null;
}

/** A log that nobody has written to. */
export const EMPTY_TAIL: Tail = {position: {count: 0, sum: EMPTY_SUM}, index: -1, segment: null};

/** A job as the store holds it. */
export interface StoredJob {
  readonly address: JobAddress;
  readonly header: Header;
  readonly plan: NumberedPlan;
  readonly ledger: Ledger;
  /** One for each part of the header. */
  readonly tails: readonly Tail[];
}

/** The live end of a part's log. */
export function tailAt(job: StoredJob, part: number): Tail {
  return job.tails[part] ?? EMPTY_TAIL;
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
  return readBody(snapshot, address, decoded.header);
}

/** Reads the rest of a job whose header has been read. */
export function readBody(snapshot: Snapshot, address: JobAddress, header: Header): JobReading {
  if (header.folded !== null) return {kind: 'folded', header};
  const plan = readPlan(snapshot, address, header);
  if (plan === null) return {kind: 'corrupt', what: 'plan'};
  return readProgress(snapshot, address, header, plan);
}

/** The stored text of a plan, as it was written; `null` for any other. */
export function readPlanText(snapshot: Snapshot, address: JobAddress, header: Header): string | null {
  const {inline, pieces, sum} = header.plan;
  const text = inline ?? joinPieces(pieces, (piece) => snapshot[planKey(address, piece)]);
  return text !== null && chainSum(EMPTY_SUM, text) === sum ? text : null;
}

function readPlan(snapshot: Snapshot, address: JobAddress, header: Header): NumberedPlan | null {
  const text = readPlanText(snapshot, address, header);
  return text === null ? null : numberedPlan(text, header);
}

/** The plan in its stored text, if it has as many units as the header says. */
export function numberedPlan(text: string, header: Header): NumberedPlan | null {
  const plan = plans.get(text) ?? planOf(text);
  return plan?.unitCount === header.plan.units ? plan : null;
}

/** Plans that were read in this execution, by their text: a pass reads each of its jobs several times. */
const plans = new Map<string, NumberedPlan>();
const MAX_PLANS_KEPT = 4;

function planOf(text: string): NumberedPlan | null {
  const decoded = decodePlan(text);
  if (decoded === null) return null;
  const plan = new NumberedPlan(decoded);
  if (plans.size >= MAX_PLANS_KEPT) plans.clear();
  plans.set(text, plan);
  return plan;
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
  if (!namesItsUnits(header, plan)) return {kind: 'corrupt', what: 'header'};
  const tails: Tail[] = [];
  for (const [index, part] of header.parts.entries()) {
    const tail = readPart(snapshot, address, index, part, (outcomes) => applyAll(ledger, plan, outcomes));
    if (tail === null) return {kind: 'corrupt', what: `log ${part.log}`};
    tails.push(tail);
  }
  if (header.last !== null && !applyAll(ledger, plan, [header.last])) return {kind: 'corrupt', what: 'last outcome'};
  return {kind: 'job', job: {address, header, plan, ledger, tails}};
}

/** Every outcome of a job that nobody owns, in order; `null` where one cannot be read. */
export function readOutcomes(snapshot: Snapshot, address: JobAddress, header: Header): readonly Outcome[] | null {
  const seals = readSeals(snapshot, address, header);
  if (seals === null) return null;
  const ends = [...seals, ...header.parts.map(({log, position}, part) => ({part, log, position}))];
  const outcomes: Outcome[] = [];
  for (const {part, log, position} of ends) {
    const cut = cutAt(readLog(snapshot, address, part, log)?.outcomes ?? [], position);
    if (cut === null) return null;
    outcomes.push(...cut);
  }
  return header.last === null ? outcomes : [...outcomes, header.last];
}

/** The current log of a part: its valid outcomes are applied; `null` where it is damaged. */
function readPart(
  snapshot: Snapshot,
  address: JobAddress,
  index: number,
  part: Part,
  apply: (outcomes: readonly Outcome[]) => boolean,
): Tail | null {
  const log = readLog(snapshot, address, index, part.log);
  const given = log === null ? null : cutAt(log.outcomes, part.position);
  if (log === null || given === null) return null;
  // Behind the position that was given back only the holder of a lease may have written.
  const outcomes = part.lease === null ? given : log.outcomes;
  // On from the position that was checked: a log is long, and each look at its end would cost as much as reading it.
  const position = outcomes.slice(part.position.count).reduce(advance, part.position);
  return apply(outcomes) ? tailOf(log, outcomes, position) : null;
}

/** Whether the units that a header names are units of its plan: one that is none would be given up in the log. */
function namesItsUnits({suspects, doubts, recoveries, parts}: Header, plan: NumberedPlan): boolean {
  const ranges = [...doubts];
  for (const {inDoubt} of recoveries) ranges.push(...inDoubt);
  for (const {lease} of parts) if (lease !== null && lease.share !== null) ranges.push(lease.share);
  return (
    suspects.every((suspect) => suspect.unit < plan.unitCount) && ranges.every((range) => range.last < plan.unitCount)
  );
}

/** The seals of a job, oldest first; `null` when a page cannot be read. */
export function readSeals(snapshot: Snapshot, address: JobAddress, header: Header): readonly Seal[] | null {
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
    if (outcome.unit < 0 || endOfOutcome(outcome) > plan.unitCount) return false;
    ledger.apply(outcome);
  }
  return true;
}

/** Where the next owner goes on; only segments within the valid outcomes count. */
function tailOf(log: LogReading, outcomes: readonly Outcome[], position: LogPosition): Tail {
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

/** What the holder of a part's lease, alive or dead, may have begun. */
export function markerOf(job: StoredJob, index: number): Marker {
  const part = partAt(job.header, index);
  if (part.lease === null) return NO_MARKER;
  const {segment} = tailAt(job, index);
  // The tail's marker speaks for this epoch if this epoch wrote the tail; else nothing was committed since the claim.
  return segment !== null && segment.epoch === part.epoch ? segment.marker : {units: part.lease.mark, cursor: null};
}

/** Units that the holder of a part's lease may have begun and has not committed. */
export function unitsInDoubt(job: StoredJob, index: number): readonly UnitRange[] {
  const {units} = markerOf(job, index);
  if (units === null) return [];
  const open: number[] = [];
  // A number that is no unit was damaged; what it named cannot be told, and is pending in any case.
  for (let unit = units.first; unit <= Math.min(units.last, job.plan.unitCount - 1); unit++)
    if (!job.ledger.isSettled(unit)) open.push(unit);
  return rangesOf(open);
}

/** What owners are at, one unit each: of a group, which is worked on in order, the first that is not committed. */
export function runningUnits(job: StoredJob): ReadonlySet<number> {
  const running = new Set<number>();
  job.header.parts.forEach((_part, index) => {
    const [inDoubt] = unitsInDoubt(job, index);
    if (inDoubt !== undefined) running.add(inDoubt.first);
  });
  return running;
}

/** The JSON text of a large result; `null` when it is damaged. */
export function readLarge(snapshot: Snapshot, address: JobAddress, large: LargeResult): string | null {
  const text = joinPieces(large.pieces, (piece) => snapshot[resultKey(address, large.address, piece)]);
  return text !== null && chainSum(EMPTY_SUM, text) === large.sum ? text : null;
}
