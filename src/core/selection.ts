/** Which jobs a list shows, and in which order. Pure; told by headers alone. */
import type {JobPriority, JobStatus, ListOrder} from '../types';
import {statusOf, type Header} from './header';
import type {JobAddress} from './keys';
import {PRIORITIES, type Terms} from './terms';

/** What a list is asked for. `null`: whatever it is. */
export interface Selection {
  readonly statuses: readonly JobStatus[] | null;
  readonly name: string | null;
  readonly tags: readonly string[];
  readonly createdFromMs: number | null;
  readonly createdBeforeMs: number | null;
  readonly batch: string | null;
  readonly schedule: string | null;
  readonly maker: Terms['maker'];
  readonly sortBy: ListOrder;
  readonly isAscending: boolean;
  readonly limit: number;
  readonly offset: number;
}

/** All jobs, newest first. */
export const EVERYTHING: Selection = {
  ...{statuses: null, name: null, tags: [], createdFromMs: null, createdBeforeMs: null, batch: null, schedule: null},
  ...{maker: null, sortBy: 'createdAt', isAscending: false, limit: 100, offset: 0},
};

/** Whether a selection asks for anything that a job must be readable to tell. */
export function isFiltered(selection: Selection): boolean {
  const {statuses, name, tags, createdFromMs, createdBeforeMs, batch, schedule, maker} = selection;
  return tags.length > 0 || [statuses, name, createdFromMs, createdBeforeMs, batch, schedule, maker].some(isGiven);
}

function isGiven(filter: unknown): boolean {
  return filter !== null;
}

/** Whether a job fits all filters. */
export function fits(header: Header, selection: Selection): boolean {
  const {statuses, name, tags, createdFromMs, createdBeforeMs, batch, schedule, maker} = selection;
  const {createdAtMs, terms} = header;
  return (
    (statuses === null || statuses.includes(statusOf(header))) &&
    (name === null || header.name === name) &&
    (maker === null || terms.maker === maker) &&
    tags.every((tag) => terms.tags.includes(tag)) &&
    (createdFromMs === null || createdAtMs >= createdFromMs) &&
    (createdBeforeMs === null || createdAtMs < createdBeforeMs) &&
    (batch === null || terms.batch === batch) &&
    (schedule === null || terms.schedule === schedule)
  );
}

/** A job that is to be listed; `null` for a header that cannot be read. */
export interface Listed {
  readonly address: JobAddress;
  readonly header: Header | null;
}

/** Sorts rows: those that cannot be read last, unless ids order, which are made of the time of birth. */
export function sorted(rows: readonly Listed[], {sortBy, isAscending}: Selection): readonly Listed[] {
  const sign = isAscending ? 1 : -1;
  return rows.slice().sort((one, other) => {
    const byId = one.address.id < other.address.id ? -1 : 1;
    if (sortBy === 'createdAt') return sign * byId;
    if (one.header === null || other.header === null)
      return Number(one.header === null) - Number(other.header === null) || sign * byId;
    return sign * (compare(keyOf(one.header, sortBy), keyOf(other.header, sortBy)) || byId);
  });
}

function keyOf(header: Header, sortBy: Exclude<ListOrder, 'createdAt'>): string | number {
  switch (sortBy) {
    case 'updatedAt':
      return header.updatedAtMs;
    case 'name':
      return header.name;
    case 'priority':
      return rankOf(header.terms.priority);
    case 'status':
      return statusOf(header);
  }
}

function rankOf(priority: JobPriority): number {
  return PRIORITIES.indexOf(priority);
}

function compare(one: string | number, other: string | number): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
