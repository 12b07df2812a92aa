/** Narrows what came as JSON: each check gives the value with its type, or says at which place what was expected. */

export type Check<T> = (value: unknown, path: string) => T;
/** What a check gives. */
export type Checked<C> = C extends Check<infer T> ? T : never;

export const number: Check<number> = (value, path) => {
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw unexpected('a number', value, path);
};

export const boolean: Check<boolean> = (value, path) => {
  if (typeof value === 'boolean') return value;
  throw unexpected('true or false', value, path);
};

export function nullable<T>(check: Check<T>): Check<T | null> {
  return (value, path) => (value === null ? null : check(value, path));
}

export function oneOf<T extends string | number>(...allowed: readonly T[]): Check<T> {
  return (value, path) => {
    const found = allowed.find((one) => one === value);
    if (found !== undefined) return found;
    throw unexpected(allowed.map((one) => JSON.stringify(one)).join(' or '), value, path);
  };
}

export function listOf<T>(check: Check<T>): Check<readonly T[]> {
  return (value, path) => {
    if (Array.isArray(value)) return value.map((item, index) => check(item, `${path}[${index}]`));
    throw unexpected('a list', value, path);
  };
}

/** Any names, each with a value of the same kind. */
export function mapOf<T>(check: Check<T>): Check<ReadonlyMap<string, T>> {
  return (value, path) =>
    new Map(Object.entries(fields(value, path)).map(([name, item]) => [name, check(item, within(path, name))]));
}

/** These names, and others that are not looked at. */
export function record<T extends object>(shape: {readonly [K in keyof T]: Check<T[K]>}): Check<T> {
  return (value, path) => {
    const found = fields(value, path);
    const checks = Object.entries(shape) as [string, Check<unknown>][];
    return Object.fromEntries(checks.map(([name, check]) => [name, check(found[name], within(path, name))])) as T;
  };
}

function fields(value: unknown, path: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return {...value};
  throw unexpected('an object', value, path);
}

function within(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

function unexpected(expected: string, value: unknown, path: string): Error {
  const got = JSON.stringify(value) ?? 'nothing';
  return new Error(`Expected ${path === '' ? 'the whole' : path} to be ${expected}, got ${got.slice(0, 100)}.`);
}
