/**
 * How long finished jobs are kept and how much all jobs may use. A setting that makes no sense stops nothing: the default
 * holds, and one line of the log says so.
 */
import {FOLD_AFTER_MS, OWN_BYTES, PURGE_AFTER_MS} from '../core/limits';
import type {Snapshot} from '../core/stored-job';
import {describeThrown} from '../errors';
import {CANONICAL_KEYS, checked} from './config';
import type {Ports} from './ports';

/** What holds in this execution. */
export interface Retention {
  /** Age at which finished jobs lose steps and results. */
  readonly foldAfterMs: number;
  /** Age at which they go. */
  readonly purgeAfterMs: number;
  /** Bytes that all jobs may use together. */
  readonly maxBytes: number;
}

const DAY_MS = 24 * 3_600_000;

/** `configure` beats script properties, which beat the defaults; the snapshot has the script properties. */
export function retentionOf(ports: Pick<Ports, 'settings' | 'log'>, snapshot: Snapshot): Retention {
  const purgeAfterMs = setting(ports, snapshot, 'retentionDays', PURGE_AFTER_MS / DAY_MS) * DAY_MS;
  return {
    foldAfterMs: Math.min(FOLD_AFTER_MS, purgeAfterMs),
    purgeAfterMs,
    maxBytes: setting(ports, snapshot, 'maxBytes', OWN_BYTES),
  };
}

/** Texts that were reported in this execution. */
const reported = new Set<string>();

function setting(
  ports: Pick<Ports, 'settings' | 'log'>,
  snapshot: Snapshot,
  field: 'retentionDays' | 'maxBytes',
  fallback: number,
): number {
  const key = CANONICAL_KEYS[field];
  const text = ports.settings?.text(key) ?? snapshot[key];
  if (text === undefined || text.trim() === '') return fallback;
  try {
    return Number(checked(field, text, `Script property ${key}`));
  } catch (thrown) {
    const line = `AST.Jobs: ${describeThrown(thrown).message} The default ${fallback} is used.`;
    if (!reported.has(line)) ports.log.line(line);
    reported.add(line);
    return fallback;
  }
}
