/**
 * What `AST.Storage` does, over the backends: values become texts with a label, texts get names that are used once, and
 * a reference says where a text lies and what its fingerprint is. A reference that comes back is foreign until checked.
 */
import {chainSum, EMPTY_SUM, utf8Bytes} from '../core/bytes';
import {openEnvelope, sealBytes, sealValue, type Enveloped} from '../core/envelope';
import {isObject, printValue} from '../core/json';
import {CACHE_TTL_MS, MAX_CACHE_TTL_MS, MAX_VALUE_NAME_CHARS} from '../core/limits';
import {BACKENDS, makeReference, readReference, type CheckedReference} from '../core/reference';
import {DEFAULT_VALUE_PREFIX, isValuePrefix, makeValueName, parseValueName} from '../core/value-name';
import {jobsError} from '../errors';
import {integerIn, invalid, optionsObject, reading} from '../orchestration/request';
import type {StorageBackend, StorageFilters, StorageReference, StorageUsage, StoredValue} from '../types';
import {foreign, unavailable} from './backend';
import type {Backend, Ports} from './ports';

interface PutOptions {
  readonly backend: StorageBackend | null;
  readonly name: string | null;
  readonly ttlMs: number | null;
  readonly prefix: string;
}

/** The values of one host. */
export class ValueStorage {
  private readonly ports: Ports;

  constructor(ports: Ports) {
    this.ports = ports;
  }

  /** Stores a value and returns the reference to it. */
  put(value: unknown, rawOptions: unknown): StorageReference {
    const options = reading('The options of put', () => putOptions(rawOptions));
    const {label, text} = reading('The value of put', () => sealed(value, options.name));
    const backend = options.backend === null ? this.standard() : this.backend(options.backend);
    const {clock, random} = this.ports;
    const bytes = utf8Bytes(text);
    const nowMs = clock.nowMs();
    const sum = chainSum(EMPTY_SUM, text);
    const name = makeValueName(options.prefix, nowMs, [random.next(), random.next()], sum);
    const ttlMs = backend.kind === 'cache' ? (options.ttlMs ?? CACHE_TTL_MS) : undefined;
    const at = backend.write(name, text, ttlMs);
    const until = ttlMs === undefined ? {} : {until: new Date(nowMs + ttlMs).toISOString()};
    return makeReference({in: backend.kind, at, bytes, label, ...until});
  }

  /** The value that a reference leads to. */
  get(rawReference: unknown, rawOptions: unknown): unknown {
    const {reference, name} = this.checked(rawReference, rawOptions);
    const text = this.backend(reference.in, 'REFERENCE_FOREIGN').read(reference.at);
    if (text === null) throw gone(reference);
    const content = chainSum(EMPTY_SUM, text) === name.sum ? openEnvelope(text) : null;
    if (content === null)
      throw jobsError(
        'RECORD_CORRUPT',
        `The value in ${reference.in} is not what was put there: somebody changed it.`,
        {
          reference,
        },
      );
    if (content.type !== 'blob') return content.value;
    return this.ports.blobs.make(content.bytes, content.mime, content.name);
  }

  /** Deletes a value; false where it is gone already. */
  remove(rawReference: unknown, rawOptions: unknown): boolean {
    const {reference} = this.checked(rawReference, rawOptions);
    return this.backend(reference.in, 'REFERENCE_FOREIGN').remove(reference.at);
  }

  /** Values that are there, newest first. */
  list(rawFilters: unknown): readonly StoredValue[] {
    const {backend, prefix, olderThanMs, limit} = reading('What list is given', () => filtersOf(rawFilters));
    const latestMs = this.ports.clock.nowMs() - olderThanMs;
    const backends = backend === null ? this.present() : [this.backend(backend)];
    const rows = backends
      .flatMap((one) => valuesIn(one, prefix === null ? '' : `${prefix}~`))
      .filter(({bornAtMs}) => bornAtMs <= latestMs)
      .sort((one, other) => other.bornAtMs - one.bornAtMs);
    return rows.slice(0, limit).map(({row}) => row);
  }

  /** What is stored where. */
  usage(): StorageUsage {
    const backends = this.present().map((backend) => {
      const rows = backend.kind === 'cache' ? null : valuesIn(backend, '');
      const bytes = rows?.reduce((sum, {row}) => sum + row.reference.bytes, 0) ?? null;
      return {backend: backend.kind, values: rows?.length ?? null, bytes, maxValueBytes: backend.maxBytes};
    });
    return {default: this.standard().kind, backends};
  }

  private standard(): Backend {
    return this.ports.archive ?? this.ports.backends.properties;
  }

  private present(): readonly Backend[] {
    return BACKENDS.flatMap((kind) => this.ports.backends[kind] ?? []);
  }

  private backend(
    kind: StorageBackend,
    code: 'BACKEND_UNAVAILABLE' | 'REFERENCE_FOREIGN' = 'BACKEND_UNAVAILABLE',
  ): Backend {
    const backend = this.ports.backends[kind];
    if (backend !== undefined) return backend;
    const [option, service] = kind === 'sheet' ? ['sheets', 'Spreadsheet'] : [kind, 'Drive'];
    const wayOut =
      kind === 'cache'
        ? 'there is no cache service here.'
        : `bind(globalThis, {${option}: …}) with the ${service} service of your script.`;
    throw code === 'REFERENCE_FOREIGN'
      ? foreign(kind, `The value lies in the backend ${kind}, which this script has not bound: ${wayOut}`)
      : unavailable(kind, wayOut);
  }

  private checked(rawReference: unknown, rawOptions: unknown): CheckedReference {
    const checked = reading('The reference', () => readReference(rawReference));
    const {prefix} = reading('The options', () => optionsObject(rawOptions));
    if (prefix !== undefined && valuePrefix(prefix) !== checked.name.prefix)
      throw foreign(
        checked.reference.in,
        `The value has the prefix ${printValue(checked.name.prefix)}, and ${printValue(prefix)} was asked for.`,
      );
    return checked;
  }
}

interface ListedValue {
  readonly row: StoredValue;
  readonly bornAtMs: number;
}

/** What else a backend holds is none of a caller's business. */
function valuesIn(backend: Backend, namePrefix: string): readonly ListedValue[] {
  return backend.list(namePrefix).flatMap(({locator, name, bytes}) => {
    const parsed = parseValueName(name);
    if (parsed === null) return [];
    const reference = makeReference({in: backend.kind, at: locator, bytes});
    const createdAt = new Date(parsed.bornAtMs).toISOString();
    return [{row: {reference, prefix: parsed.prefix, createdAt}, bornAtMs: parsed.bornAtMs}];
  });
}

function sealed(value: unknown, name: string | null): Enveloped {
  if (value === undefined) throw invalid('put expects a value: anything that JSON can hold, text, or a blob.');
  const blob = blobOf(value, name);
  if (blob !== null) return blob;
  const sealing = sealValue(value, name);
  if (sealing.ok) return sealing.sealed;
  throw invalid(`The value of put must be JSON serializable, text, or a blob, and has ${sealing.problem}.`);
}

/** Told by what it can do: a blob is made in the host's realm, or by Google. */
function blobOf(value: unknown, name: string | null): Enveloped | null {
  if (!isObject(value) || typeof value['getBytes'] !== 'function') return null;
  const blob = value as {getBytes(): unknown; getContentType?(): unknown; getName?(): unknown};
  const bytes = blob.getBytes();
  if (!Array.isArray(bytes) || !bytes.every((byte) => Number.isInteger(byte)))
    throw invalid(`getBytes() of a blob must give a list of numbers, got ${printValue(bytes)}.`);
  const mime = textOf(blob.getContentType?.());
  const ownName = textOf(blob.getName?.());
  return sealBytes(bytes as readonly number[], mime, name ?? ownName);
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value.slice(0, MAX_VALUE_NAME_CHARS) : null;
}

function gone(reference: StorageReference): Error {
  const why =
    reference.in === 'cache'
      ? 'Entries of the cache may vanish at any time, and do so at their end: store what has to last elsewhere.'
      : 'It was removed, or may not be read by you.';
  return jobsError('REFERENCE_GONE', `The value is not in ${reference.in} any more. ${why}`, {reference});
}

const PUT_OPTIONS: readonly string[] = ['backend', 'name', 'ttlMs', 'prefix'];

function putOptions(raw: unknown): PutOptions {
  const options = optionsObject(raw);
  refuseUnknown('put', options, PUT_OPTIONS);
  const {name = null, ttlMs = null} = options;
  const backend = backendOption(options['backend']);
  if (name !== null && (typeof name !== 'string' || name === '' || name.length > MAX_VALUE_NAME_CHARS))
    throw optionError(`options.name must be a text of at most ${MAX_VALUE_NAME_CHARS} characters`, name);
  if (ttlMs !== null && backend !== 'cache')
    throw jobsError(
      'INVALID_OPTION',
      "options.ttlMs goes with backend 'cache' alone: other values stay until removed.",
    );
  return {
    backend,
    name,
    ttlMs: ttlMs === null ? null : integerIn(ttlMs, 'options.ttlMs', 1_000, MAX_CACHE_TTL_MS),
    prefix: options['prefix'] === undefined ? DEFAULT_VALUE_PREFIX : valuePrefix(options['prefix']),
  };
}

const FILTERS: readonly (keyof StorageFilters)[] = ['backend', 'prefix', 'olderThanMs', 'limit'];
const MAX_AGE_MS = 1e12;

function filtersOf(raw: unknown): {
  readonly backend: StorageBackend | null;
  readonly prefix: string | null;
  readonly olderThanMs: number;
  readonly limit: number;
} {
  const filters = optionsObject(raw);
  refuseUnknown('list', filters, FILTERS);
  const {prefix, olderThanMs, limit} = filters;
  return {
    backend: backendOption(filters['backend']),
    prefix: prefix === undefined ? null : valuePrefix(prefix),
    olderThanMs: olderThanMs === undefined ? 0 : integerIn(olderThanMs, 'olderThanMs', 0, MAX_AGE_MS),
    limit: limit === undefined ? 100 : integerIn(limit, 'limit', 1, 1_000),
  };
}

function refuseUnknown(method: string, given: Readonly<Record<string, unknown>>, known: readonly string[]): void {
  const unknown = Object.keys(given).find((key) => !known.includes(key));
  if (unknown !== undefined) throw optionError(`${method} knows the options ${known.join(', ')}`, unknown);
}

function backendOption(raw: unknown): StorageBackend | null {
  if (raw === undefined || raw === null) return null;
  if (BACKENDS.includes(raw as StorageBackend)) return raw as StorageBackend;
  throw optionError(`backend must be one of ${BACKENDS.join(', ')}`, raw);
}

function valuePrefix(raw: unknown): string {
  if (typeof raw === 'string' && isValuePrefix(raw)) return raw;
  throw optionError('prefix must have 1 to 60 letters, digits or _ . : - only', raw);
}

function optionError(expected: string, got: unknown): Error {
  return jobsError('INVALID_OPTION', `${expected}, got ${printValue(got)}.`);
}
