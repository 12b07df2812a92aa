/**
 * The host of the sequences: a script whose handlers do what their payloads say, and the same in the words of the model.
 * `act` is always there; `later` does the same and comes and goes with deployments.
 */
import type {ProjectSource} from '../simulator';
import {libraryHost, pastedHost} from '../support/hosts';
import type {Kind} from './calls';

/** The payload of a step, or the item of a map step. */
export interface Work {
  readonly n: number;
  /** Steps whose results are added. */
  readonly plus: readonly string[];
  readonly ms: number;
  /** So many attempts fail, kills counted. */
  readonly failures: number;
  readonly kind: Kind;
}

const HOST = `
function jobsApi() { return typeof ASTX === 'undefined' ? AST.Jobs : ASTX.Jobs; }
function outcomeOf(act) {
  try { return {value: act()}; } catch (e) { return {error: {name: e.name, code: e.code, message: e.message}}; }
}
function api(method, args) { return outcomeOf(function () { return jobsApi()[method].apply(null, args); }); }
function apiAll(calls) { return calls.map(function (call) { return api(call[0], call.slice(1)); }); }
function noteBegin(ctx) {
  Sim.effect('begin', {
    job: ctx.jobId, step: ctx.stepId, attempt: ctx.attempt, name: ctx.name, payload: ctx.payload,
    results: JSON.parse(JSON.stringify(ctx.results)), key: ctx.idempotencyKey, leftMs: ctx.timeLeftMs(),
  });
}
function noteEnd(ctx) { Sim.effect('end', {job: ctx.jobId, step: ctx.stepId}); }
function valueOf(p, ctx) {
  if (ctx.attempt <= p.failures) throw new Error('failure ' + ctx.attempt);
  if (p.kind === 'nothing') return undefined;
  if (p.kind === 'not json') return [function () {}];
  if (p.kind === 'promise') return {then: function () {}};
  if (p.kind === 'nested') return api('run', [{name: 'inner', steps: [{id: 'a', handler: 'act'}]}]).error.code;
  if (p.kind === 'spawn') return 'spawned';
  return p.plus.reduce(function (sum, id) { return sum + Number(ctx.results[id] || 0); }, p.n);
}
function act(ctx) {
  var p = ctx.payload.item || ctx.payload;
  noteBegin(ctx);
  if (p.ms > 10000) Sim.spend(p.ms); else if (p.ms > 0) Utilities.sleep(p.ms);
  if (p.kind === 'cancel') Sim.effect('canceled', {job: ctx.jobId, outcome: api('cancel', [ctx.jobId])});
  if (p.kind === 'spawn' && ctx.attempt > p.failures) {
    var request = {name: 'spawned', steps: [{id: 'a', handler: 'act', payload: {n: 1, plus: [], ms: 0, failures: 0, kind: 'add'}}]};
    Sim.effect('spawned', {record: jobsApi().enqueue(request), request: request});
  }
  noteEnd(ctx);
  return valueOf(p, ctx);
}
function reduce(ctx) {
  noteBegin(ctx);
  noteEnd(ctx);
  return ctx.payload.mapStepIds.reduce(function (sum, id) { return sum + Number(ctx.results[id] || 0); }, 0);
}
function look(ids) {
  return {
    statuses: ids.map(function (id) { return api('status', [id]); }),
    list: api('list', [{limit: 1000}, {details: true}]),
  };
}
`;
const LATER = 'function later(ctx) { return act(ctx); }\n';

/** The project as it is deployed. */
export function hostOf(bundle: string, isLibrary: boolean, hasLater: boolean): ProjectSource {
  const source = hasLater ? HOST + LATER : HOST;
  return isLibrary ? libraryHost(source, 'ASTX.Jobs.bind(globalThis);', bundle) : pastedHost(source, bundle);
}

/** The handlers that a deployment has. */
export function handlersOf(hasLater: boolean): ReadonlySet<string> {
  return new Set(hasLater ? ['act', 'reduce', 'later'] : ['act', 'reduce']);
}

export type HandlerOutcome =
  | {readonly kind: 'value'; readonly value: unknown}
  | {
      readonly kind: 'failure';
      readonly message: string | null;
      readonly code: string | null;
      readonly isForGood: boolean;
    };

type Results = Readonly<Record<string, unknown>>;

/** What an attempt of `act` or `later` comes to. */
export function outcomeOfWork(work: Work, attempt: number, results: Results): HandlerOutcome {
  if (attempt <= work.failures) return failure(`failure ${attempt}`, null, false);
  switch (work.kind) {
    case 'nothing':
      return {kind: 'value', value: null};
    case 'not json':
      return failure(null, 'RESULT_NOT_JSON', false);
    case 'promise':
      return failure(null, 'ASYNC_HANDLER', true);
    case 'nested':
      return {kind: 'value', value: 'NESTED_RUN'};
    case 'spawn':
      return {kind: 'value', value: 'spawned'};
    case 'add':
    case 'cancel':
      return {kind: 'value', value: sumOf(work.n, work.plus, results)};
  }
}

/** What `reduce` comes to. */
export function outcomeOfReduce(ids: readonly string[], results: Results): HandlerOutcome {
  return {kind: 'value', value: sumOf(0, ids, results)};
}

function failure(message: string | null, code: string | null, isForGood: boolean): HandlerOutcome {
  return {kind: 'failure', message, code, isForGood};
}

/** JSON makes `null` of what is no number, and both count as nothing here. */
function sumOf(start: number, ids: readonly string[], results: Results): number | null {
  const sum = ids.reduce((total, id) => total + Number(results[id] ?? 0), start);
  return Number.isNaN(sum) ? null : sum;
}
