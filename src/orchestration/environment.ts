/** Variables of a job: texts that are stored with it, and names of properties whose values are not. */
import {utf8Bytes} from '../core/bytes';
import {isObject, printValue} from '../core/json';
import {invalid} from './request';

const NAME = /^[A-Za-z_]\w{0,59}$/;
const PROPERTY = /^[^\u0000-\u001f~]{1,200}$/;
const MAX_VARIABLES = 50;
const MAX_BYTES = 2_000;

/** Texts by name; numbers and booleans become texts. */
export function environmentOf(raw: unknown): Readonly<Record<string, string>> {
  return variables(raw, 'environment', (value, name) => {
    if (typeof value === 'string') return value;
    if (typeof value === 'number' || typeof value === 'boolean') return String(value);
    throw invalid(`environment.${name} must be text, got ${printValue(value)}. Pass data in the payload.`);
  });
}

/** Names of properties by the name that handlers know; a list where both are the same. */
export function secretsOf(raw: unknown): Readonly<Record<string, string>> {
  const named = Array.isArray(raw) ? namesOf(raw as readonly unknown[]) : raw;
  return variables(named, 'secretEnvironment', (value, name) => {
    if (typeof value === 'string' && PROPERTY.test(value) && !value.startsWith('AST_JOBS')) return value;
    throw invalid(
      `secretEnvironment.${name} must be the name of a property of the script that holds the secret, never the secret ` +
        `itself, got ${typeof value === 'string' ? 'another text' : printValue(value)}.`,
    );
  });
}

function namesOf(raw: readonly unknown[]): object {
  const names = Array.from(raw, (entry) => {
    if (typeof entry === 'string') return entry;
    throw invalid(`secretEnvironment must list names of properties, got ${printValue(entry)}.`);
  });
  return Object.fromEntries(names.map((name) => [name, name]));
}

function variables(
  raw: unknown,
  what: string,
  valueOf: (value: unknown, name: string) => string,
): Readonly<Record<string, string>> {
  if (raw === undefined || raw === null) return {};
  if (!isObject(raw)) throw invalid(`${what} must be an object of variables, got ${printValue(raw)}.`);
  const entries: [string, string][] = [];
  for (const name of Object.keys(raw)) {
    if (!NAME.test(name) || name === '__proto__')
      throw invalid(`${what} has the variable ${printValue(name)}: names have letters, digits and _, at most 60.`);
    entries.push([name, valueOf(raw[name], name)]);
  }
  const bytes = utf8Bytes(JSON.stringify(entries));
  if (entries.length > MAX_VARIABLES || bytes > MAX_BYTES)
    throw invalid(
      `${what} has ${entries.length} variables and ${bytes} bytes; it may have ${MAX_VARIABLES} and ${MAX_BYTES}. Pass ` +
        'data in the payload.',
      {bytes, limitBytes: MAX_BYTES},
    );
  return Object.fromEntries(entries);
}
