/**
 * References to stored values: small plain objects that travel in payloads and results. Whatever comes back as one is
 * foreign until it is read here: a reference may be forged, cut or of a later version.
 */
import {jobsError, type JobsError} from '../errors';
import type {StorageBackend, StorageReference} from '../types';
import type {Label} from './envelope';
import {isCount, isObject, printValue} from './json';
import {MAX_VALUE_NAME_CHARS} from './limits';
import {nameIn} from './locator';
import {parseValueName, type ValueName} from './value-name';

/** All kinds of backends, in the order in which they are tried by default. */
export const BACKENDS: readonly StorageBackend[] = ['drive', 'sheet', 'properties', 'cache'];

const TYPES: readonly unknown[] = ['json', 'text', 'blob'];
const MAX_LOCATOR_CHARS = 500;
const MAX_MIME_CHARS = 200;

/** Where a value was put, and what it is. */
export interface Placed {
  readonly in: StorageBackend;
  readonly at: string;
  readonly bytes: number;
  readonly label?: Label;
  /** ISO 8601; only in the cache. */
  readonly until?: string;
}

/** The reference to a value; its fingerprint stands in the name at the end of the locator. */
export function makeReference({in: kind, at, bytes, label, until}: Placed): StorageReference {
  return {
    astRef: 1,
    in: kind,
    at,
    bytes,
    sum: parseValueName(nameIn(at))?.sum ?? '',
    ...(label === undefined ? {} : {type: label.type}),
    ...(label === undefined || label.mime === null ? {} : {mime: label.mime}),
    ...(label === undefined || label.name === null ? {} : {name: label.name}),
    ...(until === undefined ? {} : {until}),
  };
}

/** A reference that was checked, and what its name tells. */
export interface CheckedReference {
  readonly reference: StorageReference;
  readonly name: ValueName;
}

/** Reads a foreign value as a reference. @throws `REFERENCE_INVALID` */
export function readReference(raw: unknown): CheckedReference {
  if (!isObject(raw) || raw['astRef'] === undefined)
    throw invalidReference(`a reference that AST.Storage made, got ${printValue(raw)}`);
  const {astRef, in: kind, at, bytes, sum, ...more} = raw;
  if (astRef !== 1) throw invalidReference(`a reference of version 1, got version ${printValue(astRef)}`);
  if (!BACKENDS.includes(kind as StorageBackend))
    throw invalidReference(`one of ${BACKENDS.join(', ')} in its field in, got ${printValue(kind)}`);
  const name = typeof at === 'string' && at.length <= MAX_LOCATOR_CHARS ? parseValueName(nameIn(at)) : null;
  if (name === null) throw invalidReference(`the place of a stored value in its field at, got ${printValue(at)}`);
  if (!isCount(bytes)) throw invalidReference(`a number of bytes in its field bytes, got ${printValue(bytes)}`);
  if (sum !== name.sum) throw invalidReference(`the fingerprint that its place names, got ${printValue(sum)}`);
  const reference = {
    astRef,
    in: kind as StorageBackend,
    at: at as string,
    bytes,
    sum: name.sum,
    ...extras(more),
  } as const;
  return {reference, name};
}

function extras({type, mime, name, until}: Readonly<Record<string, unknown>>): Partial<StorageReference> {
  if (type !== undefined && !TYPES.includes(type))
    throw invalidReference(`one of ${TYPES.join(', ')} in its field type, got ${printValue(type)}`);
  return {
    ...(type === undefined ? {} : {type: type as Label['type']}),
    ...optionalText('mime', mime, MAX_MIME_CHARS),
    ...optionalText('name', name, MAX_VALUE_NAME_CHARS),
    ...optionalText('until', until, 30),
  };
}

function optionalText(field: string, value: unknown, maxChars: number): Partial<StorageReference> {
  if (value === undefined) return {};
  if (typeof value === 'string' && value.length <= maxChars) return {[field]: value};
  throw invalidReference(`a text of at most ${maxChars} characters in its field ${field}, got ${printValue(value)}`);
}

/** An error about what is no reference. */
export function invalidReference(expected: string): JobsError {
  return jobsError('REFERENCE_INVALID', `Expected ${expected}. Pass what put or list returned, unchanged.`);
}
