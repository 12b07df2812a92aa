/** What the thread does with a realm: load a project in it, show a library to its host, call a function. */
import type {EndMessage} from '../messages';
import type {ThrownError} from '../types';
import type {Kit} from './kit';

export interface Entry {
  define(name: string, value: unknown): void;
  startLoading(): void;
  /** The library as its host sees it. */
  exposed(): unknown;
  begin(fn: string, argsText: string): void;
  /** How the function ended; a promise that is still open counts as undefined. */
  end(): EndMessage;
}

export function makeEntry(kit: Kit): Entry {
  const {parse, stringify} = JSON;
  const {defineProperty, keys} = Object;
  const globals = globalThis as Record<string, unknown>;
  // Under another name eval works in the global scope.
  const evaluate = globals['eval'] as (text: string) => unknown;
  let keysBefore: string[] = [];
  let end: EndMessage = {kind: 'value', text: null};

  const succeed = (result: unknown): void => {
    let text: string | undefined;
    try {
      text = stringify(result);
    } catch {
      // A result that is no JSON gets lost on Google, too, unless somebody calls through the API.
    }
    end = {kind: 'value', text: text ?? null};
  };
  const fail = (thrown: unknown): void => void (end = {kind: 'error', error: describeThrown(thrown)});

  /** Evaluated in the global scope, where top-level `const` and dotted names are found, too. */
  const find = (fn: string): unknown => {
    if (!/^[\p{ID_Start}$_][\p{ID_Continue}$_.]*$/u.test(fn)) return undefined;
    try {
      return evaluate(fn);
    } catch {
      return undefined;
    }
  };

  return {
    define: kit.define,
    startLoading: () => void (keysBefore = keys(globals)),
    exposed: () => {
      const library = {};
      for (const name of keys(globals)) {
        if (name.endsWith('_') || keysBefore.includes(name)) continue;
        defineProperty(library, name, {enumerable: true, get: () => globals[name]});
      }
      return library;
    },
    begin: (fn, argsText) => {
      if (typeof find(fn) !== 'function') return fail(kit.exception(`Script function not found: ${fn}`));
      try {
        const invoke = evaluate(`(args) => ${fn}(...args)`) as (args: unknown) => unknown;
        const result = invoke(parse(argsText));
        const then = (result as {then?: unknown} | null | undefined)?.then;
        if (typeof then === 'function') then.call(result, succeed, fail);
        else succeed(result);
      } catch (thrown) {
        fail(thrown);
      }
    },
    end: () => end,
  };
}

/** Also used by the thread, for what is thrown while a project is loaded. */
export function describeThrown(thrown: unknown): ThrownError {
  try {
    const {name, message, code, stack} = Object(thrown ?? 'undefined') as Record<string, unknown>;
    if (message === undefined) return {name: 'Error', message: String(thrown)};
    const error = {name: String(name), message: String(message)};
    return {...error, ...(code === undefined ? {} : {code}), ...(typeof stack === 'string' ? {stack} : {})};
  } catch {
    return {name: 'Error', message: 'An object that cannot be read was thrown.'};
  }
}
