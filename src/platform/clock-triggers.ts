/** The current user's clock triggers of the dispatcher. Other functions' triggers are never touched. */
import type {Triggers} from '../engine/ports';
import type {ScriptAppLike, TriggerLike} from './handles';

/** The port over ScriptApp, for one handler function. */
export function clockTriggers(
  service: ScriptAppLike | undefined,
  handlerName: string,
  hasHandler: () => boolean,
): Triggers {
  const own = (app: ScriptAppLike): readonly TriggerLike[] =>
    app.getProjectTriggers().filter((trigger) => trigger.getHandlerFunction() === handlerName);
  return {
    problem: () => {
      if (typeof service?.newTrigger !== 'function') return 'Triggers are not available here: call resume yourself.';
      if (hasHandler()) return null;
      // A trigger of a missing function would mail its owner at every tick.
      return (
        `Your script has no function ${handlerName}, so no trigger was made and nothing continues the job by itself. ` +
        `Add: function ${handlerName}(e) { return (ASTLib.AST || ASTLib).Jobs.work(e); }`
      );
    },
    createRecurring: (everyMinutes) =>
      needed(service).newTrigger(handlerName).timeBased().everyMinutes(everyMinutes).create().getUniqueId(),
    createOneOff: (delayMs) =>
      needed(service).newTrigger(handlerName).timeBased().after(delayMs).create().getUniqueId(),
    list: () => own(needed(service)).map((trigger) => trigger.getUniqueId()),
    remove: (ids) => {
      const app = needed(service);
      for (const trigger of own(app)) if (ids.includes(trigger.getUniqueId())) app.deleteTrigger(trigger);
    },
  };
}

function needed(service: ScriptAppLike | undefined): ScriptAppLike {
  if (service === undefined) throw new Error('ScriptApp is not defined');
  return service;
}
