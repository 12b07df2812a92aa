/** What listeners and alerts have in common: the names of events, and which jobs they are for. */
import {printValue} from '../core/json';
import type {JobAddress} from '../core/keys';
import {jobsError} from '../errors';
import {invalid, jobName, printableText} from '../orchestration/request';
import type {JobEvent, JobEventFilter, JobEventName} from '../types';

export const EVENT_NAMES: readonly JobEventName[] = ['completed', 'failed', 'canceled', 'stuck', 'quota'];

/** What is to be told, in this execution. */
export interface DueEvent {
  readonly event: JobEvent;
  /** The job whose header says that it is to be told; `null` for what no header says. */
  readonly address: JobAddress | null;
  /** Under what it is remembered as told, and until when; `null` where the header knows. */
  readonly told: {readonly key: string; readonly untilMs: number} | null;
}

/** The name of an event. */
export function eventName(raw: unknown): JobEventName {
  const name = EVENT_NAMES.find((known) => known === raw);
  if (name !== undefined) return name;
  throw jobsError('INVALID_OPTION', `An event is one of ${EVENT_NAMES.join(', ')}, got ${printValue(raw)}.`);
}

/** Which jobs somebody wants to hear of. */
export function filterOf(options: Readonly<Record<string, unknown>>): JobEventFilter {
  const {name, tags} = options;
  if (tags !== undefined && !Array.isArray(tags))
    throw invalid(`tags must be a list of texts, got ${printValue(tags)}.`);
  return {
    ...(name === undefined ? {} : {name: jobName(name)}),
    ...(tags === undefined
      ? {}
      : {tags: Array.from(tags as readonly unknown[], (tag) => printableText(tag, 'Each of tags', 50))}),
  };
}

/** Whether a job is one of those. */
export function fits(filter: JobEventFilter, job: {readonly name: string; readonly tags: readonly string[]}): boolean {
  return (filter.name ?? job.name) === job.name && (filter.tags ?? []).every((tag) => job.tags.includes(tag));
}
