/** Metrics out of one reading of the store: no lock, no write, and of each job its header alone. */
import {EVERYTHING} from '../core/selection';
import {metricsOf} from '../core/metrics';
import {bornAtMs} from '../core/keys';
import {isoTime} from '../core/record';
import {instantOf} from '../orchestration/instant';
import {optionsObject, reading} from '../orchestration/request';
import type {JobsMetrics} from '../types';
import type {Engine} from './engine';
import {prefixesIn} from './hold';
import {Usage} from './usage';
import {selectJobs} from './views';

/** What the jobs of a prefix, or of all, tell together. */
export function showMetrics(engine: Engine, rawOptions: unknown, prefix: string | null): JobsMetrics {
  const sinceMs = reading('The options of metrics', () => sinceOf(rawOptions));
  const snapshot = engine.readAll();
  const nowMs = engine.ports.clock.nowMs();
  const rows = selectJobs(snapshot, {...EVERYTHING, limit: Infinity}, prefix).filter(
    ({address, header}) => (header?.createdAtMs ?? bornAtMs(address.id) ?? 0) >= (sinceMs ?? 0),
  );
  const headers = rows.flatMap(({header}) => (header === null ? [] : [header]));
  return {
    ...metricsOf(headers, nowMs),
    since: isoTime(sinceMs),
    damaged: rows.length - headers.length,
    bytes: new Usage(snapshot, prefix === null ? prefixesIn(snapshot) : [prefix]).ownBytes,
  };
}

function sinceOf(raw: unknown): number | null {
  const {since = null} = optionsObject(raw);
  return since === null ? null : instantOf(since, 'since');
}
