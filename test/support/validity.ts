/** Says what is wrong with something that a decoder returned: fields of another type, or out of their range. */
import type {Header, Part, Phase} from '../../src/core/header';
import type {Outcome} from '../../src/core/outcome';
import type {Plan} from '../../src/core/plan';
import type {Marker, Segment} from '../../src/core/segment';
import type {Mark, UnitRange} from '../../src/core/units';

const MAX_INSTANT_MS = 8.64e15;

type Check = readonly [what: string, isRight: boolean];

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
const isInstant = (value: unknown): boolean => isCount(value) && (value as number) <= MAX_INSTANT_MS;
const isInstantOrNull = (value: unknown): boolean => value === null || isInstant(value);
const isText = (value: unknown): boolean => typeof value === 'string';
const isRecord = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);

const isRange = (range: UnitRange): boolean => isCount(range.first) && isCount(range.last) && range.first <= range.last;
const isMark = (mark: Mark): boolean => mark === null || isRange(mark);

function isMarker({units, cursor}: Marker): boolean {
  if (cursor === null) return isMark(units);
  return (
    units !== null && isRange(units) && units.first === units.last && isCount(cursor.version) && isJson(cursor.text)
  );
}

const failing = (checks: readonly Check[]): readonly string[] =>
  checks.filter(([, isRight]) => !isRight).map(([what]) => what);

function isStoredError(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const {name, message, code, details} = value as Record<string, unknown>;
  return isText(name) && isText(message) && (code === undefined || isText(code)) && details !== undefined;
}

/** What is wrong with an outcome. */
export function problemsOfOutcome(outcome: Outcome): readonly string[] {
  const base: readonly Check[] = [
    ['unit', isCount(outcome.unit)],
    ['atMs', isInstant(outcome.atMs)],
    ['durationMs', !('durationMs' in outcome) || isCount(outcome.durationMs)],
  ];
  switch (outcome.kind) {
    case 'done':
      return failing([...base, ['result', isJson(outcome.result)]]);
    case 'doneLarge': {
      const {address, pieces, sum} = outcome.large;
      const numbers = [address.part, address.log, address.epoch, address.unit, pieces];
      return failing([...base, ['large', numbers.every(isCount) && isText(sum)]]);
    }
    case 'failed':
      return failing([
        ...base,
        ['error', isStoredError(outcome.error)],
        ['retryAtMs', isInstantOrNull(outcome.retryAtMs)],
      ]);
    case 'killed':
      return failing([...base, ['crashes', isCount(outcome.crashes)]]);
    case 'cursor':
      return failing([...base, ['cursor', isCount(outcome.cursor.version) && isJson(outcome.cursor.text)]]);
    case 'archived': {
      const {count, locator, bytes, sum} = outcome.archive;
      return failing([
        ...base,
        ['archive', isCount(count) && count > 0 && isCount(bytes) && isText(locator) && isText(sum)],
      ]);
    }
    case 'page': {
      const {number, first, count, next} = outcome.page;
      return failing([...base, ['page', [number, first, count].every(isCount) && (next === null || isText(next))]]);
    }
    case 'void':
      return failing([...base, ['count', isCount(outcome.count) && outcome.count > 0]]);
  }
}

function isJson(text: unknown): boolean {
  if (typeof text !== 'string') return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** What is wrong with a segment. */
export function problemsOfSegment(segment: Segment): readonly string[] {
  return [
    ...failing([
      ['epoch', isCount(segment.epoch)],
      ['marker', isMarker(segment.marker)],
    ]),
    ...segment.outcomes.flatMap(problemsOfOutcome),
  ];
}

function isPhase(phase: Phase): boolean {
  switch (phase.kind) {
    case 'queued':
      return isInstant(phase.dueMs);
    case 'running':
      return true;
    case 'paused': {
      const {reason, untilMs, handler, bytes} = phase.waiting;
      const isKnown = ['budget', 'retry', 'user', 'quota', 'store', 'handler', 'dependency', 'event'].includes(reason);
      const hasDetails = (handler === undefined || isText(handler)) && (bytes === undefined || isCount(bytes));
      return isKnown && isInstantOrNull(untilMs) && hasDetails;
    }
    case 'completed':
    case 'failed':
    case 'canceled':
      return isInstant(phase.atMs);
    default:
      return false;
  }
}

function isPart({epoch, log, position, lease}: Part): boolean {
  const isLease =
    lease === null ||
    (isInstant(lease.untilMs) &&
      isText(lease.by) &&
      isMark(lease.mark) &&
      (lease.share === null || isRange(lease.share)));
  return [epoch, log, position.count].every(isCount) && isText(position.sum) && isLease;
}

/** What is wrong with a header. */
export function problemsOfHeader(header: Header): readonly string[] {
  const {options, plan, folded} = header;
  return [
    ...failing([
      ['texts', [header.id, header.name, header.owner].every(isText)],
      ['revision', isCount(header.revision)],
      ['phase', isPhase(header.phase)],
      ['createdAtMs', isInstant(header.createdAtMs)],
      ['updatedAtMs', isInstant(header.updatedAtMs)],
      ['startedAtMs', isInstantOrNull(header.startedAtMs)],
      ['pausedAtMs', isInstantOrNull(header.pausedAtMs)],
      ['options', [options.maxRetries, options.maxRuntimeMs, options.leaseTtlMs].every(isCount)],
      ['autoResume', typeof options.autoResume === 'boolean'],
      ['plan', isCount(plan.pieces) && isCount(plan.units) && isText(plan.sum)],
      ['inline', plan.inline === null || isText(plan.inline)],
      ['parts', header.parts.length > 0 && header.parts.every(isPart)],
      [
        'seals',
        header.seals.every(
          (seal) => [seal.part, seal.log, seal.position.count].every(isCount) && isText(seal.position.sum),
        ),
      ],
      ['sealPages', isCount(header.sealPages)],
      ['doubts', header.doubts.every(isRange)],
      ['workers', isCount(options.workers) && options.workers > 0],
      ['suspects', header.suspects.every((suspect) => isCount(suspect.unit) && isCount(suspect.crashes))],
      [
        'recoveries',
        header.recoveries.every(
          (entry) => isInstant(entry.atMs) && isCount(entry.epoch) && entry.inDoubt.every(isRange),
        ),
      ],
      ['reasons', header.recoveries.every(({reason}) => ['killed', 'canceled', 'store'].includes(reason))],
      [
        'longest',
        isCount(header.longest.jobMs) && header.longest.nodes.every((pair) => pair.length === 2 && pair.every(isCount)),
      ],
      ['folded', folded === null || folded.error === null || isStoredError(folded.error)],
    ]),
    ...(header.last === null ? [] : problemsOfOutcome(header.last)),
  ];
}

/** What is wrong with a plan, as far as a reader of one job would stumble over it. */
export function problemsOfPlan({nodes, orchestration}: Plan): readonly string[] {
  const isNode = (index: number): boolean => isCount(index) && index < nodes.length;
  return failing([
    ['nodes', nodes.length > 0],
    ['texts', nodes.every((node) => isText(node.handler) && isText(node.kind === 'map' ? node.prefix : node.id))],
    ['deps', nodes.every((node) => node.deps.every(isNode))],
    ['retry', nodes.every((node) => Object.values(node.retry).every((value) => Number.isFinite(value) && value >= 0))],
    ['maxCrashes', nodes.every((node) => isCount(node.maxCrashes) && node.maxCrashes > 0)],
    ['map', nodes.every((node) => node.kind !== 'map' || (isCount(node.maxConcurrency) && node.maxConcurrency > 0))],
    ['over', nodes.every((node) => node.kind !== 'reduce' || nodes[node.over]?.kind === 'map')],
    ['helper', orchestration === null || ['chain', 'enqueue_many', 'map_reduce'].includes(orchestration.helper)],
    ['mode', orchestration === null || ['run', 'enqueue'].includes(orchestration.mode)],
  ]);
}
