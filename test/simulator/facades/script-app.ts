/** ScriptApp: always the host's, also when a library calls it. Building a trigger is free; creating it is a call. */
import type {Kit} from './kit';

export function installScriptApp(kit: Kit): void {
  const {options, ask, exception, mismatch} = kit;
  const SCOPE = 'https://www.googleapis.com/auth/script.scriptapp';
  const EventType = kit.enumeration(['CLOCK', 'ON_OPEN', 'ON_EDIT', 'ON_FORM_SUBMIT', 'ON_CHANGE', 'ON_EVENT_UPDATED']);
  const TriggerSource = kit.enumeration(['SPREADSHEETS', 'CLOCK', 'FORMS', 'DOCUMENTS', 'CALENDAR']);
  const AuthMode = kit.enumeration(['NONE', 'CUSTOM_FUNCTION', 'LIMITED', 'FULL']);
  const WeekDay = kit.enumeration(['MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY', 'SUNDAY']);

  const needsAuthority = (method: string): void => {
    if (options.authMode !== 'LIMITED') return;
    throw exception(`You do not have permission to call ScriptApp.${method}. Required permissions: ${SCOPE}`);
  };

  const makeTrigger = (made: unknown) => {
    const {uid, handler} = made as {uid: string; handler: string};
    return {
      getUniqueId: () => uid,
      getHandlerFunction: () => handler,
      getEventType: () => EventType['CLOCK'],
      getTriggerSource: () => TriggerSource['CLOCK'],
      getTriggerSourceId: () => null,
    };
  };

  const create = (spec: unknown) => {
    needsAuthority('newTrigger');
    return makeTrigger(ask('triggers', 'create', null, [spec]));
  };

  const getProjectTriggers = () => {
    needsAuthority('getProjectTriggers');
    return (ask('triggers', 'getProjectTriggers', null, []) as unknown[]).map(makeTrigger);
  };

  kit.define('ScriptApp', {
    EventType,
    TriggerSource,
    AuthMode,
    WeekDay,
    newTrigger: (handler: unknown) => {
      needsAuthority('newTrigger');
      if (typeof handler !== 'string') throw mismatch([handler], 'ScriptApp.newTrigger');
      return {timeBased: () => clockTrigger(kit, handler, create)};
    },
    getProjectTriggers,
    getScriptTriggers: getProjectTriggers,
    deleteTrigger: (trigger: {getUniqueId(): string}) => {
      needsAuthority('deleteTrigger');
      ask('triggers', 'deleteTrigger', null, [trigger.getUniqueId()]);
    },
    getScriptId: () => options.project,
    getService: () => ({
      getUrl: () => `https://script.google.com/macros/s/${options.project}/exec`,
      isEnabled: () => true,
    }),
  });
}

/** What `timeBased()` gives. */
export function clockTrigger({exception, mismatch}: Kit, handler: string, create: (spec: unknown) => unknown): unknown {
  let spec: Record<string, unknown> | null = null;
  const set = (fields: Record<string, unknown>): unknown => {
    spec = {handler, ...fields};
    return builder;
  };
  const every = (method: string, unitMs: number, allowed: readonly number[] | null) => (count: unknown) => {
    if (typeof count !== 'number') throw mismatch([count], `ScriptApp.ClockTriggerBuilder.${method}`);
    if (allowed !== null && !allowed.includes(count)) {
      throw exception(`The value you passed to ${method} was invalid. It must be one of ${allowed.join(', ')}.`);
    }
    return set({everyMs: count * unitMs});
  };
  const unchanged = () => builder;
  const builder: Record<string, unknown> = {
    after: (ms: unknown) => {
      if (typeof ms !== 'number') throw mismatch([ms], 'ScriptApp.ClockTriggerBuilder.after');
      return set({afterMs: ms});
    },
    at: (date: Date) => set({atMs: date.getTime()}),
    atDate: (year: number, month: number, day: number) => set({atMs: Date.UTC(year, month - 1, day)}),
    everyMinutes: every('everyMinutes', 60_000, [1, 5, 10, 15, 30]),
    everyHours: every('everyHours', 3_600_000, null),
    everyDays: every('everyDays', 86_400_000, null),
    everyWeeks: every('everyWeeks', 604_800_000, null),
    // Where in its period a recurring trigger fires is up to the seed here, so these change nothing.
    atHour: unchanged,
    nearMinute: unchanged,
    onWeekDay: unchanged,
    inTimezone: unchanged,
    create: () => {
      if (spec === null) throw exception('The trigger needs a time: call after, at, or one of the every methods.');
      return create(spec);
    },
  };
  return builder;
}
