/** The words of the main job: what it shows before, during and after it. Returns text and prints nothing. */
import type {Row} from './direct';
import {countsOf, type Ended, type Job, type Outcome} from './run';
import {bar, columns, duration, timeOfDay, type Style} from './terminal';

const TOP_ROWS = 10;
const BAR_WIDTH = 20;
const MAX_NAME = 14;

export function header(seed: number, style: Style): string {
  return [
    style.bold('AST.Jobs: delays of 20,000 flights, imported and reported by jobs in a simulated Apps Script'),
    '',
    'A person runs startImport once; from then on triggers continue it. The clock is virtual, an execution may last six',
    'minutes, and the bundle dist/Code.js is a library of examples/main-job/host/Code.js. First a map-reduce reads',
    'flights-20k.json in 64 pieces of some 20 s each, then a chain writes the report into a sheet.',
    `Seed ${seed} decides where four executions are killed and when the server is busy. Another: npm start -- ${seed + 1}`,
    '',
    style.dim(`start     lasted  ${'job'.padEnd(MAX_NAME)}  saved  ${'progress'.padEnd(BAR_WIDTH + 7)}  end`),
  ].join('\n');
}

/** The line of one execution. */
export function line(ended: Ended, style: Style): string {
  const {execution, saved, jobs} = ended;
  const {startMs, endMs, fn} = execution;
  const job = saved.at(-1)?.job ?? jobs.find(({status}) => status !== 'completed') ?? jobs.at(-1);
  const steps = saved.reduce((sum, {steps}) => sum + steps, 0);
  const {completed, total} = countsOf(job);
  const name = fn === 'astJobsWorker' ? (job?.name ?? '') : fn;
  return [
    timeOfDay(startMs),
    duration((endMs ?? startMs) - startMs).padStart(6),
    (name.length > MAX_NAME ? `${name.slice(0, MAX_NAME - 1)}…` : name).padEnd(MAX_NAME),
    (steps > 0 ? `+${steps}` : '').padStart(5),
    `${bar(completed, total, BAR_WIDTH)} ${`${completed}/${total}`.padStart(6)}`,
    endOf(ended, style),
  ].join('  ');
}

function endOf({execution, kill, jobs, saved}: Ended, style: Style): string {
  if (kill !== null) return style.red(`KILLED ${kill.where}`);
  if (execution.end !== 'done') return style.red(`${execution.end}: ${execution.error?.message ?? ''}`);
  if (execution.fn !== 'astJobsWorker') return 'accepted; a trigger will start it';
  if (jobs.every(({status}) => status === 'completed')) return style.green('done');
  if (saved.length === 0) return style.dim(idleReason(jobs));
  const reasons = jobs.flatMap(({waiting}) => (waiting === null ? [] : [waiting.reason]));
  return style.yellow(reasons.join(', ') || 'more to come');
}

/** The lease of a killed execution lasts until it must be dead, so that never two run the same step. */
function idleReason(jobs: readonly Job[]): string {
  const held = jobs.find(({status}) => status === 'running')?.leaseExpiresAt ?? null;
  return held === null ? 'nothing due' : `nothing due: the lease lasts until ${timeOfDay(Date.parse(held))}`;
}

/** What came of it. `problems` are the differences to the direct computation. */
export function summary(outcome: Outcome, problems: readonly string[], style: Style): string {
  return [
    '',
    style.bold(`The ${TOP_ROWS} busiest of ${outcome.rows.length} airports, from the sheet`),
    ...columns([outcome.titles, ...outcome.rows.slice(0, TOP_ROWS).map(rounded)]).map((text) => `  ${text}`),
    '',
    style.bold('What the records of the jobs report'),
    ...outcome.jobs.flatMap(recoveriesOf).map((text) => `  ${text}`),
    '',
    style.bold('What it took'),
    ...costsOf(outcome).map((text) => `  ${text}`),
    '',
    style.bold('Check'),
    ...checksOf(outcome, problems, style).map((text) => `  ${text}`),
  ].join('\n');
}

function rounded(row: Row): Row {
  const [code = '', name = '', city = '', state = '', flights = 0, mean, late, worst = 0] = row;
  return [code, name, city, state, flights, Number(mean).toFixed(1), `${Math.round(Number(late) * 100)} %`, worst];
}

function recoveriesOf(job: Job): readonly string[] {
  const failed = job.steps.filter(({attempts}) => attempts > 0).map(({id, attempts}) => `${id} failed ${attempts} ×`);
  const recoveries = job.recoveries.map(
    ({epoch, reason, inDoubt}) =>
      `  the execution of epoch ${epoch} was ${reason}; in doubt: ${inDoubt.join(', ') || 'nothing'}`,
  );
  return [[job.name, job.status, ...failed].join(', '), ...recoveries];
}

function costsOf(outcome: Outcome): readonly string[] {
  const steps = outcome.jobs.reduce((sum, job) => sum + countsOf(job).total, 0);
  const {attempts, executions, kills, startMs, endMs, reads, writes} = outcome;
  const repeated = attempts.filter(({attempt}) => attempt > 1).map(({stepId}) => stepId);
  return [
    `${attempts.length} handler calls for ${steps} steps and items; repeated: ${repeated.join(', ') || 'none'}`,
    `${executions} executions in ${duration(endMs - startMs)} (min:s), ${kills.length} of them killed`,
    `${writes} property writes and ${reads} reads`,
  ];
}

function checksOf({rows}: Outcome, problems: readonly string[], style: Style): readonly string[] {
  if (problems.length > 0) return [style.red(`MISMATCH: ${problems.length} problems`), ...problems.slice(0, 10)];
  return [
    style.green(`ok: all ${rows.length} rows are the same as computed directly from the files;`),
    style.green('    every repeated call is explained, and no trigger and no stray property is left'),
  ];
}
