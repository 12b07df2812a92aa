/**
 * Jobs by name: each execution is one job of one map step over its tasks, which says that it is an execution. Jobs of the
 * same name that were made in another way are none.
 */
import type {Header} from '../core/header';
import {decodeHeader} from '../core/header-codec';
import {printValue} from '../core/json';
import {bornAtMs, DEFAULT_PREFIX, headerKey, type JobAddress} from '../core/keys';
import {MAX_ITEM_ROWS, MAX_RANGE, WAIT_INTERVAL_MS} from '../core/limits';
import {endedAtMs} from '../core/metrics';
import {isoTime} from '../core/record';
import {EVERYTHING} from '../core/selection';
import {executionStatus} from '../core/state';
import {readHeader} from '../core/stored-job';
import {clip, jobsError} from '../errors';
import {integerIn, invalid, jobName, optionsObject, reading, requestObject} from '../orchestration/request';
import type {ExecutionRecord, ExecutionSummary, NamedJob, StepRecord, TaskRecord, TaskStatus} from '../types';
import type {Engine} from './engine';
import {findJob} from './lookup';
import {lookingTwice} from './operations';
import {patiently} from './patience';
import {recordOf, selectJobs} from './views';
import {awaitEnd} from './waiting';

const PREFIX_SETTING = 'AST_JOBS_PROPERTY_PREFIX';
const INTERVAL_RANGE = [100, 60_000] as const;
/** What says which job and which tasks: nothing of it can be a default, or be said in another way. */
const OWN_FIELDS = ['name', 'items', 'mode'] as const;

/** A job by its name; `engineOf` finds the engine of a call, by what it passes. */
export function namedJob(rawName: unknown, rawDefaults: unknown, engineOf: (passed: unknown) => Engine): NamedJob {
  const name = reading('The name of a job', () => jobName(rawName));
  const defaults = reading('The defaults of job', () => fieldsOf(optionsObject(rawDefaults), 'job'));
  if (defaults['tasks'] !== undefined)
    throw invalid('The defaults of job have tasks: pass them to createExecution, which makes one execution of them.');
  const executions = new Executions(name, defaults, () => engineOf(rawDefaults));
  return {
    name,
    createExecution: (request) => executions.create(engineOf(request ?? rawDefaults), request),
    getExecution: (id, page) => executions.show(id, page),
    getExecutionStatus: (id) => executions.status(id),
    listExecutions: (page) => executions.list(page),
    waitForExecution: (id, options) => executions.wait(id, options),
  };
}

/** A copy of the fields of a request, without those that are not the caller's to give. */
function fieldsOf(raw: Readonly<Record<string, unknown>>, what: string): Readonly<Record<string, unknown>> {
  const field = OWN_FIELDS.find((own) => raw[own] !== undefined);
  if (field !== undefined)
    throw invalid(
      `${what} does not take ${printValue(field)}: the name is that of the job, the items are the tasks, and an ` +
        'execution is started by the dispatcher or by waitForExecution.',
      {field},
    );
  return {...raw};
}

class Executions {
  private readonly name: string;
  private readonly defaults: Readonly<Record<string, unknown>>;
  private readonly engine: () => Engine;
  /** Where the last one was found: a good guess for the next. */
  private prefix: string | null = null;

  constructor(name: string, defaults: Readonly<Record<string, unknown>>, engine: () => Engine) {
    this.name = name;
    this.defaults = defaults;
    this.engine = engine;
  }

  create(engine: Engine, raw: unknown): string {
    const request = reading('The request of createExecution', () => ({
      ...this.defaults,
      ...fieldsOf(requestObject(raw, 'createExecution'), 'createExecution'),
      name: this.name,
    }));
    const {id, options} = engine.submit('createExecution', request);
    this.prefix = options.propertyPrefix;
    return id;
  }

  show(rawId: unknown, rawPage: unknown): ExecutionRecord {
    const engine = this.engine();
    const page = pageOf(rawPage, 'getExecution', MAX_ITEM_ROWS);
    return lookingTwice(() => {
      const snapshot = engine.readAll();
      const {address, header} = this.find(rawId, (id) => findJob(snapshot, id, null), snapshot);
      const {clock, triggers} = engine.ports;
      const record = recordOf(snapshot, address, clock.nowMs(), triggers.problem(), {page});
      return {
        ...summaryOf(header),
        tasks: record.steps.map((row) => taskOf(row, record.results[row.id])),
        counts: record.orchestration?.children.counts ?? null,
      };
    });
  }

  /** By one value where it is where it was looked for first, else by all of them. */
  status(rawId: unknown): TaskStatus {
    const engine = this.engine();
    const {store, settings} = engine.ports;
    const id = idOf(rawId);
    const prefix = this.prefix ?? givenPrefix(this.defaults) ?? settings?.text(PREFIX_SETTING) ?? DEFAULT_PREFIX;
    const key = headerKey({prefix, id});
    const text = bornAtMs(id) === null ? null : patiently(engine.ports, () => store.get(key));
    const decoded = text === null ? null : decodeHeader(text);
    if (decoded?.kind === 'header' && this.isOwn(decoded.header, id)) return executionStatus(decoded.header);
    const snapshot = engine.readAll();
    const {header} = this.find(rawId, (wanted) => findJob(snapshot, wanted, null), snapshot);
    return executionStatus(header);
  }

  list(rawPage: unknown): readonly ExecutionSummary[] {
    const page = pageOf(rawPage, 'listExecutions', 100);
    const selection = {...EVERYTHING, ...page, name: this.name, maker: 'execution'} as const;
    const rows = selectJobs(this.engine().readAll(), selection, null);
    return rows.flatMap(({header}) => (header === null ? [] : [summaryOf(header)]));
  }

  wait(rawId: unknown, rawOptions: unknown): ExecutionRecord {
    const {timeoutMs, intervalMs} = reading('The options of waitForExecution', () => {
      const {maxWait = null, interval = null} = optionsObject(rawOptions);
      return {
        timeoutMs: maxWait === null ? null : integerIn(maxWait, 'maxWait', 0, MAX_RANGE),
        intervalMs: interval === null ? WAIT_INTERVAL_MS : integerIn(interval, 'interval', ...INTERVAL_RANGE),
      };
    });
    const engine = this.engine();
    engine.refuseNested();
    this.status(rawId);
    awaitEnd(engine, {id: idOf(rawId), prefix: null}, {timeoutMs, intervalMs});
    return this.show(rawId, undefined);
  }

  private find(
    rawId: unknown,
    find: (id: string) => JobAddress | null,
    snapshot: Parameters<typeof readHeader>[0],
  ): {readonly address: JobAddress; readonly header: Header} {
    const id = idOf(rawId);
    const address = find(id);
    const decoded = address === null ? null : readHeader(snapshot, address);
    // Damage is told as such, and not taken for an execution that never was.
    if (address !== null && decoded?.kind !== 'header') this.engine().record(snapshot, address);
    if (address === null || decoded?.kind !== 'header' || !this.isOwn(decoded.header, id))
      throw notFound(this.name, id);
    this.prefix = address.prefix;
    return {address, header: decoded.header};
  }

  private isOwn(header: Header, id: string): boolean {
    return header.id === id && !header.isRemoved && header.name === this.name && header.terms.maker === 'execution';
  }
}

function idOf(raw: unknown): string {
  if (typeof raw === 'string' && raw.trim() !== '') return raw.trim();
  throw invalid(`Expected the id of an execution, got ${printValue(raw)}.`);
}

function givenPrefix(defaults: Readonly<Record<string, unknown>>): string | undefined {
  const {propertyPrefix} = (defaults['options'] ?? {}) as {readonly propertyPrefix?: unknown};
  return typeof propertyPrefix === 'string' ? propertyPrefix.trim() : undefined;
}

function pageOf(raw: unknown, what: string, fallback: number): {readonly limit: number; readonly offset: number} {
  return reading(`The options of ${what}`, () => {
    const {limit = null, offset = null} = optionsObject(raw);
    return {
      limit: limit === null ? fallback : integerIn(limit, `limit of ${what}`, 1, 1_000),
      offset: offset === null ? 0 : integerIn(offset, `offset of ${what}`, 0, MAX_RANGE),
    };
  });
}

function summaryOf(header: Header): ExecutionSummary {
  const {id, name, createdAtMs, startedAtMs, terms} = header;
  return {
    id,
    status: executionStatus(header),
    metadata: {
      name,
      createdAt: isoTime(createdAtMs),
      startedAt: isoTime(startedAtMs),
      completedAt: isoTime(endedAtMs(header)),
      tags: terms.tags,
    },
  };
}

function taskOf({id, state, payload, lastError}: StepRecord, result: unknown): TaskRecord {
  const {item: task = null} = payload as {readonly item?: unknown};
  return {
    ...{id, status: state, task, result: result ?? null},
    error: state === 'failed' && lastError !== null ? {stepId: id, ...lastError} : null,
  };
}

function notFound(name: string, id: string): Error {
  const executionId = clip(id, 100);
  return jobsError(
    'EXECUTION_NOT_FOUND',
    `Job ${printValue(name)} has no execution ${executionId}: it is one of another job, was never created here, or was ` +
      'purged.',
    {name, executionId},
  );
}
