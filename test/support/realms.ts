/** Realms for tests of the way from a library to its host: vm contexts, each with built-ins of its own. */
import vm from 'node:vm';

/** A realm in which some code has run. */
export interface Realm {
  /** Its global object, as code in it sees it. */
  readonly scope: Readonly<Record<string, unknown>>;
  run(source: string): unknown;
  /** An object made in the realm. */
  made(source?: string): object;
}

export function realmOf(source = '', options: vm.CreateContextOptions = {}): Realm {
  const context = vm.createContext({}, options);
  const run = (text: string): unknown => vm.runInContext(text, context);
  run(source);
  return {
    scope: run('globalThis') as Realm['scope'],
    run,
    made: (text = '({})') => run(text) as object,
  };
}
