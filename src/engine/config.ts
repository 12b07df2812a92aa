/**
 * Configuration, which lives in memory: an execution that was started by a trigger knows nothing of it, so that what it
 * resolved to is stored with each job. Precedence: call, then `configure`, then script properties, then defaults.
 */
import {isObject, printValue} from '../core/json';
import {DEFAULT_PREFIX} from '../core/keys';
import {
  DAILY_PROPERTY_OPERATIONS,
  DAILY_TRIGGER_MINUTES,
  LEASE_MS,
  OWN_BYTES_RANGE,
  RETENTION_DAYS_RANGE,
} from '../core/limits';
import type {QuotaLimits} from '../core/quota';
import type {Snapshot} from '../core/stored-job';
import {describeThrown, jobsError} from '../errors';
import {refuseForeign} from '../orchestration/fields';
import {
  booleanOption,
  integerIn,
  numberOption,
  optionsObject,
  prefixOption,
  reading,
  storeOption,
} from '../orchestration/request';
import type {JobOptions, JobsConfig, ResolvedJobOptions} from '../types';

/** Canonical keys by short name. */
export const CANONICAL_KEYS = {
  maxRetries: 'AST_JOBS_DEFAULT_MAX_RETRIES',
  maxRuntimeMs: 'AST_JOBS_DEFAULT_MAX_RUNTIME_MS',
  leaseTtlMs: 'AST_JOBS_LEASE_TTL_MS',
  checkpointStore: 'AST_JOBS_CHECKPOINT_STORE',
  propertyPrefix: 'AST_JOBS_PROPERTY_PREFIX',
  retentionDays: 'AST_JOBS_RETENTION_DAYS',
  maxBytes: 'AST_JOBS_MAX_BYTES',
  dailyTriggerMinutes: 'AST_JOBS_DAILY_TRIGGER_MINUTES',
  dailyPropertyOperations: 'AST_JOBS_DAILY_PROPERTY_OPERATIONS',
} as const;

/** A setting by its short name. */
export type ConfigField = keyof typeof CANONICAL_KEYS;
/** Limits of the day, which no job has: a pass reads them anew. */
type QuotaField = 'dailyTriggerMinutes' | 'dailyPropertyOperations';

const FIELDS = Object.keys(CANONICAL_KEYS) as readonly ConfigField[];

const QUOTA_DEFAULTS: Readonly<Record<QuotaField, number>> = {
  dailyTriggerMinutes: DAILY_TRIGGER_MINUTES,
  dailyPropertyOperations: DAILY_PROPERTY_OPERATIONS,
};

const QUOTA_FIELDS = Object.keys(QUOTA_DEFAULTS) as readonly QuotaField[];

/** The longest day, and more operations than it has time for. */
const QUOTA_MAXIMA: Readonly<Record<QuotaField, number>> = {
  dailyTriggerMinutes: 1_440,
  dailyPropertyOperations: 10_000_000,
};

/** Settings that are options of a job; the others are of the store and of the day. */
const OPTION_FIELDS = ['maxRetries', 'maxRuntimeMs', 'leaseTtlMs', 'checkpointStore', 'propertyPrefix'] as const;

/** What a job gets that nobody asked for. */
export const DEFAULTS: ResolvedJobOptions = {
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
  configure(
    config?: JobsConfig | Readonly<Record<string, string>> | null,
    options?: {readonly merge?: boolean} | null,
  ): Readonly<Record<string, string>> {
    this.values = reading('What configure is given', () => {
      const {merge} = optionsObject(options);
      return settingsOf(config ?? {}, booleanOption(merge ?? true, 'merge') ? this.values : {});
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

  /** What `configure` set for a canonical key. */
  text(key: string): string | undefined {
    return this.values[key];
  }

  /** The options of a job; the snapshot has the script properties. */
  resolve(call: JobOptions, snapshot: Snapshot): ResolvedJobOptions {
    const resolved: Record<string, unknown> = {...DEFAULTS, ...call};
    for (const field of OPTION_FIELDS) {
      if (call[field] !== undefined) continue;
      const key = CANONICAL_KEYS[field];
      const text = this.values[key] ?? snapshot[key];
      if (text !== undefined && text.trim() !== '') resolved[field] = checked(field, text, `Script property ${key}`);
    }
    return resolved as ResolvedJobOptions;
  }

  /** The limits of the day; a setting that makes no sense counts as none, for nobody reads the errors of a pass. */
  quotaLimits(snapshot: Snapshot): QuotaLimits {
    return quotaLimitsIn(snapshot, this.values);
  }

  /** What is wrong with script properties that set a limit of the day. */
  quotaProblems(snapshot: Snapshot): readonly string[] {
    return QUOTA_FIELDS.map((field) => quotaSetting(field, snapshot, this.values)).flatMap((setting) =>
      setting.problem === null ? [] : [setting.problem],
    );
  }
}

/** The limits of the day as script properties and `configure` set them. */
export function quotaLimitsIn(snapshot: Snapshot, values: Readonly<Record<string, string>> = {}): QuotaLimits {
  return {
    triggerMs: quotaSetting('dailyTriggerMinutes', snapshot, values).value * 60_000,
    operations: quotaSetting('dailyPropertyOperations', snapshot, values).value,
  };
}

function quotaSetting(
  field: QuotaField,
  snapshot: Snapshot,
  values: Readonly<Record<string, string>>,
): {readonly value: number; readonly problem: string | null} {
  const key = CANONICAL_KEYS[field];
  const text = values[key] ?? snapshot[key] ?? '';
  try {
    const value = text.trim() === '' ? QUOTA_DEFAULTS[field] : Number(checked(field, text, `Script property ${key}`));
    return {value, problem: null};
  } catch (thrown) {
    return {value: QUOTA_DEFAULTS[field], problem: describeThrown(thrown).message};
  }
}

/**
 * Settings over those of before; `null` takes one away. Names that nobody knows are passed over, as in requests: whoever
 * hands all of the script's properties over hands over others, too.
 */
function settingsOf(config: unknown, before: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  if (!isObject(config))
    throw jobsError('INVALID_OPTION', `configure expects an object of settings, got ${printValue(config)}.`);
  // Texts may be any properties of the script.
  const notTexts = Object.entries(config).filter(([, value]) => typeof value !== 'string');
  refuseForeign(Object.fromEntries(notTexts), 'settings', 'What configure is given');
  const settings = new Map(Object.entries(before));
  for (const key of Object.keys(config)) {
    const field = FIELDS.find((name) => name === key || CANONICAL_KEYS[name] === key);
    const value = config[key];
    if (field === undefined || value === undefined) continue;
    if (value === null || value === '') settings.delete(CANONICAL_KEYS[field]);
    else settings.set(CANONICAL_KEYS[field], String(checked(field, value, key)));
  }
  return Object.fromEntries(settings);
}

/** A setting, which may have come as text. */
export function checked(field: ConfigField, value: unknown, what: string): string | number {
  switch (field) {
    case 'checkpointStore':
      return storeOption(value, what);
    case 'propertyPrefix':
      return prefixOption(value, what);
    case 'retentionDays':
      return integerIn(numberIn(value), what, ...RETENTION_DAYS_RANGE);
    case 'maxBytes':
      return integerIn(numberIn(value), what, ...OWN_BYTES_RANGE);
    case 'dailyTriggerMinutes':
    case 'dailyPropertyOperations':
      return integerIn(numberIn(value), what, 0, QUOTA_MAXIMA[field]);
    default:
      return numberOption(numberIn(value), field, what);
  }
}

/** The number in a text; text that is none stays as it came, to be shown. */
function numberIn(value: unknown): unknown {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : NaN;
  return Number.isNaN(number) ? value : number;
}
