/** What `World.call` throws for an execution that did not end well. */
import type {Execution} from './types';

/** What the function threw, as an error of the test's realm; or that the execution was killed. */
export function errorOf(execution: Execution): Error {
  const {error, end, fn} = execution;
  if (error === null) {
    const killed = new Error(`The execution of ${fn} was ${end === 'wall' ? 'stopped at its time limit' : 'killed'}.`);
    return Object.assign(killed, {name: 'ExecutionKilled', code: end === 'wall' ? 'WALL' : 'KILLED'});
  }
  const thrown = Object.assign(new Error(error.message), {name: error.name});
  return error.code === undefined ? thrown : Object.assign(thrown, {code: error.code});
}
