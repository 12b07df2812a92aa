/** A host for the built bundle in the simulator: makes values in its own realm, calls the API with them, and looks about. */
import type {ProjectSource} from '../simulator';
import {libraryHost, pastedHost} from '../support/hosts';
import {MAKE_VALUE} from './make-value';

/** What a call in the host's realm came to. */
export interface HostCall {
  readonly method: string;
  readonly value?: unknown;
  readonly error?: {readonly name: unknown; readonly code: unknown; readonly message: string; readonly json: string};
  /** What does not hold, in words. */
  readonly problem: string | null;
}

/** Runs in the host's realm. `calls` are `[method, recipes of its arguments]`. */
const HOST = `
var makeValue = ${MAKE_VALUE};
function jobsApi() { return typeof ASTLib === 'undefined' ? AST.Jobs : (ASTLib.AST || ASTLib).Jobs; }
function act(ctx) { return ctx.payload; }
function shared() {
  var own = [Object.prototype, Array.prototype, Function.prototype, Error.prototype];
  var theirs = Object.getPrototypeOf(jobsApi().getConfig());
  return own.concat([theirs, theirs.constructor.getPrototypeOf([])]).map(function (one) { return Reflect.ownKeys(one).length; }).join();
}
function stored() {
  var all = PropertiesService.getScriptProperties().getProperties();
  return JSON.stringify(Object.keys(all).sort().map(function (key) { return [key, all[key]]; })) + ScriptApp.getProjectTriggers().length;
}
function isPlain(value) {
  if (typeof value !== 'object' || value === null) return typeof value !== 'function' && typeof value !== 'symbol';
  var prototype = Object.getPrototypeOf(value);
  var isUsual = Array.isArray(value)
    ? Array.isArray(prototype)
    : prototype !== null && Object.getPrototypeOf(prototype) === null && prototype.hasOwnProperty('isPrototypeOf');
  return isUsual && Object.keys(value).every(function (key) { return isPlain(value[key]); });
}
function callOnce(method, recipes) {
  var before = {shared: shared(), stored: stored()};
  var outcome = {method: method, problem: null};
  try {
    var value = jobsApi()[method].apply(null, recipes.map(makeValue));
    if (!isPlain(value === undefined ? null : value)) outcome.problem = 'the result is not plain';
    outcome.value = value;
  } catch (e) {
    if (e === null || typeof e !== 'object' || typeof e.toJSON !== 'function') outcome.problem = 'something foreign was thrown: ' + (e && e.stack);
    else outcome.error = {name: e.name, code: e.code, message: e.message, json: JSON.stringify(e)};
    if (stored() !== before.stored) outcome.problem = 'a refusal changed the store';
  }
  if (shared() !== before.shared) outcome.problem = 'a prototype was polluted';
  return outcome;
}
function callAll(calls) {
  return calls.map(function (call) { return callOnce(call[0], call[1]); });
}
function records() { return jobsApi().list({limit: 1000}, {details: true}); }
`;

/** The ways in which a script has the library. */
export const FORMS = ['pasted', 'library', 'unbound'] as const;
export type Form = (typeof FORMS)[number];

/** The host in a form. Unbound, only calls that pass an object find it. */
export const PROJECTS: Readonly<Record<Form, ProjectSource>> = {
  pasted: pastedHost(HOST),
  library: libraryHost(HOST),
  unbound: libraryHost(HOST, ''),
};
