/** From a world that breaks a promise to the shortest history that still does. */
import type {Drawn} from './draw';
import type {FaultEvent} from './fault-events';
import type {Builds} from './host';
import {runScript, type Script, type WorldReport} from './run';

/** Which parts of a seed's world are kept: indices of its jobs, its actions, and the faults that happened in it. */
export interface Kept {
  readonly jobs: readonly number[];
  readonly actions: readonly number[];
  readonly faults: readonly number[];
}

/** More runs than this are not spent on one world, unless said otherwise. */
const MAX_RUNS = 400;

export function everything({drawn, events}: WorldReport): Kept {
  return {jobs: indices(drawn.jobs), actions: indices(drawn.actions), faults: indices(events)};
}

function indices(list: readonly unknown[]): readonly number[] {
  return list.map((_item, index) => index);
}

/** The world with the kept parts only. */
export function scriptOf(drawn: Drawn, events: readonly FaultEvent[], kept: Kept): Script {
  const jobs = drawn.jobs.filter((_job, index) => kept.jobs.includes(index));
  const actions = drawn.actions.filter((_action, index) => kept.actions.includes(index));
  return {drawn: {...drawn, jobs, actions}, faults: events.filter((_event, index) => kept.faults.includes(index))};
}

/**
 * Leaves out parts, larger ones first, as long as the same promise is still broken (delta debugging): jobs, then what
 * people do, then faults. Calls are known by their number, so with a part left out the later faults meet other calls;
 * what is kept in the end is a history that was run and that failed.
 */
export function shrink(report: WorldReport, builds: Builds, maxRuns = MAX_RUNS): Kept {
  const {drawn, events, violations} = report;
  const promise = kindOf(violations[0] ?? '');
  let runs = 0;
  const fails = (kept: Kept): boolean => {
    if (++runs > maxRuns) return false;
    return runScript(scriptOf(drawn, events, kept), builds).violations.some((text) => kindOf(text) === promise);
  };
  let kept = everything(report);
  for (const part of ['jobs', 'actions', 'faults', 'actions', 'jobs'] as const)
    kept = {...kept, [part]: fewest(kept[part], (some) => fails({...kept, [part]: some}))};
  return kept;
}

/** `promise 2: …` → `promise 2`. */
function kindOf(violation: string): string {
  return violation.split(':', 1)[0] ?? '';
}

/** A short list that still fails: pieces are taken out, halves first, then ever smaller ones. */
export function fewest(all: readonly number[], fails: (some: readonly number[]) => boolean): readonly number[] {
  let kept = all;
  if (kept.length > 0 && fails([])) return [];
  for (let size = Math.ceil(kept.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < kept.length;) {
      const rest = kept.filter((_item, index) => index < from || index >= from + size);
      if (rest.length > 0 && fails(rest)) kept = rest;
      else from += size;
    }
  }
  return kept;
}

/** As a command-line argument: `j0,1/a/f3,17`. */
export function keptText({jobs, actions, faults}: Kept): string {
  return `j${jobs.join()}/a${actions.join()}/f${faults.join()}`;
}

export function keptOf(text: string): Kept {
  const match = /^j([\d,]*)\/a([\d,]*)\/f([\d,]*)$/.exec(text);
  if (match === null) throw new Error(`--keep takes what a failing world printed, like j0,1/a/f3,17, got ${text}.`);
  const [jobs, actions, faults] = match.slice(1).map((part) => (part === '' ? [] : part.split(',').map(Number)));
  return {jobs: jobs ?? [], actions: actions ?? [], faults: faults ?? []};
}
