/** Whether the outcome is right: the result, the number of handler calls, and what is left behind. */
import {directRows, type Row} from './direct';
import type {Outcome} from './run';

/** What is wrong, in words; nothing when all is well. */
export function problemsOf(outcome: Outcome): readonly string[] {
  const {jobs, rows} = outcome;
  const open = jobs.filter(({status}) => status !== 'completed').map(({name, status}) => `${name} is ${status}`);
  const missing = jobs.length === 2 ? [] : [`${jobs.length} jobs instead of 2`];
  return [...missing, ...open, ...differences(rows, directRows()), ...unexplained(outcome), ...leftBehind(outcome)];
}

function differences(rows: readonly Row[], expected: readonly Row[]): readonly string[] {
  const found = rows.length === expected.length ? [] : [`${rows.length} rows instead of ${expected.length}`];
  expected.forEach((row, index) => {
    const [want, got] = [JSON.stringify(row), JSON.stringify(rows[index] ?? null)];
    if (got !== want) found.push(`row ${index + 1}: ${got} instead of ${want}`);
  });
  return found;
}

/** A step runs once, and once more for each failure and for each time that a record reports it as in doubt. */
function unexplained({jobs, attempts}: Outcome): readonly string[] {
  const inDoubt = jobs.flatMap(({recoveries}) => recoveries.flatMap((recovery) => recovery.inDoubt));
  return jobs.flatMap(({steps}) =>
    steps.flatMap(({id, attempts: failed}) => {
      const calls = attempts.filter(({stepId}) => stepId === id).length;
      const allowed = 1 + failed + inDoubt.filter((doubtful) => doubtful === id).length;
      if (calls >= 1 && calls <= allowed) return [];
      return [`${id} was called ${calls} times, ${allowed} are explained`];
    }),
  );
}

/** Nothing stays but the two jobs, the ballast, the registry of prefixes and the id of the user. */
function leftBehind({jobs, left}: Outcome): readonly string[] {
  const isOurs = (key: string): boolean => jobs.some(({id}) => key.startsWith(`AST_JOBS_JOB_~${id}~`));
  const keys = left.script.filter((key) => !['AST_JOBS_BALLAST', 'AST_JOBS_PREFIXES'].includes(key) && !isOurs(key));
  const userKeys = left.user.filter((key) => key !== 'AST_JOBS_OWNER');
  return [
    ...[...keys, ...userKeys].map((key) => `left behind: property ${key}`),
    ...left.library.map((key) => `left behind in the library's own store: property ${key}`),
    ...(left.triggers === 0 ? [] : [`left behind: ${left.triggers} triggers`]),
  ];
}
