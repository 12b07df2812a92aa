/** Compiles the request of `run` and `enqueue`, a graph of steps, into a plan: unique ids, known and acyclic dependencies. */
import {isObject, printValue} from '../core/json';
import {MAX_STEPS} from '../core/limits';
import type {Plan, StepNode} from '../core/plan';
import {refuseForeign} from './fields';
import {
  attemptLimits,
  invalid,
  payload,
  refuseLaterFields,
  stepId,
  type AttemptLimits,
  type HandlerNames,
} from './request';

interface StepDraft {
  readonly id: string;
  readonly raw: Readonly<Record<string, unknown>>;
  readonly dependsOn: readonly string[];
}

/** How a graph and its parts are called where it is written down, for what is said about it. */
export interface GraphWords {
  readonly whole: string;
  readonly part: string;
  readonly Part: string;
  readonly id: string;
  readonly dependsOn: string;
}

const STEP_WORDS: GraphWords = {whole: 'job', part: 'step', Part: 'Step', id: 'id', dependsOn: 'dependsOn'};

/** The plan of a graph of steps. */
export function planOfSteps(
  rawSteps: unknown,
  limits: AttemptLimits,
  handlers: HandlerNames,
  words: GraphWords = STEP_WORDS,
): Plan {
  if (!Array.isArray(rawSteps) || rawSteps.length === 0)
    throw invalid(`A job requires a non-empty steps array, got ${printValue(rawSteps)}.`);
  refuseTooMany(rawSteps, words);
  // A list with holes is one with missing steps: `map` would pass over them.
  const drafts = Array.from(rawSteps as readonly unknown[], (raw, index) => draftOf(raw, index, words));
  const position = new Map(drafts.map((draft, index) => [draft.id, index]));
  refuseUnknown(drafts, position, words);
  refuseCycles(drafts, words);
  const nodes = drafts.map((draft): StepNode => {
    const where = `${words.part} ${printValue(draft.id)}`;
    return {
      kind: 'step',
      id: draft.id,
      handler: handlers.nameOf(draft.raw['handler'], where),
      deps: draft.dependsOn.map((id) => position.get(id) ?? 0),
      payload: payload(draft.raw['payload'], `The payload of ${where}`),
      ...attemptLimits(draft.raw, limits, where),
    };
  });
  return {nodes, orchestration: null};
}

/** Looks at the length alone: a list without entries may claim to have billions. */
export function refuseTooMany(steps: readonly unknown[], {whole, part} = STEP_WORDS): void {
  if (steps.length > MAX_STEPS)
    throw invalid(
      `A ${whole} may have at most ${MAX_STEPS} ${part}s, got ${steps.length}. Use enqueueMany or mapReduce, which hold ` +
        'many items as one step.',
    );
}

function draftOf(raw: unknown, index: number, words: GraphWords): StepDraft {
  const {part, Part, id: noun} = words;
  if (!isObject(raw))
    throw invalid(`Each ${part} must be an object, got ${printValue(raw)} at index ${index}.`, {index});
  const id = stepId(raw['id'], `${Part} ${index + 1}`, noun);
  refuseLaterFields(raw, `${Part} ${printValue(id)}`);
  refuseForeign(raw, 'step', `${Part} ${printValue(id)}`);
  return {id, raw, dependsOn: dependencies(raw['dependsOn'], id, words)};
}

function dependencies(raw: unknown, id: string, {part, dependsOn}: GraphWords): readonly string[] {
  if (raw === undefined || raw === null) return [];
  const list: readonly unknown[] = Array.isArray(raw) ? raw : [raw];
  const unique = new Set<string>();
  for (const entry of list) {
    if (typeof entry !== 'string' || entry.trim() === '')
      throw invalid(`${dependsOn} of ${part} ${printValue(id)} must name ${part}s, got ${printValue(entry)}.`, {
        stepId: id,
      });
    unique.add(entry.trim());
  }
  return [...unique];
}

function refuseUnknown(
  drafts: readonly StepDraft[],
  position: ReadonlyMap<string, number>,
  {part, Part, id: noun}: GraphWords,
): void {
  drafts.forEach((draft, index) => {
    if (position.get(draft.id) !== index)
      throw invalid(`${Part} ${noun}s must be unique, and ${printValue(draft.id)} occurs twice.`, {stepId: draft.id});
    if (draft.dependsOn.includes(draft.id))
      throw invalid(`${Part} ${printValue(draft.id)} cannot depend on itself.`, {stepId: draft.id});
    const unknown = draft.dependsOn.find((id) => !position.has(id));
    if (unknown !== undefined)
      throw invalid(`${Part} ${printValue(draft.id)} depends on ${printValue(unknown)}, an unknown ${part}.`, {
        stepId: draft.id,
        dependencyId: unknown,
      });
  });
}

/** Removes steps whose dependencies are gone until none is left. Without recursion, because chains may be long. */
function refuseCycles(drafts: readonly StepDraft[], {part}: GraphWords): void {
  const dependents = new Map<string, StepDraft[]>();
  for (const draft of drafts) {
    for (const id of draft.dependsOn) {
      const list = dependents.get(id);
      if (list === undefined) dependents.set(id, [draft]);
      else list.push(draft);
    }
  }
  const missing = new Map(drafts.map((draft) => [draft.id, draft.dependsOn.length]));
  const free = drafts.filter((draft) => draft.dependsOn.length === 0);
  for (let draft = free.pop(); draft !== undefined; draft = free.pop()) {
    missing.delete(draft.id);
    for (const dependent of dependents.get(draft.id) ?? []) {
      const left = (missing.get(dependent.id) ?? 0) - 1;
      missing.set(dependent.id, left);
      if (left === 0) free.push(dependent);
    }
  }
  if (missing.size === 0) return;
  const cyclic = [...missing.keys()];
  throw invalid(`The ${part}s ${printValue(cyclic)} form a dependency cycle, or depend on one.`, {stepIds: cyclic});
}
