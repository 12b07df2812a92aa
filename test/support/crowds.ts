/** Stores full of finished jobs, as if they had run: small ones, and one with many items. */
import {makeJobId, type JobAddress} from '../../src/core/keys';
import type {Outcome} from '../../src/core/outcome';
import {jobAt, type Values} from './holds';
import {loosePlan, mapNode, planOf} from './plans';
import {ADDRESS, AT_MS, done, positionOf, segment} from './stored';

/** Outcomes that fit into one segment. */
const PER_SEGMENT = 60;

/** The address of the n-th job of a crowd; the one with many items is its own first. */
export function crowdAddress(number: number): JobAddress {
  return {prefix: ADDRESS.prefix, id: makeJobId(AT_MS + number, [0.5, 0.5])};
}

/** A job of a map step with so many items, completed. */
export function mapJob(items: number): Values {
  const list = Array.from({length: items}, (_none, index) => `row-${index}`);
  const outcomes = list.map((item, unit): Outcome => {
    return {kind: 'done', unit, atMs: AT_MS + unit * 100, durationMs: 90, result: JSON.stringify(`result of ${item}`)};
  });
  const orchestration = {helper: 'enqueue_many', mode: 'enqueue'} as const;
  const atMs = AT_MS + items * 100;
  return jobAt(crowdAddress(0), {
    plan: {...planOf(mapNode('item', list)), orchestration},
    pieceBytes: 8_000,
    header: {phase: {kind: 'completed', atMs}, updatedAtMs: atMs},
    position: positionOf(outcomes),
    logs: {
      0: Array.from({length: Math.ceil(items / PER_SEGMENT)}, (_none, index) =>
        segment(outcomes.slice(index * PER_SEGMENT, (index + 1) * PER_SEGMENT)),
      ),
    },
  });
}

/** So many jobs of two steps, completed. */
export function smallJobs(count: number): Values {
  const outcomes = [done(0), done(1)];
  const jobs = Array.from({length: count}, (_none, index) =>
    jobAt(crowdAddress(index + 1), {
      plan: loosePlan(2),
      header: {phase: {kind: 'completed', atMs: AT_MS + 5_000}, updatedAtMs: AT_MS + 5_000},
      position: positionOf(outcomes),
      logs: {0: [segment(outcomes)]},
    }),
  );
  return Object.assign({}, ...jobs) as Values;
}
