/** The units of a job: which may begin, what keeps the others, and what they come to together. */
import type {WaitReason} from '../../src/types';
import {differ} from './difference';
import type {Unit} from './reference-unit';

/** `'maybe'` while the end of its wait is a matter of chance. */
export type Readiness = 'no' | 'maybe' | 'yes';

export function unitOf(units: readonly Unit[], id: string): Unit {
  const unit = units.find((other) => other.id === id);
  return (
    unit ??
    differ(
      'a unit of the job',
      units.map((other) => other.id),
      id,
    )
  );
}

/** Results of those that are completed, by id. */
export function resultsOf(units: readonly Unit[]): Readonly<Record<string, unknown>> {
  const done = units.filter((unit) => unit.state === 'completed');
  return Object.fromEntries(done.map((unit) => [unit.id, unit.result]));
}

/** Whether a unit may begin. `forgiven`: those that do not wait for their back-off. */
export function readinessOf(
  units: readonly Unit[],
  unit: Unit,
  now: {readonly atMs: number; readonly handlers: ReadonlySet<string>; readonly forgiven: ReadonlySet<Unit>},
): Readiness {
  if (unit.state !== 'pending' || !now.handlers.has(unit.handler) || !hasAll(units, unit)) return 'no';
  if (unit.retryMs === null || now.forgiven.has(unit) || now.atMs >= unit.retryMs[1]) return 'yes';
  return now.atMs >= unit.retryMs[0] ? 'maybe' : 'no';
}

/** Why a job waits of which nothing can run. */
export function idleReasons(units: readonly Unit[], handlers: ReadonlySet<string>): ReadonlySet<WaitReason> {
  const reasons = new Set<WaitReason>();
  for (const unit of units) {
    if (unit.state !== 'pending' || !hasAll(units, unit)) continue;
    if (unit.retryMs !== null) reasons.add('retry');
    if (!handlers.has(unit.handler)) reasons.add('handler');
  }
  return reasons;
}

/** What a job of these ends as; `null` while some can run, now or later. */
export function endOf(units: readonly Unit[]): 'completed' | 'failed' | null {
  const isStuck = (unit: Unit): boolean =>
    unit.state === 'lost' || (unit.state === 'pending' && unit.deps.some((dep) => isStuck(unitOf(units, dep))));
  if (!units.every((unit) => unit.state === 'completed' || isStuck(unit))) return null;
  return units.every((unit) => unit.state === 'completed') ? 'completed' : 'failed';
}

function hasAll(units: readonly Unit[], unit: Unit): boolean {
  return unit.deps.every((dep) => unitOf(units, dep).state === 'completed');
}
