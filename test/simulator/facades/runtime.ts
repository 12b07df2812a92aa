/** What is no service: Date and Math.random that can be replayed, console, Logger, Session, and the test's own Sim. */
import type {Kit} from './kit';

export function installClock({nowMs, define}: Kit): void {
  const RealDate = Date;
  const VirtualDate = function (this: unknown, ...args: unknown[]): unknown {
    if (new.target === undefined) return new RealDate(nowMs()).toString();
    return Reflect.construct(RealDate, args.length === 0 ? [nowMs()] : args, new.target);
  };
  // Whole milliseconds, as everywhere; the world's own clock may stand between two.
  const statics = {now: () => Math.floor(nowMs()), parse: RealDate.parse, UTC: RealDate.UTC, name: 'Date', length: 7};
  for (const [name, value] of Object.entries(statics)) {
    Object.defineProperty(VirtualDate, name, {value, configurable: true, writable: true});
  }
  VirtualDate.prototype = RealDate.prototype;
  Object.defineProperty(RealDate.prototype, 'constructor', {value: VirtualDate, configurable: true, writable: true});
  define('Date', VirtualDate);
}

/** The same generator as in prng.ts, which a realm cannot reach. */
export function installRandom({options}: Kit): void {
  let state = options.seed | 0;
  Math.random = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

export function installConsole({ask, define, nowMs}: Kit): void {
  const textOf = (value: unknown): string => {
    if (typeof value !== 'object' || value === null) return String(value);
    const {message, name} = value as {message?: unknown; name?: unknown};
    if (typeof message === 'string') return `${String(name)}: ${message}`;
    try {
      return JSON.stringify(value);
    } catch {
      return String(value);
    }
  };
  const lineOf = ([first, ...rest]: unknown[]): string => {
    if (typeof first !== 'string') return [first, ...rest].map(textOf).join(' ');
    const text = first.replace(/%[sdifjoO]/g, (code) => (rest.length > 0 ? textOf(rest.shift()) : code));
    return [text, ...rest.map(textOf)].join(' ');
  };
  const logger =
    (prefix: string) =>
    (...values: unknown[]): void =>
      void ask('sim', 'log', null, [prefix + (values.length === 0 ? '' : lineOf(values))]);
  const timers: Record<string, number> = {};
  const log = logger('');
  define('console', {
    log,
    info: log,
    warn: logger('warn: '),
    error: logger('error: '),
    time: (label = 'default') => void (timers[label] = nowMs()),
    timeEnd: (label = 'default') => log(`${label}: ${nowMs() - (timers[label] ?? nowMs())}ms`),
  });
  define('Logger', {log});
}

export function installSession({options, define}: Kit): void {
  const user = {getEmail: () => options.user};
  define('Session', {
    getScriptTimeZone: () => options.timeZone,
    getActiveUser: () => user,
    getEffectiveUser: () => user,
    getTemporaryActiveUserKey: () => options.user,
  });
}

/** Only for the host: Sim speaks for the test, which is not the library's. */
export function installSim({options, ask, define}: Kit): void {
  if (options.library !== null) return;
  define('Sim', {
    effect: (name: string, data?: unknown) => void ask('sim', 'effect', null, [name, data]),
    /** Effects at the beginning and at the end, as [name, data]: each turn between the threads takes its time. */
    spend: (ms: number, before: unknown = null, after: unknown = null) =>
      void ask('sim', 'spend', null, [ms, before, after]),
  });
}

/** Node has these in every realm, Apps Script is not known to. */
export function removeForeignGlobals(): void {
  for (const name of ['SharedArrayBuffer', 'Atomics']) delete (globalThis as Record<string, unknown>)[name];
}
