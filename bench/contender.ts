/** Who does the work of the scale bench: a script, the call that begins it, and the one that a person would repeat. */
import type {ProjectSource} from '../test/simulator';
import {handWritten} from './by-hand';
import {SCALE_HOST, scaleHost, type Offers} from './scale-host';

export interface Task {
  readonly items: number;
  readonly itemMs: number;
}

export interface Contender {
  readonly label: string;
  readonly isOffered: boolean;
  readonly project: ProjectSource;
  begin(task: Task): {readonly fn: string; readonly args: readonly unknown[]};
  /** What a person calls to bring a run that stands still on its way again; `null` where nothing is there to call. */
  readonly again: string | null;
}

const BUDGET_MS = 300_000;

function byHand(label: string, savesEach: boolean, setsTriggerFirst: boolean): Contender {
  return {
    ...{label, isOffered: true, again: 'continueByHand'},
    project: handWritten({savesEach, setsTriggerFirst}),
    begin: ({items, itemMs}) => ({fn: 'startByHand', args: [items, itemMs]}),
  };
}

export const BY_HAND = byHand('by hand', false, false);
export const BY_HAND_EACH = byHand('by hand, saves each item', true, false);
export const BY_HAND_FIRST = byHand('by hand, saves each item, trigger first', true, true);

function byJob(label: string, isOffered: boolean, offered: Offers, fields: object): Contender {
  return {
    ...{label, isOffered, project: SCALE_HOST, again: null},
    begin: ({items, itemMs}) => ({fn: 'startMany', args: [items, itemMs, offered.count, fields]}),
  };
}

export const WORKERS = [1, 2, 4, 8] as const;

/** The job with so many workers. */
export function withWorkers(offered: Offers, workers: number): Contender {
  const label = `AST.Jobs, ${workers} ${workers === 1 ? 'worker' : 'workers'}`;
  return byJob(label, workers === 1 || offered.workers, offered, workers === 1 ? {} : {workers});
}

/** The job with the budget of the scripts by hand. */
export function withTheirBudget(offered: Offers): Contender {
  return byJob('AST.Jobs, 300 s budget', true, offered, {options: {maxRuntimeMs: BUDGET_MS}});
}

/** The job that saves each item. */
export function savingEach(offered: Offers): Contender {
  const fields = {checkpoint: {everyItems: 1}};
  return byJob('AST.Jobs, saves each item', offered.checkpoint, offered, fields);
}

/** One step that walks over all items. */
export function walking(offered: Offers): Contender {
  return {
    ...{label: 'AST.Jobs, one step with ctx.each', isOffered: offered.each, project: SCALE_HOST, again: null},
    begin: ({items, itemMs}) => ({fn: 'startWalk', args: [items, itemMs]}),
  };
}

/**
 * The job whose items return 1 KB each, with results in files: `drive` is the text of a double of that service. Each group
 * is a file, which the log names in some 100 bytes: so many groups of 1.2 s would not fit, by default they last longer.
 */
export function withLargeResults(offered: Offers, drive: string): Contender {
  const contender = byJob('AST.Jobs, 1 KB results, drive', offered.drive, offered, {handler: 'large'});
  return {...contender, project: scaleHost(`{drive: ${drive}}`)};
}
