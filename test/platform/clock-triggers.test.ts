import {clockTriggers} from '../../src/platform/clock-triggers';
import type {ScriptAppLike, TriggerLike} from '../../src/platform/handles';

/** A project's triggers, with what was asked of them. */
class FakeScriptApp implements ScriptAppLike {
  readonly asked: string[] = [];
  private triggers: TriggerLike[] = [];
  private made = 0;

  newTrigger(handler: string): ReturnType<ScriptAppLike['newTrigger']> {
    const builder = {
      after: (ms: number) => (this.asked.push(`${handler} after ${ms}`), builder),
      everyMinutes: (minutes: number) => (this.asked.push(`${handler} every ${minutes}`), builder),
      create: () => this.plant(handler),
    };
    return {timeBased: () => builder};
  }

  getProjectTriggers(): TriggerLike[] {
    return this.triggers;
  }

  deleteTrigger(trigger: TriggerLike): void {
    this.asked.push(`delete ${trigger.getUniqueId()}`);
    this.triggers = this.triggers.filter((other) => other !== trigger);
  }

  plant(handler: string): TriggerLike {
    const uid = `t${++this.made}`;
    const trigger = {getUniqueId: () => uid, getHandlerFunction: () => handler};
    this.triggers.push(trigger);
    return trigger;
  }
}

const triggersOf = (app: ScriptAppLike | undefined, hasHandler = true) =>
  clockTriggers(app, 'astJobsWorker', () => hasHandler);

test('triggers are made for the dispatcher’s function, with the time that was asked for', () => {
  const app = new FakeScriptApp();
  const triggers = triggersOf(app);
  expect([triggers.createRecurring(10), triggers.createOneOff(90_000)]).toEqual(['t1', 't2']);
  expect(app.asked).toEqual(['astJobsWorker every 10', 'astJobsWorker after 90000']);
});

test('only the dispatcher’s own triggers are listed', () => {
  const app = new FakeScriptApp();
  app.plant('onDaily');
  const triggers = triggersOf(app);
  const uid = triggers.createRecurring(5);
  app.plant('astJobsWorker2');
  expect(triggers.list()).toEqual([uid]);
});

test('only own triggers are deleted, and only those that were named', () => {
  const app = new FakeScriptApp();
  const foreign = app.plant('onDaily').getUniqueId();
  const triggers = triggersOf(app);
  const [one, other] = [triggers.createRecurring(5), triggers.createOneOff(1)];
  triggers.remove([foreign, one, 'gone']);
  expect(triggers.list()).toEqual([other]);
  expect(app.getProjectTriggers().map((trigger) => trigger.getUniqueId())).toEqual([foreign, other]);
  expect(app.asked.filter((line) => line.startsWith('delete'))).toEqual([`delete ${one}`]);
});

test('with a service and a handler there is no problem', () => {
  expect(triggersOf(new FakeScriptApp()).problem()).toBeNull();
});

test('a missing handler is a problem that says what to add, before any trigger is made', () => {
  const app = new FakeScriptApp();
  const problem = triggersOf(app, false).problem();
  expect(problem).toContain('no function astJobsWorker');
  expect(problem).toContain('function astJobsWorker(e) { return (ASTLib.AST || ASTLib).Jobs.work(e); }');
  expect(app.asked).toEqual([]);
});

test('a missing service is a problem, and an error where a trigger is needed', () => {
  const triggers = triggersOf(undefined);
  expect(triggers.problem()).toContain('call resume yourself');
  expect(triggersOf({} as ScriptAppLike).problem()).toContain('call resume yourself');
  for (const call of [
    () => triggers.list(),
    () => triggers.createOneOff(1),
    () => triggers.createRecurring(1),
    () => triggers.remove(['a']),
  ])
    expect(call).toThrow('ScriptApp is not defined');
});
