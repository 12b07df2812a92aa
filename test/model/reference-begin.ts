/** A call of a handler: whether this unit may begin now, with what it is told. */
import {differ, expectSame} from './difference';
import type {ReferenceJob} from './reference-job';
import {reasonAgainst, SLACK_MS, type Turn} from './reference-turn';
import {attemptOf, type Unit} from './reference-unit';
import {resultsOf, unitOf} from './reference-units';

/** What a handler tells when it is called. */
export interface Begin {
  readonly atMs: number;
  readonly step: string;
  readonly attempt: number;
  readonly name: string;
  readonly payload: unknown;
  readonly results: unknown;
  readonly key: string;
  readonly leftMs: number;
}

/** The unit that begins. */
export function expectBegin(job: ReferenceJob, begin: Begin, turn: Turn): Unit {
  const unit = expectUnit(job, begin, turn);
  expectContext(job, begin, unit);
  expectTime(job, begin, unit, turn);
  return unit;
}

function expectUnit(job: ReferenceJob, begin: Begin, turn: Turn): Unit {
  const {units} = job;
  const unit = unitOf(units, begin.step);
  const {handlers} = turn.caller;
  // It is chosen when the unit before has ended, or when the job is claimed.
  const chosenMs = turn.ended.at(-1)?.atMs ?? begin.atMs - SLACK_MS;
  const first = units.find((other) => job.readiness(other, chosenMs, handlers) === 'yes') ?? null;
  const isBefore = first === null || units.indexOf(unit) <= units.indexOf(first);
  if (turn.unit !== null || !isBefore || job.readiness(unit, begin.atMs, handlers) === 'no')
    differ(`${job.id}: which unit runs next`, first?.id ?? null, unit.id);
  return unit;
}

function expectContext(job: ReferenceJob, begin: Begin, unit: Unit): void {
  const {attempt, name, payload, results, key} = begin;
  const expected = {
    ...{attempt: attemptOf(unit), name: job.plan.name, payload: unit.payload},
    ...{results: resultsOf(job.units), key: job.keyOf(unit, key)},
  };
  expectSame(`${job.id}: the context of ${unit.id}`, expected, {attempt, name, payload, results, key});
}

function expectTime(job: ReferenceJob, {atMs, leftMs}: Begin, unit: Unit, turn: Turn): void {
  const modelLeftMs = turn.budgetEndsMs - atMs;
  if (Math.abs(modelLeftMs - leftMs) > SLACK_MS) differ(`${job.id}: timeLeftMs of ${unit.id}`, modelLeftMs, leftMs);
  const reason = reasonAgainst(turn, unit, atMs, job.estimates(unit));
  if (reason !== null) differ(`${job.id}: ${unit.id} begins though it ${reason}`, turn.budgetEndsMs - atMs, leftMs);
}
