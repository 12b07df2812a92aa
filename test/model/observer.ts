/**
 * The eye of the comparison: what `status` and `list` say of the store as it is at this instant. It is no execution of the
 * simulated script, so that a look takes no time of the world, disturbs nothing, and costs a tenth of one; one realm for
 * each bundle looks for all worlds. That executions say the same is checked by the calls of the sequences and at their end.
 */
import {createContext, Script} from 'node:vm';
import type {World} from '../simulator';
import type {Outcome} from './outcome';

/** All jobs, one by one and as a list. */
export interface Look {
  readonly statuses: readonly Outcome[];
  readonly list: Outcome;
}

/** What the realm sees of a world: its clock and its script properties. */
interface View {
  nowMs: number;
  properties: string;
}

type Eye = (idsText: string) => string;

const LOOK = `
  Date.now = function () { return view.nowMs; };
  var stored = {};
  var properties = {
    getProperties: function () { return Object.assign({}, stored); },
    getProperty: function (key) { return key in stored ? stored[key] : null; },
  };
  var PropertiesService = {
    getScriptProperties: function () { return properties; },
    getUserProperties: function () { return {getProperty: function () { return null; }}; },
  };
  var ScriptApp = {getProjectTriggers: function () { return []; }, newTrigger: function () {}, deleteTrigger: function () {}};
  function astJobsLook(idsText) {
    function outcomeOf(act) {
      try { return {value: act()}; } catch (e) { return {error: {name: e.name, code: e.code, message: e.message}}; }
    }
    stored = JSON.parse(view.properties);
    return JSON.stringify({
      statuses: JSON.parse(idsText).map(function (id) { return outcomeOf(function () { return AST.Jobs.status(id); }); }),
      list: outcomeOf(function () { return AST.Jobs.list({limit: 1000}, {details: true}); }),
    });
  }
  astJobsLook`;

const eyes = new Map<string, {readonly view: View; readonly eye: Eye}>();

export function lookAt(world: World, bundle: string, ids: readonly string[]): Look {
  const {view, eye} = eyeOf(bundle);
  view.nowMs = world.nowMs;
  view.properties = JSON.stringify(Object.fromEntries(world.store('script')));
  return JSON.parse(eye(JSON.stringify(ids))) as Look;
}

function eyeOf(bundle: string): {readonly view: View; readonly eye: Eye} {
  const known = eyes.get(bundle);
  if (known !== undefined) return known;
  const view: View = {nowMs: 0, properties: '{}'};
  const realm = createContext({view});
  new Script(bundle, {filename: 'Code.js'}).runInContext(realm);
  const eye = new Script(LOOK, {filename: 'look.js'}).runInContext(realm) as Eye;
  eyes.set(bundle, {view, eye});
  return {view, eye};
}
