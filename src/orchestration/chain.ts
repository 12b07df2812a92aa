/** Compiles `chain`: tasks that run one after the other. */
import {isObject, printValue} from '../core/json';
import type {Plan} from '../core/plan';
import {planOfSteps, refuseTooMany} from './job-plan';
import {invalid, orchestrationMode, stepId, type AttemptLimits, type HandlerNames} from './request';

/** The plan of a chain. */
export function planOfChain(
  request: Readonly<Record<string, unknown>>,
  limits: AttemptLimits,
  handlers: HandlerNames,
): Plan {
  const mode = orchestrationMode(request['mode'], 'run');
  const prefix = stepId(request['stepIdPrefix'] ?? 'chain_step', 'stepIdPrefix');
  const tasks = request['tasks'];
  if (!Array.isArray(tasks) || tasks.length === 0)
    throw invalid(`Chain tasks must be a non-empty array, got ${printValue(tasks)}.`);
  refuseTooMany(tasks);
  const steps: object[] = [];
  let before: string | null = null;
  // `Array.from` fills holes, so that a missing task is refused, not passed over.
  Array.from(tasks as readonly unknown[]).forEach((task, index) => {
    if (!isObject(task)) throw invalid(`Each chain task must be an object, got ${printValue(task)} at index ${index}.`);
    const id: string = stepId(task['id'] ?? `${prefix}_${index + 1}`, `Task ${index + 1}`);
    // Over the task, whose other fields are read as those of a step are, inherited ones too.
    steps.push(Object.create(task, {id: {value: id}, dependsOn: {value: before === null ? [] : [before]}}) as object);
    before = id;
  });
  return {...planOfSteps(steps, limits, handlers), orchestration: {helper: 'chain', mode}};
}
