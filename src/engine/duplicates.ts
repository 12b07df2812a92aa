/** Requests that make no job of their own, since the job they want is there: by key, by singleton, by debounce. */
import {utf8Bytes} from '../core/bytes';
import {isFinal, waitsForUser, type Header} from '../core/header';
import {encodeHeader} from '../core/header-codec';
import {headerKey, type JobAddress} from '../core/keys';
import type {Snapshot} from '../core/stored-job';
import {cancel, renew} from '../core/transitions';
import type {Asked} from '../orchestration/asked';
import type {TermsRecord} from '../types';
import {inlinePlan, type Candidate} from './admission';
import {writeHeader} from './claim';
import {openOfKey, readableJobs, refuseCircle, type Found} from './dependencies';
import {endLeases} from './give-up';
import {storeFull, type Hold} from './hold';
import type {Ports} from './ports';
import {freeBytes, makeRoom} from './room';
import {openableJob} from './views';

/** A request, and where its job would stand; `null` where that makes no difference. */
interface Own {
  readonly asked: Asked;
  readonly prefix: string | null;
}

/** The job that is there already, and why it is the one that was asked for. */
export interface Duplicate extends Found {
  readonly by: NonNullable<TermsRecord['duplicateOf']>;
}

/** The job that a request would make a second time; `null` where it makes one of its own. */
export function duplicateIn({identity}: Pick<Ports, 'identity'>, hold: Hold, own: Own): Duplicate | null {
  const {snapshot, nowMs} = hold;
  const {prefix, asked} = own;
  const {idempotency, debounce, singleton} = asked;
  const known = idempotency === null ? undefined : ofIdempotencyKey(snapshot, idempotency.key, nowMs);
  if (known !== undefined) return {...known, by: 'idempotencyKey'};
  const waiting =
    debounce === null ? undefined : ofDebounceKey(snapshot, {key: debounce.key, prefix, owner: identity.known()});
  if (waiting !== undefined) return {...waiting, by: 'debounce'};
  const open = singleton?.policy === 'skip' ? openOfKey(snapshot, singleton.key)[0] : undefined;
  return open === undefined ? null : {...open, by: 'singleton'};
}

function ofIdempotencyKey(snapshot: Snapshot, key: string, nowMs: number): Found | undefined {
  return readableJobs(snapshot).find(({header: {terms}}) => {
    return terms.idempotency?.key === key && terms.idempotency.untilMs > nowMs;
  });
}

/**
 * One that has started, or that somebody stopped, is a job of its own. One that waits for anything else is not: calls would
 * pile up behind it. Only the user's own, or one's calls would run with the rights of another.
 */
function ofDebounceKey(
  snapshot: Snapshot,
  {key, prefix, owner}: {readonly key: string; readonly prefix: string | null; readonly owner: string | null},
): Found | undefined {
  // A replayed job is as if it had not started, and has what it had completed.
  const isNew = ({startedAtMs, parts}: Header): boolean =>
    startedAtMs === null && parts.every(({epoch}) => epoch === 0);
  const isWaiting = (header: Header): boolean =>
    header.terms.debounce?.key === key && !isFinal(header) && isNew(header) && !waitsForUser(header);
  return readableJobs(snapshot).find(
    ({address, header}) => address.prefix === prefix && header.owner === owner && isWaiting(header),
  );
}

/** A job that waits for the end of a storm of calls becomes what the last one asked for, in one write. */
export function renewJob(hold: Hold, {address, header}: Found, candidate: Candidate): void {
  const {name, options, dueMs} = candidate;
  const first = header.terms.debounce;
  const terms = {...candidate.terms, debounce: first};
  const plan = inlinePlan({plan: candidate.plan, terms});
  if (plan === null || first === null || dueMs === null)
    throw new Error('A debounced job is small and starts by itself.');
  for (const on of terms.dependencies) refuseCircle(hold.snapshot, header, on);
  const due = Math.min(dueMs, Math.max(first.untilMs, hold.nowMs));
  const text = encodeHeader(renew(header, {name, options, terms, plan, dueMs: due, nowMs: hold.nowMs}));
  if (!makeRoom(hold, utf8Bytes(text))) throw storeFull(utf8Bytes(text), freeBytes(hold));
  hold.set(headerKey(address), text);
}

/**
 * Cancels open jobs of the key of a new one that is to replace them. The new one is stored by then, and waits for them as
 * long as they are open: a kill in between leaves both, and one runs after the other. Returns how many there were.
 */
export function cancelReplaced(hold: Hold, {singleton}: Asked, own: JobAddress): number {
  if (singleton?.policy !== 'replace') return 0;
  let count = 0;
  for (const {address} of openOfKey(hold.snapshot, singleton.key)) {
    const job = address.id === own.id ? null : openableJob(hold.snapshot, address);
    if (job === null || !('ledger' in job) || isFinal(job.header)) continue;
    const ended = endLeases(hold, job, 'canceled');
    writeHeader(hold, ended, cancel(ended.header, hold.nowMs));
    count++;
  }
  return count;
}
