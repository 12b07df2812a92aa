/**
 * Configuration, which lives in memory: an execution that was started by a trigger knows nothing of it, so that what it
 * resolved to is stored with each job. Precedence: call, then `configure`, then script properties, then defaults.
 */
import {isObject, printValue} from '../core/json';
import {DEFAULT_PREFIX} from '../core/keys';
import {LEASE_MS} from '../core/limits';
import type {Snapshot} from '../core/stored-job';
import {jobsError} from '../errors';
import {booleanOption, numberOption, optionsObject, prefixOption, reading, storeOption} from '../orchestration/request';
import type {JobOptions, JobsConfig, ResolvedJobOptions} from '../types';

const CANONICAL_KEYS = {
  maxRetries: 'AST_JOBS_DEFAULT_MAX_RETRIES',
  maxRuntimeMs: 'AST_JOBS_DEFAULT_MAX_RUNTIME_MS',
  leaseTtlMs: 'AST_JOBS_LEASE_TTL_MS',
  checkpointStore: 'AST_JOBS_CHECKPOINT_STORE',
  propertyPrefix: 'AST_JOBS_PROPERTY_PREFIX',
} as const;

type ConfigField = keyof typeof CANONICAL_KEYS;

const FIELDS = Object.keys(CANONICAL_KEYS) as readonly ConfigField[];

const DEFAULTS: ResolvedJobOptions = {
  maxRetries: 2,
  maxRuntimeMs: 240_000,
  leaseTtlMs: LEASE_MS,
  checkpointStore: 'properties',
  autoResume: true,
  propertyPrefix: DEFAULT_PREFIX,
};

export class Config {
  private values: Readonly<Record<string, string>> = {};

  /** Adds to the configuration, or replaces it; returns it as strings by canonical key. */
  configure(config: JobsConfig, options?: {readonly merge?: boolean} | null): Readonly<Record<string, string>> {
    this.values = reading('What configure is given', () => {
      const added = settingsOf(config);
      const {merge = true} = optionsObject(options);
      return booleanOption(merge, 'merge') ? {...this.values, ...added} : added;
    });
    return this.get();
  }

  get(): Readonly<Record<string, string>> {
    return {...this.values};
  }

  clear(): Readonly<Record<string, string>> {
    this.values = {};
    return {};
  }

  /** The options of a job; the snapshot has the script properties. */
  resolve(call: JobOptions, snapshot: Snapshot): ResolvedJobOptions {
    const resolved: Record<string, unknown> = {...DEFAULTS, ...call};
    for (const field of FIELDS) {
      if (call[field] !== undefined) continue;
      const key = CANONICAL_KEYS[field];
      const text = this.values[key] ?? snapshot[key];
      if (text !== undefined && text.trim() !== '') resolved[field] = checked(field, text, `Script property ${key}`);
    }
    return resolved as ResolvedJobOptions;
  }
}

function settingsOf(config: unknown): Readonly<Record<string, string>> {
  if (!isObject(config))
    throw jobsError('INVALID_OPTION', `configure expects an object of settings, got ${printValue(config)}.`);
  const settings: Record<string, string> = {};
  for (const key of Object.keys(config)) {
    const field = fieldOf(key);
    const value = config[key];
    if (value === undefined || value === null) continue;
    settings[CANONICAL_KEYS[field]] = String(checked(field, value, key));
  }
  return settings;
}

function fieldOf(key: string): ConfigField {
  const field = FIELDS.find((name) => name === key || CANONICAL_KEYS[name] === key);
  if (field !== undefined) return field;
  const known = FIELDS.map((name) => `${CANONICAL_KEYS[name]} (${name})`).join(', ');
  throw jobsError('INVALID_OPTION', `configure does not know ${printValue(key)}; it knows ${known}.`, {key});
}

/** A setting, which may have come as text. */
function checked(field: ConfigField, value: unknown, what: string): string | number {
  switch (field) {
    case 'checkpointStore':
      return storeOption(value, what);
    case 'propertyPrefix':
      return prefixOption(value, what);
    default: {
      const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : NaN;
      // Text that is no number is shown as it came.
      return numberOption(Number.isNaN(number) ? value : number, field, what);
    }
  }
}
