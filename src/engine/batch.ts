/** Batches: jobs that are accepted together, all of them or none. */
import {encodeHeader} from '../core/header-codec';
import {headerKey, isBatchId, makeBatchId} from '../core/keys';
import {encodeIntent} from '../core/intent';
import {utf8Bytes} from '../core/bytes';
import {isFinal, statusOf} from '../core/header';
import {isObject, printValue} from '../core/json';
import {hasExtras} from '../core/plan';
import {termsOfAsked} from '../orchestration/asked';
import {jobsError} from '../errors';
import {refuseForeign} from '../orchestration/fields';
import {booleanOption, invalid, optionsObject, reading} from '../orchestration/request';
import type {BatchRecord, DamagedRecord, JobRecord, JobStatus} from '../types';
import {newId, prepareJob, type Candidate} from './admission';
import {Alarm} from './alarm';
import {wakeUpAtMs} from './claim';
import {checkRequest, entryOf, type CheckedRequest} from './compile';
import {knownJobs, readableJobs} from './dependencies';
import type {Engine} from './engine';
import {handlerNames} from './handler-names';
import {storeFull, withHold, type Hold} from './hold';
import {finishIntents} from './intents';
import {freeBytes, makeRoom} from './room';
import {rowAt} from './views';

const MAX_JOBS = 50;

/**
 * Accepts jobs together; `dependencies` may name requests of the batch by their positions. Nothing is told to listeners
 * here: accepting ends no job but by a singleton that replaces, which a batch refuses.
 */
export function enqueueBatch(engine: Engine, rawRequests: unknown, rawOptions: unknown): BatchRecord {
  const requests = reading('The requests of enqueueBatch', () => requestsOf(rawRequests, rawOptions));
  const checked = requests.map((request, index) => checkedAt(engine, request, index));
  refuseBadPositions(checked);
  const id = withHold(engine.ports, (hold) => accept(engine, hold, checked));
  return showBatch(engine, id);
}

function requestsOf(raw: unknown, rawOptions: unknown): readonly unknown[] {
  if (!Array.isArray(raw) || raw.length === 0 || raw.length > MAX_JOBS)
    throw invalid(`enqueueBatch expects a list of 1 to ${MAX_JOBS} requests, got ${printValue(raw)}.`);
  const options = optionsObject(rawOptions);
  refuseForeign(options, 'request', 'The options object of enqueueBatch');
  const {autoStart} = options;
  const isStarted = autoStart === undefined || booleanOption(autoStart, 'autoStart');
  return Array.from(raw as readonly unknown[], (request, index) => {
    if (!isObject(request))
      throw invalid(`Each request of a batch must be an object, got ${printValue(request)} at index ${index}.`);
    // Over the request, whose other fields are read as those of any are.
    return isStarted ? request : (Object.create(request, {autoStart: {value: false}}) as unknown);
  });
}

function checkedAt(engine: Engine, request: unknown, index: number): CheckedRequest {
  const names = handlerNames(engine.ports.handlers);
  const entry = reading(`Request ${index} of enqueueBatch`, () => entryOf(request));
  const checked = checkRequest(entry, enqueued(request), names);
  const {debounce, idempotency, singleton} = checked.asked;
  if ((debounce ?? idempotency ?? singleton) === null) return checked;
  throw invalid(
    `Request ${index} of the batch has idempotencyKey, singleton or debounce: a batch is accepted as a whole or not at ` +
      'all, so that none of its jobs can be left out. Enqueue it by itself.',
    {index},
  );
}

/** All jobs of a batch start later. */
function enqueued(request: unknown): unknown {
  return isObject(request) ? (Object.create(request, {mode: {value: 'enqueue'}}) as unknown) : request;
}

function refuseBadPositions(checked: readonly CheckedRequest[]): void {
  const above = checked.map(({asked}, index) =>
    asked.dependencies.flatMap((dependency) => {
      if (typeof dependency === 'string') return [];
      if (dependency < checked.length && dependency !== index) return [dependency];
      throw invalid(
        `Request ${index} of the batch depends on position ${dependency}: positions are those of other requests, 0 to ` +
          `${checked.length - 1}.`,
        {index, dependency},
      );
    }),
  );
  const free = new Set<number>();
  for (let before = -1; before < free.size;) {
    before = free.size;
    above.forEach((positions, index) => {
      if (positions.every((position) => free.has(position))) free.add(index);
    });
    if (before === free.size) break;
  }
  if (free.size === checked.length) return;
  const cyclic = checked.flatMap((_one, index) => (free.has(index) ? [] : [index]));
  throw invalid(`The requests ${printValue(cyclic)} of the batch form a dependency cycle, or depend on one.`, {
    requests: cyclic,
  });
}

/** Order of the writes: triggers, plans, the intent, headers. Up to the intent's last piece there is nothing but left-overs. */
function accept(engine: Engine, hold: Hold, checked: readonly CheckedRequest[]): string {
  const {ports} = engine;
  const id = makeBatchId(hold.nowMs, [ports.random.next(), ports.random.next()]);
  // Of the same moment: sorted, they tell the order of the requests ever after.
  const ids = checked.map(() => newId(ports, hold)).sort();
  const candidates = checked.map((one): Candidate => {
    const dependencies = one.asked.dependencies.map((entry) =>
      typeof entry === 'number' ? (ids[entry] ?? '') : (knownJobs(hold.snapshot, [entry])[0] ?? ''),
    );
    const candidate = engine.candidate({...one, asked: {...one.asked, dependencies: []}}, hold);
    const terms = {...termsOfAsked(one.asked, hold.nowMs, dependencies, hasExtras(candidate.plan)), batch: id};
    return {...candidate, terms};
  });
  const admitted = candidates.map((candidate, index) => prepareJob(ports, hold, candidate, ids[index]));
  const writes = admitted.map(({address, header}) => [headerKey(address), encodeHeader(header)] as const);
  const intent = encodeIntent(id, writes);
  const bytes = [...writes, ...intent].reduce((sum, [key, value]) => sum + utf8Bytes(key) + utf8Bytes(value), 0);
  if (!makeRoom(hold, bytes)) throw storeFull(bytes, freeBytes(hold));
  const dues = admitted.map(({header}) => wakeUpAtMs(header, hold.nowMs)).filter((dueMs) => dueMs !== null);
  const [first] = candidates;
  if (dues.length > 0 && first !== undefined && ports.triggers.problem() === null)
    new Alarm(ports, hold, first.owner).wakeAt(Math.min(...dues));
  for (const [key, value] of intent) hold.set(key, value);
  finishIntents(hold);
  return id;
}

/** The jobs of a batch, as far as they are there. */
export function showBatch(engine: Engine, rawId: unknown): BatchRecord {
  const id = typeof rawId === 'string' ? rawId.trim() : '';
  if (!isBatchId(id)) throw invalid(`Expected the id of a batch, got ${printValue(rawId)}.`);
  const {ports} = engine;
  const snapshot = engine.readAll();
  const found = readableJobs(snapshot)
    .filter(({header}) => header.terms.batch === id)
    .sort((one, other) => (one.header.id < other.header.id ? -1 : 1));
  if (found.length === 0)
    throw jobsError(
      'BATCH_NOT_FOUND',
      `There is no batch ${id}: it was never accepted here, or all of its jobs are gone.`,
      {
        batchId: id,
      },
    );
  const counts: Record<JobStatus, number> = {queued: 0, running: 0, paused: 0, failed: 0, completed: 0, canceled: 0};
  for (const {header} of found) counts[statusOf(header)]++;
  const isOpen = found.some(({header}) => !isFinal(header));
  const ended = counts.failed > 0 ? 'failed' : counts.canceled > 0 ? 'canceled' : 'completed';
  const jobs = found.map(({address}): JobRecord | DamagedRecord =>
    rowAt(snapshot, address, ports.clock.nowMs(), ports.triggers.problem()),
  );
  return {id, status: isOpen ? 'open' : ended, counts, jobs};
}
