/**
 * `plan`: what a request would cost and when its job would end. The request is checked as at the real call; the store is
 * read once, with the user's id, and nothing is written.
 */
import {utf8Bytes} from '../core/bytes';
import {courseOf, type Course, type Stage, type Workload} from '../core/forecast';
import {archivedGrouping} from '../core/group';
import {isFinal} from '../core/header';
import {isObject, printValue} from '../core/json';
import {BALLAST_KEY, DEFAULT_PREFIX, headerKey, planKey} from '../core/keys';
import {INLINE_PLAN_BYTES, MAX_BUDGET_MS, MAX_PAGED_ITEMS, MAX_VALUE_BYTES, MAX_WORKERS} from '../core/limits';
import type {Plan, PlanNode} from '../core/plan';
import type {QuotaLimits} from '../core/quota';
import {encodePlan} from '../core/plan-codec';
import {isoTime} from '../core/record';
import {readHeader, type Snapshot} from '../core/stored-job';
import {jobsError} from '../errors';
import {integerIn, invalid, reading} from '../orchestration/request';
import type {Forecast, PlanOptions, ResolvedJobOptions} from '../types';
import {checkRequest, entryOf, type CheckedRequest, type EntryPoint} from './compile';
import type {Config} from './config';
import {handlerNames} from './handler-names';
import {jobsIn, prefixesIn, registeredPrefixes} from './hold';
import type {Ports} from './ports';
import {retentionOf} from './retention';
import {readUserTriggers} from './user-key';

const HELPERS: readonly EntryPoint[] = ['run', 'enqueue', 'chain', 'enqueueMany', 'mapReduce', 'runWorkflow'];

/** What a call asks for, checked as far as it can be without the request. */
interface Terms {
  readonly stepMs: PlanOptions['stepMs'];
  readonly resultBytes: number;
  readonly helper: EntryPoint | null;
  readonly workers: number | null;
  /** How many items a source of pages brings. */
  readonly items: number | null;
}

/** What is known of the store and the user. */
interface Surroundings {
  readonly snapshot: Snapshot;
  readonly owner: string | null;
  readonly nowMs: number;
  readonly problem: string | null;
}

/** Estimates a request. */
export function estimate(
  ports: Ports,
  config: Config,
  request: unknown,
  rawOptions: unknown,
  read: () => Snapshot,
): Forecast {
  const terms = reading('The options of plan', () => termsOf(rawOptions));
  const entry = terms.helper ?? reading('The request of plan', () => entryOf(request));
  const checked = checkRequest(entry, request, handlerNames(ports.handlers));
  const around: Surroundings = {
    snapshot: read(),
    owner: ports.identity.known(),
    nowMs: ports.clock.nowMs(),
    problem: ports.triggers.problem(),
  };
  const options = config.resolve(checked.options, around.snapshot);
  const plan = checked.compile(options.maxRetries);
  const place = placeOf(plan);
  const stages = stagesOf(plan, terms, ports.archive !== null);
  const work = workloadOf(stages, terms, checked, options, place.pieces, around);
  const limits = {...config.quotaLimits(around.snapshot), bytes: retentionOf(ports, around.snapshot).maxBytes};
  return forecastOf(work, courseOf(work), place.bytes, options, around, limits);
}

function termsOf(raw: unknown): Terms {
  if (!isObject(raw)) throw invalid(`plan expects options with stepMs, got ${printValue(raw)}.`);
  const {stepMs, resultBytes, helper, workers, items} = raw;
  if (helper !== undefined && !(HELPERS as readonly unknown[]).includes(helper))
    throw jobsError('INVALID_OPTION', `helper must be one of ${HELPERS.join(', ')}, got ${printValue(helper)}.`);
  return {
    stepMs: isObject(stepMs) ? durationsIn(stepMs) : durationIn(stepMs, 'stepMs'),
    resultBytes: resultBytes === undefined ? 50 : integerIn(resultBytes, 'resultBytes', 0, 10_000_000),
    helper: helper === undefined ? null : (helper as EntryPoint),
    workers: workers === undefined ? null : integerIn(workers, 'workers', 1, MAX_WORKERS),
    items: items === undefined ? null : integerIn(items, 'items', 0, MAX_PAGED_ITEMS),
  };
}

function durationsIn(raw: Readonly<Record<string, unknown>>): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.keys(raw).map((key) => [key, durationIn(raw[key], `stepMs of ${printValue(key)}`)]));
}

const MAX_STEP_MS = 3_600_000;

function durationIn(raw: unknown, what: string): number {
  if (typeof raw === 'number' && raw >= 0 && raw <= MAX_STEP_MS) return raw;
  throw jobsError('INVALID_OPTION', `${what} must be milliseconds from 0 to ${MAX_STEP_MS}, got ${printValue(raw)}.`);
}

/** Nodes in the order in which they run. */
function stagesOf({nodes}: Plan, {stepMs, items}: Terms, hasArchive: boolean): readonly Stage[] {
  if (typeof stepMs !== 'number') refuseUnknown(nodes, stepMs);
  const stages: Stage[] = [];
  const done = new Set<number>();
  const dependents = new Map<number, number[]>();
  nodes.forEach((node, index) => {
    for (const dep of node.deps) dependents.set(dep, [...(dependents.get(dep) ?? []), index]);
  });
  // As the scheduler does: the first in the plan whose dependencies are completed.
  const free = nodes.flatMap((node, index) => (node.deps.length === 0 ? [index] : []));
  while (free.length > 0) {
    const index = Math.min(...free);
    free.splice(free.indexOf(index), 1);
    const node = nodes[index];
    if (node === undefined) break;
    done.add(index);
    const stage = stageOf(node, index, unitMsOf(node, stepMs), items);
    stages.push(hasArchive ? archived(stage) : stage);
    for (const dependent of dependents.get(index) ?? [])
      if (nodes[dependent]?.deps.every((dep) => done.has(dep)) === true) free.push(dependent);
  }
  return stages;
}

function stageOf(node: PlanNode, index: number, unitMs: number, pagedItems: number | null): Stage {
  if (node.kind !== 'map') return {node: index, isMap: false, count: 1, unitMs, grouping: EACH};
  const grouping = node.maxCrashes === 1 ? EACH : node.checkpoint;
  if (node.items.kind !== 'pages') {
    const {count} = node.items;
    if (count > MAX_PAGED_ITEMS)
      throw jobsError(
        'INVALID_OPTION',
        `plan goes through at most ${MAX_PAGED_ITEMS} items in thought, got a range of ${count}. Ask for a shorter one: ` +
          'time and operations grow with the number of items.',
        {maxItems: MAX_PAGED_ITEMS, count},
      );
    return {node: index, isMap: true, count, unitMs, grouping};
  }
  if (pagedItems === null)
    throw jobsError('INVALID_OPTION', 'How many items a source of pages brings is not known: pass options.items.');
  return {node: index, isMap: true, count: pagedItems, unitMs, grouping};
}

function archived(stage: Stage): Stage {
  const {grouping, count, unitMs} = stage;
  return grouping === EACH ? stage : {...stage, grouping: archivedGrouping(count, grouping, unitMs)};
}

/** Each by itself. */
const EACH: Stage['grouping'] = {everyMs: 0, everyItems: 1};

/** Names under which the duration of a node may stand. */
function namesOf(node: PlanNode): readonly string[] {
  switch (node.kind) {
    case 'map':
      return ['map', node.prefix];
    case 'reduce':
      return ['reduce', node.id];
    case 'step':
    case 'source':
      return [node.id];
  }
}

function unitMsOf(node: PlanNode, stepMs: PlanOptions['stepMs']): number {
  if (typeof stepMs === 'number') return stepMs;
  const name = namesOf(node).find((candidate) => Object.prototype.hasOwnProperty.call(stepMs, candidate));
  if (name === undefined)
    throw jobsError(
      'INVALID_OPTION',
      `stepMs says nothing of ${printValue(namesOf(node)[0])}: add it, or pass one number.`,
    );
  return stepMs[name] ?? 0;
}

function refuseUnknown(nodes: readonly PlanNode[], stepMs: Readonly<Record<string, number>>): void {
  const known = new Set(nodes.flatMap(namesOf));
  const unknown = Object.keys(stepMs).find((key) => !known.has(key));
  if (unknown !== undefined)
    throw jobsError('INVALID_OPTION', `stepMs names ${printValue(unknown)}, which is no step of the request.`);
}

/** Where the plan will stand. */
function placeOf(plan: Plan): {readonly bytes: number; readonly pieces: number} {
  const text = encodePlan(plan);
  const inline = utf8Bytes(JSON.stringify(text));
  if (inline <= INLINE_PLAN_BYTES) return {bytes: inline, pieces: 0};
  const bytes = utf8Bytes(text);
  const pieces = Math.ceil(bytes / MAX_VALUE_BYTES);
  return {bytes: bytes + pieces * KEY_BYTES, pieces};
}

const KEY_BYTES = planKey({prefix: DEFAULT_PREFIX, id: 'job_000000000_0000000000'}, 0).length;

function workloadOf(
  stages: readonly Stage[],
  terms: Terms,
  checked: CheckedRequest,
  options: ResolvedJobOptions,
  planPieces: number,
  {snapshot, owner}: Surroundings,
): Workload {
  const triggers = owner === null ? null : readUserTriggers(snapshot, owner);
  const isNewPrefix =
    options.propertyPrefix !== DEFAULT_PREFIX && !registeredPrefixes(snapshot).includes(options.propertyPrefix);
  const firsts = [
    owner === null,
    (triggers?.watchdog ?? null) === null,
    snapshot[BALLAST_KEY] === undefined,
    isNewPrefix,
  ];
  return {
    ...{stages, planPieces, resultBytes: terms.resultBytes, workers: terms.workers ?? checked.workers},
    maxRuntimeMs: options.maxRuntimeMs,
    leaseTtlMs: options.leaseTtlMs,
    isRun: checked.mode === 'run',
    storedKeys: Object.keys(snapshot).length,
    firstWrites: firsts.filter((isMissing) => isMissing).length,
    isInstalled: triggers?.isInstalled ?? false,
  };
}

/** A header beside the plan in it. */
const HEADER_BYTES = 500;

function forecastOf(
  work: Workload,
  course: Course,
  planBytes: number,
  options: ResolvedJobOptions,
  around: Surroundings,
  limits: QuotaLimits & {readonly bytes: number},
): Forecast {
  const units = work.stages.reduce((sum, stage) => sum + stage.count, 0);
  const finishInMs = Math.round(course.finishMs);
  const needed = Math.round(course.triggerMs / 6_000) / 10;
  const days = Math.max(1, limits.triggerMs === 0 ? 1 : Math.ceil(course.triggerMs / limits.triggerMs));
  const calls = course.reads + course.writes;
  const total = planBytes + HEADER_BYTES + course.resultBytes;
  const open = openBytes(around.snapshot);
  const forecast = {
    ...{units, executions: course.executions, runMs: Math.round(course.runMs)},
    waitMs: Math.max(0, finishInMs - Math.round(course.runMs)),
    finishAt: isoTime(around.nowMs + finishInMs),
    finishInMs,
    triggerMinutes: {needed, limitPerDay: limits.triggerMs / 60_000, days},
    storeBytes: {
      plan: planBytes,
      results: course.resultBytes,
      total,
      limit: limits.bytes,
      fits: total + open <= limits.bytes,
    },
    propertyOperations: {
      calls,
      ifBulkCountsKeys: calls + course.keysRead,
      limitPerDay: limits.operations,
    },
    writesPerUnit: Math.round((100 * course.writes) / units) / 100,
  };
  return {...forecast, notes: notesOf(forecast, work, open, options, around.problem)};
}

/** Bytes of the jobs that cannot give way. */
function openBytes(snapshot: Snapshot): number {
  const staying = jobsIn(snapshot, prefixesIn(snapshot)).filter((address) => {
    const decoded = readHeader(snapshot, address);
    return decoded.kind !== 'header' || !isFinal(decoded.header);
  });
  const starts = new Set(staying.map((address) => headerKey(address).slice(0, -1)));
  let bytes = 0;
  for (const key of Object.keys(snapshot))
    if (starts.has(key.slice(0, key.lastIndexOf('~') + 1))) bytes += utf8Bytes(key) + utf8Bytes(snapshot[key] ?? '');
  return bytes;
}

function notesOf(
  forecast: Omit<Forecast, 'notes'>,
  work: Workload,
  openBytesNow: number,
  options: ResolvedJobOptions,
  problem: string | null,
): readonly string[] {
  const {triggerMinutes, storeBytes, propertyOperations} = forecast;
  const longestMs = Math.max(...work.stages.map((stage) => stage.unitMs));
  const notes = ['Failed attempts, kills and other work of the script come on top.'];
  if (!options.autoResume)
    notes.push('autoResume is false: the times hold if triggers ran it; as it is, only resume does.');
  else if (problem !== null) notes.push(`No trigger can be made here, so that only resume runs it: ${problem}`);
  if (longestMs >= MAX_BUDGET_MS)
    notes.push(
      `A step of ${Math.round(longestMs / 1_000)} s is near the 360 s at which Apps Script ends an execution: it would be ` +
        'killed again and again. Split it.',
    );
  if (triggerMinutes.days > 1)
    notes.push(
      `It needs ${triggerMinutes.needed} minutes of trigger time; and ${triggerMinutes.limitPerDay} a day are allowed ` +
        `(consumer accounts have 90, Workspace 360). So it takes ${triggerMinutes.days} days, which the finish time does not contain.`,
    );
  if (propertyOperations.limitPerDay > 0 && propertyOperations.calls > propertyOperations.limitPerDay)
    notes.push(
      `It takes more property calls than the ${propertyOperations.limitPerDay} of a day (Workspace: 500,000).`,
    );
  if (!storeBytes.fits)
    notes.push(
      `It does not fit: it takes ${storeBytes.total} bytes, and of ${storeBytes.limit} open jobs have ${openBytesNow}. ` +
        'Pass references to where data lie, or return smaller results.',
    );
  if (work.workers > 1) notes.push(`It is reckoned with ${work.workers} executions at once for map steps.`);
  return notes;
}
