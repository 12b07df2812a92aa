/** Reads the filters of `list`: what is no filter is ignored, what is one and of the wrong kind is refused. */
import {isObject, printValue} from '../core/json';
import {MAX_RANGE} from '../core/limits';
import {isJobStatus} from '../core/record';
import {EVERYTHING, type Selection} from '../core/selection';
import type {JobStatus, ListOrder} from '../types';
import {instantOf} from './instant';
import {given, integerIn, invalid} from './request';

const ORDERS: readonly ListOrder[] = ['createdAt', 'updatedAt', 'name', 'priority', 'status'];

/** What a caller wants to see. */
export function selectionOf(raw: unknown): Selection {
  if (raw !== undefined && raw !== null && !isObject(raw))
    throw invalid(`list expects an object of filters, got ${printValue(raw)}.`);
  const filters = isObject(raw) ? raw : {};
  const {status, name, tags, createdAfter, createdBefore, batch, schedule, sortBy, sortOrder, limit, offset} = filters;
  return {
    ...EVERYTHING,
    statuses: given(status) && status !== '' ? statusesOf(status) : null,
    name: textOf(name, 'name'),
    tags: given(tags) ? tagsOf(tags) : [],
    createdFromMs: given(createdAfter) ? instantOf(createdAfter, 'createdAfter') : null,
    createdBeforeMs: given(createdBefore) ? instantOf(createdBefore, 'createdBefore') : null,
    batch: textOf(batch, 'batch'),
    schedule: textOf(schedule, 'schedule'),
    sortBy: given(sortBy) ? oneOf(sortBy, 'sortBy', ORDERS) : EVERYTHING.sortBy,
    isAscending: given(sortOrder) && oneOf(sortOrder, 'sortOrder', ['asc', 'desc'] as const) === 'asc',
    limit: given(limit) ? integerIn(limit, 'limit', 1, 1_000) : EVERYTHING.limit,
    offset: given(offset) ? integerIn(offset, 'offset', 0, MAX_RANGE) : 0,
  };
}

function statusesOf(raw: unknown): readonly JobStatus[] {
  const list: readonly unknown[] = Array.isArray(raw) ? raw : [raw];
  if (list.length === 0) throw invalid('Invalid status filter: the list is empty, so that no job could fit.');
  return Array.from(list, (status) => {
    if (typeof status === 'string' && isJobStatus(status)) return status;
    throw invalid(`Invalid status filter: ${printValue(status)} is no status of a job.`, {status: printValue(status)});
  });
}

function textOf(raw: unknown, what: string): string | null {
  if (!given(raw)) return null;
  if (typeof raw === 'string') return raw.trim() === '' ? null : raw.trim();
  throw invalid(`The ${what} filter must be text, got ${printValue(raw)}.`);
}

function tagsOf(raw: unknown): readonly string[] {
  const list: readonly unknown[] = Array.isArray(raw) ? raw : [raw];
  return Array.from(list, (tag) => {
    if (typeof tag === 'string') return tag.trim();
    throw invalid(`The tags filter must be a text or a list of texts, got ${printValue(tag)}.`);
  });
}

function oneOf<Value extends string>(raw: unknown, what: string, values: readonly Value[]): Value {
  const value = values.find((candidate) => candidate === raw);
  if (value !== undefined) return value;
  throw invalid(`${what} must be one of ${values.join(', ')}, got ${printValue(raw)}.`);
}
