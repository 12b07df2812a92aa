/**
 * The ground that all facades stand on, inside a realm.
 *
 * The functions in this folder are compiled from their texts inside the realm (see prelude.ts): they may use their
 * parameters, the realm's globals and one another, and nothing else of their files.
 */
import type {ReplyMessage, Surroundings} from '../messages';
import type {StoreKind} from '../types';

/** The thread, as the realm sees it: texts only. Both functions answer with a ReplyMessage. */
export interface Bridge {
  call(message: string): string;
  native(name: string, argsText: string): string;
  nowMs(): number;
}

export interface RealmOptions extends Surroundings {
  readonly library: string | null;
  readonly seed: number;
}

export interface Kit {
  readonly options: RealmOptions;
  readonly nowMs: () => number;
  /** A service call: parks until it is answered. */
  ask(service: string, method: string, store: StoreKind | null, args: readonly unknown[]): unknown;
  /** A pure function of the thread. */
  compute(name: string, ...args: readonly unknown[]): unknown;
  /** Makes a global that is not enumerable, so that a library does not show it to its host. */
  define(name: string, value: unknown): void;
  /** The error that a service of Google throws. */
  exception(message: string): Error;
  mismatch(args: readonly unknown[], method: string): Error;
  /** Refuses a call whose number of arguments Google does not know. */
  checked(method: string, counts: readonly number[], run: Callable): Callable;
  /** A record with its values made strings. */
  textRecord(record: unknown, method: string): Record<string, string>;
  /** An object of Google's enumerations. */
  enumeration(names: readonly string[]): Readonly<Record<string, unknown>>;
}

export type Callable<Result = unknown> = (...args: unknown[]) => Result;
export type Installer = (kit: Kit) => void;

export function makeKit(bridge: Bridge, optionsText: string): Kit {
  // Taken now: the project's code may replace the globals later.
  const {parse, stringify} = JSON;
  const options = parse(optionsText) as RealmOptions;

  const exception = (message: string): Error => {
    const error = new Error(message);
    error.name = 'Exception';
    return error;
  };

  const unwrap = (answerText: string): unknown => {
    const answer = parse(answerText) as ReplyMessage;
    if ('error' in answer) throw exception(answer.error);
    return answer.value;
  };

  const typeName = (value: unknown): string => {
    if (value === null || value === undefined) return 'null';
    if (typeof value === 'string') return 'String';
    if (typeof value === 'object') return Array.isArray(value) ? 'number[]' : 'Object';
    return typeof value === 'boolean' ? 'Boolean' : typeof value;
  };

  const mismatch = (args: readonly unknown[], method: string): Error =>
    exception(`The parameters (${args.map(typeName).join(',')}) don't match the method signature for ${method}.`);

  return {
    options,
    nowMs: () => bridge.nowMs(),
    ask: (service, method, store, args) =>
      unwrap(bridge.call(stringify([service, method, store, options.library, args]))),
    compute: (name, ...args) => unwrap(bridge.native(name, stringify(args))),
    define: (name, value) => {
      Object.defineProperty(globalThis, name, {value, configurable: true, writable: true});
    },
    exception,
    mismatch,
    checked:
      (method, counts, run) =>
      (...args) => {
        if (!counts.includes(args.length)) throw mismatch(args, method);
        return run(...args);
      },
    textRecord: (record, method) => {
      if (typeof record !== 'object' || record === null) throw mismatch([record], method);
      return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, String(value)]));
    },
    enumeration: (names) =>
      Object.fromEntries(
        names.map((name, ordinal) => [
          name,
          {toString: () => name, toJSON: () => name, name: () => name, ordinal: () => ordinal},
        ]),
      ),
  };
}
