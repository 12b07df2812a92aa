/**
 * The pattern that people write by hand, as a script: a loop that remembers its offset in a script property, looks at the
 * clock, and makes a trigger for its own continuation. After
 * https://stackoverflow.com/questions/7854573/exceeded-maximum-execution-time-in-google-apps-script,
 * https://kido0617.github.io/js/2017-02-13-gas-6-minutes, and, where the trigger is set first and the offset saved after
 * each item, the Continuous Batch Library (https://gist.github.com/patt0/8395003).
 */
import {projectOf, type ProjectSource} from '../test/simulator';

export interface Habits {
  /** Whether the offset is saved after each item, and not only when an execution ends. */
  readonly savesEach: boolean;
  /** Whether the next trigger is made, for after the time limit, before the work begins. */
  readonly setsTriggerFirst: boolean;
}

const SOURCE = `
var MAX_MS = 5 * 60 * 1000;

function startByHand(total, itemMs) {
  PropertiesService.getScriptProperties().setProperties({offset: '0', total: String(total), itemMs: String(itemMs)});
  continueByHand();
}

function continueByHand() {
  var started = Date.now();
  deleteTriggers();
  if (SETS_TRIGGER_FIRST) ScriptApp.newTrigger('continueByHand').timeBased().after(7 * 60 * 1000).create();
  var props = PropertiesService.getScriptProperties();
  var settings = props.getProperties();
  var offset = Number(settings.offset), total = Number(settings.total), itemMs = Number(settings.itemMs);
  for (var i = offset; i < total; i++) {
    if (Date.now() - started > MAX_MS) {
      props.setProperty('offset', String(i));
      if (SETS_TRIGGER_FIRST) deleteTriggers();
      ScriptApp.newTrigger('continueByHand').timeBased().after(60 * 1000).create();
      return;
    }
    processItem(i, itemMs);
    if (SAVES_EACH) props.setProperty('offset', String(i + 1));
  }
  if (SETS_TRIGGER_FIRST) deleteTriggers();
  props.setProperty('offset', String(total));
}

function processItem(i, itemMs) {
  Sim.effect('item', i);
  Sim.spend(itemMs);
}

function deleteTriggers() {
  ScriptApp.getProjectTriggers().forEach(function (trigger) {
    if (trigger.getHandlerFunction() === 'continueByHand') ScriptApp.deleteTrigger(trigger);
  });
}
`;

/** A script with these habits. */
export function handWritten({savesEach, setsTriggerFirst}: Habits): ProjectSource {
  return projectOf(`var SAVES_EACH = ${savesEach}, SETS_TRIGGER_FIRST = ${setsTriggerFirst};\n${SOURCE}`);
}
