/** Whether a job may start: what the jobs that it depends on have come to. Pure. */
import type {Terms} from './terms';

/** Where a job is that others depend on; `missing`: it was never here, or somebody deleted it. */
export type ParentState = 'open' | 'completed' | 'failed' | 'canceled' | 'missing';

/** What dependencies say of a job that has not started. */
export type Gate =
  | {readonly kind: 'open'}
  | {readonly kind: 'waits'; readonly on: readonly string[]}
  /** One of them cannot be completed any more, and the job ends without having started. */
  | {readonly kind: 'ends'; readonly as: 'failed' | 'canceled'; readonly because: string; readonly state: ParentState};

/** Looks at each dependency. One that failed decides at once where the job is to end with it. */
export function gateOf(
  {dependencies, onDependencyFailure}: Pick<Terms, 'dependencies' | 'onDependencyFailure'>,
  stateOf: (id: string) => ParentState,
): Gate {
  const waits: string[] = [];
  for (const id of dependencies) {
    const state = stateOf(id);
    if (state === 'completed') continue;
    if (state === 'open' || onDependencyFailure === 'wait') waits.push(id);
    else if (onDependencyFailure !== 'run')
      return {kind: 'ends', as: onDependencyFailure === 'fail' ? 'failed' : 'canceled', because: id, state};
  }
  return waits.length === 0 ? {kind: 'open'} : {kind: 'waits', on: waits};
}

/** A way along dependencies from one job to another; `null` where there is none. */
export function pathBetween(
  from: string,
  to: string,
  dependenciesOf: (id: string) => readonly string[],
): readonly string[] | null {
  const cameFrom = new Map<string, string | null>([[from, null]]);
  const open = [from];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (id === to) return pathTo(id, cameFrom);
    for (const next of dependenciesOf(id)) {
      if (cameFrom.has(next)) continue;
      cameFrom.set(next, id);
      open.push(next);
    }
  }
  return null;
}

function pathTo(end: string, cameFrom: ReadonlyMap<string, string | null>): readonly string[] {
  const path: string[] = [];
  for (let id: string | null = end; id !== null; id = cameFrom.get(id) ?? null) path.unshift(id);
  return path;
}
