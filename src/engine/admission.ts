/**
 * Takes a new job in. Order of the writes: the user's triggers, the prefix, the plan, the header. A kill before the
 * header leaves a watchdog that finds nothing, or pieces that the sweep deletes; from the header on the job exists and
 * will be continued.
 */
import {chainSum, EMPTY_SUM, splitByBytes, utf8Bytes} from '../core/bytes';
import type {Header, PlanPlace, StoredOptions} from '../core/header';
import {encodeHeader} from '../core/header-codec';
import {DEFAULT_PREFIX, headerKey, makeJobId, parseKey, planKey, PREFIXES_KEY, type JobAddress} from '../core/keys';
import {INLINE_PLAN_BYTES, MAX_PREFIXES, MAX_VALUE_BYTES} from '../core/limits';
import {Ledger} from '../core/ledger';
import {NumberedPlan, type Plan} from '../core/plan';
import {encodePlan} from '../core/plan-codec';
import {EMPTY_TAIL, type StoredJob} from '../core/stored-job';
import {encodeTerms, type Terms} from '../core/terms';
import {accept} from '../core/transitions';
import {jobsError} from '../errors';
import {Alarm} from './alarm';
import {registeredPrefixes, type Hold} from './hold';
import type {Ports} from './ports';
import {ensureBallast, freeBytes, makeRoom} from './room';

/** A job that was checked and compiled. */
export interface Candidate {
  readonly name: string;
  readonly plan: Plan;
  readonly prefix: string;
  readonly options: StoredOptions;
  readonly terms: Terms;
  /** When the dispatcher may take it; `null`: when somebody calls `resume`. */
  readonly dueMs: number | null;
  readonly owner: string;
}

/** A job that is ready to be written. */
export interface Admitted {
  readonly address: JobAddress;
  readonly header: Header;
}

/** Bytes of a header without its plan: what must fit besides. */
const HEADER_BYTES = 1_500;

/** Sees to triggers and room, and writes everything but the header. */
export function prepareJob(ports: Ports, hold: Hold, candidate: Candidate, id = newId(ports, hold)): Admitted {
  const text = encodePlan(candidate.plan);
  const address: JobAddress = {prefix: candidate.prefix, id};
  refuseTooLarge(hold, utf8Bytes(text));
  if (candidate.options.autoResume && ports.triggers.problem() === null)
    new Alarm(ports, hold, candidate.owner).ensureWatchdog();
  ensureBallast(hold);
  registerPrefix(hold, candidate.prefix);
  const {name, owner, options, terms, dueMs} = candidate;
  const plan = inlinePlan(candidate, text) ?? writePieces(hold, address, candidate, text);
  return {address, header: accept({id: address.id, name, owner, options, terms, plan, nowMs: hold.nowMs, dueMs})};
}

/** An id for a job that is born now. */
export function newId({random}: Ports, {nowMs}: Hold): string {
  return makeJobId(nowMs, [random.next(), random.next()]);
}

/** Writes the header: from here on the job exists. */
export function admitJob(hold: Hold, {address, header}: Admitted): void {
  hold.set(headerKey(address), encodeHeader(header));
}

function refuseTooLarge(hold: Hold, planBytes: number): void {
  const needed = planBytes + HEADER_BYTES;
  const {maxBytes} = hold.retention;
  if (needed > maxBytes)
    throw jobsError(
      'PLAN_TOO_LARGE',
      `The job takes ${needed} bytes of storage, and all jobs together may take ${maxBytes}. Pass smaller items, or ` +
        'references to where they lie.',
      {neededBytes: needed, limitBytes: maxBytes},
    );
  if (!makeRoom(hold, needed))
    throw jobsError(
      'STORE_FULL',
      `The job takes ${needed} bytes of storage and ${Math.max(0, freeBytes(hold))} are free, with every finished job ` +
        'purged. Delete properties of the script, or wait until open jobs end.',
      {neededBytes: needed, freeBytes: freeBytes(hold)},
    );
}

/** Prefixes stand under one fixed key, because a trigger run knows nothing of what an earlier execution configured. */
function registerPrefix(hold: Hold, prefix: string): void {
  const known = registeredPrefixes(hold.snapshot);
  if (prefix === DEFAULT_PREFIX || known.includes(prefix)) return;
  // What an accepted job has not lived to name yet counts too, or the sweep would never find it.
  const inUse = new Set(Object.keys(hold.snapshot).map((key) => parseKey(key)?.prefix));
  const kept = known.filter((entry) => entry !== DEFAULT_PREFIX && inUse.has(entry));
  if (kept.length >= MAX_PREFIXES)
    throw jobsError('INVALID_OPTION', `At most ${MAX_PREFIXES} prefixes may hold jobs at a time: reuse one of them.`);
  hold.set(PREFIXES_KEY, JSON.stringify([...kept, prefix]));
}

/** The plan as it stands in a header that has room for it beside its terms; `null` where it has none. */
export function inlinePlan(
  {plan, terms}: Pick<Candidate, 'plan' | 'terms'>,
  text = encodePlan(plan),
): PlanPlace | null {
  const roomBytes = INLINE_PLAN_BYTES - bytesOf(encodeTerms(terms));
  // As it will stand in the header: quotes are escaped there.
  if (utf8Bytes(JSON.stringify(text)) > roomBytes) return null;
  return {inline: text, pieces: 0, sum: chainSum(EMPTY_SUM, text), units: new NumberedPlan(plan).unitCount};
}

/** A plan that is to be replaced has to be, at once with what points to it: it must stand in the header. */
export function refuseLargePlan(candidate: Pick<Candidate, 'plan' | 'terms'>): void {
  if (inlinePlan(candidate) !== null) return;
  throw jobsError(
    'PLAN_TOO_LARGE',
    `The steps of a debounced job may take ${INLINE_PLAN_BYTES} bytes with their payloads and what the job says of ` +
      'itself: pass less, and let a handler fetch the rest.',
    {limitBytes: INLINE_PLAN_BYTES},
  );
}

function writePieces(hold: Hold, address: JobAddress, {plan}: Candidate, text: string): PlanPlace {
  const pieces = splitByBytes(text, MAX_VALUE_BYTES);
  pieces.forEach((piece, index) => {
    hold.set(planKey(address, index), piece);
  });
  const sum = chainSum(EMPTY_SUM, text);
  return {inline: null, pieces: pieces.length, sum, units: new NumberedPlan(plan).unitCount};
}

function bytesOf(terms: object | null): number {
  return terms === null ? 0 : utf8Bytes(JSON.stringify(terms));
}

/** A job that is about to be written, as if it had been read. */
export function newJob(admitted: Admitted, candidate: Candidate): StoredJob {
  const plan = new NumberedPlan(candidate.plan);
  return {...admitted, plan, ledger: new Ledger(plan), tails: [EMPTY_TAIL]};
}
